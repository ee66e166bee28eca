"""What a data file suggests about its own audit: prompts with samples, labels that would fit, and who the source is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.request.request import Request
from auditor.scanning.api import context_of, subject_of
from builders.engine.endings import Affix, telling_affixes
from checks.core.context import AuditContext, Condition

_SPECIAL: Final = re.compile(r"([\\.^$|?*+()\[\]{}])")
_BACKSLASHED: Final = r"\\\1"

SHOWN: Final = 8
"""Conditions that are shown with a sample."""


@dataclass(frozen=True)
class Sample:
    """One condition as somebody who knows the data would recognise it."""

    condition: Condition
    """The condition."""
    question: str
    """What its first row asks."""
    answer: str
    """What it teaches."""


@dataclass(frozen=True)
class Proposal:
    """What could be said of a data file, and what only its owner can say."""

    context: AuditContext
    """The file as checks see it."""
    samples: Sequence[Sample]
    """Its largest conditions."""
    labelled: int
    """Rows of which is known what they teach."""
    affixes: Sequence[Affix]
    """What tells the targets of conditions apart, where nothing says what they teach."""

    @property
    def labels(self) -> list[str]:
        """Labels that would fit, the likeliest first."""
        return [
            f"marker:{each.text}"
            if each.place == "ends"
            else f"regex:^{_SPECIAL.sub(_BACKSLASHED, each.text)}"
            for each in self.affixes
        ]


def propose(target: str, request: Request) -> Proposal:
    """Look at a data file.

    Raises:
        AuditError: if it cannot be read, or names several data sets.
    """
    asked = request.for_target(target)
    subject = subject_of(target, request)
    context = context_of(subject, asked)
    largest = sorted(context.conditions, key=lambda each: (-each.rows, each.digest))[:SHOWN]
    first = {each.digest: min(tally.first_row for tally in each.tallies) for each in largest}
    texts = subject.frame.texts(sorted(first.values()))
    samples = [
        Sample(each, _asked(texts[first[each.digest]].messages), texts[first[each.digest]].target)
        for each in largest
    ]
    # What is inferred is nobody's word yet.
    said = [] if context.inference is not None else context.conditions
    labelled = sum(each.behaviour + each.preserved for each in said)
    return Proposal(context, samples, labelled, [] if labelled else telling_affixes(context.table))


def _asked(messages: Sequence[dict[str, object]]) -> str:
    return next((str(each["content"]) for each in reversed(messages) if each.get("role") == "user"), "")
