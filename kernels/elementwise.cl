// An expression of element-wise operations on one to eight arrays, with broadcasting: a single operation, or a chain.
//
//   y[row][i] = RESULT of a0 = x0[row, i], a1 = x1[row, i] ..., each read in the place that broadcasting gives it
//
//   y: (rows, inner), contiguous, written     x0, x1 ...: contiguous, read; of fewer elements where they are repeated
//
// The host merges neighbouring axes. Along the innermost one, an operand steps with y (its bit of `steps` is set) or stays on
// one element. The others are in `outer`: lengths from outermost to innermost, and how far each operand moves along them.
//
// Work-item: `length` neighbouring elements of y, row by row. Tolerance against NumPy: that of the operations.
//
// Macros: OPERANDS    DO(number, type of elements) for each operand; COUNT of them
//         OUT         type of the elements of y: float, int, or uchar, for bool too
//         STATEMENTS  what is to be computed first, from a0, a1 ...
//         RESULT      the vector to store
//         OUTER       1 if there are outer axes, 0 if y is a single row and `outer` is not passed

#include "operations.cl"

#ifndef OPERANDS
#define OPERANDS(DO) DO(0, float) DO(1, float)
#define COUNT 2
#endif
#ifndef OUT
#define OUT float
#endif
#ifndef STATEMENTS
#define STATEMENTS
#endif
#ifndef RESULT
#define RESULT add_float(a0, a1)
#endif
#ifndef OUTER
#define OUTER 1
#endif

#define MOST_OUTER 8

typedef struct {
    int axes;
    int lengths[MOST_OUTER];
    int strides[MOST_OUTER][COUNT];
} Outer;

#define PARAMETER(N, T) global const T *restrict x##N,
#define AT_ROW(N, T) global const T *row##N = x##N;
#define MOVE(N, T) row##N += (long)move * outer.strides[axis][N];
#define AT_START(N, T)                                           \
    global const T *from##N = row##N + (steps & 1 << N ? i : 0); \
    const JOIN(T, VEC) still##N = (JOIN(T, VEC))(*from##N);
#define TAKE(N, T) const JOIN(T, VEC) a##N = steps & 1 << N ? LOAD(from##N + k) : still##N;

KERNEL elementwise(
    OPERANDS(PARAMETER) global OUT *restrict y,
    const int items, const int length, const int size, const int inner, const int steps
#if OUTER
    , const Outer outer
#endif
) {
    const int item = get_global_id(0);
    if (item >= items) return;
    int at = item * length;
    const int stop = min(at + length, size);
    int row = at / inner, i = at - row * inner;
    OPERANDS(AT_ROW)
#if OUTER
    int index[MOST_OUTER];
    for (int axis = outer.axes - 1; axis >= 0; axis--) {
        const int move = index[axis] = row % outer.lengths[axis];
        row /= outer.lengths[axis];
        OPERANDS(MOVE)
    }
#endif
    while (at < stop) {
        const int count = min(inner - i, stop - at);
        OPERANDS(AT_START)
        for (int k = 0; k < count; k += VEC) {
            OPERANDS(TAKE)
            STATEMENTS
            JOIN(store_, OUT)(RESULT, y + at + k, count - k);
        }
        at += count;
        i = 0;
#if OUTER
        for (int axis = outer.axes - 1; axis >= 0; axis--) {  // to the next row, as an odometer turns
            const int move = ++index[axis] < outer.lengths[axis] ? 1 : 1 - outer.lengths[axis];
            OPERANDS(MOVE)
            if (move == 1) break;
            index[axis] = 0;
        }
#endif
    }
}
