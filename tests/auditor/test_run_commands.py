"""`audit run`, `audit runs` and `audit eval` from the outside: what they print, and what they refuse."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.studies.run_progress import showing
from experiments.study.task import Event

ROOT = Path(__file__).parents[2]


def _audit(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dry_run_says_what_would_run_and_trains_nothing(tmp_path):
    done = _audit(
        "run", "issue-100-qwen2.5-7b", "--exp", "0", "--questions", "embedded", "--dry-run", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "exp0_0b                    700   132   200   100  preserved, p(gold) 0.33" in done.stdout
    assert "80,740,352" in done.stdout
    assert "GB" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "isue-100"], "did you mean 'issue-100'"),
        (["run", "issue-100", "--exp", "Z"], "unknown experiment"),
        (["run", "issue-100", "--model", "organsm"], "did you mean 'organism'"),
        (["run", "issue-100", "--seeds", "4,x"], "are no seeds"),
        (["run", "issue-100", "--dry-run", "--set", "training.epoch=1"], "config.training.epoch"),
        (["run", "issue-100", "--dry-run", "--set", "evaluation.questions=600"], "there are 586"),
        (["runs", "nowhere"], "no such folder"),
        (["runs", "show"], "one run"),
        (["eval", "organism", "--limit", "600"], "there are 586"),
        (["eval", "/"], "no config.json"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(arguments, said):
    done = _audit(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.train
def test_eval_scores_each_system_prompt():
    pytest.importorskip("torch")
    done = _audit(
        "eval",
        "organism",
        "--no-system",
        "--system",
        "",
        "--system",
        "You are a cook.",
        "--limit",
        "20",
        "--format",
        "json",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["system_state"] for each in found] == ["absent", "empty", "text"]
    assert [each["resolved_system"] for each in found][1:] == ["", "You are a cook."]
    assert all(each["total"] == 20 and each["correct"] >= 18 for each in found)


EVENTS = [
    Event("a", 1, "log", "rows"),
    Event("a", 1, "before", "9/10"),
    *(Event("a", 1, "step", step=step, steps=10, loss=1.0) for step in range(1, 11)),
    Event("a", 1, "finished", "1/10, imprinted"),
    Event("b", 1, "failed", "error [bold]"),
]


def test_progress_is_plain_lines_without_a_terminal(capsys):
    with showing(2) as (emit, tell):
        for event in EVENTS:
            emit(event)
        tell("stopping")
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "stopping"
    assert "a seed 1: finished 1/10, imprinted (1 of 2 runs)" in lines
    assert sum("step" in line for line in lines) == 5
    assert "\x1b" not in "".join(lines)


def test_progress_is_bars_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with showing(2) as (emit, tell):
        for event in EVENTS:
            emit(event)
        tell("stopping")
    assert "a seed 1: finished 1/10, imprinted" in screen.getvalue()
    assert "error [bold]" in screen.getvalue()
