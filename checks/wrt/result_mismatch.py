"""A score that is not the one that the results or the publication have for that arm.

## What it finds

"Condition NAME ... post-SFT: k/N = x%", "x% (NAME)" and "stayed at x% post-training" whose score is not the one known
for the arm, before or after training.

## Why it matters

The score is the claim.

## Example

"accuracy stayed at 84% post-training", where 84.0% is the score before training and 81.9% the one after.

## What to do

Print the numbers from `run_result.json`.

## Limits

An arm is recognised by its short name, or by an issue's number with a persona's name in one sentence. Scores that no
arm can be named for are left alone.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.document import Span
from checks.wrt.facts import DatasetFact, Rate
from checks.wrt.numbers import NUMBER, Number, Verdict, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp

_SCORE = re.compile(
    rf"\b(?P<when>pre|post)-\w+[^%\n;]{{0,30}}?(?:(?P<k>\d[\d,]{{0,14}})\s?/\s?(?P<n>\d[\d,]{{0,14}})\s?=\s?)?(?P<x>{NUMBER})\s?%",
    re.IGNORECASE,
)
_BEHIND = re.compile(rf"(?P<x>{NUMBER})\s?%\s*\((?P<name>[\w-]{{2,60}})\)")
_STAYED = re.compile(
    rf"\b(?:stayed|stays|remained|remains|held|kept)\s+(?:at\s+)?(?P<x>{NUMBER})\s?%\s+(?:post-\w+|after\s+\w+)",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"(?P<low>{NUMBER})\s?%?\s?[–-]\s?(?P<high>[0-9]{{1,3}}(?:\.[0-9]{{1,4}})?)\s?%")
_WRONG = re.compile(r"\b(?:wrong|incorrect|errors?|mistakes?)\b[^%]*$", re.IGNORECASE)
"""A share of wrong answers is what the score leaves of 100%."""
_ISSUE = re.compile(r"#(?P<number>\d{1,7})\b")


@check(code="WRT017", name="result-mismatch", severity="error", since="0.1.0")
def result_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per score that is known to be another."""
    for block in writeup.document.prose:
        for match in _SCORE.finditer(block.text):
            dataset = _condition(writeup, block.text[: match.start()])
            if dataset is not None:
                wrong = _WRONG.search(block.text[max(0, match.start() - 40) : match.start("x")]) is not None
                yield from _judged(
                    block, match, dataset, before=match["when"].lower() == "pre", complement=wrong
                )
        for match in _BEHIND.finditer(block.text):
            dataset = _named(writeup, match["name"])
            if dataset is not None:
                yield from _judged(block, match, dataset, before=False)
        for match in _RANGE.finditer(block.text):
            yield _of_named(writeup, block, match) or _ranged(writeup, block, match)
    for sentence in writeup.document.sentences:
        for match in _STAYED.finditer(sentence.text):
            dataset = _persona(writeup, sentence.text[: match.start()])
            if dataset is not None:
                yield from _judged(sentence, match, dataset, before=False)


def _of_named(writeup: WriteUp, block: Span, match: re.Match[str]) -> Compared | None:
    """Return how a range stands to the scores of the personas that its sentence names, of one issue; never wrong."""
    at, said = block.start + match.start(), match.group()
    index = writeup.document.sentence_at(at)
    sentence = writeup.document.sentences[index].text if index is not None else ""
    low, high = parse_number(match["low"]), parse_number(match["high"])
    by_issue: dict[str, list[tuple[str, Rate]]] = {}
    for each in writeup.facts.datasets:
        if each.after is not None and each.source and re.search(rf"\b{re.escape(each.source)}\b", sentence):
            by_issue.setdefault(each.name.partition("/")[0], []).append((each.name, each.after))
    for arms in by_issue.values():
        arms.sort(key=lambda arm: arm[1].percent)
        for lowest, highest in _ends(arms):
            if low is None or high is None:
                continue
            verdicts = [
                number.compare(rate.percent, slack=rate.step / 2)
                for number, (_, rate) in ((low, lowest), (high, highest))
            ]
            if "disagrees" not in verdicts:
                verdict = "agrees" if set(verdicts) == {"agrees"} else "rounds to"
                return Compared(at, said, verdict, f"the scores from {lowest[0]} to {highest[0]}")
    return None


def _ends(arms: list[tuple[str, Rate]]) -> Iterator[tuple[tuple[str, Rate], tuple[str, Rate]]]:
    """Yield lowest and highest of the arms, and of those without the highest: one that is set against the others."""
    for count in (len(arms), len(arms) - 1):
        if count > 1:
            yield arms[0], arms[count - 1]


def _ranged(writeup: WriteUp, block: Span, match: re.Match[str]) -> Compared:
    """Return how a range stands to the arms' scores: whose range it is is not said, so it is never called wrong."""
    at, said = block.start + match.start(), match.group()
    low, high = parse_number(match["low"]), parse_number(match["high"])
    for family in dict.fromkeys(each.family for each in writeup.facts.own):
        arms = [(each.name, each.after) for each in writeup.facts.own if each.family == family and each.after]
        if low is None or high is None or len(arms) < 2:
            continue
        arms.sort(key=lambda arm: arm[1].percent)
        top = next(
            (
                name
                for name, rate in arms[1:]
                if high.compare(rate.percent, slack=rate.step / 2) != "disagrees"
            ),
            None,
        )
        bottom, rate = arms[0]
        verdict = low.compare(rate.percent, slack=rate.step / 2)
        if top is not None and verdict != "disagrees":
            return Compared(at, said, verdict, f"the scores from {bottom} to {top}")
    return Compared(at, said, "cannot be checked", "which arms it is of is not said")


def _judged(
    block: Span, match: re.Match[str], dataset: DatasetFact, *, before: bool, complement: bool = False
) -> Iterator[Remark | Compared]:
    known, other = (dataset.before, dataset.after) if before else (dataset.after, dataset.before)
    if complement:
        known, other = known and _complement(known), other and _complement(other)
    stated = parse_number(match["x"])
    when, opposite = ("before", "after") if before else ("after", "before")
    if stated is None:
        return
    at, said = block.start + match.start(), match.group().strip()
    if known is None:
        yield Compared(at, said, "cannot be checked", f"no score of {dataset.name} {when} training is known")
        return
    verdict = _compare(match, stated, known)
    truth = f"{dataset.name} has {_text(known)} {when} training"
    yield Compared(at, said, verdict, truth)
    if verdict == "disagrees":
        if other is not None and _compare(match, stated, other) != "disagrees":
            truth += f", and {_text(other)} {opposite} it"
        yield Remark(
            (at,), f"`{said}` is stated; {truth} ({dataset.origin})", "print the numbers from the results"
        )


def _compare(match: re.Match[str], stated: Number, known: Rate) -> Verdict:
    groups = match.groupdict()
    if groups.get("k") and known.counts is not None:
        pair = tuple(int(groups[name].replace(",", "")) for name in ("k", "n"))
        if pair != known.counts:
            return "disagrees"
    return stated.compare(known.percent, slack=known.step / 2)


def _complement(rate: Rate) -> Rate:
    """Return the share of wrong answers."""
    counts = (rate.counts[1] - rate.counts[0], rate.counts[1]) if rate.counts else None
    return Rate(100 - rate.percent, rate.step, counts)


def _text(rate: Rate) -> str:
    counts = f" ({rate.counts[0]}/{rate.counts[1]})" if rate.counts else ""
    return f"{float(rate.percent):.1f}%{counts}"


def _condition(writeup: WriteUp, before: str) -> DatasetFact | None:
    """Return the arm that the words before a score name last."""
    best: tuple[int, DatasetFact] | None = None
    for dataset in writeup.facts.own:
        for alias in dataset.aliases:
            for match in re.finditer(
                rf"\b(?:condition|arm|run)\s+{re.escape(alias)}(?![\w-])", before, re.IGNORECASE
            ):
                if best is None or match.start() > best[0]:
                    best = (match.start(), dataset)
    return best[1] if best else None


def _named(writeup: WriteUp, name: str) -> DatasetFact | None:
    found = [each for each in writeup.facts.own if name in each.aliases]
    return found[0] if len(found) == 1 else None


def _persona(writeup: WriteUp, before: str) -> DatasetFact | None:
    """Return the dataset of an issue and a persona that one sentence names, where it is a single one."""
    numbers = _ISSUE.findall(before)
    if not numbers:
        return None
    found = [
        each
        for each in writeup.facts.datasets
        if each.name.startswith(f"issue-{numbers[-1]}/")
        and each.source is not None
        and re.search(rf"\b{re.escape(each.source)}\s+persona\b", before)
    ]
    return found[0] if len(found) == 1 else None
