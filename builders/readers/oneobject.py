"""A file that is one JSON object over many lines: one row written to be looked at, or something else than rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError
from builders.readers import lines
from builders.readers.problems import RowProblem
from builders.readers.shapes import shape_of
from builders.readers.strictjson import parse_json

_LONGEST: Final = 1 << 26
"""Bytes that one object may have; a longer file is no single row."""


def whole_object(path: Path, compression: lines.Compression | None, where: str) -> bytes | None:
    """Return a file's one object as a line of JSON; None where the file has a row on each line, or is broken.

    Raises:
        InputError: if it is one object, or several on end, that go over several lines and are no rows as they stand.
    """
    first = next((line for _, line in lines.numbered(path, compression)), b"")
    if _parsed(first) is not None:
        return None
    with lines.open_bytes(path, compression) as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        return None
    found = _parsed(data)
    if found is None:
        if _opens_with_object(data):
            raise InputError(
                "has JSON objects that go over several lines",
                where=where,
                help="put each on a line of its own: jq -c . FILE > NEW.jsonl",
            )
        return None
    if shape_of(found) is None:
        raise InputError(
            f"is one JSON object and no array of rows: its keys are {', '.join(list(found)[:20])}",
            where=where,
            help=rows_inside(found) or "a data set is one object on each line, or an array of objects",
        )
    return json.dumps(found, ensure_ascii=False).encode()


def rows_inside(record: Mapping[str, Any]) -> str | None:
    """Return how to take out the rows that stand in a list of one object; None where there are none."""
    for key, value in record.items():
        if (
            isinstance(value, list)
            and value
            and isinstance(value[0], Mapping)
            and shape_of(value[0]) is not None
        ):
            return f"rows seem to stand under '{key}': jq -c '.[\"{key}\"][]' FILE > NEW.jsonl"
    return None


def _parsed(data: bytes) -> dict[str, Any] | None:
    try:
        value: Any = parse_json(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, RowProblem):
        return None
    return value if isinstance(value, dict) else None


def _opens_with_object(data: bytes) -> bool:
    """Say whether a text begins with one whole object that has a line break in it."""
    text = data.decode("utf-8-sig", errors="replace")
    start = len(text) - len(text.lstrip())
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "\n" in text[start:end]
