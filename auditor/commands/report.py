"""`audit report`: documents made from a scan or from runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write documents whose every number comes from a scan, a published fact or a run.",
)


@app.callback()
def _root() -> None:
    """Write documents whose every number comes from a scan, a published fact or a run."""


@app.command("retraction")
def retraction_command(  # noqa: PLR0917  (Typer reads options off the signature)
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="A past issue, for example issue-96.")],
    questions: Annotated[
        str, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = "embedded",
    runs: Annotated[
        list[Path] | None, typer.Option(help="Folder of runs whose results are quoted (repeatable).")
    ] = None,
    output_format: Annotated[
        Literal["markdown", "html"], typer.Option("--format", help="markdown or html.")
    ] = ("markdown"),
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write what a careful group would publish of an issue: claim, data, evidence, what stands, what is unknown."""
    from auditor.retraction import as_html, retraction
    from builders.atomic import write_file

    text = retraction(issue, questions=questions, runs=runs or ())
    if output_format == "html":
        text = as_html(text, title=f"{issue}: what its data show")
    if output is None:
        sys.stdout.write(text)
    else:
        write_file(output, text.encode(), force=force)
        typer.echo(f"written: {output}", err=True)


@app.command("figures")
def figures_command(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...", help="Folders of runs; past issues (issue-96) for the verdict matrix."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("figures"),
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="png, svg, pdf, html (offline, to hover over) or json (repeatable); all of them."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False,
) -> None:
    """Draw what runs hold, and what past issues' data predict."""
    from auditor.drawing import draw
    from experiments.figures import formats, write

    wanted = formats(output_format or ())
    for path in write(draw(targets), out, formats=wanted, force=force):
        typer.echo(f"written: {path}", err=True)
