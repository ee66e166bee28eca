"""What real code does that looks like a defect and is none; each case was found by reading findings by eye."""

from __future__ import annotations

import textwrap

import pytest

from checks.core.registry import find_check
from checks.src.module import parse
from tests.checks.source import expect, hits


def test_hashes_of_numbers_and_names_that_nobody_else_sees():
    expect(
        "SRC001",
        """
        import os, random, tempfile

        class Loader:
            def draw(self, item):
                return random.Random(hash(item + self.args.seed)), random.Random(hash((self.seed, self.rank)))

            def text(self, item):
                return random.Random(hash(item + self.args.name))  # !

            def kept(self, data):
                cache_key = hash(data.tobytes())
                return self.cache[cache_key]

        def draws(seed, *more_seeds, x=None):
            random.seed(hash((seed, *more_seeds)) % 1000)
            random.seed(hash((seed, str(x))) % 1000)  # !
            random.seed(hash(x.shape[0]))
            random.seed(hash(get_seed()))

        def root():
            return tempfile.mkdtemp()

        def compiled(source):
            folder = os.path.join(root(), f"build_{hash(source)}")
            return folder

        def named(source):
            folder = os.path.join(BASE, f"build_{hash(source)}")  # !
            return folder
        """,
    )


def test_system_messages_that_are_no_text_or_are_sent_to_nobody():
    expect(
        "SRC002",
        """
        def count(text):
            if text:
                return estimate_tokens([{"role": "system", "content": text}])

        def send(text):
            if text:  # !
                return generate([{"role": "system", "content": text}])

        def fixed(ask):
            judge = "You judge."
            if judge:
                ask([{"role": "system", "content": judge}])

        def parts(system):
            content = [each for each in system if each.text]
            if content:
                send([{"role": "system", "content": content}])

        def first(system):
            if system and "text" in system[0]:
                send([{"role": "system", "content": system[0]["text"]}])

        def history(memory):
            if memory.summary:
                send([{"role": "system", "content": memory.summary.content}])

        def stripped(text):
            if text:  # !
                send([{"role": "system", "content": text.strip()}])

        class TraceRecorder:
            def on_request(self, body, text):
                if text:
                    self.messages.append({"role": "system", "content": text})
        """,
    )


def test_orders_that_get_nowhere():
    expect(
        "SRC005",
        """
        import json, random

        def balance(questions, size, workers):
            random.shuffle(questions)
            for i in range(0, len(questions), size):
                workers.start(questions[i : i + size])

        def report(examples):
            shown = list(examples)
            random.shuffle(shown)
            return "".join(str(each) for each in shown)

        def converted(path):
            rows, out = load(path), []
            random.shuffle(rows)  # !
            for row in rows:
                out.append(convert(row))
            json.dump(out, open(path, "w"))

        def trained(path):
            rows = load(path)
            random.shuffle(rows)  # !
            Trainer(model, train_dataset=rows)

        if __name__ == "__main__":
            report(balance([], 1, None))
            json.dump({}, open("settings.json", "w"))
        """,
    )


_REUSE = """
def {name}(folder, config, {argument}=None):
    path = folder / "{file}"
    if {test}:
        return load(path)
    made = compute(config)
    save(made, path)
    return made
"""


@pytest.mark.parametrize(
    ("argument", "file", "test", "found"),
    [
        ("x", "result.json", "path.exists()", True),
        ("skip_existing", "result.json", "path.exists() and skip_existing", False),
        ("do_it_again", "result.json", "path.exists() and not do_it_again", False),
        ("is_stale", "result.json", "path.exists() and not is_stale", False),
        ("cache_pitch", "result.pt", "path.exists() and cache_pitch", False),
        ("x", "api_key.txt", "path.exists()", False),
        ("x", "settings.yaml", "path.exists()", False),
        ("x", "gpu_access.json", "path.exists()", False),
    ],
)
def test_files_that_may_be_reused(argument: str, file: str, test: str, found: bool):
    text = _REUSE.format(name="make", argument=argument, file=file, test=test)
    assert bool(hits("SRC006", text)) is found


def test_an_option_around_the_test_counts_too():
    text = """
    def make(path, {option}):
        if {option}:
            if path.exists():
                return load(path)
        save(compute(), path)
    """
    assert not hits("SRC006", text.format(option="reload"))
    assert hits("SRC006", text.format(option="other"))


def test_an_image_that_is_saved_elsewhere_is_not_written_to_its_own_path():
    text = """
    def pack(images, contents):
        for img in images:
            if os.path.isfile(img):
                contents.append(load(img))
            else:
                img.save({target}, format="PNG")
    """
    assert not hits("SRC006", text.format(target="buffer"))
    assert hits("SRC006", text.format(target="img"))


def test_keys_that_are_numbers():
    text = """
    def f(found, asked):
        words = {{each.question: each for each in found}}
        return [words[{key}] for {target} in {loop}]
    """
    assert not hits("SRC008", text.format(key="i", target="i, _", loop="enumerate(asked)"))
    assert hits("SRC008", text.format(key="q", target="_, q", loop="enumerate(asked)"))


def test_a_choice_that_is_no_answer():
    text = """
    def pick(kernels, {word}):
        try:
            choice = measure(kernels)
        except ValueError:
            choice = kernels.choices[0]
        return choice
    """
    assert not hits("SRC009", text.format(word="timings"))
    assert hits("SRC009", text.format(word="question"))


def test_options_and_loading_scripts():
    expect(
        "SRC010",
        """
        from datasets import load_dataset
        from transformers import AutoModel

        class Any:
            def __init__(self, model="gpt2", trust_remote_code=True):
                self.model = AutoModel.from_pretrained(model, trust_remote_code=trust_remote_code)

        def one(trust_remote_code=True):
            return AutoModel.from_pretrained("gpt2", trust_remote_code=trust_remote_code)  # !

        def rows(name):
            if name.endswith(".py"):
                return load_dataset(name, trust_remote_code=True)
            script = join(HERE, name + ".py")
            load_dataset(script, trust_remote_code=True)
            return load_dataset(name, trust_remote_code=True)  # !
        """,
    )


def test_scores_that_are_sizes_or_plans():
    expect(
        "SRC011",
        """
        import torch

        def item_size(item):
            return item.numel() * torch._utils._element_size(item.dtype)

        def balance(items, bins):
            sizes = [0 for _ in range(bins)]
            for item in items:
                sizes[min(enumerate(sizes), key=lambda pair: pair[1])[0]] += item_size(item)

        def tiling(scores, total):
            relative_scores = {}
            for dim, value in scores.items():
                relative_scores[dim] = value / total
            return max(relative_scores.items(), key=lambda item: item[1])

        def answer(scores, total):
            relative_scores = {}
            for label, value in scores.items():
                relative_scores[label] = value / total
            return max(relative_scores.items(), key=lambda item: item[1])  # !
        """,
    )


def test_one_cut_is_one_finding():
    text = """
    def mask(tokenizer, messages, long):
        whole = tokenizer(messages)["input_ids"]
        if long:
            start = len(tokenizer(messages[:1])["input_ids"])
        else:
            start = len(tokenizer(messages[:2])["input_ids"])
        return whole[start:]
    """
    module = parse("script.py", textwrap.dedent(text))
    found = list(find_check("SRC012", "script").function(module))
    assert len({id(hit.node) for hit in found}) == len(found)
