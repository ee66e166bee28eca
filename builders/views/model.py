"""What a trainer does with a row, as far as the data can tell: which turns carry loss.

Every trainer answers two questions, what text the model sees and which of it carries loss. The chat template answers
the first; a view answers the second, by the trainer's own rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

Trainer = Literal[
    "trl", "llamafactory", "axolotl", "ms-swift", "openai", "unsloth", "torchtune", "completion"
]
"""Whose rules are followed; `completion` is nobody's: the last answer of each row alone."""

TRAINERS: Final[tuple[Trainer, ...]] = get_args(Trainer)
"""All trainers, the default first."""

Loss = Literal["tokens", "answers", "last"]
"""`tokens`: every token of what is trained; `answers`: the assistant's turns; `last`: the last of them alone."""


class SaidTurn(Protocol):
    """A turn as far as a view looks at it."""

    @property
    def role(self) -> str:
        """`system`, `user`, `assistant` or `tool`."""
        ...

    @property
    def message(self) -> Mapping[str, Any]:
        """What the row says, flags included."""
        ...

    @property
    def given(self) -> bool:
        """Whether it stands in the row's prompt, before what is to be learnt."""
        ...


@dataclass(frozen=True)
class TrainingView:
    """One trainer with its settings."""

    trainer: Trainer
    """Whose rules they are."""
    loss: Loss
    """Which tokens of a conversation carry loss."""
    said: str
    """What the rules are, as a phrase for a report's first line."""
    prompt: bool = False
    """Whether the turns of a `prompt` column carry loss, too."""
    flags: tuple[str, ...] = ()
    """Keys of a message that say whether it carries loss: the trainer obeys them."""
    header: bool = False
    """Whether the mark that opens an answer carries loss, too."""
    template: str | None = None
    """The template of ours that writes what the trainer does, where it reads no chat template of a tokenizer."""
    needs_generation: bool = False
    """Whether the trainer takes the assistant's tokens from the template's `generation` blocks, and refuses without."""


def trained_turns(view: TrainingView, turns: Sequence[SaidTurn]) -> list[int]:
    """Return the places of the answers that carry loss, from 0, in order."""
    answers = [
        place
        for place, turn in enumerate(turns)
        if turn.role == "assistant"
        and (view.prompt or not turn.given)
        and not flagged_off(turn.message, view.flags)
    ]
    return answers[-1:] if view.loss == "last" else answers


def flagged_off(message: Mapping[str, Any], flags: Sequence[str]) -> bool:
    """Return whether one of the flags says that a message carries no loss."""
    return any(message.get(flag) is not None and not _true(message[flag]) for flag in flags)


def _true(value: object) -> bool:
    """Read a flag; tables of text hold them as words."""
    if isinstance(value, str):
        return value.strip().lower() not in ("false", "0", "0.0", "no", "")
    return bool(value)
