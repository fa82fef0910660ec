"""Cases of the functions: a name of ``mathcore.matlab``, its arguments, and the Octave expression that says the same.

An argument is a value as ``octave.py`` describes it, a number, a text, a list of numbers, or None for ``[]``. Where
MATLAB and ``mathcore.matlab`` differ on purpose, which ``docs/matlab.md`` lists, there are no cases.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

from tests.data.octave.indexing_cases import value

SIZES = ([1, 1], [1, 5], [4, 1], [3, 4], [2, 3, 4], [2, 1, 3], [1, 1, 3], [2, 3, 1, 2], [0, 0], [0, 3], [2, 0], [1, 0])
CLASSES = ("single", "int32", "uint8", "logical")
ROOTS = ("log", "sqrt")

Case = dict[str, Any]

COMPARE = {"eq": "==", "ge": ">=", "gt": ">", "le": "<=", "lt": "<", "ne": "!="}
ARITHMETIC = {"plus": "+", "minus": "-", "times": ".*", "rdivide": "./", "ldivide": ".\\", "power": ".^"}
ROUNDING = ("floor", "fix", "ceil", "uplus", "round")
WHOLE_SAFE = {"uminus": ("single", "int32", "logical"), "abs": ("single", "uint8", "logical")}
STATISTICS = {"variance": "var", "std": "std"}
PREDICATES = ("length", "ndims", "numel", "iscolumn", "isrow", "isvector", "isempty", "ismatrix", "isscalar", "size")


def case(name: str, *arguments: Any, octave: str | None = None, outputs: int = 1) -> Case:
    """Return a case; ``octave`` has ``$1``, ``$2`` ... for the arguments, by default the function of the same name."""
    call = octave or f"{name}({', '.join(f'${number + 1}' for number in range(len(arguments)))})"
    return {"name": name, "arguments": list(arguments), "octave": call, "outputs": outputs}


def all_cases(random: Random) -> list[Case]:
    """Return the cases of all functions."""
    return [
        *elementwise(random),
        *reductions(random),
        *inspections(random),
        *shapes(random),
        *creations(random),
        *products(random),
    ]


def small(random: Random, kind: str, shape: list[int]) -> list[Any]:
    """Return whole numbers so small that sums and products of them stay in range, a fraction in singles."""
    low, high = {"single": (-24, 24), "int32": (-9, 9), "uint8": (0, 9), "logical": (0, 1)}[kind]
    numbers = [random.randint(low, high) for _ in range(math.prod(shape))]
    return [kind, shape, [number / 8 for number in numbers] if kind == "single" else numbers]


def positive(random: Random, kind: str, shape: list[int]) -> list[Any]:
    """Return the same, all above zero."""
    kind, shape, numbers = small(random, kind, shape)
    return [kind, shape, [abs(number) or 1 for number in numbers]]


def elementwise(random: Random) -> list[Case]:
    """Return cases of one and two operands, with numbers and with axes of length 1 beside longer ones."""
    cases: list[Case] = []
    for shape in SIZES:
        for name in ROUNDING:
            cases += [case(name, value(random, kind, shape)) for kind in CLASSES]
        for name, kinds in WHOLE_SAFE.items():
            cases += [case(name, small(random, kind, shape)) for kind in kinds]
        cases += [case("exp", small(random, kind, shape)) for kind in ("single", "logical")]
        cases += [case(name, positive(random, kind, shape)) for name in ROOTS for kind in ("single", "logical")]
        for name, sign in COMPARE.items():
            cases += _pairs(random, name, f"$1 {sign} $2", shape, small)
        for name, sign in ARITHMETIC.items():
            make = positive if name in ("rdivide", "ldivide", "power") else small
            cases += _pairs(random, name, f"$1 {sign} $2", shape, make)
        for name in ("max", "min"):
            kind = random.choice(CLASSES)
            cases.append(case(name, small(random, kind, shape), small(random, kind, shape)))
    return cases


def _pairs(random: Random, name: str, octave: str, shape: list[int], make: Any) -> list[Case]:
    whole = name not in ("rdivide", "ldivide", "power", "minus")
    kind = random.choice(CLASSES if whole else ("single", "logical"))
    folded = [1 if random.random() < 0.5 and length else length for length in shape]
    beside = folded[: random.randint(2, len(folded))] if len(folded) > 2 else folded
    other = random.choice(("single", kind))
    pairs = [
        (make(random, kind, shape), make(random, kind, shape)),
        (make(random, "single", shape), make(random, "logical" if other == kind else "single", beside)),
        (make(random, "single", shape), random.choice((2, 0.5, 3))),
        (random.choice((2, 1, 3)), make(random, "int32" if whole else "single", shape)),
    ]
    return [case(name, first, second, octave=octave) for first, second in pairs]


def reductions(random: Random) -> list[Case]:
    """Return cases of the reductions, along the first axis that is not 1 and along each."""
    cases: list[Case] = []
    for shape in SIZES:
        # Along a named axis of an array without rows, Octave 7 gives other sizes than MATLAB documents.
        for axis in (None, *range(1, len(shape) + 2)) if shape[0] else (None,):
            along = () if axis is None else (axis,)
            kind = random.choice(CLASSES)
            cases += [case(name, small(random, random.choice(CLASSES), shape), *along) for name in ("sum", "prod")]
            if math.prod(shape):  # without elements, mean.m of Octave 7 skips axes that MATLAB does not
                cases.append(case("mean", small(random, random.choice(("single", "single", kind)), shape), *along))
            for name, octave in STATISTICS.items():
                weight = random.randrange(2)
                call = f"{octave}($1, $2{', $3' if along else ''})"
                cases.append(case(name, small(random, "single", shape), weight, *along, octave=call))
            for name in ("max", "min"):
                # Octave gives logical arrays without elements other sizes than those of numbers; so does find.
                x = small(random, random.choice(CLASSES if math.prod(shape) else CLASSES[:3]), shape)
                call = f"{name}({'$1, [], $3' if along else '$1'})"
                cases.append(case(name, x, None, *along, octave=call))
                # Octave refuses a place among logical values in some forms; singles of 0 and 1 have the same ties.
                x = small(random, "single" if x[0] == "logical" else x[0], shape)
                cases.append(case(f"arg{name}", x, None, *along, octave=call, outputs=2))
            cases += [case(name, small(random, kind, shape), *along) for name in ("any", "all")]
            cases.append(case("cumsum", small(random, random.choice(("single", "int32")), shape), *along))
            cases.append(case("sort", value(random, random.choice(("single", "int32", "uint8")), shape), *along))
    return cases


def inspections(random: Random) -> list[Case]:
    """Return cases of what is asked of an array: its size, its form, whether it equals another."""
    cases: list[Case] = []
    for shape in SIZES:
        x = value(random, random.choice(CLASSES), shape)
        cases += [case(name, x) for name in PREDICATES]
        cases += [case("size", x, axis) for axis in range(1, 6)]
        cases.append(case("klass", x, octave="cast([], class($1))"))
        cases.append(case("find", small(random, random.choice(CLASSES if math.prod(shape) else CLASSES[:3]), shape)))
        y = [x[0], x[1], [*x[2][:-1], 1 - x[2][-1]]] if x[2] else x
        for other in (x, y, value(random, x[0], [2, 2])):
            cases.append(case("isequal", x, other))
        with_nan = ["single", shape, ["NaN", *x[2][1:]][: math.prod(shape)]]
        cases += [case(name, with_nan, with_nan) for name in ("isequal", "isequaln")]
        close = "abs(single($1) - single($2)) <= 1e-8 + 1e-5 * abs(single($2))"
        near = ["single", shape, [random.choice((1, 1.000001, 1.001)) for _ in range(math.prod(shape))]]
        cases.append(case("isclose", near, 1, octave=close))
        cases.append(case("allclose", near, 1, octave=f"all(({close})(:))"))
    return cases


def shapes(random: Random) -> list[Case]:
    """Return cases of what changes the form of an array."""
    cases: list[Case] = []
    for shape in SIZES:
        x, count = value(random, random.choice(CLASSES), shape), math.prod(shape)
        cases.append(case("squeeze", x))
        cases += [case("reshape", x, *lengths) for lengths in ([count, 1], [1, count])]
        cases.append(case("reshape", x, shape[::-1]))
        if count:
            cases.append(case("reshape", x, None, shape[0]))
            cases.append(case("reshape", x, shape[-1], None))
        for repeats in ((2,), (1, 2), (2, 1, 2), (0, 1)):
            cases.append(case("repmat", x, *repeats))
        cases.append(case("repmat", x, [2, 2]))
        axes = list(range(1, len(shape) + random.randint(1, 2)))
        random.shuffle(axes)
        cases += [case("permute", x, axes), case("ipermute", x, axes)]
        if len(shape) == 2:
            cases += [case("transpose", x), case("t", x, octave="$1.'")]
            beside, below = value(random, x[0], [shape[0], 2]), value(random, x[0], [2, shape[1]])
            cases += [case("horzcat", x, beside, x), case("vertcat", x, below)]
            cases.append(case("cat", 1, x, ["single", [0, 0], []]) if x[0] == "single" else case("cat", 2, x, x))
        for axis in range(1, len(shape) + 2):
            if shape != [0, 0]:  # Octave drops such arrays whatever the axis
                cases.append(case("cat", axis, x, x))
    return cases


def creations(random: Random) -> list[Case]:
    """Return cases of what makes arrays, places from subscripts among them."""
    cases: list[Case] = []
    for name in ("zeros", "ones", "eye"):
        for sizes in ((), (3,), (2, 3), (0,), (3, 0), (1, 1)):
            cases += [case(name, *sizes, kind) for kind in ("single", "int32", "uint8")]
        cases.append(case(name, ["int32", [1, 2], [2, 3]], "int32"))
    cases += [case(name, 2, 3, 4, "single") for name in ("zeros", "ones")]
    cases.append(case("zeros", 2, 3, 1, 1, "int32"))
    cases.append(case("ones", 2, 2, "like", ["uint8", [1, 1], [3]]))
    for numbers in ((1, 5), (5, 1), (1, 2, 9), (9, -3, 1), (0, 0.1, 1), (1, -1, 1), (2, 2), (0, 0.25, 0.9), (-2.5, 2)):
        call = f"single(colon({', '.join(f'${n + 1}' for n in range(len(numbers)))}))"
        cases.append(case("colonvec", *numbers, octave=call))
    for _ in range(20):
        shape = [random.randint(1, 5) for _ in range(random.randint(2, 4))]
        places = [random.randint(1, length) for length in shape]
        cases.append(case("sub2ind", shape, *places))
        several = [["int32", [2, 2], [random.randint(1, length) for _ in range(4)]] for length in shape]
        cases.append(case("sub2ind", shape, *several))
        linear = ["int32", [1, 3], [random.randint(1, math.prod(shape)) for _ in range(3)]]
        cases.append(case("ind2sub", shape, linear, octave="ind2sub($1, $2)", outputs=len(shape)))
    return cases


def products(random: Random) -> list[Case]:
    """Return matrix products."""
    cases: list[Case] = []
    for m, k, n in ((1, 1, 1), (1, 5, 1), (5, 1, 4), (3, 4, 2), (0, 3, 2), (3, 0, 2), (7, 6, 5)):
        for first, second in (("single", "single"), ("logical", "single")):
            pair = small(random, first, [m, k]), small(random, second, [k, n])
            cases.append(case("mtimes", *pair, octave="$1 * $2"))
        cases.append(case("mtimes", small(random, "single", [m, k]), 2, octave="$1 * $2"))
    return cases
