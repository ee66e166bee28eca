# pyright: reportMissingImports=false
"""Run tasks on Ray: workers anywhere in a cluster, each with one base model, and a driver that may come and go.

Nothing is kept in Ray that is not in the folder of the runs, which all machines have to see: keys, checkpoints,
results and the ledger are written by the workers as a local run writes them. So a worker that dies is replaced, and its
runs go on from their last checkpoint; and a driver that dies takes its workers with it, and the same command with
`--resume` goes on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from builders.errors import AuditError, InputError, first_line
from builders.version import extra_help
from checks.core.result import RunResult
from experiments.study.execute import Ended, can_share, execute_together, failures, one_line
from experiments.study.runs import RunBusyError
from experiments.study.task import Event, Task
from experiments.training.sft import InterruptedTrainingError

ATTEMPTS: Final = 4
"""How often a run is begun whose workers keep dying: a machine may be lost, but memory that is short stays short."""

LOCAL: Final = "local"
"""The address that starts Ray on this machine for as long as the command runs."""

_OBJECTS: Final = 100_000_000
"""Bytes of a local Ray's object store: tasks and results are small."""

_ASKED_EVERY: Final = 1.0
"""Seconds between two questions of a worker whether to stop."""


class Stopping(Protocol):
    """What `experiments.study.study.Stop` is here."""

    @property
    def event(self) -> threading.Event:
        """Set once somebody asked to stop."""
        ...


class Board:
    """What workers and driver tell each other: an actor of its own."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._stop = False

    def put(self, event: Event) -> None:
        """Take an event."""
        self._events.append(event)

    def take(self) -> list[Event]:
        """Return the events since the last call."""
        found, self._events = self._events, []
        return found

    def ask_to_stop(self) -> None:
        """Let every worker save and end."""
        self._stop = True

    def stopped(self) -> bool:
        """Return whether to stop."""
        return self._stop


class Trainer:
    """A worker: an actor that keeps its base model from one run to the next."""

    def __init__(self, board: Any) -> None:  # noqa: ANN401
        self._board = board
        self._asked_at = 0.0
        self._stopped = False

    def run(self, tasks: list[Task]) -> list[Ended]:
        """Run tasks, those that train fast together; a stop is the outcome of all of them."""
        try:
            return execute_together(tasks, emit=self._emit, stop=self._stop)
        except InterruptedTrainingError as error:
            return [error] * len(tasks)

    def _emit(self, event: Event) -> None:
        self._board.put.remote(event)

    def _stop(self) -> bool:
        import ray

        now = time.monotonic()
        if not self._stopped and now - self._asked_at >= _ASKED_EVERY:
            self._asked_at, self._stopped = now, bool(ray.get(self._board.stopped.remote()))
        return self._stopped


@dataclass(frozen=True)
class Part:
    """Tasks that one worker runs in one call."""

    places: tuple[int, ...]
    """Which tasks."""
    attempt: int = 1
    """How often they were begun, this time included."""


def run_on_ray(
    tasks: Sequence[Task], *, address: str, jobs: int, emit: Callable[[Event], None], stop: Stopping
) -> list[tuple[Task, Path, RunResult]]:
    """Run tasks on a Ray cluster and return their results in the tasks' order.

    Args:
        tasks: What to run; their folder has to be one that all machines of the cluster see.
        address: ``local``, ``auto``, or a cluster's ``HOST:PORT`` or ``ray://HOST:PORT``.
        jobs: Workers at most; 0 for as many as the cluster has room for.
        emit: Gets every event.
        stop: Says whether to stop.

    Raises:
        InterruptedTrainingError: if it was stopped.
        AuditError: if there is no Ray, no cluster, or tasks failed.
    """
    ray = _connected(address, jobs)
    try:
        return _Driver(ray, tasks, jobs, emit, stop).run()
    finally:
        ray.shutdown()


def _connected(address: str, jobs: int) -> Any:  # noqa: ANN401
    try:
        import ray
    except ImportError as error:
        raise InputError("Ray is not installed", where="--ray", help=extra_help("ray")) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    here: dict[str, Any] = {"object_store_memory": _OBJECTS, "include_dashboard": False}
    if jobs:
        here["num_cpus"] = jobs
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            ignore_reinit_error=True,
            **(here if address == LOCAL else {}),
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise InputError(
            f"no Ray cluster answers: {first_line(error)}",
            where=f"--ray {address}",
            help="start one with `ray start --head`, or say --ray local",
        ) from error
    return ray


class _Driver:
    """Hands parts to workers, and takes what comes of them."""

    def __init__(
        self,
        ray: Any,  # noqa: ANN401
        tasks: Sequence[Task],
        jobs: int,
        emit: Callable[[Event], None],
        stop: Stopping,
    ) -> None:
        self._ray, self._tasks, self._emit, self._stop = ray, tasks, emit, stop
        room = ray.cluster_resources()
        self._gpus = int(room.get("GPU", 0))
        self._workers = jobs or self._gpus or max(1, int(room.get("CPU", 1)))
        self._waiting = deque(self._parts())
        self._workers = min(self._workers, len(self._waiting)) or 1
        self._running: dict[Any, tuple[Any, Part]] = {}
        self._free: list[Any] = []
        self._outcomes: dict[int, Ended] = {}
        self._board = ray.remote(num_cpus=0)(Board).remote()
        self._trainer = ray.remote(num_cpus=1, num_gpus=1 if self._gpus else 0)(Trainer)

    def _parts(self) -> list[Part]:
        """Divide the tasks: those that share a GPU's passes between the GPUs, every other one by itself."""
        shared = [n for n, task in enumerate(self._tasks) if self._gpus and can_share(task)]
        alone = [Part((n,)) for n in range(len(self._tasks)) if n not in shared]
        groups = [tuple(shared[start :: self._workers]) for start in range(self._workers)]
        return [*(Part(group) for group in groups if group), *alone]

    def run(self) -> list[tuple[Task, Path, RunResult]]:
        told = False
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._workers:
                self._begin(self._waiting.popleft())
            ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=0.5)
            self._show()
            if self._stop.event.is_set() and not told:
                told = True
                self._waiting.clear()
                self._ray.get(self._board.ask_to_stop.remote())
            for reference in ready:
                self._end(reference)
        self._show()
        return self._finished()

    def _begin(self, part: Part) -> None:
        worker = self._free.pop() if self._free else self._trainer.remote(self._board)
        # A run whose worker died goes on from its last checkpoint, whatever was asked for.
        wanted = [
            replace(self._tasks[n], resume=self._tasks[n].resume or part.attempt > 1) for n in part.places
        ]
        self._running[worker.run.remote(wanted)] = (worker, part)

    def _end(self, reference: Any) -> None:  # noqa: ANN401
        worker, part = self._running.pop(reference)
        try:
            found: list[Ended] = self._ray.get(reference)
        except (
            self._ray.exceptions.RayTaskError
        ) as error:  # an error of our own, which another try would meet again
            cause: BaseException = error.cause or error
            for place in part.places:
                self._outcomes[place] = cause
        except self._ray.exceptions.RayError as error:
            self._again(part, error)
        else:
            self._free.append(worker)
            for place, outcome in zip(part.places, found, strict=True):
                if isinstance(outcome, RunBusyError) and 1 < part.attempt < ATTEMPTS:
                    # The lock of a machine that is gone is given up a little later than the machine.
                    self._waiting.append(Part((place,), part.attempt + 1))
                    continue
                self._outcomes[place] = outcome
                if isinstance(outcome, BaseException) and not isinstance(outcome, InterruptedTrainingError):
                    self._say(place, "failed", one_line(outcome))

    def _again(self, part: Part, error: BaseException) -> None:
        """Begin a part again whose worker died, unless it keeps dying."""
        for place in part.places:
            if part.attempt >= ATTEMPTS or self._stop.event.is_set():
                dead = AuditError(
                    f"its worker died {part.attempt} times: {first_line(error)}",
                    help="finished runs are whole: look at the machine's memory, then --resume",
                )
                self._outcomes[place] = dead
                self._say(place, "failed", one_line(dead))
            else:
                self._say(place, "log", "its worker died; another goes on from the last checkpoint")
        if part.attempt < ATTEMPTS and not self._stop.event.is_set():
            self._waiting.append(replace(part, attempt=part.attempt + 1))

    def _say(self, place: int, what: str, text: str) -> None:
        task = self._tasks[place]
        self._emit(Event(task.job.arm, task.seed, what, text))

    def _show(self) -> None:
        for event in self._ray.get(self._board.take.remote()):
            self._emit(event)

    def _finished(self) -> list[tuple[Task, Path, RunResult]]:
        done = {n: each for n, each in self._outcomes.items() if not isinstance(each, BaseException)}
        stopped = [each for each in self._outcomes.values() if isinstance(each, InterruptedTrainingError)]
        if stopped or (self._stop.event.is_set() and len(done) < len(self._tasks)):
            raise InterruptedTrainingError(
                f"stopped; {len(done)} of {len(self._tasks)} runs are finished and the others saved",
                help="the same command with --resume goes on from here",
            )
        wrong = [
            (self._tasks[n], each)
            for n, each in sorted(self._outcomes.items())
            if isinstance(each, BaseException)
        ]
        if wrong:
            raise failures(wrong)
        return [(task, *done[n]) for n, task in enumerate(self._tasks)]
