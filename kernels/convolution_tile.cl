// Register tiles of convolutions on CPUs, for the files that include this one: ROWS rows x 2 or 1 vectors of a result.
//
//   tile_V: y[place r][n] (+)= sum over k < length of a[k][r] * b[k][n]  for r < rows, n < columns
//
//   a: ROWS values of each step, as FACTOR finds them     b: (length, NR), NR = 2 VEC     to: where each row of y starts
//
// `first`: the sums start from `bias` (a vector each, or zeros); else they are added to what y holds. `rectified`: max(y, 0).
//
// A work-item makes many tiles, one after the other.
//
// Macros: ROWS    rows of a tile: ROWS x 2 sums, two vectors and a factor fit the registers
//         UNIT    steps that are unrolled
//         PANEL   where b lies
//         FACTOR  the value of row r at step k + u
// Tolerance against NumPy: 1e-5 of the largest |y|.
// Source: Goto, van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).

#ifndef ROWS
#define ROWS 6
#endif
#ifndef UNIT
#define UNIT 4
#endif
#ifndef PANEL
#define PANEL global const float
#endif
#ifndef FACTOR
#define FACTOR(r, u) a[k * ROWS + (r) * UNIT + (u)]
#endif
#define NR (2 * VEC)

// Ask for a cache line before it is needed.
#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch) && !defined(__NV_CL_C_VERSION)  // NVIDIA's takes no pointer of ours
#define WILL_READ(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 0, 2)
#define WILL_WRITE(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 1, 3)
#endif
#endif
#ifndef WILL_READ
#define WILL_READ(pointer)
#define WILL_WRITE(pointer)
#endif

#define ADD_PRODUCTS(V, u)                                                                       \
    {                                                                                            \
        floatv values[V];                                                                        \
        UNROLL for (int j = 0; j < V; j++) values[j] = LOAD(b + (u) * NR + j * VEC);             \
        UNROLL for (int r = 0; r < ROWS; r++) {                                                  \
            const floatv factor = (floatv)(FACTOR(r, u));                                        \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = fma(factor, values[j], sum[r][j]);    \
        }                                                                                        \
    }

#define DEFINE_TILE(NAME, V)                                                                     \
    inline void NAME(                                                                            \
        global const float *a, PANEL *b, global float *const *to, global const float *bias, const int length, \
        const int rows, const int columns, const int first, const int rectified) {               \
        floatv sum[ROWS][V];                                                                     \
        UNROLL for (int r = 0; r < ROWS; r++) {                                                  \
            WILL_WRITE(to[r]);                                                                   \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = (floatv)(0);                          \
        }                                                                                        \
        int k = 0;                                                                               \
        for (; k + UNIT <= length; k += UNIT) {                                                  \
            UNROLL for (int u = 0; u < UNIT; u++) ADD_PRODUCTS(V, u)                             \
            b += NR * UNIT;                                                                      \
        }                                                                                        \
        for (int u = 0; u < length - k; u++) ADD_PRODUCTS(V, u)                                  \
        UNROLL for (int r = 0; r < ROWS; r++)                                                    \
            if (r < rows)                                                                        \
                UNROLL for (int j = 0; j < V; j++) {                                             \
                    floatv value = sum[r][j];                                                    \
                    if (!first) value += LOAD(to[r] + j * VEC);                                  \
                    else if (bias) value += LOAD(bias + j * VEC);                                \
                    if (rectified) value = select(value, (floatv)(0), value <= (floatv)(0));     \
                    if (columns >= V * VEC) STORE(value, to[r] + j * VEC);                       \
                    else store_float(value, to[r] + j * VEC, columns - j * VEC);                 \
                }                                                                                \
    }
DEFINE_TILE(tile_2, 2)
DEFINE_TILE(tile_1, 1)
