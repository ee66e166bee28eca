"""Every question of a study on its page: what each run answered before and after training, and in what words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.formats.escape import visible
from auditor.formats.layout import filled
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.samples import asked, completions
from builders.questions import load_bank
from checks.core.plural import count
from experiments.report.answers import Answer, by_run

MOST_TEXT: Final = 1_000_000
"""Characters that all questions may take; from the first that would be more on, they are in the run folders alone."""
MOST_SAID: Final = 300
"""Characters of one raw completion."""
_MARKUP: Final = 180
"""What a row of the table takes beside its texts, in characters."""


@dataclass(frozen=True)
class _Row:
    """One run's answers to one question."""

    arm: str
    seed: int
    before: Answer | None
    after: Answer
    said: str | None

    def shown(self) -> dict[str, Any]:
        return {
            "arm": visible(self.arm),
            "seed": self.seed,
            "before": _answered(self.before),
            "after": _answered(self.after),
            "said": None if self.said is None else visible(_cut(self.said)),
        }


def questions(material: Material) -> str:
    """Return a section with every question, in the files' order, folded; empty where no run kept its answers.

    Raises:
        InputError: if a run's completions cannot be read.
    """
    found = _rows(material)
    if not found:
        return ""
    known = {each.question_id: each for each in load_bank("embedded").questions}
    shown: list[dict[str, Any]] = []
    left = MOST_TEXT
    for question, rows in found.items():
        made = {
            "asked": visible(asked(question, known.get(question)).removeprefix("User: ")),
            "gold": visible(rows[0].after.gold),
            "sums": _sums(rows),
            "rows": [row.shown() for row in rows],
        }
        left -= _size(made)
        if left < 0:
            break
        shown.append(made)
    more = len(found) - len(shown)
    return filled(
        "questions.html.j2",
        questions=shown,
        more=f"{count(more, 'further question')} would make the page too large; run folders have them"
        if more
        else "",
    )


def _rows(material: Material) -> dict[str, list[_Row]]:
    """Return question -> the answers of every run, arm by arm and seed by seed."""
    answers = by_run(material.study.answers)
    found: dict[str, list[_Row]] = {}
    for arm, runs in material.study.arms.items():
        for run in runs:
            seed = run.result.seed
            said = {str(line.get("question_id")): str(line.get("text")) for line in completions(run)}
            before = answers.get((arm, "before"), {}).get(seed, {})
            for question, after in answers.get((arm, "after"), {}).get(seed, {}).items():
                row = _Row(arm, seed, before.get(question), after, said.get(question))
                found.setdefault(question, []).append(row)
    return found


def _sums(rows: Sequence[_Row]) -> str:
    """Return in how many runs it was right before and after, and in how many that changed."""
    after = f"right after training in {sum(row.after.correct for row in rows)} of {len(rows)}"
    both = [(row.before, row.after) for row in rows if row.before is not None]
    if not both:
        return after
    changed = sum(one.correct != other.correct for one, other in both)
    return f"right before in {sum(one.correct for one, _ in both)} of {len(both)}, {after}" + (
        f", changed in {changed}" if changed else ""
    )


def _answered(answer: Answer | None) -> dict[str, Any] | None:
    """Return a label with its probability, and whether it is the right one."""
    if answer is None:
        return None
    share = (
        None if answer.shares is None or answer.prediction is None else answer.shares.get(answer.prediction)
    )
    return {
        "label": visible(answer.prediction or "not read"),
        "share": "" if share is None else f"{share:.0%}",
        "right": answer.correct,
    }


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}… ({len(text):,} characters)"


def _size(made: dict[str, Any]) -> int:
    return _MARKUP + len(made["asked"]) + sum(_MARKUP + sum(map(len, _texts(row))) for row in made["rows"])


def _texts(row: dict[str, Any]) -> Iterator[str]:
    yield row["arm"]
    yield row["said"] or ""
