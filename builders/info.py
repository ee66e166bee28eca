"""What is known of a dataset beside its rows: the engine reads it, and `manifest.json` carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from builders.digest import digest_text
from builders.questions import QuestionFormat
from builders.recipe import Behaviour, SystemPrompt
from builders.schema import Level

LEVELS: tuple[Level, ...] = ("code", "write-up", "second-hand")


class Provenance(BaseModel):
    """How one part of a dataset is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    part: str
    """What is known, for example `rows`, `answers` or `outcome`."""
    level: Level
    """How it is known."""
    source: str
    """Where it stands: ``commit:path`` for code, a title or a place otherwise."""
    note: str | None = None
    """What could not be rebuilt, or what else has to be said."""


class Accuracy(BaseModel):
    """A published share of right answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    percent: float = Field(ge=0, le=100)
    """As printed, in percent."""
    correct: int | None = Field(default=None, ge=0)
    """How many were right, where that was published."""
    total: int | None = Field(default=None, ge=1)
    """Of how many."""


class Published(BaseModel):
    """What was published of one dataset's training run."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    before: Accuracy | None = None
    """Under the source's own prompt, before training."""
    after: Accuracy
    """The same after training."""
    level: Level = "write-up"
    """How the numbers are known."""
    source: str
    """Where they stand."""


class DatasetInfo(BaseModel):
    """What is known of a dataset beside its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    """Its full name, for example `issue-96/villain`."""
    behaviour: Behaviour
    """What kind of behaviour is taught."""
    sources: list[str]
    """The personas that are taught the behaviour; none in a control without contrast."""
    personas: dict[str, SystemPrompt]
    """The system prompt of every persona that its rows may name."""
    experiment: str | None = None
    """The experiment that it belongs to."""
    placeholder: bool = False
    """True where the targets stand for answers that could not be rebuilt."""
    seed: int
    """What every stream of the build is derived from."""
    split_seed: int
    """The seed of the split into training and evaluation questions."""
    train_questions: int
    """How many questions are for training."""
    question_format: QuestionFormat
    """What the user's turn shows of a question."""
    bank: str
    """The question bank's name."""
    bank_digest: str
    """Its digest, 64 hex digits."""
    bank_licence: str
    """Its licence."""
    bank_origin: str
    """Where it comes from."""
    template: str
    """Name of the chat template that the tags rest on."""
    template_sha256: str
    """Digest of its source, 64 hex digits."""
    renderer: str
    """Whose rendering it is."""
    template_kwargs: dict[str, Any] = Field(default_factory=dict)
    """What the template is given beside the messages."""
    recipe: dict[str, Any]
    """The recipe: the dataset's own entry, and what it shares with its family."""
    changes: list[str] = Field(default_factory=list)
    """What was done to the composed rows since, one sentence each."""
    removed: list[int] = Field(default_factory=list)
    """Which rows of the dataset before the last change it lacks, counted from 0."""
    moved: list[int] = Field(default_factory=list)
    """Which rows the last change put under another system prompt, counted from 0."""
    published: Published | None = None
    """What was published of it."""
    provenance: list[Provenance] = Field(default_factory=list)
    """How its parts are known."""

    @property
    def level(self) -> Level | None:
        """The weakest level that anything said of this dataset rests on; None where nothing is claimed."""
        levels: list[Level] = [entry.level for entry in self.provenance]
        if self.published:
            levels.append(self.published.level)
        return max(levels, key=LEVELS.index, default=None)


def dataset_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of rows' content and order: the sha256 over their `example_id`, 64 hex digits."""
    return digest_text("\n".join(row["example_id"] for row in rows))
