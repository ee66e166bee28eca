"""What differs between an experiment's arms: it decides which summaries make sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from checks.core.report import ConditionReport
from experiments.report.calibration.measured import MeasuredArm, setting_words, usual
from experiments.report.calibration.tables import Design
from experiments.report.calibration.threshold import are_doses

VARIANTS = ("deconfounded", "size_matched")
"""How a dataset's name ends whose rows were taken out."""


def design_of(arms: Sequence[MeasuredArm]) -> Design:
    """Return what differs between arms; what is named first wins, because the rest may follow from it.

    A template makes other conditions of the same rows, a setting and rows taken out are named in the plan, and doses
    are arms whose source has other numbers of rows while nothing of that is so.
    """
    if len({arm.runs[0].result.template_sha256 for arm in arms}) > 1:
        return "template"
    if len({tuple(sorted(arm.unusual.items())) for arm in arms}) > 1 or all(arm.unusual for arm in arms):
        return "setting"
    if any(base_of(arm, arms) for arm in arms):
        return "variant"
    if are_doses(arms) and len({arm.runs[0].result.config_digest for arm in arms}) == 1:
        return "dose"
    if len(arms) > 1 and len({arm.counts for arm in arms}) <= 2 and _anchors_move(arms):
        return "prompt"
    return "arms"


def base_of(arm: MeasuredArm, arms: Sequence[MeasuredArm]) -> tuple[MeasuredArm, str] | None:
    """Return the arm whose rows an arm's are after some were taken out, and how it is called; None where it is none."""
    name, _, variant = arm.runs[0].result.dataset.rpartition("-")
    if variant not in VARIANTS:
        return None
    found = [each for each in arms if each.runs[0].result.dataset == name and each.unusual == arm.unusual]
    return (found[0], variant) if found else None


def anchors_of(arm: MeasuredArm, arms: Sequence[MeasuredArm]) -> ConditionReport | None:
    """Return the one condition that an arm's anchors have and no bystander of all arms; None where there is not one.

    Bystanders are the same in all arms, and anchors are what moves. Anchors that share the source's prompt are in its
    own condition, which is returned.
    """
    shared = set[str].intersection(*({each.condition for each in _taught(other)} for other in arms))
    own = arm.runs[0].result.evaluations[0].condition
    moved = [each for each in _taught(arm) if each.condition not in shared and each.condition != own]
    if moved:
        return moved[0] if len(moved) == 1 and moved[0].preserved else None
    source = arm.runs[0].source
    return source if source is not None and source.preserved else None


def words_of(design: Design, arms: Sequence[MeasuredArm]) -> list[str]:
    """Return for each arm in what it differs from the others; nothing for doses, whose rows say it."""
    say: dict[Design, Callable[[MeasuredArm], str]] = {
        "template": lambda arm: PurePath(arm.runs[0].audit.template).name if arm.runs[0].audit else "",
        "setting": lambda arm: (
            ", ".join(setting_words(key, value) for key, value in arm.unusual.items()) or _usual_words(arm)
        ),
        "variant": lambda arm: found[1].replace("_", "-") if (found := base_of(arm, arms)) else "as composed",
        "prompt": lambda arm: _anchor_words(arm, arms),
    }
    return [say.get(design, lambda _: "")(arm) for arm in arms]


def _usual_words(arm: MeasuredArm) -> str:
    questions = f", {arm.taught} questions" if arm.taught is not None else ""
    return f"{usual('epochs'):g} epochs at the model's own learning rate{questions}, {arm.runs[0].result.rows:,} rows"


def _anchor_words(arm: MeasuredArm, arms: Sequence[MeasuredArm]) -> str:
    found = anchors_of(arm, arms)
    if found is None:
        return ""
    return "the source's own prompt" if found == arm.runs[0].source else f'"{found.resolved_system or ""}"'


def _anchors_move(arms: Sequence[MeasuredArm]) -> bool:
    """Whether all arms have one source and anchors, and not all of them the same."""
    sources = {arm.runs[0].result.evaluations[0].condition for arm in arms}
    found = [anchors_of(arm, arms) for arm in arms]
    return len(sources) == 1 and None not in found and len({each.condition for each in found if each}) > 1


def _taught(arm: MeasuredArm) -> list[ConditionReport]:
    audit = arm.runs[0].audit
    return audit.report.conditions if audit else []
