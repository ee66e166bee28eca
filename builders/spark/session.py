# pyright: reportMissingImports=false
"""The Spark session: the one that runs, or a local one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from builders.errors import InputError, first_line
from builders.version import extra_help

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def is_spark_frame(value: object) -> bool:
    """Return whether something is a PySpark DataFrame, without importing PySpark."""
    kind = type(value)
    return kind.__name__ == "DataFrame" and kind.__module__.startswith("pyspark.sql")


def session() -> SparkSession:
    """Return the active session; where there is none, start one as Spark's own configuration says, or a local one.

    Raises:
        InputError: if PySpark is not installed or cannot start.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise InputError(
            "Spark is not installed", where="--engine spark", help=extra_help("spark")
        ) from error
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    # Executors have to read with this interpreter's packages, and not with whatever `python3` is on their path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = SparkSession.builder
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if "SPARK_REMOTE" not in os.environ and "MASTER" not in os.environ:
        settings |= {"spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.appName("confound-auditor").getOrCreate()
    except (PySparkException, OSError) as error:
        raise InputError(
            f"Spark cannot start: {first_line(error)}",
            where="--engine spark",
            help="Spark 4 needs Java 17 or newer: install it, and point JAVA_HOME at it",
        ) from error
