"""Run a plan from Python as `audit run` does: its gate goes by the nearest configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditor.request.config_keys import general
from auditor.request.request import Request
from auditor.scanning.api import python_request
from builders.errors import UnknownNameError
from experiments.study import run as study

_OWN = (
    "exp",
    "arms",
    "model",
    "seeds",
    "questions",
    "settings",
    "out",
    "jobs",
    "dry_run",
    "resume",
    "showing",
)


def run(
    plan: str = "issue-100",
    *,
    request: Request | None = None,
    config: Path | None = None,
    **options: Any,  # noqa: ANN401
) -> study.Ran:
    """Audit a plan's arms, train those that pass, evaluate them and let the outcome decide what runs next.

    Args:
        plan: A plan's name or file.
        request: All settings of the gate, instead of those of the configuration, the environment and `options`.
        config: The configuration file to read instead of the nearest.
        options: What `audit run` has options for, under the same names: which checks the gate goes by (``select=``,
            ``ignore=``, ``severity=``, ``thresholds={"metric-points": 5}``), and all that
            `experiments.study.run.run` takes (``arms=["a"]``, ``seeds=[1, 2]``, ``settings=["training.epochs=1"]``,
            ``out=``, ``dry_run=True``).

    Raises:
        GateError: if an arm may not train.
        UnknownNameError: if there is no such option.
        AuditError: if something could not be run.
    """
    how = {name: options.pop(name) for name in _OWN if name in options}
    gate = [key.argument for key in general("selection")] + ["thresholds"]
    unknown = next((name for name in options if name not in gate), None)
    if unknown is not None:
        raise UnknownNameError("option of a run", unknown, [*gate, *_OWN])
    return study.run(plan, selection=python_request(request, config, options).selection, **how)
