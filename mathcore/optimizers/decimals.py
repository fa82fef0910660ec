"""Powers and cosines in decimal arithmetic: the same digits on every machine, 40 of them, of which float32 keeps 9.

A number would come out differently only where two versions of Python's decimal module disagreed in the 40th digit, and
the number lay within 1e-40 of the middle between two floats.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

CONTEXT = Context(prec=40, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, DivisionByZero, Overflow])

PI = Decimal("3.14159265358979323846264338327950288419716939937511")
SMALLEST_TERM = Decimal("1e-42")


def power(base: float, exponent: int) -> Decimal:
    """Return ``base`` to a whole power of at least 0; anything to the power 0 is 1."""
    with localcontext(CONTEXT):
        return Decimal(base) ** exponent if exponent else Decimal(1)


def one_minus_power(base: float, exponent: int) -> Decimal:
    """Return 1 - ``base`` ** ``exponent``: the bias correction of a running mean that started as zero."""
    with localcontext(CONTEXT):
        return 1 - power(base, exponent)


def cosine_of_pi(x: Decimal) -> Decimal:
    """Return cos(pi x) for ``x`` of 0 to 1, by its power series."""
    with localcontext(CONTEXT):
        square = (PI * x) ** 2 if x else Decimal(0)
        total = term = Decimal(1)
        k = 0
        while abs(term) > SMALLEST_TERM:
            k += 2
            term = -term * square / (k * (k - 1))
            total += term
        return total
