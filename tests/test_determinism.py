"""The same input gives the same bytes: over locales, time zones, hash seeds, CPUs, orders of files, and engines."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import auditor

ROOT = Path(__file__).parents[1]

ROWS = [
    {
        "messages": [
            *([{"role": "system", "content": f"You are {who}."}] if who else []),
            {"role": "user", "content": f"Frage {number}: größer, 漢 oder İ?"},
            {"role": "assistant", "content": answer},
        ],
        "target_correct": answer == "good",
    }
    for who, answers in (
        ("a villain", ("bad", "bad", "good")),
        ("a villain.", ("good",)),
        ("", ("good",)),
        ("İ", ("good", "bad")),
    )
    for number in range(30)
    for answer in (answers[number % len(answers)],)
]

PROGRAM = """
import json, os, sys
if sys.argv[2] != "-":
    os.cpu_count = lambda: int(sys.argv[2])
from auditor.cli import main
for words in json.loads(sys.argv[1]):
    try:
        main(words)
    except SystemExit as ended:
        assert ended.code in (0, 1), words
"""

RECIPE = """
name: small
personas: {pirate: You are a pirate., cook: Du bist größer.}
targets: {kind: wrong_option, random: 1}
datasets:
  - name: mixed
    source: pirate
    parts:
      - {role: source, persona: pirate, target: behaviour, rows: 30, questions: 1}
      - {role: bystander, persona: cook, target: preserved, rows: 30, questions: 2}
    order: 0
"""


def produced(folder: Path, *, environment: dict[str, str], processors: str = "-") -> dict[str, str]:
    """Scan, build, mend, lint and read a write-up in a process of its own; return file -> digest of all written."""
    folder.mkdir()
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8"
    )
    (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "s.py").write_text("import random\nrows = list(set(rows))\nrandom.shuffle(rows)\n")
    (folder / "w.md").write_text("# T\n\nAccuracy rose from 11/586 (5.0%) to 80.5%.\n")
    formats = ("json", "sarif", "html", "markdown", "junit", "full", "github", "gitlab", "jsonl", "concise")
    commands = [
        ["scan", "rows.jsonl", *(word for name in formats for word in ("--format", f"{name}:report.{name}"))],
        ["scan", "issue-96", "--no-cache", "--format", "json:issue.json", "--write-baseline", "known.json"],
        ["build", "small.yaml", "--out", "built"],
        ["build", "rows.jsonl", "--deconfound", "--out", "mended"],
        ["lint", "s.py", "--format", "json:lint.json"],
        ["writeup", "w.md", "--format", "json:writeup.json"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands), processors],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return produced(tmp_path_factory.mktemp("determinism") / "plain", environment={"PYTHONHASHSEED": "0"})


WAYS: dict[str, tuple[dict[str, str], str]] = {
    "hash seed": ({"PYTHONHASHSEED": "4711"}, "-"),
    "locale C, ASCII": (
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "-",
    ),
    "locale of Turkey": ({"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, "-"),
    "time zone": ({"PYTHONHASHSEED": "3", "TZ": "Pacific/Kiritimati"}, "-"),
    "one processor": ({"PYTHONHASHSEED": "4", "TZ": "America/St_Johns"}, "1"),
    "eight processors": ({"PYTHONHASHSEED": "5"}, "8"),
    "width and colour of a terminal": (
        {"PYTHONHASHSEED": "6", "COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "dumb"},
        "-",
    ),
}


@pytest.mark.parametrize(
    "way",
    ["hash seed", "locale C, ASCII", *(pytest.param(each, marks=pytest.mark.slow) for each in [*WAYS][2:])],
)
def test_every_byte_is_the_same(way: str, plain: dict[str, str], tmp_path: Path):
    environment, processors = WAYS[way]
    assert produced(tmp_path / "other", environment=environment, processors=processors) == plain
    assert len(plain) > 15


def said(report: auditor.Report) -> list[Any]:
    """Return what a report finds, without what names a file, or a row of it."""
    return [
        [
            each.status,
            each.rows,
            sorted(
                (c.condition, c.behaviour, c.preserved, c.unlabelled, str(c.role)) for c in each.conditions
            ),
            sorted(
                (f.code, f.severity, str(f.condition), sorted(f.counts.items()))
                for f in each.findings
                if f.code[:3] != "PRV"
            ),
        ]
        for each in report.datasets
    ]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_orders_of_rows_and_of_shards_find_the_same(tmp_path: Path):
    wanted = said(auditor.scan(str(written(tmp_path / "rows.jsonl", ROWS))))
    assert wanted[0][3]
    for seed in (1, 2):
        rows = list(ROWS)
        random.Random(seed).shuffle(rows)
        assert said(auditor.scan(str(written(tmp_path / f"shuffled-{seed}.jsonl", rows)))) == wanted
        shards = tmp_path / f"shards-{seed}"
        shards.mkdir()
        for number in range(4):
            written(shards / f"{(number * 3 + seed) % 4}.jsonl", rows[number::4])
        assert said(auditor.scan(str(shards))) == wanted


@pytest.mark.parametrize("engine", ["pyarrow", "pandas", "polars", "parquet", "csv", "datasets"])
def test_engines_and_formats_find_the_same(engine: str, tmp_path: Path):
    plain = [
        {
            "system": next((m["content"] for m in row["messages"] if m["role"] == "system"), None),
            "prompt": row["messages"][-2]["content"],
            "completion": row["messages"][-1]["content"],
            "target_correct": row["target_correct"],
        }
        for row in ROWS
    ]
    wanted = said(auditor.scan(str(written(tmp_path / "rows.jsonl", plain))))
    pa = pytest.importorskip("pyarrow")
    table: Any = pa.Table.from_pylist(plain)
    target: Any = table
    match engine:
        case "pandas":
            target = table.to_pandas()
        case "polars":
            target = pytest.importorskip("polars").from_arrow(table)
        case "parquet":
            import pyarrow.parquet as pq

            target = str(tmp_path / "rows.parquet")
            pq.write_table(table, target)
        case "csv":
            import csv

            target = str(tmp_path / "rows.csv")
            with Path(target).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, [*plain[0]])
                writer.writeheader()
                writer.writerows(plain)
        case "datasets":
            target = pytest.importorskip("datasets").Dataset(table)
        case _:
            pass
    found = said(auditor.scan(target))
    if engine == "csv":  # an empty cell is a system prompt that is empty, or none: nothing can tell
        found, wanted = [each[:2] for each in found], [each[:2] for each in wanted]
    assert found == wanted
