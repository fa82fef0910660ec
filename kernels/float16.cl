// Half precision as two bytes an element; mathcore/codecs/float16.py says where it is used.
//
//   encode:  h = x rounded to the nearest half, ties to even, at most +-65504; NaN and infinity become NaN
//   decode:  x = h, which is exact
//
//   x: (size,)     halves: (size,) ushort
//
// Whole numbers, for devices need not have halves. A float32 from 2^-14 on loses the 13 lower bits of its fraction, and
// its exponent is biased by 15 instead of 127; below, halves are multiples of 2^-24, the last place of 0.5: adding 0.5
// rounds to it. Subnormal float32 become 0 whether or not the device has them. Work-item: `length` elements, VEC at a
// time. Tolerance against NumPy: none, the same bytes. Source: IEEE 754-2008, section 3.

#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(uint, VEC) uintv;
typedef JOIN(ushort, VEC) ushortv;

static inline ushortv as_halves(const floatv x) {
    const uintv bits = JOIN(as_uint, VEC)(x), a = bits & 0x7FFFFFFFu;
    const uintv normal = min((a - 0x38000000u + 0xFFFu + ((a >> 13) & 1u)) >> 13, (uintv)(0x7BFFu));
    const floatv half_more = JOIN(as_float, VEC)(min(a, (uintv)(0x3F000000u))) + 0.5f;
    const uintv small = JOIN(as_uint, VEC)(half_more) - 0x3F000000u;
    const uintv finite = select(normal, small, a < 0x38800000u);
    const uintv code = select(finite, (uintv)(0x7E00u), a >= 0x7F800000u);
    return JOIN(convert_ushort, VEC)(code | ((bits >> 16) & 0x8000u));
}

static inline floatv as_floats(const ushortv halves) {
    const uintv h = JOIN(convert_uint, VEC)(halves), a = h & 0x7FFFu;
    const uintv normal = (a << 13) + 0x38000000u;
    const uintv small = JOIN(as_uint, VEC)(JOIN(convert_float, VEC)(a) * 0x1p-24f);
    return JOIN(as_float, VEC)(select(normal, small, a < 0x400u) | ((h & 0x8000u) << 16));
}

KERNEL encode_float16(
    global const float *restrict x, global ushort *restrict halves,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, size);
    for (int i = item * length; i < stop; i += VEC) {
        const ushortv codes = as_halves(LOAD(x + i));
        if (i + VEC <= stop) {
            STORE(codes, halves + i);
        } else {
            ushort lanes[VEC];
            STORE(codes, lanes);
            for (int lane = 0; i + lane < stop; lane++) halves[i + lane] = lanes[lane];
        }
    }
}

KERNEL decode_float16(
    global const ushort *restrict halves, global float *restrict x,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, size);
    for (int i = item * length; i < stop; i += VEC) store_float(as_floats(LOAD(halves + i)), x + i, stop - i);
}
