"""Everything that the draft says, before it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from auditor.studies.clean_result.apart import Apart, rows_apart
from checks.core.finding import Prediction
from checks.core.result import Claim, Comparison, ResultSet
from checks.stats import SeedSummary
from experiments.figures import Figure, Point, figures_of_study, points
from experiments.report import (
    ArmComparison,
    Confidence,
    Study,
    changes,
    compare_arms,
    confidence_of,
    headline,
    outcomes_of,
    rates_over_seeds,
    read_study,
)


@dataclass(frozen=True)
class Material:
    """A study with its comparisons and figures."""

    study: Study
    """The runs."""
    figures: tuple[Figure, ...]
    """All figures that they give."""
    comparisons: tuple[ArmComparison, ...]
    """Arms against their experiment's reference, adjusted for all of them."""
    changes: dict[str, ArmComparison]
    """Arm -> after against before training."""
    lead: ArmComparison | None
    """The comparison that the title states."""
    confidence: Confidence
    """How sure the title may be."""

    @cached_property
    def apart(self) -> Apart | None:
        """Which rows tell the leading arms apart; None where they were not kept."""
        return rows_apart(self.study, self.lead)

    @cached_property
    def points(self) -> dict[tuple[str, str], Point]:
        """Arm and phase -> accuracy over all its seeds, with its interval."""
        outcomes = outcomes_of(self.study.answers)
        found = points([run.result for run in self.study.runs], outcomes=outcomes)
        return {(point.arm, point.phase): point for point in found}

    @cached_property
    def spread(self) -> dict[str, SeedSummary]:
        """Arm -> accuracy after training over seeds and questions; only arms of several seeds."""
        return {
            arm: rates_over_seeds(outcomes)
            for (arm, phase), outcomes in outcomes_of(self.study.answers).items()
            if phase == "after" and len(outcomes) > 1
        }

    @cached_property
    def p_gold(self) -> dict[str, float]:
        """Arm -> mean probability of the preserved answer after training, over seeds; where it was kept."""
        found: dict[str, float] = {}
        for arm, runs in self.study.arms.items():
            shares = [run.result.evaluations[0].after.mean_p_gold for run in runs]
            known = [share for share in shares if share is not None]
            if len(known) == len(runs):
                found[arm] = sum(known) / len(known)
        return found

    def predicted(self, arm: str) -> Prediction | None:
        """Return what was predicted of an arm before it trained."""
        return self.study.arms[arm][0].result.evaluations[0].predicted

    def figure(self, name: str) -> Figure | None:
        """Return the figure of this name, where there is one."""
        return next((each for each in self.figures if each.name == name), None)

    @cached_property
    def remarks(self) -> list[str]:
        """What the checks of results say of these runs and of the claim in the title, as Markdown."""
        from auditor.formats.escape import markdown
        from auditor.scanning.results import check_results

        paired = [
            Comparison(
                first=each.first, second=each.second, test="exact McNemar", paired=True, same_questions=True
            )
            for each in self.comparisons
        ]
        claims: list[Claim] = []
        if self.lead is not None and self.confidence.level != "LOW":
            arms = [self.lead.second, self.lead.first]
            claims.append(Claim(text="the leading pair differs", kind="differs", arms=arms))
        results = ResultSet(runs=[run.result for run in self.study.runs], comparisons=paired, claims=claims)
        report = check_results(results, target="these runs")
        return [f"{each.code} {each.name}: {markdown(each.message)}." for each in report.findings()]

    @property
    def wrong_option(self) -> bool:
        """Whether a wrong option is what is taught, so that an answer is right or wrong."""
        kinds = {run.audit.report.kind for run in self.study.runs if run.audit is not None}
        return kinds <= {"wrong_option"}

    @property
    def one_seed(self) -> bool:
        """Whether no arm has a second seed."""
        return all(len(runs) == 1 for runs in self.study.arms.values())


def gather(folders: Sequence[Path]) -> Material:
    """Read runs and work out everything that the draft says of them.

    Raises:
        InputError: if there is no run, a file of one cannot be read, or an arm's runs do not belong together.
    """
    study = read_study(folders)
    comparisons = compare_arms(study)
    # What a ladder led to is another source beside a rung: it is no result to lead with.
    lead = headline([each for each in comparisons if each.second not in study.references])
    return Material(
        study=study,
        figures=tuple(figures_of_study(study)),
        comparisons=tuple(comparisons),
        changes=changes(study),
        lead=lead,
        confidence=confidence_of(study, lead),
    )
