"""Draws, orders of sets and salted hashes, and their neighbours, one change apart; where values go."""

from __future__ import annotations

import ast

import pytest

from checks.src.draws import made_by, seed_of
from checks.src.forward import destinations
from checks.src.module import parse
from checks.src.shapes import (
    is_log,
    is_sent,
    kind_of,
    leaves,
    message_role,
    raises,
    same,
    short,
    system_contents,
)
from tests.checks.test_src_variants import changed, judged

SHUFFLED = """
import json, random
import numpy as np
rows = load()
random.shuffle(rows)
json.dump(rows, file)
"""
SHUFFLE = "random.shuffle(rows)\n"
KEEP = "json.dump(rows, file)\n"

DRAWS = {
    "as it is": ((), "!"),
    "seeded": ((SHUFFLE, "random.seed(1)\n" + SHUFFLE), ""),
    "seeded with None": ((SHUFFLE, "random.seed(None)\n" + SHUFFLE), "!"),
    "seeded with nothing": ((SHUFFLE, "random.seed()\n" + SHUFFLE), "!"),
    "seeded afterwards": ((SHUFFLE, SHUFFLE + "random.seed(1)\n"), "!"),
    "another library is seeded": ((SHUFFLE, "np.random.seed(1)\n" + SHUFFLE), "!"),
    "the other library": ((SHUFFLE, "random.seed(1)\nnp.random.shuffle(rows)\n"), "!"),
    "the other library, seeded": ((SHUFFLE, "np.random.seed(1)\nnp.random.shuffle(rows)\n"), ""),
    "seeded by another file": ((SHUFFLE, "set_seed(1)\n" + SHUFFLE), ""),
    "a seed is asked for": ((SHUFFLE, "get_seed(1)\n" + SHUFFLE), "!"),
    "a generator": ((SHUFFLE, "rng = random.Random()\nrng.shuffle(rows)\n"), "!"),
    "a generator of None": ((SHUFFLE, "rng = random.Random(None)\nrng.shuffle(rows)\n"), "!"),
    "a generator with a seed": ((SHUFFLE, "rng = random.Random(1)\nrng.shuffle(rows)\n"), ""),
    "a generator with a seed by name": (
        (SHUFFLE, "rng = np.random.default_rng(seed=1)\nrng.shuffle(rows)\n"),
        "",
    ),
    "a generator that no global seed reaches": (
        (SHUFFLE, "random.seed(1)\nrng = random.Random()\nrng.shuffle(rows)\n"),
        "!",
    ),
    "shown": ((KEEP, "print(rows)\n"), ""),
    "cut": ((KEEP, "use(rows[:3])\n"), "!"),
    "cut from a place on": ((KEEP, "use(rows[3:])\n"), "!"),
    "copied": ((KEEP, "use(rows[:])\n"), ""),
    "one": ((KEEP, "use(rows[3])\n"), ""),
    "in pieces": ((KEEP, "for i in range(0, 9, 3):\n    use(rows[i : i + 3])\n"), ""),
    "in pieces of a while": ((KEEP, "i = 0\nwhile i < 9:\n    use(rows[i : i + 3])\n"), "!"),
    "trained on": ((KEEP, "Trainer(model, train_dataset=rows)\n"), "!"),
    "written before": ((SHUFFLE + KEEP, KEEP + SHUFFLE), "!"),
    "hosts": (("rows", "hosts"), ""),
    "typed in": (("load()", "list(range(10))"), ""),
    "counted": (("load()", "list(range(n))"), "!"),
    "a sample": ((SHUFFLE, "rows = random.sample(rows, 3)\n"), "!"),
    "a sample that is shown": ((SHUFFLE + KEEP, "print(random.sample(rows, 3))\n"), ""),
    "one choice": ((SHUFFLE, "rows = random.choice(rows)\n"), "?"),
    "a choice in a loop": ((SHUFFLE + KEEP, "for i in x:\n    json.dump(random.choice(rows), file)\n"), "!"),
    "a choice of several": ((SHUFFLE, "rows = np.random.choice(rows, 3)\n"), "!"),
    "a choice of several by name": ((SHUFFLE, "rows = np.random.choice(rows, size=3)\n"), "!"),
    "a method of something else": ((SHUFFLE, "rows.shuffle()\n"), ""),
    "a dataset": (
        (SHUFFLE, "rows = datasets.load_dataset('a').shuffle()\n", "import json", "import datasets, json"),
        "!",
    ),
    "a dataset with a seed": (
        (
            SHUFFLE,
            "rows = datasets.load_dataset('a').shuffle(seed=1)\n",
            "import json",
            "import datasets, json",
        ),
        "",
    ),
    "a dataset with a seed in its place": (
        (SHUFFLE, "rows = datasets.load_dataset('a').shuffle(1)\n", "import json", "import datasets, json"),
        "",
    ),
    "a dataset with a seed of None": (
        (
            SHUFFLE,
            "rows = datasets.load_dataset('a').shuffle(seed=None)\n",
            "import json",
            "import datasets, json",
        ),
        "!",
    ),
    "a dataset that is split": (
        (
            SHUFFLE,
            "rows = datasets.load_dataset('a').train_test_split(0.1)\n",
            "import json",
            "import datasets, json",
        ),
        "!",
    ),
    "a dataset that is split in order": (
        (
            SHUFFLE,
            "rows = datasets.load_dataset('a').train_test_split(0.1, shuffle=False)\n",
            "import json",
            "import datasets, json",
        ),
        "",
    ),
    "a dataset that is split in no order": (
        (
            SHUFFLE,
            "rows = datasets.load_dataset('a').train_test_split(0.1, shuffle=True)\n",
            "import json",
            "import datasets, json",
        ),
        "!",
    ),
    "a dataset that is only shuffled": (
        (SHUFFLE, "datasets.load_dataset('a').shuffle()\n", "import json", "import datasets, json"),
        "",
    ),
    "a dataset that is printed": (
        (
            SHUFFLE,
            "for x in datasets.load_dataset('a').shuffle():\n    print(x)\n",
            "import json",
            "import datasets, json",
        ),
        "",
    ),
    "a dataset that is printed and kept": (
        (
            SHUFFLE,
            "for x in datasets.load_dataset('a').shuffle():\n    print(x)\n    y.append(x)\n",
            "import json",
            "import datasets, json",
        ),
        "!",
    ),
    "a dataset that is printed by number": (
        (
            SHUFFLE,
            "for i, x in enumerate(datasets.load_dataset('a').shuffle()):\n    print(x)\n",
            "import json",
            "import datasets, json",
        ),
        "",
    ),
    "a dataset through its names": (
        (
            SHUFFLE,
            "d = datasets.load_dataset('a')\nrows = d['train'].map(f).shuffle()\n",
            "import json",
            "import datasets, json",
        ),
        "!",
    ),
    "a table": (
        (SHUFFLE, "rows = pd.read_csv('a').sample(3)\n", "import json", "import pandas as pd\nimport json"),
        "!",
    ),
    "a table with a seed": (
        (
            SHUFFLE,
            "rows = pd.read_csv('a').sample(3, random_state=1)\n",
            "import json",
            "import pandas as pd\nimport json",
        ),
        "",
    ),
    "a table under a global seed": (
        (
            SHUFFLE,
            "np.random.seed(1)\nrows = pd.read_csv('a').sample(3)\n",
            "import json",
            "import pandas as pd\nimport json",
        ),
        "",
    ),
    "a split": (
        (
            SHUFFLE,
            "rows, more = train_test_split(rows)\n",
            "import json",
            "from sklearn.model_selection import train_test_split\nimport json",
        ),
        "!",
    ),
    "a split with a seed": (
        (
            SHUFFLE,
            "rows, more = train_test_split(rows, random_state=1)\n",
            "import json",
            "from sklearn.model_selection import train_test_split\nimport json",
        ),
        "",
    ),
    "in a function that runs": (
        (SHUFFLE + KEEP, "def f():\n    random.shuffle(rows)\n    json.dump(rows, file)\nf()\n"),
        "!",
    ),
    "in a function that another file runs": (
        (SHUFFLE + KEEP, "def f():\n    random.shuffle(rows)\n    json.dump(rows, file)\n"),
        "?",
    ),
    "in a function that a seeded one runs": (
        (
            SHUFFLE + KEEP,
            (
                "def f():\n    random.shuffle(rows)\n    json.dump(rows, file)\n"
                "def g():\n    random.seed(1)\n    f()\ng()\n"
            ),
        ),
        "",
    ),
    "in a function that is run before the seed": (
        (
            SHUFFLE + KEEP,
            (
                "def f():\n    random.shuffle(rows)\n    json.dump(rows, file)\n"
                "def g():\n    f()\n    random.seed(1)\ng()\n"
            ),
        ),
        "!",
    ),
    "in a method of a seeded object": (
        (
            SHUFFLE + KEEP,
            (
                "class A:\n    def __init__(self):\n        random.seed(1)\n    def f(self):\n"
                "        random.shuffle(rows)\n        json.dump(rows, file)\nA().f()\n"
            ),
        ),
        "",
    ),
    "in a method of an object": (
        (
            SHUFFLE + KEEP,
            (
                "class A:\n    def __init__(self):\n        pass\n    def f(self):\n"
                "        random.shuffle(rows)\n        json.dump(rows, file)\nA().f()\n"
            ),
        ),
        "!",
    ),
    "in a command": (
        (SHUFFLE + KEEP, "@app.command()\ndef f():\n    random.shuffle(rows)\n    json.dump(rows, file)\n"),
        "!",
    ),
    "a part at the size of a group": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = rows + more\nrandom.shuffle(all_rows)\nuse(all_rows[:len(rows)])\n",
        ),
        "!",
    ),
    "a part behind the size of a group": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = rows + more\nrandom.shuffle(all_rows)\nuse(all_rows[len(rows):])\n",
        ),
        "!",
    ),
    "a part between two": (
        (
            SHUFFLE + KEEP,
            (
                "random.seed(1)\nall_rows = rows + more\n"
                "random.shuffle(all_rows)\nuse(all_rows[len(rows):len(more)])\n"
            ),
        ),
        "",
    ),
    "a part at another size": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = rows + more\nrandom.shuffle(all_rows)\nuse(all_rows[:len(other)])\n",
        ),
        "",
    ),
    "a part before the shuffle": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = rows + more\nuse(all_rows[:len(rows)])\nrandom.shuffle(all_rows)\n",
        ),
        "",
    ),
    "a part of unpacked groups": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = [*rows, *more]\nrandom.shuffle(all_rows)\nuse(all_rows[:len(rows)])\n",
        ),
        "!",
    ),
    "a part of one group": (
        (
            SHUFFLE + KEEP,
            "random.seed(1)\nall_rows = [*rows]\nrandom.shuffle(all_rows)\nuse(all_rows[:len(rows)])\n",
        ),
        "",
    ),
    "two arms": (
        (
            SHUFFLE + KEEP,
            "a = rows + x\nb = rows + y\nrandom.Random(1).shuffle(a)\nrandom.Random(2).shuffle(b)\n",
        ),
        "!",
    ),
    "two arms of one seed": (
        (
            SHUFFLE + KEEP,
            "a = rows + x\nb = rows + y\nrandom.Random(1).shuffle(a)\nrandom.Random(1).shuffle(b)\n",
        ),
        "",
    ),
    "two arms of the same rows": (
        (
            SHUFFLE + KEEP,
            "a = rows + x\nb = x + rows\nrandom.Random(1).shuffle(a)\nrandom.Random(2).shuffle(b)\n",
        ),
        "",
    ),
    "two arms that share nothing": (
        (
            SHUFFLE + KEEP,
            "a = rows + x\nb = z + y\nrandom.Random(1).shuffle(a)\nrandom.Random(2).shuffle(b)\n",
        ),
        "",
    ),
    "two arms in two functions": (
        (
            SHUFFLE + KEEP,
            (
                "def f():\n    a = rows + x\n    random.Random(1).shuffle(a)\n"
                "def g():\n    b = rows + y\n    random.Random(2).shuffle(b)\n"
            ),
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), DRAWS.values(), ids=DRAWS)
def test_a_draw_without_a_seed(changes, verdict):
    assert judged("SRC005", changed(SHUFFLED, changes)) == verdict


SET = """
import json, random
names = set(row["name"] for row in rows)
random.Random(1).shuffle(list(names))
"""
DRAW = "random.Random(1).shuffle(list(names))\n"

SETS = {
    "as it is": ((), "!"),
    "sorted": (("list(names)", "sorted(names)"), ""),
    "a set of numbers": (('row["name"]', 'row["id"]'), ""),
    "a set of what is unknown": (('row["name"]', 'row["x"]'), "?"),
    "a set of attributes": (('row["name"]', "row.name"), "!"),
    "a comprehension": (('set(row["name"] for row in rows)', '{row["name"] for row in rows}'), "!"),
    "a frozen set": (("set(row", "frozenset(row"), "!"),
    "written": (('set(row["name"] for row in rows)', '{"a", "b"}'), "!"),
    "written numbers": (('set(row["name"] for row in rows)', "{1, 2}"), ""),
    "of a written list": (('row["name"] for row in rows', '["a", "b"]'), "!"),
    "of a written list of numbers": (('row["name"] for row in rows', "[1, 2]"), ""),
    "of a range": (('row["name"] for row in rows', "range(9)"), ""),
    "of words": (('row["name"] for row in rows', "text.split()"), "!"),
    "of a dictionary": (('row["name"] for row in rows', '{"a": 1}'), "!"),
    "of a sorted list": (('row["name"] for row in rows', 'sorted(["a", "b"])'), "!"),
    "of what is appended": (
        (
            'set(row["name"] for row in rows)',
            "set(found)",
            "names =",
            "found = []\nfound.append('a')\nnames =",
        ),
        "!",
    ),
    "of numbers that are appended": (
        ('set(row["name"] for row in rows)', "set(found)", "names =", "found = []\nfound.append(3)\nnames ="),
        "",
    ),
    "of a loop over texts": (('row["name"] for row in rows', 'x for x in ["a", "b"]'), "!"),
    "of a loop over a range": (('row["name"] for row in rows', "x for x in range(3)"), ""),
    "empty": (('set(row["name"] for row in rows)', "set()"), ""),
    "a set of another": (("import json", "from other import set\nimport json"), ""),
    "the first of them": ((DRAW, "use(list(names)[0])\n"), "?"),
    "some of them": ((DRAW, "use(list(names)[:3])\n"), "!"),
    "one of them by a name": ((DRAW, "use(list(names)[i])\n"), ""),
    "a tuple's": ((DRAW, "use(tuple(names)[:3])\n"), "!"),
    "an enumeration's": ((DRAW, "use(list(enumerate(names))[:3])\n"), "!"),
    "how many": ((DRAW, "use(len(names))\n"), ""),
    "through a name": ((DRAW, "more = list(names)\nuse(more[:3])\n"), "!"),
    "through a list of each": ((DRAW, "more = [f(x) for x in names]\nuse(more[:3])\n"), "!"),
    "through a set of each": ((DRAW, "more = {f(x) for x in names}\nuse(more)\n"), ""),
    "in an inner loop": ((DRAW, "more = [f(x) for y in z for x in names]\nuse(more[:3])\n"), ""),
    "added to": ((DRAW, "more = list(names) + y\nuse(more[:3])\n"), "!"),
    "unpacked": ((DRAW, "more = [*names]\nuse(more[:3])\n"), "!"),
    "rows that are written": ((DRAW, "json.dump([{'n': x} for x in names], f)\n"), "!"),
    "names that are written": ((DRAW, "json.dump([x for x in names], f)\n"), ""),
    "rows that are not written": ((DRAW, "use([{'n': x} for x in names])\n"), ""),
    "rows of a loop": ((DRAW, "for x in names:\n    f.write(json.dumps({'n': x}))\n"), "!"),
    "rows of a loop that opens a file for each": (
        (DRAW, "for x in names:\n    f = open(x)\n    f.write(json.dumps({'n': x}))\n"),
        "",
    ),
    "rows of a loop without it": ((DRAW, "for x in names:\n    f.write(json.dumps({'n': 1}))\n"), ""),
    "rows of a loop for nobody": ((DRAW, "for x in names:\n    use({'n': x})\n"), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), SETS.values(), ids=SETS)
def test_the_order_of_a_set(changes, verdict):
    assert judged("SRC005", changed(SET, changes)) == verdict


SALTED = """
import json, os, random
def draw(name, rows, row, seed):
    value = hash(name)
    return random.Random(value)
draw("a", [], {}, 1)
"""
SEED = "    return random.Random(value)\n"

SALTS = {
    "as it is": ((), "!"),
    "a text's method": (("hash(name)", "name.__hash__()"), "!"),
    "super's": (("hash(name)", "super().__hash__()"), ""),
    "another hash": (("import json", "from other import hash\nimport json"), ""),
    "of two": (("hash(name)", "hash(name, 1)"), ""),
    "a number": (("hash(name)", "hash(3)"), ""),
    "a number by its name": (("hash(name)", "hash(seed)"), ""),
    "numbers": (("hash(name)", "hash((3, seed))"), ""),
    "a number and a text": (("hash(name)", "hash((3, name))"), "!"),
    "a sum with a number": (("hash(name)", "hash(name + 3)"), ""),
    "a sum of texts": (("hash(name)", "hash(name + 'a')"), "!"),
    "a shape": (("hash(name)", "hash(name.shape[0])"), ""),
    "another attribute": (("hash(name)", "hash(name.other[0])"), "!"),
    "a keyword": ((SEED, "    return rows.shuffle(seed=value)\n"), "!"),
    "another keyword": ((SEED, "    return rows.shuffle(size=value)\n"), ""),
    "a seed by name": ((SEED, "    my_seed = value\n"), "!"),
    "another name": ((SEED, "    other = value\n"), ""),
    "an attribute": ((SEED, "    row.seed = value\n"), "!"),
    "a field": ((SEED, "    return {'seed': value}\n"), "!"),
    "another field": ((SEED, "    return {'other': value}\n"), ""),
    "a file": ((SEED, "    open(f'{value}.json')\n"), "!"),
    "a file in a temporary folder": (
        (
            SEED,
            "    open(os.path.join(tempfile.mkdtemp(), f'{value}'))\n",
            "import json",
            "import tempfile, json",
        ),
        "",
    ),
    "a path": ((SEED, "    return row / f'{value}.json'\n"), "!"),
    "a quotient": ((SEED, "    return value / 3\n"), ""),
    "divided": ((SEED, "    return f'{value}' / row\n"), ""),
    "a file by name": ((SEED, "    path = f'{value}'\n"), "!"),
    "a share": ((SEED, "    return value % 10 < 8\n"), "!"),
    "a share that is equal": ((SEED, "    return value % 10 == 0\n"), "!"),
    "a share that is not": ((SEED, "    return value % 10 != 0\n"), ""),
    "a share of hashes": ((SEED, "    return value % 10 < hash(row)\n"), ""),
    "no share": ((SEED, "    return value < 8\n"), ""),
    "a share of a table": ((SEED, "    return value % n_buckets < 8\n"), ""),
    "a product": ((SEED, "    return value * 10 < 8\n"), ""),
    "a chosen row": ((SEED, "    return rows[value % 10]\n"), "!"),
    "a chosen row by a name": ((SEED, "    n = value % 10\n    return rows[n]\n"), "!"),
    "a chosen bucket": ((SEED, "    return buckets[value % 10]\n"), ""),
    "a chosen letter": ((SEED, "    return 'abc'[value % 3]\n"), ""),
    "a row that is written at": ((SEED, "    rows[value % 10] = 1\n"), ""),
    "a key": ((SEED, "    return rows[value]\n"), ""),
    "an id that is written": ((SEED, "    json.dump({'id': value}, f)\n"), "!"),
    "an id that is not written": ((SEED, "    use({'id': value})\n"), ""),
    "a field that is written": ((SEED, "    json.dump({'x': value}, f)\n"), ""),
    "a row's id that is returned": ((SEED, "    row['id'] = value\n    return row\n"), "!"),
    "a row's id that is not returned": ((SEED, "    row['id'] = value\n    return rows\n"), ""),
    "an order": ((SEED, "    return sorted(rows, key=lambda r: hash(r['x']))\n"), "!"),
    "an order by itself": ((SEED, "    return sorted(rows, key=hash)\n"), "!"),
    "the largest": ((SEED, "    return max(rows, key=hash)\n"), "!"),
    "something else by it": ((SEED, "    return group(rows, key=hash)\n"), ""),
    "an order in a library": (
        (SEED, "    return sorted(rows, key=hash)\n", 'draw("a", [], {}, 1)\n', ""),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), SALTS.values(), ids=SALTS)
def test_a_salted_hash(changes, verdict):
    assert judged("SRC001", changed(SALTED, changes)) == verdict


def read(text):
    module = parse("a.py", text)
    return module, module.calls_by_name["use"][-1].args[0]


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("rows.shuffle(seed=3)", 3),
        ("rows.shuffle(random_state=3)", 3),
        ("rows.shuffle()", None),
        ("import random\nrandom.Random(3).shuffle(rows)", 3),
        ("import random\nrandom.Random().shuffle(rows)", None),
        ("import random\nrandom.Random(x=3).shuffle(rows)", 3),
        ("import numpy\nnumpy.random.default_rng(seed=3).shuffle(rows)", 3),
        ("import random\nr = random.Random(2 + 1)\nr.shuffle(rows)", 3),
        (
            "import random\nif a:\n    r = random.Random(3)\nelse:\n    r = random.Random(4)\nr.shuffle(rows)",
            None,
        ),
        ("other(3).shuffle(rows)", None),
        ("shuffle(rows)", None),
    ],
)
def test_the_seed_of_a_shuffle(text, seed):
    module = parse("a.py", text)
    assert seed_of(module, module.calls_by_name["shuffle"][-1]) == seed


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("use(f().g.h)", ["f()"]),
        ("use(f()['a'].map(g))", ["f()['a'].map(g)", "f()"]),
        ("with f() as x:\n    use(x.y)", ["f()"]),
        ("class A:\n    def m(self):\n        self.x = f()\n        use(self.x)", ["f()"]),
        ("import a\nuse(a.b.f())", ["a.b.f()"]),
        ("use('a'.join)", []),
        ("use(f() if a else g())", ["g()", "f()"]),
        ("use(f" + ".x" * 11 + ")", []),
        ("use(f()" + ".x" * 11 + ")", ["f()"]),
        ("use(f()" + ".x" * 12 + ")", []),
    ],
)
def test_what_made_an_object(text, calls):
    module, node = read(text)
    assert [ast.unparse(each) for each in made_by(module, node)] == calls


def ways(text, *, made=False):
    """Return what happens to the value that `use` returns: kinds and the lines on which."""
    module = parse("a.py", text)
    (call,) = module.calls_by_name["start"]
    return [(each.kind, getattr(each.node, "lineno", 0)) for each in destinations(module, call, made=made)]


WAYS = {
    "an argument": ("f(start())", [("argument", 1)], None),
    "by keyword": ("f(a=start())", [("argument", 1)], None),
    "through a conversion": ("f(int(start()))", [("argument", 1), ("argument", 1)], None),
    "through another function": ("f(g(start()))", [("argument", 1)], [("argument", 1), ("argument", 1)]),
    "of what is told": ("f(len(start()))", [("argument", 1)], None),
    "a name": ("x = start()\nf(x)", [("assign", 1), ("argument", 2)], None),
    "an annotated name": ("x: int = start()\nf(x)", [("assign", 1), ("argument", 2)], None),
    "added": ("x += start()\nf(x)", [("assign", 1), ("argument", 2)], None),
    "two names": ("x = y = start()\nf(y)", [("assign", 1), ("assign", 1), ("argument", 2)], None),
    "hidden": ("x = start()\nx = 2\nf(x)", [("assign", 1)], None),
    "a method": ("start().g()", [("part", 1)], None),
    "an attribute": ("f(start().g)", [], [("argument", 1)]),
    "an index": ("x[start()]", [("index", 1)], None),
    "an element": ("f(start()[0])", [("argument", 1)], None),
    "compared": ("start() < 3", [("compare", 1)], None),
    "asked": ("if start(): pass", [("condition", 1)], None),
    "asked in a while": ("while start(): pass", [("condition", 1)], None),
    "asserted": ("assert start()", [("condition", 1)], None),
    "asked in an expression": ("f(a if start() else b)", [("condition", 1)], None),
    "one of two": ("f(start() if a else b)", [("part", 1), ("argument", 1)], None),
    "a loop": ("for x in start():\n    f(x)", [("argument", 2)], None),
    "a loop's names": ("for x, y in start():\n    f(y)", [("argument", 2)], None),
    "an element of a comprehension": ("f([start() for x in y])", [("element", 1), ("argument", 1)], None),
    "a comprehension over it": ("f([x for x in start()])", [("element", 1), ("argument", 1)], None),
    "a comprehension that asks": ("f([x for x in y if start()])", [("condition", 0)], None),
    "a field": ("f({'a': start()})", [("key", 1)], [("key", 1), ("argument", 1)]),
    "a list": ("f([start()])", [], [("argument", 1)]),
    "a list that is looped over": ("for x in [start()]:\n    f(x)", [("argument", 2)], None),
    "walrus": ("if (x := start()):\n    f(x)", [("part", 1), ("argument", 2), ("condition", 1)], None),
    "returned": ("def g():\n    return start()\nf(g())", [("return", 2), ("argument", 3)], None),
    "yielded": ("def g():\n    yield start()\nf(g())", [], [("argument", 3)]),
    "a default": ("def g(x=start()):\n    f(x)", [("argument", 2)], None),
    "the first default of two": ("def g(x=start(), y=1):\n    f(x)", [("argument", 2)], None),
    "a default of a keyword": ("def g(*, x=start()):\n    f(x)", [("argument", 2)], None),
    "another parameter": ("def g(y, x=start()):\n    f(y)", [], None),
    "a parameter": ("def g(y, x):\n    f(x)\ng(1, start())", [("argument", 3), ("argument", 2)], None),
    "a parameter by name": (
        "def g(y, x):\n    f(x)\ng(x=start(), y=1)",
        [("argument", 3), ("argument", 2)],
        None,
    ),
    "another's parameter": ("def g(y, x):\n    f(x)\ng(start(), 1)", [("argument", 3)], None),
    "a parameter too many": ("def g(y):\n    f(y)\ng(1, start())", [("argument", 3)], None),
    "a method's parameter": (
        "class A:\n    def g(self, x):\n        f(x)\n    def h(self):\n        self.g(start())",
        [("argument", 5), ("argument", 3)],
        None,
    ),
    "an attribute of self": (
        "class A:\n    def g(self):\n        self.x = start()\n    def h(self):\n        f(self.x)",
        [("assign", 3), ("argument", 5)],
        None,
    ),
    "an attribute of another": ("a.x = start()\nf(a.x)", [("assign", 1)], None),
    "appended": ("y = []\ny.append(start())\nf(y)", [("argument", 2)], [("argument", 2), ("argument", 3)]),
    "put in by a key": ("y = {}\ny['a'] = start()\nf(y)", [("assign", 2)], [("assign", 2), ("argument", 3)]),
    "unpacked": ("x, y = start()\nf(y)", [("assign", 1)], [("assign", 1), ("argument", 2)]),
    "added in a sum": ("f(start() + 1)", [("part", 1), ("argument", 1)], None),
    "formatted": ("f(f'{start()}')", [("part", 1), ("part", 1), ("argument", 1)], None),
    "called": ("start()()", [], None),
}


@pytest.mark.parametrize(("text", "plain", "made"), WAYS.values(), ids=WAYS)
def test_where_a_value_goes(text, plain, made):
    assert ways(text) == plain
    found = ways(text, made=True)
    assert [each for each in found if each in (made or plain)][: len(made or plain)] == (made or plain)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("use(1)", "number"),
        ("use(True)", "number"),
        ("use('a')", "text"),
        ("use(b'a')", "unknown"),
        ("use(None)", "unknown"),
        ("use(f'{x}')", "text"),
        ("use(x < 1)", "number"),
        ("use(-x)", "number"),
        ("use(len(x))", "number"),
        ("use(str(x))", "text"),
        ("use(x.strip())", "text"),
        ("use(x.other())", "unknown"),
        ("use('a' + x)", "text"),
        ("use(x + 'a')", "text"),
        ("use('a' * n)", "text"),
        ("use('a' % n)", "text"),
        ("use('a' - n)", "unknown"),
        ("use(1 + 2)", "number"),
        ("use(1 + x)", "unknown"),
        ("use(1 - 2)", "number"),
        ("use((1, 2))", "number"),
        ("use((1, 'a'))", "text"),
        ("use((1, x))", "unknown"),
        ("def f(x: int):\n    use(x)", "number"),
        ("def f(x: str):\n    use(x)", "text"),
        ("def f(x: list):\n    use(x)", "unknown"),
        ("def f(x):\n    use(x)", "unknown"),
        ("x = 1\nif a:\n    x = 'a'\nuse(x)", "unknown"),
        ("for x in range(3):\n    use(x)", "number"),
        ("for x in rows:\n    use(x)", "unknown"),
        ("for x in other(3):\n    use(x)", "unknown"),
        ("for x, y in range(3):\n    use(x)", "unknown"),
        ("for x, y in enumerate(z):\n    use(x)", "number"),
        ("for x, y in enumerate(z):\n    use(y)", "unknown"),
        ("for x, y in zip(z):\n    use(x)", "unknown"),
        ("for x in enumerate(z):\n    use(x)", "unknown"),
        ("[use(x) for x in range(3)]", "number"),
        ("use(1 + (1 + (1 + 1)))", "number"),
        ("use(((1 + 1) + 1) + 1)", "number"),
        ("use((((1 + 1) + 1) + 1) + 1)", "unknown"),
        ("use((((1,),),))", "number"),
        ("use(((((1,),),),))", "unknown"),
        ("use(1 + (1 + (1 + (1 + 1))))", "unknown"),
    ],
)
def test_the_kind_of_a_value(text, kind):
    module, node = read(text)
    assert kind_of(module, node) == kind


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.b", "c.b", False),
        ("a['x']", "a['x']", True),
        ("a['x']", "a['y']", False),
        ("a['x']", "b['x']", False),
        ("a[i]", "a[i]", True),
        ("a[i]", "a[j]", False),
        ("a[i]", "a['i']", False),
        ("a['i']", "a[i]", False),
        ("a[1:2]", "a[1:2]", False),
        ("a.b", "a", False),
        ("a()", "a()", False),
        ("a['x'].b[i]", "a['x'].b[i]", True),
    ],
)
def test_the_same_plain_access(left, right, answer):
    assert same(ast.parse(left, mode="eval").body, ast.parse(right, mode="eval").body) is answer


@pytest.mark.parametrize(
    ("block", "out", "raised"),
    [
        ("return", True, False),
        ("raise E", True, True),
        ("continue", True, False),
        ("break", True, False),
        ("sys.exit(1)", True, True),
        ("pytest.skip()", True, False),
        ("pytest.fail()", True, True),
        ("f()", False, False),
        ("x = exit()", False, True),
        ("return\nf()", False, False),
        ("raise E\nf()", False, True),
        ("if a:\n    return\nelse:\n    raise E", True, True),
        ("if a:\n    return", False, False),
        ("if a:\n    f()\nelse:\n    return", False, False),
        ("with a:\n    return", True, False),
        ("with a:\n    f()", False, False),
        ("try:\n    return\nexcept E:\n    return", True, False),
        ("try:\n    return\nexcept E:\n    f()", False, False),
        ("try:\n    f()\nexcept E:\n    return", False, False),
    ],
)
def test_blocks_that_leave_and_that_raise(block, out, raised):
    body = _block(block)
    assert (leaves(body), raises(body)) == (out, raised)
    assert leaves([]) is False


def _block(text):
    indented = "\n".join(f"        {line}" for line in text.splitlines())
    return ast.parse(f"def f():\n    for i in j:\n{indented}\n").body[0].body[0].body


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("print(x)", True),
        ("warn(x)", True),
        ("save(x)", False),
        ("logger.info(x)", True),
        ("self.logger.info(x)", True),
        ("_logger.debug(x)", True),
        ("logger.save(x)", False),
        ("rows.info(x)", False),
        ("logging.getLogger(x).info(x)", True),
        ("logging.other(x).info(x)", False),
        ("tqdm.write(x)", True),
        ("file.write(x)", False),
        ("rows[0].info(x)", False),
    ],
)
def test_calls_that_only_tell(call, answer):
    assert is_log(ast.parse(call, mode="eval").body) is answer


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("model.generate(x)", True),
        ("json.dump(x, f)", True),
        ("pickle.dump(x, f)", True),
        ("other.dump(x, f)", False),
        ("f.write(x)", True),
        ("x.to_json(f)", True),
        ("f.read(x)", False),
    ],
)
def test_calls_that_send_or_write(call, answer):
    module = parse("a.py", f"import json, pickle\n{call}")
    assert is_sent(module, module.tree.body[-1].value) is answer


@pytest.mark.parametrize(
    ("message", "role"),
    [
        ("{'role': 'system'}", "system"),
        ("{'content': 1, 'role': 'user'}", "user"),
        ("{'role': role}", None),
        ("{'role': 3}", None),
        ("{'from': 'user'}", None),
        ("{**x, 'role': 'user'}", "user"),
        ("[1]", None),
    ],
)
def test_the_role_of_a_message(message, role):
    assert message_role(ast.parse(message, mode="eval").body) == role


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("{'role': 'system', 'content': a}", ["a"]),
        ("{'role': 'developer', 'content': a}", ["a"]),
        ("{'role': 'user', 'content': a}", []),
        ("{'role': role, 'content': a}", []),
        ("{'from': 'system', 'value': a}", ["a"]),
        ("{'role': 'system'}", []),
        ("dict(role='system', content=a)", ["a"]),
        ("Message(role='system', text=a)", ["a"]),
        ("Message(role='user', text=a)", []),
        ("Message(role='system')", []),
        ("SystemMessage(a, b)", ["a"]),
        ("SystemMessage(content=a)", ["a"]),
        ("SystemMessage()", []),
        ("def f(t, u): return {'role': 'system', 'content': t}\nf(a, b)", ["t", "a"]),
        ("def f(t, u): return {'role': 'system', 'content': t.text}\nf(a, b)", ["t.text"]),
        ("def f(t, u): return {'role': 'user', 'content': t}\nf(a, b)", []),
        ("def f(): return {'role': 'system', 'content': t}\nf()", ["t"]),
        ("def f(t, u): return {'role': 'system', 'content': t.text + u}\nf(a, b)", ["t.text + u", "b"]),
        ("def f(t, u): return {'role': 'system', 'content': u + t.text}\nf(a, b)", ["u + t.text", "b"]),
    ],
)
def test_the_contents_of_system_messages(text, contents):
    module = parse("a.py", text)
    assert sorted(ast.unparse(each) for each in system_contents(module, module.tree)) == sorted(contents)


def test_a_text_is_shown_on_one_line_of_sixty_characters():
    assert short("a\n  b") == "a b"
    assert short("x" * 60) == "x" * 60
    assert short("x" * 61) == "x" * 57 + "..."
    assert short("x" * 9, limit=8) == "xxxxx..."
