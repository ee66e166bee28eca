"""Training views: what one trainer makes of a row, which of its turns carry loss and which do not."""

from builders.views.model import TRAINERS, Trainer, TrainingView, flagged_off, trained_turns
from builders.views.trainers import view_of

__all__ = ["TRAINERS", "Trainer", "TrainingView", "flagged_off", "trained_turns", "view_of"]
