"""Anchors under a prompt of their own: is it another condition than the source's, as predicted, or the same?"""

from __future__ import annotations

from collections.abc import Sequence

from checks.core.report import ConditionReport
from checks.stats import Interval, over_seeds
from experiments.report.answers import rates_over_seeds, read_elsewhere
from experiments.report.calibration.designs import anchors_of
from experiments.report.calibration.measured import MeasuredArm
from experiments.report.calibration.tables import PromptPair


def pairs_of(arms: Sequence[MeasuredArm]) -> list[PromptPair]:
    """Return source and anchors of each arm of an experiment that was evaluated under both, in the arms' order."""
    found = [_pair(arm, anchors) for arm in arms if (anchors := anchors_of(arm, arms)) is not None]
    return [pair for pair in found if pair is not None]


def _pair(arm: MeasuredArm, anchors: ConditionReport) -> PromptPair | None:
    source = arm.runs[0].source
    if source is None or anchors.prediction.p_gold is None:
        return None
    one = anchors.condition == source.condition
    elsewhere = arm.p_gold.tolist() if one else _elsewhere(arm, anchors)
    if elsewhere is None:
        return None
    own: list[list[float]] = arm.p_gold.tolist()
    # Doing it at the source more often than at the anchors is preserving it less often there.
    sign = -1 if arm.two_way else 1
    apart = [
        [sign * (a - b) for a, b in zip(here, there, strict=True)]
        for here, there in zip(own, elsewhere, strict=True)
    ]
    behaviour, preserved = source.behaviour, source.preserved
    if not one:
        behaviour, preserved = behaviour + anchors.behaviour, preserved + anchors.preserved
    return PromptPair(
        arm=arm.name,
        source_prompt=source.resolved_system,
        anchor_prompt=anchors.resolved_system,
        one_condition=one,
        at_source=_shown(arm, own),
        at_source_predicted=arm.rate(arm.share),
        at_anchor=_shown(arm, elsewhere),
        at_anchor_predicted=arm.rate(anchors.prediction.p_gold),
        together=arm.rate(preserved / (behaviour + preserved)),
        apart=over_seeds(apart, differences=True).estimate,
    )


def _elsewhere(arm: MeasuredArm, anchors: ConditionReport) -> list[list[float]] | None:
    """Return probabilities under the anchors' prompt, seeds x questions; None where not all are there."""
    table: list[list[float]] = []
    for run in arm.runs:
        persona = next(
            (
                each.persona
                for each in run.result.evaluations[1:]
                if each.condition == anchors.condition and each.method == "logprob"
            ),
            None,
        )
        if persona is None:
            return None
        answers = read_elsewhere(run.folder, run.result.arm, run.result.seed).get(persona, {})
        rates = [answers[question].p_gold if question in answers else None for question in arm.asked]
        kept = [rate for rate in rates if rate is not None]
        if len(kept) != len(arm.asked):
            return None
        table.append(kept)
    return table


def _shown(arm: MeasuredArm, table: list[list[float]]) -> Interval:
    return arm.shown(rates_over_seeds(table).estimate)
