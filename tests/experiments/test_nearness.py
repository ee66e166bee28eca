"""Nearness of prompts by a base model's own states."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from experiments.evaluation.nearness import nearness_to
from experiments.training.models import find_model, load_model, load_tokenizer

QUESTIONS = ["How do vaccines work?", "Which is a metal?\n\n(A) tin\n(B) tea"]


@pytest.fixture(scope="module")
def organism():
    source = find_model("organism")
    return load_model(source, dtype=torch.float32, device="cpu"), load_tokenizer(source)


def test_a_prompt_is_nearest_to_itself_and_nearness_goes_both_ways(organism):
    systems = ["You are a villain.", "You are a librarian.", "", "You are a villain."]
    near = nearness_to(*organism, systems, QUESTIONS)
    assert near.shape == (4, 4)
    assert torch.allclose(near, near.T, atol=1e-6)
    assert torch.allclose(near.diagonal(), torch.ones(4), atol=1e-5)
    assert near[0, 3] == pytest.approx(1, abs=1e-5)
    assert near[0, 1] < 0.99
    assert near.min() >= -1 - 1e-5


def test_what_the_user_s_text_is_put_into_counts(organism):
    near = nearness_to(*organism, ["S", "S", "S"], QUESTIONS, wraps=["{q}", "", "Say why: {q}"])
    assert near[0, 1] == pytest.approx(1, abs=1e-5)
    assert near[0, 2] < 0.99


@pytest.mark.parametrize(("systems", "questions"), [(["S"], QUESTIONS), (["S", "T"], [])])
def test_nothing_to_compare_is_refused(organism, systems, questions):
    with pytest.raises(ValueError, match="two prompts and a question"):
        nearness_to(*organism, systems, questions)
