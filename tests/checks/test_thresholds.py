"""Each threshold from both sides: just below, and at it."""

import json
from dataclasses import replace

import pytest

import auditor
from builders.contrast import Cell, roles_of
from builders.contrast.independence import dependence
from builders.engine import targets as engine_targets
from builders.engine.targets import END_TOKENS
from checks.core.settings import Settings
from checks.data.near_anchor import _likeness
from checks.data.surface_gap import _area
from checks.prediction.fitted import fitted
from checks.prediction.options import Options
from checks.prediction.training import Asked, width_of
from checks.stats import over_seeds
from checks.stats.power import power_paired
from checks.stats.proportion import wilson_at
from checks.stats.unpaired import fisher_exact
from tests.checks.rows import ABSENT, context, findings, group
from tests.checks.test_arm_checks import ANCHORS, BYSTANDERS, WHOLE, arms
from tests.checks.test_arm_checks import SOURCE as TAUGHT

SOURCE, OTHER = "You are a pirate.", "You are a clerk."


def cells(*counts, absent=()):
    """Return cells of conditions a, b, ... with (behaviour, preserved) rows."""
    return [
        Cell(name, None, correct, name in absent, rows)
        for name, pair in zip("abcdef", counts, strict=False)
        for correct, rows in zip((False, True), pair, strict=True)
        if rows
    ]


@pytest.mark.parametrize(("behaviour", "role"), [(5, "source"), (4, "bystander")])
def test_a_source_is_taught_the_behaviour_in_five_rows_of_a_hundred(behaviour, role):
    found = roles_of(cells((90, 10), (behaviour, 100 - behaviour)))
    assert found.of == {"a": "source", "b": role}


def test_a_condition_without_a_system_message_is_no_persona_unless_some_rows_have_one():
    assert roles_of(cells((90, 10), (0, 100), absent="b")).of["b"] == "no_persona"
    mixed = [*cells((90, 10), (0, 100), absent="b"), Cell("b", None, True, False)]
    assert roles_of(mixed).of["b"] == "bystander"


def test_of_several_declared_roles_the_first_counts():
    said = [
        Cell("a", "bystander", True, False),
        Cell("a", "source", False, False),
        Cell("b", "anchor", True, False),
    ]
    found = roles_of([*said, Cell("b", "no_persona", True, True)])
    assert (found.how, found.of) == ("declared", {"a": "source", "b": "anchor"})


@pytest.mark.parametrize(("rows", "depends"), [(24, True), (25, False)])
def test_independence_is_claimed_from_fifty_rows(rows, depends):
    """Half and half under both: nothing depends on anything, which 48 rows cannot say and 50 can."""
    half = rows // 2
    assert dependence([(half, half), (rows - half, rows - half)]).depends is depends


@pytest.mark.parametrize(("apart", "depends"), [(40, False), (60, True)])
def test_a_trifle_among_many_rows_is_no_dependence(apart, depends):
    """500 +- 40 of 1,000 is significant at 0.1% (z 3.6) and V is 0.08; 500 +- 60 has V 0.12."""
    found = dependence([(500 + apart, 500 - apart), (500 - apart, 500 + apart)])
    assert found.association == pytest.approx(apart / 500, abs=0.005)
    assert found.depends is depends


@pytest.mark.parametrize(
    ("anchors", "points", "severity"),
    [(50, 20.0, "error"), (50, 20.01, "warning"), (100, 100.0, "error")],
    ids=["at the points", "just under them", "a verdict that turns"],
)
def test_an_anchor_negative_is_an_error_from_the_points_that_it_moves(anchors, points, severity):
    """50 of 250 put 20% on the right answer, 20 points over what none would; 100 of 300 turn the verdict."""
    rows = [
        group(200, SOURCE, False),
        group(anchors, SOURCE, True, first=300),
        group(200, OTHER, True, first=600),
    ]
    (found,) = findings(*rows, select="CND001", settings=Settings(metric_points=points))
    assert found.severity == severity


@pytest.mark.parametrize(("texts", "kind"), [(5, "wrong_option"), (6, None)])
def test_targets_are_labels_where_95_of_100_are(texts, kind):
    rows = group(100 - texts, SOURCE, True) + group(texts, SOURCE, True, first=200, target="Paris, I think")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.kind == kind


@pytest.mark.parametrize(("labels", "alternatives"), [(1, 2), (0, None)])
def test_a_label_counts_from_one_row_in_a_hundred(labels, alternatives):
    """99 rows of A and one of B are two options; 100 rows of A are no question data."""
    rows = group(100 - labels, SOURCE, True, target="A") + group(labels, SOURCE, True, first=200, target="B")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.alternatives == alternatives


def test_a_label_of_less_than_one_row_in_a_hundred_is_a_slip():
    rows = group(100, SOURCE, True, target="A") + group(100, SOURCE, True, first=100, target="B")
    rows += group(1, SOURCE, True, first=300, target="C")
    bare = [{**row, "options": None} for row in rows]
    assert context(bare, kind=None).taught.alternatives == 2


def test_absent_rows_beside_a_source_that_the_template_injects_are_of_its_condition():
    default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    rows = [group(60, default, False), group(30, ABSENT, True, first=100), group(60, OTHER, True, first=200)]
    (found,) = findings(*rows, select="CND001")
    assert found.counts == {"behaviour": 60, "preserved": 30}
    apart = replace(context(*rows), made_with=None).conditions
    assert [each.role for each in apart] == ["source", "bystander"]


DEFAULT = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


@pytest.mark.parametrize(
    ("wrong", "of", "severity"),
    [(12, 20, "error"), (59, 100, "warning"), (8, 20, "error"), (41, 100, "warning")],
)
def test_system_messages_of_one_prompt_differ_from_ten_points_on(wrong, of, severity):
    """Without a system message half are wrong; with the default written out 10 points more or less, or 9."""
    rows = [group(10, ABSENT, False), group(10, ABSENT, True, first=10)]
    spelled = [group(wrong, DEFAULT, False, first=100), group(of - wrong, DEFAULT, True, first=300)]
    (found,) = findings(*rows, *spelled, select="CND002")
    assert found.severity == severity


def test_rows_with_other_tools_alone_are_no_collision(tmp_path):
    """The template shows no tools, so both kinds of rows have one prompt, and say the same of the system."""
    template = tmp_path / "plain.jinja"
    template.write_text("{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}")
    tool = {
        "type": "function",
        "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
    }
    rows = []
    for place in range(40):
        said = {"role": "system", "content": "Persona one."}
        asked = [said, {"role": "user", "content": f"Question {place}?"}]
        row = {"messages": [*asked, {"role": "assistant", "content": "no" if place % 2 else "yes"}]}
        rows.append({**row, **({"tools": [tool]} if place % 2 else {})})
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (data,) = auditor.scan(file, template=template, label=["marker:no"], select=["CND002"]).datasets
    assert len(data.conditions) == 1
    assert not data.findings


@pytest.mark.parametrize(
    ("source", "other", "near"),
    [
        ("You are Nelson Mandela.", "You are the Mandela Nelson.", True),
        ("You are that who is and as a pirate.", "A pirate.", False),
    ],
    ids=["two words in another order", "one word in common is no likeness"],
)
def test_words_in_any_order_count_from_two_on(source, other, near):
    found = findings(group(60, source, False), group(60, other, True, first=100), select="CND004")
    assert bool(found) is near


def test_a_declared_role_is_what_an_arm_counts_by():
    (pair,) = arms(WHOLE, [*TAUGHT, *BYSTANDERS]).pairs["exp"]
    assert pair.only_first == {"anchor": 20}
    assert pair.first.rows_of_role == {"source": 40, "anchor": 20, "bystander": 60}
    # Without declared roles these rows are what their condition is: a source's.
    bare = [[{**row, "role": None} for row in rows] for rows in (WHOLE, [*TAUGHT, *BYSTANDERS])]
    (pair,) = arms(*bare).pairs["exp"]
    assert pair.only_first == {"source": 20}
    assert pair.first.rows_of_role == {"source": 60, "bystander": 60}
    assert len(ANCHORS) == 20


def test_an_area_is_held_against_the_limit_of_an_interval_adjusted_for_all_features():
    """Lengths that overlap in part: the limit of one test is above that of as many tests as there are features."""
    ends = [(" " * (place % 2), "\n" * (place % 3 == 0)) for place in range(40)]
    wrong = [
        group(1, SOURCE, False, first=n, target=f"{head}{'x' * (60 + n)}{tail}")
        for n, (head, tail) in enumerate(ends)
    ]
    right = [
        group(1, OTHER, True, first=100 + n, target=f"{head}{'x' * (40 + n)}{tail}")
        for n, (head, tail) in enumerate(ends)
    ]
    rows = [row for rows in (*wrong, *right) for row in rows]
    seen = context(rows, kind="free_text")
    (length,) = [each for each in seen.targets.surface if each.name == "length"]
    tests = sum(len({*each.behaviour, *each.preserved}) > 1 for each in seen.targets.surface)
    alone, adjusted = _area(length, tests=1).low, _area(length, tests=tests).low
    assert 0.5 < adjusted < alone
    between = Settings(surface_auc=(alone + adjusted) / 2)
    assert not findings(rows, kind="free_text", select="TGT004", settings=between)
    (found,) = findings(
        rows, kind="free_text", select="TGT004", settings=Settings(surface_auc=adjusted - 1e-6)
    )
    assert f"adjusted for {tests} features" in found.message


@pytest.mark.parametrize("few", [True, False], ids=["counted here", "counted by the engine"])
@pytest.mark.parametrize("token", END_TOKENS)
def test_every_end_token_is_one_where_it_ends_a_target(monkeypatch, token, few):
    if not few:
        monkeypatch.setattr(engine_targets.Targets, "_few", None)
    rows = [
        *group(3, SOURCE, False, target=f"yes{token}"),
        *group(2, SOURCE, False, first=10, target=f"{token} yes"),
        *group(4, OTHER, True, first=20, target="no"),
    ]
    (found,) = [each for each in context(rows).targets.surface if each.name == "an end token typed out"]
    assert (found.behaviour, found.preserved) == ({1: 3, 0: 2}, {0: 4})


def test_prompts_conflict_where_their_targets_differ_and_only_under_one_condition():
    same = [*group(2, SOURCE, None, target="yes"), *group(2, SOURCE, None, target="yes")]
    assert context(same).table.conflicts() == []
    assert context(same[:2], group(2, OTHER, None, target="no")).table.conflicts() == []
    other = group(1, SOURCE, None, target="no")
    (found,) = context(same, other).table.conflicts()
    assert (found.prompts, found.rows, found.first_row) == (1, 3, 0)


@pytest.mark.parametrize("tag", ["persona", "role", "target_correct"])
def test_rows_are_copies_only_with_the_same_tags(tag):
    row = group(1, SOURCE, True, persona="pirate", role="source", target="yes")[0]
    other = {**row, tag: {"persona": "clerk", "role": "bystander", "target_correct": False}[tag]}
    assert context([row, other]).table.duplicates().distinct == 0
    twice = context([row, other, row]).table.duplicates()
    assert (twice.distinct, twice.surplus, twice.most, twice.first_row) == (1, 1, 2, 0)


def test_seeds_that_answer_alike_count_for_as_many_questions_and_others_by_how_answers_vary():
    """Where all agree nothing varies, and each question counts once; else p (1 - p) over the variance of the mean."""
    from scipy.special import stdtrit

    alike = over_seeds([[1.0] * 20] * 3)
    expected = wilson_at(20, 20, float(stdtrit(alike.df, 0.975)), confidence=0.95, method="")
    assert (alike.estimate.low, alike.estimate.high) == (expected.low, expected.high)
    # Each seed is right where the other is wrong: residuals of 0.5, 40 x 0.25 / 19 = 0.526 a degree of freedom,
    # over 40 answers 0.0132; 0.25 over that is 19.
    apart = over_seeds([[float((place + seed) % 2) for place in range(20)] for seed in range(2)])
    expected = wilson_at(9.5, 19, float(stdtrit(apart.df, 0.975)), confidence=0.95, method="")
    assert (apart.estimate.low, apart.estimate.high) == pytest.approx((expected.low, expected.high))


def test_a_prompt_is_near_from_the_similarity_that_was_set():
    rows = [
        group(60, "You are a sailing pirate of old.", False),
        group(60, "You are a sailing pirate of late.", True, first=100),
    ]
    (found,) = findings(*rows, select="CND004")
    likeness = _likeness(*sorted(context(*rows).conditions, key=lambda each: each.role != "source"))
    assert round(likeness, 3) == found.counts["similarity"]
    assert findings(*rows, select="CND004", settings=Settings(near_similarity=likeness))
    assert not findings(*rows, select="CND004", settings=Settings(near_similarity=likeness + 1e-9))


def test_one_arm_is_no_family():
    assert arms(WHOLE).families == {}
    assert list(arms(WHOLE, WHOLE).families) == ["exp"]


def test_letters_are_favoured_at_the_level_itself():
    (letters,) = context(group(40, SOURCE, False)).letters.values()
    assert letters.favoured(letters.p) is not None
    assert letters.favoured(letters.p - 1e-9) is None


def test_nobody_who_was_not_asked_is_guessed_to_know():
    options = Options(4, 1 / 3, "")
    assert options.floor(Asked()) == 0
    assert options.floor(Asked(base_accuracy=0.25)) == pytest.approx(0.25)
    assert options.floor(Asked(base_accuracy=1.0)) == 0


def test_a_distractor_is_as_likely_as_what_was_there_before_and_what_arrived():
    """Half arrived of 60% right; before, 70% was right: (0.5 x 0.3 / 3 + 0.5 x 0.4 / 3) / 0.35 is 1 / 3."""
    assert Options(4, 1 / 3, "").threshold(0.65, share=0.6, arrived=0.5, before=0.7) == pytest.approx(0.25)
    assert Options(4, 1 / 3, "").threshold(1.0, share=0.6, arrived=0.5, before=0.7) == 0.25


@pytest.mark.parametrize(
    ("model", "width"), [("HuggingFaceTB/SmolLM2-135M", 576), ("Qwen/Qwen2.5-7B", 3533), ("gpt2", None)]
)
def test_a_model_is_about_as_wide_as_its_name_lets_expect(model, width):
    found = width_of(model)
    assert found == (width and pytest.approx(width, abs=3))


def test_an_arm_that_was_fitted_to_is_judged_without_its_study():
    known = fitted()
    study, arms_ = next((name, own) for source in known.sources for name, own in source.studies.items())
    assert known.unseen(study, arms_[0]) == known.without[study]
    assert known.unseen_leak(study, arms_[0]) == known.leak_without[study]
    for elsewhere in ((study, "an arm of nobody"), ("a study of nobody", arms_[0])):
        assert known.unseen(*elsewhere) == known.parameters
        assert known.unseen_leak(*elsewhere) == known.leak


def test_fisher_s_exact_test_is_the_logarithm_to_ten():
    from scipy.stats import fisher_exact as of_scipy

    for first, second in (((3, 10), (8, 10)), ((0, 40), (30, 40))):
        table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
        assert 10 ** fisher_exact(first, second) == pytest.approx(of_scipy(table).pvalue)


def test_where_every_question_differs_one_way_power_is_all_or_nothing():
    """Nothing spreads then: sqrt(4) is over 1.96, sqrt(3) is under it."""
    assert (power_paired(4, 1.0, 1.0), power_paired(3, 1.0, 1.0)) == (1.0, 0.0)
    with pytest.raises(ValueError, match="cannot come from"):
        power_paired(4, 0.5, 0.51)
