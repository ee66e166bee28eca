"""`audit show`: one row as the trainer sees it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from builders.templates.model import Renderer


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="One dataset: issue-96/villain, a recipe with one dataset, a file, folder or glob, or hf:NAME.",
        ),
    ],
    row: Annotated[int, typer.Argument(metavar="ROW", help="The row, counted from 0, as findings name it.")],
    template: Annotated[
        str | None,
        typer.Option(
            help="Chat template: a .jinja file, a tokenizer folder, a hub id, or a name that trl ships."
        ),
    ] = None,
    renderer: Annotated[
        Renderer, typer.Option(help="Training stack: transformers or llamafactory.")
    ] = "transformers",
    template_kwargs: Annotated[
        str | None, typer.Option(help="Variables for the template, as a JSON object.")
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            help="Show tokens of this tokenizer.json or folder; without it, those of the template's folder, if any."
        ),
    ] = None,
    questions: Annotated[
        str, typer.Option(help="Question bank for recipes: embedded, arc-challenge or a file.")
    ] = "embedded",
    shape: Annotated[
        str | None, typer.Option(help="How the rows are laid out; found from the content.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="What says whether a row teaches the behaviour, as in audit scan."),
    ] = None,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="text or json.")
    ] = "text",
) -> None:
    """Show one row: its tags, the text that the model is trained on, and which of it carries loss.

    Exit status: 0 shown, 2 no such row, or one that the template refuses.
    """
    from auditor.request.template_kwargs import template_kwargs as parse
    from auditor.scanning.api import subject_of
    from auditor.scanning.progress import reading_bar
    from auditor.scanning.subjects import Reading
    from auditor.showing import row_report
    from auditor.showing.row_view import view_row
    from builders.templates import load_template
    from builders.templates.tokens import Tokenizer, tokenizer_folder

    loaded = load_template(template, renderer=renderer, kwargs=parse(template_kwargs))
    folder = tokenizer or tokenizer_folder(loaded)
    with reading_bar() as progress:
        reading = Reading(questions=questions, shape=shape, labels=label or (), progress=progress)
        subject = subject_of(target, loaded, reading)
    view = view_row(subject.frame, row, loaded, None if folder is None else Tokenizer(folder))
    if output_format == "json":
        sys.stdout.write(row_report.as_json(view) + "\n")
    else:
        sys.stdout.write(row_report.text(view, colour=sys.stdout.isatty()))
    raise typer.Exit(0 if view.rendered is not None else 2)
