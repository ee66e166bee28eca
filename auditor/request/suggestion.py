"""What to do next, so that it can be run word for word: with every setting, quoted, in the request's language."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.request.config_keys import Value
from auditor.request.request import Request, Setting


def suggest(
    request: Request,
    command: str,
    target: object,
    options: Mapping[str, Value],
    settings: Iterable[Setting],
) -> str:
    """Return a command, or a call of the function of that name where Python asked.

    Args:
        request: What was asked for; its language decides.
        command: `build` or `scan`.
        target: What it is about; data in memory are called `data`.
        options: The command's own options, in order: True for a flag, else its value.
        settings: The settings that go along.
    """
    if request.language == "Python":
        return _call(command, target, options, settings)
    words = ["audit", command, _quoted(_place(target)), *_flags(options, settings)]
    return " ".join(words)


def _place(target: object) -> str:
    text = str(target)
    return f"./{text}" if text.startswith("-") and text != "-" else text


def _flags(options: Mapping[str, Value], settings: Iterable[Setting]) -> Iterator[str]:
    for name, value in options.items():
        yield f"--{name}"
        if value is not True:
            yield _quoted(str(value))
    for setting in settings:
        for value in _texts(setting):
            yield setting.key.flag.partition(" ")[0]
            yield _quoted(value)


def _texts(setting: Setting) -> Iterator[str]:
    """Yield what stands after each occurrence of a setting's option."""
    value, key = setting.value, setting.key
    if key.table:
        yield f"{key.name}={value}"
    elif key.kind == "severities":
        yield from (f"{check}={severity}" for check, severity in value.items())
    elif key.kind == "variables":
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, (tuple, list)):
        yield from (str(getattr(each, "spec", each)) for each in value)
    else:
        yield str(getattr(value, "name", value))


def _quoted(text: str) -> str:
    """Return a text as a shell reads it; what a terminal could not show is written as an escape."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_escaped(letter) for letter in text) + "'"


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def _call(command: str, target: object, options: Mapping[str, Value], settings: Iterable[Setting]) -> str:
    shown = ascii(str(target)) if isinstance(target, (str, Path)) else "data"
    arguments: dict[str, Any] = {name.replace("-", "_"): value for name, value in options.items()}
    for setting in settings:
        if setting.key.table:
            arguments.setdefault(setting.key.table, {})[setting.key.name] = setting.value
        else:
            arguments[setting.key.argument] = setting.value
    given = "".join(f", {name}={_literal(value)}" for name, value in arguments.items())
    return f"auditor.{command}({shown}{given})"


def _literal(value: Value) -> str:
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, Path):
        return ascii(str(value))
    function = getattr(value, "function", None)  # a label that is a function is named as the caller knows it
    if function is not None:
        return str(getattr(function, "__name__", "label"))
    if hasattr(value, "spec"):
        return ascii(value.spec)
    return ascii(value) if isinstance(value, (str, int, float, dict, type(None))) else "template"
