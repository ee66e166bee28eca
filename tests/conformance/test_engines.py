"""Every engine says of every data set what DuckDB says: findings, counts, status and the digest of the rows."""

import pytest

from tests.conformance.datasets import DATA
from tests.conformance.engines import ENGINES, engine_or_skip, said, scanned, write

SLOW = [pytest.mark.slow, pytest.mark.timeout(1500)]
"""A Spark session starts in ten seconds, and a scan asks it thirty questions."""


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        pytest.param(engine, name, marks=SLOW if engine.startswith("spark") else [])
        for engine in ENGINES
        for name in DATA
    ],
)
def test_says_what_duckdb_says(engine, name, tmp_path):
    engine = engine_or_skip(engine)
    data = DATA[name]()
    file = write(tmp_path / "rows.jsonl", data.records)
    files = engine == "spark"
    ours = said(scanned("duckdb", file, data.records, data.settings), files=files)
    theirs = said(scanned(engine, file, data.records, data.settings), files=files)
    assert theirs == ours
    assert ours["rows_digest"].startswith("sum64x2-")
    assert ours["conditions"], "a data set without conditions compares nothing"
