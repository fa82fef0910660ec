// Images with a border of zeros:  y[n][h + PH][v + PW][c] = x[n][h][v][c], zero elsewhere.
//
//   x: (N, H, W, C) read     y: (N, H + 2 PH, W + 2 PW, C) written
//
// Work-item: one row of y. Rows are given in elements: `width` = W C, `left` = PW C. Tolerance: none, it only copies.

KERNEL pad_images(
    global const float *restrict x, global float *restrict y,
    const int items, const int H, const int PH, const int width, const int left) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int rows = H + 2 * PH, n = item / rows, h = item - n * rows - PH;
    global float *to = y + (size_t)item * (width + 2 * left);
    const int copied = h >= 0 && h < H ? width : 0;
    global const float *from = x + ((size_t)n * H + (copied ? h : 0)) * width;
    for (int i = 0; i < left; i += VEC) store_float((floatv)(0), to + i, left - i);
    for (int i = 0; i < copied; i += VEC) store_float(LOAD(from + i), to + left + i, copied - i);
    for (int i = copied; i < width + left; i += VEC) store_float((floatv)(0), to + left + i, width + left - i);
}
