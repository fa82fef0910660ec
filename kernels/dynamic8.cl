// The 8-bit dynamic tree codec; mathcore/codecs/dynamic_tree.py defines it.
//
//   scale = largest |x| of a block of 256;  index = how many i have |x| >= T[i] * scale;  code = the code of sign and index
//   legacy: scales holds one scale for all blocks, found by the host among the `largest` |x| of each work-item
//   decode:  x = value[code] * scale
//
//   x: (size,)     codes: (size,) uchar     scales: (blocks,)
//   cell_index: (65536,) uchar, cell_threshold: (65536,): for the top 16 bits of x / scale, 128 * sign + the index at the lower
//   end of that cell and the one threshold that may lie in it, so that a single exact comparison settles the index
//   code_of_index, values: (256,)
//
// A block whose scale is below `minimum` is stored as zeros; one with NaN or infinity gets the scale NaN.
// Work-item: `length` neighbouring blocks. Tolerance against NumPy: none, the same bytes: no contraction, no relaxed
// mathematics; the quotient may be off by 2^-12. Source: Dettmers (2016), arXiv 1511.04561.

#define BLOCK 256

#pragma OPENCL FP_CONTRACT OFF

// The bits of the largest |x|: those of non-negative floats are ordered as the floats are, and NaN is above them all.
static inline uint largest_bits(global const float *restrict x, const int start, const int stop) {
    uint largest = 0;
    for (int i = start; i < stop; i++) largest = max(largest, as_uint(x[i]) & 0x7fffffffu);
    return largest;
}

static inline void encode_elements(
    global const float *restrict x, global uchar *restrict codes, const int start, const int stop, const float divisor,
    global const uchar *restrict cell_index, global const float *restrict cell_threshold,
    global const uchar *restrict code_of_index) {
    for (int i = start; i < stop; i++) {
        const float value = x[i];
        const uint cell = as_uint(value / divisor) >> 16;
        const uint larger = fabs(value) >= cell_threshold[cell] * divisor;
        codes[i] = code_of_index[(cell_index[cell] + larger) & 255u];
    }
}

KERNEL encode_dynamic8(
    global const float *restrict x, global uchar *restrict codes, global float *restrict scales,
    global const uchar *restrict cell_index, global const float *restrict cell_threshold,
    global const uchar *restrict code_of_index,
    const int items, const int blocks, const int size, const int length, const float minimum) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = min((item + 1) * length, blocks);
    for (int block = item * length; block < last; block++) {
        const int start = block * BLOCK, stop = min(start + BLOCK, size);
        const uint largest = largest_bits(x, start, stop);
        const bool finite = largest < 0x7f800000u;
        const float scale = as_float(largest);
        const bool zero = scale < minimum;
        scales[block] = !finite ? NAN : zero ? 0.0f : scale;
        const float divisor = zero || !finite ? INFINITY : scale;
        encode_elements(x, codes, start, stop, divisor, cell_index, cell_threshold, code_of_index);
    }
}

KERNEL largest_magnitudes(
    global const float *restrict x, global float *restrict largest,
    const int items, const int blocks, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const uint bits = largest_bits(x, item * length * BLOCK, min((item + 1) * length * BLOCK, size));
    largest[item] = bits < 0x7f800000u ? as_float(bits) : NAN;
}

KERNEL encode_dynamic8_legacy(
    global const float *restrict x, global uchar *restrict codes, global const float *restrict scales,
    global const uchar *restrict cell_index, global const float *restrict cell_threshold,
    global const uchar *restrict code_of_index,
    const int items, const int blocks, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const float divisor = scales[0] > 0 ? scales[0] : INFINITY;
    const int start = item * length * BLOCK, stop = min(start + length * BLOCK, size);
    encode_elements(x, codes, start, stop, divisor, cell_index, cell_threshold, code_of_index);
}

KERNEL decode_dynamic8(
    global const uchar *restrict codes, global const float *restrict scales, global float *restrict x,
    global const float *restrict values, const int items, const int blocks, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = min((item + 1) * length, blocks);
    for (int block = item * length; block < last; block++) {
        const int start = block * BLOCK, stop = min(start + BLOCK, size);
        const float scale = scales[block];
        for (int i = start; i < stop; i++) x[i] = values[codes[i]] * scale;
    }
}
