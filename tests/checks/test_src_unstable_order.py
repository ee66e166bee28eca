from __future__ import annotations

import re

from tests.checks.source import expect, hits


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
