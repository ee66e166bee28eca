"""The words, signs and numerals of a sentence, each numeral read whole or not at all.

A reader of arithmetic has to know that ``2.0×10⁻⁵`` is one number, that ``28-30`` is none, that the ``4`` of
``gpt-4`` and of ``v1.4.2`` counts nothing, and that ``30 min`` and ``12 GPU-hours`` are the same kind of thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from checks.wrt.numbers import Number


def words(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


LONGEST: Final = 100_000
"""Characters of a sentence that is read; a longer one is no sentence."""

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_TOKEN = re.compile(
    r"""
      (?P<skip>"[^"\n]{0,400}" | https?://[^\s)>\]]{1,2000} | \]\([^()\s]{0,2000}\) | <[A-Za-z/!][^<>]{0,400}>
        | &[a-z]{2,8};
        | \#\d{1,7}\b | \d{4}-\d\d(?:-\d\d)?(?![\w-]) | \d{1,2}:\d\d(?::\d\d)?(?!\d) | \{[^{}\n]{0,200}\})
    | (?P<num>(?:(?<![\w.,%)\]])[-+])?
        (?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]{1,12}(?![0-9]))?
          | [0-9]{1,18}(?![0-9])(?:\.[0-9]{1,12}(?![0-9]))? | (?<![\w.])\.[0-9]{1,12}(?![0-9])))
      (?P<power>[eE][-+]?[0-9]{1,3}(?!\w|\.[0-9])
        | \s?(?:[×x·*]|\\times|\\cdot)\s?10(?:\^\{?[-+]?[0-9]{1,3}\}?|[⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))?
      (?P<square>[²³](?!\w))?
      (?P<bad>(?:[.,][0-9]|[⁻⁺]?[⁰¹²³⁴-⁹]|\^|\*\*[0-9]|_\w)[\w.,]*)?
      (?P<tail>\\?%|-(?=[A-Za-z])[\w-]+|[A-Za-zµμ][\w/]*)?
    | (?P<word>[^\W\d][\w'./-]*[\w]|[^\W\d])
    | (?P<op>-{0,2}->|⟶|→|⇒|=>|<=|>=|==|!=|\+=|\+/-|\\(?:times|cdot|approx|to|pm|rightarrow|Delta|%)|\*\*|\.\.\.|\S)
    """,
    re.VERBOSE,
)
_OPERATORS: Final = {
    "*": "×", "·": "×", "⋅": "×", "\\times": "×", "\\cdot": "×", "->": "→", "-->": "→", "--->": "→", "⟶": "→",
    "=>": "→", "⇒": "→", "\\to": "→", "\\rightarrow": "→", "<=": "≤", ">=": "≥", "+/-": "±", "\\pm": "±",
    "\\approx": "≈", "—": "–", "\\Delta": "Δ", "∆": "Δ", "==": "=",
}  # fmt: skip
_DROPPED: Final = frozenset({"**", "`", "$"})
_LETTERS: Final = {"k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
_SCALES: Final = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_TIME: Final[Mapping[str, Fraction]] = {
    **dict.fromkeys(("ns",), Fraction(1, 10**9)),
    **dict.fromkeys(("us", "µs", "μs"), Fraction(1, 10**6)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), Fraction(1, 1000)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), Fraction(1)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), Fraction(60)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), Fraction(3600)),
    **dict.fromkeys(("day", "days"), Fraction(86400)),
}
_POINTS: Final = ("pp", "pts", "pt", "percentage-point", "percentage-points", "point", "points", "p.p")
_MEASURES: Final = words(
    "b kb mb gb tb kib mib gib tib byte bytes bit bits px mm cm m km kg g w kw kwh hz khz mhz ghz flop "
    "flops tflops gflops mflops gflop tflop dollar dollars usd eur euro euros cent cents week weeks month "
    "months year years yr yrs tok/s it/s tokens/s fps db"
)
"""Units that a count of things does not have: what is stated in them is measured, and may be converted."""
_WORDS: Final = {
    word: value
    for value, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=2
    )
}
_ABOUT: Final = frozenset(
    (
        "~",
        "≈",
        "about",
        "around",
        "roughly",
        "approximately",
        "approx",
        "ca",
        "circa",
        "nearly",
        "almost",
        "some",
    )
)
_BOUNDS: Final = frozenset(
    (
        "<",
        ">",
        "≤",
        "≥",
        "over",
        "under",
        "above",
        "below",
        "least",
        "most",
        "than",
        "exceeding",
        "within",
        "up",
    )
)

Kind = Literal["num", "word", "op", "skip"]


@dataclass(frozen=True)
class Token:
    """A piece of a sentence."""

    kind: Kind
    """What it is; `skip` is a quotation, an address or a date: what it says is not the text's own statement."""
    start: int
    """Offset in the sentence."""
    end: int
    """Offset after it."""
    text: str
    """As written; operators by one sign each."""
    number: Number | None = None
    """What a numeral says; None for a word, and for a numeral that is not read whole: a range, a version, a name."""
    unit: str = ""
    """`%`, `points`, `x` (times), `time`, a measure's own name, or nothing."""
    base: Fraction = Fraction(1)
    """How much of the unit's base one of it is: 60 for minutes."""
    bound: bool = False
    """Whether it is said to be more or less than that."""
    ends: tuple[Number, Number] | None = None
    """Both ends of a range."""
    spaced: bool = False
    """Whether space stands before it."""

    @property
    def whole(self) -> bool:
        """Whether it is one number that is stated as such."""
        return self.number is not None and not self.bound

    @property
    def said(self) -> Number:
        """The number; only numerals that are read whole have one."""
        if self.number is None:
            raise ValueError(f"{self.text!r} is not read as a number")
        return self.number

    @property
    def measured(self) -> bool:
        """Whether it is no count: it has a unit of measure."""
        return self.unit not in {"", "%", "points", "x"}

    def low_high(self) -> tuple[Fraction, Fraction]:
        """Return between what the number lies that was written so, in its base unit.

        A plain whole number is what it says; a decimal, a rounded or a measured one is good to half its last digit.
        """
        said = self.said
        exact = said.step == 1 and "." not in said.text and not self.measured and self.unit != "%"
        slack = said.step if said.about else Fraction(0) if exact else said.step / 2
        return (said.value - slack) * self.base, (said.value + slack) * self.base


def tokens(text: str) -> list[Token]:
    """Return the pieces of a sentence; emphasis and code marks are no pieces."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        token = _token(text, match)
        if token is not None:
            found.append(token)
    return _joined(text, found)


def closing(found: Sequence[Token], place: int, *, at_most: int) -> int | None:
    """Return where the bracket closes that opens at a place and holds no other, within so many pieces."""
    texts = [each.text for each in found[place : place + at_most + 2]]
    behind = next((i for i, text in enumerate(texts) if i and text in "()"), 0)
    return place + behind if texts[:1] == ["("] and texts[behind] == ")" else None


def _token(text: str, match: re.Match[str]) -> Token | None:
    start, end, said = match.start(), match.end(), match.group()
    spaced = text[start - 1 : start].isspace()
    if match["skip"] is not None:
        return Token("skip", start, end, said, spaced=spaced)
    if match["num"] is not None:
        return _numeral(match, spaced=spaced)
    if match["word"] is not None:
        lone = said in {"x", "X"}
        return Token("op" if lone else "word", start, end, "×" if lone else said, spaced=spaced)
    if said in _DROPPED or (said == "*" and not _between_factors(text, start, end)):
        return None
    return Token("op", start, end, _OPERATORS.get(said, said), spaced=spaced)


def _between_factors(text: str, start: int, end: int) -> bool:
    """Return whether a star multiplies: it has space on both sides, or on neither and no bracket either."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isspace() and after.isspace():
        return True
    return (before.isalnum() or before == ")") and (after.isalnum() or after == "(")


def _numeral(match: re.Match[str], *, spaced: bool) -> Token:
    token = Token("num", match.start(), match.end(), match.group(), spaced=spaced)
    tail = (match["tail"] or "").removeprefix("\\")
    scale, unit, base = _unit(tail)
    if match["bad"] or scale is None:
        return token
    digits = match["num"].replace(",", "")
    power = re.search(r"[-+⁻⁺]?(?:[0-9]+|[⁰¹²³⁴-⁹]+)(?=\}?$)", match["power"] or "")
    decimal = Decimal(digits).scaleb(int(power.group().translate(_SUPERSCRIPTS)) if power else 0)
    value, step = Fraction(decimal), Fraction(10) ** int(decimal.as_tuple().exponent)
    if match["square"]:
        value, step = value ** (2 if match["square"] == "²" else 3), Fraction(1)
    size = Fraction(10) ** scale
    number = Number(token.text, value * size, step * size, signed=digits.startswith(("+", "-")))
    return replace(token, number=number, unit=unit, base=base)


def _unit(tail: str) -> tuple[int | None, str, Fraction]:
    """Return a tail's power of ten, unit and base; None for a power where it is part of a name."""
    one = Fraction(1)
    if tail in _LETTERS:
        return _LETTERS[tail], "", one
    if tail in {"", "%"}:
        return 0, tail, one
    if tail in {"x", "X"}:
        return 0, "x", one
    if tail.lower().removeprefix("-").startswith(("pp", "pts", "percentage-point", "point")):
        return 0, "points", one
    # "80-GB" has a unit, "586-question" a noun behind it; "7b" and "0a" are names.
    unit, base = _measure(tail.removeprefix("-").partition("-")[0])
    return (0 if unit or tail.startswith("-") else None), unit, base


def _measure(word: str) -> tuple[str, Fraction]:
    if word in _TIME:
        return "time", _TIME[word]
    return (word.lower() if word.lower() in _MEASURES else ""), Fraction(1)


def _joined(text: str, found: list[Token]) -> list[Token]:
    """Return the pieces with what stands around numerals read into them: scale, unit, about, bounds and ranges."""
    made: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        index += 1
        if token.kind == "word" and token.text.lower() in _WORDS:
            value = Fraction(_WORDS[token.text.lower()])
            token = replace(token, kind="num", number=Number(token.text, value, Fraction(1)))
        if token.kind == "num":
            index, token = _with_unit(found, index, token)
            token = _with_words_before(made, token)
            if _is_range(text, made, token):
                first = made[-2]
                both = (first.number, token.number)
                made[-2:] = []
                ends = both if both[0] is not None and both[1] is not None else None
                token = replace(
                    token, start=first.start, text=text[first.start : token.end], number=None, ends=ends,
                    spaced=first.spaced,
                )  # fmt: skip
        made.append(token)
    return made


def _with_unit(found: list[Token], index: int, token: Token) -> tuple[int, Token]:
    """Return a numeral with the scale and the unit that stand behind it as words of their own."""
    if token.number is None or token.unit:
        return index, token
    word, then = _word_at(found, index), _word_at(found, index + 1)
    # "3 M rows" are millions, and the k of "3 k" is some name.
    letter = _LETTERS.get(word, 0) if word.isupper() and then.isalpha() else 0
    if scale := _SCALES.get(word, letter):
        size = Fraction(10) ** scale
        number = replace(token.number, value=token.number.value * size, step=token.number.step * size)
        token = replace(token, end=found[index].end, number=number)
        index += 1
        word, then = then, _word_at(found, index + 1)
    used, unit, base = _unit_of_words(word, then)
    if not used:
        return index, token
    return index + used, replace(token, end=found[index + used - 1].end, unit=unit, base=base)


def _word_at(found: list[Token], index: int) -> str:
    """Return the word or percent sign at an index; nothing where something else or nothing stands there."""
    return next(
        (each.text for each in found[index : index + 1] if each.kind == "word" or each.text == "%"), ""
    )


def _unit_of_words(first: str, second: str) -> tuple[int, str, Fraction]:
    """Return how many words behind a numeral are its unit, and which unit it is."""
    word = first.lower()
    one = Fraction(1)
    if word in {"%", "percent"}:
        return 1, "%", one
    if word == "percentage" and second.lower() in _POINTS:
        return 2, "points", one
    if word in _POINTS or word.startswith("percentage-point"):
        return 1, "points", one
    # "12 GPU-hours" are hours.
    unit, base = _measure(first.rpartition("-")[2] if word.startswith(("gpu", "cpu", "tpu")) else first)
    return int(bool(unit)), unit, base


def _with_words_before(made: list[Token], token: Token) -> Token:
    before = made[-1] if made else None
    if before is None or token.number is None:
        return token
    word = before.text.lower()
    if word in _ABOUT:
        if before.kind == "op" and word == "~":
            made.pop()
        return replace(token, number=_about(token.number))
    if word in _BOUNDS or (word == "to" and len(made) > 1 and made[-2].text.lower() == "up"):
        return replace(token, bound=True)
    return token


def _about(number: Number) -> Number:
    """Return an approximate number: one unit of the last digit that is not a zero is allowed."""
    step = number.step
    while number.value and step >= 1 and number.value % (step * 10) == 0:
        step *= 10
    return replace(number, about=True, step=step)


def _is_range(text: str, made: list[Token], token: Token) -> bool:
    if len(made) < 2 or made[-2].kind != "num" or made[-1].text not in {"-", "–", "±"}:
        return False
    first, dash = made[-2], made[-1]
    if dash.text == "±":
        return True
    tight = not dash.spaced and not token.spaced
    wide = dash.spaced and token.spaced and text[dash.start] == "–"
    return (tight or wide) and first.unit in {"", token.unit}
