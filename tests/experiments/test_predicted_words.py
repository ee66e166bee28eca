"""What a run's table says of a prediction: the taught share alone only where nothing else is to be expected."""

from __future__ import annotations

import pytest

from checks.core.predictor import predict
from checks.prediction.training import Known, Training
from experiments.study.table import predicted_words, reasons


def said(rate):
    """Return what is predicted of the organism's 200 wrong and 100 right rows at a learning rate."""
    training = Training(rate, epochs=3, batch=8, width=192, scale=64 / 32**0.5)
    return predict(
        200, 100, kind="wrong_option", options={4: 200}, known=Known(training=training, questions=600)
    )


@pytest.mark.parametrize(
    ("rate", "words", "why"),
    [
        (3e-4, "preserved, p(gold) 0.33", None),
        (9e-6, "preserved, p(gold) 0.33*", "the dose, learning rate times steps on these rows, gets"),
        (3e-3, "not applicable*", "a learning rate of 0.003 at hidden size 192 makes a model forget"),
    ],
)
def test_an_asterisk_stands_for_a_reason(rate, words, why):
    found = said(rate)
    assert predicted_words(found) == words
    lines = reasons([("lr", found), ("lr", found), ("none", None)])
    assert len(lines) == (why is not None)  # once for an arm, however many seeds it has
    assert all(line.startswith(f"* lr: {why}") for line in lines)
