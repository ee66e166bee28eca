"""`audit template`: what a chat template makes of absent, null, empty and given system prompts."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated, Literal

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request
from builders.version import extra_help


@takes_request("template", but=("template",))
def command(
    *,
    request: Request,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="A .jinja or .gguf file, a tokenizer folder, a hub id, or a name (llama3.1); the configuration's, or "
            "qwen2.5, where none is named.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All templates that the installed trl ships.")] = False,
    text: Annotated[
        str, typer.Option(help="The system text to try the template with.")
    ] = "You are a helpful assistant.",
    output_format: Annotated[
        Literal["table", "json"], typer.Option("--format", help="table or json.")
    ] = "table",
) -> None:
    """Show how absent, null, "" and given system prompts resolve, and which of them collide.

    Exit status: 0 shown, 2 no such template, or one that cannot be rendered.
    """
    from auditor.showing import template_report
    from builders.errors import InputError, TemplateError
    from builders.templates import trl_templates

    if every and target is not None:
        raise InputError("--all takes no target", where=target, help="leave one of the two out")
    if not text.strip():
        raise InputError("a blank text cannot be told from none", where="--text", help="give some words")
    names = list(trl_templates()) if every else [target or request.template]
    if not names:
        raise TemplateError(
            "trl is not installed, so there are no templates to list",
            where="--all",
            help=f"{extra_help('train')}, or name a template",
        )
    loaded = [request.load(name) for name in names]
    found = template_report.describe_all(loaded, text)
    if not every and found[0].error is not None:
        raise found[0].error
    if output_format == "json":
        sys.stdout.write(template_report.as_json(found) + "\n")
        return
    colour, width = sys.stdout.isatty(), max(60, shutil.get_terminal_size((100, 24)).columns)
    report = found[0].report
    if every or report is None:
        sys.stdout.write(template_report.overview(found, colour=colour, width=width))
    else:
        sys.stdout.write(template_report.table(report, colour=colour, width=width))
