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
        str | None,
        typer.Argument(
            help="A past issue (issue-96), one of its datasets (issue-100/exp0_0b), a recipe file or a data file; "
            "without one, what can be built by name is printed. For the first three --source names personas whose "
            "datasets are built."
        ),
    ] = None,
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
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder to write; below data/ and named after the recipe if left out."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace datasets that are there.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet instead of JSON lines.")] = False,
) -> None:
    """Build datasets, print what each condition is taught, and audit what was written.

    Exit status: 0 written, 2 nothing written, also where no recipe was named. What the audit finds in a control
    that is meant to keep the confound does not change it.
    """
    from auditor.rebuilding.api import build
    from checks.core.columns import fitted

    if recipe is None:
        _print_recipes(out or Path("data"))
        raise typer.Exit(2)
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
    typer.echo(fitted(str(built)), nl=False)


def _print_recipes(out: Path) -> None:
    """Say what could be built, and where it would be written."""
    from checks.core.plural import count
    from experiments.study.issue import issue_names, load_issue

    for name in issue_names():
        datasets = list(load_issue(name).dataset_names())
        if datasets:
            shown = ", ".join(each.partition("/")[2] for each in datasets[:6])
            more = ", ..." if len(datasets) > 6 else ""
            typer.echo(
                f"audit build {name} writes {count(len(datasets), 'dataset')} below {out}/: {shown}{more}"
            )
    typer.echo(
        "nothing was written, for no recipe was named; a recipe's or data file's path does, too", err=True
    )
