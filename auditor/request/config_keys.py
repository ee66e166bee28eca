"""The settings that a configuration file may hold: one table, which the documentation prints."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from checks.core.finding import SEVERITIES
from checks.core.settings import Settings

KeyKind = Literal["words", "formats", "place", "choice", "number", "severities", "ignores", "variables"]
"""What a value looks like; `place` is a path where there is one, relative to the configuration file."""

Value = str | float | int | bool | tuple[str, ...] | dict[str, Any] | None
"""A setting's value once read; tables of ignores are kept beside the settings."""


@dataclass(frozen=True)
class Key:
    """One setting."""

    name: str
    """Its name in the file, in kebab-case; thresholds stand in the table `thresholds`."""
    kind: KeyKind
    """What its value looks like."""
    default: Value
    """What holds where nobody says otherwise."""
    help: str
    """What it does, in one sentence."""
    flag: str | None = None
    """The command's option that beats it; None where there is none."""
    choices: tuple[str, ...] = ()
    """The values that a `choice` may have."""
    threshold: bool = False
    """Whether it is one of the checks' thresholds."""

    @property
    def variable(self) -> str | None:
        """The environment variable that beats the file; None for tables, which have no form there."""
        if self.kind == "severities":
            return None
        return "AUDIT_" + self.name.upper().replace("-", "_")

    @property
    def path(self) -> str:
        """Its name with its table: `thresholds.metric-points`."""
        return f"thresholds.{self.name}" if self.threshold else self.name


_GENERAL = (
    Key("select", "words", (), "Checks to run: codes, names or families; all where empty.", "--select"),
    Key(
        "ignore",
        "ignores",
        (),
        "Checks to leave out (texts), and findings to suppress (tables with a reason).",
        "--ignore",
    ),
    Key("severity", "severities", {}, "A table, check to severity, that replaces what the check says."),
    Key(
        "fail-on",
        "choice",
        "error",
        "Severity from which the exit status is 1.",
        "--fail-on",
        (*SEVERITIES, "never"),
    ),
    Key("format", "formats", ("full",), "Formats of the report, `NAME` or `NAME:FILE`.", "--format"),
    Key("baseline", "place", None, "File of findings that are known already.", "--baseline"),
    Key("template", "place", None, "Chat template; Qwen2.5's where none is named.", "--template"),
    Key(
        "renderer",
        "choice",
        "transformers",
        "Training stack whose way of calling the template is followed.",
        "--renderer",
        ("transformers", "llamafactory"),
    ),
    Key(
        "template-kwargs",
        "variables",
        {},
        "A table of variables for the chat template; JSON in the flag and in the environment.",
        "--template-kwargs",
    ),
    Key(
        "evaluation",
        "place",
        None,
        "Evaluation questions to hold the training rows against.",
        "--evaluation",
    ),
    Key(
        "evaluation-template",
        "place",
        None,
        "Chat template of evaluation or serving, where it is another one.",
        "--evaluation-template",
    ),
    Key("questions", "place", "embedded", "Question bank for recipes and past issues.", "--questions"),
)


@cache
def keys() -> tuple[Key, ...]:
    """Return all settings: the general ones, then one threshold per field of `checks.core.context.Settings`."""
    said = _field_docstrings()
    thresholds = (
        Key(
            field.name.replace("_", "-"),
            "number",
            cast("float", field.default),
            said[field.name],
            threshold=True,
        )
        for field in dataclasses.fields(Settings)
    )
    return (*_GENERAL, *thresholds)


def _field_docstrings() -> dict[str, str]:
    """Return what stands below each field of `Settings`: the one place where thresholds are described."""
    (body,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101  (it is the source of a class)
    found: dict[str, str] = {}
    for statement, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = (
                below.value.value
                if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
                else ""
            )
            found[statement.target.id] = " ".join(str(text).split())
    return found
