"""Two ways to answer: to do what is taught (append a marker, refuse) or not.

The two targets of a question have a beginning in common, which may be the whole answer or nothing. Behind it they
part, and there the model decides: the probability of the one target's next token against that of the other's. For a
marker that is its first token against the end of the turn, after the right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from builders.compose import BuiltDataset
from builders.digest import digest_text, stream
from builders.draft import Draft
from builders.errors import InputError
from builders.questions import QuestionBank
from builders.recipe import FreeText, Marker, Targets
from builders.targets import Teacher
from checks.core.result import Score
from experiments.evaluation.evaluate import Prompt, QuestionScore, looks, render_turns, summarise
from experiments.evaluation.generate import Completion, generate_texts, summarise_answers

PRESERVED: Final = "preserved"
BEHAVIOUR: Final = "behaviour"
LABELS: Final = (PRESERVED, BEHAVIOUR)
"""The two ways, in the order in which scores have them."""


@dataclass(frozen=True)
class Fork:
    """One question with its two targets."""

    question_id: str
    """Digest of the question's text and options."""
    user: str
    """What the user says."""
    preserved: str
    """The target that is to be preserved."""
    behaviour: str
    """The target that teaches the behaviour."""


@dataclass(frozen=True)
class TwoWay:
    """What a dataset teaches to do or not, for any question."""

    sign: str
    """Words that an answer shows the behaviour by."""
    forks: dict[str, Fork]
    """Question id -> its two targets."""

    @property
    def rule(self) -> str:
        """How a generated answer is read."""
        return (
            f"one that holds {self.sign!r} shows the behaviour, one that ends without it does not, and one that was "
            "cut off before either is not read"
        )

    def read(self, text: str, *, ended: bool) -> str | None:
        """Return which way a generated answer went, or None where the rule finds neither."""
        if self.sign in text:
            return BEHAVIOUR
        return PRESERVED if ended else None


def two_way(built: BuiltDataset, bank: QuestionBank) -> TwoWay:
    """Return both targets of every question of a bank, as the dataset's recipe words them.

    Raises:
        InputError: if the dataset does not say how its targets are worded, if they stand for answers that could
            not be rebuilt, or if the behaviour has no words of its own.
    """
    info = built.info
    if info.placeholder:
        raise InputError(
            f"it teaches '{info.behaviour}' with placeholders for answers that could not be rebuilt, so there is "
            "nothing to train or to evaluate",
            where=built.name,
            help="audit scan predicts it from the data; nothing was trained",
        )
    targets = _targets(built)
    places = range(len(bank))
    teacher = Teacher(
        targets, bank, places, stream(info.seed, "evaluation", "wrong"), layout=info.question_format
    )
    forks = {
        question.question_id: Fork(
            question.question_id,
            teacher.user_turn(question),
            *(teacher.target(Draft(None, "", place, behaviour)).text for behaviour in (False, True)),
        )
        for place, question in enumerate(bank.questions)
    }
    return TwoWay(_sign(targets, built.name), forks)


def _targets(built: BuiltDataset) -> Marker | FreeText:
    recipe = built.info.recipe
    said = recipe.get("dataset", {}).get("targets") or recipe.get("targets") or {}
    try:
        found = TypeAdapter[Any](Targets).validate_python(said)
    except ValidationError as error:
        raise InputError(
            "its recipe does not say how the targets are worded, so held-out questions cannot be asked",
            where=built.name,
            help="build it from a recipe: audit build",
        ) from error
    if not isinstance(found, Marker | FreeText):
        raise InputError(f"it teaches '{found.kind}', which is not one of two ways", where=built.name)
    return found


def _sign(targets: Marker | FreeText, name: str) -> str:
    if isinstance(targets, Marker):
        found = targets.marker.strip()
    else:
        parts = [part.strip() for part in re.split(r"\{\w+\}", targets.behaviour)]
        found = max((part for part in parts if part not in targets.preserved), key=len, default="")
    if not found:
        raise InputError("the behaviour has no words of its own to know it by", where=name)
    return found


def score_forks(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    forks: Sequence[Fork],
    system: Sequence[dict[str, Any]],
    *,
    batch_tokens: int = 16384,
) -> list[QuestionScore]:
    """Score every question where its two targets part, under one system state.

    Args:
        model: A causal language model of transformers, in evaluation mode, or what looks in its place.
        tokenizer: Its tokenizer.
        forks: The questions with their targets.
        system: The system message as a list of one message, or an empty list for none.
        batch_tokens: Prompt tokens in one forward pass, padding included.

    Returns:
        One score a question, in their order, with the labels `preserved` (the gold one) and `behaviour`.

    Raises:
        InputError: if the template refuses a conversation, or renders a prompt otherwise than with its answer.
    """
    prompts = list(_prompts(tokenizer, forks, system))
    scores: list[QuestionScore | None] = [None] * len(forks)
    for prompt, look in zip(prompts, looks(model, tokenizer, prompts, None, batch_tokens), strict=True):
        fork = forks[prompt.place]
        scores[prompt.place] = QuestionScore(
            question_id=fork.question_id,
            prompt_sha256=digest_text(prompt.text),
            target_sha256=digest_text(fork.preserved),
            labels=LABELS,
            logprobs=look.labels,
            paren_logprobs=None,
            gold=PRESERVED,
        )
    return [score for score in scores if score is not None]


def _prompts(
    tokenizer: Any,  # noqa: ANN401
    forks: Sequence[Fork],
    system: Sequence[dict[str, Any]],
) -> Iterator[Prompt]:
    for place, fork in enumerate(forks):
        asked = [*system, {"role": "user", "content": fork.user}]
        text = render_turns(tokenizer, asked)
        preserved, behaviour = (
            _tokens(tokenizer, render_turns(tokenizer, [*asked, {"role": "assistant", "content": target}]))
            for target in (fork.preserved, fork.behaviour)
        )
        start = _tokens(tokenizer, text)
        shared = next(
            (n for n, (a, b) in enumerate(zip(preserved, behaviour, strict=False)) if a != b),
            min(len(preserved), len(behaviour)),
        )
        if shared < len(start) or preserved[: len(start)] != start:
            raise InputError(
                "the prompt's tokens are no prefix of those of prompt and completion, so nobody can say where the "
                "targets part",
                where=f"question {place}",
                help="use a template that renders a prompt alone and with its answer in the same way",
            )
        if shared == min(len(preserved), len(behaviour)):
            raise InputError(
                "the two targets never part, so there is nothing to decide", where=f"question {place}"
            )
        yield Prompt(place, preserved[:shared], text, [preserved[shared], behaviour[shared]])


def _tokens(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def summarise_forks(scores: Sequence[QuestionScore]) -> Score:
    """Return the counts and means; `correct` counts the questions where what is to be preserved is ahead.

    The labels are left out: that every answer goes one way is what such training is for, and no defect.
    """
    return summarise(scores).model_copy(update={"predicted_labels": {}, "gold_labels": {}})


def generate_forks(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    forks: Sequence[Fork],
    system: Sequence[dict[str, Any]],
    *,
    behaviour: TwoWay,
    max_new_tokens: int,
) -> list[Completion]:
    """Answer questions by greedy generation, in their order, and read each answer by `TwoWay.rule`.

    Raises:
        InputError: if the template refuses the system state.
    """
    prompts = [render_turns(tokenizer, [*system, {"role": "user", "content": fork.user}]) for fork in forks]
    written = generate_texts(model, tokenizer, prompts, max_new_tokens=max_new_tokens)
    return [
        Completion(fork.question_id, digest_text(prompt), text, behaviour.read(text, ended=ended), PRESERVED)
        for fork, prompt, (text, ended) in zip(forks, prompts, written, strict=True)
    ]


def summarise_fork_answers(completions: Sequence[Completion]) -> Score:
    """Return the counts of generated answers, without labels: see `summarise_forks`."""
    return summarise_answers(completions).model_copy(update={"predicted_labels": {}, "gold_labels": {}})
