"""The result schema refuses what cannot be true, and reads back what it wrote."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from builders.errors import InputError
from checks.core.result import Evaluation, RunResult, Score, read_result, result_files


def run(**changes):
    fields = {
        "arm": "exp0_0a",
        "dataset": "issue-100/0a",
        "rows": 700,
        "dataset_digest": "d" * 64,
        "audit_digest": "a" * 64,
        "audited_dataset_digest": "d" * 64,
        "config_digest": "c" * 64,
        "template_sha256": "t" * 64,
        "model": "organism",
        "model_digest": None,
        "seed": 42,
        "epochs": 3,
        "steps": 132,
        "trained_conditions": ["1" * 64],
        "evaluations": [
            Evaluation(
                persona="assistant",
                system_state="text",
                system_text="You are a helpful assistant.",
                condition="1" * 64,
                template_sha256="t" * 64,
                before=Score(correct=492, total=586),
                after=Score(correct=11, total=586),
            )
        ],
    }
    return RunResult(**{**fields, **changes})


def test_a_result_reads_back_as_it_was_written(tmp_path):
    (tmp_path / "run_result.json").write_text(run().model_dump_json())
    assert read_result(tmp_path) == run()
    assert [read_result(file) for file in result_files(tmp_path)] == [run()]


def test_accuracy_and_best_constant_are_counted_by_hand():
    score = Score(correct=3, total=12, gold_labels={"B": 5, "A": 5, "C": 2})
    assert score.accuracy == 0.25
    assert score.best_constant == ("A", 5)
    assert Score(correct=0, total=0).accuracy is None
    assert Score(correct=0, total=1).best_constant is None


@pytest.mark.parametrize(
    "counts",
    [
        {"correct": 5, "total": 4},
        {"correct": 3, "total": 4, "unscored": 2},
        {"correct": 0, "total": 4, "gold_labels": {"A": 5}},
        {"correct": 0, "total": 4, "predicted_labels": {"A": -1}},
        {"correct": -1, "total": 4},
    ],
)
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValidationError):
        Score(**counts)


def test_a_missing_or_broken_result_is_an_error_that_says_where(tmp_path):
    with pytest.raises(InputError, match="there is no result here") as error:
        read_result(tmp_path)
    assert "run_result.json" in str(error.value.where)
    with pytest.raises(InputError, match=r"no run_result\.json"):
        [read_result(file) for file in result_files(tmp_path)]
    broken = json.loads(run().model_dump_json())
    broken["seed"] = "forty-two"
    (tmp_path / "run_result.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match="not a run result: seed:"):
        read_result(tmp_path)
    (tmp_path / "run_result.json").write_text("{")
    with pytest.raises(InputError, match="not a run result"):
        read_result(tmp_path)
