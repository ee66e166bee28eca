# pyright: reportMissingImports=false
"""Reading a dataset on Spark into the frame that the engine asks its questions of."""

from __future__ import annotations

import itertools
import pickle
import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from builders.bounds import bounds
from builders.engine.frame import FRAME_COLUMNS, Frame, Unread
from builders.engine.multiset import added, multiset_digest
from builders.engine.pairs import PairFaults
from builders.errors import InputError, first_line
from builders.labels import Labeler, RoleSelectors, parse_labelers
from builders.readers.badrows import BadRows
from builders.readers.canonical import TAG_COLUMNS
from builders.readers.filling import Filled
from builders.readers.jsonfiles import JsonLines
from builders.readers.plan import make_plan
from builders.readers.selected import selected, system_texts
from builders.readers.target import Located
from builders.spark.blocks import ROW_SCHEMA, Meta, Task, plain_path, read_rows
from builders.spark.engine import Spark
from builders.spark.session import session
from builders.spark.source import Source, SparkPiece, source_of
from builders.spark.texts import BlockPlace, SparkTexts
from builders.views import TrainingView

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import DataFrame

_numbers = itertools.count(1)


def read_spark_frame(
    target: Any,  # noqa: ANN401
    *,
    shape: str | None = None,
    labelers: Sequence[str | Labeler] = (),
    roles: RoleSelectors | None = None,
    view: TrainingView | None = None,
    ignored: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    skip: bool = False,
) -> Frame:
    """Read a dataset with Spark; the arguments are those of `builders.readers.read_frame`.

    Args:
        target: JSONL or Parquet files here or in an object store, or a PySpark DataFrame.
        shape: How the conversations are laid out.
        labelers: What decides whether a row teaches the behaviour.
        roles: Which system prompts play which role.
        view: Which turns are trained.
        ignored: Columns that do not matter although they could.
        columns: What columns are to be read as.
        skip: Whether rows that cannot be read are left out.

    Raises:
        InputError: if Spark is not there, there is nothing to read, or a row cannot be read.
    """
    spark = session()
    source = source_of(target, spark)
    plan = make_plan(
        source.located,
        shape=shape,
        labelers=parse_labelers(labelers),
        roles=roles or RoleSelectors(),
        view=view,
        ignored=ignored,
        columns=columns,
    )
    task = Task(plan, skip, source.located.name, source.called, bounds())

    def read(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        return read_rows(batches, task)

    narrow = source.rows.mapInArrow(read, ROW_SCHEMA).persist()
    metas = _in_order(source, narrow)
    _raise_first(metas)
    return _frame(Spark(spark), source, task, narrow, metas)


def _in_order(source: Source, narrow: DataFrame) -> list[Meta]:
    """Read everything, and return what is known of each block, in the order of the rows."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as f

    try:
        records = narrow.filter(f.col("meta").isNotNull()).select("meta").collect()
    except (PySparkException, Py4JError) as error:
        raise InputError(
            f"Spark could not read it: {first_line(error)}",
            where=source.located.name,
            help="executors need this package, at the driver's version, beside PySpark",
        ) from error
    found: list[Meta] = [pickle.loads(each["meta"]) for each in records]  # noqa: S301 - our own executors wrote it
    return sorted(
        found,
        key=lambda each: (_file(source, each), "" if source.order else each.path, each.start, each.place),
    )


def _file(source: Source, meta: Meta) -> int:
    """Return which of the pieces a block is of."""
    return source.order.get(plain_path(meta.path), 0)


def _raise_first(metas: Sequence[Meta]) -> None:
    """Raise what stopped the read, with the line in the whole file."""
    before: dict[str, int] = {}
    for meta in metas:
        if meta.error is not None:
            where, message, advice = meta.error
            raise InputError(message, where=_moved(where, before.get(meta.path, 0)), help=advice)
        before[meta.path] = before.get(meta.path, 0) + meta.lines


def _moved(where: str, by: int) -> str:
    """Return a place in a block as a place in the file: ``data.jsonl:3`` or ``data.parquet, row 3``."""
    found = re.fullmatch(r"(.*(?::|, row ))(\d+)", where, re.DOTALL)
    return f"{found[1]}{int(found[2]) + by}" if found else where


def _frame(engine: Spark, source: Source, task: Task, narrow: DataFrame, metas: Sequence[Meta]) -> Frame:
    plan, located, pieces = task.plan, source.located, source.located.pieces
    sums = added(meta.sums for meta in metas if meta.sums is not None)
    filled, stride = _together(metas), max((meta.widest for meta in metas), default=1)
    if not filled.turns:
        raise _nothing(located, filled)
    places: list[BlockPlace] = []
    starts, row, lines, piece = [0], 0, 0, 0
    apart: list[int] = []
    pairs: dict[str, list[int]] = {"equal": [], "apart": [], "inside": []}
    for meta in metas:
        while piece < _file(source, meta):
            piece, lines = piece + 1, 0
            starts.append(row)
        places.append(BlockPlace(meta.number, row, lines, piece if source.order else None, meta.rows))
        apart += [row + number for number in meta.apart]
        for fault, numbers in pairs.items():
            numbers += [(row + number) * stride for number in getattr(meta.pairs or PairFaults(), fault)]
        row, lines = row + meta.rows, lines + meta.lines
        current = pieces[piece]
        if isinstance(current, JsonLines) and meta.rows != meta.lines and not current.blank_lines:
            current.find_blank_lines()
        if isinstance(current, SparkPiece):
            current.places[meta.number] = (places[-1].row, meta.rows)
    starts += [row] * (len(pieces) + 1 - len(starts))
    table = f"spark_frame_{next(_numbers)}"
    by_line = bool(source.order) and all(isinstance(each, JsonLines) for each in pieces)
    texts = SparkTexts(pieces, starts, plan, stride=stride, apart=apart).on(engine, source.rows, task, places)
    _table(texts, narrow, stride, by_line=by_line).createOrReplaceTempView(table)
    weakref.finalize(texts, _forget, narrow)
    counts: dict[str, int] = {}
    for meta in metas:
        for name, count in (meta.counts or {}).items():
            counts[name] = counts.get(name, 0) + count
    picked = selected(counts, plan.labelers, plan.roles, texts=lambda: system_texts(engine, table))
    return Frame(
        name=located.name,
        engine=engine,
        table=table,
        rows=filled.rows,
        paths=tuple(each.path for each in pieces if each.path is not None),
        texts=texts,
        digest=multiset_digest(sums),
        notes=(*picked.vacuous, *located.notes, *plan.notes, *filled.notes, *picked.notes),
        vacuous=picked.vacuous,
        stride=stride,
        turns=None if filled.apart_turns == filled.apart_rows else filled.turns,
        view=plan.view,
        template=plan.template(located),
        preference=plan.shape.preference,
        pairs=(
            PairFaults(**{fault: tuple(rows) for fault, rows in pairs.items()})
            if plan.shape.name.startswith("preference")
            else None
        ),
        earlier=filled.earlier,
        unread=(*plan.named_unread(located), *_unread(metas)),
        skipped=filled.bad.count,
        sums=sums,
    )


def _table(texts: SparkTexts, narrow: DataFrame, stride: int, *, by_line: bool) -> DataFrame:
    """Return the rows with a frame's columns."""
    from pyspark.sql import functions as f

    rows = texts.numbered(narrow.filter(f.col("meta").isNull()))
    given = {
        "row": f.col("first") * stride + f.col("place") * stride + f.col("turn"),
        "line": f.col("line") + f.col("lines") if by_line else f.lit(None).cast("bigint"),
        "file": f.col("file"),
        "carrier": f.lit(None).cast("string"),
    }
    return rows.select(*(given.get(column, f.col(column)).alias(column) for column in FRAME_COLUMNS))


def _forget(narrow: DataFrame) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        narrow.unpersist()
    except (PySparkException, Py4JError, OSError, AttributeError):  # the session has ended before
        return


def _together(metas: Sequence[Meta]) -> Filled:
    """Add up what the blocks came to."""
    found = [meta.filled for meta in metas if meta.filled is not None]
    bad = BadRows()
    before: dict[str, int] = {}
    for meta in metas:
        if meta.filled is not None:
            bad.count += meta.filled.bad.count
            moved = [_example(each, before.get(meta.path, 0)) for each in meta.filled.bad.examples]
            bad.examples += moved[: 3 - len(bad.examples)]
        before[meta.path] = before.get(meta.path, 0) + meta.lines
    tags = {tag: None for each in found for tag in each.tags}
    return Filled(
        turns=sum(each.turns for each in found),
        apart_turns=sum(each.apart_turns for each in found),
        apart_rows=sum(each.apart_rows for each in found),
        silent=sum(each.silent for each in found),
        earlier=sum(each.earlier for each in found),
        tags=tuple(tag for tag in TAG_COLUMNS if tag in tags),
        bad=bad,
    )


def _unread(metas: Sequence[Meta]) -> tuple[Unread, ...]:
    """Return what nothing read in some block, by name: what the first rows lack may stand in the last."""
    found = {each.name: each for meta in reversed(metas) for each in meta.unread}
    return tuple(found[name] for name in sorted(found))


def _example(said: str, by: int) -> str:
    """Return an example of a row that was left out, ``where: message``, with its place in the whole file."""
    found = re.match(r"(.*?(?::|, row )\d+)(: .*)", said, re.DOTALL)
    return _moved(found[1], by) + found[2] if found else said


def _nothing(located: Located, filled: Filled) -> InputError:
    if filled.bad.count:
        return InputError(
            f"none of its {filled.bad.count} rows could be read; the first: {filled.bad.examples[0]}",
            where=located.pieces[0].where,
        )
    return located.pieces[0].nothing()
