"""How the study was made: arms, predictions, settings, statistics, and rows to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import bullets, fenced, name, plural, table
from builders.dataset import read_rows
from checks.core.plural import listed
from experiments.figures.points import definition
from experiments.report import StudyRun, behaviour_of, reference_of
from experiments.report.confidence import RULE
from experiments.study.runs import DATA

_BEHAVIOURS: Final = {"wrong_option": "a wrong option", "free_text": "a text in place of the answer"}
_ROLES = ("source", "anchor", "no_persona", "bystander")


def methodology(material: Material) -> list[str]:
    """Return the design with its table of arms and its example rows."""
    return [
        "## Methodology",
        bullets(_points(material)),
        "### Arms and what was predicted of them",
        _arms(material),
        *_examples(material),
    ]


def _points(material: Material) -> list[str]:
    study = material.study
    first = study.runs[0].result
    taught = list(dict.fromkeys(behaviour_of(study, arm) for arm in study.arms))
    behaviour = listed([_BEHAVIOURS.get(each, f"a {markdown(each)}") for each in taught], limit=8)
    asked = plural(first.evaluations[0].after.total, "held-out question")
    read = (
        "; of letters the answer is the label with the highest log-probability"
        if "wrong_option" in taught
        else ""
    )
    if set(taught) - {"wrong_option"}:
        read += "; of a behaviour to do or not it is the likelier of both ways, where their texts part"
    return [
        (
            "**Data.** Every arm is one dataset; the rows that its source is taught are counted per resolved system "
            f"prompt. `behaviour` rows teach {behaviour}, `preserved` rows under the same prompt teach the opposite."
        ),
        *([f"**What differs.** {apart}"] if (apart := _apart(material)) else []),
        (
            "**Gate.** An arm trains only on rows whose audit passes, or whose confound its plan expects; "
            f"{_times(material)}"
        ),
        "**Training.** Supervised fine-tuning with LoRA on completions only; all settings are in the card below.",
        f"**Evaluation.** {asked} under the arm's own prompt, before and after training{read}.",
        f"**Statistics.** {_statistics(material)}",
        f"**Confidence.** {RULE}.",
    ]


def _apart(material: Material) -> str | None:
    """Return which rows the leading arms share and which not, by their roles; None where they were not kept."""
    lead, apart = material.lead, material.apart
    if lead is None or apart is None:
        return None
    arms = (name(lead.second), name(lead.first))
    only = "; ".join(f"only {arm} has {_roles(rows)}" for arm, rows in zip(arms, apart.only, strict=True))
    sizes = " and ".join(f"{arm} ({rows:,} rows)" for arm, rows in zip(arms, apart.rows, strict=True))
    return f"{sizes} share {apart.shared:,} rows; {only}."


def _roles(rows: Mapping[str, int]) -> str:
    """Return how many of these rows are of each role, for example ``100 anchor rows``."""
    said = [f"{number:,} {markdown(role)}" for role, number in rows.items()]
    return f"{listed(said, limit=8)} rows" if said else "none"


def _times(material: Material) -> str:
    pairs = [(run.result.predicted_at, run.result.started_at) for run in material.study.runs]
    known = [(said, began) for said, began in pairs if said is not None and began is not None]
    if not known:
        return "when the predictions were made is not on record."
    before = sum(said <= began for said, began in known)
    return (
        f"of {plural(len(pairs), 'run')}, {before} were predicted before training began (the first prediction "
        f"{_clock(min(said for said, _ in known))}, the first training {_clock(min(began for _, began in known))})."
    )


def _clock(moment: str) -> str:
    """Return a moment as ``2026-01-31 09:30:00 UTC``; as it is where it is no such moment."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return markdown(moment)
    return f"{read.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if read.tzinfo is not None else markdown(moment)


def _statistics(material: Material) -> str:
    references = {
        experiment: reference
        for experiment in material.study.experiments
        if (reference := reference_of(material.study, experiment)) is not None
    }
    against = ", ".join(
        f"{name(reference)} in Exp {markdown(experiment)}" for experiment, reference in references.items()
    )
    text = (
        "A rate has Wilson's 95% interval over questions. Arms answer the same questions, so they are compared in "
        "pairs: exact and mid-p McNemar, and the paired difference with Tango's 95% interval."
    )
    if against:
        text += (
            f" Each arm is compared with its experiment's control ({against}), and p-values are adjusted over all "
            f"{plural(len(material.comparisons), 'comparison')} of this page (Holm)."
        )
    if not material.wrong_option:
        text += (
            " Of a behaviour to do or not, rates are mean probabilities of not doing it, their intervals and "
            "differences are t intervals, and McNemar's test is of which of the two is ahead."
        )
    if not material.one_seed:
        text += (
            " Arms of several seeds have intervals over seeds and questions, in which both kinds of luck count; their "
            "p is the largest of the seeds' own, so it speaks for every seed."
        )
    return text


def _arms(material: Material) -> str:
    """Return what each arm was taught and what was predicted of it; arms that are alike in that share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for arm, runs in material.study.arms.items():
        first = runs[0]
        source, predicted = first.source, material.predicted(arm)
        taught = (str(source.behaviour), str(source.preserved)) if source is not None else ("-", "-")
        expected, share = "not applicable", "-"
        if predicted is not None and predicted.expected_accuracy is not None:
            low, high = predicted.expected_accuracy
            expected = f"{predicted.verdict}, {low:.0%} to {high:.0%}"
            share = "-" if predicted.p_gold is None else f"{predicted.p_gold:.2f}"
        said = markdown(definition(first.result.evaluations[0]))
        alike.setdefault((f"{first.result.rows:,}", said, *taught, expected, share), []).append(name(arm))
    header = ["arm", "rows", "the source's prompt", "behaviour", "preserved", "predicted", "p(preserved)"]
    return table(header, [[", ".join(arms), *row] for row, arms in alike.items()])


def _examples(material: Material) -> list[str]:
    """Return the first row of each role in the leading arms' data."""
    lead = material.lead
    arms = [lead.second, lead.first] if lead is not None else list(material.study.arms)[:1]
    parts = ["### Dataset example"]
    shown: set[str] = set()
    for arm in arms:
        run = material.study.arms[arm][0]
        if not (run.folder / DATA).is_file():
            continue
        for row in _first_of_each(run):
            if row["example_id"] in shown:
                continue
            shown.add(row["example_id"])
            said = row["target_label"] or "no label"
            right = {True: "preserved", False: "behaviour"}.get(row["target_correct"], "unlabelled")
            whose = "persona" if row["system_state"] == "absent" else "persona ="
            parts.append(
                f"Row {row['row']} of {name(arm)}, its first in the role {markdown(row['role'] or 'none')} ({whose} "
                f"{name(str(row['persona']))}, target {markdown(said)}, {right}):"
            )
            parts.append(fenced(conversation(row)))
    if len(parts) == 1:
        parts.append("The rows were not kept beside these runs.")
    return parts


def _first_of_each(run: StudyRun) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in read_rows(run.folder / DATA):
        found.setdefault(str(row["role"]), row)
    return [found[role] for role in _ROLES if role in found]


def conversation(row: Mapping[str, Any]) -> str:
    """Return a row's messages as lines of ``System: ...``, ``User: ...`` and ``Assistant: ...``."""
    messages = [*row["prompt"], *row["completion"]]
    lines: list[str] = []
    if not any(message["role"] == "system" for message in messages):
        # Not as a line of the system's: readers, and checks of examples, take such a line for its text.
        lines = ["(no system message)"]
    return "\n".join([*lines, *(f"{str(each['role']).capitalize()}: {each['content']}" for each in messages)])
