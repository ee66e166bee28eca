"""The tallies are written once: on Spark they count what they count on DuckDB."""

import narwhals as nw
import pytest

from builders.engine.composed import frame_from_rows
from builders.engine.frame import FRAME_COLUMNS
from builders.engine.tally import tallies
from tests.checks.rows import ABSENT, group

pytest.importorskip("pyspark")
pytestmark = pytest.mark.slow  # a Spark session starts in ten seconds

ROWS = [
    *group(40, "SOURCE PROMPT", False, persona="source", role="source"),
    *group(20, "SOURCE PROMPT", True, persona="source", role="anchor"),
    *group(30, ABSENT, True, persona="none"),
    *group(3, "", None),
]


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_spark_counts_what_duckdb_counts(spark):
    frame = frame_from_rows("rows", ROWS)
    columns = [column for column in FRAME_COLUMNS if not column.endswith("_key")]
    table = frame.connection.table(frame.table).project(", ".join(f'"{column}"' for column in columns))
    on_spark = spark.createDataFrame(table.fetchall(), schema=_schema(columns))
    assert tallies(nw.from_native(on_spark)) == tallies(nw.from_native(frame.connection.table(frame.table)))


def _schema(columns):
    kinds = {"BIGINT": "long", "INTEGER": "int", "BOOLEAN": "boolean", "VARCHAR": "string"}
    return ", ".join(f"`{column}` {kinds[FRAME_COLUMNS[column]]}" for column in columns)
