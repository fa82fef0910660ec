// Convolution (cross-correlation) with stride 1 by Winograd's minimal filtering, F(STEP x STEP, SIDE x SIDE):
//
//   y = activation(b + A^T [ sum over channels of (G w G^T) * (B^T x B) ] A),   see winograd.cl
//
// An image of y is cut into tiles of STEP x STEP pixels, counted image by image and row by row; a tile needs TILE x TILE pixels of x,
// those outside the image being zero. For each of the POINTS points there is one product, (tiles, C) by (C, O).
//
//   x: (N, H, W, C) read      b: (O,) read, ignored unless biased      y: (N, OH, OW, O) written
//   weights: (POINTS, panels, DEPTH, NR) and DEPTH + VEC zeros, see winograd_weights.cl; DEPTH = C rounded up to VEC, NR = 2 VEC
//   inputs, products: see winograd_products.cl
//
// winograd_forward: work-item = every items-th block of block_tiles tiles, all panels, panel_group at a time, with its own
//                  inputs and products in scratch
// winograd_inputs: work-item = group of tiles, from tile `first` on; fills inputs for
// winograd_outputs: work-item = panel_group panels x block_tiles tiles
// A sum over channels is cut into passes of `pass`: its order depends on C only.
//
// Macros: SIDE  side of the filter, 3 or 5      ROWS  tiles of a register tile: ROWS x 2 sums, two vectors and a factor fit the
//                                               registers
// Tolerance against NumPy: 1e-5 of the largest |y| for SIDE 3, 2e-5 for SIDE 5; measured 3e-6, 1e-5.
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks (2016); Van Zee, van de Geijn, BLIS (2015).
#include "winograd_products.cl"

// Where the tiles lie: H, W, C of x, OH, OW, O of y, tiles of an image and of a row, tiles in all, pad.
typedef struct {
    int H, W, C, OH, OW, O, image, row, tiles, pad_h, pad_w, depth;
} Shape;

// Write channels first to stop - 1 of the inputs of ROWS tiles from `tile` on; tiles past the last one are zero.
static inline void transform_group(
    global const float *x, global const float *zeros, global float *to, const size_t point, const int tile, const int first,
    const int stop, const Shape s) {
    global const float *source[ROWS][POINTS];
    for (int r = 0; r < ROWS; r++) {
        const int t = tile + r, n = t / s.image, h = (t - n * s.image) / s.row, column = t - n * s.image - h * s.row;
        const int top = h * STEP - s.pad_h, left = column * STEP - s.pad_w;
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < TILE; j++) {
                const bool inside = t < s.tiles && top + i >= 0 && top + i < s.H && left + j >= 0 && left + j < s.W;
                source[r][i * TILE + j] = inside ? x + (((size_t)n * s.H + top + i) * s.W + left + j) * s.C : zeros;
            }
    }
    for (int c = first; c < stop; c += VEC)
        for (int r = 0; r < ROWS; r++) {
            floatv d[TILE][TILE];
            UNROLL for (int j = 0; j < TILE; j++) {
                floatv in[TILE];
                UNROLL for (int i = 0; i < TILE; i++) in[i] = LOAD(source[r][i * TILE + j] + c);
                if (c + VEC > s.C)
                    UNROLL for (int i = 0; i < TILE; i++) in[i] = select((floatv)(0), in[i], LANES < (intv)(s.C - c));
#define FROM(i) in[i]
#define TO(i) d[i][j]
                INPUT_TRANSFORM(TO, FROM)
#undef FROM
#undef TO
            }
            UNROLL for (int i = 0; i < TILE; i++) {
                floatv out[TILE];
#define FROM(j) d[i][j]
#define TO(j) out[j]
                INPUT_TRANSFORM(TO, FROM)
#undef FROM
#undef TO
                UNROLL for (int j = 0; j < TILE; j++) STORE(out[j], to + (i * TILE + j) * point + (c * ROWS + r * VEC));
            }
        }
}

// Write the pixels of tiles tile to stop - 1 for the same panels.
static inline void write_tiles(
    global const float *products, const size_t point, global const float *b, global float *y, const int tile, const int stop,
    const int size, const int first_panel, const int stop_panel, const int biased, const int rectified, const Shape s) {
    for (int t = tile; t < stop; t++) {
        const int n = t / s.image, row = (t - n * s.image) / s.row, column = t - n * s.image - row * s.row;
        const int top = row * STEP, left = column * STEP, rows = min(STEP, s.OH - top), columns = min(STEP, s.OW - left);
        global float *pixels = y + (((size_t)n * s.OH + top) * s.OW + left) * s.O;
        for (int o = first_panel * NR; o < min(stop_panel * NR, s.O); o += VEC) {
            global const float *from = products + ((o / NR - first_panel) * size + t - tile) * NR + o % NR;
            floatv once[STEP][TILE];
            UNROLL for (int j = 0; j < TILE; j++) {
                floatv in[TILE];
                UNROLL for (int i = 0; i < TILE; i++) in[i] = LOAD(from + (i * TILE + j) * point);
#define FROM(i) in[i]
#define TO(i) once[i][j]
                CONTRACT(TO, FROM, STEP, 0)
#undef FROM
#undef TO
            }
            const floatv bias = biased ? LOAD(b + o) : (floatv)(0);
            UNROLL for (int i = 0; i < STEP; i++) {
                floatv out[STEP];
#define FROM(j) once[i][j]
#define TO(j) out[j]
                CONTRACT(TO, FROM, STEP, 0)
#undef FROM
#undef TO
                global float *to = pixels + (size_t)i * s.OW * s.O + o;
                UNROLL for (int j = 0; j < STEP; j++) {
                    floatv value = out[j] + bias;
                    if (rectified) value = select(value, (floatv)(0), value <= (floatv)(0));
                    if (i < rows && j < columns) store_float(value, to + j * s.O, s.O - o);
                }
            }
        }
    }
}

KERNEL winograd_forward(
    global const float *restrict x, global const float *restrict weights, global const float *restrict b,
    global float *restrict y, global float *scratch, const int items, const int blocks, const int block_tiles,
    const int panel_group, const int pass, const int panels, const int scratch_size, const int biased, const int rectified,
    const int H, const int W, const int C, const int OH, const int OW, const int O, const int image, const int row,
    const int tiles, const int pad_h, const int pad_w, const int depth) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const Shape s = {H, W, C, OH, OW, O, image, row, tiles, pad_h, pad_w, depth};
    const size_t input_point = (size_t)block_tiles * depth + GAP, weight_point = (size_t)panels * depth * NR + GAP;
    const size_t product_point = (size_t)panel_group * block_tiles * NR + GAP;
    global float *inputs = scratch + (size_t)item * scratch_size, *products = inputs + POINTS * input_point;
    for (int block = item; block < blocks; block += items) {
        const int start = block * block_tiles, stop = min(start + block_tiles, tiles);
        for (int t = start; t < stop; t += ROWS)
            transform_group(x, weights + POINTS * weight_point, inputs + (size_t)(t - start) * depth, input_point, t, 0, depth, s);
        for (int panel = 0; panel < panels; panel += panel_group) {
            const int stop_panel = min(panel + panel_group, panels), groups = (stop - start + ROWS - 1) / ROWS;
            multiply_points(
                inputs, input_point, weights, weight_point, products, product_point, groups, panel, stop_panel, pass,
                depth, C, O);
            write_tiles(
                products, product_point, b, y, start, stop, groups * ROWS, panel, stop_panel, biased, rectified, s);
        }
    }
}

KERNEL winograd_inputs(
    global const float *restrict x, global const float *restrict weights, global float *restrict inputs, const int items,
    const int parts, const int part, const int first, const int size, const int panels, const int H, const int W, const int C,
    const int image, const int row, const int tiles, const int pad_h, const int pad_w, const int depth) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const Shape s = {H, W, C, 0, 0, 0, image, row, tiles, pad_h, pad_w, depth};
    const size_t point = (size_t)size * depth + GAP;
    const int t = item / parts * ROWS, c = item % parts * part;
    global const float *zeros = weights + POINTS * ((size_t)panels * depth * NR + GAP);
    transform_group(x, zeros, inputs + (size_t)t * depth, point, first + t, c, min(c + part, depth), s);
}

KERNEL winograd_outputs(
    global const float *restrict inputs, global const float *restrict weights, global const float *restrict b,
    global float *restrict y, global float *scratch, const int items, const int blocks, const int block_tiles,
    const int panel_group, const int pass, const int panels, const int first, const int count, const int size, const int biased,
    const int rectified, const int C, const int OH, const int OW, const int O, const int image, const int row, const int depth) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const Shape s = {0, 0, 0, OH, OW, O, image, row, 0, 0, 0, depth};
    const int panel = item / blocks * panel_group, stop_panel = min(panel + panel_group, panels);
    const int start = item % blocks * block_tiles, stop = min(start + block_tiles, count);
    const int groups = (stop - start + ROWS - 1) / ROWS;
    const size_t product_point = (size_t)panel_group * block_tiles * NR + GAP;
    global float *products = scratch + item * POINTS * product_point;
    multiply_points(
        inputs + (size_t)start * depth, (size_t)size * depth + GAP, weights, (size_t)panels * depth * NR + GAP,
        products, product_point, groups, panel, stop_panel, pass, depth, C, O);
    write_tiles(
        products, product_point, b, y, first + start, first + stop, groups * ROWS, panel, stop_panel, biased, rectified, s);
}
