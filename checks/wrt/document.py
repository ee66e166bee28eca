"""A write-up as text: blocks, sentences and places. Nothing in it is rendered, followed or run."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

Kind = Literal["heading", "text", "table", "code"]
"""What a block is; list items are text."""

# One character each, so that offsets in the normalised text are offsets in the file.
_SAME: Final = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "−": "-", "\u00a0": " ", "\u202f": " "}
)
_LONG_LINE = 240
"""A line longer than this means that the text has one line per paragraph, as copied from a web page."""
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")
_OPENS = re.compile(r"^\s*(?:[-*+•]\s|\d+[.)]\s|#{1,6}\s|\||>\s)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[A-Z(\[-])")
_QUOTED = re.compile(r'"[^"\n]{0,400}"')


@dataclass(frozen=True)
class Span:
    """A stretch of the text."""

    start: int
    """Offset of its first character."""
    text: str
    """What is there, line breaks inside a paragraph as spaces."""
    kind: Kind = "text"
    """What kind of block it is or stands in."""

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Place:
    """A position in the file."""

    line: int
    """From 1."""
    column: int
    """From 1, in characters."""


@dataclass(frozen=True)
class Document:
    """A write-up."""

    path: str
    """What reports call it."""
    raw: str
    """Its text as decoded."""

    @cached_property
    def text(self) -> str:
        """The text with one kind of quote, minus and space; every character stays in its place."""
        return self.raw.translate(_SAME)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(match.end() for match in re.finditer(r"\n", self.raw))
        return starts

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines, normalised, without their ends."""
        return tuple(line.rstrip("\r") for line in self.text.split("\n"))

    def place(self, offset: int) -> Place:
        """Return line and column of an offset."""
        line = bisect.bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)

    def line_at(self, offset: int) -> int:
        """Return the line of an offset, from 1."""
        return bisect.bisect_right(self._starts, offset)

    @cached_property
    def blocks(self) -> tuple[Span, ...]:
        """Paragraphs, list items, headings, table rows and fenced code, in order."""
        return tuple(self._read_blocks())

    def _read_blocks(self) -> Iterator[Span]:
        by_line = any(len(line) > _LONG_LINE for line in self.lines)
        begin: int | None = None
        end = offset = 0
        fence: str | None = None
        for line in self.lines:
            after = offset + len(line)
            mark = _FENCE.match(line)
            if fence is not None:
                if mark and mark.group(1) == fence:
                    fence = None
                else:
                    yield Span(offset, line, "code")
            elif mark:
                if begin is not None:
                    yield self._block(begin, end)
                begin, fence = None, mark.group(1)
            elif not line.strip() or by_line or _OPENS.match(line):
                if begin is not None:
                    yield self._block(begin, end)
                begin, end = (offset, after) if line.strip() else (None, after)
            else:
                begin, end = (offset if begin is None else begin), after
            offset = after + (2 if self.text.startswith("\r\n", after) else 1)
        if begin is not None:
            yield self._block(begin, end)

    def _block(self, start: int, end: int) -> Span:
        text = re.sub(r"[\r\n]", " ", self.text[start:end])
        if _HEADING.match(text):
            return Span(start, text, "heading")
        return Span(start, text, "table" if text.lstrip().startswith("|") else "text")

    @cached_property
    def prose(self) -> tuple[Span, ...]:
        """The blocks that are no code."""
        return tuple(block for block in self.blocks if block.kind != "code")

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences of all prose; what stands in quotes is never split."""
        return tuple(sentence for block in self.prose for sentence in _sentences(block))

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [each.start for each in self.sentences]

    def sentence_at(self, offset: int) -> int | None:
        """Return which of the sentences an offset is in; None where it is in none."""
        index = bisect.bisect_right(self._sentence_starts, offset) - 1
        return index if index >= 0 and offset < self.sentences[index].end else None

    @cached_property
    def title(self) -> Span | None:
        """The first block, whatever it is."""
        return self.prose[0] if self.prose else None

    @cached_property
    def labels(self) -> tuple[Span, ...]:
        """What could head a section: headings, short lines, and the words that a paragraph or item opens with."""
        return tuple(label for block in self.prose if (label := _label(block)) is not None)


def _sentences(block: Span) -> Iterator[Span]:
    quoted = [(match.start(), match.end()) for match in _QUOTED.finditer(block.text)]
    start = 0
    for match in _SENTENCE_END.finditer(block.text):
        if any(low < match.start() < high for low, high in quoted):
            continue
        yield Span(block.start + start, block.text[start : match.end()].rstrip(), block.kind)
        start = match.end()
    if block.text[start:].strip():
        yield Span(block.start + start, block.text[start:], block.kind)


def _label(block: Span) -> Span | None:
    heading = _HEADING.match(block.text)
    if heading:
        return Span(block.start + heading.start(1), heading.group(1), "heading")
    match = re.match(r"\s*(?:[-*+•]\s+)?(?:\*\*|__)?([A-Z][^.:|]{0,60})", block.text)
    if match is None:
        return None
    opened = match.group(1).rstrip("*_ ")
    whole = len(block.text.strip()) <= 60
    if whole or re.match(r"(?:\*\*|__)?\s*[.:]", block.text[match.start(1) + len(opened) :]):
        return Span(block.start + match.start(1), opened, block.kind)
    return None
