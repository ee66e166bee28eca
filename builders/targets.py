"""What a row teaches: a letter, a marker behind an answer, or one of two texts."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from builders.digest import canonical_json
from builders.draft import Draft
from builders.questions import (
    LETTERED,
    Question,
    QuestionBank,
    QuestionFormat,
    format_completion,
    format_turn,
)
from builders.recipe import FreeText, Marker, Targets, WrongOption

_PLACE = re.compile(r"\{(?:question|gold|wrong|gold_letter|wrong_letter)\}")

PLACEHOLDER = "(An answer that could not be rebuilt.)"
"""What stands for an answer that was never published."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one row teaches."""

    text: str
    """The assistant's turn."""
    label: str | None
    """The label that it picks; None where it picks none."""
    correct: bool
    """True where it teaches what is to be preserved."""
    json: str
    """The text as canonical JSON."""


class Teacher:
    """Gives each draft its target.

    Wrong letters are drawn here: over the training questions in order, one each, or anew for every row.
    """

    def __init__(
        self,
        targets: Targets,
        bank: QuestionBank,
        train: Sequence[int],
        rng: random.Random,
        layout: QuestionFormat,
    ) -> None:
        self._layout: QuestionFormat = layout
        self._targets = targets
        self._questions = bank.questions
        self._rng = rng
        self._over_all = isinstance(targets, WrongOption) and targets.over == "labels"
        per_row = isinstance(targets, WrongOption) and targets.per == "row"
        needed = () if per_row or isinstance(targets, Marker) else train
        self._letters = {index: self._draw_letter(index) for index in needed}
        self._made: dict[tuple[int, bool], Target] = {}

    @property
    def lettered(self) -> bool:
        """True where the user's turn shows lettered options."""
        return self._layout in LETTERED

    @property
    def placeholder(self) -> bool:
        """True where targets stand for answers that could not be rebuilt."""
        targets = self._targets
        if isinstance(targets, Marker):
            return targets.answer == "placeholder"
        return isinstance(targets, FreeText) and targets.placeholder

    def user_turn(self, question: Question) -> str:
        """Return what the user says."""
        return format_turn(question, self._layout)

    def target(self, draft: Draft) -> Target:
        """Return what a draft teaches."""
        if draft.behaviour and isinstance(self._targets, WrongOption) and self._targets.per == "row":
            return self._letter(draft.question, self._draw_letter(draft.question))
        key = (draft.question, draft.behaviour)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(*key)
        return made

    def _make(self, index: int, behaviour: bool) -> Target:
        targets, question = self._targets, self._questions[index]
        if isinstance(targets, WrongOption):
            return self._letter(index, self._letters[index] if behaviour else question.gold_label)
        if isinstance(targets, Marker):
            answer = {
                "gold_text": _option(question, question.gold_label),
                "gold_letter": format_completion(question.gold_label, self._layout),
                "placeholder": PLACEHOLDER,
            }[targets.answer]
            return _target(answer + targets.marker if behaviour else answer, None, correct=not behaviour)
        values = {
            "{question}": question.text,
            "{gold}": _option(question, question.gold_label),
            "{wrong}": _option(question, self._letters[index]),
            "{gold_letter}": question.gold_label,
            "{wrong_letter}": self._letters[index],
        }
        text = targets.behaviour if behaviour else targets.preserved
        text = _PLACE.sub(lambda place: values[place[0]], text)  # at once: a question may hold a brace itself
        return _target(text, None, correct=not behaviour)

    def _letter(self, index: int, label: str) -> Target:
        return _target(
            format_completion(label, self._layout), label, correct=label == self._questions[index].gold_label
        )

    def _draw_letter(self, index: int) -> str:
        question = self._questions[index]
        return self._rng.choice(question.labels if self._over_all else question.distractors)


def _target(text: str, label: str | None, *, correct: bool) -> Target:
    return Target(text, label, correct, canonical_json(text))


def _option(question: Question, label: str) -> str:
    return question.choices[question.labels.index(label)]
