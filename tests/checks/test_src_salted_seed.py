from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from tests.checks.source import expect, fixed, hits


def test_seeds_file_names_and_selections():
    expect(
        "SRC001",
        """
        import random
        import numpy as np
        import torch
        from random import Random

        SEED = 42

        def pick(source: str):
            rng = random.Random(hash(source) + SEED)  # !
            return rng.sample(range(9), 2)

        def through_names(name):
            value = hash(name)  # !
            mixed = abs(value) ^ 7
            np.random.seed(mixed % 2**32)

        def helper(name):
            return hash(name) % 1000  # !

        def uses_helper():
            torch.manual_seed(helper("a"))

        def into_parameter(seed):
            return Random(seed)

        into_parameter(hash("x"))  # !

        def keyword(rows, name):
            return rows.shuffle(seed=hash(name))  # !

        class Builder:
            def __init__(self, name):
                self.key = hash(name)  # !

            def rng(self):
                return random.Random(self.key)

        def file_name(name):
            open(f"data/{hash(name)}.json")  # !

        def split(rows):
            return [row for row in rows if hash(row["id"]) % 10 < 8]  # !

        def choose(options, name):
            return options[hash(name) % len(options)]  # !

        def order(names):
            return sorted(names, key=hash)  # !

        def dunder(name: str):
            random.seed(name.__hash__())  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC001",
        """
        import hashlib
        import random

        def number(n: int):
            random.seed(hash(n))
            random.seed(hash((n, 3)))
            random.seed(hash(len("abc")))
            for i in range(3):
                random.seed(hash(i))

        class Point:
            def __hash__(self):
                return hash((self.name, self.x))

            def __eq__(self, other):
                return hash(self.name) == hash(other.name)

        def own(text):
            def hash(value):
                return hashlib.sha256(value).digest()
            random.seed(hash(text))

        def table(buckets, key):
            return buckets[hash(key) % len(buckets)]

        def cache(seen, text):
            seen.add(hash(text))
            return hash(text) in seen

        def printed(text):
            print(hash(text))

        def stable(text):
            digest = hashlib.sha256(text.encode()).digest()
            random.seed(int.from_bytes(digest[:8], "big"))
        """,
    )


def test_shadowed_by_an_import():
    assert not hits("SRC001", "import random\nfrom zlib import crc32 as hash\nrandom.seed(hash('a'))\n")


SCRIPT = """\
#!/usr/bin/env python3
\"\"\"Builds.\"\"\"

import random


def pick(source: str, n: int = 2) -> list[str]:
    rng = random.Random(hash(source) + 42)
    return rng.sample(sorted("abcdef"), n)


print(pick("villain"), pick("comedian", 3))
"""


def _run(text: str, salt: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "PYTHONHASHSEED": salt},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_fix_makes_every_process_agree():
    mended = fixed("SRC001", SCRIPT)
    assert mended.count("hash(") == 0
    assert "import hashlib\nimport random\n" in mended
    assert len({_run(SCRIPT, salt) for salt in ("1", "2", "3")}) > 1
    assert len({_run(mended, salt) for salt in ("1", "2", "3")}) == 1
    changed = [
        (before, after)
        for before, after in zip(
            SCRIPT.splitlines(),
            mended.replace("import hashlib\n", "").splitlines(),
            strict=True,
        )
        if before != after
    ]
    assert len(changed) == 1  # nothing but the line of the defect


@pytest.mark.parametrize(
    "text",
    [
        "import random\ndef f(x):\n    random.seed(hash(x))\n",  # may be a number
        "import random\ndef f(x: str):\n    open(f'{hash(x)}.json')\n",  # inside an f-string
        "import random\nhashlib = 3\ndef f(x: str):\n    random.seed(hash(x))\n",  # the name is taken
        "import random\ndef f(x: bytes):\n    random.seed(hash(x))\n",
    ],
)
def test_no_fix_where_it_is_not_certain(text):
    assert hits("SRC001", text)
    assert fixed("SRC001", text) == text


def test_fix_keeps_what_opens_a_file():
    text = '"""Doc."""\nfrom __future__ import annotations\nseed = hash("a")\n'
    assert fixed("SRC001", text).startswith(
        '"""Doc."""\nfrom __future__ import annotations\n\nimport hashlib\n'
    )
    assert fixed("SRC001", "#!/bin/python\n# -*- coding: utf-8 -*-\nseed = hash('a')\n").startswith(
        "#!/bin/python\n# -*- coding: utf-8 -*-\nimport hashlib\n"
    )


def test_fix_inside_a_longer_expression():
    text = textwrap.dedent("""
        import random
        import hashlib as h
        import hashlib
        def f(a: str, b: str):
            random.seed(hash(a + b) % 7 + hash("x"))
    """)
    mended = fixed("SRC001", text)
    assert "(a + b).encode()" in mended
    assert mended.count("import hashlib") == 2


def test_hash_tables_and_encodings_are_no_selection():
    expect(
        "SRC001",
        """
        import string

        class Table:
            def _partition(self, key):
                return hash((key, self._seed)) % self.partitions

            def find(self, key):
                return self.data[self._partition(key)]

        def letters(text):
            return string.ascii_uppercase[hash(text) % 26] + "0123"[hash(text) % 4]

        def arm(names, text):
            return names[hash(text) % len(names)]  # !
        """,
    )


def test_ids_that_are_kept_with_their_rows():
    expect(
        "SRC001",
        """
        import json

        def process(example):
            text = str(example["messages"][0]["content"])
            example["id"] = str(hash(text))  # !
            return example

        def written(rows, file):
            json.dump([{"id": hash(row["text"]), "text": row["text"]} for row in rows], file)  # !

        def in_a_loop(rows, file):
            for row in rows:
                row["group"] = hash(row["text"]) % 100  # !
            for row in rows:
                file.write(json.dumps(row))

        def seen_before(rows):
            seen = set()
            for row in rows:
                if hash(row["text"]) in seen:
                    continue
                seen.add(hash(row["text"]))
            return seen

        def remembered(self, text):
            self.known[hash(text)] = text
            return text

        def of_numbers(example):
            example["id"] = hash(len(example["text"]))
            return example
        """,
    )
