"""A question and its options, read out of a text: whatever their order, the same ones have the same key."""

from __future__ import annotations

import re
from typing import Final

_LABEL: Final = re.compile(r"(?:^|(?<=\s))[(\[]?([A-J]|[1-9])[)\].:]\s+(?=\S)", re.MULTILINE)


def question_and_options(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return a question's words before its options and the options' words, in order; None for texts without options.

    Options are two or more pieces, labelled A, B, C ... or 1, 2, 3 ... in order, on lines of their own or in one
    line; the last one ends with its line. What comes after them is left out: it is the question's format.
    """
    found: list[re.Match[str]] = []
    for match in _LABEL.finditer(text):
        label, start = match[1], "A" if match[1].isalpha() else "1"
        if label == start:
            found = [match]
        elif found and label == chr(ord(found[-1][1]) + 1):
            found.append(match)
    if len(found) < 2:
        return None
    ends = [*(match.start() for match in found[1:]), len(text)]
    pieces = [text[match.end() : end] for match, end in zip(found, ends, strict=True)]
    pieces[-1] = pieces[-1].partition("\n")[0]
    stem = _plain(text[: found[0].start()])
    options = tuple(map(_plain, pieces))
    return (stem, options) if stem and all(options) else None


def options_key(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the same with the options sorted: what a question keeps whatever their order."""
    found = question_and_options(text)
    return None if found is None else (found[0], tuple(sorted(found[1])))


def _plain(text: str) -> str:
    return " ".join(
        word for token in text.split() if (word := "".join(filter(str.isalnum, token.casefold())))
    )
