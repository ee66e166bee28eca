"""Counts in sentences: true for none, one, two and ten thousand."""

from __future__ import annotations


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return ``1 row``, ``2 rows``, ``10,000 rows`` or ``no rows``.

    Args:
        number: How many, not negative.
        singular: The noun for one.
        plural: The noun for any other number; the singular with an s where not given.
    """
    noun = singular if number == 1 else (plural or singular + "s")
    return f"{number:,} {noun}" if number else f"no {noun}"


def verb(number: int, singular: str, plural: str) -> str:
    """Return the form of a verb that agrees with a number: ``teaches`` for one, ``teach`` for others."""
    return singular if number == 1 else plural


def listed(names: list[str], *, limit: int = 4) -> str:
    """Return ``a``, ``a and b``, ``a, b and c`` or ``a, b, c, d and 3 more``."""
    if len(names) > limit:
        names = [*names[:limit], f"{len(names) - limit:,} more"]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]
