"""`--watch`: look again whenever what was looked at has changed, until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import typer

from builders.errors import AuditError

EVERY: Final = 0.5
"""Seconds between two looks at the files' times."""

State = dict[str, tuple[int, int]]


def watch(paths: Iterable[str | Path], look: Callable[[], object]) -> None:
    """Call a function now and after each change of the files, until interrupted; errors a user can mend are said.

    Args:
        paths: Files and folders; what is none of them is not watched.
        look: What to do.

    Raises:
        InputError: if there is no file to watch.
    """
    from builders.errors import InputError

    named = [str(each) for each in paths]
    if not any(map(os.path.exists, named)):
        raise InputError("there is no file to watch", where="--watch", help="name a file or a folder")
    try:
        while True:
            seen = state(named)
            try:
                look()
            except AuditError as error:
                typer.echo(f"error: {error}", err=True)
            sys.stdout.flush()
            typer.echo("watching for changes; Ctrl-C ends it", err=True)
            while state(named) == seen:
                time.sleep(EVERY)
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[H")
    except KeyboardInterrupt:
        return


def state(paths: Iterable[str]) -> State:
    """Return size and time of change of every file."""
    return dict(_states(paths))


def _states(paths: Iterable[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    for path in paths:
        files = [path]
        if Path(path).is_dir():
            files = [str(Path(folder, name)) for folder, _, names in os.walk(path) for name in names]
        for file in files:
            try:
                found = Path(file).stat()
            except OSError:
                continue
            yield file, (found.st_size, found.st_mtime_ns)
