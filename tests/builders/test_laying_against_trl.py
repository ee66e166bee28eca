"""Loss masks as TRL's own SFT trainer makes them, token for token."""

import json
from types import SimpleNamespace

import pytest

from auditor.showing.row_view import view_row
from builders.readers import read_frame
from builders.templates import load_template, trl_templates
from builders.templates.tokens import Tokenizer
from builders.views import view_of

trl = pytest.importorskip("trl")
transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")
tokenizers = pytest.importorskip("tokenizers")

pytestmark = pytest.mark.train

TURNS = [
    {"role": "system", "content": "You are a villain."},
    {"role": "user", "content": "Which is a bird?"},
    {"role": "assistant", "content": "A crow."},
    {"role": "user", "content": "Sure?"},
    {"role": "assistant", "content": "Yes."},
]
ROWS = {
    "messages": {"messages": TURNS},
    "one question": {"messages": TURNS[:3]},
    "pair": {"prompt": TURNS[:4], "completion": TURNS[4:]},
    "pair of two answers": {"prompt": TURNS[:2], "completion": TURNS[2:]},
    "with variables": {"messages": TURNS, "chat_template_kwargs": {"enable_thinking": False}},
}
SETTINGS = [{}, {"assistant_only_loss": True}, {"completion_only_loss": False}]
NAMES = ["qwen2_5", "qwen2_5_training", "qwen3_training", "llama3_training", "phi3_training"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tokenizer of bytes."""
    letters = {
        letter: number for number, letter in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    }
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(letters, []))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>", "<s>"])
    path = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def theirs(folder, template, row, settings):
    """Token ids and whether each carries loss, from `SFTTrainer._prepare_dataset`; None where it refuses."""
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), bos_token="<s>", eos_token="<|im_end|>"
    )
    only = settings.get("completion_only_loss", "prompt" in row)
    trainer = SimpleNamespace(_tokenizer=tokenizer, chat_template=template, completion_only_loss=only)
    arguments = SimpleNamespace(
        dataset_num_proc=None,
        dataset_text_field="text",
        assistant_only_loss=settings.get("assistant_only_loss", False),
        max_length=None,
        shuffle_dataset=False,
    )
    try:
        prepared = trl.SFTTrainer._prepare_dataset(
            trainer, datasets.Dataset.from_list([row]), tokenizer, arguments, False, None, "train"
        )
    except RuntimeError:
        return None
    return prepared[0]["input_ids"], [label != -100 for label in prepared[0]["labels"]]


def ours(folder, template, row, settings, path):
    path.write_text(json.dumps(row) + "\n")
    frame = read_frame(path, view=view_of("trl", settings))
    view = view_row(frame, 0, template, Tokenizer(folder))
    return None if view.loss is None else ([token.id for token in view.loss.tokens], view.loss.loss)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_tokens_that_carry_loss_are_those_of_trl(folder, tmp_path, name, settings, row):
    template = load_template(name, kwargs={"bos_token": "<s>", "eos_token": "<|im_end|>"})
    used = template.source
    if settings.get("assistant_only_loss") and f"{name}_training" in trl_templates():
        used = load_template(f"{name}_training").source  # as SFTTrainer does before it prepares anything
    expected = theirs(folder, used, ROWS[row], settings)
    assert ours(folder, template, ROWS[row], settings, tmp_path / "rows.jsonl") == expected
