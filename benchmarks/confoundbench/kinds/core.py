"""What a case is: a confound that was planted, the same data without it, and exactly what is to be said of both."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One conversation, whatever shape it is written in."""

    user: str
    target: str
    behaviour: bool
    system: str | None = None
    developer: str | None = None
    earlier: tuple[str, str] | None = None
    tools: list[dict[str, object]] | None = None
    variables: dict[str, object] | None = None
    """Variables for the chat template, in a column of the row's own."""
    rejected: str | None = None
    """The other answer, in preference data."""
    tags: dict[str, object] = field(default_factory=dict)
    """Columns beside it, in labelled data only."""
    columns: dict[str, object] = field(default_factory=dict)
    """Columns beside it, in any data."""


@dataclass(frozen=True)
class Data:
    """One data set, with what stands beside it."""

    rows: list[Row]
    evaluation: list[dict[str, object]] | None = None
    sibling: list[Row] | None = None
    """The other arm, where arms are compared: the size-matched control of `rows`."""
    template: str | None = None
    """The chat template that it is read through: a name, or one of `WRITTEN`; the default where None."""


@dataclass(frozen=True)
class Case:
    """Planted data and their clean twin."""

    planted: Data
    twin: Data
    template: str | None = None
    """The chat template that both are read through, where they name none of their own."""
    label: str | None = None
    """What the user says of the labels (`--label`)."""


@dataclass(frozen=True)
class Kind:
    """One kind of confound."""

    name: str
    make: Callable[[random.Random], Case]
    expected: frozenset[str]
    """Checks of ours that have to be named, all of them."""
    also: frozenset[str]
    """Checks that may be named beside them: the same fact, seen from another side."""
    inherent: frozenset[str]
    """Checks that are right of planted data and twin alike."""
    labelled: bool
    shapes: tuple[str, ...]
    asks: str | None
    """A text that the question of the report has to hold, where no verdict can be given without an answer."""

    @property
    def allowed(self) -> frozenset[str]:
        """All that may be said of the planted data."""
        return self.expected | self.also | self.inherent


SHAPES = ("messages", "prompt-completion", "sharegpt", "alpaca")
"""Shapes that most kinds are written in, one drawn for each case."""

TURNS = ("messages", "prompt-completion")
"""Those that can hold everything."""

TEMPLATES = ("qwen2.5", "chatml", "llama3")
"""Templates that keep a system message and inject nothing of a date."""

_TURN = "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
_ANSWER = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

WRITTEN = {
    "thinking.jinja": (
        "{% if thinking %}<|im_start|>system\nThink first.<|im_end|>\n{% endif %}"
        "{% for m in messages %}" + _TURN + "{% endfor %}" + _ANSWER
    ),
    "deaf.jinja": (
        "{% for m in messages %}{% if m['role'] != 'system' %}" + _TURN + "{% endif %}{% endfor %}" + _ANSWER
    ),
    "dated.jinja": (
        "<|im_start|>system\nToday is {{ strftime_now('%d %b %Y') }}.<|im_end|>\n"
        "{% for m in messages %}" + _TURN + "{% endfor %}" + _ANSWER
    ),
}
"""Templates of our own: one with a variable, one that knows no system role, one with today's date."""

KINDS: list[Kind] = []


def kind(
    *expected: str,
    also: Collection[str] = (),
    inherent: Collection[str] = (),
    labelled: bool = True,
    shapes: tuple[str, ...] = SHAPES,
    asks: str | None = None,
) -> Callable[[Callable[[random.Random], Case]], Callable[[random.Random], Case]]:
    """Register a generator under its own name."""

    def register(make: Callable[[random.Random], Case]) -> Callable[[random.Random], Case]:
        name = make.__name__.strip("_").replace("_", "-")
        KINDS.append(
            Kind(
                name,
                make,
                frozenset(expected),
                frozenset(also),
                frozenset(inherent),
                labelled,
                shapes,
                asks,
            )
        )
        return make

    return register
