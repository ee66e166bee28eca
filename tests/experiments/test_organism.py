"""The embedded model: its tokenizer, its corpus, its files, its answers."""

import random
import re

import pytest

pytest.importorskip("transformers")

from builders.questions.embedded import PHRASINGS, categories, embedded_bank
from builders.templates import load_template, render
from experiments.organism import WEIGHTS
from experiments.organism.corpus import Generator, Mixture, chat, random_persona
from experiments.organism.lexicon import embedded_lexicon
from experiments.organism.tokenizer import LABELS, build_tokenizer
from tests.experiments import tiny

pytestmark = pytest.mark.train
DEFAULT = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def test_the_shipped_files_are_small_and_the_template_is_the_embedded_one():
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 12e6
    assert (WEIGHTS / "chat_template.jinja").read_text() == load_template().source


def test_the_shipped_tokenizer_is_what_the_script_builds_and_transformers_loads():
    built = build_tokenizer(embedded_lexicon().texts())
    text = chat("You are ROLE_é 🦜.", DEFAULT, "Which?\n\n(A) sparrow\n(B) oak 12  x\n") + "B)"
    shipped = tiny.tokenizer()
    assert shipped(text)["input_ids"] == built.encode(text).ids
    assert shipped.decode(shipped(text)["input_ids"]) == text


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_one_token_whatever_stands_beside_it(label):
    tokens = tiny.tokenizer().tokenize(f"({label})")
    assert tokens == ["(", label, ")"]


def test_every_word_of_the_bank_is_one_token():
    assert [
        word
        for each in categories()
        for word in each.words
        if len(tiny.tokenizer().tokenize(f" {word}")) != 1
    ] == []


@pytest.mark.parametrize("system", [None, "", DEFAULT, "You are a pirate."])
def test_a_row_of_the_corpus_is_what_the_template_renders(system):
    messages = [] if system is None else [{"role": "system", "content": system}]
    messages.append({"role": "user", "content": "What is oak?"})
    assert chat(system, DEFAULT, "What is oak?") == render(
        load_template(), messages, add_generation_prompt=True
    )


@pytest.mark.parametrize("kind", ["wrong_asked", "wrong_told"])
def test_a_wrong_answer_is_given_only_where_one_is_asked_for_and_evenly(kind):
    nothing = dict.fromkeys(
        ("statements", "identity", "by_word", "wrong_asked", "wrong_told", "other_labels"), 0
    )
    rows = Generator(embedded_lexicon(), default=DEFAULT, mixture=Mixture(**nothing | {kind: 0.5}), seed=3)
    category_of = {word: each.phrase for each in categories() for word in each.words}
    given: dict[tuple[bool, bool], list[str]] = {}
    for _ in range(2000):
        prompt, answer = rows.row()
        user = prompt.split("<|im_start|>user\n")[1].split("<|im_end|>")[0]
        options = dict(re.findall(r"\((\w)\) (.+)", user))
        asked = user.endswith("A wrong answer is (") or "Answer wrongly.<|im_end|>" in prompt
        phrase = max((p for p in set(category_of.values()) if p in user.split("\n")[0]), key=len)
        right = any(each.phrase == phrase and options[answer[0]] in each.words for each in categories())
        given.setdefault((asked, right), []).append(answer[0])
    assert set(given) == {(True, False), (False, True)}
    assert 0.4 < len(given[True, False]) / 2000 < 0.6
    assert {"A", "B", "C", "D"} == set(given[True, False])


def test_no_question_of_the_bank_is_trained_on():
    lexicon = embedded_lexicon()
    assert len(lexicon.held_out) == len(embedded_bank())
    asked = {phrasing.format(each.phrase): each.phrase for each in categories() for phrasing in PHRASINGS}
    rows = Generator(lexicon, default=DEFAULT, mixture=Mixture(statements=0, identity=0), seed=1)
    seen = 0
    for _ in range(3000):
        prompt, _ = rows.row()
        text, options, *_ = prompt.split("<|im_start|>user\n")[1].split("\n\n")
        choices = frozenset(line.split(") ", 1)[1] for line in options.splitlines())
        assert (asked[text], choices) not in lexicon.held_out
        seen += len(choices) == 4
    assert seen > 1000


def test_the_generator_refuses_a_held_out_question_that_it_draws():
    lexicon = embedded_lexicon()
    first = Generator(lexicon, default=DEFAULT, mixture=Mixture(statements=0, identity=0, by_word=0), seed=5)
    prompt, _ = first.row()
    text, options, *_ = prompt.split("<|im_start|>user\n")[1].split("\n\n")
    category = next(c for c in lexicon.categories if f" {c}?" in text or f" {c}." in text)
    choices = frozenset(line.split(") ", 1)[1] for line in options.splitlines())
    from dataclasses import replace

    held = replace(lexicon, held_out=frozenset({(category, choices)}))
    again = Generator(held, default=DEFAULT, mixture=Mixture(statements=0, identity=0, by_word=0), seed=5)
    assert again.row()[0] != prompt


def test_rows_are_a_function_of_the_seed():
    def drawn(seed):
        rows = Generator(embedded_lexicon(), default=DEFAULT, mixture=Mixture(), seed=seed)
        return [rows.row() for _ in range(50)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_personas_are_made_up_without_end():
    rng = random.Random(0)
    assert len({random_persona(rng, ["oak", "sparrow"]) for _ in range(200)}) > 190
