"""What the draft leaves open, and how to repeat it."""

from __future__ import annotations

import shlex

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.steps import target_of
from auditor.studies.clean_result.words import bullets, counted, fenced, name, plural, table
from checks.core.plural import listed
from experiments.report.confidence import SEEDS, as_predicted
from experiments.study.card import Card, card_markdown, read_card
from experiments.study.code import code_digest
from experiments.study.runs import COMPLETIONS, CONFIG
from experiments.study.table import MECHANISM


def unknown(material: Material) -> list[str]:
    """Return the caveats."""
    study = material.study
    lines: list[str] = []
    if study.embedded:
        lines.append(f"{MECHANISM[0].upper()}{MECHANISM[1:]}.")
    if material.one_seed:
        lines.append("A single seed per arm: differences between seeds are not measured.")
    elif study.fewest_seeds < SEEDS:
        some = "Some arms have " if study.seeds != study.asked_seeds else ""
        lines.append(
            f"{some}{plural(study.fewest_seeds, 'seed')}: how far seeds lie apart is hardly known from so few."
        )
    off = [name(arm) for arm in study.arms if as_predicted(study, arm) is False]
    if off:
        lines.append(f"Not as predicted, and not explained here: {listed(off, limit=12)}.")
    assumptions = {
        predicted.assumption
        for arm in study.arms
        if (predicted := material.predicted(arm)) is not None and predicted.assumption
    }
    lines += [f"The predictions assume that {markdown(each)}." for each in sorted(assumptions)]
    if not all((run.folder / COMPLETIONS).is_file() for run in study.runs):
        lines.append("Of some runs no completions were kept, so what they write is not known.")
    lines += material.remarks
    lines.append(
        "The audit shows what was taught. That the model's answers come from it is an inference, and arms that differ "
        "in the named rows alone are what it rests on."
    )
    return ["## What is unknown", bullets(lines)]


def setup(material: Material) -> list[str]:
    """Return how to repeat the study: shared facts, digests, commands, and each run's card."""
    study = material.study
    tools = sorted({run.audit.tool_version for run in study.runs if run.audit is not None})
    rows = [
        ["Plan", "; ".join(f"{markdown(plan.plan)}, digest {plan.plan_digest[:16]}" for plan in study.plans)],
        ["Code", f"digest {code_digest()[:16]} of the sources that numbers and figures come from"],
        ["Audited with", ", ".join(f"version {markdown(each)}" for each in tools) or "not recorded"],
        ["Runs", f"{plural(len(study.arms), 'arm')}, {plural(len(study.runs), 'run')}"],
        [
            "Artifacts",
            (
                "in each run folder: data.jsonl, audit.json, config.yaml, run_result.json, per_question.parquet, "
                "completions.jsonl, details.json, log"
            ),
        ],
    ]
    parts = [
        "## Setup & hyper-parameters",
        table(["what", "value"], [row for row in rows if row[1]]),
        "To repeat it:",
        fenced("\n".join(_commands(material))),
    ]
    cards = [read_card(run.folder) for run in study.runs if (run.folder / CONFIG).is_file()]
    if not cards:
        parts.append("## Reproducibility\n\nThe runs' settings were not kept beside them.")
        return parts
    whole, more = _split(cards)
    parts.append(card_markdown(whole).rstrip())
    if more:
        parts += [
            "### Further seeds",
            "Like the first card of their arm in everything that is not said here.",
            _seeds(more),
        ]
    return parts


def _split(cards: list[Card]) -> tuple[list[Card], list[Card]]:
    """Return the cards to print in full (the first of each arm, and any that differs from it) and the others."""
    first: dict[str, Card] = {}
    whole: list[Card] = []
    more: list[Card] = []
    for card in cards:
        known = first.setdefault(card.arm, card)
        same = (card.versions, card.device, card.audit_digest) == (
            known.versions,
            known.device,
            known.audit_digest,
        )
        (more if same and card is not known else whole).append(card)
    return whole, more


def _seeds(cards: list[Card]) -> str:
    rows: list[list[str]] = []
    for card in cards:
        own = card.scores[0]
        rows.append(
            [
                name(card.arm),
                str(card.seed),
                "not measured" if own.before is None else counted(*own.before),
                counted(*own.after),
                f"{card.steps:,}",
                "not recorded" if card.seconds is None else f"{card.seconds / 60:.1f} minutes",
            ]
        )
    return table(["arm", "seed", "before", "after", "steps", "time"], rows)


def _commands(material: Material) -> list[str]:
    study = material.study
    seeds = ",".join(map(str, study.asked_seeds))
    models = list(dict.fromkeys(run.result.model for run in study.runs))
    commands: list[str] = []
    for plan in study.plans:
        experiments = dict.fromkeys(plan.experiments[arm] for arm in study.arms if arm in plan.experiments)
        chosen = " ".join(f"--exp {shlex.quote(each)}" for each in experiments)
        for model in models:
            over = "".join(f" {shlex.quote(each)}" for each in plan.options)
            commands.append(
                f"audit run {shlex.quote(target_of(plan))} {chosen} --model {shlex.quote(model)} --seed {seeds}{over} "
                "--out runs"
            )
    return [*commands, "audit report runs --format clean-result --out clean-result.md"]
