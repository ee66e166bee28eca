"""Turn markup inside what users and system messages say: a tokenizer reads it as what the template writes itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from builders.engine.frame import RowText
from builders.engine.table import ResolvedTable
from builders.templates import ChatTemplate

if TYPE_CHECKING:
    import narwhals as nw

_TOKEN: Final = re.compile(
    r"<\|[^|<>\s]{1,60}\|>|<\uff5c[^\uff5c<>\s]{1,60}\uff5c>|<(?:start|end)_of_turn>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS)\]"
    r"|<</?SYS>>|</?s>|<(?:bos|eos)>"
)
"""What control tokens of chat models look like."""

_HEADER: Final = re.compile(
    r"\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\uff5cbegin\u2581of\u2581sentence\uff5c>|<BOS_TOKEN>|\[gMASK\]<sop>)?\s*"
    r"(?:<\|im_start\|>\s*\w+|<\|start_header_id\|>\s*\w+|<start_of_turn>\s*\w+|\[INST\]|<\|(?:system|user)\|>"
    r"|<\uff5cUser\uff5c>|<\|START_OF_TURN_TOKEN\|>|<\|start\|>\s*\w+|<\|header_start\|>\s*\w+|<\|turn>\s*\w+)"
)
"""How a rendered conversation begins."""

_MOST: Final = 20_000
"""Rows with markup that are read back at most."""

_BATCH: Final = 1_000

Kind = Literal["rendered", "control"]


@dataclass(frozen=True)
class Marked:
    """Rows in whose prompt markup stands."""

    kind: Kind
    """`rendered`: a text that a template has already been applied to; `control`: a token of the template's own."""
    rows: int
    """How many trained turns they are."""
    first_row: int
    """The first of them."""
    tokens: tuple[str, ...]
    """The markup, the commonest first, a handful."""


def control_tokens(template: ChatTemplate) -> frozenset[str]:
    """Return what a template writes that its tokenizer reads as control tokens."""
    source = template.source + (template.tool_source or "")
    given = {str(value) for value in template.special_tokens.values() if _TOKEN.fullmatch(str(value))}
    return frozenset(_TOKEN.findall(source)) | given


def marked(table: ResolvedTable) -> list[Marked]:
    """Return the rows whose user or system text holds markup, by kind; at most so many are looked at."""
    numbers = [int(each["row"]) for each in table.frame.engine.answer(table.frame.table, _rows, _MOST)]
    own = control_tokens(table.template)
    found: dict[Kind, dict[int, list[str]]] = {"rendered": {}, "control": {}}
    for number, text in _texts(table, numbers):
        said = [*_said(text.messages)]
        if any(_HEADER.match(each) for each in said):
            found["rendered"][number] = [token for each in said for token in _TOKEN.findall(each)]
        elif tokens := [token for each in said for token in _TOKEN.findall(each) if token in own]:
            found["control"][number] = tokens
    return [
        Marked(kind, len(rows), min(rows), _commonest(rows.values())) for kind, rows in found.items() if rows
    ]


def _rows(rows: nw.LazyFrame[Any], limit: int) -> nw.LazyFrame[Any]:
    import narwhals as nw

    return rows.filter(nw.col("marked")).select("row").sort("row").head(limit)


def _texts(table: ResolvedTable, numbers: Sequence[int]) -> Iterator[tuple[int, RowText]]:
    for start in range(0, len(numbers), _BATCH):
        yield from table.frame.texts(numbers[start : start + _BATCH]).items()


def _said(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the texts that users, tools and system messages say; an answer's own markup is the model's to write."""
    for message in messages:
        content = message.get("content")
        if message.get("role") == "assistant" or content is None:
            continue
        yield content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _commonest(tokens: Iterable[list[str]]) -> tuple[str, ...]:
    counted = Counter(token for each in tokens for token in each)
    return tuple(sorted(counted, key=lambda token: (-counted[token], token))[:5])
