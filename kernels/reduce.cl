// Reduction of the middle axis of x (outer, axis, inner) in a fixed order.
//
//   reduce_rows:     inner is 1: neighbouring elements of a row fill vectors, whose lanes are combined at the end
//   reduce_columns:  every lane is a column; the rows of a part are added from the first to the last
//
//   x: (outer, axis, inner) read     y: (outer, parts, inner) written
//
// A long axis is cut into `parts`, whose number follows from the shape alone; another call reduces those. A unit is a part of
// a row, or of `width` columns of an outer index; a work-item takes `group` neighbouring units.
// reduce_rows: part p holds the vectors that begin at p * first, p * first + step, ... within `length` elements from the
// first one on, and a rest of less than a vector behind the last: step is VEC where a part is one piece (CPUs), and
// parts * VEC where the parts take turns, so that neighbouring work-items read neighbouring vectors (GPUs).
// Float sums are compensated in every lane and between lanes: their error does not grow with the length. At the end they are
// divided by `divisor`.
//
// Macros: IN, ACC, OUT  element types of x, of the running result and of y
//         MAP           expression that turns an element v into what is combined
//         COMBINE       expression of a (so far) and b (next), for scalars and vectors
//         IDENTITY      the result for no elements
//         FINISH        expression that turns the result a into an element of y
//         COMPENSATED   1 for float sums: COMBINE is not used
//         STREAMS       vectors combined side by side
// Tolerance against exact sums: 3e-7 relative to the sum of magnitudes; float products 1e-7 a factor; all else exact.
// Source: Neumaier (1974) for the sums.

#ifndef IN
#define IN float
#endif
#ifndef ACC
#define ACC float
#endif
#ifndef OUT
#define OUT float
#endif
#ifndef MAP
#define MAP v
#endif
#ifndef COMBINE
#define COMBINE a + b
#endif
#ifndef IDENTITY
#define IDENTITY 0
#endif
#ifndef FINISH
#define FINISH a
#endif
#ifndef COMPENSATED
#define COMPENSATED 0
#endif
#ifndef STREAMS
#define STREAMS 4
#endif

#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(IN, VEC) inv;
typedef JOIN(ACC, VEC) accv;

static inline ACC map_element(const IN v) { return MAP; }
static inline accv map_vector(const inv v) { return MAP; }

// total = total combined with b. What a sum loses when it is rounded goes to `lost`, exactly: `next` less the larger operand is
// exact, and what it lacks of the smaller one too.
#if COMPENSATED
#define DEFINE_TAKE(name, T)                                                                           \
    static inline void name(T *total, T *lost, const T b) {                                            \
        const T a = *total, next = a + b;                                                              \
        const T larger = select(b, a, fabs(a) >= fabs(b)), smaller = select(a, b, fabs(a) >= fabs(b)); \
        *lost += (larger - next) + smaller;                                                            \
        *total = next;                                                                                 \
    }
#else
#define DEFINE_TAKE(name, T)                                \
    static inline void name(T *total, T *lost, const T b) { \
        const T a = *total;                                 \
        *total = COMBINE;                                   \
    }
#endif
DEFINE_TAKE(take_element, ACC)
DEFINE_TAKE(take_vector, accv)

static inline OUT finish(const ACC a, const ACC lost, const float divisor) {
#if COMPENSATED
    return (isfinite(lost) ? a + lost : a) / divisor;  // of an infinite sum nothing finite was lost
#else
    return (OUT)(FINISH);
#endif
}

KERNEL reduce_rows(
    global const IN *restrict x, global OUT *restrict y,
    const int items, const int units, const int group, const int axis, const int parts,
    const int first, const int step, const int length, const float divisor) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = item * group + min(group, units - item * group);
    for (int unit = item * group; unit < last; unit++) {
        const int row = unit / parts, start = (unit - row * parts) * first, stop = start + min(length, axis - start);
        global const IN *from = x + (size_t)row * axis;
        ACC total = IDENTITY, lost = 0;
        int k = start;
        if (stop - start >= VEC) {
            accv totals[STREAMS], losses[STREAMS];
            UNROLL for (int s = 0; s < STREAMS; s++) {
                totals[s] = IDENTITY;
                losses[s] = 0;
            }
            for (; k <= stop - ((STREAMS - 1) * step + VEC); k += STREAMS * step)
                UNROLL for (int s = 0; s < STREAMS; s++)
                    take_vector(&totals[s], &losses[s], map_vector(LOAD(from + k + s * step)));
            for (; k <= stop - VEC; k += step) take_vector(&totals[0], &losses[0], map_vector(LOAD(from + k)));
            UNROLL for (int s = 1; s < STREAMS; s++) {
                take_vector(&totals[0], &losses[0], totals[s]);
                losses[0] += losses[s];
            }
            ACC lane_total[VEC], lane_lost[VEC];
            STORE(totals[0], lane_total);
            STORE(losses[0], lane_lost);
            UNROLL for (int lane = 0; lane < VEC; lane++) {
                take_element(&total, &lost, lane_total[lane]);
                lost += lane_lost[lane];
            }
        }
        const int end = k + min(VEC, stop - k);
        for (; k < end; k++) take_element(&total, &lost, map_element(from[k]));
        y[unit] = finish(total, lost, divisor);
    }
}

// The next rows of a vector of columns. Four are added pairwise before their sum is compensated: twice as fast, and their error,
// two roundings, does not grow with the length either.
#define ROW(k, s) map_vector(LOAD(from + (size_t)(k) * inner + column + (s) * VEC))
#if COMPENSATED
#define ROWS 4
#define NEXT_ROWS(k, s) ((ROW(k, s) + ROW(k + 1, s)) + (ROW(k + 2, s) + ROW(k + 3, s)))
#else
#define ROWS 1
#define NEXT_ROWS(k, s) ROW(k, s)
#endif

// Reduce `count` neighbouring vectors of columns: whole cache lines of a row.
#define REDUCE_VECTORS(count)                                                                                        \
    {                                                                                                                \
        accv totals[count], losses[count];                                                                           \
        UNROLL for (int s = 0; s < count; s++) {                                                                     \
            totals[s] = IDENTITY;                                                                                    \
            losses[s] = 0;                                                                                           \
        }                                                                                                            \
        int k = start;                                                                                               \
        for (; k <= stop - ROWS; k += ROWS)                                                                          \
            UNROLL for (int s = 0; s < count; s++) take_vector(&totals[s], &losses[s], NEXT_ROWS(k, s));             \
        for (; k < stop; k++)                                                                                        \
            UNROLL for (int s = 0; s < count; s++) take_vector(&totals[s], &losses[s], ROW(k, s));                   \
        UNROLL for (int s = 0; s < count; s++) {                                                                     \
            ACC lane_total[VEC], lane_lost[VEC];                                                                     \
            STORE(totals[s], lane_total);                                                                            \
            STORE(losses[s], lane_lost);                                                                             \
            const int lanes = min(VEC, inner - column - s * VEC);                                                    \
            for (int lane = 0; lane < lanes; lane++)                                                                 \
                to[column + s * VEC + lane] = finish(lane_total[lane], lane_lost[lane], divisor);                    \
        }                                                                                                            \
    }

KERNEL reduce_columns(
    global const IN *restrict x, global OUT *restrict y,
    const int items, const int units, const int group, const int axis, const int inner, const int parts,
    const int length, const int width, const float divisor) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int last = item * group + min(group, units - item * group), blocks = (inner - 1) / width + 1;
    for (int unit = item * group; unit < last; unit++) {
        const int place = unit / blocks, row = place / parts;
        const int start = (place - row * parts) * length, stop = start + min(length, axis - start);
        global const IN *from = x + (size_t)row * axis * inner;
        global OUT *to = y + (size_t)place * inner;
        int column = (unit - place * blocks) * width;
        const int end = column + min(width, inner - column);
        for (; column < end - (STREAMS - 1) * VEC; column += STREAMS * VEC) REDUCE_VECTORS(STREAMS)
        for (; column < end; column += VEC) REDUCE_VECTORS(1)
    }
}
