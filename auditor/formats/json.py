"""The `json` format: the report itself. Its JSON schema is in the documentation."""

from __future__ import annotations

from checks.report import Report


def render(report: Report) -> str:
    """Return the report as one JSON object, indented, ASCII only.

    Escaping everything beyond ASCII keeps direction marks and other invisible characters of hostile data inert
    in whatever shows the file.
    """
    return report.model_dump_json(indent=2, ensure_ascii=True) + "\n"
