"""The command reference, walked off the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auditor.manual import metavar, options, walk


def pages(root: Path) -> dict[Path, str]:
    """Return the one page."""
    lines = [
        "<!-- Generated from auditor/commands: edit those, then `make docs-update`. -->",
        "",
        "# Commands",
        "",
        "Findings go to stdout, progress and errors to stderr. Exit status: 0 nothing at or above `--fail-on`,",
        "1 findings, 2 the audit could not be done. Every option is an environment variable, too.",
    ]
    for name, command in walk():
        lines += ["", f"## {name}", "", *_section(name, command)]
    return {root / "docs" / "commands.md": "\n".join(lines) + "\n"}


def _section(name: str, command: Any) -> Iterator[str]:
    yield from inspect.cleandoc((command.help or "").replace("\f", "")).splitlines()
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([name, "[OPTIONS]", *(metavar(each) for each in arguments)])
    yield from ("", "```text", usage, "```")
    explained = [each for each in arguments if getattr(each, "help", None)]
    if explained:
        yield from ("", "| argument | meaning |", "|---|---|")
        for each in explained:
            yield f"| `{metavar(each)}` | {_cell(each.help)} |"
    shown = options(command)
    if shown:
        yield from ("", "| option | meaning | default | variable |", "|---|---|---|---|")
        for each in shown:
            names = ", ".join(f"`{word}`" for word in [*each.opts, *each.secondary_opts])
            yield f"| {names} | {_cell(each.help)} | {_default(each)} | `{_variable(name, each)}` |"


def _variable(name: str, option: Any) -> str:
    if option.envvar:
        return option.envvar if isinstance(option.envvar, str) else option.envvar[0]
    # A setting's variable goes by its name everywhere; that of another option by the command's parameter.
    word = option.name if option.allow_from_autoenv else option.opts[0].removeprefix("--")
    return "_".join([*name.split(), word]).upper().replace("-", "_")


def _default(option: Any) -> str:
    value = option.default
    if value is None or callable(value) or value in (False, (), []) or "Sentinel" in type(value).__name__:
        return ""
    return f"`{getattr(value, 'value', value)}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", r"\|")
