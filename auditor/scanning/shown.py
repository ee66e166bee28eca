"""The report that Python gets: the same model, which also knows how to show itself."""

from __future__ import annotations

from auditor.formats import render
from checks.core.plural import count, listed
from checks.core.report import Report


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
