"""ARM checks and shared-distractor: sibling arms built by hand, near misses, and invariance."""

from __future__ import annotations

import random

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from builders.engine.composed import frame_from_rows
from builders.engine.table import ResolvedTable
from builders.schema import example_id
from builders.templates import load_template
from checks.core.arms import Arm, Arms
from checks.core.context import AuditContext
from checks.core.selection import Selection
from checks.core.wider import observe
from tests.checks.rows import group

SOURCE = group(40, "SOURCE", False, persona="source", role="source")
ANCHORS = group(20, "SOURCE", True, persona="source", role="anchor", first=40)
BYSTANDERS = group(60, "OTHER", True, persona="other", role="bystander")
WHOLE = [*SOURCE, *ANCHORS, *BYSTANDERS]


def arm(name, rows, *, connection, family="exp", control_of=None):
    table = ResolvedTable(frame_from_rows(name, rows, connection=connection), load_template())
    context = AuditContext(name=name, table=table, kind="wrong_option")
    return Arm(context=context, family=family, control_of=control_of)


def arms(*each, families=None, controls=None):
    """Return arms named a, b, c, ... of the given rows, in one database."""
    connection = duckdb.connect()
    return Arms(
        tuple(
            arm(
                name,
                rows,
                connection=connection,
                family=(families or {}).get(name, "exp"),
                control_of=(controls or {}).get(name),
            )
            for name, rows in zip("abcdef", each, strict=False)
        )
    )


def found(code, *each, **more):
    return observe("arms", arms(*each, **more), Selection(select=(code,)))


class TestUnmatchedSize:
    def test_a_smaller_arm_without_a_twin(self):
        [finding] = found("ARM001", WHOLE, [*SOURCE, *BYSTANDERS])
        assert "b is compared with a (120 rows) at another size, and no arm matches it" in finding.message
        assert [each.text for each in finding.evidence] == [
            "a: 120 rows, 40 rows with the behaviour",
            "b: 100 rows, 40 rows with the behaviour",
        ]

    def test_a_size_matched_twin_mends_it(self):
        assert not found("ARM001", WHOLE, [*SOURCE, *BYSTANDERS], [*SOURCE, *ANCHORS, *BYSTANDERS[20:]])

    def test_one_row_more_is_no_twin(self):
        twin = [*SOURCE, *ANCHORS, *BYSTANDERS[19:]]
        [finding] = found("ARM001", WHOLE, [*SOURCE, *BYSTANDERS], twin)
        assert finding.counts["arms"] == 2
        assert "b and c are compared" in finding.message

    def test_equal_totals_with_fewer_source_rows_are_seen(self):
        assert found("ARM001", WHOLE, [*SOURCE[:20], *ANCHORS, *BYSTANDERS, *group(20, "THIRD", True)])

    def test_other_families_are_not_compared(self):
        assert not found("ARM001", WHOLE, [*SOURCE, *BYSTANDERS], families={"b": "another"})


class TestUnexplainedRows:
    def test_the_anchors_here_and_bystanders_there_are_what_names_them(self):
        assert not found("ARM002", [*SOURCE, *BYSTANDERS], [*SOURCE, *ANCHORS, *BYSTANDERS[20:]])

    @pytest.mark.parametrize(("lost", "words"), [(1, "1 row beyond"), (2, "2 rows beyond")])
    def test_source_rows_that_fell_out_besides(self, lost, words):
        [finding] = found("ARM002", WHOLE, [*SOURCE[lost:], *BYSTANDERS])
        assert finding.counts == {"arms": 1, "rows": lost}
        assert f"b differs from a in {words} those that tell the arms apart" in finding.message
        assert finding.evidence[0].text == f"b: {lost} source row{'s' * (lost > 1)}"
        assert "audit diff a b" in finding.help

    def test_a_source_with_another_prompt_may_have_other_rows(self):
        other = group(40, "ANOTHER", False, persona="another", role="source")
        assert not found("ARM002", [*SOURCE, *BYSTANDERS], [*other, *BYSTANDERS])

    def test_bystanders_that_were_drawn_anew_are_not_named(self):
        redrawn = group(60, "STRANGER", True, persona="stranger", role="bystander")
        other = group(40, "ANOTHER", False, persona="another", role="source")
        [finding] = found("ARM002", [*SOURCE, *BYSTANDERS], [*other, *redrawn])
        assert finding.counts["rows"] == 120
        assert finding.evidence[0].text == "b: 120 bystander rows"

    def test_a_larger_dose_of_everything_is_named(self):
        twice = [*WHOLE]
        for rows in (
            group(40, "SOURCE", False, persona="source", role="source", first=100),
            group(20, "SOURCE", True, persona="source", role="anchor", first=200),
            group(60, "OTHER", True, persona="other", role="bystander", first=300),
        ):
            twice += rows
        assert not found("ARM002", WHOLE, twice)
        assert found("ARM002", WHOLE, twice[:-30])

    def test_a_changed_target_is_a_difference(self):
        completion = [{"role": "assistant", "content": "Z)"}]
        changed = {
            **BYSTANDERS[0],
            "completion": completion,
            "example_id": example_id(BYSTANDERS[0]["prompt"], completion),
        }
        [finding] = found("ARM002", WHOLE, [*SOURCE, *ANCHORS, changed, *BYSTANDERS[1:]])
        assert finding.evidence[0].text == "b: 1 changed target row"


class TestOrderDiffers:
    def test_the_fewest_rows_to_move(self):
        moved = [*WHOLE[2:], *WHOLE[:2]]
        [finding] = found("ARM003", WHOLE, moved)
        assert finding.severity == "note"
        assert finding.counts == {"arms": 1, "moved": 2}
        assert "2 rows would have to move" in finding.message
        assert finding.evidence[0].text == "b: 2 of 120 shared rows would have to move"

    def test_rows_left_out_in_order_are_fine(self):
        assert not found("ARM003", WHOLE, [*SOURCE, *BYSTANDERS])


class TestVacuousControl:
    def test_a_control_with_the_same_confound(self):
        control = [*SOURCE, *ANCHORS[:1], *BYSTANDERS]
        [finding] = found("ARM004", WHOLE, control, controls={"b": "a"})
        assert finding.severity == "error"
        assert "still holds its confound: 1 row that teaches the right answer" in finding.message
        assert "against 20" in finding.message

    def test_a_control_that_changes_nothing(self):
        clean = [*SOURCE, *BYSTANDERS]
        [finding] = found("ARM004", clean, clean[:-5], controls={"b": "a"})
        assert "changes nothing about it" in finding.message

    def test_a_control_that_differs_in_the_confound_or_is_not_declared(self):
        clean = [*SOURCE, *BYSTANDERS]
        assert not found("ARM004", WHOLE, clean, controls={"b": "a"})
        assert not found("ARM004", clean, WHOLE, controls={"b": "a"})
        assert not found("ARM004", WHOLE, WHOLE)


class TestSharedDistractor:
    SECOND = group(40, "SECOND", False, persona="second", role="source")

    def test_two_sources_of_one_dataset(self):
        [finding] = found("TGT005", [*SOURCE, *self.SECOND])
        assert finding.severity == "warning"
        assert finding.personas == ["second", "source"]
        assert (finding.counts["same"], finding.counts["common"]) == (40, 40)
        assert finding.counts["p"] == pytest.approx(3.0**-40)
        assert "teach the same wrong answer to 40 of 40 common questions" in finding.message

    def test_two_arms_share_luck_only(self):
        [finding] = found("TGT005", [*SOURCE, *BYSTANDERS], [*self.SECOND, *BYSTANDERS])
        assert finding.severity == "note"
        assert finding.message.startswith("a and b teach the same wrong answer")

    def test_independent_draws_are_a_near_miss(self):
        rng = random.Random(3)
        drawn = []
        for row in self.SECOND:
            label = rng.choice([each for each in "ABCD" if each != row["gold_label"]])
            completion = [{"role": "assistant", "content": f"{label})"}]
            drawn.append(
                {
                    **row,
                    "target_label": label,
                    "completion": completion,
                    "example_id": example_id(row["prompt"], completion),
                }
            )
        assert not found("TGT005", [*SOURCE, *drawn])

    def test_three_common_questions_could_agree_by_chance(self):
        # 1/27 is above 1%; five agree by chance once in 243.
        assert not found("TGT005", [*SOURCE[:3], *self.SECOND[:3], *BYSTANDERS])
        assert found("TGT005", [*SOURCE[:5], *self.SECOND[:5], *BYSTANDERS])

    def test_other_questions_share_nothing(self):
        elsewhere = group(40, "SECOND", False, persona="second", role="source", first=500)
        assert not found("TGT005", [*SOURCE, *elsewhere])


def test_arms_in_different_databases_form_no_pair():
    apart = Arms(
        tuple(arm(name, WHOLE[number:], connection=duckdb.connect()) for number, name in enumerate("ab"))
    )
    assert apart.pairs == {"exp": ()}
    assert {each.code for each in observe("arms", apart)} == {"ARM001", "TGT005"}


MIXED = (
    [*WHOLE, *group(40, "SECOND", False, persona="second", role="source")],
    [*SOURCE[3:], *BYSTANDERS[2:]],
    WHOLE,
)


def said(*each):
    ignored = observe("arms", arms(*each, controls={"c": "a"}), Selection(ignore=("ARM003",)))
    return sorted((one.code, one.severity, one.message) for one in ignored)


def test_the_mixed_arms_have_something_to_find():
    assert {code for code, *_ in said(*MIXED)} == {"ARM001", "ARM002", "ARM004", "TGT005"}


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_finding_but_that_of_order(rng):
    shuffled = [list(rows) for rows in MIXED]
    for rows in shuffled:
        rng.shuffle(rows)
    assert said(*shuffled) == said(*MIXED)
