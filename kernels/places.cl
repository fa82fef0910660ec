// Copies between arrays that are walked through strides: slices, broadcasts, transpositions, and 0, 1, 2 ...
//
//   copy_strided:      to[to_offset + sum of i_k to_steps[k] + j to_step] = from[from_offset + sum of i_k from_steps[k] + j from_step]
//   transpose_tiles:   to[... + a to_a + b] = from[... + b from_b + a], on CPUs
//   transpose_squares: the same, elsewhere
//   iota:              to[i] = i
//
//   from, to: T, any shape; strides in elements, of any sign
//
// Numbers come packed in vectors (see `launch_packed`), the number of items first. `lengths`, `from_steps` and `to_steps`
// are those of the outer axes, outermost first; the inner axis, or the pair of axes that changes places, is in `plan`.
// copy_strided, work-item: `rows_each` rows, of which it copies one of `parts` parts (see copy_row.cl). transpose_tiles,
// work-item: block_a x block_b elements, LANES x LANES at a time in registers; transpose_squares, work-group: SQUARE x SQUARE
// elements, through local memory. Tolerance: none, they only copy.
//
// Macros: those of copy_row.cl

#include "copy_row.cl"

#define SQUARE 32

// Where a row of the outer axes starts: its index along each axis, and what to add to the pointers.
inline void find_row(
    int row, const int rank, const int *sizes, const int *from_steps, const int *to_steps, int *index,
    long *from, long *to) {
    for (int axis = rank - 1; axis >= 0; axis--) {
        index[axis] = row % sizes[axis];
        row /= sizes[axis];
        *from += (long)index[axis] * from_steps[axis];
        *to += (long)index[axis] * to_steps[axis];
    }
}

KERNEL copy_strided(
    global const T *restrict from, global T *restrict to,
    const int16 plan, const int16 lengths, const int16 from_steps, const int16 to_steps) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int rank = plan.s1, rows = plan.s2, rows_each = plan.s3, parts = plan.s4, length = plan.s5, inner = plan.s6;
    int sizes[16], from_step[16], to_step[16], index[16];
    vstore16(lengths, 0, sizes);
    vstore16(from_steps, 0, from_step);
    vstore16(to_steps, 0, to_step);
    const int part = item % parts;
    const int first = item / parts * rows_each, last = min(first + rows_each, rows);
    long f = plan.s9, t = plan.sa;
    find_row(first, rank, sizes, from_step, to_step, index, &f, &t);
    for (int row = first; row < last; row++) {
        copy_row(from + f, to + t, part, parts, length, inner, plan.s7, plan.s8);
        for (int axis = rank - 1; axis >= 0; axis--) {
            f += from_step[axis];
            t += to_step[axis];
            if (++index[axis] < sizes[axis]) break;
            index[axis] = 0;
            f -= (long)sizes[axis] * from_step[axis];
            t -= (long)sizes[axis] * to_step[axis];
        }
    }
}

#if LOCAL == 1

// Transpose LANES rows of LANES elements: each round interleaves the first half of the rows with the second.
inline void transpose_registers(Tv *rows) {
    UNROLL for (int round = 1; round < LANES; round *= 2) {
        Tv mixed[LANES];
        UNROLL for (int i = 0; i < LANES / 2; i++) {
            mixed[2 * i].even = rows[i].lo;
            mixed[2 * i].odd = rows[i + LANES / 2].lo;
            mixed[2 * i + 1].even = rows[i].hi;
            mixed[2 * i + 1].odd = rows[i + LANES / 2].hi;
        }
        UNROLL for (int i = 0; i < LANES; i++) rows[i] = mixed[i];
    }
}

KERNEL transpose_tiles(
    global const T *restrict from, global T *restrict to,
    const int16 plan, const int16 lengths, const int16 from_steps, const int16 to_steps) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int rank = plan.s1, blocks_a = plan.s2, blocks_b = plan.s3;
    const int block_a = plan.s4, block_b = plan.s5, A = plan.s6, B = plan.s7;
    int sizes[16], from_step[16], to_step[16], index[16];
    vstore16(lengths, 0, sizes);
    vstore16(from_steps, 0, from_step);
    vstore16(to_steps, 0, to_step);
    const int first_a = item % blocks_a * block_a, first_b = item / blocks_a % blocks_b * block_b;
    long f = plan.sa, t = plan.sb;
    find_row(item / blocks_a / blocks_b, rank, sizes, from_step, to_step, index, &f, &t);
    for (int next_a = first_a; next_a < min(first_a + block_a, A); next_a += LANES)
        for (int next_b = first_b; next_b < min(first_b + block_b, B); next_b += LANES) {
            // The last vectors overlap those before rather than being cut, where there are enough elements.
            const int a = max(0, min(next_a, A - LANES)), b = max(0, min(next_b, B - LANES));
            global const T *source = from + f + (long)b * plan.s8 + a;
            global T *target = to + t + (long)a * plan.s9 + b;
            if (B < LANES) {
                for (int i = 0; i < min(LANES, A); i++)
                    for (int k = 0; k < B; k++) target[(long)i * plan.s9 + k] = source[(long)k * plan.s8 + i];
                continue;
            }
            Tv rows[LANES];
            UNROLL for (int i = 0; i < LANES; i++) rows[i] = LOAD_T(source + (long)i * plan.s8);
            transpose_registers(rows);
            UNROLL for (int i = 0; i < LANES; i++)
                if (i < A) STORE_T(rows[i], target + (long)i * plan.s9);
        }
}

#else

KERNEL transpose_squares(
    global const T *restrict from, global T *restrict to,
    const int16 plan, const int16 lengths, const int16 from_steps, const int16 to_steps) {
    local T square[SQUARE][SQUARE + 1];
    const int rank = plan.s1, blocks_a = plan.s2, blocks_b = plan.s3, A = plan.s6, B = plan.s7;
    int sizes[16], from_step[16], to_step[16], index[16];
    vstore16(lengths, 0, sizes);
    vstore16(from_steps, 0, from_step);
    vstore16(to_steps, 0, to_step);
    const int block = get_group_id(0), me = get_local_id(0) % SQUARE, first = get_local_id(0) / SQUARE;
    const int a = block % blocks_a * SQUARE, b = block / blocks_a % blocks_b * SQUARE;
    long f = plan.sa, t = plan.sb;
    find_row(block / blocks_a / blocks_b, rank, sizes, from_step, to_step, index, &f, &t);
    for (int k = first; k < min(SQUARE, B - b); k += LOCAL / SQUARE)
        if (a + me < A) square[k][me] = from[f + (long)(b + k) * plan.s8 + a + me];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = first; k < min(SQUARE, A - a); k += LOCAL / SQUARE)
        if (b + me < B) to[t + (long)(a + k) * plan.s9 + b + me] = square[me][k];
}

#endif

KERNEL iota(global int *restrict to, const int16 plan) {
    const int item = get_global_id(0);
    if (item >= plan.s0) return;
    const int start = item * plan.s1, stop = min(start + plan.s1, plan.s2);
    for (int i = start; i < stop; i++) to[i] = i;
}
