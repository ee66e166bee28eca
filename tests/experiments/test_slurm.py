"""The array script: valid shell, one index a run, and what the last job is told."""

import os
import subprocess

import pytest

from experiments.study.slurm import write_array

RUNS = [("arm one", 42), ("it's", 7), ("b", 137)]


@pytest.fixture
def script(tmp_path):
    (tmp_path / "out; rm -rf x").mkdir()
    return write_array(
        tmp_path / "out; rm -rf x",
        "plan $(touch gone).yaml",
        RUNS,
        options=["--set", "training.epochs=1"],
        deciding=["--exp", "all"],
        gpu=False,
    )


@pytest.fixture
def audit(tmp_path):
    """A command of that name that says what it was given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "audit").write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    (folder / "audit").chmod(0o755)
    return folder


def ran(script, audit, **variables):
    given = {"PATH": f"{audit}:{os.environ['PATH']}", **variables}
    return subprocess.run(
        ["bash", str(script)], env=given, capture_output=True, text=True, cwd=audit, check=False
    )


def test_the_script_is_valid_shell(script):
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


@pytest.mark.parametrize("index", range(len(RUNS)))
def test_an_index_runs_its_arm_with_its_seed(script, audit, index):
    found = ran(script, audit, SLURM_ARRAY_TASK_ID=str(index))
    assert found.returncode == 0, found.stderr
    arm, seed = RUNS[index]
    assert found.stdout.splitlines() == [
        *("run", "plan $(touch gone).yaml", "--out", str(script.parent), "--set", "training.epochs=1"),
        *("--arm", arm, "--seed", str(seed), "--jobs", "1", "--resume"),
    ]
    assert not (audit / "gone").exists()


def test_there_are_as_many_indices_as_runs(script):
    assert f"#SBATCH --array=0-{len(RUNS) - 1}\n" in script.read_text()


def test_without_an_index_nothing_runs(script, audit):
    found = ran(script, audit)
    assert found.returncode != 0
    assert "SLURM_ARRAY_TASK_ID" in found.stderr


def test_the_last_job_decides_with_the_experiments_that_were_asked_for(script):
    assert "training.epochs=1 --exp all --resume" in script.read_text()


def test_a_gpu_is_asked_for_where_the_model_needs_one(tmp_path):
    path = write_array(tmp_path, "plan", RUNS, options=[], deciding=[], gpu=True)
    assert "#SBATCH --gres=gpu:1\n" in path.read_text()
