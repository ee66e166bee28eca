"""`audit scan`: audit datasets, past issues and recipes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from auditor.request.config import FailOn
from builders.templates.model import Renderer
from checks.core.report import Report

if TYPE_CHECKING:
    from builders.labels import Roles


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="A past issue (issue-96, issue-100/exp0_0a), a recipe (.yaml), a dataset file, folder or glob, "
            "hf:NAME, or - for standard input.",
        ),
    ],
    template: Annotated[
        str | None,
        typer.Option(
            help="Chat template: a .jinja file, a tokenizer folder, a hub id, or a name that trl ships."
        ),
    ] = None,
    renderer: Annotated[
        Renderer | None, typer.Option(help="Training stack: transformers (default) or llamafactory.")
    ] = None,
    template_kwargs: Annotated[
        str | None,
        typer.Option(help="Variables for the template, as a JSON object: '{\"enable_thinking\": false}'."),
    ] = None,
    questions: Annotated[
        str | None,
        typer.Option(help="Question bank for recipes: embedded (default), arc-challenge or a file."),
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Run only this check, name or family (repeatable).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave this check out (repeatable).")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Severity from which the exit status is 1; error by default.")
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="full (default), concise, json, jsonl, github, gitlab, sarif, junit or markdown; NAME:FILE for a "
            "file (repeatable).",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    shape: Annotated[
        str | None, typer.Option(help="How the rows are laid out; found from the content.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="What says whether a row teaches the behaviour: column:NAME, gold:FILE, marker:TEXT, ..."
        ),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="System prompt of a source: text, glob or absent.")
    ] = None,
    bystander: Annotated[list[str] | None, typer.Option(help="The same, of a bystander.")] = None,
    anchor: Annotated[list[str] | None, typer.Option(help="The same, of an anchor.")] = None,
    roles: Annotated[Path | None, typer.Option(help="A file of roles (docs/readers.md).")] = None,
    on_error: Annotated[
        Literal["stop", "skip"], typer.Option(help="What to do with an unreadable row.")
    ] = "stop",
    evaluation: Annotated[
        str | None,
        typer.Option(
            help="Questions that the result is measured with: embedded, arc-challenge or a file; training is checked "
            "against them."
        ),
    ] = None,
    evaluation_template: Annotated[
        str | None, typer.Option(help="Chat template of evaluation or serving, where it is another one.")
    ] = None,
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
    cache: Annotated[
        bool, typer.Option(help="Read and remember the reports of past issues that ship with the package.")
    ] = True,
) -> None:
    """Audit datasets for confounds, as the model will see them.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 the audit could not be done.
    """
    from auditor.acceptance.accepted import accept
    from auditor.formats import parse_destinations, write
    from auditor.request.config import load_config
    from auditor.scanning.report_cache import cached_report, remember
    from builders.errors import InputError

    settings = load_config(
        file=config,
        flags={
            "select": select,
            "ignore": ignore,
            "fail-on": fail_on,
            "format": output_format,
            "baseline": baseline,
            "template": template,
            "renderer": renderer,
            "template-kwargs": template_kwargs,
            "evaluation": evaluation,
            "evaluation-template": evaluation_template,
            "questions": questions,
        },
    )
    if settings.evaluation_template is not None and settings.evaluation is None:
        raise InputError(
            "--evaluation-template needs the questions that are asked through it",
            help="add --evaluation FILE",
        )
    reads_rows = any((shape, label, source, bystander, anchor, roles, settings.evaluation))
    destinations = parse_destinations(settings.formats, output)
    remembered, report = cached_report(targets, settings) if cache and not reads_rows else (None, None)
    if report is None:
        from auditor.scanning.api import scan
        from auditor.scanning.progress import reading_bar
        from auditor.scanning.subjects import Reading

        with reading_bar() as progress:
            report = scan(
                *targets,
                template=settings.template,
                renderer=settings.renderer,
                template_kwargs=settings.template_kwargs,
                reading=Reading(
                    questions=settings.questions,
                    shape=shape,
                    labels=label or (),
                    roles=role_selectors(source, bystander, anchor, roles),
                    on_error=on_error,
                    progress=progress,
                ),
                select=settings.select,
                ignore=settings.ignore,
                severities=settings.severities,
                settings=settings.thresholds,
                evaluation=settings.evaluation,
                evaluation_template=settings.evaluation_template,
            )
        if remembered is not None:
            remember(remembered, report)
    report = accept(report, settings, write_to=write_baseline, warn=_warn)
    write(report, destinations)
    raise typer.Exit(exit_status(report, settings.fail_on))


def _warn(line: str) -> None:
    typer.echo(f"warning: {line}", err=True)


def exit_status(report: Report, fail_on: FailOn) -> int:
    """Return 1 if anything at or above `fail_on` was found, else 2 if something could not be looked at, else 0."""
    from auditor.acceptance.verdict import failing

    if failing(report, fail_on):
        return 1
    return 2 if report.status == "incomplete" else 0


def role_selectors(
    source: list[str] | None, bystander: list[str] | None, anchor: list[str] | None, path: Path | None
) -> Roles | None:
    """Return what options and a file say about roles; None where they say nothing."""
    if not any((source, bystander, anchor, path)):
        return None
    from dataclasses import replace

    from builders.labels import Roles, load_roles

    listed = load_roles(path) if path else Roles()
    return replace(
        listed,
        source=(*(source or ()), *listed.source),
        bystander=(*(bystander or ()), *listed.bystander),
        anchor=(*(anchor or ()), *listed.anchor),
    )
