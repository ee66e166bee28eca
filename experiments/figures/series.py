"""Arms that differ in one setting alone: the learning rate, the epochs, or how many questions teach the behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from builders.declarative import load_model
from builders.errors import InputError
from experiments.report.answers import questions_taught
from experiments.report.folder import Study, StudyRun
from experiments.study.runs import CONFIG
from experiments.training.config import ExperimentConfig

Setting = Literal["learning_rate_factor", "epochs", "questions"]

SETTINGS: Final[dict[Setting, tuple[str, str, str]]] = {
    "learning_rate_factor": (
        "learning-rate",
        "learning-rate factor",
        "One mixture at several learning rates",
    ),
    "epochs": ("epochs", "number of epochs", "One mixture, trained on for longer and longer"),
    "questions": (
        "questions",
        "number of questions that teach the behaviour",
        "One mixture, taught on more and more questions",
    ),
}
"""Setting -> the figure's name, the axis' words and the heading."""


def series(study: Study, arms: Sequence[str], setting: Setting) -> dict[float, str]:
    """Return value -> arm, of arms that are alike in all but a setting; the largest such group of an experiment's.

    An arm of another experiment stands in where it is alike, such as the base that others vary.

    Args:
        study: The study.
        arms: The experiment's arms.
        setting: What differs.

    Raises:
        InputError: if a run's answers cannot be read.
    """
    groups: dict[object, dict[float, str]] = {}
    for arm in (*arms, *(arm for arm in study.arms if arm not in arms)):
        run = study.arms[arm][0]
        config = _config(run)
        if config is None:
            continue
        value = _value(run, config, setting)
        if value is not None:
            groups.setdefault(_alike(run, config, setting), {}).setdefault(value, arm)
    # Of one factor at a time around a base, the factor's own group is the largest.
    return max(groups.values(), key=lambda group: len(set(group.values()) & set(arms)), default={})


def _value(run: StudyRun, config: ExperimentConfig, setting: Setting) -> float | None:
    if setting != "questions":
        return float(getattr(config.training, setting))
    taught = questions_taught(run.folder)
    return None if taught is None else float(taught)


def _alike(run: StudyRun, config: ExperimentConfig, setting: Setting) -> object:
    """Return what two arms have in common that differ in a setting alone."""
    source, result = run.source, run.result
    counts = None if source is None else (source.condition, source.behaviour, source.preserved)
    same = (result.rows, result.model_digest, counts, result.evaluations[0].behaviour)
    if setting == "questions":  # other questions are other rows: as many, and taught the same
        return (*same, config.digest)
    rest = config.model_copy(update={"training": config.training.model_copy(update={setting: 1.0})})
    return (*same, result.dataset, rest.digest)


def _config(run: StudyRun) -> ExperimentConfig | None:
    path = run.folder / CONFIG
    if not path.is_file():
        return None
    try:
        return load_model(path, ExperimentConfig)
    except InputError:
        return None  # settings of another version: what the run says of itself still counts
