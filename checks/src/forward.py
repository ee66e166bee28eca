"""Where a value goes, inside one file.

It is followed through arithmetic and formatting, assignments, calls, returns and attributes of `self`. The way
forward is bounded like the way back (`checks.src.flow`).
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from checks.src.flow import LIMIT, Def, calls_of, class_of, functions_called, is_self, loads
from checks.src.module import COMPREHENSIONS, Module
from checks.src.scope import everything, function_of, lookup, qualified

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


def destinations(module: Module, node: ast.expr) -> Iterator[Use]:
    """Follow a value forward and yield what happens to it, nearest first.

    The value is followed through arithmetic, formatting, conversions, assignments, the functions of this file in
    both directions (into parameters, out of returns) and attributes of `self`.
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


def _step(module: Module, current: ast.expr, around: ast.AST, queue: deque[ast.expr]) -> Iterator[Use]:
    """Yield what the node around a value does with it, and queue where it goes on from there."""
    if isinstance(around, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        for target in around.targets if isinstance(around, ast.Assign) else [around.target]:
            yield Use("assign", target, current)
            if isinstance(target, ast.Name):
                queue.extend(_named(module, target))
            elif isinstance(target, ast.Attribute) and is_self(target.value):
                queue.extend(_attribute_loads(module, target))
    elif isinstance(around, ast.Return):
        yield Use("return", around, current)
        function = function_of(module, around)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            queue.extend(calls_of(module, function))
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


def _attribute_loads(module: Module, target: ast.Attribute) -> Iterator[ast.expr]:
    around = class_of(module, target)
    for each in everything(around) if around is not None else ():
        if (
            isinstance(each, ast.Attribute)
            and each.attr == target.attr
            and is_self(each.value)
            and isinstance(each.ctx, ast.Load)
        ):
            yield each


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
