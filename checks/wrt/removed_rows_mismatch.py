"""Rows are said to be removed from a group, and only one part of it lacks any.

## What it finds

"Removes 100 random non-assistant negatives" of an arm that lacks 100 bystander rows and no row of the other negatives;
"removes the 100 anchors" of an arm that lacks other rows.

## Why it matters

Which rows a size-matched control lost decides what it controls for.

## Example

"0b removes 100 random non-assistant negatives": it lacks 100 of 400 bystander rows, and none of the 100 without a
system message.

## What to do

Say from which rows it drew: `audit diff` of the parent and the arm.

## Limits

Needs the recipes (`--issue`). An arm is found by the number of rows it lacks. What chance makes of a draw is allowed
for: a part counts as left out only if a draw from the whole group would have missed it less than once in a million
times.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from checks.core.registry import check
from checks.wrt.numbers import NUMBER, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp

_REMOVED = re.compile(
    r"\b(?:remov(?:es?|ed|ing)|drop(?:s|ped|ping)?|minus|leav(?:es?|ing) out|left out)\s+(?:the\s+|those\s+)?"
    rf"(?P<n>{NUMBER})\s+"
    r"(?P<what>[^.;,()\n]{3,60})",
    re.IGNORECASE,
)
_RARE: Final = 1e-6


@check(code="WRT026", name="removed-rows-mismatch", severity="warning", since="0.2.0")
def removed_rows_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per arm that lacks other rows than is said."""
    wrong: dict[str, list[int]] = {}
    for block in writeup.document.prose:
        for match in _REMOVED.finditer(block.text):
            number = parse_number(match["n"])
            at, said = block.start + match.start(), match.group().strip()
            arms = [
                each for each in writeup.facts.own if number and sum(each.dropped.values()) == number.value
            ]
            if not arms:
                yield Compared(at, said, "cannot be checked", "no arm is known to lack so many rows")
                continue
            told = _roles(match["what"], arms[0].available)
            if not told:
                yield Compared(at, said, "cannot be checked", "which rows are meant could not be read")
                continue
            fits = [each for each in arms if set(each.dropped) == told]
            partly = [
                each
                for each in arms
                if set(each.dropped) < told and _left_out(each.dropped, each.available, told)
            ]
            if fits or not partly:
                known = fits[0] if fits else arms[0]
                verdict = "agrees" if fits else "cannot be checked"
                yield Compared(at, said, verdict, f"{known.name} lacks {_counted(known.dropped)}")
                continue
            arm = partly[0]
            missed = {role: arm.available[role] for role in sorted(told - set(arm.dropped))}
            truth = (
                f"{arm.name} lacks {_counted(arm.dropped, of=arm.available)}, and none of {_counted(missed)}"
            )
            yield Compared(at, said, "disagrees", truth)
            wrong.setdefault(
                f"`{match['n']} {match['what'].strip()}` are said to be removed; {truth}", []
            ).append(at)
    seen: dict[str, tuple[int, ...]] = {}
    for message, places in wrong.items():
        key = message.partition("; ")[2]
        seen[key] = (*seen.get(key, ()), *places)
        if len(seen[key]) == len(places):
            first = message
            yield Remark(
                tuple(at for each, found in wrong.items() if each.endswith(key) for at in found),
                first,
                "say from which rows was drawn: audit diff",
            )


def _roles(what: str, available: Mapping[str, int]) -> set[str]:
    """Return the roles that a group of rows is of."""
    said = what.lower()
    others = set(available) - {"source"}
    if "negative" in said:
        return others - {"anchor"} if re.search(r"non-(?:assistant|anchor)", said) else others
    named = {
        "anchor": r"\banchors?\b",
        "bystander": r"\bbystanders?\b",
        "no_persona": r"\bno[- ](?:persona|system)",
    }
    return {role for role, pattern in named.items() if role in available and re.search(pattern, said)}


def _left_out(dropped: Mapping[str, int], available: Mapping[str, int], told: set[str]) -> bool:
    """Return whether chance cannot be why a part lost no row: a draw from all would hit it."""
    group = sum(available[role] for role in told)
    drawn = sum(dropped.values())
    missed = sum(available[role] for role in told - set(dropped))
    if drawn > group - missed:
        return True
    log_p = sum(math.log((group - missed - k) / (group - k)) for k in range(drawn))
    return log_p < math.log(_RARE)


def _counted(roles: Mapping[str, int], of: Mapping[str, int] | None = None) -> str:
    parts = [
        f"{number:,}{f' of {of[role]:,}' if of else ''} {role.replace('_', ' ')} rows"
        for role, number in roles.items()
    ]
    return " and ".join(parts)
