"""The way out of the program: whatever happens in it, one line and exit status 2.

Python itself ends with status 1 on an error that nothing expected, and 1 says "findings" here.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

from builders.errors import AuditError, first_line

TRACEBACK: Final = "--traceback"
"""The option that shows more; it is read before any other, since anything may fail."""

DONE, FINDINGS, NOT_DONE = 0, 1, 2
"""Exit statuses."""

CLOSED_PIPE: Final = 128 + 13
"""What a shell calls a program that SIGPIPE ended: somebody read as much as they wanted."""


def guarded(run: Callable[[], int], *, traceback: bool = False) -> int:
    """Run a program and return its exit status; what goes wrong is said in one line on standard error.

    Args:
        run: The program. It may call `sys.exit`.
        traceback: Whether to let an error that nothing expected through, for its trace.
    """
    if sys.stderr is None:
        sys.stderr = _nowhere()
    if sys.stdout is None:
        return _fail("standard output is closed", "the report has nowhere to go")
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files need not be text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _status(run)
        sys.stdout.flush()
    except AuditError as error:
        return _fail(str(error))
    except BrokenPipeError:
        sys.stdout = _nowhere()  # or Python tries once more at the end, and complains
        return CLOSED_PIPE
    except Exception as error:
        if traceback:
            raise
        return _fail(*_words(error))
    return status


def _status(run: Callable[[], int]) -> int:
    try:
        return run()
    except SystemExit as ended:
        if isinstance(ended.__context__, OSError) and ended.__context__.errno == errno.EPIPE:
            return CLOSED_PIPE  # the command line library calls that 1
        return ended.code if isinstance(ended.code, int) else DONE if ended.code is None else NOT_DONE


def _words(error: Exception) -> tuple[str, str]:  # noqa: PLR0911 - a case each
    """Return what is said of an error that nothing expected, and what can be done."""
    more = f"add {TRACEBACK} to see where it came from"
    match error:
        case MemoryError():
            return "there is not enough memory for this", f"give it more, or less to read; {more}"
        case _ if (
            type(error).__name__ == "OutOfMemoryException"
        ):  # the engine's, which is not imported for its name
            return (
                "a step of the engine needs more memory at once than it may have",
                f"give it more, --limit engine-mb=NUMBER, and room to spill where TMPDIR says; {more}",
            )
        case RuntimeError() if "new thread" in str(error):
            return "no thread can be started", f"give the process more memory, or more processes; {more}"
        case RecursionError():
            return "something in the input is nested too deeply", more
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f"{str(error.filename)!a}: " if error.filename else ""
            return (
                f"{where}no space is left on the device",
                "free some space; nothing that was there has been changed",
            )
        case OSError() if error.errno == errno.ENOENT and not _working_directory():
            return "the working directory has been deleted", "change into one that exists"
        case _:
            return (
                f"unexpected {type(error).__name__}: {first_line(error)[:300]}",
                f"please report it; {more}",
            )


def _working_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return None


def _fail(message: str, advice: str | None = None) -> int:
    lines = [f"error: {message}", *([f"help: {advice}"] if advice else [])]
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # nobody listens there, either; the exit status says it
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        sys.stdout = _nowhere()
    return NOT_DONE


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
