"""The settings: one table, from which the configuration file, variables, options, Python arguments and docs follow.

To add a setting, add a line to `_GENERAL` and a typed property to `auditor.request.request.Request`. Every command
that takes its group then has the option (`auditor.commands.options`), `audit.toml` the key, the environment the
variable, `auditor.scan` the argument, and suggestions repeat it.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, cast, get_args

from builders.bounds import Bounds
from builders.templates.model import RENDERERS
from builders.views.model import TRAINERS
from checks.core.finding import SEVERITIES
from checks.core.settings import Settings

KeyKind = Literal[
    "words",
    "formats",
    "place",
    "choice",
    "number",
    "severities",
    "ignores",
    "variables",
    "texts",
    "text",
    "switch",
]
"""What a value looks like; `place` is a path where there is one, relative to the configuration file, and `texts` are
words of the user's own, which may hold commas."""

Group = Literal["template", "reading", "evaluation", "selection", "acceptance", "limits"]
"""What a setting is about: how rows are rendered, how they are read, what they are held against, which checks run and
what they go by, what becomes of the findings, and what an input may cost. A command takes whole groups, and limits."""

Table = Literal["thresholds", "limits"]
"""Tables of settings that are numbers."""

TABLES: Final[tuple[Table, ...]] = get_args(Table)
"""All of them."""

Value = Any
"""A setting's value once read: JSON types, tuples for lists, and what only Python can give (functions, templates)."""

PER_TARGET: Final[tuple[Group, ...]] = ("template", "reading", "evaluation", "selection")
"""Groups that a table of the configuration may set for some targets alone; the others hold for a whole command."""


@dataclass(frozen=True)
class Key:
    """One setting."""

    name: str
    """Its name in the file, in kebab-case; thresholds and limits stand in the tables of these names."""
    kind: KeyKind
    """What its value looks like."""
    default: Value
    """What holds where nobody says otherwise."""
    help: str
    """What it does, in one sentence."""
    group: Group
    """What it is about."""
    choices: tuple[str, ...] = ()
    """The values that a `choice` may have."""
    table: Table | None = None
    """The table that it stands in: it is one of the checks' thresholds, or of the bounds on what an input may cost."""

    @property
    def flag(self) -> str:
        """The option that beats the environment."""
        return f"--{self.table.removesuffix('s')} {self.name}" if self.table else f"--{self.name}"

    @property
    def argument(self) -> str:
        """The argument of the Python functions."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str | None:
        """The environment variable that beats the file; None for tables, which have no form there."""
        own = f"LIMIT_{self.argument}" if self.table == "limits" else self.argument
        return None if self.kind == "severities" else f"AUDIT_{own.upper()}"

    @property
    def path(self) -> str:
        """Its name with its table: `thresholds.metric-points`."""
        return f"{self.table}.{self.name}" if self.table else self.name

    @property
    def repeatable(self) -> bool:
        """Whether the option may be given more than once."""
        return self.kind in ("words", "formats", "ignores", "texts", "severities")


_GENERAL = (
    Key(
        "template",
        "place",
        None,
        "Chat template: a .jinja or .gguf file, a tokenizer folder, a hub id, or a name (llama3.1); Qwen2.5's where "
        "none is named.",
        "template",
    ),
    Key(
        "renderer",
        "choice",
        "transformers",
        "Training stack whose way of calling the template is followed.",
        "template",
        RENDERERS,
    ),
    Key(
        "template-kwargs",
        "variables",
        {},
        "Variables for the chat template: a table in a file, a JSON object elsewhere ('{\"enable_thinking\": false}').",
        "template",
    ),
    Key(
        "shape", "text", None, "How rows are laid out; found from the content where none is named.", "reading"
    ),
    Key(
        "label",
        "texts",
        (),
        "What says whether a row teaches the behaviour: column:NAME, gold:FILE, marker:TEXT, regex:PATTERN.",
        "reading",
    ),
    Key(
        "condition",
        "texts",
        (),
        "What tells conditions apart beside the system prompt: prefix:TEXT, suffix:TEXT, contains:TEXT, wrap:A{}B, "
        "regex:PATTERN, column:NAME=VALUE, or none; looked for in the data where nothing is said.",
        "reading",
    ),
    Key(
        "source",
        "texts",
        (),
        "System prompt of a source: its text, a glob, a persona, absent, or file:GLOB.",
        "reading",
    ),
    Key("bystander", "texts", (), "The same, of a bystander.", "reading"),
    Key("anchor", "texts", (), "The same, of an anchor.", "reading"),
    Key("roles", "place", None, "A file of roles (docs/readers.md).", "reading"),
    Key(
        "trainer",
        "choice",
        None,
        "Trainer whose rules say which answers carry loss (docs/trainers.md); the target's own, or else TRL.",
        "reading",
        TRAINERS,
    ),
    Key(
        "trainer-settings",
        "variables",
        {},
        "Settings of the trainer that decide what carries loss: a table in a file, a JSON object elsewhere "
        "('{\"assistant_only_loss\": true}').",
        "reading",
    ),
    Key(
        "columns",
        "texts",
        (),
        "What a column is to be read as: system=COLUMN, or prompt=COLUMN and response=COLUMN, or messages=COLUMN, "
        "tools=COLUMN; dots lead into objects (docs/readers.md).",
        "reading",
    ),
    Key(
        "ignore-column",
        "texts",
        (),
        "A column, a key of messages or of a trainer's file, that nothing reads and that does not matter.",
        "reading",
    ),
    Key(
        "engine",
        "choice",
        "duckdb",
        "What holds and counts the rows of a file: duckdb, in this process, or spark (docs/scale.md).",
        "reading",
        ("duckdb", "spark"),
    ),
    Key(
        "follow",
        "choice",
        "beside",
        "Where a trainer's own file may lead: to files beside it or below the current folder, or anywhere, hubs too.",
        "limits",
        ("beside", "anywhere"),
    ),
    Key(
        "on-error",
        "choice",
        "stop",
        "What to do with a row that cannot be read.",
        "reading",
        ("stop", "skip"),
    ),
    Key(
        "questions",
        "place",
        "embedded",
        "Question bank for recipes and past issues: embedded, arc-challenge or a file.",
        "reading",
    ),
    Key(
        "evaluation",
        "place",
        None,
        "Questions that the result is measured with (embedded, arc-challenge or a file); training is held against "
        "them.",
        "evaluation",
    ),
    Key(
        "evaluation-template",
        "place",
        None,
        "Chat template of evaluation or serving, where it is another one.",
        "evaluation",
    ),
    Key(
        "training",
        "variables",
        {},
        "How it will be trained and asked, for what is predicted: a table in a file, a JSON object elsewhere "
        '(\'{"learning_rate": 1e-5, "epochs": 3, "batch": 16, "model": "Qwen2.5-7B"}\'; docs/predictor.md).',
        "evaluation",
    ),
    Key("select", "words", (), "Checks to run: codes, names or families; all where empty.", "selection"),
    Key(
        "ignore",
        "ignores",
        (),
        "Checks to leave out (texts), and in a file findings to suppress (tables with a reason).",
        "selection",
    ),
    Key(
        "severity",
        "severities",
        {},
        "Check to severity, in place of what the check says: a table in a file, CHECK=SEVERITY as an option.",
        "selection",
    ),
    Key(
        "fail-on",
        "choice",
        "error",
        "Severity from which the exit status is 1.",
        "acceptance",
        (*SEVERITIES, "never"),
    ),
    Key("format", "formats", ("full",), "Formats of the report, `NAME` or `NAME:FILE`.", "acceptance"),
    Key("baseline", "place", None, "File of findings that are known already.", "acceptance"),
    Key(
        "redact",
        "switch",
        False,
        "Leave digests and counts only, in every format: no prompt, target, persona, path or id.",
        "acceptance",
    ),
)


@cache
def keys() -> tuple[Key, ...]:
    """Return all settings: the general ones, then one per field of `checks.core.settings.Settings` and of `Bounds`."""
    return (
        *_GENERAL,
        *_numbers(Settings, "selection", "thresholds"),
        *_numbers(Bounds, "limits", "limits"),
    )


def _numbers(model: type[Settings | Bounds], group: Group, table: Table) -> Iterator[Key]:
    said = _field_docstrings(model)
    for field in dataclasses.fields(model):
        default = cast("float", field.default)
        yield Key(field.name.replace("_", "-"), "number", default, said[field.name], group, table=table)


def general(*groups: Group) -> tuple[Key, ...]:
    """Return the settings of some groups that stand in no table; of all groups where none is named."""
    return tuple(key for key in _GENERAL if not groups or key.group in groups)


def setting_names() -> frozenset[str]:
    """Return the names under which the Python functions take settings."""
    return frozenset({*(key.argument for key in _GENERAL), *TABLES})


def _field_docstrings(model: type) -> dict[str, str]:
    """Return what stands below each field of a class: the one place where thresholds, and limits, are described."""
    (body,) = ast.parse(inspect.getsource(model)).body
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
