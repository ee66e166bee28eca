# pyright: reportMissingImports=false
"""Texts of rows that Spark reads: a handful are read back where they stand, all of them only by the executors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from builders.engine.holding import Engine
from builders.engine.tally import SIGNED_BY
from builders.readers.texts import USER_TEXT_BATCH, Texts
from builders.spark.blocks import Task, stream_texts, tell_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from builders.spark.engine import Spark


@dataclass(frozen=True)
class Block:
    """Where a block's rows stand in the dataset."""

    number: int
    """Its number."""
    row: int
    """Its first row."""
    lines: int
    """Lines of its file before it."""
    file: int | None
    """Its file's place; None where rows are of no file that this machine sees."""
    rows: int
    """How many rows it has."""


class SparkTexts(Texts):
    """`Frame.texts` on Spark."""

    def on(self, engine: Spark, rows: DataFrame, task: Task, blocks: Sequence[Block]) -> Self:
        """Say where the rows are; returns itself.

        Args:
            engine: The engine.
            rows: The source, as the executors read it.
            task: How they read it.
            blocks: All blocks.
        """
        self._engine, self._rows, self._task, self._blocks = engine, rows, task, blocks
        return self

    def numbered(self, rows: DataFrame) -> DataFrame:
        """Return rows of blocks with `first`, `lines` and `file` beside them."""
        from pyspark.sql import functions as f

        known = self._engine.session.createDataFrame(
            [(each.number, each.row, each.lines, each.file) for each in self._blocks],
            "block bigint, first bigint, lines bigint, file int",
        )
        return rows.join(f.broadcast(known), "block")

    def tell_elsewhere(self, name: str, expressions: Sequence[str], columns: Sequence[str]) -> str:
        """Do on the executors what `builders.engine.users.tell` does, and return the name of the answers."""
        from pyspark.sql import functions as f

        task = self._task
        held = [f"held_{number}" for number in range(len(expressions))]

        def told(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return tell_rows(batches, task, expressions, columns)

        schema = "block bigint, place bigint, turn int, " + ", ".join(f"{each} boolean" for each in held)
        rows = self.numbered(self._rows.mapInArrow(told, schema))
        number: Any = (f.col("first") + f.col("place")) * self._stride + f.col("turn")
        rows.select(number.alias("row"), *held).persist().createOrReplaceTempView(name)
        return name

    def user_texts(self, engine: Engine) -> Iterator[pa.RecordBatch]:
        """Stream every row's user text beside its hash through the driver, a batch at a time."""
        del engine
        task = self._task

        def streamed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return stream_texts(batches, task)

        found = self._rows.mapInArrow(streamed, "user_key bigint, user_text string").toLocalIterator()
        keys: list[int] = []
        texts: list[str] = []
        for row in found:
            keys.append(row["user_key"] + SIGNED_BY)
            texts.append(row["user_text"])
            if len(keys) == USER_TEXT_BATCH:
                yield _batch(keys, texts)
                keys, texts = [], []
        if keys:
            yield _batch(keys, texts)


def _batch(keys: list[int], texts: list[str]) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.record_batch(
        [pa.array(keys, pa.uint64()), pa.array(texts, pa.string())], names=["user_key", "user_text"]
    )
