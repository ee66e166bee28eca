"""The pages over HTTP: read only, for this machine alone, with nothing to be asked but what is listed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from auditor.formats.layout import policy
from auditor.serving.pages import Page, Pages

_Scope = MutableMapping[str, Any]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Served = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def make_app(pages: Pages, *, port: int) -> _Served:
    """Return the ASGI application.

    Args:
        pages: What it shows.
        port: The port that it is asked through; a request for any other host is refused, so that no page from
            elsewhere can read this one by a name that it lets point here.
    """

    # Plain functions, which Starlette runs in threads: an audit must not stop the list from being shown.
    def home(_: Request) -> Response:
        return _response(pages.home())

    def one(request: Request) -> Response:
        raw: bytes = request.scope["raw_path"].partition(b"?")[0]
        _, kind, name = raw.split(b"/", 2)
        found = pages.page(kind.decode("ascii", "replace"), os.fsdecode(unquote_to_bytes(name)))
        return PlainTextResponse("nothing of that name is here\n", 404) if found is None else _response(found)

    def no_icon(_: Request) -> Response:
        return Response(status_code=204)  # browsers ask for one, and complain where there is none

    routes = [
        Route("/favicon.ico", no_icon, methods=["GET"]),
        Route("/", home, methods=["GET"]),
        Route("/data/{name:path}", one, methods=["GET"]),
        Route("/runs/{name:path}", one, methods=["GET"]),
    ]
    return _guarded(Starlette(routes=routes), {f"127.0.0.1:{port}", f"localhost:{port}"})


def _response(page: Page) -> Response:
    policies = {"Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return HTMLResponse(page.html, page.status, headers=policies)


def _guarded(app: Starlette, hosts: set[str]) -> _Served:
    """Return an application that answers only plain reading, asked of this machine by its own name."""

    async def served(scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":  # no WebSocket is served, and nothing has to be started
            return

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        refusal = _refusal(scope, hosts)
        if refusal is not None:
            await refusal(scope, receive, sent)
        else:
            await app(scope, receive, sent)

    return served


def _refusal(scope: _Scope, hosts: set[str]) -> Response | None:
    given = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
    if len(given) != 1 or given[0] not in hosts:
        return PlainTextResponse("this server answers to its own address alone\n", 400)
    if scope["method"] not in ("GET", "HEAD"):
        return PlainTextResponse("nothing can be changed here\n", 405, {"Allow": "GET, HEAD"})
    # A browser says who asks: a page from elsewhere may neither read these pages nor set audits going.
    origin = [value for name, value in scope["headers"] if name == b"sec-fetch-site"]
    if origin and origin[0] not in (b"none", b"same-origin"):
        return PlainTextResponse("no other page may ask for this one\n", 403)
    return None
