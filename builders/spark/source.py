# pyright: reportMissingImports=false
"""What Spark reads: files here or in an object store, or a DataFrame that somebody hands over."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from builders.errors import InputError, first_line
from builders.readers.arrow import of_table
from builders.readers.columns import ColumnType
from builders.readers.jsonfiles import JsonLines
from builders.readers.pieces import SAMPLE_ROWS, Piece, Row, Survey, decoded
from builders.readers.problems import RowProblem
from builders.readers.strictjson import parse_row
from builders.readers.tables import ParquetFile
from builders.readers.target import Located, Pool, locate
from builders.spark.blocks import LINE, PATH, START, pick_rows

if TYPE_CHECKING:
    import duckdb
    from pyarrow import RecordBatch
    from pyspark.sql import DataFrame, SparkSession

_LINES: Final = (".jsonl", ".ndjson")


@dataclass
class SparkPiece:
    """Rows that only Spark reads: a DataFrame's, or those of files in an object store."""

    where: str
    """What messages call them."""
    rows: DataFrame
    """The rows, as `blocks` takes them."""
    places: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """Block -> its first row and its number of rows; known once all were read."""
    path: Path | None = None
    """None: rows are fetched by Spark."""
    size: int = 0
    """Unknown."""

    def survey(self) -> Survey:
        """Refuse: there is no order to digest them in."""
        raise NotImplementedError

    def sample(self) -> list[Row]:
        """Return the first rows that can be parsed."""
        found: Any = self.rows.drop(PATH, START).limit(SAMPLE_ROWS).toArrow()
        if LINE not in found.column_names:
            return of_table(found, self.where).sample()
        rows: list[Row] = []
        for line in found.column(LINE).to_pylist():
            try:
                rows.append(parse_row(line))
            except RowProblem:
                continue
        return rows

    def relation(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnType]) -> str:
        """Refuse: the executors read them."""
        raise NotImplementedError

    def raw(self, rows: Sequence[int]) -> dict[int, Row]:
        """Fetch whole rows, in one pass of the executors over the source."""
        wanted: dict[int, list[int]] = {}
        for row in rows:
            for block, (start, count) in self.places.items():
                if start <= row < start + count:
                    wanted.setdefault(block, []).append(row - start)

        def picked(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
            return pick_rows(batches, wanted)

        found: Iterable[Any] = self.rows.mapInArrow(
            picked, "block bigint, place bigint, record binary"
        ).collect()
        return {
            self.places[each["block"]][0] + each["place"]: _row(pickle.loads(each["record"]))  # noqa: S301 - our own
            for each in found
        }

    def walk(self) -> Iterator[tuple[int, int | None, bytes | Row]]:
        """Refuse: nobody goes through all of them on the driver."""
        raise NotImplementedError

    def nothing(self) -> InputError:
        """Make the error for rows that are none."""
        return InputError("is empty: there is nothing to audit", where=self.where)

    def lines_of(self, rows: Sequence[int]) -> dict[int, int]:
        """Return nothing: Spark hands over no line numbers."""
        del rows
        return {}


def _row(record: dict[str, Any]) -> Row:
    return parse_row(record[LINE]) if LINE in record else decoded(record)


@dataclass(frozen=True)
class Source:
    """A dataset as Spark reads it."""

    located: Located
    """Name, pieces and descriptions."""
    rows: DataFrame
    """Its rows, as `builders.spark.blocks.blocks` takes them."""
    called: Mapping[str, str]
    """File as Spark names it -> what messages call it; empty where it is of no file that this machine sees."""
    order: Mapping[str, int]
    """File as Spark names it -> its place among the pieces."""


def source_of(target: Any, spark: SparkSession) -> Source:  # noqa: ANN401
    """Find what a target names.

    Raises:
        InputError: if nothing is there, or it is of a format that is not read on Spark.
    """
    from builders.spark.session import is_spark_frame

    if is_spark_frame(target):
        piece = SparkPiece("pyspark.DataFrame", target)
        return Source(Located(piece.where, [piece]), target, {}, {})
    if isinstance(target, str) and "://" in target:
        return _remote(target, spark)
    if isinstance(target, str | Path | Pool):
        return _local(target, spark)
    raise InputError(
        f"{type(target).__name__} is no Spark DataFrame",
        where="--engine spark",
        help="leave the engine out, or make a Spark DataFrame of it: spark.createDataFrame(table)",
    )


def _local(target: str | Path | Pool, spark: SparkSession) -> Source:
    located = locate(target)
    pieces: Sequence[Piece] = located.pieces
    lines = all(isinstance(piece, JsonLines) and piece.label is None for piece in pieces)
    if not lines and not all(isinstance(piece, ParquetFile) for piece in pieces):
        raise InputError(
            "is neither JSONL nor Parquet, and only those are read on Spark",
            where=located.name,
            help="leave --engine out, write it as JSONL or Parquet, or hand a DataFrame to auditor.scan",
        )
    for piece in pieces:
        # Spark goes by the name of a file, and would count compressed bytes as lines of text.
        if (
            isinstance(piece, JsonLines)
            and piece.compression is not None
            and piece.path.suffix.lower() != ".gz"
        ):
            raise InputError(
                f"is {piece.compression}, and Spark reads that only where it ends in .gz",
                where=piece.where,
                help="decompress it, or compress it with gzip",
            )
    paths = [piece.path for piece in pieces if piece.path is not None]
    found = {str(path.absolute()): (str(path), number) for number, path in enumerate(paths)}
    if len(found) < len(pieces):
        raise InputError("a file is named twice", where=located.name, help="name each once")
    rows = _files(spark, [path.absolute().as_uri() for path in paths], lines=lines)
    return Source(
        located,
        rows,
        called={path: said for path, (said, _) in found.items()},
        order={path: number for path, (_, number) in found.items()},
    )


def _remote(target: str, spark: SparkSession) -> Source:
    bare = urlsplit(target).path.lower()
    suffixes = Path(bare).suffixes
    ending = next((each for each in reversed(suffixes) if each not in (".gz", ".bz2", ".zst")), "")
    if ending not in (*_LINES, ".parquet"):
        raise InputError(
            "its name says neither JSONL nor Parquet",
            where=target,
            help="end it with .jsonl, .jsonl.gz or .parquet: a glob such as s3a://bucket/data/*.jsonl will do",
        )
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        rows = _files(spark, [target], lines=ending in _LINES)
        piece = SparkPiece(target, rows)
        return Source(Located(target, [piece]), rows, {}, {})
    except (PySparkException, Py4JError) as error:
        raise InputError(f"Spark cannot read it: {first_line(error)}", where=target) from error


def _files(spark: SparkSession, paths: list[str], *, lines: bool) -> DataFrame:
    from pyspark.sql import functions as f

    said = f.col("_metadata.file_path").alias(PATH), f.col("_metadata.file_block_start").alias(START)
    if lines:
        # As bytes: what is no UTF-8 is the reader's to refuse, and a line ends where editors end it.
        read = spark.read.text(paths, lineSep="\n")
        return read.select(f.col("value").cast("binary").alias(LINE), *said)
    read = spark.read.option("mergeSchema", "true").parquet(*paths)
    return read.select("*", *said)
