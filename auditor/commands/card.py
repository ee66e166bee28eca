"""`audit card`: the reproducibility card of runs, from their own folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from auditor.commands.options import Out

CardFormat = Literal["markdown", "json"]


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, with run_result.json and config.yaml."),
    ],
    output_format: Annotated[CardFormat, typer.Option("--format", help="markdown or json.")] = "markdown",
    out: Out = None,
) -> None:
    """Print the reproducibility card of runs, so that a write-up need not be typed and cannot drift.

    Exit status: 0, or 2 where a folder is no finished run.
    """
    from auditor.formats import write_file
    from auditor.formats.escape import ascii_json, log_line
    from checks.core.columns import fitted
    from experiments.study.card import card_markdown, read_card

    cards = [read_card(run) for run in runs]
    if output_format == "json":
        text = ascii_json([card.model_dump(mode="json") for card in cards], indent=2) + "\n"
    else:
        text = card_markdown(cards)
    if out is not None:
        write_file(out, text)
    else:
        typer.echo(fitted("\n".join(log_line(line) for line in text.splitlines())))
