"""p-values as texts state them, and the p that a statistic has."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
P = re.compile(
    r"(?<![\w-])p(?:-value)?\s*(?P<sign><=|>=|<|>|=|≤|≥|~|≈)\s*(?P<value>10\s?(?:\^\s?\{?-?\d{1,4}\}?|⁻[⁰¹²³⁴-⁹]{1,4})"
    r"|(?:\d(?:\.\d{1,8})?|\.\d{1,8})(?:e[-+]?\d{1,4}|\s?[×x·*]\s?10(?:\^\{?-?\d{1,4}\}?|⁻[⁰¹²³⁴-⁹]{1,4}))?)(?![\d%])",
    re.IGNORECASE,
)
"""A p-value with its sign."""


@dataclass(frozen=True)
class StatedP:
    """A p-value as written."""

    sign: str
    """`<`, `>` or `=`."""
    log_p: float
    """Its log10; minus infinity for 0."""
    low: float
    """Least p that is written so."""
    high: float
    """Largest p that is written so."""

    def holds(self, log_p: float, *, tolerance: float) -> bool:
        """Return whether a recomputed p agrees with it.

        Args:
            log_p: log10 of the recomputed value.
            tolerance: By how much an equality may be off, in powers of ten.
        """
        if self.sign == "<":
            return log_p <= self.log_p
        if self.sign == ">":
            return log_p >= self.log_p
        # "p = 0" and "p = 0.000" are how software prints what is too small for it.
        return self.low <= 10**log_p <= self.high or abs(log_p - self.log_p) <= tolerance

    def fits(self, low: float, high: float) -> bool:
        """Return whether some p between two values agrees with it; both as log10."""
        if self.sign == "<":
            return low <= self.log_p
        if self.sign == ">":
            return high >= self.log_p
        return 10**low <= self.high and self.low <= 10**high


def stated_p(match: re.Match[str]) -> StatedP | None:
    """Return what a match of `P` says; None where it is no number."""
    text = match["value"].translate(_SUPERSCRIPTS).replace(" ", "").replace("{", "").replace("}", "")
    text = re.sub(r"[×x·*]10\^?(?=-?\d)", "e", text, flags=re.IGNORECASE)
    text = re.sub(r"^10\^?(?=-\d)", "1e", text)
    sign = {"<=": "<", "≤": "<", ">=": ">", "≥": ">"}.get(match["sign"], match["sign"])
    sign = sign if sign in {"<", ">"} else "="
    try:
        value = Decimal(text)
        exponent = value.as_tuple().exponent
        half = Decimal((0, (5,), int(exponent) - 1))
        log_p = float(value.log10()) if value else -math.inf
    except (InvalidOperation, ValueError):
        return None
    return StatedP(sign, log_p, float(max(Decimal(0), value - half)), float(value + half))


def distribution_p(name: str, value: float, df: float | None) -> float:
    """Return log10 of the two-sided p of a z or t, or of the upper tail of a chi-squared.

    Args:
        name: `z`, `t`, or any other for chi-squared.
        value: The statistic, not negative.
        df: Degrees of freedom; None for z.
    """
    from scipy.special import chdtrc, stdtr

    if df is None:
        p = math.erfc(value / math.sqrt(2))
    elif name == "t":
        p = 2 * float(stdtr(df, -value))
    else:
        p = float(chdtrc(df, value))
    return math.log10(p) if p > 0 else -math.inf
