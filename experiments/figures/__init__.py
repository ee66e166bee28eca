"""Figures of a study, each one specification that every format is drawn from.

`figures_of_runs` draws all that a folder of runs has the numbers for; the others take their numbers from the caller.
Drawing needs the ``report`` extra, making a specification does not.
"""

from experiments.figures.arms import PRESERVED, arms_figure, before_after_figure
from experiments.figures.dose import Dose, dose_figure
from experiments.figures.figure import Figure
from experiments.figures.labels import LabelShares, label_figure, loss_figure
from experiments.figures.near import Neighbour, near_figure
from experiments.figures.points import Outcomes, Point, points
from experiments.figures.reading import ArmRates
from experiments.figures.regimes import regime_figure
from experiments.figures.setting import setting_figure
from experiments.figures.share import share_figure
from experiments.figures.study import figures_of_runs, figures_of_study
from experiments.figures.ternary import ternary_figure
from experiments.figures.varied import CURVES
from experiments.figures.verdicts import verdict_figure
from experiments.figures.write import FORMATS, Format, formats, render, write

__all__ = [
    "CURVES",
    "FORMATS",
    "PRESERVED",
    "ArmRates",
    "Dose",
    "Figure",
    "Format",
    "LabelShares",
    "Neighbour",
    "Outcomes",
    "Point",
    "arms_figure",
    "before_after_figure",
    "dose_figure",
    "figures_of_runs",
    "figures_of_study",
    "formats",
    "label_figure",
    "loss_figure",
    "near_figure",
    "points",
    "regime_figure",
    "render",
    "setting_figure",
    "share_figure",
    "ternary_figure",
    "verdict_figure",
    "write",
]
