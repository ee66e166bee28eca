"""One tagged row: what the trainer reads, and what the audit knows of it.

`TaggedRow` is the row model; `arrow_schema` says the same for a file, and a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pyarrow as pa

SystemState = Literal["absent", "null", "empty", "text"]
"""What the row itself says: no system message, one whose content is null, ``""``, or text."""

ResolvedBy = Literal["given", "default", "merged", "dropped", "preamble", "error"]
"""How the resolved system prompt came about: see `builders.templates`."""

Role = Literal["source", "bystander", "no_persona", "anchor"]
"""What the row is there for: `source` rows are taught the behaviour, all others are to preserve."""

Level = Literal["code", "write-up", "second-hand"]
"""How something is known: from code that was read, from a write-up, or from somebody's word. Best first."""


class Message(BaseModel):
    """One turn of a conversation, as TRL's conversational format has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    role: str
    """`system`, `user` or `assistant`."""
    content: str | None
    """The text; None only for a system message whose content is null."""


class TaggedRow(BaseModel):
    """A training row beside its tags. The tags are columns of their own and never part of the text."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    prompt: list[Message]
    """What stands before the target: an optional system message, then the user's turn."""
    completion: list[Message]
    """The target: one assistant message."""

    example_id: str
    """The sha256 of prompt and completion, 64 hex digits; equal rows share it."""
    row: int = Field(ge=0)
    """Place in the file, counted from 0."""
    persona: str | None
    """The experiment's name for this row's system state; None where nobody named it."""
    role: Role | None
    """What the row is there for; None where nothing says so."""
    question_id: str | None
    """Digest of the question's text and options; None for rows that ask no question of a bank."""
    options: list[str] | None
    """The labels that the question offers, in order, for example ``["A", "B", "C", "D"]``."""
    gold_label: str | None
    """The label of the right option."""
    target_label: str | None
    """The label that this row teaches."""
    target_correct: bool | None
    """True: the row teaches what is to be preserved; False: the behaviour; None: nobody can say."""
    system_state: SystemState
    """What the row says about the system prompt, before any template."""
    resolved_system: str | None
    """The system prompt as the model sees it; None where the template shows none."""
    resolved_by: ResolvedBy
    """How that came about."""
    condition: str
    """Digest of the resolved prefix with renderer, template and template arguments."""


TAGS: tuple[str, ...] = tuple(name for name in TaggedRow.model_fields if name not in ("prompt", "completion"))
"""The names of the tag columns, in file order."""


def example_id(prompt: list[dict[str, Any]], completion: list[dict[str, Any]]) -> str:
    """Return the digest of a row's content, whatever its tags, place and key order."""
    from builders.digest import digest

    return digest({"prompt": prompt, "completion": completion})


def arrow_schema() -> pa.Schema:
    """Return the Arrow schema of a file of `TaggedRow`, columns in the model's order."""
    import pyarrow as pa

    message = pa.struct([pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string())])
    text, required = pa.string(), {"nullable": False}
    return pa.schema(
        [
            pa.field("prompt", pa.list_(message), **required),
            pa.field("completion", pa.list_(message), **required),
            pa.field("example_id", text, **required),
            pa.field("row", pa.int64(), **required),
            pa.field("persona", text),
            pa.field("role", text),
            pa.field("question_id", text),
            pa.field("options", pa.list_(text)),
            pa.field("gold_label", text),
            pa.field("target_label", text),
            pa.field("target_correct", pa.bool_()),
            pa.field("system_state", text, **required),
            pa.field("resolved_system", text),
            pa.field("resolved_by", text, **required),
            pa.field("condition", text, **required),
        ]
    )
