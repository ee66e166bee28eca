"""Find confounds in contrastive fine-tuning data before a GPU is touched.

`auditor.scan("issue-96")` returns the typed report that `audit scan issue-96` prints; ``str()`` of it is what a
terminal shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor._shadow import refuse_shadows

refuse_shadows(Path(__file__).parent.parent)

if TYPE_CHECKING:
    from auditor.rebuilding.api import build
    from auditor.request.request import Request
    from auditor.scanning.api import scan
    from auditor.scanning.comparison import diff
    from auditor.studies.running import run
    from builders.errors import AuditError
    from checks.core.report import Report

__all__ = ["AuditError", "Report", "Request", "build", "diff", "run", "scan"]

_HOMES = {
    "AuditError": "builders.errors",
    "Report": "checks.core.report",
    "Request": "auditor.request.request",
    "build": "auditor.rebuilding.api",
    "diff": "auditor.scanning.comparison",
    "run": "auditor.studies.running",
    "scan": "auditor.scanning.api",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name where it is first used: importing `auditor` itself has to stay cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'auditor' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
