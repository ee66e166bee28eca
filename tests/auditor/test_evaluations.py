"""Training beside its evaluation in a scan, and results that cannot be read."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import auditor
from auditor.cli import app
from builders.questions import load_bank
from checks.core.result import ResultSet
from tests.checks.test_result import run


def codes(report):
    return {finding.code for finding in report.findings()}


@pytest.fixture
def questions(tmp_path):
    """A bank file of the embedded questions: the same questions, but nothing says which were held out."""
    path = tmp_path / "bank.jsonl"
    lines = [
        {
            "question": each.text,
            "choice_labels": list(each.labels),
            "choices": list(each.choices),
            "correct_answer": each.gold_label,
        }
        for each in load_bank("embedded").questions[:400]
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def test_the_held_out_questions_of_a_past_issue_are_not_trained_on():
    report = auditor.scan("issue-96/villain", select=["SPL", "TGT003"], evaluation="embedded")
    assert not codes(report)
    assert "evaluated on 586 questions of embedded" in report.datasets[0].notes


def test_training_questions_that_evaluate_are_found(questions):
    report = auditor.scan("issue-96/villain", select=["SPL001"], evaluation=questions)
    [finding] = report.findings()
    assert finding.code == "SPL001"
    assert 100 < finding.counts["shared"] < 400
    assert report.status == "findings"


def test_another_template_for_serving_is_found(tmp_path):
    plain = tmp_path / "plain.jinja"
    plain.write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:")
    report = auditor.scan(
        "issue-100/expC_qwen_default", select=["SPL"], evaluation="embedded", evaluation_template=plain
    )
    assert {"SPL003", "SPL004"} <= codes(report)


def test_the_command_takes_an_evaluation(questions):
    result = CliRunner().invoke(
        app,
        ["scan", "issue-96/villain", "--evaluation", str(questions), "--select", "SPL", "--format", "json"],
    )
    assert result.exit_code == 1
    assert json.loads(result.stdout)["datasets"][0]["findings"][0]["code"] == "SPL001"


def test_runs_are_checked_and_a_broken_binding_ends_with_one(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run_result.json").write_text(run(dataset_digest="e" * 64).model_dump_json())
    result = CliRunner().invoke(app, ["runs", str(tmp_path), "--check", "--format", "json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [each["code"] for each in report["datasets"][0]["findings"]] == ["RES005", "RES008"]
    (tmp_path / "one" / "run_result.json").write_text(run().model_dump_json())
    assert CliRunner().invoke(app, ["runs", str(tmp_path), "--check"]).exit_code == 0


def test_no_runs_are_no_clean_bill():
    from auditor.scanning.results import check_results

    assert check_results(ResultSet(), target="nothing").status == "incomplete"
