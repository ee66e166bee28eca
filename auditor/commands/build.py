"""`audit build`: build datasets from a recipe, or a data file again, with or without their confound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.request.strategy import Strategy
from builders.templates.model import Renderer


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    recipe: Annotated[
        str,
        typer.Argument(
            help="A past issue (issue-96), one of its datasets (issue-100/exp0_0b) or a recipe file."
        ),
    ] = "issue-96",
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="Only datasets whose source is this persona; for a data file, its source's system prompt "
            "(repeatable)."
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
    questions: Annotated[
        str, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = "embedded",
    seed: Annotated[
        int | None, typer.Option(help="Draw other rows; the recipe's own seed if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; below data/ and named after the recipe if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace datasets that are there.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet instead of JSON lines.")] = False,
    template: Annotated[
        str | None,
        typer.Option(
            help="Chat template: a .jinja file, a tokenizer folder, a hub id, or a name that trl ships."
        ),
    ] = None,
    renderer: Annotated[
        Renderer, typer.Option(help="Training stack: transformers or llamafactory.")
    ] = "transformers",
    template_kwargs: Annotated[
        str | None, typer.Option(help="Variables for the template, as a JSON object.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="For a data file: what says whether a row teaches the behaviour, as for audit scan."
        ),
    ] = None,
    roles: Annotated[
        Path | None, typer.Option(help="For a data file: a file of roles, as for audit scan.")
    ] = None,
    shape: Annotated[
        str | None, typer.Option(help="For a data file: how its rows are laid out; found from the content.")
    ] = None,
) -> None:
    """Build datasets, print what each condition is taught, and audit what was written.

    Exit status: 0 written, 2 nothing written. What the audit finds in a control that is meant to keep the
    confound does not change it.
    """
    from auditor.rebuilding import built_text
    from auditor.rebuilding.building import build, stored
    from auditor.request.strategy import check_strategy
    from auditor.request.template_kwargs import template_kwargs as parse
    from builders.questions import load_bank
    from builders.templates import load_template

    mends = deconfound or size_matched
    check_strategy(strategy, mend=mends, control=size_matched, move_to=move_to)
    chat_template = load_template(template, renderer=renderer, kwargs=parse(template_kwargs))
    out = out or _default_folder(recipe, [*(source or ()), *(arm or ())], how=strategy if mends else None)
    if _is_data(recipe) and not stored(recipe):
        from auditor.commands.scan import role_selectors
        from auditor.rebuilding.mending import mend
        from auditor.scanning.subjects import Reading
        from builders.errors import InputError

        if not mends:
            raise InputError(
                "a data file can only be mended", where=recipe, help="add --deconfound, or give a recipe"
            )
        reading = Reading(shape=shape, labels=label or (), roles=role_selectors(source, None, None, roles))
        before, mended = mend(
            recipe,
            chat_template,
            out,
            control=size_matched,
            strategy=strategy,
            move_to=move_to,
            reading=reading,
            seed=42 if seed is None else seed,
            force=force,
        )
        typer.echo(built_text.of_mended(before, mended), nl=False)
        return
    written = build(
        recipe,
        load_bank(questions),
        chat_template,
        out,
        sources=source or (),
        arms=arm or (),
        mend=deconfound,
        control=size_matched,
        strategy=strategy,
        move_to=move_to,
        seed=seed,
        data_format="parquet" if parquet else "jsonl",
        force=force,
    )
    typer.echo(built_text.of_built(written, chat_template), nl=False)


def _is_data(target: str) -> bool:
    """Return whether a target is data and not a recipe or the name of one."""
    if target.endswith((".yaml", ".yml")):
        return False
    return target.startswith("hf:") or any(mark in target for mark in "*?[") or Path(target).exists()


_NAMES = {"drop": "deconfounded", "move": "moved", "balance": "balanced"}


def _default_folder(recipe: str, names: list[str], *, how: Strategy | None) -> Path:
    stem = recipe if "/" in recipe and not Path(recipe).exists() else Path(recipe).name.partition(".")[0]
    parts = [stem, *names, *([_NAMES[how]] if how else [])]
    return Path("data") / "-".join("".join(c if c.isalnum() or c in "._" else "-" for c in p) for p in parts)
