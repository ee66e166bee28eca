"""What arms do under other system prompts than their own: a row for each arm, a column for each prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import bullets, counted, name, percent, table
from checks.core.result import Evaluation, Score
from experiments.figures.points import definition


@dataclass(frozen=True)
class _Cell:
    """One arm under one prompt, its seeds together; texts are Markdown."""

    arm: str
    persona: str
    prompt: str
    before: str
    after: str


def others_table(material: Material, arms: Sequence[str]) -> list[str]:
    """Return what arms do under prompts other than their own; nothing where none was evaluated."""
    cells = [cell for arm in arms for cell in _cells(material, arm)]
    if not cells:
        return []
    often = {each.persona: sum(cell.persona == each.persona for cell in cells) for each in cells}
    # A prompt that a single arm was asked under (its anchors' own, say) would be a column of one number.
    shared = [persona for persona, number in often.items() if number > 1 or len(arms) == 1]
    alone = len(shared) < len(often)
    found = {(cell.arm, cell.persona): cell for cell in cells}
    rows = [["before training", *(_before(cells, persona) for persona in shared), *(["-"] if alone else [])]]
    for arm in dict.fromkeys(cell.arm for cell in cells):
        own = [found.get((arm, persona)) for persona in shared]
        extra = [each for each in cells if each.arm == arm and each.persona not in shared]
        row = [name(arm), *("-" if each is None else each.after for each in own)]
        said = "; ".join(f"{name(each.persona)} {each.after}" for each in extra) or "-"
        rows.append([*row, *([said] if alone else [])])
    header = ["arm", *(name(persona) for persona in shared), *(["a prompt of its own"] if alone else [])]
    prompts = {each.persona: f"{name(each.persona)}: {each.prompt}" for each in cells}
    return [
        "Under other system prompts after training, all seeds together; in brackets what was predicted where trained:",
        table(header, rows),
        bullets(prompts.values()),
    ]


def _cells(material: Material, arm: str) -> list[_Cell]:
    runs = material.study.arms[arm]
    found: list[_Cell] = []
    for place, other in enumerate(runs[0].result.evaluations[1:], 1):
        same = [run.result.evaluations[place] for run in runs if len(run.result.evaluations) > place]
        if other.method != "logprob" or {each.condition for each in same} != {other.condition}:
            continue
        before = [each.before for each in same if each.before is not None]
        found.append(
            _Cell(
                arm=arm,
                persona=other.persona,
                prompt=markdown(definition(other)),
                before=_pooled(before, other.behaviour) if len(before) == len(same) else "not measured",
                after=_pooled([each.after for each in same], other.behaviour) + _expected(other),
            )
        )
    return found


def _expected(evaluation: Evaluation) -> str:
    """Return in brackets what was predicted; nothing where the prompt was not trained, or nothing is predicted."""
    predicted = evaluation.predicted
    if predicted is None or predicted.expected_accuracy is None:
        return ""
    low, high = predicted.expected_accuracy
    return f" [{low:.0%} to {high:.0%}]"


def _before(cells: Sequence[_Cell], persona: str) -> str:
    """Return what the model did before training, which is the same for all arms of one model."""
    said = list(dict.fromkeys(cell.before for cell in cells if cell.persona == persona))
    return said[0] if len(said) == 1 else f"{said[0]} and others"


def _pooled(scores: Sequence[Score], behaviour: str) -> str:
    """Return a rate over seeds: right answers of all, or the mean probability of not doing what was taught."""
    correct, total = sum(each.correct for each in scores), sum(each.total for each in scores)
    shares = [each.mean_p_gold for each in scores if each.mean_p_gold is not None]
    if behaviour == "wrong_option" or len(shares) != len(scores):
        return counted(correct, total)
    return percent(sum(shares) / len(shares))
