// Stable sorting of the rows of x (rows, n), each by one work-item: short ones by insertion, others by radix sort.
//
//   x: (rows, n) read     y: (rows, n) written     spare, carried: (rows, n) scratch, overwritten
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: `group` rows.
// Radix sort moves elements to and fro between two arrays, digit by digit, from the lowest digit of the keys to the highest.
//
// Macros: those of sort_keys.cl
//         PASSES  digits of a key
// Tolerance against NumPy: none.
// Source: Knuth, The Art of Computer Programming 3 (1998), sections 5.2.1 and 5.2.5.

#include "sort_keys.cl"

#ifndef PASSES
#define PASSES 4
#endif

#define SHORT 24

static inline void insertion_sort(global carried_t *a, const int n) {
    for (int i = 1; i < n; i++) {
        const carried_t e = a[i];
        const uint key = CARRIED_KEY(e);
        int place = i;
        for (; place > 0 && CARRIED_KEY(a[place - 1]) > key; place--) a[place] = a[place - 1];
        a[place] = e;
    }
}

static inline void radix_sort(global carried_t *from, global carried_t *to, const int n) {
    int next[PASSES][DIGITS];
    for (int pass = 0; pass < PASSES; pass++)
        for (int digit = 0; digit < DIGITS; digit++) next[pass][digit] = 0;
    int i = 0;
    for (; i <= n - VEC; i += VEC) {
        uint keys[VEC];
        STORE(CARRIED_KEYS(LOAD(from + i)), keys);
        UNROLL for (int lane = 0; lane < VEC; lane++)
            UNROLL for (int pass = 0; pass < PASSES; pass++) next[pass][DIGIT(keys[lane], pass * BITS)]++;
    }
    for (; i < n; i++)
        UNROLL for (int pass = 0; pass < PASSES; pass++) next[pass][DIGIT(CARRIED_KEY(from[i]), pass * BITS)]++;
    for (int pass = 0; pass < PASSES; pass++) {
        int sum = 0;
        for (int digit = 0; digit < DIGITS; digit++) {
            const int count = next[pass][digit];
            next[pass][digit] = sum;
            sum += count;
        }
        for (i = 0; i <= n - VEC; i += VEC) {
            uint digits[VEC];
            STORE(DIGIT(CARRIED_KEYS(LOAD(from + i)), pass * BITS), digits);
            UNROLL for (int lane = 0; lane < VEC; lane++) to[next[pass][digits[lane]]++] = from[i + lane];
        }
        for (; i < n; i++) to[next[pass][DIGIT(CARRIED_KEY(from[i]), pass * BITS)]++] = from[i];
        global carried_t *sorted = to;
        to = from;
        from = sorted;
    }
}

// The sorted row ends in `carried`, which is y itself where elements move.
#if PLACES
KERNEL sort_rows(
    global const TYPE *restrict x, global carried_t *spare, global carried_t *carried, global int *restrict y, const int16 plan) {
#else
KERNEL sort_rows(global const TYPE *restrict x, global carried_t *spare, global carried_t *carried, const int16 plan) {
#endif
    const int item = get_global_id(0), rows = plan.s1, n = plan.s2, group = plan.s3;
    if (item >= plan.s0) return;
    const int last = item * group + min(group, rows - item * group);
    for (int row = item * group; row < last; row++) {
        const size_t corner = (size_t)row * n;
        global carried_t *end = carried + corner, *other = spare + corner;
        global carried_t *start = n > SHORT && PASSES % 2 ? other : end;
        for (int i = 0; i < n; i++) start[i] = CARRIED(x[corner + i], key_of(x[corner + i]), i);
        if (n <= SHORT) insertion_sort(end, n);
        else radix_sort(start, start == end ? other : end, n);
#if PLACES
        for (int i = 0; i < n; i++) y[corner + i] = (int)end[i];
#endif
    }
}
