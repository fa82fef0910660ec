// Reading and writing rows of an array at places that an array of int names.
//
//   gather:         y[i] = x[places[i]]
//   scatter_ranges: x[places[i]] = values[i]; the last of repeated places counts
//   scatter_owned:  the same, for i = owners[places[i]] only
//   claim:          owners[p] = the largest i with places[i] = p
//   scatter_few:    the same as scatter_ranges, but each i looks for its place among the later ones (count^2 / 2 comparisons)
//
//   x: rows of `row` elements     places: (count,) int, each the number of a row of x     y, values: (count, row)
//   owners: one int for each row of x, -1 before
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. Work-item: `each` places, of whose rows
// it copies one of `parts` parts (see copy_row.cl); claim: one place. scatter_ranges, for CPUs: of all places, in their order,
// those among `each` rows of x; to read them all is much cheaper than to claim them. Tolerance: none, they only copy.
//
// Macros: those of copy_row.cl

#include "copy_row.cl"

KERNEL gather(global const T *restrict x, global const int *restrict places, global T *restrict y, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int count = plan.s1, each = plan.s2, parts = plan.s3, length = plan.s4, row = plan.s5;
    const int first = item / parts * each, last = min(first + each, count);
    if (row == 1)
        for (int i = first; i < last; i++) y[i] = x[places[i]];
    else
        for (int i = first; i < last; i++)
            copy_row(x + (long)places[i] * row, y + (long)i * row, item % parts, parts, length, row, 1, 1);
}

KERNEL scatter_ranges(
    global const T *restrict values, global const int *restrict places, global T *restrict x, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int count = plan.s1, each = plan.s2, parts = plan.s3, length = plan.s4, row = plan.s5;
    const int first = item / parts * each;
    for (int i = 0; i < count; i++) {
        const int place = places[i];
        if ((uint)(place - first) >= (uint)each) continue;
        if (row == 1)
            x[place] = values[i];
        else
            copy_row(values + (long)i * row, x + (long)place * row, item % parts, parts, length, row, 1, 1);
    }
}

KERNEL claim(global const int *restrict places, global int *restrict owners, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    atomic_max(owners + places[item], item);
}

KERNEL scatter_owned(
    global const T *restrict values, global const int *restrict places, global const int *restrict owners,
    global T *restrict x, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int count = plan.s1, each = plan.s2, parts = plan.s3, length = plan.s4, row = plan.s5;
    const int first = item / parts * each, last = min(first + each, count);
    for (int i = first; i < last; i++)
        if (owners[places[i]] == i)
            copy_row(values + (long)i * row, x + (long)places[i] * row, item % parts, parts, length, row, 1, 1);
}

KERNEL scatter_few(
    global const T *restrict values, global const int *restrict places, global T *restrict x, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int count = plan.s1, each = plan.s2, parts = plan.s3, length = plan.s4, row = plan.s5;
    const int first = item / parts * each, last = min(first + each, count);
    for (int i = first; i < last; i++) {
        int later = i + 1;
        while (later < count && places[later] != places[i]) later++;
        if (later == count)
            copy_row(values + (long)i * row, x + (long)places[i] * row, item % parts, parts, length, row, 1, 1);
    }
}
