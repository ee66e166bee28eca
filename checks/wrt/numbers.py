"""Numbers as people write them, and whether one is what another rounds to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

Verdict = Literal["agrees", "rounds to", "disagrees", "cannot be checked"]
"""A stated number beside the recomputed one."""

NUMBER: Final = (
    r"(?<![\w.])[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18})(?:\.[0-9]{1,12})?(?:e[-+]?[0-9]{1,3})?"
)
"""A number without unit, as a regular expression; a thousands comma needs three digits behind it."""

_NUMBER = re.compile(
    r"(?P<about>(?:~|≈|\b(?:about|around|roughly|approx(?:imately|\.)?))\s{0,3})?"
    rf"(?P<digits>{NUMBER})\s?(?P<scale>[kKMB](?![A-Za-z])|(?:thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_SCALES: Final = {"k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "billion": 9}


@dataclass(frozen=True)
class Number:
    """A number as written."""

    text: str
    """As it stands there."""
    value: Fraction
    """What it says."""
    step: Fraction
    """One unit of the last digit that is written: 0.1 for ``84.0``, a million for ``25M``."""
    about: bool = False
    """Whether it is marked as approximate."""
    signed: bool = False
    """Whether a sign is written."""

    def compare(self, truth: Fraction | float, *, slack: Fraction | int = 0) -> Verdict:
        """Return how this number stands to a recomputed one.

        Args:
            truth: The recomputed value, in the same unit.
            slack: What the recomputed value may be off by, because it rests on rounded numbers itself.
        """
        gap = abs(self.value - Fraction(truth))
        if gap == 0:
            return "agrees"
        # Half a unit, the end included: both ways of rounding a tie are right. "About" gives a whole unit.
        allowed = self.step if self.about else self.step / 2
        return "rounds to" if gap <= allowed + slack else "disagrees"


def parse_number(text: str) -> Number | None:
    """Return the number that a text is, surrounding space apart; None where it is none."""
    match = _NUMBER.fullmatch(text.strip())
    return None if match is None else _number(match)


def numbers_in(text: str) -> Iterator[tuple[int, Number]]:
    """Yield offset and number for every number in a text."""
    for match in _NUMBER.finditer(text):
        yield match.start("digits"), _number(match)


def count_numbers(text: str) -> int:
    """Return how many numbers a text holds."""
    return sum(1 for _ in _NUMBER.finditer(text))


def _number(match: re.Match[str]) -> Number:
    digits = match["digits"].replace(",", "")
    decimal = Decimal(digits)
    power = _SCALES.get((match["scale"] or "").lower(), 0)
    places = int(decimal.as_tuple().exponent)
    about = match["about"] is not None
    if about and places == 0:
        # "About 80M" is said to the ten million: zeros at the end are no digits that somebody vouches for.
        places = len(digits) - len(digits.rstrip("0")) if digits.strip("0+-") else 0
    scale = Fraction(10) ** power
    return Number(
        match.group().strip(),
        Fraction(decimal) * scale,
        Fraction(10) ** places * scale,
        about,
        digits.startswith(("+", "-")),
    )


def shown(value: Fraction | float, *, digits: int = 2) -> str:
    """Return a recomputed value for a message: whole numbers with commas, others with a few digits."""
    number = Fraction(value)
    if number.denominator == 1:
        return f"{int(number):,}"
    small = float(number)
    return f"{small:.3g}" if abs(small) < 0.01 else f"{small:,.{digits}f}"
