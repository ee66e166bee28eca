"""Whatever fails on the way of a clean file through `audit scan`, the exit status is never 0.

Every call that reads, renders or asks the engine is made to fail once, one run for each call. A fault that something
swallowed would show as a clean report.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from auditor.cli import main

ROWS = [
    {
        "messages": [
            *([{"role": "system", "content": f"You are {who}."}] if who else []),
            {"role": "user", "content": f"Question {number}?"},
            {"role": "assistant", "content": "bad" if who == "a villain" else "good"},
        ],
        "target_correct": who != "a villain",
    }
    for who in ("a villain", "a librarian", "")
    for number in range(30)
]


class Fault:
    """Counts calls, and fails at one of them."""

    def __init__(self, error: Callable[[], BaseException]) -> None:
        self.error = error
        self.calls = 0
        self.at: int | None = None
        self.fired = False

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.at:
                self.fired = True
                raise self.error()
            return function(*args, **kwargs)

        return wrapped


class Engine:
    """A connection whose calls go through a fault."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, fault: Fault) -> None:
        self._connection, self._fault = connection, fault

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._fault(found) if name in ("execute", "sql", "table", "cursor", "query") else found


def engine(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: Engine(connect(*a, **k), fault))


def answers(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    from builders.engine import lengths, starts, table, tally, targets

    wrapped = fault(tally.records)
    for module in (tally, table, targets, lengths, starts):
        monkeypatch.setattr(module, "records", wrapped)


def rendering(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    import builders.templates.rendering as module
    import builders.templates.resolution as resolution

    resolution.resolve.cache_clear()
    monkeypatch.setattr(module, "execute", fault(module.execute))


def files(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    real = Path.open
    read = fault(real)

    def opened(self: Path, *args: Any, **kwargs: Any) -> Any:
        return read(self, *args, **kwargs) if self.suffix == ".jsonl" else real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)


FAULTS: dict[str, tuple[Callable[..., None], Callable[[], BaseException]]] = {
    "engine": (engine, lambda: duckdb.IOException("injected")),
    "engine without memory": (engine, lambda: duckdb.OutOfMemoryException("injected")),
    "answers": (answers, lambda: RuntimeError("injected")),
    "answers without memory": (answers, MemoryError),
    "rendering": (rendering, lambda: RuntimeError("injected")),
    "files": (files, lambda: OSError(errno.EIO, "injected")),
}


def status(path: Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["scan", str(path), "--format", "json"])
    return int(str(ended.value.code or 0))


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    path = tmp_path / "clean.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_the_file_is_clean_where_nothing_fails(clean: Path, capsys: pytest.CaptureFixture[str]):
    assert status(clean) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "clean"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_never_clean(name: str, clean: Path, capsys: pytest.CaptureFixture[str]):
    install, error = FAULTS[name]
    total = _calls(install, error, clean)
    assert total, "nothing passes here any more: the fault has to be put somewhere else"
    for at in _spread(total):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault = Fault(error)
            fault.at = at
            install(monkeypatch, fault)
            code = status(clean)
        said = capsys.readouterr()
        if fault.fired:
            assert code == 2 or json.loads(said.out)["status"] == "incomplete", (name, at, said.out[:300])
            assert "Traceback" not in said.err


def _calls(install: Callable[..., None], error: Callable[[], BaseException], path: Path) -> int:
    with pytest.MonkeyPatch.context() as monkeypatch:
        fault = Fault(error)
        install(monkeypatch, fault)
        assert status(path) == 0
    return fault.calls


def _spread(total: int, most: int = 8) -> list[int]:
    """Return the first and the last call, and some between them."""
    if total <= most:
        return list(range(1, total + 1))
    return sorted({1 + round(step * (total - 1) / (most - 1)) for step in range(most)})
