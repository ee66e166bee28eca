"""A figure as a page to hover over, which holds its own drawing code and asks nothing of the network."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any, Final

from experiments.figures.figure import Figure

_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
"""The drawing code compiles the specification's expressions, hence the eval; nothing can be fetched or sent."""

_OPTIONS: Final = {
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}
"""No action leads to a page elsewhere."""

_STYLE: Final = (
    "body{margin:1rem;background:#fff;color:#1b1b1b;font:14px/1.5 system-ui,sans-serif}#figure{overflow-x:auto}"
    "p{max-width:46em}"
)


def interactive(figure: Figure, about: Mapping[str, str], bundle: str) -> str:
    """Return the page.

    Args:
        figure: The figure.
        about: What the page says of itself, as meta elements.
        bundle: The drawing code, as it may stand in a script element.
    """
    tags = "".join(
        f'<meta name="{html.escape(name)}" content="{html.escape(value)}">' for name, value in about.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(figure.title)}</title>{tags}<style>{_STYLE}</style><script>{bundle}</script></head>"
        f'<body><div id="figure" role="img" aria-label="{html.escape(figure.alt)}"></div>'
        f"<p>{html.escape(figure.caption)}</p><noscript><p>{html.escape(figure.alt)}</p></noscript>"
        f"<script>vegaEmbed('#figure', {_inert(figure.vega_lite())}, {_inert(_OPTIONS)})</script></body></html>\n"
    )


def _inert(value: Any) -> str:  # noqa: ANN401
    """Return JSON that may stand in a script element: text from data and runs cannot end the element."""
    said = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return said.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
