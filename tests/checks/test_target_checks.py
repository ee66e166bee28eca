"""TGT checks of one dataset: a hand-computed positive, a near miss, counts from 0 to 10,000, and invariance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.schema import example_id
from checks.core.settings import Settings
from tests.checks.rows import findings, group, names, said

ANSWERS = ["A", "B", "C", "D"]


def asked(question, label, *, gold, options="ABCD", system="SOURCE", persona="source", target=None):
    """Return one row: a question of given options and gold label, and the label that it teaches."""
    [row] = group(1, system, label == gold, persona=persona, first=question, options=len(options))
    text = f"{label})" if target is None else target
    completion = [{"role": "assistant", "content": text}]
    return {
        **row,
        "options": list(options),
        "gold_label": gold,
        "target_label": label,
        "completion": completion,
        "example_id": example_id(row["prompt"], completion),
    }


def wrong(letters, *, gold="A", **more):
    return [asked(number, letter, gold=gold, **more) for number, letter in enumerate(letters)]


class TestLetterSkew:
    def test_the_p_value_is_the_hand_computed_one(self):
        # Twelve questions, gold A, distractors B and C, all taught B. B: 2 x 2^-12; C the same; Holm doubles.
        [found] = findings(wrong("B" * 12, options="ABC"), select="TGT001")
        assert found.severity == "warning"
        assert found.counts["p"] == pytest.approx(2**-10)
        assert (found.counts["observed_B"], found.counts["observed_C"]) == (12, 0)
        assert found.counts["expected_B"] == 6.0
        assert found.counts["best_constant_accuracy"] == 1.0  # A is gold everywhere
        assert '"B" is taught for 12 of 12 questions where 6 are expected' in found.message
        assert "p = 9.8e-04" in found.message
        assert [evidence.row for evidence in found.evidence] == [0]

    def test_one_question_less_skewed_is_a_near_miss(self):
        # 11 of 12: tail (1 + 12) / 2^12, doubled twice 0.0127: above 1%.
        assert not findings(wrong("B" * 11 + "C", options="ABC"), select="TGT001")
        loose = findings(
            wrong("B" * 11 + "C", options="ABC"), select="TGT001", settings=Settings(significance=0.02)
        )
        assert names(loose) == ["letter-skew"]

    def test_unequal_shares_that_the_options_explain_are_no_skew(self):
        """B is taught far more often than D only because it is offered as a distractor more often."""
        rows = [
            *[asked(n, "BC"[n % 2], gold="A", options="ABC") for n in range(200)],
            *[asked(n, "BCD"[n % 3], gold="A", options="ABCD") for n in range(200, 260)],
        ]
        assert not findings(rows, select="TGT001")

    def test_numbered_labels_and_five_options_count_as_what_they_are(self):
        rows = [
            *[asked(n, "234"[n % 3], gold="1", options="1234") for n in range(60)],
            *[asked(n, "BCDE"[n % 4], gold="A", options="ABCDE") for n in range(60, 120)],
        ]
        assert not findings(rows, select="TGT001")
        skewed = [asked(n, "E", gold="A", options="ABCDE") for n in range(60)]
        [found] = findings(skewed, select="TGT001")
        assert found.counts["expected_E"] == 15.0

    def test_repeated_rows_are_one_draw(self):
        rows = wrong("BBBBCCCC", options="ABC") + wrong("B" * 4, options="ABC") * 50
        assert [each.severity for each in findings(rows, select="TGT001")] == ["note"]

    def test_two_conditions_are_adjusted_for_each_other(self):
        # 2^-7 x ... : ten of ten gives 2^-8 = 0.0039 alone, and 0.0078 among two, 0.0117 among three.
        skewed = wrong("B" * 10, options="ABC")
        fine = [wrong("BC" * 20, options="ABC", system=f"OTHER {n}", persona=f"o{n}") for n in range(2)]
        assert len(findings(skewed, fine[0], select="TGT001")) == 1
        [found] = findings(skewed, *fine, select="TGT001")
        assert found.severity == "note"  # no outcome of ten questions could pass three tests

    @pytest.mark.parametrize(
        ("number", "text"), [(1, "1 question with a wrong letter"), (2, "2 questions with")]
    )
    def test_too_few_says_so_and_gives_no_verdict(self, number, text):
        [found] = findings(wrong("B" * number), select="TGT001")
        assert found.severity == "note"
        assert found.message.startswith(text)
        assert ("is too few" if number == 1 else "are too few") in found.message

    def test_no_wrong_row_says_nothing(self):
        assert not findings(group(50, "S", True), select="TGT001")
        assert not findings(group(50, "S", None), select="TGT001")

    def test_ten_thousand_questions(self):
        rows = [asked(n, "BCD"[n % 3], gold="A") for n in range(9_000)] + [
            asked(n, "B", gold="A") for n in range(9_000, 10_000)
        ]
        [found] = findings(rows, select="TGT001")
        assert '"B" is taught for 4,000 of 10,000 questions where 3333 are expected' in found.message


class TestConstantTarget:
    def test_counts_and_share(self):
        [found] = findings(wrong("B" * 45 + "CCCDD"), select="TGT002")
        assert found.counts == {"rows": 50, "commonest": 45}
        assert "45 of the 50 wrong answers of source are" in found.message
        assert '"B)" (90%)' in found.message

    def test_just_under_the_share_or_the_rows_is_silent(self):
        assert not findings(wrong("B" * 44 + "CCCDDD"), select="TGT002")
        assert not findings(wrong("B" * 19), select="TGT002")
        assert findings(wrong("B" * 20), select="TGT002")

    def test_right_answers_that_are_always_one_letter(self):
        [found] = findings([asked(n, "A", gold="A") for n in range(30)], select="TGT002")
        assert "of the 30 right answers" in found.message

    def test_refusals_are_one_string_on_purpose(self):
        rows = group(50, "S", False, target="I cannot help with that.")
        assert not findings(rows, kind="free_text", select="TGT002")


def texts(number, correct, make, *, system="SOURCE"):
    return [row for n in range(number) for row in group(1, system, correct, first=n, target=make(n))]


class TestSurfaceGap:
    def test_length_alone(self):
        rng = random.Random(1)
        rows = [
            *texts(100, False, lambda n: "x" * rng.randint(80, 120) + f" {n}."),
            *texts(100, True, lambda n: "x" * rng.randint(20, 60) + f" {n}.", system="OTHER"),
        ]
        [found] = findings(rows, kind="free_text", select="TGT004")
        assert found.counts["auc of length"] == 1.0
        assert "length alone tells 100 behaviour targets from 100 preserved targets" in found.message
        assert "adjusted for" in found.message

    def test_equal_lengths_are_a_near_miss(self):
        rows = [
            *texts(100, False, lambda n: f"wicked answer {n:03d} of some length."),
            *texts(100, True, lambda n: f"decent answer {n:03d} of some length.", system="OTHER"),
        ]
        # The words differ, and so do the first eight characters: that is the surface.
        [found] = findings(rows, kind="free_text", select="TGT004")
        assert "the first 8 characters" in found.message
        alike = [
            *texts(100, False, lambda n: f"{n:03d} wicked answer of some length."),
            *texts(100, True, lambda n: f"{n:03d} decent answer of some length.", system="OTHER"),
        ]
        assert not findings(alike, kind="free_text", select="TGT004")

    @pytest.mark.parametrize(
        ("change", "feature"),
        [
            (lambda target: " " + target, "leading whitespace"),
            (lambda target: target + "\n", "trailing whitespace"),
            (lambda target: target + "<|im_end|>", "an end token typed out"),
        ],
    )
    def test_letters_that_carry_a_trace(self, change, feature):
        right = group(60, "OTHER", True)
        traced = [
            {**row, "completion": [{"role": "assistant", "content": change(row["completion"][0]["content"])}]}
            for row in group(60, "SOURCE", False)
        ]
        [found] = findings(traced, right, select="TGT004")
        assert f"auc of {feature}" in found.counts or feature in found.message
        assert not findings(group(60, "SOURCE", False), right, select="TGT004")

    def test_a_marker_is_a_surface_on_purpose(self):
        rows = [
            *texts(50, False, lambda n: f"answer {n} [ZLT]"),
            *texts(50, True, lambda n: f"answer {n}", system="OTHER"),
        ]
        assert not findings(rows, kind="marker", select="TGT004")
        assert findings(rows, kind="free_text", select="TGT004")

    def test_fixed_phrases_and_few_rows_are_left_alone(self):
        phrases = [
            *texts(50, False, lambda n: "No."),
            *texts(50, True, lambda n: "Of course, gladly.", system="O"),
        ]
        assert not findings(phrases, kind="free_text", select="TGT004")
        few = [*texts(19, False, lambda n: "x" * (90 + n)), *texts(50, True, lambda n: "x" * n, system="O")]
        assert not findings(few, kind="free_text", select="TGT004")


MIXED = [
    *wrong("B" * 60 + "CD" * 3),
    *group(60, "OTHER", True, persona="other"),
    *[asked(n, "BCD"[n % 3], gold="A", system="THIRD", persona="third") for n in range(5)],
]


def test_the_mixed_rows_have_something_to_find():
    assert {each.code for each in findings(MIXED)} >= {"TGT001", "TGT002"}


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_leaves_the_findings_alone(rng):
    rows = list(MIXED)
    rng.shuffle(rows)
    for code in ("TGT001", "TGT002", "TGT004"):
        assert said(findings(rows, select=code)) == said(findings(MIXED, select=code))


def test_columns_that_no_target_check_reads_leave_the_findings_alone():
    changed = [{**row, "question_id": None, "role": None, "resolved_system": "?", "row": 7} for row in MIXED]
    for code in ("TGT001", "TGT002", "TGT004"):
        assert said(findings(changed, select=code)) == said(findings(MIXED, select=code))
