"""What is predicted once it is known how the untrained model answers."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from checks.core.predictor import predict
from checks.prediction.training import NOTHING, Known, Training
from experiments.evaluation.evaluate import QuestionScore
from experiments.evaluation.measure import informed

KNOWN = Known(training=Training(1e-5, epochs=3, batch=16, width=3584, scale=64 / 32**0.5), questions=200)


def job(behaviour, preserved, *, known=KNOWN, two_way=None):
    said = predict(behaviour, preserved, kind="wrong_option", options={4: behaviour + preserved}, known=known)
    condition = SimpleNamespace(
        condition="c",
        behaviour=behaviour,
        preserved=preserved,
        options={4: behaviour + preserved},
        known=known,
        prediction=said,
    )
    report = SimpleNamespace(conditions=[condition])
    return SimpleNamespace(audit=SimpleNamespace(report=report), two_way=two_way, behaviour="wrong_option")


def answers(right, total=100, *, mass=1.0):
    """Return scores of which so many are right, with so much probability on the labels."""
    top, rest = math.log(0.7 * mass), math.log(0.1 * mass)
    return [
        QuestionScore(
            str(number),
            "p",
            "t",
            tuple("ABCD"),
            (top, rest, rest, rest),
            None,
            "A" if number < right else "B",
        )
        for number in range(total)
    ]


STATE = SimpleNamespace(condition="c")


@pytest.mark.parametrize(("right", "guesses"), [(69, True), (70, False)])
def test_a_model_that_knows_too_little_is_expected_to_guess(right, guesses):
    # q = (accuracy - 1/4) / (3/4) is 0.587 at 69% and 0.6 at 70%, where the predictor's bound lies.
    found = informed(job(200, 0), STATE, answers(right))
    assert (found is not None) is guesses
    if found is not None:
        assert found.verdict == "near threshold"
        assert "expect guessing" in found.reason


@pytest.mark.parametrize(("mass", "off"), [(0.0999, True), (0.1001, False)])
def test_labels_that_the_model_does_not_say_leave_nothing_to_predict(mass, off):
    found = informed(job(200, 0), STATE, answers(90, mass=mass))
    assert (found is not None and found.verdict == "not applicable") is off


def test_what_was_not_trained_or_has_two_ways_is_left_alone():
    assert informed(job(200, 0), SimpleNamespace(condition="other"), answers(10)) is None
    assert informed(job(200, 0, two_way=object()), STATE, answers(10)) is None


def test_without_a_known_training_competence_counts_all_the_same():
    assert informed(job(200, 0, known=NOTHING), STATE, answers(30)) is not None
