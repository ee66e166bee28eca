"""The report that Python gets: the same model, which also knows how to show itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.formats import render
from checks.core.plural import count, listed
from checks.core.report import Report

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Inline:
    """A whole page within a notebook, in a frame that shares nothing with what is around it."""

    html: str
    """The page, as `--format html` writes it."""
    height: int
    """Of the frame, in pixels; what is longer is scrolled within it."""

    def _repr_html_(self) -> str:
        from html import escape

        # Sandboxed without an origin: the page's own script runs, and can reach neither the notebook nor its kernel.
        return (
            f'<iframe title="audit" sandbox="allow-scripts" width="100%" height="{self.height:d}" '
            f'srcdoc="{escape(self.html)}"></iframe>'
        )


class ShownReport(Report):
    """A report that prints as in a terminal and is a table in a notebook; making one prints nothing."""

    def __str__(self) -> str:
        """Return what `audit scan` prints."""
        return render("full", self)

    def __repr__(self) -> str:
        """Return one line, so that a REPL is not flooded."""
        found = self.findings()
        parts = [
            count(number, severity)
            for severity in ("error", "warning", "note")
            if (number := sum(each.severity == severity for each in found))
        ]
        return f"<Report of {self.target!r}: {self.status}, {listed(parts) or 'nothing found'}>"

    def _repr_html_(self) -> str:
        from auditor.formats.html_table import render as render_table

        return render_table(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each condition: what it is, what it is taught, the verdict, and what was found of it."""
        from auditor.formats.condition_table import condition_table

        return condition_table(self)

    def page(self, *, height: int = 700) -> Inline:
        """Return the page that `--format html` writes, for a notebook to show inline.

        Args:
            height: Of its frame, in pixels.
        """
        from auditor.formats.html_page import render as render_page

        return Inline(render_page(self), height)
