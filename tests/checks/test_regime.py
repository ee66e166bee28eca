"""Losses against the entropy of what is taught: floors worked out by hand, and every edge from both sides."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core.predictor import predict
from checks.prediction.fitted import fitted
from checks.prediction.regime import (
    FEWEST,
    Loss,
    Record,
    arrived_of,
    decision,
    floors,
    forecast,
    read,
)

WRONG = floors("c", 200, 0, options=4)
MIXED = floors("c", 200, 100, options=4)


def level(nats, rows=100):
    return Loss.of([nats] * rows)


class TestFloors:
    def test_wrong_letters_alone_cost_the_logarithm_of_the_distractors(self):
        assert WRONG.floor == pytest.approx(math.log(3))
        assert WRONG.guess == pytest.approx(math.log(4))
        assert WRONG.groups[0].share == pytest.approx(1 / 3)

    def test_a_mixture_costs_its_entropy(self):
        # H(1/3) + 2/3 ln 3 = 0.6365 + 0.7324
        assert MIXED.floor == pytest.approx(0.63651 + 0.73241, abs=1e-4)

    def test_two_ways_cost_the_binary_entropy(self):
        assert floors("c", 200, 200, options=None).floor == pytest.approx(math.log(2))
        assert floors("c", 200, 0, options=None).floor == 0
        assert floors("c", 200, 0, options=None).guess is None

    def test_a_predictable_letter_costs_less(self):
        # 0.9 on one of three, the rest even over two: -0.9 ln 0.9 - 0.1 ln 0.05
        told = floors("c", 200, 0, options=4, favoured=0.9)
        assert told.floor == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.05))
        assert floors("c", 200, 0, options=4, favoured=1.0).floor == 0
        assert floors("c", 200, 0, options=2).floor == 0

    def test_nothing_taught_has_no_floor(self):
        with pytest.raises(ValueError, match="no floor"):
            floors("c", 0, 0, options=4)

    @given(st.integers(1, 500), st.integers(1, 500), st.integers(2, 8))
    def test_no_floor_is_above_guessing(self, behaviour, preserved, k):
        told = floors("c", behaviour, preserved, options=k)
        assert told.floor <= told.guess + 1e-9


class TestRegimes:
    @pytest.mark.parametrize(
        ("nats", "regime"),
        [
            (0.997, "known by heart"),
            (1.000, "imitation"),
            (1.197, "imitation"),
            (1.200, "not learnt yet"),
            (1.285, "not learnt yet"),
            (1.288, "guessing"),
            (1.485, "guessing"),
            (1.488, "not learnt yet"),
        ],
    )
    def test_every_level_of_wrong_letters(self, nats, regime):
        assert read(WRONG, {False: level(nats)}).regime == regime

    @pytest.mark.parametrize(("rows", "regime"), [(FEWEST - 1, "unclear"), (FEWEST, "imitation")])
    def test_too_few_rows(self, rows, regime):
        found = read(WRONG, {False: level(1.1, rows)})
        assert found.regime == regime
        assert (found.excess is None) is (regime == "unclear")

    def test_a_kind_of_target_that_was_never_seen_leaves_it_open(self):
        assert read(MIXED, {False: level(1.5), True: None}).regime == "unclear"

    def test_kinds_weigh_as_the_dataset_has_them_and_not_as_they_came(self):
        found = read(MIXED, {False: level(1.5, 12), True: level(1.1, 120)})
        assert found.loss == pytest.approx((2 * 1.5 + 1.1) / 3)

    @pytest.mark.parametrize(
        ("right", "regime"), [(1.0986, "imitation"), (1.360, "imitation"), (1.361, "guessing")]
    )
    def test_a_mixture_at_its_floor_is_read_kind_by_kind(self, right, regime):
        # Imitation pays ln 4.5 = 1.5041 for wrong answers and ln 3 = 1.0986 for right ones, guessing ln 4 = 1.3863 for
        # each. With wrong ones at 1.5041, right ones are as far from one as from the other at 1.3603.
        found = read(MIXED, {False: level(math.log(4.5)), True: level(right)})
        assert found.regime == regime

    def test_guessing_costs_a_mixture_what_imitation_does_and_is_told_from_it(self):
        found = read(MIXED, {False: level(math.log(4)), True: level(math.log(4))})
        assert found.excess == pytest.approx(math.log(4) - MIXED.floor)
        assert found.excess < 0.02
        assert found.regime == "guessing"

    def test_losses_that_vary_leave_a_mixture_with_imitation(self):
        # The same means from 12 rows of each kind that lie a nat apart: twice the standard error is 0.31 nats.
        spread = [math.log(4) - 0.5 + place % 2 for place in range(12)]
        assert read(MIXED, {False: Loss.of(spread), True: Loss.of(spread)}).regime == "imitation"

    def test_where_the_taught_share_is_a_guess_s_own_it_is_imitation(self):
        even = floors("c", 300, 100, options=4)
        assert read(even, {False: level(math.log(4)), True: level(math.log(4))}).regime == "imitation"

    def test_two_ways_to_answer_have_no_guess(self):
        two = floors("c", 200, 100, options=None)
        assert read(two, {False: level(math.log(2)), True: level(math.log(2))}).regime == "imitation"

    def test_noise_widens_what_counts_as_at_the_floor(self):
        # Mean 0.75, standard deviation about 1.01, 16 rows: twice the standard error is 0.51.
        losses = [-0.25 + 2 * (place % 2) for place in range(16)]
        assert read(WRONG, {False: Loss.of(losses)}).regime == "imitation"
        assert read(WRONG, {False: level(0.75)}).regime == "known by heart"


class TestRecord:
    def test_the_end_is_a_third_of_the_steps_and_one_pass_at_most(self):
        steps = [{("c", False): [5.0]}] * 60 + [{("c", False): [1.1]}] * 30
        record = Record((WRONG,), steps)
        assert record.readings(steps_an_epoch=100)[0].regime == "imitation"
        assert record.readings(steps_an_epoch=20)[0].rows == 20
        assert record.readings(steps_an_epoch=100, end=60)[0].regime == "not learnt yet"

    def test_a_whole_pass_is_read_where_that_is_asked_for(self):
        record = Record((WRONG,), [{("c", False): [5.0]}] * 20 + [{("c", False): [1.1]}] * 40)
        assert record.readings(steps_an_epoch=60, whole=True)[0].rows == 60
        assert record.readings(steps_an_epoch=60)[0].rows == 20
        assert record.readings(steps_an_epoch=90, whole=True)[0].rows == 60

    def test_a_record_of_nothing_is_unclear(self):
        assert Record((WRONG,)).readings(steps_an_epoch=10)[0].regime == "unclear"


class TestForecast:
    GIVEN = fitted().parameters

    def test_it_is_the_curve_through_what_was_seen(self):
        power = self.GIVEN.steepness
        assert forecast(1, 10, 0.5, self.GIVEN) == pytest.approx(10**power / (1 + 10**power))
        assert forecast(2, 2, 0.3, self.GIVEN) == pytest.approx(0.3)
        assert forecast(1, 10, 0.049, self.GIVEN) is None
        assert forecast(1, 10, 0.05, self.GIVEN) > 0.9
        assert forecast(1, 10, 1.0, self.GIVEN) == 1

    def test_what_arrived_is_read_off_probabilities(self):
        assert arrived_of(WRONG.groups[0], level(math.log(6))) == pytest.approx(0.5)
        assert arrived_of(WRONG.groups[0], level(0.1)) == 1

    @pytest.mark.parametrize(("early", "full"), [(0, 1), (1, 0)])
    def test_doses_are_positive(self, early, full):
        with pytest.raises(ValueError, match="positive"):
            forecast(early, full, 0.5, self.GIVEN)


@pytest.mark.parametrize(
    ("own", "others", "place"),
    [
        ([7, 1, 9], [[7, 2, 9]], 1),
        ([7, 1, 5, 9], [[7, 2, 9], [7, 1, 9]], 2),
        ([7, 1], [[7, 1]], None),
        ([7, 1], [[7, 1, 3]], None),
        ([7], [], None),
    ],
)
def test_where_a_target_parts_from_others(own, others, place):
    assert decision(own, others) == place


def test_the_predictor_and_the_floor_speak_of_one_mixture():
    share = predict(200, 100, kind="wrong_option", options={4: 300}).p_gold
    assert MIXED.groups[1].share == pytest.approx(share)
