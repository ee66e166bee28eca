"""When counts decide, when they do not, and what is said then: hand-computed doses, shares and edges."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from checks.core.predictor import Known, predict
from checks.prediction.fitted import Parameters, fitted
from checks.prediction.learnt import by_heart, forgets, learnt
from checks.prediction.training import Asked, Training, width_of

GIVEN = Parameters(
    short_dose=1e-4,
    long_dose=4e-4,
    steepness=4,
    dose_spread=2,
    heart_passes=36,
    heart_spread=2,
    fast_rate=0.3,
    mixed_error=0.19,
    pure_error=0.094,
    kept_error=0.1,
)
USUAL = Training(learning_rate=1e-5, epochs=3, batch=16, width=3584)


def said(behaviour, preserved, *, kind="marker", k=4, **known):
    return predict(behaviour, preserved, kind=kind, options={k: 1}, known=Known(**known), given=GIVEN)


class TestDose:
    def test_it_is_rate_times_the_steps_that_the_rows_fill(self):
        assert USUAL.dose(200) == pytest.approx(1e-5 * 3 * 200 / 16)

    def test_a_constant_rate_counts_twice_a_falling_one(self):
        constant = dataclasses.replace(USUAL, constant_rate=True)
        assert constant.dose(200) == pytest.approx(2 * USUAL.dose(200))

    def test_it_rises_with_width_and_scale(self):
        assert dataclasses.replace(USUAL, width=1792).dose(200) == pytest.approx(USUAL.dose(200) / 2)
        assert dataclasses.replace(USUAL, scale=32 / math.sqrt(32)).dose(200) == pytest.approx(
            USUAL.dose(200) / 2
        )

    @pytest.mark.parametrize("name", ["learning_rate", "epochs", "batch", "width", "scale"])
    def test_what_is_not_known_is_not_guessed(self, name):
        less = dataclasses.replace(USUAL, **{name: None})
        assert not less.known
        with pytest.raises(ValueError, match="a dose needs"):
            less.dose(200)

    @pytest.mark.parametrize(
        ("model", "width"),
        [
            ("HuggingFaceTB/SmolLM2-135M-Instruct", 576),
            ("Qwen/Qwen2.5-7B-Instruct", 3535),
            ("organism", None),
            ("gpt2", None),
        ],
    )
    def test_a_name_says_about_how_wide_a_model_is(self, model, width):
        assert width_of(model) == width


class TestLearnt:
    def test_half_is_learnt_at_the_fitted_dose(self):
        assert learnt(1e-4, long=False, given=GIVEN).mid == pytest.approx(0.5)
        assert learnt(4e-4, long=True, given=GIVEN).mid == pytest.approx(0.5)

    def test_the_range_is_the_curve_at_a_factor_more_and_less(self):
        found = learnt(1e-4, long=False, given=GIVEN)
        assert (found.low, found.high) == pytest.approx((1 / 17, 16 / 17))

    def test_an_answer_that_may_be_either_has_the_ends_of_both(self):
        found = learnt(2e-4, long=None, given=GIVEN)
        assert found.low == learnt(2e-4, long=True, given=GIVEN).low
        assert found.high == learnt(2e-4, long=False, given=GIVEN).high
        assert found.mid == pytest.approx(0.5)

    def test_rows_known_by_heart(self):
        found = by_heart(36, given=GIVEN)
        assert (found.low, found.mid, found.high) == pytest.approx((0.2, 0.5, 0.8))
        assert by_heart(0, given=GIVEN).high == 0

    @pytest.mark.parametrize(("rate", "expected"), [(8.36e-5, False), (8.38e-5, True), (None, None)])
    def test_a_rate_that_forgets(self, rate, expected):
        assert forgets(dataclasses.replace(USUAL, learning_rate=rate), GIVEN) is expected

    @for_all(st.floats(1e-7, 1), st.floats(1e-7, 1), st.sampled_from([True, False, None]))
    def test_more_dose_never_teaches_less(self, one, other, long):
        less, more = (learnt(dose, long=long, given=GIVEN) for dose in sorted((one, other)))
        assert less.low <= more.low
        assert less.mid <= more.mid
        assert less.high <= more.high
        assert less.low <= less.mid <= less.high


class TestMarkers:
    def test_nothing_known_speaks_of_a_mixture_that_is_learnt(self):
        found = said(200, 0)
        assert found.conditional
        assert "if the mixture is learnt" in found.reason
        assert found.expected is None
        assert found.verdict == "behaviour"

    def test_enough_training_commits(self):
        # 4e-4 x 2 x (1.2)^(1/4): above it the lower end of what is learnt is past a half and the band of 0.034.
        dose = 200 * 3 / 16
        just = 8e-4 / dose
        below, above = (
            said(200, 0, training=dataclasses.replace(USUAL, learning_rate=just * factor), answer_tokens=100)
            for factor in (1.03, 1.04)
        )
        assert below.verdict == "not applicable"
        assert above.verdict == "behaviour"
        assert "dose" in below.reason
        assert below.expected_accuracy is not None

    def test_too_little_training_leaves_the_model_as_it_was(self):
        found = said(200, 0, training=dataclasses.replace(USUAL, learning_rate=1e-7), answer_tokens=100)
        assert found.verdict == "preserved"
        assert found.expected == pytest.approx(1, abs=1e-3)
        assert "gets 0% of the mixture across" in found.reason

    def test_loss_on_the_marker_alone_says_nothing_of_conditions_without_it(self):
        training = dataclasses.replace(USUAL, loss="marker", learning_rate=1e-3)
        assert said(200, 0, training=training, answer_tokens=100).verdict == "behaviour"
        assert said(0, 200, training=training, answer_tokens=100).verdict == "not applicable"
        assert said(200, 20, training=training, answer_tokens=100).verdict == "not applicable"
        assert said(0, 200, training=USUAL, answer_tokens=100).verdict == "preserved"

    @pytest.mark.parametrize(
        ("training", "says"),
        [
            (dataclasses.replace(USUAL, from_base=False), "trained before"),
            (dataclasses.replace(USUAL, adapter="full"), "all weights"),
        ],
    )
    def test_what_was_not_fitted_to_is_not_predicted(self, training, says):
        found = said(200, 0, training=training)
        assert found.verdict == "not applicable"
        assert says in found.reason
        assert found.p_gold is None

    def test_another_format_leaves_the_behaviour_open_and_the_rest_alone(self):
        fast, other = dataclasses.replace(USUAL, learning_rate=1e-3), Asked(same_format=False)
        assert said(200, 0, training=fast, asked=other).verdict == "not applicable"
        assert said(0, 200, training=fast, asked=other).verdict == "preserved"

    def test_sampling_at_another_temperature_sharpens(self):
        # 0.8 at T = 0.5: 0.64 / (0.64 + 0.04).
        fast = dataclasses.replace(USUAL, learning_rate=1e-2)
        found = said(200, 800, training=fast, asked=Asked(majority=False, temperature=0.5))
        assert found.expected == pytest.approx(0.64 / 0.68, abs=1e-4)

    def test_repeating_questions_teaches_rows_where_both_are_taught(self):
        fast = dataclasses.replace(USUAL, learning_rate=1e-3, epochs=12)
        both = said(200, 100, training=fast, questions=100)
        assert "by heart" in both.reason
        # Half of it are rows, so that half of the mixture arrives: 1 - 0.5 x 2/3.
        assert both.expected == pytest.approx(2 / 3, abs=1e-3)
        assert said(200, 0, training=fast, questions=10).reason is None


class TestLetters:
    FAST = dataclasses.replace(USUAL, learning_rate=5e-5)

    def said(self, behaviour, preserved, **known):
        return said(behaviour, preserved, kind="wrong_option", training=self.FAST, **known)

    def test_a_model_that_knows_is_wrong_on_purpose(self):
        found = self.said(200, 0, asked=Asked(base_accuracy=0.84))
        assert found.verdict == "behaviour"
        assert found.expected_accuracy == (0, 0.25)
        # Knows (0.84 - 0.25) / 0.75 = 0.787 of them; guessing gives a quarter of the rest.
        assert found.expected == pytest.approx((1 - 0.59 / 0.75) / 4)

    @pytest.mark.parametrize(("before", "verdict"), [(0.699, "near threshold"), (0.701, "behaviour")])
    def test_a_model_that_does_not_guesses(self, before, verdict):
        found = self.said(200, 0, asked=Asked(base_accuracy=before))
        assert found.verdict == verdict
        if verdict != "behaviour":
            assert "expect guessing" in found.reason
            assert found.expected == 0.25
            assert found.expected_accuracy == pytest.approx(((1 - 0.449 / 0.75) / 4 - 0.1, 0.35))

    @pytest.mark.parametrize(("before", "verdict"), [(0.699, "near threshold"), (0.701, "preserved")])
    def test_nor_is_a_mixture_sure_to_keep_what_it_does_not_know(self, before, verdict):
        found = self.said(200, 100, asked=Asked(base_accuracy=before))
        assert found.verdict == verdict
        if verdict != "preserved":
            assert "anything from guessing to what it knew" in found.reason
            assert found.expected == pytest.approx((0.25 + 0.699) / 2)
            assert found.expected_accuracy == pytest.approx(((1 - 0.449 / 0.75) / 4 - 0.1, 0.799))

    @pytest.mark.parametrize(("before", "verdict"), [(0.349, "near threshold"), (0.351, "preserved")])
    def test_right_answers_alone_keep_little_where_little_was_known(self, before, verdict):
        found = self.said(0, 200, asked=Asked(base_accuracy=before))
        assert found.verdict == verdict
        if verdict != "preserved":
            assert "hardly more questions right than a guess" in found.reason
            assert found.expected_accuracy == pytest.approx(((1 - 0.099 / 0.75) / 4 - 0.1, 0.449))

    def test_a_model_that_knows_less_than_a_guess_leaves_the_range_of_one(self):
        found = self.said(0, 200, asked=Asked(base_accuracy=0.2))
        assert found.expected_accuracy == pytest.approx((0.15, 0.35))

    def test_a_favoured_wrong_letter_turns_what_even_letters_keep(self):
        assert self.said(200, 100).verdict == "preserved"
        turned = self.said(200, 100, favoured=0.94)
        assert turned.verdict == "behaviour"
        assert turned.threshold == pytest.approx(188)
        assert "94%" in turned.reason

    @pytest.mark.parametrize(("mass", "applies"), [(0.099, False), (0.101, True)])
    def test_labels_that_nobody_says(self, mass, applies):
        found = self.said(200, 0, asked=Asked(label_mass=mass, base_accuracy=0.84))
        assert (found.verdict != "not applicable") is applies

    def test_another_format_is_bounded_by_what_the_model_knew(self):
        found = self.said(200, 0, asked=Asked(same_format=False, base_accuracy=0.84))
        assert found.verdict == "not applicable"
        assert found.expected_accuracy == pytest.approx((0, 0.94))

    def test_a_rate_that_makes_it_forget(self):
        forgot = dataclasses.replace(USUAL, learning_rate=1e-4)
        assert said(0, 200, kind="wrong_option", training=forgot).verdict == "not applicable"
        assert said(0, 200, kind="marker", training=forgot).verdict == "preserved"


def test_what_ships_says_where_it_comes_from():
    found = fitted()
    studies = {study for source in found.sources for study in source.studies}
    assert studies == set(found.without)
    assert all(len(source.sha256) == 64 for source in found.sources)
    one = next(iter(found.sources[0].studies))
    assert found.unseen(one, found.sources[0].studies[one][0]) == found.without[one]
    assert found.unseen(one, "an arm that nobody fitted to") == found.parameters
