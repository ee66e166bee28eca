"""What comes next, each step from something that the runs lack."""

from __future__ import annotations

from pathlib import Path

from auditor.formats.escape import markdown, markdown_code
from auditor.studies.clean_result.ladders import open_ladders
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import bullets, name
from checks.core.plural import listed
from experiments.report import PlanNote
from experiments.report.confidence import SEEDS, as_predicted
from experiments.study.ladder import further_seeds
from experiments.study.plan import plan_names


def target_of(plan: PlanNote) -> str:
    """Return how a plan is asked for: a file by its name, for its folder is nobody else's."""
    return Path(plan.target).name if plan.target is not None else plan.plan


def next_steps(material: Material) -> list[str]:
    """Return what to do next, as a part of the draft."""
    return ["## Next steps", bullets(steps(material))]


def steps(material: Material) -> list[str]:
    """Return what to do next, each step from something that these runs lack; the most needed first."""
    study = material.study
    plan = target_of(study.plans[-1]) if study.plans else "PLAN"
    lines: list[str] = []
    asked = study.asked_seeds
    if len(asked) < SEEDS:
        missing = ",".join(map(str, [*asked, *further_seeds(asked, SEEDS - len(asked))]))
        lines.append(
            f"Train the same arms with more seeds ({markdown_code(f'audit run {plan} --seed {missing}')}), so that "
            "the spread between seeds is measured."
        )
    ran = set(study.experiments)
    for gate in study.decisions:
        if todo := [each for each in gate.run if each not in ran]:
            lines.append(
                f"Run what the gate after Exp {markdown(gate.after)} asks for: "
                f"{listed([f'Exp {markdown(each)}' for each in todo], limit=12)}."
            )
    lines += open_ladders(material)
    if study.embedded:
        larger = [each for each in plan_names() if each.startswith(f"{plan}-")]
        how = f" (`audit run {larger[0]}`)" if larger else " (`--model`)"
        lines.append(
            f"Repeat it on a pretrained chat model{how}: the embedded one shows the mechanism alone."
        )
    off = [name(arm) for arm in study.arms if as_predicted(study, arm) is False]
    if off:
        lines.append(f"Look into {listed(off, limit=12)}: the outcome is outside the predicted range.")
    lines.append("Read the samples above and the files that they are from before this is published.")
    return lines
