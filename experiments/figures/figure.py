"""One figure: a Vega-Lite specification with what it says in words, and what it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
"""The grammar that all specifications here are written in; nothing is fetched from there."""

WRONG, RIGHT, NEAR, INK, GREY = "#7f2704", "#1f78b4", "#d6a72c", "#1a1a1a", "#9a9a9a"
"""Hues that colour-blind readers tell apart, of different lightness for readers in grey; whatever they say is
also said by shape, place or words."""

_FONT = "Liberation Sans, Arial, sans-serif"


@dataclass(frozen=True)
class Figure:
    """A figure that can be written in every format from one specification."""

    name: str
    """File name without its ending."""
    title: str
    """What it shows, as a heading."""
    caption: str
    """How to read it: what the marks are, and what the intervals cover."""
    alt: str
    """What it shows, in words, for readers who cannot see it: it holds the numbers."""
    spec: Mapping[str, Any]
    """The Vega-Lite specification, its data included."""
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it was drawn from: digests of datasets, plan and code."""
    subtitle: str = ""
    """What all its panels measure, where it has several."""

    def vega_lite(self) -> dict[str, Any]:
        """Return the whole specification, with title, description, style and digests.

        Characters that a terminal or a drawing library obeys are written out: names come from run folders.
        """
        return _printable(
            {
                "$schema": SCHEMA,
                "background": "white",
                "padding": 12,
                "title": {"text": self.title, "anchor": "start", "fontSize": 15, "offset": 12}
                | (
                    {"subtitle": self.subtitle, "subtitleFontSize": 12, "subtitlePadding": 5}
                    if self.subtitle
                    else {}
                ),
                "description": self.alt,
                "usermeta": {"digests": dict(self.digests), "caption": self.caption},
                "config": {
                    "font": _FONT,
                    "axis": {
                        "labelFontSize": 12,
                        "titleFontSize": 12,
                        "labelLimit": 320,
                        "gridColor": "#e6e6e6",
                    },
                    "legend": {"labelFontSize": 12, "titleFontSize": 12, "symbolSize": 90, "labelLimit": 0},
                    "text": {"fontSize": 12},
                    "view": {"stroke": None},
                },
                **self.spec,
            }
        )


def by_arm(arms: Sequence[str], *, columns: int, size: int = 12, padding: int = 6) -> dict[str, Any]:
    """Return the part of a specification that draws a panel for each arm.

    Args:
        arms: Their order.
        columns: Panels in a row.
        size: Font size of an arm's name, in points.
        padding: Space under it, in pixels.
    """
    return {
        "facet": {
            "field": "arm",
            "type": "nominal",
            "sort": list(arms),
            "title": None,
            "header": {"labelFontSize": size, "labelPadding": padding},
        },
        "columns": columns,
    }


def _printable(value: Any) -> Any:  # noqa: ANN401
    """Return a specification without control characters, marks that turn the reading direction, and half characters."""
    if isinstance(value, str):
        return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in value)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(entry) for entry in value]
    return value
