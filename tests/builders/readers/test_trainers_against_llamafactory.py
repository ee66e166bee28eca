"""Rows and descriptions made at random, read here and by LLaMA-Factory's own converters.

Needs the package: `pip install --no-deps llamafactory`. It imports libraries for sounds and films, which nothing here
uses, so empty modules stand in for them.
"""

import importlib.machinery
import random
import sys
import types

import pytest

from builders.readers.problems import RowProblem
from builders.readers.trainers.llamafactory import layout

pytest.importorskip("llamafactory", reason="llamafactory is not installed")

ROWS = 3_000


class _Empty(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@pytest.fixture(scope="module")
def theirs():
    for name in ("torchaudio", "av", "librosa"):
        if importlib.util.find_spec(name) is None:
            module = _Empty(name)
            module.__spec__ = importlib.machinery.ModuleSpec(name, None)
            sys.modules[name] = module
    try:
        from llamafactory.data.converter import get_dataset_converter
        from llamafactory.data.parser import DatasetAttr
    except ImportError as error:
        pytest.skip(f"llamafactory cannot be imported here: {error}")

    def convert(entry, row):
        attributes = DatasetAttr("file", dataset_name="x")
        attributes.join(entry)
        return get_dataset_converter(attributes.formatting, attributes, None)(row)

    return convert


def text(rng):
    return rng.choice(["q", "é\n", "a b", "x" * 5, " "]) + str(rng.randrange(100))


def alpaca(rng):
    columns = None
    if rng.random() < 0.6:
        columns = {"prompt": "ask"} if rng.random() < 0.8 else {}
        for key, name in (("query", "more"), ("response", "reply"), ("system", "sys"), ("history", "past")):
            if rng.random() < 0.7:
                columns[key] = name
    entry = {} if columns is None else {"columns": columns}
    if rng.random() < 0.2:
        entry["ranking"] = True
        entry.setdefault("columns", {"prompt": "instruction"}).update(chosen="good", rejected="bad")
    elif rng.random() < 0.2:
        entry.setdefault("columns", {"prompt": "instruction", "response": "output"})["kto_tag"] = "tag"
    row = {
        "ask": text(rng),
        "instruction": text(rng),
        "input": rng.choice(["", text(rng), None]),
        "more": rng.choice(["", text(rng), None]),
        "output": text(rng),
        "reply": rng.choice([text(rng), text(rng), None]),
        "sys": rng.choice(["", text(rng), None]),
        "system": text(rng),
        "past": rng.choice([None, [], [[text(rng), text(rng)]]]),
        "good": text(rng),
        "bad": rng.choice([text(rng), None]),
        "tag": rng.choice([True, False, None, 1]),
    }
    return entry, row


def chat(rng):
    openai = rng.random() < 0.3
    role, content = rng.choice([("from", "value"), ("role", "content")])
    names = rng.choice(
        [
            {"user_tag": "human", "assistant_tag": "gpt"},
            {"user_tag": "user", "assistant_tag": "assistant"},
        ]
    )
    entry = {"formatting": "openai" if openai else "sharegpt"}
    tagged = rng.random() < 0.8
    tags = {"role_tag": role, "content_tag": content, **names} if tagged else None
    if tags is not None:
        for key, name in (
            ("system_tag", "system"),
            ("observation_tag", "observation"),
            ("function_tag", "function_call"),
        ):
            if rng.random() < 0.7:
                tags[key] = name
        entry["tags"] = tags
    else:
        role, content, names = "from", "value", {"user_tag": "human", "assistant_tag": "gpt"}
    columns = {"messages": "talk", "chosen": "good", "rejected": "bad"}
    if rng.random() < 0.5:
        columns["system"] = "sys"
    entry["ranking"] = rng.random() < 0.3
    if not entry["ranking"] and rng.random() < 0.3:
        columns["kto_tag"] = "tag"
    entry["columns"] = columns
    turns = []
    if rng.random() < 0.4:
        turns.append({role: "system", content: rng.choice(["", text(rng)])})
    for _ in range(rng.randrange(1, 4)):
        turns.append({role: rng.choice([names["user_tag"]] * 8 + ["observation"]), content: text(rng)})
        turns.append({role: rng.choice([names["assistant_tag"]] * 8 + ["function_call"]), content: text(rng)})
    if rng.random() < (0.8 if entry["ranking"] else 0.1):
        turns.pop()
    row = {
        "talk": turns,
        "sys": rng.choice(["", text(rng), None]),
        "good": {role: names["assistant_tag"], content: text(rng)},
        "bad": rng.choice([{role: names["assistant_tag"], content: text(rng)}, None]),
        "tag": rng.choice([True, False, None]),
    }
    return entry, row


def ours(entry, row):
    """Our reading in the converter's words; None where the row is refused."""
    try:
        turns = layout(entry, where="x").turns(row)
    except RowProblem:
        return None
    system = turns.pop(0).text if turns[0].role == "system" else ""
    trained = [turn.message.get("train") is not False for turn in turns]
    return system, [(turn.role, turn.text) for turn in turns], trained


def read(converted, entry, row):
    """What a converted row says: the same; None where LLaMA-Factory drops it, or stops, before training."""
    prompt, response = converted["_prompt"], converted["_response"]
    pair, tag = bool(entry.get("ranking")), (entry.get("columns") or {}).get("kto_tag")
    if len(prompt) % 2 != 1 or len(response) != (2 if pair or tag else 1):
        return None
    roles = {"observation": "tool", "function": "assistant"}
    answer = response[1] if tag and not row[tag] else response[0]
    if not isinstance(answer["content"], str):
        return None
    said = [(roles.get(turn["role"], turn["role"]), turn["content"]) for turn in [*prompt, answer]]
    last_alone = [False] * len(prompt) + [not tag or row[tag]]
    return converted["_system"] or "", said, last_alone if pair or tag else [True] * len(said)


@pytest.mark.parametrize("make", [alpaca, chat])
def test_rows_are_read_as_the_converters_read_them(theirs, make):
    rng = random.Random(7)
    kept = 0
    for _ in range(ROWS):
        entry, row = make(rng)
        try:
            expected = read(theirs(entry, row), entry, row)
        except (KeyError, TypeError, ValueError, AttributeError):  # it would stop there
            expected = None
        found = ours(entry, row)
        assert found == expected, (entry, row)
        kept += expected is not None
    assert kept > ROWS / 4
