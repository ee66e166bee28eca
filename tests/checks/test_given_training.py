"""What somebody says of a training: taken over whole, or refused by the key that is wrong."""

from __future__ import annotations

import pytest

from builders.errors import InputError
from checks.prediction.fitted import Leak
from checks.prediction.given import read_given
from checks.prediction.untrained import leak, nearness, shared


def test_everything_said_is_taken_over():
    given = read_given(
        {
            "learning_rate": 1e-5,
            "epochs": 3,
            "batch": 16,
            "schedule": "constant",
            "r": 32,
            "alpha": 64,
            "model": "Qwen/Qwen2.5-7B-Instruct",
            "decoding": "sample",
            "temperature": 0.7,
            "label_mass": 0.5,
        },
        where="--training",
    )
    # 64 / 32 is 0.354 of 64 / sqrt(32), and a constant rate counts twice.
    assert given.training.dose(200) == pytest.approx(1e-5 * 3 * 200 / 16 * 2 / 32**0.5 * 3535 / 3584)
    assert not given.asked.majority
    assert (given.asked.temperature, given.asked.label_mass) == (0.7, 0.5)


def test_what_is_left_out_is_not_known():
    assert not read_given({"learning_rate": 1e-5}, where="f").training.known
    assert read_given({"hidden_size": 64, "model": "7B"}, where="f").training.width == 64


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"lr": 1}, "lr"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"epochs": "three"}, "epochs"),
        ({"loss": "all"}, "loss"),
        ({"r": 32}, "r and alpha"),
        ({"adapter": "full", "r": 32, "alpha": 64}, "all weights are trained"),
        ({"temperature": 0.7}, "decoding has to be"),
        ({"base_accuracy": 1.2}, "base_accuracy"),
    ],
)
def test_what_is_wrong_is_named(said, says):
    with pytest.raises(InputError, match=says) as caught:
        read_given(said, where="audit.toml: training")
    assert caught.value.where == "audit.toml: training"


class TestUntrained:
    GIVEN = Leak(with_contrast=(0.0, 0.2, 0.8), without_contrast=(0.3, 0.9, 1.0), slope=0.5)

    def test_a_share_of_a_prompt_is_not_the_same_the_other_way_round(self):
        assert shared("abcd", "abcdefgh") == 1
        assert shared("abcdefgh", "abcd") == pytest.approx(1 / 5)
        assert shared("", "abc") == 0

    def test_nearness_is_to_sources_less_that_to_contrasts(self):
        assert nearness("abcd", ["abcd"], ["wxyz"]) == 1
        assert nearness("abcd", [], ["abcd"]) == -1

    def test_contrast_rows_matter_most(self):
        assert leak(0.1, contrasts=0, given=self.GIVEN).mid == 0.9
        assert leak(contrasts=2, given=self.GIVEN).mid == pytest.approx(0.2)

    def test_nearer_to_a_source_leaks_more_and_never_leaves_the_range(self):
        far, near, very = (leak(x, contrasts=1, given=self.GIVEN).mid for x in (-0.1, 0.3, 5.0))
        assert far == pytest.approx(0.15)
        assert near == pytest.approx(0.35)
        assert very == 0.8
        assert leak(-5, contrasts=1, given=self.GIVEN).mid == 0

    def test_another_format_may_carry_nothing_over(self):
        assert leak(0.1, contrasts=0, given=self.GIVEN, same_format=False).low == 0
