"""Make a request: `audit.toml` or `[tool.audit]` in `pyproject.toml`, below the environment, below flags.

Nothing in a configuration is guessed at: an unknown key, a value of another type, a check that does not exist or an
ignore without a reason is an error that says where.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from auditor.request.config_keys import PER_TARGET, TABLES, Key, general, keys
from auditor.request.request import By, ForTarget, Ignore, Language, Request, Setting
from auditor.request.values import (
    check_code,
    from_text,
    listed,
    number_from,
    numbers_of,
    read_value,
    text_of,
)
from builders.errors import InputError, UnknownNameError

FILE_NAME: Final = "audit.toml"

_TABLES: Final = (*TABLES, "target")
"""Keys of the file that are tables."""


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


def load_request(
    *,
    file: Path | None = None,
    start: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
    command: str | None = None,
    language: Language = "command line",
) -> Request:
    """Return what is asked for: flags beat the environment, which beats the file, which beats the defaults.

    Args:
        file: The file to read instead of the nearest one.
        start: Where to look for the nearest one; the current folder where None.
        environment: The environment's variables; the process's where None.
        flags: Values given on the command line or to a Python function, by setting (`fail-on`) or argument
            (`fail_on`), and `thresholds` and `limits` as tables; None and empty ones were not given.
        command: The command whose own variables (`AUDIT_SCAN_FAIL_ON`) count as its flags.
        language: Where the request is made.

    Raises:
        UnknownNameError: if a setting, a check or a choice is unknown; it suggests near ones.
        InputError: if the file cannot be read, or a value is not what it should be.
    """
    path = file or find_config(start)
    written = _table(path) if path else None
    if file is not None and written is None:
        raise InputError("has no [tool.audit]", where=str(file), help="see `audit config --explain`")
    environment = os.environ if environment is None else environment
    return _made(
        written or {}, path, environment=environment, flags=flags or {}, command=command, language=language
    )


def _made(
    written: dict[str, Any],
    path: Path | None,
    *,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    command: str | None,
    language: Language,
) -> Request:
    given = _given(flags, language)
    table = _flatten(written, path, [])
    settings: dict[str, Setting] = {}
    for key in keys():
        layers: list[Setting] = []
        if key.path in given:
            origin = key.argument if language == "Python" else key.flag
            layers.append(_setting(key, given[key.path], origin, "flag"))
        for variable, by in _variables(key, command):
            if environment.get(variable):
                layers.append(_setting(key, from_text(key, environment[variable]), variable, by))
        if path is not None and key.path in table:
            where = _where(path, [key.path])
            layers.append(_setting(key, table[key.path], where, "file", folder=path.parent))
        settings[key.path] = _strongest(key, layers)
    return Request(
        settings,
        _ignores(table.get("ignore", []), path) if path else (),
        path,
        _targets(written.get("target", {}), path) if path else (),
        language,
    )


def requested(**settings: object) -> Request:
    """Return the defaults with some settings, whatever the environment and a configuration nearby say.

    Args:
        settings: As for `auditor.scan`.
    """
    return _made({}, None, environment={}, flags=settings, command=None, language="Python")


def _given(flags: Mapping[str, object], language: Language) -> dict[str, object]:
    """Return what was given, by path of the setting."""
    known = {key.name: key.path for key in general()} | {key.argument: key.path for key in general()}
    tables = {table: {key.name: key for key in keys() if key.table == table} for table in TABLES}
    found: dict[str, object] = {}
    for name, value in flags.items():
        if value in (None, (), [], {}):
            continue
        table = next((each for each in TABLES if name in (each, each.removesuffix("s"))), None)
        if table is not None:
            where = table if language == "Python" else f"--{table.removesuffix('s')}"
            for own, number in numbers_of(value, where).items():
                key = tables[table].get(own)
                if key is None:
                    raise UnknownNameError(table.removesuffix("s"), own, tables[table], where=where)
                found[key.path] = number_from(key, number) if isinstance(number, str) else number
        elif name in known:
            found[known[name]] = value
        else:
            raise UnknownNameError("setting", name, [*(key.argument for key in general()), *TABLES])
    return found


def _setting(key: Key, value: object, origin: str, by: By, *, folder: Path | None = None) -> Setting:
    return Setting(key, read_value(key, value, origin, folder=folder), origin, by)


def _variables(key: Key, command: str | None) -> list[tuple[str, By]]:
    """Return the variables that set a key: that of the command, which counts as its flag, and that of all."""
    if key.variable is None:
        return []
    own = key.variable.replace("AUDIT_", f"AUDIT_{command.upper()}_", 1) if command else None
    return [*([(own, cast("By", "flag"))] if own else []), (key.variable, "environment")]


def _strongest(key: Key, layers: list[Setting]) -> Setting:
    if not layers:
        return Setting(key, key.default, "default")
    first, *others = layers
    return Setting(
        key, first.value, first.origin, first.by, tuple((each.origin, each.value) for each in others)
    )


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no TOML: {error}", where=str(path)) from error
    if path.name != "pyproject.toml":
        return document
    return document.get("tool", {}).get("audit")


def _flatten(table: dict[str, Any], path: Path | None, parents: list[str]) -> dict[str, Any]:
    """Return the file's values by key path, having refused what is no setting."""
    flat: dict[str, Any] = {}
    tables = {table: [key.name for key in keys() if key.table == table] for table in TABLES}
    names = [key.name for key in general()]
    for name, value in table.items():
        if name in _TABLES and not isinstance(value, dict):
            raise InputError("has to be a table", where=_where(path, [*parents, name]))
        if name in TABLES:
            for inner, number in value.items():
                if inner not in tables[name]:
                    kind, where = name.removesuffix("s"), _where(path, [*parents, name])
                    raise UnknownNameError(kind, inner, tables[name], where=where)
                flat[f"{name}.{inner}"] = number
        elif name in names:
            flat[name] = value
        elif name != "target" or parents:
            raise UnknownNameError("setting", name, [*names, *_TABLES], where=_where(path, parents))
    return flat


def _targets(tables: Mapping[str, Any], path: Path) -> tuple[ForTarget, ...]:
    """Return what `[target."GLOB"]` tables say."""
    known = {key.path: key for key in keys()}
    found: list[ForTarget] = []
    for glob, table in tables.items():
        place = ["target", f'"{glob}"']
        if not isinstance(table, dict):
            raise InputError("has to be a table", where=_where(path, place))
        settings: list[Setting] = []
        for name, value in _flatten(cast("dict[str, Any]", table), path, place).items():
            key, where = known[name], _where(path, [*place, name])
            if key.group not in PER_TARGET:
                raise InputError("holds for a whole command, not for one target", where=where)
            if name == "ignore" and any(isinstance(each, dict) for each in listed(value, where)):
                raise InputError(
                    "an ignore with a reason names its target itself",
                    where=where,
                    help="put it into `ignore`",
                )
            settings.append(_setting(key, value, where, "file", folder=path.parent))
        found.append(ForTarget(glob, tuple(settings)))
    return tuple(found)


def _where(path: Path | None, names: list[str]) -> str:
    table = "[tool.audit]" if path and path.name == "pyproject.toml" else ""
    return " ".join(part for part in (str(path or ""), table, *names) if part)


def _ignores(value: object, path: Path) -> tuple[Ignore, ...]:
    tables = [entry for entry in listed(value, _where(path, ["ignore"])) if isinstance(entry, dict)]
    return tuple(
        _ignore(cast("dict[str, object]", entry), f"{_where(path, ['ignore'])} {number}")
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
        check=check_code(entry["check"], where),
        target=text_of(entry.get("target", "*"), where),
        reason=text_of(entry["reason"], where),
        where=where,
    )
