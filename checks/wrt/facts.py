"""What a write-up is held against: settings, datasets, results and scripts, each with where it is known from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from builders.templates import ChatTemplate
from checks.wrt.architecture import Architecture


@dataclass(frozen=True)
class Known:
    """A value and where it is from."""

    value: Any
    """The value."""
    origin: str
    """Where it stands, for a report."""


@dataclass(frozen=True)
class Rate:
    """A share of right answers that was measured or published."""

    percent: Fraction
    """In percent."""
    step: Fraction
    """One unit of its last digit; 0 where it comes from counts."""
    counts: tuple[int, int] | None = None
    """Right answers and questions, where known."""


@dataclass(frozen=True)
class DatasetFact:
    """One dataset, and what came of training on it."""

    name: str
    """Its full name."""
    origin: str
    """Where it is known from."""
    rows: int
    """Its rows."""
    behaviour: int | None = None
    """Rows that teach the behaviour; None where nobody knows."""
    preserved: int | None = None
    """Rows that teach what is to be preserved."""
    roles: Mapping[str, int] = field(default_factory=dict[str, int])
    """Role -> rows; empty where the roles are not known."""
    source: str | None = None
    """The persona that is taught the behaviour, where there is one."""
    prompts: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Persona -> system prompt; None for no system message."""
    before: Rate | None = None
    """Under the source's own prompt, before training."""
    after: Rate | None = None
    """The same after training."""
    shared: Mapping[str, int] = field(default_factory=dict[str, int])
    """Other dataset -> rows that both have."""
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    """Role -> rows of its parent that it lacks, where it is the parent's rows with some left out."""
    available: Mapping[str, int] = field(default_factory=dict[str, int])
    """Role -> rows of its parent."""
    reordered: frozenset[str] = frozenset()
    """Other datasets that have the shared rows in another order."""
    paired: tuple[int, int] | None = None
    """Rows of the behaviour that have a sibling with the same prompt and the other answer, and how many there are."""
    family: str = ""
    """The experiment; arms of one are compared."""
    builders: tuple[str, ...] = ()
    """The scripts that made its rows, as ``commit:path``."""
    parent: bool = False
    """Whether it is here because another one starts from it."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Names that a text may use for it, longest first: the short one, and that without its experiment."""
        short = self.name.rpartition("/")[2]
        return tuple(dict.fromkeys((short, re.sub(r"^exp[^_]*_", "", short))))


@dataclass(frozen=True)
class Unrepeatable:
    """A draw of data that does not come out the same twice."""

    what: str
    """What is drawn, for a report."""
    why: str
    """Why it differs from run to run."""
    origin: str
    """Where that is known from."""


@dataclass(frozen=True)
class ScriptFact:
    """A script of the write-up's, read and never run."""

    path: str
    """Its path as given."""
    options: frozenset[str] | None
    """The options that it declares; None where they could not be read off it."""
    commands: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Subcommand -> its own options; empty where it has none."""
    uploads: tuple[tuple[str, int], ...] = ()
    """What uploads something, and its line."""
    writes: tuple[str, ...] = ()
    """Paths that it writes to; `*` stands for what is only known when it runs."""


@dataclass(frozen=True)
class Facts:
    """Everything that is known beside the text."""

    settings: Mapping[str, Known] = field(default_factory=dict[str, Known])
    """Hyperparameter, by the names of `checks.wrt.settings` -> value."""
    architecture: Known | None = None
    """The model's dimensions."""
    datasets: tuple[DatasetFact, ...] = ()
    """Its datasets; those that others start from are marked."""
    template: ChatTemplate | None = None
    """The chat template of the model; None where nobody said which it is."""
    unrepeatable: tuple[Unrepeatable, ...] = ()
    """Draws that a rerun would not repeat."""
    scripts: tuple[ScriptFact, ...] = ()
    """Scripts that were given."""
    seeds: frozenset[int] = frozenset()
    """Seeds that runs were made with."""
    complete: bool = False
    """Whether `datasets` are all that there were, as in a past issue; files that were given may be some of them."""
    questions: frozenset[int] = frozenset()
    """How many questions evaluations had."""
    other_labels: tuple[int, int] | None = None
    """Questions of the evaluation whose labels are other than A to D, and all of them."""

    @property
    def dimensions(self) -> Architecture | None:
        """The model's dimensions without their origin."""
        return self.architecture.value if self.architecture is not None else None

    @property
    def own(self) -> tuple[DatasetFact, ...]:
        """The datasets that are the write-up's own."""
        return tuple(each for each in self.datasets if not each.parent)
