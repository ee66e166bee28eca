"""Every kind of confound that is planted, in the order of the table."""

from benchmarks.confoundbench.kinds import (  # noqa: F401  (importing them registers their kinds)
    arms,
    asked,
    carriers,
    evaluation,
    preferences,
    prompts,
    public,
    rendering,
    targets,
    unlabelled,
)
from benchmarks.confoundbench.kinds.core import KINDS, SHAPES, Case, Data, Kind, Row

__all__ = ["KINDS", "SHAPES", "Case", "Data", "Kind", "Row"]
