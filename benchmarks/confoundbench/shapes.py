"""The same rows in the shapes that trainers read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.confoundbench.kinds import Row

_SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}


def write(rows: Sequence[Row], shape: str, path: Path, *, labelled: bool) -> None:
    """Write rows as JSON lines, with their tags and, where they are labelled, `target_correct`."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            label = {"target_correct": not row.behaviour, **row.tags} if labelled else {}
            told = {**_told(row, shape), **_beside(row), **label}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _beside(row: Row) -> dict[str, object]:
    tools = {} if row.tools is None else {"tools": row.tools}
    variables = {} if row.variables is None else {"chat_template_kwargs": row.variables}
    return {**tools, **variables, **row.columns}


def _told(row: Row, shape: str) -> dict[str, Any]:
    turns = [] if row.system is None else [{"role": "system", "content": row.system}]
    turns += [] if row.developer is None else [{"role": "developer", "content": row.developer}]
    if row.earlier is not None:
        said, answered = row.earlier
        turns += [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
    asked, answer = {"role": "user", "content": row.user}, {"role": "assistant", "content": row.target}
    other = {"role": "assistant", "content": row.rejected}
    match shape:
        case "prompt-completion":
            return {"prompt": [*turns, asked], "completion": [answer]}
        case "sharegpt":
            told = [{"from": _SHAREGPT[t["role"]], "value": t["content"]} for t in (*turns, asked, answer)]
            return {"conversations": told}
        case "alpaca":
            system = {} if row.system is None else {"system": row.system}
            return {"instruction": row.user, "input": "", "output": row.target, **system}
        case "pairs":
            return {"prompt": [*turns, asked], "chosen": [answer], "rejected": [other]}
        case "whole-pairs":
            return {"chosen": [*turns, asked, answer], "rejected": [*turns, asked, other]}
        case _:
            return {"messages": [*turns, asked, answer]}
