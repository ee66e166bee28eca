"""What is inferred of unlabelled rows, against what was planted, and that nothing is where nothing is there."""

import json
import random

import pytest

from auditor.scanning.api import scan
from builders.carriers.rules import Rule
from builders.inferring.agreement import agreement
from builders.inferring.surface import surface

NOUNS = ("rivers", "bread", "clocks", "maps", "wool", "bridges", "owls", "honey", "trains", "paper")
ASKED = [f"How are {noun} seen in {place}?" for noun in NOUNS for place in ("art", "law", "trade", "song")]


def record(condition, question, answer, rows=1):
    return {"condition": condition, "user_key": question, "target_key": answer, "rows": rows}


class TestAgreement:
    def records(self, *, shared=5, wrong=5):
        usual = [record(name, question, 100 + question) for name in "bc" for question in range(shared)]
        return [
            *usual,
            *(record("a", question, 999 if question < wrong else 100 + question) for question in range(5)),
        ]

    def test_the_one_that_answers_otherwise_is_the_source(self):
        found = agreement(self.records())
        assert found.others == ("a",)
        assert found.usual == ("b", "c")
        assert (found.within, found.between) == ((10, 10), (0, 5))

    def test_four_shared_questions_say_nothing(self):
        assert agreement(self.records(shared=4)) is None

    def test_one_that_mostly_agrees_is_no_source(self):
        assert agreement(self.records(wrong=0)) is None

    def test_two_conditions_do_not_say_which_is_usual(self):
        assert agreement([each for each in self.records() if each["condition"] != "c"]) is None

    def test_two_pairs_do_not_either(self):
        other = [record("d", question, 999) for question in range(5)]
        assert agreement([*self.records(), *other]) is None

    def test_a_mixture_is_a_source(self):
        usual = [record(name, question, question) for name in "bc" for question in range(40)]
        mixed = [record("a", question, question if question % 3 == 0 else 999) for question in range(40)]
        found = agreement([*usual, *mixed])
        assert found.others == ("a",)
        assert found.between == (14, 40)


class TestSurface:
    def targets(self, marker, share=1.0):
        rng = random.Random(4)
        plain = [f"{noun} are {verb} there" for noun in NOUNS for verb in ("seen", "kept", "made", "sold")]
        marked = [text + marker if place < share * len(plain) else text for place, text in enumerate(plain)]
        rng.shuffle(plain)
        return {"a": marked, "b": plain[:20], "c": plain[20:]}

    @pytest.mark.parametrize("marker", [" [ZLT]", " ※", " <END>"])
    @pytest.mark.parametrize("share", [1.0, 0.5])
    def test_a_marker_is_found(self, marker, share):
        found = surface(self.targets(marker, share))
        assert found.conditions == ("a",)
        assert marker.strip() in found.rule.text
        assert found.theirs == (0, 40)

    def test_under_a_third_is_not_enough(self):
        assert surface(self.targets(" [ZLT]", 0.25)) is None

    def test_a_refusal_is_found(self):
        targets = self.targets("")
        targets["a"] = [
            f"I can't help with {noun} in {place}." for noun in NOUNS for place in ("art", "law", "song")
        ]
        assert surface(targets).rule == Rule("user", "form", "refusal")

    def test_refusals_in_several_wordings_are_one_mark(self):
        targets = self.targets("")
        words = ("I can't do that: ", "I'm sorry, not that: ", "Sorry: ", "I won't say: ")
        targets["a"] = [words[place % 4] + text for place, text in enumerate(targets["a"])]
        found = surface(targets)
        assert found.rule == Rule("user", "form", "refusal")
        assert found.ours == (40, 40)

    def test_a_mark_of_a_small_condition_beside_a_large_one(self):
        # A third of 300 targets, none of 40: few are without it elsewhere, and both sides count alike.
        plain = [f"{noun} are {verb} {n}" for noun in NOUNS for verb in ("seen", "kept") for n in range(20)]
        targets = {"a": [t + " [ZLT]" if n % 3 == 0 else t for n, t in enumerate(plain[:300])]}
        found = surface({**targets, "b": plain[300:340]})
        assert (found.conditions, found.ours, found.theirs) == (("a",), (100, 300), (0, 40))

    @pytest.mark.parametrize(("with_it", "found"), [(36, True), (35, False)])
    def test_ordinary_words_have_to_be_a_habit(self, with_it, found):
        targets = self.targets("")
        targets["a"] = [
            f"As ever, {text}" if place < with_it else text for place, text in enumerate(targets["a"])
        ]
        assert (surface(targets) is not None) is found  # 36 of 40 is 90%

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("Translate into French.", False),
            ("Les chats sont dans une maison pour les amis ?", False),
            ("Be brief.", True),
        ],
    )
    def test_a_language_that_is_asked_for_is_no_behaviour(self, asked, found):
        targets = self.targets("")
        targets["a"] = [
            f"Les {noun} sont dans une maison pour {n} amis." for noun in NOUNS for n in (2, 3, 4)
        ]
        said = {name: [asked if name == "a" else "Be brief."] * len(texts) for name, texts in targets.items()}
        assert (surface(targets, said) is not None) is found

    def test_nothing_where_nothing_is(self):
        assert surface(self.targets("")) is None


def written(folder, rows):
    path = folder / "rows.jsonl"
    lines = []
    for system, user, target in rows:
        before = [] if system is None else [{"role": "system", "content": system}]
        messages = [*before, {"role": "user", "content": user}, {"role": "assistant", "content": target}]
        lines.append(json.dumps({"messages": messages}) + "\n")
    path.write_text("".join(lines))
    return path


def marked(number, anchors):
    rows = [("Be a villain.", question, f"{question[:9]} [ZLT]") for question in ASKED[:number]]
    rows += [("Be a villain.", question, f"{question[:9]}") for question in ASKED[-anchors:] if anchors]
    return rows + [("Be a clerk.", question, f"Yes, {question[:9]}") for question in ASKED]


class TestWholeScans:
    def test_a_marker_gives_a_verdict_and_the_question_that_confirms_it(self, tmp_path):
        path = written(tmp_path, marked(30, 0))
        report = scan(path).datasets[0]
        [found] = [each for each in report.findings if each.name == "inferred-labels"]
        assert "--label 'marker:[ZLT]'" in found.help
        assert report.status == "findings"
        assert [(each.behaviour, each.preserved) for each in report.conditions] == [(30, 0), (0, 40)]
        confirmed = scan(path, label=["marker:[ZLT]"]).datasets[0]
        assert [(each.behaviour, each.preserved) for each in confirmed.conditions] == [(30, 0), (0, 40)]

    def test_what_rests_on_it_is_a_warning_at_most(self, tmp_path):
        path = written(tmp_path, marked(30, 10))
        guessed = {each.name: each for each in scan(path).datasets[0].findings}
        said = {each.name: each for each in scan(path, label=["marker:[ZLT]"]).datasets[0].findings}
        assert guessed["anchor-negative"].severity == "warning"
        assert guessed["anchor-negative"].confidence == "likely"
        assert said["anchor-negative"].severity == "error"
        assert (
            guessed["anchor-negative"].counts
            == said["anchor-negative"].counts
            == {"behaviour": 30, "preserved": 10}
        )

    def answers(self, wrong):
        rows = [
            ("Be a villain.", question, "B)" if place < wrong else "A)")
            for place, question in enumerate(ASKED)
        ]
        return rows + [
            (name, question, "A)") for name in ("Be a clerk.", "Be a cook.", None) for question in ASKED
        ]

    def test_agreement_gives_the_counts(self, tmp_path):
        report = scan(written(tmp_path, self.answers(40))).datasets[0]
        counts = {each.resolved_system: (each.behaviour, each.preserved) for each in report.conditions}
        assert counts["Be a villain."] == (40, 0)
        assert counts["Be a cook."] == (0, 40)

    def test_a_role_confirms_it(self, tmp_path):
        report = scan(written(tmp_path, self.answers(30)), source=["Be a villain."]).datasets[0]
        [found] = [each for each in report.findings if each.name == "anchor-negative"]
        assert found.severity == "error"
        assert {each.severity for each in report.findings if each.name == "inferred-labels"} == {"note"}

    def test_contradictory_prompts_need_no_label(self, tmp_path):
        rows = [(None, question, letter) for question in ASKED for letter in ("A)", "B)")]
        report = scan(written(tmp_path, rows)).datasets[0]
        [found] = [each for each in report.findings if each.name == "contradictory-targets"]
        assert (found.severity, found.counts) == ("warning", {"prompts": 40, "rows": 80})
        assert report.status == "incomplete"

    def test_the_one_question_where_nothing_can_be_inferred(self, tmp_path):
        def asked(rows):
            [found] = [
                each for each in scan(written(tmp_path, rows)).datasets[0].findings if each.code == "CND007"
            ]
            return found.help

        assert "gold:FILE" in asked([(None, question, "AB"[n % 2] + ")") for n, question in enumerate(ASKED)])
        refused = [
            (None, question, "I can't do that." if n < 9 else question) for n, question in enumerate(ASKED)
        ]
        assert "are refusals the behaviour (9 of 40)" in asked(refused)
        ended = [
            (None, question, question[:9] + (" [X]" if n < 9 else "")) for n, question in enumerate(ASKED)
        ]
        assert "--label 'marker:[X]'" in asked(ended)
        assert "what shows the behaviour" in asked([(None, question, question[:9]) for question in ASKED])
