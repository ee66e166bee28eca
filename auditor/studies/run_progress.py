"""Progress of training runs on standard error: bars on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from experiments.study.task import Event

Emit = Callable[[Event], None]
Tell = Callable[[str], None]


@contextmanager
def showing(runs: int) -> Generator[tuple[Emit, Tell]]:
    """Yield what takes events and what takes a message.

    Args:
        runs: How many runs there will be.
    """
    if sys.stderr.isatty():
        with _bars(runs) as both:
            yield both
    else:
        yield _lines(runs)


def _lines(runs: int) -> tuple[Emit, Tell]:
    started: dict[tuple[str, int], float] = {}
    finished = 0

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201

    def emit(event: Event) -> None:
        nonlocal finished
        name = f"{event.arm} seed {event.seed}"
        if event.what == "step":
            begun = started.setdefault((event.arm, event.seed), time.monotonic())
            every = max(1, event.steps // 5)
            if event.step % every == 0 or event.step == event.steps:
                left = (time.monotonic() - begun) / max(1, event.step) * (event.steps - event.step)
                tell(f"{name}: step {event.step}/{event.steps}, loss {event.loss:.3f}, {left:.0f} s left")
            return
        if event.what in ("finished", "reused", "failed"):
            finished += 1
            tell(f"{name}: {event.what} {event.text} ({finished} of {runs} runs)")
        elif event.what == "before":
            tell(f"{name}: before training {event.text}")
        else:
            tell(f"{name}: {event.text}")

    return emit, tell


@contextmanager
def _bars(runs: int) -> Generator[tuple[Emit, Tell]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bars:
        total = bars.add_task("runs", total=runs, loss="")
        known: dict[tuple[str, int], TaskID] = {}

        def tell(text: str) -> None:
            bars.console.print(text, markup=False, highlight=False)

        def emit(event: Event) -> None:
            key, name = (event.arm, event.seed), f"{event.arm} seed {event.seed}"
            if event.what == "step":
                if key not in known:
                    known[key] = bars.add_task(name, total=event.steps, loss="")
                loss = f"loss {event.loss:.3f}"
                bars.update(known[key], completed=event.step, loss=loss)
            elif event.what in ("finished", "reused", "failed"):
                if key in known:
                    bars.update(known[key], visible=False)
                bars.advance(total)
                tell(f"{name}: {event.what} {event.text}")
            elif event.what == "before":
                tell(f"{name}: before training {event.text}")

        yield emit, tell
