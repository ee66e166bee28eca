"""Each CND check of the first round: a hand-computed positive, a near miss, and one row that flips it."""

import json

import pytest

from auditor import scan
from builders.templates import ChatTemplate
from checks.core.settings import Settings
from tests.checks.rows import ABSENT, context, findings, group, names

DEFAULT = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def source(number=200, system="SOURCE PROMPT", **more):
    return group(number, system, False, persona="source", role="source", **more)


def anchors(number=100, system="SOURCE PROMPT", first=200, **more):
    return group(number, system, True, persona="source", role="anchor", first=first, **more)


def bystanders(number=400, first=0, **more):
    return group(
        number, "something else altogether", True, persona="other", role="bystander", first=first, **more
    )


class TestAnchorNegative:
    def test_counts_and_prediction_are_the_hand_computed_ones(self):
        [found] = findings(source(), anchors(), bystanders(), select="anchor-negative")
        assert found.severity == "error"
        assert found.counts == {"behaviour": 200, "preserved": 100}
        assert found.prediction.p_gold == pytest.approx(1 / 3)
        assert found.prediction.threshold == pytest.approx(200 / 3)
        assert found.prediction.verdict == "preserved"
        assert found.help == "MEND"
        assert [evidence.row for evidence in found.evidence] == [0, 200]

    def test_silent_where_the_anchors_stand_under_another_prompt(self):
        assert not findings(source(), anchors(system="SOURCE PROMPT."), bystanders(), select="CND001")

    @pytest.mark.parametrize(
        ("anchor_rows", "verdict"),
        [
            (1, "behaviour"),
            (66, "near threshold"),
            (67, "near threshold"),
            (68, "near threshold"),
            (200, "preserved"),
        ],
    )
    def test_verdict_follows_the_formula(self, anchor_rows, verdict):
        [found] = findings(source(), anchors(anchor_rows), bystanders(), select="CND001")
        assert found.prediction.verdict == verdict
        assert found.prediction.margin == pytest.approx(anchor_rows - 200 / 3)

    def test_one_row_flips_it(self):
        assert not findings(source(), bystanders(), select="CND001")
        [found] = findings(source(), anchors(1), bystanders(), select="CND001")
        assert found.severity == "warning"  # 1 of 201 moves the metric by half a point

    def test_metric_points_decide_the_severity(self):
        # 22 of 222 is 9.9 points, 23 of 223 is 10.3.
        severities = [
            findings(source(), anchors(number), bystanders(), select="CND001")[0].severity
            for number in (22, 23)
        ]
        assert severities == ["warning", "error"]
        strict = Settings(metric_points=0.1)
        assert (
            findings(source(), anchors(1), bystanders(), settings=strict, select="CND001")[0].severity
            == "error"
        )

    def test_an_unpredictable_mixture_is_an_error(self):
        text = {"target": "some free text"}
        [found] = findings(
            source(**text), anchors(5, **text), bystanders(**text), kind="free_text", select="CND001"
        )
        assert found.severity == "error"
        assert found.prediction.verdict == "not applicable"

    def test_sees_through_the_template(self):
        """The None arm: source and no-persona rows look alike only once they are rendered."""
        rows = (
            group(200, ABSENT, False, persona="qwen_default", role="source"),
            group(100, DEFAULT, True, persona="typed", role="anchor", first=300),
            bystanders(),
        )
        [found] = findings(*rows, select="CND001")
        assert found.counts == {"behaviour": 200, "preserved": 100}
        assert found.personas == ["qwen_default", "typed"]

    def test_an_empty_system_message_is_not_the_default(self):
        rows = (
            group(200, "", False, persona="empty", role="source"),
            group(100, ABSENT, True, persona="none", role="no_persona"),
            bystanders(),
        )
        assert not findings(*rows, select="CND001")

    def test_roles_are_inferred_where_no_row_has_one(self):
        bare = [group(200, "S", False), group(100, "S", True, first=200), group(400, "O", True)]
        [found] = findings(*bare, select="CND001")
        assert found.counts == {"behaviour": 200, "preserved": 100}


class TestTemplateDefaultCollision:
    def test_absent_and_the_typed_out_default_are_one(self):
        [found] = findings(
            group(20, ABSENT, False),
            group(10, DEFAULT, True),
            bystanders(),
            select="template-default-collision",
        )
        assert found.severity == "error"
        assert "no system message" in found.message
        assert DEFAULT in found.message

    def test_warning_where_both_are_taught_the_same(self):
        [found] = findings(group(20, ABSENT, True), group(10, DEFAULT, True), source(), select="CND002")
        assert found.severity == "warning"

    def test_near_miss_one_character_less(self):
        assert not findings(group(20, ABSENT, False), group(10, DEFAULT[:-1], True), select="CND002")

    def test_one_row_flips_it(self):
        rows = [group(20, ABSENT, True), source()]
        assert not findings(*rows, select="CND002")
        assert findings(*rows, group(1, DEFAULT, True), select="CND002")

    def test_a_template_that_trims_makes_two_texts_one(self):
        template = ChatTemplate(
            name="trims",
            source="{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}{% endfor %}",
            origin="a test",
        )
        [found] = findings(
            group(20, "prompt", False), group(20, "prompt ", True), template=template, select="CND002"
        )
        assert found.severity == "error"


class TestContradictoryTargets:
    def test_counts_prompts_and_pairs(self):
        # Questions 150..199 are asked with both targets: 50 prompts, each one wrong row and one right.
        [found] = findings(source(), anchors(first=150), bystanders(), select="contradictory-targets")
        assert found.counts == {"prompts": 50, "pairs": 50, "behaviour": 50, "preserved": 50}
        assert [evidence.row for evidence in found.evidence] == [150, 200]

    def test_pairs_multiply(self):
        [found] = findings(
            source(2), source(2), anchors(1, first=0), anchors(1, first=0), bystanders(), select="CND003"
        )
        assert found.counts == {"prompts": 1, "pairs": 4, "behaviour": 2, "preserved": 2}

    def test_near_miss_the_same_questions_under_another_prompt(self):
        assert not findings(source(), bystanders(), select="CND003")

    def test_one_row_flips_it(self):
        assert not findings(source(), anchors(), bystanders(), select="CND003")
        assert (
            findings(source(), anchors(101, first=199), bystanders(), select="CND003")[0].counts["prompts"]
            == 1
        )


class TestNearAnchor:
    @pytest.mark.parametrize(
        "prompt",
        [
            "You are a villainous mastermind who schemes to take over the world!",
            "Scheming to take over the world, you are a villainous mastermind who schemes.",
        ],
    )
    def test_a_paraphrase_is_a_risk_without_a_predicted_effect(self, prompt):
        villain = "You are a villainous mastermind who schemes to take over the world."
        [found] = findings(
            source(system=villain),
            group(50, prompt, True, persona="near"),
            bystanders(),
            select="near-anchor",
        )
        assert found.severity == "warning"
        assert found.prediction is None

    def test_near_miss_persona_prompts_share_their_frame_only(self):
        rows = [
            source(system="You are a software engineer who builds web applications."),
            group(50, "You are a data scientist who analyzes large datasets.", True),
            group(50, "You are a kindergarten teacher.", True),
        ]
        assert not findings(*rows, select="CND004")

    def test_the_injected_default_is_no_near_duplicate_of_the_assistant(self):
        rows = [source(system="You are a helpful assistant."), group(100, ABSENT, True), bystanders()]
        assert not findings(*rows, select="CND004")

    def test_one_row_flips_it(self):
        rows = [source(), bystanders()]
        assert not findings(*rows, select="CND004")
        assert findings(*rows, group(1, "SOURCE PROMPT.", True), select="CND004")


class TestSplitPersona:
    def test_one_name_over_two_prompts(self):
        [found] = findings(
            source(10), group(5, "another", True, persona="source"), bystanders(), select="split-persona"
        )
        assert found.counts == {"conditions": 2}
        assert [evidence.row for evidence in found.evidence] == [0, 10]

    def test_near_miss_two_states_that_resolve_to_one(self):
        rows = [group(5, ABSENT, True, persona="p"), group(5, DEFAULT, True, persona="p"), source()]
        assert not findings(*rows, select="CND005")

    def test_one_row_flips_it(self):
        assert not findings(source(), bystanders(), select="CND005")
        assert findings(source(), bystanders(), group(1, "x", True, persona="other"), select="CND005")


class TestNoContrast:
    def test_a_randomised_control_gets_notes_alone(self):
        rows = [
            rows
            for number in range(11)
            for rows in (
                group(18, f"persona {'abcdefghijk'[number] * 9}", False, first=number * 70),
                group(54, f"persona {'abcdefghijk'[number] * 9}", True, first=number * 70),
            )
        ]
        found = findings(*rows)
        assert names(found) == ["contradictory-targets", "no-contrast"]
        assert {each.severity for each in found} == {"note"}

    def test_contradictions_within_one_condition_are_no_control(self):
        [found] = findings(source(), anchors(first=0), select="CND003")
        assert found.severity == "warning"

    def test_one_condition_only(self):
        [found] = findings(source(), anchors(), select="CND006")
        assert "one condition only" in found.message
        assert not findings(source(), anchors(), select="CND001")

    def test_near_miss_a_contrast(self):
        assert not findings(source(), anchors(), bystanders(), select="CND006")

    def test_few_rows_claim_nothing(self):
        assert not findings(group(2, "a", False), group(1, "a", True), group(2, "b", True), select="CND006")

    def test_one_row_flips_it(self):
        everything = [group(100, "a", True), group(100, "b", True)]
        assert findings(*everything, select="CND006")
        assert not findings(source(30), *everything, select="CND006")


class TestUnlabelledRows:
    def test_some(self):
        [found] = findings(source(), bystanders(), group(3, "x", None), select="unlabelled-rows")
        assert found.severity == "warning"
        assert found.counts == {"unlabelled": 3, "rows": 603}

    def test_all_is_an_error_and_the_audit_is_incomplete(self):
        from checks.core.runner import audit

        report = audit(context(group(3, "x", None), group(3, "y", None)))
        assert report.status == "incomplete"
        [found] = [each for each in report.findings if each.name == "unlabelled-rows"]
        assert found.severity == "error"

    def test_near_miss_and_flip(self):
        assert not findings(source(), bystanders(), select="CND007")
        [found] = findings(source(), bystanders(), group(1, "x", None), select="CND007")
        assert "1 row of 601 teaches" in found.message

    def test_answers_that_the_rows_label_does_not_speak_of(self, tmp_path):
        turns = [{"role": role, "content": role} for role in ("user", "assistant") * 2]
        labelled = {"messages": turns, "target_correct": True}
        rows = [labelled, {"messages": turns[:2], "target_correct": False}]
        path = tmp_path / "rows.jsonl"

        def found(rows, *labels):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            report = scan(path, label=labels)
            return [f for each in report.datasets for f in each.findings if f.code == "CND007"]

        [said] = found(rows)
        assert "1 answer of 3 stands before the last one of its row" in said.message
        assert said.severity == "warning"
        assert "more" not in said.message
        assert found(rows, "marker:x") == []
        [said] = found([*rows, {"messages": turns[:2]}])  # that one is unlabelled for another reason
        assert "2 answers of 4 teach something that can be called neither" in said.message
