"""`audit diff`: exactly which rows, in which order, differ between two arms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from builders.templates.model import Renderer


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    first: Annotated[
        str, typer.Argument(metavar="A", help="The arm to start from: a file, a folder or an arm's name.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The arm to end at.")],
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help="What has to differ, for example removed=100,role=anchor (repeatable); status 1 otherwise."
        ),
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show every row that differs, not a handful.")] = False,
    template: Annotated[str | None, typer.Option(help="Chat template, as for audit scan.")] = None,
    renderer: Annotated[
        Renderer, typer.Option(help="Training stack: transformers or llamafactory.")
    ] = "transformers",
    template_kwargs: Annotated[
        str | None, typer.Option(help="Variables for the template, as a JSON object.")
    ] = None,
    questions: Annotated[
        str, typer.Option(help="Question bank for recipes: embedded, arc-challenge or a file.")
    ] = "embedded",
    label: Annotated[
        list[str] | None, typer.Option(help="What says whether a row teaches the behaviour.")
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option("--format", help="full, concise, json, ... or FORMAT:FILE (repeatable)."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Show which rows were removed, added, changed and moved, and what that does to each condition.

    Exit status: 0 compared, 1 not as --expect says, 2 the comparison could not be made.
    """
    from auditor.formats import parse_destinations, write
    from auditor.request.template_kwargs import template_kwargs as parse
    from auditor.scanning.api import subject_of
    from auditor.scanning.comparison import compare, parse_expectation
    from auditor.scanning.progress import reading_bar
    from auditor.scanning.subjects import Reading, connect
    from builders.templates import load_template

    destinations = parse_destinations(output_format or (), output)
    expectations = [parse_expectation(each) for each in expect or ()]
    chat_template = load_template(template, renderer=renderer, kwargs=parse(template_kwargs))
    with reading_bar() as progress:
        reading = Reading(questions=questions, labels=label or (), progress=progress, connection=connect())
        arms = [subject_of(target, chat_template, reading) for target in (first, second)]
    report = compare(arms[0], arms[1], chat_template, expectations=expectations, every_row=rows)
    write(report, destinations)
    if report.status == "incomplete":
        raise typer.Exit(2)
    raise typer.Exit(1 if report.status == "findings" else 0)
