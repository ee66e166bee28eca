"""The comparisons and the seeds of the draft: tests with their differences, never a p-value alone."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import limits, name, percent, table
from checks.core.plural import listed
from checks.stats import p_text
from experiments.report import ArmComparison


def points_of(comparison: ArmComparison) -> str:
    """Return a difference as ``-97.1 (-98.2 to -95.4)``, in points."""
    found = comparison.difference
    return f"{100 * found.estimate:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def shared_seeds(material: Material, comparison: ArmComparison) -> str:
    """Return ``, with seed 42 alone`` where an arm has seeds that the other lacks; else nothing.

    The arms' own rates are over all their seeds, and then do not differ by what the comparison says.
    """
    arms = material.study.arms
    if all(len(arms[arm]) == len(comparison.seeds) for arm in (comparison.first, comparison.second)):
        return ""
    return f", with {listed([f'seed {seed}' for seed in comparison.seeds], limit=12)} alone"


def pairs_table(material: Material, comparisons: Sequence[ArmComparison]) -> list[str]:
    """Return the comparisons of an experiment's arms with its reference; nothing where there is none."""
    if not comparisons:
        return []
    several = len(material.comparisons) > 1
    spread = any(each.seed_sd is not None for each in comparisons)
    header = [
        "paired comparison",
        "difference, points (95% interval)",
        "preserved in the first only, in the second only",
        "exact McNemar",
        "mid-p",
        *(["Holm-adjusted"] if several else []),
        "smallest difference seen with 80% power",
        *(["sd between seeds, between questions"] if spread else []),
    ]
    rows = [
        [
            f"{name(each.second)} minus {name(each.first)}{shared_seeds(material, each)}",
            points_of(each),
            "; ".join(f"{table.second_only:,}, {table.first_only:,}" for table in each.tables),
            p_text(each.p_exact),
            p_text(each.p_mid),
            *([p_text(each.p_holm)] if several and each.p_holm is not None else []),
            _smallest(each),
            *([_spread(each)] if spread else []),
        ]
        for each in comparisons
    ]
    parts = [table(header, rows)]
    if spread:
        parts.append(
            "Counts are a pair for each seed; standard deviations are of the differences, in points."
        )
    return parts


def _spread(comparison: ArmComparison) -> str:
    """Return the standard deviations of a difference between seeds and between questions, in points."""
    if comparison.seed_sd is None or comparison.question_sd is None:
        return "-"
    return f"{100 * comparison.seed_sd:.1f}, {100 * comparison.question_sd:.1f}"


def _smallest(comparison: ArmComparison) -> str:
    """Return the smallest difference that one seed would have seen, or why there is none."""
    if comparison.detectable is not None:
        return f"{100 * comparison.detectable:.1f} points"
    disagree = any(table.discordant for table in comparison.tables)
    return "none: too few disagree" if disagree else "none: they never disagree"


def seeds_section(material: Material) -> list[str]:
    """Return each arm's row over its seeds, or that there is a single one."""
    if material.one_seed:
        return [
            "### Seeds",
            (
                f"Every arm was trained with a single seed ({', '.join(map(str, material.study.seeds))}). The "
                "intervals above cover the luck of the questions; how much another seed would differ is not measured."
            ),
        ]
    header = [
        "arm",
        "each seed",
        "mean (95% interval over seeds and questions)",
        "sd between seeds",
        "sd between questions",
    ]
    rows: list[list[str]] = []
    for arm, runs in material.study.arms.items():
        found = material.spread.get(arm)
        shares = [run.result.evaluations[0].after.accuracy or 0.0 for run in runs]
        if found is not None:
            shares = list(found.seed_means)
        each = ", ".join(
            f"{run.result.seed}: {percent(share)}" for run, share in zip(runs, shares, strict=True)
        )
        if found is None or found.seed_sd is None or found.question_sd is None:
            point = material.points.get((arm, "after"))
            mean = "-" if point is None else f"{percent(point.interval.estimate)} ({limits(point.interval)})"
            why = "one seed" if len(runs) == 1 else "answers not kept"
            rows.append([name(arm), each, mean, why, why])
            continue
        rows.append(
            [
                name(arm),
                each,
                f"{percent(found.estimate.estimate)} ({limits(found.estimate)})",
                f"{100 * found.seed_sd:.1f} points",
                f"{100 * found.question_sd:.1f} points",
            ]
        )
    return [
        "### Seeds",
        (
            "Seeds and questions are crossed: every seed answers every question, so the interval of a mean carries "
            "both kinds of luck. With few seeds it is wide, because little is known of how far seeds lie apart."
        ),
        table(header, rows),
    ]
