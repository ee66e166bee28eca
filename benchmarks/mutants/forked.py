"""Each mutant in a child of one process that has collected the tests: only the changed function is put in place."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import selectors
import shutil
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from benchmarks.mutants.operators import Mutant, mutated, named_value, uses
from benchmarks.mutants.reach import Reach, Test

FOLDER = Path(".mutants/tmp").resolve()
"""Where children put their temporary files, each in a folder of its own."""

Verdict = Literal["killed", "survived", "timeout", "not reached", "not placed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant."""

    mutant: Mutant
    verdict: Verdict
    tests: int
    """Tests that reach it and were run, at the most."""
    left: int
    """Tests that reach it, too, and for which there was no time."""
    by: str = ""
    """The test that killed it."""
    seconds: float = 0.0


class Loop:
    """A pytest plugin that runs, instead of all tests, one child a mutant with the tests that reach it."""

    def __init__(
        self, chosen: list[Mutant], reach: Reach, *, jobs: int, seconds: float, sources: list[Path]
    ) -> None:
        self.chosen = chosen
        self.reach = reach
        self.jobs = jobs
        self.seconds = seconds
        self.outcomes: list[Outcome] = []
        self._uses = {path: uses(path) for path in sources}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all mutants, several side by side."""
        items = {item.nodeid: item for item in session.items}
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in {each.path for each in self.chosen}:  # rooms of checks are only imported when one runs
            importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        functions = _functions()
        gc.collect()
        gc.freeze()
        selector = selectors.DefaultSelector()
        waiting = list(reversed(self.chosen))
        while waiting or selector.get_map():
            while waiting and len(selector.get_map()) < self.jobs:
                child = self._begin(waiting.pop(), items, functions)
                if child is not None:
                    selector.register(child.pipe, selectors.EVENT_READ, child)
            for key, _ in selector.select(timeout=0.5):
                self._end(key.data, selector, None)
            for key in list(selector.get_map().values()):
                if time.monotonic() > key.data.until:
                    self._end(key.data, selector, "timeout")
        return True

    def _begin(self, mutant: Mutant, items: dict[str, pytest.Item], functions: Functions) -> Child | None:
        tests = [each for each in self.tests(mutant) if each.nodeid in items]
        if not tests:
            self._say(Outcome(mutant, "not reached", 0, 0))
            return None
        taken, total = [], 0.0
        for each in tests:
            total += each.seconds
            if taken and total > self.seconds:
                break
            taken.append(each)
        told, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.close(told)
            _quiet()
            _apart(next(iter(items.values())).config)
            try:
                answer = _run(mutant, [items[each.nodeid] for each in taken], functions)
            except BaseException as error:
                answer = f"killed {type(error).__name__}"
            os.write(tell, answer.encode())
            os._exit(0)
        os.close(tell)
        limit = 20 + 5 * sum(each.seconds for each in taken)
        return Child(
            mutant, pid, told, time.monotonic() + limit, time.monotonic(), len(taken), len(tests) - len(taken)
        )

    def tests(self, mutant: Mutant) -> list[Test]:
        """The tests that reach a mutant: for a named number, those of the functions that use it."""
        if mutant.constant is None:
            return self.reach.of({mutant.path: set(range(mutant.line, mutant.end + 1))})
        return self.reach.of(
            {path: used[mutant.constant] for path, used in self._uses.items() if mutant.constant in used}
        )

    def _end(self, child: Child, selector: selectors.BaseSelector, verdict: Verdict | None) -> None:
        answer = "" if verdict else os.read(child.pipe, 4096).decode()
        selector.unregister(child.pipe)
        os.close(child.pipe)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        shutil.rmtree(FOLDER / str(child.pid), ignore_errors=True)
        word, _, by = (answer or "killed its process").partition(" ")
        seconds = round(time.monotonic() - child.since, 1)
        self._say(
            Outcome(child.mutant, verdict or word.replace("_", " "), child.tests, child.left, by, seconds)
        )

    def _say(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        print(
            f"{len(self.outcomes)}/{len(self.chosen)} {outcome.verdict}: {outcome.mutant.name}",
            file=sys.stderr,
        )


@dataclass(frozen=True)
class Child:
    """A mutant that is being tried."""

    mutant: Mutant
    pid: int
    pipe: int
    until: float
    since: float
    tests: int
    left: int


Functions = dict[tuple[str, str, int], list[types.FunctionType]]


def _functions() -> Functions:
    """All functions that there are, by file, name and first line."""
    found: Functions = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType):
            code = each.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(each)
    return found


def _run(mutant: Mutant, tests: list[pytest.Item], functions: Functions) -> str:
    if not _put_in_place(mutant, functions):
        return "not_placed"
    failed: list[str] = []

    class Watch:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failed.append(report.nodeid)

    manager = tests[0].config.pluginmanager
    manager.register(Watch())
    for place, item in enumerate(tests):
        following = tests[place + 1] if place + 1 < len(tests) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failed:
            return f"killed {failed[0]}"
    return "survived"


def _put_in_place(mutant: Mutant, functions: Functions) -> bool:
    """Change what this process runs; False where it holds nothing of the kind (yet: a module that nobody imported)."""
    tree = mutated(mutant)
    if mutant.constant is not None:
        return _put_constant(mutant, tree)
    name = str(mutant.path.resolve())
    before = list(_codes(compile(mutant.path.read_text(encoding="utf-8"), name, "exec")))
    after = list(_codes(compile(tree, name, "exec")))
    placed = False
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        for function in functions.get((name, old.co_qualname, old.co_firstlineno), ()):
            function.__code__ = new
            placed = True
    return placed


def _put_constant(mutant: Mutant, tree: ast.Module) -> bool:
    home = next((each for each in _modules() if each.__file__ == str(mutant.path.resolve())), None)
    if home is None:
        return False
    value = next(
        named_value(each, mutant.constant) for each in tree.body if named_value(each, mutant.constant)
    )
    old = vars(home)[mutant.constant]
    new = eval(compile(ast.Expression(value), "<mutant>", "eval"))
    if isinstance(old, frozenset | tuple) and type(new) is not type(old):
        new = type(old)(new)
    for module in _modules():
        if vars(module).get(mutant.constant) is old:
            setattr(module, mutant.constant, new)
    return True


def _modules() -> Iterator[types.ModuleType]:
    return (each for each in list(sys.modules.values()) if getattr(each, "__file__", None))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def _apart(config: pytest.Config) -> None:
    """Give a child its own folder for temporary files, and keep what Hypothesis finds to itself."""
    from hypothesis import settings

    factory = config._tmp_path_factory
    factory._basetemp, factory._given_basetemp = None, FOLDER / str(os.getpid())
    settings.register_profile("mutants", settings(), database=None, deadline=None)
    settings.load_profile("mutants")


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
