"""JSON schemas of what is read and written, with the models' field docstrings as descriptions."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any

from pydantic import BaseModel

MODELS = {
    "report": ("checks.report", "Report"),
    "row": ("builders.schema", "TaggedRow"),
    "run-result": ("checks.result", "RunResult"),
    "recipe": ("builders.recipe", "Recipe"),
}
"""Name of the schema file -> module and model."""


def pages(root: Path) -> dict[Path, str]:
    """Return one schema per model."""
    return {
        root / "docs" / "schemas" / f"{name}.json": json.dumps(schema(*place), indent=2) + "\n"
        for name, place in MODELS.items()
    }


def schema(module: str, model: str) -> dict[str, Any]:
    """Return the JSON schema of a model, described by the docstrings under its fields.

    Pydantic can read these docstrings itself, but does so whenever the class is made, which would slow every
    start of the command.
    """
    cls: type[BaseModel] = getattr(importlib.import_module(module), model)
    made = cls.model_json_schema()
    for each in _models(cls, {}).values():
        definition = made if each is cls else made["$defs"][each.__name__]
        for field, text in _field_docstrings(each).items():
            if field in definition.get("properties", {}):
                definition["properties"][field].setdefault("description", text)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _models(cls: type[BaseModel], found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Return every model that a model is made of, itself first, by name."""
    if cls.__name__ not in found:
        found[cls.__name__] = cls
        pending = [field.annotation for field in cls.model_fields.values()]
        while pending:
            kind = pending.pop()
            pending.extend(getattr(kind, "__args__", ()))
            if inspect.isclass(kind) and issubclass(kind, BaseModel):
                _models(kind, found)
    return found


def _field_docstrings(cls: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in reversed(
        [base for base in cls.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]
    ):
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(node, ast.ClassDef)
        for before, after in zip(node.body, node.body[1:], strict=False):
            if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr):
                value = after.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[ast.unparse(before.target)] = " ".join(value.value.split())
    return found
