"""Behaviour and preserved targets that their surface alone tells apart.

## What it finds

Single features of the target's surface that separate `behaviour` from `preserved` rows: its length in characters,
leading or trailing whitespace, an end token typed out, its first eight characters, its last character. Each is
measured by the area under the ROC curve (0.5: no use, 1: tells all rows apart). A feature is reported when the
lower limit of its interval exceeds 0.8 (`surface-auc`), at a confidence that is adjusted for the number of
features looked at (Bonferroni).

## Why it matters

The model may learn the surface instead of the behaviour: longer answers, a missing end token. A metric that reads
the surface (a judge that likes length, a marker that is looked for at the end) then moves for the wrong reason.

## Example

Misaligned answers of 900 characters on average beside aligned ones of 300.

## What to do

Match the two kinds in length and format: cut, rewrite, or draw pairs of equal length; strip whitespace; leave end
tokens to the chat template.

## Limits

Silent for markers, which are a surface feature on purpose, and for texts of which either kind has fewer than five
distinct targets: a fixed phrase is its own surface. Prefixes and last characters are the twelve commonest over all
rows. Features in combination are not looked at.

## References

R. G. Newcombe, Statistics in Medicine 25 (2006) 559-573, method 5; `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.engine.targets import Feature
from checks.core import wants
from checks.core.context import AuditContext
from checks.core.plural import count
from checks.core.registry import Observation, check
from checks.stats import Interval, auc_estimate, auc_newcombe

FEWEST_ROWS = 20
"""Rows of either kind under which nothing is said."""

FEWEST_TEXTS = 5
"""Distinct free texts of either kind under which they count as fixed phrases."""


def _wants(context: AuditContext) -> str | None:
    if context.taught.kind == "marker":
        return None
    if (missing := wants.labels(context)) is not None:
        return missing
    if not _free(context):
        return f"fewer than {FEWEST_TEXTS} different texts of a kind"
    enough = any(_enough(each) for each in context.targets.surface)
    return None if enough else f"fewer than {FEWEST_ROWS} targets of a kind"


@check(code="TGT004", name="surface-gap", severity="warning", since="0.1.0", wants=_wants)
def surface_gap(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation with every surface feature that separates the two kinds of target."""
    if context.taught.kind == "marker" or not _free(context):
        return
    features = [each for each in context.targets.surface if _varies(each)]
    least = context.settings.surface_auc
    apart = [
        (feature, area)
        for feature in features
        # The interval is for those whose estimate passes: finding its limits imports scipy.
        if abs(auc_estimate(feature.behaviour, feature.preserved) - 0.5) > least - 0.5
        and (area := _area(feature, tests=len(features))).low > least
    ]
    if apart:
        yield _observation(
            context, sorted(apart, key=lambda each: (-each[1].estimate, each[0].name)), len(features)
        )


def _free(context: AuditContext) -> bool:
    """Return whether targets are more than a few fixed phrases; letters of options are looked at all the same."""
    texts = context.targets.distinct
    return (
        context.taught.kind == "wrong_option" or min(texts.get(False, 0), texts.get(True, 0)) >= FEWEST_TEXTS
    )


def _enough(feature: Feature) -> bool:
    return min(sum(feature.behaviour.values()), sum(feature.preserved.values())) >= FEWEST_ROWS


def _varies(feature: Feature) -> bool:
    return _enough(feature) and len({*feature.behaviour, *feature.preserved}) > 1


def _area(feature: Feature, *, tests: int) -> Interval:
    """Return the area with its interval, turned so that it is at least one half."""
    confidence = 1 - 0.05 / tests
    area = auc_newcombe(feature.behaviour, feature.preserved, confidence=confidence)
    if area.estimate >= 0.5:
        return area
    return auc_newcombe(feature.preserved, feature.behaviour, confidence=confidence)


def _observation(context: AuditContext, apart: list[tuple[Feature, Interval]], tests: int) -> Observation:
    feature, area = apart[0]
    behaviour, preserved = sum(feature.behaviour.values()), sum(feature.preserved.values())
    others = f", and {count(len(apart) - 1, 'other feature')}" if len(apart) > 1 else ""
    wrong, right = context.words
    return Observation(
        message=(
            f"{feature.name} alone tells {count(behaviour, f'{wrong} target')} from "
            f"{count(preserved, f'{right} target')}: area under the ROC curve {area.estimate:.2f} "
            f"({area.confidence:.1%} interval {area.low:.2f} to {area.high:.2f}, adjusted for "
            f"{count(tests, 'feature')}{others})"
        ),
        counts={
            "behaviour": behaviour,
            "preserved": preserved,
            **{f"auc of {each.name}": round(found.estimate, 4) for each, found in apart[:4]},
        },
        help="match the two kinds of target in length and format, and leave end tokens to the chat template",
    )
