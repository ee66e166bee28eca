# pyright: reportMissingImports=false
"""What an executor does: read blocks of rows by the reader that reads files here, and hand narrow columns on.

A block is some consecutive rows of one file, or of one partition of a DataFrame. Spark divides files and hands over
lines or columns; shapes, labels, roles, turns, contexts and hashes are all the reader's, in DuckDB inside the worker.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from builders.bounds import Bounds, bounded
from builders.engine.embedded import Embedded
from builders.engine.frame import FRAME_COLUMNS, Frame, Unread
from builders.engine.multiset import Sums, sums_of
from builders.engine.pairs import PairFaults
from builders.engine.tally import SIGNED_BY
from builders.engine.users import tell, user_texts
from builders.errors import InputError
from builders.questions.overlap import Evaluated, Overlap, nearest
from builders.readers.arrow import of_table
from builders.readers.connection import open_connection
from builders.readers.filling import Filled, Filling
from builders.readers.jsonfiles import JsonLines
from builders.readers.pieces import Piece
from builders.readers.plan import ReadingPlan
from builders.readers.preferences import pair_faults
from builders.readers.selected import count_selected
from builders.readers.texts import Texts

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

PATH, START, LINE = "audit_path", "audit_start", "audit_line"
"""Columns beside a row's own: its file, where its part of the file begins, and the line itself."""

BLOCK_ROWS: Final = 100_000
BLOCK_BYTES: Final = 64 << 20
"""A block ends where it has so many rows or bytes: a worker holds one at a time."""

_BATCH: Final = 10_000

_SPARK: Final = {
    "BIGINT": "bigint",
    "UBIGINT": "bigint",
    "INTEGER": "int",
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
}

_OURS: Final = {
    column: kind for column, kind in FRAME_COLUMNS.items() if column not in ("row", "file", "carrier")
}

ROW_SCHEMA: Final = "block bigint, place bigint, meta binary, " + ", ".join(
    f"`{column}` {_SPARK[kind]}" for column, kind in _OURS.items()
)
"""What `read_rows` yields: rows, and for each block one record that has `meta` alone."""


@dataclass(frozen=True)
class Task:
    """How blocks are read."""

    plan: ReadingPlan
    """Shape, labels, roles and view, decided on the driver."""
    skip: bool
    """Whether rows that cannot be read are left out."""
    where: str
    """What messages call rows that are of no file."""
    called: Mapping[str, str]
    """File as Spark names it -> what messages call it."""
    bounds: Bounds
    """What rows may cost: said to the driver, and obeyed here."""


@dataclass(frozen=True)
class Block:
    """Some consecutive rows."""

    number: int
    """Of all blocks of the dataset; no two have the same."""
    path: str
    """Their file as Spark names it; empty where they are of none."""
    start: int
    """Where their part of the file begins, or their partition."""
    place: int
    """Which block of that part it is, from 0."""
    table: pa.Table
    """The rows."""

    @property
    def lines(self) -> bool:
        """Whether they are lines of text."""
        return LINE in self.table.column_names


@dataclass(frozen=True)
class Meta:
    """What is known of a block once it is read."""

    number: int
    path: str
    start: int
    place: int
    lines: int
    """Lines, or rows of a table."""
    rows: int = 0
    """Rows, unreadable ones included."""
    widest: int = 1
    """The most trained turns of a row."""
    filled: Filled | None = None
    apart: tuple[int, ...] = ()
    """Rows that were taken apart in Python."""
    counts: Mapping[str, int] | None = None
    """What labels and roles pick out."""
    sums: Sums | None = None
    pairs: PairFaults | None = None
    unread: tuple[Unread, ...] = ()
    """What of its rows nothing read although it could matter."""
    error: tuple[str, str, str | None] | None = None
    """What stopped the read: where, message and help."""


def plain_path(uri: str) -> str:
    """Return a file's path as this machine knows it, of how Spark names it."""
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri


def blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[Block]:
    """Gather a partition's rows into blocks."""
    import pyarrow as pa
    from pyspark import TaskContext

    context = TaskContext.get()
    partition = 0 if context is None else context.partitionId()
    waiting: list[pa.Table] = []
    current: tuple[str, int] | None = None
    made: dict[tuple[str, int], int] = {}
    number = partition << 24

    def flush() -> Iterator[Block]:
        nonlocal number
        if waiting and current is not None:
            table = pa.concat_tables(waiting)
            waiting.clear()
            yield Block(number, *current, made.get(current, 0), table)
            made[current] = made.get(current, 0) + 1
            number += 1

    for batch in batches:
        for part, key in _runs(pa.Table.from_batches([batch]), partition):
            if key != current or _full(waiting):
                yield from flush()
                current = key
            waiting.append(part)
    yield from flush()


def _full(waiting: Sequence[pa.Table]) -> bool:
    rows = sum(table.num_rows for table in waiting)
    return rows >= BLOCK_ROWS or sum(table.nbytes for table in waiting) >= BLOCK_BYTES


def _runs(table: pa.Table, partition: int) -> Iterator[tuple[pa.Table, tuple[str, int]]]:
    """Divide a table where the file, or the part of it, changes."""
    if PATH not in table.column_names:
        if table.num_rows:
            yield table, ("", partition)
        return
    paths, starts = table.column(PATH), table.column(START)
    bare = table.drop_columns([PATH, START])
    begin = 0
    while begin < table.num_rows:
        key = (paths[begin].as_py(), starts[begin].as_py())
        end = table.num_rows
        if (paths[end - 1].as_py(), starts[end - 1].as_py()) != key:
            end = begin + 1
            while end < table.num_rows and (paths[end].as_py(), starts[end].as_py()) == key:
                end += 1
        yield bare.slice(begin, end - begin), key
        begin = end


def read_rows(batches: Iterator[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    """Read a partition; see `ROW_SCHEMA`."""
    import pyarrow as pa

    schema = _schema()
    columns = ", ".join(
        f'({column}::HUGEINT - {SIGNED_BY})::BIGINT AS "{column}"' if kind == "UBIGINT" else f'"{column}"'
        for column, kind in _OURS.items()
    )
    for block in blocks(batches):
        with _read(block, task) as (frame, meta):
            if frame is not None:
                query = f"SELECT row // {frame.stride} AS place, {columns} FROM {frame.table}"  # noqa: S608
                for batch in frame.connection.sql(query).to_arrow_reader(_BATCH):
                    numbers = pa.array([block.number] * batch.num_rows, pa.int64())
                    nothing = pa.nulls(batch.num_rows, pa.binary())
                    place, *own = batch.columns
                    yield pa.RecordBatch.from_arrays([numbers, place, nothing, *own], schema=schema)
        record = {"block": block.number, "meta": pickle.dumps(meta)}
        yield pa.RecordBatch.from_pylist([record], schema=schema)


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {"bigint": pa.int64(), "int": pa.int32(), "string": pa.string(), "boolean": pa.bool_()}
    own = [(column, kinds[_SPARK[kind]]) for column, kind in _OURS.items()]
    return pa.schema([("block", pa.int64()), ("place", pa.int64()), ("meta", pa.binary()), *own])


def tell_rows(
    batches: Iterator[pa.RecordBatch], task: Task, expressions: Sequence[str], columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Answer questions about a partition's texts: `block`, `place`, `turn`, and `held_0`, `held_1`, ..."""
    held = ", ".join(f"held_{number}" for number in range(len(expressions)))
    for block in blocks(batches):
        with _read(block, task) as (frame, _):
            if frame is not None:
                told = tell(frame, expressions, columns=columns)
                yield from frame.connection.sql(
                    f"SELECT {block.number}::BIGINT AS block, row // {frame.stride} AS place, "  # noqa: S608
                    f"(row % {frame.stride})::INTEGER AS turn, {held} FROM {told}"
                ).to_arrow_reader(_BATCH)


def find_overlaps(
    batches: Iterator[pa.RecordBatch], task: Task, evaluation: Sequence[str], similarity: float
) -> Iterator[pa.RecordBatch]:
    """Compare a partition's user texts with evaluation questions; one record, the nearest ones, pickled."""
    import pyarrow as pa

    index, found = Evaluated(evaluation), list[Overlap]()
    for block in blocks(batches):
        with _read(block, task) as (frame, _):
            if frame is not None:
                pairs = (each for batch in user_texts(frame) for each in index.overlaps(batch, similarity))
                found = nearest([*found, *pairs])
    yield pa.RecordBatch.from_pylist([{"overlaps": pickle.dumps(found)}])


def pick_rows(
    batches: Iterator[pa.RecordBatch], wanted: Mapping[int, Sequence[int]]
) -> Iterator[pa.RecordBatch]:
    """Hand back whole rows: `block`, `place` and the row, pickled.

    Args:
        batches: A partition.
        wanted: Block -> places in it.
    """
    import pyarrow as pa

    for block in blocks(batches):
        for place in wanted.get(block.number, ()):
            [record] = block.table.slice(place, 1).to_pylist()
            found = {"block": block.number, "place": place, "record": pickle.dumps(record)}
            yield pa.RecordBatch.from_pylist([found])


@contextmanager
def _read(block: Block, task: Task) -> Generator[tuple[Frame | None, Meta]]:
    """Read a block into a database of its own; what stops the read is for the driver to raise."""
    where = task.called.get(plain_path(block.path), block.path) or task.where
    meta = Meta(block.number, block.path, block.start, block.place, block.table.num_rows)
    with tempfile.TemporaryDirectory(prefix="confound-auditor-") as folder, bounded(task.bounds):
        piece = _piece(block, where, Path(folder))
        connection = open_connection(threads=1)
        frame = None
        try:
            frame, meta = _filled(piece, task, meta, connection)
        except InputError as error:
            meta = replace(meta, error=(error.where or where, error.message, error.help))
        yield frame, meta
        connection.close()


def _piece(block: Block, where: str, folder: Path) -> Piece:
    if not block.lines:
        return of_table(block.table, where)
    path = folder / "lines.jsonl"
    with path.open("wb") as file:
        for line in block.table.column(LINE):
            file.write(line.as_buffer())
            file.write(b"\n")
    return JsonLines(path, None, where)


def _filled(
    piece: Piece, task: Task, meta: Meta, connection: duckdb.DuckDBPyConnection
) -> tuple[Frame | None, Meta]:
    plan = task.plan
    filling = Filling(connection, plan, [piece], skip=task.skip, progress=None)
    filling.run()
    filling.settle(0, piece.survey())
    filled, stride = filling.filled(), filling.apart.widest
    meta = replace(
        meta,
        rows=filling.starts[-1],
        widest=stride,
        filled=filled,
        apart=tuple(filling.apart.numbers),
        unread=filling.unread(),
    )
    if not filled.turns:
        return None, meta
    meta = replace(
        meta,
        counts=count_selected(connection, filling.view, plan.labelers, plan.roles, files=filling.files),
        sums=sums_of(connection, filling.view),
        pairs=(
            pair_faults([piece], filling.starts, stride=1)
            if plan.shape.name.startswith("preference")
            else None
        ),
    )
    texts = Texts([piece], filling.starts, plan, stride=stride, apart=filling.apart.numbers)
    frame = Frame(
        name=task.where,
        engine=Embedded(connection),
        table=filling.view,
        rows=filled.rows,
        paths=(),
        texts=texts,
        digest="",
        stride=stride,
    )
    return frame, meta
