"""A connection to the embedded engine with limits that suit an audit on a laptop."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

import duckdb

from builders.bounds import bounds
from builders.errors import AuditError

MAX_THREADS = 8
"""More readers only hold more buffers: one thread parses about 150 MB of JSON a second."""


LEAST_ADDRESS_SPACE = 1_000_000_000
"""Bytes below which the engine's own libraries end the process, now and then, when they cannot start a thread."""


def open_connection(*, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that spills to the system's temporary folder, under a name that nobody can guess.

    Args:
        threads: How many it may use; by default as many as there are cores, up to `MAX_THREADS`.

    Raises:
        AuditError: if the process may not have the memory that the engine needs.
    """
    _refuse_little_memory()
    spill = Path(tempfile.gettempdir()) / f"confound-auditor-{os.getpid()}-{secrets.token_hex(4)}"
    return duckdb.connect(
        ":memory:",
        config={
            # The process around it needs some 100 MB more.
            "memory_limit": f"{bounds().engine_mb}MB",
            "threads": threads or min(MAX_THREADS, os.cpu_count() or 1),
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
        },
    )


def _refuse_little_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit not in (resource.RLIM_INFINITY, -1) and limit < LEAST_ADDRESS_SPACE:
        raise AuditError(
            f"this process may have {limit >> 20:,} MB of address space, and the engine needs "
            f"{LEAST_ADDRESS_SPACE >> 20:,} MB",
            help="raise the limit: ulimit -v",
        )
