// Element-wise operations on vectors: one function for each operation and element type, named after both, so that expressions
// are nested calls:  where_float(less_float(a, b), a, float_from_int(c))
//
// The types are float, int, uchar and bool (a byte, 0 or 1). Whole numbers wrap; a divisor of 0 gives 0, a negative exponent
// leaves only 1 and -1; a shift by the width or more, or by a negative number, moves every bit out. NaN is true as a truth
// value and 0 as a whole number; floats that are too large for a whole number give the nearest.
//
// No kernel is here: a work-item of a kernel that includes this file calls the functions on vectors that it loaded.
// Tolerance against NumPy: none, but for some functions of float, in units in the last place (as OpenCL allows): 3 for exp,
// expm1, log, log1p, log2, log10; 4 for sin, cos, sinh, cosh, asin, acos, asinh, acosh, hypot; 5 for tan, tanh, atan, atanh;
// 6 for atan2; 16 for pow and erf; and 1e-6, relative or absolute, for logaddexp. Quotients and roots are exact where the device can
// round them correctly.

#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(uint, VEC) uintv;
typedef ucharv boolv;

// static: functions that are not called cost no time to compile.
#define OF(T) static inline T##v
#define UNARY(NAME, T, EXPRESSION) OF(T) NAME##_##T(const T##v a) { return EXPRESSION; }
#define BINARY(NAME, T, EXPRESSION) OF(T) NAME##_##T(const T##v a, const T##v b) { return EXPRESSION; }
#define TERNARY(NAME, T, EXPRESSION) OF(T) NAME##_##T(const T##v a, const T##v b, const T##v c) { return EXPRESSION; }
#define PREDICATE(NAME, T, EXPRESSION) OF(bool) NAME##_##T(const T##v a) { return TRUTH_##T(EXPRESSION); }
#define RELATION(NAME, T, EXPRESSION) OF(bool) NAME##_##T(const T##v a, const T##v b) { return TRUTH_##T(EXPRESSION); }
#define WHERE(T, MASK) OF(T) where_##T(const boolv c, const T##v a, const T##v b) { return select(b, a, MASK); }
#define CAST(T, FROM, EXPRESSION) OF(T) T##_from_##FROM(const FROM##v a) { return EXPRESSION; }

#define TO_FLOAT(a) JOIN(convert_float, VEC)(a)
#define TO_INT(a) JOIN(convert_int, VEC)(a)
#define TO_UCHAR(a) JOIN(convert_uchar, VEC)(a)
#define AS_INT(a) JOIN(as_int, VEC)(a)
#define AS_UINT(a) JOIN(as_uint, VEC)(a)
#define AS_UCHAR(a) JOIN(as_uchar, VEC)(a)

// A comparison of vectors gives -1 for true, in lanes as wide as those compared.
#define TRUTH_float(MASK) TO_UCHAR((MASK) & 1)
#define TRUTH_int(MASK) TO_UCHAR((MASK) & 1)
#define TRUTH_uchar(MASK) (AS_UCHAR(MASK) & (uchar)1)
#define TRUTH_bool(MASK) (AS_UCHAR(MASK) & (uchar)1)

// Of all types

#define ZERO(T) ((JOIN(T, v))(0))
#define RELATIONS(T)                                          \
    RELATION(equal, T, a == b)                                \
    RELATION(not_equal, T, a != b)                            \
    RELATION(less, T, a < b)                                  \
    RELATION(less_equal, T, a <= b)                           \
    RELATION(greater, T, a > b)                               \
    RELATION(greater_equal, T, a >= b)                        \
    RELATION(logical_and, T, (a != ZERO(T)) & (b != ZERO(T))) \
    RELATION(logical_or, T, (a != ZERO(T)) | (b != ZERO(T)))  \
    RELATION(logical_xor, T, (a != ZERO(T)) ^ (b != ZERO(T))) \
    PREDICATE(logical_not, T, a == ZERO(T))                   \
    CAST(T, T, a)
RELATIONS(float)
RELATIONS(int)
RELATIONS(uchar)
RELATIONS(bool)

WHERE(float, TO_INT(c) != 0)
WHERE(int, TO_INT(c) != 0)
WHERE(uchar, c != (uchar)0)
WHERE(bool, c != (uchar)0)

CAST(bool, float, TRUTH_float(a != 0))
CAST(bool, int, TRUTH_int(a != 0))
CAST(bool, uchar, TRUTH_uchar(a != (uchar)0))
CAST(float, int, TO_FLOAT(a))
CAST(float, uchar, TO_FLOAT(a))
CAST(float, bool, TO_FLOAT(a))
CAST(int, float, JOIN(JOIN(convert_int, VEC), _sat)(a))
CAST(int, uchar, TO_INT(a))
CAST(int, bool, TO_INT(a))
CAST(uchar, float, JOIN(JOIN(convert_uchar, VEC), _sat)(a))
CAST(uchar, int, TO_UCHAR(a & 255))
CAST(uchar, bool, a)

// Of float

UNARY(abs, float, fabs(a))
UNARY(acos, float, acos(a))
UNARY(acosh, float, acosh(a))
UNARY(asin, float, asin(a))
UNARY(asinh, float, asinh(a))
UNARY(atan, float, atan(a))
UNARY(atanh, float, atanh(a))
UNARY(ceil, float, ceil(a))
UNARY(cos, float, cos(a))
UNARY(cosh, float, cosh(a))
UNARY(erf, float, erf(a))
UNARY(exp, float, exp(a))
UNARY(expm1, float, expm1(a))
UNARY(floor, float, floor(a))
UNARY(log, float, log(a))
UNARY(log10, float, log10(a))
UNARY(log1p, float, log1p(a))
UNARY(log2, float, log2(a))
UNARY(negative, float, -a)
UNARY(positive, float, a)
UNARY(reciprocal, float, 1.0f / a)
UNARY(round, float, rint(a))
UNARY(sign, float, select(select((floatv)(0), copysign((floatv)(1), a), a != 0), a, a != a))
UNARY(sin, float, sin(a))
UNARY(sinh, float, sinh(a))
UNARY(sqrt, float, sqrt(a))
UNARY(square, float, a * a)
UNARY(tan, float, tan(a))
UNARY(tanh, float, tanh(a))
UNARY(trunc, float, trunc(a))

BINARY(add, float, a + b)
BINARY(atan2, float, atan2(a, b))
BINARY(copysign, float, copysign(a, b))
BINARY(divide, float, a / b)
BINARY(hypot, float, hypot(a, b))
BINARY(maximum, float, select(b, a, (a >= b) | (a != a)))  // NaN if either is
BINARY(minimum, float, select(b, a, (a <= b) | (a != a)))
BINARY(multiply, float, a * b)
BINARY(nextafter, float, nextafter(a, b))
BINARY(pow, float, pow(a, b))
BINARY(subtract, float, a - b)
TERNARY(clip, float, minimum_float(maximum_float(a, b), c))

PREDICATE(isfinite, float, fabs(a) < INFINITY)
PREDICATE(isinf, float, fabs(a) == INFINITY)
PREDICATE(isnan, float, a != a)
PREDICATE(signbit, float, AS_INT(a) < 0)

// The remainder has the sign of the divisor, as in Python, and so has a remainder of 0.
OF(float) remainder_float(const floatv a, const floatv b) {
    const floatv rest = fmod(a, b);
    const floatv moved = select(rest, rest + b, (rest != 0) & ((rest < 0) != (b < 0)));
    return select(moved, copysign((floatv)(0), b), rest == 0);
}

// (a - rest) / b is a whole number but for its rounding; a quotient of 0 has the sign of a / b.
OF(float) floor_divide_float(const floatv a, const floatv b) {
    const floatv rest = fmod(a, b);
    const floatv near = (a - rest) / b;
    const floatv quotient = select(near, near - 1, (rest != 0) & ((rest < 0) != (b < 0)));
    const floatv below = floor(quotient);
    const floatv whole = select(below, below + 1, quotient - below > 0.5f);
    return select(select(whole, copysign((floatv)(0), a / b), quotient == 0), a / b, b == 0);
}

// log(e^a + e^b) = max + log(1 + e^-|a - b|); the difference of equal infinities is NaN, hence their own case.
OF(float) logaddexp_float(const floatv a, const floatv b) {
    const floatv sum = maximum_float(a, b) + log1p(exp(-fabs(a - b)));
    return select(sum, a + M_LN2_F, a == b);
}

// Of whole numbers

#define WHOLE(T)                        \
    UNARY(ceil, T, a)                   \
    UNARY(floor, T, a)                  \
    UNARY(positive, T, a)               \
    UNARY(round, T, a)                  \
    UNARY(trunc, T, a)                  \
    BINARY(maximum, T, max(a, b))       \
    BINARY(minimum, T, min(a, b))       \
    TERNARY(clip, T, min(max(a, b), c)) \
    UNARY(bitwise_invert, T, ~a)        \
    BINARY(bitwise_and, T, a & b)       \
    BINARY(bitwise_or, T, a | b)        \
    BINARY(bitwise_xor, T, a ^ b)       \
    PREDICATE(isfinite, T, a == a)      \
    PREDICATE(isinf, T, a != a)         \
    PREDICATE(isnan, T, a != a)
WHOLE(int)
WHOLE(uchar)

// Overflow is defined for unsigned numbers only.
UNARY(abs, int, AS_INT(abs(a)))
UNARY(negative, int, AS_INT(-AS_UINT(a)))
UNARY(sign, int, select((intv)(0), a >> 31 | 1, a != 0))
UNARY(square, int, AS_INT(AS_UINT(a) * AS_UINT(a)))
BINARY(add, int, AS_INT(AS_UINT(a) + AS_UINT(b)))
BINARY(subtract, int, AS_INT(AS_UINT(a) - AS_UINT(b)))
BINARY(multiply, int, AS_INT(AS_UINT(a) * AS_UINT(b)))
BINARY(bitwise_left_shift, int, select((intv)(0), AS_INT(AS_UINT(a) << AS_UINT(b & 31)), AS_UINT(b) < 32u))
BINARY(bitwise_right_shift, int, a >> select((intv)(31), b, AS_UINT(b) < 32u))

// C divides towards zero, and processors trap on a divisor of 0 and on the smallest number by -1: both are divided by 1.
OF(int) floor_divide_int(const intv a, const intv b) {
    const intv divisor = select(b, (intv)(1), (b == 0) | (b == -1));
    const intv quotient = a / divisor, rest = a - quotient * divisor;
    const intv below = quotient + ((rest != 0) & ((rest ^ divisor) < 0));  // a mask is -1 where it is true
    return select(select(below, negative_int(a), b == -1), (intv)(0), b == 0);
}

OF(int) remainder_int(const intv a, const intv b) {
    const intv rest = subtract_int(a, multiply_int(floor_divide_int(a, b), b));
    return select(rest, (intv)(0), b == 0);
}

// By squaring. For 1 and -1 only the lowest bit of the exponent counts, so negative ones work for them as they are.
OF(int) pow_int(const intv a, const intv b) {
    uintv square = AS_UINT(a), power = 1, exponent = AS_UINT(b);
    while (any(exponent != 0)) {
        power = select(power, power * square, (exponent & 1u) != 0);
        square *= square;
        exponent >>= 1;
    }
    return select(AS_INT(power), (intv)(0), (b < 0) & (a != 1) & (a != -1));
}

UNARY(abs, uchar, a)
UNARY(negative, uchar, (uchar)0 - a)
UNARY(sign, uchar, min(a, (ucharv)(1)))
UNARY(square, uchar, a * a)
BINARY(add, uchar, a + b)
BINARY(subtract, uchar, a - b)
BINARY(multiply, uchar, a * b)
BINARY(bitwise_left_shift, uchar, select((ucharv)(0), a << (b & (uchar)7), b < (uchar)8))
BINARY(bitwise_right_shift, uchar, select((ucharv)(0), a >> (b & (uchar)7), b < (uchar)8))
BINARY(floor_divide, uchar, uchar_from_int(floor_divide_int(TO_INT(a), TO_INT(b))))
BINARY(remainder, uchar, uchar_from_int(remainder_int(TO_INT(a), TO_INT(b))))
BINARY(pow, uchar, uchar_from_int(pow_int(TO_INT(a), TO_INT(b))))

// Of truth values

UNARY(abs, bool, a)
UNARY(bitwise_invert, bool, a ^ (uchar)1)
BINARY(add, bool, a | b)
BINARY(multiply, bool, a & b)
BINARY(maximum, bool, a | b)
BINARY(minimum, bool, a & b)
BINARY(bitwise_and, bool, a & b)
BINARY(bitwise_or, bool, a | b)
BINARY(bitwise_xor, bool, a ^ b)
PREDICATE(isfinite, bool, a == a)
PREDICATE(isinf, bool, a != a)
PREDICATE(isnan, bool, a != a)
