"""Run a plan's tasks, one after the other or side by side, and decide what comes next."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.digest import digest
from builders.errors import AuditError
from builders.teardown import hush_teardown
from checks.core.result import RunResult
from experiments.report.folder import STUDY_EVENT
from experiments.report.ladders import LadderNote
from experiments.study.execute import Ended, can_share, execute, execute_together, failures, one_line
from experiments.study.plan import Branch, Plan
from experiments.study.runs import note
from experiments.study.task import Event, Task
from experiments.training.models import need
from experiments.training.sft import InterruptedTrainingError

Finished = tuple[Task, Path, RunResult]
"""A task with its run folder and its result."""


@dataclass(frozen=True)
class Decision:
    """What a gate said, and from what."""

    after: str
    """The experiment whose outcome decides."""
    branch: Branch
    """The branch that was taken."""
    accuracy: dict[str, float]
    """Arm -> accuracy after training over all seeds, between 0 and 1: what it was decided on."""


class Stop:
    """Ctrl-C: once finishes the step and saves, twice stops at once."""

    def __init__(self) -> None:
        self.event: Any = threading.Event()

    @contextmanager
    def listening(self, tell: Callable[[str], None]) -> Generator[None]:
        """Take SIGINT and SIGTERM for as long as the block runs; only possible in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def asked(number: int, _: Any) -> None:  # noqa: ANN401
            if self.event.is_set():
                raise KeyboardInterrupt
            self.event.set()
            tell(f"{signal.Signals(number).name}: finishing the step and saving; once more stops at once")

        before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run_tasks(
    tasks: Sequence[Task], *, jobs: int, emit: Callable[[Event], None], stop: Stop | None = None
) -> list[Finished]:
    """Run tasks, at most `jobs` at a time, and return their results in the tasks' order.

    All tasks are tried even if one fails, so that a long study loses no more than that one.

    Raises:
        InterruptedTrainingError: if it was stopped.
        AuditError: the first task's error, if tasks failed.
    """
    stop = stop or Stop()
    if jobs <= 1 or len(tasks) <= 1:
        return _one_process(tasks, emit, stop)
    return _side_by_side(tasks, jobs, emit, stop)


def _one_process(tasks: Sequence[Task], emit: Callable[[Event], None], stop: Stop) -> list[Finished]:
    """Run what trains fast on a GPU together, and everything else one by one."""
    outcomes: dict[int, Ended] = {}
    for part in _parts(tasks):
        if stop.event.is_set():
            raise InterruptedTrainingError("stopped between two runs", help="--resume goes on from here")
        chosen = [tasks[number] for number in part]
        found = execute_together(chosen, emit=emit, stop=stop.event.is_set)
        for number, outcome in zip(part, found, strict=True):
            outcomes[number] = outcome
            if isinstance(outcome, BaseException):
                emit(Event(tasks[number].job.arm, tasks[number].seed, "failed", one_line(outcome)))
    failed = [(tasks[n], each) for n, each in sorted(outcomes.items()) if isinstance(each, BaseException)]
    if failed:
        raise failures(failed)
    return [
        (task, *outcome)
        for task, (_, outcome) in zip(tasks, sorted(outcomes.items()), strict=True)
        if not isinstance(outcome, BaseException)
    ]


def _parts(tasks: Sequence[Task]) -> list[list[int]]:
    """Return which tasks are run in one call: those that share a GPU's passes together, others alone."""
    shared: list[int] = []
    alone: list[list[int]] = []
    gpu = need("torch").cuda.is_available()
    for number, task in enumerate(tasks):
        if gpu and can_share(task):
            shared.append(number)
        else:
            alone.append([number])
    return [*([shared] if shared else []), *alone]


def _side_by_side(  # noqa: PLR0912
    tasks: Sequence[Task], jobs: int, emit: Callable[[Event], None], stop: Stop
) -> list[Finished]:
    # A fresh interpreter for each worker: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    asked, events = context.Event(), context.Queue()
    reader = threading.Thread(target=_forward_events, args=(events, emit), daemon=True)
    reader.start()
    results: dict[int, Finished] = {}
    failed: list[tuple[Task, BaseException]] = []
    interrupted = False
    pool = ProcessPoolExecutor(
        min(jobs, len(tasks)),
        mp_context=context,
        initializer=_begin_worker,
        initargs=(asked, events, os.getpid()),
    )
    try:
        pending: dict[Future[tuple[Path, RunResult]], int] = {
            pool.submit(_work, task): number for number, task in enumerate(tasks)
        }
        while pending:
            done, _ = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
            if stop.event.is_set() and not asked.is_set():
                asked.set()
                for future in list(pending):
                    if future.cancel():
                        pending.pop(future)
            for future in done:
                if future not in pending:
                    continue
                number = pending.pop(future)
                try:
                    results[number] = (tasks[number], *future.result())
                except InterruptedTrainingError:
                    interrupted = True
                except BrokenProcessPool:
                    failed.append(
                        (
                            tasks[number],
                            AuditError(
                                "a worker was killed, most likely for want of memory; finished runs are whole",
                                help="lower --jobs, then --resume",
                            ),
                        )
                    )
                except Exception as error:
                    failed.append((tasks[number], error))
                    emit(Event(tasks[number].job.arm, tasks[number].seed, "failed", one_line(error)))
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        events.put(None)
        reader.join(timeout=5)
    if interrupted or (stop.event.is_set() and len(results) < len(tasks)):
        raise InterruptedTrainingError(
            f"stopped; {len(results)} of {len(tasks)} runs are finished and the others saved",
            help="the same command with --resume goes on from here",
        )
    if failed:
        raise failures(failed)
    return [results[number] for number in range(len(tasks))]


_worker: dict[str, Any] = {}


def _begin_worker(asked: Any, events: Any, parent: int) -> None:  # noqa: ANN401
    """Prepare a worker: the parent alone hears Ctrl-C, and a worker whose parent is gone ends."""
    hush_teardown()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker.update(asked=asked, events=events, parent=parent)


def _work(task: Task) -> tuple[Path, RunResult]:
    def stop() -> bool:
        if os.getppid() != _worker["parent"]:
            os._exit(1)  # checkpoints are whole, and nobody is there to hear of an error
        return bool(_worker["asked"].is_set())

    if stop():
        # The pool hands out a run ahead of time, which nobody can take back.
        raise InterruptedTrainingError("stopped between two runs", help="--resume goes on from here")
    return execute(task, emit=_worker["events"].put, stop=stop)


def _forward_events(events: Any, emit: Callable[[Event], None]) -> None:  # noqa: ANN401
    while (event := events.get()) is not None:
        emit(event)


def accuracy_of(found: Sequence[Finished]) -> dict[str, float]:
    """Return arm -> share of right answers after training, over all its seeds."""
    counts: dict[str, tuple[int, int]] = {}
    for _, _, result in found:
        score = result.evaluations[0].after
        correct, total = counts.get(result.arm, (0, 0))
        counts[result.arm] = (correct + score.correct, total + score.total)
    return {arm: correct / total for arm, (correct, total) in counts.items() if total}


def at_floor(found: Sequence[Finished]) -> list[str]:
    """Return the arms whose accuracy before training is no better than the best constant answer."""
    arms: dict[str, None] = {}
    for _, _, result in found:
        before = result.evaluations[0].before
        if before and before.best_constant and before.correct <= before.best_constant[1]:
            arms[result.arm] = None
    return list(arms)


def decide(plan: Plan, experiment: str, found: Sequence[Finished]) -> Decision | None:
    """Return the branch that an experiment's outcome takes, or None where the plan has no gate after it.

    Raises:
        AuditError: if an arm that decides was not run, or was at the floor before training, where no drop can
            be seen.
    """
    gate = next((each for each in plan.gates if each.after == experiment), None)
    if gate is None:
        return None
    accuracy = accuracy_of(found)
    needed = {outcome.arm for branch in gate.branches for outcome in branch.when}
    if missing := sorted(needed - accuracy.keys()):
        raise AuditError(
            f"the gate after {experiment} needs the arm {missing[0]}, which was not run", where=plan.name
        )
    if floored := sorted(needed & set(at_floor(found))):
        raise AuditError(
            f"{floored[0]} was no better than one constant answer before training (RES001 [baseline-at-floor]), so no "
            "drop can be read off it and the gate cannot decide",
            where=plan.name,
            help="take a model that can do the task, or another task",
        )
    branch = next(
        branch for branch in gate.branches if all(outcome.holds(accuracy) for outcome in branch.when)
    )
    return Decision(experiment, branch, {arm: accuracy[arm] for arm in sorted(needed)})


def record(
    out: Path,
    plan: Plan,
    decisions: Sequence[Decision],
    *,
    ladders: Sequence[LadderNote] = (),
    target: str | None = None,
    options: Sequence[str] = (),
) -> None:
    """Write into the ledger which plan ran and what its gates and ladders decided, on which numbers.

    Args:
        out: Folder of the runs.
        plan: The plan.
        decisions: What its gates said.
        ladders: What came of its ladders.
        target: What the user called the plan: its name where None.
        options: What the user said over the plan, as words of the command line.

    Raises:
        OutputError: if the ledger cannot be written.
    """
    note(
        out,
        STUDY_EVENT,
        plan=plan.name,
        target=target or plan.name,
        options=list(options),
        title=plan.title,
        plan_digest=digest(plan.model_dump(mode="json")),
        experiments={arm.name: arm.experiment for arm in plan.arms},
        decisions=[
            {
                "after": each.after,
                "branch": each.branch.name,
                "because": each.branch.because,
                "accuracy": each.accuracy,
                "run": each.branch.run,
                "stop": each.branch.stop,
            }
            for each in decisions
        ],
        ladders=[each.model_dump(mode="json") for each in ladders],
    )
