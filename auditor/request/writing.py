"""Write settings down: the `audit.toml` that makes a plain `audit scan FILE` do what was asked for with options."""

from __future__ import annotations

import json
from collections.abc import Mapping

from auditor.request.config_keys import PER_TARGET
from auditor.request.request import Request


def config_text(target: str, request: Request, *, more: Mapping[str, object] | None = None) -> str:
    """Return an `audit.toml` with a table for one target.

    Args:
        target: The data file, relative to the configuration.
        request: What was asked for; only what was said is written, no default.
        more: Settings beside the request's, by their names in the file.
    """
    said = {
        setting.key.name: setting.value for setting in request.given(*PER_TARGET) if not setting.key.table
    }
    table = {**said, **(more or {})}
    lines = [
        f"# What `audit scan {target}` goes by; `audit config --explain` says what else could stand here."
    ]
    lines += [f"[target.{_quoted(target)}]", *(f"{name} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a basic string of TOML: JSON's escapes are among those that it knows, once all is ASCII."""
    return json.dumps(text)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(name))} = {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else _quoted(str(value))
