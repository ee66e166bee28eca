"""The engines, each as a function from records and settings to a report; DuckDB, reading a JSONL file, is the judge."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

import auditor

ENGINES = ("pandas", "spark", "spark table")
"""Engines that are held against DuckDB; a new one is admitted by a line here and in `scanned`."""


def why_not(engine: str) -> str | None:
    """Return why an engine cannot run here."""
    if not engine.startswith("spark"):
        return None
    if importlib.util.find_spec("pyspark") is None:
        return "PySpark is not installed: make setup-spark"
    return None if shutil.which("java") else "there is no Java"


def scanned(engine, file: Path, records, settings):
    """Return an engine's report of a JSONL file or of its records."""
    match engine:
        case "duckdb":
            return auditor.scan(str(file), **settings)
        case "pandas":
            import pandas as pd

            return auditor.scan(pd.DataFrame(records), **settings)
        case "spark":
            return auditor.scan(str(file), engine="spark", **settings)
        case "spark table":
            return auditor.scan(_spark_table(file), **settings)


def _spark_table(file: Path):
    """Return a Spark DataFrame of the records, by way of Parquet so that no value is guessed at."""
    import pandas as pd

    session = spark()
    path = file.with_suffix(".parquet")
    pd.read_json(file, lines=True, dtype=False, convert_dates=False).to_parquet(path)
    return session.read.parquet(str(path))


def spark():
    """Return the session of these tests: two cores, few partitions."""
    import os
    import sys

    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.files.maxPartitionBytes": "65536",  # several partitions of a small file
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.adaptive.enabled": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def write(path: Path, records) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def said(report, *, files: bool):
    """Return what a report says, less what depends on where the rows stand.

    Args:
        report: The report.
        files: Whether the rows stand in the same file as those that it is compared with; a table has no path, no
            lines and no papers beside it.
    """
    [found] = report.model_dump(mode="json")["datasets"]
    del found["name"], found["digest"]
    for finding in found["findings"]:
        finding["help"] = None
        for each in finding["evidence"]:
            if not files:
                each["path"] = each["line"] = None
    if not files:
        found["findings"] = [each for each in found["findings"] if not each["code"].startswith("PRV")]
        found["notes"] = None
    return found


def engine_or_skip(engine: str) -> str:
    if (reason := why_not(engine)) is not None:
        pytest.skip(reason)
    if engine.startswith("spark"):
        spark()
    return engine
