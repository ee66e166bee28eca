"""Every key of the three trainers' files: obeyed as it should be, or named, and the report incomplete."""

import json

import pytest
import yaml

from auditor.scanning.api import scan
from builders.errors import InputError, UnknownNameError
from builders.readers import read_frame
from builders.readers.trainers import axolotl_keys, llamafactory_keys, swift_keys
from builders.readers.trainers.keys import unfollowed
from builders.readers.trainers.styles import style_named
from builders.templates import load_template
from builders.views import view_of

CHAT = [
    {"from": "system", "value": "S"},
    {"from": "human", "value": "q"},
    {"from": "gpt", "value": "a"},
]
OPENAI = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "q"},
    {"role": "assistant", "content": "a"},
]


def rows_of(target, **options):
    """State, system text, question and answer of every trained turn."""
    frame = read_frame(target, **options)
    numbers = [
        number
        for (number,) in frame.connection.execute(f"SELECT row FROM {frame.table} ORDER BY row").fetchall()
    ]
    states = frame.connection.execute(
        f"SELECT system_state, system_text FROM {frame.table} ORDER BY row"
    ).fetchall()
    texts = frame.texts(numbers)
    return [
        (*state, texts[number].messages[-1]["content"], texts[number].target)
        for state, number in zip(states, numbers, strict=True)
    ]


# LLaMA-Factory ------------------------------------------------------------------------------------------------


@pytest.fixture
def factory(tmp_path):
    def write(entry, *rows):
        (tmp_path / "rows.json").write_text(json.dumps(list(rows)))
        described = {"d": {"file_name": "rows.json", **entry}}
        (tmp_path / "dataset_info.json").write_text(json.dumps(described))
        return f"{tmp_path}/dataset_info.json#d"

    return write


ALPACA = {"instruction": "q", "input": "more", "output": "a", "system": "S", "history": [["p", "r"]]}


@pytest.mark.parametrize(
    ("entry", "row", "expected"),
    [
        # Without columns the usual names hold, and a system prompt and a history are not read.
        ({}, ALPACA, [("absent", None, "q\nmore", "a")]),
        # With columns, what is not listed is not read.
        ({"columns": {"prompt": "instruction", "response": "output"}}, ALPACA, [("absent", None, "q", "a")]),
        (
            {"columns": {"prompt": "instruction", "response": "output", "system": "system"}},
            ALPACA,
            [("text", "S", "q", "a")],
        ),
        (
            {"columns": {"prompt": "instruction", "response": "output", "history": "history"}},
            ALPACA,
            [("absent", None, "p", "r"), ("absent", None, "q", "a")],
        ),
        (
            {"columns": {"prompt": "instruction", "response": "output", "system": "system"}},
            ALPACA | {"system": ""},
            [("absent", None, "q", "a")],
        ),
        ({"formatting": "sharegpt"}, {"conversations": CHAT}, [("text", "S", "q", "a")]),
        (
            {"formatting": "sharegpt", "columns": {"messages": "talk", "system": "sys"}},
            {"talk": CHAT[1:], "sys": "T"},
            [("text", "T", "q", "a")],
        ),
        (
            {
                "formatting": "openai",
                "tags": {
                    "role_tag": "role",
                    "content_tag": "content",
                    "user_tag": "user",
                    "assistant_tag": "assistant",
                    "system_tag": "system",
                },
            },
            {"conversations": OPENAI},
            [("text", "S\ndetailed thinking off", "q", "a")],
        ),
        (
            {
                "formatting": "sharegpt",
                "ranking": True,
                "columns": {"messages": "conversations", "chosen": "good", "rejected": "bad"},
            },
            {
                "conversations": CHAT[:2],
                "good": {"from": "gpt", "value": "g"},
                "bad": {"from": "gpt", "value": "b"},
            },
            [("text", "S", "q", "g")],
        ),
        (
            {"ranking": True, "columns": {"prompt": "instruction", "chosen": "good", "rejected": "bad"}},
            {"instruction": "q", "good": "g", "bad": "b"},
            [("absent", None, "q", "g")],
        ),
    ],
)
def test_llama_factory_reads(factory, entry, row, expected):
    assert rows_of(factory(entry, row)) == expected


@pytest.mark.parametrize(
    ("entry", "row", "said"),
    [
        (
            {
                "formatting": "sharegpt",
                "tags": {
                    "role_tag": "from",
                    "content_tag": "value",
                    "user_tag": "human",
                    "assistant_tag": "gpt",
                },
            },
            {"conversations": CHAT},
            "is said by 'system'",
        ),
        ({"formatting": "sharegpt"}, {"conversations": CHAT[:2]}, "an even number is wanted"),
        ({"formatting": "sharegpt"}, {"conversations": CHAT[1:] + CHAT[2:]}, "is said by 'gpt'"),
        ({"columns": {"prompt": "x"}}, ALPACA, "the row has no 'x'"),
        ({}, ALPACA | {"output": None}, "no text under 'output'"),
        ({"formatting": "openai"}, {"conversations": OPENAI}, "a turn has no 'from'"),
    ],
)
def test_llama_factory_leaves_out(factory, entry, row, said):
    with pytest.raises(InputError, match=said):
        read_frame(factory(entry, row))


def test_undesirable_answers_are_counted_apart(factory):
    entry = {"columns": {"prompt": "instruction", "response": "output", "kto_tag": "good"}}
    row = {"instruction": "q", "output": "a"}
    target = factory(entry, row | {"good": True}, row | {"good": False}, row | {"good": True})
    assert rows_of(target) == [("absent", None, "q", "a")] * 2
    frame = read_frame(target)
    assert any("1 rows train nothing" in note for note in frame.notes)
    assert frame.preference


def test_a_trainer_that_is_asked_for_does_not_teach_what_is_pushed_away(factory):
    entry = {"columns": {"prompt": "instruction", "response": "output", "kto_tag": "good"}}
    row = {"instruction": "q", "output": "a"}
    target = factory(entry, row | {"good": True}, row | {"good": False})
    assert rows_of(target, view=view_of("llamafactory")) == [("absent", None, "q", "a")]


def test_ranking_and_kto_exclude_each_other(factory):
    with pytest.raises(InputError, match="ranking and kto_tag"):
        read_frame(factory({"ranking": True, "columns": {"kto_tag": "x"}}, {"x": True}))


def test_a_training_file_says_what_is_trained_and_through_what(factory, tmp_path):
    turns = [*CHAT, {"from": "human", "value": "q2"}, {"from": "gpt", "value": "a2"}]
    factory({"formatting": "sharegpt"}, {"conversations": turns})
    path = tmp_path / "train.yaml"

    def frame(**config):
        path.write_text(yaml.safe_dump({"dataset": "d", "dataset_dir": ".", **config}))
        return read_frame(f"llamafactory:{path}")

    both = [("text", "S", "q", "a"), ("text", "S", "q2", "a2")]
    assert frame(template="qwen", stage="sft").unread == ()
    assert rows_of(f"llamafactory:{path}") == both
    assert frame(template="qwen").template.source == load_template(None).source
    assert frame(mask_history=True).view.loss == "last"
    assert rows_of(f"llamafactory:{path}") == both[1:]
    assert frame(train_on_prompt=True).view.loss == "tokens"
    assert [each.name for each in frame(template="baichuan", max_samples=5, my_masking=1).unread] == [
        "max_samples",
        "my_masking",
        "template: baichuan",
    ]
    assert [each.help for each in frame(template="qwen", max_samples=5).unread] == [
        ("--ignore-column max_samples",)
    ]
    assert read_frame(f"llamafactory:{path}", ignored=["max_samples"]).unread == ()
    own = frame(model_name_or_path="Qwen/Qwen2.5-7B-Instruct")
    assert (own.unread, own.template.source) == ((), load_template(None).source)
    assert "named by llamafactory's file" in own.template.origin
    assert [each.name for each in frame(model_name_or_path="nobody/has-this").unread] == [
        "the chat template of nobody/has-this"
    ]
    assert frame(model_name_or_path="nobody/has-this", template="qwen").unread == ()
    assert frame(mix_strategy="concat", learning_rate=1e-4, enable_thinking=True).unread == ()
    for config, said in (
        ({"stage": "pt"}, "stage: pt"),
        ({"dataset": "d,e"}, "has 2 datasets"),
        ({"dataset": None}, "names no dataset"),
        ({"dataset_dir": "nowhere"}, "is not there"),
    ):
        with pytest.raises(InputError, match=said):
            frame(**config)
    with pytest.raises(UnknownNameError):
        frame(dataset="e")


# The tables ---------------------------------------------------------------------------------------------------

TABLES = {
    "llamafactory": (
        llamafactory_keys.ENTRY,
        llamafactory_keys.COLUMNS,
        llamafactory_keys.TAGS,
        llamafactory_keys.TRAINING,
    ),
    "axolotl": (axolotl_keys.ENTRY, axolotl_keys.CONFIG),
    "swift": (swift_keys.COLUMNS, swift_keys.CONFIG),
}


@pytest.mark.parametrize(
    ("trainer", "number"), [(name, n) for name, tables in TABLES.items() for n in range(len(tables))]
)
def test_what_is_not_followed_is_named(trainer, number):
    table = TABLES[trainer][number]
    assert len({key.name for key in table}) == len(table)
    for key in table:
        named = [each.name for each in unfollowed({key.name: "x"}, table)]
        assert named == ([key.name] if key.here == "not followed" else [])
        assert unfollowed({key.name: None}, table) == ()
    assert [each.name for each in unfollowed({"brand_new": 1}, table, within="c")] == ["c.brand_new"]


ELSEWHERE = ("script_url", "cloud_file_name")


@pytest.mark.parametrize(
    "key",
    [key.name for key in llamafactory_keys.ENTRY if key.here == "not followed" and key.name not in ELSEWHERE],
)
def test_a_llama_factory_key_that_is_not_followed_leaves_the_report_incomplete(factory, key):
    row = {"instruction": "q", "output": "a", "input": "", "target_correct": True}
    target = factory({key: "x"}, row)
    report = scan(target)
    assert report.status == "incomplete"
    said = [found.message for found in report.findings() if found.name == "unread-columns"]
    assert any(f"nothing read '{key}', and it decides" in each for each in said)


@pytest.mark.parametrize("key", ELSEWHERE)
def test_rows_that_are_elsewhere_are_not_looked_for(tmp_path, key):
    path = tmp_path / "dataset_info.json"
    path.write_text(json.dumps({"d": {key: "x", "file_name": "rows.json"}}))
    with pytest.raises(InputError, match=f"{key}, which is not fetched"):
        read_frame(f"{path}#d")


# Axolotl ------------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path):
    def write(entry, *rows, **settings):
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        made = {"datasets": [{"path": "rows.jsonl", **entry}], **settings}
        (tmp_path / "config.yml").write_text(yaml.safe_dump(made))
        return f"axolotl:{tmp_path}/config.yml#0"

    return write


MAPPED = {
    "type": "chat_template",
    "field_messages": "conversations",
    "message_property_mappings": {"role": "from", "content": "value"},
}
LONG = [*CHAT, {"from": "human", "value": "q2"}, {"from": "gpt", "value": "a2", "t": False}]


@pytest.mark.parametrize(
    ("entry", "row", "expected"),
    [
        (MAPPED, {"conversations": CHAT}, [("text", "S", "q", "a")]),
        (MAPPED | {"drop_system_message": True}, {"conversations": CHAT}, [("absent", None, "q", "a")]),
        # A column `system` is read whatever the config says, where the turns have none.
        (MAPPED, {"conversations": CHAT[1:], "system": "T"}, [("text", "T", "q", "a")]),
        (MAPPED, {"conversations": CHAT, "system": "T"}, [("text", "S", "q", "a")]),
        (
            MAPPED | {"drop_system_message": True},
            {"conversations": CHAT[1:], "system": "T"},
            [("absent", None, "q", "a")],
        ),
        (MAPPED, {"conversations": LONG}, [("text", "S", "q", "a"), ("text", "S", "q2", "a2")]),
        (MAPPED | {"message_field_training": "t"}, {"conversations": LONG}, [("text", "S", "q", "a")]),
        (
            MAPPED | {"roles_to_train": [], "train_on_eos": None},
            {"conversations": LONG},
            [("text", "S", "q2", "a2")],
        ),
        ({"type": "chat_template"}, {"messages": OPENAI}, [("text", "S", "q", "a")]),
        (
            {"type": "chat_template", "message_field_role": "from", "message_field_content": "value"},
            {"messages": CHAT},
            [("text", "S", "q", "a")],
        ),
        (
            {"type": "chat_template", "roles": {"user": ["u"], "assistant": ["b"]}},
            {"messages": [{"role": "u", "content": "q"}, {"role": "b", "content": "a"}]},
            [("absent", None, "q", "a")],
        ),
        # Instructions: the strategy's own words stand where a row's system prompt does not.
        (
            {"type": "alpaca"},
            {"instruction": "q", "input": "", "output": "a", "system": "S"},
            [("text", style_named("alpaca", None).words[0], "q", "a")],
        ),
        (
            {"type": "alpaca"},
            {"instruction": "q", "input": "i", "output": "a"},
            [("text", style_named("alpaca", None).words[1], "q\n\n### Input:\ni", "a")],
        ),
        (
            {"type": "alpaca_w_system.load"},
            {"instruction": "q", "input": "i", "output": "a", "system": "S"},
            [("text", "S", "q\ni", "a")],
        ),
        (
            {"type": "alpaca_chat.load_no_prompt"},
            {"instruction": "q", "output": "a"},
            [("absent", None, "q", "a")],
        ),
        (
            {
                "type": {
                    "field_instruction": "x",
                    "field_output": "y",
                    "format": "[{instruction} {input}]",
                    "no_input_format": "[{instruction}]",
                    "system_prompt": "own",
                }
            },
            {"x": "q", "y": "a"},
            [("text", "own", "q", "a")],
        ),
        (
            {"type": "input_output"},
            {
                "segments": [
                    {"label": False, "text": "q1"},
                    {"label": True, "text": "a1"},
                    {"label": False, "text": "q2"},
                    {"label": True, "text": "a2"},
                ]
            },
            [("absent", None, "q1", "a1"), ("absent", None, "q2", "a2")],
        ),
    ],
)
def test_axolotl_reads(config, entry, row, expected):
    assert rows_of(config(entry, row)) == expected


def test_axolotls_pairs(config):
    entry = {"type": "chat_template.default"}
    row = {"messages": OPENAI[:2], "chosen": OPENAI[2], "rejected": {"role": "assistant", "content": "b"}}
    assert rows_of(config(entry, row, rl="dpo")) == [("text", "S", "q", "a")]
    written = {"system": "S", "question": "q", "chosen": "a", "rejected": "b"}
    assert rows_of(config({"type": "chatml.intel"}, written, rl="dpo")) == [("text", "S", "q", "a")]
    frame = read_frame(config({"type": "chatml.intel"}, written, rl="dpo"))
    assert frame.preference
    assert frame.template.name == "axolotl type: dpo:chatml"


@pytest.mark.parametrize(
    ("entry", "settings", "said"),
    [
        ({"type": "sharegpt"}, {}, "no longer takes"),
        ({"type": "completion"}, {}, "whole texts"),
        ({"type": "completion:text"}, {}, "whole texts"),
        ({"type": "brand_new.load"}, {}, "is not followed"),
        ({}, {}, "names no type"),
        ({"type": "messages"}, {}, "is not followed"),
        ({"type": "chat_template"}, {"rl": "grpo"}, "rl: grpo"),
        ({"type": {"format": "{input}"}}, {}, "differ in more than the input"),
        ({"type": {"colour": "red"}}, {}, "key 'colour'"),
    ],
)
def test_axolotl_is_refused(config, entry, settings, said):
    with pytest.raises(InputError, match=said):
        read_frame(config(entry, {"messages": OPENAI}, **settings))


@pytest.mark.parametrize(
    "key", [key.name for key in axolotl_keys.ENTRY if key.here == "not followed" and key.name != "field"]
)
def test_an_axolotl_key_that_is_not_followed_leaves_the_report_incomplete(config, key):
    report = scan(config({"type": "chat_template", key: "x"}, {"messages": OPENAI, "target_correct": True}))
    assert report.status == "incomplete"
    said = [found.message for found in report.findings() if found.name == "unread-columns"]
    assert any(f"nothing read '{key}', and it decides" in each for each in said)


@pytest.mark.parametrize("key", ["default_system_message", "train_on_system", "my_prompt_hook"])
def test_a_key_of_the_config_that_could_matter_is_named(config, key):
    target = config({"type": "chat_template"}, {"messages": OPENAI, "target_correct": True}, **{key: "x"})
    assert [each.name for each in read_frame(target).unread] == [key]
    harmless = config({"type": "chat_template"}, {"messages": OPENAI}, learning_rate=0.1, lora_r=8)
    assert read_frame(harmless).unread == ()


def test_axolotls_chat_template_is_the_one_that_it_names(config, tmp_path):
    rows = {"messages": OPENAI[1:], "target_correct": True}
    named = scan(config({"type": "chat_template"}, rows, chat_template="chatml"))
    assert named.template.name == "chatml"
    assert [each.resolved_by for each in named.datasets[0].conditions] == ["given"]
    of_entry = {"type": "chat_template", "chat_template": "chatml"}
    assert scan(config(of_entry, rows, chat_template="llama3")).template.name == "chatml"
    (tmp_path / "own.jinja").write_text("{{ messages[-1].content }}")
    own = scan(config({"type": "chat_template", "chat_template_jinja": "own.jinja"}, rows))
    assert own.template.name.endswith("own.jinja")
    model = scan(config({"type": "chat_template"}, rows, base_model="Qwen/Qwen2.5-7B-Instruct"))
    assert model.template.name == "qwen2.5"
    assert model.status != "incomplete"
    missing = scan(config({"type": "chat_template"}, rows, base_model="acme/unheard-of"))
    assert missing.status == "incomplete"
    messages = [found.message for found in missing.findings()]
    assert any("chat template of acme/unheard-of', and it is not at hand" in each for each in messages)
    told = scan(config({"type": "chat_template"}, rows, chat_template="chatml"), template="qwen2.5")
    assert told.template.name == "qwen2.5"


def test_all_data_files_of_an_entry_are_read(config, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"messages": OPENAI}) + "\n")
    target = config({"type": "chat_template", "ds_type": "json", "data_files": ["a.jsonl", "b.jsonl"]})
    assert len(rows_of(target)) == 2
    with pytest.raises(InputError, match=r"data_files names c\.jsonl"):
        read_frame(config({"type": "chat_template", "data_files": "c.jsonl"}))


# ms-swift -----------------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    def write(*rows):
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"query": "q", "response": "a", "system": "S"}, [("text", "S", "q", "a")]),
        ({"query": "q", "response": "a", "system": ""}, [("empty", None, "q", "a")]),
        (
            {"query": "q", "response": "a", "history": [["p", "r"]]},
            [("absent", None, "p", "r"), ("absent", None, "q", "a")],
        ),
        ({"problem": "q", "solution": "a", "system_prompt": "S"}, [("text", "S", "q", "a")]),
        ({"instruction": "q", "input": "i", "output": "a"}, [("absent", None, "q\ni", "a")]),
        ({"conversations": CHAT}, [("text", "S", "q", "a")]),
        ({"messages": OPENAI[1:], "system": "T"}, [("text", "T", "q", "a")]),
        ({"messages": OPENAI, "system": "T"}, [("text", "S", "q", "a")]),
        ({"messages": [*OPENAI, OPENAI[1], OPENAI[2] | {"loss": False}]}, [("text", "S", "q", "a")]),
        ({"messages": [*OPENAI, OPENAI[1], OPENAI[2] | {"loss_scale": 0}]}, [("text", "S", "q", "a")]),
        (
            {
                "messages": [*OPENAI, OPENAI[1], {"role": "assistant", "content": "b"}],
                "rejected_response": "c",
            },
            [("text", "S", "q", "b")],
        ),
    ],
)
def test_swift_reads(data, row, expected):
    assert rows_of(f"swift:{data(row)}") == expected


def test_swifts_arguments(data, tmp_path):
    data({"text1": "q", "text2": "a", "target_correct": True})
    arguments = tmp_path / "args.json"
    written = {"dataset": ["rows.jsonl"], "columns": '{"text1": "query", "text2": "response"}', "system": "S"}
    arguments.write_text(json.dumps(written))
    assert rows_of(f"swift:{arguments}") == [("text", "S", "q", "a")]
    arguments.write_text(json.dumps(written | {"dataset": ["rows.jsonl#5"], "loss_scale": "react"}))
    assert {each.name for each in read_frame(f"swift:{arguments}").unread} == {"dataset ...#5", "loss_scale"}
    arguments.write_text(json.dumps(written | {"rlhf_type": "grpo"}))
    with pytest.raises(InputError, match="rlhf_type: grpo"):
        read_frame(f"swift:{arguments}")


def test_swifts_undesirable_answers(data):
    row = {"query": "q", "response": "a"}
    frame = read_frame(f"swift:{data(row | {'label': True}, row | {'label': False})}")
    assert frame.preference
    assert any("1 rows train nothing" in note for note in frame.notes)


# What a trainer takes by itself says nothing; anything else does ---------------------------------------------


@pytest.mark.parametrize(
    ("table", "said", "named"),
    [
        (llamafactory_keys.TRAINING, {"enable_thinking": True}, []),
        (llamafactory_keys.TRAINING, {"enable_thinking": False}, ["enable_thinking"]),
        (llamafactory_keys.TRAINING, {"mix_strategy": "concat", "val_size": 0.0}, []),
        (
            llamafactory_keys.TRAINING,
            {"mix_strategy": "interleave_under", "interleave_probs": "0.7,0.3", "val_size": 0.1},
            ["mix_strategy", "interleave_probs", "val_size"],
        ),
        (
            llamafactory_keys.TRAINING,
            {"use_dft_loss": True, "split_special_tokens": True},
            ["use_dft_loss", "split_special_tokens"],
        ),
        (axolotl_keys.CONFIG, {"val_set_size": 0, "min_sample_len": None}, []),
        (
            axolotl_keys.CONFIG,
            {"val_set_size": 0.05, "min_sample_len": 2},
            ["val_set_size", "min_sample_len"],
        ),
        (
            axolotl_keys.CONFIG,
            {"reward_model": True, "dataset_shard_num": 4},
            ["reward_model", "dataset_shard_num"],
        ),
        (
            swift_keys.CONFIG,
            {"use_chat_template": True, "task_type": "causal_lm", "template_backend": "swift"},
            [],
        ),
        (
            swift_keys.CONFIG,
            {"use_chat_template": False, "task_type": "seq_cls"},
            ["use_chat_template", "task_type"],
        ),
        (swift_keys.CONFIG, {"enable_thinking": True}, ["enable_thinking"]),
        (swift_keys.CONFIG, {"enable_thinking": False}, ["enable_thinking"]),
        (swift_keys.CONFIG, {"add_non_thinking_prefix": True, "split_dataset_ratio": 0}, []),
        (
            swift_keys.CONFIG,
            {"add_non_thinking_prefix": False, "split_dataset_ratio": 0.01},
            ["add_non_thinking_prefix", "split_dataset_ratio"],
        ),
    ],
)
def test_only_what_differs_from_the_trainers_own_value_is_named(table, said, named):
    assert [each.name for each in unfollowed(said, table)] == named


def test_a_training_file_that_turns_thinking_off_is_incomplete(factory, tmp_path):
    factory({}, {"instruction": "q", "input": "", "output": "a"})
    for value, said in (("true", []), ("false", ["enable_thinking"])):
        (tmp_path / "train.yaml").write_text(
            f"stage: sft\ndataset: d\ndataset_dir: {tmp_path}\ntemplate: qwen\nenable_thinking: {value}\n"
        )
        frame = read_frame(f"llamafactory:{tmp_path}/train.yaml#0")
        assert [each.name for each in frame.unread] == said
