// One operation on one or two arrays, with broadcasting; also the strided copy that transposes.
//
//   y[row][i] = EXPRESSION of a = A[offset_a(row) + i step_a], b = B[offset_b(row) + i step_b]
//
//   y: (rows, inner) written, contiguous     A, B: read through strides; 0 repeats an axis of length 1
//
// The host merges the axes to at most five outer ones (d0..d4, from outermost to innermost) and the inner one, and
// gives the strides in elements. Work-item: `length` neighbouring elements of a row; a row has `parts` of them.
//
// Macros: IN, OUT      element types, of the operands and of y
//         EXPRESSION   of a and b
// Tolerance against NumPy: none for + - * and comparisons; 4 units in the last place for exp, log, tanh, 16 for pow.

#ifndef IN
#define IN float
#endif
#ifndef OUT
#define OUT float
#endif
#ifndef EXPRESSION
#define EXPRESSION (a + b)
#endif

#pragma OPENCL FP_CONTRACT OFF

KERNEL elementwise(
    global const IN *restrict A, global const IN *restrict B, global OUT *restrict y,
    const int items, const int parts, const int length, const int inner, const int step_a, const int step_b,
    const int d1, const int d2, const int d3, const int d4,
    const int a0, const int a1, const int a2, const int a3, const int a4,
    const int b0, const int b1, const int b2, const int b3, const int b4) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int row = item / parts, start = (item - row * parts) * length, stop = min(start + length, inner);
    int rest = row;
    const int i4 = rest % d4; rest /= d4;
    const int i3 = rest % d3; rest /= d3;
    const int i2 = rest % d2; rest /= d2;
    const int i1 = rest % d1, i0 = rest / d1;
    global const IN *from_a = A + (size_t)i0 * a0 + (size_t)i1 * a1 + (size_t)i2 * a2 + (size_t)i3 * a3 + (size_t)i4 * a4;
    global const IN *from_b = B + (size_t)i0 * b0 + (size_t)i1 * b1 + (size_t)i2 * b2 + (size_t)i3 * b3 + (size_t)i4 * b4;
    global OUT *to = y + (size_t)row * inner;
    for (int i = start; i < stop; i++) {
        const IN a = from_a[(size_t)i * step_a], b = from_b[(size_t)i * step_b];
        to[i] = (OUT)(EXPRESSION);
    }
}
