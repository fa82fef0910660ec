// Matrix product on a CPU, register-tiled:  Y = op(A) op(B), op(X) = X or its transpose.
//
//   A: (M, K), or (K, M) where TRANSPOSE_A, read     B: (K, N), or (N, K) where TRANSPOSE_B, read
//   Y: (M, N) written
//
// Y is cut into register tiles: `large` ones of ROWS rows, then small ones of SMALL_ROWS, times 2 vectors, or 1 where no more
// are left; K is cut into passes of `pass`, at most DEPTH and a multiple of UNIT. Between passes the sums wait in Y. The order
// of a sum depends on `pass` only: k ascending within a pass, then pass by pass.
//
//   tiles: (passes, rows of all tiles, pass) written by gemm_pack_a, one tile after the other; in it lie UNIT values of
//          each row in turn, or one value of each row in turn where TRANSPOSE_A. Rows past M hold anything.
//   panels: (ceil(N / NR), K, NR) written by gemm_pack_b, NR = 2 VEC. Columns past N hold anything.
//
// gemm: work-item = block of `block_tiles` tiles x `block_columns` columns of Y, blocks of rows first.
//   TILES_READY   1: A is what gemm_pack_a made       0: A is read where it lies, not where TRANSPOSE_A
//   PANELS_READY  1: B is what gemm_pack_b made       0: the work-item copies panels as it needs them
//   Where only the panels are ready, each tile passes over all panels of the block; otherwise all tiles pass over each panel.
// gemm_pack_a: work-item = `part` tiles, all passes.
// gemm_pack_b: work-item = `part` rows of op(B), all panels; or a panel, all rows, where TRANSPOSE_B.
// gemm and gemm_pack_b take the columns from `first` to `stop` - 1 of op(B) and Y only; panels start at column `first`.
//
// Macros: ROWS, SMALL_ROWS  rows of the two tiles: ROWS x 2 sums, two vectors and a factor fit the registers
//         DEPTH             length of a pass, at most
//         UNIT              steps of k that are unrolled
//         TRANSPOSE_A, TRANSPOSE_B, TILES_READY, PANELS_READY  0 or 1
// Tolerance against NumPy: 1e-5 of the largest |Y|.
// Source: Goto, van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008); Van Zee, van de Geijn, BLIS (2015).

#ifndef ROWS
#define ROWS 6
#endif
#ifndef SMALL_ROWS
#define SMALL_ROWS 4
#endif
#ifndef DEPTH
#define DEPTH 256
#endif
#ifndef UNIT
#define UNIT 4
#endif
#ifndef TRANSPOSE_A
#define TRANSPOSE_A 0
#endif
#ifndef TRANSPOSE_B
#define TRANSPOSE_B 0
#endif
#ifndef PANELS_READY
#define PANELS_READY 1
#endif
#ifndef TILES_READY
#define TILES_READY 0
#endif
#define NR (2 * VEC)
#define FIRST_ROW(t) ((t) * SMALL_ROWS + min(t, large) * (ROWS - SMALL_ROWS))

#if PANELS_READY
#define PANEL global const float
#else
#define PANEL const float
#endif

// Ask for a cache line before it is needed: the hardware does not see that one row of Y follows another.
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

// Copy `count` rows of op(B) from row k on, and the NR columns from column n on, to a panel.
#if TRANSPOSE_B
// VEC rows of VEC values become VEC columns: each round deals the vectors of both halves out in turn.
#define TRANSPOSE(block)                                                                         \
    for (int round = 1; round < VEC; round *= 2) {                                               \
        floatv dealt[VEC];                                                                       \
        UNROLL for (int i = 0; i < VEC / 2; i++) {                                               \
            dealt[2 * i].even = block[i].lo;                                                     \
            dealt[2 * i].odd = block[i + VEC / 2].lo;                                            \
            dealt[2 * i + 1].even = block[i].hi;                                                 \
            dealt[2 * i + 1].odd = block[i + VEC / 2].hi;                                        \
        }                                                                                        \
        UNROLL for (int i = 0; i < VEC; i++) block[i] = dealt[i];                                \
    }
#define COPY_PANEL(to, B, N, K, k, n, count)                                                     \
    for (int i = 0; i < count; i += VEC)                                                         \
        for (int j = 0; j < NR; j += VEC) {                                                      \
            floatv block[VEC];                                                                   \
            UNROLL for (int v = 0; v < VEC; v++) block[v] = LOAD(B + (size_t)min(n + j + v, N - 1) * K + k + i); \
            UNROLL TRANSPOSE(block)                                                              \
            if (i + VEC <= count) UNROLL for (int v = 0; v < VEC; v++) STORE(block[v], (to) + (i + v) * NR + j); \
            else UNROLL for (int v = 0; v < VEC; v++) if (i + v < count) STORE(block[v], (to) + (i + v) * NR + j); \
        }
#else
#define COPY_PANEL(to, B, N, K, k, n, count)                                                     \
    for (int i = 0; i < count; i++) {                                                            \
        global const float *from = B + (size_t)(k + i) * N + n;                                  \
        STORE(LOAD(from), (to) + i * NR);                                                        \
        STORE(LOAD(from + VEC), (to) + i * NR + VEC);                                            \
    }
#endif

KERNEL gemm_pack_b(
    global const float *restrict B, global float *restrict panels,
    const int items, const int part, const int first, const int stop, const int N, const int K) {
    const int item = get_global_id(0);
    if (item >= items) return;
#if TRANSPOSE_B
    global float *to = panels + (size_t)item * NR * K;
    COPY_PANEL(to, B, N, K, 0, first + item * NR, K)
#else
    const int k = item * part, count = min(part, K - k);
    for (int n = first; n < stop; n += NR) {
        global float *to = panels + (size_t)(n - first) * K + (size_t)k * NR;
        COPY_PANEL(to, B, N, K, k, n, count)
    }
#endif
}

KERNEL gemm_pack_a(
    global const float *restrict A, global float *restrict tiles, const int items, const int part, const int count,
    const int large, const int all_rows, const int pass, const int M, const int K) {
    const int item = get_global_id(0);
    if (item >= items) return;
    for (int k = 0; k < K; k += pass) {
        const int length = min(pass, K - k), padded = (length + UNIT - 1) / UNIT * UNIT;
        for (int t = item * part; t < min((item + 1) * part, count); t++) {
            const int rows = t < large ? ROWS : SMALL_ROWS, m = FIRST_ROW(t);
            global float *to = tiles + (size_t)k * all_rows + (size_t)m * padded;
#if TRANSPOSE_A
            for (int i = 0; i < length; i++)
                for (int r = 0; r < rows; r += VEC)
                    store_float(LOAD(A + (size_t)(k + i) * M + m + r), to + i * rows + r, rows - r);
#else
            for (int r = 0; r < rows; r++) {
                global const float *from = A + (size_t)min(m + r, M - 1) * K + k;
                for (int i = 0; i < length; i += UNIT)
                    JOIN(vstore, UNIT)(JOIN(vload, UNIT)(0, from + i), 0, to + i * rows + r * UNIT);
            }
#endif
        }
    }
}

// The factor of row r at step k + u.
#if TILES_READY && TRANSPOSE_A
#define FACTOR(R, r, u) a[k * R + (u) * R + (r)]
#elif TILES_READY
#define FACTOR(R, r, u) a[k * R + (r) * UNIT + (u)]
#else
#define FACTOR(R, r, u) row[r][k + (u)]
#endif
#define ADD_PRODUCTS(R, V, u)                                                                    \
    {                                                                                            \
        floatv values[V];                                                                        \
        UNROLL for (int j = 0; j < V; j++) values[j] = LOAD(b + (u) * NR + j * VEC);             \
        UNROLL for (int r = 0; r < R; r++) {                                                     \
            const floatv factor = (floatv)(FACTOR(R, r, u));                                     \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = fma(factor, values[j], sum[r][j]);    \
        }                                                                                        \
    }

// tile_R_V: R rows x V vectors of Y (+)= a times a panel. `rows` and `columns` are what is left of the block; at most that
// much is stored.
#define DEFINE_TILE(NAME, R, V)                                                                  \
    inline void NAME(                                                                            \
        global const float *a, const int K, PANEL *b, global float *y, const int N, const int length, const int rows, \
        const int columns, const bool first) {                                                   \
        floatv sum[R][V];                                                                        \
        global const float *row[R];                                                              \
        UNROLL for (int r = 0; r < R; r++) {                                                     \
            row[r] = a + (size_t)min(r, rows - 1) * K;                                           \
            WILL_WRITE(y + (size_t)min(r, rows - 1) * N);                                        \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = (floatv)(0);                          \
        }                                                                                        \
        int k = 0;                                                                               \
        for (; k + UNIT <= length; k += UNIT) {                                                  \
            UNROLL for (int u = 0; u < UNIT; u++) ADD_PRODUCTS(R, V, u)                          \
            b += NR * UNIT;                                                                      \
        }                                                                                        \
        for (int u = 0; u < length - k; u++) ADD_PRODUCTS(R, V, u)                               \
        if (rows >= R && columns >= V * VEC) {                                                   \
            UNROLL for (int r = 0; r < R; r++)                                                   \
                UNROLL for (int j = 0; j < V; j++) {                                             \
                    global float *to = y + (size_t)r * N + j * VEC;                              \
                    STORE(first ? sum[r][j] : sum[r][j] + LOAD(to), to);                         \
                }                                                                                \
        } else                                                                                   \
            UNROLL for (int r = 0; r < R; r++)                                                   \
                if (r < rows) UNROLL for (int j = 0; j < V; j++) {                               \
                    global float *to = y + (size_t)r * N + j * VEC;                              \
                    store_float(first ? sum[r][j] : sum[r][j] + LOAD(to), to, columns - j * VEC); \
                }                                                                                \
    }
DEFINE_TILE(tile_2, ROWS, 2)
DEFINE_TILE(tile_1, ROWS, 1)
DEFINE_TILE(small_tile_2, SMALL_ROWS, 2)
DEFINE_TILE(small_tile_1, SMALL_ROWS, 1)

KERNEL gemm(
    global const float *restrict A, global const float *restrict B, global float *restrict Y, const int items,
    const int large, const int tiles, const int all_rows, const int row_blocks, const int block_tiles, const int block_columns,
    const int pass, const int first, const int stop, const int M, const int N, const int K) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int t_start = item % row_blocks * block_tiles, t_stop = min(t_start + block_tiles, tiles);
    const int n_start = first + item / row_blocks * block_columns, n_stop = min(n_start + block_columns, stop);
#if !PANELS_READY
    float panel[DEPTH * NR];
#endif
    for (int k = 0; k < K; k += pass) {
        const int length = min(pass, K - k), padded = (length + UNIT - 1) / UNIT * UNIT;
#if PANELS_READY && !TILES_READY
        for (int t = t_start; t < t_stop; t++)
            for (int n = n_start; n < n_stop; n += NR) {
                PANEL *b = B + (size_t)(n - first) * K + (size_t)k * NR;
#else
        for (int n = n_start; n < n_stop; n += NR) {
#if PANELS_READY
            PANEL *b = B + (size_t)(n - first) * K + (size_t)k * NR, *next = b + (size_t)K * NR;
            const int lines = n + NR < n_stop ? (length * NR / 16 + t_stop - t_start - 1) / (t_stop - t_start) : 0;
#else
            COPY_PANEL(panel, B, N, K, k, n, length)
            PANEL *b = panel;
#endif
            for (int t = t_start; t < t_stop; t++) {
#if PANELS_READY
                for (int i = (t - t_start) * lines; i < (t - t_start + 1) * lines; i++) WILL_READ(next + i * 16);
#endif
#endif
                const int m = FIRST_ROW(t);
#if TILES_READY
                global const float *a = A + (size_t)k * all_rows + (size_t)m * padded;
#else
                global const float *a = A + (size_t)m * K + k;
#endif
                global float *y = Y + (size_t)m * N + n;
                const int rows = M - m, columns = n_stop - n;
                if (columns > VEC) {
                    if (t < large) tile_2(a, K, b, y, N, length, rows, columns, k == 0);
                    else small_tile_2(a, K, b, y, N, length, rows, columns, k == 0);
                } else {
                    if (t < large) tile_1(a, K, b, y, N, length, rows, columns, k == 0);
                    else small_tile_1(a, K, b, y, N, length, rows, columns, k == 0);
                }
            }
#if !PANELS_READY || TILES_READY
        }
#endif
    }
}
