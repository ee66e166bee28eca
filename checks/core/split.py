"""Training data beside the evaluation that its result is measured with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from builders.engine.tally import records
from builders.engine.users import overlapping
from builders.questions import QuestionBank, QuestionFormat, format_question
from builders.questions.overlap import Overlap
from builders.templates import ChatTemplate, Resolution, Signature, resolve
from checks.core.context import AuditContext


@dataclass(frozen=True)
class Asked:
    """One evaluation question as the model is asked it."""

    text: str
    """The user's turn, options included."""
    question_id: str | None = None
    """Its digest in a question bank; None where it comes from none."""
    options: tuple[str, ...] = ()
    """The labels that it offers; empty where it offers none."""
    gold_label: str | None = None
    """The label of the right option."""


@dataclass(frozen=True)
class Under:
    """One system state that the evaluation asks its questions under."""

    persona: str
    """What the evaluation calls it."""
    signature: Signature
    """What its messages say about the system prompt."""
    own: bool = False
    """Whether the result is reported as that of the arm's own condition."""


@dataclass(frozen=True)
class EvaluationSet:
    """What is asked, under which system states, and through which template."""

    name: str
    """What reports call it."""
    questions: tuple[Asked, ...]
    """The questions, in order."""
    template: ChatTemplate
    """The chat template that evaluation (or serving) renders with."""
    under: tuple[Under, ...] = ()
    """The system states; empty where nothing is known of them."""
    generation_prompt: bool = True
    """Whether prompts end where the assistant's turn begins."""

    @classmethod
    def of_bank(
        cls,
        bank: QuestionBank,
        template: ChatTemplate,
        *,
        places: tuple[int, ...] | None = None,
        layout: QuestionFormat = "lettered",
    ) -> EvaluationSet:
        """Return the evaluation that asks a bank's questions in a lettered format: the published one, or another.

        Args:
            bank: The questions.
            template: The chat template that they are rendered with.
            places: Which of them, by place; all where None.
            layout: How the user's turn shows them.
        """
        chosen = range(len(bank)) if places is None else places
        return cls(
            name=bank.name,
            questions=tuple(
                Asked(
                    format_question(question, layout),
                    question.question_id,
                    question.labels,
                    question.gold_label,
                )
                for question in (bank.questions[place] for place in chosen)
            ),
            template=template,
        )


@dataclass(frozen=True)
class Shared:
    """An evaluation question that is also a training question."""

    question: int
    """Place of the evaluation question."""
    text: str
    """The training text; the evaluation's own where only the question's digest agrees."""
    similarity: float
    """Edit similarity of the words, 0 to 1; 1 where they are the same."""
    reordered: bool = False
    """Whether they are the same with their options in another order."""


@dataclass(frozen=True)
class Split:
    """One training dataset and one evaluation."""

    training: AuditContext
    """The training data."""
    evaluation: EvaluationSet
    """The evaluation."""

    @cached_property
    def same(self) -> tuple[Shared, ...]:
        """Evaluation questions that are trained on: the same digest, or the same words."""
        ids = self._trained_ids()
        found: list[Shared] = []
        words = {each.question: each for each in self._overlaps if each.same}
        for place, asked in enumerate(self.evaluation.questions):
            if place in words:
                found.append(Shared(place, words[place].text, 1.0))
            elif asked.question_id in ids:
                found.append(Shared(place, asked.text, 1.0))
        return tuple(found)

    @cached_property
    def near(self) -> tuple[Shared, ...]:
        """Evaluation questions that are not trained on, but nearly are."""
        same = {each.question for each in self.same}
        return tuple(
            Shared(each.question, each.text, each.similarity, each.reordered)
            for each in self._overlaps
            if each.question not in same
        )

    @cached_property
    def gold(self) -> Counter[str]:
        """Label -> evaluation questions whose gold label it is."""
        return Counter(each.gold_label for each in self.evaluation.questions if each.gold_label is not None)

    @cached_property
    def resolved(self) -> dict[Signature, Resolution]:
        """What the evaluation's template makes of each of its system states."""
        return {
            each.signature: resolve(self.evaluation.template, each.signature)
            for each in self.evaluation.under
        }

    @cached_property
    def _overlaps(self) -> list[Overlap]:
        return overlapping(
            self.training.table.frame,
            [each.text for each in self.evaluation.questions],
            similarity=self.training.settings.near_question,
        )

    def _trained_ids(self) -> frozenset[str]:
        """Return which of the evaluation's question digests the training rows carry."""
        import narwhals as nw

        asked = [each.question_id for each in self.evaluation.questions if each.question_id is not None]
        if not asked:
            return frozenset()
        trained = self.training.table.rows.filter(nw.col("question_id").is_in(asked))
        return frozenset(each["question_id"] for each in records(trained.select("question_id").unique()))


def unasked(split: Split) -> str | None:
    """Return what a check of evaluated conditions lacks where nothing says what they are."""
    return None if split.evaluation.under else "nothing says under which system prompts is evaluated"
