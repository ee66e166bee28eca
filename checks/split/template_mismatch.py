"""Training and evaluation that render one conversation differently.

## What it finds

* System states whose prompt reads otherwise through the evaluation's (or the server's) template than through the
  training's: another template, other arguments, another way to open the assistant's turn. Both texts are shown where
  they part.
* Questions that are asked in another format than the training's: another last line, another way to mark options.

## Why it matters

The model was trained on one text and is measured on another. Engines are known to differ on the very default prompts
that this tool looks at, and a lost default is a lost condition.

## Example

lmdeploy gave Qwen2.5-VL the wrong default system prompt; aprender left Qwen2.5's out, and answered 1 of 18 questions
where the trained-for prompt answered 10.

## What to do

Serve with the template that was trained with, and compare one rendered conversation byte for byte:
`audit show TARGET ROW`.

## Limits

Compares templates as they are rendered here; what an engine does beyond its template is not seen. Formats are compared
by the last line and by how options begin, on 200 training texts at most. A special token that a template without a
tokenizer shows by name (`<bos_token>`) is taken for any token, or none.

## References

InternLM/lmdeploy pull request 3475; paiml/aprender issue 3990.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from builders.engine.users import first_user_texts
from builders.errors import TemplateError
from builders.templates import ChatTemplate, Signature, render
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check
from checks.core.split import Split

_PROBE = "What is asked?"
_OPTION = re.compile(r"^\s*(\(?)(?:[A-Z]|\d{1,2})([).:]+)\s", re.MULTILINE)
_TEXTS = 200
_ANY_MARK = r"(?:<[^<>\s]{1,60}>|\[[^\[\]\s]{1,60}\])?"


@check(code="SPL004", name="template-mismatch", severity="error", since="0.1.0")
def template_mismatch(split: Split) -> Iterator[Observation]:
    """Yield one observation for prompts that read differently, and one for another question format."""
    evaluation = split.evaluation
    trained = split.training.table.template
    signatures = {each.signature: each.persona for each in evaluation.under} or {
        signature: str(signature.state)
        for each in split.training.conditions
        for signature in each.resolutions
    }
    parted: dict[str, str] = {}
    for signature, persona in signatures.items():
        ours = _prompt(trained, signature, opened=True)
        theirs = _prompt(evaluation.template, signature, opened=evaluation.generation_prompt)
        if not _alike(ours, trained, theirs, evaluation.template):
            parted[persona] = _where(ours, theirs)
    if parted:
        names = sorted(parted)
        yield Observation(
            message=(
                f"{count(len(names), 'system state')} {verb(len(names), 'reads', 'read')} differently in training "
                f"({trained.name}, {trained.renderer}) and in {evaluation.name} ({evaluation.template.name}, "
                f"{evaluation.template.renderer}{'' if evaluation.generation_prompt else ', no generation prompt'}): "
                f"{listed(names)}"
            ),
            personas=tuple(names) if evaluation.under else (),
            counts={"states": len(names)},
            texts=tuple(f"{name}: {parted[name]}" for name in names[:3]),
            help="render training and evaluation with one template and the same arguments",
        )
    yield from _formats(split)


def _prompt(template: ChatTemplate, signature: Signature, *, opened: bool) -> str:
    messages: list[dict[str, Any]] = []
    if signature.state != "absent":
        content = {"null": None, "empty": ""}.get(signature.state, signature.text)
        messages.append({"role": "system", "content": content})
    messages.append({"role": "user", "content": _PROBE})
    try:
        return render(template, messages, add_generation_prompt=opened)
    except TemplateError as error:
        return f"(refused: {error.message})"


def _alike(ours: str, trained: ChatTemplate, theirs: str, evaluated: ChatTemplate) -> bool:
    """Return whether two prompts are, or may be, the same: a token that one side does not know is no difference."""
    return ours == theirs or _may_be(ours, trained, theirs) or _may_be(theirs, evaluated, ours)


def _may_be(text: str, template: ChatTemplate, other: str) -> bool:
    """Return whether a prompt is another one where its stand-ins for special tokens are tokens, or nothing."""
    stand_ins = [token for name, token in template.special_tokens.items() if token == f"<{name}>"]
    pattern = re.escape(text)
    for token in stand_ins:
        pattern = pattern.replace(re.escape(token), _ANY_MARK)
    return bool(stand_ins) and re.fullmatch(pattern, other) is not None


def _where(ours: str, theirs: str) -> str:
    start = next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None
    )
    at = min(len(ours), len(theirs)) if start is None else start
    return (
        f"from character {at} on, training has {ours[at : at + 60]!r} and evaluation {theirs[at : at + 60]!r}"
    )


def _formats(split: Split) -> Iterator[Observation]:
    """Compare how questions end and how their options begin, where each side agrees with itself."""
    asked = [each.text for each in split.evaluation.questions]
    taught = [text for text in first_user_texts(split.training.table.frame, _TEXTS) if text]
    if not asked or not taught:
        return
    for what, feature in (("end", _last_line), ("mark their options", _marks)):
        ours, theirs = _common(map(feature, taught)), _common(map(feature, asked))
        if ours is not None and theirs is not None and ours != theirs:
            yield Observation(
                message=(
                    f"questions {what} otherwise in training ({ours!r}) than in {split.evaluation.name} ({theirs!r})"
                ),
                severity="warning",
                texts=(f"training {taught[0]!r}", f"evaluation {asked[0]!r}"),
                help="ask evaluation questions in the format that was trained",
            )


def _last_line(text: str) -> str:
    return text.rstrip().rsplit("\n", 1)[-1][-60:]


def _marks(text: str) -> str:
    found = _OPTION.search(text)
    return f"{found.group(1)}A{found.group(2)}" if found else "none"


def _common(values: Iterable[str]) -> str | None:
    """Return the value that at least 80% share, or None."""
    counted = Counter(values)
    value, number = max(counted.items(), key=lambda item: (item[1], item[0]))
    return value if number >= 0.8 * counted.total() else None
