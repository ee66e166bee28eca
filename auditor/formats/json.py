"""The `json` format: the report itself. Its JSON schema is in the documentation."""

from __future__ import annotations

from auditor.formats.escape import ascii_json
from checks.core.report import Report


def render(report: Report) -> str:
    """Return the report as one JSON object, indented, ASCII only.

    Escaping everything beyond ASCII keeps direction marks and other invisible characters of hostile data inert
    in whatever shows the file.
    """
    # Not `model_dump_json`: pydantic's own encoder refuses lone surrogates, which real files hold.
    return ascii_json(report.model_dump(), indent=2) + "\n"
