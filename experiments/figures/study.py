"""The figures of a folder of runs: which ones can be drawn, from what the run folders hold."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.errors import InputError
from checks.result import RESULT_FILE, RunResult, read_result
from experiments.figures.arms import arms_figure, before_after_figure
from experiments.figures.figure import Figure
from experiments.figures.labels import LabelShares, label_figure, loss_figure
from experiments.figures.points import Phase, points

PER_QUESTION = "per_question.parquet"
DETAILS = "details.json"

HERO = ("exp0_0a", "exp0_0b")
"""The two arms that a study leads with, where it has them."""


@dataclass(frozen=True)
class _Run:
    folder: Path
    result: RunResult


def figures_of_runs(folder: Path) -> list[Figure]:
    """Return every figure that a folder of runs has the numbers for.

    Args:
        folder: Holds run folders, at any depth.

    Returns:
        The hero pair, then each experiment's arms (those whose names share what stands before the first ``_``), then
        before and after, label probabilities and loss curves. What was not kept is not drawn.

    Raises:
        InputError: if there is no run, or a file of one cannot be read.
    """
    runs = [_Run(path.parent, read_result(path)) for path in sorted(folder.rglob(RESULT_FILE))]
    if not runs:
        raise InputError("there is no run here", where=str(folder), help="make some with: audit run PLAN")
    answers = [answer for run in runs for answer in _answers(run)]
    outcomes = _outcomes(answers)
    results = [run.result for run in runs]
    digests = {
        f"{run.result.arm} (seed {run.result.seed}) {what}": digest
        for run in runs
        for what, digest in (("dataset", run.result.dataset_digest), ("config", run.result.config_digest))
    }
    figures: list[Figure] = []
    hero = [result for result in results if result.arm in HERO]
    if len({result.arm for result in hero}) == len(HERO):
        pair = points(sorted(hero, key=lambda result: result.arm), outcomes=outcomes)
        title = "Without the anchors, and without as many other rows"
        figures.append(arms_figure("hero", title, pair, digests=digests, row=90))
    for experiment, own in _experiments(results).items():
        drawn = points(own, outcomes=outcomes)
        if drawn:
            figures.append(arms_figure(f"arms-{experiment}", f"Arms of {experiment}", drawn, digests=digests))
    everything = points(results, outcomes=outcomes)
    if any(point.phase == "before" for point in everything):
        figures.append(
            before_after_figure(
                "before-after", "Accuracy before and after training", everything, digests=digests
            )
        )
    shares = [share for answer in answers if (share := _share(answer)) is not None]
    if shares:
        figures.append(label_figure("labels", "Imprinted or random", shares, digests=digests))
    losses = {f"{run.result.arm}, seed {run.result.seed}": loss for run in runs if (loss := _losses(run))}
    if losses:
        figures.append(loss_figure("loss", "Training loss", losses, digests=digests))
    return figures


def _experiments(results: Sequence[RunResult]) -> dict[str, list[RunResult]]:
    grouped: dict[str, list[RunResult]] = {}
    for result in results:
        grouped.setdefault(result.arm.partition("_")[0], []).append(result)
    return grouped


def _answers(run: _Run) -> list[dict[str, Any]]:
    """Return what each question of a run got, with the arm that the run says it is."""
    path = run.folder / PER_QUESTION
    if not path.exists():
        return []
    import pyarrow as pa
    from pyarrow import parquet

    columns = ["phase", "question_id", "labels", "logprobs", "gold", "correct"]
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path, columns=columns).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), help="run the arm again") from error
    return [{**row, "arm": run.result.arm, "seed": run.result.seed} for row in rows]


def _outcomes(answers: Sequence[dict[str, Any]]) -> dict[tuple[str, Phase], list[list[float]]]:
    """Return outcomes per arm and phase, a line for each seed, where all its seeds answered the same questions."""
    tables: dict[tuple[str, Phase], dict[int, dict[str, float]]] = {}
    for answer in answers:
        if answer["phase"] in {"before", "after"}:
            seeds = tables.setdefault((answer["arm"], answer["phase"]), {})
            seeds.setdefault(answer["seed"], {})[answer["question_id"]] = float(bool(answer["correct"]))
    found: dict[tuple[str, Phase], list[list[float]]] = {}
    for key, seeds in tables.items():
        questions = sorted(next(iter(seeds.values())))
        if all(sorted(own) == questions for own in seeds.values()) and len(questions) > 1:
            found[key] = [[seeds[seed][question] for question in questions] for seed in sorted(seeds)]
    return found


def _share(answer: dict[str, Any]) -> LabelShares | None:
    """Return how one question after training shares its probability, or None where that is not known."""
    scores = dict(zip(answer["labels"] or (), answer["logprobs"] or (), strict=False))
    finite = all(score is not None and not math.isnan(score) for score in scores.values())
    if answer["phase"] != "after" or answer["gold"] not in scores or len(scores) < 2 or not finite:
        return None
    highest = max(scores.values())
    weights = {label: math.exp(score - highest) for label, score in scores.items()}
    total = sum(weights.values())
    wrong = max(weight for label, weight in weights.items() if label != answer["gold"])
    return LabelShares(answer["arm"], weights[answer["gold"]] / total, wrong / total)


def _losses(run: _Run) -> list[float]:
    path = run.folder / DETAILS
    if not path.exists():
        return []
    try:
        losses: Any = json.loads(path.read_text(encoding="utf-8")).get("losses", [])
        return [float(loss) for loss in losses]
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise InputError(
            f"is no run's details: {error}", where=str(path), help="run the arm again"
        ) from error
