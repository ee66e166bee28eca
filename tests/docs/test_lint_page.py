"""`docs/lint.md` says what the registry and the command do."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from auditor.texts.lint import lint
from checks.core.registry import all_checks
from checks.src.shapes import short

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")


def test_the_table_lists_every_check_with_what_it_mends():
    rows = re.findall(r"^\| (SRC\d+) \| \[([a-z-]+)\]\(checks/\2\.md\): .* \| (\w+) \|$", PAGE, re.MULTILINE)
    assert rows == [(each.code, each.name, each.fixable) for each in all_checks("script")]


def test_what_may_be_mended_is_what_yields_mends():
    for check in all_checks("script"):
        source = Path(__import__(check.function.__module__, fromlist=["x"]).__file__).read_text(
            encoding="utf-8"
        )
        assert ("fix=" in source) == (check.fixable != "never"), check.name


def test_the_example_of_an_ignore_works(tmp_path):
    (example,) = re.findall(r"```python\n(rng = .*)\n```", PAGE)
    path = tmp_path / "a.py"
    path.write_text(f"import random\n{example}\n")
    report, _ = lint([path])
    assert report.findings() == []
    assert [each.suppressed for each in report.datasets[0].findings] == [
        "this script only ever runs in one process"
    ]


def test_the_share_that_was_right_is_that_of_the_judged_file():
    with (ROOT / "benchmarks" / "lint_judged.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["right"] == "yes" for row in rows)
    assert f"{right} of {len(rows)} were right" in PAGE
    for sample in sorted({row["sample"] for row in rows}):
        read = [row for row in rows if row["sample"] == sample]
        left = [row for row in read if row["kept"] == "yes"]
        good, good_left = (sum(row["right"] == "yes" for row in each) for each in (read, left))
        share = f"{good} ({good / len(read):.0%}) | {len(left)} | {good_left} |"
        assert re.search(rf"^\| {sample} \| .* \| {len(read)} \| {re.escape(share)}$", PAGE, re.MULTILINE), (
            sample
        )
    assert all(row["why"] for row in rows)
    assert {row["code"] for row in rows} <= {each.code for each in all_checks("script")}


def test_every_page_has_its_sections():
    for check in all_checks("script"):
        for title in ("What it finds", "Why it matters", "Example", "What to do", "Limits", "References"):
            assert check.section(title), (check.name, title)
        assert short(check.summary, limit=200) == check.summary


def test_the_shares_of_the_corpus_are_those_of_its_judgements():
    from checks.stats import wilson

    with (ROOT / "benchmarks" / "lint_corpus_judged.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (ROOT / "benchmarks" / "lint_corpus.csv").open(newline="", encoding="utf-8") as file:
        packages = {row["name"]: row["half"] for row in csv.DictReader(file)}
    assert {row["right"] for row in rows} <= {"yes", "no", "debatable"}
    assert all(row["why"] and packages[row["path"].split("/")[0]] == row["half"] for row in rows)
    for half in ("judging", "second", "third"):
        read = [row["right"] for row in rows if row["half"] == half]
        right, decided = read.count("yes"), len(read) - read.count("debatable")
        share = (
            f"{len(read)} | {decided} | {right} ({right / decided:.0%}) | {wilson(right, decided).low:.0%} |"
        )
        count = list(packages.values()).count(half)
        assert re.search(rf"^\| {half} \| {count} \| .* \| {re.escape(share)}$", PAGE, re.MULTILINE), half
