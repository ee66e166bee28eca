"""The gate after an experiment, on real runs: what training did reaches each branch, and it sends on what it says."""

import json

import pytest

pytest.importorskip("trl")

from typer.testing import CliRunner

from auditor.cli import app
from experiments.study.runs import list_runs
from tests.experiments import tiny

pytestmark = pytest.mark.train

FOLLOW = """  - {name: cleaned, dataset: "small.yaml#clean", experiment: C, config: {training: {epochs: 0.1}}}
  - {name: wider, dataset: "small.yaml#clean", experiment: A, config: {training: {epochs: 0.1}}}
gates:
  - after: "0"
    branches:
      - name: explains
        when: [{arm: clean, below: 0.5}, {arm: confounded, above: 0.6}]
        run: [C]
        stop: [A]
        because: only the arm without anchors falls
      - name: does not explain
        when: [{arm: clean, above: 0.7}]
        run: [A, C]
        because: the arm without anchors does not fall
      - name: partial
        run: [A]
        because: something between
"""


def _run(folder, *more, rate, epochs):
    plan = tiny.write_plan(folder, 60)
    text = plan.read_text()
    training = (
        f"{{learning_rate: {rate}, batch_per_device: 8, accumulation: 1, epochs: {epochs}, threads: 1}}"
    )
    settings = f"  training: {training}\n  evaluation: {{questions: 60, generate: 0}}\n"
    head, _, rest = text.partition("config:\n")
    plan.write_text(f"{head}config:\n{settings}{rest[rest.index('arms:') :]}{FOLLOW}")
    done = CliRunner().invoke(
        app, ["run", str(plan), "--out", str(folder / "runs"), "--jobs", "1", *more], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    ledger = [json.loads(line) for line in (folder / "runs" / "ledger.jsonl").read_text().splitlines()]
    (decision,) = ledger[-1]["decisions"]
    return decision, [each.arm for each in list_runs(folder / "runs")], done.output


@pytest.mark.parametrize(
    ("branch", "rate", "epochs", "after"),
    [
        # Hardly trained, nothing falls; trained well, the arm without anchors does; trained to pieces, both do.
        ("does not explain", 1e-6, 1, ["cleaned", "wider"]),
        ("partial", 8e-3, 1, ["wider"]),
        pytest.param("explains", 4e-4, 8, ["cleaned"], marks=pytest.mark.slow),
    ],
)
def test_each_branch_is_reached_and_sends_on_what_it_says(tmp_path, branch, rate, epochs, after):
    decision, arms, said = _run(tmp_path, rate=rate, epochs=epochs)
    assert decision["branch"] == branch, decision
    assert arms == sorted(["clean", "confounded", *after])
    assert f"gate after 0: {branch}" in said


def test_all_experiments_are_those_that_the_gate_does_not_stop(tmp_path):
    decision, arms, _ = _run(tmp_path, "--exp", "all", rate=1e-6, epochs=0.2)
    assert decision["branch"] == "does not explain"
    assert arms == ["clean", "cleaned", "confounded", "wider"]
