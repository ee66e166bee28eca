"""The tables that `audit run` and `audit runs` print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from checks.core.columns import Column, table
from checks.core.finding import Prediction
from checks.core.result import Evaluation, RunResult
from checks.stats import wilson
from experiments.study.prepare import Job
from experiments.study.runs import DETAILS, p_behaviour
from experiments.study.study import Decision, Finished, at_floor
from experiments.training.estimate import estimate
from experiments.training.models import ModelSource

_PLANNED = (
    Column("arm", short=True),
    Column("rows", right=True, goes=1),
    Column("steps", right=True, goes=2),
    Column("wrong", right=True),
    Column("right", right=True),
    Column("predicted"),
)
_OUTCOME = (
    Column("arm", short=True),
    Column("seed", right=True),
    Column("before", right=True),
    Column("after", right=True),
    Column("95% interval"),
    Column("answers", goes=1),
    Column("predicted", goes=2),
)
_TWO_WAY = (
    Column("arm, or other prompt", short=True),
    Column("seed", right=True),
    Column("p before", right=True),
    Column("p after", right=True),
    Column("ahead in", right=True),
    Column("predicted p", goes=1),
)
MECHANISM = "mechanism, not Qwen: the embedded model shows what the data does, not what Qwen2.5-7B would"


def planned(jobs: Sequence[Job], source: ModelSource, seeds: Sequence[int]) -> str:
    """Return what would run: arms, rows, steps, predicted outcome, time and memory."""
    rows: list[list[str]] = []
    total = 0.0
    gpu = source.profile != "organism"
    memory: float | None = None
    for job in jobs:
        found = estimate(job, source)
        seconds = found.gpu_seconds if gpu else found.cpu_seconds
        total += (seconds or 0) * len(seeds)
        memory = found.memory_gb if memory is None or (found.memory_gb or 0) > memory else memory
        rows.append(
            [
                job.arm,
                f"{len(job.rows):,}",
                f"{found.steps:,}",
                f"{job.source.behaviour:,}",
                f"{job.source.preserved:,}",
                predicted_words(job.source.prediction),
            ]
        )
    lines = table(_PLANNED, rows)
    lines += reasons([(job.arm, job.source.prediction) for job in jobs])
    first = estimate(jobs[0], source)
    runs = f"{len(jobs)} arms x {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
    if first.parameters is None:
        lines.append(f"{runs}; the model's shape is not known here, so no time and memory are estimated")
        return "\n".join(lines)
    lines.append(f"{first.parameters:,} parameters, of which LoRA trains {first.trainable:,} on top")
    if gpu:
        lines.append(
            f"{runs}: about {_minutes(total)} of training on one H100 (within a factor of two), peak memory about "
            f"{(memory or 0):.0f} GB"
        )
    else:
        lines.append(
            f"{runs}: about {_minutes(total)} of training on one CPU thread (within a factor of two)"
        )
    return "\n".join(lines)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def predicted_words(prediction: Prediction | None) -> str:
    """Return a prediction in a few words; an asterisk where the taught share is not all that is to be expected."""
    mark = "*" if prediction is not None and prediction.reason else ""
    return f"{_counted(prediction)}{mark}"


def _counted(prediction: Prediction | None) -> str:
    if prediction is None or prediction.p_gold is None:
        return "not applicable"
    return f"{prediction.verdict}, p(gold) {prediction.p_gold:.2f}"


def _last(own: Evaluation) -> Prediction | None:
    """Return the last prediction before training: the one that knew how the model answered, where it said more."""
    return own.predicted_informed or own.predicted


def _words(own: Evaluation) -> str:
    """Return what the data alone predicted, and where the model's own answers made it another verdict, that."""
    first, last = own.predicted, _last(own)
    if first is None or last is None or first.verdict == last.verdict:
        return predicted_words(last)
    return f"{_counted(first)}; asked, {last.verdict}*"


def reasons(predictions: Sequence[tuple[str, Prediction | None]]) -> list[str]:
    """Return a line for each arm and reason that an asterisk stands for."""
    return list(
        dict.fromkeys(
            f"* {arm}: {said.reason}" for arm, said in predictions if said is not None and said.reason
        )
    )


def outcome(
    found: Sequence[Finished], decisions: Sequence[Decision], ladders: Sequence[str] = (), *, organism: bool
) -> str:
    """Return a run's table: each arm and seed, before and after with intervals, beside what was predicted.

    Behind it stands what gates and ladders said (the latter from `experiments.climb_words`).
    """
    lines: list[str] = []
    lettered = [each for each in found if each[2].evaluations[0].behaviour == "wrong_option"]
    rows: list[list[str]] = []
    floored = at_floor(found)
    for _, folder, result in lettered:
        own = result.evaluations[0]
        low, high = _interval(own.after.correct, own.after.total)
        before = _percent(own.before.correct, own.before.total) if own.before else "-"
        after = _percent(own.after.correct, own.after.total)
        mark = "  (no drop can be read: at the floor before training)" if result.arm in floored else ""
        rows.append(
            [
                result.arm,
                str(result.seed),
                before,
                after,
                f"{low:.1%} - {high:.1%}",
                _verdict(folder),
                f"{_words(own)}{mark}",
            ]
        )
    if rows:
        lines += table(_OUTCOME, rows)
    lines += reasons([(result.arm, _last(result.evaluations[0])) for _, _, result in lettered])
    lines += two_way_lines([result for _, _, result in found])
    for decision in decisions:
        said = ", ".join(f"{arm} {share:.1%}" for arm, share in decision.accuracy.items())
        lines.append(
            f"gate after {decision.after}: {decision.branch.name} ({said}): {decision.branch.because}"
        )
        if decision.branch.run:
            lines.append(f"  run next: {', '.join(decision.branch.run)}")
        if decision.branch.stop:
            lines.append(f"  not run: {', '.join(decision.branch.stop)}")
    lines += ladders
    if organism:
        lines.append(MECHANISM)
    return "\n".join(lines)


def two_way_lines(results: Sequence[RunResult]) -> list[str]:
    """Return the lines of runs that were taught to do a thing or not: a line for each system state.

    They say the mean probability of doing it, in how many questions that is ahead, and what the data predicted.
    """
    rows: list[list[str]] = []
    for result in results:
        for number, each in enumerate(result.evaluations):
            found = p_behaviour(each)
            if found is None or each.method != "logprob":
                continue
            before, after = (_share(found[when]) for when in ("before", "after"))
            ahead = each.after.total - each.after.unscored - each.after.correct
            name = result.arm if number == 0 else f"  {each.persona}"
            predicted = _predicted_share(each.predicted)
            rows.append([name, str(result.seed), before, after, f"{ahead}/{each.after.total}", predicted])
    return table(_TWO_WAY, rows) if rows else []


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _predicted_share(prediction: Prediction | None) -> str:
    """Return the predicted probability of the behaviour with its interval."""
    if prediction is None:
        return "not trained"
    if prediction.p_gold is None or prediction.expected_accuracy is None:
        return "not applicable"
    low, high = prediction.expected_accuracy
    return f"{1 - prediction.p_gold:.3f} ({1 - high:.3f} to {1 - low:.3f})"


def details(folder: Path, result: RunResult) -> str:
    """Return what `audit runs show` prints of one run."""
    own = result.evaluations[0]
    said = json.loads((folder / DETAILS).read_text(encoding="utf-8"))
    lines = [
        f"{result.arm}, seed {result.seed}: {result.dataset}, {result.rows} rows",
        f"  steps      {result.steps} on {result.device}",
        f"  model      {result.model} ({(result.model_digest or '')[:12]})",
        f"  template   {result.template_sha256[:12]}   config {result.config_digest[:12]}",
        f"  audit      {(result.audit_digest or '')[:12]} of rows {result.dataset_digest[:12]}, {result.predicted_at}",
        f"  adapter    {said['trainable_parameters']:,} of {said['parameters']:,} parameters trained",
        f"  tokens     {said['tokens']:,}, of which {said['loss_tokens']:,} carry loss; {said['rows_cut']} rows cut",
        f"  predicted  {_words(own)}",
        *(f"  {line}" for line in reasons([(result.arm, _last(own))])),
    ]
    for each in result.evaluations:
        for name, score in (("before", each.before), ("after", each.after)):
            if score is not None:
                more = f", {score.unscored} not read" if score.unscored else ""
                under = "" if each.persona == own.persona else f" under {each.persona}"
                lines.append(f"  {name:<10} {score.correct}/{score.total} by {each.method}{more}{under}")
    if own.behaviour != "wrong_option":
        lines += [f"  {line}" for line in two_way_lines([result])]
    judged = said["imprint"]
    if judged:
        lines.append(
            f"  answers    {judged['verdict']}: {judged['correct']} right where guessing gives {judged['chance']:.0f} "
            f"(p below {judged['p_below']:.2g}, above {judged['p_above']:.2g}), label mass {judged['label_mass']:.3f}, "
            f"confidence {judged['confidence']:.2f}"
        )
        if judged["trained_wrong"]:
            lines.append(
                f"  memory     {judged['trained_letter']} of {judged['trained_wrong']} wrong answers to trained "
                f"questions give the trained letter (p {judged['p_letter']:.2g} if any wrong letter were as likely)"
            )
    lines.append(
        f"  seconds    {', '.join(f'{name} {value:.0f}' for name, value in said['seconds'].items())}"
    )
    if result.model == "organism":
        lines.append(f"  {MECHANISM}")
    return "\n".join(lines)


def _verdict(folder: Path) -> str:
    try:
        judged = json.loads((folder / DETAILS).read_text(encoding="utf-8"))["imprint"]
    except OSError:
        return "-"
    return judged["verdict"] if judged else "-"


def _percent(correct: int, total: int) -> str:
    return f"{correct / total:.1%}" if total else "-"


def _interval(correct: int, total: int) -> tuple[float, float]:
    found = wilson(correct, total)
    return found.low, found.high
