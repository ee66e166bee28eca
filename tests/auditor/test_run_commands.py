"""`audit run`, `audit runs` and `audit eval` from the outside: what they print, and what they refuse."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.studies.run_progress import showing
from experiments.study.task import Event

ROOT = Path(__file__).parents[2]


def _audit(*arguments, cwd=ROOT, **more):
    return subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dry_run_says_what_would_run_and_trains_nothing(tmp_path):
    done = _audit(
        "run", "issue-100-qwen2.5-7b", "--exp", "0", "--questions", "embedded", "--dry-run", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "exp0_0b   700    132    200    100  preserved, p(gold) 0.33" in done.stdout
    assert "80,740,352" in done.stdout
    assert "GB" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["flag", "plan", "environment"])
def test_on_and_off_are_words_wherever_they_are_said(tmp_path, way):
    """YAML reads them as true and false."""
    arguments = ["run", "issue-100", "--arm", "exp0_0a", "--dry-run"]
    more = {}
    if way == "flag":
        arguments += ["--set", "training.gradient_checkpointing=off"]
    elif way == "plan":
        (tmp_path / "mine.yaml").write_text(
            "extends: issue-100\nname: mine\nconfig: {training: {gradient_checkpointing: off, bf16: off}}\n"
        )
        arguments[1] = "mine.yaml"
    else:
        more = {"AUDIT_RUN_SET": "training.gradient_checkpointing=on"}
    done = _audit(*arguments, cwd=tmp_path, **more)
    assert done.returncode == 0, done.stderr
    assert "exp0_0a" in done.stdout


def _gpu_page():
    text = (ROOT / "docs" / "gpu.md").read_text()
    lines = [line for block in re.findall(r"```console\n(.*?)```", text, re.S) for line in block.splitlines()]
    return [line.removeprefix("$ ").partition("#")[0].split() for line in lines]


@pytest.mark.parametrize("words", _gpu_page(), ids=" ".join)
def test_every_command_of_the_gpu_page_gets_as_far_as_a_gpu(tmp_path, words):
    """Runs are dry and ask the embedded questions; a model's folder that is not there is the organism's."""
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, str(ROOT / words[1]), *words[2:]],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "a GPU with bfloat16" in done.stderr
        return
    known = {"/models/qwen2.5-7b-instruct": "organism", "arc_challenge_test.jsonl": "embedded"}
    told = [known.get(word, word) for word in words[1:]]
    told += [] if "--dry-run" in told else ["--dry-run"]
    done = _audit(*told, "--questions=embedded", "--exp=0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "exp0_0b" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "isue-100"], "did you mean 'issue-100'"),
        (["run", "issue-100", "--exp", "Z"], "unknown experiment"),
        (["run", "issue-100", "--model", "organsm"], "did you mean 'organism'"),
        (["run", "issue-100", "--seed", "4,x"], "are no seeds"),
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
