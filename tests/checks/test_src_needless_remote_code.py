from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from checks.src.known_models import known_types, native_type
from tests.checks.source import expect, fixed, hits


def test_models_that_are_native():
    expect(
        "SRC010",
        """
        from datasets import load_dataset
        from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

        BASE = "Qwen/Qwen2.5-7B-Instruct"
        TRUST = True

        def load(path=BASE):
            return AutoTokenizer.from_pretrained(path, trust_remote_code=True)  # !

        def named():
            AutoModelForCausalLM.from_pretrained("gpt2", trust_remote_code=TRUST)  # !
            pipeline("text-generation", model=BASE, trust_remote_code=True)  # !
            LLM(model=BASE, trust_remote_code=True)  # !

        def merged(folder):
            where = str(folder / "merged")
            return AutoTokenizer.from_pretrained(where, trust_remote_code=True)  # !

        rows = load_dataset("allenai/ai2_arc", trust_remote_code=True)  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC010",
        """
        from transformers import AutoModelForCausalLM, AutoTokenizer

        def needed():
            AutoTokenizer.from_pretrained("some-lab/their-own-model", trust_remote_code=True)
            AutoTokenizer.from_pretrained("Qwen/Qwen-7B-Chat", trust_remote_code=True)

        def off():
            AutoTokenizer.from_pretrained("gpt2", trust_remote_code=False)

        def option(args):
            AutoTokenizer.from_pretrained("gpt2", trust_remote_code=args.trust_remote_code)
            AutoTokenizer.from_pretrained(args.model, trust_remote_code=True)

        def users(path):
            AutoModelForCausalLM.from_pretrained(path, trust_remote_code=True)

        def other():
            register("gpt2", trust_remote_code=True)
        """,
    )


def test_a_path_is_left_alone_where_a_foreign_model_is_named():
    text = (
        'BASE = "gpt2"\nOTHER = "lab/Foreign-7B-chat"\n'
        "AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)\n"
    )
    assert not hits("SRC010", text)
    assert hits("SRC010", text.replace("lab/Foreign-7B-chat", "openai-community/gpt2"))


@pytest.mark.parametrize(
    ("call", "mended"),
    [
        ('f.from_pretrained("gpt2", trust_remote_code=True)', 'f.from_pretrained("gpt2")'),
        (
            'f.from_pretrained("gpt2", trust_remote_code=True, revision="x")',
            'f.from_pretrained("gpt2", revision="x")',
        ),
        ('f.from_pretrained("gpt2", trust_remote_code=True,)', 'f.from_pretrained("gpt2", )'),
        (
            'f.from_pretrained(\n    "gpt2",\n    trust_remote_code=True,\n    revision="x",\n)',
            'f.from_pretrained(\n    "gpt2",\n    revision="x",\n)',
        ),
        (
            'f.from_pretrained(\n    "gpt2",\n    trust_remote_code=True\n)',
            'f.from_pretrained(\n    "gpt2"\n)',
        ),
        ('f.from_pretrained(trust_remote_code=True, model="gpt2")', 'f.from_pretrained(model="gpt2")'),
    ],
)
def test_fix_takes_the_option_out_and_nothing_else(call, mended):
    assert fixed("SRC010", f"x = {call}\ny = 1\n") == f"x = {mended}\ny = 1\n"


def test_no_fix_through_a_comment():
    text = 'f.from_pretrained(\n    "gpt2",  # small\n    trust_remote_code=True\n)\n'
    assert hits("SRC010", text)
    assert fixed("SRC010", text) == text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "llama"),
        ("Qwen/Qwen-7B", None),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_5_vl"),
        ("Qwen/Qwen1.5-MoE-A2.7B", None),
        ("microsoft/Phi-3-small-8k-instruct", None),
        ("anything", None),
    ],
)
def test_the_table(name, kind):
    assert native_type(name) == kind


@pytest.mark.train
def test_transformers_has_every_type_of_the_table():
    # Read off its file: importing transformers takes twenty seconds.
    spec = importlib.util.find_spec("transformers")
    if spec is None or spec.origin is None:
        pytest.skip("transformers is not installed")
    text = (Path(spec.origin).parent / "models" / "auto" / "auto_mappings.py").read_text(encoding="utf-8")
    pairs = re.findall(r'\("([\w.-]+)", "\w+Config"\)', text)
    assert len(pairs) > 100
    assert known_types() <= set(pairs)
