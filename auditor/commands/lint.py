"""`audit lint`: data-build and evaluation scripts, by their syntax tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import Out, Watch, takes_display, takes_request
from auditor.formats.display import Display
from auditor.request.request import Request


@takes_request("selection", "acceptance", but=("follow",), thresholds=False)
@takes_display
def command(
    *,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Scripts, notebooks, or folders of them.")
    ],
    request: Request,
    display: Display,
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
    out: Out = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write what is found as known to this file.")
    ] = None,
    watch: Watch = False,
) -> None:
    """Find the defects that make data and evaluations irreproducible or mislabelled, without running anything.

    Exit status: 0 nothing at or above --fail-on (warning by default), 1 findings (with --diff: or mends), 2 a file
    could not be read.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.texts.lint import lint, write_mended
    from auditor.texts.text_settings import of_texts
    from checks.core.judging import failing
    from checks.core.plural import count
    from checks.core.registry import some_chosen

    settings = of_texts(request, "SRC")
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
        report = accept(report, settings, write_to=write_baseline, warn=display.warn)
        if diff:
            typer.echo("".join(each.diff for each in linted), nl=False)
        else:
            fixed = write_mended(linted) if fix else 0
            write(report, destinations, display=display)
            if fixed:
                display.say(f"mended {count(fixed, 'finding')}")
        unshown = sum(each.unshown for each in linted)
        if unshown:
            display.say(f"{count(unshown, 'likely finding')} not shown: see --pedantic")
        errors = [error for each in linted for error in each.errors]
        for error in errors:
            typer.echo(f"error: {error}", err=True)
        found = failing(report, settings.fail_on) or (diff and any(each.fixed for each in linted))
        return 2 if errors else display.status(int(bool(found)))

    if watch:
        from auditor.commands.watching import watch as watch_files

        watch_files([*paths, *([request.file] if request.file else [])], look)
        return
    raise typer.Exit(look())
