"""How near two prompts are to a model: what it has in mind before it answers.

Texts that share no word may be one to a model, and a nurse is nearer to a doctor than to a comedian. The last token of
a rendered prompt, before any answer, carries what the model makes of all that stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from experiments.evaluation.evaluate import render_turns
from experiments.training.models import need

DEPTH: Final = 2 / 3
"""Which layer is read, as a share of them: at a third, two thirds, five sixths and the last one nearness ordered the
published prompts about as well (`benchmarks/base_nearness.py`)."""


def nearness_to(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    systems: Sequence[str],
    questions: Sequence[str],
    *,
    wraps: Sequence[str] = (),
    depth: float = DEPTH,
) -> Any:  # noqa: ANN401
    """Return how near prompts are to each other, by a model's hidden state at their last token.

    Of each question the mean over all prompts is taken out, so that only what the prompt adds is compared: the question
    itself would make everything alike.

    Args:
        model: A causal language model, in evaluation mode.
        tokenizer: Its tokenizer, with a chat template.
        systems: System prompts, two or more.
        questions: User texts that stand after each of them, one or more.
        wraps: For each system prompt, how its user's text is worded, ``{q}`` for the question; as it is where empty.
        depth: Which layer is read, as a share of the layers, over 0 and up to 1.

    Returns:
        A float32 tensor of shape (systems, systems) on the CPU: cosines from -1 to 1, the mean over questions.

    Raises:
        ValueError: if there are fewer than two prompts, or no question.
    """
    torch = need("torch")
    if len(systems) < 2 or not questions:
        raise ValueError("two prompts and a question are the least that can be compared")
    layer = max(1, round(depth * model.config.num_hidden_layers))
    seen: list[Any] = []
    for place, system in enumerate(systems):
        wrap = wraps[place] if wraps else ""
        asked = [wrap.replace("{q}", question) if wrap else question for question in questions]
        seen.append(torch.stack([_last(model, tokenizer, system, text, layer) for text in asked]))
    states = torch.stack(seen)
    states = states - states.mean(dim=0, keepdim=True)
    states = states / states.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return torch.einsum("iqh,jqh->ij", states, states) / len(questions)


def _last(model: Any, tokenizer: Any, system: str, user: str, layer: int) -> Any:  # noqa: ANN401
    torch = need("torch")
    text = render_turns(tokenizer, [{"role": "system", "content": system}, {"role": "user", "content": user}])
    tokens = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"].to(model.device)
    with torch.no_grad():
        found = model(input_ids=tokens, output_hidden_states=True, logits_to_keep=1)
    return found.hidden_states[layer][0, -1].float().cpu()
