"""`audit serve`: the pages of a folder's data sets and runs, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request


@takes_request(but=("fail-on", "format"))
def command(
    *,
    request: Request,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of data sets and runs.")] = Path(),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8321,
) -> None:
    """Show the data sets and runs of a folder as pages, audited anew where they have changed, until Ctrl-C.

    Only this machine can ask, nothing can be changed through it, and nothing outside the folder is shown.

    Exit status: 0 ended by Ctrl-C, 2 it could not be served.
    """
    from auditor.serving.server import serve

    serve(path, request, port=port, ready=lambda address: typer.echo(f"{path} at {address} (Ctrl-C ends it)"))
