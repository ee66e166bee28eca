"""The prediction with a prior: its formula by hand, its fit, and what it is worth where there is no prior."""

import pytest

from experiments.report import read_study
from experiments.report.calibration import calibrate
from experiments.report.calibration.prior import HIGHEST, Mixture, fit_rows, prior_share
from tests.auditor.clean_result.studies import write_ledger
from tests.experiments.calibration_runs import write


def mixture(preserved, rows, *, before=0.9, behaviour=20):
    return Mixture(preserved, behaviour, before, (preserved + rows * before) / (preserved + behaviour + rows))


def test_the_share_by_hand():
    found = Mixture(preserved=10, behaviour=20, before=0.9, measured=0.5)
    assert prior_share(found, 0) == pytest.approx(1 / 3)
    assert prior_share(found, 10) == pytest.approx(19 / 40)
    assert prior_share(Mixture(0, 0, 0.9, 0.5), 5) == pytest.approx(0.9)
    for rows, each in ((-1.0, found), (0.0, Mixture(0, 0, 0.9, 0.5))):
        with pytest.raises(ValueError, match="row"):
            prior_share(each, rows)


@pytest.mark.parametrize("rows", [0.5, 10.0, 80.0])
def test_the_rows_are_found_again(rows):
    assert fit_rows([mixture(c, rows) for c in (0, 5, 20, 60)]) == pytest.approx(rows, rel=1e-4)


def test_no_prior_is_an_answer_and_a_model_that_learns_nothing_another():
    # Measured is further from what the model did before than the taught share is: no number of rows is negative.
    assert fit_rows([Mixture(10, 20, 0.9, 0.3), Mixture(20, 20, 0.9, 0.45)]) == 0.0
    assert fit_rows([Mixture(c, 20, 0.9, 0.9) for c in (0, 10)]) == pytest.approx(HIGHEST, rel=0.01)
    with pytest.raises(ValueError, match="one arm"):
        fit_rows([])


def test_each_arm_is_predicted_from_the_others(tmp_path):
    # p as a prior of 10 rows at 0.99 makes it, but for the arm with 40, which no fit may learn from for itself.
    truth = {c: (c + 9.9) / (c + 30) for c in (0, 10, 40, 60, 90)}
    for c, p in truth.items():
        write(tmp_path, f"n{c}", 1, [p if c != 40 else 0.3] * 4, (20, c))
    write_ledger(tmp_path, experiments={f"n{c}": "dose" for c in truth})
    report = calibrate(read_study([tmp_path]))
    (found,) = report.experiments
    (odd,) = [arm for arm in found.arms if arm.arm == "n40"]
    assert odd.prior_probability == pytest.approx(1 - truth[40], abs=1e-5)
    assert odd.prior_range.inside == 0
    # Three fits of three arms that all have errors of 0: the range is a point, of the odd arm alone.
    assert odd.prior_range.high - odd.prior_range.low == pytest.approx(0, abs=1e-4)
    assert odd.prior_range.arms == 4
    assert odd.prior_range.guaranteed == pytest.approx(1 - 2 / 5)
    others = [abs(arm.prior_probability - arm.measured.estimate) for arm in found.arms]
    assert found.prior_error.estimate == pytest.approx(sum(others) / 5)
    runs = [
        (kind.taught, row.runs) for kind in report.kinds for row in kind.ranges if row.kind == "with a prior"
    ]
    assert runs == [("both", 4), ("one", 1)]


def test_two_arms_are_too_few_to_fit_to(tmp_path):
    for c in (0, 10):
        write(tmp_path, f"n{c}", 1, [0.3] * 4, (20, c))
    write_ledger(tmp_path, experiments={"n0": "dose", "n10": "dose"})
    (found,) = calibrate(read_study([tmp_path])).experiments
    assert (found.prior_error, found.prior_rows) == (None, None)
    assert {(arm.prior_probability, arm.prior_range) for arm in found.arms} == {(None, None)}
