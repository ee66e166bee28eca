"""Train begun runs on one base: side by side where they take the same adapter, as many as memory holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builders.digest import digest
from checks.core.result import RunResult
from experiments.fast import adapters
from experiments.fast.checkpoint import forget
from experiments.fast.memory import room_for, worth_compiling
from experiments.fast.score import Scorer
from experiments.fast.train import Run, train_together
from experiments.study.one_run import CHECKPOINTS, OpenRun
from experiments.study.runs import ADAPTER
from experiments.study.warm import Base, Warm
from experiments.training.sft import InterruptedTrainingError


@dataclass
class _Member:
    """A run of a group."""

    number: int
    opened: OpenRun
    run: Run | None = None


def train_fast(
    runs: Sequence[OpenRun], *, warm: Warm, stop: Callable[[], bool]
) -> list[RunResult | BaseException]:
    """Train and measure runs, and return a result or an error for each, in their order.

    Raises:
        InterruptedTrainingError: if it was stopped; everything is saved.
    """
    outcomes: dict[int, RunResult | BaseException] = {}
    groups: dict[str, list[_Member]] = {}
    for number, opened in enumerate(runs):
        job, task = opened.task.job, opened.task
        # What shares passes has one base and adapters of one form.
        same = digest([job.config.lora.model_dump(mode="json"), task.model_digest, str(opened.device)])
        groups.setdefault(same, []).append(_Member(number, opened))
    for group in groups.values():
        _group(group, warm, stop, outcomes)
    return [outcomes[number] for number in range(len(runs))]


def _group(
    group: list[_Member],
    warm: Warm,
    stop: Callable[[], bool],
    outcomes: dict[int, RunResult | BaseException],
) -> None:
    first = group[0].opened
    try:
        base = warm.base(first.task.source, first.task.model_digest, first.device, tell=first.tell)
    except Exception as error:
        outcomes.update({member.number: error for member in group})
        return
    ready: list[_Member] = []
    for member in group:
        try:
            member.run = _ready(member.opened, base, warm, stop)
            ready.append(member)
        except InterruptedTrainingError:
            raise
        except Exception as error:
            outcomes[member.number] = error
    if not ready:
        return
    lora = first.task.job.config.lora
    plan, _ = base.start(lora, first.task.seed)
    room, fit = room_for(base.decoder.frozen, runs=len(ready), size=plan.size, dropout=bool(lora.dropout))
    if room.shared and len(ready) > 1:
        first.tell(
            f"{len(ready)} runs share one base, {fit} beside each other, in passes of at most {room.tokens:,} tokens"
        )
    tokens = sum(_tokens(member.run) for member in ready if member.run)
    decoder = base.compiled() if worth_compiling(base.decoder.frozen, tokens) else base.decoder
    for start in range(0, len(ready), fit):
        part = ready[start : start + fit]
        of = {id(member.run): member for member in part}

        def ended(run: Run, of: dict[int, _Member] = of) -> None:
            member = of[id(run)]
            try:
                outcomes[member.number] = _closed(run, member.opened, base, plan)
            except Exception as error:
                outcomes[member.number] = error

        runs = [member.run for member in part if member.run]
        train_together(decoder, plan, runs, room=room, say=first.tell, ended=ended)


def _ready(opened: OpenRun, base: Base, warm: Warm, stop: Callable[[], bool]) -> Run:
    """Measure the untrained model and return the run that trains."""
    task, config = opened.task, opened.task.job.config
    opened.clock.lap("load")
    asked = Scorer(base.decoder, batch_tokens=config.evaluation.batch_tokens)
    opened.measured_before(
        warm.before(task.job, asked, opened.tokenizer, task.model_digest, opened.device, speed="fast")
    )
    _, vector = base.start(config.lora, task.seed)
    return Run(
        rows=opened.encoded,
        config=config,
        seed=task.seed,
        vector=vector,
        folder=opened.folder / CHECKPOINTS,
        controls=opened.controls(stop),
    )


def _tokens(run: Run) -> int:
    return round(run.config.training.epochs * sum(len(row.tokens) for row in run.rows))


def _closed(run: Run, opened: OpenRun, base: Base, plan: adapters.AdapterPlan) -> RunResult:
    if run.failed is not None:
        raise run.failed
    adapters.save(plan, run.vector, opened.folder / ADAPTER)
    batch = run.config.evaluation.batch_tokens
    writes = adapters.wrapped_with(base.model, plan, run.vector)
    try:
        result = opened.close(
            Scorer(base.decoder, batch_tokens=batch, plan=plan, vector=run.vector),
            writes,
            losses=run.losses,
            trainable=plan.size,
            parameters=plan.size + base.parameters,
        )
    finally:
        writes.unload()
    forget(run.folder)
    run.vector = None
    return result
