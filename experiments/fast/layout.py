"""Where the tokens of a pass lie: rows of several arms side by side, without padding between them.

A pass holds `arms x length` tokens. An arm's rows follow each other in its part; what is left at its end is filler that
nothing reads. Only attention sees rows apart: there they are a rectangle, padded on the right, where a causal row never
looks. Padding and filler hold what is their own row's and arm's: a run whose numbers overflow spoils no other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.training.models import need


@dataclass(frozen=True)
class PassRow:
    """One row of a pass."""

    tokens: Sequence[int]
    """Its tokens."""
    wanted: Sequence[int]
    """Positions in it whose next token is asked for, rising."""
    offset: int = 0
    """Tokens of its step that come before it, whatever pass they are in."""


@dataclass(frozen=True)
class Layout:
    """Tokens of a pass and where attention finds them. Tensors are on the device."""

    arms: int
    """Arms."""
    length: int
    """Tokens of one arm, filler included."""
    rows: int
    """Rows of all arms."""
    width: int
    """Tokens of the longest row."""
    ids: Any
    """Token ids, arms x length."""
    places: Any
    """Position of each token in its row, arms x length."""
    counter: Any
    """Number of each token in its arm's step, arms x length: what dropout is drawn by."""
    to_rows: Any
    """For each cell of the rectangle, the token that belongs there, rows x width; padding names its row's first."""
    to_tokens: Any
    """For each token, its cell in the rectangle; filler names its arm's first."""
    is_row: Any
    """Whether a cell of the rectangle is a token, rows * width x 1."""
    is_token: Any
    """Whether a token is no filler, arms * length x 1."""
    wanted: Any
    """Tokens whose output is asked for, arms x most, as places in the flat pass; padded with the arm's first token."""
    counts: list[int]
    """How many of them each arm has."""
    prefix: int = 0
    """Tokens at the front that come before every row, which are there once; then there is one arm."""


def lay_out(
    parts: Sequence[Sequence[PassRow]], *, device: str, multiple: int = 1, prefix: Sequence[int] = ()
) -> Layout:
    """Return the layout of a pass.

    Args:
        parts: The rows of each arm; an arm may have none.
        device: Where the tensors go.
        multiple: The length is rounded up to a multiple of this, so that fewer shapes are compiled.
        prefix: Tokens that come before every row, whose own tokens leave them out; for one arm.
    """
    torch = need("torch")
    before = len(prefix)
    length = before + max(sum(len(row.tokens) for row in part) for part in parts)
    length = -(-length // multiple) * multiple
    width = max(len(row.tokens) for part in parts for row in part)
    rows = sum(map(len, parts))
    ids, places, counter, to_tokens = ([0] * (len(parts) * length) for _ in range(4))
    is_token = [0] * (len(parts) * length)
    to_rows, is_row = [0] * (rows * width), [0] * (rows * width)
    ids[:before], places[:before] = prefix, range(before)
    is_token[:before] = [1] * before
    wanted: list[list[int]] = []
    number = 0
    for arm, part in enumerate(parts):
        to_tokens[arm * length : (arm + 1) * length] = [number * width] * length
        at = arm * length + before
        asked: list[int] = []
        for row in part:
            size = len(row.tokens)
            ids[at : at + size] = row.tokens
            places[at : at + size] = range(before, before + size)
            counter[at : at + size] = range(row.offset, row.offset + size)
            cell = number * width
            to_tokens[at : at + size] = range(cell, cell + size)
            is_token[at : at + size] = [1] * size
            to_rows[cell : cell + width] = [*range(at, at + size), *([at] * (width - size))]
            is_row[cell : cell + size] = [1] * size
            asked += [at + each for each in row.wanted]
            at += size
            number += 1
        wanted.append(asked)
    most = max(1, *map(len, wanted)) if wanted else 1
    padded = [[*asked, *([arm * length] * (most - len(asked)))] for arm, asked in enumerate(wanted)]

    def tensor(values: list[Any], dtype: Any, *shape: int) -> Any:  # noqa: ANN401
        found = torch.tensor(values, dtype=dtype)
        return found.view(*shape).to(device, non_blocking=True)

    return Layout(
        arms=len(parts),
        length=length,
        rows=rows,
        width=width,
        ids=tensor(ids, torch.int64, len(parts), length),
        places=tensor(places, torch.int64, len(parts), length),
        counter=tensor(counter, torch.int32, len(parts), length),
        to_rows=tensor(to_rows, torch.int64, rows, width),
        to_tokens=tensor(to_tokens, torch.int64, len(parts) * length),
        is_row=tensor(is_row, torch.bool, rows * width, 1),
        is_token=tensor(is_token, torch.bool, len(parts) * length, 1),
        wanted=tensor(padded, torch.int64, len(parts), most),
        counts=[len(asked) for asked in wanted],
        prefix=before,
    )
