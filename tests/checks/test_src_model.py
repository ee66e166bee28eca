"""The syntax index, the scopes and the ways of values, on which every source check rests."""

from __future__ import annotations

import ast
import symtable
import sys
import sysconfig
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core.registry import all_checks
from checks.src.flow import constant, origins
from checks.src.forward import destinations
from checks.src.module import Module, children, parse
from checks.src.scope import bindings, lookup, qualified, reaching
from checks.src.shapes import kind_of
from tests.checks.source import patient

EVERYTHING = """
from __future__ import annotations
import a.b as c, d.e
from . import f
from ..g import *
from tests.checks.source import patient
@deco(1)
async def fn(p, /, q: int = 2, *args: str, k=3, **kw) -> list[int]:
    global G
    async with x as y, z: pass
    async for i in aiter(): await i
    return [j async for j in p if j]
class C(Base, metaclass=M):
    x: int = 1
    y: str
    def m(self): nonlocal_ = lambda *a, b=1: (yield)
match v:
    case None | True: pass
    case {"k": 1, **rest}: pass
    case [1, *others]: pass
    case P(1, w=2) as whole if w: pass
    case _: pass
try:
    assert t, "m"
except* (A, B) as e:
    raise e from None
else: pass
finally: del u, s[1:2:3], s[..., 1]
while not -n ** 2 @ m // 3 and (w := 1) or o: break
else: ...
for (i, [j, *k]) in {**d, "a": 1}.items(): continue
l = f"{x!r:>{w}} {y}" if 1 < n <= 3 is not in_ else {1, *s} or {k: v for k, v in z}
n += 1
""".replace("is not in_", "")


def _walked(tree: ast.AST) -> set[ast.AST]:
    skipped = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    return {node for node in ast.walk(tree) if not isinstance(node, skipped)}


@pytest.mark.parametrize(
    "text",
    [
        EVERYTHING,
        *(
            (Path(sysconfig.get_paths()["stdlib"]) / name).read_text(encoding="utf-8")
            for name in ("ast.py", "dataclasses.py", "asyncio/tasks.py", "typing.py")
        ),
    ],
)
def test_the_index_holds_every_node_once_with_its_parent(text):
    module = parse("a.py", text)
    indexed = [node for nodes in module.index.by_type.values() for node in nodes]
    assert len(indexed) == len(set(indexed))
    assert set(indexed) == _walked(module.tree)
    for node in indexed:
        for child in children(node):
            assert module.parent(child) is node
    assert module.parent(module.tree) is None


def _module(text: str) -> Module:
    return parse("a.py", textwrap.dedent(text))


def _name(module: Module, name: str, line: int) -> ast.Name:
    return next(
        each
        for each in module.all(ast.Name)
        if each.id == name and each.lineno == line and isinstance(each.ctx, ast.Load)
    )


@pytest.mark.parametrize("name", ["ast.py", "random.py", "json/decoder.py", "statistics.py"])
def test_scopes_agree_with_pythons_own_symbol_table(name):
    text = (Path(sysconfig.get_paths()["stdlib"]) / name).read_text(encoding="utf-8")
    module = parse(name, text)
    nodes = {
        (node.name, node.lineno): node
        for node in module.all(ast.FunctionDef, ast.ClassDef)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }

    def inlined(node: ast.AST) -> set[str]:
        """Names of comprehensions, which since Python 3.12 (PEP 709) the table of the function around has, too."""
        targets = [each.target for each in ast.walk(node) if isinstance(each, ast.comprehension)]
        return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}

    def compare(table: symtable.SymbolTable, node: ast.AST) -> None:
        expected = {each.get_name() for each in table.get_symbols() if each.is_local()}
        expected -= inlined(node) if sys.version_info >= (3, 12) else set()
        assert set(bindings(module, node)) - {"*"} >= {
            each for each in expected if not each.startswith((".", "_["))
        }
        for child in table.get_children():
            decorated = [found for (name, _), found in nodes.items() if name == child.get_name()]
            found = next(
                (
                    each
                    for each in decorated
                    if min([each.lineno, *(one.lineno for one in each.decorator_list)]) == child.get_lineno()
                    or each.lineno == child.get_lineno()
                ),
                None,
            )
            if found is not None:
                compare(child, found)

    compare(symtable.symtable(text, name, "exec"), module.tree)


def test_names_mean_what_python_says():
    module = _module("""
        import random as r
        from numpy import random as npr
        x = 1
        class C:
            x = 2
            def method(self):
                return x
            y = [x for x in x]
        def f(x):
            def g():
                return x
            return [x for _ in x]
        def h():
            global x
            x = 3
            return x, r.Random, npr.seed, len
    """)
    assert [each.node.lineno for each in lookup(module, "x", _name(module, "x", 8))] == [4, 16]
    inner = next(each for each in module.all(ast.ListComp) if each.lineno == 9)
    assert [each.node.lineno for each in lookup(module, "x", inner.generators[0].iter)] == [6]
    assert [each.kind for each in lookup(module, "x", inner.elt)] == ["loop"]
    assert [each.kind for each in lookup(module, "x", _name(module, "x", 12))] == ["param"]
    values = {
        each.attr: qualified(module, each)
        for each in module.all(ast.Attribute)
        if isinstance(each.value, ast.Name)
    }
    assert values["Random"] == "random.Random"
    assert values["seed"] == "numpy.random.seed"
    assert qualified(module, _name(module, "len", 17)) == "builtins.len"
    assert qualified(module, _name(module, "x", 17)) is None


def test_what_reaches_a_use():
    module = _module("""
        a = 1
        a = 2
        print(a)
        if c:
            a = 3
        print(a)
        for i in range(3):
            print(a)
            a = 4
        with open(a) as a:
            print(a)
    """)

    def lines(line: int) -> list[int]:
        return sorted(each.node.lineno for each in reaching(module, _name(module, "a", line)))

    assert lines(4) == [3]
    assert lines(7) == [3, 6]
    assert lines(9) == [3, 6, 10]
    assert lines(12) == [11]


def test_values_are_followed_back_through_defaults_calls_and_attributes():
    module = _module("""
        BASE = "gpt2"
        def load(path=BASE, other=None):
            return path
        class A:
            def __init__(self):
                self.path = load("bert")
            def get(self):
                return self.path
        load(other=1)
    """)
    found = origins(
        module, next(each.value for each in module.all(ast.Return) if each.lineno == 9 and each.value)
    )
    texts = {each.node.value for each in found if isinstance(each.node, ast.Constant)}
    assert texts == {"gpt2", "bert"}


def test_constants():
    module = _module("""
        A = 2 * 200 + 100 - -5
        B = A // 2
        def f(n=B):
            return n
        def g(n=B):
            return n
        g(3)
        C = "x" + "y"
        D = A
        D = 1 if C else 2
    """)
    values = {
        each.targets[0].id: each.value
        for each in module.all(ast.Assign)
        if isinstance(each.targets[0], ast.Name)
    }
    assert [constant(module, values[name]) for name in "ABC"] == [505, 252, "xy"]
    assert constant(module, values["D"]) is None
    returned = [each.value for each in module.all(ast.Return)]
    assert [constant(module, each) for each in returned if each is not None] == [252, None]


def test_values_are_followed_forward_through_functions_and_containers():
    module = _module("""
        def seed_for(name):
            return hash(name) % 7
        def use(seed):
            target(seed)
        for each in [seed_for("a")]:
            use(seed=each + 1)
    """)
    call = next(
        each for each in module.all(ast.Call) if isinstance(each.func, ast.Name) and each.func.id == "hash"
    )
    reached = [use for use in destinations(module, call) if use.kind == "argument"]
    assert "target" in {use.node.func.id for use in reached if isinstance(use.node, ast.Call)}


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1", "number"),
        ("len(x)", "number"),
        ("(1, 2.5)", "number"),
        ("1 < 2", "number"),
        ("'a'", "text"),
        ("f'{x}'", "text"),
        ("str(x)", "text"),
        ("(1, 'a')", "text"),
        ("x.strip()", "text"),
        ("'a' + x", "text"),
        ("b'a'", "unknown"),
        ("x", "unknown"),
        ("1 if x else 'a'", "unknown"),
    ],
)
def test_kinds(expression, kind):
    module = _module(f"value = {expression}\n")
    (statement,) = module.all(ast.Assign)
    assert kind_of(module, statement.value) == kind


@patient
@given(st.integers(1, 400))
def test_recursion_and_long_chains_end(length):
    text = "def f(x):\n    return f(x)\na0 = f(0)\n" + "".join(f"a{i + 1} = a{i}\n" for i in range(length))
    text += f"b = c = a{length}\nc = b\nb = c\nhash(b)\n"
    module = parse("a.py", text)
    (use,) = [each for each in module.all(ast.Name) if each.id == "b" and isinstance(each.ctx, ast.Load)][-1:]
    origins(module, use)
    list(destinations(module, use))
    assert constant(module, use) is None


def test_spans_are_the_characters_of_the_source():
    text = "x = 'é𝒳'; y = (f('ß') +\r\n  'ü')\r\nz = y\r\n"
    module = parse("a.py", text)
    sources = [module.source(each.value) for each in module.all(ast.Assign)]
    assert sources == ["'é𝒳'", "f('ß') +\r\n  'ü'", "y"]
    assert [module.column(each) for each in module.all(ast.Assign)] == [1, 11, 1]


def test_the_time_of_a_check_follows_the_length_of_a_file():
    """Names that are bound again and again: following each binding to all others would take hours."""
    many = 1500
    text = (
        "import json, random\nrows = load()\n"
        + "".join(f"random.shuffle(rows)\nrows = rows[:{i}]\nout.append(rows)\n" for i in range(many))
        + "".join(f"seed = hash(str({i})) + seed\n" for i in range(many))
        + "json.dump(out)\nrandom.seed(seed)\n"
    )
    start = time.process_time()
    for check in all_checks("script"):
        list(check.function(parse("script.py", text)))
    assert time.process_time() - start < 30
