"""JSON schemas of our models, with the docstrings under their fields as descriptions.

Pydantic can read these docstrings itself, but does so whenever a class is made, which would cost every start of
the command more than the models themselves. A schema is wanted by editors and documentation only.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from typing import Any

from pydantic import BaseModel


def described_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON schema (draft 2020-12), each field described by the docstring under it."""
    made = model.model_json_schema()
    for each in _models(model, {}).values():
        definition = made if each is model else made.get("$defs", {}).get(each.__name__, {})
        for field, text in _field_docstrings(each).items():
            if field in definition.get("properties", {}):
                definition["properties"][field].setdefault("description", text)
    return made


def allow_variables(schema: Any) -> Any:
    """Return a JSON schema that lets numbers and names hold variables such as ``{n}``, which `for_each` replaces."""
    if isinstance(schema, list):
        return [allow_variables(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and "pattern" in schema:
        outside = {key: value for key, value in schema.items() if key not in ("type", "pattern", "maxLength")}
        named = {key: value for key, value in schema.items() if key not in outside}
        return {**outside, "anyOf": [named, {"type": "string", "pattern": r"\{[a-z_]+\}"}]}
    if schema.get("type") == "integer":
        outside = {key: schema[key] for key in ("description", "default", "title") if key in schema}
        inside = {key: value for key, value in schema.items() if key not in outside}
        return {**outside, "anyOf": [inside, {"type": "string", "pattern": r"^\{[a-z_]+\}$"}]}
    return {key: allow_variables(value) for key, value in schema.items()}


def _models(model: type[BaseModel], found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Return every model that a model is made of, itself first, by name."""
    if model.__name__ not in found:
        found[model.__name__] = model
        pending: list[Any] = [field.annotation for field in model.model_fields.values()]
        while pending:
            kind = pending.pop()
            pending.extend(getattr(kind, "__args__", ()))
            if inspect.isclass(kind) and issubclass(kind, BaseModel):
                _models(kind, found)
    return found


def _field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    bases = [base for base in model.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]
    for base in reversed(bases):
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(node, ast.ClassDef)
        for before, after in itertools.pairwise(node.body):
            if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr):
                value = after.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[ast.unparse(before.target)] = " ".join(value.value.split())
    return found
