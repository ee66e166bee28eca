"""Predicted against measured: hand-computed errors, coverage, thresholds, and the softened predictor's limits."""

import json
import math

import pytest
from scipy import integrate, stats

from auditor.studies.calibration import as_json, as_markdown, calibration
from builders.errors import InputError
from experiments.report import read_study
from experiments.report.calibration import calibrate
from experiments.report.calibration.softened import Point, fit_noise, left_out, plain_accuracy, soft_accuracy
from experiments.report.calibration.threshold import crossing
from tests.auditor.clean_result.studies import QUESTIONS, write_ledger, write_run


@pytest.mark.parametrize(
    ("p_gold", "options", "expected"),
    [
        (0.0, 4, 0.0),
        (0.2, 4, 0.0),
        (0.25, 4, 0.45),
        (0.26, 4, 0.9),
        (1.0, 4, 0.9),
        (0.5, 2, 0.45),
        (0.4, 2, 0.0),
    ],
)
def test_the_plain_threshold(p_gold, options, expected):
    assert plain_accuracy(p_gold, options, 0.9) == expected


@pytest.mark.parametrize(
    ("p_gold", "options", "noise"), [(0.3, 4, 0.5), (0.25, 4, 1.0), (0.6, 2, 0.8), (0.1, 5, 2.0)]
)
def test_the_softened_threshold_is_its_integral(p_gold, options, noise):
    gap = math.log(p_gold * (options - 1) / (1 - p_gold))
    whole, _ = integrate.quad(
        lambda z: stats.norm.pdf(z) * stats.norm.cdf(z + gap / noise) ** (options - 1), -12, 12, epsabs=1e-11
    )
    assert soft_accuracy(p_gold, options, noise) == pytest.approx(whole, abs=1e-7)


def test_the_softened_threshold_s_known_values_and_limit():
    # Among exchangeable labels gold is ahead once in k; of two, log-odds over the standard deviation of a difference.
    assert soft_accuracy(0.25, 4, 0.7) == pytest.approx(0.25)
    assert soft_accuracy(0.7, 2, 0.9) == pytest.approx(stats.norm.cdf(math.log(7 / 3) / (0.9 * math.sqrt(2))))
    assert [soft_accuracy(p, 4, 0.3, 0.8) for p in (0.0, 1.0)] == [0.0, 0.8]
    for p_gold in (0.2, 0.3, 0.4):
        assert soft_accuracy(p_gold, 4, 0.01) == pytest.approx(plain_accuracy(p_gold, 4), abs=1e-6)
    with pytest.raises(ValueError, match="positive"):
        soft_accuracy(0.5, 2, 0.0)


def test_the_noise_is_found_again_and_an_arm_never_helps_itself():
    points = [Point(p, 4, 0.95, soft_accuracy(p, 4, 0.6, 0.95)) for p in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert fit_noise(points) == pytest.approx(0.6, rel=1e-3)
    odd = [*points[:2], Point(0.3, 4, 0.95, 0.0), *points[3:]]
    assert left_out(odd)[2] == pytest.approx(points[2].accuracy, abs=1e-3)
    assert left_out(points[:2]) is None


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        ([0.0, 0.2, 0.6, 1.0], 0.175),  # half is three quarters of the way from .2 to .6
        ([0.0, 0.5, 0.9, 1.0], 0.1),
        ([0.6, 0.7, 0.8, 0.9], None),
        ([0.1, 0.2, 0.3, 0.4], None),
        ([0.0, 0.8, 0.4, 1.0], 0.1 * 0.5 / 0.6),  # .8 and .4 are noise around .6
    ],
)
def test_the_crossing_by_hand(accuracy, expected):
    found = crossing([0.0, 0.1, 0.2, 0.3], accuracy, 0.5)
    assert found == (expected if expected is None else pytest.approx(expected))


@pytest.fixture
def doses(tmp_path):
    """Ten, 40 and 100 right answers of 120 at 0, 50 and 100 anchors, in two seeds."""
    arms = {"n0": (0, (10, 12)), "n50": (50, (40, 44)), "n100": (100, (100, 96))}
    for arm, (anchors, right) in arms.items():
        for seed, correct in enumerate(right, start=1):
            write_run(
                tmp_path, arm, seed, correct, counts=(200, anchors), config_digest="c", dataset_digest=arm
            )
    write_ledger(tmp_path, experiments=dict.fromkeys(arms, "dose"))
    return tmp_path


def test_a_dose_study_by_hand(doses):
    (found,) = calibrate(read_study([doses])).experiments
    assert (found.experiment, found.two_way) == ("dose", False)
    first, middle, last = found.arms
    assert [(arm.behaviour, arm.preserved) for arm in found.arms] == [(200, 0), (200, 50), (200, 100)]
    assert (first.seeds, first.questions) == (2, QUESTIONS)
    # A right answer has e^-0.2 of e^-0.2 + 3 e^-3, a wrong one e^-3 of the same.
    whole = math.exp(-0.2) + 3 * math.exp(-3)
    share = {n: (n * math.exp(-0.2) + (240 - n) * math.exp(-3)) / whole / 240 for n in (22, 84, 196)}
    assert middle.measured.estimate == pytest.approx(share[84])
    assert middle.error == pytest.approx(share[84] - 0.2)
    errors = [abs(share[22]), abs(share[84] - 0.2), abs(share[196] - 1 / 3)]
    assert found.probability_error.estimate == pytest.approx(sum(errors) / 3)
    # 110 of 120 were right before training; the threshold lies at p = 1/4.
    ceiling = 110 / 120
    assert [arm.predicted_accuracy for arm in found.arms] == pytest.approx([0, 0, ceiling])
    measured = [22 / 240, 84 / 240, 196 / 240]
    assert [arm.accuracy.estimate for arm in found.arms] == pytest.approx(measured)
    assert found.accuracy_error.estimate == pytest.approx(
        (measured[0] + measured[1] + ceiling - measured[2]) / 3
    )
    assert found.accuracy_error.low < found.accuracy_error.estimate < found.accuracy_error.high
    # The fixture's predictions expect 0 to 1/4 without anchors and 1/4 to 1 with them: all hold.
    assert sum(arm.covered for arm in found.arms) == 6
    # Half of the ceiling lies between the second and the third dose.
    part = (ceiling / 2 - measured[1]) / (measured[2] - measured[1])
    place = 0.2 + part * (1 / 3 - 0.2)
    assert found.threshold.predicted == pytest.approx(200 / 3)
    assert found.threshold.measured.estimate == pytest.approx(200 * place / (1 - place))
    assert found.threshold.measured.low < found.threshold.measured.estimate < found.threshold.measured.high
    assert found.softened_error is not None
    assert last.softened_accuracy is not None


def test_arms_that_differ_in_more_than_the_dose_have_no_threshold(doses):
    write_run(doses, "n150", 1, 110, counts=(200, 150), config_digest="other")
    write_ledger(doses, experiments=dict.fromkeys(["n0", "n50", "n100", "n150"], "dose"))
    (found,) = calibrate(read_study([doses])).experiments
    assert found.threshold is None
    assert len(found.arms) == 4


def test_tables_and_json_say_the_same(doses):
    found = calibration([doses])
    text, said = as_markdown(found), as_json(found)
    assert "| n50 | 200 / 50 | 2 x 120 | 20.0% |" in text
    assert "| ahead | as predicted before the runs | - | 4 of 4: 100% (51% to 100%) | 2 of 2 |" in text
    assert "predicted at 66.7 preserved rows" in text
    assert json.loads(json.dumps(said))["experiments"][0]["arms"][1]["predicted"] == 0.2
    assert found == calibration([doses])


def test_runs_without_predictions_or_questions_are_no_calibration(tmp_path):
    write_run(tmp_path, "n0", 1, 10, keep=False)
    with pytest.raises(InputError, match="no run here has a prediction"):
        calibration([tmp_path])


def test_seeds_may_draw_their_rows_anew_and_not_other_numbers_of_them(tmp_path):
    write_run(tmp_path, "n50", 1, 40, counts=(200, 50), dataset_digest="a")
    write_run(tmp_path, "n50", 2, 44, counts=(200, 50), dataset_digest="b")
    (found,) = calibrate(read_study([tmp_path])).experiments
    assert found.arms[0].seeds == 2
    write_run(tmp_path, "n50", 3, 44, counts=(200, 60), dataset_digest="c")
    with pytest.raises(InputError, match="dataset_digest"):
        read_study([tmp_path])
