// Sum of partial results in a fixed order:  y[i] = partial[0][i] + partial[1][i] + ..., the last elements into z.
//
//   partial: (chunks, size) read     y: (split,) written     z: (size - split,) written
//
// Work-item: `length` neighbouring elements. Tolerance against NumPy: none, the same order gives the same bits.

inline void add_chunks(
    global const float *restrict partial, global float *restrict y,
    const int start, const int stop, const int chunks, const int size) {
    for (int i = start; i < stop; i += VEC) {
        floatv sum = LOAD(partial + i);
        for (int chunk = 1; chunk < chunks; chunk++) sum += LOAD(partial + (size_t)chunk * size + i);
        store_float(sum, y + i, stop - i);
    }
}

KERNEL reduce_chunks(
    global const float *restrict partial, global float *restrict y, global float *restrict z,
    const int items, const int chunks, const int size, const int split, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    add_chunks(partial, y, start, min(stop, split), chunks, size);
    add_chunks(partial + split, z, max(start - split, 0), stop - split, chunks, size);
}
