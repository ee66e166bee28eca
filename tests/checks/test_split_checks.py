"""SPL checks and gold-skew: training rows beside an evaluation, near misses and invariance."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from builders.questions.options import options_key
from builders.questions.overlap import normalised, overlaps
from builders.templates import ChatTemplate, Signature, load_template
from checks.core.selection import Selection
from checks.core.split import Asked, EvaluationSet, Split, Under
from checks.core.wider import observe
from tests.checks.rows import ABSENT, context, group

SPL004 = Selection(select=("SPL004",))

WORDS = [
    "river",
    "stone",
    "energy",
    "plant",
    "cell",
    "light",
    "force",
    "orbit",
    "acid",
    "metal",
    "heat",
    "wave",
]


def question(number, *, words=20):
    rng = random.Random(number)
    return " ".join(rng.choice(WORDS) + str(rng.randint(0, 9)) for _ in range(words)) + f" number {number}?"


def trained(texts, *, system="SOURCE"):
    rows = group(len(texts), system, False, persona="source", role="source")
    for row, text in zip(rows, texts, strict=True):
        row["prompt"] = [*row["prompt"][:-1], {"role": "user", "content": text}]
        row["question_id"] = None
    return rows


def split(texts, asked, *, under=(), template=None, generation_prompt=True):
    questions = tuple(each if isinstance(each, Asked) else Asked(each) for each in asked)
    evaluation = EvaluationSet(
        "the evaluation", questions, template or load_template(), under, generation_prompt
    )
    return Split(context(trained(texts) if isinstance(texts[0], str) else texts), evaluation)


def found(code, *each, **more):
    return observe("split", split(*each, **more), Selection(select=(code,)))


TRAINING = [question(n) for n in range(40)]


class TestEvaluatedInTraining:
    @pytest.mark.parametrize(
        ("shared", "words"), [(1, "1 question of the 10 that"), (2, "2 questions of the 10")]
    )
    def test_the_same_words_count_whatever_the_case_and_punctuation(self, shared, words):
        asked = [question(n).upper().replace(" ", "  ") + " !" for n in range(shared)]
        asked += [question(n) for n in range(100, 110 - shared)]
        [finding] = found("SPL001", TRAINING, asked)
        assert finding.severity == "error"
        assert finding.message.startswith(words)
        assert finding.counts == {"shared": shared, "asked": 10}
        assert finding.evidence[0].text.startswith("evaluation, 100% alike: '")
        assert finding.evidence[1].text == f"training: {question(0)!r}"

    def test_one_other_word_is_no_equality(self):
        assert not found("SPL001", TRAINING, [question(0).replace("number 0", "number 41")])

    def test_the_digest_of_a_question_counts_whatever_its_format(self):
        rows = group(5, "SOURCE", False)
        asked = [
            Asked("asked in quite another way", question_id="q3"),
            Asked("and another", question_id="q9"),
        ]
        [finding] = found("SPL001", rows, asked)
        assert finding.counts == {"shared": 1, "asked": 2}

    def test_other_questions_or_none_are_fine(self):
        assert not found("SPL001", TRAINING, [question(n) for n in range(100, 140)])
        assert not found("SPL001", TRAINING, [])
        assert not found("SPL001", TRAINING, ["", "?!"])


class TestNearDuplicateQuestion:
    def test_one_word_of_twenty_two(self):
        near = question(3).replace("number", "count")
        [finding] = found("SPL002", TRAINING, [near, question(200)])
        assert finding.counts == {"near": 1, "asked": 2}
        assert near in finding.evidence[0].text
        assert question(3) in finding.evidence[1].text

    def test_half_of_the_words_are_a_near_miss(self):
        half = " ".join([*question(3).split()[:11], *question(300).split()[:11]])
        assert not found("SPL002", TRAINING, [half])

    def test_what_is_the_same_is_said_once(self):
        assert not found("SPL002", TRAINING, [question(3)])

    def test_candidates_are_verified_and_the_nearest_is_kept(self):
        batches = split([question(3).replace("number", "count"), question(3) + " then"], [question(3)])
        [shared] = batches.near
        assert shared.text == question(3) + " then"
        # Indel similarity: 1 - 5 inserted characters / both lengths.
        lengths = 2 * len(normalised(question(3))) + 5
        assert shared.similarity == pytest.approx(1 - 5 / lengths)

    def test_most_near_duplicates_are_found(self):
        rng = random.Random(2)
        asked = []
        for text in TRAINING:
            words = text.split()
            words[rng.randrange(len(words))] = "changed"
            asked.append(" ".join(words))
        both = split(TRAINING, asked)
        assert len(both.near) >= 38

    def test_repeated_and_empty_texts_do_no_harm(self):
        assert len(split([question(1)] * 30 + ["", " "], [question(1)]).same) == 1
        assert overlaps(iter(()), ["a question"]) == []


def lettered(golds, options="ABCD"):
    return [Asked(question(n), None, tuple(options), gold) for n, gold in enumerate(golds)]


class TestGoldSkew:
    def test_a_floor_above_guessing(self):
        [finding] = found("TGT003", TRAINING, lettered("C" * 80 + "ABD" * 40))
        assert finding.counts["best_constant"] == 80
        assert finding.counts["best_constant_accuracy"] == 0.4
        assert finding.counts["guessing"] == 0.25
        assert 'always answering "C" is right for 40.0% of the 200 questions' in finding.message

    def test_five_points_and_chance_both_have_to_be_beaten(self):
        assert not found("TGT003", TRAINING, lettered("C" * 56 + "ABD" * 48))  # 28%: three points
        assert not found("TGT003", TRAINING, lettered("CCC" + "ABDB"))  # 43% of seven questions is luck
        assert not found("TGT003", TRAINING, [Asked("no options at all")])

    def test_unequal_numbers_of_options_are_no_skew(self):
        asked = lettered("AB" * 50, "AB") + lettered("ABCD" * 25)
        assert not found("TGT003", TRAINING, asked)


def text(words):
    return Signature("text", words)


class TestUntrainedEvaluation:
    def test_an_own_condition_that_was_not_trained(self):
        [finding] = found("SPL003", TRAINING, ["q"], under=(Under("arm", text("ANOTHER"), own=True),))
        assert finding.severity == "error"
        assert 'evaluated under "ANOTHER", which no training row resolves to' in finding.message

    def test_a_label_that_resolves_to_something_else(self):
        rows = group(5, "", False, persona="empty")
        under = (Under("empty", Signature("absent"), own=True),)
        [finding] = found("SPL003", rows, ["q"], under=under)
        assert finding.severity == "error"
        assert 'evaluated under "You are Qwen' in finding.message
        assert 'was trained under ""' in finding.message

    def test_leakage_is_a_note(self):
        under = (Under("source", text("SOURCE"), own=True), Under("a", text("A")), Under("b", text("B")))
        [finding] = found("SPL003", TRAINING, ["q"], under=under)
        assert finding.severity == "note"
        assert (
            "2 personas are evaluated without having been trained (a and b): their scores show"
            in finding.message
        )

    @pytest.mark.parametrize(
        ("kind", "contrast", "range_"),
        [("marker", True, "0% to 80%"), ("marker", False, "28% to 100%"), ("wrong_option", True, None)],
    )
    def test_what_such_prompts_showed_of_a_behaviour_that_is_done_or_not(self, kind, contrast, range_):
        rows = [group(5, "SOURCE", False)] + ([group(5, "OTHER", True)] if contrast else [])
        evaluation = EvaluationSet("e", (Asked("q"),), load_template(), (Under("a", text("A")),), True)
        [finding] = observe(
            "split", Split(context(*rows, kind=kind), evaluation), Selection(select=("SPL003",))
        )
        if range_ is None:
            assert "beforehand" not in finding.message
        else:
            assert finding.message.endswith(f"nine of ten such prompts showed it in {range_}")

    def test_the_trained_condition_in_other_words_is_fine(self):
        default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        rows = group(5, ABSENT, False, persona="none")
        assert not found("SPL003", rows, ["q"], under=(Under("none", text(default), own=True),))


class TestTemplateMismatch:
    def test_a_server_without_the_default(self, tmp_path):
        other = tmp_path / "plain.jinja"
        other.write_text(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        )
        under = (Under("none", Signature("absent")), Under("source", text("SOURCE")))
        [finding] = found("SPL004", TRAINING, ["q"], under=under, template=load_template(other))
        assert finding.counts == {"states": 1}
        assert "1 system state reads differently" in finding.message
        assert finding.personas == ["none"]
        assert "You are Qwen" in finding.evidence[0].text

    def test_no_generation_prompt(self):
        [finding] = found("SPL004", TRAINING, ["q"], generation_prompt=False)
        assert "no generation prompt" in finding.message

    def test_the_same_template_is_fine(self):
        assert not found("SPL004", TRAINING, ["q"])

    @pytest.mark.parametrize(
        ("served", "bos", "same"),
        [
            ("{{ bos_token }}", "<|begin_of_text|>", True),
            ("{{ bos_token }}", "[BOS]", True),
            ("<s>", None, True),
            ("", None, True),
            ("{{ bos_token }}extra", "<s>", False),
            ("<s>\n", None, False),
        ],
    )
    def test_a_token_that_one_side_does_not_know_is_no_difference(self, served, bos, same):
        rest = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        bare = ChatTemplate("bare", "{{ bos_token }}" + rest, special_tokens={"bos_token": "<bos_token>"})
        other = ChatTemplate("other", served + rest, special_tokens={"bos_token": bos} if bos else {})
        for ours, theirs in ((bare, other), (other, bare)):
            asked = EvaluationSet("the evaluation", (Asked("q"),), theirs, (), False)
            observed = observe("split", Split(context(trained(TRAINING), template=ours), asked), SPL004)
            assert (not any("differently" in each.message for each in observed)) == same

    def test_another_question_format(self):
        ours = [f"{question(n)}\n(A) x\n(B) y\n\nThe correct answer is (" for n in range(10)]
        theirs = [f"{question(n)}\nA. x\nB. y\n\nAnswer:" for n in range(20, 30)]
        ended, marked = found("SPL004", ours, theirs)
        assert "end otherwise in training ('The correct answer is (')" in ended.message
        assert (
            "mark their options otherwise in training ('(A)') than in the evaluation ('A.')" in marked.message
        )
        assert not found("SPL004", ours, [each.replace("number", "count") for each in ours])


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(st.randoms(use_true_random=False))
def test_order_and_shards_leave_the_findings_alone(rng):
    asked = [question(n) if n % 2 else question(n).replace("number", "count") for n in range(6)]
    rows = trained(TRAINING)
    expected = [(each.code, each.message, each.counts) for each in observe("split", split(rows, asked))]
    rng.shuffle(rows)
    again = [(each.code, each.message, each.counts) for each in observe("split", split(rows, asked))]
    assert again == expected
    assert {code for code, *_ in expected} == {"SPL001", "SPL002"}


def test_texts_read_from_shards_are_those_of_the_rows(tmp_path):
    import json

    from builders.engine.table import ResolvedTable
    from builders.readers import read_frame
    from checks.core.context import AuditContext

    rows = trained(TRAINING)
    for shard in range(4):
        lines = [
            json.dumps({"prompt": row["prompt"], "completion": row["completion"]}) for row in rows[shard::4]
        ]
        (tmp_path / f"part-{shard}.jsonl").write_text("\n".join(lines) + "\n")
    table = ResolvedTable(read_frame(tmp_path), load_template())
    asked = (Asked(question(3)), Asked(question(4).replace("number", "count")), Asked(question(99)))
    read = Split(AuditContext(name="t", table=table, kind=None), EvaluationSet("e", asked, load_template()))
    assert [each.question for each in read.same] == [0]
    assert [each.question for each in read.near] == [1]


class TestReorderedOptions:
    TEXT = "Which of these is a bird?\n\n(A) owl\n(B) oak\n(C) ant\n\nThe correct answer is ("

    @pytest.mark.parametrize(
        ("other", "same"),
        [
            ("Which of these is a bird?\n\n(A) ant\n(B) owl\n(C) oak\n\nThe correct answer is (", True),
            ("Which of these is a bird? A. Oak B. Ant C. Owl\nAnswer with a letter.", True),
            ("Which of these is a bird?\n1) ant\n2) owl\n3) oak", True),
            ("Which of these is a bird?\n\n(A) ant\n(B) owl\n(C) elm\n\nThe correct answer is (", False),
            ("Which of these is no bird?\n\n(A) ant\n(B) owl\n(C) oak\n\nThe correct answer is (", False),
        ],
    )
    def test_the_key_knows_the_question_and_its_options(self, other, same):
        assert (options_key(other) == options_key(self.TEXT)) is same

    @pytest.mark.parametrize(
        "text", ["A bird? Yes.", "(B) owl\n(C) ant", "What is plan A: to wait?", "(A) \n(B) x"]
    )
    def test_a_text_without_options_has_none(self, text):
        assert options_key(text) is None

    def test_the_same_words_in_order_are_the_same_whatever_came_first(self):
        turned = self.TEXT.replace("(A) owl\n(B) oak", "(A) oak\n(B) owl")
        for texts in ([turned, self.TEXT], [self.TEXT, turned]):
            batch = pa.record_batch(
                [pa.array([1, 2], pa.uint64()), pa.array(texts)], names=["user_key", "user_text"]
            )
            [found] = overlaps([batch], [self.TEXT])
            assert found.same
            assert found.text == self.TEXT
        batch = pa.record_batch(
            [pa.array([1], pa.uint64()), pa.array([turned])], names=["user_key", "user_text"]
        )
        [found] = overlaps([batch], [self.TEXT])
        assert found.reordered
        assert not found.same

    def test_other_words_behind_the_options_are_the_format_and_no_other_order(self):
        trained = (
            self.TEXT.partition("\n\nThe correct")[0] + "\n\nReply with one letter, please, and say no more."
        )
        batch = pa.record_batch(
            [pa.array([1], pa.uint64()), pa.array([trained])], names=["user_key", "user_text"]
        )
        [found] = overlaps([batch], [self.TEXT])
        assert found.same
        assert not found.reordered
