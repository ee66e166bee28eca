"""What is found beside near misses in one file, and how far values are followed."""

from __future__ import annotations

import ast
import re

import pytest

from builders.errors import InputError
from checks.src.module import parse
from checks.src.shapes import uses
from tests.checks.source import fixed, hits
from tests.checks.test_src_variants import (
    CHOICE,
    KEYED,
    NAN,
    PREFIX,
    PREFIXES,
    REUSE,
    STALE_REUSE,
    TEXT_KEYED,
    changed,
    judged,
)
from tests.checks.test_src_variants_of_draws import SALTED, SALTS, SHUFFLED
from tests.checks.test_src_variants_of_labels import FAILED, GUESSES, SCORED, SCORES, SYSTEM, SYSTEMS
from tests.checks.test_src_variants_of_prompts import (
    BEST,
    BOS,
    FALLBACK,
    FALLBACKS,
    LOOPS,
    ONE_SIDED,
    PERSONA,
    PERSONAS,
    REMOTE,
    REMOTES,
    SIDES,
    SLICED,
    SLICES,
    TURN,
    TURNS,
)

TABLES = {
    "SRC001": (SALTED, SALTS),
    "SRC002": (SYSTEM, SYSTEMS),
    "SRC003": (PERSONA, PERSONAS),
    "SRC004": (FALLBACK, FALLBACKS),
    "SRC006": (REUSE, STALE_REUSE),
    "SRC007": (SLICED, SLICES),
    "SRC008": (KEYED, TEXT_KEYED),
    "SRC009": (FAILED, GUESSES),
    "SRC009 scores": (SCORED, SCORES),
    "SRC010": (REMOTE, REMOTES),
    "SRC011": (CHOICE, NAN),
    "SRC011 loops": (BEST, LOOPS),
    "SRC012": (PREFIX, PREFIXES),
    "SRC014": (TURNS, TURN),
    "SRC015": (SIDES, ONE_SIDED),
}


APART = frozenset(
    (("SRC001", "another hash"), ("SRC001", "an order in a library"), ("SRC011", "unknown, without a model"))
)
"""What would be said of the whole file."""


def lines(code, text):
    return sorted({each.node.lineno for each in hits(code, text, pedantic=True)})


@pytest.mark.parametrize("name", TABLES)
def test_a_near_miss_hides_nothing_behind_it_or_before_it(name):
    program, table = TABLES[name]
    code = name[:6]
    whole = re.sub(r"^def (\w+)", r"def the_\1", program, flags=re.MULTILINE)
    here = lines(code, whole)
    assert here
    for title, (changes, verdict) in table.items():
        miss = changed(program, changes)
        if verdict or (code, title) in APART:
            continue
        assert lines(code, miss + whole) == [each + miss.count("\n") for each in here], title
        assert lines(code, whole + miss) == here, title


PREFIX_CUT = PREFIXES["compared"][0][0]

MORE = [
    ("SRC010", REMOTE, ('"gpt2"', "path + 'x'"), ""),
    ("SRC010", REMOTE, ('"gpt2"', "args.x"), ""),
    (
        "SRC012",
        PREFIX,
        ('tokenizer(prompt)["input_ids"]', 'tokenizer(prompt)["input_ids"]["a"]["b"].data.ids'),
        "!",
    ),
    ("SRC012", PREFIX, ("    n = len(prompt_ids)", "    a = len(prompt_ids)\n    n = a - 1 - 1 - 1"), "!"),
    ("SRC012", PREFIX, ("    n = len(prompt_ids)", "    a = len(prompt_ids)\n    n = a - 1 - 1 - 1 - 1"), ""),
    (
        "SRC006",
        REUSE,
        (
            '    json.dump(result, open(path, "w"))',
            '    save(data, path)\n    json.dump(result, open(path, "w"))',
        ),
        "!",
    ),
    ("SRC009", SCORED, ("int(found.group(1))", "json.loads(text)['score']"), "!"),
    ("SRC009", SCORED, ("int(found.group(1))", "load(text)['score']"), ""),
    (
        "SRC009",
        SCORED,
        ("    found", "    data = json.loads(text)\n    found", "int(found.group(1))", "data['score']"),
        "!",
    ),
    (
        "SRC009",
        SCORED,
        ("    found", "    data = load(text)\n    found", "int(found.group(1))", "data['score']"),
        "",
    ),
    ("SRC011", CHOICE, ("model(letter).item()", "torch.tensor(letter)", "scores", "ways"), "!"),
    ("SRC011", CHOICE, ("model(letter).item()", "model(letter).other()", "scores", "ways"), ""),
    ("SRC011", BEST, ("best, found = score, letter", "best, found = [score, letter]"), ""),
    (
        "SRC005",
        SHUFFLED,
        ("random.shuffle(rows)", "def a():\n    return random.choice(rows)\nrows = a()"),
        "?",
    ),
    (
        "SRC005",
        SHUFFLED,
        (
            "random.shuffle(rows)",
            "def a():\n    return random.choice(rows)\ndef b():\n    return a()\nfor i in x:\n    rows = b()",
        ),
        "!",
    ),
    (
        "SRC005",
        SHUFFLED,
        (
            "random.shuffle(rows)",
            (
                "def a(): return random.choice(rows)\ndef b(): return a()\n"
                "def c(): return b()\nfor i in x:\n    rows = c()"
            ),
        ),
        "?",
    ),
    (
        "SRC005",
        SHUFFLED,
        (
            "rows = load()",
            "",
            "random.shuffle(rows)",
            "random.shuffle(rows)",
            "json.dump(rows, file)",
            "use(rows[:3])",
        ),
        "!",
    ),
    ("SRC005", SHUFFLED, ("random.shuffle(rows)\n", "random.seed(1)\nrandom.Random(1).shuffle(rows)\n"), ""),
    ("SRC003", PERSONA, ("    return {", "    assert persona\n    return {"), ""),
    ("SRC001", SALTED, ("hash(name)", "hash(other.item())"), ""),
    ("SRC001", SALTED, ("hash(name)", "hash(time.time())"), ""),
    ("SRC001", SALTED, ("hash(name)", "hash((*rows, name))"), "!"),
    ("SRC002", SYSTEM, ("if system:", "if system and not user:"), "!"),
    ("SRC002", SYSTEM, ("if system:", "if not system and user:"), ""),
    ("SRC014", TURNS, ("for turn in turns", "for turn in turns if x else y"), "!"),
    ("SRC004", FALLBACK, ("    try:\n", "    try:\n        y = load()\n"), "!"),
    ("SRC004", FALLBACK, ("    try:\n", "    try:\n        load()\n        y: int\n"), "!"),
    (
        "SRC006",
        REUSE,
        ("return json.load(open(path))", "return", 'json.dump(result, open(path, "w"))', "result.save(path)"),
        "",
    ),
    (
        "SRC006",
        REUSE,
        (
            "return json.load(open(path))",
            "return",
            'json.dump(result, open(path, "w"))',
            "result.to_csv(path)",
        ),
        "!",
    ),
    ("SRC006", REUSE, ('json.dump(result, open(path, "w"))', "save('text', path)"), ""),
    (
        "SRC006",
        "",
        (
            "",
            (
                "import json, os\nif os.path.exists('a.jsonl'):\n    rows = json.load(open('a.jsonl'))\n"
                "else:\n    rows = train()\n    json.dump(rows, open('a.jsonl', 'w'))\n"
            ),
        ),
        "!",
    ),
    (
        "SRC006",
        "",
        (
            "",
            (
                "import json, os\nwith f():\n  if os.path.exists('a.jsonl'):\n"
                "    rows = json.load(open('a.jsonl'))\n"
                "  else:\n    rows = train()\n    json.dump(rows, open('a.jsonl', 'w'))\n"
            ),
        ),
        "",
    ),
    (
        "SRC008",
        KEYED,
        ("for row in rows", "for q, row in zip(rows['question'], rows['answer'])", 'row["question"]', "q"),
        "!",
    ),
    (
        "SRC008",
        KEYED,
        ("for row in rows", "for q, row in zip(rows['id'], rows['answer'])", 'row["question"]', "q"),
        "",
    ),
    (
        "SRC008",
        KEYED,
        ("for row in rows", "for row, q in zip(rows['question'], rows['answer'])", 'row["question"]', "q"),
        "",
    ),
    (
        "SRC008",
        KEYED,
        (
            "for row in rows",
            "for row, other, q in zip(rows['question'], rows['answer'])",
            'row["question"]',
            "q",
        ),
        "",
    ),
    (
        "SRC008",
        KEYED,
        (
            "        gold[",
            '        question = row["x"]\n        gold[',
            'gold[row["question"]]',
            "gold[question]",
        ),
        "",
    ),
    (
        "SRC008",
        KEYED,
        (
            '        gold[row["question"]] = row["answer"]\n    return gold',
            '        pass\n    return rows.set_index("question").sort_index().to_dict()',
        ),
        "!",
    ),
    ("SRC009", FAILED, ('label = "A"', 'label = extract(row) or row or "A"', "not found", "row"), "!"),
    ("SRC009", FAILED, ("not found", "n != 1", "    if", "    n = len(re.findall('A', text))\n    if"), "!"),
    ("SRC009", FAILED, ("not found", "n != 1", "    if", "    n = len(text)\n    if"), ""),
    ("SRC009", FAILED, ("not found", "n != 1", "    if", "    n = f(text)\n    if"), ""),
    ("SRC009", FAILED, ("label", "labels", '"A"', '["AA", "BB"]'), "!"),
    ("SRC009", FAILED, ("label", "labels", '"A"', '["AAA", "BBB"]'), ""),
    ("SRC009", FAILED, ("label", "labels", '"A"', 'list(["A", "B"])'), "!"),
    ("SRC009", FAILED, ("label", "labels", '"A"', 'list(["a", "b"])'), "!"),
    ("SRC009", FAILED, ("label", "labels", '"A"', 'list(["B", "C"])'), ""),
    ("SRC009", FAILED, ("label", "labels", '"A"', 'list(["A"])'), ""),
    ("SRC009", FAILED, ("label", "labels", '"A"', "list()"), ""),
    ("SRC009", SCORED, ("int(found.group(1)), text", "text, int(found.group(1))", "5, text", "text, 5"), "!"),
    (
        "SRC009",
        SCORED,
        (
            "    found",
            "    for k in text:\n        json.loads(text).setdefault(k, 3)\n    found",
            "return 5, text",
            "return None",
        ),
        "",
    ),
    ("SRC010", REMOTE, ('AutoModel.from_pretrained("gpt2"', 'load_dataset("a", "b.py"'), "!"),
    (
        "SRC011",
        CHOICE,
        (
            "    return max(scores, key=scores.get)",
            "    pairs = zip([model(x).item() for x in letters], letters)\n    return max(pairs)",
        ),
        "!",
    ),
    (
        "SRC011",
        CHOICE,
        (
            "    return max(scores, key=scores.get)",
            (
                "    found = [model(x).item() for x in letters]\n"
                "    return max(enumerate(found), key=lambda p: p[1])"
            ),
        ),
        "!",
    ),
    (
        "SRC011",
        CHOICE,
        ("model(letter).item()", "0.5 if letter else model(letter).item()", "scores", "ways"),
        "!",
    ),
    (
        "SRC011",
        CHOICE,
        ("model(letter).item()", "math.log(letter)", "scores", "ways", "import torch", "import torch, math"),
        "",
    ),
    (
        "SRC011",
        CHOICE,
        (
            "model(letter).item()",
            "math.exp(model(letter).item())",
            "scores",
            "ways",
            "import torch",
            "import torch, math",
        ),
        "!",
    ),
    ("SRC011", CHOICE, ("    return", "    assert all(s == s for s in scores.values())\n    return"), ""),
    ("SRC011", CHOICE, ("    return", "    assert all(s == 1 for s in scores.values())\n    return"), "!"),
    (
        "SRC011",
        BEST,
        (
            "    for letter",
            "    letter = letters\n    x = model(letter).item()\n    for letter",
            "score = model(letter).item()",
            "score = x",
        ),
        "",
    ),
    ("SRC012", PREFIX, ("tokenizer(prompt)", "tokenizer(other=prompt)"), ""),
    (
        "SRC012",
        PREFIX,
        ("tokenizer(prompt)", "tokenizer(prompt.strip())", "prompt + answer", "prompt.strip() + answer"),
        "!",
    ),
    (
        "SRC012",
        PREFIX,
        ("tokenizer(prompt)", "tokenizer(answer.a)", "prompt + answer", "answer.a + answer.b"),
        "!",
    ),
    (
        "SRC014",
        TURNS,
        (
            '        if turn["role"] == "user"',
            '        if other:\n            pass\n        if turn["role"] == "user"',
        ),
        "!",
    ),
    ("SRC014", TURNS, ('turn["role"]', "turn.get()"), ""),
    (
        "SRC014",
        "",
        (
            "",
            (
                'if turn["role"] == "user":\n    out.append({"user": turn["content"]})\n'
                'elif turn["role"] == "assistant":\n    out.append({"assistant": turn["content"]})\n'
            ),
        ),
        "",
    ),
    (
        "SRC014",
        "",
        (
            "",
            (
                'for turn in turns:\n  if x:\n    if turn["role"] == "user":\n'
                '        out.append({"user": turn["content"]})\n'
                '    elif turn["role"] == "assistant":\n        out.append({"assistant": turn["content"]})\n'
            ),
        ),
        "!",
    ),
    (
        "SRC004",
        FALLBACK,
        (
            "        text = tokenizer",
            "        n = len(tokenizer.apply_chat_template(messages))\n        text = tokenizer",
        ),
        "!",
    ),
    ("SRC004", FALLBACK, ('messages[0]["content"]', "str(error) + repr(error) + str(type(error))"), ""),
    (
        "SRC003",
        "",
        ("", 'text = t.apply_chat_template([{"role": "user", "content": q}])\npersona = 1\nprint(persona)\n'),
        "",
    ),
    (
        "SRC003",
        "",
        (
            "",
            (
                'for persona in x:\n    text = t.apply_chat_template([{"role": "user", "content": q}])\n'
                "    print(persona)\n"
            ),
        ),
        "!",
    ),
    ("SRC007", SLICED, ("rows[:n_rows]", "range(size([1, 2]))[:SIZE]", "def run", "SIZE = 3\ndef run"), ""),
    (
        "SRC015",
        SIDES,
        ("    return row", '    for b in other:\n        row["rejected"] = b\n    return row'),
        "",
    ),
    ("SRC001", SALTED, ("    return random.Random(value)", "    rows[0] = value\n    return rows"), ""),
    (
        "SRC001",
        SALTED,
        (
            "    return random.Random(value)",
            "    return Path(tempfile.mkdtemp()).joinpath(f'{value}')",
            "import json",
            "import tempfile, json",
        ),
        "",
    ),
    ("SRC001", SALTED, ("    return random.Random(value)", "    return row.joinpath(f'{value}')"), "!"),
    (
        "SRC001",
        SALTED,
        (
            "    return random.Random(value)",
            "    return open(f'{value}', tempfile.mkdtemp())",
            "import json",
            "import tempfile, json",
        ),
        "!",
    ),
    (
        "SRC005",
        SHUFFLED,
        ("json.dump(rows, file)", "sys.stdout.write(rows)", "import json", "import sys, json"),
        "",
    ),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "file.write(rows)"), "!"),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "print(rows, file=file)"), "!"),
    (
        "SRC005",
        SHUFFLED,
        ("json.dump(rows, file)", "print(rows, file=sys.stderr)", "import json", "import sys, json"),
        "",
    ),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "save_rows(rows)"), "!"),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "DataLoader(rows)"), "!"),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "rows.to_json(file)"), "!"),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "to_json(file, rows)"), "!"),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "json.dump(x, file, default=rows)"), ""),
    ("SRC005", SHUFFLED, ("json.dump(rows, file)", "logger.info(rows)"), ""),
    (
        "SRC005",
        SHUFFLED,
        (
            "rows = load()\nrandom.shuffle(rows)\njson.dump(rows, file)",
            "random.seed(1)\ndef f(rows):\n    random.shuffle(rows)\n    json.dump(rows, file)",
        ),
        "",
    ),
    (
        "SRC005",
        SHUFFLED,
        (
            "rows = load()\nrandom.shuffle(rows)\njson.dump(rows, file)",
            "np.random.seed(1)\ndef f(rows):\n    random.shuffle(rows)\n    json.dump(rows, file)",
        ),
        "!",
    ),
    ("SRC013", BOS, ("tokenizer(text)", "self.other(text)"), ""),
    ("SRC013", BOS, ("tokenizer(text)", "self.tokenizer(text)"), "?"),
    ("SRC006", REUSE, ('open(path, "w")', 'path.open("w")'), "!"),
    ("SRC006", REUSE, ('open(path, "w")', "path.open()"), ""),
    ("SRC002", SYSTEM, ("if system:", "if user.default_x and system:"), "!"),
    ("SRC002", SYSTEM, ('"content": system}', '"content": dedent(system)}'), "!"),
    ("SRC002", SYSTEM, ('"content": system}', '"content": textwrap.dedent(str(system))}'), "!"),
    ("SRC015", SIDES, ("    return row", '    more = {"x": 1, "rejected": row}\n    return row'), "!"),
    ("SRC009", SCORED, ("return 5, text", "return 5, text, 3"), "!"),
    (
        "SRC008",
        KEYED,
        (
            "for row in rows",
            "for q, row in zip(rows['question'], rows['answer'])",
            'row["question"]',
            "q",
            "    gold = {}",
            ("    rows = load()\n    gold = {}"),
        ),
        "!",
    ),
]


@pytest.mark.parametrize(("code", "program", "changes", "verdict"), MORE)
def test_more_neighbours(code, program, changes, verdict):
    assert judged(code, changed(program, changes) if program else changes[1]) == verdict


def test_one_reuse_is_said_once_for_two_files():
    both = changed(REUSE, ("os.path.exists(path)", "os.path.exists(path) and os.path.exists(path)"))
    assert len(hits("SRC006", both, pedantic=True)) == 1


def test_messages_say_what_is_cut_and_what_is_shared():
    (tokens,) = hits("SRC012", PREFIX)
    assert tokens.message.startswith("this cuts the tokens of line 4 at the length of those of line 3,")
    (output,) = hits("SRC012", changed(PREFIX, (PREFIX_CUT, "    return model(full_ids).logits[n:]\n")))
    assert output.message.startswith("this cuts what a model gives for the tokens of line 4 ")
    arms = "import random\na = rows + x\nb = rows + y\nrandom.Random(1).shuffle(a)\nrandom.Random(2).shuffle(b)\n"
    (shared,) = hits("SRC005", arms)
    assert "share `rows` and are shuffled with different seeds (2 and 1)" in shared.message


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ('f("gpt2", trust_remote_code=True)', 'f("gpt2")'),
        ('f("gpt2", trust_remote_code=True, a=1)', 'f("gpt2", a=1)'),
        ('f("gpt2", trust_remote_code=True, a=1)  # why', 'f("gpt2", a=1)  # why'),
        ('f(\n    "gpt2",\n    trust_remote_code=True,\n)', 'f(\n    "gpt2",\n)'),
        ('f(\n    "gpt2",\n    trust_remote_code=True\n)', 'f(\n    "gpt2"\n)'),
        ('f(\n    "gpt2",\n    trust_remote_code=True,  # why\n)', None),
        ('f(\n    "gpt2",  # why\n    trust_remote_code=True\n)', None),
        ('f(trust_remote_code=True, model="gpt2")', 'f(model="gpt2")'),
    ],
)
def test_the_permission_is_taken_out_with_its_comma(call, after):
    before = call.replace("f(", "AutoModel.from_pretrained(")
    assert fixed("SRC010", before) == (
        before if after is None else after.replace("f(", "AutoModel.from_pretrained(")
    )


@pytest.mark.parametrize(
    ("text", "wanted", "answer"),
    [
        ("f(a)", "a", True),
        ("f(a)", "b", False),
        ("f(a.b)", "a", True),
        ("f(a.b)", "b", False),
        ("f(a.b)", "a.b", True),
    ],
)
def test_an_access_that_stands_anywhere_under_a_node(text, wanted, answer):
    assert uses(ast.parse(text, mode="eval").body, ast.parse(wanted, mode="eval").body) is answer


@pytest.mark.parametrize(("steps", "verdict"), [(4, "!"), (5, "!"), (6, ""), (9, "")])
def test_tokens_are_followed_through_five_conversions(steps, verdict):
    nested = "torch.tensor(" * steps + "tokenizer(prompt)" + ")" * steps
    assert judged("SRC012", changed(PREFIX, ('tokenizer(prompt)["input_ids"]', nested))) == verdict


def test_several_exceptions_with_a_name_are_no_grammar():
    with pytest.raises(InputError):
        parse("a.py", "try:\n    x\nexcept A, B as e:\n    pass\n")


def test_a_shuffle_changes_the_order_and_a_sample_what_is_drawn():
    (shuffled,) = hits("SRC005", SHUFFLED)
    assert "so the order of the rows is another in every run" in shuffled.message
    (sampled,) = hits("SRC005", changed(SHUFFLED, ("random.shuffle(rows)", "rows = random.sample(rows, 3)")))
    assert "so what is drawn is another in every run" in sampled.message
