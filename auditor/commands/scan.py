"""`audit scan`: audit datasets, past issues and recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request


@takes_request()
def command(
    *,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="A past issue (issue-96, issue-100/exp0_0a), a recipe (.yaml), a dataset file, folder or glob, "
            "hf:NAME, or - for standard input.",
        ),
    ],
    request: Request,
    pool: Annotated[
        bool, typer.Option("--pool", help="Audit the targets as one mixture, as one training sees them.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="List the checks that could not look, and what they lacked."),
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write what is found as known to this file.")
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="Read and remember the reports of past issues that ship with the package.")
    ] = True,
) -> None:
    """Audit datasets for confounds, as the model will see them.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 the audit could not be done.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.scanning.report_cache import cached_report, remember
    from checks.core.judging import exit_status

    destinations = parse_destinations(request.formats, output)
    remembered, report = cached_report(targets, request) if cache and not pool else (None, None)
    if report is None:
        from auditor.scanning.api import audited
        from auditor.scanning.progress import reading_bar
        from builders.readers import Pool

        with reading_bar() as progress:
            named = [Pool(tuple(targets))] if pool and len(targets) > 1 else targets
            report = audited(named, request, progress=progress)
        if remembered is not None:
            remember(remembered, report)
    report = accept(report, request, write_to=write_baseline, warn=_warn)
    write(report, destinations, verbose=verbose)
    raise typer.Exit(exit_status(report, request.fail_on))


def _warn(line: str) -> None:
    typer.echo(f"warning: {line}", err=True)
