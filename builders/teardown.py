"""Quiet the end of a process in which DuckDB and torch were both loaded."""

from __future__ import annotations

import atexit
import os
import sys


def hush_teardown() -> None:
    """Have standard error closed off before the interpreter takes its modules apart.

    Torch keeps some modules alive until after DuckDB's binding has counted its objects, and the binding then
    prints fifty lines about leaks that nobody can act on. Called before other handlers are registered, this one
    runs after all of them, so that nothing else is lost. Without torch nothing changes.
    """
    atexit.register(_close_off)


def _close_off() -> None:
    if "torch" not in sys.modules or "_duckdb" not in sys.modules:
        return
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
