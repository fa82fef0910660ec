// Maxima of windows, and the gradient that goes back to them.
//
//   y[n][i][j][c] = max over p < KH, q < KW of x[n][i SH - PH + p][j SW - PW + q][c]; positions hold p * KW + q, first on ties
//   dx[n][h][v][c] = sum of the dy[n][i][j][c] whose position points at (h, v), in the order of p, then q
//
//   x, dx: (N, H, W, C)     y, dy: (N, OH, OW, C)     positions: (N, OH, OW, C), uchar
//
// Outside the image a window sees minus infinity. max_pooling, work-item: one row of y.
// max_pooling_gradient, work-item: one row of dx, whose elements gather from the windows that hold them, without atomics.
// max_pooling_gradient_disjoint (KH <= SH and KW <= SW), work-item: the SH rows of dx that belong to one of the ceil((H + PH) / SH)
// rows of windows; each dy is read once. max_pooling_gradient_blocks (few windows overlap) likewise, but an element gathers from
// the DH x DW windows that may hold it, all known when this is compiled. Tolerance against NumPy: none where windows do not overlap; 1e-6 of the largest
// |dx| where they do.
//
// Macros: KH, KW, SH, SW  height and width of a window and from one to the next: known here, its loops unroll

#ifndef KH
#define KH 2
#endif
#ifndef KW
#define KW 2
#endif
#ifndef SH
#define SH 2
#endif
#ifndef SW
#define SW 2
#endif

#define DH ((KH + SH - 1) / SH)
#define DW ((KW + SW - 1) / SW)

// Let `best` and its `place` take the element (p, q) of the window that begins at `from`, if it is larger.
inline void take_larger(
    global const float *restrict from, const int p, const int q, const int row, const int C, floatv *best, intv *place) {
    const floatv value = LOAD(from + p * row + q * C);
    const intv larger = value > *best;
    *best = select(*best, value, larger);
    *place = select(*place, (intv)(p * KW + q), larger);
}

KERNEL max_pooling(
    global const float *restrict x, global float *restrict y, global uchar *restrict positions,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / OH, top = (item - n * OH) * SH - PH;
    for (int ow = 0; ow < OW; ow++) {
        const int left = ow * SW - PW;
        const bool inside = top >= 0 && top + KH <= H && left >= 0 && left + KW <= W;
        const long window = ((long)(n * H + top) * W + left) * C;
        const size_t to = ((size_t)item * OW + ow) * C;
        for (int c = 0; c < C; c += VEC) {
            global const float *from = x + window + c;
            floatv best = top >= 0 && left >= 0 ? LOAD(from) : (floatv)(-INFINITY);
            intv place = (intv)(0);
            if (inside) {
                UNROLL for (int p = 0; p < KH; p++)
                    UNROLL for (int q = 0; q < KW; q++) take_larger(from, p, q, W * C, C, &best, &place);
            } else {
                for (int p = max(0, -top); p < min(KH, H - top); p++)
                    for (int q = max(0, -left); q < min(KW, W - left); q++) take_larger(from, p, q, W * C, C, &best, &place);
            }
            store_float(best, y + to + c, C - c);
            store_uchar(JOIN(convert_uchar, VEC)(place), positions + to + c, C - c);
        }
    }
}

KERNEL max_pooling_gradient(
    global const float *restrict dy, global const uchar *restrict positions, global float *restrict dx,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / H, h = item - n * H + PH;
    for (int v = PW; v < W + PW; v++) {
        const int p_start = max(h % SH, h - (OH - 1) * SH), q_start = max(v % SW, v - (OW - 1) * SW);
        for (int c = 0; c < C; c += VEC) {
            floatv sum = (floatv)(0);
            for (int p = p_start; p < KH && p <= h; p += SH)
                for (int q = q_start; q < KW && q <= v; q += SW) {
                    const size_t from = (((size_t)n * OH + (h - p) / SH) * OW + (v - q) / SW) * C + c;
                    const intv place = JOIN(convert_int, VEC)(LOAD(positions + from));
                    sum += select((floatv)(0), LOAD(dy + from), place == (intv)(p * KW + q));
                }
            store_float(sum, dx + ((size_t)item * W + v - PW) * C + c, C - c);
        }
    }
}

KERNEL max_pooling_gradient_disjoint(
    global const float *restrict dy, global const uchar *restrict positions, global float *restrict dx,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int rows = (H + PH + SH - 1) / SH, n = item / rows, i = item - n * rows, top = i * SH - PH;
    global const float *gradients = dy + (size_t)(n * OH + i) * OW * C;
    global const uchar *places = positions + (size_t)(n * OH + i) * OW * C;
    global float *to = dx + ((long)(n * H + top) * W - PW) * C;
    for (int left = -PW; left < W; left += SW, gradients += C, places += C, to += SW * C) {
        const bool window = i < OH && left + PW < OW * SW;  // else elements that belong to no window: zero
        const bool inside = top >= 0 && top + SH <= H && left >= 0 && left + SW <= W;
        for (int c = 0; c < C; c += VEC) {
            const int at = C < VEC ? c : min(c, C - VEC);  // the last vector overlaps rather than being cut
            const floatv gradient = window ? LOAD(gradients + at) : (floatv)(0);
            const intv place = window ? JOIN(convert_int, VEC)(LOAD(places + at)) : (intv)(-1);
            UNROLL for (int p = 0; p < SH; p++)
                UNROLL for (int q = 0; q < SW; q++) {
                    const intv chosen = place == (intv)(p < KH && q < KW ? p * KW + q : -2);
                    if (inside || (top + p >= 0 && top + p < H && left + q >= 0 && left + q < W))
                        store_float(select((floatv)(0), gradient, chosen), to + (p * W + q) * C + at, C - at);
                }
        }
    }
}

// A block are the SH x SW elements that begin where a window does; block (i, j) gathers from the windows (i - di, j - dj).
KERNEL max_pooling_gradient_blocks(
    global const float *restrict dy, global const uchar *restrict positions, global float *restrict dx,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int rows = (H + PH + SH - 1) / SH, n = item / rows, i = item - n * rows, top = i * SH - PH;
    const bool inner_rows = top >= 0 && top + SH <= H && i >= DH - 1 && i < OH;
    const long windows = ((long)n * OH + i) * OW;
    global float *to = dx + ((long)(n * H + top) * W - PW) * C;
    for (int j = 0; j * SW - PW < W; j++, to += SW * C) {
        const int left = j * SW - PW;
        const bool inner = inner_rows && left >= 0 && left + SW <= W && j >= DW - 1 && j < OW;
        for (int c = 0; c < C; c += VEC) {
            const int at = C < VEC ? c : min(c, C - VEC);  // the last vector overlaps rather than being cut
            floatv sums[SH][SW];
            UNROLL for (int a = 0; a < SH; a++)
                UNROLL for (int b = 0; b < SW; b++) sums[a][b] = (floatv)(0);
            UNROLL for (int di = 0; di < DH; di++)
                UNROLL for (int dj = 0; dj < DW; dj++) {
                    if (!inner && (i < di || i - di >= OH || j < dj || j - dj >= OW)) continue;
                    const long from = (windows - (long)di * OW + j - dj) * C + at;
                    const floatv gradient = LOAD(dy + from);
                    const intv place = JOIN(convert_int, VEC)(LOAD(positions + from));
                    UNROLL for (int a = 0; a < SH; a++)
                        UNROLL for (int b = 0; b < SW; b++) {
                            const int p = di * SH + a, q = dj * SW + b;
                            if (p < KH && q < KW)
                                sums[a][b] += select((floatv)(0), gradient, place == (intv)(p * KW + q));
                        }
                }
            UNROLL for (int a = 0; a < SH; a++)
                UNROLL for (int b = 0; b < SW; b++)
                    if (inner || (top + a >= 0 && top + a < H && left + b >= 0 && left + b < W))
                        store_float(sums[a][b], to + (a * W + b) * C + at, C - at);
        }
    }
}
