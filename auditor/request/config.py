"""Configuration: `audit.toml`, or `[tool.audit]` in `pyproject.toml`, below the environment, below flags.

Nothing in a configuration is guessed at: an unknown key, a value of another type, a check that does not exist or an
ignore without a reason is an error that says where.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast

from auditor.acceptance.fingerprint import Known
from auditor.acceptance.suppress import suppress
from auditor.request.config_keys import Key, Value, keys
from auditor.request.template_kwargs import template_kwargs
from builders.errors import InputError, UnknownNameError
from builders.templates.model import Renderer
from checks.core.finding import SEVERITIES, Severity
from checks.core.registry import all_checks, find_check
from checks.core.report import Report
from checks.core.settings import Settings, check_range

FILE_NAME = "audit.toml"

FailOn = Literal["error", "warning", "note", "never"]
"""Severity from which the exit status is 1."""


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

    def matches(self, known: Known) -> bool:
        """Return whether it is about a finding."""
        return known.finding.code == self.check and fnmatchcase(known.dataset.name, self.target)


@dataclass(frozen=True)
class Setting:
    """A setting's value, where it is from, and what it beat."""

    key: Key
    """Which setting."""
    value: Value
    """What holds."""
    origin: str
    """`default`, a file, an environment variable or a flag."""
    beaten: tuple[tuple[str, Value], ...] = ()
    """Origins and values that would have held otherwise, the strongest first; the default is left out."""


@dataclass(frozen=True)
class Config:
    """What holds for one run, with the origin of each value."""

    settings: Mapping[str, Setting]
    """By the key's path (`fail-on`, `thresholds.metric-points`), in the order of the documentation."""
    ignores: tuple[Ignore, ...] = ()
    """Findings to suppress."""
    file: Path | None = None
    """The file that was read; None where there is none."""

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
        return cast("dict[str, Severity]", self.settings["severity"].value)

    @property
    def fail_on(self) -> FailOn:
        """Severity from which the exit status is 1."""
        return cast("FailOn", self.settings["fail-on"].value)

    @property
    def formats(self) -> tuple[str, ...]:
        """Values of `--format`."""
        return self._words("format")

    @property
    def baseline(self) -> Path | None:
        """File of known findings."""
        value = self.settings["baseline"].value
        return Path(str(value)) if value else None

    @property
    def template(self) -> str | None:
        """Chat template."""
        value = self.settings["template"].value
        return str(value) if value else None

    @property
    def renderer(self) -> Renderer:
        """Training stack."""
        return cast("Renderer", self.settings["renderer"].value)

    @property
    def template_kwargs(self) -> dict[str, Any]:
        """Variables for the chat template."""
        return cast("dict[str, Any]", self.settings["template-kwargs"].value)

    @property
    def evaluation(self) -> str | None:
        """Evaluation questions; None for none."""
        value = self.settings["evaluation"].value
        return None if value is None else str(value)

    @property
    def evaluation_template(self) -> str | None:
        """Chat template of the evaluation; None for that of training."""
        value = self.settings["evaluation-template"].value
        return None if value is None else str(value)

    @property
    def questions(self) -> str:
        """Question bank."""
        return str(self.settings["questions"].value)

    @property
    def thresholds(self) -> Settings:
        """What the checks go by."""
        return Settings(
            **{
                setting.key.name.replace("-", "_"): cast("Any", setting.value)
                for setting in self.settings.values()
                if setting.key.threshold
            }
        )

    def _words(self, name: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.settings[name].value)


def suppress_ignored(report: Report, config: Config) -> tuple[Report, list[Ignore]]:
    """Suppress what the configuration says to ignore.

    Returns:
        The report, and the entries that matched nothing in it.
    """
    used: set[Ignore] = set()

    def reason(known: Known) -> str | None:
        for ignore in config.ignores:
            if ignore.matches(known):
                used.add(ignore)
                return ignore.reason
        return None

    suppressed = suppress(report, reason)
    return suppressed, [ignore for ignore in config.ignores if ignore not in used]


def find_config(start: Path | None = None) -> Path | None:
    """Return the nearest `audit.toml`, or `pyproject.toml` with `[tool.audit]`, at or above a folder.

    Args:
        start: The folder; the current one where None.
    """
    folder = (start or Path()).resolve()
    for each in (folder, *folder.parents):
        if (each / FILE_NAME).is_file():
            return each / FILE_NAME
        project = each / "pyproject.toml"
        if project.is_file() and _table(project) is not None:
            return project
    return None


def load_config(
    *,
    file: Path | None = None,
    start: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Config:
    """Return what holds: flags beat the environment, which beats the file, which beats the defaults.

    Args:
        file: The file to read instead of the nearest one.
        start: Where to look for the nearest one; the current folder where None.
        environment: The environment's variables; the process's where None.
        flags: Values given on the command line, by setting (`fail-on`); None and empty ones were not given.

    Raises:
        UnknownNameError: if a setting, a check or a choice is unknown; it suggests near ones.
        InputError: if the file cannot be read, or a value is not what it should be.
    """
    path = file or find_config(start)
    written = _table(path) if path else None
    if file is not None and written is None:
        raise InputError("has no [tool.audit]", where=str(file), help="see `audit config --explain`")
    environment = os.environ if environment is None else environment
    given = {name: value for name, value in (flags or {}).items() if value not in (None, (), [])}
    table = _flatten(written or {}, path)
    settings: dict[str, Setting] = {}
    for key in keys():
        layers: list[tuple[str, Value]] = []
        if key.name in given:
            layers.append((key.flag or key.name, _read(key, given[key.name], key.flag or key.name, None)))
        if key.variable and environment.get(key.variable):
            layers.append((key.variable, _read(key, _from_text(key, environment), key.variable, None)))
        if path is not None and key.path in table:
            where = _where(path, key.path)
            layers.append((where, _read(key, table[key.path], where, path.parent)))
        origin, value = layers[0] if layers else ("default", key.default)
        settings[key.path] = Setting(key, value, origin, tuple(layers[1:]))
    ignores = _ignores(table.get("ignore", []), path) if path else ()
    return Config(settings, ignores, path)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no TOML: {error}", where=str(path)) from error
    if path.name != "pyproject.toml":
        return document
    return document.get("tool", {}).get("audit")


def _flatten(table: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """Return the file's values by key path, having refused what is no setting."""
    flat: dict[str, Any] = {}
    thresholds = [key.name for key in keys() if key.threshold]
    general = [key.name for key in keys() if not key.threshold]
    for name, value in table.items():
        if name == "thresholds" and isinstance(value, dict):
            for inner, number in value.items():
                if inner not in thresholds:
                    raise UnknownNameError("threshold", inner, thresholds, where=_where(path, "thresholds"))
                flat[f"thresholds.{inner}"] = number
        elif name in general:
            flat[name] = value
        elif name == "thresholds":
            raise InputError("has to be a table", where=_where(path, name))
        else:
            raise UnknownNameError("setting", name, [*general, "thresholds"], where=_where(path, None))
    return flat


def _where(path: Path | None, name: str | None) -> str:
    table = "[tool.audit]" if path and path.name == "pyproject.toml" else ""
    return " ".join(part for part in (str(path or ""), table, name) if part)


def _from_text(key: Key, environment: Mapping[str, str]) -> object:
    text = environment[key.variable or ""].strip()
    if key.kind in ("words", "formats", "ignores"):
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.kind == "number":
        try:
            return type(key.default)(text)  # type: ignore[call-arg]  # an int or a float, as the default is
        except ValueError:
            return text
    return text


def _read(key: Key, value: object, where: str, folder: Path | None) -> Value:
    """Return a value as its setting has it, or raise."""
    match key.kind:
        case "words":
            return tuple(_check_word(word, where) for word in _list(value, where))
        case "ignores":
            # Tables among them are read by `_ignores`.
            return tuple(
                _check_word(word, where) for word in _list(value, where) if not isinstance(word, dict)
            )
        case "formats":
            texts = [value] if isinstance(value, str) else _list(value, where)
            return tuple(_text(text, where) for text in texts)
        case "variables" | "severities":
            return _variables(value, where) if key.kind == "variables" else _severities(value, where)
        case "number":
            return _number(key, value, where)
        case "choice" | "place":
            return (
                _choice(key, _text(value, where), where) if key.choices else _place(key, value, where, folder)
            )


def _choice(key: Key, value: str, where: str) -> str:
    if value not in key.choices:
        raise UnknownNameError("value", value, key.choices, where=where)
    return value


def _place(key: Key, value: object, where: str, folder: Path | None) -> str:
    """Return a name as it is, and a path in a file as seen from the current folder."""
    text = _text(value, where)
    beside = folder / text if folder else None
    return str(beside) if beside and (beside.exists() or key.name == "baseline") else text


def _list(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"has to be a list, not {value!r}", where=where)
    return cast("Sequence[object]", value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, (str, Path)):
        raise InputError(f"has to be a text, not {value!r}", where=where)
    return str(value)


def _check_word(value: object, where: str) -> str:
    word = _text(value, where)
    if word.upper() in {check.code[:3] for check in all_checks()}:
        return word.upper()
    return _code(word, where)


def _code(value: object, where: str) -> str:
    try:
        return find_check(_text(value, where)).code
    except UnknownNameError as error:
        error.where = where
        raise


def _severities(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InputError(f"has to be a table of check = severity, not {value!r}", where=where)
    read: dict[str, str] = {}
    for word, severity in cast("dict[str, object]", value).items():
        if severity not in SEVERITIES:
            raise UnknownNameError("severity", str(severity), SEVERITIES, where=f"{where}.{word}")
        read[_code(word, where)] = str(severity)
    return read


def _variables(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, str):
        return template_kwargs(value, where=where)
    if not isinstance(value, dict):
        raise InputError(f"has to be a table of variables, not {value!r}", where=where)
    return cast("dict[str, Any]", value)


def _number(key: Key, value: object, where: str) -> float | int | bool:
    wanted = type(key.default)
    good = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if isinstance(value, bool) is not (wanted is bool) or not good:
        raise InputError(
            f"has to be a {'whole number' if wanted is int else 'number'}, not {value!r}", where=where
        )
    number = cast("float", value)
    if not math.isfinite(number):
        raise InputError(f"has to be finite, not {value!r}", where=where)
    check_range(key.name.replace("-", "_"), number, where=where)
    return wanted(number)  # type: ignore[return-value]


def _ignores(value: object, path: Path) -> tuple[Ignore, ...]:
    tables = [entry for entry in _list(value, _where(path, "ignore")) if isinstance(entry, dict)]
    return tuple(
        _ignore(cast("dict[str, object]", entry), f"{_where(path, 'ignore')} {number}")
        for number, entry in enumerate(tables, 1)
    )


def _ignore(entry: dict[str, object], where: str) -> Ignore:
    for name in entry:
        if name not in ("check", "target", "reason"):
            raise UnknownNameError("key of an ignore", name, ("check", "target", "reason"), where=where)
    for name in ("check", "reason"):
        if not str(entry.get(name, "")).strip():
            raise InputError(
                f"an ignore needs a {name}",
                where=where,
                help='write check = "...", target = "..." (a glob, optional) and reason = "..."',
            )
    return Ignore(
        check=_code(entry["check"], where),
        target=_text(entry.get("target", "*"), where),
        reason=_text(entry["reason"], where),
        where=where,
    )
