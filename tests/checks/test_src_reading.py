"""How files are read: tokens, newer grammars, positions, notebooks, ignore comments, and imports that a mend needs."""

from __future__ import annotations

import ast
import json
import textwrap

import pytest

from builders.errors import InputError
from checks.src.comments import ignores, reason_for
from checks.src.fixes import mended
from checks.src.grammar import _lowered
from checks.src.hit import Edit, Fix, Hit
from checks.src.lexer import UnreadableError, tokens
from checks.src.module import LONGEST, parse
from checks.src.notebook import read_notebook

TOKENS = {
    "names": ("a _b é1", [("name", "a"), ("name", "_b"), ("name", "é1")]),
    "numbers": ("1 1.5 .5 1e-3 0x1f", [("number", each) for each in ("1", "1.5", ".5", "1e-3", "0x1f")]),
    "operators": (
        "a<=b!=c:=d",
        [
            ("name", "a"),
            ("operator", "<="),
            ("name", "b"),
            ("operator", "!="),
            ("name", "c"),
            ("operator", ":="),
            ("name", "d"),
        ],
    ),
    "brackets": ("([{}])", [*(("open", each) for each in "([{"), *(("close", each) for each in "}])")]),
    "lines": (
        "a\r\nb\rc\n",
        [
            ("name", "a"),
            ("newline", ("\r\n")),
            ("name", "b"),
            ("newline", "\r"),
            ("name", "c"),
            ("newline", "\n"),
        ],
    ),
    "joined lines": ("a\\\n b", [("name", "a"), ("name", "b")]),
    "a comment": ("a # b 'c\n", [("name", "a"), ("comment", "# b 'c"), ("newline", "\n")]),
    "texts": (
        "'a' \"b\" '''c''' \"\"\"d\"\"\"",
        [("string", "'a'"), ("string", '"b"'), ("string", "'''c'''"), ("string", '"""d"""')],
    ),
    "prefixes": (
        "r'a' Rb'b' F'c' u'd' bR'e'",
        [
            ("string", "r'a'"),
            ("string", "Rb'b'"),
            ("string", "F'c'"),
            ("string", "u'd'"),
            ("string", "bR'e'"),
        ],
    ),
    "no prefix": ("ub'a'", [("name", "ub"), ("string", "'a'")]),
    "escapes": (r"'\'' '\\' 'a\"'", [("string", r"'\''"), ("string", r"'\\'"), ("string", "'a\\\"'")]),
    "an escaped line": ("'a\\\nb'", [("string", "'a\\\nb'")]),
    "an escaped line of two characters": ("'a\\\r\nb'", [("string", "'a\\\r\nb'")]),
    "quotes in a long text": ("'''a'b''c'''", [("string", "'''a'b''c'''")]),
    "lines in a long text": ("'''a\nb'''", [("string", "'''a\nb'''")]),
    "an empty text": ("'' a", [("string", "''"), ("name", "a")]),
    "a field": ("f'{a}'", [("string", "f'{a}'")]),
    "doubled brackets": ("f'{{a}}' b", [("string", "f'{{a}}'"), ("name", "b")]),
    "three brackets": ("f'{{{a}}}' b", [("string", "f'{{{a}}}'"), ("name", "b")]),
    "a field of its own quotes": ("f'{a['b']}' c", [("string", "f'{a['b']}'"), ("name", "c")]),
    "a field of a dictionary": ("f'{ {1: 2}[1] }' c", [("string", "f'{ {1: 2}[1] }'"), ("name", "c")]),
    "a field in a field": ("f'{f'{a}'}' c", [("string", "f'{f'{a}'}'"), ("name", "c")]),
    "a named character": (r"f'\N{DASH}' c", [("string", r"f'\N{DASH}'"), ("name", "c")]),
    "a named character in a plain text": (r"'\N{DASH}' c", [("string", r"'\N{DASH}'"), ("name", "c")]),
    "a raw field": (r"rf'\N{a}' c", [("string", r"rf'\N{a}'"), ("name", "c")]),
    "an escaped bracket": ("f'\\{a}' c", [("string", "f'\\{a}'"), ("name", "c")]),
    "a bracket of a plain text": ("'{' c", [("string", "'{'"), ("name", "c")]),
    "a comparison": ("f'{a != b}' c", [("string", "f'{a != b}'"), ("name", "c")]),
    "a conversion": ("f'{a!r}' c", [("string", "f'{a!r}'"), ("name", "c")]),
    "a conversion and a specification": (
        "f'{a ! r :>{b}}' c",
        [("string", "f'{a ! r :>{b}}'"), ("name", "c")],
    ),
}


@pytest.mark.parametrize(("text", "found"), TOKENS.values(), ids=TOKENS)
def test_tokens(text, found):
    assert [(each.kind, text[each.start : each.end]) for each in tokens(text)] == found
    assert [(each.kind, f" {text}"[each.start : each.end]) for each in tokens(f" {text}", 1)] == found


FIELDS = [
    ("f'a'", []),
    ("f'{a}'", [("a", "{a}", [])]),
    ("f'{ a }'", [(" a", "{ a }", [])]),
    ("f'{a}{b}'", [("a", "{a}", []), ("b", "{b}", [])]),
    ("f'x{a!r}y'", [("a", "{a!r}", [])]),
    ("f'{a:>3}'", [("a", "{a:>3}", [])]),
    ("f'{a:{b}.{c}}'", [("a", "{a:{b}.{c}}", ["b", "c"])]),
    ("f'{a=}'", [("a", "{a=}", [])]),
    ("f'{a = !r:x}'", [("a", "{a = !r:x}", [])]),
    ("f'{a == b}'", [("a == b", "{a == b}", [])]),
    ("f'{(a := 1)}'", [("(a := 1)", "{(a := 1)}", [])]),
    ("f'{a:=3}'", [("a", "{a:=3}", [])]),
    ("f'{x[1:2]}'", [("x[1:2]", "{x[1:2]}", [])]),
    ("f'{(lambda: 1)()}'", [("(lambda: 1)()", "{(lambda: 1)()}", [])]),
    ("f'{d(a=1)}'", [("d(a=1)", "{d(a=1)}", [])]),
    ("f'''{\na # b\n}'''", [("\na", "{\na # b\n}", [])]),
]


@pytest.mark.parametrize(("text", "fields"), FIELDS)
def test_fields_of_a_text(text, fields):
    (token,) = tokens(text)
    found = [
        (
            text[each.start : each.end],
            text[each.start - 1 : each.after],
            [text[i.start : i.end] for i in each.specification],
        )
        for each in token.fields
    ]
    assert found == fields


@pytest.mark.parametrize(
    "text",
    [
        "'a",
        "'a\n'",
        "'a\r'",
        "'''a''",
        "f'{",
        "f'{a",
        "f'{a!}'",
        "f'{}'",
        "f'{!r}'",
        "f'{a:",
        "f'{a!r",
        "f'{a!r b}'",
        r"f'\N{",
    ],
)
def test_texts_that_do_not_end(text):
    with pytest.raises(UnreadableError):
        list(tokens(text))


@pytest.mark.parametrize(("deep", "read"), [(60, True), (61, False)])
def test_fields_in_fields_are_read_sixty_deep(deep, read):
    text = "f'{" * deep + "a" + "}'" * deep
    if read:
        assert len(list(tokens(text))) == 1
    else:
        with pytest.raises(UnreadableError):
            list(tokens(text))


LOWERED = {
    "bytes of two": "é = f'{a['é']}' + use(x)\n",
    "lines of a long text": "y = f'''é{\na['b']\n}é''' + use(x)\n",
    "a short first line": 'y = f"""\n{a["""b"""]}\n""" + use(x)\n',
    "a short last line": "y = f'''{\na['''b''']}''' + use(x)\n",
    "lines of a short text": "y = f'{\na\n}' + use(x)\n",
    "many lines of a short text": "y = f'{\na\n+\nb}' + use(x)\n",
    "several texts": "y = 'a' f'{b}' 'c' f'{d}' + use(x)\n",
    "a text alone": "f'{a}'; use(x)\n",
    "in a list": "y = [f'{a}', use(x)]\n",
    "in a call": "f(f'{a}', b=f'{c}', d=use(x))\n",
    "carriage returns": "a = f'{b}'\r\nc = use(x)\r\n",
    "a specification": "y = f'{a:>{b}}' + use(x)\n",
    "in a class": "class A:\n    def f(self): return f'{self.a}' + use(x)\n",
}


@pytest.mark.parametrize("text", LOWERED.values(), ids=LOWERED)
def test_a_newer_text_is_read_as_the_older_spelling_with_its_places(text):
    """Names and calls stand where the text has them, and no other text is taken for them."""
    tree = _lowered(text)
    lines = text.replace("\r\n", "\n").split("\n")
    named = [each for each in ast.walk(tree) if isinstance(each, ast.Name)]
    for each in named:
        line = lines[each.lineno - 1].encode()
        assert line[each.col_offset : each.end_col_offset].decode() == each.id
    (use,) = [
        each for each in ast.walk(tree) if isinstance(each, ast.Call) and ast.unparse(each.func) == "use"
    ]
    assert lines[use.lineno - 1].encode()[use.col_offset : use.end_col_offset] == b"use(x)"
    assert any(isinstance(each, ast.JoinedStr) for each in ast.walk(tree))


PARAMETERS = [
    ("def f[T](x): pass", ["T"]),
    ("def f[T, R](x): pass", ["T", "R"]),
    ("def f[T: int](x): pass", ["T"]),
    ("def f[T: (int, str), R](x): pass", ["T", "R"]),
    ("def f[*T, **R](x): pass", ["T", "R"]),
    ("async def f[T](x): pass", ["T"]),
    ("class f[T]: pass", ["T"]),
    ("class f[T = int, R = list[T]]: pass", ["T", "R"]),
    ("def f(x): pass", []),
    ("class f: pass", []),
]


@pytest.mark.parametrize(("text", "names"), PARAMETERS)
def test_type_parameters_keep_their_names(text, names):
    node = _lowered(text).body[0]
    assert [each.id for each in getattr(node, "type_params", [])] == names


CAUGHT = [
    ("except A: pass", "A"),
    ("except A, B: pass", "(A, B)"),
    ("except A, B, C: pass", "(A, B, C)"),
    ("except (A, B): pass", "(A, B)"),
    ("except A as e: pass", "A"),
    ("except f(A, B): pass", "f(A, B)"),
    ("except* A, B: pass", "(A, B)"),
    ("except A | B: pass", "A | B"),
]


@pytest.mark.parametrize(("handler", "kinds"), CAUGHT)
def test_exceptions_that_are_caught(handler, kinds):
    tree = _lowered(f"try:\n    x\n{handler}\n")
    (found,) = [each for each in ast.walk(tree) if isinstance(each, ast.ExceptHandler)]
    assert ast.unparse(found.type) == kinds


@pytest.mark.parametrize(
    "text", ["type = 3\n", "type(x)\n", "type.x = 3\n", "type[x] = 3\n", "x = type\n", "match = f'{x}'\n"]
)
def test_words_that_are_names_elsewhere_stay_names(text):
    assert ast.dump(_lowered(text)) == ast.dump(ast.parse(text))


def test_a_type_is_an_assignment():
    tree = _lowered("type A = int\nif x: type B[T] = list[T]\n")
    targets = [ast.unparse(each.targets[0]) for each in ast.walk(tree) if isinstance(each, ast.Assign)]
    assert targets == ["A", "B"]


MODULES = [
    ("if __name__ == '__main__': pass", True),
    ("if x: pass", False),
    ("for x in y: pass", True),
    ("with x: pass", True),
    ("f()", True),
    ("x = f()", False),
    ("'a text'", False),
    ("def f(): pass", False),
    ("while x: pass", False),
    ("import a\nf()", True),
]


@pytest.mark.parametrize(("text", "script"), MODULES)
def test_a_file_that_runs_something_is_a_script(text, script):
    assert parse("a.py", text).is_script is script


@pytest.mark.parametrize(
    ("path", "text", "test"),
    [
        ("test_a.py", "x", True),
        ("a/test_a.py", "x", True),
        ("a_test.py", "x", True),
        ("conftest.py", "x", True),
        ("attest_a.py", "x", False),
        ("a.py", "x", False),
        ("a.py", "def test_a():\n    x", True),
        ("a.py", "def a():\n    x", False),
        ("a.py", "class TestA:\n    def a(self):\n        x", True),
        ("a.py", "class A:\n    def a(self):\n        x", False),
        ("a.py", "@pytest.fixture\ndef a():\n    x", True),
        ("a.py", "@pytest.fixture(scope='module')\ndef a():\n    x", True),
        ("a.py", "@fixture\ndef a():\n    x", True),
        ("a.py", "@other\ndef a():\n    x", False),
        ("a.py", "@a[0]\ndef a():\n    x", False),
        ("a.py", "def test_a():\n    def b():\n        x", True),
    ],
)
def test_what_a_test_runner_collects(path, text, test):
    module = parse(path, text)
    name = next(each for each in module.all(ast.Name) if each.id == "x")
    assert module.in_test(name) is test


def test_places_are_counted_in_characters():
    module = parse("a.py", "é = 'é'; x\nyy = z\n")
    x, z = (next(each for each in module.all(ast.Name) if each.id == name) for name in "xz")
    assert module.column(x) == 10
    assert module.span(x) == (9, 10)
    assert module.span(z) == (16, 17)
    assert module.source(x) == "x"
    assert [module.line_at(each) for each in (0, 10, 11, 17, 18)] == [1, 1, 2, 2, 2]
    assert module.statement(x) is module.tree.body[1]
    assert module.statement(module.tree.body[0]) is module.tree.body[0]
    assert module.statement(module.tree) is None
    assert [each.id for each in module.all(ast.Name, ast.Expr)[:1]] == ["é"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x = 1\ny = \0", "a.py:2"),
        ("\0", "a.py:1"),
        ("x = (\n", "a.py:1:5"),
        ("x = '\ud800'\ny\n", "a.py:1"),
        ("x\ny = '\ud800'", "a.py:2"),
    ],
)
def test_where_a_file_cannot_be_read(text, where):
    with pytest.raises(InputError) as caught:
        parse("a.py", text)
    assert caught.value.where == where


def test_a_mark_of_the_byte_order_is_no_text():
    assert parse("a.py", "\ufeffx = 1").text == "x = 1"
    assert LONGEST == 10_000_000


def commented(text):
    module = parse("a.py", textwrap.dedent(text).lstrip("\n"))
    return module, ignores(module)


@pytest.mark.parametrize(
    ("text", "lines", "alone"),
    [
        ("x = 1  # audit: ignore[salted-seed] -- why", [1], False),
        ("# audit: ignore[salted-seed] -- why\nx = 1", [2], True),
        ("# audit: ignore[SRC001] -- why\n\n# more\nx = 1", [4], True),
        ("x = f(\n    1,\n)  # audit: ignore[salted-seed] -- why", [1], False),
        ("# audit: ignore[salted-seed] -- why\nx = f(\n    1,\n)", [2], True),
        ("x = f(\n    1,  # audit: ignore[salted-seed] -- why\n    2)", [], False),
        ("x = 1\n# audit: ignore[salted-seed] -- why", [], True),
        ("if x:  # audit: ignore[salted-seed] -- why\n    y = 1", [1], False),
        ("if x:\n    y = 1  # audit: ignore[salted-seed] -- why", [1, 2], False),
    ],
)
def test_what_an_ignore_comment_is_about(text, lines, alone):
    module, (found,) = commented(text)
    about = {
        statement.lineno
        for statement in ast.walk(module.tree)
        if isinstance(statement, ast.stmt) and reason_for(module, [found], "SRC001", statement) == "why"
    }
    assert (sorted(about), found.alone, found.used) == (lines, alone, bool(lines))
    assert reason_for(module, [found], "SRC002", module.tree.body[0]) is None


def test_a_finding_in_the_midst_of_a_statement_is_ignored_on_its_line_or_the_last():
    module, found = commented("x = f(\n    a,  # audit: ignore[salted-seed] -- here\n    b,\n)\n")
    a, b = (next(each for each in module.all(ast.Name) if each.id == name) for name in "ab")
    assert reason_for(module, found, "SRC001", a) == "here"
    assert reason_for(module, found, "SRC001", b) is None
    assert commented("x = 1  # an audit: of last year\n")[1] == []


def imported(text, name="hashlib", notebook=False):
    """Return a file's text after a mend of `old` that needs a module."""
    module = parse("a.py", text)
    module.notebook = notebook
    node = next(each for each in module.all(ast.Name) if each.id == "old")
    start, end = module.span(node)
    return mended(module, [Hit(node, "", "", fix=Fix((Edit(start, end, "new"),), imports=(name,)))])[0]


IMPORTS = {
    "alone": ("old\n", "import hashlib\nnew\n"),
    "beside others": ("import a\nold\n", "import hashlib\nimport a\nnew\n"),
    "from others": ("from a import b\nold\n", "import hashlib\nfrom a import b\nnew\n"),
    "already there": ("import hashlib\nold\n", "import hashlib\nnew\n"),
    "below an import of the future": (
        "from __future__ import a\nold\n".replace(" a", " annotations"),
        "from __future__ import annotations\n\nimport hashlib\nnew\n",
    ),
    "below both": (
        ("from __future__ import annotations\nimport a\nold\n"),
        "from __future__ import annotations\nimport hashlib\nimport a\nnew\n",
    ),
    "below what the file says": ('"""Doc."""\nold\n', '"""Doc."""\n\nimport hashlib\nnew\n'),
    "a number is nothing that is said": ("3\nold\n", "import hashlib\n3\nnew\n"),
    "below a first line": ("#!/bin/python\nx = 1\nold\n", "#!/bin/python\nx = 1\nimport hashlib\nnew\n"),
    "above a decorator": (
        ("#!/bin/python\n@a\ndef f(): old\n"),
        "#!/bin/python\nimport hashlib\n@a\ndef f(): new\n",
    ),
    "an import that comes later": ("old\nimport a\n", "import hashlib\nnew\nimport a\n"),
    "with carriage returns": ("import a\r\nold\r\n", "import hashlib\r\nimport a\r\nnew\r\n"),
    "another thing of that name": ("hashlib = 3\nold\n", "hashlib = 3\nold\n"),
    "another module of that name": ("import a as hashlib\nold\n", "import a as hashlib\nold\n"),
}


@pytest.mark.parametrize(("before", "after"), IMPORTS.values(), ids=IMPORTS)
def test_where_an_import_goes(before, after):
    assert imported(before) == after


def test_a_notebooks_import_goes_above_what_needs_it():
    assert imported('"""Doc."""\nx = 1\nold\n', notebook=True) == '"""Doc."""\nx = 1\nimport hashlib\nnew\n'


def hit(module, start, end, text):
    return Hit(module.tree.body[0], "", "", fix=Fix((Edit(start, end, text),)))


def test_mends_that_overlap_wait_and_those_that_spoil_the_file_are_left_out():
    module = parse("a.py", "aaa + bbb\n")
    first, touching, other, spoils = (
        hit(module, 0, 3, "x"),
        hit(module, 3, 4, "y"),
        hit(module, 6, 9, "z"),
        hit(module, 6, 9, "("),
    )
    assert mended(module, [first, other]) == ("x + z\n", [first, other])
    assert mended(module, [first, touching]) == ("x + bbb\n", [first])
    assert mended(module, [other, hit(module, 5, 6, "y")])[1] == [other]
    assert mended(module, [spoils]) == ("aaa + bbb\n", [])
    assert mended(module, [spoils, first]) == ("x + bbb\n", [first])
    assert mended(module, [first, spoils, hit(module, 4, 5, "-")]) == ("x + bbb\n", [first])
    assert mended(module, [Hit(module.tree.body[0], "", "")]) == ("aaa + bbb\n", [])


def notebook(*cells, **more):
    return json.dumps({"cells": [_cell(each) for each in cells], **more}, indent=1)


def _cell(source):
    return source if isinstance(source, dict) else {"cell_type": "code", "source": source}


CELLS = {
    "a text": (["x = 1"], "x = 1\n", [(1, 1)]),
    "lines": ([["x = 1\n", "y = 2"]], "x = 1\ny = 2\n", [(1, 1), (1, 2)]),
    "two cells": (["x = 1\n", "y = 2"], "x = 1\ny = 2\n", [(1, 1), (2, 1)]),
    "an empty cell": (["", "y = 2"], "y = 2\n", [(2, 1)]),
    "words between": ([{"cell_type": "markdown", "source": "x ="}, "y = 2"], "y = 2\n", [(2, 1)]),
    "no source": ([{"cell_type": "code"}, "y = 2"], "y = 2\n", [(2, 1)]),
    "another language": (["%%bash\nls -l", "y = 2"], "\n\ny = 2\n", [(1, 1), (1, 2), (2, 1)]),
    "a timed cell": (["%%time\nx = 1"], "\nx = 1\n", [(1, 1), (1, 2)]),
    "a timed cell below a blank line": (["\n%%time\nx = 1"], "\n\nx = 1\n", [(1, 1), (1, 2), (1, 3)]),
    "a magic": (["%pip install a\nx = 1"], "pass\nx = 1\n", [(1, 1), (1, 2)]),
    "a command": (["!ls\nx = 1"], "pass\nx = 1\n", [(1, 1), (1, 2)]),
    "a command in a block": (["if x:\n    !ls\n"], "if x:\n    pass\n", [(1, 1), (1, 2)]),
    "a command that goes on": (["!ls \\\n  -l\nx = 1"], "pass\n\nx = 1\n", [(1, 1), (1, 2), (1, 3)]),
    "a command's lines": (["x = !ls\n"], "x = None\n", [(1, 1)]),
    "a question": (["?help\nhelp?\nx = 1"], "pass\npass\nx = 1\n", [(1, 1), (1, 2), (1, 3)]),
    "a remainder over lines": (["x = (1\n%2)\n!ls"], "x = (1\n%2)\npass\n", [(1, 1), (1, 2), (1, 3)]),
    "a magic in a text": (
        ["x = '''\n!ls\n'''\n!ls"],
        "x = '''\n!ls\n'''\npass\n",
        [(1, n) for n in (1, 2, 3, 4)],
    ),
}


@pytest.mark.parametrize(("cells", "text", "places"), CELLS.values(), ids=CELLS)
def test_the_text_of_a_notebook(cells, text, places):
    found = read_notebook("a.ipynb", notebook(*cells))
    assert found.module.text == text
    assert [(each.cell, each.line) for each in found.places] == places
    assert found.module.notebook
    assert not found.unread


@pytest.mark.parametrize(
    ("metadata", "read"),
    [
        ({}, True),
        ({"kernelspec": {"language": "python"}}, True),
        ({"kernelspec": {"language": "Python3"}}, True),
        ({"kernelspec": {"language": "ipython"}}, True),
        ({"kernelspec": {"language": "R"}}, False),
        ({"kernelspec": "R"}, True),
        ("R", True),
    ],
)
def test_notebooks_in_python(metadata, read):
    raw = notebook("x = 1", metadata=metadata)
    if read:
        assert read_notebook("a.ipynb", raw).module.text == "x = 1\n"
    else:
        with pytest.raises(InputError, match="in R, not in Python"):
            read_notebook("a.ipynb", raw)


@pytest.mark.parametrize("raw", ["{", "[]", "{}", '{"cells": 3}', "3"])
def test_what_is_no_notebook(raw):
    with pytest.raises(InputError, match="not a notebook"):
        read_notebook("a.ipynb", raw)


def test_lines_of_a_cell_are_found_in_the_file():
    found = read_notebook("a.ipynb", notebook(["x = 1\n", "y = 'é'"], "x = 1\n"))
    physical = [each.physical for each in found.places]
    lines = found.raw.split("\n")
    assert [lines[each - 1].strip(" ,") for each in physical] == [
        '"x = 1\\n"',
        "\"y = '\\u00e9'\"",
        '"source": "x = 1\\n"',
    ]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [1, 2, 4])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_notebook_is_written_as_it_was(indent, ascii_only, end):
    document = {"cells": [_cell(["x = 'é'\n", "y = 2"]), _cell("z = 3\n"), _cell("!ls\n")]}
    raw = json.dumps(document, indent=indent, ensure_ascii=ascii_only) + end
    found = read_notebook("a.ipynb", raw)
    assert found.with_text(found.module.text) == raw
    changed = found.with_text("import a\nx = 'é'\ny = 5\nz = 3\npass\n")
    document["cells"][0]["source"] = ["import a\n", "x = 'é'\n", "y = 5"]
    assert changed == json.dumps(document, indent=indent, ensure_ascii=ascii_only) + end
    last = found.with_text("x = 'é'\ny = 2\nz = 4\npass\n")
    document["cells"][0]["source"] = ["x = 'é'\n", "y = 2"]
    document["cells"][1]["source"] = "z = 4\n"
    assert last == json.dumps(document, indent=indent, ensure_ascii=ascii_only) + end
    assert found.with_text("x = 'é'\nboth = 3\npass\n") is None


def test_a_notebook_of_another_layout_is_not_written():
    raw = json.dumps({"cells": [_cell("x = 1\n")]}, indent=3)
    assert read_notebook("a.ipynb", raw).with_text("x = 2\n") is None
