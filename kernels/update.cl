// A step of an optimizer: a straight-line program on each element of the vectors, in one pass, in place.
//
//   by default:  w = w - n0 * g, plain gradient descent
//
//   w: parameters (size,) read and written     g: gradient (size,) read     state: slots of (size,), each `stride` elements
//   behind the one before, read and written     multipliers: lr_mult and decay_mult of every 256 elements, read
//
// Numbers come packed in vectors (see `launch_packed`): in `plan` the number of items, size, length, stride; in the others the
// bits of float32 numbers. Where lr_mult is 0 nothing is written.
// Work-item: `length` neighbouring elements. The same bits as NumPy: every operation is rounded on its own, contraction is off
// (operations.cl) and these programs are never built with relaxed mathematics. Tolerance: none, on devices that have subnormal
// numbers and round quotients and roots correctly.
//
// Macros: VECTORS     the vectors of numbers as parameters; NUMBERS makes values of them
//         LOADS       makes values of the vectors at i
//         MULTIPLIED  1 if there are multipliers; LR_MULT and DECAY_MULT are the names of their values
//         STATEMENTS  the program
//         STORES      writes its results to the vectors at i
//         STATE       const where the state is only read

#include "operations.cl"

#ifndef LOADS
#define LOADS const floatv a0 = LOAD(w + i); const floatv a1 = LOAD(g + i);
#define VECTORS , const int16 n0
#define NUMBERS const floatv a2 = (floatv)(as_float(n0.s0));
#define STATEMENTS const floatv a3 = a0 - a2 * a1;
#define STORES store_float(a3, w + i, stop - i);
#define STATE const
#endif
#ifndef MULTIPLIED
#define MULTIPLIED 0
#endif

#define BLOCK 256

KERNEL update(
    global float *restrict w, global const float *restrict g, global STATE float *restrict slots,
#if MULTIPLIED
    global const float *restrict multipliers,
#endif
    const int16 plan VECTORS) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int size = plan.s1, length = plan.s2;
    const long stride = plan.s3;
    const int start = item * length, stop = min(start + length, size);
    NUMBERS
    for (int i = start; i < stop; i += VEC) {
#if MULTIPLIED
        const floatv LR_MULT = (floatv)(multipliers[i / BLOCK * 2]);
        const floatv DECAY_MULT = (floatv)(multipliers[i / BLOCK * 2 + 1]);
        if (multipliers[i / BLOCK * 2] == 0) continue;
#endif
        LOADS
        STATEMENTS
        STORES
    }
}
