"""`audit issues`: the past issues that ship with the package, one line each."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def command(
    output_format: Annotated[
        Literal["full", "json"], typer.Option("--format", help="full: a table; json: objects.")
    ] = "full",
) -> None:
    """List the past issues that can be audited by name."""
    from auditor.formats.escape import ascii_json
    from checks.core.columns import Column, table
    from checks.core.plural import count
    from experiments.study.issue import issue_names, load_issue

    found = [load_issue(name) for name in issue_names()]
    if output_format == "json":
        typer.echo(
            ascii_json(
                [
                    {
                        "name": issue.name,
                        "title": issue.title,
                        "repository": issue.repository,
                        "datasets": list(issue.dataset_names(planned=True)),
                        "levels": sorted({entry.level for entry in issue.provenance}),
                    }
                    for issue in found
                ],
                indent=2,
            )
        )
        return
    rows = [[issue.name, count(len(issue.dataset_names()), "dataset"), issue.title] for issue in found]
    for line in table([Column("issue"), Column("data"), Column("what it asked", short=True)], rows):
        typer.echo(line)
