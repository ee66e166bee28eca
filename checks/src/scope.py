"""Which binding a name means: scopes, imports, parameters, and what reaches a use.

Python's scope rules are followed exactly (class bodies are skipped by the functions inside them, the first
iterable of a comprehension belongs outside, `global` moves a binding to the module). Which of several
assignments reaches a use is approximated from the order of the source: an assignment that always runs before
the use hides the earlier ones, and one that comes later reaches it only around a loop.
"""

from __future__ import annotations

import ast
import bisect
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, cast

from checks.src.module import COMPREHENSIONS, FUNCTIONS, Function, Module, children

Kind = Literal["assign", "unpack", "augment", "loop", "with", "import", "def", "class", "param", "other"]
"""How a name is bound; `other` is an exception, a match capture or a deletion."""

_BUILTINS = frozenset(dir(builtins))
_MANY = 100
"""Bindings of one name from which it counts as unknown."""
TYPE_ALIAS: tuple[type[ast.AST], ...] = (ast.TypeAlias,) if hasattr(ast, "TypeAlias") else ()  # type: ignore[attr-defined]
_STATEMENTS: tuple[type[ast.AST], ...] = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.Global, ast.Nonlocal, ast.For, ast.AsyncFor),
    *(ast.withitem, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.Import, ast.ImportFrom),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, *TYPE_ALIAS),
)
"""What binds names, parameters aside: statements and what stands directly in them ..."""
_EXPRESSIONS: tuple[type[ast.AST], ...] = (ast.NamedExpr, ast.comprehension)
"""... and expressions."""
_AROUND = frozenset((ast.Module, ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS, ast.comprehension))
_DEFINED = frozenset((ast.FunctionDef, ast.AsyncFunctionDef))
_BODIES = frozenset((ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Binding:
    """One place that gives a name its meaning."""

    name: str
    """The name."""
    kind: Kind
    """How it is bound."""
    node: ast.AST
    """The node that binds it: a name, a parameter, a definition, an alias."""
    scope: ast.AST
    """The scope it belongs to."""
    value: ast.expr | None = None
    """What is assigned, unpacked or looped over; a parameter's default."""
    index: int | None = None
    """Position in the tuple that is unpacked."""
    qualified: str | None = None
    """For imports, the dotted name of what is imported."""


def scope_of(module: Module, node: ast.AST) -> ast.AST:
    """Return the scope in which a name that stands at this node is looked up."""
    parents = module.index.parents
    child, around = node, parents.get(node)
    first_iterable = False
    while around is not None:
        kind = around.__class__
        if kind in _AROUND:  # few nodes are, and this runs for every name that is looked up
            if kind is ast.comprehension:
                generator = cast("ast.comprehension", around)
                first_iterable = child is generator.iter and _is_first(module, generator)
            elif kind in COMPREHENSIONS:
                if not (child.__class__ is ast.comprehension and first_iterable):
                    return around
            elif kind is ast.Lambda:
                if child is cast("ast.Lambda", around).body:
                    return around
            elif kind is ast.Module or isinstance(child, ast.stmt):
                return around
        child, around = around, parents.get(around)
    return module.tree


def _is_first(module: Module, generator: ast.comprehension) -> bool:
    around = module.parent(generator)
    return isinstance(around, COMPREHENSIONS) and around.generators[0] is generator


def function_of(module: Module, node: ast.AST) -> ast.AST:
    """Return the innermost function (lambdas aside) around a node, or the module."""
    parents = module.index.parents
    around = parents.get(node)
    while around is not None and around.__class__ not in _DEFINED:
        around = parents.get(around)
    return module.tree if around is None else around


def everything(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes under a node, itself first, scopes in it included."""
    stack: list[ast.AST] = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def bindings(module: Module, scope: ast.AST) -> dict[str, list[Binding]]:
    """Return the bindings of a scope by name, in the order of the source."""
    memo = cast("dict[ast.AST, dict[str, list[Binding]]]", module.memo.setdefault("bindings", {}))
    if scope not in memo:
        memo[scope] = {}  # a scope that is asked for while it is being read has nothing more to say
        memo[scope] = _read_scope(module, scope)
    return memo[scope]


def _read_scope(module: Module, scope: ast.AST) -> dict[str, list[Binding]]:
    found: list[Binding] = []
    moved: set[str] = set()
    if isinstance(scope, FUNCTIONS):
        found.extend(_parameters(scope))
    for each in cast(
        "list[Any]", getattr(scope, "type_params", ())
    ):  # as this Python or `grammar` gives them
        found.append(Binding(str(getattr(each, "name", getattr(each, "id", ""))), "other", each, scope))
    binders = _binders(module)
    for node in binders.get(scope, ()):
        if isinstance(node, ast.Global | ast.Nonlocal):
            moved.update(node.names)
        else:
            found.extend(_bound_by(node, scope))
    if isinstance(scope, ast.Module):
        for statement in module.all(ast.Global):
            around = scope_of(module, statement)
            if around is not scope:
                for node in binders.get(around, ()):
                    found.extend(each for each in _bound_by(node, scope) if each.name in statement.names)
    table: dict[str, list[Binding]] = {}
    for each in sorted(found, key=lambda binding: position(binding.node)):
        if each.name not in moved or isinstance(scope, ast.Module):
            table.setdefault(each.name, []).append(each)
    return table


def _binders(module: Module) -> dict[ast.AST, list[ast.AST]]:
    """Return the nodes that bind names by the scope that they bind them in: a few of a file's nodes, taken by type."""
    memo = cast("dict[ast.AST, list[ast.AST]] | None", module.memo.get("binders"))
    if memo is None:
        memo = {}
        parents = module.index.parents
        for kind in _STATEMENTS:
            for node in module.all(kind):
                scope = parents[node]
                while scope.__class__ not in _BODIES:  # a statement stands in no lambda and no comprehension
                    scope = parents[scope]
                memo.setdefault(scope, []).append(node)
        for kind in _EXPRESSIONS:
            for node in module.all(kind):
                scope = scope_of(module, node)
                memo.setdefault(scope, []).append(node)
                while isinstance(node, ast.NamedExpr) and isinstance(scope, COMPREHENSIONS):
                    scope = scope_of(module, scope)  # `:=` binds outside of a comprehension, too
                    memo.setdefault(scope, []).append(node)
        module.memo["binders"] = memo
    return memo


def position(node: ast.AST) -> tuple[int, int]:
    """Return a node's line and column for comparing orders."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _parameters(function: Function) -> Iterator[Binding]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    for each, default in zip(positional, [*defaults, *arguments.defaults], strict=True):
        yield Binding(each.arg, "param", each, function, default)
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Binding(each.arg, "param", each, function, default)
    for each in (arguments.vararg, arguments.kwarg):
        if each is not None:
            yield Binding(each.arg, "param", each, function)


def _bound_by(node: ast.AST, scope: ast.AST) -> Iterator[Binding]:
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _targets(target, node.value, "assign", scope)
        case ast.AnnAssign() if isinstance(node.target, ast.Name) and node.value is not None:
            yield Binding(node.target.id, "assign", node.target, scope, node.value)
        case ast.NamedExpr():
            yield Binding(node.target.id, "assign", node.target, scope, node.value)
        case ast.AugAssign() if isinstance(node.target, ast.Name):
            yield Binding(node.target.id, "augment", node.target, scope, node.value)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield from _targets(node.target, node.iter, "loop", scope)
        case ast.withitem() if node.optional_vars is not None:
            yield from _targets(node.optional_vars, node.context_expr, "with", scope)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield Binding(node.name, "def", node, scope)
        case ast.ClassDef():
            yield Binding(node.name, "class", node, scope)
        case ast.Import():
            for alias in node.names:
                top = alias.name.partition(".")[0]
                name, full = (alias.asname, alias.name) if alias.asname else (top, top)
                yield Binding(name, "import", alias, scope, qualified=full)
        case ast.ImportFrom():
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{base}.{alias.name}" if base.strip(".") else base + alias.name
                yield Binding(alias.asname or alias.name, "import", alias, scope, qualified=full)
        case _ if isinstance(node, TYPE_ALIAS):
            alias = cast("Any", node)
            yield Binding(alias.name.id, "assign", alias.name, scope, alias.value)
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
            yield Binding(node.name, "other", node, scope)
        case ast.Delete():
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield Binding(target.id, "other", target, scope)
        case _:
            return


def _targets(target: ast.expr, value: ast.expr, kind: Kind, scope: ast.AST) -> Iterator[Binding]:
    if isinstance(target, ast.Starred):
        target = target.value
    if isinstance(target, ast.Name):
        yield Binding(target.id, kind, target, scope, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        parts = target.elts
        literal = (
            isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(parts) and kind == "assign"
        )
        starred = any(isinstance(each, ast.Starred) for each in parts)
        for index, part in enumerate(parts):
            if literal and not starred:
                yield from _targets(part, cast("ast.Tuple", value).elts[index], "assign", scope)
                continue
            for each in _targets(part, value, "unpack" if kind == "assign" else kind, scope):
                yield Binding(each.name, each.kind, each.node, scope, value, index)


def lookup(module: Module, name: str, at: ast.AST) -> list[Binding]:
    """Return the bindings that a name may mean at a node: those of the innermost scope that binds it."""
    scope = scope_of(module, at)
    first = True
    while True:
        if first or not isinstance(scope, ast.ClassDef):
            found = bindings(module, scope).get(name)
            if found:
                return found
        if isinstance(scope, ast.Module):
            return []
        first = first and isinstance(scope, COMPREHENSIONS)
        scope = scope_of(module, scope)


def reaching(module: Module, use: ast.Name) -> list[Binding]:
    """Return the bindings that may give a use its value; none where the name is bound in too many places to tell."""
    memo = cast("dict[ast.AST, list[Binding]]", module.memo.setdefault("reaching", {}))
    if use not in memo:
        memo[use] = _reaching(module, use, lookup(module, use.id, use))
    return memo[use]


def _reaching(module: Module, use: ast.Name, found: list[Binding]) -> list[Binding]:
    if not found or scope_of(module, use) is not found[0].scope:
        return found if len(found) <= _MANY else []
    if len(found) == 1:
        return found
    here = position(use)
    blocks = {id(block) for block in _blocks(module, use)}
    loops = [each for each in module.ancestors(use) if isinstance(each, (ast.For, ast.AsyncFor, ast.While))]
    own = module.statement(use)
    before: list[Binding] = []
    after: list[Binding] = []
    middle = bisect.bisect_left(found, here, key=lambda each: position(each.node))
    for each in reversed(found[max(middle - _MANY - 1, 0) : middle]):
        if own is not None and each.kind != "loop" and _within(module, each.node, own):
            if any(_within(module, each.node, loop) for loop in loops):
                after.append(each)
            continue
        before.append(each)
        if each.kind != "augment" and _always(module, each, blocks):
            break  # it hides all that is bound above it
    else:
        if middle > _MANY:
            return []  # which of them holds cannot be said, and following all takes the square of their number
    if loops:
        ends = loops[-1].end_lineno or 0
        for each in found[middle : middle + _MANY + 1]:
            if position(each.node)[0] > ends:
                break
            if any(_within(module, each.node, loop) for loop in loops):
                after.append(each)
    before.reverse()
    after.sort(key=lambda each: position(each.node))
    # A value from later in a loop is hidden too when the loop always binds the name again before the use.
    certain = before and any(_within(module, before[0].node, loop) for loop in loops)
    reached = before + ([] if certain and _always(module, before[0], blocks) else after)
    return reached or (found if len(found) <= _MANY else [])


def _within(module: Module, node: ast.AST, around: ast.AST) -> bool:
    return node is around or any(each is around for each in module.ancestors(node))


def block_of(module: Module, node: ast.AST) -> tuple[list[ast.stmt], int] | None:
    """Return the block in which a statement (or handler, or case) stands, and its place in it."""
    memo = cast("dict[ast.AST, tuple[list[ast.stmt], int]] | None", module.memo.get("blocks"))
    if memo is None:
        memo = {}
        for kind, nodes in module.index.by_type.items():
            fields = [each for each in _BLOCKS if each in kind._fields]
            for around in nodes if fields else ():
                for field in fields:
                    block = getattr(around, field)
                    if isinstance(block, list):
                        memo.update((each, (block, index)) for index, each in enumerate(block))
        module.memo["blocks"] = memo
    return memo.get(node)


def following(module: Module, statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements after one in its block."""
    found = block_of(module, statement)
    return found[0][found[1] + 1 :] if found is not None else []


def _blocks(module: Module, node: ast.AST) -> Iterator[list[ast.stmt]]:
    child: ast.AST = node
    for around in module.ancestors(node):
        found = block_of(module, child)
        if found is not None:
            yield found[0]
        child = around


def _always(module: Module, binding: Binding, blocks: set[int]) -> bool:
    """Return whether the statement that binds stands in a block around the use, so that it ran before it."""
    if binding.kind == "param":
        return True
    around = module.statement(binding.node)
    if isinstance(around, (ast.For, ast.AsyncFor)):
        return id(around.body) in blocks
    return any(id(block) in blocks for block in islice(_blocks(module, binding.node), 1))


def qualified(module: Module, node: ast.expr) -> str | None:
    """Return the dotted name that an expression means through imports; None for a variable.

    A name that nothing binds is looked for among the builtins: ``hash`` gives ``builtins.hash``.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found = lookup(module, node.id, node)
    if not found:
        if node.id not in _BUILTINS:
            return None
        base = f"builtins.{node.id}"
    else:
        imported = next((each.qualified for each in found if each.qualified), None)
        if imported is None or any(each.kind in ("param", "def", "class", "loop") for each in found):
            return None
        base = imported
    return ".".join([base, *reversed(parts)])
