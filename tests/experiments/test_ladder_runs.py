"""A ladder on real runs: the rung that loses too much is found, what follows is run, kept and reported."""

import json

import pytest

pytest.importorskip("trl")

from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.clean_result import clean_result, gather
from experiments.report import read_study
from experiments.study.gate import GateError
from tests.experiments import tiny

pytestmark = pytest.mark.train

TRAINING = "{learning_rate: 1.0e-6, batch_per_device: 8, accumulation: 1, epochs: 1, threads: 1}"
ARMS = """arms:
  - {name: gentle, dataset: "small.yaml#clean", experiment: A}
  - name: hard
    dataset: "small.yaml#clean"
    experiment: A
    config: {training: {learning_rate_factor: 8000}}
ladders:
  - name: rate
    rungs: [gentle, hard]
    loses: 0.1
    reference:
      dataset: "small.yaml#confounded"
      EXPECTS
    more_seeds: 1
"""
EXPECTS = "expects: [{check: anchor-negative, reason: it is the control}]"


def _plan(folder, expects=EXPECTS):
    plan = tiny.write_plan(folder)
    head = plan.read_text().partition("config:\n")[0]
    settings = f"config:\n  training: {TRAINING}\n  evaluation: {{questions: 24, generate: 2}}\n"
    plan.write_text(head + settings + ARMS.replace("EXPECTS", expects))
    return plan


def _run(folder, *more):
    words = ["run", str(folder / "plan.yaml"), "--out", str(folder / "runs"), "--jobs", "1", *more]
    return CliRunner().invoke(app, words)


def _ledger(folder):
    return [json.loads(line) for line in (folder / "runs" / "ledger.jsonl").read_text().splitlines()]


def test_a_reference_that_may_not_train_stops_the_plan_before_anything_trains(tmp_path):
    _plan(tmp_path, expects="")
    done = _run(tmp_path)
    assert isinstance(done.exception, GateError)
    assert "anchor-negative" in str(done.exception)
    assert not list((tmp_path / "runs").rglob("run_result.json"))


def test_a_follow_up_is_reached_kept_reused_and_reported(tmp_path):
    _plan(tmp_path)
    planned = _run(tmp_path, "--dry-run")
    assert (
        "ladder rate: the first of gentle, hard to lose more than 10 points also gets a reference with its settings"
        in planned.output
    )
    done = _run(tmp_path)
    assert done.exit_code == 0, done.output
    assert "ladder rate: hard is the first rung that lost more than 10 points (gentle lost " in done.output
    assert "beside it: hard-reference (" in done.output
    assert "further seed: hard, seed 42, lost " in done.output
    study = read_study([tmp_path / "runs"])
    assert {arm: [run.result.seed for run in runs] for arm, runs in study.arms.items()} == {
        "gentle": [7],
        "hard": [7, 42],
        "hard-reference": [7],
    }
    assert study.experiments == {"A": ["gentle", "hard", "hard-reference"]}
    hard, reference = study.arms["hard"][0], study.arms["hard-reference"][0]
    assert hard.result.config_digest == reference.result.config_digest
    assert [each.check for each in reference.audit.expects] == ["anchor-negative"]
    [note] = _ledger(tmp_path)[-1]["ladders"]
    own = hard.result.evaluations[0]
    assert (note["first"], note["reference"], note["seeds"]) == ("hard", "hard-reference", [42])
    assert note["measured"][1] == {
        "arm": "hard",
        "before": [own.before.correct, 24],
        "after": [own.after.correct, 24],
    }

    # Once more: the same decision from the same seeds, and nothing trains.
    begun = len([line for line in _ledger(tmp_path) if line["event"] == "started"])
    again = _run(tmp_path, "--resume")
    assert begun == 4
    assert len([line for line in _ledger(tmp_path) if line["event"] == "started"]) == begun
    assert _ledger(tmp_path)[-1]["ladders"] == [note]
    assert "further seed: hard, seed 42" in again.output

    # With the arms named, it is said what would follow, and only they run.
    named = _run(tmp_path, "--arm", "gentle,hard", "--exp", "A")
    assert "nothing was run after it, because --arm names the arms" in named.output

    pytest.importorskip("vl_convert")
    text = clean_result(gather([tmp_path / "runs"]))
    assert "**Ladder rate: hard is the first rung that lost more than 10 points.** Decided on gentle" in text
    assert "| hard, further seed | small/clean | 42 |" in text
    assert "| hard-reference, reference | small/confounded | 7 |" in text
    assert "hard-reference minus hard: " in text
    assert " --seed 7 " in text
