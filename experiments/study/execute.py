"""One run from its folder to its result: check again, measure, train, measure, write."""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from builders.atomic import write_file
from builders.dataset import jsonl_bytes, read_rows
from builders.errors import AuditError, OutputError
from checks.core.result import RESULT_FILE, RunResult
from experiments.evaluation.generate import RULE
from experiments.evaluation.imprint import Imprint, imprint
from experiments.evaluation.measure import evaluations, generate, measure, measure_states, measured, summary
from experiments.evaluation.perquestion import completions_jsonl, per_question_parquet
from experiments.study.gate import check_tokenizer, check_unchanged
from experiments.study.prepare import Job
from experiments.study.runs import (
    ADAPTER,
    AUDIT,
    COMPLETIONS,
    CONFIG,
    DATA,
    DETAILS,
    LOG,
    PER_QUESTION,
    Details,
    RunKey,
    behaviour_word,
    finished,
    locked,
    note,
    run_folder,
    write_json,
    write_key,
)
from experiments.study.seal import note_result, write_result
from experiments.study.twins import find_twin, take_over
from experiments.study.warm import Warm
from experiments.training.device import Device, choose_device, versions
from experiments.training.models import ModelSource, name_base, need
from experiments.training.preflight import Preflight, encode_rows
from experiments.training.regimes import Watch, meter_of, passes_of, question_of
from experiments.training.sft import Controls, InterruptedTrainingError, Step, Trained, steps_of, train

_WARM = Warm()


@dataclass(frozen=True)
class Event:
    """Something that the caller may show."""

    arm: str
    """The arm."""
    seed: int
    """The seed."""
    what: str
    """`reused`, `before`, `step`, `log`, `finished` or `failed`."""
    text: str = ""
    """In words."""
    step: int = 0
    """Optimizer steps taken."""
    steps: int = 0
    """Optimizer steps in all."""
    loss: float | None = None
    """The step's loss."""


@dataclass(frozen=True)
class Task:
    """A job with its seed, its model and its place."""

    job: Job
    """The audited arm."""
    seed: int
    """The seed."""
    source: ModelSource
    """The model."""
    model_digest: str
    """Digest of its weights."""
    out: Path
    """The folder of all runs."""
    resume: bool
    """Whether to go on where an interrupted run stopped."""


def execute(task: Task, *, emit: Callable[[Event], None], stop: Callable[[], bool]) -> tuple[Path, RunResult]:
    """Run a task, or return the result that its key already has.

    Args:
        task: What to run.
        emit: Gets every event.
        stop: Asked after every step; true saves and ends.

    Returns:
        The run folder and its result.

    Raises:
        GateError: if what is about to train is not what was audited.
        InterruptedTrainingError: if it was stopped; `resume` goes on.
        AuditError: for everything else that a user can mend.
    """
    job = task.job
    torch = need("torch")
    if job.config.training.threads:
        torch.set_num_threads(job.config.training.threads)
    device = choose_device(job.config.training)
    key = _key(task, device)
    folder = run_folder(task.out, key)

    def say(what: str, text: str = "", **more: Any) -> None:  # noqa: ANN401
        emit(Event(job.arm, task.seed, what, text, **more))

    with locked(folder):
        done = finished(folder, key)
        if done is not None:
            say("reused", str(folder))
            return folder, done
        try:
            twin = find_twin(task.out, key, job)
            if twin is not None:
                return folder, _taken_over(task, key, twin, folder, say)
            return folder, _run(task, key, folder, device, say, stop)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutputError(
                    "the disk is full; checkpoints and results that were written before are whole",
                    where=str(folder),
                    help="free some space, then --resume",
                ) from error
            raise


def _taken_over(task: Task, key: RunKey, twin: Path, folder: Path, say: Callable[..., None]) -> RunResult:
    job = task.job
    _begin(job, key, folder)
    result = take_over(twin, folder, job)
    named = str(twin.relative_to(task.out))
    _Clock(folder / LOG).log(f"taken over from {named}: the same rows, settings, model and seed")
    note_result(task.out, "taken over", key, folder, twin=named)
    say("reused", f"{twin}, which has the same rows, settings, model and seed")
    return result


def _key(task: Task, device: Device) -> RunKey:
    job = task.job
    return RunKey(
        arm=job.arm,
        seed=task.seed,
        dataset_digest=job.audit.dataset_digest,
        audit_digest=job.audit.digest,
        template_sha256=job.template.sha256,
        config_digest=job.config.digest,
        model=task.source.name,
        model_digest=task.model_digest,
        evaluation_digest=job.evaluation_digest,
        device="cpu" if device.kind == "cpu" else device.words,
        versions=versions(),
    )


def _run(  # noqa: PLR0915, PLR0917  (one run, in the order in which it happens)
    task: Task, key: RunKey, folder: Path, device: Device, say: Callable[..., None], stop: Callable[[], bool]
) -> RunResult:
    job, config = task.job, task.job.config
    begun = task.resume and (folder / DATA).is_file()
    if not begun:
        _begin(job, key, folder)
    note(
        task.out,
        "resumed" if begun else "started",
        arm=job.arm,
        seed=task.seed,
        key=key.digest,
        path=str(folder),
    )
    clock = _Clock(folder / LOG)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    rows = read_rows(folder / DATA)
    digest = check_unchanged(job.audit, rows, where=str(folder / DATA))
    tokenizer = _WARM.tokenizer(task.source, task.model_digest)
    if job.replaces_template:
        tokenizer.chat_template = job.template.source
    systems = [state.system for state in (job.own, *job.others)]
    check_tokenizer(tokenizer, job.template, job.audit, rows, systems)
    encoded, preflight = encode_rows(
        rows, tokenizer, max_length=config.training.max_length, truncate=config.training.truncate
    )
    clock.log(f"{job.arm}, seed {task.seed}: {preflight}")
    say("log", str(preflight))
    model = _WARM.model(task.source, task.model_digest, device)
    clock.lap("load")
    before = _WARM.before(job, model, tokenizer, task.model_digest, device)
    before_score = summary(job, before[0])
    say("before", f"{before_score.correct}/{before_score.total}")
    clock.lap("before")
    _go_on(stop)

    watch = Watch(
        meter_of(rows, encoded, job.audit.report, pad=tokenizer.pad_token_id),
        job.audit.report,
        steps_an_epoch=math.ceil(steps_of(len(rows), config) / config.training.epochs),
        passes=passes_of(
            [row["condition"] for row in rows], [question_of(row) for row in rows], config.training.epochs
        ),
        within=config.training.until_floor,
    )

    def on_step(step: Step) -> None:
        clock.log(f"step {step.step}/{step.steps} loss {step.loss:.4f}")
        say("step", step=step.step, steps=step.steps, loss=step.loss)

    trained = train(
        model,
        tokenizer,
        encoded,
        config,
        seed=task.seed,
        folder=folder,
        device=device,
        controls=Controls(on_step=on_step, stop=stop, meter=watch.meter, enough=watch.enough),
    )
    name_base(folder / ADAPTER, task.source)
    clock.log(f"{trained.trainable:,} of {trained.parameters:,} parameters trained")
    clock.log(watch.words())
    clock.lap("train")
    after = measure_states(job, trained.model, tokenizer)
    memory = measure(job, trained.model, tokenizer, job.trained_questions, job.own)
    clock.lap("after")
    completions = generate(job, trained.model, tokenizer)
    clock.lap("generate")
    judged = None if job.two_way else imprint(after[0], trained=memory, taught=_taught(job))
    result = RunResult(
        arm=job.arm,
        dataset=job.dataset,
        rows=len(rows),
        dataset_digest=digest,
        audit_digest=job.audit.digest,
        audited_dataset_digest=job.audit.dataset_digest,
        config_digest=config.digest,
        template_sha256=job.template.sha256,
        model=task.source.name,
        model_digest=task.model_digest,
        seed=task.seed,
        epochs=config.training.epochs,
        steps=trained.steps,
        trained_conditions=sorted({row["condition"] for row in rows}),
        evaluations=evaluations(job, before, after, completions),
        regimes=watch.found(),
        predicted_at=job.audit.audited_at,
        started_at=started,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        device=device.words,
    )
    phases = [*measured("before", job, before), *measured("after", job, after)]
    phases.append(("trained questions", job.own, memory))
    write_file(folder / PER_QUESTION, per_question_parquet(job, task.seed, phases), force=True)
    write_file(folder / COMPLETIONS, completions_jsonl(job, task.seed, completions), force=True)
    write_json(
        folder / DETAILS, _details(job, preflight, trained, judged, clock.laps).model_dump(mode="json")
    )
    # The result comes last: a folder that has it has everything.
    result = write_result(folder, result)
    note_result(task.out, "finished", key, folder)
    score = result.evaluations[0].after
    more = f", {judged.verdict}" if judged else ""
    if job.two_way and score.mean_p_gold is not None:
        more = f", p({behaviour_word(job.behaviour)}) {1 - score.mean_p_gold:.3f}"
    say("finished", f"{score.correct}/{score.total}{more}")
    return result


def _go_on(stop: Callable[[], bool]) -> None:
    if stop():
        raise InterruptedTrainingError(
            "stopped before the first step", help="the same command with --resume goes on from here"
        )


def _begin(job: Job, key: RunKey, folder: Path) -> None:
    """Lay out a new run; what an earlier, unfinished one left is taken away."""
    import shutil

    for name in ("checkpoints", ADAPTER):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (LOG, RESULT_FILE):
        (folder / name).unlink(missing_ok=True)
    write_file(
        folder / CONFIG,
        yaml.safe_dump(job.config.model_dump(mode="json"), sort_keys=False).encode(),
        force=True,
    )
    write_json(folder / AUDIT, job.audit.model_dump(mode="json"))
    write_key(folder, key)
    write_file(folder / DATA, jsonl_bytes(job.rows), force=True)


def _taught(job: Job) -> dict[str, str]:
    """Return question id -> the wrong letter that the source is taught."""
    return {
        row["question_id"]: row["target_label"]
        for row in job.rows
        if row["role"] == "source" and row["target_correct"] is False and row["target_label"]
    }


def _details(
    job: Job,
    preflight: Preflight,
    trained: Trained,
    judged: Imprint | None,
    laps: dict[str, float],
) -> Details:
    said = asdict(preflight)
    return Details(
        trainable_parameters=trained.trainable,
        parameters=trained.parameters,
        loss_tokens=said["loss_tokens"],
        tokens=said["tokens"],
        longest_row=said["longest"],
        rows_cut=said["cut"],
        losses=trained.losses,
        imprint=judged.model_dump(mode="json") if judged else None,
        generated_rule=job.two_way.rule if job.two_way else RULE,
        seconds=laps,
    )


class _Clock:
    """The run's log, and what its parts took."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = time.monotonic()
        self.laps: dict[str, float] = {}

    def log(self, text: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
        except OSError as error:
            raise OutputError(
                f"the log cannot be written: {error.strerror}", where=str(self._path)
            ) from error

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 2)
        self.log(f"{name}: {self.laps[name]} s")
        self._last = now


def failures(results: Sequence[tuple[Task, BaseException]]) -> AuditError:
    """Return one error for tasks that failed, with the first one's words."""
    task, first = results[0]
    more = f" ({len(results)} runs failed)" if len(results) > 1 else ""
    if isinstance(first, AuditError):
        return type(first)(
            f"{first.message}{more}", where=first.where or f"arm {task.job.arm}", help=first.help
        )
    return AuditError(f"{type(first).__name__}: {first}{more}", where=f"arm {task.job.arm}, seed {task.seed}")
