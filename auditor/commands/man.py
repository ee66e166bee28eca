"""`audit man`: manual pages, made from what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    name: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND]", help="A command: scan, or report runs; audit itself."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write every command's page into this folder instead.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False,
) -> None:
    """Print a command's manual page, or write all of them.

    `audit man scan | man -l -` shows one. With --out, all are written: into a folder man1 below a folder of
    MANPATH, for example.
    """
    from auditor.manual import manual, pages
    from builders.atomic import write_file

    if out is None:
        typer.echo(manual(" ".join(["audit", *(name or ())])), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for file, text in pages():
        write_file(out / file, text.encode(), force=force)
    typer.echo(f"written: {out}", err=True)
