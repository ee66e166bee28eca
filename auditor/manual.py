"""Manual pages in roff, made from the commands as they are."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from auditor.cli import load_command
from auditor.commands import COMMANDS
from builders.errors import UnknownNameError


def pages() -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of every page, `audit.1` first."""
    for name in ("audit", *(name for name, _ in walk())):
        yield f"{name.replace(' ', '-')}.1", manual(name)


def walk() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, `audit scan` for example, sub-commands after their group."""
    for name in COMMANDS:
        yield from _walk(f"audit {name}", load_command(name))


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from _walk(f"{name} {word}", child)


def options(command: Any) -> list[Any]:  # noqa: ANN401
    """Return the options of a command that its help shows, without `--help` itself."""
    return [
        each
        for each in command.params
        if each.param_type_name == "option" and not getattr(each, "hidden", False) and each.name != "help"
    ]


def metavar(argument: Any) -> str:  # noqa: ANN401
    """Return an argument as usage lines show it."""
    word = (argument.metavar or argument.name or "").upper()
    if argument.nargs == -1 and not word.rstrip("]").endswith("..."):
        word += "..."
    return word if argument.required or word.startswith("[") else f"[{word}]"


def manual(name: str) -> str:
    """Return a command's page.

    Args:
        name: The command with all its words: `audit`, `audit scan`, `audit report runs`.

    Raises:
        UnknownNameError: if there is no such command.
    """
    found = dict(walk())
    if name != "audit" and name not in found:
        raise UnknownNameError("command", name, ["audit", *found])
    head = f'.TH "{name.upper().replace(" ", "-")}" "1" "" "audit {version("confound-auditor")}" "audit"'
    lines = [head, *(_of_all() if name == "audit" else _of_one(name, found[name]))]
    return "\n".join(lines) + "\n"


def _of_all() -> Iterator[str]:
    yield from (
        ".SH NAME",
        _text("audit - find confounds in contrastive fine-tuning data before a GPU is touched"),
    )
    yield from (".SH SYNOPSIS", ".B audit", _text("COMMAND [OPTIONS] ..."), ".SH COMMANDS")
    for name, (_, said) in COMMANDS.items():
        yield from (".TP", f".BR audit-{_text(name)} (1)", _text(said))
    yield from _status()


def _of_one(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401
    said = inspect.cleandoc((command.help or "").replace("\f", ""))
    first, _, rest = said.partition("\n")
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    yield from (".SH NAME", _text(f"{name.replace(' ', '-')} - {first}"), ".SH SYNOPSIS", f".B {_text(name)}")
    yield _text(" ".join(["[OPTIONS]", *map(metavar, arguments)]))
    if rest.strip():
        yield ".SH DESCRIPTION"
        for paragraph in rest.strip().split("\n\n"):
            yield from (".PP", _text(" ".join(paragraph.split())))
    if arguments:
        yield ".SH ARGUMENTS"
        for each in arguments:
            yield from (".TP", f".I {_text(metavar(each))}", _text(" ".join((each.help or "").split())))
    if options(command):
        yield ".SH OPTIONS"
        for each in options(command):
            words = ", ".join([*each.opts, *each.secondary_opts])
            yield from (".TP", f".B {_text(words)}", _text(" ".join((each.help or "").split())))
    for word in getattr(command, "commands", {}):
        yield from (".PP", f".BR {_text(f'{name} {word}'.replace(' ', '-'))} (1)")
    yield from _status()


def _status() -> Iterator[str]:
    yield from (
        ".SH EXIT STATUS",
        "0: nothing at or above \\-\\-fail\\-on. 1: findings. 2: it could not be done.",
    )


def _text(text: str) -> str:
    """Return a line that roff takes for text: no escapes, no request, hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
