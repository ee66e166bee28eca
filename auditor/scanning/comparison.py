"""Compare two arms: which rows differ, and what that does to each condition and its prediction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from auditor.request.request import Request
from auditor.scanning.api import context_of, python_request, subject_of, template_info
from auditor.scanning.shown import ShownReport
from auditor.scanning.subjects import Subject, connect
from builders.engine.difference import Difference
from builders.engine.frame import Frame
from builders.errors import InputError, UnknownNameError
from builders.readers.progress import Progress
from checks.core.context import AuditContext, Condition
from checks.core.finding import Evidence, Finding
from checks.core.judging import status_of
from checks.core.plural import count, listed
from checks.core.report import DatasetReport, tool_info
from checks.core.runner import condition_report, evidence_text

Kind = Literal["removed", "added", "changed", "moved"]

KINDS: Final[tuple[Kind, ...]] = ("removed", "added", "changed", "moved")
"""In what ways rows differ, in the order of a report."""

FILTERS: Final = ("role", "persona", "target")
"""What an expectation may say of the rows that it is about."""

_FEW = 3


@dataclass(frozen=True)
class Expectation:
    """So many rows that differ in one way, and what they have to be."""

    kind: Kind
    """In what way."""
    rows: int
    """Exactly how many."""
    filters: dict[str, str]
    """What each of them is, by the words of `FILTERS`."""


def parse_expectation(text: str) -> Expectation:
    """Read ``removed=100,role=anchor``.

    Raises:
        InputError: if it is not of that form.
        UnknownNameError: if it names something else than a kind or a filter.
    """
    kind: Kind | None = None
    rows = 0
    filters: dict[str, str] = {}
    for part in text.split(","):
        name, given, value = (piece.strip() for piece in part.partition("="))
        if not given:
            raise InputError(
                f"'{part}' is not NAME=VALUE", where="--expect", help="for example removed=100,role=anchor"
            )
        if name in FILTERS:
            filters[name] = value
        elif name in KINDS and kind is None and value.isdecimal():
            kind, rows = _kind(name), int(value)
        elif name in KINDS:
            raise InputError(
                f"'{part}' is not one number of rows",
                where="--expect",
                help="give --expect once for each kind",
            )
        else:
            raise UnknownNameError("expectation", name, (*KINDS, *FILTERS), where="--expect")
    if kind is None:
        raise InputError(
            f"'{text}' says nothing of how many rows", where="--expect", help="begin with removed=100"
        )
    return Expectation(kind, rows, filters)


def _kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind == name)


def diff(
    first: Any,  # noqa: ANN401
    second: Any,  # noqa: ANN401
    *,
    request: Request | None = None,
    config: Path | None = None,
    expect: Sequence[str] = (),
    rows: bool = False,
    progress: Progress | None = None,
    **settings: object,
) -> ShownReport:
    """Show which rows differ between two arms, as `audit diff` does.

    Args:
        first: The arm to start from.
        second: The arm to end at.
        request: All settings, instead of those of the configuration, the environment and `settings`.
        config: The configuration file to read instead of the nearest.
        expect: What has to differ, for example ``removed=100,role=anchor``.
        rows: Show every row that differs, not a handful.
        progress: Called with bytes done and bytes in all while a file is read.
        settings: Settings of how rows are rendered and read, as for `auditor.scan`.

    Raises:
        AuditError: if an arm cannot be read.
    """
    request = python_request(request, config, settings)
    with request.within():
        expectations = [parse_expectation(each) for each in expect]
        connection = connect()
        arms = [
            subject_of(each, request, progress=progress, connection=connection) for each in (first, second)
        ]
        return compare(arms[0], arms[1], request, expectations=expectations, every_row=rows)


def compare(
    first: Subject,
    second: Subject,
    request: Request,
    *,
    expectations: Sequence[Expectation] = (),
    every_row: bool = False,
) -> ShownReport:
    """Compare two arms that were read into one database.

    Args:
        first: The arm to start from.
        second: The arm to end at.
        request: How both are read.
        expectations: What the difference has to be. Kinds that none names have to be empty, but `moved`, which
            is free unless it is named.
        every_row: Show every row that differs; a handful of each kind otherwise.

    Returns:
        A report of one dataset, the second arm, whose findings are the differences: notes as they are, errors
        where they are not what was expected.
    """
    difference = Difference(first.frame, second.frame)
    before, after = context_of(first, request), context_of(second, request)
    rows = {
        "removed": difference.removed,
        "added": difference.added,
        "changed": tuple(change.second for change in difference.changed),
        "moved": difference.moved,
    }
    findings = [
        finding
        for kind in KINDS
        if (finding := _difference(kind, rows[kind], difference, every_row=every_row)) is not None
    ]
    findings += _effects(before, after)
    findings = [*_unexpected(expectations, rows, difference), *findings]
    frames = (first.frame, second.frame)
    complete = not any(each.skipped or each.unread for each in frames)
    return ShownReport(
        tool=tool_info(),
        target=f"{first.name} {second.name}",
        status=status_of(findings, complete=complete),
        template=template_info(request.chat_template),
        datasets=[
            DatasetReport(
                name=f"{first.name} -> {second.name}",
                digest=second.frame.digest,
                rows=second.frame.rows,
                status=status_of(findings, complete=complete),
                notes=[
                    (
                        f"{count(first.frame.rows, 'row')} became {count(second.frame.rows, 'row')}, "
                        f"of which {difference.matched:,} are the same"
                    ),
                    *(f"{each.name}: {unread}" for each in frames for unread in each.unread),
                ],
                kind=after.taught.kind,
                conditions=[condition_report(each) for each in after.conditions],
                findings=findings,
            )
        ],
    )


def _difference(
    kind: Kind, rows: Sequence[int], difference: Difference, *, every_row: bool
) -> Finding | None:
    if not rows:
        return None
    frame = difference.first if kind == "removed" else difference.second
    shown = rows if every_row else rows[:_FEW]
    texts = frame.texts(shown)
    if kind == "moved":
        message = f"{count(len(rows), 'shared row')} would have to move for both arms to have one order"
    elif kind == "changed":
        fields = Counter(change.field for change in difference.changed)
        said = listed([f"{number:,} in {field}" for field, number in sorted(fields.items())])
        message = f"{count(len(rows), 'row')} changed in one field alone: {said}"
    else:
        message = f"{count(len(rows), 'row')} {kind}: {_described(frame, rows)}"
    return Finding(
        code="ARM003" if kind == "moved" else "ARM002",
        name="order-differs" if kind == "moved" else "unexplained-rows",
        severity="note",
        message=message,
        counts={kind: len(rows)},
        evidence=[
            Evidence(
                path=texts[row].path, line=texts[row].line, row=texts[row].row, text=evidence_text(texts[row])
            )
            for row in shown
        ],
    )


def _tags(frame: Frame, rows: Sequence[int]) -> list[tuple[str | None, str | None, bool | None]]:
    """Return role, persona and target of the given rows."""
    return frame.connection.execute(
        f"SELECT role, persona, target_correct FROM {frame.table} "  # noqa: S608
        "WHERE row IN (SELECT unnest($1::BIGINT[])) ORDER BY row",
        [list(rows)],
    ).fetchall()


def _described(frame: Frame, rows: Sequence[int]) -> str:
    """Say what the rows are: ``100 anchor assistant preserved``."""
    kinds = Counter(
        " ".join(
            word
            for word in (role, persona, {True: "preserved", False: "behaviour", None: "unlabelled"}[target])
            if word is not None
        )
        for role, persona, target in _tags(frame, rows)
    )
    return listed([f"{number:,} {words}" for words, number in kinds.most_common()])


def _effects(before: AuditContext, after: AuditContext) -> list[Finding]:
    """Return a note for each condition whose counts changed, with what that does to its prediction."""
    first = {condition.digest: condition for condition in before.conditions}
    second = {condition.digest: condition for condition in after.conditions}
    found: list[Finding] = []
    for digest in sorted({*first, *second}):
        one, other = first.get(digest), second.get(digest)
        if _counts(one) == _counts(other):
            continue
        known = other or one
        assert known is not None  # noqa: S101  (the digest came from one of the two)
        verdicts = [each.prediction.verdict if each else "not there" for each in (one, other)]
        effect = (
            f"predicted {verdicts[0]}, now {verdicts[1]}"
            if verdicts[0] != verdicts[1]
            else f"still {verdicts[1]}"
        )
        found.append(
            Finding(
                code="ARM001",
                name="unmatched-size",
                severity="note",
                message=f'condition "{known.resolved_system or ""}": {_words(one)} became {_words(other)}; {effect}',
                condition=digest,
                personas=sorted({*(one.personas if one else ()), *(other.personas if other else ())}),
                counts={
                    "behaviour_before": _counts(one)[0],
                    "preserved_before": _counts(one)[1],
                    "behaviour_after": _counts(other)[0],
                    "preserved_after": _counts(other)[1],
                },
                prediction=other.prediction if other else None,
            )
        )
    return found


def _counts(condition: Condition | None) -> tuple[int, int, int]:
    return (condition.behaviour, condition.preserved, condition.unlabelled) if condition else (0, 0, 0)


def _words(condition: Condition | None) -> str:
    behaviour, preserved, unlabelled = _counts(condition)
    said = f"{behaviour:,} behaviour and {preserved:,} preserved"
    return f"{said} ({unlabelled:,} unlabelled)" if unlabelled else said


def _unexpected(
    expectations: Sequence[Expectation], rows: dict[str, tuple[int, ...]], difference: Difference
) -> list[Finding]:
    """Return an error for every way in which the difference is not what was expected."""
    if not expectations:
        return []
    problems: list[str] = []
    for kind in KINDS:
        wanted = [each for each in expectations if each.kind == kind]
        if kind == "moved" and not wanted:
            continue
        total = sum(each.rows for each in wanted)
        if len(rows[kind]) != total:
            problems.append(f"{count(total, 'row')} expected to be {kind}, {len(rows[kind]):,} found")
            continue
        frame = difference.first if kind == "removed" else difference.second
        tags = _tags(frame, rows[kind])
        for each in wanted:
            matching = sum(_matches(each.filters, *tag) for tag in tags)
            if each.filters and matching != each.rows:
                what = ",".join(f"{name}={value}" for name, value in each.filters.items())
                problems.append(f"{count(each.rows, 'row')} {kind} expected with {what}, {matching:,} found")
    return [
        Finding(
            code="ARM002",
            name="unexplained-rows",
            severity="error",
            message=problem,
            help="see the notes below",
        )
        for problem in problems
    ]


def _matches(filters: dict[str, str], role: str | None, persona: str | None, target: bool | None) -> bool:
    words = {
        "role": role or "none",
        "persona": persona or "none",
        "target": {True: "preserved", False: "behaviour", None: "unlabelled"}[target],
    }
    return all(words[name] == value for name, value in filters.items())
