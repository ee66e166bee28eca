"""A plan as a SLURM array: one index a run, and a last job that decides what the gates say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from builders.atomic import write_file

SCRIPT = "study.slurm"


def write_array(
    out: Path,
    plan: str,
    runs: Sequence[tuple[str, int]],
    *,
    options: Sequence[str],
    deciding: Sequence[str],
    gpu: bool,
) -> Path:
    """Write an array script, and return where it is.

    Args:
        out: The folder of the runs, on a disk that all machines see; the script stands in it.
        plan: The plan, as the command line names it.
        runs: Arm and seed of each run.
        options: Words of `audit run` that every run is given.
        deciding: Words that the last job is given beside them.
        gpu: Whether a run asks for a GPU.

    Raises:
        OutputError: if it cannot be written.
    """
    path = out / SCRIPT
    write_file(
        path, _script(out, plan, runs, options=options, deciding=deciding, gpu=gpu).encode(), force=True
    )
    return path


def _script(
    out: Path,
    plan: str,
    runs: Sequence[tuple[str, int]],
    *,
    options: Sequence[str],
    deciding: Sequence[str],
    gpu: bool,
) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(plan).stem)
    arms = " ".join(shlex.quote(arm) for arm, _ in runs)
    seeds = " ".join(str(seed) for _, seed in runs)
    given = shlex.join([plan, "--out", str(out), *options])
    last = shlex.join(["audit", "run", plan, "--out", str(out), *options, *deciding, "--resume"])
    resources = "#SBATCH --gres=gpu:1\n" if gpu else ""
    return f"""#!/bin/bash
#SBATCH --job-name=audit-{name}
#SBATCH --array=0-{len(runs) - 1}
#SBATCH --cpus-per-task=1
{resources}#SBATCH --requeue
#SBATCH --open-mode=append
# sbatch --chdir says where the logs go; memory, time and partition are the cluster's: give them to sbatch.
#
#   job=$(sbatch --parsable {shlex.quote(str(out / SCRIPT))})
#   sbatch --dependency=afterok:"$job" --wrap {shlex.quote(last)}
#
# The second decides what the plan's gates say: runs that are finished are taken as they are.
set -euo pipefail
arms=({arms})
seeds=({seeds})
index=${{SLURM_ARRAY_TASK_ID:?is set by sbatch --array}}
exec audit run {given} --arm "${{arms[index]}}" --seed "${{seeds[index]}}" --jobs 1 --resume
"""
