"""JSONL files, plain or compressed, and files that hold one JSON array."""

from __future__ import annotations

import bisect
import codecs
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb

from builders.bounds import bounds, raising
from builders.errors import InputError
from builders.readers import lines
from builders.readers.columns import ColumnType
from builders.readers.pieces import SAMPLE_ROWS, OnDisk, Row, Survey
from builders.readers.problems import RowProblem
from builders.readers.spool import Copy, unnamed
from builders.readers.strictjson import TOO_DEEP, TOO_LONG_NUMBER, kind, parse_json, parse_row
from builders.sql import literal

SMALL_OBJECT = 1 << 22
"""Bytes that one row may have at first. The engine's buffers are twice that per thread."""

SAMPLE_BYTES = 1 << 22
CHUNK = 1 << 20


@dataclass
class JsonLines(OnDisk):
    """A file with one object on each line."""

    path: Path
    compression: lines.Compression | None = None
    label: str | None = None
    object_bytes: int = SMALL_OBJECT
    clean: Copy | None = None
    """A copy without bad rows, see `without_rows`."""
    _index: lines.LineIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._index = lines.LineIndex(self.path, self.compression)

    def survey(self) -> Survey:
        """Digest the decompressed bytes and count the lines."""
        found = lines.survey(self.path, self.compression)
        self._index.learn(found)
        return Survey(found.sha256, found.lines)

    def sample(self) -> list[Row]:
        """Return the first rows that can be parsed."""
        rows: list[Row] = []
        refused: list[int] = []
        seen = 0
        for row, (_, line) in enumerate(lines.numbered(self.path, self.compression)):
            seen += len(line)
            try:
                rows.append(parse_row(line))
            except RowProblem:
                refused.append(row)
                continue
            if len(rows) >= SAMPLE_ROWS or seen > SAMPLE_BYTES:
                break
        self.refused = tuple(refused)
        return rows

    refused: tuple[int, ...] = ()
    """Rows among the first that cannot be parsed: the engine passes over what it was not asked for."""

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL that reads the file straight into the wanted types."""
        del connection
        if self.clean is not None:
            return read_json(self.clean.path, columns, "newline_delimited", None, self.object_bytes)
        return read_json(self.path, columns, "newline_delimited", self.compression, self.object_bytes)

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place.

        Raises:
            RowProblem: if one of them cannot be parsed.
        """
        places = self.lines_of(rows)
        text = self._index.read(places.values())
        return {row: parse_row(text[line]) for row, line in places.items() if line in text}

    def spread(self, number: int) -> list[Row]:
        """Return about so many rows from all over a file that is not compressed, those that can be parsed."""
        if self.compression is not None or self.size <= SAMPLE_BYTES:
            return []
        rows: list[Row] = []
        with lines.open_bytes(self.path, None) as file:
            for step in range(1, number + 1):
                file.seek(self.size * step // (number + 1))
                file.readline()
                try:
                    rows.append(parse_row(file.readline()))
                except RowProblem:
                    continue
        return rows

    def walk(self) -> Iterator[tuple[int, int | None, bytes | Row]]:
        """Yield every row's place, line and bytes."""
        for row, (number, line) in enumerate(lines.numbered(self.path, self.compression)):
            yield row, number, line

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the line on which each row stands."""
        return {row: self._line(row) for row in rows}

    def _line(self, row: int) -> int:
        return row + 1 + bisect.bisect_right(self.rows_before_blanks(), row)

    def rows_before_blanks(self) -> list[int]:
        """Return how many rows stand before each blank line: before the k-th, from 0, at line b, b - 1 - k."""
        return [number - 1 - k for k, number in enumerate(self.blank_lines)]

    blank_lines: tuple[int, ...] = ()
    """Numbers of the blank lines, set once they are known: rows do not count them, lines do."""

    def longest(self) -> int:
        """Return the bytes of the longest line."""
        return max((len(line) for _, line in lines.numbered(self.path, self.compression)), default=0)

    def nothing(self) -> InputError:
        """Make the error for a file without a readable row: the first row's, if there is one."""
        for row, line in lines.numbered(self.path, self.compression):
            try:
                parse_row(line)
            except RowProblem as problem:
                return InputError(problem.message, where=f"{self.where}:{row}", help=problem.help)
        return InputError("is empty: there is nothing to audit", where=self.where)

    def find_blank_lines(self) -> None:
        """Note which lines are blank."""
        with lines.open_bytes(self.path, self.compression) as file:
            found = lines.bounded(file, self.where)
            self.blank_lines = tuple(number for number, line in found if line.isspace())


@dataclass
class JsonArray(OnDisk):
    """A file that holds one array of objects."""

    path: Path
    compression: lines.Compression | None = None
    label: str | None = None
    object_bytes: int = SMALL_OBJECT
    clean: Copy | None = None
    """A copy without bad rows, see `without_rows`."""

    def survey(self) -> Survey:
        """Digest the decompressed bytes."""
        return Survey(lines.survey(self.path, self.compression).sha256, None)

    def sample(self) -> list[Row]:
        """Return the first rows."""
        rows: list[Row] = []
        for _, _, text in self.walk():
            rows.append(text)
            if len(rows) >= SAMPLE_ROWS:
                break
        return rows

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL that reads the array's elements straight into the wanted types."""
        del connection
        if self.clean is not None:
            return read_json(self.clean.path, columns, "newline_delimited", None, self.object_bytes)
        return read_json(self.path, columns, "array", self.compression, self.object_bytes)

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place."""
        wanted, found = set(rows), {}
        for row, _, value in self.walk():
            if row in wanted:
                found[row] = value
                if len(found) == len(wanted):
                    break
        return found

    def walk(self) -> Iterator[tuple[int, int | None, Row]]:
        """Yield every element, decoded one at a time.

        Raises:
            InputError: if the array is broken, with the line on which it breaks.
        """
        for row, value in enumerate(_elements(self.path, self.where, self.compression)):
            yield row, None, value

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return nothing: elements of an array need not stand on lines."""
        del rows
        return {}

    def longest(self) -> int:
        """Return at least the bytes of the longest element."""
        return max((4 * len(json.dumps(value)) for _, _, value in self.walk()), default=0)

    def nothing(self) -> InputError:
        """Make the error for an empty array."""
        return InputError("is empty: there is nothing to audit", where=self.where)


def without_rows(piece: JsonLines | JsonArray, places: Collection[int]) -> Copy:
    """Copy a piece to a temporary file of lines in which an empty object stands for each of some rows.

    The engine has an option of its own to pass over errors. What it does with the rows around one differs between
    its versions, and here every row has to keep its number.
    """
    copy = unnamed()
    gone = frozenset(places)
    for place, _, content in piece.walk():
        read = content if isinstance(content, bytes) else json.dumps(content).encode()
        line = b"{}" if place in gone else read
        copy.file.write(line.rstrip(b"\r\n") + b"\n")
    copy.file.flush()
    return copy


def read_json(
    path: Path,
    columns: Mapping[str, ColumnType],
    layout: str,
    compression: lines.Compression | None,
    object_bytes: int,
) -> str:
    """Return the SQL that reads a JSON file into the given columns."""
    spec = ", ".join(f"{literal(name)}: {literal(kind.duckdb)}" for name, kind in columns.items())
    return (
        f"SELECT * FROM read_json({literal(escaped(path))}, format = '{layout}', columns = {{{spec}}}, "  # noqa: S608
        f"compression = '{compression or 'uncompressed'}', maximum_object_size = {object_bytes})"
    )


def escaped(path: Path) -> str:
    """A path in which the engine sees no glob."""
    text = str(path)
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


class _Text:
    """A text that is read as it is consumed, knowing the line it is on."""

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file, self._where = file, where
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self.buffer, self.at, self.line, self.ended = "", 0, 1, False

    def more(self) -> None:
        """Read on, as much again as is left, dropping what was consumed.

        Raises:
            InputError: if what is left is longer than a row may be, or is no UTF-8.
        """
        left = len(self.buffer) - self.at
        if left > bounds().row_bytes:
            raise InputError(
                f"has a row of more than {bounds().row_mb:g} MB",
                where=f"{self._where}:{self.line}",
                help=f"no trainer takes such a row: take it out, or split it; {raising('row-mb')}",
            )
        data = self._file.read(max(CHUNK, left))
        self.ended = not data
        try:
            text = self._decode.decode(data, final=self.ended)
        except UnicodeDecodeError as error:
            raise InputError(
                f"invalid UTF-8: {error.reason}",
                where=f"{self._where}:{self.line + self.buffer.count(chr(10), self.at)}",
                help="save the file as UTF-8, for example `iconv -f latin1 -t utf-8 FILE`",
            ) from error
        self.buffer, self.at = self.buffer[self.at :] + text, 0

    def to(self, end: int) -> None:
        """Consume up to a place in the buffer."""
        self.line += self.buffer.count("\n", self.at, end)
        self.at = end

    def peek(self) -> str:
        """Return the next character that is no space; the empty string at the end."""
        while True:
            end = self.at
            while end < len(self.buffer) and self.buffer[end].isspace():
                end += 1
            self.to(end)
            if end < len(self.buffer) or self.ended:
                return self.buffer[end : end + 1]
            self.more()

    def fail(self, message: str, at: int | None = None) -> InputError:
        """Make the error for this place."""
        line = self.line + (self.buffer.count("\n", self.at, at) if at is not None else 0)
        return InputError(message, where=f"{self._where}:{line}")


def _elements(path: Path, where: str, compression: lines.Compression | None) -> Iterator[Row]:
    """Decode an array's elements one at a time.

    Raises:
        InputError: with the line at which the text stops being an array of objects.
    """
    with lines.open_bytes(path, compression) as file:
        text = _Text(file, where)
        if text.peek() != "[":
            raise text.fail("is no JSON array")
        text.to(text.at + 1)
        while (following := text.peek()) != "]":
            if following == ",":
                text.to(text.at + 1)
                continue
            if not following:
                raise text.fail("the array is not closed: the file is cut off")
            yield _element(text)


def _element(text: _Text) -> Row:
    decoder = json.JSONDecoder()
    while True:
        try:
            value, end = decoder.raw_decode(text.buffer, text.at)
            break
        except json.JSONDecodeError as error:
            if text.ended:
                raise text.fail(f"broken JSON: {error.msg[0].lower()}{error.msg[1:]}", error.pos) from error
            text.more()
        except RecursionError as error:
            raise text.fail(TOO_DEEP) from error
        except ValueError as error:
            raise text.fail(TOO_LONG_NUMBER) from error
    if not isinstance(value, dict):
        raise text.fail(f"expected an array of objects, found {kind(value)} in it")
    try:
        value = parse_json(text.buffer[text.at : end])
    except RowProblem as problem:
        raise text.fail(problem.message) from problem
    text.to(end)
    return value
