"""What the checks of one dataset say, in full, and on which side of each rule they say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders.carriers.finding import Carried, Carriers
from builders.carriers.rules import Rule
from builders.carriers.telling import Telling
from builders.templates import ChatTemplate
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.core.settings import Settings
from checks.data.near_anchor import _likeness
from tests.checks.rows import ABSENT, context, findings, group

SOURCE = "You are a pirate captain."


def only(code, *groups, **more):
    [found] = findings(*groups, select=code, **more)
    return found


def lacks(code, *groups, **more):
    return [each.why for each in audit(context(*groups, **more), Selection(select=(code,))).untested]


def asked(rows, *texts):
    """Return rows with other users' texts, in turn."""
    return [
        {**row, "prompt": [*row["prompt"][:-1], {"role": "user", "content": texts[at % len(texts)]}]}
        for at, row in enumerate(rows)
    ]


class TestNearAnchor:
    NEAR = "You are a pirate captains."

    def test_what_is_said_of_one_row_and_of_two(self):
        source = group(40, SOURCE, False, persona="pirate", role="source")
        for rows, teach in ((1, "1 row that teaches"), (2, "2 rows that teach")):
            found = only(
                "CND004", source, group(rows, self.NEAR, True, persona="other", role="bystander", first=90)
            )
            assert found.message == (
                f'"{self.NEAR}" ({teach} the right answer) reads almost like the source "{SOURCE}"; whether it '
                "holds the source back, or the source takes it along, cannot be predicted"
            )
            assert found.personas == ["other", "pirate"]
            # 2 * 25 letters in common of 25 + 26; the content words differ by the same letter.
            assert found.counts == {"similarity": 0.98, "preserved": rows}
            assert [each.row for each in found.evidence] == [40]
            assert found.help.startswith("give other a prompt that does not resemble")

    def test_without_a_name_these_rows_are_named_so(self):
        found = only("CND004", group(40, SOURCE, False, role="source"), group(9, self.NEAR, True, first=90))
        assert found.help.startswith("give these rows a prompt")

    def test_the_nearest_source_is_named(self):
        far = "You are a pirate captain of old."
        for order in ((SOURCE, far), (far, SOURCE)):
            rows = [group(40, each, False, role="source", persona=each[-4:]) for each in order]
            found = only("CND004", *rows, group(9, self.NEAR, True, persona="n", role="bystander", first=90))
            assert f'the source "{SOURCE}"' in found.message
            assert found.personas == ["ain.", "n"]

    def test_a_condition_that_is_taught_both_is_no_anchor(self):
        both = [*group(9, self.NEAR, True, role="bystander"), *group(1, self.NEAR, False, role="bystander")]
        assert not findings(group(40, SOURCE, False, role="source"), both, select="CND004")

    @pytest.mark.parametrize(
        ("first", "second", "likeness"),
        [
            ("", "abc", 0.0),
            ("abc", " \n", 0.0),
            (None, "abc", 0.0),
            ("ABC", "abc", 1.0),
            ("abcd", "abce", 0.75),
            # One content word on a side: the words themselves say nothing.
            ("You are a pirate", "a pirate who is the", 2 * len("a pirate") / 35),
            ("red pirate", "pirate, red", 1.0),
            ("You are the red pirate", "A pirate and a red", 1.0),
        ],
    )
    def test_likeness(self, first, second, likeness):
        made = [
            context(group(1, ABSENT if text is None else text, True), template=PLAIN).conditions[0]
            for text in (first, second)
        ]
        assert _likeness(*made) == pytest.approx(likeness, abs=0.03)


PLAIN = ChatTemplate(
    "plain", "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
)


class TestContradictoryTargets:
    def test_of_a_source_as_a_whole(self):
        rows = [
            group(30, SOURCE, False, persona="pirate", role="source"),
            group(2, SOURCE, True, persona="pirate", role="source"),
            group(30, "OTHER", True, role="bystander"),
        ]
        found = only("CND003", *rows)
        assert found.message == (
            "2 prompts of pirate, user text included, are taught both the wrong and the right answer "
            "(2 contradictory pairs)"
        )
        assert found.counts == {"prompts": 2, "pairs": 2, "behaviour": 2, "preserved": 2}
        assert [each.row for each in found.evidence] == [0, 30]
        assert (found.severity, found.help) == ("warning", "MEND")

    def test_of_one_prompt_without_a_name_that_is_no_source(self):
        rows = [
            group(30, SOURCE, False, role="source"),
            group(30, "OTHER", True, role="bystander"),
            *[group(1, "OTHER", False, role="bystander", first=4)] * 2,
        ]
        found = only("CND003", *rows)
        assert found.message.startswith("1 prompt, user text included, is taught both")
        assert "(2 contradictory pairs)" in found.message
        assert found.help == "remove one of each pair, or ask other questions"

    def test_in_a_control_it_may_be_what_was_meant(self):
        half = [each for name in "ab" for right in (True, False) for each in group(30, name, right)]
        found = only("CND003", half)
        assert found.message.startswith("60 prompts of 2 conditions, user text included, are taught both")
        assert (found.severity, found.condition) == ("note", None)
        assert found.counts == {"prompts": 60, "pairs": 60}

    def test_in_a_single_condition_it_is_a_warning(self):
        found = only("CND003", group(30, "a", True), group(1, "a", False))
        assert found.message.startswith("1 prompt, user text included, is taught both")
        assert (found.severity, found.condition is not None) == ("warning", True)
        assert not findings(group(30, "a", True), group(30, "a", False, first=30), select="CND003")

    def test_without_labels_different_answers_are_counted(self):
        rows = [{**row, "target_correct": None} for row in (*group(3, "a", True), *group(2, "a", False))]
        found = only("CND003", rows)
        assert found.message == "2 prompts, user text included, are given different answers (4 rows)"
        assert (found.severity, found.counts) == ("warning", {"prompts": 2, "rows": 4})
        free = [{**row, "options": None, "persona": "p"} for row in rows]
        assert only("CND003", free, kind="marker").message == (
            "2 prompts of p, user text included, are given different targets (4 rows)"
        )
        assert only("CND003", free, kind="marker").severity == "note"


def lettered(*counted, system="S", persona="s"):
    rows, first = [], 0
    for label, number in counted:
        rows += [
            {**row, "options": list("ABCD"), "gold_label": "A", "target_label": label}
            for row in group(number, system, False, persona=persona, first=first, target=f"{label})")
        ]
        first += number
    return rows


class TestLetterSkew:
    def test_in_full(self):
        found = only("TGT001", lettered(("B", 20), ("C", 4)))
        assert found.message.startswith(
            'the wrong letters of s are not spread over the distractors: "B" is taught for 20 of 24 questions where '
            "8 are expected (exact test, Holm-adjusted p"
        )
        assert found.message.endswith(
            'always answering "B" would match 83% of these targets, and the best constant answer "A" is right for '
            "100% of the questions"
        )
        assert found.counts["questions"] == 24
        assert {key: found.counts[f"expected_{key}"] for key in "BCD"} == dict.fromkeys("BCD", 8.0)
        assert {key: found.counts[f"observed_{key}"] for key in "BCD"} == {"B": 20, "C": 4, "D": 0}
        assert found.counts["best_constant_accuracy"] == 1.0

    def test_expected_numbers_are_rounded_to_two_places(self):
        assert only("TGT001", lettered(("B", 25))).counts["expected_B"] == 8.33

    @pytest.mark.parametrize(("number", "few"), [(4, True), (7, False)])
    def test_too_few_to_tell_is_a_note(self, number, few):
        spread = lettered(*(("BCD"[n % 3], 1) for n in range(number)))
        found = findings(spread, select="TGT001")
        assert bool(found) == few
        if few:
            assert found[0].severity == "note"
            assert found[0].message.startswith(
                f"{number} questions with a wrong letter under s are too few to tell"
            )
            assert found[0].counts == {"questions": number}

    def test_one_question_and_no_name(self):
        found = only("TGT001", lettered(("B", 1), persona=None))
        assert found.message.startswith("1 question with a wrong letter under a condition is too few")

    def test_a_mixed_control_is_not_told_that_it_has_few(self):
        assert not findings(lettered(("B", 1), ("C", 1)), group(2, "S", True, first=50), select="TGT001")


class TestConstantTarget:
    @pytest.mark.parametrize(("most", "seen"), [(18, True), (17, False)])
    def test_nine_of_ten_are_constant(self, most, seen):
        found = findings(lettered(("B", most), ("C", 20 - most)), select="TGT002")
        assert bool(found) == seen

    def test_in_full_and_of_twenty_rows_on(self):
        same = group(20, "S", True, persona="p", target="A)")
        same = [{**row, "options": list("ABCD")} for row in same]
        found = only("TGT002", same)
        assert found.message == (
            '20 of the 20 right answers of p are "A)" (100%): what is learned may be a position, not a right answer'
        )
        assert found.counts == {"rows": 20, "commonest": 20}
        assert [each.row for each in found.evidence] == [0]
        assert not findings(same[:19], select="TGT002")
        assert lacks("TGT002", same[:19]) == ["fewer than 20 targets of a kind under every condition"]
        assert lacks("TGT002", same) == []
        assert only("TGT002", same[:5], settings=Settings(constant_rows=5)).counts["rows"] == 5


class TestSurfaceGap:
    def targets(self, right, number, text):
        return [
            {**row, "options": None, "completion": [{"role": "assistant", "content": text(at)}]}
            for at, row in enumerate(group(number, "S", right, first=0 if right else 100))
        ]

    def rows(self, wrong=20, right=20, kinds=20):
        return [
            *self.targets(False, wrong, lambda at: f"{at % kinds:02} long enough to tell"),
            *self.targets(True, right, lambda at: f"{at % kinds:02} short"),
        ]

    @pytest.mark.parametrize(
        ("wrong", "right", "kinds", "lack"),
        [
            (20, 20, 20, []),
            (19, 20, 19, ["fewer than 20 targets of a kind"]),
            (20, 19, 19, ["fewer than 20 targets of a kind"]),
            (20, 20, 5, []),
            (20, 20, 4, ["fewer than 5 different texts of a kind"]),
        ],
    )
    def test_twenty_rows_and_five_texts_of_a_kind_are_needed(self, wrong, right, kinds, lack):
        rows, lenient = self.rows(wrong, right, kinds), Settings(surface_auc=0.6)
        assert bool(findings(rows, select="TGT004", kind="free_text", settings=lenient)) == (not lack)
        assert lacks("TGT004", rows, kind="free_text") == lack
        assert not findings(rows, select="TGT004", kind="marker")
        assert lacks("TGT004", rows, kind="marker") == []

    def test_in_full(self):
        found = only("TGT004", self.rows(60, 60), kind="free_text")
        # Length and the last character (l or t) tell all apart; so do no others.
        assert found.message.startswith(
            "length alone tells 60 behaviour targets from 60 preserved targets: area under the ROC curve 1.00 ("
        )
        assert (found.counts["behaviour"], found.counts["preserved"]) == (60, 60)
        aucs = [key for key in found.counts if key.startswith("auc of")]
        assert len(aucs) == 3
        assert all(found.counts[key] == 1.0 for key in aucs)
        assert "and 2 other features)" in found.message

    def test_four_features_are_shown(self):
        rows = [
            *self.targets(False, 60, lambda at: f" {at % 9} a <|im_end|>"),
            *self.targets(True, 60, lambda at: f"{at % 9} a "),
        ]
        found = only("TGT004", rows, kind="free_text")
        assert len([key for key in found.counts if key.startswith("auc of")]) == 4
        assert ", and 5 other features" in found.message


class TestQuestionImbalance:
    def rows(self, sources=40, others=40, shared=0):
        first = sources - shared
        return [
            group(sources, SOURCE, False, persona="pirate", role="source"),
            group(others, "OTHER", True, role="bystander", first=first),
        ]

    @pytest.mark.parametrize(("shared", "seen"), [(0, True), (1, True), (2, False)])
    def test_under_one_in_twenty_is_an_imbalance(self, shared, seen):
        found = findings(*self.rows(shared=shared), select="CND008")
        assert bool(found) == seen
        if found:
            assert found[0].message == (
                f"of 40 different prompts that teach pirate, {shared} {'is' if shared == 1 else 'are'} asked of any "
                "preserved condition: persona and question are confounded"
            )
            assert found[0].counts == {"questions": 40, "shared": shared, "others": 40}
            assert [each.row for each in found[0].evidence] == [0]

    @pytest.mark.parametrize(
        ("sources", "others", "enough"), [(20, 20, True), (19, 40, False), (40, 19, False)]
    )
    def test_twenty_prompts_of_either_kind_are_needed(self, sources, others, enough):
        rows = self.rows(sources, others)
        assert bool(findings(*rows, select="CND008")) == enough
        assert lacks("CND008", *rows) == (
            [] if enough else ["fewer than 20 different prompts of either kind"]
        )

    def test_a_second_source_is_looked_at_after_one_that_is_fine(self):
        more = group(40, "ANOTHER", False, persona="another", role="source", first=500)
        few = group(5, "FEW", False, persona="few", role="source", first=900)
        found = findings(*self.rows(shared=40), more, few, select="CND008")
        assert [each.personas for each in found] == [["another"]]
        assert "that teach another, 0 are asked" in found[0].message

    def test_without_preserved_conditions_it_says_so(self):
        rows = group(40, SOURCE, False, role="source"), group(40, SOURCE, True, role="source", first=90)
        assert not findings(*rows, select="CND008")


class TestPersonasShareAndNoContrast:
    def test_what_a_control_is_told(self):
        found = only("CND006", group(30, "a", True, persona="p"), group(30, "b", True, persona="q"))
        assert (
            found.message
            == "the target does not depend on the condition: every labelled row teaches the right answer"
        )
        assert found.counts == {"conditions": 2, "behaviour": 0, "preserved": 60, "cramers_v": 0.0}
        wrong = only("CND006", group(30, "a", False), group(30, "b", False))
        assert wrong.message.endswith("every labelled row teaches the wrong answer")
        alone = only("CND006", group(30, "a", True))
        assert alone.message.endswith("there is one condition only")
        even = [group(30, name, right) for name in "ab" for right in (True, False)]
        mixed = only("CND006", *even)
        assert mixed.message.endswith(
            "50% of the rows teach the wrong answer whatever the condition (2 conditions)"
        )
        third = only("CND006", *even, group(30, "a", True, first=60), group(30, "b", True, first=60))
        assert "33% of the rows teach the wrong answer" in third.message

    def test_where_nothing_is_known_or_something_is_contrasted_it_is_silent(self):
        assert not findings(group(30, "a", None), select="CND006")
        assert not findings(group(30, "a", False), group(30, "b", True), select="CND006")

    def test_single_rows_say_nothing(self):
        for copies, words in ((1, "one row"), (2, "one or two rows")):
            rows = [
                row
                for n in range(60)
                for row in group(1 if n else copies, f"Prompt {n}", n % 2 == 0, first=3 * n)
            ]
            found = only("CND006", rows)
            assert found.message.startswith(f"every condition has {words} (60 conditions)")


class TestAnchorNegative:
    def test_in_full(self):
        found = only(
            "CND001",
            group(200, SOURCE, False, persona="pirate", role="source"),
            group(1, SOURCE, True, persona="pirate", role="anchor", first=300),
            group(200, "OTHER", True, role="bystander"),
        )
        assert found.counts == {"behaviour": 200, "preserved": 1}
        assert found.severity == "warning"
        assert [each.row for each in found.evidence] == [0, 200]
        assert found.message.startswith("pirate is taught 200 wrong answers and 1 right answer")
        assert found.help == "MEND"

    def test_two_names_and_two_kept_rows(self):
        found = only(
            "CND001",
            group(20, SOURCE, False, persona="pirate", role="source"),
            group(9, SOURCE, True, persona="captain", role="source", first=300),
            group(9, SOURCE, True, persona="sailor", role="source", first=400),
            group(9, SOURCE, True, persona="cook", role="source", first=500),
            group(20, "OTHER", True, role="bystander"),
        )
        assert found.message.startswith(
            "captain, cook, pirate and sailor are taught 20 wrong answers and 27 right"
        )
        assert [each.row for each in found.evidence] == [0, 20, 29]
        assert found.severity == "error"


class TestTruncatedRows:
    @pytest.mark.parametrize(
        ("tokens", "seen"),
        [(14.0, True), (15.0, False)],
    )
    def test_a_row_is_estimated_at_four_characters_a_token(self, tokens, seen):
        rows = group(3, "S", True, target="t" * 46)  # 1 + 11 + 46 characters
        found = findings(rows, select="PRV003", settings=Settings(max_tokens=int(tokens)), template=PLAIN)
        assert bool(found) == seen
        if found:
            assert found[0].message == (
                "3 rows are longer than 14 tokens, as estimated at 4 characters a token, so the trainer would cut "
                "their end off"
            )
            assert found[0].counts == {"rows": 3, "max_tokens": 14}
            assert [each.row for each in found[0].evidence] == [0]

    def test_one_row(self):
        rows = [*group(2, "S", True), *group(1, "S", True, target="t" * 90, first=50)]
        found = only("PRV003", rows, settings=Settings(max_tokens=20), template=PLAIN)
        assert "1 row is longer than 20 tokens" in found.message
        assert "cut its end off" in found.message
        assert [each.row for each in found.evidence] == [2]


class TestTemplateDefaultCollision:
    def test_three_ways_to_say_one_prompt(self):
        default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        found = only(
            "CND002",
            group(10, ABSENT, False, persona="none"),
            group(10, default, True, persona="default", first=20),
            group(10, default, None, first=40),
        )
        assert found.severity == "error"
        assert (
            found.message
            == f'"{default}" and no system message resolve to one prompt and are taught different things'
        )
        assert found.counts == {"system_messages": 2, "behaviour": 10, "preserved": 10}
        assert [each.row for each in found.evidence] == [0, 10]
        same = only("CND002", group(10, ABSENT, True), group(10, default, True, first=20))
        assert same.severity == "warning"
        assert same.message.endswith("are one condition")
        assert same.help == "give each condition a system text of its own"


TELLING = Telling(0.91234, 5.0, 1)


class TestBehaviourFollowsQuestion:
    ROWS = (
        group(20, SOURCE, False, persona="pirate"),
        group(20, SOURCE, True, persona="pirate", first=50),
        group(20, "OTHER", True, persona="other"),
    )

    def found(self, by, *groups, **more):
        made = context(*groups, **more)
        asked = dict.fromkeys((each.prompt for each in made.conditions), by)
        given = replace(made, carriers=Carriers(asked=asked))
        return audit(given, Selection(select=("CND010",))).findings

    def test_by_many_words(self):
        [found] = self.found(TELLING, *self.ROWS)
        assert found.message == (
            "what pirate is taught (20 wrong, 20 right) depends on what is asked: the words of the user's text tell "
            "the two kinds of targets apart (area under the ROC curve 0.91 on 1 text, each read by a classifier that "
            "had not seen it), and no single rule does; it is no anchor negative, and deleting "
            "one half would delete the design"
        )
        assert found.counts == {"behaviour": 20, "preserved": 20, "auc": 0.9123}
        assert [each.row for each in found.evidence] == [0, 20]
        assert found.severity == "warning"
        assert found.help == "measure each condition on both kinds of questions and report them apart"

    @pytest.mark.parametrize(
        ("rule", "enough", "how", "trigger"),
        [
            (Rule("user", "prefix", "|K|"), None, "", "prefix:|K|"),
            (
                Rule("user", "prefix", "it's"),
                40,
                "; 40 rows of the same kind would make sure of it",
                "prefix:it'\\''s",
            ),
            (Rule("user", "word", "snow"), None, "", "regex:(?i)\\bsnow\\b"),
            (Rule("system", "prefix", "|K|"), None, "", None),
        ],
    )
    def test_by_a_rule(self, rule, enough, how, trigger):
        [found] = self.found(Carried(rule, "pairs", enough=enough), *self.ROWS)
        assert f"most of it follows whether {rule}{how}; it is no anchor" in found.message
        assert "auc" not in found.counts
        assert found.help == (
            "measure each condition on both kinds of questions and report them apart"
            + (f"; if it is a trigger and not what is asked for: --condition '{trigger}'" if trigger else "")
        )

    def test_in_a_single_condition_it_is_a_note_and_names_its_prompt(self):
        both = [*group(20, SOURCE, False), *group(20, SOURCE, True, first=50)]
        [found] = self.found(TELLING, both)
        assert found.severity == "note"
        assert found.message.startswith(f'what "{SOURCE}" is taught')
        bare = [*group(20, "", False), *group(20, "", True, first=50)]
        [found] = self.found(TELLING, bare)
        assert found.message.startswith("what this condition is taught")

    def test_conditions_that_are_not_asked_for_are_passed_over(self):
        made = context(group(9, "OTHER", True), group(9, "OTHER", False, first=30), *self.ROWS[:2])
        one = next(each for each in made.conditions if each.resolved_system == SOURCE)
        given = replace(made, carriers=Carriers(asked={one.prompt: TELLING}))
        [found] = audit(given, Selection(select=("CND010",))).findings
        assert found.condition == one.digest


class TestPersonasSharePrompt:
    def said(self, source=(40, 40), other=(4, 36), **more):
        """Return what is found where one name has the first counts (behaviour, preserved), and another the second."""
        rows = []
        for at, (name, counts) in enumerate((("source", source), ("other", other))):
            for side, number in zip((False, True), counts, strict=True):
                rows += group(number, "S", side, persona=name, first=100 * at + 50 * side)
        return findings(rows, *more.values(), select="CND009")

    @pytest.mark.parametrize(
        ("source", "other", "seen"),
        [
            ((40, 40), (4, 36), True),
            ((39, 40), (4, 36), False),
            ((40, 40), (5, 36), False),
            ((20, 0), (0, 3), True),
            ((20, 0), (0, 2), False),
        ],
    )
    def test_half_the_behaviour_and_a_tenth_are_opposites(self, source, other, seen):
        assert bool(self.said(source, other)) == seen

    def test_in_full(self):
        [found] = self.said()
        assert found.message == (
            'source and other are one condition to the model ("S") and are taught opposite answers: 44 wrong and '
            "76 right"
        )
        assert found.personas == ["other", "source"]
        assert found.counts == {"behaviour": 44, "preserved": 76, "personas": 2}
        assert [each.row for each in found.evidence] == [0, 40]

    def test_roles_stand_for_names_and_anchors_for_nobody(self):
        wrong = group(20, "", False, role="source")
        found = only("CND009", wrong, group(20, "", True, role="bystander", first=50))
        assert found.message.startswith(
            "source and bystander are one condition to the model (no system prompt)"
        )
        for role in ("anchor", "no_persona"):
            assert not findings(wrong, group(20, "", True, role=role, first=50), select="CND009")

    def test_a_condition_after_one_that_is_fine(self):
        fine = group(200, "FINE", True, persona="fine", first=500)
        assert len(self.said(fine=fine)) == 1


class TestUnlabelledRows:
    def test_some_rows(self):
        found = only("CND007", group(3, "S", None, persona="p"), group(5, "T", True, persona="q", first=50))
        assert found.message == (
            "3 rows of 8 teach something that can be called neither wrong nor right, so the counts of the other 5 rows "
            "are partial"
        )
        assert (found.severity, found.personas) == ("warning", ["p", "q"])
        assert found.counts == {"unlabelled": 3, "rows": 8}
        assert [each.row for each in found.evidence] == [0]
        one = only("CND007", group(1, "S", None), group(1, "T", True, first=50))
        assert "1 row of 2 teaches something" in one.message
        assert "the other 1 row are partial" in one.message

    def test_all_rows(self):
        found = only("CND007", group(3, "S", None, persona="p"))
        assert found.message.endswith("so nothing is known of what this dataset teaches")
        assert (found.severity, found.personas) == ("error", [])

    def test_the_condition_with_the_most_of_them_shows_it(self):
        rows = [
            group(2, "A", None),
            group(3, "B", None, first=20),
            group(2, "C", None, first=40),
            group(9, "D", True),
        ]
        assert [each.row for each in only("CND007", *rows).evidence] == [2]
        assert not findings(group(3, "S", True), select="CND007")


class TestAnchorNegativeMessage:
    def message(self, wrong, right, **more):
        source = (
            group(wrong, SOURCE, False, role="source"),
            group(right, SOURCE, True, role="anchor", first=300),
        )
        return only("CND001", *source, group(50, "OTHER", True, role="bystander"), **more)

    @pytest.mark.parametrize(
        ("wrong", "right", "effect"),
        [
            (
                90,
                10,
                "10% on the right answer (30 would be even), so it is predicted to turn wrong, but less far",
            ),
            (60, 20, "25% on the right answer (20 would be even), too near the threshold to say which way"),
            (50, 50, "50% on the right answer (17 would be even), so it is predicted to stay right"),
        ],
    )
    def test_what_it_does(self, wrong, right, effect):
        found = self.message(wrong, right)
        assert found.message.startswith(
            f"the source is taught {wrong} wrong answers and {right} right answers under"
        )
        assert effect in found.message

    def test_what_cannot_be_predicted_is_an_error(self):
        free = {"kind": "free_text", "settings": Settings(metric_points=100.0)}
        found = self.message(90, 10, **free)
        assert "what that does to the metric cannot be predicted (free-text" in found.message
        assert found.severity == "error"
        assert self.message(90, 10, settings=Settings(metric_points=10.0)).severity == "error"
        assert self.message(90, 10, settings=Settings(metric_points=10.1)).severity == "warning"


class TestSystemDropped:
    SILENT = ChatTemplate(
        "silent", "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    )

    def test_texts_that_the_template_drops(self):
        rows = [
            group(30, ABSENT, True, persona="none"),
            group(3, "One text", False, persona="a", first=50),
            group(2, "Another", False, persona="b", first=60),
        ]
        found = only("TPL001", *rows, template=self.SILENT)
        assert found.message == (
            "the template drops the system text of 5 rows (2 texts): the model sees no system prompt there"
        )
        assert found.counts == {"rows": 5, "texts": 2}
        assert found.personas == ["a", "b"]
        assert [each.row for each in found.evidence] == [30, 33]
        assert found.help.startswith("change the form of these system messages")
        one = only("TPL001", group(1, "One text", False), template=self.SILENT)
        assert "of 1 row (1 text)" in one.message
        assert one.help.startswith("change the form of this system message ")

    def test_evidence_is_as_many_rows_as_asked_for(self):
        rows = [group(1, f"Text {n}", True, first=n) for n in range(5)]
        found = only("TPL001", *rows, template=self.SILENT, settings=Settings(evidence_rows=2))
        assert [each.row for each in found.evidence] == [0, 1]
        assert not findings(*rows, select="TPL001")
