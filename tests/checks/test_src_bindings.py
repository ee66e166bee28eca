"""Which binding a name means and what reaches it, by short programs with the lines written beside them."""

from __future__ import annotations

import ast
import textwrap

import pytest

from checks.src.flow import (
    argument_for,
    calls_of,
    constant,
    functions_called,
    loads,
    named,
    origins,
    references,
)
from checks.src.module import parse
from checks.src.scope import bindings, block_of, following, function_of, lookup, qualified, reaching, scope_of


def read(text):
    return parse("a.py", textwrap.dedent(text).lstrip("\n"))


def asked(module, function="use"):
    """Return the first argument of the last call of a function."""
    return module.calls_by_name[function][-1].args[0]


REACHING = {
    "the last of two": ("x = 1\nx = 2\nuse(x)", [2]),
    "a later one at the top": ("x = 1\nuse(x)\nx = 2", [1]),
    "only a later one": ("use(x)\nx = 1\nx = 2", [2, 3]),
    "one branch": ("x = 1\nif a:\n    x = 2\nuse(x)", [1, 3]),
    "both branches": ("x = 1\nif a:\n    x = 2\nelse:\n    x = 3\nuse(x)", [1, 3, 5]),
    "the branch of the use": ("x = 1\nif a:\n    x = 2\n    use(x)", [3]),
    "the other branch": ("x = 1\nif a:\n    x = 2\nelse:\n    use(x)", [1, 3]),
    "added to": ("x = 1\nx += 2\nuse(x)", [1, 2]),
    "added to twice": ("x = 0\nx = 1\nx += 2\nx += 3\nuse(x)", [2, 3, 4]),
    "itself": ("x = 1\nx = use(x)", [1]),
    "itself in a loop": ("x = 1\nfor i in y:\n    x = use(x)", [1, 3]),
    "later in a loop": ("x = 1\nfor i in y:\n    use(x)\n    x = 2", [1, 4]),
    "later in a while": ("x = 1\nwhile y:\n    use(x)\n    x = 2", [1, 4]),
    "after the loop": ("x = 1\nfor i in y:\n    use(x)\nx = 2", [1]),
    "bound again in each round": ("x = 0\nfor i in y:\n    x = 1\n    use(x)\n    x = 2", [3]),
    "bound again in some rounds": (
        "x = 0\nfor i in y:\n    if i:\n        x = 1\n    use(x)\n    x = 2",
        [1, 4, 6],
    ),
    "later in the outer loop": ("x = 1\nfor i in y:\n    for j in z:\n        use(x)\n    x = 2", [1, 5]),
    "in the inner loop before": ("x = 1\nfor i in y:\n    for j in z:\n        x = 2\n    use(x)", [1, 4]),
    "a loop's own name": ("x = 1\nfor x in y:\n    use(x)", [2]),
    "a loop's own name after it": ("x = 1\nfor x in y:\n    pass\nuse(x)", [1, 2]),
    "an async loop's own name": ("async def f():\n    x = 1\n    async for x in y:\n        use(x)", [3]),
    "with": ("x = 1\nwith a as x:\n    use(x)", [2]),
    "with, afterwards": ("x = 1\nwith a as x:\n    pass\nuse(x)", [2]),
    "inside of with": ("x = 1\nwith a:\n    x = 2\nuse(x)", [1, 3]),
    "try": ("x = 1\ntry:\n    x = 2\nexcept E:\n    use(x)", [1, 3]),
    "finally": ("try:\n    x = 1\nfinally:\n    x = 2\n    use(x)", [4]),
    "a handler's name": ("x = 1\ntry:\n    f()\nexcept E as x:\n    use(x)", [4]),
    "a parameter": ("def f(x):\n    use(x)", [1]),
    "a parameter bound again": ("def f(x):\n    x = 1\n    use(x)", [2]),
    "a parameter bound again at times": ("def f(x):\n    if x:\n        x = 1\n    use(x)", [1, 3]),
    "a function's use of the file's": ("x = 1\ndef f():\n    use(x)\nx = 2", [1, 4]),
    "a match": ("x = 1\nmatch y:\n    case [x]:\n        use(x)", [3]),
    "in one case": ("x = 1\nmatch y:\n    case 1:\n        x = 2\nuse(x)", [1, 4]),
    "a walrus": ("x = 1\nif (x := 2):\n    use(x)", [2]),
    "two on one line": ("x = 1; x = 2; use(x)", [1]),
    "unpacked": ("x = 1\nx, y = z\nuse(x)", [2]),
    "deleted": ("x = 1\ndel x\nuse(x)", [2]),
}


@pytest.mark.parametrize(("text", "lines"), REACHING.values(), ids=REACHING)
def test_what_reaches_a_use(text, lines):
    module = read(text)
    name = next(each for each in ast.walk(asked(module)) if isinstance(each, ast.Name))
    assert sorted(each.node.lineno for each in reaching(module, name)) == lines


def test_of_two_on_one_line_the_nearer_reaches():
    module = read("x = 1; x = 2; use(x)")
    (found,) = reaching(module, asked(module))
    assert found.value is not None
    assert found.value.value == 2


@pytest.mark.parametrize(("count", "known"), [(100, 100), (101, 0)])
def test_of_a_name_bound_in_many_places_nothing_is_known(count, known):
    bound = "x = 1\n" * count
    inside = read(f"{bound}def f():\n    use(x)")
    assert len(reaching(inside, asked(inside))) == known
    before = read(f"use(x)\n{bound}")
    assert len(reaching(before, asked(before))) == known


@pytest.mark.parametrize(("count", "known"), [(100, 100), (101, 0)])
def test_of_many_that_may_hold_nothing_is_known(count, known):
    module = read("if a:\n    x = 1\n" * count + "use(x)")
    assert len(reaching(module, asked(module))) == known
    hidden = read("if a:\n    x = 1\n" * 200 + "x = 2\nuse(x)")
    assert [each.node.lineno for each in reaching(hidden, asked(hidden))] == [401]


QUALIFIED = [
    ("import random\nuse(random.Random)", "random.Random"),
    ("import os.path\nuse(os.path.join)", "os.path.join"),
    ("import os.path as p\nuse(p.join)", "os.path.join"),
    ("from a.b import c\nuse(c)", "a.b.c"),
    ("from a.b import c as d\nuse(d.e)", "a.b.c.e"),
    ("from . import c\nuse(c)", ".c"),
    ("from .a import c\nuse(c)", ".a.c"),
    ("from .. import c\nuse(c)", "..c"),
    ("use(len)", "builtins.len"),
    ("use(unknown)", None),
    ("use(f().x)", None),
    ("len = 3\nuse(len)", None),
    ("try:\n    import a\nexcept E:\n    a = None\nuse(a.b)", "a.b"),
    ("try:\n    import a\nexcept E:\n    import b as a\nuse(a.b)", "a.b"),
    ("import a\ndef a(): pass\nuse(a)", None),
    ("import a\nclass a: pass\nuse(a)", None),
    ("import a\nfor a in b: pass\nuse(a)", None),
    ("import a\ndef f(a):\n    use(a)", None),
    ("import a\ndef f():\n    use(a)", "a"),
]


@pytest.mark.parametrize(("text", "name"), QUALIFIED)
def test_dotted_names(text, name):
    module = read(text)
    assert qualified(module, asked(module)) == name


LOOKUP = {
    "a class is passed over by its functions": (
        "x = 1\nclass A:\n    x = 2\n    def f(self):\n        use(x)",
        [1],
    ),
    "a class's own body": ("x = 1\nclass A:\n    x = 2\n    use(x)", [3]),
    "a first iterable in a class": ("x = 1\nclass A:\n    x = 2\n    y = [i for i in use(x)]", [3]),
    "a second iterable": ("x = 1\ny = [x for x in z for j in use(x)]", [2]),
    "a first iterable belongs outside": ("x = 1\ny = [x for x in use(x)]", [1]),
    "a condition": ("x = 1\ny = [x for x in z if use(x)]", [2]),
    "a default belongs outside": ("x = 1\ndef f(x=use(x)): pass", [1]),
    "a decorator belongs outside": ("x = 1\n@use(x)\ndef f(x): pass", [1]),
    "a lambda": ("x = 1\ny = lambda x: use(x)", [2]),
    "a lambda's default": ("x = 1\ny = lambda x=use(x): x", [1]),
    "a base class": ("x = 1\nclass A(use(x)):\n    x = 2", [1]),
    "global": ("x = 1\ndef f():\n    global x\n    x = 2\n    use(x)", [1, 4]),
    "global, read elsewhere": ("def f():\n    global x\n    x = 2\ndef g():\n    use(x)", [3]),
    "global of another name": ("x = 1\ndef f():\n    global y\n    y = x = 2\ndef g():\n    use(x)", [1]),
    "nonlocal": ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        use(x)", [2]),
    "a walrus in a comprehension": ("def f():\n    y = [(x := i) for i in z]\n    use(x)", [2]),
    "a generator in a function's argument": ("def f(x):\n    return any(use(x) for i in y)", [1]),
    "a name of the file": ("def f():\n    return [use(x) for i in y]\nx = 1", [3]),
    "nothing": ("use(x)", []),
    "keyword only": ("def f(*, x=1): use(x)", [1]),
    "all others": ("def f(*x): use(x)", [1]),
    "all keywords": ("def f(**x): use(x)", [1]),
    "positional only": ("def f(x, /): use(x)", [1]),
    "annotated with a value": ("x: int = 1\nuse(x)", [1]),
    "annotated without": ("x: int\nuse(x)", []),
    "starred": ("a, *x = y\nuse(x)", [1]),
    "nested": ("(a, [x, b]) = y\nuse(x)", [1]),
    "a star pattern": ("match y:\n    case [1, *x]:\n        use(x)", [2]),
    "an attribute is no name": ("y.x = 1\ny.x += 1\ny.x: int = 3\ndel y.x\nuse(x)", []),
}


@pytest.mark.parametrize(("text", "lines"), LOOKUP.values(), ids=LOOKUP)
def test_names_mean_what_python_says(text, lines):
    module = read(text)
    use = asked(module)
    assert [each.node.lineno for each in lookup(module, "x", use)] == lines


@pytest.mark.parametrize(
    ("text", "value", "index", "kind"),
    [
        ("x = f()", "f()", None, "assign"),
        ("y = x = f()", "f()", None, "assign"),
        ("a, x = f()", "f()", 1, "unpack"),
        ("a, x = 1, 2", "2", None, "assign"),
        ("[a, x] = [1, 2]", "2", None, "assign"),
        ("a, *x = 1, 2", "(1, 2)", 1, "unpack"),
        ("a, x = 1, 2, 3", "(1, 2, 3)", 1, "unpack"),
        ("a, (b, x) = 1, (2, 3)", "3", None, "assign"),
        ("for a, x in (1, 2): pass", "(1, 2)", 1, "loop"),
        ("for x in f(): pass", "f()", None, "loop"),
        ("with f() as x: pass", "f()", None, "with"),
        ("with f() as (a, x): pass", "f()", 1, "with"),
        ("x += f()", "f()", None, "augment"),
        ("(x := f())", "f()", None, "assign"),
        ("import x", None, None, "import"),
        ("class x: pass", None, None, "class"),
        ("async def x(): pass", None, None, "def"),
    ],
)
def test_what_a_name_is_bound_to(text, value, index, kind):
    module = read(text)
    (found,) = bindings(module, module.tree)["x"]
    assert (found.value and ast.unparse(found.value), found.index, found.kind) == (value, index, kind)


@pytest.mark.parametrize(
    ("signature", "default"),
    [
        ("x", None),
        ("x=1", "1"),
        ("a, x=1", "1"),
        ("x, a=1", None),
        ("x, /, a=1", None),
        ("a, /, x=1, b=2", "1"),
        ("a=1, *, x", None),
        ("*, a, x=2", "2"),
        ("*, x, a=2", None),
        ("*x", None),
    ],
)
def test_a_parameters_default(signature, default):
    module = read(f"def f({signature}): pass")
    (found,) = bindings(module, module.tree.body[0])["x"]
    assert (found.value and ast.unparse(found.value)) == default
    assert found.kind == "param"


def test_type_parameters_are_bound_by_whichever_python_runs():
    module = read("def f[T](x: T):\n    y: T = use(T)\n")
    assert [each.kind for each in lookup(module, "T", asked(module))] == ["other"]
    module = read("type X = list[int]\nuse(X)\n")
    (found,) = lookup(module, "X", asked(module))
    assert (found.kind, ast.unparse(found.value)) == ("assign", "list[int]")


ORIGINS = {
    "names": ("a = f()\nb = a\nuse(b)", ["f()"]),
    "either": ("a = f() if c else g()\nuse(a)", ["f()", "g()"]),
    "or": ("a = f() or g()\nuse(a)", ["f()", "g()"]),
    "await": ("async def z():\n    a = await f()\n    use(a)", ["f()"]),
    "walrus": ("if (a := f()):\n    use(a)", ["f()"]),
    "a loop's name ends there": ("for a in f():\n    use(a)", ["a"]),
    "an unknown name": ("use(a)", ["a"]),
    "a default": ("def z(a=f()):\n    use(a)", ["a", "f()"]),
    "an argument": ("def z(a):\n    use(a)\nz(f())", ["a", "f()"]),
    "an argument by its name": ("def z(b, a):\n    use(a)\nz(a=f(), b=g())", ["a", "f()"]),
    "another argument": ("def z(b, a):\n    use(a)\nz(g(), f())", ["a", "f()"]),
    "what a function returns": ("def z():\n    return f()\nuse(z())", ["z()", "f()"]),
    "a return without a value": ("def z():\n    if c: return\n    return f()\nuse(z())", ["z()", "f()"]),
    "what an inner function returns": (
        "def z():\n    def y():\n        return g()\n    return f()\nuse(z())",
        ["z()", "f()"],
    ),
    "an attribute": (
        "class A:\n    def m(self):\n        self.a = f()\n    def n(self):\n        use(self.a)",
        ["f()"],
    ),
    "an annotated attribute": (
        "class A:\n    def m(self):\n        self.a: int = f()\n        use(self.a)",
        ["f()"],
    ),
    "another attribute": (
        "class A:\n    def m(self):\n        self.b = f()\n        use(self.a)",
        ["self.a"],
    ),
    "another class's attribute": (
        "class B:\n    def m(self):\n        self.a = f()\nclass A:\n    def m(self):\n        use(self.a)",
        ["self.a"],
    ),
    "an attribute of another": (
        "class A:\n    def m(self, o):\n        o.a = f()\n        use(self.a)",
        ["self.a"],
    ),
    "no class": ("def m(self):\n    self.a = f()\n    use(self.a)", ["self.a"]),
    "a method": (
        "class A:\n    def m(self):\n        return f()\n    def n(self):\n        use(self.m())",
        ["self.m()", "f()"],
    ),
    "a method elsewhere": ("class A:\n    def m(self):\n        return f()\nuse(self.m())", ["self.m()"]),
    "a method of another": (
        "class A:\n    def m(self):\n        return f()\n    def n(self):\n        use(o.m())",
        ["o.m()"],
    ),
    "a name that goes round": ("a = b\nb = a\nuse(a)", []),
}


@pytest.mark.parametrize(("text", "ends"), ORIGINS.values(), ids=ORIGINS)
def test_where_a_value_comes_from(text, ends):
    module = read(text)
    assert [ast.unparse(each.node) for each in origins(module, asked(module))] == ends


def test_callers_are_asked_only_where_wanted():
    module = read("def z(a=1):\n    use(a)\nz(f())")
    assert [ast.unparse(each.node) for each in origins(module, asked(module), callers=False)] == ["a", "1"]


CONSTANTS = [
    ("1 + 2", 3),
    ("1 - 2", -1),
    ("2 * 3", 6),
    ("7 // 2", 3),
    ("7 // 0", None),
    ("7 / 2", None),
    ("-3", -3),
    ("-1.5", -1.5),
    ("-'a'", None),
    ("+3", None),
    ("not 3", None),
    ("'a' + 'b'", "ab"),
    ("'a' * 2", None),
    ("'a' + 2", None),
    ("2 + 'a'", None),
    ("True + 1", None),
    ("1 + True", None),
    ("1.5 + 1", None),
    ("2 * 4294967295", 8589934590),
    ("2 * 4294967296", None),
    ("4294967296 * 2", None),
    ("4294967295 * 2", 8589934590),
    ("-4294967296 * 2", None),
    ("f()", None),
    ("-f()", None),
]


@pytest.mark.parametrize(("text", "value"), CONSTANTS)
def test_what_an_expression_is_worth(text, value):
    module = read(f"use({text})")
    found = constant(module, asked(module))
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 3\nuse(x)", 3),
        ("x = 3\nif a:\n    x = 4\nuse(x)", None),
        ("for x in 3:\n    use(x)", None),
        ("x += 3\nuse(x)", None),
        ("def f(x=3):\n    use(x)", 3),
        ("def f(x):\n    use(x)", None),
        ("def f(x=3):\n    use(x)\nf()", 3),
        ("def f(x=3):\n    use(x)\nf(4)", None),
        ("def f(y, x=3):\n    use(x)\nf(4)", 3),
        ("x, y = 3\nuse(x)", None),
        ("y = lambda x=3: use(x)", 3),
    ],
)
def test_what_a_name_is_worth(text, value):
    module = read(text)
    assert constant(module, asked(module)) == value


@pytest.mark.parametrize(("names", "value"), [(7, 1), (8, 1), (9, None)])
def test_a_constant_is_followed_through_eight_steps(names, value):
    chain = "x0 = 1\n" + "".join(f"x{n} = x{n - 1}\n" for n in range(1, names))
    module = read(f"{chain}use(x{names - 1})")
    assert constant(module, asked(module)) == value
    minus = read(f"use({'-' * names}1)")
    assert constant(minus, asked(minus)) == (value and (-1) ** names)


@pytest.mark.parametrize(
    ("signature", "call", "passed"),
    [
        ("x", "f(1)", "1"),
        ("a, x", "f(0, 1)", "1"),
        ("a, x", "f(0)", None),
        ("a, x", "f(*b, 1)", None),
        ("a, x", "f(0, *b)", None),
        ("x, a", "f(1, *b)", "1"),
        ("a, x", "f(0, x=1)", "1"),
        ("a, /, x", "f(0, 1)", "1"),
        ("x, /, a", "f(0, 1)", "0"),
        ("*, x", "f(1)", None),
        ("*, x", "f(x=1)", "1"),
        ("self, x", "o.f(1)", "1"),
        ("cls, x", "o.f(1)", "1"),
        ("self, x", "f(o, 1)", "1"),
        ("a, x", "o.f(0, 1)", "1"),
    ],
)
def test_what_a_call_passes_for_a_parameter(signature, call, passed):
    module = read(f"def f({signature}): pass\n{call}")
    (binding,) = bindings(module, module.tree.body[0])["x"]
    found = argument_for(module.tree.body[1].value, binding)
    assert (found and ast.unparse(found)) == passed


def test_a_lambdas_parameter_is_passed_by_no_call_that_is_known():
    module = read("f = lambda x: x\nf(1)")
    (binding,) = bindings(module, module.tree.body[0].value)["x"]
    assert argument_for(module.tree.body[1].value, binding) is None


def test_calls_and_references_of_functions():
    module = read(
        """
        def f(): pass
        f()
        rows.map(f)
        g = f
        class A:
            def m(self): pass
            def n(self):
                self.m()
                rows.map(self.m)
            @classmethod
            def o(cls):
                cls.m()
        A().m()
        m()
        """
    )
    f = module.tree.body[0]
    m = module.tree.body[4].body[0]
    assert [each.lineno for each in calls_of(module, f)] == [2]
    assert [each.lineno for each in references(module, f)] == [2, 3, 4]
    assert [each.lineno for each in calls_of(module, m)] == [8, 12]
    assert sorted(each.lineno for each in references(module, m)) == [8, 9, 12, 13]
    assert functions_called(module, module.calls_by_name["map"][0]) == []


def test_loads_of_one_binding_and_of_a_name():
    module = read("x = 1\nuse(x)\nx = 2\nuse(x)\nuse(x)\ndef f(x):\n    use(x)\ny = x\n")
    first, second = bindings(module, module.tree)["x"]
    assert [each.lineno for each in loads(module, first)] == [2]
    assert [each.lineno for each in loads(module, second)] == [4, 5, 8]
    assert [each.lineno for each in named(module, "x")] == [2, 4, 5, 7, 8]
    assert named(module, "z") == []


def test_blocks_and_what_follows_in_them():
    module = read(
        "if a:\n    b()\n    c()\nelse:\n    d()\ntry:\n    e()\nexcept E:\n    g()\nfinally:\n    h()\ni()\n"
    )
    (c,) = following(module, module.calls_by_name["b"][0] and module.tree.body[0].body[0])
    assert c is module.tree.body[0].body[1]
    assert following(module, c) == []
    assert following(module, module.tree.body[0]) == module.tree.body[1:]
    assert block_of(module, module.tree.body[0].orelse[0])[1] == 0
    assert block_of(module, module.tree.body[1].handlers[0])[1] == 0
    assert block_of(module, module.tree.body[1].finalbody[0])[0] is module.tree.body[1].finalbody
    assert block_of(module, module.tree) is None


def test_functions_and_scopes_around_a_node():
    module = read("def f():\n    g = lambda: [use(x) for i in y]\n")
    use = asked(module)
    f = module.tree.body[0]
    assert function_of(module, use) is f
    assert function_of(module, f) is module.tree
    assert isinstance(scope_of(module, use), ast.ListComp)
    assert isinstance(scope_of(module, scope_of(module, use)), ast.Lambda)
    assert scope_of(module, f) is module.tree
