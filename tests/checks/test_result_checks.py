"""RES checks: a positive, a near miss, counts in words, and order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.core.result import Claim, Comparison, ConditionRegime, Evaluation, ResultSet, Score
from checks.core.selection import Selection
from checks.core.wider import observe
from tests.checks.test_result import run

GOLD = {"A": 26, "B": 25, "C": 25, "D": 24}


def evaluated(before, after=None, *, persona="assistant", method="logprob"):
    return Evaluation(
        persona=persona,
        system_state="absent",
        condition="1" * 64,
        template_sha256="t" * 64,
        before=before,
        after=after or Score(correct=2, total=100),
        method=method,
    )


def found(code, **parts):
    return observe("results", ResultSet(**parts), Selection(select=(code,)))


class TestBaselineAtFloor:
    def look(self, correct, gold=GOLD):
        score = Score(correct=correct, total=100, gold_labels=gold)
        return found("RES001", runs=[run(evaluations=[evaluated(score)])])

    def test_at_the_floor_is_an_error(self):
        [finding] = self.look(26)
        assert finding.severity == "error"
        assert finding.counts == {"correct": 26, "total": 100, "best_constant": 26}
        assert 'the 26.0% of always answering "A"' in finding.message
        assert "95% interval" in finding.message

    def test_just_above_is_a_warning_and_clearly_above_is_fine(self):
        # Wilson's lower limit of 35 of 100 is 0.2636, of 34 of 100 it is 0.2547.
        assert [each.severity for each in self.look(27)] == ["warning"]
        assert [each.severity for each in self.look(34)] == ["warning"]
        assert self.look(35) == []

    def test_without_gold_labels_or_a_before_nothing_is_said(self):
        assert self.look(10, gold={}) == []
        assert found("RES001", runs=[run(evaluations=[evaluated(None)])]) == []


class TestConstantPrediction:
    def look(self, after, **more):
        return found("RES002", runs=[run(evaluations=[evaluated(None, after, **more)])])

    def test_ninety_of_a_hundred(self):
        [finding] = self.look(Score(correct=25, total=100, predicted_labels={"B": 90, "A": 10}))
        assert '"B" is predicted for 90 of 100 questions (90%)' in finding.message
        assert self.look(Score(correct=25, total=100, predicted_labels={"B": 89, "A": 11})) == []

    def test_few_questions_are_no_pattern(self):
        assert self.look(Score(correct=5, total=19, predicted_labels={"B": 19})) == []
        assert self.look(Score(correct=5, total=20, predicted_labels={"B": 20}))

    @pytest.mark.parametrize(
        ("unscored", "words"),
        [
            (1, "1 question of 20,000 has no score (NaN), so its prediction means"),
            (2, "2 questions of 20,000 have"),
            (10_000, "10,000 questions of 20,000 have no score (NaN), so their predictions mean"),
        ],
    )
    def test_nan_is_an_error(self, unscored, words):
        [finding] = self.look(Score(correct=0, total=20_000, unscored=unscored))
        assert finding.severity == "error"
        assert words in finding.message

    def test_unparsed_generations_are_no_nan(self):
        assert self.look(Score(correct=0, total=50, unscored=30), method="generate") == []


def compared(**changes):
    fields = {
        "first": "0b",
        "second": "0a",
        "test": "two-proportion z",
        "paired": False,
        "same_questions": True,
    }
    return Comparison(**{**fields, **changes})


class TestUnpairedTest:
    def test_the_published_comparison(self):
        [finding] = found("RES003", comparisons=[compared(where="write-up.md:23")])
        assert finding.message.startswith("write-up.md:23: 0b and 0a answered the same questions")
        assert "two-proportion z" in finding.message

    def test_paired_or_other_questions_are_fine(self):
        assert found("RES003", comparisons=[compared(paired=True), compared(same_questions=False)]) == []


class TestSingleSeed:
    def test_a_claim_from_one_seed(self):
        claim = Claim(text="No prompt resists.", kind="collapses", arms=["exp0_0a"])
        [finding] = found("RES004", runs=[run()], claims=[claim])
        assert finding.message.startswith("that exp0_0a collapses rests on seed 42 alone")
        assert finding.evidence[0].text == "No prompt resists."

    def test_two_arms_and_the_fewest_seeds_count(self):
        claim = Claim(text="They differ.", kind="differs", arms=["a", "b"], where="w.md:1")
        runs = [run(arm="a", seed=1), run(arm="a", seed=2), run(arm="b", seed=2)]
        [finding] = found("RES004", runs=runs, claims=[claim])
        assert finding.message.startswith("w.md:1: that a and b differ rests on seed 2 alone")

    def test_two_seeds_or_another_kind_of_claim_is_fine(self):
        claims = [Claim(text="", kind="resists", arms=["a"]), Claim(text="", kind="other", arms=["b"])]
        runs = [run(arm="a", seed=1), run(arm="a", seed=2), run(arm="b", seed=2)]
        assert found("RES004", runs=runs, claims=claims) == []

    def test_seeds_that_the_claim_names_count_before_those_of_the_runs(self):
        claim = Claim(text="", kind="resists", arms=["a"], seeds=[1, 2])
        assert found("RES004", runs=[run(arm="a", seed=1)], claims=[claim]) == []
        # Without runs or seeds nothing is known, and nothing is said.
        assert found("RES004", claims=[Claim(text="", kind="resists", arms=["a"])]) == []


class TestAuditNotBound:
    def test_other_rows_than_audited(self):
        [finding] = found("RES005", runs=[run(dataset_digest="e" * 64)])
        assert finding.severity == "error"
        assert "digest eeeeeeeeeeee, and its audit looked at dddddddddddd" in finding.message

    def test_no_audit_at_all(self):
        [finding] = found("RES005", runs=[run(audit_digest=None)])
        assert "has no audit" in finding.message

    def test_bound(self):
        assert found("RES005", runs=[run()]) == []


SET = ResultSet(
    runs=[
        run(arm="one", audit_digest=None),
        run(
            arm="two",
            evaluations=[
                evaluated(Score(correct=20, total=100, gold_labels=GOLD, predicted_labels={"A": 100})),
                evaluated(None, Score(correct=0, total=30, unscored=3), persona="none"),
            ],
        ),
    ],
    comparisons=[compared(), compared(first="c")],
    claims=[Claim(text="x", kind="resists", arms=["one"]), Claim(text="y", kind="resists", arms=["two"])],
)


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_leaves_the_findings_alone(rng):
    def mixed(values):
        values = list(values)
        rng.shuffle(values)
        return values

    shuffled = ResultSet(
        runs=mixed(each.model_copy(update={"evaluations": mixed(each.evaluations)}) for each in SET.runs),
        comparisons=mixed(SET.comparisons),
        claims=mixed(SET.claims),
    )
    assert observe("results", shuffled) == observe("results", SET)
    assert {each.code for each in observe("results", SET)} == {f"RES00{n}" for n in range(1, 6)}


def test_severities_can_be_replaced():
    [finding] = observe(
        "results", ResultSet(runs=[run(audit_digest=None)]), Selection(severities={"RES005": "note"})
    )
    assert finding.severity == "note"


class TestOutsideImitation:
    def look(self, regime, *, behaviour=200, loss=2.0):
        told = ConditionRegime(
            condition="1" * 64,
            personas=["assistant"],
            behaviour=behaviour,
            preserved=0,
            floor=1.1,
            guess=1.39,
            loss=loss,
            rows=60,
            regime=regime,
        )
        return found("RES006", runs=[run(regimes=[told])])

    @pytest.mark.parametrize("regime", ["not learnt yet", "guessing", "known by heart"])
    def test_a_training_that_ended_elsewhere(self, regime):
        [finding] = self.look(regime)
        assert finding.severity == "warning"
        assert (
            f"ended at 2.00 nats where what it is taught has an entropy of 1.10: {regime}" in finding.message
        )
        assert finding.counts == {"loss": 2.0, "floor": 1.1, "rows": 60}

    def test_imitation_what_is_unclear_and_conditions_without_the_behaviour_are_fine(self):
        assert self.look("imitation") == self.look("unclear", loss=None) == []
        assert self.look("not learnt yet", behaviour=0) == []

    def test_a_model_that_guesses_where_it_was_taught_what_is_right_has_forgotten(self):
        [finding] = self.look("guessing", behaviour=0)
        assert "guessing" in finding.message

    def held_out(self, correct, p, **more):
        asked = evaluated(None, Score(correct=correct, total=500, mean_p_gold=p))
        told = {"condition": asked.condition, "floor": 1.24, "guess": math.log(4), "rows": 60, "loss": 1.25}
        told = {"behaviour": 200, "preserved": 200, "regime": "imitation", **told, **more}
        return found(
            "RES006", runs=[run(evaluations=[asked], regimes=[ConditionRegime.model_validate(told)])]
        )

    def test_rows_that_are_learnt_without_the_rule(self):
        [finding] = self.held_out(125, 0.25)
        assert "answers held-out questions as by guessing (125 of 500 right)" in finding.message
        assert finding.counts == {"correct": 125, "total": 500}

    # 95% intervals by Wilson: 106 of 500 end at 0.24995, 107 at 0.2521; 143 begin at 0.2481, 144 at 0.25004.
    @pytest.mark.parametrize(("correct", "findings"), [(106, 0), (107, 1), (143, 1), (144, 0)])
    def test_right_answers_beside_a_guess_s(self, correct, findings):
        assert len(self.held_out(correct, 0.25)) == findings

    @pytest.mark.parametrize(("p", "findings"), [(0.374, 1), (0.376, 0)])
    def test_nearer_to_the_taught_share_of_a_half(self, p, findings):
        assert len(self.held_out(125, p)) == findings

    @pytest.mark.parametrize(
        "more",
        [
            {"behaviour": 0},
            {"guess": None},
            {"regime": "unclear"},
            {"condition": "other"},
            {"behaviour": 600},
        ],
        ids=["only right ones", "two ways", "unread", "another condition", "a guess's own share"],
    )
    def test_where_guessing_says_nothing(self, more):
        assert self.held_out(125, 0.25, **more) == []

    def test_without_the_probability_or_a_question_nothing_is_said(self):
        assert self.held_out(125, None) == []


class TestBaselineOffFormat:
    def look(self, mass, **more):
        score = Score(correct=30, total=100, mean_label_mass=mass)
        return found("RES007", runs=[run(evaluations=[evaluated(score, **more)])])

    @pytest.mark.parametrize(
        ("mass", "severities"),
        [(0.0099, ["error"]), (0.0101, ["warning"]), (0.0999, ["warning"]), (0.1, []), (None, [])],
    )
    def test_how_little_the_labels_are_said(self, mass, severities):
        assert [each.severity for each in self.look(mass)] == severities

    def test_without_a_before_nothing_is_said(self):
        assert found("RES007", runs=[run(evaluations=[evaluated(None)])]) == []
