"""What a write-up says of its runs reaches the checks of results, with the line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.texts.writeup_studies import study_of
from checks.wrt.document import Document
from tests.auditor.test_writeup import audit
from tests.checks.test_result import run
from tests.checks.test_result_checks import Score, evaluated

TEXT = """# Arms

Arm one_a drops to 12% accuracy, and the arm two_b stays at 80% of the questions.

one_a and two_b were compared by Fisher's exact test (p < 0.001).
"""


def study(tmp_path: Path, seeds=(42,), questions=("q1", "q2")) -> Path:
    for arm, asked in (("one_a", ("q1", "q2")), ("two_b", questions)):
        for seed in seeds:
            folder = tmp_path / "runs" / arm / f"seed-{seed}"
            folder.mkdir(parents=True)
            result = run(arm=arm, seed=seed, evaluations=[evaluated(None, Score(correct=1, total=2))])
            (folder / "run_result.json").write_text(result.model_dump_json())
            if asked:
                pq.write_table(pa.table({"question_id": list(asked)}), folder / "per_question.parquet")
    return tmp_path / "runs"


def found(tmp_path: Path, runs: Path, text: str = TEXT, *more: str) -> list[tuple[str, int | None, str]]:
    page = tmp_path / "page.md"
    page.write_text(text)
    _, out, err = audit(page, "--results", runs, "--format", "json", *more)
    assert not err
    [dataset] = json.loads(out)["datasets"]
    return [
        (each["code"], each["evidence"][0]["line"], each["message"])
        for each in dataset["findings"]
        if each["code"].startswith("RES")
    ]


def test_claims_and_tests_are_judged_by_the_runs(tmp_path):
    first, second, third = sorted(found(tmp_path, study(tmp_path)), key=lambda each: (each[0], each[2]))
    assert first[:2] == ("RES003", 5)
    assert "one_a and two_b answered the same questions and are compared by Fisher's exact test" in first[2]
    assert (second[0], second[1], third[0], third[1]) == ("RES004", 3, "RES004", 3)[:4]


def test_more_seeds_other_questions_and_a_paired_test_are_fine(tmp_path):
    runs = study(tmp_path, seeds=(1, 2, 3), questions=("q1", "q3"))
    assert found(tmp_path, runs) == []
    assert found(tmp_path, study(tmp_path / "same", seeds=(1, 2)), TEXT + "McNemar's test agrees.\n") == []


def test_questions_that_nobody_kept_are_not_taken_for_the_same(tmp_path):
    assert {code for code, _, _ in found(tmp_path, study(tmp_path, questions=()))} == {"RES004"}


def test_the_checks_can_be_left_out(tmp_path):
    assert {code for code, _, _ in found(tmp_path, study(tmp_path), TEXT, "--ignore", "RES004")} == {"RES003"}


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Arm one_a stays at 80%.", [("resists", ["one_a"])]),
        ("Arm one_a stays in the folder.", []),
        ("The full model drops to 3%.", []),
        ('The "full" arm drops to 3%.', [("collapses", ["full"])]),
        ("The accuracy of one_a is higher than that of two_b.", [("differs", ["one_a", "two_b"])]),
        ("The accuracy of one_a is higher than before.", []),
        ('The draft said "arm one_a stays at 80%". That is wrong.', []),
    ],
)
def test_what_is_read_as_a_claim(tmp_path, text, claims):
    for arm in ("one_a", "two_b", "full"):
        folder = tmp_path / arm
        folder.mkdir()
        (folder / "run_result.json").write_text(run(arm=arm).model_dump_json())
    said = study_of(Document("a.md", text), [tmp_path]).claims
    assert [(each.kind, each.arms) for each in said] == claims
