"""What reading other people's packages showed: kinds that are left alone, or only likely, beside those found."""

from __future__ import annotations

import textwrap

import pytest

from tests.checks.source import expect, hits


def confidence(code: str, text: str) -> list[str]:
    return sorted(each.confidence for each in hits(code, textwrap.dedent(text), pedantic=True))


def test_system_messages_beside_others():
    expect(
        "SRC002",
        """
        def one(system, user):
            messages = []
            if system:  # !
                messages.append({"role": "system", "content": system})
            messages.append({"role": "user", "content": user})
            return messages

        def remarks(system, memory, user):
            messages = []
            if system:
                messages.append({"role": "system", "content": system})
            if memory:
                messages.append({"role": "system", "content": memory})
            return messages

        def looped(system, facts):
            messages = []
            if system:
                messages.append({"role": "system", "content": system})
            for fact in facts:
                messages.append({"role": "system", "content": f"[Fact] {fact}"})
            return messages

        def with_words(summary):
            messages = []
            if summary:
                messages.append({"role": "system", "content": "Summary so far:\\n" + summary})
            return messages

        def either(row, kind):
            messages = []
            if kind == "a":
                if row["system"]:  # !
                    messages.append({"role": "system", "content": row["system"]})
            else:
                if row["prompt_of_system"]:  # !
                    messages.append({"role": "system", "content": row["prompt_of_system"]})
            return messages

        def where_none_is(messages, own, general):
            if own:  # !
                messages.insert(0, {"role": "system", "content": own})
            if not any(each["role"] == "system" for each in messages):
                messages.insert(0, {"role": "system", "content": general})
            return messages

        def inside_of_one_question(messages, identity, system):
            found = []
            if messages[0]["role"] != "system":
                if identity:
                    found.append({"role": "system", "content": identity})
                if system:
                    found.append({"role": "system", "content": system})
            return found + messages

        def thought_of(system):
            if system and system.strip():
                return [{"role": "system", "content": system}]
            return []

        def two_lists(system, judge):
            messages, asked = [], []
            if system:  # !
                messages.append({"role": "system", "content": system})
            asked.append({"role": "system", "content": judge})
            return messages, asked
        """,
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("path.write_text(json.dumps(train(data)))", ["certain"]),
        ("path.write_bytes(Fernet.generate_key())", []),
        ("path.write_text(str(uuid.uuid4()))", []),
        ("path.write_text(time.strftime('%Y'))", []),
        ("path.write_text(secrets.token_hex(8))", []),
        ("path.write_text(make())", ["certain"]),
        ("path.write_bytes(other.read_bytes())", []),
        ("path.write_bytes(other.read_bytes() + data.read_bytes())", []),
        ("path.write_bytes(other.read_bytes() + made(data))", ["certain"]),
        (
            "subprocess.run(['ffmpeg', '-i', data, str(path)])\n        path.with_suffix('.txt').write_text('x')",
            [],
        ),
        ("save_settings(path, data)", []),
        ("save_settings(path, trained(data))", ["certain"]),
    ],
)
def test_files_that_are_made_of_nothing_and_results(body, found):
    text = f"""
import json, secrets, subprocess, time, uuid
from cryptography.fernet import Fernet

def save_settings(path, settings):
    path.write_text(json.dumps(settings))

def get(path, data, other):
    if not path.exists():
        {body}
    return path.read_text()
"""
    assert confidence("SRC006", text) == found


def test_names_that_are_sought_and_names_from_elsewhere():
    sought = """
        import os, pickle

        def keep(task, data):
            for i in range(100):
                name = f"out/{task}_{i}.pkl"
                if os.path.exists(name):
                    continue
                break
            pickle.dump(data, open(name, "wb"))
    """
    assert confidence("SRC006", sought) == []
    again = """
        import os, pickle

        def keep(tasks, data):
            for task in tasks:
                name = f"out/{task}.pkl"
                if os.path.exists(name):
                    continue
                pickle.dump(made(data), open(name, "wb"))
    """
    assert confidence("SRC006", again) == ["certain"]
    elsewhere = """
        import json

        def run(config):
            folders = Folders(config)
            path = folders.results
            if not path.exists():
                path.write_text(json.dumps(train(config)))
            return json.loads(path.read_text())
    """
    assert confidence("SRC006", elsewhere) == ["likely"]


def test_a_value_that_is_made_from_the_text_alone_keeps_no_row():
    expect(
        "SRC008",
        """
        def cached(rows, model):
            answers = {}
            for row in rows:
                reply = model.generate(row["prompt"], temperature=0)
                answers[row["prompt"]] = (reply.text, grade(reply.text))
            return answers

        def of_the_row(rows, model):
            answers = {}
            for row in rows:
                reply = model.generate(row["prompt"], row["image"])
                answers[row["prompt"]] = reply.text  # !
            return answers
        """,
    )


DRAWS = "import json, random\n\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("json.dump(random.choice(names), open('x', 'w'))\n", ["likely"]),
        ("json.dump([random.choice(names) for _ in range(9)], open('x', 'w'))\n", ["certain"]),
        (
            "def one():\n    return random.choice(names)\nfor _ in range(9):\n    json.dump(one(), file)\n",
            ["certain"],
        ),
        ("def some(rows):\n    return random.sample(rows, 9)\n", ["likely"]),
        ("def some(rows):\n    random.shuffle(rows)\n    return rows\n", ["likely"]),
        ("def some(rows):\n    random.shuffle(rows)\n    print(rows[0])\n", []),
        ("def some(rows):\n    random.seed(1)\n    return random.sample(rows, 9)\n", []),
        ("def some(rows, rng):\n    return rng.sample(rows, 9)\n", []),
        ("def one(rows):\n    return random.choice(rows)\n", []),
    ],
)
def test_draws_of_one_and_draws_in_libraries(text, found):
    assert confidence("SRC005", DRAWS + text) == found


RENDERED = """
def tokens(tokenizer, model, messages):
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    {}
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("return model.generate(**tokenizer(text))", ["certain"]),
        ("return {'input_ids': tokenizer(text)['input_ids']}", ["certain"]),
        ("print(len(tokenizer.encode(text)))", ["likely"]),
        ("ids = tokenizer.encode(text)\n    print(tokenizer.decode(ids), len(ids))", ["likely"]),
        ("# the second BOS goes\n    return without_two(tokenizer(text))", ["likely"]),
        ("return tokenizer(text, add_special_tokens=False)", []),
        ("ids = tokenizer(text)\n    if ids[0] == tokenizer.bos_token_id: ids = ids[1:]\n    return ids", []),
    ],
)
def test_tokens_that_are_counted_or_thought_of(line, found):
    assert confidence("SRC013", RENDERED.format(line)) == found


@pytest.mark.parametrize(("key", "found"), [("text", ["likely"]), ("prompt", [])])
@pytest.mark.parametrize(
    "trainer", ["SFTTrainer(model, train_dataset=rows)", "Trainer(model, train_dataset=rows)"]
)
def test_rows_of_text_for_a_trainer(key, found, trainer):
    text = f"""
def render(row):
    return {{"{key}": tokenizer.apply_chat_template(row["messages"], tokenize=False)}}

rows = rows.map(render)
{trainer}
"""
    assert confidence("SRC013", text) == (found if trainer.startswith("SFT") else [])


@pytest.mark.parametrize(
    ("test", "found"),
    [('row.get("label", 0) == 1', 0), ('row.get("label", 0) == 0', 1), ('gold == row.get("label", 0)', 1)],
)
def test_a_default_that_is_asked_for_another_label(test, found):
    assert len(hits("SRC009", f"kept = [row for row in rows if {test}]\n")) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [("text", 1), ("f'{text}'", 1), ("Record(tokens, [0.0])", 0), ("Record(f'{text}')", 1)],
)
def test_what_stands_in_for_a_failed_template(value, found):
    text = f"""
def render(tokenizer, text):
    try:
        return tokenizer.apply_chat_template([{{"role": "user", "content": text}}], tokenize=False)
    except Exception:
        return {value}
"""
    assert len(hits("SRC004", text)) == found


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("str(FOLDER / 'merged')", ["certain"]),
        ("os.environ.get('MODEL', '')", ["likely"]),
        ("path", []),
    ],
)
def test_a_model_that_only_the_caller_knows(model, found):
    text = f"""
import os
from pathlib import Path
from transformers import AutoTokenizer
BASE = "mistralai/Mistral-7B-v0.1"
FOLDER = Path("models")

def load(path):
    chosen = {model}
    return AutoTokenizer.from_pretrained(chosen, trust_remote_code=True)
"""
    assert confidence("SRC010", text) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("tokenizer.apply_chat_template(messages, tokenize=False)", ["certain"]),
        ("rendered(tokenizer, messages)", ["likely"]),
    ],
)
def test_a_fallback_that_is_another_function(body, found):
    text = f"""
def rendered(tokenizer, messages):
    return tokenizer.apply_chat_template(messages, tokenize=False)

def convert(tokenizer, messages):
    try:
        return {body}
    except Exception:
        return converted(messages)
"""
    assert confidence("SRC004", text) == found


@pytest.mark.parametrize(("taken", "found"), [("rows[index]", 0), ("choices[index]", 1)])
def test_another_row_is_no_answer(taken, found):
    text = f"""
import random

def take(rows, choices, text):
    index = 3
    try:
        index = int(text)
    except ValueError:
        index = random.randint(0, len(choices) - 1)
    return {taken}
"""
    assert len(hits("SRC009", text)) == found
