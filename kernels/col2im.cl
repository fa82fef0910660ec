// Windows added back into the images they were taken from; the adjoint of im2col.
//
//   x[n][h][w][c] = sum of columns[n][i][j][p][q][c] over i SH + p DH = h + PH, j SW + q DW = w + PW, in the order of p, then q
//
//   columns: (N, OH, OW, KH, KW, C) read     x: (N, H, W, C) written
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: `each` pixels of x, whose
// elements gather from the windows that hold them, without atomics. Tolerance against NumPy: none, the order is the same.
//
// Macros: T  element type: float, int or uchar

#ifndef T
#define T float
#endif

#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(T, VEC) Tv;

KERNEL col2im(global const T *restrict columns, global T *restrict x, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int pixels = plan.s1, each = plan.s2, H = plan.s3, W = plan.s4, C = plan.s5, OH = plan.s6, OW = plan.s7;
    const int KH = plan.s8, KW = plan.s9, SH = plan.sa, SW = plan.sb, PH = plan.sc, PW = plan.sd, DH = plan.se, DW = plan.sf;
    for (int pixel = item * each; pixel < min(item * each + each, pixels); pixel++) {
        const int n = pixel / (H * W), h = pixel / W % H + PH, w = pixel % W + PW;
        for (int c = 0; c < C; c += VEC) {
            Tv sum = (Tv)(0);
            for (int p = 0; p < KH && p * DH <= h; p++) {
                const int i = (h - p * DH) / SH;
                if (i >= OH || i * SH + p * DH != h) continue;
                for (int q = 0; q < KW && q * DW <= w; q++) {
                    const int j = (w - q * DW) / SW;
                    if (j >= OW || j * SW + q * DW != w) continue;
                    sum += LOAD(columns + (((((size_t)n * OH + i) * OW + j) * KH + p) * KW + q) * C + c);
                }
            }
            JOIN(store_, T)(sum, x + (size_t)pixel * C + c, C - c);
        }
    }
}
