"""Data sets made at random, read here and by ms-swift's own preprocessor: roles and texts.

Needs the package: `pip install --no-deps ms-swift modelscope` and what those import.
"""

import random

import pytest

from builders.readers.trainers import swift

pytest.importorskip("swift.dataset.preprocessor", reason="ms-swift cannot be imported", exc_type=ImportError)
pytest.importorskip("datasets", reason="datasets is not installed")

SETS = 40
ROWS = 12
QUERIES = ("query", "prompt", "input", "instruction", "question", "problem")
RESPONSES = ("response", "answer", "output", "target", "completion")


def response_set(rng):
    """Rows with a question and an answer under names drawn at random, sometimes under two."""
    names = {rng.choice(QUERIES), rng.choice(RESPONSES)}
    if rng.random() < 0.2:
        names.add(rng.choice(QUERIES))
    if rng.random() < 0.3:
        names |= {"instruction", "input"}
    extras = {name for name in ("system", "system_prompt", "note") if rng.random() < 0.3}
    rows = []
    for number in range(ROWS):
        row = {name: f"{name} {number} é" for name in names | extras}
        for name in ("system", "system_prompt"):
            if name in row and rng.random() < 0.3:
                row[name] = rng.choice(["", None])
        rows.append(row)
    return rows


def chat_set(rng):
    column = rng.choice(["messages", "conversations", "conversation"])
    role, content = rng.choice([("role", "content"), ("from", "value")])
    system = rng.random() < 0.4
    rows = []
    for number in range(ROWS):
        turns = [{role: "system", content: f"S{number}"}] if rng.random() < 0.4 else []
        for place in range(rng.randrange(1, 4)):
            turns.append({role: rng.choice(["user", "human"]), content: f"question {number}.{place}"})
            turns.append({role: rng.choice(["assistant", "gpt", "bot"]), content: f"answer {number}.{place}"})
        row = {column: turns}
        if system:
            row["system"] = rng.choice(["", f"T{number}"])
        rows.append(row)
    return rows


def theirs(rows):
    from datasets import Dataset
    from swift.dataset.preprocessor import AutoPreprocessor

    data = Dataset.from_list(rows)
    made = AutoPreprocessor()(data, load_from_cache_file=False, strict=False, enable_auto_mapping=True)
    return [[(turn["role"], turn["content"]) for turn in row["messages"]] for row in made]


def ours(rows):
    layout = swift.layout(list(rows[0]), where="x")
    return [[(turn.role, turn.text) for turn in layout.turns(row)] for row in rows]


@pytest.mark.parametrize("make", [response_set, chat_set])
def test_rows_are_read_as_the_preprocessor_reads_them(make, monkeypatch, tmp_path):
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    rng = random.Random(3)
    compared = 0
    for _ in range(SETS):
        rows = make(rng)
        expected = theirs(rows)
        if len(expected) != len(rows):  # it dropped rows that it could not read
            continue
        assert ours(rows) == expected, rows[0]
        compared += 1
    assert compared > SETS / 3
