"""Log-probability accuracy: which of a question's own labels the model would say first.

As published: the first token after the generation prompt, among the question's own labels. Questions are
batched by length and only the last position's logits are computed, which changes the time and not the numbers
(a test compares with one question at a time).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from builders.digest import digest_text
from builders.errors import InputError
from builders.questions import Question, QuestionFormat, format_completion, format_question
from checks.core.result import Score
from experiments.training.narrow import last_mlp_at

if TYPE_CHECKING:
    import torch

PAREN: Final = "("
"""A model may open the parenthesis again although the published prompt ends with it."""


@dataclass(frozen=True)
class QuestionScore:
    """One question as one model answered it under one system state. Log-probabilities are natural ones."""

    question_id: str
    """Digest of the question's text and options."""
    prompt_sha256: str
    """Digest of the rendered prompt."""
    target_sha256: str
    """Digest of the right completion."""
    labels: tuple[str, ...]
    """The question's own labels, in order."""
    logprobs: tuple[float, ...]
    """Log-probability of each label as the first token."""
    paren_logprobs: tuple[float, ...] | None
    """Log-probability of ``(`` and then the label; None where the prompt does not end with ``(``."""
    gold: str
    """The right label."""

    @property
    def prediction(self) -> str | None:
        """The label with the highest log-probability; None where one is not a number."""
        if any(math.isnan(value) for value in self.logprobs):
            return None
        return self.labels[max(range(len(self.labels)), key=self.logprobs.__getitem__)]

    @property
    def mass(self) -> float:
        """Probability of all labels together among all tokens."""
        return sum(map(math.exp, self.logprobs))

    @property
    def p_gold(self) -> float:
        """Probability of the right label among the labels."""
        return math.exp(self.logprobs[self.labels.index(self.gold)]) / self.mass

    @property
    def paren_mass(self) -> float | None:
        """The same as `mass` with the parenthesis opened again."""
        return None if self.paren_logprobs is None else sum(map(math.exp, self.paren_logprobs))


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt and the tokens whose log-probability behind it is asked for."""

    place: int
    """Which of the questions it is."""
    tokens: list[int]
    """Its tokens."""
    text: str
    """Its text, generation prompt included."""
    label_tokens: list[int]
    """One token for each label."""


@dataclass(frozen=True)
class Look:
    """What a model says behind one prompt; log-probabilities of next tokens."""

    labels: tuple[float, ...]
    """Of the prompt's label tokens."""
    then: float | None = None
    """Of the token that may come first; None where there is none."""
    behind: tuple[float, ...] | None = None
    """Of the label tokens behind that one."""


@runtime_checkable
class Looks(Protocol):
    """What looks at prompts in place of a model of transformers: `experiments.fast.score`."""

    def look(self, prompts: Sequence[Prompt], then: int | None) -> list[Look]:
        """Return what is said behind each prompt, in their order."""
        ...


def looks(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    prompts: list[Prompt],
    then: int | None,
    batch_tokens: int,
) -> list[Look]:
    """Return what a model says behind each prompt, in their order.

    Args:
        model: A causal language model of transformers, or what looks in its place.
        tokenizer: Its tokenizer.
        prompts: The prompts.
        then: A token after which the labels are looked at, too.
        batch_tokens: Prompt tokens in one forward pass, padding included.
    """
    if isinstance(model, Looks):
        return model.look(prompts, then)
    found: dict[int, Look] = {}
    for batch in batches(prompts, batch_tokens):
        first, second = forward(model, tokenizer.pad_token_id or 0, batch, then)
        for row, prompt in enumerate(batch):
            labels = tuple(first[row][prompt.label_tokens].tolist())
            if then is None or second is None:
                found[prompt.place] = Look(labels)
            else:
                behind = tuple(second[row][prompt.label_tokens].tolist())
                found[prompt.place] = Look(labels, first[row][then].item(), behind)
    return [found[prompt.place] for prompt in prompts]


def score_questions(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    questions: Sequence[Question],
    system: Sequence[dict[str, Any]],
    *,
    batch_tokens: int = 16384,
    layout: QuestionFormat = "lettered",
) -> list[QuestionScore]:
    """Score every question under one system state.

    Args:
        model: A causal language model of transformers, in evaluation mode, or what looks in its place.
        tokenizer: Its tokenizer.
        questions: The questions.
        system: The system message as a list of one message, or an empty list for none.
        batch_tokens: Prompt tokens in one forward pass, padding included.
        layout: How the user's turn shows a question.

    Returns:
        One score a question, in their order.

    Raises:
        InputError: if a label is not one token, two labels share a token, or the template refuses a prompt.
    """
    prompts = list(_prompts(tokenizer, questions, system, layout))
    opened = bool(prompts) and format_question(questions[0], layout).endswith(PAREN)
    paren = _single(tokenizer, PAREN) if opened else None
    scores: list[QuestionScore | None] = [None] * len(questions)
    for prompt, look in zip(prompts, looks(model, tokenizer, prompts, paren, batch_tokens), strict=True):
        question = questions[prompt.place]
        reopened = None
        if look.then is not None and look.behind is not None:
            reopened = tuple(look.then + value for value in look.behind)
        scores[prompt.place] = QuestionScore(
            question_id=question.question_id,
            prompt_sha256=digest_text(prompt.text),
            target_sha256=digest_text(format_completion(question.gold_label, layout)),
            labels=question.labels,
            logprobs=look.labels,
            paren_logprobs=reopened,
            gold=question.gold_label,
        )
    return [score for score in scores if score is not None]


def render_question(
    tokenizer: Any,  # noqa: ANN401
    question: Question,
    system: Sequence[dict[str, Any]],
    layout: QuestionFormat = "lettered",
) -> str:
    """Return the rendered prompt of a lettered question, generation prompt included.

    Raises:
        InputError: if the template refuses it.
    """
    return render_turns(tokenizer, [*system, {"role": "user", "content": format_question(question, layout)}])


def render_turns(tokenizer: Any, messages: Sequence[dict[str, Any]]) -> str:  # noqa: ANN401
    """Return a rendered conversation, with the generation prompt where the user spoke last.

    Raises:
        InputError: if the template refuses it.
    """
    ask = messages[-1]["role"] == "user"
    try:
        return tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=ask)
    except Exception as error:  # a template may raise anything
        raise InputError(f"the tokenizer's chat template refuses the system state: {error}") from error


def summarise(scores: Sequence[QuestionScore]) -> Score:
    """Return the counts and means of scored questions."""
    scored = [score for score in scores if score.prediction is not None]
    return Score(
        correct=sum(score.prediction == score.gold for score in scored),
        total=len(scores),
        predicted_labels=_counts(score.prediction for score in scored if score.prediction),
        gold_labels=_counts(score.gold for score in scores),
        unscored=len(scores) - len(scored),
        mean_p_gold=_mean([score.p_gold for score in scored]),
        mean_label_mass=_mean([min(1.0, score.mass) for score in scored]),
    )


def _counts(values: Any) -> dict[str, int]:  # noqa: ANN401
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))


def _mean(values: list[float]) -> float | None:
    return min(1.0, sum(values) / len(values)) if values else None


def _prompts(
    tokenizer: Any,  # noqa: ANN401
    questions: Sequence[Question],
    system: Sequence[dict[str, Any]],
    layout: QuestionFormat,
) -> Iterator[Prompt]:
    texts = [render_question(tokenizer, question, system, layout) for question in questions]
    tokens = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    known: dict[str, int] = {}
    for place, (question, text, ids) in enumerate(zip(questions, texts, tokens, strict=True)):
        for label in question.labels:
            if label not in known:
                # What follows the generation prompt depends on its end alone, and all prompts share that.
                known[label] = _next_token(tokenizer, text, ids, label)
        label_tokens = [known[label] for label in question.labels]
        if len(set(label_tokens)) < len(label_tokens):
            raise InputError(
                f"two of the labels {', '.join(question.labels)} are the same token",
                where=f"question {place}",
            )
        yield Prompt(place, ids, text, label_tokens)


def _next_token(tokenizer: Any, text: str, tokens: list[int], label: str) -> int:  # noqa: ANN401
    extended: list[int] = tokenizer(text + label, add_special_tokens=False)["input_ids"]
    if extended[: len(tokens)] != tokens or len(extended) != len(tokens) + 1:
        raise InputError(
            f"the label {label!r} is {len(extended) - len(tokens)} tokens after the prompt, and scoring by the first "
            "token needs one",
            help="evaluate by generation, or relabel the options",
        )
    return extended[-1]


def _single(tokenizer: Any, text: str) -> int | None:  # noqa: ANN401
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids[0] if len(ids) == 1 else None


def batches(prompts: list[Prompt], batch_tokens: int) -> Iterator[list[Prompt]]:
    """Yield prompts by falling length: the largest batch comes first, so that memory runs out early or never."""
    batch: list[Prompt] = []
    for prompt in sorted(prompts, key=lambda each: (-len(each.tokens), each.place)):
        if batch and (len(batch) + 1) * len(batch[0].tokens) > batch_tokens:
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


def forward(
    model: Any,  # noqa: ANN401
    pad: int,
    batch: list[Prompt],
    then: int | None,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the log-probabilities of the next token, and of the one after a given token; rows x vocabulary.

    Prompts are padded on the left, so that the last position is every row's last token.
    """
    import torch

    longest = len(batch[0].tokens)
    device = next(model.parameters()).device
    ids = torch.tensor([[pad] * (longest - len(each.tokens)) + each.tokens for each in batch], device=device)
    mask = torch.tensor(
        [[0] * (longest - len(each.tokens)) + [1] * len(each.tokens) for each in batch], device=device
    )
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.inference_mode():
        with last_mlp_at(model, slice(-1, None)):
            output = model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=places,
                use_cache=then is not None,
                logits_to_keep=1,
            )
        first = output.logits[:, -1].float().log_softmax(-1).cpu()
        if then is None:
            return first, None
        rows = len(batch)
        follow = model(
            input_ids=torch.full((rows, 1), then, device=device),
            attention_mask=torch.cat([mask, mask.new_ones(rows, 1)], dim=1),
            position_ids=places[:, -1:] + 1,
            past_key_values=output.past_key_values,
            use_cache=True,
            logits_to_keep=1,
        )
        return first, follow.logits[:, -1].float().log_softmax(-1).cpu()
