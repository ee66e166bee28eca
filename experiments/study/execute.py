"""Run tasks: take over what is there, train one by one or together, and leave a result for each."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from builders.errors import AuditError, InputError, OutputError, first_line
from checks.core.result import RunResult
from experiments.fast.choice import choose_speed
from experiments.study.one_run import Clock, OpenRun, Say, begin
from experiments.study.runs import DATA, LOG, RunKey, finished, locked, run_folder
from experiments.study.seal import note_result
from experiments.study.task import Event, Task
from experiments.study.together import train_fast
from experiments.study.twins import find_twin, take_over
from experiments.study.warm import Warm
from experiments.training.device import Device, choose_device, versions
from experiments.training.models import need
from experiments.training.sft import InterruptedTrainingError, train

_WARM = Warm()

Ended = tuple[Path, RunResult] | BaseException
"""A run's folder and result, or what ended it."""


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
    (outcome,) = execute_together([task], emit=emit, stop=stop)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def can_share(task: Task) -> bool:
    """Return whether a task trains fast, and so beside others."""
    try:
        return choose_speed(task.job.config, task.source) == "fast"
    except InputError:
        return False  # running it says why


def execute_together(
    tasks: Sequence[Task], *, emit: Callable[[Event], None], stop: Callable[[], bool]
) -> list[Ended]:
    """Run tasks, those that train fast together, and return what came of each, in their order.

    What goes wrong with one run is its outcome, and the others go on.

    Raises:
        InterruptedTrainingError: if it was stopped; everything is saved.
    """
    outcomes: dict[int, Ended] = {}
    waiting = list(range(len(tasks)))
    while waiting:
        # A twin of a run of this round waits for it, and takes it over in the next.
        later: list[int] = []
        together: list[tuple[int, OpenRun]] = []
        known: set[str] = set()
        with ExitStack() as held:
            for number in waiting:
                try:
                    begun = _begin(tasks[number], known, held, emit, stop)
                except InterruptedTrainingError:
                    raise
                except Exception as error:
                    outcomes[number] = _told(error, tasks[number].out)
                    continue
                if begun is None:
                    later.append(number)
                elif isinstance(begun, OpenRun):
                    together.append((number, begun))
                else:
                    outcomes[number] = begun
            found = train_fast([run for _, run in together], warm=_WARM, stop=stop)
            for (number, run), outcome in zip(together, found, strict=True):
                outcomes[number] = (
                    (run.folder, outcome)
                    if isinstance(outcome, RunResult)
                    else _told(outcome, tasks[number].out)
                )
        waiting = later
    return [outcomes[number] for number in range(len(tasks))]


def _begin(
    task: Task, known: set[str], held: ExitStack, emit: Callable[[Event], None], stop: Callable[[], bool]
) -> tuple[Path, RunResult] | OpenRun | None:
    """Return a task's result where it is there or trains by itself, a begun run that trains with others, or None.

    None says that a twin of it was begun in this round.
    """
    job = task.job
    if job.config.training.threads:
        need("torch").set_num_threads(job.config.training.threads)
    device = choose_device(job.config.training)
    key = _key(task, device)
    folder = run_folder(task.out, key)
    if key.twin in known:
        return None
    known.add(key.twin)

    def say(what: str, text: str = "", **more: Any) -> None:  # noqa: ANN401
        emit(Event(job.arm, task.seed, what, text, **more))

    held.enter_context(locked(folder))
    done = finished(folder, key)
    if done is not None:
        say("reused", str(folder))
        return folder, done
    twin = find_twin(task.out, key, job)
    if twin is not None:
        return folder, _taken_over(task, key, twin, folder, say)
    run = OpenRun(task, key, folder, device, warm=_WARM, say=say)
    return run if key.speed == "fast" else (folder, _exact(run, stop))


def _exact(run: OpenRun, stop: Callable[[], bool]) -> RunResult:
    """Train with trl."""
    task, device = run.task, run.device
    model = _WARM.model(task.source, task.model_digest, device, tell=run.tell)
    run.clock.lap("load")
    run.measured_before(_WARM.before(task.job, model, run.tokenizer, task.model_digest, device))
    trained = train(
        model,
        run.tokenizer,
        run.encoded,
        task.job.config,
        seed=task.seed,
        folder=run.folder,
        device=device,
        controls=run.controls(stop),
    )
    return run.close(
        trained.model,
        trained.model,
        losses=trained.losses,
        trainable=trained.trainable,
        parameters=trained.parameters,
    )


def _told(error: BaseException, out: Path) -> BaseException:
    """Return an error in words that say what to do, where there are some."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        found = OutputError(
            "the disk is full; checkpoints and results that were written before are whole",
            where=str(out),
            help="free some space, then --resume",
        )
        found.__cause__ = error
        return found
    return error


def _taken_over(task: Task, key: RunKey, twin: Path, folder: Path, say: Say) -> RunResult:
    job = task.job
    begin(job, key, folder)
    result = take_over(twin, folder, job)
    named = str(twin.relative_to(task.out))
    Clock(folder / LOG).log(f"taken over from {named}: the same rows, settings, model and seed")
    note_result(task.out, "taken over", key, folder, twin=named)
    say("reused", f"{twin}, which has the same rows, settings, model and seed")
    return result


def _key(task: Task, device: Device) -> RunKey:
    """Return a task's key.

    Where the settings leave the speed open, an exact run that is finished or is to be gone on with stays exact.
    """
    job = task.job
    chosen = choose_speed(job.config, task.source)
    keys = {
        speed: RunKey(
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
            speed=speed,
        )
        for speed in ("exact", "fast")
    }
    if job.config.training.speed == "auto" and chosen == "fast":
        folder = run_folder(task.out, keys["exact"])
        if finished(folder, keys["exact"]) or (task.resume and (folder / DATA).is_file()):
            return keys["exact"]
    return keys[chosen]


def one_line(error: BaseException) -> str:
    """Return what went wrong in one line."""
    return str(error) if isinstance(error, AuditError) else f"{type(error).__name__}: {first_line(error)}"


def failures(results: Sequence[tuple[Task, BaseException]]) -> AuditError:
    """Return one error for tasks that failed, with the first one's words."""
    task, first = results[0]
    more = f" ({len(results)} runs failed)" if len(results) > 1 else ""
    if isinstance(first, AuditError):
        return type(first)(
            f"{first.message}{more}", where=first.where or f"arm {task.job.arm}", help=first.help
        )
    return AuditError(f"{one_line(first)}{more}", where=f"arm {task.job.arm}, seed {task.seed}")
