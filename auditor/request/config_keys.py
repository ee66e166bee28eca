"""The settings: one table, from which the configuration file, variables, options, Python arguments and docs follow.

To add a setting, add a line to `_GENERAL` and a typed property to `auditor.request.request.Request`. Every command
that takes its group then has the option (`auditor.commands.options`), `audit.toml` the key, the environment the
variable, `auditor.scan` the argument, and suggestions repeat it.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, cast

from builders.templates.model import RENDERERS
from builders.views.model import TRAINERS
from checks.core.finding import SEVERITIES
from checks.core.settings import Settings

KeyKind = Literal[
    "words", "formats", "place", "choice", "number", "severities", "ignores", "variables", "texts", "text"
]
"""What a value looks like; `place` is a path where there is one, relative to the configuration file, and `texts` are
words of the user's own, which may hold commas."""

Group = Literal["template", "reading", "evaluation", "selection", "acceptance"]
"""What a setting is about: how rows are rendered, how they are read, what they are held against, which checks run and
what they go by, and what becomes of the findings. A command takes whole groups."""

Value = Any
"""A setting's value once read: JSON types, tuples for lists, and what only Python can give (functions, templates)."""

PER_TARGET: Final[tuple[Group, ...]] = ("template", "reading", "evaluation", "selection")
"""Groups that a table of the configuration may set for some targets alone; the others hold for a whole command."""


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
    group: Group
    """What it is about."""
    choices: tuple[str, ...] = ()
    """The values that a `choice` may have."""
    threshold: bool = False
    """Whether it is one of the checks' thresholds."""

    @property
    def flag(self) -> str:
        """The option that beats the environment."""
        return f"--threshold {self.name}" if self.threshold else f"--{self.name}"

    @property
    def argument(self) -> str:
        """The argument of the Python functions."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str | None:
        """The environment variable that beats the file; None for tables, which have no form there."""
        return None if self.kind == "severities" else f"AUDIT_{self.argument.upper()}"

    @property
    def path(self) -> str:
        """Its name with its table: `thresholds.metric-points`."""
        return f"thresholds.{self.name}" if self.threshold else self.name

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
        "source", "texts", (), "System prompt of a source: its text, a glob, a persona or absent.", "reading"
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
        "A column, or a key of messages, that nothing reads and that does not matter.",
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
)


@cache
def keys() -> tuple[Key, ...]:
    """Return all settings: the general ones, then one threshold per field of `checks.core.settings.Settings`."""
    said = _field_docstrings()
    thresholds = (
        Key(
            field.name.replace("_", "-"),
            "number",
            cast("float", field.default),
            said[field.name],
            "selection",
            threshold=True,
        )
        for field in dataclasses.fields(Settings)
    )
    return (*_GENERAL, *thresholds)


def general(*groups: Group) -> tuple[Key, ...]:
    """Return the settings of some groups without the thresholds; of all groups where none is named."""
    return tuple(key for key in _GENERAL if not groups or key.group in groups)


def setting_names() -> frozenset[str]:
    """Return the names under which the Python functions take settings."""
    return frozenset({*(key.argument for key in _GENERAL), "thresholds"})


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
