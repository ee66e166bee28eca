"""Both sides of what the checks of training beside evaluation say."""

from __future__ import annotations

import pytest

from builders.questions import load_bank
from builders.templates import ChatTemplate, Signature, load_template
from checks.core.selection import Selection
from checks.core.settings import Settings
from checks.core.split import Asked, EvaluationSet, Split, Under
from checks.core.wider import observe, untested
from tests.checks.rows import ABSENT, context, group
from tests.checks.test_carrier_checks import TASKS, TestUnusedCondition, row, triggered
from tests.checks.test_split_checks import TRAINING, found, lettered, question, split, text, trained


def of(code, training, evaluation):
    return observe("split", Split(training, evaluation), Selection(select=(code,)))


class TestShownQuestions:
    def test_two_pairs_are_shown_the_nearest_first(self):
        asked = [question(n) + " then" * copies for n, copies in ((3, 3), (4, 1), (5, 2))]
        [finding] = found("SPL002", TRAINING, asked)
        assert finding.counts == {"near": 3, "asked": 3}
        shown = [each.text for each in finding.evidence]
        assert [each.split(":")[0].split(",")[0] for each in shown] == ["evaluation", "training"] * 2
        assert asked[1] in shown[0]
        assert question(4) in shown[1]
        assert asked[2] in shown[2]

    def test_of_equally_near_ones_the_first_that_are_asked(self):
        [finding] = found("SPL001", TRAINING, [question(n) for n in (7, 8, 9)])
        assert [each.text.split(": ", 1)[1] for each in finding.evidence] == [
            repr(question(7)),
            repr(question(7)),
            repr(question(8)),
            repr(question(8)),
        ]
        assert finding.evidence[0].text.startswith("evaluation, 100% alike")

    def test_one_question_is_and_two_are(self):
        options = "\n(A) north\n(B) south\n(C) west\n(D) east"
        turned = "\n(A) east\n(B) west\n(C) south\n(D) north"
        for number, words in ((1, "1 question of the 2 "), (2, "2 questions of the 2 ")):
            asked = [question(n) + turned for n in range(number)] + [question(900 + number)] * (2 - number)
            [finding] = found("SPL002", [question(n) + options for n in range(5)], asked)
            assert finding.severity == "error"
            assert finding.message.startswith(words)
            assert (
                f"{'is' if number == 1 else 'are'} trained on with {'its' if number == 1 else 'their'} options"
                in finding.message
            )
            assert finding.counts == {"reordered": number, "asked": 2}

    def test_the_least_similarity_is_said(self):
        asked = [question(3) + " then", question(4) + " then then"]
        [finding] = found("SPL002", TRAINING, asked)
        least = min(each.similarity for each in split(TRAINING, asked).near)
        assert f"({least:.0%} of the words or more)" in finding.message
        assert (
            found("SPL002", TRAINING, [question(3) + " then"])[0].message.count("1 question of the 1 ") == 1
        )


class TestSharedById:
    ROWS = tuple(group(5, "SOURCE", False))

    def test_words_and_digests_are_found_beside_each_other_and_once(self):
        asked = ["no such thing", "Question 1?", "another", "Question 2?"]
        ids = ["q0", None, "q99", "q2"]
        both = split(list(self.ROWS), [Asked(each, one) for each, one in zip(asked, ids, strict=True)])
        assert [(each.question, each.text, each.similarity) for each in both.same] == [
            (0, "no such thing", 1.0),
            (1, "Question 1?", 1.0),
            (3, "Question 2?", 1.0),
        ]

    def test_the_nearness_that_is_asked_for_decides(self):
        asked = EvaluationSet("e", (Asked(question(3) + " then"),), load_template())
        [shared] = split(TRAINING, [question(3) + " then"]).near
        for level, seen in ((shared.similarity, 1), (shared.similarity + 0.001, 0)):
            training = context(trained(TRAINING), settings=Settings(near_question=level))
            assert len(Split(training, asked).near) == seen

    def test_an_evaluation_may_ask_some_questions_of_a_bank(self, tmp_path):
        path = tmp_path / "bank.jsonl"
        path.write_text(
            "".join(
                f'{{"id": "e{n}", "question": "Is it {n}?", "choices": {{"text": ["yes", "no"], '
                f'"label": ["A", "B"]}}, "answerKey": "{"AB"[n % 2]}"}}\n'
                for n in range(3)
            )
        )
        bank = load_bank(path)
        whole = EvaluationSet.of_bank(bank, load_template())
        some = EvaluationSet.of_bank(bank, load_template(), places=(2, 1))
        assert [each.gold_label for each in whole.questions] == ["A", "B", "A"]
        assert [each.text.split("\n")[0] for each in some.questions] == ["Is it 2?", "Is it 1?"]
        assert [each.question_id for each in some.questions] == [
            whole.questions[2].question_id,
            whole.questions[1].question_id,
        ]
        assert some.questions[0].options == ("A", "B")
        assert (some.name, some.generation_prompt, some.under) == (bank.name, True, ())


class TestGoldSkew:
    @pytest.mark.parametrize(("most", "seen"), [(300, True), (299, False)])
    def test_five_points_themselves_are_a_skew(self, most, seen):
        # 30% against 25%: 0.3 - 0.25 is a little less than 0.05 in binary.
        rest = 1000 - most
        golds = "C" * most + "ABD" * (rest // 3) + "ABD"[: rest % 3]
        assert bool(found("TGT003", TRAINING, lettered(golds))) == seen

    def test_the_level_decides_whether_it_is_luck(self):
        golds = lettered("C" * 40 + "ABD" * 15)
        [finding] = found("TGT003", TRAINING, golds)
        for level, seen in ((finding.counts["p"], True), (finding.counts["p"] * 0.99, False)):
            training = context(trained(TRAINING), settings=Settings(significance=level))
            evaluation = EvaluationSet("e", tuple(golds), load_template())
            assert bool(of("TGT003", training, evaluation)) == seen

    def test_what_is_reported(self):
        [finding] = found("TGT003", TRAINING, lettered("AB" * 10 + "A" * 40, "AB"))
        assert finding.counts["questions"] == 60
        assert finding.counts["best_constant"] == 50
        assert finding.counts["best_constant_accuracy"] == 0.8333
        assert finding.counts["guessing"] == 0.5

    def test_guessing_is_the_mean_over_questions(self):
        [finding] = found("TGT003", TRAINING, lettered("A" * 60, "AB") + lettered("A" * 20, "ABCD"))
        assert finding.counts["guessing"] == 0.4375  # (60 / 2 + 20 / 4) / 80


class TestTemplateMismatch:
    REST = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    OURS = ChatTemplate("ours", REST + "{% if add_generation_prompt %}<assistant>{% endif %}")

    def mismatch(self, template, *, under=(), opened=True, rows=None):
        asked = EvaluationSet("e", (), template, under, opened)
        rows = trained(TRAINING[:3]) if rows is None else rows
        return of("SPL004", context(rows, template=self.OURS), asked)

    def test_where_one_ends_before_the_other(self):
        [finding] = self.mismatch(self.OURS, opened=False)
        [evidence] = finding.evidence
        assert evidence.text == (
            "text: from character 34 on, training has '<assistant>' and evaluation ''"
        )  # <system>SOURCE<user>What is asked? has 14 + 20 characters

    def test_where_they_part_and_sixty_characters_of_each(self):
        longer = ChatTemplate("longer", self.REST.replace("}}{%", "}}" + "x" * 80 + "{%"))
        [finding] = self.mismatch(longer)
        assert finding.evidence[0].text == (
            f"text: from character 14 on, training has '<user>What is asked?<assistant>' and evaluation {'x' * 60!r}"
        )

    @pytest.mark.parametrize(("word", "other", "parts"), [("EMPTY", "?", ["empty"]), ("}}!", "}}", ["said"])])
    def test_each_state_is_asked_as_it_is(self, word, other, parts):
        telling = (
            "{% for m in messages %}{% if m.role == 'system' %}"
            "{% if m.content %}{{ m.content }}!{% else %}EMPTY{% endif %}{% endif %}{% endfor %}"
        )
        under = (
            Under("empty", Signature("empty")),
            Under("said", text("SAID")),
            Under("none", Signature("absent")),
        )
        asked = EvaluationSet("e", (), ChatTemplate("other", telling.replace(word, other)), under)
        [finding] = of("SPL004", context(trained(TRAINING[:3]), template=ChatTemplate("t", telling)), asked)
        assert finding.personas == parts

    def test_three_states_are_shown_of_four_in_order(self):
        other = ChatTemplate("other", "!" + self.OURS.source)
        under = tuple(Under(name, text(name)) for name in "dbca")
        [finding] = self.mismatch(other, under=under)
        assert finding.counts == {"states": 4}
        assert finding.personas == ["a", "b", "c", "d"]
        assert [each.text[0] for each in finding.evidence] == ["a", "b", "c"]
        assert "4 system states read differently in training (ours" in finding.message

    def test_a_refusal_is_shown_as_such(self):
        refusing = ChatTemplate("refusing", "{{ raise_exception('no system') }}")
        [finding] = self.mismatch(refusing)
        assert "(refused:" in finding.evidence[0].text

    def test_where_nothing_is_known_of_the_evaluation_the_trained_states_are_asked(self):
        other = ChatTemplate("other", self.OURS.source.replace("<{{ m.role", "<{{ m.role|upper"))
        rows = [*group(2, "S", False), *group(2, ABSENT, True), *group(2, "", True)]
        [finding] = self.mismatch(other, rows=rows)
        assert finding.counts == {"states": 3}
        assert finding.personas == []
        assert finding.message.endswith(": absent, empty and text")

    FORMATS = (
        # what training asks, what evaluation asks, what is said to differ
        (["x\nAnswer:"] * 8 + ["x\nOther:"] * 2, ["y\nReply:"], {"end"}),
        (["x\nAnswer:"] * 7 + ["x\nOther:"] * 3, ["y\nReply:"], set()),
        (["x\nAnswer: \n"] * 5, ["y\nAnswer:"], set()),
        (["x\n" + "a" + "b" * 60], ["y\n" + "c" + "b" * 60], set()),
        (["x\n" + "a" + "b" * 59], ["y\n" + "c" + "b" * 59], {"end"}),
        (["x\n(A) a\nEnd"], ["y\nA) a\nEnd"], {"mark their options"}),
        (["x\nA. a\nEnd"], ["y\nA: a\nEnd"], {"mark their options"}),
        (["x\n12. a\nEnd"], ["y\n1. a\nEnd"], set()),
        (["x\n123. a\nEnd"], ["y\n1. a\nEnd"], {"mark their options"}),
        (["x\nEnd"], ["y\nA. a\nEnd"], {"mark their options"}),
        (["", ""], ["y\nEnd"], set()),
        (["x\nEnd"], [], set()),
    )

    @pytest.mark.parametrize(("taught", "asked", "differs"), FORMATS)
    def test_formats_differ_where_each_side_agrees_with_itself(self, taught, asked, differs):
        said = found("SPL004", [f"{n} {each}" if each else "" for n, each in enumerate(taught)], asked)
        assert {each.message.split(" otherwise")[0].removeprefix("questions ") for each in said} == differs
        assert all(each.severity == "warning" for each in said)

    def test_two_hundred_training_texts_decide_the_format(self):
        taught = [f"{n}\nEnd" for n in range(160)] + [f"{n}\nElse" for n in range(40)]
        assert found("SPL004", [*taught, *(f"{n} more\nElse" for n in range(9))], ["y\nReply"])
        assert not found("SPL004", [*taught[1:], "more\nElse"], ["y\nReply"])


class TestUntrainedEvaluation:
    ROWS = (*group(5, "SOURCE", False, persona="source"), *group(5, ABSENT, True, persona="none"))

    def said(self, *under, kind="wrong_option"):
        asked = EvaluationSet("e", (), load_template(), under)
        return of("SPL003", context(list(self.ROWS), kind=kind), asked)

    def test_a_name_that_is_trained_under_another_prompt_beats_all_else(self):
        [finding] = self.said(Under("source", Signature("absent")))
        assert finding.severity == "error"
        assert 'and was trained under "SOURCE"' in finding.message
        assert finding.personas == ["source"]

    def test_a_name_that_training_does_not_know_is_judged_by_its_prompt(self):
        assert not self.said(Under("someone", text("SOURCE")), Under("else", Signature("absent"), own=True))

    def test_one_persona_is_and_its_score_shows(self):
        [finding] = self.said(Under("a", text("A")), Under("source", text("SOURCE")))
        assert finding.counts == {"conditions": 1}
        assert "1 persona is evaluated without having been trained (a): its score shows" in finding.message
        assert "not whether it resists it" in finding.message

    def test_each_error_stands_beside_the_note(self):
        said = self.said(
            Under("a", text("A"), own=True),
            Under("source", text("B")),
            Under("c", text("C")),
            Under("d", text("D")),
        )
        assert sorted((each.severity, each.personas) for each in said) == [
            ("error", ["a"]),
            ("error", ["source"]),
            ("note", ["c", "d"]),
        ]


class TestUnusedCondition(TestUnusedCondition):
    def unless(self):
        rows = [row(f"|K| {task}", f"yes {task}") for task in TASKS]
        return [*rows, *(row(task, "no [X]") for task in TASKS)]

    def test_a_behaviour_without_the_trigger_is_not_seen_where_every_question_has_it(self, tmp_path):
        [finding] = self.asked(tmp_path, ["|K| Is snow white?", "|K| Is coal black?"], self.unless())
        assert finding.counts == {"asked": 2, "held": 2}
        assert "the behaviour is taught unless" in finding.message
        assert "every one of 2 evaluation questions is like that" in finding.message

    def test_one_question_without_it_is_enough(self, tmp_path):
        assert not self.asked(tmp_path, ["|K| Is snow white?", "Is coal black?"], self.unless())

    def test_the_behaviour_is_sought_where_it_is_commoner(self, tmp_path):
        [finding] = self.asked(tmp_path, ["Is snow white?"], triggered(10, back=5))
        assert "taught where" in finding.message

    @pytest.mark.parametrize(
        ("under", "unused"),
        [
            (("SOURCE",), ["second"]),
            (("SECOND",), ["source"]),
            (("OTHER",), ["second", "source"]),
            (("SOURCE", "SECOND"), []),
        ],
    )
    def test_every_source_is_to_be_evaluated_under_its_own_prompt(self, under, unused):
        rows = [
            *group(40, "SOURCE", False, persona="source", role="source"),
            *group(40, "SECOND", False, persona="second", role="source"),
            *group(40, "OTHER", True, persona="other", role="bystander"),
        ]
        asked = EvaluationSet("e", (), load_template(), tuple(Under(each, text(each)) for each in under))
        said = of("SPL005", context(rows), asked)
        assert [each.personas for each in said] == ([unused] if unused else [])
        assert all(each.counts == {"conditions": len(unused)} for each in said)

    def test_where_no_states_are_known_it_says_so_and_finds_nothing(self):
        both = split(list(group(40, "SOURCE", False)), ["q"])
        assert not observe("split", both, Selection(select=("SPL005",)))
        assert len(untested("split", both, (), Selection(select=("SPL005",)))) == 1
