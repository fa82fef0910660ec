// Stable sorting of long rows of x (rows, n) by one digit of their keys; from the lowest to the highest it is radix sort.
//
//   count_digits:    counts[row][digit][block] = how many elements of a block have that digit
//   move_elements:   moves every element of a block to its place, in their order
//
//   x: (rows, n) read     y: (rows, n) written     counts: (rows, DIGITS, blocks) int
//
// In between come the running sums of the counts along a row, each including its own: move_elements takes those.
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: a block of `length` elements
// of a row. The digit begins at bit `shift`.
//
// Macros: those of sort_keys.cl
//         FIRST   1: x holds elements; 0: what moves     LAST   1: y holds results, elements or places; 0: what moves
// Tolerance against NumPy: none.
// Source: Knuth, The Art of Computer Programming 3 (1998), section 5.2.5; Zagha, Blelloch (1991) for the blocks.

#include "sort_keys.cl"

#ifndef FIRST
#define FIRST 1
#endif
#ifndef LAST
#define LAST 1
#endif

#if FIRST
typedef TYPE in_t;
#define KEY(i) key_of(from[i])
#define KEYS(i) keys_of(LOAD(from + (i)))
#define MOVED(i, key) CARRIED(from[i], key, i)
#else
typedef carried_t in_t;
#define KEY(i) CARRIED_KEY(from[i])
#define KEYS(i) CARRIED_KEYS(LOAD(from + (i)))
#define MOVED(i, key) from[i]
#endif
#if LAST && PLACES
typedef int out_t;
#else
typedef carried_t out_t;
#endif

KERNEL count_digits(global const in_t *restrict x, global int *restrict counts, const int16 plan) {
    const int item = get_global_id(0), n = plan.s1, blocks = plan.s2, length = plan.s3, shift = plan.s4;
    if (item >= plan.s0) return;
    const int row = item / blocks, block = item - row * blocks;
    const int start = block * length, stop = start + min(length, n - start);
    global const in_t *from = x + (size_t)row * n;
    int count[DIGITS];
    for (int digit = 0; digit < DIGITS; digit++) count[digit] = 0;
    int i = start;
    for (; i <= stop - VEC; i += VEC) {
        uint digits[VEC];
        STORE(DIGIT(KEYS(i), shift), digits);
        UNROLL for (int lane = 0; lane < VEC; lane++) count[digits[lane]]++;
    }
    for (; i < stop; i++) count[DIGIT(KEY(i), shift)]++;
    global int *to = counts + (size_t)row * DIGITS * blocks + block;
    for (int digit = 0; digit < DIGITS; digit++) to[(size_t)digit * blocks] = count[digit];
}

KERNEL move_elements(
    global const in_t *restrict x, global const int *restrict counts, global out_t *restrict y, const int16 plan) {
    const int item = get_global_id(0), n = plan.s1, blocks = plan.s2, length = plan.s3, shift = plan.s4;
    if (item >= plan.s0) return;
    const int row = item / blocks, block = item - row * blocks;
    const int start = block * length, stop = start + min(length, n - start);
    global const in_t *from = x + (size_t)row * n;
    global out_t *to = y + (size_t)row * n;
    global const int *before = counts + (size_t)row * DIGITS * blocks;
    int next[DIGITS];
    for (int digit = 0; digit < DIGITS; digit++) {
        const int place = digit * blocks + block;
        next[digit] = place > 0 ? before[place - 1] : 0;
    }
    int i = start;
    for (; i <= stop - VEC; i += VEC) {
        uint keys[VEC], digits[VEC];
        STORE(KEYS(i), keys);
        STORE(DIGIT(KEYS(i), shift), digits);
        UNROLL for (int lane = 0; lane < VEC; lane++) to[next[digits[lane]]++] = (out_t)(MOVED(i + lane, keys[lane]));
    }
    for (; i < stop; i++) {
        const uint key = KEY(i);
        to[next[DIGIT(key, shift)]++] = (out_t)(MOVED(i, key));
    }
}
