// Vector types, loads and stores that all kernels share. Every other file builds alone after this one.
//
// Macros: VEC    floats in a vector: 4, 8 or 16; the device's native width
//         LOCAL  work-group size: 1 on CPUs, where a work-item is a long loop over vectors; 64 on GPUs
//
// All kernels are one-dimensional: a work-item finds its share from get_global_id(0), and those at and
// above `items` (the global size is rounded up to LOCAL) return at once. Local memory and barriers only
// where a file says so.
// Vectors may be loaded past the end of a row or an array: every allocation ends in slack bytes. They
// are never stored past it: store_lanes writes only as many lanes as belong to the row.

#ifndef VEC
#define VEC 8
#endif
#ifndef LOCAL
#define LOCAL 1
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#ifdef cl_intel_vec_len_hint  // on a CPU the vectors are explicit: do not also compile a version that joins work-items
#define KERNEL __attribute__((reqd_work_group_size(LOCAL, 1, 1), intel_vec_len_hint(1))) kernel void
#else
#define KERNEL __attribute__((reqd_work_group_size(LOCAL, 1, 1))) kernel void
#endif
#define UNROLL _Pragma("unroll")

typedef JOIN(float, VEC) floatv;
typedef JOIN(int, VEC) intv;
typedef JOIN(uchar, VEC) ucharv;

#define LOAD(pointer) JOIN(vload, VEC)(0, pointer)
#define STORE(vector, pointer) JOIN(vstore, VEC)(vector, 0, pointer)

// store_float(v, to, lanes), store_int and store_uchar: store the first `lanes` of a vector; any number, also negative.
#define DEFINE_STORE(T)                                                             \
    static inline void JOIN(store_4_, T)(JOIN(T, 4) v, global T *to, int lanes) {   \
        JOIN(T, 2) pair = v.lo;                                                     \
        if (lanes & 2) { vstore2(pair, 0, to); to += 2; pair = v.hi; }              \
        if (lanes & 1) *to = pair.x;                                                \
    }                                                                               \
    static inline void JOIN(store_8_, T)(JOIN(T, 8) v, global T *to, int lanes) {   \
        JOIN(T, 4) rest = v.lo;                                                     \
        if (lanes & 4) { vstore4(rest, 0, to); to += 4; rest = v.hi; }              \
        JOIN(store_4_, T)(rest, to, lanes);                                         \
    }                                                                               \
    static inline void JOIN(store_16_, T)(JOIN(T, 16) v, global T *to, int lanes) { \
        JOIN(T, 8) rest = v.lo;                                                     \
        if (lanes & 8) { vstore8(rest, 0, to); to += 8; rest = v.hi; }              \
        JOIN(store_8_, T)(rest, to, lanes);                                         \
    }                                                                               \
    static inline void JOIN(store_, T)(JOIN(T, VEC) v, global T *to, int lanes) {   \
        if (lanes >= VEC) STORE(v, to);                                             \
        else if (lanes > 0) JOIN(JOIN(JOIN(store_, VEC), _), T)(v, to, lanes);      \
    }
DEFINE_STORE(float)
DEFINE_STORE(int)
DEFINE_STORE(uchar)

// base[p] = where the window of pixel start + p begins, for pixels (n, oh, ow) counted row by row: n x_image + oh step_h +
// ow step_w. Divisions are slow, so only the first pixel needs them.
static inline void find_windows(
    int *base, const int start, const int stop, const int x_image, const int OHW, const int OW,
    const int step_h, const int step_w) {
    int n = start / OHW, oh = (start - n * OHW) / OW, ow = start - n * OHW - oh * OW;
    const int OH = OHW / OW;
    for (int p = 0; p < stop - start; p++) {
        base[p] = n * x_image + oh * step_h + ow * step_w;
        if (++ow == OW) {
            ow = 0;
            if (++oh == OH) {
                oh = 0;
                n++;
            }
        }
    }
}
