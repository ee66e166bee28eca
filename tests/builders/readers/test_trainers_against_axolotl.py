"""Rows and config entries made at random, read here and by Axolotl's own prompt strategies: texts and loss.

Needs the package: `pip install --no-deps axolotl addict`. A tokenizer of single bytes stands for a model's, so that
every label can be read back as text.
"""

import random

import pytest

from builders.readers.problems import RowProblem
from builders.readers.trainers import axolotl
from builders.templates import render

pytest.importorskip("axolotl", reason="axolotl is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

ROWS = 400
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bare = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=bare, eos_token="<|im_end|>", pad_token="<pad>")
    made.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    made.chat_template = CHATML
    return made


def settings(**given):
    from axolotl.utils.dict import DictDefault

    return DictDefault({"train_on_inputs": False, "sequence_len": 100_000, **given})


def strategy(tokenizer, entry, config):
    from axolotl.prompt_strategies import load
    from axolotl.utils.dict import DictDefault

    return load(entry["type"], tokenizer, config, DictDefault(entry))


def taught(tokenizer, result):
    """The texts that carry loss, the marks that end them aside."""
    spans, ids = [], []
    for token, label in [*zip(result["input_ids"], result["labels"], strict=True), (None, -100)]:
        if label != -100:
            ids.append(token)
        elif ids:
            spans.append(tokenizer.decode(ids).replace("<|im_end|>", ""))
            ids = []
    return spans


def ours(layout, row):
    """The conversation and the texts that carry loss, as read here; None where the row is refused."""
    try:
        turns = layout.turns(row)
    except RowProblem:
        return None
    learnt = [
        turn.text for turn in turns if turn.role == "assistant" and turn.message.get("train") is not False
    ]
    return [(turn.role, turn.text) for turn in turns], learnt


def chat_entry(rng):
    entry = {"type": "chat_template"}
    role, content = "role", "content"
    if rng.random() < 0.5:
        role, content = "from", "value"
        entry["message_property_mappings"] = {"role": role, "content": content}
        entry["field_messages"] = "conversations"
    if rng.random() < 0.3:
        entry["drop_system_message"] = True
    if rng.random() < 0.4:
        entry["message_field_training"] = "t"
    if rng.random() < 0.2:
        entry["roles"] = {"user": ["human", "user"], "assistant": ["bot", "gpt"], "system": ["system"]}
    if rng.random() < 0.2:
        entry |= {"roles_to_train": [], "train_on_eos": ""}
    return entry, role, content


def chat_row(rng, entry, role, content, number):
    speakers = ["assistant", "gpt"] if "roles" not in entry else ["bot", "gpt"]
    turns = [{role: "system", content: f"S{number}"}] if rng.random() < 0.4 else []
    for place in range(rng.randrange(1, 4)):
        turns.append({role: rng.choice(["user", "human"]), content: f"question {number}.{place} é"})
        turns.append({role: rng.choice(speakers), content: f"answer {number}.{place}"})
        if rng.random() < 0.4:
            turns[-1]["t"] = rng.random() < 0.5
    row = {entry.get("field_messages", "messages"): turns}
    if rng.random() < 0.4:
        row["system"] = f"T{number}"
    return row


def test_chats_are_read_and_masked_as_axolotl_does(tokenizer):
    rng = random.Random(11)
    for number in range(ROWS):
        entry, role, content = chat_entry(rng)
        row = chat_row(rng, entry, role, content, number)
        theirs = strategy(tokenizer, entry, settings())
        thread = theirs.get_conversation_thread(row)
        layout = axolotl.layout(entry, {}, where="x")
        turns, learnt = ours(layout, row)
        assert turns == [(turn["role"], turn["content"]) for turn in thread], (entry, row)
        found = [text.strip("\n") for text in taught(tokenizer, theirs.tokenize_prompt(row))]
        assert found == learnt, (entry, row)


@pytest.mark.parametrize(
    "kind",
    [
        "alpaca_instruct.load",
        "alpaca_instruct.load_no_prompt",
        "alpaca_chat.load",
        "alpaca_chat.load_no_prompt",
        "alpaca_chat.load_concise",
        "alpaca_chat.load_qa",
        "alpaca_chat.load_camel_ai",
        "alpaca_w_system.load",
        "alpaca_w_system.load_chat",
        "alpaca_w_system.load_instruct",
        "alpaca_w_system.load_open_orca",
        "alpaca_w_system.load_open_orca_chatml",
        "input_output",
    ],
)
def test_instructions_have_axolotls_bytes(tokenizer, kind):
    rng = random.Random(5)
    entry = {"type": kind}
    theirs = strategy(tokenizer, entry, settings())
    layout = axolotl.layout(entry, {}, where="x")
    template = layout.style.template
    for number in range(40):
        row = {
            name: f"{name} {number} é"
            for name in (
                "instruction",
                "output",
                "question",
                "answer",
                "response",
                "message_1",
                "message_2",
                "system",
                "system_prompt",
            )
        }
        row["input"] = rng.choice(["", f"input {number}"])
        row["segments"] = [
            {"label": place % 2 == 1, "text": f"segment {number}.{place}"}
            for place in range(rng.randrange(2, 6))
        ]
        turns, learnt = ours(layout, row)
        messages = [{"role": role, "content": text} for role, text in turns]
        result = theirs.tokenize_prompt(row)
        whole = tokenizer.decode(result["input_ids"])
        assert whole.removesuffix("<|im_end|>") == render(template, messages).removesuffix("<eos_token>")
        assert taught(tokenizer, result) == learnt


def test_a_format_of_the_configs_own(tokenizer):
    from axolotl.prompt_strategies.user_defined import UserDefinedDatasetConfig, load

    own = {
        "field_instruction": "x",
        "field_output": "y",
        "format": "[{instruction}|{input}]",
        "no_input_format": "[{instruction}]",
        "system_prompt": "own",
        "system_format": "<{system}>",
    }
    theirs = load(tokenizer, settings(), UserDefinedDatasetConfig(**own))
    layout = axolotl.layout({"type": own}, {}, where="x")
    for row in ({"x": "q", "y": "a"}, {"x": "q", "y": "a", "input": "i", "system": "S"}):
        turns, learnt = ours(layout, row)
        result = theirs.tokenize_prompt(row)
        messages = [{"role": role, "content": text} for role, text in turns]
        expected = tokenizer.decode(result["input_ids"]).removesuffix("<|im_end|>")
        assert render(layout.style.template, messages).removesuffix("<eos_token>") == expected
        assert taught(tokenizer, result) == learnt


@pytest.mark.parametrize(
    "kind",
    [
        "chatml.intel",
        "chatml.icr",
        "chatml.prompt_pairs",
        "chatml.ultra",
        "chatml.argilla_chat",
        "llama3.intel",
        "llama3.prompt_pairs",
    ],
)
def test_pairs_have_axolotls_bytes(kind):
    import importlib

    family, _, name = kind.partition(".")
    transform = getattr(importlib.import_module(f"axolotl.prompt_strategies.dpo.{family}"), name)(None)
    layout = axolotl.layout({"type": kind}, {"rl": "dpo"}, where="x")
    said = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    listed = name in ("ultra", "argilla_chat")
    for system in ({}, {"system": ""}, {"system": "S"}):
        row = {"prompt": "q", "input": "q", "question": "q", **system}
        row |= {"chosen": said if listed else "a", "rejected": said if listed else "b"}
        turns, learnt = ours(layout, row)
        made = transform(dict(row))
        messages = [{"role": role, "content": text} for role, text in turns]
        assert render(layout.style.template, messages) == made["prompt"] + made["chosen"]
        assert learnt == ["a"]
