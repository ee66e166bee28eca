"""A claim of robustness, or of its loss, from one seed.

## What it finds

Claims that an arm resists, that it collapses, or that two arms differ, which rest on runs of a single training
seed.

## Why it matters

The interval over questions says how much another sample of questions could differ, and nothing of how much
another training run could. That spread is a matter of measurement, and one run has none.

## Example

"Validated at seed 42" for eight arms, and "the seed spread of earlier runs was 2-4 points" as the only word on it.

## What to do

Train again with two more seeds at least (`audit run PLAN --seed 42,137,256`) and report the spread between them
beside the interval over questions (`checks.stats.over_seeds`).

## Limits

An effect that is many times any plausible spread may well be real; the finding says that nothing here shows it.
Runs are counted by their seed, not by whether anything else differed.

## References

A. B. Owen (2007); `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import listed, verb
from checks.core.registry import Observation, check
from checks.core.result import Claim, ResultSet

_CLAIMED = {
    "resists": ("resists", "resist"),
    "collapses": ("collapses", "collapse"),
    "differs": ("differs", "differ"),
}


def _wants(results: ResultSet) -> str | None:
    return None if results.claims else "nothing is claimed of the arms"


@check(code="RES004", name="single-seed", severity="warning", since="0.1.0", wants=_wants)
def single_seed(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per claim that rests on one seed."""
    for claim in results.claims:
        if claim.kind == "other":
            continue
        seeds = _seeds(results, claim)
        if len(seeds) == 1:
            place = f"{claim.where}: " if claim.where else ""
            said = verb(len(claim.arms), *_CLAIMED[claim.kind])
            yield Observation(
                message=(
                    f"{place}that {listed(claim.arms) or 'an arm'} {said} rests on seed {min(seeds)} alone: how far "
                    "another seed would be off was not measured"
                ),
                counts={"seeds": 1, "arms": len(claim.arms)},
                texts=(claim.text,),
                help="train with two more seeds at least: audit run PLAN --seed 42,137,256",
            )


def _seeds(results: ResultSet, claim: Claim) -> set[int]:
    """Return the seeds that a claim rests on; where arms have different numbers of them, the fewest."""
    if claim.seeds is not None:
        return set(claim.seeds)
    per_arm = [{run.seed for run in results.runs if run.arm == arm} for arm in claim.arms]
    return min(
        (seeds for seeds in per_arm if seeds), key=lambda seeds: (len(seeds), sorted(seeds)), default=set()
    )
