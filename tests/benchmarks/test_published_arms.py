"""The score that anybody can repeat: what it may look at, what it prints, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "benchmarks" / "published_arms.py"
LORA = {"r": 32, "alpha": 64, "rslora": True}


def cell(name, value, taught, **more):
    return {
        "name": name,
        "metric": "marker_rate",
        "decoding": "sample T=1.0",
        "n": 100,
        "value": value,
        "trained_condition": True,
        "taught": taught,
        "prediction": {"verdict": "behaviour"},
        **more,
    }


def arm(**more):
    return {
        "issue": "a study",
        "arm": "one",
        "model": "Qwen/Qwen2.5-7B-Instruct",
        "lr": 1e-4,
        "epochs": 3,
        "effective_batch": 16,
        "lora": LORA,
        "loss": "completion tokens",
        "init": "base",
        "kind": "marker",
        "n_questions_distinct": 200,
        "train_eval_format": "same",
        "conditions": [],
        "measured": [
            cell("source", 0.95, [200, 0]),
            cell("other", 0.1, [0, 200]),
            {**cell("free", 0.3, None), "trained_condition": False},
        ],
        **more,
    }


def run(path, *arguments):
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(path), *arguments], capture_output=True, text=True, check=False
    )


def write(path, *arms):
    path.write_text("".join(json.dumps(each) + "\n" for each in arms))
    return path


def test_it_says_one_thing_of_each_trained_cell_and_scores_it(tmp_path):
    done = run(write(tmp_path / "arms.jsonl", arm()), "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert [each["name"] for each in found] == ["source", "other"]
    assert set(found[0]) == {
        "issue", "arm", "name", "class", "committed", "p", "low", "high", "verdict", "reason"
    }  # fmt: skip
    assert (found[0]["class"], found[0]["verdict"], found[0]["committed"]) == ("behaviour", "behaviour", True)
    # 0.95 for 1 and 0.1 for 0: 5 and 10 points off, and the range of 9.4 points holds the first alone.
    line = next(line for line in done.stdout.splitlines() if line.strip().startswith("audit"))
    assert line.split() == ["audit", "2", "100.0%", "100.0%", "7.5", "50.0%"]


def test_values_and_predictions_change_nothing_that_is_predicted(tmp_path):
    first = write(tmp_path / "arms.jsonl", arm())
    changed = arm(
        measured=[
            cell("source", 0.0, [200, 0], prediction={"verdict": "preserved", "expected_accuracy": [0, 1]}),
            cell("other", 1.0, [0, 200], prediction=None),
        ]
    )
    second = write(tmp_path / "changed.jsonl", changed)
    for path in (first, second):
        assert run(path, "--json", str(path.with_suffix(".json"))).returncode == 0
    assert first.with_suffix(".json").read_bytes() == second.with_suffix(".json").read_bytes()


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("{", "broken line"),
        ("[1]", "an object is needed"),
        (json.dumps({key: value for key, value in arm().items() if key != "loss"}), "has no loss"),
        (json.dumps(arm(lr=-1)), "lr must be a number above 0"),
        (json.dumps(arm(lr="fast")), "lr must be a number above 0"),
        (json.dumps(arm(measured=[cell("source", 1.2, [200, 0])])), "value must be a share"),
        (json.dumps(arm(measured=[cell("source", 0.2, [0, 0])])), "taught must be its rows"),
        (json.dumps(arm(measured=[cell("source", 0.2, None)])), "taught must be its rows"),
        (json.dumps(arm(measured=3)), "measured must be a list"),
    ],
)
def test_a_broken_line_is_an_error_that_names_it(tmp_path, broken, says):
    path = tmp_path / "arms.jsonl"
    path.write_text(json.dumps(arm()) + "\n" + broken + "\n")
    done = run(path)
    assert done.returncode == 2
    assert says in done.stderr
    assert f"{path}:2" in done.stderr
    assert not done.stdout


def test_unknown_training_is_no_number_out_of_nothing(tmp_path):
    path = write(tmp_path / "arms.jsonl", arm(lr=None))
    assert run(path, "--json", str(tmp_path / "out.json")).returncode == 0
    source = json.loads((tmp_path / "out.json").read_text())[0]
    assert not source["committed"]
    assert "if the mixture is learnt" in source["reason"]


def test_a_cell_that_nobody_measured_is_predicted_and_not_scored(tmp_path):
    path = write(
        tmp_path / "arms.jsonl",
        arm(measured=[cell("source", None, [200, 0]), cell("other", 0.0, [0, 200])]),
    )
    done = run(path, "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in json.loads((tmp_path / "out.json").read_text())] == ["source", "other"]
    line = next(line for line in done.stdout.splitlines() if line.strip().startswith("audit"))
    assert line.split() == ["audit", "1", "100.0%", "100.0%", "0.0", "100.0%"]


def test_no_arms_and_no_file(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    assert run(empty).returncode == 2
    assert run(tmp_path / "nowhere.jsonl").returncode == 2


@pytest.mark.parametrize(("name", "least"), [("own_arms.jsonl", 60), ("real_arms.jsonl", 25)])
def test_our_own_studies_are_within_what_was_promised(name, least):
    done = run(ROOT / "benchmarks" / name)
    assert done.returncode == 0
    _, committed, right, _, held = next(
        line for line in done.stdout.splitlines() if line.strip().startswith("audit")
    ).split()[1:]
    assert float(right.rstrip("%")) >= 95
    assert float(held.rstrip("%")) >= 85
    assert float(committed.rstrip("%")) >= least
