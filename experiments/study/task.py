"""What is to be run, and what is told of it on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.study.prepare import Job
from experiments.training.models import ModelSource


@dataclass(frozen=True)
class Event:
    """Something that the caller may show."""

    arm: str
    """The arm."""
    seed: int
    """The seed."""
    what: str
    """`reused`, `before`, `step`, `log`, `finished` or `failed`."""
    text: str = ""
    """In words."""
    step: int = 0
    """Optimizer steps taken."""
    steps: int = 0
    """Optimizer steps in all."""
    loss: float | None = None
    """The step's loss."""


@dataclass(frozen=True)
class Task:
    """A job with its seed, its model and its place."""

    job: Job
    """The audited arm."""
    seed: int
    """The seed."""
    source: ModelSource
    """The model."""
    model_digest: str
    """Digest of its weights."""
    out: Path
    """The folder of all runs."""
    resume: bool
    """Whether to go on where an interrupted run stopped."""
