// Reduction along one axis of x (outer, axis, inner), in a fixed order.
//
//   reduce:  y[outer][part][inner] = COMBINE of the elements of that part of the axis, divided by `divisor` for floats
//   argmax:  y[outer][inner] = the index of the first maximum along the axis (NaN counts as the largest)
//
//   x: (outer, axis, inner) read     y: written, (outer, parts, inner) or (outer, inner) int
//
// Long axes are cut into `parts` pieces of `length`, whose number follows from the shape alone; a second call reduces the parts.
// Work-item: one element of y. Float sums are compensated, so their error does not grow with the length.
//
// Macros: TYPE      element type
//         SUM       1 for compensated float sums, else COMBINE is used
//         COMBINE   expression of a (so far) and b (next)
// Tolerance against NumPy: 1e-6 relative to the sum of magnitudes; none for max, min, argmax and integers.
// Source: Neumaier (1974) for the sums.

#ifndef TYPE
#define TYPE float
#endif
#ifndef SUM
#define SUM 0
#endif
#ifndef COMBINE
#define COMBINE (a + b)
#endif

#pragma OPENCL FP_CONTRACT OFF

KERNEL reduce(
    global const TYPE *restrict x, global TYPE *restrict y,
    const int items, const int axis, const int inner, const int parts, const int length, const float divisor) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int i = item % inner, part = (item / inner) % parts, outer = item / inner / parts;
    const int start = part * length, stop = min(start + length, axis);
    global const TYPE *from = x + (size_t)outer * axis * inner + i;
#if SUM
    float sum = 0.0f, lost = 0.0f;
    for (int k = start; k < stop; k++) {
        const float value = from[(size_t)k * inner], next = sum + value;
        lost += fabs(sum) >= fabs(value) ? (sum - next) + value : (value - next) + sum;
        sum = next;
    }
    y[item] = (isfinite(sum) ? sum + lost : sum) / divisor;
#else
    TYPE a = start < stop ? from[(size_t)start * inner] : (TYPE)(0);
    for (int k = start + 1; k < stop; k++) {
        const TYPE b = from[(size_t)k * inner];
        a = COMBINE;
    }
    y[item] = a;
#endif
}

KERNEL argmax(global const TYPE *restrict x, global int *restrict y, const int items, const int axis, const int inner) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int i = item % inner, outer = item / inner;
    global const TYPE *from = x + (size_t)outer * axis * inner + i;
    TYPE largest = from[0];
    int place = 0;
    for (int k = 1; k < axis; k++) {
        const TYPE value = from[(size_t)k * inner];
        if (value > largest || (value != value && largest == largest)) {
            largest = value;
            place = k;
        }
    }
    y[item] = place;
}
