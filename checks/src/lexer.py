"""Strings, comments and brackets of a Python text, whatever Python runs this: what newer grammars are told apart by.

Only f-strings (PEP 701) and template strings (PEP 750) need more than a regular expression: their fields hold
expressions that hold strings again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "comment", "name", "number", "newline", "open", "close", "operator"]

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\r\n]*)
    |(?P<string>(?:[rR][bBfFtT]|[bBfFtT][rR]|[rRbBuUfFtT])?(?:\"\"\"|'''|"|'))
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\.?\d(?:[eE][+-]|[\w.])*)
    |(?P<newline>\r\n|\r|\n)
    |(?P<join>\\(?:\r\n|\r|\n))
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<blank>[ \t\f]+)
    |(?P<operator>[<>=!:*/]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_BRACKET = re.compile(r"[{}]")
_CONVERSION = re.compile(r"!\s*\w+\s*")
_DEEP = 60
"""Fields inside fields from which a text counts as unreadable."""


class UnreadableError(Exception):
    """A string or a field that does not end."""


@dataclass(frozen=True)
class Field:
    """The expression of a replacement field."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset after its last character."""
    after: int
    """Offset after its bracket."""
    specification: tuple[Field, ...] = ()
    """The fields in its format specification."""


@dataclass(frozen=True)
class Token:
    """A piece of the text."""

    kind: Kind
    start: int
    end: int
    text: str
    """What it is; for a string, its prefix in lower case."""
    fields: tuple[Field, ...] = ()
    """For f-strings and template strings, their fields."""

    @property
    def formatted(self) -> bool:
        """Whether this is an f-string or a template string."""
        return self.kind == "string" and ("f" in self.text or "t" in self.text)


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Yield the tokens of a text from a place on, blanks left out.

    Raises:
        UnreadableError: at a string or a field that does not end.
    """
    yield from _tokens(text, start, 0)


def _tokens(text: str, place: int, depth: int) -> Iterator[Token]:
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise UnreadableError
        kind, begin, place = found.lastgroup, place, found.end()
        if kind == "string":
            token = _string(text, begin, found.group(), depth)
            place = token.end
            yield token
        elif kind not in ("blank", "join"):
            yield Token(kind, begin, place, found.group())  # type: ignore[arg-type]


def _string(text: str, begin: int, opening: str, depth: int) -> Token:
    quote = opening.lstrip("rRbBuUfFtT")
    prefix = opening[: len(opening) - len(quote)].lower()
    place, fields = begin + len(opening), list[Field]()
    formatted, raw = "f" in prefix or "t" in prefix, "r" in prefix
    while True:
        found = _ends(quote, formatted).search(text, place)
        if found is None:
            raise UnreadableError
        what, place = found.group(), found.end()
        if what == quote:
            return Token("string", begin, place, prefix, tuple(fields))
        if what == "\\":
            place = _escaped(text, place, formatted=formatted, raw=raw)
        elif what == "{":
            field, place = _field(text, place, depth + 1)
            fields.append(field)
        elif what in "\r\n":
            raise UnreadableError


def _ends(quote: str, formatted: bool) -> re.Pattern[str]:
    stops = [re.escape(quote), r"\\"]
    if len(quote) == 1:
        stops.append(r"[\r\n]")
    if formatted:
        stops += [r"\{\{", r"\}\}", r"\{"]
    return re.compile("|".join(stops))


def _escaped(text: str, place: int, *, formatted: bool, raw: bool) -> int:
    """Return where a string goes on after a backslash."""
    if formatted and not raw and text.startswith("N{", place):
        end = text.find("}", place)
        return len(text) if end < 0 else end + 1
    if text.startswith("\r\n", place):
        return place + 2
    return place if formatted and text[place : place + 1] in "{}" else place + 1


def _field(text: str, begin: int, depth: int) -> tuple[Field, int]:
    """Return a replacement field, and where the text goes on after its bracket."""
    if depth > _DEEP:
        raise UnreadableError
    brackets, end = 0, begin
    for token in _tokens(text, begin, depth):
        if token.kind == "open":
            brackets += 1
        elif token.kind == "close" and brackets:
            brackets -= 1
        elif not brackets and (token.kind == "close" or token.text in (":", "!", ":=")):
            if token.text == "!":
                continue_at = _CONVERSION.match(text, token.start)
                if continue_at is None:
                    raise UnreadableError
                place = continue_at.end()
            else:
                place = token.start
            if end == begin:
                raise UnreadableError
            return _rest(text, begin, end, place, depth)
        if token.kind not in ("comment", "newline") and (brackets or token.text != "="):
            end = token.end  # `{x=}` shows its own text
    raise UnreadableError


def _rest(text: str, begin: int, end: int, place: int, depth: int) -> tuple[Field, int]:
    """Read what stands behind a field's expression: its format specification and its bracket."""
    if text[place : place + 1] == "}":
        return Field(begin, end, place + 1), place + 1
    if text[place : place + 1] != ":":
        raise UnreadableError
    inner: list[Field] = []
    place += 1
    while True:
        found = _BRACKET.search(text, place)
        if found is None:
            raise UnreadableError
        place = found.end()
        if found.group() == "}":
            return Field(begin, end, place, tuple(inner)), place
        nested, place = _field(text, place, depth + 1)
        inner.append(nested)
