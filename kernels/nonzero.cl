// Where elements are not 0.
//
//   count_nonzero: counts[k] = how many elements of chunk k are not 0
//   list_nonzero:  their places, ascending, to `places` from starts[k] on
//
//   x: (n,) T     counts: one int a chunk of `length` elements     starts: the sums of the counts before, and of all
//   places: as long as all counts together
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: one chunk. Tolerance: none.
//
// Macros: T  element type: float, int or uchar

#ifndef T
#define T float
#endif

KERNEL count_nonzero(global const T *restrict x, global int *restrict counts, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int start = item * plan.s2, stop = min(start + plan.s2, plan.s1);
    int i = start;
    intv minus = (intv)(0);
    for (; i + VEC <= stop; i += VEC) minus += JOIN(convert_int, VEC)(LOAD(x + i) != (T)(0));
    int lanes[VEC], count = 0;
    STORE(minus, lanes);
    for (int k = 0; k < VEC; k++) count -= lanes[k];
    for (; i < stop; i++) count += x[i] != 0;
    counts[item] = count;
}

KERNEL list_nonzero(
    global const T *restrict x, global const int *restrict starts, global int *restrict places, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int start = item * plan.s2, stop = min(start + plan.s2, plan.s1);
    const int end = starts[item + 1];
    int next = starts[item];
    for (int block = start; next < end; block += VEC) {
        if (block + VEC <= stop && !any(LOAD(x + block) != (T)(0))) continue;
        // A place is written before it is known to be one, and by the next again if it is not: branches cost more.
        for (int i = block; i < min(block + VEC, stop) && next < end; i++) {
            places[next] = i;
            next += x[i] != 0;
        }
    }
}
