"""An order of rows that looks random, is the same in every run, and is the same on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import narwhals as nw

_PRIME: Final = 2**31 - 1
"""A prime whose products fit into 64 bits."""


def scattered() -> nw.Expr:
    """Return where a row stands in that order.

    x -> x^5 is a bijection modulo a prime p with gcd(5, p - 1) = 1, as here, so up to p rows no two share a place. The
    engines' own hash functions differ; this is whole-number arithmetic, which does not.
    """
    import narwhals as nw

    x: Any = (nw.col("row") * 48_271 + 12_345) % _PRIME
    square: Any = (x * x) % _PRIME
    return (((square * square) % _PRIME) * x) % _PRIME
