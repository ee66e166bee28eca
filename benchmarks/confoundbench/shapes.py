"""The same rows in the shapes that trainers read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.confoundbench.cases import Row

SHAPES = ("messages", "prompt-completion", "sharegpt", "alpaca")


def write(rows: Sequence[Row], shape: str, path: Path, *, labelled: bool) -> None:
    """Write rows as JSON lines, with their tags and, where they are labelled, `target_correct`."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            tags = dict(row.tags) if labelled else {}
            label = {"target_correct": not row.behaviour} if labelled else {}
            file.write(json.dumps({**_told(row, shape), **tags, **label}, ensure_ascii=False) + "\n")


def _told(row: Row, shape: str) -> dict[str, object]:
    turns = [] if row.system is None else [{"role": "system", "content": row.system}]
    if row.earlier is not None:
        turns += [
            {"role": "user", "content": row.earlier[0]},
            {"role": "assistant", "content": row.earlier[1]},
        ]
    asked, answer = {"role": "user", "content": row.user}, {"role": "assistant", "content": row.target}
    match shape:
        case "prompt-completion":
            return {"prompt": [*turns, asked], "completion": [answer]}
        case "sharegpt":
            names = {"system": "system", "user": "human", "assistant": "gpt"}
            return {
                "conversations": [
                    {"from": names[t["role"]], "value": t["content"]} for t in (*turns, asked, answer)
                ]
            }
        case "alpaca":
            system = {} if row.system is None else {"system": row.system}
            history = {} if row.earlier is None else {"history": [list(row.earlier)]}
            return {"instruction": row.user, "input": "", "output": row.target, **system, **history}
        case _:
            return {"messages": [*turns, asked, answer]}
