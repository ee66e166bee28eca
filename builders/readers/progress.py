"""Telling how far a read has come, without slowing it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import duckdb

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all, a few times a second, from another thread."""

INTERVAL = 0.1


@contextmanager
def watched(
    connection: duckdb.DuckDBPyConnection, progress: Progress | None, *, before: int, size: int, total: int
) -> Generator[None]:
    """Report the progress of the statement that runs inside.

    Args:
        connection: Where it runs.
        progress: Whom to tell; None tells nobody.
        before: Bytes of the pieces done already.
        size: Bytes of the piece that the statement reads.
        total: Bytes of all pieces.
    """
    if progress is None or not size:
        yield
        return
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    done = threading.Event()

    def poll() -> None:
        while not done.wait(INTERVAL):
            percent = connection.query_progress()
            if percent > 0:
                progress(before + int(size * min(percent, 100.0) / 100), total)

    thread = threading.Thread(target=poll, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    progress(before + size, total)
