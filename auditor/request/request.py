"""A request: all settings of one audit, each with its origin; commands and integrations take it whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from auditor.request.config_keys import Group, Key, Table, Value, keys
from builders.bounds import Bounds, bounded
from checks.core.finding import Severity
from checks.core.judging import FailOn
from checks.core.selection import Selection
from checks.core.settings import Settings
from checks.prediction.given import Given, read_given

if TYPE_CHECKING:
    from builders.labels import Labeler, RoleSelectors
    from builders.templates import ChatTemplate, Renderer
    from builders.views import TrainingView

By = Literal["default", "file", "environment", "flag"]
"""Who set a value, the weakest first; an argument of a Python function counts as a flag."""

Language = Literal["command line", "Python"]
"""Where the request was made, and so in which language suggestions are."""


@dataclass(frozen=True)
class Ignore:
    """A finding that somebody decided to live with, and why."""

    check: str
    """The check's code."""
    target: str
    """A glob over the names of datasets; `*` where the entry names none."""
    reason: str
    """Why; printed wherever the finding is."""
    where: str
    """The file and the entry."""

    def matches(self, code: str, dataset: str) -> bool:
        """Return whether it is about a finding of that check in a dataset of that name."""
        return code == self.check and fnmatchcase(dataset, self.target)


@dataclass(frozen=True)
class Setting:
    """A setting's value, where it is from, and what it beat."""

    key: Key
    """Which setting."""
    value: Value
    """What holds."""
    origin: str
    """`default`, a file with its key, an environment variable, a flag or an argument."""
    by: By = "default"
    """Which kind of origin that is."""
    beaten: tuple[tuple[str, Value], ...] = ()
    """Origins and values that would have held otherwise, the strongest first; the default is left out."""


@dataclass(frozen=True)
class ForTarget:
    """Settings that a configuration file keeps for some targets alone."""

    glob: str
    """Which targets: a pattern over their names, or over their paths as seen from the file."""
    settings: tuple[Setting, ...]
    """What holds for them, below flags and environment."""


def _defaults() -> dict[str, Setting]:
    return {key.path: Setting(key, key.default, "default") for key in keys()}


@dataclass(frozen=True)
class Request:
    """All settings of one audit, with the origin of each; without arguments, the defaults."""

    settings: Mapping[str, Setting] = field(default_factory=_defaults)
    """By the key's path (`fail-on`, `thresholds.metric-points`), in the order of the documentation."""
    ignores: tuple[Ignore, ...] = ()
    """Findings to suppress."""
    file: Path | None = None
    """The configuration file that was read; None where there is none."""
    targets: tuple[ForTarget, ...] = ()
    """What the file says of some targets alone."""
    language: Language = "command line"
    """Where it was made."""

    # How rows are rendered.

    @property
    def template(self) -> str | Path | ChatTemplate | None:
        """Chat template; None for the embedded one."""
        return self.settings["template"].value or None

    @property
    def renderer(self) -> Renderer:
        """Training stack."""
        return self.settings["renderer"].value

    @property
    def template_kwargs(self) -> dict[str, Any]:
        """Variables for the chat template."""
        return self.settings["template-kwargs"].value

    @cached_property
    def chat_template(self) -> ChatTemplate:
        """The chat template, loaded.

        Raises:
            AuditError: if there is none of that name, or it cannot be read.
        """
        return self.load(self.template)

    # How rows are read.

    @property
    def shape(self) -> str | None:
        """How rows are laid out; None to find it."""
        return self.settings["shape"].value

    @property
    def labels(self) -> tuple[str | Labeler, ...]:
        """What decides whether a row teaches the behaviour, in order."""
        return self._words("label")

    @property
    def condition(self) -> tuple[str, ...]:
        """What tells conditions apart beside the system prompt; empty to look for it."""
        return self._words("condition")

    @property
    def source(self) -> tuple[str, ...]:
        """Selectors of sources; for recipes the personas whose datasets are meant."""
        return self._words("source")

    @cached_property
    def roles(self) -> RoleSelectors | None:
        """Which system prompts play which role; None where nothing is said of it.

        Raises:
            InputError: if the file of roles cannot be read.
        """
        listed = self.settings["roles"].value
        given = {name: self._words(name) for name in ("source", "bystander", "anchor")}
        if listed is None and not any(given.values()):
            return None
        from builders.labels import RoleSelectors, load_roles

        if isinstance(listed, RoleSelectors):
            found = listed
        else:
            found = RoleSelectors() if listed is None else load_roles(Path(listed))
        return replace(found, **{name: (*words, *getattr(found, name)) for name, words in given.items()})

    @cached_property
    def view(self) -> TrainingView | None:
        """Which turns are trained; None to go by the target's own description, by the rows' flags, or as TRL does.

        Raises:
            AuditError: if the trainer has no such setting.
        """
        trainer, settings = self.settings["trainer"].value, self.settings["trainer-settings"].value
        if trainer is None and not settings:
            return None
        from builders.views import view_of

        return view_of(trainer or "trl", settings)

    @property
    def columns(self) -> dict[str, str]:
        """What columns are to be read as: part -> column.

        Raises:
            InputError: if a pair is none.
            UnknownNameError: if a part is none.
        """
        from builders.readers.mapped import parse_columns

        return parse_columns(self._words("columns"))

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Columns, and keys of messages, that do not matter although they could."""
        return self._words("ignore-column")

    @property
    def engine(self) -> Literal["duckdb", "spark"]:
        """What holds and counts the rows of a file."""
        return self.settings["engine"].value

    @property
    def on_error(self) -> Literal["stop", "skip"]:
        """What to do with a row that cannot be read."""
        return self.settings["on-error"].value

    @property
    def questions(self) -> str:
        """Question bank for what is composed."""
        return str(self.settings["questions"].value)

    # What they are held against.

    @property
    def evaluation(self) -> str | Path | None:
        """Evaluation questions; None for none."""
        return self.settings["evaluation"].value

    @property
    def evaluation_template(self) -> str | Path | ChatTemplate | None:
        """Chat template of the evaluation; None for that of training."""
        return self.settings["evaluation-template"].value

    @cached_property
    def served_template(self) -> ChatTemplate:
        """The chat template that evaluation or serving renders with, loaded."""
        return (
            self.chat_template
            if self.evaluation_template is None
            else self._loaded(self.evaluation_template, {})
        )

    @cached_property
    def training(self) -> Given | None:
        """How it will be trained and asked; None where nothing is said of it.

        Raises:
            InputError: if a key is unknown, or values contradict each other.
        """
        said = self.settings["training"]
        return read_given(said.value, where=said.origin) if said.value else None

    # Which checks run, and what they go by.

    @property
    def selection(self) -> Selection:
        """Which checks run, with which severities and thresholds."""
        return Selection(
            select=self.select,
            ignore=self.ignore,
            severities=self.severities,
            settings=self.thresholds,
        )

    @property
    def select(self) -> tuple[str, ...]:
        """Checks to run."""
        return self._words("select")

    @property
    def ignore(self) -> tuple[str, ...]:
        """Checks to leave out."""
        return self._words("ignore")

    @property
    def severities(self) -> dict[str, Severity]:
        """Code -> severity that replaces what the check says."""
        return self.settings["severity"].value

    @property
    def thresholds(self) -> Settings:
        """What the checks go by."""
        return Settings(**self._numbers("thresholds"))

    # What an input may cost, and where it may lead.

    @property
    def limits(self) -> Bounds:
        """Bounds on what is read, rendered and composed."""
        return Bounds(**self._numbers("limits"))

    def within(self) -> AbstractContextManager[None]:
        """Let the request's bounds hold for a while."""
        return bounded(self.limits, anywhere=self.settings["follow"].value == "anywhere")

    def _numbers(self, table: Table) -> dict[str, Any]:
        return {each.key.argument: each.value for each in self.settings.values() if each.key.table == table}

    # What becomes of the findings.

    @property
    def fail_on(self) -> FailOn:
        """Severity from which the exit status is 1."""
        return self.settings["fail-on"].value

    @property
    def formats(self) -> tuple[str, ...]:
        """Values of `--format`."""
        return self._words("format")

    @property
    def redact(self) -> bool:
        """Whether digests and counts are all that is left of a report."""
        return self.settings["redact"].value

    @property
    def baseline(self) -> Path | None:
        """File of known findings."""
        value = self.settings["baseline"].value
        return Path(value) if value else None

    # All of it.

    def given(self, *groups: Group) -> list[Setting]:
        """Return the settings of some groups that somebody set to another value than the default."""
        return [
            each
            for each in self.settings.values()
            if (not groups or each.key.group in groups)
            and each.by != "default"
            and each.value != each.key.default
        ]

    def without(self, *groups: Group) -> Request:
        """Return the request with the defaults of some groups of settings, for what they cannot be about."""
        return self._with(
            Setting(each.key, each.key.default, "default")
            for each in self.settings.values()
            if each.key.group in groups
        )

    def without_source(self) -> Request:
        """Return the request without `source`, where that names the datasets of a recipe."""
        key = self.settings["source"].key
        return self._with([Setting(key, key.default, "default")])

    def rendered_by(self, template: ChatTemplate) -> Request:
        """Return the request for rows that a trainer renders with a template of its own."""
        key = self.settings["template"].key
        return self._with([Setting(key, template, template.origin, "flag")])

    def of_rows(self, template: ChatTemplate | None) -> Request:
        """Return the request for rows whose own description names a template; one that was asked for goes first.

        Texts that are rendered already are put through no template, whatever is asked for.
        """
        if template is None or (self.template is not None and not template.of_text):
            return self
        return self.rendered_by(template)

    def or_default(self, name: str, value: Value) -> Request:
        """Return the request with another default for one setting: a value that holds where nobody set any."""
        setting = self.settings[name]
        if setting.by != "default":
            return self
        return self._with([replace(setting, value=value)])

    def for_target(self, target: object) -> Request:
        """Return what holds for one target: what the configuration keeps for it beats what it says of all."""
        changed: dict[str, Setting] = {}
        for table in self.targets:
            if self._means(table.glob, target):
                for own in table.settings:
                    general = changed.get(own.key.path, self.settings[own.key.path])
                    changed[own.key.path] = _below(general, own)
        return self._with(changed.values()) if changed else self

    def _with(self, changed: Iterable[Setting]) -> Request:
        return dataclasses.replace(
            self, settings={**self.settings, **{each.key.path: each for each in changed}}
        )

    def _means(self, glob: str, target: object) -> bool:
        if not isinstance(target, (str, Path)):
            return False
        names = [str(target)]
        if self.file is not None:
            path, folder = Path(target).absolute(), self.file.absolute().parent
            names += [path.relative_to(folder).as_posix()] if path.is_relative_to(folder) else []
        return any(fnmatchcase(name, glob) for name in names)

    def load(self, template: str | Path | ChatTemplate | None) -> ChatTemplate:
        """Return a chat template that is called as the request says, whatever template it names.

        Raises:
            AuditError: if there is none of that name, or it cannot be read.
        """
        return self._loaded(template, self.template_kwargs)

    def _loaded(self, template: str | Path | ChatTemplate | None, kwargs: dict[str, Any]) -> ChatTemplate:
        from builders.templates import ChatTemplate, load_template

        if isinstance(template, ChatTemplate):
            return template
        return load_template(template, renderer=self.renderer, kwargs=kwargs)

    def _words(self, name: str) -> tuple[Any, ...]:
        return self.settings[name].value


def _below(general: Setting, own: Setting) -> Setting:
    """Return a setting in which a target's own value took its place below flags and environment."""
    if general.by in ("flag", "environment"):
        return replace(general, beaten=(*general.beaten, (own.origin, own.value)))
    said = [(general.origin, general.value)] if general.by == "file" else []
    return replace(own, beaten=(*said, *general.beaten))
