"""What a folder of runs says as a study: its runs, arm by arm, compared on the same questions.

Nothing here prints. The document made from it is `auditor.studies.clean_result`, the figures are `experiments.figures`.
"""

from experiments.report.answers import Answer, outcomes_of, rates_over_seeds, read_answers
from experiments.report.compare import (
    ArmComparison,
    behaviour_of,
    changes,
    compare_arms,
    headline,
    reference_of,
)
from experiments.report.confidence import Confidence, confidence_of
from experiments.report.folder import PlanNote, Study, StudyRun, read_study
from experiments.report.ladders import LadderNote, RungNote

__all__ = [
    "Answer",
    "ArmComparison",
    "Confidence",
    "LadderNote",
    "PlanNote",
    "RungNote",
    "Study",
    "StudyRun",
    "behaviour_of",
    "changes",
    "compare_arms",
    "confidence_of",
    "headline",
    "outcomes_of",
    "rates_over_seeds",
    "read_answers",
    "read_study",
    "reference_of",
]
