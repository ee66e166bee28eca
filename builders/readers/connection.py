"""A connection to the embedded engine with limits that suit an audit on a laptop."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import duckdb

MEMORY_LIMIT = "400MB"
"""What the engine may hold before it spills to disk. The process around it needs some 100 MB more."""

MAX_THREADS = 8
"""More readers only hold more buffers: one thread parses about 150 MB of JSON a second."""


def open_connection() -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that spills to the system's temporary folder, under a name that nobody can guess."""
    spill = Path(tempfile.gettempdir()) / f"confound-auditor-{os.getpid()}-{secrets.token_hex(4)}"
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": min(MAX_THREADS, os.cpu_count() or 1),
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
        },
    )
