"""`audit build`: build datasets from a recipe, or a data file again, with or without their confound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request
from auditor.request.strategy import Strategy


@takes_request("template", "reading", "evaluation", "selection", but=("engine",))
def command(
    *,
    request: Request,
    recipe: Annotated[
        str,
        typer.Argument(
            help="A past issue (issue-96), one of its datasets (issue-100/exp0_0b), a recipe file or a data file. For "
            "the first three --source names personas whose datasets are built."
        ),
    ] = "issue-96",
    arm: Annotated[list[str] | None, typer.Option(help="Only the dataset of this name (repeatable).")] = None,
    deconfound: Annotated[
        bool,
        typer.Option("--deconfound", help="Leave out what is taught right under a source's resolved prompt."),
    ] = False,
    strategy: Annotated[
        Strategy,
        typer.Option(
            help="How to deconfound: drop those rows, move them under another prompt, or balance them: every "
            "source gets its share."
        ),
    ] = "drop",
    move_to: Annotated[
        str | None,
        typer.Option(help="System prompt that --strategy move moves rows to; a bystander's if left out."),
    ] = None,
    size_matched: Annotated[
        bool,
        typer.Option(
            "--size-matched",
            help="Deconfound, and write the twin that loses as many bystander rows instead beside it.",
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Draw other rows; the recipe's own seed if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; below data/ and named after the recipe if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace datasets that are there.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet instead of JSON lines.")] = False,
) -> None:
    """Build datasets, print what each condition is taught, and audit what was written.

    Exit status: 0 written, 2 nothing written. What the audit finds in a control that is meant to keep the
    confound does not change it.
    """
    from auditor.rebuilding.api import build

    built = build(
        recipe,
        request=request,
        arm=arm or (),
        deconfound=deconfound,
        strategy=strategy,
        move_to=move_to,
        size_matched=size_matched,
        seed=seed,
        out=out,
        force=force,
        parquet=parquet,
    )
    typer.echo(str(built), nl=False)
