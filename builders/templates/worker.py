"""A process that renders templates from elsewhere, so that one that hangs or grows can be killed.

Jinja's sandbox keeps a template from the interpreter's insides, and cannot bound what it costs. So a
template that is not our own is rendered in a child process with bounded memory, bounded processor time, no
way to open files and nothing to lose. The parent (`RenderProcess`) sends one JSON line per rendering and
kills the child when the answer does not come.
"""

from __future__ import annotations

import atexit
import contextlib
import encodings
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from builders.digest import digest_text
from builders.errors import TemplateError
from builders.templates.execution import Rendered, TimeIsUp, execute
from builders.templates.limits import Limits

_LAZY: Final = (
    "html",
    "html.entities",
    "jinja2.constants",
    "pprint",
    "stringprep",
    "textwrap",
    "unicodedata",
)
"""What filters, and methods of strings, import when they are first called."""

_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from builders.templates.worker import serve; serve()"
)


@dataclass
class _Account:
    """What all renderings of one template have used so far."""

    renderings: int = 0
    seconds: float = 0.0

    def overdrawn(self, limits: Limits) -> bool:
        return self.seconds > limits.total_seconds + limits.each_seconds * self.renderings


class RenderProcess:
    """The parent's side: a child that is started when first needed, and again after it had to be killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._accounts: dict[str, _Account] = {}

    def render(
        self, source: str, variables: dict[str, Any], now: datetime, limits: Limits, most: int
    ) -> Rendered:
        """Render in the child and return what came of it; never raises for what a template does."""
        request = json.dumps(
            [source, variables, now.isoformat(), most, limits.cpu_seconds, limits.memory_bytes]
        )
        with self._lock:
            account = self._accounts.setdefault(digest_text(source), _Account())
            if account.overdrawn(limits):
                return Rendered(failure="limit", message=_too_slow(account, limits))
            account.renderings += 1
            process = self._running()
            assert process.stdin is not None  # noqa: S101 - both are opened as pipes below
            assert process.stdout is not None  # noqa: S101
            timer = threading.Timer(limits.wall_seconds, process.kill)
            try:
                timer.start()
                process.stdin.write(request + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
            except BrokenPipeError:
                answer = ""
            except BaseException:
                self._kill()
                raise
            finally:
                late = timer.finished.is_set()
                timer.cancel()
            if answer.endswith("\n"):
                seconds, outcome = json.loads(answer)
                account.seconds += seconds
                return Rendered(**outcome)
            account.seconds += limits.wall_seconds if late else limits.cpu_seconds
            status = self._kill()
        return Rendered(failure="limit", message=_last_words(status, late, limits))

    def close(self) -> None:
        """End the child if there is one."""
        with self._lock:
            self._kill()

    def _running(self) -> subprocess.Popen[str]:
        if self._owner != os.getpid():
            self._process = None  # a fork's copy of the parent's child is not ours to talk to
        if self._process is None or self._process.poll() is not None:
            self._owner = os.getpid()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
                    [sys.executable, "-c", _START, json.dumps(sys.path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    encoding="utf-8",
                )
            except OSError as error:
                raise TemplateError(
                    f"cannot start the process that renders templates: {error.strerror}",
                    where=sys.executable or "the Python interpreter",
                    help="only the embedded template can be rendered without one",
                ) from error
        return self._process

    def _kill(self) -> int | None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return None
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return process.wait()


def _too_slow(account: _Account, limits: Limits) -> str:
    return (
        f"used {account.seconds:.0f} s of processor time for {account.renderings:,} renderings; "
        f"{limits.total_seconds:g} s and {limits.each_seconds:g} s for each are allowed (--limit template-seconds)"
    )


def _last_words(status: int | None, late: bool, limits: Limits) -> str:
    if late:
        return f"did not finish within {limits.wall_seconds:g} s"
    if status is not None and status == -getattr(signal, "SIGXCPU", 0):
        return f"used more than {limits.cpu_seconds:g} s of processor time (--limit render-seconds)"
    return f"brought the process that renders it down (exit status {status})"


_shared: Final = RenderProcess()
atexit.register(_shared.close)


def render_apart(
    source: str, variables: dict[str, Any], now: datetime, limits: Limits, most: int
) -> Rendered:
    """Render in the shared child process."""
    return _shared.render(source, variables, now, limits, most)


def serve() -> None:
    """The child's side: answer requests until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin, sys.stdout
    sys.stdout = sys.stderr
    bounded = False
    for line in requests:
        source, variables, now, most, cpu_seconds, memory_bytes = json.loads(line)
        if not bounded:
            _warm_up()
            _bound_process(memory_bytes)
            bounded = True
        started = time.process_time()
        outcome = _execute_timed(source, variables, datetime.fromisoformat(now), most, cpu_seconds)
        answers.write(json.dumps([time.process_time() - started, outcome.__dict__]) + "\n")
        answers.flush()


def _warm_up() -> None:
    """Load what templates load lazily (filters, codecs, tracebacks of errors) while files can still be opened."""
    for name in _LAZY:
        importlib.import_module(name)
    for codec in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):  # those of another operating system
            importlib.import_module(f"encodings.{codec.name}")
    execute("{{ 'a'|urlize ~ [1]|pprint ~ strftime_now('%x') ~ raise_exception('') }}", {}, datetime.min, 100)


_RINGS_AGAIN: Final = 0.1
"""Seconds of processor time after which an alarm that was not heard rings once more."""


def _execute_timed(
    source: str, variables: dict[str, Any], now: datetime, most: int, cpu_seconds: float
) -> Rendered:
    """Execute under a processor-time limit; the hard one, two seconds later, ends the process."""
    if not hasattr(signal, "SIGPROF"):  # Windows: the parent's clock is the only limit
        return execute(source, variables, now, most)
    import resource

    def ring(_number: int, _frame: object) -> None:
        raise TimeIsUp

    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = int(used.ru_utime + used.ru_stime + cpu_seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (hard, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    signal.signal(signal.SIGPROF, ring)
    try:
        # It rings again: where it is raised in a callback that nothing leaves, Python drops an exception.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds, _RINGS_AGAIN)
        try:
            return execute(source, variables, now, most)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except TimeIsUp:
        said = f"used more than {cpu_seconds:g} s of processor time (--limit render-seconds)"
        return Rendered(failure="limit", message=said)


def _bound_process(memory_bytes: int) -> None:
    """Bound memory, and forbid new files, larger files and core dumps."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    wanted = [
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ]
    for limit, value in wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them
            resource.setrlimit(limit, (value, value))
