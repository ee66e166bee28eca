"""The server, on the loopback address alone."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from auditor.request.request import Request
from auditor.serving.folder import contents
from builders.errors import InputError, OutputError
from builders.version import extra_help


def serve(root: Path, request: Request, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve a folder's pages until interrupted.

    Args:
        root: The folder.
        request: What data sets are audited by.
        port: The port; 0 for a free one.
        ready: Told the address once it can be asked.

    Raises:
        InputError: if there is no such folder, or the port is taken.
        OutputError: if the ``report`` extra is not installed.
    """
    contents(root)
    try:
        import uvicorn

        from auditor.serving.app import make_app
    except ModuleNotFoundError as error:
        raise OutputError(
            f"pages are served by starlette and uvicorn, and {error.name} is not installed",
            help=f"install the extra: make setup-report, or {extra_help('report')}",
        ) from error
    from auditor.serving.pages import Pages

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with listening:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(
                f"port {port} cannot be had: {error.strerror}",
                where="--port",
                help="--port 0 takes a free one",
            ) from error
        listening.listen()
        bound: int = listening.getsockname()[1]
        config = uvicorn.Config(
            make_app(Pages(root, request), port=bound),
            lifespan="off",
            ws="none",
            log_level="error",
            server_header=False,
            date_header=False,
            proxy_headers=False,
        )
        ready(f"http://127.0.0.1:{bound}/")
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            uvicorn.Server(config).run(sockets=[listening])
