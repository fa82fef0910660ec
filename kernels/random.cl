// Counter-based random numbers: Philox 4x32-10, and what is made of its words.
//
//   words of block b:  philox(counter = (b, stream), key = seed); number i of an array comes from word i, or words 2i, 2i + 1
//   uniform:   y[i] = (word >> 8) 2^-24
//   normal:    (y[2i], y[2i + 1]) = radius (cos, sin); radius = sqrt(-2 log((word 2i | 1) 2^-32)), angle from word 2i + 1
//   integers:  y[i] = low + upper half of (word 2i 2^32 + word 2i + 1) bound / 2^32; bound 0 stands for 2^32
//
//   y: (size,) written
//
// Numbers are made in rows of four: of one block, integers of two. What launches differ in comes packed in a vector (see
// `launch_packed`): items, whole rows, numbers of the row behind them, rows of a work-item (a multiple of VEC), two words of
// the seed, three of the stream, low, bound. Work-item: its rows, VEC at a time, one in each lane.
//
// The same bits as mathcore/random/philox.py and box_muller.py, which name the sources: float additions and multiplications
// in the same order, each rounded once, no library functions, contraction off. Tolerance: none.

#pragma OPENCL FP_CONTRACT OFF

#include "philox.cl"

#define STEP_ANGLE 0x1.921fb6p-25f  // pi / 4 2^-24

// The four words of each lane's block.
static inline void philox(const uintv blocks, const int16 plan, uintv *w0, uintv *w1, uintv *w2, uintv *w3) {
    philox_words(blocks, plan.s6, plan.s7, plan.s8, plan.s4, plan.s5, w0, w1, w2, w3);
}

static inline floatv as_unit(const uintv word) {
    return JOIN(convert_float, VEC)(word >> 8) * 0x1p-24f;
}

// -2 log((word | 1) 2^-32)
static inline floatv minus_two_logs(const uintv word) {
    const uintv odd = word | 1u, zeros = clz(odd);
    const intv mantissa = JOIN(as_int, VEC)(((odd << zeros >> 8) & 0x007FFFFFu) | 0x3F800000u);
    const intv large = mantissa >= 0x3FB504F3;  // -1 or 0
    const floatv t = JOIN(as_float, VEC)(mantissa - (large & 0x00800000)) - 1.0f;
    const floatv exponent = JOIN(convert_float, VEC)(JOIN(as_int, VEC)(zeros) + 1 + large);
    const floatv z = t * t;
    floatv p = 7.0376836292e-2f * t + -1.1514610310e-1f;
    p = p * t + 1.1676998740e-1f;
    p = p * t + -1.2420140846e-1f;
    p = p * t + 1.4249322787e-1f;
    p = p * t + -1.6668057665e-1f;
    p = p * t + 2.0000714765e-1f;
    p = p * t + -2.4999993993e-1f;
    p = p * t + 3.3333331174e-1f;
    const floatv y = p * t * z - -2.12194440e-4f * exponent - 0.5f * z;
    return 2.0f * (0.693359375f * exponent - (t + y));
}

static inline floatv root(const floatv x) {
    const floatv half_x = 0.5f * x;
    floatv y = JOIN(as_float, VEC)(0x5F375A86 - (JOIN(as_int, VEC)(x) >> 1));
    y = y * (1.5f - half_x * y * y);
    y = y * (1.5f - half_x * y * y);
    y = y * (1.5f - half_x * y * y);
    return x * y;
}

static inline void direction(const uintv word, floatv *cosine, floatv *sine) {
    const uintv quarters = word >> 30;
    const intv steps = JOIN(as_int, VEC)((word >> 6) & 0xFFFFFFu) * 2 - 0xFFFFFF;
    const floatv x = JOIN(convert_float, VEC)(steps) * STEP_ANGLE;
    const floatv z = x * x;
    floatv p = -1.9515295891e-4f * z + 8.3321608736e-3f;
    p = p * z + -1.6666654611e-1f;
    const floatv s = p * z * x + x;
    floatv q = 2.443315711809948e-5f * z + -1.388731625493765e-3f;
    q = q * z + 4.166664568298827e-2f;
    const floatv c = q * z * z - 0.5f * z + 1.0f;
    const intv odd = JOIN(as_int, VEC)(quarters << 31);  // select looks at the highest bit
    const uintv c_sign = ((quarters + 1u) & 2u) << 30, s_sign = (quarters & 2u) << 30;
    *cosine = JOIN(as_float, VEC)(JOIN(as_uint, VEC)(select(c, s, odd)) ^ c_sign);
    *sine = JOIN(as_float, VEC)(JOIN(as_uint, VEC)(select(s, c, odd)) ^ s_sign);
}

static inline void as_normal(const uintv a, const uintv b, floatv *first, floatv *second) {
    floatv cosine, sine;
    direction(b, &cosine, &sine);
    const floatv radius = root(minus_two_logs(a));
    *first = radius * cosine;
    *second = radius * sine;
}

static inline intv as_integer(const uintv a, const uintv b, const int16 plan) {
    const uint bound = plan.sa;
    const uintv low_part = a * bound, sum = low_part + mul_hi(b, (uintv)(bound));
    const uintv carry = JOIN(as_uint, VEC)(sum < low_part) & 1u;
    const uintv scaled = bound == 0 ? a : mul_hi(a, (uintv)(bound)) + carry;
    return JOIN(as_int, VEC)(scaled + (uint)plan.s9);
}

// put(a, b, c, d, y, row, plan): store the rows that the lanes hold: a.s0 b.s0 c.s0 d.s0, then a.s1 b.s1 c.s1 d.s1 ...
#if LOCAL > 1  // neighbouring work-items have neighbouring rows: together they store stretches of memory
#define STEP LOCAL
#define FIRST_ROW ((int)get_group_id(0) * (LOCAL * VEC) + (int)get_local_id(0))
#define ROWS 1
#define DEFINE_PUT(T)                                                                                              \
    static inline void JOIN(put_, T)(                                                                              \
        JOIN(T, VEC) a, JOIN(T, VEC) b, JOIN(T, VEC) c, JOIN(T, VEC) d, global T *y, int row, const int16 plan) {  \
        T lanes[4][VEC];                                                                                           \
        STORE(a, lanes[0]), STORE(b, lanes[1]), STORE(c, lanes[2]), STORE(d, lanes[3]);                            \
        UNROLL                                                                                                     \
        for (int i = 0; i < VEC; i++, row += STEP) {                                                               \
            const JOIN(T, 4) numbers = (JOIN(T, 4))(lanes[0][i], lanes[1][i], lanes[2][i], lanes[3][i]);           \
            if (row < plan.s1) ((global JOIN(T, 4) *)y)[row] = numbers;                                            \
            else if (row == plan.s1) JOIN(store_4_, T)(numbers, y + (size_t)row * 4, plan.s2);                     \
        }                                                                                                          \
    }
#else
#define STEP 1
#define FIRST_ROW ((int)get_global_id(0) * plan.s3)
#define ROWS plan.s3
#define DEFINE_PUT(T)                                                                                              \
    static inline void JOIN(put_rows_4_, T)(                                                                       \
        JOIN(T, 4) a, JOIN(T, 4) b, JOIN(T, 4) c, JOIN(T, 4) d, global T *to, const int count) {                   \
        JOIN(T, 16) rows;                                                                                          \
        rows.s048c = a, rows.s159d = b, rows.s26ae = c, rows.s37bf = d;                                            \
        if (count >= 16) vstore16(rows, 0, to);                                                                    \
        else if (count > 0) JOIN(store_16_, T)(rows, to, count);                                                   \
    }                                                                                                              \
    static inline void JOIN(put_rows_8_, T)(                                                                       \
        JOIN(T, 8) a, JOIN(T, 8) b, JOIN(T, 8) c, JOIN(T, 8) d, global T *to, const int count) {                   \
        JOIN(put_rows_4_, T)(a.lo, b.lo, c.lo, d.lo, to, count);                                                   \
        JOIN(put_rows_4_, T)(a.hi, b.hi, c.hi, d.hi, to + 16, count - 16);                                         \
    }                                                                                                              \
    static inline void JOIN(put_rows_16_, T)(                                                                      \
        JOIN(T, 16) a, JOIN(T, 16) b, JOIN(T, 16) c, JOIN(T, 16) d, global T *to, const int count) {               \
        JOIN(put_rows_8_, T)(a.lo, b.lo, c.lo, d.lo, to, count);                                                   \
        JOIN(put_rows_8_, T)(a.hi, b.hi, c.hi, d.hi, to + 32, count - 32);                                         \
    }                                                                                                              \
    static inline void JOIN(put_, T)(                                                                              \
        JOIN(T, VEC) a, JOIN(T, VEC) b, JOIN(T, VEC) c, JOIN(T, VEC) d, global T *y, int row, const int16 plan) {  \
        const int count = min(plan.s1 - row, VEC) * 4 + plan.s2;                                                   \
        JOIN(JOIN(JOIN(put_rows_, VEC), _), T)(a, b, c, d, y + (size_t)row * 4, count);                            \
    }
#endif
DEFINE_PUT(float)
DEFINE_PUT(int)

#define LANES (LOAD(NUMBERS) * (uint)STEP)

KERNEL draw_uniform(global float *restrict y, const int16 plan) {
    const int first = FIRST_ROW, stop = min(first + ROWS, plan.s1 + (plan.s2 > 0));
    for (int row = first; row < stop; row += VEC) {
        uintv a, b, c, d;
        philox((uint)row + LANES, plan, &a, &b, &c, &d);
        put_float(as_unit(a), as_unit(b), as_unit(c), as_unit(d), y, row, plan);
    }
}

KERNEL draw_normal(global float *restrict y, const int16 plan) {
    const int first = FIRST_ROW, stop = min(first + ROWS, plan.s1 + (plan.s2 > 0));
    for (int row = first; row < stop; row += VEC) {
        uintv a, b, c, d;
        floatv y_0, y_1, y_2, y_3;
        philox((uint)row + LANES, plan, &a, &b, &c, &d);
        as_normal(a, b, &y_0, &y_1);
        as_normal(c, d, &y_2, &y_3);
        put_float(y_0, y_1, y_2, y_3, y, row, plan);
    }
}

KERNEL draw_integers(global int *restrict y, const int16 plan) {
    const int first = FIRST_ROW, stop = min(first + ROWS, plan.s1 + (plan.s2 > 0));
    for (int row = first; row < stop; row += VEC) {
        const uintv blocks = ((uint)row + LANES) * 2u;
        uintv a, b, c, d;
        philox(blocks, plan, &a, &b, &c, &d);
        const intv y_0 = as_integer(a, b, plan), y_1 = as_integer(c, d, plan);
        philox(blocks + 1u, plan, &a, &b, &c, &d);
        const intv y_2 = as_integer(a, b, plan), y_3 = as_integer(c, d, plan);
        put_int(y_0, y_1, y_2, y_3, y, row, plan);
    }
}
