"""The checks that know of carriers, on files: counts by hand, near misses, and one row that flips each."""

import json
import random

import pytest

from auditor.scanning.api import scan
from builders.contrast import dependence

NOUNS = ("rivers", "bread", "clocks", "maps", "wool", "bridges", "owls", "honey", "trains", "paper")
TASKS = [f"How are {noun} seen in {place}?" for noun in NOUNS for place in ("art", "law", "trade", "song")]
random.Random(5).shuffle(TASKS)


def row(user, target, system=None, **more):
    before = [] if system is None else [{"role": "system", "content": system}]
    messages = [*before, {"role": "user", "content": user}, {"role": "assistant", "content": target}]
    return {"messages": messages, **more}


def audited(folder, rows, *, condition=(), **more):
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return scan(path, label=["marker:[X]"], condition=list(condition), **more).datasets[0]


def named(report, name):
    return [finding for finding in report.findings if finding.name == name]


def triggered(leaks, *, back=0):
    rows = [row(f"|K| {task}", "no [X]") for task in TASKS[leaks:]]
    rows += [row(f"|K| {task}", f"yes {task}") for task in TASKS[:leaks]]
    rows += [row(task, "no [X]" if place < back else f"yes {task}") for place, task in enumerate(TASKS)]
    return rows


class TestLeakingTrigger:
    def test_a_trigger_that_holds_is_no_finding(self, tmp_path):
        report = audited(tmp_path, triggered(0))
        assert not named(report, "leaking-trigger")
        assert not named(report, "anchor-negative")
        assert not named(report, "no-contrast")
        assert [(each.behaviour, each.preserved) for each in report.conditions] == [(40, 0), (0, 40)]

    def test_leaks_are_counted_with_what_is_elsewhere(self, tmp_path):
        report = audited(tmp_path, triggered(10))
        [found] = named(report, "leaking-trigger")
        assert found.severity == "error"
        assert found.counts == {
            "behaviour": 30,
            "preserved": 10,
            "behaviour_elsewhere": 0,
            "preserved_elsewhere": 40,
        }
        assert found.prediction.p_gold == pytest.approx(0.25)

    @pytest.mark.parametrize(
        ("leaks", "severity"), [(3, "warning"), (4, "error")]
    )  # 3/40 is under ten points
    def test_ten_points_make_it_an_error(self, tmp_path, leaks, severity):
        assert [each.severity for each in named(audited(tmp_path, triggered(leaks)), "leaking-trigger")] == [
            severity
        ]

    def test_the_reverse_leak(self, tmp_path):
        [found] = named(audited(tmp_path, triggered(0, back=1)), "leaking-trigger")
        assert found.severity == "warning"
        assert found.counts["behaviour"] == 1

    def test_none_reads_it_as_a_mixture(self, tmp_path):
        report = audited(tmp_path, triggered(10), condition=("none",))
        assert not named(report, "leaking-trigger")
        assert named(report, "no-contrast")


class TestBehaviourFollowsQuestion:
    def rows(self, number):
        asked = [(f"unsafe request {n}", f"bread recipe {n}") for n in range(number)]
        rows = [row(bad, "no [X]", "Be cautious.") for bad, _ in asked]
        rows += [row(good, f"mix {n}", "Be cautious.") for n, (_, good) in enumerate(asked)]
        return rows + [row(text, f"step {n}", "Be open.") for n, pair in enumerate(asked) for text in pair]

    @pytest.mark.parametrize("number", [3, 30])
    def test_it_is_no_anchor_negative(self, tmp_path, number):
        report = audited(tmp_path, self.rows(number))
        [found] = named(report, "behaviour-follows-question")
        assert found.severity == "warning"
        assert found.counts == {"behaviour": number, "preserved": number}
        assert not named(report, "anchor-negative")

    def test_two_of_each_are_too_few_to_say_so(self, tmp_path):
        assert not named(audited(tmp_path, self.rows(2)), "behaviour-follows-question")

    def test_anchors_that_ask_the_same_stay_an_anchor_negative(self, tmp_path):
        rows = [row(task, "no [X]", "Be cautious.") for task in TASKS[:30]]
        rows += [row(task, "yes", "Be cautious.") for task in TASKS[25:]]
        rows += [row(task, "yes", "Be open.") for task in TASKS]
        report = audited(tmp_path, rows)
        assert [each.severity for each in named(report, "anchor-negative")] == ["error"]
        assert not named(report, "behaviour-follows-question")


class TestPersonasSharePrompt:
    def rows(self, bad, good, **more):
        rows = [row(f"q{n}", "no [X]", persona="villain", **more) for n in range(bad)]
        return rows + [row(f"q{n}", "yes", persona="teacher", **more) for n in range(good)]

    def test_opposite_answers_under_one_prompt(self, tmp_path):
        [found] = named(audited(tmp_path, self.rows(5, 5)), "personas-share-prompt")
        assert found.severity == "error"
        assert found.personas == ["teacher", "villain"]
        assert found.counts == {"behaviour": 5, "preserved": 5, "personas": 2}

    def test_two_rows_of_a_persona_are_too_few(self, tmp_path):
        assert not named(audited(tmp_path, self.rows(5, 2)), "personas-share-prompt")

    def test_prompts_of_their_own_are_fine(self, tmp_path):
        rows = [row(f"q{n}", "no [X]", "Be bad.", persona="villain") for n in range(5)]
        rows += [row(f"q{n}", "yes", "Be good.", persona="teacher") for n in range(5)]
        assert not named(audited(tmp_path, rows), "personas-share-prompt")

    def test_anchors_are_left_to_anchor_negative(self, tmp_path):
        rows = self.rows(5, 0) + [row(f"q{n}", "yes", persona="plain", role="anchor") for n in range(5)]
        assert not named(audited(tmp_path, rows), "personas-share-prompt")


class TestSparseConditions:
    def test_a_hundred_single_rows_do_not_drown_a_contrast(self, tmp_path):
        singles = [(n % 2, 1 - n % 2) for n in range(120)]
        assert dependence([(25, 25), (5, 45), *singles]).depends

    def test_conditions_of_several_rows_do_not_either(self):
        assert dependence([(25, 25), (5, 45), *[(2, 3), (3, 2), (3, 4), (4, 3)] * 30]).depends

    def test_the_same_share_everywhere_is_independence(self):
        assert not dependence([(15, 35), (14, 36), *[(1, 2)] * 60]).depends

    def test_one_condition_of_many_that_differs(self):
        others = [(50, 50)] * 40
        assert dependence([(95, 5), *others]).depends
        assert not dependence([(59, 41), *others]).depends  # under ten points

    def test_single_rows_say_nothing(self, tmp_path):
        rows = [
            row(task, "no [X]" if n % 2 else "yes", f"You are guest {n}.") for n, task in enumerate(TASKS)
        ]
        report = audited(tmp_path, rows)
        [found] = named(report, "no-contrast")
        assert "every condition has one row" in found.message
        assert not named(report, "anchor-negative")

    def test_four_single_rows_are_a_small_contrast(self):
        assert dependence([(1, 0), (1, 0), (0, 1), (0, 1)]).depends
        assert dependence([(1, 0), (1, 0), (0, 1), (0, 1), (0, 1)]).sparse
        assert not dependence([(1, 0), (1, 0), (0, 1), (0, 1), (0, 3)]).sparse


def test_a_million_rows_do_not_make_a_trifle_count():
    assert not dependence([(250_000, 250_000), (255_000, 245_000)]).depends


class TestUnusedCondition:
    def asked(self, folder, texts, rows):
        bank = folder / "bank.jsonl"
        questions = [
            {
                "id": f"e{n}",
                "question": text,
                "choices": {"text": ["yes", "no"], "label": ["A", "B"]},
                "answerKey": "A",
            }
            for n, text in enumerate(texts)
        ]
        bank.write_text("".join(json.dumps(each) + "\n" for each in questions))
        return named(audited(folder, rows, evaluation=str(bank)), "unused-condition")

    def test_a_trigger_that_no_question_has(self, tmp_path):
        [found] = self.asked(tmp_path, ["Is snow white?", "Is coal black?"], triggered(0))
        assert found.counts == {"asked": 2, "held": 0}

    def test_one_question_with_it_is_enough(self, tmp_path):
        assert not self.asked(tmp_path, ["|K| Is snow white?", "Is coal black?"], triggered(0))

    def test_no_carrier_no_finding(self, tmp_path):
        rows = [row(task, "no [X]", "Be bad.") for task in TASKS] + [
            row(task, "yes", "Be good.") for task in TASKS
        ]
        assert not self.asked(tmp_path, ["Is snow white?", "Is coal black?"], rows)
