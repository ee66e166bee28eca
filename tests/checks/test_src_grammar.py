"""Newer grammars than this Python's: read alike, with every node where it stands."""

from __future__ import annotations

import ast
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

from builders.errors import InputError
from checks.core.registry import all_checks
from checks.src.grammar import _lowered
from checks.src.lexer import UnreadableError, tokens
from checks.src.module import LONGEST, parse
from tests.checks.source import expect

NEWER = {
    "same quotes inside": 'print(f"{row["text"]} {hash(name)}")\n',
    "a backslash inside": "print(f\"{'\\n'.join(rows)}\", hash(name))\n",
    "a comment and lines inside": 'print(f"{  # why\n  hash(name)\n}")\n',
    "an empty line is in a long one": 'print(f"""{\n\nhash(name)}""")\n',
    "many levels": 'print(f"{f"{f"{f"{hash(name)}"}"}"}")\n',
    "a specification": 'print(f"{rows!r:>{f"{width}"}} é", hash(name))\n',
    "beside plain texts": 'print("a" f"{rows["x"]}" "b", hash(name))\n',
    "its own text": 'print(f"{rows["x"] = !r}", hash(name))\n',
    "type parameters": "def pick[T: (int, str), *R, **P](x: T) -> T:\n    return hash(name)\n",
    "defaults of type parameters": "class A[T = list[int]](Base):\n    x = hash(name)\n",
    "type parameters over lines": "def pick[\n    T,  # é\n    R\n](x: T): return hash(name)\n",
    "a type": "type Rows[T] = list[T]; x = hash(name)\n",
    "a type in a block": "if x:\n    type Rows = list[int]\n    hash(name)\n",
    "exceptions without brackets": "try:\n    x()\nexcept KeyError, ValueError:\n    hash(name)\n",
    "a group of exceptions": "try:\n    x()\nexcept* KeyError, ValueError:\n    hash(name)\n",
    "a template string": 'print(t"{rows["x"]}", hash(name))\n',
}


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_newer_grammar_is_read_with_everything_in_its_place(text):
    for tree in [parse("a.py", text).tree, _lowered(text)]:
        (call,) = [
            each
            for each in ast.walk(tree)
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "hash"
        ]
        assert ast.get_source_segment(text, call) == "hash(name)"
        assert isinstance(call.args[0], ast.Name)
        for node in ast.walk(tree):
            if isinstance(node, (ast.Name, ast.Subscript)) and "type_params" not in ast.dump(node):
                segment = ast.get_source_segment(text, node)
                assert segment is None or not isinstance(node, ast.Name) or node.id in segment


def _signature(tree: ast.AST) -> list[tuple[object, ...]]:
    kinds = (ast.stmt, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.ExceptHandler)
    return sorted(
        (type(node).__name__, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    )


@pytest.mark.parametrize(
    "name", ["ast.py", "argparse.py", "dataclasses.py", "inspect.py", "zipfile.py", "tarfile.py", "shlex.py"]
)
def test_what_every_python_reads_is_read_the_same_way(name):
    path = Path(sysconfig.get_paths()["stdlib"]) / name
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    text = path.read_text(encoding="utf-8")
    assert _signature(_lowered(text)) == _signature(ast.parse(text))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the oracle is a parser that knows PEP 701")
def test_a_newer_parser_agrees():
    for text in [each for name, each in NEWER.items() if "type" not in name and "exce" not in name][:-1]:
        ours = _lowered(text)
        assert _signature(ours) == _signature(ast.parse(text))
        for kind in (ast.JoinedStr, ast.FormattedValue):
            assert sum(isinstance(each, kind) for each in ast.walk(ours)) == sum(
                isinstance(each, kind) for each in ast.walk(ast.parse(text))
            )


def test_constant_parts_of_a_field_string_are_kept():
    tree = _lowered('x = "a\\n" f"b{c}d{e["f"]!r:>{g}}h" rb""\n'.replace(' rb""', ""))
    (joined,) = [each for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) and len(each.values) > 2]
    texts = [each.value for each in joined.values if isinstance(each, ast.Constant)]
    assert texts == ["a\n", "b", "d", "h"]


def test_exceptions_without_brackets_are_a_tuple():
    tree = _lowered(NEWER["exceptions without brackets"])
    (handler,) = [each for each in ast.walk(tree) if isinstance(each, ast.ExceptHandler)]
    assert isinstance(handler.type, ast.Tuple)
    assert [each.id for each in handler.type.elts if isinstance(each, ast.Name)] == ["KeyError", "ValueError"]


def test_findings_are_those_of_the_older_spelling():
    expect(
        "SRC001",
        """
        import random
        type Row = dict[str, str]
        def pick[T](rows: list[T], name: str):
            print(f"{rows[0]["text"]}")  # no
            rng = random.Random(hash(name))  # !
            return rng.sample(rows, 3)
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "print 'hello'\n",
        'x = f"{a\n',
        'x = f"{}"\n',
        "def f[T(x): pass\n",
        "x = 'no end\n",
        "x = f'{a!}'\n",
        "def f(:\n",
        "x = \x00",
        "x" * (LONGEST + 1),
    ],
)
def test_what_no_grammar_explains_is_unread(text):
    with pytest.raises(InputError) as caught:
        parse("a.py", text)
    assert "unread: " in str(caught.value)
    assert "valid Python" not in str(caught.value)


def test_the_longest_text_is_read():
    text = "x = 1\n" + "#" * (LONGEST - 6)
    assert parse("a.py", text).tree.body


def test_tokens_of_strings_and_comments():
    text = "x = rf'\\{a!r:{w}}' '''b\n#c''' # d 'e'\n'\\''\n"
    found = [
        (each.kind, text[each.start : each.end])
        for each in tokens(text)
        if each.kind in ("string", "comment")
    ]
    assert found == [
        ("string", "rf'\\{a!r:{w}}'"),
        ("string", "'''b\n#c'''"),
        ("comment", "# d 'e'"),
        ("string", "'\\''"),
    ]
    with pytest.raises(UnreadableError):
        list(tokens("x = f'{" + "f'{" * 70 + "}'" * 71))


def test_ignore_comments_are_read_in_newer_grammar():
    from checks.src.comments import ignores

    text = textwrap.dedent(
        """
        x = f"{y["# audit: ignore[salted-seed] -- in a text"]}"
        z = hash(x)  # audit: ignore[salted-seed] -- one process
        """
    )
    (only,) = ignores(parse("a.py", text))
    assert (only.line, only.reason) == (3, "one process")


def test_warnings_about_other_peoples_escapes_stay_inside(recwarn):
    parse("a.py", "x = '\\d'\ntry:\n    pass\nfinally:\n    pass\n")
    assert not list(recwarn)
    assert all_checks("script")
