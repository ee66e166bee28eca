"""Check a write-up: read it, hold it against what is known, and say what could not be looked at."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from builders.bounds import bounds, raising
from builders.errors import InputError
from checks.core.finding import Evidence, Finding, Severity
from checks.core.judging import ordered_by_place, status_of
from checks.core.plural import count
from checks.core.registry import Check, all_checks
from checks.core.report import DatasetReport, Report, tool_info
from checks.wrt.document import Document
from checks.wrt.facts import Facts
from checks.wrt.numbers import Verdict, count_numbers
from checks.wrt.refuted import is_refuted
from checks.wrt.remark import Compared, Remark, WriteUp

_TEXT: Final = 160
_SHOWN: Final = 6
_VERDICTS: Final[tuple[Verdict, ...]] = ("agrees", "rounds to", "disagrees")


def read_document(path: Path) -> Document:
    """Read a write-up.

    Raises:
        InputError: if it cannot be read, is empty, too large or no UTF-8 text.
    """
    most = bounds().writeup_bytes  # a write-up is a text for people
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), help="check the path"
        ) from error
    if len(data) > most:
        raise InputError(
            f"is larger than {bounds().writeup_mb:g} MB",
            where=str(path),
            help=f"give the text without its figures; {raising('writeup-mb')}",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8", where=f"{path}:{line}", help="save it as UTF-8") from None
    if not text.strip():
        raise InputError("is empty", where=str(path), help="name the file with the text")
    if "\0" in text:
        raise InputError(
            "holds a null byte, so it is no text", where=str(path), help="give Markdown or plain text"
        )
    return Document(path.as_posix(), text)


def audit_writeup(
    document: Document,
    facts: Facts,
    checks: Sequence[Check] | None = None,
    *,
    severities: Mapping[str, Severity] = MappingProxyType({}),
    numbers: bool = False,
    verbose: bool = False,
    pedantic: bool = False,
    studied: Sequence[Finding] = (),
) -> Report:
    """Check one write-up.

    Args:
        document: The text.
        facts: What is known beside it; what is not known is never held against the text.
        checks: The checks to run; all where None.
        severities: Code -> severity that replaces what a check says.
        numbers: Whether the notes list every statement that was compared.
        verbose: Whether they list every statement that could not be checked.
        pedantic: Whether findings count that are likely and not certain.
        studied: What the checks of results found in what the text says of its runs.

    Returns:
        A report with one dataset, the file; its rows are the lines.
    """
    checks = all_checks("writeup") if checks is None else checks
    writeup = WriteUp(document, facts)
    findings: list[Finding] = list(studied)
    readings: list[Compared] = []
    refuted: list[Remark] = []
    for each in checks:
        for found in each.function(writeup):
            if isinstance(found, Compared):
                readings.append(found)
            elif is_refuted(document, found.at[0]):
                refuted.append(found)  # the text says so itself
            else:
                findings.append(_finding(document, each, found, severities))
    unsure = [each for each in findings if each.confidence == "likely"]
    if not pedantic:
        findings = [each for each in findings if each.confidence == "certain"]
    findings = ordered_by_place(findings)
    dataset = DatasetReport(
        name=document.path,
        digest=hashlib.sha256(document.raw.encode()).hexdigest(),
        rows=len(document.lines) - (not document.lines[-1]),
        status=status_of(findings, complete=True),
        notes=[
            *_notes(document, readings, everything=numbers, unchecked=numbers or verbose),
            *([] if pedantic or not unsure else [_unsure(unsure)]),
            *_refuted(document, refuted),
        ],
        conditions=[],
        findings=findings,
    )
    return Report(
        tool=tool_info(), target=document.path, status=dataset.status, template=None, datasets=[dataset]
    )


def _finding(document: Document, each: Check, remark: Remark, severities: Mapping[str, Severity]) -> Finding:
    return Finding(
        code=each.code,
        name=each.name,
        severity=severities.get(each.code) or remark.severity or each.severity,
        confidence=remark.confidence,
        message=remark.message,
        evidence=[_evidence(document, at) for at in remark.at[:_SHOWN]],
        help=remark.help,
    )


def _evidence(document: Document, at: int) -> Evidence:
    """Return the line around an offset, cut where it is long; lines of a page copied from the web are paragraphs."""
    place = document.place(at)
    begin = at - (place.column - 1)
    ending = document.raw.find("\n", at)
    stop = len(document.raw) if ending < 0 else ending
    start = max(begin, at - 30)
    cut = document.raw[start : min(stop, start + _TEXT)].rstrip("\r")
    text = ("... " if start > begin else "") + cut.strip() + (" ..." if start + _TEXT < stop else "")
    return Evidence(path=document.path, line=place.line, column=place.column, text=text)


def _notes(document: Document, readings: list[Compared], *, everything: bool, unchecked: bool) -> list[str]:
    """Return what was compared, in numbers, and what was not."""
    readings = sorted(readings, key=lambda each: each.at)
    counted = Counter(each.verdict for each in readings)
    total = sum(count_numbers(block.text) for block in document.prose)
    compared = len(readings) - counted["cannot be checked"]
    verdicts = ", ".join(
        f"{counted[verdict]} {_plural(verdict)}" for verdict in _VERDICTS if counted[verdict]
    )
    left = counted["cannot be checked"]
    notes = [
        f"{count(compared, 'statement')} compared"
        + (f": {verdicts}" if verdicts else "")
        + f"; the text holds {count(total, 'number')}, and those in no such statement were not looked at"
    ]
    if left:
        more = "" if unchecked else f"; --verbose lists {'it' if left == 1 else 'them'}"
        notes.append(f"{count(left, 'statement')} could not be checked{more}")
    for each in readings:
        if everything or (unchecked and each.verdict == "cannot be checked"):
            said = " ".join(each.said.split())
            said = said if len(said) <= _TEXT else said[: _TEXT - 4] + " ..."
            verdict = "not checked" if each.verdict == "cannot be checked" else each.verdict
            notes.append(f"line {document.line_at(each.at)}: {verdict}: `{said}`: {each.against}")
    return notes


def _unsure(findings: list[Finding]) -> str:
    """Return one note for all that is likely and not certain."""
    codes = ", ".join(sorted({each.code for each in findings}))
    return (
        f"{count(len(findings), 'likely finding')} ({codes}) not shown; --pedantic shows what is not certain"
    )


def _refuted(document: Document, remarks: list[Remark]) -> list[str]:
    """Return one note per statement that the text only reports in order to refute it."""
    return [
        f"line {document.line_at(each.at[0])}: refuted by the text itself: {each.message}"
        for each in sorted(remarks, key=lambda one: one.at[0])
    ]


def _plural(verdict: Verdict) -> str:
    return {"agrees": "agree", "rounds to": "round to it", "disagrees": "disagree"}.get(verdict, verdict)
