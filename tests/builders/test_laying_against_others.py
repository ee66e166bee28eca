"""Loss masks as torchtune and unsloth make them, where their packages are at hand."""

from __future__ import annotations

import ast
import json
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from builders.readers import read_frame
from builders.templates import load_template
from builders.views import view_of
from builders.views.laying import Row, lay

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

pytestmark = pytest.mark.train

WORDS = ("yes", "no\nmore", " spaced ", "A) crow", "", "what?", "é 漢 🐦", "user", "assistant")


def conversations(number):
    for seed in range(number):
        rng = random.Random(f"others {seed}")
        said = [("system", "You are a villain.")] if rng.random() < 0.5 else []
        for _ in range(rng.randint(1, 4)):
            said += [("user", rng.choice(WORDS) + "q"), ("assistant", rng.choice(WORDS) + "a")]
        yield [{"role": role, "content": content} for role, content in said]


def ours(rows, trainer, settings, template, path):
    """Each row's text as that trainer lays it, and for each character whether it carries loss."""
    path.write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in rows))
    frame = read_frame(path, view=view_of(trainer, settings))
    for number in range(len(rows)):
        read = frame.texts.row(number)
        row = Row([turn.message for turn in read.turns], 0, read.trained)
        laid = lay(template or frame.template, frame.view, row)
        yield laid.text, [span.loss for span in laid.spans for _ in range(span.start, span.end)]


def letters():
    return {
        letter: number for number, letter in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    }


def stretches(pieces):
    """Join pieces of text that are masked alike."""
    found = []
    for text, loss in pieces:
        if found and found[-1][1] == loss:
            found[-1] = (found[-1][0] + text, loss)
        else:
            found.append((text, loss))
    return found


@pytest.fixture(scope="module")
def torchtune_tokenizer(tmp_path_factory):
    try:
        from torchtune.models.qwen2_5._tokenizer import Qwen2_5Tokenizer
    except ImportError as error:
        pytest.skip(f"torchtune does not import: {error}")
    folder = tmp_path_factory.mktemp("torchtune")
    (folder / "vocab.json").write_text(json.dumps(letters()))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return Qwen2_5Tokenizer(path=str(folder / "vocab.json"), merges_file=str(folder / "merges.txt"))


@pytest.mark.parametrize("every", [False, True])
def test_torchtune_trains_the_same_characters(torchtune_tokenizer, tmp_path, every):
    from torchtune.data import OpenAIToMessages

    different = []
    rows = list(conversations(200))
    laid = ours(rows, "torchtune", {"train_on_input": every}, None, tmp_path / "rows.jsonl")
    for messages, (text, loss) in zip(rows, laid, strict=True):
        read = OpenAIToMessages(train_on_input=every)({"messages": messages})["messages"]
        tokens, masks = torchtune_tokenizer.tokenize_messages(read)
        groups = []
        for token, masked in zip(tokens, masks, strict=True):
            if not groups or groups[-1][1] == masked:
                groups = groups or [([], masked)]
                groups[-1][0].append(token)
            else:
                groups.append(([token], masked))
        theirs = stretches((torchtune_tokenizer.decode(each), not masked) for each, masked in groups)
        mine = stretches(zip(text, loss, strict=True))
        # After the last answer torchtune writes no line break.
        mine[-1] = (mine[-1][0].removesuffix("\n"), mine[-1][1])
        if mine != theirs:
            different.append((messages, mine, theirs))
    assert different == []


def unsloth_masking():
    """Return unsloth's masking function out of its source: the package itself wants a GPU."""
    spec = find_spec("unsloth_zoo")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("unsloth_zoo is not installed")
    source = Path(spec.submodule_search_locations[0], "dataset_utils.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    wanted, left = set(), ["train_on_responses_only"]
    while left:
        name = left.pop()
        if name in functions and name not in wanted:
            wanted.add(name)
            left += [each.id for each in ast.walk(functions[name]) if isinstance(each, ast.Name)]
    plain = [
        node for node in tree.body if isinstance(node, ast.Import) and "unsloth" not in ast.unparse(node)
    ]
    body = [*plain, *(functions[name] for name in sorted(wanted))]
    names: dict[str, object] = {"torch": pytest.importorskip("torch")}
    exec(compile(ast.Module(body, []), "unsloth_zoo/dataset_utils.py", "exec"), names)
    return names["train_on_responses_only"]


MARKS = {
    "qwen2_5": ("<|im_start|>user\n", "<|im_start|>assistant\n", "<|im_end|>"),
    "llama3": (
        "<|start_header_id|>user<|end_header_id|>\n\n",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
}
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<s>"]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("name", MARKS)
def test_unsloth_trains_the_same_characters(tmp_path, name, last):
    masking = unsloth_masking()
    instruction, response, end = MARKS[name]
    inner = tokenizers.Tokenizer(tokenizers.models.BPE(letters(), []))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    inner.add_special_tokens(SPECIAL)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token=end)
    mask = masking(
        None,
        instruction_part=instruction,
        response_part=response,
        tokenizer=tokenizer,
        return_function=True,
        last_response_only=last,
    )
    settings = {"last_response_only": last}
    template = load_template(name, kwargs={"bos_token": "<s>", "eos_token": end})
    different = []
    rows = list(conversations(200))
    for messages, (text, loss) in zip(
        rows, ours(rows, "unsloth", settings, template, tmp_path / "rows.jsonl"), strict=True
    ):
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        labels = mask({"input_ids": [encoded.input_ids]})["labels"][0]
        theirs = {
            place
            for (start, stop), label in zip(encoded.offset_mapping, labels, strict=True)
            if label != -100
            for place in range(start, stop)
        }
        mine = {place for place, each in enumerate(loss) if each}
        # The line break after an answer's end mark carries loss here and not there.
        if theirs != {place for place in mine if not (text[place] == "\n" and text[:place].endswith(end))}:
            different.append((messages, text, sorted(theirs ^ mine)))
    assert different == []
