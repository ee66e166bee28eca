"""Generated answers: what the model really says, kept word for word and read by one stated rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from builders.digest import digest_text
from builders.questions import Question, QuestionFormat
from checks.core.result import Score
from experiments.evaluation.evaluate import render_question

RULE = "an optional '(', one of the question's labels, and then no further letter or digit; nothing before it"
"""How an answer is read."""


@dataclass(frozen=True)
class Completion:
    """One generated answer."""

    question_id: str
    """Digest of the question's text and options."""
    prompt_sha256: str
    """Digest of the rendered prompt."""
    text: str
    """All that was generated, special tokens left out."""
    answer: str | None
    """The label that it says; None where the rule finds none."""
    gold: str
    """The right label."""


def parse_answer(text: str, labels: Sequence[str]) -> str | None:
    """Return the label that a generated text says by `RULE`, or None."""
    names = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    found = re.match(rf"\s*\(?({names})(?![A-Za-z0-9])", text)
    return found.group(1) if found else None


def generate_answers(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    questions: Sequence[Question],
    system: Sequence[dict[str, Any]],
    *,
    max_new_tokens: int,
    batch: int = 64,
    layout: QuestionFormat = "lettered",
) -> list[Completion]:
    """Answer lettered questions by greedy generation, in their order.

    Args:
        model: A causal language model, in evaluation mode.
        tokenizer: Its tokenizer.
        questions: The questions.
        system: The system message as a list of one message, or an empty list for none.
        max_new_tokens: Longest answer, in tokens.
        batch: Questions at a time.
        layout: How the user's turn shows a question.

    Raises:
        InputError: if the template refuses the system state.
    """
    prompts = [render_question(tokenizer, question, system, layout) for question in questions]
    written = generate_texts(model, tokenizer, prompts, max_new_tokens=max_new_tokens, batch=batch)
    return [
        Completion(
            question.question_id,
            digest_text(prompt),
            text,
            parse_answer(text, question.labels),
            question.gold_label,
        )
        for question, prompt, (text, _) in zip(questions, prompts, written, strict=True)
    ]


def generate_texts(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    batch: int = 64,
) -> list[tuple[str, bool]]:
    """Return what greedy generation writes behind each prompt, and whether it came to its end.

    Special tokens are left out of the texts. A text that was cut off at `max_new_tokens` did not come to its end.
    """
    import torch

    found: list[tuple[str, bool]] = []
    device = next(model.parameters()).device
    ends = _ends(model, tokenizer)
    for start in range(0, len(prompts), batch):
        tokens = tokenizer(list(prompts[start : start + batch]), add_special_tokens=False)["input_ids"]
        longest = max(map(len, tokens))
        pad = tokenizer.pad_token_id or 0
        ids = torch.tensor([[pad] * (longest - len(each)) + each for each in tokens], device=device)
        mask = torch.tensor([[0] * (longest - len(each)) + [1] * len(each) for each in tokens], device=device)
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=max_new_tokens,
                do_sample=False,
                pad_token_id=pad,
            )
        written = output[:, longest:]
        texts = tokenizer.batch_decode(written, skip_special_tokens=True)
        found += zip(texts, (ends & set(each) != set() for each in written.tolist()), strict=True)
    return found


def _ends(model: Any, tokenizer: Any) -> set[int]:  # noqa: ANN401
    """Return the tokens that end an answer."""
    said = getattr(model.generation_config, "eos_token_id", None) or tokenizer.eos_token_id
    return set(said) if isinstance(said, list) else {said}


def summarise_answers(completions: Sequence[Completion]) -> Score:
    """Return the counts; an answer that could not be read is `unscored` and never right."""
    predicted: dict[str, int] = {}
    gold: dict[str, int] = {}
    for each in completions:
        gold[each.gold] = gold.get(each.gold, 0) + 1
        if each.answer is not None:
            predicted[each.answer] = predicted.get(each.answer, 0) + 1
    return Score(
        correct=sum(each.answer == each.gold for each in completions),
        total=len(completions),
        predicted_labels=dict(sorted(predicted.items())),
        gold_labels=dict(sorted(gold.items())),
        unscored=sum(each.answer is None for each in completions),
    )
