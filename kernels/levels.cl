// Stochastic rounding to whole multiples of a block's scale, and the packing of levels; levels.py, sr4.py and ternary.py
// of mathcore/codecs define every step.
//
//   level = floor((n + u) / 2^24), n = the whole part of x * 2^24 / scale, u = a random number of 24 bits
//   decode:  x = level * scale
//
//   x: (size,)     levels: (size,) char     scales: (blocks,) int, the float32 with bits S << 15; -1: NaN or infinity
//   packed: (ceil(size / 2),) uchar of sr4, (ceil(size / 5),) uchar of ternary
//   reciprocals: (256,) uint, the bits of 1 / (1 + f / 256), rounded as levels.py says
//
// A group are four blocks of 256, which share random words. Work-item: `length` neighbouring groups; in packing and
// decoding `length` bytes of packed.
// Tolerance against NumPy: none, the same bytes: whole numbers, and float32 multiplications that are rounded once.
// Source: Alistarh et al., QSGD (2017), arXiv 1610.02132; Wen et al., TernGrad (2017), arXiv 1705.07878.

#pragma OPENCL FP_CONTRACT OFF

#include "philox.cl"

#define BLOCK 256
#define GROUP 4
#define DRAWS 64
#define MINIMUM_LARGEST 0x0F800000u

typedef JOIN(char, VEC) charv;
DEFINE_STORE(char)

static inline float scale_value(const int scale) {
    return as_float((uint)scale << 15);
}

// The bits of the largest magnitude of `count` elements: those of non-negative floats are ordered as the floats are.
static inline uint largest_bits(global const float *restrict x, const int count) {
    uintv most = 0;
    int i = 0;
    for (; i + VEC <= count; i += VEC) most = max(most, JOIN(as_uint, VEC)(LOAD(x + i)) & 0x7FFFFFFFu);
    uint lanes[VEC], largest = 0;
    STORE(most, lanes);
    UNROLL for (int lane = 0; lane < VEC; lane++) largest = max(largest, lanes[lane]);
    for (; i < count; i++) largest = max(largest, as_uint(x[i]) & 0x7FFFFFFFu);
    return largest;
}

static inline int scale_of(const uint largest, const float levels, const float inverse, const int highest) {
    if (largest < MINIMUM_LARGEST) return 0;
    if (largest >= 0x7F800000u) return -1;
    const float value = as_float(largest);
    int scale = as_uint(value * inverse) >> 15;
    scale += levels * scale_value(scale) < value;
    scale += levels * scale_value(scale) < value;
    return min(scale, highest);
}

static inline float factor_of(const int scale, global const uint *restrict reciprocals) {
    return scale <= 0 ? 0.0f : as_float(reciprocals[scale & 255] + ((uint)(151 - (scale >> 8)) << 23));
}

// `plan`: items, groups, size, length, the four words of the key, the purpose, L, the bits of 1 / L, the highest S.
KERNEL round_levels(
    global const float *restrict x, global char *restrict levels, global int *restrict scales,
    global const uint *restrict reciprocals, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int size = plan.s2, last = min((item + 1) * plan.s3, plan.s1);
    const float most = plan.s9;
    for (int group = item * plan.s3; group < last; group++) {
        const int start = group * (GROUP * BLOCK);
        float factors[GROUP], limits[GROUP];
        UNROLL for (int j = 0; j < GROUP; j++) {
            const int from = start + j * BLOCK;
            if (from >= size) break;
            const uint largest = largest_bits(x + from, min(BLOCK, size - from));
            const int scale = scale_of(largest, most, as_float(plan.sa), plan.sb);
            scales[group * GROUP + j] = scale;
            factors[j] = factor_of(scale, reciprocals);
            limits[j] = most * scale_value(max(scale, 0));
        }
        for (int l = 0; l < DRAWS; l += VEC) {
            uintv words[4];
            philox_words(
                LOAD(NUMBERS) + (uint)(group * DRAWS + l), plan.s8, plan.s6, plan.s7, plan.s4, plan.s5,
                words, words + 1, words + 2, words + 3);
            UNROLL for (int j = 0; j < GROUP; j++) {
                UNROLL for (int w = 0; w < 4; w++) {
                    const int at = start + j * BLOCK + w * DRAWS + l;
                    if (at >= size) break;
                    const floatv value = clamp(LOAD(x + at), -limits[j], limits[j]) * factors[j];
                    const uintv number = rotate(words[w], (uintv)(8 * j)) >> 8;
                    const intv level = (JOIN(convert_int, VEC)(value) + JOIN(as_int, VEC)(number)) >> 24;
                    store_char(JOIN(convert_char, VEC)(level), levels + at, size - at);
                }
            }
        }
    }
}

KERNEL pack_sr4(
    global const char *restrict levels, global uchar *restrict packed,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, (size + 1) / 2);
    for (int k = item * length; k < stop; k++) {
        const int upper = 2 * k + 1 < size ? levels[2 * k + 1] : 0;
        packed[k] = (levels[2 * k] & 15) | (upper & 15) << 4;
    }
}

KERNEL pack_ternary(
    global const char *restrict levels, global uchar *restrict packed,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int bytes = (size + 4) / 5, stop = min((item + 1) * length, bytes), whole = min(stop, size / 5);
    int k = item * length;
    for (; k < whole; k++) {
        global const char *restrict of = levels + 5 * (size_t)k;
        packed[k] = 121 + of[0] + 3 * of[1] + 9 * of[2] + 27 * of[3] + 81 * of[4];
    }
    for (; k < stop; k++) {
        int sum = 121;
        for (int j = 0, power = 1; j < 5 && 5 * k + j < size; j++, power *= 3) sum += power * levels[5 * k + j];
        packed[k] = sum;
    }
}

KERNEL decode_sr4(
    global const uchar *restrict packed, global const int *restrict scales, global float *restrict x,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, (size + 1) / 2), whole = min(stop, size / 8 * 4);
    int k = item * length;
    for (; k < whole; k += 4) {  // four bytes are of one block
        const int4 pairs = convert_int4(as_char4(vload4(0, packed + k)));
        float8 levels;
        levels.even = convert_float4((pairs << 28) >> 28);
        levels.odd = convert_float4(pairs >> 4);
        vstore8(levels * scale_value(scales[k / (BLOCK / 2)]), 0, x + 2 * k);
    }
    for (int i = 2 * k; i < min(2 * stop, size); i++) {
        const int pair = as_char(packed[i / 2]);
        x[i] = (i & 1 ? pair >> 4 : (pair << 28) >> 28) * scale_value(scales[i / BLOCK]);
    }
}

KERNEL decode_ternary(
    global const uchar *restrict packed, global const int *restrict scales, global float *restrict x,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, (size + 4) / 5);
    for (int k = item * length; k < stop; k++) {
        const uint byte = packed[k];
        const int i = 5 * k, last = min(i + 4, size - 1);
        const uint4 thirds = (uint4)(byte) * (uint4)(21846, 7282, 2428, 810) >> 16;  // byte / 3, 9, 27, 81
        const uint4 digits = (uint4)(byte, thirds.s012) - 3 * thirds;
        const float scale = scale_value(scales[i / BLOCK]), last_scale = scale_value(scales[last / BLOCK]);
        const float4 levels = convert_float4(convert_int4(digits) - 1);
        if (last == i + 4 && i / BLOCK == last / BLOCK) {
            vstore4(levels * scale, 0, x + i);
            x[last] = ((int)thirds.s3 - 1) * scale;
        } else {
            const float all[5] = {levels.s0, levels.s1, levels.s2, levels.s3, (int)thirds.s3 - 1};
            for (int j = i; j <= last; j++) x[j] = all[j - i] * (j / BLOCK == i / BLOCK ? scale : last_scale);
        }
    }
}
