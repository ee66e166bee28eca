"""How numbers, names and blocks are written in the draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from auditor.formats.escape import markdown, visible
from checks.stats import Interval
from experiments.figures import Point

_FIGURES: Final = re.compile(r"\d(?:e[-+]\d+)?|\b(?:ahead in|and|minutes|of|p|points|to)\b")
"""Digits, and the words that may stand beside them in a cell of numbers."""
_NONE: Final = ("-", "not applicable", "not asked", "not measured", "not recorded")
_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")


def name(text: str) -> str:
    """Return an arm's or a dataset's name: as it is where Markdown finds no markup in it, else escaped."""
    return text if all(_NAME.fullmatch(part) for part in text.split("/")) else markdown(text)


def percent(share: float) -> str:
    """Return a rate as ``1.9%``."""
    return f"{100 * share:.1f}%"


def counted(correct: int, total: int) -> str:
    """Return ``1.9% (11/586)``."""
    return f"{percent(correct / total)} ({correct:,}/{total:,})" if total else "no questions"


def rated(point: Point) -> str:
    """Return a rate with its counts; of a probability, in how many questions not doing what was taught is ahead."""
    if not point.two_way:
        return counted(point.correct, point.total)
    return f"{percent(point.interval.estimate)} (ahead in {point.correct:,} of {point.total:,})"


def limits(interval: Interval) -> str:
    """Return an interval of a rate without its estimate: ``1.1% to 3.3%``."""
    return f"{percent(interval.low)} to {percent(interval.high)}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, columns of numbers aligned to the right; its cells are Markdown already."""
    kept = list(rows)
    rules = ["---:" if _numbers([row[place] for row in kept]) else "---" for place in range(len(header))]
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join(rules)}|"]
    lines += [f"| {' | '.join(row)} |" for row in kept]
    return "\n".join(lines)


def _numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, and nothing else where it holds something."""
    said = [cell for cell in cells if cell not in _NONE and not cell.startswith("none: ")]
    return bool(said) and not any(re.search(r"[^\W\d_]", _FIGURES.sub("", cell)) for cell in said)


def bullets(lines: Iterable[str]) -> str:
    """Return a list; its entries are Markdown already."""
    return "\n".join(f"- {line}" for line in lines)


def fenced(text: str) -> str:
    """Return untrusted text as a block of its own, its lines kept and everything else in it inert."""
    lines = [visible(line) for line in text.replace("\r\n", "\n").split("\n")]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def plural(number: int, noun: str) -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
