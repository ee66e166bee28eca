"""The `html` format: one page that holds all it needs, for somebody who has ten seconds.

The verdict in a sentence, a picture of what meets where, what each condition is taught, what other numbers of anchors
would do, and every finding with its rows as the model reads them. Nothing is fetched, nothing but the page's own
script runs (its content security policy names the digests of both), and every text is escaped by the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from auditor.formats.escape import ascii_json, log_line, visible
from auditor.formats.flow import flow_of
from auditor.formats.layout import filled, page
from auditor.formats.parts import expected, position, untested, words
from auditor.formats.verdicts import verdicts
from builders.templates.framing import shared_start
from checks.core.finding import SEVERITIES, Evidence, Finding, Prediction
from checks.core.plural import count, listed
from checks.core.predictor import predict
from checks.core.report import ConditionReport, DatasetReport, Report

MOST_ROWS: Final = 1_000
"""Conditions in the table; their number is what makes a page large."""
MOST_FINDINGS: Final = 200
MOST_FLOWS: Final = 12
MOST_VERDICTS: Final = 12
MOST_SLIDERS: Final = 12
STEPS: Final = 100
_BAR: Final = 90
_TOKEN: Final = re.compile(r"(<\|[^|<>]{1,40}\|>|</?s>|<(?:start|end)_of_turn>|\[/?INST\])")
_HEADS: Final = (
    *("dataset", "the model sees", "by", "role", "behaviour", "preserved", "unlabelled"),
    *("share", "predicted", "published"),
)
_NUMBERS: Final = frozenset({"behaviour", "preserved", "unlabelled", "published"})


def render(report: Report, *, home: str | None = None) -> str:
    """Return the report as a self-contained page.

    Args:
        report: What the audit found.
        home: Address of the list that the page belongs to; None for a page of its own.
    """
    published = any(each.published is not None for each in report.datasets)
    return page(
        f"Audit of {report.target}",
        filled(
            "scan.html.j2",
            target=_shown(report.target),
            status=report.status,
            made_by=f"{report.tool.name} {report.tool.version}",
            read_as=_shown(_read_as(report)),
            runs=runs,
            heads=[
                {"text": text, "number": text in _NUMBERS}
                for text in _HEADS
                if text != "published" or published
            ],
            shows_published=published,
            **_content(report),
        ),
        home=home,
    )


def _content(report: Report) -> dict[str, Any]:
    said = verdicts(report)
    hit = [each for each in report.datasets if any(_counts(finding, "error") for finding in each.findings)]
    drawn = [each for each in (hit or report.datasets) if each.conditions]
    rows = [(dataset, condition) for dataset in report.datasets for condition in dataset.conditions]
    found = sorted(
        ((dataset, finding) for dataset in report.datasets for finding in dataset.findings),
        key=lambda each: (bool(each[1].suppressed), SEVERITIES.index(each[1].severity)),
    )
    return {
        "verdicts": [_visible_fields(each) for each in said[:MOST_VERDICTS]],
        "more_verdicts": _more(said, MOST_VERDICTS, "dataset"),
        "flows": [_visible_fields(flow_of(each)) for each in drawn[:MOST_FLOWS]],
        "more_flows": _more(drawn, MOST_FLOWS, "dataset"),
        "sliders": list(islice(_sliders(hit or report.datasets), MOST_SLIDERS)),
        "rows": [_row(dataset, condition) for dataset, condition in rows[:MOST_ROWS]],
        "more_rows": _more(rows, MOST_ROWS, "condition"),
        "findings": [_finding(dataset, finding) for dataset, finding in found[:MOST_FINDINGS]],
        "more_findings": _more(found, MOST_FINDINGS, "finding"),
        "untested": [
            _shown(f"{listed(names, limit=3)}: {said}") for said, names in untested(report.datasets).items()
        ],
        "notes": [_shown(f"{each.name}: {note}") for each in report.datasets for note in each.notes],
    }


def runs(advice: str) -> bool:
    """Return whether a piece of advice is a command as it stands, and not words that a terminal would not take."""
    return advice.startswith("audit ")


def _more(all_of_them: Sequence[object], most: int, noun: str) -> str:
    left = len(all_of_them) - most
    return f"and {count(left, f'more {noun}')}; --format json has them all" if left > 0 else ""


def _counts(finding: Finding, severity: str) -> bool:
    return finding.severity == severity and not finding.suppressed


def _read_as(report: Report) -> str:
    rows = sum(each.rows for each in report.datasets)
    read = f"{count(rows, 'row')} in {count(len(report.datasets), 'dataset')}"
    if report.template is None:
        return read
    template = report.template
    return f"{read}, read through the template {template.name} ({template.origin}; sha256 {template.sha256})"


def _row(dataset: DatasetReport, condition: ConditionReport) -> dict[str, Any]:
    counts = (condition.behaviour, condition.preserved, condition.unlabelled)
    total = max(1, sum(counts))
    behaviour, preserved = words(dataset)
    hit = any(_counts(each, "error") and each.condition == condition.condition for each in dataset.findings)
    share = condition.prediction.p_gold
    published = dataset.published if condition.role == "source" else None
    return {
        "hit": hit,
        "dataset": _shown(dataset.name),
        "prompt": _shown(_prompt(condition)),
        "by": condition.resolved_by,
        "role": condition.role or "",
        "behaviour": condition.behaviour,
        "preserved": condition.preserved,
        "unlabelled": condition.unlabelled,
        "share": -1 if share is None else round(share, 4),
        "share_words": f"{counts[0]:,} {behaviour}, {counts[1]:,} {preserved}, {counts[2]:,} unlabelled",
        "bar": [round(_BAR * each / total, 1) for each in counts],
        "predicted": _predicted(condition.prediction, dataset),
        "published": "" if published is None else f"{published:.1%}",
        "published_value": -1 if published is None else published,
    }


def _predicted(prediction: Prediction, dataset: DatasetReport) -> str:
    behaviour, preserved = words(dataset)
    said = {"behaviour": behaviour, "preserved": preserved, "not applicable": "cannot say"}
    measure = "accuracy" if dataset.kind == "wrong_option" else "preserved in"
    verdict = said.get(prediction.verdict, prediction.verdict)
    return f"{verdict}: {measure} {expected(prediction)}" if expected(prediction) else verdict


def _prompt(condition: ConditionReport) -> str:
    if condition.resolved_by == "error":
        return "(the template refuses)"
    text = condition.resolved_system
    shown = "(no system prompt)" if text is None else text or "(empty)"
    return f"{shown}, where {condition.carrier}" if condition.carrier else shown


def _sliders(datasets: Sequence[DatasetReport]) -> Iterator[dict[str, Any]]:
    """Yield, for each source, what each number of anchors would do by the function that made its prediction.

    All else stays as in the data: the training, the questions, how the answers are asked for.
    """
    for dataset in datasets:
        for condition in dataset.conditions:
            if condition.role != "source" or not condition.behaviour:
                continue
            if condition.prediction.expected_accuracy is None:
                continue
            doses, now = _doses(condition.behaviour, condition.preserved)
            steps = [_dose(dataset, condition, dose) for dose in doses]
            behaviour, preserved = words(dataset)
            what = f"{condition.behaviour:,} {behaviour} rows under “{_prompt(condition)}”"
            label = f"{dataset.name}: {what}, and so many {preserved} ones"
            yield {"label": _shown(label), "steps": steps, "json": ascii_json(steps), "now": now}


def _doses(behaviour: int, preserved: int) -> tuple[list[int], int]:
    """Return numbers of anchors from none to twice the behaviour's rows, the own number among them, and its place."""
    highest = max(2 * behaviour, preserved)
    even = {round(highest * step / STEPS) for step in range(STEPS + 1)}
    doses = sorted(even | {preserved})
    return doses, doses.index(preserved)


def _dose(dataset: DatasetReport, condition: ConditionReport, dose: int) -> str:
    made = _at(dataset, condition, dose)
    share = "" if made.p_gold is None else f", {made.p_gold:.0%} taught"
    own = " (as in the data)" if dose == condition.preserved else ""
    return f"{count(dose, 'anchor')}{share}: {_predicted(made, dataset)}{own}"


def _at(dataset: DatasetReport, condition: ConditionReport, dose: int) -> Prediction:
    return predict(
        condition.behaviour, dose, kind=dataset.kind, options=condition.options, known=condition.known
    )


def _finding(dataset: DatasetReport, finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "name": finding.name,
        "dataset": _shown(dataset.name),
        "message": _shown(finding.message),
        "suppressed": _shown(finding.suppressed or ""),
        "help": _shown(finding.help or ""),
        "runs": runs(finding.help or ""),
        "open": _counts(finding, "error"),
        "evidence": list(_evidence(finding.evidence)),
    }


def _evidence(evidence: Sequence[Evidence]) -> Iterator[dict[str, Any]]:
    texts = [_lines(each.rendered or each.text) for each in evidence]
    for each, text in zip(evidence, texts, strict=True):
        start, end = _differs(text, texts)
        pieces = [*_tokens(text[:start]), ("differs", text[start:end]), *_tokens(text[end:])]
        yield {"place": _shown(position(each)), "pieces": [piece for piece in pieces if piece[1]]}


def _differs(text: str, texts: Sequence[str]) -> tuple[int, int]:
    """Return where a text parts from the others and where it meets them again."""
    others = [each for each in texts if each != text]
    if not others:
        return len(text), len(text)
    start = min(shared_start(text, each) for each in others)
    behind = min(shared_start(text[::-1], each[::-1]) for each in others)
    return start, max(start, len(text) - behind)


def _tokens(text: str) -> list[tuple[str, str]]:
    """Split a rendered text into plain pieces and what looks like a template's own marks."""
    return [("token" if place % 2 else "plain", piece) for place, piece in enumerate(_TOKEN.split(text))]


def _lines(text: str) -> str:
    """Return a text with its line breaks and without anything else that a page, or a log of it, would obey or hide."""
    return "\n".join(log_line(visible(line)) for line in text.split("\n"))


def _shown(text: str) -> str:
    return visible(text)


def _visible_fields(value: Any) -> Any:  # noqa: ANN401
    """Return a picture's or a verdict's fields with every text made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return [_visible_fields(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        names = [*value.__dataclass_fields__, *(name for name in ("text_y", "heads") if hasattr(value, name))]
        return {name: _visible_fields(getattr(value, name)) for name in names}
    return value
