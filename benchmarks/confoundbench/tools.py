"""Adapters: what a tool says of a file, as a set of codes. A new tool is one function and one line in `TOOLS`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Said:
    """What a tool said."""

    codes: frozenset[str]
    """Names of what it found, warnings and errors."""
    errors: frozenset[str] = frozenset()
    """Those that are errors."""
    unread: str | None = None
    """Why it could not look, where it could not."""


@dataclass(frozen=True)
class Tool:
    """A tool under test."""

    name: str
    version: Callable[[str], str | None]
    """From the Python that has it, None where it is not installed."""
    look: Callable[[str, Path, Path | None], Said]
    """Python, training file, evaluation file."""
    about: str
    """What it is for, in its own terms."""


def ours(python: str, path: Path, evaluation: Path | None) -> Said:
    """Look with this package, in this process."""
    del python
    from auditor.scanning.api import scan
    from builders.errors import AuditError

    try:
        settings = {} if evaluation is None else {"evaluation": str(evaluation)}
        (report,) = scan(path, **settings).datasets
    except AuditError as error:
        return Said(frozenset(), unread=str(error))
    found = [
        each
        for each in report.findings
        if each.severity != "note" or each.name == "behaviour-follows-question"
    ]
    return Said(
        frozenset(each.name for each in found),
        frozenset(each.name for each in found if each.severity == "error"),
    )


def _ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _tool(python: str, name: str) -> str:
    return str(Path(python).parent / name)


def finelint(python: str, path: Path, evaluation: Path | None) -> Said:
    """Look with finelint: `inspect`, and `compare` where there is an evaluation."""
    report = path.with_suffix(".finelint.json")
    affected = path.with_suffix(".affected.json")
    ends = ["--report", str(report), "--affected-records", str(affected)]
    done = _ran(_tool(python, "finelint"), "inspect", str(path), *ends)
    if not report.is_file():
        return Said(frozenset(), unread=(done.stderr or done.stdout).strip().split("\n")[-1])
    found = json.loads(report.read_text())["findings"]
    if evaluation is not None:
        splits = ["--split", f"train={path}", "--split", f"eval={evaluation}"]
        report.unlink()
        _ran(_tool(python, "finelint"), "compare", *splits, *ends)
        found += json.loads(report.read_text())["findings"] if report.is_file() else []
    return _codes(found)


def _codes(found: list[dict[str, str]]) -> Said:
    kept = [each for each in found if each["severity"] in ("error", "warning")]
    return Said(
        frozenset(each["code"] for each in kept),
        frozenset(each["code"] for each in kept if each["severity"] == "error"),
    )


def corpusguard(python: str, path: Path, evaluation: Path | None) -> Said:
    """Look with corpusguard."""
    report = path.with_suffix(".corpusguard.json")
    compared = [] if evaluation is None else ["--compare", str(evaluation)]
    done = _ran(_tool(python, "corpusguard"), "scan", str(path), "--json-out", str(report), *compared)
    if not report.is_file():
        return Said(frozenset(), unread=(done.stderr or done.stdout).strip().split("\n")[-1])
    told = json.loads(report.read_text())
    if not told["metrics"]["valid_rows"]:
        return Said(frozenset(), unread="no valid row")
    return _codes(told["findings"])


def parallelogram(python: str, path: Path, evaluation: Path | None) -> Said:
    """Look with parallelogram, which takes no evaluation."""
    del evaluation
    done = _ran(_tool(python, "parallelogram"), "check", str(path), "--json")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Said(frozenset(), unread=(done.stderr or done.stdout).strip().split("\n")[-1])
    if not told["valid_records"]:
        return Said(frozenset(), unread="no valid record")
    return _codes([{**each, "code": each["rule"]} for each in told["issues"]])


def other_input(what: str) -> Callable[[str, Path, Path | None], Said]:
    """Return the adapter of a tool that looks at something else than training rows."""

    def look(*_: object) -> Said:
        return Said(frozenset(), unread=what)

    return look


@cache
def _version(python: str, distribution: str) -> str | None:
    asked = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    done = _ran(python, "-c", asked)
    return done.stdout.strip() if done.returncode == 0 else None


def _installed(distribution: str) -> Callable[[str], str | None]:
    return lambda python: _version(python, distribution)


TOOLS = (
    Tool(
        "confound-auditor",
        lambda _: _version(sys.executable, "confound-auditor"),
        ours,
        "confounds of contrastive data",
    ),
    Tool("finelint", _installed("finelint"), finelint, "facts: duplicates, conflicting outputs, leakage"),
    Tool("corpusguard-audit", _installed("corpusguard-audit"), corpusguard, "quality and exact leakage"),
    Tool("parallelogram", _installed("parallelogram"), parallelogram, "validity of records"),
    Tool(
        "chatlint",
        _installed("chatlint"),
        other_input("takes chat templates, no rows"),
        "properties of chat templates",
    ),
    Tool(
        "confound-controls",
        _installed("confound-controls"),
        other_input("takes a classifier's predictions and covariates, no rows"),
        "matched controls for classifier scores",
    ),
)
