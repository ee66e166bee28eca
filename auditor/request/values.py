"""A setting's value, read from what a file, a variable, an option or Python gives."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from auditor.request.config_keys import Key, Value
from builders.bounds import Bounds
from builders.errors import InputError, UnknownNameError
from checks.core.finding import SEVERITIES
from checks.core.registry import all_checks, find_check
from checks.core.settings import Settings, check_range


def read_value(key: Key, value: object, where: str, *, folder: Path | None = None) -> Value:
    """Return a value as its setting has it.

    Args:
        key: The setting.
        value: What was given.
        where: Where, for errors.
        folder: The folder of the file that gave it, from which its paths are seen; None for other origins.

    Raises:
        UnknownNameError: if a check or a choice is unknown.
        InputError: if the value is not what it should be.
    """
    read: Value
    match key.kind:
        case "words" | "ignores":
            # Tables among what is ignored are read beside the settings.
            words = [
                each for each in listed(value, where) if key.kind == "words" or not isinstance(each, dict)
            ]
            read = tuple(_check_word(word, where) for word in words)
        case "formats":
            read = tuple(text_of(text, where) for text in _several(value, where))
        case "texts":
            read = tuple(_own(key, each, where, folder) for each in _several(value, where))
        case "variables":
            read = _variables(value, where)
        case "severities":
            read = _severities(value, where)
        case "number":
            read = _number(key, value, where)
        case "switch":
            read = _switch(value, where)
        case "choice":
            read = _choice(key, text_of(value, where), where)
        case "text":
            read = text_of(value, where)
        case "place":
            read = _place(key, value, where, folder)
    return read


def from_text(key: Key, text: str) -> object:
    """Return what an environment variable says: lists by commas, the user's own texts one a line."""
    text = text.strip()
    if key.kind in ("words", "formats", "ignores"):
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.kind == "texts":
        return [line for line in text.splitlines() if line.strip()]
    return number_from(key, text) if key.kind == "number" else text


def number_from(key: Key, text: str) -> object:
    """Return a number, the text itself where it is none."""
    try:
        return type(key.default)(text)
    except ValueError:
        return text


def listed(value: object, where: str) -> Sequence[object]:
    """Return a list or tuple.

    Raises:
        InputError: if the value is something else.
    """
    if not isinstance(value, (list, tuple)):
        raise InputError(f"has to be a list, not {value!r}", where=where)
    return cast("Sequence[object]", value)


def text_of(value: object, where: str) -> str:
    """Return a text or a path as a text.

    Raises:
        InputError: if the value is something else.
    """
    if not isinstance(value, (str, Path)):
        raise InputError(f"has to be a text, not {value!r}", where=where)
    return str(value)


def check_code(value: object, where: str) -> str:
    """Return the code of the check that a code or a name means.

    Raises:
        UnknownNameError: if there is none.
    """
    try:
        return find_check(text_of(value, where)).code
    except UnknownNameError as error:
        error.where = where
        raise


def _check_word(value: object, where: str) -> str:
    word = text_of(value, where)
    if word.upper() in {check.code[:3] for check in all_checks()}:
        return word.upper()
    return check_code(word, where)


def _several(value: object, where: str) -> Sequence[object]:
    return listed(value, where) if isinstance(value, (list, tuple)) else [value]


def _own(key: Key, value: object, where: str, folder: Path | None) -> object:
    """Return a text of the user's own; for labels also what only Python can give."""
    if key.name == "label" and not isinstance(value, str):
        from builders.labels import CallableLabeler

        if hasattr(value, "sql"):
            return value
        if callable(value):
            return CallableLabeler(cast("Callable[..., bool | None]", value))
    text = text_of(value, where)
    kind, colon, name = text.partition(":")
    if key.name == "label" and folder and colon and kind == "gold" and (folder / name).is_file():
        return f"gold:{folder / name}"
    return text


def _switch(value: object, where: str) -> bool:
    if isinstance(value, bool):
        return value
    said = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if not isinstance(value, str) or value.lower() not in said:
        raise InputError(f"has to be true or false, not {value!r}", where=where)
    return said[value.lower()]


def _choice(key: Key, value: str, where: str) -> str:
    if value not in key.choices:
        raise UnknownNameError("value", value, key.choices, where=where)
    return value


_OBJECTS = {"template": "ChatTemplate", "evaluation-template": "ChatTemplate", "roles": "Roles"}
"""Settings that Python may give as an object, with its class."""


def _place(key: Key, value: object, where: str, folder: Path | None) -> object:
    """Return a name as it is, and a path in a file as seen from the current folder."""
    if type(value).__name__ == _OBJECTS.get(key.name):
        return value
    text = text_of(value, where)
    if folder is None:
        return value
    beside = folder / text
    return str(beside) if beside.exists() or key.name == "baseline" else text


def _severities(value: object, where: str) -> dict[str, str]:
    if isinstance(value, (list, tuple)):
        value = dict(_pair(text_of(each, where), where) for each in cast("Sequence[object]", value))
    if not isinstance(value, dict):
        raise InputError(f"has to be a table of check = severity, not {value!r}", where=where)
    read: dict[str, str] = {}
    for word, severity in cast("dict[str, object]", value).items():
        if severity not in SEVERITIES:
            raise UnknownNameError("severity", str(severity), SEVERITIES, where=f"{where}.{word}")
        read[check_code(word, where)] = str(severity)
    return read


def numbers_of(value: object, where: str) -> dict[str, object]:
    """Return thresholds or limits by name, given as `Settings` or `Bounds`, as a mapping or as texts ``NAME=VALUE``.

    Raises:
        InputError: if the value is none of these.
    """
    if isinstance(value, (Settings, Bounds)):
        return {name.replace("_", "-"): number for name, number in vars(value).items()}
    if isinstance(value, Mapping):
        return {
            str(name).replace("_", "-"): number
            for name, number in cast("Mapping[str, object]", value).items()
        }
    return dict(_pair(text_of(each, where), where) for each in _several(value, where))


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise InputError(f"'{text}' is not NAME=VALUE", where=where)
    return name, value


def _variables(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, str):
        return _json_object(value, where)
    if not isinstance(value, Mapping):
        raise InputError(f"has to be a table of variables, not {value!r}", where=where)
    return dict(cast("Mapping[str, Any]", value))


def _json_object(text: str, where: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        value = error
    if not isinstance(value, dict):
        raise InputError(
            "not a JSON object",
            where=where,
            help="""write it like this: '{"enable_thinking": false}'""",
        )
    return {str(name): given for name, given in cast("dict[str, Any]", value).items()}


def _number(key: Key, value: object, where: str) -> float | int:
    wanted = type(key.default)
    good = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if isinstance(value, bool) or not good:
        raise InputError(
            f"has to be a {'whole number' if wanted is int else 'number'}, not {value!r}", where=where
        )
    number = cast("float", value)
    if not math.isfinite(number):
        raise InputError(f"has to be finite, not {value!r}", where=where)
    if key.table == "thresholds":
        check_range(key.argument, number, where=where)
    elif number <= 0:
        raise InputError(f"has to be more than 0, not {value!r}", where=where)
    return wanted(number)
