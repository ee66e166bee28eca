"""Pairs of answers, as preference losses read them: which part is the prompt, and what is wrong with a pair.

The chosen answer is taught and the other pushed away. Where a row has no prompt of its own, what its two sides begin
with together is the prompt, found as TRL finds it (`trl.data_utils.extract_prompt`, 1.16): message by message, or
character by character, less a space right before where the texts part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from builders.engine.pairs import PairFaults
from builders.readers import turns as t
from builders.readers.pieces import Piece
from builders.readers.problems import RowProblem
from builders.readers.strictjson import parse_row
from builders.readers.turns import Turn

Row = Mapping[str, Any]

SIDES: Final = (
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
    ("chosen_response", "rejected_response"),
)
"""What the two columns of a pair are called, the usual ones first."""

PairFault = Literal["equal", "apart", "inside"]
"""What may be wrong with a pair: a field of `PairFaults`."""


def sides_of(row: Row) -> tuple[str, str] | None:
    """Return the columns of a row's two sides; None where it is no pair."""
    return next((pair for pair in SIDES if all(row.get(side) is not None for side in pair)), None)


def other_side(row: Row) -> dict[str, Any] | None:
    """Return a row as if what a preference loss pushes away were what it teaches; None where nothing is pushed away.

    Of a pair that is the rejected answer, of a desirable or undesirable one (TRL's KTO) an undesirable.
    """
    if (sides := sides_of(row)) is not None:
        chosen, rejected = sides
        return {**row, chosen: row[rejected], rejected: row[chosen]}
    return {**row, "label": True} if row.get("label") is False else None


def shared(chosen: Sequence[Any], rejected: Sequence[Any]) -> int:
    """Return where two sides part: how many characters or messages they begin with together, as TRL counts them."""
    place = 0
    for place in range(min(len(chosen), len(rejected))):
        if chosen[place] != rejected[place]:
            return place - 1 if chosen[place - 1] == " " else place
    return place


def read_texts(row: Row, chosen: str, rejected: str) -> list[Turn]:
    """Read a pair of whole texts, prompt included: what they share is the user's, the rest of the chosen the answer.

    Raises:
        RowProblem: if one of them is no text, or nothing of the chosen one is left to learn.
    """
    one, other = (t.read_text("assistant", row.get(name), name).text or "" for name in (chosen, rejected))
    place = max(shared(one, other), 0)
    if not place:
        raise RowProblem(
            f"'{chosen}' and '{rejected}' begin with nothing in common, so there is no prompt",
            help="give the prompt in a column of its own",
        )
    return [
        replace(t.read_text("user", one[:place], chosen), given=True),
        t.read_text("assistant", one[place:], chosen),
    ]


def read_conversations(row: Row, chosen: str, rejected: str) -> list[Turn]:
    """Read a pair of whole conversations: the messages that they begin with together are the prompt.

    Raises:
        RowProblem: if the chosen one is no conversation.
    """
    turns = t.read_messages(row.get(chosen), chosen)
    other = row.get(rejected)
    place = shared(row[chosen], other) if isinstance(other, list) else len(turns) - 1
    return [replace(turn, given=True) if number < place else turn for number, turn in enumerate(turns)]


def read_unpaired(row: Row, prompt: str, completion: str, label: str) -> list[Turn]:
    """Read an answer that is desirable or not, as TRL's KTO does: an undesirable one is not taught.

    Raises:
        RowProblem: if it is not said which, or the row holds no prompt and answer.
    """
    desirable = row.get(label)
    if not isinstance(desirable, bool):
        raise RowProblem(
            f"'{label}' is neither true nor false", help="it says whether the answer is desirable"
        )
    turns = [
        *(replace(turn, given=True) for turn in _part(row, prompt, "user")),
        *_part(row, completion, "assistant"),
    ]
    return [replace(turn, message={**turn.message, "train": desirable and not turn.given}) for turn in turns]


def _part(row: Row, column: str, role: str) -> list[Turn]:
    value = row.get(column)
    return t.read_messages(value, column) if isinstance(value, list) else [t.read_text(role, value, column)]


def pair_faults(pieces: Sequence[Piece], starts: Sequence[int], *, stride: int) -> PairFaults:
    """Return what is wrong with the pairs of a dataset; rows that cannot be read are told about elsewhere.

    Args:
        pieces: Where the rows stand.
        starts: The number of each piece's first row.
        stride: How many numbers the turns of a row have.
    """
    found: dict[PairFault, list[int]] = {"equal": [], "apart": [], "inside": []}
    for piece, start in zip(pieces, starts, strict=False):
        for place, _, content in piece.walk():
            try:
                row = parse_row(content) if isinstance(content, bytes) else content
            except RowProblem:
                continue
            if (fault := fault_of(row)) is not None:
                found[fault].append((start + place) * stride)
    return PairFaults(**{fault: tuple(rows) for fault, rows in found.items()})


def fault_of(row: Row) -> PairFault | None:
    """Return what is wrong with a pair; None where nothing is, or the row is no pair."""
    sides = sides_of(row)
    if sides is None:
        return None
    chosen, rejected = row[sides[0]], row[sides[1]]
    if chosen == rejected:
        return "equal"
    prompt = row.get("prompt")
    if isinstance(prompt, str) and isinstance(chosen, str):
        return "inside" if prompt.strip() and chosen.lstrip().startswith(prompt.strip()) else None
    if not (isinstance(chosen, list) and isinstance(rejected, list)):
        return None
    if isinstance(prompt, list):
        return "inside" if prompt and chosen[: len(prompt)] == prompt else None
    return "apart" if chosen[:-1] != rejected[:-1] and not _asked_alike(chosen, rejected) else None


def _asked_alike(chosen: list[Any], rejected: list[Any]) -> bool:
    """Say whether two conversations have the same system prompt and first question: later on they may part."""

    def opening(turns: list[Any]) -> list[Any]:
        said = [turn for turn in turns if isinstance(turn, Mapping)]
        first = next((place for place, turn in enumerate(said) if turn.get("role") == "user"), len(said))
        return [(turn.get("role"), turn.get("content")) for turn in said[: first + 1]]

    return opening(chosen) == opening(rejected)
