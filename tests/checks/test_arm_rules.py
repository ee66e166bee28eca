"""Both sides of what the checks of arms say: how many are named, what counts as scale, and when reuse is luck."""

from __future__ import annotations

import duckdb
import pytest

from builders.engine.composed import frame_from_rows
from builders.engine.table import ResolvedTable
from builders.schema import example_id
from builders.templates import load_template
from checks.arms.unexplained_rows import unexplained
from checks.core.arms import Arm, Arms, incomparable
from checks.core.context import AuditContext
from checks.core.selection import Selection
from checks.core.settings import Settings
from checks.core.wider import observe, untested
from tests.checks.rows import group
from tests.checks.test_arm_checks import ANCHORS, BYSTANDERS, SOURCE, WHOLE, arms, found


def with_target(row, text, **more):
    completion = [{"role": "assistant", "content": text}]
    made = {**row, "completion": completion, **more}
    return {**made, "example_id": example_id(made["prompt"], completion)}


def with_prompt(row, *messages):
    prompt = [{"role": role, "content": content} for role, content in messages]
    return {**row, "prompt": prompt, "example_id": example_id(prompt, row["completion"])}


def rows_of(pair):
    return {what: number for what, number in unexplained(pair).items() if number}


def pair(first, second):
    [one] = arms(first, second).pairs["exp"]
    return one


class TestFourArmsAreShown:
    def test_of_five_in_another_order(self):
        others = [[*WHOLE[n:], *WHOLE[:n]] for n in (1, 2, 3, 4, 5)]
        [finding] = found("ARM003", WHOLE, *others)
        assert [each.text.split(":")[0] for each in finding.evidence] == ["b", "c", "d", "e"]
        assert finding.counts == {"arms": 5, "moved": 5}
        assert "b, c, d, e and 1 more have the rows shared with a" in finding.message
        assert "up to 5 rows would have to move" in finding.message

    def test_of_five_that_differ_beyond_what_names_them(self):
        others = [[*SOURCE[lost:], *BYSTANDERS] for lost in (1, 2, 3, 4, 5)]
        [finding] = found("ARM002", WHOLE, *others)
        assert [each.text for each in finding.evidence] == [
            "b: 1 source row",
            "c: 2 source rows",
            "d: 3 source rows",
            "e: 4 source rows",
        ]
        assert finding.counts == {"arms": 5, "rows": 5}
        assert "differ from a in up to 5 rows beyond" in finding.message
        assert finding.help.endswith("audit diff a b")

    def test_of_five_at_another_size_beside_the_largest(self):
        others = [BYSTANDERS[:number] for number in (10, 20, 30, 40, 50)]
        [finding] = found("ARM001", *others, WHOLE)
        assert [each.text.split(":")[0] for each in finding.evidence] == ["f", "a", "b", "c", "d"]
        assert finding.counts == {"arms": 5, "largest": 120}
        assert "are compared with f (120 rows) at another size, and no arm matches them" in finding.message

    def test_of_five_that_reuse_wrong_answers_as_the_first_does(self):
        [finding] = found("TGT005", *([*SOURCE, *BYSTANDERS[:n]] for n in range(6)))
        assert [each.text for each in finding.evidence] == [
            f"a (source) and {name} (source): 40 of 40" for name in "bcde"
        ]
        assert finding.counts["pairs"] == 5


class TestWhatNamesAPair:
    def test_of_two_roles_that_one_side_lacks_the_larger_names_it(self):
        assert rows_of(pair(WHOLE, [*SOURCE, *BYSTANDERS[5:]])) == {"bystander": 5}
        assert rows_of(pair(WHOLE, [*SOURCE, *ANCHORS[15:], *BYSTANDERS[30:]])) == {"anchor": 15}

    def test_of_two_equally_large_ones_the_later_in_the_alphabet(self):
        assert rows_of(pair(WHOLE, [*SOURCE, *ANCHORS[5:], *BYSTANDERS[5:]])) == {"anchor": 5}

    def test_one_role_on_each_side_names_both(self):
        assert rows_of(pair([*SOURCE, *BYSTANDERS], [*SOURCE, *ANCHORS, *BYSTANDERS[20:]])) == {}

    @pytest.mark.parametrize(
        ("source", "anchors", "bystanders", "left"),
        [
            (20, 10, 30, {}),  # half more of each
            (20, 11, 29, {}),  # a row off is rounding
            (20, 12, 28, {"source": 20, "anchor": 12}),
            (20, 8, 32, {"source": 20, "anchor": 8}),
        ],
    )
    def test_a_dose_may_be_one_row_off_in_each_role(self, source, anchors, bystanders, left):
        more = [
            *group(source, "SOURCE", False, persona="source", role="source", first=200),
            *group(anchors, "SOURCE", True, persona="source", role="anchor", first=400),
            *group(bystanders, "OTHER", True, persona="other", role="bystander", first=600),
        ]
        assert rows_of(pair(WHOLE, [*WHOLE, *more])) == left
        assert rows_of(pair([*WHOLE, *more], WHOLE)) == left

    def test_a_dose_with_a_role_that_the_other_lacks_is_none(self):
        more = group(20, "OTHER", True, persona="other", role="control", first=600)
        assert rows_of(pair([*SOURCE, *BYSTANDERS], [*SOURCE, *BYSTANDERS, *more, *ANCHORS[:5]])) == {
            "anchor": 5
        }

    def test_another_user_text_is_a_change_and_so_is_another_system_prompt_of_the_same_source(self):
        asked = with_prompt(BYSTANDERS[0], ("system", "OTHER"), ("user", "What else?"))
        told = with_prompt(BYSTANDERS[1], ("system", "ELSE"), ("user", BYSTANDERS[1]["prompt"][1]["content"]))
        assert rows_of(pair(WHOLE, [*SOURCE, *ANCHORS, asked, told, *BYSTANDERS[2:]])) == {
            "changed user": 1,
            "changed system": 1,
        }

    def test_another_prompt_of_another_source_is_what_names_it(self):
        other = group(40, "ANOTHER", False, persona="source", role="source")
        assert rows_of(pair([*SOURCE, *BYSTANDERS], [*other, *BYSTANDERS])) == {}

    def test_rows_that_differ_in_tags_alone_are_not_counted(self):
        tagged = [{**row, "gold_label": "Z"} for row in BYSTANDERS]
        assert rows_of(pair(WHOLE, [*SOURCE, *ANCHORS, *tagged])) == {}


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "moved"),
        [([0, 1, 2, 3], 0), ([3, 2, 1, 0], 3), ([1, 0, 2, 3], 1), ([3, 0, 1, 2], 1), ([2, 3, 0, 1], 2)],
    )
    def test_all_but_the_longest_run_in_order_has_to_move(self, order, moved):
        four = WHOLE[:4]
        assert len(pair(four, [four[at] for at in order]).difference.moved) == moved


class TestControls:
    CLEAN = (*SOURCE, *BYSTANDERS)

    def test_each_declared_control_is_looked_at(self):
        lost = [*SOURCE, *ANCHORS]  # no bystanders: nothing depends on the condition
        keeps = [*SOURCE, *ANCHORS[:1], *BYSTANDERS]
        one, other, third = found(
            "ARM004", WHOLE, lost, list(self.CLEAN), keeps, keeps, controls=dict.fromkeys("bcde", "a")
        )
        assert {one.message.split()[0], other.message.split()[0], third.message.split()[0]} == {"b", "d", "e"}
        [contrast] = [each for each in (one, other, third) if each.message.startswith("b ")]
        assert "keeps its confound, but has lost the contrast" in contrast.message
        assert contrast.counts == {"arm_preserved": 20, "control_preserved": 20}

    def test_a_control_that_keeps_its_confound_names_its_source(self):
        [finding] = found("ARM004", WHOLE, [*SOURCE, *ANCHORS[:2], *BYSTANDERS], controls={"b": "a"})
        assert finding.personas == ["source"]
        assert finding.counts == {"arm_preserved": 20, "control_preserved": 2}
        assert "2 rows that teach the right answer" in finding.message

    @pytest.mark.parametrize(
        ("controls", "why"),
        [
            ({}, []),
            ({"b": "a"}, []),
            ({"b": "gone"}, ["gone, which an arm controls, is not among the targets"]),
            ({"b": "lost", "a": "gone"}, ["gone, which an arm controls, is not among the targets"]),
        ],
    )
    def test_a_control_of_an_arm_that_was_not_given_is_said(self, controls, why):
        given = arms(WHOLE, list(self.CLEAN), controls=controls)
        assert [each.why for each in untested("arms", given, (), Selection(select=("ARM004",)))] == why
        assert len(given.controls) == (controls == {"b": "a"})


def unlabelled(rows):
    return [{**row, "options": None} for row in rows]


class TestWhatReuseNeeds:
    """Options are wanted of arms that have something to share: a sibling, or a second source."""

    SECOND = group(40, "SECOND", False, persona="second", role="source")

    @pytest.mark.parametrize(
        ("each", "families", "lacks"),
        [
            ([[*SOURCE, *BYSTANDERS]], {}, False),
            ([[*SOURCE, *SECOND, *BYSTANDERS]], {}, True),
            ([[*SOURCE, *BYSTANDERS]] * 2, {}, True),
            ([[*SOURCE, *BYSTANDERS]] * 2, {"b": "another"}, False),
        ],
        ids=["one source", "two sources", "siblings", "two families"],
    )
    def test_options(self, each, families, lacks):
        given = arms(*(unlabelled(rows) for rows in each), families=families)
        said = [one.why for one in untested("arms", given, (), Selection(select=("TGT005",)))]
        assert said == (["no column names the options"] if lacks else [])


def reusing(same, common, *, options=4):
    """Return two sources' rows on common questions, of which so many have one wrong answer."""
    ours = group(common, "SOURCE", False, persona="source", role="source", options=options)
    theirs = []
    for at, row in enumerate(
        group(common, "SECOND", False, persona="second", role="source", options=options)
    ):
        others = [each for each in row["options"] if each not in (row["gold_label"], row["target_label"])]
        label = row["target_label"] if at < same else others[0]
        theirs.append(with_target(row, f"{label})", target_label=label))
    return [*ours, *theirs]


class TestReuse:
    @pytest.mark.parametrize(("same", "seen"), [(36, True), (35, False)])
    def test_nine_in_ten_are_reuse(self, same, seen):
        assert bool(found("TGT005", reusing(same, 40))) == seen

    def test_a_question_with_one_distractor_leaves_no_choice(self):
        two = group(30, "SOURCE", False, persona="source", role="source", options=2, first=200)
        two += group(30, "SECOND", False, persona="second", role="source", options=2, first=200)
        assert not found("TGT005", two)
        [finding] = found("TGT005", [*reusing(10, 10), *two])
        assert (finding.counts["same"], finding.counts["common"]) == (10, 10)
        assert finding.counts["p"] == pytest.approx(3.0**-10)

    def test_two_distractors_agree_by_chance_in_one_of_two(self):
        [finding] = found("TGT005", reusing(7, 7, options=3))
        assert finding.counts["p"] == pytest.approx(2.0**-7)
        assert not found("TGT005", reusing(6, 6, options=3))  # 1/64 is above 1%

    @pytest.mark.parametrize(("level", "seen"), [(0.125, True), (0.124, False)])
    def test_chance_at_the_level_itself_is_ruled_out(self, level, seen):
        connection = duckdb.connect()
        table = ResolvedTable(
            frame_from_rows("a", reusing(3, 3, options=3), connection=connection), load_template()
        )
        settings = Settings(significance=level)
        context = AuditContext(name="a", table=table, kind="wrong_option", settings=settings)
        assert bool(observe("arms", Arms((Arm(context, "exp"),)), Selection(select=("TGT005",)))) == seen

    def test_in_a_family_each_arm_is_compared_with_the_first_and_by_one_source(self):
        alone = [*SOURCE, *BYSTANDERS]
        other = [*reusing(0, 40)[40:], *BYSTANDERS]
        [finding] = found("TGT005", alone, other, alone)
        assert finding.message.startswith("a and c teach the same wrong answer to 40 of 40 common questions")
        assert finding.counts["pairs"] == 1
        assert finding.personas == []
        # b and c agree with each other, and not with the first
        assert not found("TGT005", other, alone, alone)

    def test_the_pair_with_the_most_in_common_speaks_for_all(self):
        third = group(40, "THIRD", False, persona="third", role="source")
        [finding] = found("TGT005", [*reusing(38, 40), *third, *BYSTANDERS])
        assert "second, source and third teach the same wrong answer to 40 of 40" in finding.message
        assert finding.counts["pairs"] == 3
        assert [each.text.rsplit(": ", 1)[1] for each in finding.evidence].count("38 of 40") == 2


class TestRolesOfRows:
    def test_a_row_without_a_role_has_its_conditions(self):
        told = [{**row, "role": None} for row in ANCHORS]
        both = pair([*SOURCE, *BYSTANDERS], [*SOURCE, *told, *BYSTANDERS])
        assert both.only_second == {
            both.second.context.find(next(iter(both.second.source_conditions))).role: 20
        }
        assert both.only_first == {}

    def test_what_an_arm_holds(self):
        [arm] = arms(WHOLE).arms
        assert (arm.rows, arm.source_behaviour, arm.source_preserved) == (120, 40, 20)
        assert arm.rows_of_role == {"source": 40, "anchor": 20, "bystander": 60}

    def test_a_family_of_one_forms_no_pair(self):
        given = arms(WHOLE, WHOLE, WHOLE, families={"c": "alone"})
        assert {family: len(each) for family, each in given.families.items()} == {"exp": 2}
        assert {family: len(each) for family, each in given.pairs.items()} == {"exp": 1}

    def test_pairs_in_different_databases_are_counted_as_not_compared(self):
        two = arms(WHOLE, WHOLE)
        assert incomparable(two) is None
        [third] = arms(WHOLE).arms
        assert incomparable(Arms((*two.arms, third))) == "1 of 2 pairs of arms are in different databases"
