"""YAML files that are models: one loader, whose errors name file, line, key and what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from builders.errors import InputError
from builders.yamltext import NotYamlError, read_yaml

Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[int | str, ...]
"""Where in a document something stands: keys and list places, from the outside in."""
Prepare = Callable[[dict[str, Any]], tuple[dict[str, Any], Callable[[Loc], Loc]]]
"""Rewrites a plain mapping before it is validated, for shorthands, and says where in the file a place of the
rewritten mapping stands. It may raise ValueError."""


def load_model(path: Path, model: type[Model], *, prepare: Prepare | None = None) -> Model:
    """Return the YAML file as `model`.

    Args:
        path: The file.
        model: What it should be.
        prepare: Rewrites the plain mapping before it is validated.

    Raises:
        InputError: if the file cannot be read, is no YAML, says a key twice, or does not fit the model.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8", where=str(path)) from error
    except OSError as error:
        raise InputError(f"could not be read: {error.strerror}", where=str(path)) from error
    return parse_model(text, model, where=str(path), prepare=prepare)


def parse_model(text: str, model: type[Model], *, where: str, prepare: Prepare | None = None) -> Model:
    """Return YAML text as `model`; `where` is what errors call it. See `load_model`."""
    try:
        node, value = read_yaml(text, keys_once=True)
    except NotYamlError as error:
        raise InputError(str(error), where=error.place(where), help=error.advice) from error
    if not isinstance(value, dict):
        raise InputError("expected a mapping of keys to values", where=where)
    relocate: Callable[[Loc], Loc] = tuple
    try:
        if prepare:
            value, relocate = prepare(value)
        return model.model_validate(value)
    except ValidationError as error:
        raise _input_error(error, node, model, where, relocate) from error
    except ValueError as error:
        raise InputError(str(error), where=where) from error


def _input_error(
    error: ValidationError,
    node: Any,  # noqa: ANN401
    model: type[BaseModel],
    where: str,
    relocate: Callable[[Loc], Loc],
) -> InputError:
    """Turn the problem that says most of those that pydantic found into one of ours.

    A misspelt key comes before the key that it leaves missing.
    """
    problems = error.errors(include_url=False)
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
    loc = relocate(first["loc"])
    line = _line_of(node, loc)
    key = ".".join(str(part) for part in loc)
    said = first["msg"].removeprefix("Value error, ")
    message = f"{key}: {said}" if key else said
    advice = None
    if first["type"] == "extra_forbidden":
        message = f"{key}: there is no such key"
        near = difflib.get_close_matches(str(loc[-1]), sorted(_all_keys(model)), n=2)
        advice = f"did you mean {' or '.join(near)}?" if near else None
    if len(problems) > 1:
        message += f" (and {len(problems) - 1} more)"
    return InputError(message, where=f"{where}:{line}" if line else where, help=advice)


def _line_of(node: Any, loc: Loc) -> int | None:  # noqa: ANN401
    """Return the line of the deepest part of `loc` that the file has."""
    line = None
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(key, child) for key, child in node.value if key.value == str(part)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = [(node.value[part], node.value[part])]
        else:
            found = []
        if found:  # a tag of a union in `loc` is no key of the file: stay where we are
            key, node = found[0]
            line = key.start_mark.line + 1
    return line


def _all_keys(model: type[BaseModel]) -> set[str]:
    """Return every key that may stand anywhere in a file of this model."""
    schema = model.model_json_schema()
    keys = set(schema.get("properties", {}))
    for part in schema.get("$defs", {}).values():
        keys |= set(part.get("properties", {}))
    return keys
