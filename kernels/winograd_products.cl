// The products of transformed tiles and weights, for the files that include this one: (tiles, C) by (C, O) for each point.
//
//   inputs: (POINTS, groups of ROWS tiles, depth / VEC, ROWS, VEC) read: the values of VEC channels of each tile of a group in turn
//   weights: (POINTS, panels, depth, NR) read, see winograd_weights.cl
//   products: (POINTS, panels of the work-item, its tiles, NR) written
// From one point to the next are GAP elements more.
//
// Here is no kernel; a work-item of the including file makes the products of some groups of tiles and some panels.
// A sum over channels is cut into passes of `pass`: its order depends on C only.
//
// Macros: ROWS  tiles of a register tile: ROWS x 2 sums, two vectors and a factor fit the registers
// Tolerance against NumPy: that of the files that include this one.
// Source: Van Zee, van de Geijn, BLIS (2015).
#include "winograd.cl"

#ifndef ROWS
#define ROWS 6
#endif

#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch) && !defined(__NV_CL_C_VERSION)  // NVIDIA's takes no pointer of ours
#define WILL_READ(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 0, 2)
#endif
#endif
#ifndef WILL_READ
#define WILL_READ(pointer)
#endif

#define ADD_CHANNEL(u, V)                                                                        \
    {                                                                                            \
        floatv values[V];                                                                        \
        UNROLL for (int j = 0; j < V; j++) values[j] = LOAD(b + u * NR + j * VEC);               \
        UNROLL for (int r = 0; r < ROWS; r++) {                                                  \
            const floatv factor = (floatv)(a[r * VEC + u]);                                      \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = fma(factor, values[j], sum[r][j]);    \
        }                                                                                        \
    }

// multiply_V: ROWS tiles x V vectors of products (+)= inputs times weights, over `length` channels.
#define DEFINE_MULTIPLY(NAME, V)                                                                 \
    static inline void NAME(                                                                     \
        global const float *a, global const float *b, global float *to, const int length, const bool first) { \
        floatv sum[ROWS][V];                                                                     \
        UNROLL for (int r = 0; r < ROWS; r++)                                                    \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = (floatv)(0);                          \
        for (int c = 0; c + VEC <= length; c += VEC, a += ROWS * VEC, b += VEC * NR)             \
            UNROLL for (int u = 0; u < VEC; u++) ADD_CHANNEL(u, V)                               \
        for (int u = 0; u < length % VEC; u++) ADD_CHANNEL(u, V)                                 \
        UNROLL for (int r = 0; r < ROWS; r++)                                                    \
            UNROLL for (int j = 0; j < V; j++) {                                                 \
                global float *target = to + r * NR + j * VEC;                                    \
                STORE(first ? sum[r][j] : sum[r][j] + LOAD(target), target);                     \
            }                                                                                    \
    }
DEFINE_MULTIPLY(multiply_2, 2)
DEFINE_MULTIPLY(multiply_1, 1)

// products = inputs times weights for panels first_panel to stop_panel - 1 and `groups` groups of tiles.
static inline void multiply_points(
    global const float *inputs, const size_t input_point, global const float *weights, const size_t weight_point,
    global float *products, const size_t product_point, const int groups, const int first_panel, const int stop_panel,
    const int pass, const int depth, const int channels, const int O) {
    for (int f = 0; f < POINTS; f++)
        for (int c = 0; c < depth; c += pass) {
            const int length = min(pass, channels - c), lines = (length * NR / 16 + groups - 1) / groups;
            const int f_after = c + pass < depth ? f : f + 1, c_after = c + pass < depth ? c + pass : 0;
            for (int panel = first_panel; panel < stop_panel; panel++) {
                global const float *a = inputs + f * input_point + c * ROWS;
                global const float *b = weights + f * weight_point + ((size_t)panel * depth + c) * NR;
                global const float *next = panel + 1 < stop_panel ? b + (size_t)depth * NR :
                    weights + f_after * weight_point + ((size_t)first_panel * depth + c_after) * NR;
                global float *to = products + f * product_point + (panel - first_panel) * groups * ROWS * NR;
                for (int g = 0; g < groups; g++) {
                    for (int i = g * lines; i < (g + 1) * lines; i++) WILL_READ(next + i * 16);
                    if (panel * NR + VEC < O) multiply_2(a, b, to, length, c == 0);
                    else multiply_1(a, b, to, length, c == 0);
                    a += ROWS * depth;
                    to += ROWS * NR;
                }
            }
        }
}
