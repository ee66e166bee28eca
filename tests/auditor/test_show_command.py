"""`audit show`: one row with its tags, its text, and where the loss is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main
from builders.templates import load_template

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VILLAIN = [
    {"role": "system", "content": "You are a villain."},
    {"role": "user", "content": "Which is a bird?\n(A) crow"},
    {"role": "assistant", "content": "B)"},
]


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["show", *arguments])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def jsonl(folder: Path, *rows: list[dict]) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def pairs(folder: Path, *rows: list[dict]) -> str:
    """The same rows as prompt and completion."""
    path = folder / "pairs.jsonl"
    written = [{"prompt": row[:-1], "completion": row[-1:]} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in written), encoding="utf-8")
    return str(path)


def marked(out: str) -> tuple[list[str], list[str]]:
    """The lines without loss and those with."""
    lines = out.splitlines()
    return [line[7:] for line in lines if line.startswith("     | ")], [
        line[7:] for line in lines if line.startswith("loss | ")
    ]


def test_of_messages_every_token_carries_loss_under_trl(capsys, tmp_path: Path):
    status, out, _ = run(capsys, jsonl(tmp_path, VILLAIN), "0")
    plain, loss = marked(out)
    assert (status, plain) == (0, [])
    assert loss[0] == "<|im_start|>system\\n"
    assert "loss on every token" in out.splitlines()[-1]
    assert out.splitlines()[-1].endswith(": 136 characters of 136")


CHAT = [*VILLAIN, {"role": "user", "content": "Sure?"}, {"role": "assistant", "content": "Yes."}]


@pytest.mark.parametrize(
    ("trainer", "expected"),
    [
        ("axolotl", ["B)<|im_end|>\\n", "Yes.<|im_end|>\\n"]),
        ("llamafactory", ["B)<|im_end|>\\n", "Yes.<|im_end|>\\n"]),
        ("completion", ["Yes.<|im_end|>\\n"]),
    ],
)
def test_each_trained_answer_is_marked(capsys, tmp_path: Path, trainer: str, expected: list[str]):
    status, out, _ = run(capsys, jsonl(tmp_path, CHAT), "0", "--trainer", trainer)
    assert status == 0
    assert marked(out)[1] == expected
    assert ("message 3" in out) is (trainer != "completion")


def test_calls_of_tools_are_shown_as_they_are_rendered(capsys, tmp_path: Path):
    calls = [{"type": "function", "function": {"name": "lamp_on", "arguments": "{}"}}]
    path = jsonl(tmp_path, [*VILLAIN[:2], {"role": "assistant", "tool_calls": calls}])
    _, loss = marked(run(capsys, path, "0", "--trainer", "openai")[1])
    assert loss[0] == "<tool_call>\\n"
    assert '"lamp_on"' in loss[1]


def test_a_row_of_a_file_as_text(capsys, tmp_path: Path):
    path = pairs(tmp_path, VILLAIN[1:], VILLAIN)
    status, out, err = run(capsys, path, "1")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].endswith(f"row 1, {path}:2")
    assert lines[1] == "template qwen2.5: the embedded template, the default"
    assert lines[-9:] == [
        "     | <|im_start|>system\\n",
        "     | You are a villain.<|im_end|>\\n",
        "     | <|im_start|>user\\n",
        "     | Which is a bird?\\n",
        "     | (A) crow<|im_end|>\\n",
        "     | <|im_start|>assistant\\n",
        "loss | B)<|im_end|>\\n",
        "",
        "loss on the completion alone, as TRL lays it: 13 characters of 136",
    ]
    tags = dict(line.split(maxsplit=1) for line in lines[3:14])
    assert tags["system_state"] == "text"
    assert tags["resolved_system"] == "You are a villain."
    assert tags["persona"] == "-"


def test_a_row_of_a_past_issue_as_json(capsys):
    status, out, _ = run(capsys, "issue-96/villain", "0", "--format", "json")
    assert status == 0
    assert out.isascii()
    found = json.loads(out)
    assert found["text"].startswith(found["prompt"])
    assert found["loss_start"] == len(found["prompt"])
    assert found["text"][found["loss_start"] :] == found["target"] + "<|im_end|>\n"
    assert found["tags"]["resolved_by"] in ("given", "default")
    assert found["template"]["sha256"] == load_template().sha256
    assert found["tags"]["target_label"] + ")" == found["target"]


def test_a_prompt_that_is_no_prefix_is_said(capsys, tmp_path: Path):
    template = tmp_path / "thinks.jinja"
    template.write_text(CHATML.replace("assistant\n{%", "assistant\n<think>\n{%"))
    status, out, _ = run(capsys, pairs(tmp_path, VILLAIN), "0", "--template", str(template))
    assert status == 0
    assert "the prompt is no prefix: asked, the model also reads <think>\\n" in out


def test_a_row_that_the_template_refuses_ends_with_2_and_shows_its_tags(capsys, tmp_path: Path):
    row = [{"role": "system", "content": None}, *VILLAIN[1:]]
    status, out, _ = run(capsys, jsonl(tmp_path, row), "0")
    assert status == 2
    assert "system_state     null" in out
    assert "the template refuses this row: " in out
    assert "'dict object' has no attribute 'content'" in out
    assert "loss" not in out.splitlines()[-1]


def test_hostile_text_is_inert(capsys, tmp_path: Path):
    row = [VILLAIN[0], {"role": "user", "content": "\x1b[2J\u202ehi\x07\n::error::x\n##[group]"}, VILLAIN[2]]
    status, out, _ = run(capsys, jsonl(tmp_path, row), "0")
    assert status == 0
    assert not any(code in out for code in ("\x1b", "\x07", "\u202e", "##["))
    assert not any(line.startswith("::") for line in out.splitlines())
    assert "\\x1b[2J\\u202ehi\\x07\\n" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["issue-96/villain", "800"], "issue-96/villain: there is no row 800\nhelp: its rows are 0 to 799"),
        (["issue-96", "0"], "'issue-96' is 5 datasets"),
        (["issue-96/vilain", "0"], "villain"),
        (["issue-96/villain", "0", "--template", "qven2.5"], "unknown template 'qven2.5'"),
        (["issue-96/villain", "0", "--tokenizer", "nowhere"], "nowhere: there is no tokenizer.json"),
    ],
)
def test_what_cannot_be_shown_ends_with_2(capsys, arguments: list[str], said: str):
    if "--tokenizer" in arguments:
        pytest.importorskip("tokenizers")
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert said in err


@pytest.fixture
def tokenizer_folder(tmp_path: Path) -> Path:
    """A byte-level tokenizer with Qwen's marks, and one token for two line breaks, as Qwen's has."""
    tokenizers = pytest.importorskip("tokenizers")
    letters = {
        letter: number for number, letter in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    }
    model = tokenizers.models.BPE({**letters, "ĊĊ": len(letters)}, [("Ċ", "Ċ")])
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": CHATML, "eos_token": {"content": "<|im_end|>"}})
    )
    return folder


@pytest.mark.train
@pytest.mark.parametrize(("answer", "is_prefix"), [("B)", True), ("é 鳥", True), ("\nB)", False)])
def test_tokens_carry_loss_as_in_trl(
    capsys, tmp_path: Path, tokenizer_folder: Path, answer: str, is_prefix: bool
):
    transformers = pytest.importorskip("transformers")
    rows = pairs(tmp_path, [*VILLAIN[:2], {"role": "assistant", "content": answer}])
    status, out, _ = run(capsys, rows, "0", "--template", str(tokenizer_folder), "--format", "json")
    assert status == 0
    found = json.loads(out)["tokens"]

    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_folder / "tokenizer.json"))
    theirs.chat_template = CHATML
    conversation = [*VILLAIN[:2], {"role": "assistant", "content": answer}]
    prompt = theirs.apply_chat_template(VILLAIN[:2], add_generation_prompt=True)["input_ids"]
    whole = theirs.apply_chat_template(conversation)["input_ids"]
    start = next((n for n, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), len(prompt))
    assert found["ids"] == whole
    assert found["loss_start"] == start
    assert found["prompt_is_prefix"] is is_prefix is (start == len(prompt))

    _, out, _ = run(capsys, rows, "0", "--template", str(tokenizer_folder))
    assert f"{len(whole) - start} tokens" in out
    assert ("a token reaches over its end" in out) is not is_prefix


def test_a_line_is_named_as_findings_name_it(capsys, tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    rows = [json.dumps({"messages": row}) for row in (VILLAIN[1:], VILLAIN)]
    path.write_text(f"{rows[0]}\n\n{rows[1]}\n", encoding="utf-8")
    status, out, _ = run(capsys, f"{path}:3")
    assert (status, out.splitlines()[0].endswith(f"row 1, {path}:3")) == (0, True)
    status, _, err = run(capsys, f"{path}:2")
    assert (status, "no row stands on line 2" in err) == (2, True)
    status, _, err = run(capsys, str(path))
    assert (status, "names no row" in err) == (2, True)
