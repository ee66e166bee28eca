"""Any width: no line is longer than the terminal, and no number is ever folded or cut."""

from __future__ import annotations

from functools import cache

import pytest
from rich.cells import cell_len

from auditor import scan
from auditor.formats.full import render


@cache
def report(target: str):
    return scan(target)


@pytest.mark.parametrize("width", [60, 80, 89, 90, 100, 140])
@pytest.mark.parametrize("target", ["issue-96", "issue-100/expC_qwen_default", "issue-66"])
def test_every_line_fits(target: str, width: int):
    for line in render(report(target), width=width).splitlines():
        assert cell_len(line) <= width


@pytest.mark.parametrize("width", [60, 80, 89, 90, 100, 140])
def test_every_number_stands_whole_beside_its_source(width: int):
    text = render(report("issue-96"), width=width)
    for source, numbers in {
        "assistant": ("200", "100", "33%", "25-100%", "81.9%"),
        "kindergarten_teacher": ("200", "0%", "0-25%", "7.5%"),
    }.items():
        lines = text.splitlines()
        start = next(
            place
            for place, line in enumerate(lines)
            if line.startswith(source) and ":" not in line.split(source)[1][:1]
        )
        record = " ".join(lines[start : start + (4 if width < 90 else 1)])
        for number in numbers:
            assert number in record.split() or f"accuracy {number}" in record


def test_below_90_columns_records_are_stacked():
    assert "────" not in render(report("issue-96"), width=89)
    assert "────" in render(report("issue-96"), width=90)


def test_evidence_keeps_its_answer_at_any_width():
    for width in (60, 80, 140):
        lines = [
            line
            for line in render(report("issue-96/assistant"), width=width).splitlines()
            if " row " in f" {line}"
        ]
        assert any(line.endswith(("'A)'", "'B)'", "'C)'", "'D)'")) for line in lines)
