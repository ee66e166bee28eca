"""The results of the draft: each experiment with its figure, its table, what to take from it, and samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from auditor.clean_result.ladders import ladders_of
from auditor.clean_result.material import Material
from auditor.clean_result.samples import Samples
from auditor.clean_result.statistics import others_table, pairs_table, points_of, seeds_section
from auditor.clean_result.words import bullets, limits, name, percent, plural, rated, table
from auditor.formats.escape import markdown
from checks.plural import listed
from checks.stats import compare_paired
from experiments.figures import CURVES, Figure
from experiments.report import ArmComparison, StudyRun
from experiments.report.confidence import as_predicted

Place = Callable[[Figure], str]
"""Where a figure's picture is, as a link's target."""


class Captions:
    """Figures in the order in which they come, each with its number, its words and its caption."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._count = 0

    def show(self, figure: Figure | None) -> list[str]:
        """Return a figure with its caption; nothing where there is no figure."""
        if figure is None:
            return []
        self._count += 1
        alt = markdown(figure.alt).replace("\n", " ")
        return [
            f"![{alt}]({self._place(figure)})",
            f"*Figure {self._count}. {markdown(figure.title)}.* {markdown(figure.caption)}",
        ]


def results(material: Material, captions: Captions, samples: Samples) -> list[str]:
    """Return all results."""
    study, lead = material.study, material.lead
    parts = ["## Results"]
    leading = lead.experiment if lead is not None else next(iter(study.experiments))
    order = [leading, *(each for each in study.experiments if each != leading)]
    for number, experiment in enumerate(order, 1):
        arms = study.experiments[experiment]
        parts.append(f"### Result {number}: {_heading(material, experiment)}")
        hero = material.figure("hero") if experiment == leading else None
        parts += captions.show(hero)
        if hero is None or len(arms) > 2:
            parts += captions.show(material.figure(f"arms-{experiment}"))
        for kind in CURVES:
            parts += captions.show(material.figure(f"{kind}-{experiment}"))
        parts.append(_outcomes(material, arms))
        parts += others_table(material, arms)
        own = [each for each in material.comparisons if each.experiment == experiment]
        parts += pairs_table(own, several=len(material.comparisons) > 1)
        parts += ["**Main takeaways:**", bullets(_takeaways(material, arms, own))]
        if experiment == leading:
            reason = material.confidence.reason
            reason = markdown(f"{reason[0].upper()}{reason[1:]}")
            parts.append(f"**Confidence: {material.confidence.level}.** {reason}.")
        parts += _gate(material, experiment)
        parts += ladders_of(material, experiment)
        parts += samples.of(arms, number=2)
    parts += [
        f"### Result {len(order) + 1}: {_letters_heading(material)}",
        *captions.show(material.figure("labels")),
        *captions.show(material.figure("triangle")),
        *captions.show(material.figure("two-way")),
        *_letters(material),
        *samples.scores(number=2),
        *seeds_section(material),
        "### Further figures",
        *captions.show(material.figure("before-after")),
        *captions.show(material.figure("verdicts")),
        *captions.show(material.figure("loss")),
    ]
    return parts


def _heading(material: Material, experiment: str) -> str:
    arms = material.study.experiments[experiment]
    found = [
        f"{name(arm)} {percent(point.interval.estimate)}"
        for arm in arms
        if (point := material.points.get((arm, "after"))) is not None
    ]
    return f"Exp {markdown(experiment)}, after training: {listed(found, limit=3)}"


def _outcomes(material: Material, arms: Sequence[str]) -> str:
    header = [
        "arm",
        "seeds",
        "predicted before training",
        "before",
        "after",
        "95% interval",
        "change, points",
        "p(preserved), predicted and measured",
        "as predicted",
    ]
    return table(header, [_outcome(material, arm) for arm in arms])


def _outcome(material: Material, arm: str) -> list[str]:
    before, after = material.points.get((arm, "before")), material.points.get((arm, "after"))
    predicted, change = material.predicted(arm), material.changes.get(arm)
    expected = "not applicable"
    if predicted is not None and predicted.expected_accuracy is not None:
        low, high = predicted.expected_accuracy
        expected = f"{low:.0%} to {high:.0%}"
    shares = " and ".join(
        "-" if share is None else f"{share:.2f}"
        for share in (predicted.p_gold if predicted is not None else None, material.p_gold.get(arm))
    )
    return [
        name(arm),
        ", ".join(str(run.result.seed) for run in material.study.arms[arm]),
        expected,
        "not measured" if before is None else rated(before),
        "no questions" if after is None else rated(after),
        "-" if after is None else limits(after.interval),
        "-" if change is None else points_of(change),
        shares,
        {True: "yes", False: "no", None: "-"}[as_predicted(material.study, arm)],
    ]


def _takeaways(material: Material, arms: Sequence[str], own: Sequence[ArmComparison]) -> list[str]:
    verdicts = {arm: as_predicted(material.study, arm) for arm in arms}
    inside = [name(arm) for arm in arms if verdicts[arm]]
    outside = [name(arm) for arm in arms if verdicts[arm] is False]
    lines: list[str] = []
    if inside:
        lines.append(f"Within the range predicted before training: {listed(inside, limit=12)}.")
    if outside:
        lines.append(f"Outside the range predicted before training: {listed(outside, limit=12)}.")
    for each in own:
        apart = "differ" if 0.0 not in each.difference else "are not told apart"
        over = " over seeds" if len(each.seeds) > 1 else ""
        lines.append(
            f"{name(each.second)} and {name(each.first)} {apart}{over} on the same {each.questions:,} questions: "
            f"{each.difference.points()}.{_single(each)}"
        )
    lines += _turn(material, arms)
    if not own:
        lines.append("No two of these arms answered the same questions, so none is compared with another.")
    return lines


def _turn(material: Material, arms: Sequence[str]) -> list[str]:
    """Return between which doses the accuracy crosses a half, and where it was predicted to turn."""
    own = next((each for each, names in material.study.experiments.items() if names == list(arms)), None)
    if own is None or material.figure(f"dose-{own}") is None:
        return []
    found = sorted(
        (source.preserved, point.interval.estimate)
        for arm in arms
        if arm not in material.study.references
        and (source := material.study.arms[arm][0].source) is not None
        and (point := material.points.get((arm, "after"))) is not None
    )
    under = [dose for dose, share in found if share < 0.5]
    over = [dose for dose, share in found if share >= 0.5]
    predicted = material.predicted(arms[0])
    where = (
        ""
        if predicted is None or predicted.threshold is None
        else f"; predicted to turn at {predicted.threshold:.1f}"
    )
    if not under or not over:
        return [f"The accuracy does not cross a half within {found[0][0]} to {found[-1][0]} anchors{where}."]
    if max(under) < min(over):
        return [f"The accuracy crosses a half between {max(under)} and {min(over)} anchors{where}."]
    return [
        f"The accuracy crosses a half more than once, between {min(over)} and {max(under)} anchors{where}."
    ]


def _single(comparison: ArmComparison) -> str:
    """Return each seed's own difference, where the seeds together do not tell the arms apart and alone they do."""
    if len(comparison.seeds) < 2 or 0.0 not in comparison.difference:
        return ""
    singles = [compare_paired(each).difference for each in comparison.tables]
    if any(0.0 in each for each in singles):
        return ""
    said = "; ".join(f"{seed}: {each.points()}" for seed, each in zip(comparison.seeds, singles, strict=True))
    few = f"{plural(len(comparison.seeds), 'seed')} say little of a further one"
    return f" Every seed alone tells them apart ({said}); {few}."


def _gate(material: Material, experiment: str) -> list[str]:
    parts: list[str] = []
    for gate in material.study.decisions:
        if gate.after != experiment:
            continue
        inputs = ", ".join(f"{name(arm)} {percent(share)}" for arm, share in gate.accuracy.items())
        then = [
            *([f"run next: {listed([markdown(each) for each in gate.run], limit=12)}"] if gate.run else []),
            *([f"not run: {listed([markdown(each) for each in gate.stop], limit=12)}"] if gate.stop else []),
        ]
        parts.append(
            f"**Gate after Exp {markdown(gate.after)}: {markdown(gate.branch)}.** Decided on {inputs}: "
            f"{markdown(gate.because)}" + "".join(f"; {each}" for each in then) + "."
        )
    return parts


def _letters_heading(material: Material) -> str:
    if not material.wrong_option:
        return "where the probability went"
    verdicts = [run.imprint["verdict"] for run in material.study.runs if run.imprint is not None]
    counts = {each: verdicts.count(each) for each in dict.fromkeys(verdicts)}
    said = ", ".join(f"{verdict} in {plural(number, 'run')}" for verdict, number in counts.items())
    return "are the wrong letters imprinted or random?" + (f" {said.capitalize()}" if said else "")


def _letters(material: Material) -> list[str]:
    judged = [(run, run.imprint) for run in material.study.runs if run.imprint is not None]
    if not judged:
        if not material.wrong_option:
            return ["The behaviour is to do a thing or not, so there is no letter that could be imprinted."]
        return ["No run kept what this is judged by."]
    header = [
        "arm",
        "seed",
        "verdict",
        "right answers",
        "by guessing",
        "mass on the labels",
        "probability of the answer",
        "entropy",
        "the trained letter comes back",
    ]
    rows = [_judged(run, imprint) for run, imprint in judged]
    imprinted = [name(run.result.arm) for run, imprint in judged if imprint["verdict"] == "imprinted"]
    random = [name(run.result.arm) for run, imprint in judged if imprint["verdict"] == "random"]
    found = {
        "Imprinted, right less often than guessing would be, which takes knowing the right answer": imprinted,
        "Random, flat answers that are right as often as guesses": random,
    }
    lines = [
        f"{what}: {listed(list(dict.fromkeys(arms)), limit=12) or 'no arm'}." for what, arms in found.items()
    ]
    return [
        (
            "A model that lost its knowledge guesses; one that learnt to answer wrongly is right less often than that. "
            "The verdict is an exact test of the right answers against guessing, at 0.001. Entropy is 1 for a flat "
            "answer and 0 for a certain one. The last column asks trained questions again: how often, of the wrong "
            "answers, the very letter that training taught comes back, and what a random wrong letter would give."
        ),
        table(header, rows),
        "**Main takeaways:**",
        bullets(lines),
    ]


def _judged(run: StudyRun, imprint: Any) -> list[str]:  # noqa: ANN401
    back = "not asked"
    if imprint.get("trained_wrong"):
        back = f"{imprint['trained_letter']:,} of {imprint['trained_wrong']:,}"
        if imprint.get("p_letter") is not None:
            back += f" (chance of so many at random {imprint['p_letter']:.2g})"
    return [
        name(run.result.arm),
        str(run.result.seed),
        markdown(str(imprint["verdict"])),
        f"{imprint['correct']:,} of {imprint['questions']:,}",
        f"{imprint['chance']:.1f}",
        f"{imprint['label_mass']:.3f}",
        f"{imprint['confidence']:.2f}",
        f"{imprint['entropy']:.2f}",
        back,
    ]
