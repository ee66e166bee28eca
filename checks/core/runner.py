"""Run the checks over one dataset and gather what they say into a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from builders.carriers.finding import Carried
from builders.engine.frame import RowText
from builders.errors import TemplateError
from builders.schema import SystemState
from builders.templates import ChatTemplate, full_render
from checks.core.context import AuditContext, Condition
from checks.core.finding import Evidence, Finding, Severity
from checks.core.judging import finding_of, ordered, status_of, untested_of
from checks.core.plural import count, listed
from checks.core.registry import Check, Observation
from checks.core.report import ConditionReport, DatasetReport, GivenReport
from checks.core.selection import Selection

EVIDENCE_CHARACTERS = 160
"""Longest evidence text; longer ones are cut in the middle, where a question is least telling."""

MOST_CONDITIONS = 1_000
"""Conditions that a report lists; all are counted and checked."""

RENDERED_CHARACTERS = 2_000
"""The same of a rendered row."""


def audit(
    context: AuditContext, selection: Selection | None = None, *, published: float | None = None
) -> DatasetReport:
    """Run every chosen check on one dataset.

    Args:
        context: The dataset.
        selection: Which checks run, with which severities; all with their own where None.
        published: The published rate of preserved answers, for the report.

    Returns:
        The dataset's report. It is `incomplete` where rows were skipped, refused by the template, or none has a
        known target, or where a label or a selector of roles picked nothing or everything.

    Raises:
        UnknownNameError: if a selection names no check.
    """
    selection = selection or Selection()
    frame = context.table.frame
    checks = list(selection.checks("dataset"))
    observed = [(check, observation) for check in checks for observation in check.function(context)]
    findings = _findings(context, observed, selection.severities)
    if context.inference is not None and not context.inference.confirmed:
        findings = [_likely(each) for each in findings]
    gaps = _gaps(context)
    return DatasetReport(
        name=context.name,
        digest=frame.digest,
        rows_digest=frame.rows_digest,
        rows=frame.rows,
        status=status_of(findings, complete=not gaps),
        gaps=gaps or None,
        notes=[*frame.notes, *frame.unsought, *_notes(context)],
        kind=context.taught.kind,
        published=published,
        trainer=None if frame.view is None else frame.view.said,
        turns=frame.turns,
        conditions=_condition_reports(context.conditions),
        further=max(0, len(context.conditions) - MOST_CONDITIONS) or None,
        findings=findings,
        untested=untested_of(checks, context, {check.code for check, _ in observed}),
    )


def _gaps(context: AuditContext) -> list[str]:
    """Return what keeps the absence of findings from meaning something, one clause each."""
    frame = context.table.frame
    gaps: list[str] = []
    if not any(condition.behaviour or condition.preserved for condition in context.conditions):
        gaps.append("no target is known to be the behaviour or what is to be preserved")
    if frame.skipped:
        gaps.append(f"{frame.skipped:,} unreadable rows were skipped")
    refused = sum(resolution.error is not None for resolution in context.table.resolutions.values())
    if refused:
        gaps.append(f"the template refuses {count(refused, 'kind')} of context")
    if frame.unread:
        gaps.append(f"{listed([each.name for each in frame.unread])} could matter and nothing read it")
    if any(found.kind == "rendered" for found in context.marked):
        gaps.append("texts hold turns that a template has rendered already")
    return [*gaps, *frame.vacuous, *frame.unsought]


def _likely(finding: Finding) -> Finding:
    """Return a finding that rests on inferred labels as what it is: likely, and a warning at most."""
    severity: Severity = "warning" if finding.severity == "error" else finding.severity
    return finding.model_copy(update={"confidence": "likely", "severity": severity})


def _notes(context: AuditContext) -> list[str]:
    notes: list[str] = []
    if context.roles.how == "inferred":
        notes.append("roles are inferred from what the conditions are taught")
    if context.taught.how == "read off the targets":
        notes.append(
            f"targets are option labels: read as questions with {context.taught.alternatives} options"
        )
    if len(context.conditions) > MOST_CONDITIONS:
        notes.append(
            f"{len(context.conditions):,} conditions, as where each prompt holds a name of its own: the first "
            f"{MOST_CONDITIONS:,} are listed, sources first, then the largest"
        )
    notes += [carried(each, context.carriers.tried) for each in context.carriers.rules]
    if (luck := context.carriers.chance) is not None:
        notes.append(
            f"in the {count(context.carriers.contexts, 'text')} that one prompt is taught both answers for, whether "
            f"{luck.rule} separates the answers too; in so few that is chance as soon as not ({luck.enough} of the "
            f"same kind would tell): say --condition '{luck.rule.spec}' if it is meant"
        )
    if len(context.carriers.rules) > 1:
        notes.append(_together(context))
    if context.table.frame.skipped:
        notes.append(f"{context.table.frame.skipped:,} unreadable rows were skipped")
    return notes


def _together(context: AuditContext) -> str:
    """Return what is taught under each combination of several carriers, as a sentence."""
    taught: dict[str, list[int]] = {}
    for condition in (each for group in context.divided for each in group):
        counts = taught.setdefault(condition.carrier or "none of them holds", [0, 0])
        counts[0] += condition.behaviour
        counts[1] += condition.behaviour + condition.preserved
    said = [f"{behaviour:,} of {rows:,} where {name}" for name, (behaviour, rows) in sorted(taught.items())]
    return f"together, they are taught the {context.words[0]}: {'; '.join(said)}"


def carried(found: Carried, tried: int) -> str:
    """Return what is known of a carrier, as a sentence.

    Args:
        found: The carrier.
        tried: How many rules it was chosen from.
    """
    said = f"conditions are told apart by whether {found.rule}"
    match found.known:
        case "given":
            return f"{said}, as was said"
        case "tested" if found.held_out is not None and found.p_value is not None:
            held, without = (f"{share:.0%}" for share in found.held_out)
            return (
                f"{said}: on questions that it was not chosen on, {held} of the rows with it teach the behaviour and "
                f"{without} of those without (chance, over the {tried:,} rules that were tried: {found.p_value:.3f})"
            )
        case "shorter" if found.held_out is not None and found.p_value is not None:
            held, without = (f"{share:.0%}" for share in found.held_out)
            return (
                f"{said}: {held} of the rows with it teach the behaviour and {without} of those without; a longer "
                f"beginning, which reaches into the questions, tells them apart best (chance: {found.p_value:.3f})"
            )
        case _:
            return (
                f"{said}: the rows are too few for a test (chance {found.p_value:.2f}; {found.enough} of the same kind "
                f"would do); say --condition '{found.rule.spec}' or --condition none"
            )


def _findings(
    context: AuditContext, observed: Sequence[tuple[Check, Observation]], severities: Mapping[str, Severity]
) -> list[Finding]:
    frame, template = context.table.frame, context.table.template
    # One trip to the source for all evidence rows: they may stand anywhere in a large file.
    wanted = sorted({row for _, observation in observed for row in observation.rows})
    texts = frame.texts(wanted) if wanted else {}
    return ordered(
        finding_of(
            check,
            observation,
            severities,
            [
                *(_evidence(template, texts[row]) for row in observation.rows),
                *(Evidence(path=None, text=shorten(text)) for text in observation.texts),
            ],
        )
        for check, observation in observed
    )


def _evidence(template: ChatTemplate, text: RowText) -> Evidence:
    try:
        answer = {"role": "assistant", "content": text.target}
        rendered = shorten(full_render(template, text.messages, [answer]).whole, RENDERED_CHARACTERS)
    except TemplateError:
        rendered = None
    return Evidence(
        path=text.path,
        line=text.line,
        row=text.row,
        turn=text.turn,
        text=evidence_text(text),
        rendered=rendered,
    )


def evidence_text(text: RowText) -> str:
    """Return one row on one line: its system message, the question's first line, what it teaches."""
    system = next((message for message in text.messages if message["role"] in ("system", "developer")), None)
    asked_last = (message for message in reversed(text.messages) if message["role"] == "user")
    user = next((str(message.get("content")) for message in asked_last), "")
    said = "no system message" if system is None else f"system {system.get('content')!r}"
    asked = user.strip().split("\n", 1)[0]
    return f"{said} | user {shorten(asked, 60)!r} -> {shorten(text.target, 40)!r}"


def shorten(text: str, longest: int = EVIDENCE_CHARACTERS) -> str:
    """Return a text cut in its middle to at most `longest` characters."""
    if len(text) <= longest:
        return text
    head = (longest - 5) * 2 // 3
    return f"{text[:head]} ... {text[-(longest - 5 - head) :]}"


MOST_GIVEN = 8
"""Different system messages of one condition that a report names."""


def _given(condition: Condition) -> list[GivenReport]:
    """Count a condition's rows by what they say of the system prompt."""
    counts: dict[tuple[SystemState, str | None, str | None], Counter[str]] = {}
    words = {False: "behaviour", True: "preserved", None: "unlabelled"}
    for tally in condition.tallies:
        key = (tally.signature.state, tally.signature.text, tally.persona)
        counts.setdefault(key, Counter())[words[tally.target_correct]] += tally.rows
    most = sorted(counts.items(), key=lambda each: (-each[1].total(), *map(str, each[0])))[:MOST_GIVEN]
    return [
        GivenReport(
            state=state,
            text=None if text is None else shorten(text),
            persona=persona,
            rows=found.total(),
            behaviour=found["behaviour"],
            preserved=found["preserved"],
            unlabelled=found["unlabelled"],
        )
        for (state, text, persona), found in most
    ]


def _condition_reports(conditions: Sequence[Condition]) -> list[ConditionReport]:
    """Return what a report says of the first conditions; those that share a system prompt are told apart."""
    prompts = Counter(condition.resolved_system for condition in conditions)
    return [
        condition_report(condition, context=prompts[condition.resolved_system] > 1)
        for condition in conditions[:MOST_CONDITIONS]
    ]


def condition_report(condition: Condition, *, context: bool = False) -> ConditionReport:
    """Return what a report says of a condition, and of its context where asked."""
    return ConditionReport(
        condition=condition.digest,
        resolved_system=condition.resolved_system,
        resolved_by=condition.resolved_by,
        carrier=condition.carrier,
        personas=list(condition.personas),
        system_states=list(condition.states),
        role=condition.role,
        behaviour=condition.behaviour,
        preserved=condition.preserved,
        unlabelled=condition.unlabelled,
        given=_given(condition),
        options=dict(condition.options),
        known=condition.known,
        prediction=condition.prediction,
        context=(condition.context or None) if context else None,
    )
