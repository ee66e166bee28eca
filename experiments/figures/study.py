"""The figures of a folder of runs: which ones can be drawn, from what the run folders hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.code import code_digest
from experiments.figures.arms import arms_figure, before_after_figure
from experiments.figures.dose import Dose, dose_figure
from experiments.figures.figure import Figure
from experiments.figures.labels import LabelShares, label_figure, loss_figure
from experiments.figures.points import Outcomes, points
from experiments.figures.ternary import ternary_figure
from experiments.figures.verdicts import verdict_figure
from experiments.report.answers import Answer, by_run, outcomes_of, rates_over_seeds
from experiments.report.compare import HERO, reference_of
from experiments.report.folder import Study, read_study

_DOSES = 3
"""Doses from which a curve is drawn."""


def figures_of_runs(folder: Path) -> list[Figure]:
    """Return every figure that a folder of runs has the numbers for.

    Args:
        folder: Holds run folders, at any depth.

    Returns:
        See `figures_of_study`.

    Raises:
        InputError: if there is no run, a file of one cannot be read, or an arm's runs do not belong together.
    """
    return figures_of_study(read_study([folder]))


def figures_of_study(study: Study) -> list[Figure]:
    """Return every figure that a study has the numbers for.

    Returns:
        The leading pair (an experiment's control beside what it controls), then each experiment's arms and, where
        only a number of rows differs between them, its dose and response, before and after, label probabilities,
        what each dataset's source was taught, and loss curves. What was not kept is not drawn.
    """
    answers, digests = study.answers, _digests(study)
    outcomes = outcomes_of(answers)
    figures: list[Figure] = []
    pair = lead_arms(study)
    if pair is not None:
        drawn = points([run.result for arm in pair for run in study.arms[arm]], outcomes=outcomes)
        title = (
            "Without the anchors, and without as many other rows"
            if pair == HERO
            else f"{pair[0]} beside {pair[1]}"
        )
        figures.append(arms_figure("hero", title, drawn, digests=digests, row=90))
    for experiment, arms in study.experiments.items():
        drawn = points([run.result for arm in arms for run in study.arms[arm]], outcomes=outcomes)
        if drawn:
            figures.append(
                arms_figure(f"arms-{experiment}", f"Arms of {_title(experiment)}", drawn, digests=digests)
            )
        curve = _dose(study, experiment, arms, outcomes)
        if curve is not None:
            figures.append(curve)
    everything = points([run.result for run in study.runs], outcomes=outcomes)
    if any(point.phase == "before" for point in everything):
        figures.append(
            before_after_figure("before-after", "Before and after training", everything, digests=digests)
        )
    figures += _labels(study, digests)
    audited = {run.audit.report.name: run.audit.report for run in study.runs if run.audit is not None}
    if audited:
        title = "What each dataset's source was taught"
        figures.append(verdict_figure("verdicts", title, list(audited.values()), digests=digests))
    losses = {
        f"{run.result.arm}, seed {run.result.seed}": run.details.losses
        for run in study.runs
        if run.details is not None and run.details.losses
    }
    if losses:
        figures.append(loss_figure("loss", "Training loss", losses, digests=digests))
    return figures


def lead_arms(study: Study) -> tuple[str, str] | None:
    """Return the two arms that a study leads with: an experiment's only arm beside its control; else None."""
    for experiment, arms in study.experiments.items():
        if set(HERO) <= set(arms):
            return HERO
        reference = reference_of(study, experiment)
        if reference is not None and len(arms) == 2:
            return next(arm for arm in arms if arm != reference), reference
    return None


def _title(experiment: str) -> str:
    return f"Exp {experiment}" if len(experiment) == 1 else experiment


def _digests(study: Study) -> dict[str, str]:
    """Return what the figures were drawn from: rows, settings and audit of each run, plans, and this code."""
    found = {f"{plan.plan} plan": plan.plan_digest for plan in study.plans}
    found["code"] = code_digest()
    for run in study.runs:
        name = f"{run.result.arm} (seed {run.result.seed})"
        found[f"{name} dataset"] = run.result.dataset_digest
        found[f"{name} config"] = run.result.config_digest
        if run.result.audit_digest is not None:
            found[f"{name} audit"] = run.result.audit_digest
    return found


def _dose(study: Study, experiment: str, arms: Sequence[str], outcomes: Outcomes) -> Figure | None:
    """Return the curve of an experiment whose arms differ in the anchors alone, or None where they do not."""
    doses = {
        arm: (source.behaviour, source.preserved) for arm in arms if (source := study.arms[arm][0].source)
    }
    behaviours = {behaviour for behaviour, _ in doses.values()}
    settings = {study.arms[arm][0].result.config_digest for arm in arms}
    distinct = len({preserved for _, preserved in doses.values()})
    kinds = {audit.report.kind for arm in arms if (audit := study.arms[arm][0].audit) is not None}
    alone = len(doses) == len(arms) == distinct and len(behaviours) == len(settings) == 1
    if not alone or distinct < _DOSES or kinds != {"wrong_option"}:
        return None
    answers = by_run(study.answers)
    drawn: list[Dose] = []
    for arm in sorted(doses, key=lambda each: doses[each][1]):
        after = [
            each
            for each in points([run.result for run in study.arms[arm]], outcomes=outcomes)
            if each.phase == "after"
        ]
        if not after:
            return None
        own = answers.get((arm, "after"), {})
        shares = [[each.p_gold for _, each in sorted(seed.items())] for _, seed in sorted(own.items())]
        known = [[each for each in seed if each is not None] for seed in shares]
        whole = (arm, "after") in outcomes and all(
            len(seed) == len(kept) for seed, kept in zip(shares, known, strict=True)
        )
        drawn.append(
            Dose(
                anchors=doses[arm][1],
                accuracy=after[0].interval,
                p_gold=rates_over_seeds(known).estimate if whole else None,
                seeds=tuple(run.result.evaluations[0].after.accuracy or 0.0 for run in study.arms[arm]),
                counts=(after[0].correct, after[0].total),
                definition=after[0].definition,
            )
        )
    return dose_figure(
        f"dose-{experiment}",
        "Dose and response: predicted before training, and measured",
        drawn,
        behaviour=min(behaviours),
        options=_options(study.answers),
        digests=_digests(study),
    )


def _options(answers: Sequence[Answer]) -> int:
    """Return how many options most questions have; 4 where no question was kept."""
    counts = [len(each.labels) for each in answers if each.labels]
    return max(set(counts), key=lambda each: (counts.count(each), each)) if counts else 4


def _labels(study: Study, digests: dict[str, str]) -> list[Figure]:
    shares = [share for answer in study.answers if (share := _share(answer)) is not None]
    if not shares:
        return []
    options = _options(study.answers)
    if options == 2:  # to do a thing or not: there is no third corner, and nothing to be imprinted
        title, names = "Probability of either way to answer", ("preserved answer", "behaviour")
        return [label_figure("labels", title, shares, options=2, names=names, digests=digests)]
    figures = [label_figure("labels", "Imprinted or random", shares, options=options, digests=digests)]
    title = "Where each question's probability went"
    return [*figures, ternary_figure("triangle", title, shares, options=options, digests=digests)]


def _share(answer: Answer) -> LabelShares | None:
    """Return how one question after training shares its probability, or None where that is not known."""
    shares = answer.shares
    if answer.phase != "after" or shares is None:
        return None
    wrong = max(share for label, share in shares.items() if label != answer.gold)
    return LabelShares(answer.arm, shares[answer.gold], wrong)
