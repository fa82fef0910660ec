// Winograd's minimal filtering with tiles of 6 x 6: the one-dimensional transforms, for the files that include this one.
//
//   F(STEP, SIDE): STEP outputs of a filter of SIDE values from 6 inputs with 6 products instead of STEP * SIDE:
//   y = A^T [ (G g) * (B^T d) ], in two dimensions y = A^T [ (G g G^T) * (B^T d B) ] A
//
// Points 0, P, -P, Q, -Q and infinity. B^T is the same for all SIDE; row j of G is 1, a, a a, ... over the product of all
// differences of a = point j from the others; row i of A^T is all points to the power of i; infinity has the last of each.
// 5/8 and 3/2 are exact with their squares, and their errors (root of the mean square) are 0.45 of those of 1 and 2.
//
// Here is no kernel and so no work-item. Macros: SIDE  side of the filter, 3 or 5
// Tolerance against NumPy: that of the files that include this one.
// Source: Winograd, Arithmetic Complexity of Computations (1980); Lavin, Gray, Fast Algorithms for Convolutional Neural
// Networks (2016).

#ifndef SIDE
#define SIDE 3
#endif
#define STEP (7 - SIDE)
#define POINTS 36     // products of a tile
#define NR (2 * VEC)  // columns of a panel
#define GAP 16        // elements between the points of an operand, lest all fall into the same places of a cache

// lane numbers
#if VEC == 4
#define LANES (int4)(0, 1, 2, 3)
#elif VEC == 8
#define LANES (int8)(0, 1, 2, 3, 4, 5, 6, 7)
#else
#define LANES (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif

#define P 0.625f
#define Q 1.5f
#define P2 (P * P)
#define Q2 (Q * Q)
#define SCALE_0 (1 / (P2 * Q2))
#define SCALE_P (1 / (2 * P2 * (P2 - Q2)))
#define SCALE_Q (1 / (2 * Q2 * (Q2 - P2)))

// to[0..5] = B^T from[0..5]; both are expressions in i.
#define INPUT_TRANSFORM(to, from)                                                                \
    {                                                                                            \
        const floatv x0 = from(0), x1 = from(1), x2 = from(2), x3 = from(3), x4 = from(4), x5 = from(5); \
        const floatv even_p = fma((floatv)(-Q2), x2, x4), odd_p = fma((floatv)(-Q2), x1, x3);    \
        const floatv even_q = fma((floatv)(-P2), x2, x4), odd_q = fma((floatv)(-P2), x1, x3);    \
        to(0) = fma((floatv)(P2 * Q2), x0, fma((floatv)(-P2 - Q2), x2, x4));                     \
        to(1) = fma((floatv)(P), odd_p, even_p);                                                 \
        to(2) = fma((floatv)(-P), odd_p, even_p);                                                \
        to(3) = fma((floatv)(Q), odd_q, even_q);                                                 \
        to(4) = fma((floatv)(-Q), odd_q, even_q);                                                \
        to(5) = fma((floatv)(P2 * Q2), x1, fma((floatv)(-P2 - Q2), x3, x5));                     \
    }

// to[0..5] = [powers of the points] from[0..COUNT - 1], each row j times scale j: G with COUNT = SIDE, A with COUNT = STEP.
#define EXPAND(to, from, COUNT, scale_0, scale_p, scale_q)                                       \
    {                                                                                            \
        floatv even_p = from(0), odd_p = (floatv)(P) * from(1), even_q = from(0), odd_q = (floatv)(Q) * from(1); \
        if (COUNT > 2) even_p = fma((floatv)(P2), from(COUNT > 2 ? 2 : 0), even_p);              \
        if (COUNT > 2) even_q = fma((floatv)(Q2), from(COUNT > 2 ? 2 : 0), even_q);              \
        if (COUNT > 3) odd_p = fma((floatv)(P2 * P), from(COUNT > 3 ? 3 : 0), odd_p);            \
        if (COUNT > 3) odd_q = fma((floatv)(Q2 * Q), from(COUNT > 3 ? 3 : 0), odd_q);            \
        if (COUNT > 4) even_p = fma((floatv)(P2 * P2), from(COUNT > 4 ? 4 : 0), even_p);         \
        if (COUNT > 4) even_q = fma((floatv)(Q2 * Q2), from(COUNT > 4 ? 4 : 0), even_q);         \
        const floatv first = from(0), last = from(COUNT - 1);                                    \
        to(0) = (floatv)(scale_0) * first;                                                       \
        to(1) = (floatv)(scale_p) * (even_p + odd_p);                                            \
        to(2) = (floatv)(scale_p) * (even_p - odd_p);                                            \
        to(3) = (floatv)(scale_q) * (even_q + odd_q);                                            \
        to(4) = (floatv)(scale_q) * (even_q - odd_q);                                            \
        to(5) = last;                                                                            \
    }

// The transpose of EXPAND: A^T with COUNT = STEP, G^T with COUNT = SIDE.
#define CONTRACT(to, from, COUNT, scale_0, scale_p, scale_q)                                     \
    {                                                                                            \
        const floatv x1 = from(1), x2 = from(2), x3 = from(3), x4 = from(4), x5 = from(5);       \
        const floatv sum_p = (floatv)(scale_p) * (x1 + x2), difference_p = (floatv)(scale_p) * (x1 - x2); \
        const floatv sum_q = (floatv)(scale_q) * (x3 + x4), difference_q = (floatv)(scale_q) * (x3 - x4); \
        to(0) = fma((floatv)(scale_0), from(0), sum_p + sum_q);                                  \
        if (COUNT > 4) to(COUNT > 4 ? 4 : 0) = fma((floatv)(P2 * P2), sum_p, fma((floatv)(Q2 * Q2), sum_q, x5)); \
        floatv y1 = fma((floatv)(P), difference_p, (floatv)(Q) * difference_q);                  \
        if (COUNT == 2) y1 += x5;                                                                \
        to(1) = y1;                                                                              \
        if (COUNT > 2) {                                                                         \
            floatv y2 = fma((floatv)(P2), sum_p, (floatv)(Q2) * sum_q);                          \
            if (COUNT == 3) y2 += x5;                                                            \
            to(COUNT > 2 ? 2 : 0) = y2;                                                          \
        }                                                                                        \
        if (COUNT > 3) {                                                                         \
            floatv y3 = fma((floatv)(P2 * P), difference_p, (floatv)(Q2 * Q) * difference_q);    \
            if (COUNT == 4) y3 += x5;                                                            \
            to(COUNT > 3 ? 3 : 0) = y3;                                                          \
        }                                                                                        \
    }
