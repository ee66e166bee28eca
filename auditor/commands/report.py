"""`audit report`: documents made from a scan or from runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.core import TyperGroup

from auditor.commands.options import Out

if TYPE_CHECKING:
    from typer._click.core import Command, Context


class _Group(TyperGroup):
    """A group whose first word may be a folder of runs: ``audit report RUNS`` is ``audit report runs RUNS``."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Return the named command, or the report of runs where the first word names none."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            args = ["runs", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Group,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write documents whose every number comes from a scan, a published fact or a run.",
)


@app.callback()
def _root() -> None:
    """Write documents whose every number comes from a scan, a published fact or a run."""


@app.command("runs")
def runs_command(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUNS...", help="Folders of runs, or single run folders; runs if left out."),
    ] = None,
    output_format: Annotated[
        Literal["clean-result", "html"],
        typer.Option(
            "--format", help="clean-result (Markdown), or html: the same as one page, figures inside."
        ),
    ] = "clean-result",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Write it to this file; Markdown gets its figures in figures/ beside it."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False,
) -> None:
    """Draft the write-up of runs: every number, figure and sample in it comes from their folders.

    The word `runs` may be left out, or the folder where it is called so: `audit report RUNS`, `audit report runs`.
    """
    from auditor.studies.clean_result import clean_result, gather, page_of, write_draft, write_page

    material = gather(runs or [Path("runs")])
    if out is None:
        sys.stdout.write(page_of(material) if output_format == "html" else clean_result(material))
        if output_format == "clean-result":
            typer.echo("its figures: audit report figures RUNS --out figures", err=True)
        return
    write_one = write_page if output_format == "html" else write_draft
    for path in write_one(material, out, force=force):
        typer.echo(f"written: {path}", err=True)


@app.command("calibration")
def calibration_command(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUNS...", help="Folders of runs, or single run folders.")
    ],
    output_format: Annotated[
        Literal["markdown", "json"],
        typer.Option("--format", help="markdown, or json: rates between 0 and 1."),
    ] = "markdown",
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Set what was predicted before training beside what was measured: errors, ranges that hold, where it is wrong."""
    from auditor.formats.escape import ascii_json
    from auditor.studies.calibration import as_json, as_markdown, calibration
    from builders.atomic import write_file

    found = calibration(runs)
    text = as_markdown(found) if output_format == "markdown" else ascii_json(as_json(found), indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        write_file(out, text.encode(), force=force)
        typer.echo(f"written: {out}", err=True)


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
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write what a careful group would publish of an issue: claim, data, evidence, what stands, what is unknown."""
    from auditor.studies.retraction import as_html, retraction
    from builders.atomic import write_file

    text = retraction(issue, questions=questions, runs=runs or ())
    if output_format == "html":
        text = as_html(text, title=f"{issue}: what its data show")
    if out is None:
        sys.stdout.write(text)
    else:
        write_file(out, text.encode(), force=force)
        typer.echo(f"written: {out}", err=True)


@app.command("figures")
def figures_command(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...", help="Folders of runs; past issues (issue-96) for the verdict matrix."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")] = Path("figures"),
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="png, svg, pdf, html (offline, to hover over) or json (repeatable); all of them."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False,
) -> None:
    """Draw what runs hold, and what past issues' data predict."""
    from auditor.studies.drawing import draw
    from experiments.figures import formats, write

    wanted = formats(output_format or ())
    for path in write(draw(targets), out, formats=wanted, force=force):
        typer.echo(f"written: {path}", err=True)
