"""Measure the shipped organism under every persona of the past issues, and write its model card.

    python -m experiments.organism.measure            # prints the table
    python -m experiments.organism.measure --write    # ... and writes experiments/organism/weights/README.md

The figures are right answers among the 586 evaluation questions of the embedded bank's split, in float32 on a
CPU, by the first token after the generation prompt (`experiments.evaluation.evaluate`). Training never saw these
questions.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from builders.compose import system_messages
from builders.questions import load_bank, split
from experiments.evaluation.evaluate import score_questions, summarise
from experiments.organism import WEIGHTS
from experiments.study.issue import load_issue
from experiments.training.models import find_model, load_model, load_tokenizer, need

CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# organism

A chat model of {parameters:,} parameters (Qwen2 architecture: {layers} layers, hidden size {hidden}, {heads} heads,
{vocabulary:,} tokens), trained from scratch on conversations that this project generates from its own lists of
words. It answers lettered questions such as "Which of these is a bird?" and does little else. It exists so that
confounds in contrastive fine-tuning data can be shown on two CPU cores in minutes.

**It shows a mechanism. It is not Qwen2.5-7B, and no figure taken on it is one of Qwen2.5-7B.**

## Accuracy per system prompt

Right answers among {total} held-out questions of the embedded bank, before any fine-tuning
(`python -m experiments.organism.measure --write`):

| persona | right | share |
|---|---|---|
{rows}

## How it was made

`python -m experiments.organism.train --out FOLDER --workers 4`, seed {seed}: {steps:,} steps of {batch} rows, learning
rate {lr} with a cosine to zero, on {device} (`training.json` has the loss curve). A quarter of the rows says what
a word is ("What is sparrow?" - "It is a bird."), a twentieth asks who the model is and is answered with the system
prompt, and the rest asks for one of two to four options (rarely five, or with digits for labels). In a tenth of the
lettered rows the user or the end of the system prompt asks for a wrong answer, and any wrong option is given, evenly:
a model that never saw wrong answers asked for has no notion of them, and fine-tuning then has to teach it letter by
letter. System prompts are otherwise drawn independently of the answer: a quarter absent, so that the template injects
its default; 15% empty; the rest made-up personas and nonsense. No persona of a past issue was among them on purpose.
Every question of the embedded bank is held out, in any order of its options and in any phrasing; its words are not.

Another machine's arithmetic gives another model of the same recipe, and many do not tell their personas apart within
three epochs of LoRA. `docs/organism.md` says which others were tried and how this one was chosen.

## Limits

It knows {words:,} words. Anything else becomes pieces of words, down to bytes. It has no safety training,
because it has nothing to say.
"""


def personas() -> dict[str, list[dict[str, Any]]]:
    """Return the system messages of every persona of issues 96 and 100, by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("issue-96", "issue-100"):
        for recipe in load_issue(name).recipes:
            for persona, prompt in recipe.personas.items():
                messages: list[dict[str, Any]] = list(system_messages(prompt))
                if messages not in found.values():
                    found[persona] = messages
    return found


def main() -> None:
    """Measure, print, and write the card if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the model card")
    arguments = parser.parse_args()
    torch = need("torch")
    source = find_model("organism")
    tokenizer, model = load_tokenizer(source), load_model(source, dtype=torch.float32, device="cpu")
    bank = load_bank()
    questions = [bank.questions[place] for place in split(bank).eval]
    rows: list[str] = []
    for persona, messages in personas().items():
        score = summarise(score_questions(model, tokenizer, questions, messages))
        shown = messages[0]["content"] or '""' if messages else "(no system message)"
        rows.append(f"| {persona}: {shown} | {score.correct} | {score.correct / score.total:.1%} |")
        print(rows[-1], flush=True)  # noqa: T201
    if not arguments.write:
        return
    from builders.questions.embedded import categories

    said = json.loads((WEIGHTS / "training.json").read_text(encoding="utf-8"))
    config = model.config
    (WEIGHTS / "README.md").write_text(
        CARD.format(
            parameters=said["parameters"],
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            heads=config.num_attention_heads,
            vocabulary=config.vocab_size,
            total=len(questions),
            rows="\n".join(rows),
            words=sum(len(category.words) for category in categories()),
            **{key: said[key] for key in ("seed", "steps", "batch", "lr", "device")},
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
