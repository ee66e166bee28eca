"""`audit writeup`: the claims of a write-up against its data, settings, results and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import Out, takes_display, takes_request
from auditor.formats.display import Display
from auditor.request.request import Request

if TYPE_CHECKING:
    from checks.core.finding import Finding


@takes_request(
    "selection", "acceptance", but=("follow",), file_option="--settings"
)  # `--config` is the configuration of the run that it is about
@takes_display
def command(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The write-up, as Markdown or plain text.")],
    request: Request,
    display: Display,
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
    out: Out = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write what is found as known to this file.")
    ] = None,
) -> None:
    """Hold what a write-up says against its data, settings, results and scripts, line by line.

    What cannot be checked is counted, listed with --verbose, and never called wrong. Exit status: 0 nothing at or above
    --fail-on (warning by default), 1 findings, 2 a file could not be read.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.texts.text_settings import of_texts
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

    settings = of_texts(request, "WRT")
    destinations = parse_destinations(settings.formats, out)
    checks = some_chosen(settings.select, settings.ignore, scope="writeup")
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
    report = accept(report, settings, write_to=write_baseline, warn=display.warn)
    write(report, destinations, display=display)
    raise typer.Exit(display.status(int(bool(failing(report, settings.fail_on)))))
