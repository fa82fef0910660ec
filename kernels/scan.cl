// Running sums or products along the middle axis of x (outer, axis, inner), in a fixed order.
//
//   y[o][k][i] = x[o][0][i] COMBINE ... COMBINE x[o][k][i]
//
//   total_rows, total_columns:   totals[o][part][i] = what the elements of a part of the axis combine to
//   scan_totals:                 offsets[o][part][i] = what the totals of all parts before combine to
//   scan_rows, scan_columns:     that offset combined with what the elements of the part combine to, up to each
//
// ..._rows: inner is 1; the lanes of a vector are combined with each other, then all before in the part with them.
// ..._columns: every lane is a column.
//
//   x: (outer, axis, inner) read     y: (outer, axis, inner) written     totals, offsets: (outer, parts, inner)
//
// Numbers come packed in a vector (see `launch_packed`), the number of items first. A long axis is cut into `parts` of
// `length`, whose number follows from the shape alone; one part alone has no offsets. A unit is a part of a row, or of VEC
// columns of an outer index; a work-item takes `group` neighbouring units, in scan_totals one column.
// Running sums of numbers that are not negative never fall: an element is rounded from the same terms as its neighbour
// and one more, and a part begins with the very last sum of the part before.
//
// Macros: TYPE      element type
//         COMBINE   expression of a (so far) and b (next), for scalars and vectors
//         IDENTITY  the result for no elements
// Tolerance against exact sums: 6e-8 * (length / VEC + parts) relative to the sum of magnitudes; whole numbers exact.
// Source: Sklansky (1960) for the order within a vector.

#ifndef TYPE
#define TYPE float
#endif
#ifndef COMBINE
#define COMBINE a + b
#endif
#ifndef IDENTITY
#define IDENTITY 0
#endif

#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(TYPE, VEC) typev;
typedef JOIN(TYPE, 4) type4;
typedef JOIN(TYPE, 8) type8;
typedef JOIN(TYPE, 16) type16;

#define DEFINE_COMBINE(name, T) \
    static inline T name(const T a, const T b) { return COMBINE; }
DEFINE_COMBINE(combine, TYPE)
DEFINE_COMBINE(combine_4, type4)
DEFINE_COMBINE(combine_8, type8)
DEFINE_COMBINE(combine_16, type16)
#define combine_vector JOIN(combine_, VEC)

// Each lane combined with all lanes before it. In blocks of 2, 4, 8 lanes: the last of the lower half with the upper half.
static inline type4 scan_4(type4 v) {
    v.yw = combine_4(v.xxzz, v).yw;
    v.zw = combine_4(v.yyyy, v).zw;
    return v;
}
static inline type8 scan_8(type8 v) {
    v.s1357 = combine_8(v.s00224466, v).s1357;
    v.s2367 = combine_8(v.s11115555, v).s2367;
    v.s4567 = combine_8(v.s33333333, v).s4567;
    return v;
}
static inline type16 scan_16(type16 v) {
    v.lo = scan_8(v.lo);
    v.hi = combine_8((type8)(v.s7), scan_8(v.hi));
    return v;
}
#define scan_vector JOIN(scan_, VEC)

// The last lane of what scan_4 ... give, to the bit: the same elements combined in the same order.
static inline TYPE total_4(const type4 v) { return combine(combine(v.x, v.y), combine(v.z, v.w)); }
static inline TYPE total_8(const type8 v) { return total_4(combine_4(v.even, v.odd)); }
static inline TYPE total_16(const type16 v) { return total_8(combine_8(v.even, v.odd)); }
#define total_vector JOIN(total_, VEC)

static inline TYPE last_lane(const typev v) {
    TYPE lanes[VEC];
    STORE(v, lanes);
    return lanes[VEC - 1];
}

static inline void store_lanes(const typev v, global TYPE *to, const int lanes) {
    if (lanes >= VEC) {
        STORE(v, to);
        return;
    }
    TYPE lane[VEC];
    STORE(v, lane);
    for (int i = 0; i < lanes; i++) to[i] = lane[i];
}

KERNEL total_rows(global const TYPE *restrict x, global TYPE *restrict totals, const int16 plan) {
    const int item = get_global_id(0), units = plan.s1, group = plan.s2, axis = plan.s3, parts = plan.s4, length = plan.s5;
    if (item >= plan.s0) return;
    const int last = item * group + min(group, units - item * group);
    for (int unit = item * group; unit < last; unit++) {
        const int row = unit / parts, start = (unit - row * parts) * length, stop = start + min(length, axis - start);
        global const TYPE *from = x + (size_t)row * axis;
        TYPE total = IDENTITY;
        int k = start;
        for (; k <= stop - VEC; k += VEC) total = combine(total, total_vector(LOAD(from + k)));
        for (; k < stop; k++) total = combine(total, from[k]);
        totals[unit] = total;
    }
}

KERNEL scan_totals(global const TYPE *restrict totals, global TYPE *restrict offsets, const int16 plan) {
    const int item = get_global_id(0), inner = plan.s1, parts = plan.s2;
    if (item >= plan.s0) return;
    const int row = item / inner;
    size_t place = (size_t)row * parts * inner + (item - row * inner);
    TYPE offset = IDENTITY;
    for (int part = 0; part < parts; part++, place += inner) {
        offsets[place] = offset;
        offset = combine(offset, totals[place]);
    }
}

KERNEL scan_rows(
    global const TYPE *restrict x, global const TYPE *restrict offsets, global TYPE *restrict y, const int16 plan) {
    const int item = get_global_id(0), units = plan.s1, group = plan.s2, axis = plan.s3, parts = plan.s4, length = plan.s5;
    if (item >= plan.s0) return;
    const int last = item * group + min(group, units - item * group);
    for (int unit = item * group; unit < last; unit++) {
        const int row = unit / parts, start = (unit - row * parts) * length, stop = start + min(length, axis - start);
        global const TYPE *from = x + (size_t)row * axis;
        global TYPE *to = y + (size_t)row * axis;
        const TYPE offset = parts > 1 ? offsets[unit] : (TYPE)(IDENTITY);
        TYPE total = IDENTITY;
        int k = start;
        for (; k <= stop - VEC; k += VEC) {
            const typev v = combine_vector((typev)(total), scan_vector(LOAD(from + k)));
            STORE(combine_vector((typev)(offset), v), to + k);
            total = last_lane(v);
        }
        for (; k < stop; k++) {
            total = combine(total, from[k]);
            to[k] = combine(offset, total);
        }
    }
}

KERNEL total_columns(global const TYPE *restrict x, global TYPE *restrict totals, const int16 plan) {
    const int item = get_global_id(0), units = plan.s1, group = plan.s2, axis = plan.s3;
    const int inner = plan.s4, parts = plan.s5, length = plan.s6;
    if (item >= plan.s0) return;
    const int last = item * group + min(group, units - item * group), blocks = (inner - 1) / VEC + 1;
    for (int unit = item * group; unit < last; unit++) {
        const int place = unit / blocks, row = place / parts, column = (unit - place * blocks) * VEC;
        const int start = (place - row * parts) * length, stop = start + min(length, axis - start);
        global const TYPE *from = x + (size_t)row * axis * inner + column;
        typev total = IDENTITY;
        for (int k = start; k < stop; k++) total = combine_vector(total, LOAD(from + (size_t)k * inner));
        store_lanes(total, totals + (size_t)place * inner + column, inner - column);
    }
}

KERNEL scan_columns(
    global const TYPE *restrict x, global const TYPE *restrict offsets, global TYPE *restrict y, const int16 plan) {
    const int item = get_global_id(0), units = plan.s1, group = plan.s2, axis = plan.s3;
    const int inner = plan.s4, parts = plan.s5, length = plan.s6;
    if (item >= plan.s0) return;
    const int last = item * group + min(group, units - item * group), blocks = (inner - 1) / VEC + 1;
    for (int unit = item * group; unit < last; unit++) {
        const int place = unit / blocks, row = place / parts, column = (unit - place * blocks) * VEC;
        const int start = (place - row * parts) * length, stop = start + min(length, axis - start);
        const size_t corner = (size_t)row * axis * inner + column;
        const typev offset = parts > 1 ? LOAD(offsets + (size_t)place * inner + column) : (typev)(IDENTITY);
        typev total = IDENTITY;
        for (int k = start; k < stop; k++) {
            total = combine_vector(total, LOAD(x + corner + (size_t)k * inner));
            store_lanes(combine_vector(offset, total), y + corner + (size_t)k * inner, inner - column);
        }
    }
}
