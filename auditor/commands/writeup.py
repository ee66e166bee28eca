"""`audit writeup`: the claims of a write-up against its data, settings, results and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import Out, takes_display
from auditor.formats.display import Display
from checks.core.judging import FailOn

if TYPE_CHECKING:
    from checks.core.finding import Finding


@takes_display
def command(  # noqa: PLR0917  (Typer reads options off the signature)
    display: Display,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The write-up, as Markdown or plain text.")],
    issue: Annotated[
        str | None, typer.Option(help="Past issue whose recipes, settings and outcomes it is about.")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="Data file or folder that it is about (repeatable).")
    ] = None,
    run_config: Annotated[
        list[Path] | None,
        typer.Option("--config", help="Configuration of the run, or the model's config.json (repeatable)."),
    ] = None,
    results: Annotated[
        list[Path] | None, typer.Option(help="Run folder, or a run_result.json (repeatable).")
    ] = None,
    scripts: Annotated[
        list[Path] | None, typer.Option(help="Script, or folder of them, read and never run (repeatable).")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Chat template that it speaks of; that of the past issue by default.")
    ] = None,
    numbers: Annotated[
        bool, typer.Option("--numbers", help="List every statement that was compared, also where it agrees.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List every statement that could not be checked.")
    ] = False,
    pedantic: Annotated[
        bool, typer.Option("--pedantic", help="Count findings, too, that are likely and not certain.")
    ] = False,
    select: Annotated[
        list[str] | None, typer.Option(help="Run only this check, by code or name (repeatable).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave this check out (repeatable).")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Severity from which the exit status is 1; warning by default.")
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option("--format", help="full, concise, json, ... or FORMAT:FILE (repeatable)."),
    ] = None,
    out: Out = None,
    settings_file: Annotated[
        Path | None,
        typer.Option(
            "--settings", help="audit.toml to go by; the nearest one, or pyproject.toml, by default."
        ),
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
    limit: Annotated[
        list[str] | None,
        typer.Option(help="A bound on what an input may cost, NAME=VALUE: writeup-mb=8 (repeatable)."),
    ] = None,
) -> None:
    """Hold what a write-up says against its data, settings, results and scripts, line by line.

    What cannot be checked is counted, listed with --verbose, and never called wrong. Exit status: 0 nothing at or above
    --fail-on, 1 findings, 2 a file could not be read.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.texts.text_settings import text_settings
    from auditor.texts.writeup import audit_writeup, read_document
    from auditor.texts.writeup_facts import (
        config_facts,
        data_facts,
        issue_facts,
        merged,
        result_facts,
        script_facts,
    )
    from builders.templates import load_template
    from checks.core.judging import failing
    from checks.core.registry import some_chosen
    from checks.wrt.facts import Facts

    settings = text_settings(
        settings_file,
        {
            "select": select,
            "ignore": ignore,
            "fail-on": fail_on,
            "format": output_format,
            "baseline": baseline,
            "redact": redact,
            "limit": limit,
        },
        family="WRT",
    )
    destinations = parse_destinations(settings.formats, out)
    checks = some_chosen(settings.select, settings.ignore, scope="writeup")
    with settings.within():
        document = read_document(file)
    chat = load_template(template) if template is not None else None
    facts = merged(
        [
            *([issue_facts(issue, chat)] if issue is not None else []),
            *(config_facts(each) for each in run_config or ()),
            *([data_facts(data)] if data else []),
            *([result_facts(results)] if results else []),
            *([script_facts(scripts)] if scripts else []),
            Facts(template=chat),
        ]
    )
    studied: list[Finding] = []
    if results:
        from auditor.texts.writeup_studies import study_findings

        studied = study_findings(document, results, settings)
    report = audit_writeup(
        document,
        facts,
        checks,
        severities=settings.severities,
        numbers=numbers,
        verbose=verbose,
        pedantic=pedantic,
        studied=studied,
    )
    report = accept(report, settings, write_to=write_baseline, warn=_warn)
    write(report, destinations, display=display)
    raise typer.Exit(display.status(int(bool(failing(report, settings.fail_on)))))


def _warn(line: str) -> None:
    typer.echo(f"warning: {line}", err=True)
