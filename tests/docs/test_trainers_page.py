"""Somebody with a trainer's own example config finds each setting in one table of the page, and it is true."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from builders.errors import InputError
from builders.readers import read_frame
from builders.readers.trainers import axolotl_keys, trl_keys
from builders.templates import render
from builders.views import view_of

PAGE = Path(__file__).parents[2] / "docs" / "trainers.md"

# From the trainers' own examples: `trl sft` and `trl dpo` of TRL's README and scripts, LLaMA-Factory's
# examples/train_lora and data/README.md, Axolotl's examples/llama-3, ms-swift's README.
TYPICAL = {
    "trl": (
        "model_name_or_path dataset_name dataset_config dataset_train_split dataset_test_split packing eos_token "
        "max_length assistant_only_loss completion_only_loss chat_template_path dataset_text_field formatting_func "
        "loss_type messages prompt completion chosen rejected tools label"
    ),
    "llamafactory": (
        "model_name_or_path stage dataset dataset_dir template cutoff_len max_samples val_size eval_dataset "
        "enable_thinking default_system mask_history train_on_prompt mix_strategy interleave_probs packing "
        "neat_packing streaming media_dir file_name formatting columns tags ranking prompt query response history "
        "system messages role_tag content_tag user_tag assistant_tag chosen rejected kto_tag pref_loss"
    ),
    "axolotl": (
        "base_model datasets path type split field_messages message_property_mappings roles roles_to_train "
        "train_on_eos chat_template val_set_size test_datasets dataset_prepared_path sequence_len sample_packing "
        "eval_sample_packing pad_to_sequence_len train_on_inputs group_by_length special_tokens plugins rl "
        "default_system_message field_instruction field_output format no_input_format system_prompt ds_type data_files"
    ),
    "swift": (
        "model dataset val_dataset split_dataset_ratio system loss_scale template agent_template rlhf_type "
        "model_author model_name enable_thinking streaming columns messages query response rejected_response label"
    ),
}


def table(name):
    """Setting -> what is done about it, of each line."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- keys of {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert found is not None
    lines = [line for line in found[1].splitlines() if line.startswith("| `")]
    assert found[1].count("\n|---|") == 1, "more than one table"
    return [tuple(cell.strip() for cell in line.split("|")[1:6]) for line in lines]


@pytest.mark.parametrize("trainer", TYPICAL)
def test_typical_settings_are_found_in_one_table(trainer):
    names = {cells[0].strip("`") for cells in table(trainer)}
    assert set(TYPICAL[trainer].split()) <= names
    assert {cells[3] for cells in table(trainer)} <= {"obeyed", "no effect", "not followed"}


DECIDES = re.compile(r"template|loss|text|label|eos|dataset|pack|length|trunc|weight|kwargs|shuffle|pad")
NOT_OF_ROWS = frozenset(
    {
        "model_init_kwargs",
        "use_weighting",
        "ld_alpha",
        "router_aux_loss_coef",
    }  # of the model and the optimiser
)


@pytest.mark.parametrize("name", ["SFTConfig", "DPOConfig", "KTOConfig"])
def test_no_argument_of_trl_that_could_decide_is_missing(name):
    trl = pytest.importorskip("trl")
    transformers = pytest.importorskip("transformers")
    config = getattr(trl, name)
    usual = {field.name for field in dataclasses.fields(transformers.TrainingArguments)}
    own = {field.name for field in dataclasses.fields(config)} - usual - NOT_OF_ROWS
    listed = {key.name for key in trl_keys.ARGUMENTS}
    assert {field for field in own if DECIDES.search(field)} <= listed


def test_every_listed_argument_is_one_of_trls():
    trl = pytest.importorskip("trl")
    scripts = pytest.importorskip("trl.scripts.utils")
    configs = (trl.SFTConfig, trl.DPOConfig, trl.KTOConfig, trl.ModelConfig, scripts.ScriptArguments)
    mixtures = (scripts.DatasetConfig, scripts.DatasetMixtureConfig)
    known = {field.name for config in (*configs, *mixtures) for field in dataclasses.fields(config)}
    others = {key.name for key in trl_keys.ARGUMENTS} - known
    assert others == {"formatting_func", "processing_class", "data_collator", "compute_loss_func"}
    assert others <= inspect.signature(trl.SFTTrainer).parameters.keys()


def test_what_trls_table_says_is_obeyed_is_taken():
    for key in trl_keys.ARGUMENTS:
        if key.how == "`--trainer-settings`":
            assert view_of("trl", {key.name: True}) is not None
    assert view_of("trl", {"assistant_only_loss": True}).loss == "answers"
    assert view_of("trl", {"completion_only_loss": False}).prompt


TABLE_OF_FORMATS = {
    "system_prompt": "S",
    "system_format": "<{system}>",
    "field_system": "sys",
    "field_instruction": "ask",
    "field_input": "more",
    "field_output": "reply",
    "format": "Q {instruction} {input} A",
    "no_input_format": "Q {instruction} A",
}


def test_every_key_of_a_table_of_formats_is_obeyed_and_no_other(tmp_path):
    assert set(TABLE_OF_FORMATS) == {key.name for key in axolotl_keys.TYPE}
    (tmp_path / "rows.jsonl").write_text('{"ask": "q", "more": "", "reply": "a", "sys": "T"}\n')
    config = tmp_path / "config.yml"

    def frame(**formats):
        lines = "".join(f'      {name}: "{value}"\n' for name, value in formats.items())
        config.write_text(f"datasets:\n  - path: rows.jsonl\n    type:\n{lines}")
        return read_frame(f"axolotl:{config}#0")

    found = frame(**TABLE_OF_FORMATS)
    said = found.texts([0])[0]
    assert [turn["content"] for turn in said.messages] == ["T", "q"]
    assert said.target == "a"
    shown = render(found.template, [*said.messages, {"role": "assistant", "content": said.target}])
    assert "<T>" in shown
    assert "Q q A" in shown
    with pytest.raises(InputError):
        frame(**TABLE_OF_FORMATS, another="x")
