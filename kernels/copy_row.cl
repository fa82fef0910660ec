// Copying a row, or the share of it that a work-item has; for other files to include.
//
//   to[i to_step] = from[i from_step], for i < inner
//
// A row is shared by `parts` work-items: on a CPU each takes `length` neighbouring elements; elsewhere every parts-th vector,
// so that neighbouring items touch neighbouring memory. Tolerance: none, it only copies.
//
// Macros: T      uint or uchar: a word of the size of an element
//         LANES  elements of a vector: 4, 8 or 16

#ifndef T
#define T uint
#endif
#ifndef LANES
#define LANES VEC
#endif

typedef JOIN(T, LANES) Tv;
#define LOAD_T(pointer) JOIN(vload, LANES)(0, pointer)
#define STORE_T(vector, pointer) JOIN(vstore, LANES)(vector, 0, pointer)

inline void copy_row(
    global const T *restrict from, global T *restrict to, const int part, const int parts, const int length,
    const int inner, const int from_step, const int to_step) {
#if LOCAL == 1
    int i = part * length;
    const int stop = min(i + length, inner), next_vector = LANES, next = 1;
#else
    int i = part * length;  // LANES if whole vectors are copied, else 1
    const int stop = inner, next_vector = parts * LANES, next = parts * length;
#endif
    if (to_step == 1 && from_step == 1 && inner >= LANES) {
        for (; i < stop; i += next_vector) {
            const int at = min(i, inner - LANES);  // the last vector overlaps rather than being cut
            STORE_T(LOAD_T(from + at), to + at);
        }
    } else if (to_step == 1 && from_step == 0 && inner >= LANES) {
        const Tv value = (Tv)(from[0]);
        for (; i < stop; i += next_vector) STORE_T(value, to + min(i, inner - LANES));
    } else {
        for (; i < stop; i += next) to[(long)i * to_step] = from[(long)i * from_step];
    }
}
