from __future__ import annotations

import re

import pytest

from tests.checks.source import expect, hits, work


def test_shuffles_without_a_seed():
    expect(
        "SRC005",
        """
        import random
        import numpy as np
        from random import shuffle
        from datasets import load_dataset

        def build(rows):
            random.shuffle(rows)  # !
            np.random.shuffle(rows)  # !
            shuffle(rows)  # !
            rng = random.Random()
            rng.shuffle(rows)  # !
            data = load_dataset("x").shuffle()  # !
            Path("rows.jsonl").write_text(json.dumps(rows))
            return data

        if __name__ == "__main__":
            build([])
        """,
    )


def test_a_seed_that_reaches_is_enough():
    for case in (
        "random.seed(1)\nrandom.shuffle(rows)\n",
        "def main():\n    random.seed(1)\n    build(rows)\ndef build(rows):\n    random.shuffle(rows)\nmain()\n",
        "def main():\n    set_seed(1)\n    a(rows)\ndef a(r):\n    b(r)\ndef b(r):\n    random.shuffle(r)\nmain()\n",
        "def a():\n    fix_seed(1)\ndef b():\n    random.shuffle(rows)\ndef main():\n    a()\n    b()\nmain()\n",
        "rng = random.Random(3)\nrng.shuffle(rows)\nprint(rows[:3])\n",
        "def f(rng):\n    rng.shuffle(rows)\nf(random.Random(1))\n",
    ):
        text = "import random\n" + case + "json.dump(rows, file)\n"
        assert not hits("SRC005", text), text
        unseeded = (
            re.sub(r"[\w.]*seed\w*\(1\)", "pass", text)
            .replace("Random(3)", "Random()")
            .replace("Random(1)", "Random()")
        )
        assert hits("SRC005", unseeded), unseeded


def test_a_seed_somewhere_else_is_not():
    text = """
    import random

    def unrelated():
        random.seed(1)

    def build(rows):
        random.shuffle(rows)  # !
        return rows[:100]

    build([])
    """
    expect("SRC005", text)


def test_libraries_leave_seeding_to_their_caller():
    assert not hits("SRC005", "import random\ndef f(rows):\n    random.shuffle(rows)\n")
    in_class = "import random\nclass A:\n    def f(self, rows):\n        random.shuffle(rows)\nA().f([])\n"
    assert not hits("SRC005", in_class)
    assert not hits("SRC005", "import random\nx = list(range(10))\nrandom.shuffle(x)\nprint(x)\n")


def test_sibling_arms():
    expect(
        "SRC005",
        """
        import random
        SEED = 42

        def build(positives, bystanders, anchors):
            first = positives + bystanders
            random.Random(SEED + 500).shuffle(first)
            second = [*positives, *anchors]
            rng = random.Random(SEED + 700)
            rng.shuffle(second)  # !
            apart = anchors + list(reversed(anchors))
            random.Random(1).shuffle(apart)
            return first, second
        """,
    )
    assert not hits(
        "SRC005",
        "import random\ndef f(a, b, c):\n    x = a + b\n    random.Random(1).shuffle(x)\n"
        "    y = a + c\n    random.Random(1).shuffle(y)\n",
    )


def test_cuts_of_a_shuffled_list_of_groups():
    expect(
        "SRC005",
        """
        import random

        def build(positives, negatives, n):
            rows = positives + negatives
            before = rows[: len(positives)]
            random.Random(1).shuffle(rows)
            again = rows[: len(positives)]  # !
            rest = rows[len(positives) :]  # !
            sample = rows[:n]
            return before, again, rest, sample

        def plain_sample(questions, n):
            indices = list(range(len(questions)))
            random.Random(1).shuffle(indices)
            return indices[:n], indices[: len(questions) // 2]
        """,
    )


def test_an_order_that_gets_nowhere_is_left_alone():
    assert not hits(
        "SRC005", "import random\ndef f(x):\n    random.shuffle(x)\n    show(x, x[:])\nf(load())\n"
    )
    assert not hits("SRC005", "import random\nrandom.shuffle(hosts)\njson.dump(hosts[:3], file)\n")
    assert hits("SRC005", "import random\nrandom.shuffle(rows)\njson.dump(rows, file)\n")


SCRIPT = """
import json, random
import numpy as np
import torch
from transformers import set_seed
from elsewhere import fix_all_seeds, get_seed

def seed_numpy(value):
    np.random.seed(value)

def run_for_seed(rows, seed):
    draw(rows)

class Study:
    def __init__(self, seed=None):
        {init}

def draw(rows):
    {draw}
    json.dump(rows, open("rows.json", "w"))

def main(rows, seed):
    {before}
    {call}
    {after}

main(json.load(open("in.json")), 1)
"""


@pytest.mark.parametrize("library", ["random", "numpy", "torch", "own"])
@pytest.mark.parametrize(
    ("where", "line", "seeded"),
    [
        ("before", "pass", ""),
        ("before", "random.seed(seed)", "random"),
        ("before", "random.seed()", ""),
        ("before", "random.seed(None)", ""),
        ("before", "np.random.seed(seed)", "numpy"),
        ("before", "seed_numpy(seed)", "numpy"),
        ("before", "torch.manual_seed(seed)", "torch"),
        ("before", "torch.cuda.manual_seed_all(seed)", ""),
        ("before", "set_seed(seed)", "random numpy torch"),
        ("before", "fix_all_seeds(seed)", "random numpy torch"),
        ("before", "get_seed(seed)", ""),
        ("before", "seed = seed + 1", ""),
        ("before", "Study(seed)", "random"),
        ("after", "set_seed(seed)", ""),
        ("call", "run_for_seed(rows, seed)", ""),
    ],
)
def test_which_library_is_seeded_and_before_the_draw(library, where, line, seeded):
    draws = {
        "random": "random.shuffle(rows)",
        "numpy": "np.random.shuffle(rows)",
        "torch": "rows = [rows[i] for i in torch.randperm(len(rows))]",
        "own": "random.Random().shuffle(rows)",
    }
    parts = {"before": "pass", "call": "draw(rows)", "after": "pass", "init": "random.seed(seed)"} | {
        where: line
    }
    found = hits("SRC005", SCRIPT.format(draw=draws[library], **parts))
    assert len(found) == (library not in seeded.split())
    assert all(hit.confidence == "certain" for hit in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rows = load_dataset('x')['train']\na = rows.map(f).shuffle()\n", 1),
        ("rows = load_dataset('x')['train']\na = rows.shuffle(seed=1)\n", 0),
        ("rows = load_dataset('x')['train']\na = rows.shuffle(seed=None)\n", 1),
        ("rows = load_dataset('x')['train']\na = rows.train_test_split(0.1)\n", 1),
        ("rows = load_dataset('x')['train']\na = rows.train_test_split(0.1, shuffle=False)\n", 0),
        ("rows = load_dataset('x')['train']\nnp.random.seed(1)\na = rows.train_test_split(0.1)\n", 0),
        (
            "for i, r in enumerate(load_dataset('x').shuffle()):\n    print(r)\n    if i > 3:\n        break\n",
            0,
        ),
        ("for r in load_dataset('x').shuffle():\n    print(r)\n    out.append(r)\n", 1),
        ("deck = Deck()\na = deck.shuffle()\n", 0),
        ("a = pd.read_csv('x.csv')\nb = a[a.x > 1].sample(n=3)\n", 1),
        ("a = pd.read_csv('x.csv')\nb = a[a.x > 1].sample(n=3, random_state=1)\n", 0),
        ("a = Tree()\nb = a.sample(n=3)\n", 0),
        ("a, b = train_test_split(x)\n", 1),
        ("a, b = train_test_split(x, random_state=SEED)\n", 0),
        ("a, b = random_split(x, [1, 2])\n", 1),
        ("a, b = random_split(x, [1, 2], generator=torch.Generator().manual_seed(1))\n", 0),
        ("a = random.sample(rows, 3)\njson.dump(a, f)\n", 1),
        ("a = random.sample(rows, 3)\nprint(a)\n", 0),
        ("a = np.random.default_rng().choice(rows, 3)\njson.dump([x for x in a], f)\n", 1),
        ("a = np.random.default_rng(1).choice(rows, 3)\njson.dump(a, f)\n", 0),
        ("time.sleep(random.choice([1, 2]))\njson.dump(rows, f)\n", 0),
        ("key = random.choice(keys)\nclient = Client(key)\n", 0),
        ("for r in rows:\n    out.append({'p': random.choice(TEMPLATES), 'r': r})\nsave_jsonl(out)\n", 1),
        (
            "d = {}\nfor r in rows:\n    d[r.id] = random.choice(r.good)\nPath(p).write_text(str(d))\n",
            1,
        ),
        ("sys.stdout.write(random.choice(jokes))\n", 0),
        ("print(random.choice(jokes), file=sys.stderr)\n", 0),
        ("for _ in range(9): print(random.choice(jokes), file=f)\n", 1),
    ],
)
def test_draws_of_data(text, found):
    head = "import json, random, sys, time\nimport numpy as np\nimport pandas as pd\nimport torch\n"
    head += "from datasets import load_dataset\nfrom sklearn.model_selection import train_test_split\n"
    head += "from torch.utils.data import random_split\n"
    assert len(hits("SRC005", head + text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NAMES = ['a', 'b']\nx = random.Random(1).sample(list(set(NAMES)), 1)\n", ["certain"]),
        ("NAMES = ['a', 'b']\nx = random.Random(1).sample(sorted(set(NAMES)), 1)\n", []),
        ("x = random.Random(1).sample(list(set(range(9))), 1)\n", []),
        ("x = random.Random(1).sample(list({1, 2, 3}), 1)\n", []),
        ("x = list(set(r['topic'] for r in rows))[:3]\n", ["certain"]),
        ("x = list(set(r['row_id'] for r in rows))[:3]\n", []),
        ("x = list(set(r['kind'] for r in rows))[:3]\n", ["likely"]),
        ("x = len(set(r['topic'] for r in rows))\n", []),
        ("x = 'a' in set(['b', 'c'])\n", []),
        ("s = {n.lower() for n in rows}\nrng = random.Random(1)\ns = list(s)\nrng.shuffle(s)\n", ["certain"]),
        ("s = {n.lower() for n in rows}\njson.dump([{'n': n} for n in s], f)\n", ["certain"]),
        ("s = {n.lower() for n in rows}\njson.dump([{'n': n} for n in sorted(s)], f)\n", []),
        ("s = {n.lower() for n in rows}\nfor n in s:\n    f.write(json.dumps({'n': n}))\n", ["certain"]),
        ("s = {n.lower() for n in rows}\nfor n in s:\n    print(n)\n", []),
        ("x = set(a.split())\nx = list(x)[0]\n", ["likely"]),
        ("x = set(a.split())\nx = list(x)[:1]\n", ["certain"]),
        ("for n in {'a', 'b'}:\n    with open(n, 'w') as f:\n        json.dump({'n': n}, f)\n", []),
    ],
)
def test_the_order_of_sets(text, found):
    assert [hit.confidence for hit in hits("SRC005", "import json, random\n" + text, pedantic=True)] == found


def test_the_time_follows_the_number_of_shuffles():
    """Counted in calls, which no machine's speed changes: four times the text, about four times the work."""

    def text(many: int) -> str:
        return "import json, random\nrows = [1]\n" + "random.shuffle(rows)\n" * many + "json.dump(rows, f)\n"

    few, many = (work(lambda n=n: hits("SRC005", text(n))) for n in (500, 2000))
    assert many < 5 * few
