// Dropout: random elements become 0, the others grow so that the mean stays. Its gradient is the same operation.
//
//   y[n][e] = word(n, e) >= threshold ? x[n][e] * scale : 0
//   word(n, 64 g + 16 w + l) = word w of philox(counter = (16 g + l, stream, step, place + n), key = seed)
//
//   x, y: (N, E)     key: (4,) int, read: seed (two words), step, place of the first example
//
// A group are 64 elements of one example, the last of them perhaps fewer. Work-item: `length` groups of the `groups` of all
// examples, `of_example` each. Tolerance against NumPy: none.

#include "philox.cl"

KERNEL dropout(
    global const float *restrict x, global const int *restrict key, global float *restrict y,
    const int items, const int E, const int groups, const int of_example, const int length,
    const int stream, const int threshold, const float scale) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, groups);
    for (int group = item * length; group < stop; group++) {
        const int n = group / of_example, g = group - n * of_example;
        const size_t row = (size_t)n * E;
        UNROLL for (int l = 0; l < 16; l += VEC) {
            uintv words[4];
            philox_words(
                LOAD(NUMBERS) + (uint)(16 * g + l), stream, key[2], (uint)key[3] + n, key[0], key[1],
                words, words + 1, words + 2, words + 3);
            UNROLL for (int w = 0; w < 4; w++) {
                const int at = 64 * g + 16 * w + l;
                if (at >= E) break;
                const intv kept = words[w] >= (uintv)((uint)threshold);
                store_float(select((floatv)(0), LOAD(x + row + at) * scale, kept), y + row + at, E - at);
            }
        }
    }
}
