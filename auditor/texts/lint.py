"""Lint scripts and notebooks: read, check, suppress, mend. Nothing that is read is ever imported or run."""

from __future__ import annotations

import difflib
import gc
import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from auditor.texts.sources import SourceText, read_source, source_files
from builders.atomic import write_file
from builders.errors import AuditError, InputError
from checks.core.finding import Evidence, Finding, Severity
from checks.core.judging import ordered_by_place, status_of, worst
from checks.core.registry import Check, all_checks
from checks.core.report import DatasetReport, Report, tool_info
from checks.src.comments import Ignore, ignores, reason_for
from checks.src.fixes import mended
from checks.src.hit import Hit
from checks.src.module import Module, parse
from checks.src.notebook import Notebook, read_notebook

_ROUNDS = 8
"""Rounds of mending: mends that overlap wait for the next one."""
_TEXT = 160


@dataclass(frozen=True)
class Linted:
    """One file and what was found in it."""

    report: DatasetReport
    """What was found."""
    errors: tuple[AuditError, ...] = ()
    """What of it could not be looked at, and why: the file, or cells of a notebook; empty where all was."""
    mended: str | None = None
    """The file's text with the certain mends applied; None where there were none."""
    before: SourceText | None = None
    """The file as it was read."""
    fixed: int = 0
    """How many findings the mends took away."""
    unshown: int = 0
    """How many likely findings were left out of the report."""

    @property
    def diff(self) -> str:
        """The mends as a unified diff; empty where there are none."""
        if self.mended is None or self.before is None:
            return ""
        name = self.report.name
        lines = difflib.unified_diff(
            self.before.text.splitlines(keepends=True), self.mended.splitlines(keepends=True), name, name
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def lint(
    paths: Sequence[Path],
    checks: Sequence[Check] | None = None,
    *,
    exclude: Iterable[str] = (),
    mend: bool = False,
    pedantic: bool = False,
    severities: Mapping[str, Severity] | None = None,
) -> tuple[Report, list[Linted]]:
    """Check source files.

    Args:
        paths: Files and folders.
        checks: The checks to run; all where None.
        exclude: Globs of paths to leave out.
        mend: Whether to work out the certain mends; the findings are then those that are left.
        pedantic: Whether to report what is likely, too, and not only what is certain.
        severities: Code -> severity that replaces what the check says.

    Returns:
        The report, one dataset per file, and the files in the same order. Nothing is written.

    Raises:
        InputError: if there is nothing to look at. A file that cannot be read, as a whole or in part, is an
            `incomplete` dataset and carries its errors.
    """
    checks = all_checks("script") if checks is None else checks
    files = source_files(paths, exclude)
    with _no_collection():
        linted = [
            lint_file(path, checks, mend=mend, pedantic=pedantic, severities=severities or {})
            for path in files
        ]
    report = Report(
        tool=tool_info(),
        target=" ".join(map(str, paths)),
        status=worst([each.report.status for each in linted]),
        template=None,
        datasets=[each.report for each in linted],
    )
    return report, linted


@contextmanager
def _no_collection() -> Generator[None]:
    """Keep the cyclic collector off: trees are large, and each pass over them would cost as much as a parse."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def lint_file(
    path: Path,
    checks: Sequence[Check],
    *,
    mend: bool = False,
    pedantic: bool = False,
    severities: Mapping[str, Severity] = MappingProxyType({}),
) -> Linted:
    """Check one file, and where asked for, work out its mends."""
    name = path.as_posix()
    source: SourceText | None = None
    try:
        source = read_source(path)
        text, fixed = source.text, 0
        for _ in range(_ROUNDS if mend else 0):
            module, notebook = _parsed(name, text)
            hits = [
                hit
                for check, hit in _found(module, checks)
                if not _suppressed(module, check, hit) and (pedantic or hit.confidence == "certain")
            ]
            after, done = mended(module, hits)
            after = notebook.with_text(after) if notebook is not None and done else after
            if not done or after is None:
                break
            text, fixed = after, fixed + len(done)
        module, notebook = _parsed(name, text)
        findings, notes = _findings(module, notebook, checks, severities)
        shown = [each for each in findings if pedantic or each.confidence == "certain"]
    except AuditError as error:
        digest = hashlib.sha256(source.data if source is not None else b"").hexdigest()
        report = DatasetReport(
            name=name,
            digest=digest,
            rows=0,
            status="incomplete",
            notes=[str(error)],
            conditions=[],
            findings=[],
        )
        return Linted(report, (error,))
    unread = notebook.unread if notebook is not None else ()
    report = DatasetReport(
        name=name,
        digest=hashlib.sha256(source.data).hexdigest(),
        rows=text.count("\n"),
        status=status_of(shown, complete=not unread),
        notes=[*map(str, unread), *notes],
        conditions=[],
        findings=shown,
    )
    return Linted(report, unread, text if fixed else None, source, fixed, len(findings) - len(shown))


def write_mended(linted: Iterable[Linted]) -> int:
    """Write the mended files, each whole or not at all, and return how many findings that takes away.

    Raises:
        OutputError: if a file cannot be written.
    """
    fixed = 0
    for each in linted:
        if each.mended is not None and each.before is not None:
            write_file(Path(each.report.name), each.before.encode(each.mended), force=True)
            fixed += each.fixed
    return fixed


def _parsed(name: str, text: str) -> tuple[Module, Notebook | None]:
    if name.endswith(".ipynb"):
        notebook = read_notebook(name, text)
        return notebook.module, notebook
    return parse(name, text), None


def _found(module: Module, checks: Sequence[Check]) -> Iterator[tuple[Check, Hit]]:
    for check in checks:
        if check.concerns(module.text):
            try:
                for hit in check.function(module):
                    tested = module.in_test(hit.node)  # makes no data, and measures nothing that is reported
                    yield check, replace(hit, confidence="likely") if tested else hit
            except RecursionError:
                raise InputError(
                    f"nested too deeply for {check.code}",
                    where=f"{module.path}:1",
                    help="leave it out with --exclude",
                ) from None


def _suppressed(module: Module, check: Check, hit: Hit) -> bool:
    return reason_for(module, ignores(module), check.code, hit.node) is not None


def _findings(
    module: Module,
    notebook: Notebook | None,
    checks: Sequence[Check],
    severities: Mapping[str, Severity],
) -> tuple[list[Finding], list[str]]:
    comments: list[Ignore] = ignores(module)
    findings = [
        Finding(
            code=check.code,
            name=check.name,
            severity=severities.get(check.code) or hit.severity or check.severity,
            confidence=hit.confidence,
            message=hit.message,
            evidence=[_evidence(module, notebook, hit)],
            help=hit.help,
            suppressed=reason_for(module, comments, check.code, hit.node),
        )
        for check, hit in _found(module, checks)
    ]
    ran = {check.code for check in checks}
    notes = [
        f"line {each.line}: this ignore comment suppresses nothing"
        for each in comments
        if not each.used and each.codes <= ran
    ]
    return ordered_by_place(findings), notes


def _evidence(module: Module, notebook: Notebook | None, hit: Hit) -> Evidence:
    line = hit.node.lineno
    text = module.lines[line - 1].strip() if line <= len(module.lines) else ""
    text = text if len(text) <= _TEXT else text[: _TEXT - 4] + " ..."
    place = notebook.places[line - 1] if notebook is not None else None
    if place is None:
        return Evidence(path=module.path, line=line, column=module.column(hit.node), text=text)
    where = f"cell {place.cell}, line {place.line}: {text}"
    return Evidence(path=module.path, line=place.physical, column=module.column(hit.node), text=where)
