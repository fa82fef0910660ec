// Winograd's minimal filtering with tiles of TILE x TILE inputs: the one-dimensional transforms, for the files that include
// this one.
//
//   F(STEP, SIDE): STEP outputs of a filter of SIDE values from TILE inputs with TILE products instead of STEP * SIDE:
//   y = A^T [ (G g) * (B^T d) ], in two dimensions y = A^T [ (G g G^T) * (B^T d B) ] A
//
// Points are 0, P, -P, Q, -Q, for a filter of 5 also R, -R, and infinity. Row j of B^T is the product of x minus all other
// points; row j of G is 1, a, a a, ... over the product of all differences of a = point j from the others; row i of A^T is
// all points to the power of i; infinity has the last of each. Points are exact with their squares; of all that were
// tried they have the least errors: 5/8 and 3/2 0.45 of those of 1 and 2 (roots of the mean square).
//
// Here is no kernel and so no work-item. Macros: SIDE  side of the filter, 3 or 5
// Tolerance against NumPy: that of the files that include this one.
// Source: Winograd, Arithmetic Complexity of Computations (1980); Lavin, Gray, Fast Algorithms for Convolutional Neural
// Networks (2016).

#ifndef SIDE
#define SIDE 3
#endif
#define STEP 4
#define TILE (STEP + SIDE - 1)
#define POINTS (TILE * TILE)  // products of a tile
#define NR (2 * VEC)          // columns of a panel
#define GAP 16                // elements between the points of an operand, lest all fall into the same places of a cache

// lane numbers
#if VEC == 4
#define LANES (int4)(0, 1, 2, 3)
#elif VEC == 8
#define LANES (int8)(0, 1, 2, 3, 4, 5, 6, 7)
#else
#define LANES (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif

#if SIDE == 3
#define P 0.625f
#define Q 1.5f
#define SCALE_0 (1 / (P2 * Q2))
#define SCALE_P (1 / (2 * P2 * (P2 - Q2)))
#define SCALE_Q (1 / (2 * Q2 * (Q2 - P2)))
#else
#define P 0.5f
#define Q 1.0f
#define R 2.0f
#define R2 (R * R)
#define SCALE_0 (-1 / (P2 * Q2 * R2))
#define SCALE_P (1 / (2 * P2 * (P2 - Q2) * (P2 - R2)))
#define SCALE_Q (1 / (2 * Q2 * (Q2 - P2) * (Q2 - R2)))
#define SCALE_R (1 / (2 * R2 * (R2 - P2) * (R2 - Q2)))
#endif
#define P2 (P * P)
#define Q2 (Q * Q)

// In all macros below, `to` and `from` are macros of an index. Those of a pair do their part for points a and -a, the
// products k and k + 1.
#if SIDE == 3

// to[0..5] = B^T from[0..5]
#define INPUT_PAIR(to, k, a, other)                                                              \
    {                                                                                            \
        const floatv even = fma((floatv)(-other), x2, x4), odd = fma((floatv)(-other), x1, x3);  \
        to(k) = fma((floatv)(a), odd, even);                                                     \
        to(k + 1) = fma((floatv)(-a), odd, even);                                                \
    }
#define INPUT_TRANSFORM(to, from)                                                                \
    {                                                                                            \
        const floatv x0 = from(0), x1 = from(1), x2 = from(2), x3 = from(3), x4 = from(4), x5 = from(5); \
        to(0) = fma((floatv)(P2 * Q2), x0, fma((floatv)(-P2 - Q2), x2, x4));                     \
        INPUT_PAIR(to, 1, P, Q2)                                                                 \
        INPUT_PAIR(to, 3, Q, P2)                                                                 \
        to(5) = fma((floatv)(P2 * Q2), x1, fma((floatv)(-P2 - Q2), x3, x5));                     \
    }

// The transpose: to[0..5] = B from[0..5].
#define INPUT_TRANSFORM_BACK(to, from)                                                           \
    {                                                                                            \
        const floatv x0 = from(0), x1 = from(1), x2 = from(2), x3 = from(3), x4 = from(4), x5 = from(5); \
        const floatv sum_p = x1 + x2, odd_p = (floatv)(P) * (x1 - x2);                           \
        const floatv sum_q = x3 + x4, odd_q = (floatv)(Q) * (x3 - x4);                           \
        to(0) = (floatv)(P2 * Q2) * x0;                                                          \
        to(1) = fma((floatv)(P2 * Q2), x5, fma((floatv)(-Q2), odd_p, (floatv)(-P2) * odd_q));    \
        to(2) = fma((floatv)(-P2 - Q2), x0, fma((floatv)(-Q2), sum_p, (floatv)(-P2) * sum_q));   \
        to(3) = fma((floatv)(-P2 - Q2), x5, odd_p + odd_q);                                      \
        to(4) = x0 + (sum_p + sum_q);                                                            \
        to(5) = x5;                                                                              \
    }

#else

#define ALL (P2 * Q2 * R2)
#define PAIRS (P2 * Q2 + P2 * R2 + Q2 * R2)
#define ONES (P2 + Q2 + R2)

// to[0..7] = B^T from[0..7]
#define INPUT_PAIR(to, k, a, other, another)                                                     \
    {                                                                                            \
        const floatv even = fma((floatv)(other * another), x2, fma((floatv)(-other - another), x4, x6)); \
        const floatv odd = fma((floatv)(other * another), x1, fma((floatv)(-other - another), x3, x5)); \
        to(k) = fma((floatv)(a), odd, even);                                                     \
        to(k + 1) = fma((floatv)(-a), odd, even);                                                \
    }
#define INPUT_TRANSFORM(to, from)                                                                \
    {                                                                                            \
        const floatv x0 = from(0), x1 = from(1), x2 = from(2), x3 = from(3);                     \
        const floatv x4 = from(4), x5 = from(5), x6 = from(6), x7 = from(7);                     \
        to(0) = fma((floatv)(-ALL), x0, fma((floatv)(PAIRS), x2, fma((floatv)(-ONES), x4, x6))); \
        INPUT_PAIR(to, 1, P, Q2, R2)                                                             \
        INPUT_PAIR(to, 3, Q, P2, R2)                                                             \
        INPUT_PAIR(to, 5, R, P2, Q2)                                                             \
        to(7) = fma((floatv)(-ALL), x1, fma((floatv)(PAIRS), x3, fma((floatv)(-ONES), x5, x7))); \
    }

// The transpose: to[0..7] = B from[0..7].
#define INPUT_TRANSFORM_BACK(to, from)                                                           \
    {                                                                                            \
        const floatv x0 = from(0), x1 = from(1), x2 = from(2), x3 = from(3);                     \
        const floatv x4 = from(4), x5 = from(5), x6 = from(6), x7 = from(7);                     \
        const floatv sum_p = x1 + x2, sum_q = x3 + x4, sum_r = x5 + x6;                          \
        const floatv odd_p = (floatv)(P) * (x1 - x2), odd_q = (floatv)(Q) * (x3 - x4), odd_r = (floatv)(R) * (x5 - x6); \
        to(0) = (floatv)(-ALL) * x0;                                                             \
        to(1) = fma((floatv)(-ALL), x7, WEIGHTED(odd, Q2 * R2, P2 * R2, P2 * Q2));               \
        to(2) = fma((floatv)(PAIRS), x0, WEIGHTED(sum, Q2 * R2, P2 * R2, P2 * Q2));              \
        to(3) = fma((floatv)(PAIRS), x7, WEIGHTED(odd, -Q2 - R2, -P2 - R2, -P2 - Q2));           \
        to(4) = fma((floatv)(-ONES), x0, WEIGHTED(sum, -Q2 - R2, -P2 - R2, -P2 - Q2));           \
        to(5) = fma((floatv)(-ONES), x7, odd_p + odd_q + odd_r);                                 \
        to(6) = x0 + (sum_p + sum_q + sum_r);                                                    \
        to(7) = x7;                                                                              \
    }
#define WEIGHTED(name, p, q, r) fma((floatv)(p), name##_p, fma((floatv)(q), name##_q, (floatv)(r) * name##_r))

#endif

// to[0..TILE - 1] = [powers of the points] from[0..COUNT - 1], each row times its scale if SCALED: G with COUNT = SIDE, or
// else A with COUNT = STEP.
#define EXPAND_PAIR(to, k, from, COUNT, a, scale)                                                \
    {                                                                                            \
        floatv even = fma((floatv)(a * a), from(2), from(0)), odd = (floatv)(a) * from(1);       \
        if (COUNT > 3) odd = fma((floatv)(a * a * a), from(COUNT > 3 ? 3 : 0), odd);             \
        if (COUNT > 4) even = fma((floatv)(a * a * a * a), from(COUNT > 4 ? 4 : 0), even);       \
        to(k) = (floatv)(scale) * (even + odd);                                                  \
        to(k + 1) = (floatv)(scale) * (even - odd);                                              \
    }
#define EXPAND(to, from, COUNT, SCALED)                                                          \
    {                                                                                            \
        to(0) = (floatv)(SCALED ? SCALE_0 : 1) * from(0);                                        \
        EXPAND_PAIR(to, 1, from, COUNT, P, (SCALED ? SCALE_P : 1))                               \
        EXPAND_PAIR(to, 3, from, COUNT, Q, (SCALED ? SCALE_Q : 1))                               \
        EXPAND_LAST_PAIR(to, from, COUNT, SCALED)                                                \
        to(TILE - 1) = from(COUNT - 1);                                                          \
    }

// The transpose of EXPAND: A^T with COUNT = STEP, or G^T with COUNT = SIDE.
#define CONTRACT_PAIR(to, k, from, COUNT, a, scale)                                              \
    {                                                                                            \
        const floatv sum = (floatv)(scale) * (from(k) + from(k + 1));                            \
        const floatv difference = (floatv)(scale) * (from(k) - from(k + 1));                     \
        to(0) += sum;                                                                            \
        to(1) = fma((floatv)(a), difference, to(1));                                             \
        to(2) = fma((floatv)(a * a), sum, to(2));                                                \
        if (COUNT > 3) to(COUNT > 3 ? 3 : 0) = fma((floatv)(a * a * a), difference, to(COUNT > 3 ? 3 : 0)); \
        if (COUNT > 4) to(COUNT > 4 ? 4 : 0) = fma((floatv)(a * a * a * a), sum, to(COUNT > 4 ? 4 : 0)); \
    }
#define CONTRACT(to, from, COUNT, SCALED)                                                        \
    {                                                                                            \
        to(0) = (floatv)(SCALED ? SCALE_0 : 1) * from(0);                                        \
        UNROLL for (int power = 1; power < COUNT - 1; power++) to(power) = (floatv)(0);          \
        to(COUNT - 1) = from(TILE - 1);                                                          \
        CONTRACT_PAIR(to, 1, from, COUNT, P, (SCALED ? SCALE_P : 1))                             \
        CONTRACT_PAIR(to, 3, from, COUNT, Q, (SCALED ? SCALE_Q : 1))                             \
        CONTRACT_LAST_PAIR(to, from, COUNT, SCALED)                                              \
    }

#if SIDE == 3
#define EXPAND_LAST_PAIR(to, from, COUNT, SCALED)
#define CONTRACT_LAST_PAIR(to, from, COUNT, SCALED)
#else
#define EXPAND_LAST_PAIR(to, from, COUNT, SCALED) EXPAND_PAIR(to, 5, from, COUNT, R, (SCALED ? SCALE_R : 1))
#define CONTRACT_LAST_PAIR(to, from, COUNT, SCALED) CONTRACT_PAIR(to, 5, from, COUNT, R, (SCALED ? SCALE_R : 1))
#endif
