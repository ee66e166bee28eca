"""Statistics that the checks and the experiments share, each with its source and a hand-computed oracle.

They live beside the checks because imports go one way: experiments may use them from here, and checks could
not use them from there. Formulas and sources are in ``docs/statistics.md``. Importing this package costs
nothing: scipy and numpy are imported by the functions that need them.
"""

from checks.stats.auc import auc_delong, auc_estimate, auc_newcombe
from checks.stats.conformal import ConformalBound, conformal_bound, conformal_interval, pooled_bound
from checks.stats.interval import Interval, p_text
from checks.stats.letters import LetterCount, LetterSkew, best_constant, letter_skew
from checks.stats.margins import mcnemar_bounds
from checks.stats.multiple import holm
from checks.stats.paired import PairedComparison, PairedTable, compare_paired, mcnemar, newcombe_paired, tango
from checks.stats.power import (
    detectable_paired,
    detectable_unpaired,
    independent_discordance,
    power_paired,
    power_unpaired,
)
from checks.stats.proportion import wilson
from checks.stats.seeds import SeedSummary, over_seeds, pigeonhole_bootstrap
from checks.stats.unpaired import (
    UnpairedComparison,
    compare_unpaired,
    fisher_exact,
    newcombe_unpaired,
    two_proportion_z,
)

__all__ = [
    "ConformalBound",
    "Interval",
    "LetterCount",
    "LetterSkew",
    "PairedComparison",
    "PairedTable",
    "SeedSummary",
    "UnpairedComparison",
    "auc_delong",
    "auc_estimate",
    "auc_newcombe",
    "best_constant",
    "compare_paired",
    "compare_unpaired",
    "conformal_bound",
    "conformal_interval",
    "detectable_paired",
    "detectable_unpaired",
    "fisher_exact",
    "holm",
    "independent_discordance",
    "letter_skew",
    "mcnemar",
    "mcnemar_bounds",
    "newcombe_paired",
    "newcombe_unpaired",
    "over_seeds",
    "p_text",
    "pigeonhole_bootstrap",
    "pooled_bound",
    "power_paired",
    "power_unpaired",
    "tango",
    "two_proportion_z",
    "wilson",
]
