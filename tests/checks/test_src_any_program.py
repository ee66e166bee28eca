"""What holds for every source check on any program: no crash, mends that parse, findings that stay local."""

from __future__ import annotations

import ast
import sysconfig
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.errors import InputError
from checks.core.registry import all_checks
from checks.src.fixes import mended
from checks.src.module import parse
from tests.checks.source import patient

FUNCTIONS = (
    "def f{n}(name: str):\n    return random.Random(hash(name) + 1)\n",
    "def f{n}(prompt: str | None):\n    if prompt:\n        return [{{'role': 'system', 'content': prompt}}]\n",
    "def f{n}(tok, persona, q):\n    m = [{{'role': 'user', 'content': q}}]\n    return tok.apply_chat_template(m)\n",
    "def f{n}(tok, m):\n    try:\n        t = tok.apply_chat_template(m)\n    except KeyError:\n        t = m\n",
    "def f{n}(path):\n    if path.exists():\n        return path.read_text()\n    path.write_text('x')\n",
    "def f{n}(rows, n_rows):\n    kept = rows[:n_rows]\n    print(f'{{n_rows}} rows')\n    return kept\n",
    "def f{n}(rows):\n    return {{row['question']: row for row in rows}}\n",
    "def f{n}(x):\n    try:\n        answer = g(x)\n    except KeyError:\n        answer = 'A'\n    return answer\n",
    "def f{n}(model):\n    return AutoTokenizer.from_pretrained('gpt2', trust_remote_code=True)\n",
    "def f{n}(logits):\n    scores = {{k: v.item() for k, v in logits}}\n    return max(scores, key=scores.get)\n",
    "def f{n}(tok, p, a):\n    i = tok(p)\n    j = tok(p + a)\n    return j[len(i):]\n",
    "async def f{n}(*a, **k):\n    return [x async for x in a if (y := x)]\n",
    "class C{n}:\n    x = hash('a')\n    def f(self):\n        return self.x\n",
    "@decorated\ndef f{n}(x=hash('a')):\n    global y{n}\n    y{n} = x\n    random.seed(y{n})\n",
)
CHECKS = all_checks("script")


def found(text: str) -> list[tuple[str, int, str]]:
    module = parse("a.py", text)
    return sorted(
        (check.code, hit.node.lineno, hit.message) for check in CHECKS for hit in check.function(module)
    )


@patient
@given(st.lists(st.sampled_from(range(len(FUNCTIONS))), max_size=5))
def test_findings_stay_where_they_are(chosen):
    expected: list[tuple[str, int, str]] = []
    text = ""
    for number, index in enumerate(chosen):
        part = FUNCTIONS[index].format(n=number)
        before = text.count("\n")
        alone = "import random\n" + part
        shift = before - 1
        expected += [(code, line + shift, _moved(message, shift)) for code, line, message in found(alone)]
        text += part
    together = found(text + "import random\n") if chosen else found("")
    assert together == sorted(expected)


def _moved(message: str, shift: int) -> str:
    words = message.split(" ")
    for position, word in enumerate(words[:-1]):
        number = words[position + 1]
        if word == "line" and number.isdigit():
            words[position + 1] = str(int(number) + shift)
        elif word == "line" and number.rstrip(",").isdigit():
            words[position + 1] = f"{int(number.rstrip(',')) + shift},"
    return " ".join(words)


@patient
@given(st.lists(st.sampled_from(FUNCTIONS), max_size=4), st.integers(0, 3))
def test_mending_ends_in_a_program_that_parses(chosen, depth):
    text = "import random\n" + "".join(part.format(n=number) for number, part in enumerate(chosen))
    for level in range(depth):
        text = f"def outer{level}():\n" + textwrap.indent(text, "    ")
    for _ in range(10):
        module = parse("a.py", text)
        after, done = mended(module, [hit for check in CHECKS for hit in check.function(module)])
        if not done:
            break
        ast.parse(after)
        assert after != text
        text = after
    else:
        raise AssertionError("mending does not end")


@pytest.mark.parametrize("folder", ["json", "email", "importlib", "unittest", "asyncio"])
def test_no_check_fails_on_the_standard_library(folder):
    for path in sorted((Path(sysconfig.get_paths()["stdlib"]) / folder).glob("*.py")):
        module = parse(str(path), path.read_text(encoding="utf-8"))
        for check in CHECKS:
            list(check.function(module))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 2000 + "hash('a')\n",
        "x = " + " + ".join(["hash(a)"] * 300) + "\nrandom.seed(x)\n",
        "x = f" + "(f" * 150 + "(hash(a))" + ")" * 150 + "\n",
        "x = a" + "[0]" * 2000 + "\n",
        "x = a" + ".b" * 2000 + "()\n",
        "if a:\n    pass\n" + "elif a:\n    pass\n" * 800,
        "x = " + "[" * 90 + "hash(a)" + "]" * 90 + "\nrandom.seed(x)\n",
        "".join(f"def f{i}(x=hash('a')):\n    return f{i + 1}(x)\n" for i in range(120)),
        "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\nrandom.seed(f(hash(a)))\n",
        "class A:\n    def f(self):\n        self.x = self.x\n        random.seed(self.x)\n",
        "x = x\nx += x\nrandom.seed(hash(x))\n",
    ],
)
def test_depth_and_circles_are_survived(text):
    try:
        module = parse("a.py", "import random\n" + text)
    except InputError:  # where this Python's parser gives up, that is what is said
        return
    for check in CHECKS:
        list(check.function(module))
