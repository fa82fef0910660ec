// Product of two matrices on a GPU:  y[z][m][n] = sum over the k of chunk z of A[m][k] * B[k][n], in strict float32.
//
//   a: A (M, K), or its transpose (K, M) with ACROSS_A 0     read
//   b: B (K, N), or its transpose (N, K) with ACROSS_B 1     read
//   y: (chunks, M, N) written; a chunk is `chunk` values of k, a multiple of 4, the last one shorter
//
// A work-group makes a tile of BM x BN sums of one chunk. It walks along k in steps of BK: while the sums of one step are
// made, the values of the next one travel to registers, then to the other half of local memory. Both operands lie there
// with k outermost, so that a work-item reads its rows and its columns as whole vectors:
//
//   tile_a: (2, BK, BM + padding)     tile_b: (2, BK, BN + padding)
//
// An operand whose fast axis in global memory is k lies "across": it is turned on its way. Eight neighbouring work-items
// or two that load four values each then share 32 bytes of a row, and a padding of 4 keeps their stores off each other's
// banks. The step that k does not fill is the first one, filled up with zeros. Rows and columns past the matrix are read
// from its last ones and not stored.
//
// Work-item: TM x TN sums in blocks of 4 x 4 that lie 4 LANES_M rows and 4 LANES_N columns apart, so that 32 neighbours make
// 4 TM x 8 TN sums that touch each other. More sums for each value read are what makes the large tiles fast: local
// memory is what limits this kernel. Local size: BM BN / (TM TN), a multiple of 32.
//
// Macros: BM, BN, BK          the tile and its step; BK is a multiple of 8
//         TM, TN              sums of a work-item; BM is a multiple of 4 TM, BN of 8 TN
//         ACROSS_A, ACROSS_B  whether k is the operand's fast axis
//         WIDE_A, WIDE_B      whether its fast axis is a multiple of 4 long, so that 16 bytes load at once
//         WIDE_Y              whether N is a multiple of 4
// Tolerance against NumPy: 1e-5 of the largest |y| for chunks of at most 16384.
// Source: Goto, van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008), for the levels of tiles.

#ifndef BM
#define BM 32
#endif
#ifndef BN
#define BN 32
#endif
#ifndef BK
#define BK 16
#endif
#ifndef TM
#define TM 4
#endif
#ifndef TN
#define TN 4
#endif
#ifndef ACROSS_A
#define ACROSS_A 1
#endif
#ifndef ACROSS_B
#define ACROSS_B 0
#endif
#ifndef WIDE_A
#define WIDE_A 0
#endif
#ifndef WIDE_B
#define WIDE_B 0
#endif
#ifndef WIDE_Y
#define WIDE_Y 0
#endif

#undef LOCAL
#define LOCAL (BM * BN / (TM * TN))
#define LANES_M 4
#define LANES_N 8
#define WARPS_N (BN / (LANES_N * TN))
#define BAND 8  // tiles along m that run side by side and share columns of b in the cache

#define WIDTH_A (WIDE_A ? 4 : 1)
#define WIDTH_B (WIDE_B ? 4 : 1)
#define LOADS_A (BM * BK / (WIDTH_A * LOCAL))
#define LOADS_B (BN * BK / (WIDTH_B * LOCAL))
#define STRIDE(across, extent) ((extent) + ((across) ? 4 : 0))
#define SIZE_A (BK * STRIDE(ACROSS_A, BM))
#define SIZE_B (BK * STRIDE(ACROSS_B, BN))

// What the functions below are told of an operand: constants, so that all of it is decided when this file is compiled.
#define OPERAND const int across, const int extent, const int width, const int loads
#define OPERAND_A ACROSS_A, BM, WIDTH_A, LOADS_A
#define OPERAND_B ACROSS_B, BN, WIDTH_B, LOADS_B

// The place of load i of this work-item in a step: along k, and along m or n.
static inline int place_k(const int i, const int across, const int extent, const int width) {
    const int v = get_local_id(0) + i * LOCAL, side = 8 / width;
    return across ? v % side * width + v / (side * extent) * 8 : v * width / extent;
}
static inline int place_mn(const int i, const int across, const int extent, const int width) {
    const int v = get_local_id(0) + i * LOCAL, side = 8 / width;
    return across ? v / side % extent : v * width % extent;
}

// offset[i]: how far load i lies behind the start of a step. `left` values lie along m or n from there on.
static inline void find_offsets(size_t *offset, OPERAND, const int left, const size_t length) {
    UNROLL for (int i = 0; i < loads; i++) {
        const size_t k = place_k(i, across, extent, width);
        const size_t mn = min(place_mn(i, across, extent, width), left - (across ? 1 : width));
        offset[i] = across ? mn * length + k : k * length + mn;
    }
}

static inline void read_global(float *held, global const float *from, const int width) {
    if (width == 4) {
        const float4 v = *(global const float4 *)from;
        held[0] = v.x, held[1] = v.y, held[2] = v.z, held[3] = v.w;
    } else {
        held[0] = *from;
    }
}

// Read the first step, of which `filled` values of k exist.
static inline void read_first(float *held, global const float *from, const size_t *offset, OPERAND, const int filled) {
    UNROLL for (int i = 0; i < loads; i++) {
        UNROLL for (int j = 0; j < width; j++) held[i * width + j] = 0;
        if (place_k(i, across, extent, width) < filled) read_global(held + i * width, from + offset[i], width);
    }
}

// Read the share of the next step, if there is one, that belongs to round k of this one: all of it in the first half of
// the rounds, so that loads neither come in one burst nor late.
static inline void read_share(
    float *held, global const float *from, const size_t *offset, OPERAND, const int k, const bool more) {
    UNROLL for (int i = 0; i < loads; i++)
        if (i * (BK / 2) / loads == k && more) read_global(held + i * width, from + offset[i], width);
}

static inline void write_local(local float *tile, const float *held, OPERAND) {
    const int stride = STRIDE(across, extent);
    UNROLL for (int i = 0; i < loads; i++) {
        local float *to = tile + place_k(i, across, extent, width) * stride + place_mn(i, across, extent, width);
        if (width == 4 && !across)
            *(local float4 *)to = (float4)(held[4 * i], held[4 * i + 1], held[4 * i + 2], held[4 * i + 3]);
        else
            UNROLL for (int j = 0; j < width; j++) to[j * stride] = held[i * width + j];
    }
}

static inline void read_local(float *part, local const float *from, const int count, const int lanes) {
    UNROLL for (int i = 0; i < count; i += 4) {
        const float4 v = *(local const float4 *)(from + i * lanes);
        part[i] = v.x, part[i + 1] = v.y, part[i + 2] = v.z, part[i + 3] = v.w;
    }
}

KERNEL gemm_gpu(
    global const float *restrict a, global const float *restrict b, global float *restrict y,
    const int items, const int M, const int N, const int K, const int chunk) {
    local float tile_a[2 * SIZE_A] __attribute__((aligned(16)));
    local float tile_b[2 * SIZE_B] __attribute__((aligned(16)));

    // Which tile: in bands of BAND tiles along m, down each band's columns; chunks outermost.
    const int tiles_m = (M + BM - 1) / BM, tiles_n = (N + BN - 1) / BN;
    const int group = get_group_id(0), z = group / (tiles_m * tiles_n), tile = group % (tiles_m * tiles_n);
    const int band = tile / (BAND * tiles_n), in_band = tile - band * BAND * tiles_n;
    const int height = min(BAND, tiles_m - band * BAND);
    const int m_start = (band * BAND + in_band % height) * BM, n_start = in_band / height * BN;
    const int k_start = z * chunk, size = min(chunk, K - k_start);
    const int steps = (size + BK - 1) / BK, filled = size - (steps - 1) * BK;

    // Which part of it. Lanes are laid out so that few banks serve each half of a warp.
    const int lane = get_local_id(0) % 32, warp = get_local_id(0) / 32;
    const int lane_m = (lane & 1) | lane >> 4 << 1, lane_n = lane >> 1 & 7;
    const int m = warp / WARPS_N * LANES_M * TM + lane_m * 4, n = warp % WARPS_N * LANES_N * TN + lane_n * 4;

    const size_t length_a = ACROSS_A ? K : M, length_b = ACROSS_B ? K : N;
    const size_t step_a = ACROSS_A ? 1 : M, step_b = ACROSS_B ? 1 : N;
    size_t offset_a[LOADS_A], offset_b[LOADS_B];
    find_offsets(offset_a, OPERAND_A, M - m_start, length_a);
    find_offsets(offset_b, OPERAND_B, N - n_start, length_b);
    a += ACROSS_A ? m_start * length_a + k_start : k_start * length_a + m_start;
    b += ACROSS_B ? n_start * length_b + k_start : k_start * length_b + n_start;

    float held_a[LOADS_A * WIDTH_A], held_b[LOADS_B * WIDTH_B], sum[TM][TN];
    UNROLL for (int i = 0; i < TM; i++)
        UNROLL for (int j = 0; j < TN; j++) sum[i][j] = 0;
    read_first(held_a, a, offset_a, OPERAND_A, filled);
    read_first(held_b, b, offset_b, OPERAND_B, filled);
    a += filled * step_a, b += filled * step_b;
    write_local(tile_a, held_a, OPERAND_A);
    write_local(tile_b, held_b, OPERAND_B);
    barrier(CLK_LOCAL_MEM_FENCE);

    for (int s = 0; s < steps; s++) {
        const int now = s % 2, next = 1 - now;
        const bool more = s + 1 < steps;
        local const float *rows = tile_a + now * SIZE_A + m, *columns = tile_b + now * SIZE_B + n;
        float part_a[2][TM], part_b[2][TN];
        read_local(part_a[0], rows, TM, LANES_M);
        read_local(part_b[0], columns, TN, LANES_N);
        UNROLL for (int k = 0; k < BK; k++) {
            read_share(held_a, a, offset_a, OPERAND_A, k, more);
            read_share(held_b, b, offset_b, OPERAND_B, k, more);
            if (k + 1 < BK) {
                read_local(part_a[(k + 1) % 2], rows + (k + 1) * STRIDE(ACROSS_A, BM), TM, LANES_M);
                read_local(part_b[(k + 1) % 2], columns + (k + 1) * STRIDE(ACROSS_B, BN), TN, LANES_N);
            }
            UNROLL for (int i = 0; i < TM; i++)
                UNROLL for (int j = 0; j < TN; j++) sum[i][j] = fma(part_a[k % 2][i], part_b[k % 2][j], sum[i][j]);
        }
        a += BK * step_a, b += BK * step_b;
        if (more) {
            write_local(tile_a + next * SIZE_A, held_a, OPERAND_A);
            write_local(tile_b + next * SIZE_B, held_b, OPERAND_B);
            barrier(CLK_LOCAL_MEM_FENCE);
        }
    }

    y += (size_t)z * M * N;
    UNROLL for (int i = 0; i < TM; i++) {
        const int row = m_start + m + i / 4 * 4 * LANES_M + i % 4;
        UNROLL for (int j = 0; j < TN; j += 4) {
            const int column = n_start + n + j * LANES_N;
            global float *to = y + (size_t)row * N + column;
            if (row < M && column < N) {
#if WIDE_Y
                *(global float4 *)to = (float4)(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
#else
                UNROLL for (int l = 0; l < 4; l++)
                    if (column + l < N) to[l] = sum[i][j + l];
#endif
            }
        }
    }
}
