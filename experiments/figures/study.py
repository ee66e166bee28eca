"""The figures of a folder of runs: which ones can be drawn, from what the run folders hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from experiments.evaluation.two_way import LABELS
from experiments.figures.arms import arms_figure, before_after_figure
from experiments.figures.figure import Figure
from experiments.figures.labels import LabelShares, label_figure, loss_figure
from experiments.figures.points import points
from experiments.figures.regimes import regime_figure
from experiments.figures.ternary import ternary_figure
from experiments.figures.varied import Varied, options_of
from experiments.figures.verdicts import verdict_figure
from experiments.report.answers import Answer, outcomes_of
from experiments.report.compare import HERO, reference_of
from experiments.report.folder import Study, read_study
from experiments.study.code import code_digest


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
        they differ in one thing alone, the curve over it (anchors, the anchors' prompt, learning rate, epochs),
        before and after, label probabilities, what each dataset's source was taught, and loss curves. What was not
        kept is not drawn.
    """
    answers, digests = study.answers, _digests(study)
    outcomes = outcomes_of(answers)
    taught = {
        arm: (source.behaviour, source.preserved)
        for arm, runs in study.arms.items()
        if (source := runs[0].source) is not None
    }
    varied = Varied(study, outcomes, digests)
    figures: list[Figure] = []
    pair = lead_arms(study)
    if pair is not None:
        drawn = points(
            [run.result for arm in pair for run in study.arms[arm]], outcomes=outcomes, taught=taught
        )
        title = (
            f"{HERO[0]} without the anchors, {HERO[1]} without as many other rows"
            if pair == HERO
            else f"{pair[0]} beside {pair[1]}"
        )
        figures.append(arms_figure("hero", title, drawn, digests=digests, row=90))
    for experiment, arms in study.experiments.items():
        drawn = points(
            [run.result for arm in arms for run in study.arms[arm]], outcomes=outcomes, taught=taught
        )
        if drawn:
            title = f"{_title(experiment)}: before and after training"
            figures.append(arms_figure(f"arms-{experiment}", title, drawn, digests=digests))
        figures += varied.figures(experiment)
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
    regimes = regime_figure(
        "regimes", "Is the mixture learnt?", [run.result for run in study.runs], digests=digests
    )
    if regimes is not None:
        figures.append(regimes)
    return figures


def lead_arms(study: Study) -> tuple[str, str] | None:
    """Return the two arms that a study leads with: an experiment's only arm beside its control; else None."""
    for experiment, arms in study.experiments.items():
        if set(HERO) <= set(arms):
            return HERO
        reference = reference_of(study, experiment)
        others = [arm for arm in arms if arm != reference and arm not in study.references]
        if reference is not None and len(others) == 1:
            return others[0], reference
    return None


def _title(experiment: str) -> str:
    return f"Exp {experiment}"


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


def _labels(study: Study, digests: dict[str, str]) -> list[Figure]:
    """Return where the probability went: of letters, and of behaviours to do or not, each in figures of its own."""
    figures: list[Figure] = []
    shares = _shares(answer for answer in study.answers if answer.labels != LABELS)
    options = options_of(study.answers)
    if shares:
        title = "Imprinted or random"
        figures.append(label_figure("labels", title, shares, options=options, digests=digests))
    if shares and options > 2:  # two options have no third corner
        title = "Where each question's probability went"
        figures.append(ternary_figure("triangle", title, shares, options=options, digests=digests))
    shares = _shares(answer for answer in study.answers if answer.labels == LABELS)
    if shares:  # to do a thing or not: there is no third corner, and nothing to be imprinted
        title, names = "Probability of either way to answer", ("preserved answer", "behaviour")
        figures.append(label_figure("two-way", title, shares, options=2, names=names, digests=digests))
    return figures


def _shares(answers: Iterable[Answer]) -> list[LabelShares]:
    return [share for answer in answers if (share := _share(answer)) is not None]


def _share(answer: Answer) -> LabelShares | None:
    """Return how one question after training shares its probability, or None where that is not known."""
    shares = answer.shares
    if answer.phase != "after" or shares is None:
        return None
    wrong = max(share for label, share in shares.items() if label != answer.gold)
    return LabelShares(answer.arm, shares[answer.gold], wrong)
