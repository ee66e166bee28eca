"""`audit lint`: data-build and evaluation scripts, by their syntax tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

FailOn = Literal["error", "warning", "note", "never"]


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Scripts, notebooks, or folders of them.")
    ],
    select: Annotated[
        list[str] | None, typer.Option(help="Run only this check, by code or name (repeatable).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave this check out (repeatable).")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave out paths that match this glob (repeatable).")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended with certainty.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show those mends as a diff and write nothing.")
    ] = False,
    fail_on: Annotated[FailOn, typer.Option(help="Severity from which the exit status is 1.")] = "warning",
    output_format: Annotated[
        list[str] | None,
        typer.Option("--format", help="full, concise, json, ... or FORMAT:FILE (repeatable)."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Find the defects that make data and evaluations irreproducible or mislabelled, without running anything.

    Exit status: 0 nothing at or above --fail-on, 1 findings (with --diff: or mends), 2 a file could not be read.
    """
    from auditor.formats import parse_destinations, write
    from auditor.lint import lint, write_mended
    from checks.finding import SEVERITIES

    destinations = parse_destinations(output_format or (), output)
    report, linted = lint(
        paths, select=select or (), ignore=ignore or (), exclude=exclude or (), mend=fix or diff
    )
    if diff:
        typer.echo("".join(each.diff for each in linted), nl=False)
    else:
        fixed = write_mended(linted) if fix else 0
        write(report, destinations)
        if fixed:
            typer.echo(f"mended {fixed} finding{'' if fixed == 1 else 's'}", err=True)
    errors = [each.error for each in linted if each.error is not None]
    for error in errors:
        typer.echo(f"error: {error}", err=True)
    if errors:
        raise typer.Exit(2)
    found = any(
        fail_on != "never" and SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on)
        for finding in report.findings()
    )
    raise typer.Exit(1 if found or (diff and any(each.fixed for each in linted)) else 0)
