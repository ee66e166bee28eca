"""One program for each rule and what it does not hold for: a case and its nearest neighbours, one change apart."""

from __future__ import annotations

import pytest

from tests.checks.source import hits


def judged(code, text):
    """Return "!" where something is certain, "?" where it is only likely, and "" where nothing is found."""
    found = {each.confidence for each in hits(code, text, pedantic=True)}
    return "!" if "certain" in found else "?" if found else ""


REUSE = """
import json, os
def run(path, data, force=False):
    if os.path.exists(path):
        return json.load(open(path))
    result = train(data)
    json.dump(result, open(path, "w"))
    return result
"""

STALE_REUSE = {
    "as it is": ((), "!"),
    "isfile": (("os.path.exists(path)", "os.path.isfile(path)"), "!"),
    "a method": (("os.path.exists(path)", "path.is_file()"), "!"),
    "another question": (("os.path.exists(path)", "os.path.isdir(path)"), ""),
    "nothing asked of": (("os.path.exists(path)", "exists()"), ""),
    "and more": (("os.path.exists(path)", "os.path.exists(path) and data"), "!"),
    "or more": (("os.path.exists(path)", "os.path.exists(path) or data"), ""),
    "and an option": (("os.path.exists(path)", "os.path.exists(path) and not force"), ""),
    "and an option of an object": (
        ("os.path.exists(path)", "os.path.exists(path) and not args.overwrite"),
        "",
    ),
    "a cache's file is no option": (("os.path.exists(path)", "os.path.exists(path) and cache_path"), "!"),
    "inside of an option": (("    if os", "    if force: pass\n    if os"), "!"),
    "a key in the name": (("path, data", "digest, data", "(path", "(digest"), ""),
    "another file is written": (('open(path, "w")', 'open(other, "w")'), ""),
    "it is opened to be read": (('open(path, "w")', "open(path)"), ""),
    "rows are added to it": (('open(path, "w")', 'open(path, "a")'), "!"),
    "a new one": (('open(path, "w")', 'open(path, "x")'), "!"),
    "by its mode's name": (('open(path, "w")', 'open(path, mode="w")'), "!"),
    "another file is read": (("json.load(open(path))", "json.load(open(other))"), ""),
    "only its size is asked": (("json.load(open(path))", "os.stat(path)"), "!"),
    "it is refused": (("return json.load(open(path))", "raise ValueError"), ""),
    "skipped": (("return json.load(open(path))", "return"), "!"),
    "a configuration": (("(path", "(config_path", "path, data", "config_path, data"), ""),
    "a picture": (("path, data", "data", "    if os", '    path = "a.png"\n    if os'), ""),
    "data by its name": (("path, data", "data", "    if os", '    path = "rows.jsonl"\n    if os'), "!"),
    "a secret": (("(path", "(token_path"), ""),
    "an empty file is laid": (("json.dump(result,", "json.dump({},"), ""),
    "an empty list is laid": (("json.dump(result,", "json.dump([],"), ""),
    "a list with something": (("json.dump(result,", "json.dump([data],"), "!"),
    "an empty dict()": (("json.dump(result,", "json.dump(dict(),"), ""),
    "a dict() of something": (("json.dump(result,", "json.dump(dict(data),"), "!"),
    "something typed in": (("json.dump(result,", "json.dump('text',"), ""),
    "chance": (("train(data)", "uuid.uuid4()", "import json", "import uuid, json"), ""),
    "a download": (("train(data)", "requests.get(data)", "import json", "import requests, json"), ""),
    "a download by its name": (("train(data)", "download_rows(data)"), ""),
    "a fetch by its name": (("train(data)", "fetch_rows(data)"), ""),
    "a prefetched": (("train(data)", "prefetched(data)"), "!"),
    "an address": (("train(data)", "get('https://host/rows')"), ""),
    "no address": (("train(data)", "get('rows at https')"), "!"),
    "an address in two pieces": (
        ("train(data)", "get(url)", "    if os", "    url = 'https://a' + x\n    if os"),
        "",
    ),
    "a download and a model": (
        ("train(data)", "model.generate(requests.get(data))", "import json", "import requests, json"),
        "!",
    ),
    "another program": (
        ("train(data)", "subprocess.run(data)", "import json", "import subprocess, json"),
        "",
    ),
    "a public dataset": (
        (
            "train(data)",
            "load_dataset(data)",
            "import json",
            "from datasets import load_dataset\nimport json",
        ),
        "",
    ),
    "a local dataset": (
        (
            "train(data)",
            "load_dataset('json')",
            "import json",
            "from datasets import load_dataset\nimport json",
        ),
        "!",
    ),
    "a dataset of files": (
        (
            "train(data)",
            "load_dataset('a', data_files=data)",
            "import json",
            "from datasets import load_dataset\nimport json",
        ),
        "!",
    ),
    "a copy": (
        (
            "    result = train(data)\n",
            "",
            'json.dump(result, open(path, "w"))',
            "path.write_bytes(data.read_bytes())",
        ),
        "",
    ),
    "two copies": (
        (
            "    result = train(data)\n",
            "",
            'json.dump(result, open(path, "w"))',
            "path.write_bytes(data.read_bytes() + b.read_bytes())",
        ),
        "",
    ),
    "a copy and more": (
        ('json.dump(result, open(path, "w"))', "path.write_text(data.read_text() + result)"),
        "!",
    ),
    "a difference": (
        ('json.dump(result, open(path, "w"))', "path.write_text(data.read_text() - b.read_text())"),
        "!",
    ),
    "renamed": (('json.dump(result, open(path, "w"))', "os.rename(tmp, path)"), "!"),
    "another renamed": (('json.dump(result, open(path, "w"))', "os.rename(tmp, other)"), ""),
    "saved": (('json.dump(result, open(path, "w"))', "result.save(path)"), "!"),
    "what was given is saved": (('json.dump(result, open(path, "w"))', "save(data, path)"), ""),
    "what was made is saved": (('json.dump(result, open(path, "w"))', "save(result, path)"), "!"),
    "handed to another file": (
        ('json.dump(result, open(path, "w"))', "evaluate(result, output_path=path)"),
        "!",
    ),
    "handed under another name": (
        ('json.dump(result, open(path, "w"))', "evaluate(result, data_dir=path)"),
        "",
    ),
    "handed without a name": (('json.dump(result, open(path, "w"))', "evaluate(result, path)"), ""),
    "told of": (('json.dump(result, open(path, "w"))', "print(result, file=path)"), ""),
    "handed to a function that writes": (
        (
            'json.dump(result, open(path, "w"))',
            "put(result, path)",
            "def run",
            "def put(r, p):\n    json.dump(r, open(p, 'w'))\ndef run",
        ),
        "!",
    ),
    "handed to a function that does not": (
        (
            'json.dump(result, open(path, "w"))',
            "put(result, path)",
            "def run",
            "def put(r, p):\n    json.dump(r, open(q, 'w'))\ndef run",
        ),
        "",
    ),
    "a folder is made": (("    result =", "    os.makedirs(path)\n    result ="), ""),
    "another folder is made": (("    result =", "    os.makedirs(folder)\n    result ="), "!"),
    "compared with what is stored": (
        ("        return", "        if json.load(open(path))['n'] == len(data): return 1\n        return"),
        "",
    ),
    "compared with what is typed in": (
        ("        return", "        if json.load(open(path))['n'] == 3: return 1\n        return"),
        "!",
    ),
    "told how large": (("        return", "        if len(data) > 3: return 1\n        return"), "!"),
    "checked by a name": (("        return", "        verify(path)\n        return"), ""),
    "checked in a log": (("        return", "        print(version(path))\n        return"), ""),
    "str of it": (("open(path)", "open(str(path))"), "!"),
    "str of another": (("open(path)", "open(str(other))"), ""),
    "not there": (
        (
            "    if os",
            "    if not os",
            "        return json.load(open(path))",
            "        json.dump(train(data), open(path, 'w'))",
            "    result = train(data)\n",
            "",
            '    json.dump(result, open(path, "w"))\n',
            "",
            "return result",
            "return json.load(open(path))",
        ),
        "!",
    ),
    "not there, and never read": (
        (
            "    if os",
            "    if not os",
            "        return json.load(open(path))",
            "        json.dump(train(data), open(path, 'w'))",
            "    result = train(data)\n",
            "",
            '    json.dump(result, open(path, "w"))\n',
            "",
            "return result",
            "return data",
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), STALE_REUSE.values(), ids=STALE_REUSE)
def test_a_result_that_is_taken_again(changes, verdict):
    assert judged("SRC006", changed(REUSE, changes)) == verdict


def changed(text, changes):
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


KEYED = """
def run(rows, other):
    gold = {}
    for row in rows:
        gold[row["question"]] = row["answer"]
    return gold
"""

BODY = KEYED[KEYED.index("    gold = {}") :]

TEXT_KEYED = {
    "as it is": ((), "!"),
    "another text": (('"question"', '"prompt"'), "!"),
    "an id": (('"question"', '"id"'), ""),
    "an attribute": (('row["question"]', "row.question"), "!"),
    "get": (('row["question"]', 'row.get("question")'), "!"),
    "get of an id": (('row["question"]', 'row.get("id")'), ""),
    "stripped": (('row["question"]', 'row["question"].strip()'), "!"),
    "split": (('row["question"]', 'row["question"].strip("x")'), ""),
    "of another row": (('row["question"]', 'other["question"]'), ""),
    "the text itself": (('row["answer"]', 'row["question"]'), ""),
    "the text, tidied up": (('row["answer"]', 'clean(row["question"])'), ""),
    "nothing of the row": (('row["answer"]', "other"), ""),
    "the whole row": (('row["answer"]', "row"), "!"),
    "through a name": (
        (
            "        gold[",
            '        answer = row["answer"]\n        gold[',
            '= row["answer"]\n    return',
            "= answer\n    return",
        ),
        "!",
    ),
    "through a name of the text": (
        ("        gold[", '        text = row["question"]\n        gold[', '= row["answer"]', "= text"),
        "",
    ),
    "asked": (("        gold[", '        if row["question"] in gold: raise E\n        gold['), ""),
    "asked of another": (
        ("        gold[", '        if row["question"] in other: raise E\n        gold['),
        "!",
    ),
    "counted": (("    return", "    assert len(gold) == len(rows)\n    return"), ""),
    "another counted": (("    return", "    assert len(other) == len(rows)\n    return"), "!"),
    "added to": (("] = row", "] += row"), ""),
    "the row's own field": (("gold[row", "row[row"), ""),
    "of a loop around": (("        gold[", "        for each in row:\n            pass\n        gold["), "!"),
    "in a loop inside": (("        gold[", "        for each in row:\n          gold["), "!"),
    "made from the row": (("for row in rows:", "for line in rows:\n        row = loads(line)"), "!"),
    "made from something else": (("for row in rows:", "for line in rows:\n        row = loads(other)"), ""),
    "by its number": (('gold[row["question"]]', 'gold[rows[row]["question"]]'), "!"),
    "no loop": (("    for row in rows:\n    ", "    row = rows\n"), ""),
    "all distinct": (("in rows", 'in [{"question": "a"}, {"question": "b"}]'), ""),
    "one twice": (("in rows", 'in [{"question": "a"}, {"question": "a"}]'), "!"),
    "one unknown": (("in rows", 'in [{"question": "a"}, other]'), "!"),
    "none": (("in rows", "in []"), "!"),
    "two lists": (("in rows", 'in [{"question": "a"}] if other else [{"question": "b"}]'), "!"),
    "paired": (
        ("for row in rows", "for row, question in zip(rows, other)", 'row["question"]', "question"),
        "!",
    ),
    "paired with a written list": (
        ("for row in rows", "for row, question in zip(rows, ['a', 'b'])", 'row["question"]', "question"),
        "",
    ),
    "paired with a written list of one twice": (
        ("for row in rows", "for row, question in zip(rows, ['a', 'a'])", 'row["question"]', "question"),
        "!",
    ),
    "paired with keys": (
        ("for row in rows", "for row, question in zip(rows, other.keys())", 'row["question"]', "question"),
        "",
    ),
    "items": (("for row in rows", "for question, row in rows.items()", 'row["question"]', "question"), ""),
    "a comprehension": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    return gold\n'),
        "!",
    ),
    "a comprehension that is counted": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    assert len(gold) == 3\n'),
        "",
    ),
    "a comprehension beside a count": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    assert len(rows) == 3\n'),
        "!",
    ),
    "a comprehension that is looked up by number": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    return gold[0]\n'),
        "",
    ),
    "a comprehension that is asked for a number": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    return 0 in gold\n'),
        "",
    ),
    "a comprehension that is looked up by text": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    return gold["a"]\n'),
        "!",
    ),
    "another that is asked for a number": (
        (BODY, '    gold = {row["question"]: row["answer"] for row in rows}\n    return 0 in other\n'),
        "!",
    ),
    "a comprehension over distinct rows": (
        (BODY, '    return {row["question"]: row["answer"] for row in [{"question": "a"}]}\n'),
        "",
    ),
    "dict of pairs": ((BODY, '    return dict((row["question"], row["answer"]) for row in rows)\n'), "!"),
    "dict of triples": ((BODY, '    return dict((row["question"], row["answer"], 1) for row in rows)\n'), ""),
    "dict of pairs of the text": (
        (BODY, '    return dict((row["question"], row["question"]) for row in rows)\n'),
        "",
    ),
    "dict of distinct pairs": (
        (BODY, '    return dict((row["question"], row) for row in [{"question": "a"}])\n'),
        "",
    ),
    "dict of columns": ((BODY, '    return dict(zip(rows["question"], rows["answer"]))\n'), "!"),
    "dict of one column": ((BODY, '    return dict(zip(rows["question"]))\n'), ""),
    "dict of other columns": ((BODY, '    return dict(zip(rows["id"], rows["question"]))\n'), ""),
    "dict of columns, counted": (
        (BODY, '    gold = dict(zip(rows["question"], rows["answer"]))\n    assert len(gold) == 3\n'),
        "",
    ),
    "a table": ((BODY, '    return rows.set_index("question")["answer"].to_dict()\n'), "!"),
    "a table by name": ((BODY, '    return rows.set_index(keys="question")["answer"].to_dict()\n'), "!"),
    "a table under a list of one": ((BODY, '    return rows.set_index(["question"]).to_dict()\n'), "!"),
    "a table under a list of two": ((BODY, '    return rows.set_index(["question", "id"]).to_dict()\n'), ""),
    "a table under an id": ((BODY, '    return rows.set_index("id")["question"].to_dict()\n'), ""),
    "a table that is verified": (
        (BODY, '    return rows.set_index("question", verify_integrity=True).to_dict()\n'),
        "",
    ),
    "a table that is not verified": (
        (BODY, '    return rows.set_index("question", verify_integrity=False).to_dict()\n'),
        "!",
    ),
    "a table of records": ((BODY, '    return rows.set_index("question").to_dict("records")\n'), ""),
    "a table of columns": ((BODY, '    return rows.set_index("question").to_dict(orient="dict")\n'), "!"),
    "a table without repeats": (
        (BODY, '    return rows.drop_duplicates("question").set_index("question").to_dict()\n'),
        "",
    ),
    "a table that is asked for repeats": (
        (BODY, '    assert rows.question.is_unique\n    return rows.set_index("question").to_dict()\n'),
        "",
    ),
    "a series": ((BODY, '    return pd.Series(other, index=rows["question"]).to_dict()\n'), "!"),
    "a series under ids": (
        (BODY, '    return pd.Series(rows["question"], index=rows["id"]).to_dict()\n'),
        "",
    ),
    "a series without an index": ((BODY, '    return pd.Series(rows["question"]).to_dict()\n'), ""),
    "two columns": ((BODY, '    return dict(rows[["question", "answer"]].values)\n'), "!"),
    "two columns, by tuples": (
        (BODY, '    return dict(rows[["question", "answer"]].itertuples(index=False))\n'),
        "!",
    ),
    "two columns and their number": (
        (BODY, '    return dict(rows[["question", "answer"]].itertuples())\n'),
        "",
    ),
    "three columns": ((BODY, '    return dict(rows[["question", "answer", "id"]].values)\n'), ""),
    "two other columns": ((BODY, '    return dict(rows[["id", "question"]].values)\n'), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), TEXT_KEYED.values(), ids=TEXT_KEYED)
def test_rows_under_their_texts(changes, verdict):
    assert judged("SRC008", changed(KEYED, changes)) == verdict


CHOICE = """
import torch
def answer(model, letters, labels):
    scores = {}
    for letter in letters:
        scores[letter] = model(letter).item()
    return max(scores, key=scores.get)
"""
CHOOSING = CHOICE[CHOICE.index("    scores = {}") :]
CHOSEN = "    return max(scores, key=scores.get)\n"

NAN = {
    "as it is": ((), "!"),
    "the least": (("max(", "min("), "!"),
    "sorted, the first": (("max(scores, key=scores.get)", "sorted(scores, key=scores.get)[0]"), "!"),
    "sorted, the last": (("max(scores, key=scores.get)", "sorted(scores, key=scores.get)[-1]"), "!"),
    "sorted, all": (("max(scores, key=scores.get)", "sorted(scores, key=scores.get)"), ""),
    "sorted, some": (("max(scores, key=scores.get)", "sorted(scores, key=scores.get)[:3]"), ""),
    "by what a lambda takes": (("scores.get)", "lambda k: scores[k])"), "!"),
    "by another's": (("scores.get)", "lambda k: k)"), ""),
    "by a lambda of two": (("scores.get)", "lambda k, j: scores[k])"), ""),
    "by a call": (("scores.get)", "lambda k: load()[k])"), ""),
    "items by value": (("max(scores, key=scores.get)", "max(scores.items(), key=lambda p: p[1])"), "!"),
    "items by name": (("max(scores, key=scores.get)", "max(scores.items(), key=lambda p: p[0])"), ""),
    "items by a getter": (
        (
            "max(scores, key=scores.get)",
            "max(scores.items(), key=operator.itemgetter(1))",
            "import torch",
            "import torch, operator",
        ),
        "!",
    ),
    "items by the name's getter": (
        (
            "max(scores, key=scores.get)",
            "max(scores.items(), key=operator.itemgetter(0))",
            "import torch",
            "import torch, operator",
        ),
        "",
    ),
    "no key": (("max(scores, key=scores.get)", "max(scores)"), ""),
    "of two": (("max(scores, key=scores.get)", "max(scores, letters, key=scores.get)"), ""),
    "asked before": ((CHOSEN, "    assert math.isfinite(sum(scores.values()))\n" + CHOSEN), ""),
    "counts": (("model(letter).item()", "text.count(letter)"), ""),
    "lengths": (("model(letter).item()", "len(letter)"), ""),
    "typed in": (("model(letter).item()", "3"), ""),
    "typed in, with a point": (
        ("model(letter).item()", "0.5", "def answer(model, letters, labels)", "def first(model, letters)"),
        "",
    ),
    "unknown": (("model(letter).item()", "rate(letter)"), "!"),
    "unknown, of no answers": (
        (
            "model(letter).item()",
            "rate(letter)",
            "def answer(model, letters, labels)",
            "def first(model, letters)",
        ),
        "",
    ),
    "unknown, without a model": (("model(letter).item()", "rate(letter)", "import torch", ""), ""),
    "unknown, of another name": (("model(letter).item()", "rate(letter)", "scores", "ways"), ""),
    "a log-probability": (("model(letter).item()", "found.logprob", "scores", "ways"), "!"),
    "a model's float in a list": (
        (
            CHOOSING,
            "    values = [model(x).item() for x in letters]\n    return letters[np.argmax(values)]\n",
            "import torch",
            "import torch, numpy as np",
        ),
        "!",
    ),
    "an array": (
        (CHOOSING, "    return letters[np.argmax(labels)]\n", "import torch", "import torch, numpy as np"),
        "",
    ),
    "along an axis": (
        (
            CHOOSING,
            "    values = [model(x).item() for x in letters]\n    return letters[np.argmax(values, 0)]\n",
            "import torch",
            "import torch, numpy as np",
        ),
        "",
    ),
    "pairs": ((CHOOSING, "    return max([(model(x).item(), x) for x in letters])\n"), "!"),
    "pairs of others": ((CHOOSING, "    return max([(x, model(x).item()) for x in letters])\n"), ""),
    "pairs by the second": (
        (CHOOSING, "    return max([(x, model(x).item()) for x in letters], key=lambda p: p[1])\n"),
        "!",
    ),
    "pairs by the last": (
        (CHOOSING, "    return max([(x, model(x).item()) for x in letters], key=lambda p: p[-1])\n"),
        "",
    ),
    "pairs by the third": (
        (CHOOSING, "    return max([(x, model(x).item()) for x in letters], key=lambda p: p[2])\n"),
        "",
    ),
    "pairs by the first": (
        (CHOOSING, "    return max([(x, model(x).item()) for x in letters], key=lambda p: p[0])\n"),
        "",
    ),
    "pairs by less the second": (
        (CHOOSING, "    return min([(x, model(x).item()) for x in letters], key=lambda p: -p[1])\n"),
        "!",
    ),
    "rows": (
        (
            CHOOSING,
            (
                '    rows = [{"s": model(x).item(), "x": x} for x in letters]\n'
                '    return max(rows, key=lambda r: r["s"])\n'
            ),
        ),
        "!",
    ),
    "rows by another field": (
        (
            CHOOSING,
            (
                '    rows = [{"s": model(x).item(), "x": x} for x in letters]\n'
                '    return max(rows, key=lambda r: r["x"])\n'
            ),
        ),
        "",
    ),
    "objects": (
        (
            CHOOSING,
            "    rows = [Row(s=model(x).item(), x=x) for x in letters]\n    return max(rows, key=lambda r: r.s)\n",
        ),
        "!",
    ),
    "objects by another field": (
        (
            CHOOSING,
            "    rows = [Row(s=model(x).item(), x=x) for x in letters]\n    return max(rows, key=lambda r: r.x)\n",
        ),
        "",
    ),
    "zipped": (
        (CHOOSING, "    s = [model(x).item() for x in letters]\n    return max(zip(s, letters))\n"),
        "!",
    ),
    "zipped the other way": (
        (CHOOSING, "    s = [model(x).item() for x in letters]\n    return max(zip(letters, s))\n"),
        "",
    ),
    "appended": (
        (
            CHOOSING,
            (
                "    rows = []\n    for x in letters:\n"
                "        rows.append((model(x).item(), x))\n    return max(rows)\n"
            ),
        ),
        "!",
    ),
    "a loop": (
        (
            CHOOSING,
            (
                "    best, found = -1.0, letters[0]\n"
                "    for x in letters:\n        score = model(x).item()\n"
                "        if score > best:\n            best, found = score, x\n    return found\n"
            ),
        ),
        "!",
    ),
    "a loop that chose nothing": (
        (
            CHOOSING,
            (
                "    best, found = float('-inf'), None\n"
                "    for x in letters:\n        score = model(x).item()\n"
                "        if score > best:\n            best, found = score, x\n    return found\n"
            ),
        ),
        "?",
    ),
    "a loop of counts": (
        (
            CHOOSING,
            (
                "    best, found = -1, letters[0]\n"
                "    for x in letters:\n        score = len(x)\n"
                "        if score > best:\n            best, found = score, x\n    return found\n"
            ),
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), NAN.values(), ids=NAN)
def test_the_best_of_scores(changes, verdict):
    assert judged("SRC011", changed(CHOICE, changes)) == verdict


PREFIX = """
def rows(tokenizer, prompt, answer):
    prompt_ids = tokenizer(prompt)["input_ids"]
    full_ids = tokenizer(prompt + answer)["input_ids"]
    n = len(prompt_ids)
    return [-100] * n + full_ids[n:]
"""
CUT = "    return [-100] * n + full_ids[n:]\n"

PREFIXES = {
    "as it is": ((), "!"),
    "no labels": (("[-100] * n + ", ""), "?"),
    "its beginning": (("full_ids[n:]", "full_ids[:n]"), "!"),
    "one less": (("full_ids[n:]", "full_ids[n - 1:]"), "!"),
    "one more": (("full_ids[n:]", "full_ids[n + 1:]"), "!"),
    "twice": (("full_ids[n:]", "full_ids[n * 2:]"), ""),
    "a number": (("full_ids[n:]", "full_ids[3:]"), ""),
    "with a step": (("full_ids[n:]", "full_ids[n::2]"), ""),
    "one token": (("full_ids[n:]", "[full_ids[n]]"), ""),
    "its own length": (("len(prompt_ids)", "len(full_ids)"), ""),
    "another length": (("len(prompt_ids)", "len(prompt)"), ""),
    "a shape": (("len(prompt_ids)", "prompt_ids.shape[1]"), "!"),
    "a size": (("len(prompt_ids)", "prompt_ids.size(1)"), "!"),
    "another attribute": (("len(prompt_ids)", "prompt_ids.other[1]"), ""),
    "compared": ((CUT, "    assert full_ids[:n] == prompt_ids\n" + CUT), ""),
    "compared without a cut": ((CUT, "    assert full_ids == prompt_ids\n" + CUT), "!"),
    "compared by a call": ((CUT, "    assert torch.equal(full_ids, prompt_ids)\n" + CUT), ""),
    "compared by a function": ((CUT, "    check_prefix(full_ids, prompt_ids)\n" + CUT), ""),
    "by offsets": (("(prompt + answer)", "(prompt + answer, return_offsets_mapping=True)"), ""),
    "masked by the tokenizer": (
        ("(prompt + answer)", "(prompt + answer, return_assistant_tokens_mask=True)"),
        "",
    ),
    "the same text": (("prompt + answer", "prompt"), ""),
    "another text": (("prompt + answer", "answer"), ""),
    "through a name": (
        ("    full_ids", "    text = prompt + answer\n    full_ids", "(prompt + answer)[", "(text)["),
        "!",
    ),
    "formatted": (("prompt + answer", 'f"{prompt}{answer}"'), "!"),
    "an attribute": (('["input_ids"]', ".input_ids"), "!"),
    "another attribute of the tokens": (('["input_ids"]', ".other"), ""),
    "encoded": (("tokenizer(prompt)", "tokenizer.encode(prompt)"), "!"),
    "by its text's name": (("tokenizer(prompt)", "tokenizer(text=prompt)"), ""),
    "a template": (("tokenizer(prompt)", "tokenizer.apply_chat_template(prompt)"), "!"),
    "a template that gives text": (
        ("tokenizer(prompt)", "tokenizer.apply_chat_template(prompt, tokenize=False)"),
        "",
    ),
    "a template that gives tokens": (
        ("tokenizer(prompt)", "tokenizer.apply_chat_template(prompt, tokenize=True)"),
        "!",
    ),
    "a tensor": (('tokenizer(prompt)["input_ids"]', 'torch.tensor(tokenizer(prompt)["input_ids"])'), "!"),
    "a method of the tokens": (
        ('tokenizer(prompt)["input_ids"]', 'tokenizer(prompt)["input_ids"].tolist()'),
        "!",
    ),
    "no tokenizer": (("tokenizer(prompt)", "parser(prompt)"), ""),
    "the tokenizer is loaded": (("tokenizer(prompt)", "load_tokenizer(prompt)"), ""),
    "a cut before": (('tokenizer(prompt)["input_ids"]', 'tokenizer(prompt)["input_ids"][:3]'), ""),
    "hidden states": ((CUT, "    return model(full_ids).hidden_states[n:]\n"), "!"),
    "logits by name": ((CUT, "    return model(input_ids=full_ids).logits[n:]\n"), "!"),
    "logits of what is spread": ((CUT, "    return model(**tokenizer(prompt + answer)).logits[n:]\n"), "!"),
    "another output": ((CUT, "    return model(full_ids).other[n:]\n"), ""),
    "written in place": ((CUT, "    full_ids[:n] = 0\n"), "!"),
    "written one by one": ((CUT, "    for i in range(n):\n        full_ids[i] = -100\n"), "!"),
    "written from a place on": ((CUT, "    for i in range(0, n):\n        full_ids[i] = -100\n"), "!"),
    "written in steps": ((CUT, "    for i in range(0, n, 2):\n        full_ids[i] = -100\n"), ""),
    "written elsewhere": ((CUT, "    for i in range(n):\n        full_ids[j] = -100\n"), ""),
    "not counted": ((CUT, "    for i in count(n):\n        full_ids[i] = -100\n"), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), PREFIXES.values(), ids=PREFIXES)
def test_a_cut_at_the_length_of_a_prompt(changes, verdict):
    assert judged("SRC012", changed(PREFIX, changes)) == verdict
