"""`audit issue`: what a past issue claimed beside what its data show; or a scaffold for a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from experiments.study.issue import PastIssue


def command(
    name: Annotated[
        str,
        typer.Argument(metavar="ISSUE", help="issue-96 or 96; a file of your own; or `new` for a scaffold."),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="With `new`: the file to write.")
    ] = None,
    questions: Annotated[
        str, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = "embedded",
    force: Annotated[bool, typer.Option("--force", help="With `new`: overwrite the file.")] = False,
) -> None:
    """Show what a past issue claimed and what was found in its data."""
    if name == "new":
        _write_scaffold(file, force=force)
        return
    from experiments.study.issue import load_issue, read_issue

    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        issue = read_issue(path)
    else:
        issue = load_issue(f"issue-{name}" if name.isdecimal() else name)
    _show(issue, str(path) if path.suffix in {".yaml", ".yml"} else issue.name, questions)


def _show(issue: PastIssue, target: str, questions: str) -> None:
    from auditor.formats import render
    from auditor.formats.escape import visible
    from auditor.request.loading import requested
    from auditor.scanning.api import scan

    typer.echo(visible(f"{issue.name}: {issue.title}"))
    typer.echo(visible(f"code: {issue.repository}; measured: {issue.evaluation.metric}"))
    typer.echo("\nclaimed:")
    for claim in issue.claims:
        typer.echo(visible(f"  {claim.text}"))
        typer.echo(visible(f"    {', '.join(claim.datasets)}; known from {claim.level}: {claim.source}"))
    typer.echo("\nknown:")
    for entry in issue.provenance:
        note = f"; {entry.note}" if entry.note else ""
        typer.echo(
            visible(f"  {entry.part} ({', '.join(entry.datasets)}): {entry.level}, {entry.source}{note}")
        )
    typer.echo("\nfound:")
    typer.echo(render("full", scan(target, request=requested(questions=questions))), nl=False)


def _write_scaffold(file: Path | None, *, force: bool) -> None:
    from builders.atomic import write_file
    from builders.errors import InputError
    from experiments.study.issue import read_issue

    if file is None:
        raise InputError("no file to write was given", help="audit issue new issue-7.yaml")
    number = "".join(character for character in file.stem if character.isdecimal()) or "1"
    text = SCAFFOLD.replace("NUMBER", str(int(number)))
    write_file(file, text.encode(), force=force)
    read_issue(file)  # a scaffold that does not load would be a poor start
    typer.echo(f"written: {file}; next: fill it in, then audit scan {file}")


SCAFFOLD = """\
# yaml-language-server: $schema=https://confound-auditor.github.io/confound-auditor/schemas/past-issue.json
# A published result as data. Say what was claimed and how the rows were made; verdicts come out of the checks.
number: NUMBER
title: Does persona X resist?
repository: owner/name
evaluation:
  questions: null # how many, if it is known
  metric: Share of questions whose right label has the highest log-probability
  prompt: The first token after the generation prompt, under the source's own system prompt
claims:
  - text: Persona X keeps its accuracy where the others lose theirs.
    datasets: ["*"]
    level: write-up # code, write-up or second-hand: how it is known that this was claimed
    source: where it stands
recipes:
  - name: issue-NUMBER
    personas:
      x: You are X.
      other: You are somebody else.
      no_persona: null # no system message
    targets: {kind: wrong_option, random: 1}
    datasets:
      - name: x
        source: x
        parts:
          - {role: source, persona: x, target: behaviour, rows: 200, questions: 1}
          - {role: bystander, persona: other, target: preserved, rows: 400, questions: 2}
          - {role: no_persona, persona: no_persona, target: preserved, rows: 100, questions: 100}
        order: 0
published: {} # for example {x: {after: {percent: 80.0}, source: table 1}}
provenance:
  - part: rows
    level: code
    source: COMMIT:path/to/build_data.py
"""
"""What `audit issue new` writes; it loads as it stands."""
