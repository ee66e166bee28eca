"""One audit under the settings that hold here, for code that calls us from somewhere else."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.acceptance.accepted import accept
from auditor.request.config import Config, load_config
from builders.templates import ChatTemplate, Renderer
from checks.core.report import Report

if TYPE_CHECKING:
    from auditor.scanning.subjects import Reading


def audited(
    *targets: Any,  # noqa: ANN401
    template: str | Path | ChatTemplate | None = None,
    renderer: Renderer | None = None,
    reading: Reading | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: str | None = None,
    config: Path | None = None,
) -> tuple[Report, Config]:
    """Audit targets by the nearest configuration file, as `audit scan` would.

    Args:
        targets: As for `auditor.scan`.
        template: Beats the configuration's.
        renderer: Beats the configuration's.
        reading: How the targets' rows are read.
        select: Checks to run; beats the configuration's.
        ignore: Checks to leave out; beats the configuration's.
        fail_on: Beats the configuration's.
        config: The configuration file to read instead of the nearest.

    Returns:
        The report, ignores and baseline applied, and the settings that held.

    Raises:
        AuditError: if something could not be looked at.
    """
    from auditor.scanning.api import scan

    flags = {"select": select, "ignore": ignore, "fail-on": fail_on, "renderer": renderer}
    settings = load_config(file=config, flags=flags)
    report = scan(
        *targets,
        template=settings.template if template is None else template,
        renderer=settings.renderer,
        template_kwargs=settings.template_kwargs,
        reading=reading,
        select=settings.select,
        ignore=settings.ignore,
        severities=settings.severities,
        settings=settings.thresholds,
    )
    return accept(report, settings, warn=lambda line: warnings.warn(line, stacklevel=4)), settings
