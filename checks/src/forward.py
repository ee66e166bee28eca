"""Where a value goes, inside one file.

It is followed through arithmetic and formatting, assignments, calls, returns and attributes of `self`. The way
forward is bounded like the way back (`checks.src.flow`).
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, cast

from checks.src.flow import (
    LIMIT,
    Def,
    calls_of,
    class_of,
    functions_called,
    is_self,
    loads,
    named,
    references,
)
from checks.src.module import COMPREHENSIONS, Module
from checks.src.scope import everything, function_of, lookup, qualified, reaching

UseKind = Literal["argument", "index", "compare", "condition", "assign", "key", "part", "element", "return"]
"""What happens to a value."""

_PASSING = frozenset(
    f"builtins.{name}"
    for name in (
        "int",
        "abs",
        "str",
        "hex",
        "oct",
        "bin",
        "format",
        "round",
        "float",
        "repr",
        "min",
        "max",
        "sum",
        "divmod",
        "pow",
    )
)


_PUTS = frozenset(("append", "extend", "add", "insert", "update", "setdefault", "appendleft", "put"))
_TELLS = frozenset(f"builtins.{name}" for name in ("len", "isinstance", "print", "type", "any", "all", "id"))


@dataclass(frozen=True)
class Use:
    """One thing that happens to a value on its way."""

    kind: UseKind
    """What happens to it."""
    node: ast.AST
    """Where: the call, the subscript, the comparison, the target of the assignment."""
    value: ast.expr
    """The expression that carries the value there."""
    keyword: str | None = None
    """For an argument, its keyword."""


def destinations(module: Module, node: ast.expr, *, made: bool = False) -> Iterator[Use]:
    """Follow a value forward and yield what happens to it, nearest first.

    The value is followed through arithmetic, formatting, conversions, assignments, the functions of this file in
    both directions (into parameters, out of returns) and attributes of `self`.

    Args:
        module: The file.
        node: The value.
        made: Whether what is made of it stands for it: lists and rows that hold it, what calls outside this file
            return for it, what it is looked up in.
    """
    seen: set[ast.AST] = set()
    queue: deque[ast.expr] = deque([node])
    while queue and len(seen) < LIMIT:
        current = queue.popleft()
        if current in seen:
            continue
        seen.add(current)
        around = module.parent(current)
        if around is not None:
            yield from _step(module, current, around, queue)
            if made:
                queue.extend(islice(_made_of(module, current, around), LIMIT))


def _made_of(module: Module, current: ast.expr, around: ast.AST) -> Iterator[ast.expr]:
    """Yield what holds a value, or was made of it outside this file."""
    match around:
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.Slice():
            yield around
        case ast.Subscript() | ast.Attribute():
            yield around
        case ast.Yield() | ast.YieldFrom():
            function = function_of(module, around)
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from calls_of(module, function)
        case ast.Return():
            function = function_of(module, around)
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from _handed_over(module, function)
        case ast.Assign():
            for target in around.targets:
                if isinstance(target, (ast.Subscript, ast.Tuple)):
                    yield from _loads_of_base(module, target)
        case ast.For() | ast.AsyncFor() if current is around.target:
            return
        case ast.Call() if current is not around.func:
            yield from _from_call(module, around)
        case ast.keyword():
            call = module.parent(around)
            if isinstance(call, ast.Call):
                yield from _from_call(module, call)
        case ast.BoolOp() | ast.DictComp():
            yield around
        case _:
            return


def _from_call(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    """Yield what a call makes of an argument: its result, and what the argument is put into."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in _PUTS:
        yield from _loads_of_base(module, call.func)
    if (qualified(module, call.func) or "") not in _TELLS and not functions_called(module, call):
        yield call


def _handed_over(module: Module, function: Def) -> Iterator[ast.expr]:
    """Yield the calls that a function of this file is handed to, as `rows.map(function)`."""
    for reference in references(module, function):
        around = module.parent(reference)
        call = module.parent(around) if isinstance(around, ast.keyword) else around
        if isinstance(call, ast.Call) and (
            call.func is not reference or isinstance(reference, ast.Attribute)
        ):
            yield call


def _loads_of_base(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """Yield the later uses of what a subscript or a method belongs to, or of the names of a tuple."""
    if isinstance(node, ast.Tuple):
        for each in node.elts:
            if isinstance(each, (ast.Name, ast.Subscript)):
                yield from (
                    _named(module, each) if isinstance(each, ast.Name) else _loads_of_base(module, each)
                )
        return
    base = node
    while isinstance(base, (ast.Subscript, ast.Attribute)):
        if isinstance(base, ast.Attribute) and is_self(base.value):
            yield from attribute_loads(module, base)
            return
        base = base.value
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute):
        yield from _loads_of_base(module, base.func)  # `groups.setdefault(key, []).append(row)`
    if isinstance(base, ast.Name):
        if not lookup(module, base.id, base):
            yield from named(module, base.id)
        for binding in reaching(module, base):
            yield from (each for each in loads(module, binding) if each is not base)


def _step(module: Module, current: ast.expr, around: ast.AST, queue: deque[ast.expr]) -> Iterator[Use]:
    """Yield what the node around a value does with it, and queue where it goes on from there."""
    if isinstance(around, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        for target in around.targets if isinstance(around, ast.Assign) else [around.target]:
            yield Use("assign", target, current)
            if isinstance(target, ast.Name):
                queue.extend(_named(module, target)[:LIMIT])
            elif isinstance(target, ast.Attribute) and is_self(target.value):
                queue.extend(islice(attribute_loads(module, target), LIMIT))
    elif isinstance(around, ast.Return):
        yield Use("return", around, current)
        function = function_of(module, around)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            queue.extend(calls_of(module, function)[:LIMIT])
    elif isinstance(around, (ast.If, ast.While, ast.Assert)):
        yield Use("condition", around, current)
    elif isinstance(around, (ast.For, ast.AsyncFor)):
        queue.extend(name for target in _names(around.target) for name in _named(module, target))
    elif isinstance(around, ast.arguments):
        queue.extend(_default_loads(module, module.parent(around), around, current))
    else:
        yield from _within_expression(module, current, around, queue)


def _within_expression(
    module: Module, current: ast.expr, around: ast.AST, queue: deque[ast.expr]
) -> Iterator[Use]:
    match around:
        case ast.Call() if current is not around.func:
            yield Use("argument", around, current)
            _into_call(module, current, around, None, queue)
        case ast.keyword():
            call = module.parent(around)
            if isinstance(call, ast.Call):
                yield Use("argument", call, current, around.arg)
                _into_call(module, current, call, around.arg, queue)
        case ast.Attribute():
            call = module.parent(around)
            if isinstance(call, ast.Call) and call.func is around:
                yield Use("part", call, current)
                queue.append(call)
        case ast.Subscript() if current is around.slice:
            yield Use("index", around, current)
        case ast.Subscript():
            queue.append(around)
        case ast.Compare():
            yield Use("compare", around, current)
        case ast.IfExp() if current is around.test:
            yield Use("condition", around, current)
        case (
            ast.BinOp()
            | ast.UnaryOp()
            | ast.BoolOp()
            | ast.JoinedStr()
            | ast.FormattedValue()
            | ast.Starred()
            | ast.NamedExpr()
            | ast.Await()
            | ast.IfExp()
        ):
            yield Use("part", around, current)
            if isinstance(around, ast.NamedExpr):
                queue.extend(_named(module, around.target))
            queue.append(around)
        case ast.Lambda():
            queue.append(around)
        case ast.List() | ast.Tuple() | ast.Set():
            loop = module.parent(around)
            if isinstance(loop, (ast.For, ast.comprehension)) and loop.iter is around:
                queue.append(around)
        case ast.Dict():
            index = next((i for i, value in enumerate(around.values) if value is current), None)
            key = around.keys[index] if index is not None else None
            if key is not None:
                yield Use("key", key, current)
        case ast.DictComp():
            if current is around.value:
                queue.append(around)
        case _ if isinstance(around, COMPREHENSIONS):
            yield Use("element", around, current)
            queue.append(cast("ast.expr", around))
        case ast.comprehension():
            if current is around.iter:
                queue.extend(name for target in _names(around.target) for name in _named(module, target))
            else:
                yield Use("condition", around, current)
        case _:
            return


def _names(target: ast.expr) -> list[ast.Name]:
    return [each for each in everything(target) if isinstance(each, ast.Name)]


def _named(module: Module, target: ast.Name) -> list[ast.Name]:
    return [
        use
        for binding in lookup(module, target.id, target)
        if binding.node is target
        for use in loads(module, binding)
    ]


def attribute_loads(module: Module, target: ast.Attribute) -> list[ast.expr]:
    """Return the places in the class around it that read an attribute of `self`."""
    around = class_of(module, target)
    if around is None:
        return []
    memo = cast("dict[tuple[ast.AST, str], list[ast.expr]] | None", module.memo.get("attribute loads"))
    if memo is None:
        memo = {}
        for each in module.all(ast.Attribute):
            if is_self(each.value) and isinstance(each.ctx, ast.Load):
                for owner in module.ancestors(each):
                    if isinstance(owner, ast.ClassDef):
                        memo.setdefault((owner, each.attr), []).append(each)
        module.memo["attribute loads"] = memo
    return memo.get((around, target.attr), [])


def _default_loads(
    module: Module, function: ast.AST | None, arguments: ast.arguments, default: ast.expr
) -> Iterator[ast.expr]:
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for parameter, value in pairs:
        if value is default:
            yield from _parameter_loads(module, function, parameter.arg)


def _parameter_loads(module: Module, function: Def, name: str) -> Iterator[ast.Name]:
    for each in function.body:
        for binding in lookup(module, name, each):
            if binding.kind == "param" and binding.scope is function:
                yield from loads(module, binding)
        return


def _into_call(
    module: Module, value: ast.expr, call: ast.Call, keyword: str | None, queue: deque[ast.expr]
) -> None:
    name = qualified(module, call.func)
    if name in _PASSING or (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in ("format", "join", "uint32", "int64", "int32", "uint64")
    ):
        queue.append(call)
    for function in functions_called(module, call):
        parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if isinstance(call.func, ast.Attribute) and parameters[:1] in (["self"], ["cls"]):
            parameters = parameters[1:]
        if keyword is not None:
            queue.extend(_parameter_loads(module, function, keyword))
        elif value in call.args and call.args.index(value) < len(parameters):
            queue.extend(_parameter_loads(module, function, parameters[call.args.index(value)]))
