"""Seeds crossed with questions: by hand, against statsmodels' analysis of variance, and in its limits."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest

from checks.stats import over_seeds, pigeonhole_bootstrap


def test_two_seeds_and_two_questions_by_hand():
    # Means 0.75 and 0.25 of seeds, 0.75 and 0.25 of questions, mean 0.5. Squares: seeds 2 x 2 x 0.25^2 = 0.25
    # on 1 df, questions the same, rest: residuals 1 - 0.75 - 0.75 + 0.5 = 0 and so on, all 0.
    summary = over_seeds([[1.0, 0.5], [0.5, 0.0]])
    assert summary.seed_means == (0.75, 0.25)
    assert summary.rest_sd == 0
    assert summary.seed_sd == pytest.approx(math.sqrt(0.25 / 2))
    assert summary.question_sd == pytest.approx(math.sqrt(0.25 / 2))
    # variance (0.25 + 0.25) / 4, df = 0.5^2 / (0.25^2 + 0.25^2) = 2, t = 4.302653
    assert summary.df == pytest.approx(2)
    half = 4.302652729696142 * math.sqrt(0.125)
    assert summary.estimate.high == pytest.approx(min(1.0, 0.5 + half))
    assert summary.estimate.low == pytest.approx(max(-1.0, 0.5 - half))


def test_components_agree_with_statsmodels_analysis_of_variance():
    pytest.importorskip("statsmodels")
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    stream = random.Random(5)
    shift, ease = [stream.gauss(0, 0.1) for _ in range(6)], [stream.gauss(0, 0.2) for _ in range(30)]
    table = [[0.5 + s + e + stream.gauss(0, 0.05) for e in ease] for s in shift]
    table = [[min(1.0, max(-1.0, value)) for value in row] for row in table]
    cells = [(s, q, value) for s, row in enumerate(table) for q, value in enumerate(row)]
    frame = pd.DataFrame(cells, columns=["seed", "question", "value"])
    squares = anova_lm(ols("value ~ C(seed) + C(question)", frame).fit())["mean_sq"]
    summary = over_seeds(table)
    assert summary.rest_sd == pytest.approx(math.sqrt(squares["Residual"]), abs=1e-9)
    seed_sd = math.sqrt((squares["C(seed)"] - squares["Residual"]) / 30)
    question_sd = math.sqrt((squares["C(question)"] - squares["Residual"]) / 6)
    assert summary.seed_sd == pytest.approx(seed_sd, abs=1e-9)
    assert summary.question_sd == pytest.approx(question_sd, abs=1e-9)
    total = squares["C(seed)"] + squares["C(question)"] - squares["Residual"]
    half_squared = total / 180
    from scipy.stats import t

    assert summary.estimate.width / 2 == pytest.approx(
        t.ppf(0.975, summary.df) * math.sqrt(half_squared), abs=1e-9
    )


def test_one_seed_is_the_wilson_interval_of_its_questions_but_for_t():
    # Question variance k(n-k)/(n(n-1)) gives n - 1 effective answers and t at n - 1 degrees of freedom.
    summary = over_seeds([[1.0] * 11 + [0.0] * 575])
    assert summary.seed_sd is None
    assert summary.df == 585
    assert round(summary.estimate.low, 3) == 0.010
    assert round(summary.estimate.high, 3) == 0.033
    assert "nothing of how much another seed" in str(summary)


def test_answers_that_are_all_the_same_count_each_question_once():
    summary = over_seeds([[0.0] * 586] * 10)
    assert summary.estimate.low == 0
    assert 0.006 < summary.estimate.high < 0.0075  # z^2 / (586 + z^2) = 0.0065, t a little more
    assert summary.seed_sd == 0


def test_seed_luck_widens_the_interval():
    calm = [[1.0, 0.0] * 293] * 3
    moved = [[1.0] * (293 + shift) + [0.0] * (293 - shift) for shift in (-60, 0, 60)]
    assert over_seeds(moved).estimate.width > 2 * over_seeds(calm).estimate.width
    assert "points between seeds" in str(over_seeds(moved))


def test_the_bootstrap_is_near_the_formula_and_repeats():
    stream = random.Random(3)
    rate = [0.85 + 0.02 * stream.gauss(0, 1) for _ in range(12)]
    table = [[float(stream.random() < each) for _ in range(300)] for each in rate]
    bootstrap, formula = pigeonhole_bootstrap(table, seed=1), over_seeds(table).estimate
    assert bootstrap == pigeonhole_bootstrap(table, seed=1)
    assert bootstrap != pigeonhole_bootstrap(table, seed=2)
    assert 0.8 < bootstrap.width / formula.width < 2
    assert bootstrap.estimate == formula.estimate


@pytest.mark.parametrize(
    "outcomes", [[], [[0.5]], [[1.0, 0.0], [1.0]], [[1.0, float("nan")]], [[2.0, 0.0], [1.0, 0.0]]]
)
def test_tables_that_are_none_are_refused(outcomes):
    with pytest.raises(ValueError):  # noqa: PT011
        over_seeds(outcomes)


def test_importing_the_package_imports_neither_numpy_nor_scipy():
    code = "import sys, checks.stats; print([m for m in ('numpy', 'scipy', 'pandas') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
