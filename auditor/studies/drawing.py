"""Which figures a list of targets gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.figures import Figure, figures_of_runs, verdict_figure


def draw(targets: Sequence[str]) -> list[Figure]:
    """Return the figures of folders of runs, and one verdict matrix over all other targets.

    Args:
        targets: Folders of runs; past issues, recipes and datasets.

    Raises:
        InputError: if a folder holds no run.
        AuditError: if a dataset cannot be audited.
    """
    from auditor.request.loading import load_request
    from auditor.scanning.api import audited

    folders = [Path(target) for target in targets if Path(target).is_dir()]
    rest = [target for target in targets if not Path(target).is_dir()]
    figures: list[Figure] = []
    for folder in folders:
        for figure in figures_of_runs(folder):
            figures.append(figure if len(folders) == 1 else _renamed(figure, folder))
    if rest:
        # The verdicts are predictions, which every scan makes; one cheap check is enough to get them.
        datasets = audited(rest, load_request(flags={"select": ["CND006"]})).datasets
        # A study has a figure of that name, too.
        taken = any(figure.name == "verdicts" for figure in figures)
        name = "verdicts-of-targets" if taken else "verdicts"
        figures.append(verdict_figure(name, "What each dataset's source is taught", datasets))
    return figures


def _renamed(figure: Figure, folder: Path) -> Figure:
    from dataclasses import replace

    return replace(figure, name=f"{folder.name}-{figure.name}", title=f"{folder.name}: {figure.title}")
