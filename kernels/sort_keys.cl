// The keys that elements are sorted by, and what moves in sorting; for other files to include.
//
// Keys are uint, in the order of the elements: -0.0 has the key of 0.0 (the sum of both is 0.0), NaN the largest. For descending
// order all bits are inverted. What moves is the element itself or, where places are wanted, its key above its place in the row.
// There is no kernel here: a work-item of a kernel that includes this file turns elements into keys, vectors of them where it
// can, which takes half the time. Tolerance: none.
//
// Macros: TYPE        element type
//         KIND        0: not negative, 1: signed whole numbers, 2: floating point
//         DESCENDING  1: largest first
//         PLACES      1: places (int) are wanted, and keys with places move (ulong); 0: elements move
//         BITS        width of a digit

#ifndef TYPE
#define TYPE float
#endif
#ifndef KIND
#define KIND 2
#endif
#ifndef DESCENDING
#define DESCENDING 0
#endif
#ifndef PLACES
#define PLACES 0
#endif
#ifndef BITS
#define BITS 8
#endif

#define DIGITS (1 << BITS)
#define DIGIT(key, shift) (((key) >> (uint)(shift)) & (uint)(DIGITS - 1))

#if KIND == 2
#define BITS_OF(v, N) JOIN(as_int, N)((v) + 0.0f)
#define ORDERED(v, N) \
    select(JOIN(as_uint, N)((BITS_OF(v, N) >> 31 | INT_MIN) ^ BITS_OF(v, N)), (JOIN(uint, N))(UINT_MAX), v != v)
#elif KIND == 1
#define ORDERED(v, N) (JOIN(as_uint, N)(v) ^ 0x80000000u)
#else
#define ORDERED(v, N) JOIN(convert_uint, N)(v)
#endif
#define FLIPPED (DESCENDING ? UINT_MAX : 0u)

static inline uint key_of(const TYPE v) { return ORDERED(v, ) ^ FLIPPED; }
static inline JOIN(uint, VEC) keys_of(const JOIN(TYPE, VEC) v) { return ORDERED(v, VEC) ^ FLIPPED; }

#if PLACES
typedef ulong carried_t;
#define CARRIED(v, key, place) (((ulong)(key) << 32) | (uint)(place))
#define CARRIED_KEY(e) ((uint)((e) >> 32))
#define CARRIED_KEYS(v) JOIN(convert_uint, VEC)((v) >> 32)
#else
typedef TYPE carried_t;
#define CARRIED(v, key, place) (v)
#define CARRIED_KEY(e) key_of(e)
#define CARRIED_KEYS(v) keys_of(v)
#endif
