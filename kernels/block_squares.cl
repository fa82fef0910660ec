// The sum of the squares of every 256 elements, always in the same order.
//
//   sums[k] = tree(x[256 k]^2 ... x[256 k + 255]^2): the second half is added to the first until one element is left
//
//   x: (size,) read; behind it are zeros     sums: (ceil(size / 256),) written
//
// With LOCAL 1, work-item: a block, halved in registers. Else work-group: a block, of which each work-item takes vectors;
// halves meet in local memory. Tolerance: none; additions and products are rounded on their own.

#pragma OPENCL FP_CONTRACT OFF

#define BLOCK 256

// The squares of a vector; those at and behind `count` are 0, whatever lies there.
static inline floatv squares(global const float *x, const int count) {
    if (count >= VEC) {
        const floatv v = LOAD(x);
        return v * v;
    }
    float lanes[VEC];
    for (int lane = 0; lane < VEC; lane++) lanes[lane] = lane < count ? x[lane] * x[lane] : 0;
    return JOIN(vload, VEC)(0, lanes);
}

static inline float halve_4(const float4 v) {
    const float2 pair = v.lo + v.hi;
    return pair.lo + pair.hi;
}
static inline float halve_8(const float8 v) { return halve_4(v.lo + v.hi); }
static inline float halve_16(const float16 v) { return halve_8(v.lo + v.hi); }

KERNEL block_squares(global const float *restrict x, global float *restrict sums, const int items, const int size) {
#if LOCAL == 1
    const int block = get_global_id(0);
    if (block >= items) return;
    const int start = block * BLOCK, count = size - start;
    floatv tree[BLOCK / VEC];
    UNROLL for (int k = 0; k < BLOCK / VEC; k++) tree[k] = squares(x + start + k * VEC, count - k * VEC);
    UNROLL for (int kept = BLOCK / VEC / 2; kept > 0; kept /= 2)
        UNROLL for (int k = 0; k < kept; k++) tree[k] = tree[k] + tree[k + kept];
    sums[block] = JOIN(halve_, VEC)(tree[0]);
#else
    local float tree[BLOCK];
    const int block = get_group_id(0), me = get_local_id(0), start = block * BLOCK;
    for (int k = me * VEC; k < BLOCK; k += LOCAL * VEC) STORE(squares(x + start + k, size - start - k), tree + k);
    for (int kept = BLOCK / 2; kept > 0; kept /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = me; k < kept; k += LOCAL) tree[k] += tree[k + kept];
    }
    if (me == 0) sums[block] = tree[0];
#endif
}
