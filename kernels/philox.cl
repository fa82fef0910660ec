// Philox 4x32-10, counter-based random numbers, for the kernels that include this file.
//
//   words = philox(counter, key): four words of 32 bits from a counter of four and a key of two
//
// No kernel is here: a work-item calls the function on vectors of counters, of which the first words differ.
// Tolerance against NumPy: none, these are integers.
// Source: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (2011).

typedef JOIN(uint, VEC) uintv;

constant uint NUMBERS[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// The four words of the counter (block, c1, c2, c3) in each lane.
static inline void philox_words(
    const uintv blocks, const uint c1, const uint c2, const uint c3, uint key_0, uint key_1,
    uintv *w0, uintv *w1, uintv *w2, uintv *w3) {
    uintv x0 = blocks, x1 = (uintv)(c1), x2 = (uintv)(c2), x3 = (uintv)(c3);
    UNROLL
    for (int round = 0; round < 10; round++) {
        const uintv high_0 = mul_hi((uintv)(0xD2511F53u), x0), low_0 = 0xD2511F53u * x0;
        const uintv high_1 = mul_hi((uintv)(0xCD9E8D57u), x2), low_1 = 0xCD9E8D57u * x2;
        x0 = high_1 ^ x1 ^ key_0;
        x2 = high_0 ^ x3 ^ key_1;
        x1 = low_1;
        x3 = low_0;
        key_0 += 0x9E3779B9u;
        key_1 += 0xBB67AE85u;
    }
    *w0 = x0, *w1 = x1, *w2 = x2, *w3 = x3;
}
