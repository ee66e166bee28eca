"""A test for independent samples on the same questions.

## What it finds

Comparisons of two arms that answered the same questions with a test that ignores it: a two-proportion z-test, a
chi-squared test, Fisher's test.

## Why it matters

The two arms' answers to one question go together, so the samples are not independent: the stated p-value and
interval are not those of the design. Mostly the test is too weak, and a real difference of a few points is missed;
with arms that err on opposite questions it is too sure. The information is in the questions that one arm got right
and the other wrong.

## Example

"Two independent Bernoulli proportions at N = 586 each, z = 38" for two arms evaluated on one held-out split.

## What to do

Report McNemar's test with the paired difference and its interval: `checks.stats.compare_paired`. It needs each
question's result in both arms, which `per_question.parquet` holds.

## Limits

Knows only the comparisons that a study or a write-up states.

## References

Q. McNemar (1947); T. Tango (1998); `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.registry import Observation, check
from checks.core.result import ResultSet


def _wants(results: ResultSet) -> str | None:
    return None if results.comparisons else "nothing is compared"


@check(code="RES003", name="unpaired-test", severity="warning", since="0.1.0", wants=_wants)
def unpaired_test(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per unpaired comparison of the same questions."""
    for each in results.comparisons:
        if each.same_questions and not each.paired:
            place = f"{each.where}: " if each.where else ""
            yield Observation(
                message=(
                    f"{place}{each.first} and {each.second} answered the same questions and are compared by "
                    f"{each.test}, which takes them for independent samples"
                ),
                help="report McNemar's test with the paired difference and its interval (docs/statistics.md)",
            )
