"""What arms show under other prompts than their own, a line for each prompt; arm by arm it is in the JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditor.studies.calibration.words import ends
from auditor.studies.clean_result.words import name, percent, table
from experiments.report.calibration import PromptCalibration

RELATIONS: Final = {
    "same": "the arm's own, otherwise said",
    "trained": "rows have it",
    "untrained": "no row has it",
}
"""How a prompt relates to an arm's rows, in words."""


def other_prompts(found: Sequence[PromptCalibration]) -> list[str]:
    """Return the section on other prompts."""
    groups: dict[tuple[str, str], list[PromptCalibration]] = {}
    for relation in RELATIONS:
        for each in found:
            if each.relation == relation:
                groups.setdefault((relation, each.persona), []).append(each)
    same = [each for each in found if each.relation == "same" and each.own]
    said = (
        "p as above, before and after training: the mean of the arms, with the lowest and the highest run. Nothing is "
        "predicted of prompts that no row has."
    )
    lines = [
        "## Other system prompts",
        "",
        said,
        "",
        table(
            [
                "prompt",
                "its rows",
                "arms",
                "p before (runs)",
                "p after (runs)",
                "p predicted",
                "mean absolute error",
            ],
            [_row(relation, members) for (relation, _), members in groups.items()],
        ),
    ]
    if same:
        gap = max(
            abs(here - there) for each in same for here, there in zip(each.own, each.means, strict=True)
        )
        runs = sum(len(each.means) for each in same)
        lines += [
            "",
            f"* Prompts that resolve to the arm's own: in {runs} runs p is "
            + ("the same to all digits." if gap == 0 else f"at most {100 * gap:.2g} points from it."),
        ]
    return lines


def _row(relation: str, members: Sequence[PromptCalibration]) -> list[str]:
    predicted = [each.predicted for each in members if each.predicted is not None]
    errors = [abs(each.mean - each.predicted) for each in members if each.predicted is not None]
    before = [mean for each in members for mean in each.before]
    return [
        name(members[0].persona),
        RELATIONS[relation],
        str(len(members)),
        _means(before),
        _means([mean for each in members for mean in each.means]),
        "-"
        if not predicted
        else percent(predicted[0])
        if len(set(predicted)) == 1
        else ends(min(predicted), max(predicted)),
        f"{100 * sum(errors) / len(errors):.1f} points" if errors else "-",
    ]


def _means(means: Sequence[float]) -> str:
    return f"{percent(sum(means) / len(means))} ({ends(min(means), max(means))})" if means else "-"
