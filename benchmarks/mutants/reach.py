"""Which tests reach which line, and how long each takes: from one run of the tests under coverage."""

from __future__ import annotations

import difflib
import functools
import gc
import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

_CLEARED = ("tests", "builders", "checks", "experiments")
"""What is remembered in these packages is forgotten before each test: else only the first would reach it."""


QUIETLY = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "--timeout=600")
"""How pytest is called: nothing remembered, nothing spread, nothing that takes minutes."""


class Recorder:
    """A pytest plugin: a coverage context for each test, and one for each fixture that several tests share."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.tests: dict[str, dict[str, object]] = {}
        self.current = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Record one test, from its fixtures to their end."""
        for remembered in gc.get_objects():
            if isinstance(remembered, functools._lru_cache_wrapper) and (
                remembered.__module__.split(".")[0] in _CLEARED
            ):
                remembered.cache_clear()
        shared = [
            name
            for name, definitions in item._fixtureinfo.name2fixturedefs.items()
            if definitions[-1].scope != "function"
        ]
        self.tests[item.nodeid] = {"seconds": 0.0, "passed": True, "fixtures": shared}
        self.current = item.nodeid
        self.measured.switch_context(item.nodeid)
        started = time.perf_counter()
        try:
            return (yield)
        finally:
            self.tests[item.nodeid]["seconds"] = round(time.perf_counter() - started, 4)
            self.measured.switch_context("")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Set what a shared fixture runs apart: every test that asks for it reaches those lines."""
        if fixturedef.scope == "function":
            return (yield)
        self.measured.switch_context(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self.measured.switch_context(self.current)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails, or is left out, cannot kill anything."""
        if report.outcome != "passed":
            self.tests[report.nodeid]["passed"] = False


@dataclass(frozen=True)
class Test:
    """One test that passes, and its seconds under coverage."""

    nodeid: str
    seconds: float


class Reach:
    """Answers which tests reach a line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = coverage.CoverageData(str(folder / "coverage"))
        self._data.read()
        told = json.loads((folder / "tests.json").read_text())
        self.tests = {
            nodeid: Test(nodeid, each["seconds"]) for nodeid, each in told.items() if each["passed"]
        }
        self._by_fixture: dict[str, set[str]] = defaultdict(set)
        for nodeid, each in told.items():
            for name in each["fixtures"]:
                self._by_fixture[f"fixture {name}"].add(nodeid)

    def of(self, wanted: dict[Path, set[int]]) -> list[Test]:
        """The tests that reach one of these lines of the files as they are now, the quickest first."""
        found: set[str] = set()
        for path, lines in wanted.items():
            known = self._lines(path)
            found.update(test for line in lines for test in known.get(line, ()))
        return sorted((self.tests[nodeid] for nodeid in found), key=lambda each: (each.seconds, each.nodeid))

    @functools.cache  # noqa: B019 (one object a run)
    def _lines(self, path: Path) -> dict[int, frozenset[str]]:
        """The tests of each line; where a file has changed since, those of the line that it was."""
        kept = self._folder / "files" / path
        if not kept.exists():
            return {}
        then = kept.read_text(encoding="utf-8").splitlines()
        now = path.read_text(encoding="utf-8").splitlines()
        seen = self._data.contexts_by_lineno(str(path.resolve())) or self._data.contexts_by_lineno(str(path))
        tests = {
            line: frozenset(
                test
                for context in contexts
                for test in (self._by_fixture[context] if context.startswith("fixture ") else [context])
                if test in self.tests
            )
            for line, contexts in seen.items()
        }
        moved: dict[int, frozenset[str]] = {}
        for same in difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
            kind, old, old_end, new, new_end = same
            if kind == "equal":
                moved.update(
                    (new + step + 1, tests[old + step + 1])
                    for step in range(old_end - old)
                    if old + step + 1 in tests
                )
            else:  # written anew since: whoever reached what stood there, or what stands around it
                around = range(max(old, 1), old_end + 2)
                near = frozenset[str]().union(*(tests.get(line, frozenset()) for line in around))
                moved.update((line + 1, near) for line in range(new, new_end))
        return moved


def record(folder: Path, test_paths: list[str], sources: Sequence[str]) -> None:
    """Run tests in this process under coverage, and write what was seen into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = coverage.Coverage(data_file=str(folder / "coverage"), source=list(sources), config_file=False)
    measured.set_option("run:relative_files", True)
    recorder = Recorder(measured)
    measured.start()
    # Its own folder for temporary files: cleaning up after earlier runs has to do with none of these tests.
    pytest.main([*QUIETLY, f"--basetemp={folder / 'tmp'}", *test_paths], plugins=[recorder])
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    measured.stop()
    measured.save()
    (folder / "tests.json").write_text(json.dumps(recorder.tests))
    for name in measured.get_data().measured_files():
        kept = folder / "files" / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(Path(name).read_text(encoding="utf-8"), encoding="utf-8")


def record_beside(folder: Path, test_files: list[str], sources: Sequence[str], *, jobs: int) -> None:
    """Record in several processes, and put together what they saw."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [folder / f"part-{number}" for number in range(jobs)]
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.mutants.reach",
                str(part),
                ",".join(sources),
                *test_files[number::jobs],
            ]
        )
        for number, part in enumerate(parts)
    ]
    for each in running:
        each.wait()
    put_together(folder, parts)


def put_together(folder: Path, parts: list[Path]) -> None:
    """Write what several processes saw as what one saw."""
    whole = coverage.CoverageData(str(folder / "coverage"))
    whole.erase()
    told: dict[str, object] = {}
    for part in parts:
        data = coverage.CoverageData(str(part / "coverage"))
        data.read()
        whole.update(data)
        shutil.copytree(part / "files", folder / "files", dirs_exist_ok=True)
        told |= json.loads((part / "tests.json").read_text())
    whole.write()
    (folder / "tests.json").write_text(json.dumps(told))


if __name__ == "__main__":
    record(Path(sys.argv[1]), sys.argv[3:], sys.argv[2].split(","))
