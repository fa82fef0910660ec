// Data gradient of a convolution with stride 1: the transpose of winograd_forward.cl, for images much larger than those of y.
//
//   dx = sum over tiles of B [ sum over outputs of (G w G^T) * (A dy A^T) ] B^T, see winograd.cl
//
// Tiles are those of y, STEP x STEP pixels; the TILE x TILE pixels of dx that each gives are added up in dx, tile by tile.
//
//   dy: (N, OH, OW, O) read      dx: (N, H, W, C) written
//   weights: made with FLIP 2, see winograd_weights.cl; depth = O rounded up to VEC
//
// Work-item: every items-th block of `size` images, with its own inputs and products, see winograd_products.cl, in scratch.
//
// Macros: SIDE  side of the filter, 3 or 5
// Tolerance against NumPy: 1e-5 of the largest |dx| for SIDE 3, 2e-5 for SIDE 5; measured 3e-6, 1e-5.
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks (2016).
#include "winograd_products.cl"

// Where the tiles lie: OH, OW, O of dy, H, W, C of dx, tiles of an image and of a row, pad of x.
typedef struct {
    int OH, OW, O, H, W, C, image, row, pad_h, pad_w, depth;
} Shape;

// inputs of the tiles of images n to stop - 1; what is left of the last group of tiles keeps what it had.
static inline void transform_tiles(
    global const float *dy, global float *inputs, const size_t point, const int n, const int stop, const Shape s) {
    for (int t = 0; t < (stop - n) * s.image; t++) {
        const int top = t % s.image / s.row * STEP, left = t % s.row * STEP, rows = s.OH - top, columns = s.OW - left;
        global const float *from = dy + (((size_t)(n + t / s.image) * s.OH + top) * s.OW + left) * s.O;
        global float *to = inputs + (size_t)(t / ROWS) * ROWS * s.depth + t % ROWS * VEC;
        for (int o = 0; o < s.depth; o += VEC) {
            floatv once[TILE][STEP];
            UNROLL for (int j = 0; j < STEP; j++) {
                floatv in[STEP];
                UNROLL for (int i = 0; i < STEP; i++) {
                    in[i] = i < rows && j < columns ? LOAD(from + ((size_t)i * s.OW + j) * s.O + o) : (floatv)(0);
                    if (o + VEC > s.O) in[i] = select((floatv)(0), in[i], LANES < (intv)(s.O - o));
                }
#define FROM(i) in[i]
#define TO(i) once[i][j]
                EXPAND(TO, FROM, STEP, 0)
#undef FROM
#undef TO
            }
            UNROLL for (int i = 0; i < TILE; i++) {
                floatv out[TILE];
#define FROM(j) once[i][j]
#define TO(j) out[j]
                EXPAND(TO, FROM, STEP, 0)
#undef FROM
#undef TO
                UNROLL for (int j = 0; j < TILE; j++) STORE(out[j], to + (i * TILE + j) * point + o * ROWS);
            }
        }
    }
}

// Add the pixels of all tiles of an image, the first of which is `tile` of the products, to dx, for channels c to c + VEC - 1.
static inline void add_tiles(
    global const float *products, const size_t point, global float *dx, const int tile, const int tiles, const int c,
    const Shape s) {
    for (int t = 0; t < s.image; t++) {
        const int top = t / s.row * STEP - s.pad_h, left = t % s.row * STEP - s.pad_w;
        global const float *from = products + (c / NR * tiles + tile + t) * NR + c % NR;
        floatv once[TILE][TILE];
        UNROLL for (int j = 0; j < TILE; j++) {
            floatv in[TILE];
            UNROLL for (int i = 0; i < TILE; i++) in[i] = LOAD(from + (i * TILE + j) * point);
#define FROM(i) in[i]
#define TO(i) once[i][j]
            INPUT_TRANSFORM_BACK(TO, FROM)
#undef FROM
#undef TO
        }
        UNROLL for (int i = 0; i < TILE; i++) {
            floatv out[TILE];
#define FROM(j) once[i][j]
#define TO(j) out[j]
            INPUT_TRANSFORM_BACK(TO, FROM)
#undef FROM
#undef TO
            if (top + i >= 0 && top + i < s.H)
                UNROLL for (int j = 0; j < TILE; j++) {
                    global float *to = dx + ((top + i) * s.W + left + j) * s.C + c;
                    if (left + j >= 0 && left + j < s.W) store_float(LOAD(to) + out[j], to, s.C - c);
                }
        }
    }
}

KERNEL winograd_data_gradient(
    global const float *restrict dy, global const float *restrict weights, global float *restrict dx, global float *scratch,
    const int items, const int blocks, const int size, const int images, const int pass, const int panels,
    const int scratch_size, const int OH, const int OW, const int O, const int H, const int W, const int C, const int image,
    const int row, const int pad_h, const int pad_w, const int depth) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const Shape s = {OH, OW, O, H, W, C, image, row, pad_h, pad_w, depth};
    const int most = (size * image + ROWS - 1) / ROWS * ROWS;
    const size_t input_point = (size_t)most * depth + GAP, product_point = (size_t)panels * most * NR + GAP;
    global float *inputs = scratch + (size_t)item * scratch_size, *products = inputs + POINTS * input_point;
    for (int block = item; block < blocks; block += items) {
        const int n = block * size, stop = min(n + size, images), groups = ((stop - n) * image + ROWS - 1) / ROWS;
        transform_tiles(dy, inputs, input_point, n, stop, s);
        multiply_points(
            inputs, input_point, weights, (size_t)panels * depth * NR + GAP, products, product_point, groups, 0, panels, pass,
            depth, O, C);
        for (int i = n; i < stop; i++) {
            global float *to = dx + (size_t)i * H * W * C;
            for (int k = 0; k < H * W * C; k += VEC) store_float((floatv)(0), to + k, H * W * C - k);
            for (int c = 0; c < C; c += VEC) add_tiles(products, product_point, to, (i - n) * image, groups * ROWS, c, s);
        }
    }
}
