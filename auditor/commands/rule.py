"""`audit rule CODE`: a check's page, which is the docstring of its module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from checks.core.registry import Check


def command(
    check: Annotated[
        str, typer.Argument(metavar="CODE", help="A check's code or name: CND001, anchor-negative.")
    ],
    output_format: Annotated[
        Literal["full", "json"], typer.Option("--format", help="full: the page; json: one object.")
    ] = "full",
) -> None:
    """Explain a check: what it finds, why it matters, an example, what to do, its limits."""
    from auditor.formats.escape import ascii_json
    from checks.core.registry import find_check

    found = find_check(check)
    typer.echo(ascii_json(described(found), indent=2) if output_format == "json" else page(found))


def page(check: Check) -> str:
    """Return a check's page in Markdown, below a heading with its metadata."""
    return (
        f"# {check.code} {check.name}\n\n"
        f"{check.severity} by default, looks at: {check.scope}, since {check.since}\n\n"
        f"{check.documentation.strip()}"
    )


def described(check: Check) -> dict[str, str | dict[str, str]]:
    """Return a check as an object: its metadata, a summary, and its page by section."""
    from checks.core.registry import SECTIONS

    return {
        "code": check.code,
        "name": check.name,
        "severity": check.severity,
        "scope": check.scope,
        "since": check.since,
        "summary": check.summary,
        "sections": {title: check.section(title) for title in SECTIONS},
    }
