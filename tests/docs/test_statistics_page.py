"""Every example on the statistics page does what the page says."""

from __future__ import annotations

import doctest
from pathlib import Path

import checks.stats

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_the_examples_run():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted >= 10
    assert result.failed == 0


def test_every_public_statistic_is_on_the_page_or_in_a_type_that_is():
    text = PAGE.read_text()
    described = {  # names that the page gives in words
        "Interval": "interval",
        "LetterCount": "letter L",
        "LetterSkew": "letter_skew",
        "ConformalBound": "conformal_bound",
        "PairedComparison": "compare_paired",
        "SeedSummary": "over_seeds",
        "UnpairedComparison": "compare_unpaired",
        "auc_delong": "DeLong's interval",
        "auc_estimate": "area under the ROC curve",
        "auc_newcombe": "Newcombe's: the areas",
        "holm": "Holm",
        "mcnemar": "McNemar, exact",
        "newcombe_paired": "square and add",
        "newcombe_unpaired": "hybrid of two Wilson",
        "p_text": "No p-value is printed alone",
        "power_paired": "detectable_paired",
        "power_unpaired": "detectable_unpaired",
        "tango": "Tango's interval",
    }
    for name in checks.stats.__all__:
        assert described.get(name, name) in text, name
