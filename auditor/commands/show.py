"""`audit show`: one row as the trainer sees it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request


@takes_request("template", "reading", but=("condition", "engine"))
def command(
    *,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="One dataset: issue-96/villain, a recipe with one dataset, a file, folder or glob, or hf:NAME; or one "
            "line of a file as findings name it: FILE:LINE.",
        ),
    ],
    request: Request,
    row: Annotated[
        int | None,
        typer.Argument(metavar="ROW", help="The row, counted from 0; left out where TARGET is FILE:LINE."),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            help="Show tokens of this tokenizer.json or folder; without it, those of the template's folder, if any."
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="text or json.")
    ] = "text",
) -> None:
    """Show one row: its tags, the text that the model is trained on, and which of it carries loss.

    Exit status: 0 shown, 2 no such row, one that the template refuses, or a column that nothing read.
    """
    from auditor.scanning.api import subject_of
    from auditor.scanning.progress import reading_bar
    from auditor.showing import row_report
    from auditor.showing.row_view import row_at, view_row
    from builders.errors import InputError
    from builders.templates.tokens import Tokenizer, tokenizer_folder

    file, _, line = target.rpartition(":")
    at_line = row is None and line.isdecimal() and Path(file).is_file() and not Path(target).exists()
    if row is None and not at_line:
        raise InputError("names no row", where=target, help="audit show TARGET ROW, or audit show FILE:LINE")
    target = file if at_line else target
    with reading_bar() as progress:
        subject = subject_of(target, request, progress=progress)
    loaded = request.for_target(target).of_rows(subject.frame.template).chat_template
    folder = tokenizer or tokenizer_folder(loaded)
    row = row_at(subject.frame, int(line)) if row is None else row
    view = view_row(subject.frame, row, loaded, None if folder is None else Tokenizer(folder))
    if output_format == "json":
        sys.stdout.write(row_report.as_json(view) + "\n")
    else:
        sys.stdout.write(row_report.text(view, colour=sys.stdout.isatty()))
    for unread in subject.frame.unread:
        typer.echo(f"warning: {unread}; {' or '.join(unread.help)}", err=True)
    raise typer.Exit(2 if view.laid is None or subject.frame.unread else 0)
