"""`audit lint`: data-build and evaluation scripts, by their syntax tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import Out, Watch, takes_display
from auditor.formats.display import Display
from checks.core.judging import FailOn


@takes_display
def command(  # noqa: PLR0917  (Typer reads options off the signature)
    display: Display,
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
    pedantic: Annotated[
        bool, typer.Option("--pedantic", help="Show what is likely, too, and not only what is certain.")
    ] = False,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Severity from which the exit status is 1; warning by default.")
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option("--format", help="full, concise, json, ... or FORMAT:FILE (repeatable)."),
    ] = None,
    out: Out = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration file; the nearest audit.toml or pyproject.toml by default."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="File of findings that are known: they no longer count.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write what is found as known to this file.")
    ] = None,
    redact: Annotated[
        bool | None, typer.Option("--redact", help="Leave digests and counts only, in every format.")
    ] = None,
    watch: Watch = False,
) -> None:
    """Find the defects that make data and evaluations irreproducible or mislabelled, without running anything.

    Exit status: 0 nothing at or above --fail-on, 1 findings (with --diff: or mends), 2 a file could not be read.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.texts.lint import lint, write_mended
    from auditor.texts.text_settings import text_settings
    from checks.core.judging import failing
    from checks.core.plural import count
    from checks.core.registry import some_chosen

    settings = text_settings(
        config,
        {
            "select": select,
            "ignore": ignore,
            "fail-on": fail_on,
            "format": output_format,
            "baseline": baseline,
            "redact": redact,
        },
        family="SRC",
    )
    destinations = parse_destinations(settings.formats, out)
    checks = some_chosen(settings.select, settings.ignore, scope="script")

    def look() -> int:
        report, linted = lint(
            paths,
            checks,
            exclude=exclude or (),
            mend=fix or diff,
            pedantic=pedantic,
            severities=settings.severities,
        )
        report = accept(report, settings, write_to=write_baseline, warn=lambda line: said(f"warning: {line}"))
        if diff:
            typer.echo("".join(each.diff for each in linted), nl=False)
        else:
            fixed = write_mended(linted) if fix else 0
            write(report, destinations, display=display)
            if fixed:
                said(f"mended {count(fixed, 'finding')}")
        unshown = sum(each.unshown for each in linted)
        if unshown:
            said(f"{count(unshown, 'likely finding')} not shown: see --pedantic")
        errors = [error for each in linted for error in each.errors]
        for error in errors:
            typer.echo(f"error: {error}", err=True)
        found = failing(report, settings.fail_on) or (diff and any(each.fixed for each in linted))
        return 2 if errors else display.status(int(bool(found)))

    def said(line: str) -> None:
        if not display.quiet:
            typer.echo(line, err=True)

    if watch:
        from auditor.commands.watching import watch as watch_files

        watch_files([*paths, *([config] if config else [])], look)
        return
    raise typer.Exit(look())
