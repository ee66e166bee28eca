# pyright: reportMissingImports=false
"""Texts of rows that Spark reads: a handful are read back where they stand, all of them only by the executors."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from builders.questions.overlap import Overlap, nearest
from builders.readers.texts import Texts
from builders.spark.blocks import Task, find_overlaps, tell_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from builders.spark.engine import Spark


@dataclass(frozen=True)
class BlockPlace:
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

    def on(self, engine: Spark, rows: DataFrame, task: Task, blocks: Sequence[BlockPlace]) -> Self:
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

    def overlaps_elsewhere(self, evaluation: Sequence[str], similarity: float) -> list[Overlap]:
        """Let every executor compare its texts with the questions, and return the nearest of what they found."""
        if not evaluation:
            return []
        task, asked = self._task, list(evaluation)

        def compared(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return find_overlaps(batches, task, asked, similarity)

        found = self._rows.mapInArrow(compared, "overlaps binary").toLocalIterator()
        return nearest(each for record in found for each in pickle.loads(record["overlaps"]))  # noqa: S301 - our own
