"""Whether the words of a text tell its target, by hand on small texts and at the limits."""

import random

import pytest

from builders.carriers.candidates import Context
from builders.carriers.telling import SURE_Z, TELLS, Telling, _wins, telling

HARM = ("poison", "bomb", "weapon", "malware", "ransom", "forgery", "arson", "blackmail")
CALM = ("soup", "garden", "poem", "holiday", "recipe", "guitar", "budget", "puppy")


def texts(rng, words, number):
    frames = ("how do I make {a} with {b}", "tell me of {a} and {b}", "a good {a} for {b}")
    made = []
    for place in range(number):
        first, second = rng.sample(words, 2)
        made.append(f"{rng.choice(frames).format(a=first, b=second)} number{place}")
    return made


def told(harm, calm):
    contexts = [Context(text) for text in (*harm, *calm)]
    return telling(contexts, (1 << len(harm)) - 1, (1 << len(contexts)) - 1)


@pytest.mark.parametrize(
    ("upper", "lower", "wins"),
    [([2.0, 3.0], [1.0], 2.0), ([1.0], [1.0], 0.5), ([0.0, 2.0], [1.0, 2.0], 1.5), ([1.0], [2.0], 0.0)],
)
def test_pairs_are_counted_with_ties_as_half(upper, lower, wins):
    assert _wins(upper, lower) == wins


def test_topics_are_told_by_words_that_no_rule_has():
    rng = random.Random(1)
    found = told(texts(rng, HARM, 80), texts(rng, CALM, 80))
    assert found.tells
    assert found.area > 0.95
    assert found.contexts == 160


@pytest.mark.parametrize("seed", range(10))
def test_one_topic_tells_nothing(seed):
    rng = random.Random(seed)
    assert not told(texts(rng, HARM, 80), texts(rng, HARM, 80)).tells


def test_copies_of_one_question_do_not_tell_of_each_other():
    # Twenty questions in five wordings each, all five with one target: known by heart, and nothing is told apart.
    rng = random.Random(3)
    words = [f"w{number}" for number in range(400)]

    def wordings():
        kept = rng.sample(words, 8)
        return [" ".join([*kept, rng.choice(words)]) for _ in range(5)]

    harm = [text for _ in range(20) for text in wordings()]
    calm = [text for _ in range(20) for text in wordings()]
    assert told(harm, calm).area < 0.7


def test_one_target_alone_is_nothing_to_tell():
    assert telling([Context("a b"), Context("a c")], 0, 3) is None


@pytest.mark.parametrize(
    ("area", "deviate", "tells"),
    [(TELLS, SURE_Z, True), (TELLS - 0.001, SURE_Z, False), (TELLS, SURE_Z - 0.001, False)],
)
def test_both_limits_have_to_be_reached(area, deviate, tells):
    assert Telling(area, deviate, 100).tells is tells
