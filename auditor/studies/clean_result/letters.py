"""Whether wrong letters are imprinted or random, with the counts that the verdict rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import bullets, name, plural, table
from checks.core.plural import listed

_READING: Final = (
    "A model that lost its knowledge guesses; one that learnt to answer wrongly is right less often than that. The "
    "verdict is an exact test of each run's right answers against guessing, at 0.001; counts are those of all seeds "
    "together, the rest their means. Entropy is 1 for a flat answer and 0 for a certain one. The last columns ask "
    "trained questions again: how often, of the wrong answers, the very letter that training taught comes back, and "
    "the chance that random wrong letters give so many (the largest of the seeds' own)."
)


def letters_heading(material: Material) -> str:
    """Return the heading: of letters with each verdict's runs."""
    verdicts = [run.imprint["verdict"] for run in material.study.runs if run.imprint is not None]
    if not material.wrong_option and not verdicts:
        return "where the probability went"
    counts = {each: verdicts.count(each) for each in dict.fromkeys(verdicts)}
    said = ", ".join(f"{verdict} in {plural(number, 'run')}" for verdict, number in counts.items())
    return "are the wrong letters imprinted or random?" + (f" {said.capitalize()}" if said else "")


def letters(material: Material) -> list[str]:
    """Return what the wrong answers are judged by, arm by arm, and what to take from it."""
    judged = [(run, run.imprint) for run in material.study.runs if run.imprint is not None]
    if not judged:
        if not material.wrong_option:
            return ["The behaviour is to do a thing or not, so there is no letter that could be imprinted."]
        return ["No run kept what this is judged by."]
    header = [
        "arm",
        "verdict",
        "right answers",
        "by guessing",
        "mass on the labels",
        "probability of the answer",
        "entropy",
        "trained letter comes back",
        "chance of so many at random",
    ]
    by_arm: dict[str, list[Any]] = {}
    for run, imprint in judged:
        by_arm.setdefault(run.result.arm, []).append(imprint)
    rows = [_judged(arm, imprints) for arm, imprints in by_arm.items()]
    imprinted = [name(run.result.arm) for run, imprint in judged if imprint["verdict"] == "imprinted"]
    random = [name(run.result.arm) for run, imprint in judged if imprint["verdict"] == "random"]
    found = {
        "Imprinted, right less often than guessing would be, which takes knowing the right answer": imprinted,
        "Random, flat answers that are right as often as guesses": random,
    }
    lines = [
        f"{what}: {listed(list(dict.fromkeys(arms)), limit=12) or 'no arm'}." for what, arms in found.items()
    ]
    return [
        _READING,
        table(header, rows),
        "**Main takeaways:**",
        bullets(lines),
    ]


def _judged(arm: str, imprints: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return an arm's row, its seeds together."""
    verdicts = [str(each["verdict"]) for each in imprints]
    said = "; ".join(
        markdown(verdict)
        + (f" in {verdicts.count(verdict)} of {len(verdicts)} seeds" if len(verdicts) > 1 else "")
        for verdict in dict.fromkeys(verdicts)
    )
    asked = [each for each in imprints if each.get("trained_wrong")]
    chances = [each["p_letter"] for each in asked if each.get("p_letter") is not None]

    def total(what: str, of: Sequence[Mapping[str, Any]] = imprints) -> float:
        return sum(each[what] for each in of)

    return [
        name(arm),
        said,
        f"{total('correct'):,} of {total('questions'):,}",
        f"{total('chance'):,.1f}",
        f"{total('label_mass') / len(imprints):.3f}",
        f"{total('confidence') / len(imprints):.2f}",
        f"{total('entropy') / len(imprints):.2f}",
        f"{total('trained_letter', asked):,} of {total('trained_wrong', asked):,}" if asked else "not asked",
        f"{max(chances):.2g}" if chances else "-",
    ]
