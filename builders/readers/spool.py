"""Streams as files: what can be read once is copied to a temporary file, to which a reader can come back.

The copy has no name as soon as it is open, where the system allows that, so that nothing stays behind however the
process ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

from builders.bounds import bounds, raising
from builders.errors import InputError
from builders.readers.lines import CHUNK

_OPEN: Final[list[IO[bytes]]] = []
"""Copies that must live as long as somebody may go back to their rows: as long as the process."""


def copied(read: Callable[[int], bytes], where: str) -> Path:
    """Return the path of a copy of a stream.

    Args:
        read: Takes a number of bytes and returns at most so many; none at the end.
        where: What errors call the stream.

    Raises:
        InputError: if the stream does not end within its bound, for it need not have an end; if it cannot be read, or
            there is no room for it.
    """
    path, file = unnamed()
    _OPEN.append(file)
    left = most = bounds().stream_bytes
    try:
        while chunk := read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise InputError(
                    f"is longer than {most:,} bytes",
                    where=where,
                    help=f"save it to a file and give that: files are not copied; {raising('stream-gb')}",
                )
            file.write(chunk)
        file.flush()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise InputError(
            f"cannot be copied: {(error.strerror or str(error)).lower()}",
            where=where,
            help="free some space, or name another folder with TMPDIR" if full else None,
        ) from error
    return path


class Copy(NamedTuple):
    """A temporary file, which goes when it is closed."""

    path: Path
    """By which this process can open it."""
    file: IO[bytes]
    """The file, open for writing."""


def unnamed() -> Copy:
    """Return a new temporary file."""
    file = tempfile.TemporaryFile(prefix="confound-auditor-")  # noqa: SIM115
    path = Path(f"/proc/self/fd/{file.fileno()}")
    if path.exists():
        return Copy(path, file)
    file.close()
    named = tempfile.NamedTemporaryFile(prefix="confound-auditor-")  # noqa: SIM115
    return Copy(Path(named.name), cast("IO[bytes]", named))


def opened(path: Path) -> IO[bytes]:
    """Open a pipe or a terminal for reading, and say so on standard error where nothing comes from it.

    Raises:
        InputError: if it cannot be opened.
    """
    try:
        handle = os.open(
            path, os.O_RDONLY | os.O_NONBLOCK
        )  # a pipe that nobody writes to would hold the open
    except OSError as error:
        raise InputError(
            f"cannot be opened: {(error.strerror or str(error)).lower()}", where=str(path)
        ) from error
    there = select.poll()
    there.register(handle, select.POLLIN)
    if not there.poll(1000):
        sys.stderr.write(f"waiting for data from {str(path)!a}\n")
        there.poll()
    os.set_blocking(handle, True)
    return os.fdopen(handle, "rb")


def is_stream(path: Path) -> bool:
    """Return whether a path can be read only once: a pipe, or a terminal.

    Raises:
        InputError: if it is a device or a socket, which holds no data set.
    """
    mode = path.stat().st_mode
    if stat.S_ISFIFO(mode):
        return True
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        with (
            contextlib.suppress(OSError),
            path.open("rb", buffering=0) as file,
        ):  # /dev/tty without a terminal
            if file.isatty():
                return True
        raise InputError("is a device, and no data set", where=str(path), help="give a file, or a pipe")
    return False
