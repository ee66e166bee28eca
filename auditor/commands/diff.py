"""`audit diff`: exactly which rows, in which order, differ between two arms."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.options import Out, takes_request
from auditor.formats.display import Display
from auditor.request.request import Request


@takes_request("template", "reading", "acceptance", but=("fail-on", "baseline", "engine"))
def command(
    *,
    first: Annotated[
        str, typer.Argument(metavar="A", help="The arm to start from: a file, a folder or an arm's name.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The arm to end at.")],
    request: Request,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help="What has to differ, for example removed=100,role=anchor (repeatable); status 1 otherwise."
        ),
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show every row that differs, not a handful.")] = False,
    out: Out = None,
) -> None:
    """Show which rows were removed, added, changed and moved, and what that does to each condition.

    Exit status: 0 compared, 1 not as --expect says, 2 the comparison could not be made.
    """
    from auditor.acceptance.redaction import redacted
    from auditor.formats import parse_destinations, write
    from auditor.scanning.comparison import diff
    from auditor.scanning.progress import reading_bar

    destinations = parse_destinations(request.formats, out)
    with reading_bar() as progress:
        report = diff(first, second, request=request, expect=expect or (), rows=rows, progress=progress)
    # What differs is said in notes, which are what was asked for.
    shown = redacted(report) if request.redact else report
    write(shown, destinations, display=Display(notes=True))
    raise typer.Exit({"incomplete": 2, "findings": 1, "clean": 0}[report.status])
