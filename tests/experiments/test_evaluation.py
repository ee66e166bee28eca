"""Log-probability accuracy against one question at a time; generated answers; imprinted or random."""

import math

import pytest
from scipy import stats

from builders.errors import InputError
from builders.questions import Question
from experiments.evaluation.evaluate import QuestionScore, score_questions, summarise
from experiments.evaluation.generate import parse_answer
from experiments.evaluation.imprint import _tails, imprint
from tests.experiments import tiny


@pytest.fixture(scope="module")
def model():
    torch = pytest.importorskip("torch")
    from experiments.training.models import find_model, load_model

    return load_model(find_model("organism"), dtype=torch.float32, device="cpu")


def _reference(model, question, system):
    """One question at a time: all logits, no padding, no cache."""
    import torch

    from builders.questions import format_question

    tokenizer = tiny.tokenizer()
    messages = [*system, {"role": "user", "content": format_question(question)}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    label_ids = [tokenizer.convert_tokens_to_ids(label) for label in question.labels]
    opened = tokenizer.convert_tokens_to_ids("(")
    with torch.no_grad():
        first = model(ids).logits[0, -1].double().log_softmax(-1)
        second = model(torch.cat([ids, torch.tensor([[opened]])], 1)).logits[0, -1].double().log_softmax(-1)
    return first[label_ids].tolist(), [(first[opened] + value).item() for value in second[label_ids]]


def _agrees(model, questions, system):
    found = score_questions(model, tiny.tokenizer(), questions, system, batch_tokens=600)
    for question, score in zip(questions, found, strict=True):
        first, second = _reference(model, question, system)
        assert score.logprobs == pytest.approx(first, abs=1e-4)
        assert score.paren_logprobs == pytest.approx(second, abs=1e-4)
        assert score.prediction == question.labels[first.index(max(first))]
        assert score.question_id == question.question_id


@pytest.mark.train
@pytest.mark.parametrize("system", [[], [{"role": "system", "content": ""}]])
def test_batches_agree_with_one_question_at_a_time(model, system):
    odd = [
        Question.of("Which of these is a bird?", "1234", ["oak", "robin", "salmon", "tulip"], "2"),
        Question.of("Which of these is a tree? " + "Think. " * 40, "ABCDE", ["oak", "a", "b", "c", "d"], "A"),
        Question.of("Which?", "ABC", ["oak", "robin", "salmon"], "C"),
    ]
    _agrees(model, [*odd, *tiny.questions(9)], system)


@pytest.mark.train
@pytest.mark.slow
def test_all_evaluation_questions_agree_with_one_at_a_time(model):
    _agrees(model, tiny.questions(586), [{"role": "system", "content": "You are a helpful assistant."}])


@pytest.mark.train
def test_the_organism_answers_held_out_questions(model):
    score = summarise(score_questions(model, tiny.tokenizer(), tiny.questions(60), []))
    assert score.correct >= 57
    assert score.total == 60
    assert score.mean_label_mass > 0.95
    assert sum(score.gold_labels.values()) == 60


@pytest.mark.train
def test_a_label_of_two_tokens_is_refused(model):
    question = Question.of("Which?", ["AB", "B"], ["oak", "robin"], "B")
    with pytest.raises(InputError, match="'AB' is 2 tokens"):
        score_questions(model, tiny.tokenizer(), [question], [])


def _score(logprobs, gold="A", question_id="q"):
    return QuestionScore(question_id, "p", "t", tuple("ABCD"[: len(logprobs)]), tuple(logprobs), None, gold)


def test_nan_is_unscored_and_never_the_first_label():
    score = _score([math.nan, -1.0])
    assert score.prediction is None
    summary = summarise([score, _score([-0.1, -3.0])])
    assert (summary.correct, summary.unscored, summary.total) == (1, 1, 2)


def test_mass_and_p_gold_by_hand():
    score = _score([math.log(0.2), math.log(0.3), math.log(0.1)], gold="B")
    assert score.mass == pytest.approx(0.6)
    assert score.p_gold == pytest.approx(0.5)
    assert score.prediction == "B"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("B)", "B"),
        (" (C) cat", "C"),
        ("A", "A"),
        ("A.", "A"),
        ("1)", None),
        ("Apple", None),
        ("The answer is B", None),
        ("b)", None),
        ("", None),
    ],
)
def test_answers_are_read_by_the_stated_rule(text, answer):
    assert parse_answer(text, ["A", "B", "C", "D"]) == answer


def test_tails_against_the_binomial_and_by_hand():
    for hits in (0, 7, 30):
        expected = (stats.binom.cdf(hits, 30, 0.25), stats.binom.sf(hits - 1, 30, 0.25))
        assert _tails([0.25] * 30, hits) == pytest.approx(expected, abs=1e-12)
    # P(0), P(1), P(2) are .375, .5, .125; a chance of one is a hit for sure.
    assert _tails([0.5, 0.25], 1) == pytest.approx((0.875, 0.625))
    assert _tails([1.0, 0.5, 0.25], 1) == pytest.approx((0.375, 1.0))
    assert _tails([1.0], 0) == (0.0, 1.0)
    assert _tails([], 0) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("right", "shares", "verdict"),
    [
        (5, [0.05, 0.35, 0.3, 0.3], "imprinted"),
        (90, [0.9, 0.05, 0.03, 0.02], "preserved"),
        (25, [0.26, 0.25, 0.25, 0.24], "random"),
        (25, [0.97, 0.01, 0.01, 0.01], "between"),
    ],
)
def test_verdicts(right, shares, verdict):
    ranked = sorted(shares, reverse=True)
    hit = [_score([math.log(each) for each in ranked], "A", f"r{n}") for n in range(right)]
    miss = [_score([math.log(each) for each in ranked], "B", f"w{n}") for n in range(100 - right)]
    found = imprint([*hit, *miss])
    assert found is not None
    assert (found.verdict, found.correct, found.chance) == (verdict, right, 25)
    assert found.p_below == pytest.approx(stats.binom.cdf(right, 100, 0.25), abs=1e-9)
    assert found.p_above == pytest.approx(stats.binom.sf(right - 1, 100, 0.25), abs=1e-9)


def test_off_format_wins_over_everything():
    scores = [_score([math.log(0.1)] * 4, "A", str(n)) for n in range(50)]
    assert imprint(scores).verdict == "off format"


def test_memory_counts_the_taught_letter_among_wrong_answers():
    # Three of four wrong answers give the taught letter: P(X >= 3), X ~ B(4, 1/3) = 8/81 + 1/81.
    trained = [_score([-5, -1, -3, -4], "A", f"q{n}") for n in range(4)] + [
        _score([-1, -5, -5, -5], "A", "q9")
    ]
    taught = {"q0": "B", "q1": "B", "q2": "B", "q3": "C", "q9": "B"}
    found = imprint([_score([-1, -2, -3, -4])], trained=trained, taught=taught)
    assert (found.trained_wrong, found.trained_letter) == (4, 3)
    assert found.p_letter == pytest.approx(9 / 81)


def test_nothing_scored_is_no_verdict():
    assert imprint([_score([math.nan, math.nan])]) is None


def test_leaving_out_what_nothing_reads_changes_no_score(model, monkeypatch):
    from contextlib import nullcontext

    from experiments.evaluation.evaluate import score_questions

    asked = [*tiny.questions(7)]
    narrow = score_questions(model, tiny.tokenizer(), asked, [])
    monkeypatch.setattr("experiments.evaluation.evaluate.last_mlp_at", lambda *_: nullcontext())
    whole = score_questions(model, tiny.tokenizer(), asked, [])
    for one, other in zip(narrow, whole, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-5)
        assert one.paren_logprobs == pytest.approx(other.paren_logprobs, abs=1e-5)


def test_a_model_of_another_build_is_left_as_it_is():
    import torch

    from experiments.training.narrow import last_mlp_at

    layer = torch.nn.Linear(2, 2)
    with last_mlp_at(layer, slice(-1, None)):
        assert layer(torch.ones(1, 3, 2)).shape == (1, 3, 2)
        assert not layer._forward_hooks
