"""Scores, ranges and baselines of arms: which arm a sentence speaks of, and how near its number has to be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.wrt.facts import Rate
from checks.wrt.remark import Compared, Remark
from tests.checks.writeups import counted, dataset, facts, found, percent


def told(code, text, *arms):
    """Return what each reading is held against, with the verdict."""
    return [
        (each.verdict, each.against)
        for each in found(code, text, facts(datasets=arms))
        if isinstance(each, Compared)
    ]


ARM = dataset("issue-1/exp_a", before=percent("84.0"), after=percent("60.0"))
OTHER = dataset("issue-1/exp_b", before=percent("84.0"), after=percent("50.0"))
COUNTED = dataset("issue-1/exp_c", before=counted(492, 586), after=counted(11, 586))


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        # 60.0 is good to half a tenth, and so is what is stated.
        ("Condition a post-SFT: 60.0%", ["agrees"]),
        ("Condition a post-SFT: 60.1%", ["rounds to"]),
        ("Condition a post-SFT: 60.2%", ["disagrees"]),
        ("Condition a pre-SFT: 84.1%", ["rounds to"]),
        ("Condition a pre-SFT: 60.0%", ["disagrees"]),
        ("Arm a, post-SFT: 60.2%", ["disagrees"]),
        ("Condition a-2 post-SFT: 60.2%", []),
        ("Group a post-SFT: 60.2%", []),
        ("Condition x post-SFT: 60.2%", []),
        # The arm that is named last counts.
        ("Condition a, unlike condition b, post-SFT: 50.0%", ["agrees"]),
        ("Condition b, unlike condition a, post-SFT: 60.0%", ["agrees"]),
        ("Condition b, unlike condition a, post-SFT: 50.0%", ["disagrees"]),
        # A share of wrong answers is what is left, if it is called so near by.
        ("Condition a wrong post-SFT: 40.0%", ["agrees"]),
        ("Condition a wrong post-SFT: 60.0%", ["disagrees"]),
        ("Condition a pre-SFT errors: 16.0%", ["agrees"]),
        ("Condition a " + "a" * 33 + " wrong post-SFT: 40.0%", ["agrees"]),
        ("Condition a wrong " + "a" * 33 + " post-SFT: 40.0%", ["agrees"]),
        ("Condition a wrong " + "a" * 34 + " post-SFT: 40.0%", ["disagrees"]),
        # Counts have to be the arm's own.
        ("Condition c post-SFT: 11/586 = 1.9%", ["rounds to"]),
        ("Condition c post-SFT: 22/1,172 = 1.9%", ["disagrees"]),
        ("Condition c post-SFT: 1.9%", ["rounds to"]),
        ("Condition c wrong post-SFT: 575/586 = 98.1%", ["rounds to"]),
        ("Condition c wrong post-SFT: 575/585 = 98.1%", ["disagrees"]),
        ("Condition a post-SFT: 3/5 = 60.0%", ["agrees"]),
        ("It ends at 60.1% (exp_a).", ["rounds to"]),
        ("It ends at 60.2% (exp_a).", ["disagrees"]),
        ("It ends at 60.2% (exp_x).", []),
    ],
)
def test_a_score_of_an_arm(text, verdicts):
    assert [verdict for verdict, _ in told("WRT017", text, ARM, OTHER, COUNTED)] == verdicts


def test_a_score_that_is_not_known():
    lone = dataset("issue-1/exp_a", before=percent("84.0"))
    assert told("WRT017", "Condition a post-SFT: 60.0%", lone) == [
        ("cannot be checked", "no score of issue-1/exp_a after training is known")
    ]
    assert told("WRT017", "Condition a wrong post-SFT: 60.0%", lone) == [
        ("cannot be checked", "no score of issue-1/exp_a after training is known")
    ]
    [reading, remark] = found("WRT017", "Condition a pre-SFT: 60.0%", facts(datasets=(lone,)))
    assert remark.message == f"`pre-SFT: 60.0%` is stated; {reading.against} (a test)"
    [_, remark] = found("WRT017", "Condition a pre-SFT: 60.0%", facts(datasets=(ARM,)))
    assert "84.0% before training, and 60.0% after it" in remark.message
    [_, remark] = found("WRT017", "Condition a wrong pre-SFT: 40.0%", facts(datasets=(ARM,)))
    assert "16.0% before training, and 40.0% after it" in remark.message


def test_an_alias_of_two_arms_is_none():
    twins = (dataset("issue-1/exp_a", after=percent("60.0")), dataset("issue-2/exp_a", after=percent("50.0")))
    assert told("WRT017", "It ends at 10.0% (exp_a).", *twins) == []


def test_where_a_score_stands():
    text = "First a title.\n\nHere it is, condition a post-SFT: 70.0%, and 70.0% (exp_a). It says so.\n"
    readings = [each for each in found("WRT017", text, facts(datasets=(ARM,))) if isinstance(each, Remark)]
    assert [text[each.at[0] :][:5] for each in readings] == ["post-", "70.0%"]
    text = "First a title.\n\nNow it fell to 3-8%."
    [reading] = found("WRT017", text, facts(datasets=(ARM,)))
    assert text[reading.at :] == "3-8%."


FAMILY = (
    dataset("issue-1/exp_a", family="1", after=percent("60.0")),
    dataset("issue-1/exp_b", family="1", after=percent("50.0")),
    dataset("issue-1/exp_c", family="1", after=percent("70.0")),
    dataset("issue-1/exp_d", family="1"),
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("They fall to 50.0-70.0%.", "agrees"),
        ("They fall to 50-60%.", "agrees"),
        ("They fall to 50.1–60.1%.", "rounds to"),
        ("They fall to 50.2–60.0%.", "cannot be checked"),
        ("They fall to 50.0–60.2%.", "cannot be checked"),
        ("They fall to 49.8–60.0%.", "cannot be checked"),
        ("They fall to 60-70%.", "cannot be checked"),  # not from the lowest
        ("They fall to 50-50%.", "cannot be checked"),
    ],
)
def test_a_range_of_a_family(text, verdict):
    assert [each for each, _ in told("WRT017", text, *FAMILY)] == [verdict]


def test_a_family_of_one_has_no_range():
    alone = (dataset("issue-2/exp_x", family="0", after=percent("50.0")), *FAMILY)
    assert told("WRT017", "They fall to 50-70%.", *alone) == [
        ("agrees", "the scores from issue-1/exp_b to issue-1/exp_c")
    ]
    assert told("WRT017", "They fall to 50-60%.", alone[0]) == [
        ("cannot be checked", "which arms it is of is not said")
    ]


def persona(name, score, issue=9):
    return dataset(f"issue-{issue}/{name}", source=name, after=score and percent(score), parent=True)


PERSONAS = (
    persona("villain", "50.0"),
    persona("comedian", "60.0"),
    persona("assistant", "81.9"),
    persona("clerk", None),
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Villain: villain and comedian fell to 50.0–60.0%.", "agrees"),
        ("The villain and comedian fell to 50.1–60.1%.", "rounds to"),
        ("The villain and comedian fell to 50.2–60.0%.", "cannot be checked"),
        ("The villain and comedian fell to 50.0–60.2%.", "cannot be checked"),
        ("The villain, comedian and assistant fell to 50.0–60.0%.", "agrees"),
        ("The villain, comedian and assistant fell to 50.0–81.9%.", "agrees"),
        ("The villain, clerk and comedian fell to 50.0–60.0%.", "agrees"),
        ("The villains and comedian fell to 50.0–60.0%.", "cannot be checked"),
        ("The villain and comedian. They fell to 50.0–60.0%.", "cannot be checked"),
    ],
)
def test_a_range_of_personas(text, verdict):
    assert [each for each, _ in told("WRT017", text, *PERSONAS)] == [verdict]


def test_personas_of_two_issues_are_no_one_s_range():
    arms = (persona("villain", "50.0"), persona("comedian", "60.0", issue=8))
    assert told("WRT017", "The villain and comedian fell to 50.0–60.0%.", *arms)[0][0] == "cannot be checked"


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("In #9 the villain persona stayed at 50.0% post-training.", ["agrees"]),
        ("In #9 the villain persona stayed at 55.0% post-training.", ["disagrees"]),
        ("In #9, unlike #8, the villain persona stayed at 55.0% post-training.", []),
        ("In #8, unlike #9, the villain persona stayed at 55.0% post-training.", ["disagrees"]),
        ("In #9 the villain stayed at 55.0% post-training.", []),
        ("In #9 the villain persona and the comedian persona stayed at 55.0% post-training.", []),
        ("In 9 the villain persona stayed at 55.0% post-training.", []),
    ],
)
def test_a_score_of_an_issue_s_persona(text, verdicts):
    assert [verdict for verdict, _ in told("WRT017", text, *PERSONAS)] == verdicts


def baseline(text, *arms):
    return [each for each in found("WRT014", text, facts(datasets=arms)) if isinstance(each, Remark)]


ELSEWHERE = dataset("issue-1/none", before=percent("86.0"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Pre-SFT accuracy: 84.0%.", 1),
        ("Pre-SFT accuracy: 84.0% here, pre-SFT accuracy: 84% there.", 1),
        ("Pre-SFT accuracy: 84.0% here, pre-SFT accuracy: 84.1% there.", 1),  # both may be 84.05
        ("Pre-SFT accuracy: 84.0% here, pre-SFT accuracy: 84.2% there.", 0),
        ("Pre-SFT accuracy: 84.0% here, pre-SFT accuracy: 83.8% there.", 0),
        ("Pre-SFT accuracy: 84% here, pre-SFT accuracy: 84.5% there.", 1),
        ("Pre-SFT accuracy: 84% here, pre-SFT accuracy: 84.6% there.", 0),
        ("Pre-SFT accuracy: 0% here, and so on.", 1),
        ("Pre-SFT accuracy: 100% here, and so on.", 1),
        ("Pre-SFT accuracy: 101% here, and so on.", 0),
        ("Pre-SFT accuracy: 86.1%.", 0),  # a tenth is the rounding of what is known
        ("Pre-SFT accuracy: 86.2%.", 1),
        ("Pre-SFT accuracy: 85.8%.", 1),
        ("Pre-SFT accuracy: 84.0%; post-SFT accuracy: 84.0%.", 0),
        ("The accuracy is 84.0%.", 0),
    ],
)
def test_one_baseline_beside_an_arm_that_starts_elsewhere(text, count):
    assert len(baseline(text, ELSEWHERE)) == count


def test_what_is_said_of_one_baseline():
    [remark] = baseline(
        "A title.\n\nPre-SFT accuracy: 84% or so, baseline accuracy 84.0%.", ELSEWHERE, dataset("issue-1/a")
    )
    assert remark.message == (
        "84.0% is the only score before training, and it stands for conditions with prompts of their own; known to "
        "start elsewhere: issue-1/none 86.0%; no baseline is known of 1 of 2 arms"
    )
    text = "A title.\n\nPre-SFT accuracy: 84% or so, baseline accuracy 84.0%."
    [remark] = baseline(text, ELSEWHERE)
    assert [text[at:].partition("%")[0] for at in remark.at] == ["84.0", "84"]
    assert "no baseline" not in remark.message
    text = "Pre-SFT: 84%. " + "Baseline: 84%. " * 5
    assert len(baseline(text, ELSEWHERE)[0].at) == 4


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("villain and comedian", "villain and comedian"),
        ("villain, comedian, but not clerk", "villain and comedian"),
        ("villain, " + "c" * 40, "villain and " + "c" * 40),
        ("villain, " + "c" * 41, None),
        ("villain", None),
    ],
)
def test_one_baseline_for_several_names(names, message):
    text = f"A title.\n\nIt falls (from 84% to 3–8%) for {names}."
    remarks = baseline(text)
    assert [each.message.partition("own: ")[2] for each in remarks] == ([message] if message else [])
    assert [text[each.at[0] :][:8] for each in remarks] == (["from 84%"] if message else [])


def test_a_rate_without_counts_is_held_by_its_percentage():
    known = dataset("issue-1/exp_a", after=Rate(Fraction(60), Fraction(1)))
    assert [verdict for verdict, _ in told("WRT017", "Condition a post-SFT: 61.0%", known)] == ["disagrees"]
    assert [verdict for verdict, _ in told("WRT017", "Condition a post-SFT: 60.5%", known)] == ["rounds to"]
