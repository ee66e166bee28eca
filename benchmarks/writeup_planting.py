"""Places of a text where numbers stand in a relation, and the same text with one of them changed.

The places are found by the numbers and hardly by the words: any three numbers in a row of words that are a count, its
whole and its percentage, or two numbers and their difference. How the checks read English plays no part in it.
"""

from __future__ import annotations

import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from scipy.special import stdtr

FORMS = ("share", "difference", "interval", "p-value", "arithmetic", "twice", "total", "column")
_OWN = {
    "difference": (
        "The score fell from {x}% to {y}%, a loss of {z} points.",
        "On the held-out part it went {x}% → {y}% (-{z}pp).",
        "There is a gap of {z} percentage points ({x}% vs {y}%).",
        "With {x}% against {y}%, a {z}-point difference remains.",
        "Training took it down by {z} points, from {x}% to {y}%.",
    ),
    "p-value": (
        "The difference is significant (z = {s}, p = {p}).",
        "A test gives t(40) = {t}, p = {q} for the second arm.",
        "For the second contrast z = {s}, p = {p}.",
    ),
    "arithmetic": (
        "We ran {a} prompts x {b} samples = {ab}.",
        "The pool has {c} + {d} + {e} = {cde} rows.",
        "That makes {a} tasks x {b} seeds = {ab} runs in all.",
    ),
    "interval": (
        "The estimate is {x}% (95% CI {lo}-{hi}).",
        "Accuracy was {x}% (95% confidence interval: {lo}% to {hi}%).",
        "It scores {x} [95% CI: {lo}, {hi}] there.",
    ),
}
"""Sentences for forms of which public texts have few; the numbers are drawn, and right before one is changed."""
_CHANGE = re.compile(
    r"Δ|\bdelta|\bdiff|\bgap\b|\bdrop|\bgain|\bimprov|\bincrease|\bdecrease|\bloss\b|\bchange|\blift\b", re.I
)
"""Words that call a number a difference."""
_NUMBER = re.compile(r"(?<![\w.,/-])[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]*\d)(?!\.\d)")


@dataclass(frozen=True)
class Planted:
    """A text with one number changed."""

    form: str
    lines: tuple[int, ...]
    what: str
    text: str


@dataclass(frozen=True)
class _Number:
    start: int
    end: int
    text: str
    value: float
    places: int
    unit: str


def _numbers(text: str) -> list[_Number]:
    found: list[_Number] = []
    for match in _NUMBER.finditer(text):
        plain = match.group().replace(",", "").replace("\u2212", "-")
        behind = text[match.end() : match.end() + 12]
        unit = (
            "%"
            if behind.lstrip("\\ ").startswith("%")
            else "pp"
            if behind.lstrip(" -").startswith(("pp", "poi"))
            else ""
        )
        places = len(plain.partition(".")[2])
        found.append(_Number(match.start(), match.end(), match.group(), float(plain), places, unit))
    return found


def _digits(number: _Number) -> int:
    return len(number.text.replace(",", "").replace(".", "").lstrip("+-\u22120"))


def _near(first: float, second: float, places: int, slack: float = 0.0) -> bool:
    return abs(first - second) <= 0.5000001 * 10**-places + slack


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield number, offset and text of every line outside fenced code."""
    offset, fenced = 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        elif not fenced:
            yield number, offset, line
        offset += len(line) + 1


def _changed(text: str, start: int, number: _Number, rng: random.Random) -> tuple[str, str] | None:
    """Return the text with another digit in a number, off by more than any rounding, and what was changed."""
    spots = [i for i, c in enumerate(number.text) if c.isdigit()]
    spots = spots[:-1] if len(spots) > 2 else spots  # the last digit may be rounded either way
    for _ in range(20):
        spot = rng.choice(spots)
        digit = rng.choice([d for d in "123456789" if d != number.text[spot]])
        new = number.text[:spot] + digit + number.text[spot + 1 :]
        value = float(new.replace(",", "").replace("\u2212", "-"))
        if abs(value - number.value) >= 4 * 10**-number.places:
            at = start + number.start
            return text[:at] + new + text[at + len(number.text) :], f"{number.text} -> {new}"
    return None


def composed(form: str, text: str, rng: random.Random) -> str:
    """Return a text with a right sentence of a form at its end; the same text where the form has none."""
    if form == "twice":
        return _repeated(text, rng)
    if form in {"total", "column"}:
        return f"{text.rstrip()}\n\n{_table(form, rng)}\n"
    if form not in _OWN:
        return text
    x, y, wide = rng.randrange(600, 950), rng.randrange(100, 590), rng.randrange(15, 40)
    a, b, c, d, e = (rng.randrange(11, 90) * k for k in (1, 1, 10, 10, 5))
    s = rng.randrange(150, 320) / 100
    numbers = {
        "x": f"{x / 10:.1f}", "y": f"{y / 10:.1f}", "z": f"{(x - y) / 10:.1f}",
        "lo": f"{(x - wide) / 10:.1f}", "hi": f"{(x + wide) / 10:.1f}",
        "s": f"{s:.2f}", "p": f"{math.erfc(s / math.sqrt(2)):.4f}",
        "t": f"{s:.2f}", "q": f"{2 * float(stdtr(40, -s)):.4f}",
        "a": str(a), "b": str(b), "ab": f"{a * b:,}", "c": str(c), "d": str(d), "e": str(e), "cde": f"{c + d + e:,}",
    }  # fmt: skip
    return f"{text.rstrip()}\n\n{rng.choice(_OWN[form]).format(**numbers)}\n"


def _table(form: str, rng: random.Random) -> str:
    """Return a table of counts with their total, or of counts with their share."""
    counts = [rng.randrange(21, 480) for _ in range(4)]
    if form == "total":
        rows = [f"| part {name} | {each} |" for name, each in zip("abcd", counts, strict=True)]
        return "\n".join(["| part | examples |", "|---|---|", *rows, f"| total | {sum(counts)} |"])
    rows = [f"| {name} | {each} | 500 | {each / 5:.1f}% |" for name, each in zip("abcd", counts, strict=True)]
    return "\n".join(["| condition | right | asked | accuracy |", "|---|---|---|---|", *rows])


def _repeated(text: str, rng: random.Random) -> str:
    """Return a text that ends with a summary in which one of its sentences stands again."""
    lines = [
        said.strip()
        for _, _, said in _lines(text)
        if len(_numbers(said)) >= 2 and 60 < len(said) < 300 and re.match(r"[A-Z][a-z]+ ", said) and said.endswith(".")
        and "](" not in said and re.search(r"[%.]", "".join(n.text + n.unit for n in _numbers(said)))
    ]  # fmt: skip
    return f"{text.rstrip()}\n\n## Summary\n{chr(10) * 12}\n{rng.choice(lines)}\n" if lines else ""


def planted(form: str, text: str, rng: random.Random, *, last: bool = False) -> Iterator[Planted]:
    """Yield a text with one error of a form for every place where it could stand.

    Args:
        form: One of `FORMS`.
        text: The text as it is.
        rng: What decides which digit becomes which.
        last: Whether only the last line counts.
    """
    count = text.rstrip().count("\n") + 1
    for lines, start, number, around in _PLACES[form](text):
        changed = _changed(text, start, number, rng)
        if form == "interval" and changed is not None and not _outside(text, changed[0]):
            continue
        if changed is not None and (not last or lines[0] == count):
            yield Planted(form, lines, f"{changed[1]} in `{around.strip()[:150]}`", changed[0])


def _outside(text: str, changed: str) -> bool:
    """Return whether the changed estimate lies outside what stands around it."""
    at = next((i for i, (a, b) in enumerate(zip(text, changed, strict=True)) if a != b), 0)
    line = changed[changed.rfind("\n", 0, at) + 1 : (changed + "\n").index("\n", at)]
    numbers = [n for n in _numbers(line) if n.value not in {90, 95, 99}]
    here = at - (changed.rfind("\n", 0, at) + 1)
    index = next((i for i, n in enumerate(numbers) if n.start <= here < n.end), None)
    if index is None or index + 2 >= len(numbers):
        return False
    est, low, high = numbers[index : index + 3]
    return not low.value - 0.1 <= est.value <= high.value + 0.1


Place = tuple[tuple[int, ...], int, _Number, str]


def _windows(text: str, size: int, reach: int) -> Iterator[tuple[int, int, str, tuple[_Number, ...]]]:
    for line, offset, said in _lines(text):
        if said.lstrip().startswith("|"):
            continue
        numbers = _numbers(said)
        for i in range(len(numbers)):
            for chosen in combinations(numbers[i : i + 5], size):
                if chosen[0] is numbers[i] and chosen[-1].end - chosen[0].start <= reach:
                    yield line, offset, said, chosen


def _shares(text: str) -> Iterator[Place]:
    for line, offset, said in _lines(text):
        numbers = _numbers(said)
        slashed = [
            (float(m[1].replace(",", "")), float(m[2].replace(",", "")), m.start(), m.end())
            for m in re.finditer(r"(?<![\w./])(\d[\d,]*)\s?(?:/|of|out of)\s?(\d[\d,]*)(?![\w/.]*\d)", said)
        ]
        for k, n, start, end in slashed:
            for x in numbers:
                close = min(abs(x.start - end), abs(start - x.end)) <= 30
                if (
                    x.unit == "%"
                    and close
                    and n >= 20
                    and 0 < k < n
                    and _digits(x) >= 2
                    and _near(100 * k / n, x.value, x.places)
                ):
                    yield (line,), offset, x, said[max(0, min(start, x.start) - 20) : max(end, x.end) + 20]
                    break


def _differences(text: str) -> Iterator[Place]:
    for line, offset, said, (x, y, z) in _windows(text, 3, 110):
        if (
            x.unit != "%"
            or y.unit != "%"
            or z.unit not in {"pp", "%"}
            or _digits(x) < 2
            or _digits(y) < 2
            or _digits(z) < 2
        ):
            continue
        between = said[x.end : z.end + 24]
        if not (z.unit == "pp" or z.text[0] in "+-\u2212" or _CHANGE.search(between)):
            continue
        slack = 0.5 * 10**-x.places + 0.5 * 10**-y.places
        if abs(z.value) > 1 and _near(abs(y.value - x.value), abs(z.value), z.places, slack):
            yield (line,), offset, z, said[max(0, x.start - 20) : z.end + 20]


def _intervals(text: str) -> Iterator[Place]:
    for line, offset, said, (est, low, high) in _windows(text, 3, 80):
        if not re.search(r"\bCI\b|interval", said[est.end : low.start]):
            continue
        if (
            low.value < est.value < high.value
            and min(_digits(low), _digits(high)) >= 2
            and est.value not in {90, 95, 99}
        ):
            yield (line,), offset, est, said[max(0, est.start - 20) : high.end + 20]


def _p_values(text: str) -> Iterator[Place]:
    for line, offset, said in _lines(text):
        for match in re.finditer(r"\b(?:z|t\s?\(\d+\))\s?=\s?-?[\d.]+[^.]{0,20}?\bp\s?=\s?(0?\.\d+)", said):
            number = _Number(
                match.start(1), match.end(1), match[1], float(match[1]), len(match[1].partition(".")[2]), ""
            )
            yield (line,), offset, number, match.group()


def _arithmetic(text: str) -> Iterator[Place]:
    for line, offset, said in _lines(text):
        for match in re.finditer(r"[^=.;|]{3,80}=\s?~?([\d,]{2,12}(?:\.\d+)?)(?![\w%])", said):
            parts = [n for n in _numbers(match.group()) if n.end <= match.start(1) - match.start()]
            total = _numbers(match[1].rstrip(","))
            if not 2 <= len(parts) <= 6 or not total or total[0].value < 10:
                continue
            product = 1.0
            for each in parts:
                product *= each.value
            truth = (
                product
                if re.search(r"[\u00d7*]|\sx\s|\\times", match.group())
                else sum(p.value for p in parts)
                if "+" in match.group()
                else None
            )
            if truth is not None and _near(truth, total[0].value, total[0].places):
                number = _Number(
                    match.start(1),
                    match.start(1) + len(total[0].text),
                    total[0].text,
                    total[0].value,
                    total[0].places,
                    "",
                )
                yield (line,), offset, number, match.group()


def _twice(text: str) -> Iterator[Place]:
    places: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for line, offset, said in _lines(text):
        if len(said) > 60 and not said.lstrip().startswith("|"):
            places[said.strip()].append((line, offset, said))
    for same in places.values():
        if len(same) == 2:
            (first, _, _), (second, offset, said) = same
            numbers = [n for n in _numbers(said) if (n.places or n.unit) and _digits(n) >= 2]
            for number in numbers[:1]:
                yield (second, first), offset, number, said


def _table_rows(text: str) -> Iterator[list[tuple[int, int, list[tuple[int, str]]]]]:
    rows: list[tuple[int, int, list[tuple[int, str]]]] = []
    for line, offset, said in _lines(text):
        if said.lstrip().startswith("|"):
            cells: list[tuple[int, str]] = []
            at = said.index("|") + 1
            for part in said.strip().strip("|").split("|"):
                cells.append((at, part))
                at += len(part) + 1
            rows.append((line, offset, cells))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _value(cell: str) -> _Number | None:
    numbers = _numbers(cell)
    return numbers[0] if len(numbers) == 1 and not re.search(r"[A-Za-z]{2}", cell) else None


def _totals(text: str) -> Iterator[Place]:
    for rows in _table_rows(text):
        for place, (line, offset, cells) in enumerate(rows[3:], start=3):
            if not re.search(r"\btotal\b|\bsum\b", cells[0][1], re.I):
                continue
            for index in range(1, len(cells)):
                above = [_value(r[2][index][1]) for r in rows[2:place] if index < len(r[2])]
                total = _value(cells[index][1])
                if (
                    total
                    and all(above)
                    and len(above) >= 2
                    and _digits(total) >= 2
                    and sum(a.value for a in above if a) == total.value
                ):
                    yield (line,), offset + cells[index][0], total, "|".join(c[1] for c in cells)


def _columns(text: str) -> Iterator[Place]:
    for rows in _table_rows(text):
        head = rows[0][2]
        body = [r for r in rows[2:] if len(r[2]) == len(head)]
        for index, (first, second) in (
            (i, pair) for i in range(len(head)) for pair in combinations(range(len(head)), 2) if i not in pair
        ):
            change = _CHANGE.search(head[index][1]) is not None
            held: list[tuple[_Number, tuple[int, int, list[tuple[int, str]]]]] = []
            for row in body:
                x, y, z = (_value(row[2][column][1]) for column in (first, second, index))
                if x and y and z and _digits(z) >= 2 and (_apart(x, y, z) if change else _part(x, y, z)):
                    held.append((z, row))
            if len(held) >= 3 and len(held) == len(body):
                for z, (line, offset, cells) in held:
                    yield (line,), offset + cells[index][0], z, "|".join(c[1] for c in cells)


def _apart(x: _Number, y: _Number, z: _Number) -> bool:
    slack = 0.5 * 10**-x.places + 0.5 * 10**-y.places
    return bool(z.value) and _near(abs(y.value - x.value), abs(z.value), z.places, slack)


def _part(x: _Number, y: _Number, z: _Number) -> bool:
    counts = y.value >= 20 and 0 < x.value < y.value and not x.places and not y.places
    return counts and z.unit == "%" and _near(100 * x.value / y.value, z.value, z.places)


_PLACES: dict[str, Callable[[str], Iterator[Place]]] = {
    "share": _shares,
    "difference": _differences,
    "interval": _intervals,
    "p-value": _p_values,
    "arithmetic": _arithmetic,
    "twice": _twice,
    "total": _totals,
    "column": _columns,
}
