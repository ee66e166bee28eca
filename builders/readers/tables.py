"""Parquet and CSV files: pieces whose columns have types of their own.

Their rows stand on no lines, so messages name the row, counted from 0.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from builders.errors import InputError
from builders.readers import lines
from builders.readers.columns import ColumnType
from builders.readers.jsonfiles import escaped
from builders.readers.pieces import OnDisk, Row, Survey, decoded, describe, first, typed
from builders.sql import literal

MAX_LINE = 1 << 23
"""Bytes that one row of a CSV file may have; the engine's buffer is sixteen times that."""


def nothing(where: str) -> InputError:
    """Make the error for a table without rows."""
    return InputError("is empty: there is nothing to audit", where=where)


@dataclass
class _File(OnDisk):
    """What Parquet and CSV files have in common: the engine reads them, and a cursor of its own looks at rows."""

    path: Path
    label: str | None = None

    def nothing(self) -> InputError:
        """Make the error for a table without rows."""
        return nothing(self.where)

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return nothing: rows stand on no lines."""
        del rows
        return {}

    def walk(self) -> Iterator[tuple[int, int | None, Row]]:
        """Yield every row."""
        for number, row in enumerate(self._records()):
            yield number, None, row

    def _records(self) -> Iterator[Row]:
        raise NotImplementedError


@dataclass
class ParquetFile(_File):
    """One Parquet file."""

    def survey(self) -> Survey:
        """Digest the file."""
        return Survey(lines.survey(self.path).sha256, None)

    @property
    def _scan(self) -> str:
        return f"read_parquet({literal(escaped(self.path))})"

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL that reads the columns through JSON into the wanted types."""
        try:
            return typed(describe(connection, self._scan), self._scan, columns)
        except duckdb.Error as error:
            raise _unreadable(self.where, "Parquet", error) from error

    def sample(self) -> list[Row]:
        """Return the first rows."""
        return first(self._records())

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place, reading only the row groups that hold them."""
        import pyarrow.parquet as pq

        found: dict[int, Row] = {}
        file = pq.ParquetFile(self.path)
        start = 0
        for group in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            wanted = [row - start for row in rows if start <= row < start + count]
            if wanted:
                taken = file.read_row_group(group).take(wanted).to_pylist()
                found |= {start + place: decoded(row) for place, row in zip(wanted, taken, strict=True)}
            start += count
        return found

    def _records(self) -> Iterator[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            for batch in pq.ParquetFile(self.path).iter_batches(batch_size=1024):
                yield from map(decoded, batch.to_pylist())
        except (pa.ArrowInvalid, OSError) as error:
            raise _unreadable(self.where, "Parquet", error) from error


@dataclass
class CsvFile(_File):
    """One CSV or TSV file with a header. Cells are texts; an empty cell is null, and `""` is an empty text."""

    delimiter: str = ","
    compression: lines.Compression | None = None

    def survey(self) -> Survey:
        """Digest the decompressed bytes."""
        return Survey(lines.survey(self.path, self.compression).sha256, None)

    def header(self) -> list[str]:
        """Return the columns' names.

        Raises:
            InputError: if there is none, or a name is there twice.
        """
        with lines.open_bytes(self.path, self.compression) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
            names = next(csv.reader(text, delimiter=self.delimiter), [])
        if not names:
            raise self.nothing()
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"column '{twice[0]}' is there twice", where=f"{self.where}:1")
        return names

    def _scan(self) -> str:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.header())
        return (
            f"read_csv({literal(escaped(self.path))}, header = true, auto_detect = false, "
            f"columns = {{{columns}}}, delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', "
            f"nullstr = '', allow_quoted_nulls = false, strict_mode = true, "
            f"compression = '{self.compression or 'uncompressed'}', max_line_size = {MAX_LINE})"
        )

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL that parses the cells of list columns as JSON and takes all others as text."""
        del connection
        return typed(dict.fromkeys(self.header(), "VARCHAR"), self._scan(), columns)

    def sample(self) -> list[Row]:
        """Return the first rows."""
        return first(self._records())

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place."""
        wanted = set(rows)
        return {
            number: row
            for number, row in zip(range(max(wanted) + 1), self._records(), strict=False)
            if number in wanted
        }

    def _records(self) -> Iterator[Row]:
        """Read with the engine, on a connection of its own, so that a cell means here what it means there."""
        names = self.header()
        with duckdb.connect() as connection:
            try:
                cursor = connection.execute(f"SELECT * FROM {self._scan()}")  # noqa: S608
                while batch := cursor.fetchmany(1024):
                    yield from (decoded(dict(zip(names, cells, strict=True))) for cells in batch)
            except duckdb.Error as error:
                raise self.broken(error) from error

    def broken(self, error: duckdb.Error) -> InputError:
        """Make the error for a row that is no CSV, with the engine's line."""
        found = re.search(r"CSV Error on Line: (\d+)", str(error))
        reason = re.search(
            r"^(?!Original Line|.*CSV Error)(\S.*)$", str(error).partition("\n")[2], re.MULTILINE
        )
        return InputError(
            f"is no CSV: {reason[1] if reason else str(error).partition(chr(10))[0]}",
            where=f"{self.where}:{found[1]}" if found else self.where,
            help="quote cells that hold the delimiter, quotes or line breaks; such rows cannot be skipped, because "
            "where the next one starts is anybody's guess",
        )


def _unreadable(where: str, form: str, error: Exception) -> InputError:
    reason = str(error).partition("\n")[0]
    return InputError(
        f"is no readable {form} file: {reason}",
        where=where,
        help="the file is cut off or damaged: write it again",
    )
