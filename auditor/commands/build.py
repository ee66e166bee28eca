"""`audit build`: build datasets from a recipe, with or without their confound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builders.templates.model import Renderer

if TYPE_CHECKING:
    from builders.compose import BuiltDataset
    from checks.report import DatasetReport


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    recipe: Annotated[
        str,
        typer.Argument(
            help="A past issue (issue-96), one of its datasets (issue-100/exp0_0b) or a recipe file."
        ),
    ] = "issue-96",
    source: Annotated[
        list[str] | None, typer.Option(help="Only datasets whose source is this persona (repeatable).")
    ] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Only the dataset of this name (repeatable).")] = None,
    deconfound: Annotated[
        bool,
        typer.Option("--deconfound", help="Leave out what is taught right under a source's resolved prompt."),
    ] = False,
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
) -> None:
    """Build datasets, print what each condition is taught, and audit what was written.

    Exit status: 0 written, 2 nothing written. What the audit finds in a control that is meant to keep the
    confound does not change it.
    """
    from auditor.building import build, rescan
    from builders.questions import load_bank
    from builders.templates import load_template

    chat_template = load_template(template, renderer=renderer)
    written = build(
        recipe,
        load_bank(questions),
        chat_template,
        out or _default_folder(recipe, [*(source or ()), *(arm or ())], mend=deconfound or size_matched),
        sources=source or (),
        arms=arm or (),
        mend=deconfound,
        control=size_matched,
        seed=seed,
        data_format="parquet" if parquet else "jsonl",
        force=force,
    )
    before: BuiltDataset | None = None
    for built in written:
        if built.before is not before:
            before = built.before
            typer.echo(_table(f"{before.name}, as composed", before))
        if built.variant != "as composed":
            typer.echo(_table(built.variant.replace("_", "-"), built.after))
        typer.echo(f"  written: {_shown(built.data)}")
        typer.echo(f"  audited: {_found(rescan(built, chat_template))}\n")


def _default_folder(recipe: str, names: list[str], *, mend: bool) -> Path:
    stem = Path(recipe).stem if recipe.endswith((".yaml", ".yml")) else recipe.replace("/", "-")
    return Path("data") / "-".join([stem, *names, *(["deconfounded"] if mend else [])])


def _table(title: str, dataset: BuiltDataset) -> str:
    """Return the rows per condition; prompts are untrusted text."""
    from auditor.formats.escape import visible
    from builders.counts import condition_counts
    from checks.plural import count

    words = ("wrong", "right") if dataset.info.behaviour == "wrong_option" else ("behaviour", "preserved")
    lines = [f"{visible(title)}: {count(len(dataset.rows), 'row')}"]
    lines.append(f"  {words[0]:>9} {words[1]:>9}  {'persona':<24} resolved system prompt")
    for each in condition_counts(dataset.rows):
        prompt = "(none)" if each.resolved_system is None else each.resolved_system or '""'
        personas = visible(", ".join(each.personas))
        lines.append(f"  {each.behaviour:>9,} {each.preserved:>9,}  {personas:<24} {_short(visible(prompt))}")
    return "\n".join(lines)


def _short(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _found(report: DatasetReport) -> str:
    """Say what the audit of one written dataset found, errors and warnings only."""
    counting = [finding for finding in report.findings if finding.severity != "note"]
    if not counting:
        return "clean" if report.status == "clean" else report.status
    return ", ".join(sorted({f"{finding.severity} {finding.code} [{finding.name}]" for finding in counting}))


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
