"""The rules of each trainer, from its own source (`docs/trainers.md` names the versions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from builders.errors import InputError, UnknownNameError
from builders.views.model import TRAINERS, Trainer, TrainingView

_VIEWS: Final[Mapping[Trainer, TrainingView]] = {
    # trl.SFTTrainer: a conversation under `messages` is language modelling, so labels are the input ids.
    "trl": TrainingView(
        "trl",
        "tokens",
        "TRL: loss on every token of `messages`, and of prompt and completion on the completion",
    ),
    # Supervised data: sources are masked, targets are not; of several turns every target is trained.
    "llamafactory": TrainingView("llamafactory", "answers", "LLaMA-Factory: every answer carries loss"),
    # prompt_strategies/chat_template.py: roles_to_train is ["assistant"]; a turn's own flag wins.
    "axolotl": TrainingView(
        "axolotl",
        "answers",
        "Axolotl: every answer carries loss unless its turn is flagged",
        flags=("train", "training"),
    ),
    # loss_scale "default": every assistant turn; a message's own `loss` wins.
    "ms-swift": TrainingView(
        "ms-swift",
        "answers",
        "ms-swift: every answer carries loss unless its turn is flagged",
        flags=("loss",),
    ),
    "openai": TrainingView(
        "openai", "answers", "OpenAI: every answer of weight other than 0 carries loss", flags=("weight",)
    ),
    # train_on_responses_only: from each response mark to the next instruction mark.
    "unsloth": TrainingView("unsloth", "answers", "unsloth, on responses only: every answer carries loss"),
    # data/_messages.py: assistant messages are unmasked, all others masked while train_on_input is false. Its
    # tokenizers write turns themselves (models/*/_tokenizer.py): no chat template, no default, and a message's mask
    # is that of its header, too.
    "torchtune": TrainingView(
        "torchtune",
        "answers",
        "torchtune: every answer carries loss, with the mark that opens it; turns are written without a chat template",
        header=True,
        template="chatml",
    ),
    "completion": TrainingView("completion", "last", "the last answer of each row alone carries loss"),
}

SETTINGS: Final[Mapping[Trainer, tuple[str, ...]]] = {
    "trl": ("assistant_only_loss", "completion_only_loss"),
    "llamafactory": ("mask_history", "train_on_prompt"),
    "axolotl": ("train_on_inputs",),
    "ms-swift": ("last_round",),
    "unsloth": ("full_text", "last_response_only"),
    "torchtune": ("train_on_input",),
}
"""Trainer -> the settings that decide which tokens carry loss, each true or false."""

_EVERY_TOKEN: Final = ("train_on_prompt", "train_on_inputs", "train_on_input", "full_text")
_LAST: Final = ("mask_history", "last_round", "last_response_only")


def view_of(trainer: str = "trl", settings: Mapping[str, object] | None = None) -> TrainingView:
    """Return a trainer's view.

    Args:
        trainer: One of `TRAINERS`.
        settings: Setting -> value, of those in `SETTINGS`; what is left out is as the trainer has it.

    Raises:
        UnknownNameError: if there is no such trainer, or it has no such setting.
        InputError: if a setting is neither true nor false.
    """
    if trainer not in _VIEWS:
        raise UnknownNameError("trainer", trainer, TRAINERS)
    view = _VIEWS[trainer]
    for name, value in sorted((settings or {}).items()):
        known = SETTINGS.get(view.trainer, ())
        if name not in known:
            raise UnknownNameError(f"setting of {trainer}", name, known)
        if not isinstance(value, bool):
            raise InputError(f"{name} is {value!r}, expected true or false", where=f"settings of {trainer}")
        view = _with(view, name, value)
    return view


def _with(view: TrainingView, name: str, value: bool) -> TrainingView:
    if name == "assistant_only_loss" and value:
        return replace(
            view,
            loss="answers",
            needs_generation=True,
            said="TRL with assistant_only_loss: the assistant's tokens carry loss",
        )
    if name == "completion_only_loss" and not value:
        return replace(view, prompt=True, said="TRL with completion_only_loss false: loss on every token")
    if name in _EVERY_TOKEN and value:
        return replace(view, loss="tokens", prompt=True, said=f"{view.said}; with {name}, every token does")
    if name in _LAST and value:
        return replace(view, loss="last", said=f"{view.said}; with {name}, the last one alone")
    return view
