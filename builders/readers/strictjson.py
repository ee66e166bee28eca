"""JSON as strictly as the engine takes it, with a sentence for what is wrong.

The engine refuses what trainers' loaders refuse too: keys given twice, escapes that are half a character,
bytes that are no UTF-8. Python's own parser takes the first two, so they are looked for here.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from builders.readers.problems import RowProblem

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
BOM = b"\xef\xbb\xbf"

TOO_DEEP: Final = "the JSON is nested too deeply to read"
TOO_LONG_NUMBER: Final = "holds a whole number of thousands of digits, which no reader takes"


def parse_row(line: bytes) -> dict[str, Any]:
    """Parse one line of a JSONL file.

    Raises:
        RowProblem: saying what is wrong with it and what to do.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowProblem(
            f"invalid UTF-8: byte 0x{line[error.start]:02x} at byte {error.start + 1} of the line",
            help="save the file as UTF-8, for example `iconv -f latin1 -t utf-8 FILE`",
        ) from error
    if text.startswith("\ufeff"):
        text = text[1:]
    value = parse_json(text)
    if not isinstance(value, dict):
        raise RowProblem(
            f"expected a JSON object, found {kind(value)}",
            help="a JSONL file has one object on each line",
        )
    return value


def parse_json(text: str) -> Any:  # noqa: ANN401
    """Parse a JSON text; keys given twice and half characters are problems.

    Raises:
        RowProblem: saying what is wrong with it and what to do.
    """
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as error:
        if "\x00" in text:
            raise RowProblem(
                "holds NUL bytes", help="the file was damaged or is no text; write it again"
            ) from error
        raise RowProblem(
            f"broken JSON at character {error.pos + 1}: {error.msg[0].lower()}{error.msg[1:]}",
            help="every line must be one whole JSON object; a cut-off last line means the writer did not finish",
        ) from error
    except RecursionError as error:
        raise RowProblem(TOO_DEEP) from error
    except ValueError as error:  # Python's bound on the digits of a whole number
        raise RowProblem(TOO_LONG_NUMBER, help="quote it, or leave it out") from error
    if "\\ud" in text.lower() and _HALF_CHARACTER.search(json.dumps(value, ensure_ascii=False)):
        raise RowProblem(
            "a \\ud8xx escape is half of a character (a lone surrogate)",
            help="write the whole pair or drop it; `text.encode('utf-16', 'surrogatepass')` shows where it came from",
        )
    return value


def kind(value: object) -> str:
    """Name a JSON value's type as JSON calls it."""
    names: dict[type, str] = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise RowProblem(
            f"key '{twice}' is given twice in one object",
            help="readers disagree about which one counts: keep one",
        )
    return value
