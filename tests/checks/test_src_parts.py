"""What the SRC checks ask of an expression, each answer with its near misses."""

from __future__ import annotations

import ast

import pytest

from checks.src.default_scores import _fits, _says_nothing, _score_of
from checks.src.draws import draws, is_draw
from checks.src.failed_reads import _among_options, _short, fails, is_read, succeeds
from checks.src.guessed_label import _is_alphabet, _is_guess
from checks.src.keyed_tables import is_column
from checks.src.module import parse
from checks.src.needless_remote_code import _model
from checks.src.shapes import annotation_text, kind_of
from checks.src.stale_reuse import _is_blank
from checks.src.system_turn_dropped import _converts, _is_content, _of_two, _table
from checks.src.unchecked_prefix import _bounds


def last(text):
    """Return a file and the expression in its last line."""
    module = parse("script.py", text)
    statement = module.tree.body[-1]
    return module, statement.value


def asked(question, text):
    return question(*last(text))


TABLE = [
    # A match that is tested, on either side.
    (succeeds, "import re\nm = re.match(p, t)\nm", True),
    (succeeds, "import re\nm = re.match(p, t)\nm is not None", True),
    (succeeds, "import re\nm = re.match(p, t)\nm is None", False),
    (succeeds, "import re\nm = re.match(p, t)\nNone is not m", False),
    (succeeds, "import re\nm = re.match(p, t)\nm is not other", False),
    (succeeds, "import re\nm = re.findall(p, t)\nlen(m) > 0", True),
    (succeeds, "import re\nm = re.findall(p, t)\nlen(m) >= 1", True),
    (succeeds, "import re\nm = re.findall(p, t)\nlen(m) == 1", True),
    (succeeds, "import re\nm = re.findall(p, t)\nlen(m) < 1", False),
    (succeeds, "import re\nm = re.findall(p, t)\nlen() > 0", False),
    (succeeds, "import re\nm = re.findall(p, t)\nsize(m) > 0", False),
    (succeeds, "m = other(t)\nm", False),
    (succeeds, "import re\nm = re.match(p, t)\n0 < len(m)", False),
    (succeeds, "import re\nm = re.match(p, t)\nm in 'ABC'", True),
    (succeeds, "import re\nm = re.match(p, t)\nm not in 'ABC'", False),
    (fails, "import re\nm = re.match(p, t)\nnot m", True),
    (fails, "import re\nm = re.match(p, t)\nm is None", True),
    (fails, "import re\nm = re.match(p, t)\nm", False),
    (fails, "import re\nm = re.match(p, t)\nm is not None", False),
    (fails, "m = other(t)\nnot m", False),
    (is_read, "import re\nm = re.match(p, t)\nm.group(1)", True),
    (is_read, "import re\nm = re.match(p, t)\nm.group(1).strip()[0]", True),
    (is_read, "m = extract_answer(t)\nm", True),
    (is_read, "m = t\nm.upper()", False),
    # What is drawn from: answers or rows.
    (_among_options, "random.choice(['A', 'B'])", True),
    (_among_options, "random.choice([True, False])", True),
    (_among_options, "random.choice([0, 1])", True),
    (_among_options, "random.choice(['A', rows])", False),
    (_among_options, "random.choice([])", False),
    (_among_options, "random.choice('ABCD')", True),
    (_among_options, "random.choice('')", False),
    (_among_options, "random.choice(choices)", True),
    (_among_options, "random.choice(rows)", False),
    (_among_options, "random.choice(['data/a', 'data/b'])", False),
    (_among_options, "random.choice(['a.txt'])", False),
    (_among_options, "random.randint(0, 3)", True),
    (_among_options, "random.randint(0, 25)", True),
    (_among_options, "random.randint(0, 26)", False),
    (_among_options, "random.uniform(0.5, 3)", False),
    (_among_options, "random.random()", False),
    # Letters.
    (_is_alphabet, "'ABCD'", True),
    (_is_alphabet, "'abcd'", True),
    (_is_alphabet, "'XABC'", False),
    (_is_alphabet, "3", False),
    (_is_alphabet, "['A', 'B']", True),
    (_is_alphabet, "('a', 'b')", True),
    (_is_alphabet, "['A']", False),
    (_is_alphabet, "['B', 'A']", False),
    (_is_alphabet, "[x, 'A']", False),
    (_is_alphabet, "list('ABCD')", True),
    (_is_alphabet, "list()", False),
    (_is_alphabet, "sorted('ABCD')", False),
    (_is_alphabet, "'ABCD'[:2]", True),
    (_is_alphabet, "import string\nstring.ascii_uppercase", True),
    (_is_alphabet, "import string\nstring.digits", False),
    # Draws.
    (is_draw, "import random\nrandom.choice(rows)", True),
    (is_draw, "import random\nrandom.random()", False),
    (is_draw, "import random\nrandom.Random(3).choice(rows)", True),
    (is_draw, "rng.choice(rows)", False),
    (is_draw, "import numpy as np\nnp.random.default_rng(0).permutation(rows)", True),
    (is_draw, "import numpy as np\nnp.random.default_rng(0).normal(3)", False),
    # Kinds of values.
    (kind_of, "1 + 2", "number"),
    (kind_of, "'a' + b", "text"),
    (kind_of, "f'{a}'", "text"),
    (kind_of, "3.5", "number"),
    (kind_of, "(1, 2)", "number"),
    (kind_of, "(1, 'a')", "text"),
    (kind_of, "(1, x)", "unknown"),
    (kind_of, "x", "unknown"),
    (kind_of, "-3", "number"),
    (kind_of, "len(x)", "number"),
    (kind_of, "str(x)", "text"),
    (kind_of, "'%s' % 3", "text"),
]


@pytest.mark.parametrize(("question", "text", "answer"), TABLE)
def test_what_is_asked_of_a_file_and_an_expression(question, text, answer):
    assert asked(question, text) == answer


@pytest.mark.parametrize(
    ("text", "plural", "guess"),
    [
        ("labels[:3]", True, False),
        ("'ABCD'[:3]", True, True),
        ("'ABCD'[:3]", False, False),
        ("choices[0]", False, True),
        ("choices[0]", True, False),
        ("choices[1]", False, False),
        ("rows[0]", False, False),
        ("import random\nrandom.choice(rows)", False, True),
        ("import random\nrandom.randint(0, 3)", False, True),
        ("import random\nrandom.random()", False, False),
        ("rng.choice(rows)", False, True),
        ("menu.choice(rows)", False, False),
        ("list('ABCD')", True, True),
        ("list('ABCD')", False, False),
        ("list()", True, False),
        ("[chr(65 + i) for i in range(4)]", True, True),
        ("[chr(65 + i) for i in range(4)]", False, False),
        ("[ord(i) for i in text]", True, False),
        ("'A'", False, True),
        ("None", False, False),
    ],
)
def test_a_guess_at_a_label(text, plural, guess):
    module, node = last(text)
    assert _is_guess(module, node, plural=plural) is guess


EXPRESSIONS = [
    (_is_content, "turn['content']", True),
    (_is_content, "turn['role']", False),
    (_is_content, "turn[0]", False),
    (_is_content, "turn.value", True),
    (_is_content, "turn.role", False),
    (_is_content, "turn['content'].strip()", True),
    (_is_content, "turn['role'].strip()", False),
    (_is_content, "turn['content'].upper()", False),
    (_is_content, "turn.get('content')", True),
    (_is_content, "turn.get('content', '')", True),
    (_is_content, "turn.get('role')", False),
    (_is_content, "turn.get()", False),
    (_is_content, "turn.get(content)", False),
    (_is_content, "get('content')", False),
    (_is_blank, "dict()", True),
    (_is_blank, "list()", True),
    (_is_blank, "dict(rows)", False),
    (_is_blank, "set()", False),
    (_is_blank, "{}", True),
    (_is_blank, "{'a': 1}", False),
    (_is_blank, "None", True),
    (_is_blank, "[]", True),
    (_is_blank, "()", True),
    (_is_blank, "[1]", False),
    (_is_blank, "rows", False),
    (_says_nothing, "None", True),
    (_says_nothing, "'ok'", True),
    (_says_nothing, "True", True),
    (_says_nothing, "False", False),
    (_says_nothing, "'failed'", False),
    (_says_nothing, "status", False),
]


@pytest.mark.parametrize(("question", "text", "answer"), EXPRESSIONS)
def test_what_is_asked_of_an_expression(question, text, answer):
    assert question(ast.parse(text, mode="eval").body) is answer


@pytest.mark.parametrize(
    ("name", "default", "fits"),
    [
        ("score", "1", True),
        ("score", "0.5", True),
        ("score", "0", False),
        ("score", "-1", False),
        ("score", "True", False),
        ("score", "'high'", False),
        ("score", "other", False),
        ("verdict", "'A'", True),
        ("verdict", "'unknown'", False),
        ("title", "1", False),
    ],
)
def test_a_default_that_is_a_score_or_a_verdict(name, default, fits):
    assert _fits(name, ast.parse(default, mode="eval").body) is fits


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ("{'score': 5}", "score"),
        ("{'title': 3, 'score': 5}", "score"),
        ("{'score': 0}", None),
        ("{'score': 5, 'error': 'unread'}", None),
        ("{'score': 5, 'error': None}", "score"),
        ("{'error': None}", None),
        ("{3: 5, 'score': 4, **more}", "score"),
    ],
)
def test_the_score_of_a_record(record, name):
    found = _score_of(ast.parse(record, mode="eval").body)
    assert (found and found[0]) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [("A", True), ("", False), ("x" * 26, True), ("x" * 27, False), ("a/b", False), (3, False)],
)
def test_a_short_text_is_an_answer(text, shown):
    assert _short(text) is shown


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("table['question']", True),
        ("table['answer']", False),
        ("table[0]", False),
        ("table[question]", False),
        ("table.question", True),
        ("table.answer", False),
        ("table['question'].values", True),
        ("table['answer'].values", False),
        ("table['question'].array", True),
        ("table['question'].size", False),
        ("table['question'].tolist()", True),
        ("table['question'].astype(str)", False),
        ("tolist()", False),
    ],
)
def test_a_column_of_texts(text, answer):
    assert is_column(ast.parse(text, mode="eval").body, {"question"}) is answer


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("load('a')", "'a'"),
        ("load('a', 'b')", "'a'"),
        ("pipeline('task', 'b')", "'b'"),
        ("pipeline('task')", "'task'"),
        ("load(model='c')", "'c'"),
        ("load('a', pretrained_model_name_or_path='d')", "'d'"),
        ("load()", None),
        ("load(revision='x')", None),
    ],
)
def test_the_model_of_a_call(text, model):
    found = _model(ast.parse(text, mode="eval").body)
    assert (None if found is None else ast.unparse(found)) == model


@pytest.mark.parametrize(
    ("roles", "two"),
    [
        ({"user", "assistant"}, True),
        ({"human", "gpt"}, True),
        ({"user"}, False),
        ({"assistant"}, False),
        ({"user", "assistant", "tool"}, False),
        (set(), False),
    ],
)
def test_roles_of_users_and_assistants_alone(roles, two):
    assert _of_two(roles) is two


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("{'user': 'u', 'assistant': 'a'}", {"user", "assistant"}),
        ("{'user': 'u', 'assistant': 'a', 'system': 's'}", None),
        ("{'user': 'u'}", None),
        ("{'assistant': 'u'}", None),
        ("TABLE = {'human': 'user', 'gpt': 'assistant', 'tool': 'tool'}\nTABLE", {"human", "gpt", "tool"}),
        ("['user', 'assistant']", None),
    ],
)
def test_a_table_of_roles(text, roles):
    assert asked(_table, text) == roles


@pytest.mark.parametrize(
    ("block", "writes"),
    [
        ("turns.append({'role': 'user'})", True),
        ("turns.append(('user', text))", True),
        ("turns.append(text)", False),
        ("turns.append()", False),
        ("turns += [1]", False),
        ("user = turn['content']", True),
        ("user = turn['role']", False),
        ("turns.append({})\nturns.append({})", False),
        ("print(text)", False),
    ],
)
def test_a_block_that_writes_a_turn_in_another_form(block, writes):
    assert _converts(ast.parse(block).body) is writes


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("x[n:]", ["n"]),
        ("x[:n]", ["n"]),
        ("x[m:n]", ["m", "n"]),
        ("x[3:]", []),
        ("x[::2]", []),
        ("x[n::2]", []),
        ("x[:, n:]", ["n"]),
        ("x[n]", []),
    ],
)
def test_where_a_slice_cuts(text, bounds):
    assert [ast.unparse(each) for each in _bounds(ast.parse(text, mode="eval").body)] == bounds


def test_an_annotation_of_more_than_forty_pieces_says_nothing():
    """Forty: what is subscribed, its name, the tuple, and 37 names in it."""

    def shown(names):
        return annotation_text(ast.parse(f"T[{', '.join(['a'] * names)}]", mode="eval").body)

    assert annotation_text(None) == ""
    assert shown(2) == "T[a,a]"
    assert (shown(37) != "", shown(38)) == (True, "")


@pytest.mark.parametrize(
    ("name", "in_place"),
    [
        ("random.shuffle", True),
        ("random.sample", False),
        ("random.choice", False),
        ("random.choices", False),
        ("numpy.random.shuffle", True),
        ("numpy.random.permutation", False),
        ("numpy.random.choice", False),
        ("torch.randperm", False),
        ("torch.utils.data.random_split", False),
        ("sklearn.model_selection.train_test_split", False),
        ("sklearn.utils.shuffle", False),
        ("sklearn.utils.resample", False),
    ],
)
def test_what_shuffles_its_argument_and_what_returns_another(name, in_place):
    module, _ = last(f"import {name.rpartition('.')[0]}\n{name}(rows)")
    assert [each.in_place for each in draws(module)] == [in_place]
