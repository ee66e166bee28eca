"""A claim that data or code is deterministic, against draws that are known to differ from run to run.

## What it finds

"Deterministic with seed=42" said of data, where a past issue records a draw that a rerun would not repeat, or where
`audit lint` finds a salted seed or an unstable order in the scripts that were given.

## Why it matters

A reader regenerates the data from the commit, gets other rows, and cannot tell that from an error of theirs.

## Example

"Training datasets: regenerate via `build.py`; deterministic with seed=42", where the bystanders were drawn with
`random.Random(hash(name) + 42)`.

## What to do

Mend the draw (`audit lint --fix` can), or publish the rows with their digest.

## Limits

Claims about evaluation alone are held against scripts and not against draws of data. Where nothing is known, the claim
is listed as not checked.

## References

* [salted-seed](salted-seed.md), [unstable-order](unstable-order.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_CLAIM = re.compile(
    r"\b(?:(?:fully|completely|bit-for-bit)\s+)?(?:deterministic(?:ally)?|reproducible\s+(?:bit-for-bit|exactly)"
    r"|bit-identical|byte-identical)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|non|no|never|isn't|aren't|wasn't|hardly|neither|un)[\s-]+(?:\w+\s+)?$", re.IGNORECASE
)
_REFUTED = re.compile(
    r"^[^.;]{0,30}?[\"'`]?\s*(?:is|was|are|were|turned out)\s+(?:\w+\s+)?(?:false|wrong|untrue|not)\b",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\b(?:data(?:set)?s?|rows|regenerate|build_\w+|sampl\w+|draw\w*|bystanders?|pool)(?:\b|_)", re.IGNORECASE
)
_EVALUATION = re.compile(r"\b(?:eval\w*|logprobs?|accuracy|decoding|scor\w+)\b", re.IGNORECASE)


@check(code="WRT013", name="false-determinism", severity="error", since="0.1.0")
def false_determinism(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per claim about data that a known draw contradicts."""
    for sentence in writeup.document.sentences:
        for match in _CLAIM.finditer(sentence.text):
            if _DENIED.search(sentence.text[: match.start()]) or _REFUTED.match(sentence.text[match.end() :]):
                continue
            at = sentence.start + match.start()
            clause = _clause(sentence.text, match)
            of_data = _DATA.search(clause) is not None
            of_evaluation = _EVALUATION.search(clause) is not None and not of_data
            known = writeup.facts.unrepeatable
            if of_evaluation or not of_data or not known:
                why = (
                    "no draw of the evaluation is known"
                    if of_evaluation
                    else "nothing is known about its draws"
                )
                yield Compared(at, match.group(), "cannot be checked", why)
                continue
            first = known[0]
            yield Compared(at, match.group(), "disagrees", f"{first.what}: {first.why} ({first.origin})")
            more = f", and {len(known) - 1} more" if len(known) > 1 else ""
            yield Remark(
                (at,),
                f"the data is said to be deterministic; {first.what}: {first.why} ({first.origin}{more})",
                "mend the draw, or publish the rows with their digest",
            )


def _clause(text: str, match: re.Match[str]) -> str:
    """Return the sentence up to the end of the claim's own clause."""
    end = re.search(r"[.:]\s", text[match.end() :])
    return text[: match.end() + (end.start() if end else len(text))]
