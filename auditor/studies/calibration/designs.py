"""Tables for experiments that are no doses: anchors' prompts, rows taken out, settings of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditor.formats.escape import markdown
from auditor.studies.calibration.words import difference, interval
from auditor.studies.clean_result.words import name, percent, table
from experiments.report.calibration.measured import setting_words
from experiments.report.calibration.tables import PromptPair, SettingSeries, VariantDifference

SOURCES: Final = {
    "other arms": "the range learnt from arms at its own settings",
    "shipped": "the range as predicted before the runs",
}
"""Where a range is from, in words."""


def pairs(found: Sequence[PromptPair], what: str) -> list[str]:
    """Return the table of source's and anchors' prompts, and whether they are one condition to the model."""
    if not found:
        return []
    header = [
        "arm",
        f"p of {what} under the source's prompt (95% interval)",
        "under the anchors' (95% interval)",
        "both, if they were one condition",
        "source's minus anchors', points (95% interval)",
    ]
    rows = [
        [
            name(pair.arm),
            f"{interval(pair.at_source)}; predicted {percent(pair.at_source_predicted)}",
            "the same prompt"
            if pair.one_condition
            else f"{interval(pair.at_anchor)}; predicted {percent(pair.at_anchor_predicted)}",
            percent(pair.together),
            "-"
            if pair.one_condition
            else f"{difference(pair.apart)}; predicted {100 * pair.apart_predicted:+.1f}",
        ]
        for pair in found
    ]
    apart = [pair for pair in found if not pair.one_condition]
    half = [name(pair.arm) for pair in apart if _nearer_to_one(pair)]
    lines = [table(header, rows), ""]
    if apart:
        lines.append(
            f"* Two conditions are predicted wherever the prompts differ. {_counted(half, len(apart))} nearer to what "
            "one condition would show."
        )
    return lines


def _nearer_to_one(pair: PromptPair) -> bool:
    return abs(pair.apart.estimate) < abs(pair.apart_predicted) / 2


def _counted(arms: Sequence[str], number: int) -> str:
    if not arms:
        return f"Of {number} arms none is"
    return f"Of {number} arms {len(arms)} ({', '.join(arms)}) {'is' if len(arms) == 1 else 'are'}"


def variants(found: Sequence[VariantDifference]) -> list[str]:
    """Return the table of datasets with rows taken out beside the same as composed."""
    if not found:
        return []
    header = [
        "arm",
        "beside",
        "seeds",
        "p predicted to change, points",
        "p changed (95% interval)",
        "ahead changed (95% interval)",
    ]
    rows = [
        [
            f"{name(each.arm)} ({each.variant.replace('_', '-')})",
            name(each.base),
            str(each.seeds),
            f"{100 * each.predicted:+.1f}",
            difference(each.probability),
            difference(each.accuracy),
        ]
        for each in found
    ]
    return [table(header, rows), "", "Differences are paired by seed and question.", ""]


def series(found: Sequence[SettingSeries]) -> list[str]:
    """Return a table for each setting, and between which of its values the prediction holds."""
    lines: list[str] = []
    for each in found:
        half = None if each.half_width is None else f"{100 * each.half_width:.1f} points"
        rows = [
            [
                markdown(setting_words(each.setting, point.value))
                + (" (the model's own)" if point.usual else ""),
                name(point.arm),
                difference(point.error),
                *([] if half is None else [f"{point.inside} of {point.runs}"]),
            ]
            for point in each.points
        ]
        header = ["setting", "arm", "error of p, points (95% interval)"]
        lines += [
            table(header if half is None else [*header, f"runs within {half}"], rows),
            "",
            "* No other arms to learn a range from: name the folder of a study with other rows of this model, too."
            if half is None
            else f"* The mean over seeds is within {half}, {SOURCES[each.source or 'shipped']}, "
            f"{_between(each, each.holds)}.",
            f"* The error's interval holds zero {_between(each, each.unbiased)}.",
            "",
        ]
    return lines


def _between(each: SettingSeries, found: tuple[float, float] | None) -> str:
    if found is None:
        return "not even at the model's own value"
    low, high = (setting_words(each.setting, value) for value in found)
    values = [point.value for point in each.points]
    tried = f"{setting_words(each.setting, min(values))} to {setting_words(each.setting, max(values))}"
    return markdown(f"from {low} to {high} (tried: {tried})")
