"""A check that had to be silent for want of something says what; one that looked and found nothing does not."""

import dataclasses

import pytest

from builders.templates import Signature
from checks.core.documents import Documents
from checks.core.registry import all_checks
from checks.core.result import Claim, Comparison, ConditionRegime, ResultSet, Score
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.core.settings import Settings
from checks.core.split import Asked, Under
from checks.core.wider import observe, untested
from checks.data import near_anchor, prompt_not_prefix
from tests.checks.rows import context, group
from tests.checks.test_arm_checks import BYSTANDERS, SOURCE, WHOLE, arm, arms
from tests.checks.test_result import run
from tests.checks.test_result_checks import evaluated
from tests.checks.test_split_checks import split

TAUGHT = group(40, "You are a pirate.", False, persona="pirate", role="source")
KEPT = group(40, "Answer as a clerk would.", True, persona="clerk")
UNKNOWN = group(40, "You are a pirate.", None)
EVEN = [
    row for system in ("a", "b") for right in (True, False) for row in group(40, f"Persona {system}.", right)
]
FREE = [{**row, "options": None, "gold_label": None, "target_label": None} for row in (*TAUGHT, *KEPT)]
NAMELESS = [{**row, "persona": None, "role": None} for row in (*TAUGHT, *KEPT)]

NO_LABEL = "no row says what it teaches (--label)"
NO_CONTRAST = "nothing is a source: the target does not depend on the condition"
NO_NAME = "no row names a persona"


def why(code, *groups, **more):
    """Return what a check of datasets says that it lacked; None where it found something, or looked."""
    report = audit(context(*groups, **more), Selection(select=(code,)))
    assert not (report.findings and report.untested)
    return report.untested[0].why if report.untested else None


@pytest.mark.parametrize(
    ("code", "rows", "lacked"),
    [
        ("CND001", UNKNOWN, NO_LABEL),
        ("CND001", EVEN, NO_CONTRAST),
        ("CND001", [*TAUGHT, *KEPT], None),
        ("CND004", UNKNOWN, NO_LABEL),
        ("CND004", EVEN, NO_CONTRAST),
        ("CND004", [*TAUGHT, *KEPT], None),
        ("CND005", NAMELESS, NO_NAME),
        ("CND005", [*TAUGHT, *KEPT], None),
        ("CND006", UNKNOWN, NO_LABEL),
        ("CND006", [*TAUGHT, *KEPT], None),
        ("CND008", EVEN, NO_CONTRAST),
        ("CND008", [*TAUGHT, *KEPT[:19]], "fewer than 20 different prompts of either kind"),
        ("CND008", [*TAUGHT[:20], *KEPT[:20]], None),
        ("CND009", NAMELESS, NO_NAME),
        ("CND009", [*TAUGHT, *KEPT], None),
        ("CND010", UNKNOWN, NO_LABEL),
        ("CND010", [*TAUGHT, *KEPT], None),
        ("CND011", UNKNOWN, NO_LABEL),
        ("CND011", [*TAUGHT, *KEPT], None),
        ("TGT001", [{**row, "options": None} for row in TAUGHT], "no column names the options"),
        ("TGT001", [{**row, "gold_label": None} for row in TAUGHT], "no column names the gold answer"),
        ("TGT001", TAUGHT, None),
        ("TGT002", UNKNOWN, NO_LABEL),
        ("TGT002", TAUGHT[:19], "fewer than 20 targets of a kind under every condition"),
        ("TGT002", TAUGHT[:20], None),
        ("TGT004", UNKNOWN, NO_LABEL),
        ("TGT004", [*TAUGHT, *KEPT[:19]], "fewer than 20 targets of a kind"),
        ("TGT004", [*TAUGHT[:20], *KEPT[:20]], None),
    ],
)
def test_a_silent_check_of_a_dataset_says_what_it_lacked(code, rows, lacked):
    assert why(code, rows, settings=Settings(constant_rows=20)) == lacked


def test_free_texts_that_are_a_few_phrases_have_no_surface_to_compare():
    phrased = [
        {
            **row,
            "completion": [{"role": "assistant", "content": f"phrase {place % 4} {row['target_correct']}"}],
        }
        for place, row in enumerate(FREE)
    ]
    assert why("TGT004", phrased, kind="free_text") == "fewer than 5 different texts of a kind"


def test_letters_are_not_missed_where_targets_are_no_letters():
    assert why("TGT001", FREE, kind="free_text") is None
    assert why("TGT002", FREE, kind="free_text") is None
    assert why("TGT004", FREE, kind="marker") is None


def test_only_prompts_that_were_compared_count_as_compared(monkeypatch):
    more = group(30, "A third one.", True, persona="third")
    assert why("CND004", TAUGHT, KEPT, more) is None
    monkeypatch.setattr(near_anchor, "_MOST_PAIRS", 1)
    assert why("CND004", TAUGHT, KEPT, more) == "of 2 preserved prompts only the largest 1 were compared"


def test_only_conditions_that_were_rendered_count_as_rendered(monkeypatch):
    assert why("TPL006", TAUGHT, KEPT).startswith("no tokenizer stands beside the template")
    monkeypatch.setattr(prompt_not_prefix, "_TRIED", 1)
    assert why("TPL006", TAUGHT, KEPT) == "of 2 conditions only the largest 1 were rendered"


@pytest.mark.parametrize(
    ("code", "documents", "lacked"),
    [
        ("PRV001", Documents(), "nothing beside the rows states counts"),
        ("PRV001", Documents(card="README.md", card_rows=80), None),
        ("PRV002", Documents(), "no manifest stands beside the rows"),
        ("PRV002", Documents(rows_match=True), None),
        ("PRV002", None, None),
    ],
)
def test_a_silent_check_of_documents_says_which_is_missing(code, documents, lacked):
    seen = dataclasses.replace(context(TAUGHT, KEPT), documents=documents)
    assert [each.why for each in audit(seen, Selection(select=(code,))).untested] == (
        [lacked] if lacked else []
    )


def silence(scope, code, seen):
    chosen = Selection(select=(code,))
    found = observe(scope, seen, chosen)
    assert not found
    return [each.why for each in untested(scope, seen, found, chosen)]


def test_a_silent_check_of_arms_says_what_it_lacked():
    import duckdb

    from checks.core.arms import Arms

    apart = Arms(tuple(arm(name, WHOLE, connection=duckdb.connect()) for name in "ab"))
    for code in ("ARM002", "ARM003"):
        assert silence("arms", code, apart) == ["1 of 1 pairs of arms are in different databases"]
        assert silence("arms", code, arms(WHOLE, WHOLE)) == []
    lost = arms(WHOLE, [*SOURCE, *BYSTANDERS], controls={"b": "elsewhere"})
    assert silence("arms", "ARM004", lost) == ["elsewhere, which an arm controls, is not among the targets"]
    assert silence("arms", "ARM004", arms(WHOLE, [*SOURCE, *BYSTANDERS], controls={"b": "a"})) == []
    unlettered = [{**row, "options": None} for row in WHOLE]
    assert silence("arms", "TGT005", arms(unlettered, unlettered)) == ["no column names the options"]
    assert silence("arms", "TGT005", arms(unlettered)) == []


def test_a_silent_check_of_an_evaluation_says_what_it_lacked():
    asked = [Asked("What is it?", None, ("A", "B"), "A")]
    nothing = split(["Is it a plant?"], ["What is it?"])
    assert silence("split", "TGT003", nothing) == ["no evaluation question names its right answer"]
    assert silence("split", "TGT003", split(["Is it a plant?"], asked)) == []
    own = (Under("source", Signature("text", "SOURCE")),)
    for code in ("SPL003", "SPL005"):
        assert silence("split", code, nothing) == ["nothing says under which system prompts is evaluated"]
        assert silence("split", code, split(["Is it a plant?"], asked, under=own)) == []


UNMEASURED = "no run measured its model before training"
FEW = "no score has the predicted labels of 20 questions"


@pytest.mark.parametrize(
    ("code", "before", "after", "lacked"),
    [
        ("RES001", None, {}, UNMEASURED),
        ("RES001", {}, {}, "no evaluation names right answers"),
        ("RES001", {"correct": 90, "gold_labels": {"A": 26}}, {}, None),
        ("RES007", None, {}, UNMEASURED),
        ("RES007", {}, {}, "no run recorded how much of the probability its labels have"),
        ("RES007", {"mean_label_mass": 0.9}, {}, None),
        ("RES002", None, {"predicted_labels": {"A": 10, "B": 9}}, FEW),
        ("RES002", None, {"predicted_labels": {"A": 10, "B": 10}}, None),
    ],
)
def test_a_silent_check_of_scores_says_what_it_lacked(code, before, after, lacked):
    scores = [
        None if each is None else Score(**{"correct": 2, "total": 100, **each}) for each in (before, after)
    ]
    seen = ResultSet(runs=[run(evaluations=[evaluated(*scores)])])
    assert silence("results", code, seen) == ([lacked] if lacked else [])


def test_a_silent_check_of_a_study_says_what_it_lacked():
    said = ResultSet(
        runs=[run(), run(seed=2)],
        comparisons=[Comparison(first="a", second="b", test="z", paired=True, same_questions=True)],
        claims=[Claim(text="It resists.", kind="resists", arms=["a"], seeds=[1, 2])],
    )
    for code, lacked in (("RES003", "nothing is compared"), ("RES004", "nothing is claimed of the arms")):
        assert silence("results", code, ResultSet(runs=[run()])) == [lacked]
        assert silence("results", code, said) == []
    assert silence("results", "RES006", said) == ["no run recorded its loss by condition"]
    read = ConditionRegime(
        condition="1" * 64, behaviour=9, preserved=1, floor=0.3, loss=0.3, rows=9, regime="imitation"
    )
    assert silence("results", "RES006", ResultSet(runs=[run(regimes=[read])])) == []


ALWAYS_LOOKS = {
    *("CND002", "CND003", "CND007", "CND012", "PRV003", "PRV004", "PRV005", "TGT006"),
    *(f"TPL{number:03}" for number in range(1, 12) if number != 6),
    *("ARM001", "SPL001", "SPL002", "SPL004", "RES005", "RES008"),
}
"""What these need is there wherever there are rows, questions or runs."""


def test_every_other_check_can_say_what_it_lacked():
    known = [each for scope in ("dataset", "arms", "split", "results") for each in all_checks(scope)]
    assert {each.code for each in known if each.wants is None} == ALWAYS_LOOKS
