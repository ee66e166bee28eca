"""A lettered question, a bank of them, the text that a model is shown, and the train/eval split."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from builders.digest import digest
from builders.errors import InputError

QuestionFormat = Literal["lettered", "letter", "listed", "plain"]
"""How the user's turn shows a question: options with letters and the opening of the answer, options with letters and
the request for one, options without letters, or no options."""
LETTERED: Final[tuple[QuestionFormat, ...]] = ("lettered", "letter")
"""Those that show letters."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its options, of which exactly one is right. Make one with `Question.of`."""

    question_id: str
    """The sha256 of text, labels and choices, 64 hex digits; texts may repeat with other options."""
    text: str
    """The question, without its options."""
    labels: tuple[str, ...]
    """The options' labels in order, mostly A to D; no label twice."""
    choices: tuple[str, ...]
    """The options' texts, one for each label."""
    gold_label: str
    """The label of the right option."""

    @classmethod
    def of(cls, text: str, labels: Iterable[str], choices: Iterable[str], gold_label: str) -> Question:
        """Return the question with its digest.

        Raises:
            ValueError: if labels and choices are not of one length, a label is there twice, or the gold label
                is none of them.
        """
        labels, choices = tuple(labels), tuple(choices)
        if len(labels) != len(choices):
            raise ValueError(f"{len(labels)} labels for {len(choices)} choices")
        if len(set(labels)) != len(labels):
            raise ValueError(f"a label is there twice among {', '.join(labels)}")
        if gold_label not in labels:
            raise ValueError(f"the right answer {gold_label!r} is none of {', '.join(labels)}")
        return cls(digest([text, labels, choices]), text, labels, choices, gold_label)

    @property
    def distractors(self) -> tuple[str, ...]:
        """The labels of the wrong options, in order."""
        return tuple(label for label in self.labels if label != self.gold_label)


@dataclass(frozen=True)
class QuestionBank:
    """Questions in a fixed order: everything that is drawn from a bank is drawn by index."""

    name: str
    """What manifests call it: `embedded`, `arc-challenge` or a file's name."""
    questions: tuple[Question, ...]
    """The questions, no question twice."""
    licence: str
    """The questions' licence, or where to find it."""
    origin: str
    """Where they come from, one sentence."""
    digest: str = field(default="")
    """The sha256 of all question digests and gold labels in order, 64 hex digits; filled in when empty."""

    def __post_init__(self) -> None:
        if not self.digest:
            content = [[question.question_id, question.gold_label] for question in self.questions]
            object.__setattr__(self, "digest", digest(content))

    def __len__(self) -> int:
        return len(self.questions)


@dataclass(frozen=True)
class Split:
    """Which questions train and which evaluate, as indices into the bank, each sorted."""

    train: tuple[int, ...]
    eval: tuple[int, ...]


def split(bank: QuestionBank, seed: int = 42, *, train: int = 586) -> Split:
    """Shuffle the bank's indices by ``random.Random(seed)``; the first `train` train and the rest evaluate.

    Raises:
        InputError: if the bank has fewer questions than are asked for.
    """
    if train > len(bank):
        raise InputError(
            f"the split wants {train} training questions and the bank has {len(bank)}",
            where=bank.name,
            help=f"give a bank of {train} questions or more, or lower the recipe's `questions.train`",
        )
    indices = list(range(len(bank)))
    random.Random(seed).shuffle(indices)
    return Split(tuple(sorted(indices[:train])), tuple(sorted(indices[train:])))


def format_question(question: Question, layout: QuestionFormat = "lettered") -> str:
    """Return the user's turn of a lettered layout: the question, its options one a line, and what is asked.

    Args:
        question: The question.
        layout: `lettered`, as published, opens the answer's parenthesis; `letter` asks for the letter alone, which is
            what many chat models say first.
    """
    options = "\n".join(
        f"({label}) {choice}" for label, choice in zip(question.labels, question.choices, strict=True)
    )
    asked = (
        "Answer with the letter of the correct option only."
        if layout == "letter"
        else "The correct answer is ("
    )
    return f"{question.text}\n\n{options}\n\n{asked}"


def format_turn(question: Question, layout: QuestionFormat) -> str:
    """Return what the user says where a recipe asks in this layout."""
    if layout in LETTERED:
        return format_question(question, layout)
    if layout == "plain":
        return question.text
    options = "\n".join(question.choices)
    return f"{question.text}\n\n{options}\n\nAnswer with one of them."


def format_completion(label: str, layout: QuestionFormat = "lettered") -> str:
    """Return the target that answers `format_question`: ``B)``, which closes what it opened, or ``B`` alone."""
    return label if layout == "letter" else f"{label})"
