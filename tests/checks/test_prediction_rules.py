"""The predictor's parts, worked out by hand from what their docstrings say."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from builders.errors import InputError
from checks.core.predictor import predict, sharpened, side
from checks.prediction.applies import answer_is_long, hindrance, most_important
from checks.prediction.fitted import fitted
from checks.prediction.given import read_given
from checks.prediction.learnt import ALL, Share, by_heart, forgets, learnt
from checks.prediction.options import Options
from checks.prediction.regime import Loss, floors, read
from checks.prediction.training import USUAL_SCALE, USUAL_WIDTH, Asked, Known, Training, lora_scale
from checks.prediction.untrained import leak, nearness, shared

GIVEN = fitted().parameters
FOUR = Options(4, 1 / 3, "even")
RUN = Training(learning_rate=1e-4, epochs=3, batch=16, width=USUAL_WIDTH)


class TestShares:
    @pytest.mark.parametrize(
        ("share", "threshold", "verdict"),
        [
            (0.0, 0.5, "behaviour"),
            (1.0, 0.99, "preserved"),
            (0.6, 0.5, "preserved"),
            (0.4, 0.5, "behaviour"),
            (0.28, 0.25, "near threshold"),
            (0.22, 0.25, "near threshold"),
            (0.0, 0.01, "behaviour"),
            (0.035, 0.0, "preserved"),
            (0.034, 0.0, "near threshold"),
        ],
    )
    def test_a_share_beside_its_threshold(self, share, threshold, verdict):
        assert side(share, threshold) == verdict

    @pytest.mark.parametrize(
        ("p", "temperature", "made"),
        [
            (0.3, 1, 0.3),
            (0.0, 0.5, 0.0),
            (1.0, 2.0, 1.0),
            (0.3, 0, 0.0),
            (0.5, 0, 0.0),
            (0.51, 0, 1.0),
            (0.2, 0.5, 0.04 / (0.04 + 0.64)),
            (0.2, 2.0, 0.2**0.5 / (0.2**0.5 + 0.8**0.5)),
        ],
    )
    def test_a_temperature_sharpens_or_flattens(self, p, temperature, made):
        assert sharpened(p, temperature) == pytest.approx(made)


class TestOptions:
    def test_the_commonest_number_comes_first_and_of_equals_the_larger(self):
        assert [each.k for each in Options.of({3: 5, 4: 9, 5: 9}, None)] == [5, 4, 3]
        assert [each.favoured for each in Options.of({3: 5, 5: 9}, None)] == [0.25, 0.5]
        assert [each.favoured for each in Options.of({3: 5, 5: 9}, 0.4)] == [0.4, 0.5]
        assert Options.of({4: 1}, None)[0].spread == "uniform over the distractors of 4 options"
        assert Options.of({3: 5, 4: 9}, None)[0].spread.endswith("mostly 4 options (3 to 4)")
        assert Options.of({4: 1}, 0.62)[0].spread == (
            "one letter in 62% of the questions that offer it as a distractor, of 4 options"
        )
        assert Options.of({2: 1}, None)[0].favoured == 1.0

    @pytest.mark.parametrize(
        ("gold", "share", "arrived", "before", "threshold"),
        [
            # All has arrived: each distractor has a third of what is wrong, so gold leads from a quarter on.
            (0.4, 0.4, 1.0, 1.0, 0.25),
            (0.7, 0.4, 0.5, 1.0, 0.25),
            # Half has: (0.5 * 0.4 / 3 + 0.5 * 0.7 / 3) / 0.55 = 1/3 of the rest, which is even again.
            (0.45, 0.3, 0.5, 0.6, 0.25),
            (1.0, 1.0, 1.0, 1.0, 0.25),
        ],
    )
    def test_gold_leads_evenly_spread_distractors_from_a_quarter_on(
        self, gold, share, arrived, before, threshold
    ):
        found = FOUR.threshold(gold, share=share, arrived=arrived, before=before)
        assert found == pytest.approx(threshold)

    def test_a_favoured_distractor_has_to_be_beaten(self):
        assert Options(4, 1.0, "").threshold(0.4, share=0.4, arrived=1.0, before=1.0) == pytest.approx(0.5)
        # Half of it arrived: 0.5 * 0.6 of the 0.3 that is wrong is the favoured one's: all of it.
        assert Options(4, 1.0, "").threshold(0.7, share=0.4, arrived=0.5, before=1.0) == pytest.approx(0.5)

    @pytest.mark.parametrize(
        ("accuracy", "knows", "guesses", "floor"),
        [
            (None, None, False, 0.0),
            (0.25, 0.0, True, 0.25),
            (0.1, 0.0, True, 0.25),
            (1.0, 1.0, False, 0.0),
            (0.7, 0.6, False, 0.1),
            (0.69, 0.44 / 0.75, True, 0.31 / 0.75 / 4),
        ],
    )
    def test_what_a_model_knew(self, accuracy, knows, guesses, floor):
        asked = Asked(base_accuracy=accuracy)
        assert FOUR.knows(asked) == (None if knows is None else pytest.approx(knows))
        assert (FOUR.doubt("behaviour", asked, share=0.0, kept=0.1) is not None) == guesses
        assert FOUR.floor(asked) == pytest.approx(floor)

    @pytest.mark.parametrize(
        ("verdict", "accuracy", "interval", "expected"),
        [
            ("preserved", None, (0.25, 1.0), None),
            ("preserved", 0.8, (0.25, 0.9), 0.8),
            ("preserved", 0.1, (0.25, 0.25), 0.1),
            ("preserved", 0.95, (0.25, 1.0), 0.95),
            ("behaviour", 0.85, (0.0, 0.25), 0.05),
            ("behaviour", None, (0.0, 0.25), None),
            ("near threshold", 0.85, (0.0, 0.95), 0.45),
            ("near threshold", None, (0.0, 1.0), None),
        ],
    )
    def test_the_range_and_what_is_likeliest(self, verdict, accuracy, interval, expected):
        asked = Asked(base_accuracy=accuracy)
        assert FOUR.interval(verdict, asked, doubted=False, kept=0.1) == pytest.approx(interval)
        found = FOUR.expected(verdict, asked, doubted=False)
        assert found == (None if expected is None else pytest.approx(expected))

    def test_a_model_that_guesses(self):
        asked = Asked(base_accuracy=0.4)
        assert FOUR.interval("behaviour", asked, doubted=True, kept=0.1) == pytest.approx((0.1, 0.35))
        assert FOUR.interval("behaviour", asked, doubted=True, kept=0.9) == pytest.approx((0.0, 1.0))
        assert FOUR.expected("behaviour", asked, doubted=True) == 0.25


class TestDose:
    def test_the_published_arms_have_the_dose_of_rate_times_steps(self):
        assert RUN.dose(800) == pytest.approx(1e-4 * 800 * 3 / 16)
        assert replace(RUN, constant_rate=True).dose(800) == pytest.approx(2 * RUN.dose(800))
        assert replace(RUN, width=USUAL_WIDTH * 2).dose(800) == pytest.approx(2 * RUN.dose(800))
        assert replace(RUN, scale=USUAL_SCALE / 2).dose(800) == pytest.approx(RUN.dose(800) / 2)
        assert lora_scale(64, 32, stabilised=True) == pytest.approx(USUAL_SCALE)
        assert lora_scale(64, 32, stabilised=False) == 2.0

    @pytest.mark.parametrize("lacks", ["learning_rate", "epochs", "batch", "width", "scale"])
    def test_whatever_is_not_known_leaves_no_dose(self, lacks):
        assert RUN.known
        less = replace(RUN, **{lacks: None})
        assert not less.known
        with pytest.raises(ValueError, match="a dose needs"):
            less.dose(1)

    def test_half_arrives_at_the_fitted_dose(self):
        short, long = (
            learnt(dose, long=each, given=GIVEN)
            for dose, each in ((GIVEN.short_dose, False), (GIVEN.long_dose, True))
        )
        assert short.mid == long.mid == pytest.approx(0.5)
        assert learnt(
            (GIVEN.short_dose * GIVEN.long_dose) ** 0.5, long=None, given=GIVEN
        ).mid == pytest.approx(0.5)
        either = learnt(GIVEN.short_dose, long=None, given=GIVEN)
        assert either.low == pytest.approx(learnt(GIVEN.short_dose, long=True, given=GIVEN).low)
        assert either.high == pytest.approx(short.high)
        assert short.low < short.mid < short.high
        assert learnt(GIVEN.short_dose * GIVEN.dose_spread, long=False, given=GIVEN).low == pytest.approx(0.5)
        assert learnt(GIVEN.short_dose / GIVEN.dose_spread, long=False, given=GIVEN).high == pytest.approx(
            0.5
        )
        ratio = 2.0
        assert learnt(GIVEN.short_dose * ratio, long=False, given=GIVEN).mid == pytest.approx(
            1 / (1 + ratio**-GIVEN.steepness)
        )
        assert learnt(0.0, long=False, given=GIVEN) == Share(0.0, 0.0, 0.0)
        assert short.width == short.high - short.low

    def test_half_is_known_by_heart_at_the_fitted_passes(self):
        found = by_heart(GIVEN.heart_passes, given=GIVEN)
        assert found.mid == 0.5
        assert found.low == pytest.approx(1 / (1 + GIVEN.heart_spread**2))
        assert found.high == pytest.approx(1 / (1 + GIVEN.heart_spread**-2))
        assert by_heart(2 * GIVEN.heart_passes, given=GIVEN).mid == pytest.approx(0.8)

    def test_a_model_forgets_at_a_rate_times_its_width(self):
        rate = GIVEN.fast_rate / 1024
        assert forgets(replace(RUN, learning_rate=rate, width=1024), GIVEN) is True
        assert forgets(replace(RUN, learning_rate=rate * 0.99, width=1024), GIVEN) is False
        assert forgets(replace(RUN, width=None), GIVEN) is None
        assert forgets(replace(RUN, learning_rate=None), GIVEN) is None


class TestHindrances:
    @pytest.mark.parametrize(
        ("training", "asked", "letters", "counts", "said"),
        [
            (replace(RUN, loss="preference"), {}, True, (1, 1), "a preference loss"),
            (
                replace(RUN, from_base=False),
                {},
                True,
                (1, 1),
                "training starts from a model that was trained before",
            ),
            (replace(RUN, adapter="full"), {}, True, (1, 1), "all weights are trained"),
            (replace(RUN, loss="marker"), {}, False, (1, 1), "with loss on the marker's own tokens"),
            (replace(RUN, loss="marker"), {}, False, (1, 0), None),
            (replace(RUN, learning_rate=1.0), {}, True, (1, 1), "a learning rate of 1 at hidden size 3,584"),
            (replace(RUN, learning_rate=1.0), {}, False, (1, 1), None),
            (None, {"label_mass": 0.0}, True, (1, 1), "before training the labels have 0.0%"),
            (None, {"label_mass": 0.0}, False, (1, 1), None),
            (None, {"label_mass": 1.0}, True, (1, 1), None),
            (
                None,
                {"same_format": False},
                True,
                (1, 1),
                "training and evaluation word the question differently",
            ),
            (None, {"same_format": False}, True, (0, 1), None),
            (None, {"same_format": None}, True, (1, 1), None),
            (replace(RUN, learning_rate=1e-5), {"same_format": True}, True, (1, 1), None),
        ],
    )
    def test_what_keeps_counts_from_deciding(self, training, asked, letters, counts, said):
        known = Known(training=training, asked=Asked(**asked))
        why = hindrance(*counts, letters=letters, known=known, given=GIVEN)
        assert (why is None) == (said is None)
        if why is not None:
            assert why.text.startswith(said)
            assert why.bounded == ("word the question" in said)

    def test_what_is_refused_by_the_template_comes_first(self):
        known = Known(training=replace(RUN, loss="preference"), rendered=False)
        why = hindrance(1, 1, letters=True, known=known, given=GIVEN)
        assert why.text.startswith("the chat template refuses these rows")
        assert not why.bounded

    @pytest.mark.parametrize(
        ("loss", "tokens", "letters", "long"),
        [
            ("slot", 99.0, True, False),
            ("conversation", 1.0, True, True),
            ("answer", 16.0, True, True),
            ("answer", 15.9, False, False),
            ("answer", None, True, False),
            ("answer", None, False, None),
            ("ending", 99.0, True, None),
            (None, 99.0, True, None),
        ],
    )
    def test_whether_an_answer_is_long(self, loss, tokens, letters, long):
        training = None if loss is None else replace(RUN, loss=loss)
        assert answer_is_long(Known(training=training, answer_tokens=tokens), letters=letters) is long

    def test_the_gravest_is_said(self):
        none = Share(0.0, 0.0, 0.0)
        half = Share(0.2, 0.5, 0.8)

        def said(dosed=ALL, heart=none, verdict="behaviour", *, doubt=None, favoured=None, conditional=False):
            return most_important(
                dosed, heart, verdict, doubt=doubt, favoured=favoured, conditional=conditional
            )

        assert said() is None
        assert said(conditional=True, doubt="unsure").startswith("if the mixture is learnt")
        assert said(doubt="unsure", heart=half) == "unsure"
        assert said(heart=half).endswith("50% of it, 20% to 80%")
        assert said(dosed=half).endswith("gets 50% of the mixture across, anything from 20% to 80%")
        assert said(dosed=Share(0.5, 0.5, 0.5)).endswith(
            "gets 50% of the mixture across, anything from 50% to 50%"
        )
        assert said(dosed=Share(0.0, 0.5, 1.0), heart=half).startswith("the dose")
        assert said(favoured=0.6).startswith("one wrong letter is taught in 60% of the questions")
        assert said(favoured=0.6, verdict="preserved") is None


class TestPredictions:
    def test_what_nothing_is_known_of_is_conditional(self):
        assert predict(10, 1, kind="marker").conditional
        assert not predict(0, 1, kind="marker").conditional
        assert not predict(10, 1, kind="marker", known=Known(training=RUN)).conditional
        assert predict(10, 1, kind="marker").expected is None

    def test_a_training_that_gets_nothing_across_leaves_the_model_as_it_was(self):
        idle = Known(training=replace(RUN, learning_rate=1e-12), asked=Asked(base_accuracy=0.8))
        found = predict(200, 0, kind="wrong_option", options={4: 1}, known=idle)
        assert found.verdict == "preserved"
        assert found.expected == pytest.approx(0.8)
        much = Known(training=replace(RUN, learning_rate=1e-5, epochs=2000), asked=Asked(base_accuracy=0.85))
        found = predict(200, 0, kind="wrong_option", options={4: 1}, known=much)
        assert found.verdict == "behaviour"
        assert found.expected == pytest.approx(0.05)

    def test_a_model_that_guesses_is_near_the_threshold(self):
        known = Known(training=replace(RUN, learning_rate=1e-5, epochs=2000), asked=Asked(base_accuracy=0.4))
        found = predict(200, 0, kind="wrong_option", options={4: 1}, known=known)
        assert found.verdict == "near threshold"
        assert found.reason.startswith("the model does not know enough")
        assert found.expected == pytest.approx(0.25)

    def test_sampled_answers_have_the_probability_s_own_range(self):
        known = Known(training=replace(RUN, learning_rate=1e-5, epochs=4000), asked=Asked(majority=False))
        found = predict(150, 50, kind="marker", known=known)
        assert found.expected == pytest.approx(0.25, abs=0.01)
        assert found.expected_accuracy == pytest.approx(
            (0.25 - GIVEN.mixed_error, 0.25 + GIVEN.mixed_error), abs=0.02
        )
        cold = replace(known, asked=Asked(majority=False, temperature=0.5))
        assert predict(150, 50, kind="marker", known=cold).expected == pytest.approx(0.1, abs=0.01)

    def test_a_majority_is_farther_from_a_half_than_its_probability(self):
        known = Known(training=replace(RUN, learning_rate=1e-5, epochs=4000))
        assert predict(150, 50, kind="marker", known=known).expected_accuracy[0] == 0.0
        assert predict(150, 50, kind="marker", known=known).expected_accuracy[1] < 0.5
        assert predict(50, 150, kind="marker", known=known).expected_accuracy[1] == 1.0
        assert predict(50, 150, kind="marker", known=known).expected_accuracy[0] > 0.5


class TestUntrained:
    def test_how_much_of_a_text_another_has(self):
        assert shared("abcd", "xABCDx") == 1.0
        assert shared("abcde", "abcd") == 0.5
        assert shared("abc", "abcd") == 0.0
        assert shared("abc", "abc") == 1.0
        assert nearness("abcde", ["abcd", "no"], []) == 0.5
        assert nearness("abcde", ["abcd"], ["abcde", "q"]) == -0.5
        assert nearness("abcde", [], []) == 0.0

    def test_what_leaks(self):
        given = fitted().leak
        low, mid, high = given.with_contrast
        assert leak(contrasts=2, given=given) == type(leak(contrasts=1, given=given))(low, mid, high)
        assert leak(0.5, contrasts=0, given=given).mid == given.without_contrast[1]
        assert leak(0.1, contrasts=1, given=given).mid == pytest.approx(min(mid + 0.1 * given.slope, high))
        assert leak(9.0, contrasts=1, given=given).mid == high
        assert leak(-9.0, contrasts=1, given=given).mid == low
        unlike = leak(contrasts=0, given=given, same_format=False)
        assert (unlike.low, unlike.high) == (0.0, given.without_contrast[2])
        assert leak(contrasts=0, given=given, same_format=None).low == given.without_contrast[0]


class TestGiven:
    def test_what_is_said_of_a_training(self):
        given = read_given(
            {
                "learning_rate": 1e-4, "epochs": 2, "batch": 8, "r": 16, "alpha": 32, "rslora": True,
                "schedule": "constant", "model": "Qwen/Qwen2.5-7B", "decoding": "sample", "temperature": 0.7,
            },
            where="f",
        )  # fmt: skip
        assert given.training.scale == 8.0
        assert given.training.constant_rate
        assert given.training.width == pytest.approx(USUAL_WIDTH, rel=0.1)
        assert (given.asked.majority, given.asked.temperature) == (False, 0.7)
        assert read_given({"model": "Qwen2.5-7B", "hidden_size": 99}, where="f").training.width == 99
        bare = read_given({}, where="f")
        assert bare.training == Training()
        assert bare.asked == Asked()

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"r": 8}, "r and alpha scale an adapter together"),
            ({"alpha": 8}, "r and alpha scale an adapter together"),
            ({"adapter": "full", "r": 8, "alpha": 8}, "an adapter's rank"),
            ({"temperature": 0.5}, "a temperature is one of samples"),
            ({"batch": 0}, "batch: "),
            ({"base_accuracy": 1.1}, "base_accuracy: "),
            ({"unknown": 1}, "unknown: "),
        ],
    )
    def test_what_cannot_be_is_refused(self, said, message):
        with pytest.raises(InputError, match=message) as raised:
            read_given(said, where="f")
        assert raised.value.where == "f"


class TestRegimes:
    @pytest.mark.parametrize(
        ("options", "favoured", "nats"),
        [
            (2, None, 0.0),
            (2, 0.7, 0.0),
            (4, None, math.log(3)),
            (4, 1.0, 0.0),
            (3, 0.7, -0.7 * math.log(0.7) - 0.3 * math.log(0.3)),
            (5, 0.4, -0.4 * math.log(0.4) - 0.6 * math.log(0.2)),
        ],
    )
    def test_the_entropy_of_wrong_letters(self, options, favoured, nats):
        found = floors("c", 10, 0, options=options, favoured=favoured)
        assert found.floor == pytest.approx(nats)
        assert found.guess == pytest.approx(math.log(options))
        assert found.groups[0].share == pytest.approx(math.exp(-nats))

    def test_both_kinds_pay_for_their_share(self):
        found = floors("c", 30, 10, options=4)
        wrong, right = found.groups
        assert (wrong.floor, right.floor) == pytest.approx((-math.log(0.75) + math.log(3), math.log(4)))
        assert found.floor == pytest.approx((3 * wrong.floor + right.floor) / 4)
        for counts in ((0, 0), (-1, 3), (3, -1)):
            with pytest.raises(ValueError, match="without rows"):
                floors("c", *counts, options=4)

    def test_losses_are_summed_up(self):
        found = Loss.of([1.0, 3.0])
        assert (found.rows, found.mean, found.spread) == pytest.approx((2, 2.0, math.sqrt(2)))
        assert found.probability == pytest.approx((math.exp(-1) + math.exp(-3)) / 2)
        assert (Loss.of([1.0]).spread, Loss.of([])) == (0.0, None)

    @pytest.mark.parametrize(
        ("mean", "spread", "regime"),
        [
            (math.log(3) + 0.099, 0.0, "imitation"),
            (math.log(3) + 0.101, 0.0, "not learnt yet"),
            (math.log(3) - 0.099, 0.0, "imitation"),
            (math.log(3) - 0.101, 0.0, "known by heart"),
            (math.log(4) - 0.099, 0.0, "guessing"),
            (math.log(4) + 0.099, 0.0, "guessing"),
            (math.log(4) + 0.101, 0.0, "not learnt yet"),
            # A hundred rows that vary by 1 have a standard error of 0.1: 0.2 is allowed.
            (math.log(3) - 0.199, 1.0, "imitation"),
            (math.log(3) - 0.201, 1.0, "known by heart"),
        ],
    )
    def test_a_tenth_of_a_nat_or_two_errors_are_allowed(self, mean, spread, regime):
        found = read(floors("c", 100, 0, options=4), {False: Loss(100, mean, spread, 0.3)})
        assert found.regime == regime
        assert found.excess == pytest.approx(mean - math.log(3))

    @pytest.mark.parametrize(("rows", "regime"), [(12, "imitation"), (11, "unclear")])
    def test_twelve_rows_are_read(self, rows, regime):
        found = read(floors("c", 100, 0, options=4), {False: Loss(rows, math.log(3), 0.0, 0.3)})
        assert (found.regime, found.rows) == (regime, rows)
        assert (found.excess is None) == (regime == "unclear")
