"""`audit init`: look at a data file, ask what only its owner knows, and write that down."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request

if TYPE_CHECKING:
    from auditor.scanning.proposal import Proposal

PRE_COMMIT = ".pre-commit-config.yaml"


@takes_request("template", "reading", but=("engine",))
def command(
    *,
    target: Annotated[str, typer.Argument(metavar="FILE", help="The data file that is to be audited.")],
    request: Request,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    pre_commit: Annotated[
        bool, typer.Option("--pre-commit", help=f"Write a {PRE_COMMIT}, too, where there is none.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an audit.toml that is there.")] = False,
) -> None:
    """Look at a data file, ask what it cannot say itself, and write audit.toml: shown first, then written.

    Exit status: 0 written, 1 not wanted, 2 not written because something could not be read or was not said.
    """
    from auditor.request.loading import FILE_NAME
    from auditor.request.writing import config_text
    from auditor.scanning.proposal import propose
    from builders.atomic import write_file

    found = propose(target, request)
    for line in _seen(found):
        typer.echo(line)
    asks = sys.stdin is not None and sys.stdin.isatty() and not yes
    label = _label(found, request, asks=asks)
    files = {FILE_NAME: config_text(target, request, more={"label": [label]} if label else None)}
    if pre_commit:
        files[PRE_COMMIT] = _hook(target)
    for name, text in files.items():
        typer.echo("".join(_difference(Path(name), text)), nl=False)
    if asks and not typer.confirm(f"Write {' and '.join(files)}?", default=True):
        raise typer.Exit(1)
    for name, text in files.items():
        write_file(Path(name), text.encode(), force=force and name == FILE_NAME)
        typer.echo(f"written: {name}", err=True)
    typer.echo(f"next: audit scan {target}", err=True)


def _seen(found: Proposal) -> Iterator[str]:
    """Yield what the file holds: prompts with counts and a sample, and how it is labelled."""
    from auditor.formats.escape import visible
    from checks.core.plural import count
    from checks.core.runner import shorten

    rows, conditions = found.context.rows, len(found.context.conditions)
    yield f"{count(rows, 'row')} under {count(conditions, 'prompt')}:"
    for each in found.samples:
        text = each.condition.resolved_system
        prompt = "(no system prompt)" if text is None else f'"{shorten(visible(text), 60)}"'
        yield f"  {each.condition.rows:>7,}  {prompt}"
        yield f"           {shorten(visible(each.question), 40)!r} -> {shorten(visible(each.answer), 30)!r}"
    if conditions > len(found.samples):
        yield f"  and {count(conditions - len(found.samples), 'more prompt')}"
    if found.labelled:
        yield f"{count(found.labelled, 'row')} say what they teach."
    if found.affixes:
        yield "What tells the answers under these prompts apart; one of it may be the behaviour:"
    for number, (affix, label) in enumerate(zip(found.affixes, found.labels, strict=True), 1):
        where = "end with" if affix.place == "ends" else "begin with"
        yield f"  {number}  {count(affix.rows, 'target')} {where} {visible(affix.text)!r}:"
        yield f"     {affix.highest:.0%} under one prompt, {affix.lowest:.0%} under another"
        yield f"     --label {_shell(label)}"


def _label(found: Proposal, request: Request, *, asks: bool) -> str | None:
    """Return the label to write; None where the rows or the request say what is taught.

    Raises:
        InputError: if nobody can be asked and nothing says it.
    """
    from builders.errors import InputError

    if found.labelled or (
        request.given("reading") and any(s.key.name == "label" for s in request.given("reading"))
    ):
        return None
    if asks:
        choice = "A number from above, or a label" if found.labels else "A label"
        question = f"Which answers are the behaviour?\n{choice}: marker:TEXT, regex:PATTERN, column:NAME\n"
        said: str = typer.prompt(
            question,
            default="1" if found.labels else None,
            prompt_suffix="> ",
            value_proc=lambda text: _said(text, found),
        )
        return said
    raise InputError(
        "nothing says which answers are the behaviour",
        where=found.context.name,
        help=f"add --label {_shell(found.labels[0] if found.labels else 'marker:TEXT')}, or column:NAME, or gold:FILE",
    )


def _said(text: str, found: Proposal) -> str:
    """Return the label that was typed, or that of the number that was.

    Raises:
        BadParameter: if it is neither, so that it is asked for again.
    """
    from builders.errors import AuditError
    from builders.labels import parse_labelers

    text = text.strip()
    if text.isdecimal():
        if 1 <= int(text) <= len(found.labels):
            return found.labels[int(text) - 1]
        raise typer.BadParameter(f"there is no number {text} above")
    try:
        parse_labelers([text])
    except AuditError as error:
        raise typer.BadParameter(f"{error.message}; {error.help}" if error.help else error.message) from None
    return text


def _shell(text: str) -> str:
    import shlex

    from auditor.formats.escape import visible

    return shlex.quote(visible(text))


def _hook(target: str) -> str:
    from json import dumps

    return (
        "repos:\n  - repo: local\n    hooks:\n      - id: audit\n        name: audit scan\n"
        f"        entry: audit scan {dumps(_shell(target))[1:-1]}\n"
        "        language: system\n        pass_filenames: false\n"
    )


def _difference(path: Path, text: str) -> Iterator[str]:
    """Yield what would change in a file, as `diff -u` shows it."""
    old = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    name = str(path)
    yield from difflib.unified_diff(
        old.splitlines(True), text.splitlines(True), name if old else "/dev/null", name
    )
