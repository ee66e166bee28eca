"""Remember the reports of what ships with the package.

The scan of a past issue on the embedded questions depends on nothing but this package and the options: like a
linter that has seen a file before, the next scan may read the answer. Whatever depends on anything else (a file,
a template, a question bank of the user's) is never remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builders.atomic import write_file
from builders.errors import OutputError

if TYPE_CHECKING:
    from auditor.request.request import Request
    from checks.core.report import Report

PACKAGES: Final = ("auditor", "builders", "checks", "experiments")
ENGINES: Final = ("duckdb", "narwhals", "jinja2", "pydantic")
"""Libraries whose version may change what a scan says."""

KEPT: Final = 32
"""Reports kept; the oldest go first."""


def cached_report(targets: Sequence[str], request: Request) -> tuple[Path | None, Report | None]:
    """Return where a scan's report is remembered, and the report if it is.

    Args:
        targets: The targets, as they were given.
        request: What was asked for.

    Returns:
        The file, or None for scans that depend on more than this package; and the report, or None.
    """
    own = [each for each in request.given("template", "reading", "evaluation") if each.key.name != "renderer"]
    if own or request.targets or not all(map(_ships, targets)):
        return None, None
    path = _folder() / f"{_key(targets, request)}.json"
    try:
        text = path.read_text("utf-8")
    except OSError:
        return path, None
    from pydantic import ValidationError

    from auditor.scanning.shown import ShownReport

    try:
        return path, ShownReport.model_validate_json(text)
    except ValidationError:  # cut off or edited: scan again and write it anew
        return path, None


def remember(path: Path, report: Report) -> None:
    """Write a report, atomically, and forget the oldest ones.

    A folder that cannot be written costs the next scan its time and nothing else, so that is no error.
    """
    with contextlib.suppress(OSError, OutputError):
        write_file(path, report.model_dump_json().encode(), force=True)
        known = sorted(path.parent.glob("*.json"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in known[KEPT:]:
            old.unlink(missing_ok=True)


def _ships(target: str) -> bool:
    """Return whether a target is a past issue of ours, or an arm of one, and no file of that name."""
    issue = target.partition("/")[0]
    return (Path(__file__).parents[2] / "experiments" / "issues" / f"{issue}.yaml").is_file() and not Path(
        target
    ).exists()


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("confound-auditor", appauthor=False) / "reports"


def _key(targets: Sequence[str], request: Request) -> str:
    said: list[Any] = [
        list(targets),
        {name: each.value for name, each in request.settings.items() if each.key.group != "acceptance"},
        sys.version,
        [_version(name) for name in ENGINES],
        list(_state()),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _state() -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of change of every file of ours, so that any edit makes another key."""
    root = Path(__file__).parents[2]
    for package in PACKAGES:
        for folder, folders, files in os.walk(root / package):
            folders[:] = sorted(each for each in folders if each != "__pycache__")
            for file in sorted(files):
                state = (Path(folder) / file).stat()
                yield str(Path(folder, file).relative_to(root)), state.st_size, state.st_mtime_ns
