"""`audit scan`: audit datasets, past issues and recipes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import Out, Watch, takes_display, takes_request
from auditor.formats.display import Display
from auditor.request.request import Request

if TYPE_CHECKING:
    from checks.core.report import Report


@takes_request()
@takes_display
def command(
    *,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="A past issue (issue-96, issue-100/exp0_0a), a recipe (.yaml), a dataset file, folder or glob, "
            "hf:NAME, s3://BUCKET/KEY, or - for standard input.",
        ),
    ],
    request: Request,
    display: Display,
    pool: Annotated[
        bool, typer.Option("--pool", help="Audit the targets as one mixture, as one training sees them.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="List the checks that could not look, and what they lacked."),
    ] = False,
    out: Out = None,
    watch: Watch = False,
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
    from checks.core.judging import exit_status

    destinations = parse_destinations(request.formats, out)

    def look() -> int:
        report = _audited(targets, request, pool=pool, cache=cache, quiet=display.quiet)
        report = accept(report, request, write_to=write_baseline, warn=display.warn)
        write(report, destinations, display=replace(display, verbose=verbose))
        return display.status(exit_status(report, request.fail_on))

    if watch:
        from auditor.commands.watching import watch as watch_files

        watch_files([*targets, *([request.file] if request.file else [])], look)
        return
    raise typer.Exit(look())


def _audited(targets: list[str], request: Request, *, pool: bool, cache: bool, quiet: bool) -> Report:
    from auditor.scanning.report_cache import cached_report, remember

    remembered, report = cached_report(targets, request) if cache and not pool else (None, None)
    if report is not None:
        return report
    from auditor.scanning.api import audited
    from auditor.scanning.progress import reading_bar
    from builders.readers import Pool

    with reading_bar(quiet=quiet) as progress:
        named = [Pool(tuple(targets))] if pool and (len(targets) > 1 or "=" in targets[0]) else targets
        report = audited(named, request, progress=progress)
    if remembered is not None:
        remember(remembered, report)
    return report
