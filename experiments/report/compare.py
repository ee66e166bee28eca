"""Arms compared on the same questions, with the test, the interval, and what could not have been seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checks.stats import Interval, PairedTable, compare_paired, detectable_paired, holm, over_seeds
from experiments.report.answers import Answer, Phase, by_run
from experiments.report.folder import Study

HERO = ("exp0_0a", "exp0_0b")
"""The two arms that a study leads with, where it has them."""


@dataclass(frozen=True)
class ArmComparison:
    """An arm beside another (or itself before training), question by question."""

    experiment: str
    """The experiment that both belong to."""
    first: str
    """What is compared with: the reference arm, or the arm itself before training."""
    second: str
    """The arm."""
    seeds: tuple[int, ...]
    """Seeds that both have."""
    questions: int
    """Questions that all of them answered."""
    difference: Interval
    """Accuracy of the second minus that of the first: Tango's interval for one seed, over seeds and questions for
    several. Where the behaviour is to do a thing or not, probabilities of not doing it are what differs."""
    seed_sd: float | None
    """Standard deviation of the difference between seeds, a rate; None for one seed."""
    question_sd: float | None
    """The same between questions."""
    tables: tuple[PairedTable, ...]
    """Each seed's counts."""
    p_exact: float
    """Exact McNemar, two-sided: the largest of the seeds', so it says that every seed shows a difference."""
    p_mid: float
    """Mid-p McNemar, likewise."""
    p_holm: float | None
    """The exact one adjusted for all arms compared (Holm); None where this is no comparison between arms."""
    detectable: float | None
    """Smallest difference that one seed would have seen with 80% power at the discordance observed, a rate; None
    where the arms never disagree, or no difference would do."""


def reference_of(study: Study, experiment: str) -> str | None:
    """Return the arm that an experiment's others are compared with; None where there is one arm alone.

    It is the one arm that is meant to hold a confound, as the control does; where there is no such single arm, it
    is the first of them, in the plan's order. What a ladder led to is another source, and none of them.
    """
    arms = [arm for arm in study.experiments[experiment] if arm not in study.references]
    if len(arms) < 2:
        return None
    meant = [arm for arm in arms if (audit := study.arms[arm][0].audit) is not None and audit.expects]
    return meant[0] if len(meant) == 1 else arms[0]


def compare_arms(study: Study) -> list[ArmComparison]:
    """Return every arm against its experiment's reference, p-values adjusted for all of them together.

    A ladder's reference arm stands beside its rung instead. Arms that were asked other questions than the reference are
    left out, for nothing can be paired, and so are those that were taught another behaviour: a right letter and an
    answer without a refusal are not one measure.
    """
    answers = by_run(study.answers)
    found: list[ArmComparison] = []
    for experiment, arms in study.experiments.items():
        control = reference_of(study, experiment)
        for arm in arms:
            reference = study.references.get(arm, control)
            alike = reference is not None and behaviour_of(study, arm) == behaviour_of(study, reference)
            if reference is not None and alike and arm != reference:
                found += _compared(answers, experiment, (reference, "after"), (arm, "after"))
    adjusted = holm([each.p_exact for each in found])
    return [replace(each, p_holm=p) for each, p in zip(found, adjusted, strict=True)]


def behaviour_of(study: Study, arm: str) -> str:
    """Return what an arm's source is taught: `wrong_option`, `refusal`, ..."""
    return study.arms[arm][0].result.evaluations[0].behaviour


def changes(study: Study) -> dict[str, ArmComparison]:
    """Return arm -> what training changed under its own prompt: after against before, on the same questions."""
    answers = by_run(study.answers)
    found: dict[str, ArmComparison] = {}
    for experiment, arms in study.experiments.items():
        for arm in arms:
            for each in _compared(answers, experiment, (arm, "before"), (arm, "after")):
                found[arm] = each
    return found


def headline(comparisons: Sequence[ArmComparison]) -> ArmComparison | None:
    """Return the comparison that a study leads with: the hero pair, else the first experiment's largest.

    Arms of an experiment without a control differ in a dose or a setting, so its largest difference is the one
    between its ends; it is among those that Holm's adjustment is for.
    """
    for each in comparisons:
        if {each.first, each.second} == set(HERO):
            return each
    own = (
        [each for each in comparisons if each.experiment == comparisons[0].experiment] if comparisons else []
    )
    return max(own, key=lambda each: abs(each.difference.estimate), default=None)


def _compared(
    answers: Mapping[tuple[str, Phase], Mapping[int, Mapping[str, Answer]]],
    experiment: str,
    first: tuple[str, Phase],
    second: tuple[str, Phase],
) -> list[ArmComparison]:
    one, other = answers.get(first, {}), answers.get(second, {})
    seeds = sorted(one.keys() & other.keys())
    questions = {frozenset(own[seed]) for own in (one, other) for seed in seeds}
    if not seeds or len(questions) != 1 or len(next(iter(questions))) < 2:
        return []
    asked = sorted(next(iter(questions)))
    tables = [
        PairedTable.of(
            *({question: own[seed][question].correct for question in asked} for own in (one, other))
        )
        for seed in seeds
    ]
    paired = [compare_paired(table) for table in tables]
    difference, seed_sd, question_sd = paired[0].difference, None, None
    rates = [[other[seed][each].rate - one[seed][each].rate for each in asked] for seed in seeds]
    if len(seeds) > 1 or any(rate not in (-1, 0, 1) for own in rates for rate in own):
        summary = over_seeds(rates, differences=True)
        difference, seed_sd, question_sd = summary.estimate, summary.seed_sd, summary.question_sd
    if not difference.width and len(seeds) > 1:
        # All differences are the same: what varies cannot be estimated, and no width at all would claim to know it.
        difference = max((each.difference for each in paired), key=lambda each: each.width)
    discordance = sum(table.discordant for table in tables) / sum(table.total for table in tables)
    return [
        ArmComparison(
            experiment=experiment,
            first=first[0],
            second=second[0],
            seeds=tuple(seeds),
            questions=len(asked),
            difference=difference,
            seed_sd=seed_sd,
            question_sd=question_sd,
            tables=tuple(tables),
            p_exact=max(each.p_exact for each in paired),
            p_mid=max(each.p_mid for each in paired),
            p_holm=None,
            detectable=detectable_paired(len(asked), discordance) if discordance else None,
        )
    ]
