// Where values go into an ascending vector: the number of its elements that are BEFORE the value.
//
//   y[i] = how many of ordered[0], ordered[1], ... come before values[i]
//
//   ordered: (n,) read     values: (count,) read     y: (count,) int, written
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: `length` values, each found by
// bisection.
//
// Macros: TYPE     element type
//         BEFORE   whether the element a comes before the value v; NaN counts as larger than all numbers
// Tolerance against NumPy: none.

#ifndef TYPE
#define TYPE float
#endif
#ifndef BEFORE
#define BEFORE (a < v || (v != v && a == a))
#endif

KERNEL search(global const TYPE *restrict ordered, global const TYPE *restrict values, global int *restrict y, const int16 plan) {
    const int item = get_global_id(0), n = plan.s1, count = plan.s2, length = plan.s3;
    if (item >= plan.s0) return;
    const int start = item * length, stop = start + min(length, count - start);
    for (int i = start; i < stop; i++) {
        const TYPE v = values[i];
        int place = 0, rest = n;
        while (rest > 0) {
            const int middle = rest / 2;
            const TYPE a = ordered[place + middle];
            const bool before = BEFORE;
            place = before ? place + middle + 1 : place;
            rest = before ? rest - middle - 1 : middle;
        }
        y[i] = place;
    }
}
