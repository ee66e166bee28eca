"""Arrow tables: IPC files, what `datasets` saves and loads, and tables of pandas, polars and Arrow in memory."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from builders.errors import InputError
from builders.readers import lines
from builders.readers.columns import ColumnType
from builders.readers.pieces import Row, Survey, decoded, describe, first, typed

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 14
"""Rows that are handled at a time."""

_numbers = itertools.count(1)


@dataclass
class ArrowPiece:
    """A table, in memory or mapped from a file, or a source that can be gone through again and again."""

    where: str
    """What messages call it."""
    open: Callable[[], Iterator[pa.Table]]
    """Start going through the rows, some at a time."""
    table: pa.Table | None = None
    """All rows, where they are at hand."""
    path: Path | None = None
    """The file; None for tables in memory."""

    @property
    def size(self) -> int:
        """Bytes, 0 where unknown."""
        return self.path.stat().st_size if self.path else 0

    def survey(self) -> Survey:
        """Digest the file, or the rows in batches of fixed length, so that chunks do not count."""
        if self.path is not None:
            return Survey(lines.survey(self.path).sha256, None)
        sha = hashlib.sha256()
        for table in self.open():
            sha.update(_bytes(table))
        return Survey(sha.hexdigest(), None)

    def sample(self) -> list[Row]:
        """Return the first rows."""
        return first(row for _, _, row in self.walk())

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Return SQL that reads the columns through JSON into the wanted types."""
        import pyarrow as pa

        name = f"arrow_{next(_numbers)}"
        if self.table is not None:
            connection.register(name, self.table)
            return typed(describe(connection, name), name, columns)
        batches = self.open()
        head = next(batches, None)
        if head is None:
            raise self.nothing()
        connection.register(f"{name}_head", head.slice(0, 0))
        found = describe(connection, f"{name}_head")
        connection.unregister(f"{name}_head")
        rows = (batch for table in itertools.chain([head], batches) for batch in table.to_batches())
        connection.register(name, pa.RecordBatchReader.from_batches(head.schema, rows))
        return typed(found, name, columns)

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Return whole rows by their place."""
        if self.table is not None:
            taken = [self.table.slice(row, 1).to_pylist()[0] for row in rows]
            return {row: decoded(record) for row, record in zip(rows, taken, strict=True)}
        found: dict[int, Row] = {}
        start = 0
        for table in self.open():
            wanted = [row for row in rows if start <= row < start + table.num_rows]
            found |= {row: decoded(table.slice(row - start, 1).to_pylist()[0]) for row in wanted}
            if len(found) == len(set(rows)):
                break
            start += table.num_rows
        return found

    def walk(self) -> Iterator[tuple[int, int | None, Row]]:
        """Yield every row."""
        records = (decoded(record) for table in self.open() for record in table.to_pylist())
        for number, record in enumerate(records):
            yield number, None, record

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return nothing: rows stand on no lines."""
        del rows
        return {}

    def nothing(self) -> InputError:
        """Make the error for a table without rows."""
        return InputError("is empty: there is nothing to audit", where=self.where)


def of_table(table: pa.Table, where: str, path: Path | None = None) -> ArrowPiece:
    """Return a whole table as a piece."""

    def batches() -> Iterator[pa.Table]:
        for start in range(0, table.num_rows, BATCH):
            yield table.slice(start, BATCH)

    return ArrowPiece(where, batches, table, path)


def of_file(path: Path, label: str | None = None) -> ArrowPiece:
    """Map an IPC file or stream into memory: its pages are read as they are needed.

    Raises:
        InputError: if it is damaged.
    """
    import pyarrow as pa

    where = label or str(path)
    try:
        source = pa.memory_map(str(path))
        try:
            table = pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            table = pa.ipc.open_stream(source).read_all()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"is no readable Arrow file: {str(error).partition(chr(10))[0]}",
            where=where,
            help="the file is cut off or damaged: write it again",
        ) from error
    return of_table(table, where, path)


def of_dataset(dataset: Any, where: str) -> ArrowPiece:  # noqa: ANN401
    """Return a `datasets.Dataset` or `IterableDataset` as a piece.

    A dataset that was only loaded is used where it lies, mapped from its files. One that was shuffled, filtered
    or is streamed is gone through in its own order.
    """
    if getattr(dataset, "_indices", None) is None and hasattr(dataset, "data"):
        return of_table(dataset.data.table, where)

    def batches() -> Iterator[pa.Table]:
        yield from dataset.with_format("arrow").iter(batch_size=BATCH)

    return ArrowPiece(where, batches)


def of_frame(table: Any) -> ArrowPiece | None:  # noqa: ANN401
    """Return a pandas, polars or Arrow table as a piece; None if it is none of these."""
    import pyarrow as pa

    where = f"{type(table).__module__.partition('.')[0]}.{type(table).__name__}"
    if isinstance(table, pa.Table):
        return of_table(table, where)
    if where == "pandas.DataFrame":
        return of_table(pa.Table.from_pandas(table, preserve_index=False), where)
    if hasattr(table, "__arrow_c_stream__"):
        return of_table(pa.table(table), where)
    return None


def _bytes(table: pa.Table) -> memoryview:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema.remove_metadata()) as writer:
        writer.write_table(whole.replace_schema_metadata())
    return memoryview(sink.getvalue())
