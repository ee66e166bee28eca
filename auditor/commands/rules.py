"""`audit rules`: every check, one line each."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def command(
    select: Annotated[
        list[str] | None, typer.Option(help="Only this check, name or family (repeatable).")
    ] = None,
    output_format: Annotated[
        Literal["full", "json"],
        typer.Option("--format", help="full: a table; json: objects with their pages."),
    ] = "full",
) -> None:
    """List the checks with their codes, names, default severities and what they find."""
    from auditor.commands.rule import described
    from auditor.formats.escape import ascii_json
    from checks.core.columns import Column, table
    from checks.core.registry import chosen

    checks = list(chosen(select or ()))
    if output_format == "json":
        typer.echo(ascii_json([described(check) for check in checks], indent=2))
        return
    columns = [Column("code"), Column("name"), Column("severity"), Column("what it finds", short=True)]
    for line in table(columns, [[each.code, each.name, each.severity, each.summary] for each in checks]):
        typer.echo(line)
