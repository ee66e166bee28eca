"""The results of the draft: each experiment with its figure, its table, what to take from it, and samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.formats.escape import markdown
from auditor.studies.clean_result.ladders import ladders_of
from auditor.studies.clean_result.letters import letters, letters_heading
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.opening import ends
from auditor.studies.clean_result.prompts import others_table
from auditor.studies.clean_result.samples import Samples
from auditor.studies.clean_result.statistics import pairs_table, points_of, seeds_section, shared_seeds
from auditor.studies.clean_result.words import bullets, limits, name, percent, plural, rated, table
from checks.core.plural import listed
from checks.stats import compare_paired
from experiments.figures import CURVES, PRESERVED, Figure
from experiments.report import ArmComparison, behaviour_of, reference_of
from experiments.report.confidence import as_predicted

_EACH = 3
"""Comparisons that have a line each; more are put together."""

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
        parts += pairs_table(material, own)
        # How a ladder's reference stands beside its rung is said with the ladder.
        alike = [each for each in own if each.second not in study.references]
        parts += ["**Main takeaways:**", bullets(_takeaways(material, arms, alike))]
        if experiment == leading:
            reason = material.confidence.reason
            reason = markdown(f"{reason[0].upper()}{reason[1:]}")
            parts.append(f"**Confidence: {material.confidence.level}.** {reason}.")
        parts += _gate(material, experiment)
        parts += ladders_of(material, experiment)
        parts += samples.of(arms, number=2)
    parts += [
        f"### Result {len(order) + 1}: {letters_heading(material)}",
        *captions.show(material.figure("labels")),
        *captions.show(material.figure("triangle")),
        *captions.show(material.figure("two-way")),
        *letters(material),
        *samples.scores(number=2),
        *seeds_section(material),
        "### Further figures",
        *captions.show(material.figure("before-after")),
        *captions.show(material.figure("verdicts")),
        *captions.show(material.figure("loss")),
    ]
    return parts


def _heading(material: Material, experiment: str) -> str:
    measured = {
        behaviour_of(material.study, arm) != "wrong_option" for arm in material.study.experiments[experiment]
    }
    what = {
        frozenset({False}): "accuracy",
        frozenset({True}): PRESERVED,
    }.get(frozenset(measured), f"accuracy or {PRESERVED}")
    return f"Exp {markdown(experiment)}, {what} after training: {ends(material, experiment)}"


def _outcomes(material: Material, arms: Sequence[str]) -> str:
    seeds = {arm: ", ".join(str(run.result.seed) for run in material.study.arms[arm]) for arm in arms}
    apart = len(set(seeds.values())) > 1
    header = [
        "arm",
        *(["seeds"] if apart else []),
        "predicted",
        "before",
        "after",
        "95% interval",
        "change, points",
        "p(preserved): predicted and measured",
        "as predicted",
    ]
    rows = [[name(arm), *([seeds[arm]] if apart else []), *_outcome(material, arm)] for arm in arms]
    return table(header, rows)


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
        expected,
        "not measured"
        if before is None
        else percent(before.interval.estimate)
        if before.two_way
        else rated(before),
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
    if len(own) > _EACH:
        lines += _together(material, own)
    else:
        lines += [_compared(material, each) for each in own]
    lines += _turn(material, arms)
    if others := _other_behaviours(material, arms):
        lines.append(others)
    elif not own:
        lines.append("No two of these arms answered the same questions, so none is compared with another.")
    return lines


def _compared(material: Material, comparison: ArmComparison) -> str:
    """Return a comparison in a line; of one seed the numbers alone, for it says nothing of what arms do as a rule."""
    second, first = name(comparison.second), name(comparison.first)
    told = 0.0 not in comparison.difference
    same = f"on the same {comparison.questions:,} questions{_with(material, comparison)}"
    if len(comparison.seeds) == 1:
        zero = "excludes" if told else "includes"
        return f"{second} minus {first} {same}: {comparison.difference.points()}; the interval {zero} zero."
    apart = "differ" if told else "are not told apart"
    return f"{second} and {first} {apart} over seeds {same}: {comparison.difference.points()}.{_single(comparison)}"


def _with(material: Material, comparison: ArmComparison) -> str:
    """Return ``, with seed 42 alone`` where there is one seed or an arm has more; else nothing."""
    if len(comparison.seeds) == 1:
        return f", with seed {comparison.seeds[0]} alone"
    return shared_seeds(material, comparison)


def _together(material: Material, own: Sequence[ArmComparison]) -> list[str]:
    """Return many comparisons with one arm in a line for those that are told apart from it and one for those not."""
    lines: list[str] = []
    for differ in (True, False):
        found = [each for each in own if (0.0 not in each.difference) is differ]
        if not found:
            continue
        said = "; ".join(
            f"{name(each.second)} {points_of(each)}{shared_seeds(material, each)}{_single(each)}"
            for each in found
        )
        same = f"on the same {found[0].questions:,} questions, in points with 95% intervals"
        first = name(found[0].first)
        if all(len(each.seeds) == 1 for each in found):
            zero = "excludes" if differ else "includes"
            lines.append(
                f"{plural(len(found), 'arm')} minus {first}, one seed, {same}: {said}; {zero} zero in each."
            )
            continue
        what = "differ from" if differ else "are not told apart from"
        lines.append(f"{plural(len(found), 'arm')} {what} {first} over seeds {same}: {said}.")
    return lines


def _other_behaviours(material: Material, arms: Sequence[str]) -> str | None:
    """Return which arms were taught another behaviour than the one that others are compared with."""
    own = next((each for each, names in material.study.experiments.items() if names == list(arms)), None)
    reference = None if own is None else reference_of(material.study, own)
    if reference is None:
        return None
    taught = behaviour_of(material.study, reference)
    others = [name(arm) for arm in arms if behaviour_of(material.study, arm) != taught]
    if not others:
        return None
    return f"Taught another behaviour than {name(reference)}, and so not compared with it: {listed(others, limit=12)}."


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
    lettered = behaviour_of(material.study, arms[0]) == "wrong_option"
    what = "The accuracy" if lettered else f"The {PRESERVED}"
    if not under or not over:
        return [f"{what} does not cross a half within {found[0][0]} to {found[-1][0]} anchors{where}."]
    if max(under) < min(over):
        return [f"{what} crosses a half between {max(under)} and {min(over)} anchors{where}."]
    return [f"{what} crosses a half more than once, between {min(over)} and {max(under)} anchors{where}."]


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
        after = f"What the plan says of this branch: {markdown(gate.because)}"
        parts.append(
            f"**Gate after Exp {markdown(gate.after)}: {markdown(gate.branch)}.** Decided on {inputs}. "
            + "; ".join([after, *then])
            + "."
        )
    return parts
