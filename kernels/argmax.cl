// The place of the first best element along the middle axis of x (outer, axis, inner): of the maximum or the minimum.
//
//   argmax_rows:     inner is 1: the best of a stretch is found with vectors; only if it beats all before, its place is
//                    looked up. In a short row element after element is compared.
//   argmax_columns:  every lane is a column and keeps its best element and the place of that
//   argmax_parts:    the best of `each` neighbouring places that the parts of an axis gave, or rounds of this before
//
//   x: (outer, axis, inner) read     y, places: (outer, parts, inner) int, places along the axis
//
// A long axis is cut into `parts` of `length`. A unit is a part of a row, or of `width` columns of an outer index; a work-item
// takes `group` neighbouring units, in argmax_parts it gives one of the `rest` places that remain of a column.
// NaN is better than every number, and the first NaN the best.
//
// Macros: IN       element type
//         KEPT     whether v, which comes later, is not better than a; for scalars and vectors
// Tolerance against NumPy: none.

#ifndef IN
#define IN float
#endif
#ifndef KEPT
#define KEPT ((a >= v) | (a != a))
#endif

#define STREAMS 4
#define STRETCH 4096
#define SHORT (STREAMS * VEC)

typedef JOIN(IN, VEC) inv;

static inline inv better_vector(const inv a, const inv v) { return select(v, a, KEPT); }
static inline int is_better(const IN v, const IN a) { return !KEPT; }

static inline IN best_of(global const IN *from, int k, const int stop) {
    IN a = from[k];
    if (stop - k >= VEC) {
        inv best[STREAMS];
        UNROLL for (int s = 0; s < STREAMS; s++) best[s] = LOAD(from + k);
        for (; k <= stop - STREAMS * VEC; k += STREAMS * VEC)
            UNROLL for (int s = 0; s < STREAMS; s++) best[s] = better_vector(best[s], LOAD(from + k + s * VEC));
        for (; k <= stop - VEC; k += VEC) best[0] = better_vector(best[0], LOAD(from + k));
        UNROLL for (int s = 1; s < STREAMS; s++) best[0] = better_vector(best[0], best[s]);
        IN lanes[VEC];
        STORE(best[0], lanes);
        UNROLL for (int lane = 0; lane < VEC; lane++) a = is_better(lanes[lane], a) ? lanes[lane] : a;
    }
    for (; k < stop; k++) a = is_better(from[k], a) ? from[k] : a;
    return a;
}

// The first place of `best`, or of a NaN where it is one. It is there, and a number only where there is no NaN.
static inline int place_of(const IN best, global const IN *from, int k, const int stop) {
    for (; k <= stop - VEC; k += VEC) {
        const inv v = LOAD(from + k);
        if (any(best != best ? v != v : v == best)) break;
    }
    while (from[k] != best && from[k] == from[k]) k++;
    return k;
}

KERNEL argmax_rows(
    global const IN *restrict x, global int *restrict y,
    const int items, const int units, const int group, const int axis, const int parts, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = item * group + min(group, units - item * group);
    for (int unit = item * group; unit < last; unit++) {
        const int row = unit / parts, start = (unit - row * parts) * length, stop = start + min(length, axis - start);
        global const IN *from = x + (size_t)row * axis;
        IN best = from[start];
        int place = start;
        int k = start;
        if (stop - start < SHORT)
            for (; k < stop; k++) {
                const int better = is_better(from[k], best);
                best = better ? from[k] : best;
                place = better ? k : place;
            }
        while (k < stop) {
            const int end = k + min(STRETCH, stop - k);
            const IN candidate = best_of(from, k, end);
            if (is_better(candidate, best)) {
                best = candidate;
                place = place_of(best, from, k, end);
            }
            k = end;
        }
        y[unit] = place;
    }
}

// The places of `count` neighbouring vectors of columns: whole cache lines of a row.
#define ARGMAX_VECTORS(count)                                                                       \
    {                                                                                               \
        inv best[count];                                                                            \
        intv place[count];                                                                          \
        UNROLL for (int s = 0; s < count; s++) {                                                    \
            best[s] = LOAD(from + (size_t)start * inner + column + s * VEC);                        \
            place[s] = start;                                                                       \
        }                                                                                           \
        for (int k = start + 1; k < stop; k++)                                                      \
            UNROLL for (int s = 0; s < count; s++) {                                                \
                const inv a = best[s], v = LOAD(from + (size_t)k * inner + column + s * VEC);       \
                place[s] = select((intv)(k), place[s], JOIN(convert_int, VEC)(KEPT));               \
                best[s] = better_vector(a, v);                                                      \
            }                                                                                       \
        UNROLL for (int s = 0; s < count; s++)                                                      \
            store_int(place[s], to + column + s * VEC, inner - column - s * VEC);                   \
    }

KERNEL argmax_columns(
    global const IN *restrict x, global int *restrict y,
    const int items, const int units, const int group, const int axis, const int inner, const int parts,
    const int length, const int width) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = item * group + min(group, units - item * group), blocks = (inner - 1) / width + 1;
    for (int unit = item * group; unit < last; unit++) {
        const int part = unit / blocks, row = part / parts;
        const int start = (part - row * parts) * length, stop = start + min(length, axis - start);
        global const IN *from = x + (size_t)row * axis * inner;
        global int *to = y + (size_t)part * inner;
        int column = (unit - part * blocks) * width;
        const int end = column + min(width, inner - column);
        for (; column < end - VEC; column += 2 * VEC) ARGMAX_VECTORS(2)
        if (column < end) ARGMAX_VECTORS(1)
    }
}

KERNEL argmax_parts(
    global const IN *restrict x, global const int *restrict places, global int *restrict y,
    const int items, const int axis, const int inner, const int parts, const int each, const int rest) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int column = item / inner, i = item - column * inner, row = column / rest, first = (column - row * rest) * each;
    global const IN *from = x + (size_t)row * axis * inner + i;
    global const int *given = places + (size_t)row * parts * inner + i;
    int place = given[(size_t)first * inner];
    for (int part = first + 1; part < min(first + each, parts); part++) {
        const int k = given[(size_t)part * inner];
        if (is_better(from[(size_t)k * inner], from[(size_t)place * inner])) place = k;
    }
    y[item] = place;
}
