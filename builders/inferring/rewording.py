"""Questions that are asked in other words, or with their options in another order, as the same question.

Conditions whose questions are never the same to the letter may still ask the same ones: each in a wrap of its own, with
other punctuation, or with the options turned. What is compared then is the question without its condition's wrap, and
the text of the option that an answer names instead of its letter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from builders.carriers.pairs import plain
from builders.engine.order import scattered
from builders.engine.table import ResolvedTable
from builders.questions.options import options_key, question_and_options

if TYPE_CHECKING:
    import narwhals as nw

ROWS: Final = 20_000
"""Rows that are read back at the most, evenly over the conditions; others stay unlabelled."""

_LETTER: Final = re.compile(r"^\s*[(\[]?([A-J]|[1-9])[)\].:]*\s*$")


def sampled(conditioned: nw.LazyFrame[Any], each: int, limit: int) -> nw.LazyFrame[Any]:
    """Return condition and row of so many rows of each condition, the same in every run."""
    import narwhals as nw

    placed = conditioned.select("condition", "row", place=scattered())
    ranked = placed.with_columns(rank=nw.col("place").rank("ordinal").over("condition"))
    return ranked.filter(nw.col("rank") <= each).sort("place", "row").head(limit).select("condition", "row")


def reworded(table: ResolvedTable) -> nw.LazyFrame[Any]:
    """Return row, condition, question and answer, the latter two as hashes of what they say."""
    each = max(1, ROWS // len({table.condition_of(tally) for tally in table.tallies}))
    found = sorted((int(one["row"]), str(one["condition"])) for one in table.ask(sampled, each, ROWS))
    texts = table.frame.texts([row for row, _ in found])
    asked: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for row, condition in found:
        users = [str(said.get("content")) for said in texts[row].messages if said.get("role") == "user"]
        asked[condition].append((row, users[-1] if users else "", texts[row].target))
    rows: list[tuple[int, str, int, int]] = []
    for condition, said in asked.items():
        begin, end = wrap_of([user for _, user, _ in said])
        for row, user, target in said:
            bare = user[len(begin) : len(user) - len(end)]
            rows.append((row, condition, _digest(question_of(bare)), _digest(answer_of(bare, target))))
    name = table.frame.engine.fill(
        f"{table.frame.table}_reworded",
        {"row": "BIGINT", "condition": "VARCHAR", "user_key": "BIGINT", "target_key": "BIGINT"},
        [[list(column) for column in zip(*rows, strict=True)]],
    )
    return table.frame.engine.lazy(name)


def wrap_of(texts: Sequence[str]) -> tuple[str, str]:
    """Return how all texts begin and end, in whole words; nothing where there are fewer than five."""
    if len(set(texts)) < 5:
        return "", ""
    begin = _shared(texts)
    end = _shared([text[len(begin) :][::-1] for text in texts])[::-1]
    return begin, end


def _shared(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    same = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[: max((n + 1 for n in range(same) if not low[n].isalnum()), default=0)]


def question_of(text: str) -> str:
    """Return what a text asks, whatever the order of its options, its case and its punctuation."""
    key = options_key(text)
    return plain(text) if key is None else "\x1f".join((key[0], *key[1]))


def answer_of(text: str, target: str) -> str:
    """Return what a target says: the text of the option that it names, or its own words."""
    found, letter = question_and_options(text), _LETTER.match(target)
    if found is not None and letter is not None:
        label = letter[1]
        place = ord(label) - ord("A") if label.isalpha() else int(label) - 1
        if place < len(found[1]):
            return found[1][place]
    return plain(target) or target


def _digest(text: str) -> int:
    return int.from_bytes(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )
