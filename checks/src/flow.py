"""Where a value comes from, inside one file.

The way back follows assignments, unpacking, defaults of parameters, arguments of calls to functions of the
same file, what those return, and attributes of `self`. It is bounded: a value that needs more than a few
hundred steps is treated as unknown, which makes a check silent, never wrong.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import cast

from checks.src.module import Module
from checks.src.scope import Binding, function_of, lookup, reaching

Def = ast.FunctionDef | ast.AsyncFunctionDef
LIMIT = 200
"""Steps after which a value counts as unknown."""


@dataclass(frozen=True)
class Origin:
    """An end of the way back: an expression that is no mere name, or a name of which no more is known."""

    node: ast.expr
    """The expression."""
    binding: Binding | None = None
    """For a name, the binding it ended at: a loop, a parameter, an import."""


def functions_called(module: Module, call: ast.Call) -> list[Def]:
    """Return the functions of this file that a call may run."""
    target = call.func
    if isinstance(target, ast.Name):
        if target.id not in _defined(module):
            return []
        return [cast("Def", each.node) for each in lookup(module, target.id, target) if each.kind == "def"]
    if (
        isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id in ("self", "cls")
    ):
        around = class_of(module, call)
        if around is not None:
            return [
                each
                for each in around.body
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == target.attr
            ]
    return []


def _defined(module: Module) -> set[str]:
    memo = cast("set[str] | None", module.memo.get("defined"))
    if memo is None:
        memo = {each.name for each in (*module.all(ast.FunctionDef), *module.all(ast.AsyncFunctionDef))}
        module.memo["defined"] = memo
    return memo


def class_of(module: Module, node: ast.AST) -> ast.ClassDef | None:
    """Return the innermost class around a node."""
    return next((each for each in module.ancestors(node) if isinstance(each, ast.ClassDef)), None)


def calls_of(module: Module, function: Def) -> list[ast.Call]:
    """Return the calls in this file that may run a function of this file."""
    memo = cast("dict[ast.AST, list[ast.Call]]", module.memo.setdefault("calls", {}))
    if function not in memo:
        memo[function] = [
            call for call in module.calls((function.name,)) if function in functions_called(module, call)
        ]
    return memo[function]


def references(module: Module, function: Def) -> list[ast.expr]:
    """Return the places that name a function of this file, called or handed over; methods by their name alone."""
    around = module.parent(function)
    if isinstance(around, ast.ClassDef):
        memo = cast("dict[str, list[ast.expr]] | None", module.memo.get("attributes by name"))
        if memo is None:
            memo = {}
            for each in module.all(ast.Attribute):
                if isinstance(each.ctx, ast.Load):
                    memo.setdefault(each.attr, []).append(each)
            module.memo["attributes by name"] = memo
        return memo.get(function.name, [])
    return [
        use
        for binding in lookup(module, function.name, around if around is not None else function)
        if binding.node is function
        for use in loads(module, binding)
    ]


def argument_for(call: ast.Call, binding: Binding) -> ast.expr | None:
    """Return the expression that a call passes for a parameter; None where it leaves the default."""
    function = binding.scope
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    for keyword in call.keywords:
        if keyword.arg == binding.name:
            return keyword.value
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    if isinstance(call.func, ast.Attribute) and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if binding.name not in names:
        return None
    index = names.index(binding.name)
    if index >= len(call.args) or any(isinstance(each, ast.Starred) for each in call.args[: index + 1]):
        return None
    return call.args[index]


def origins(module: Module, node: ast.expr, *, callers: bool = True) -> list[Origin]:
    """Follow an expression back to where its value is made.

    Args:
        module: The file.
        node: The expression.
        callers: Whether a parameter is followed to the arguments of the calls in this file.

    Returns:
        All ends that were found within the bound, each once, the nearest first.
    """
    ends: list[Origin] = []
    seen: set[ast.AST] = set()
    queue: deque[ast.expr] = deque([node])
    while queue and len(seen) < LIMIT:
        current = queue.popleft()
        if current in seen:
            continue
        seen.add(current)
        if isinstance(current, ast.Name):
            found = reaching(module, current)
            if not found:
                ends.append(Origin(current))
            for binding in found:
                if binding.kind == "assign" and binding.value is not None:
                    queue.append(binding.value)
                elif binding.kind == "param":
                    ends.append(Origin(current, binding))
                    if binding.value is not None:
                        queue.append(binding.value)
                    if callers and isinstance(binding.scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        passed = (argument_for(call, binding) for call in calls_of(module, binding.scope))
                        queue.extend(each for each in passed if each is not None)
                else:
                    ends.append(Origin(current, binding))
        elif isinstance(current, ast.IfExp):
            queue.extend((current.body, current.orelse))
        elif isinstance(current, ast.BoolOp):
            queue.extend(current.values)
        elif isinstance(current, (ast.NamedExpr, ast.Await)):
            queue.append(current.value)
        elif isinstance(current, ast.Attribute) and is_self(current.value):
            assigned = _attribute_values(module, current)
            queue.extend(assigned)
            if not assigned:
                ends.append(Origin(current))
        elif isinstance(current, ast.Call) and functions_called(module, current):
            ends.append(Origin(current))
            for function in functions_called(module, current):
                queue.extend(returned(module, function))
        else:
            ends.append(Origin(current))
    return ends


def returns(module: Module, function: ast.AST) -> list[ast.Return]:
    """Return the statements with which a function returns a value."""
    memo = cast("dict[ast.AST, list[ast.Return]] | None", module.memo.get("returns"))
    if memo is None:
        memo = {}
        for each in module.all(ast.Return):
            if each.value is not None:
                memo.setdefault(function_of(module, each), []).append(each)
        module.memo["returns"] = memo
    return memo.get(function, [])


def returned(module: Module, function: Def) -> list[ast.expr]:
    """Return the expressions that a function returns."""
    return [each.value for each in returns(module, function) if each.value is not None]


def is_self(node: ast.expr) -> bool:
    """Return whether a name is `self` or `cls`."""
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _attribute_values(module: Module, node: ast.Attribute) -> list[ast.expr]:
    """Return what the class around a node assigns to an attribute of `self`."""
    around = class_of(module, node)
    if around is None:
        return []
    memo = cast("dict[tuple[ast.AST, str], list[ast.expr]] | None", module.memo.get("attributes"))
    if memo is None:
        memo = {}
        for each in (*module.all(ast.Assign), *module.all(ast.AnnAssign)):
            for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                if isinstance(target, ast.Attribute) and is_self(target.value) and each.value is not None:
                    for owner in module.ancestors(each):
                        if isinstance(owner, ast.ClassDef):
                            memo.setdefault((owner, target.attr), []).append(each.value)
        module.memo["attributes"] = memo
    return memo.get((around, node.attr), [])


def constant(module: Module, node: ast.expr, *, depth: int = 8) -> object:
    """Return the value of an expression that can have only one, or None where that cannot be said.

    Numbers, texts and sums of them, through names that are bound once. A parameter counts as its default where no
    call in this file passes anything else.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if depth <= 0:
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(module, node.operand, depth=depth - 1)
        return -value if isinstance(value, (int, float)) else None
    if isinstance(node, ast.BinOp):
        return _arithmetic(
            node, constant(module, node.left, depth=depth - 1), constant(module, node.right, depth=depth - 1)
        )
    if isinstance(node, ast.Name):
        found = reaching(module, node)
        if len(found) != 1 or found[0].value is None or found[0].kind not in ("assign", "param"):
            return None
        if found[0].kind == "param" and isinstance(found[0].scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if any(argument_for(call, found[0]) is not None for call in calls_of(module, found[0].scope)):
                return None
        return constant(module, found[0].value, depth=depth - 1)
    return None


def _arithmetic(node: ast.BinOp, left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str) and isinstance(node.op, ast.Add):
        return left + right
    if type(left) is int and type(right) is int:
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult) and abs(left) < 1 << 32 and abs(right) < 1 << 32:
            return left * right
        if isinstance(node.op, ast.FloorDiv) and right:
            return left // right
    return None


def loads(module: Module, binding: Binding) -> list[ast.Name]:
    """Return the uses of a name that this binding may give a value to."""
    memo = cast("dict[str, dict[ast.AST, list[ast.Name]]]", module.memo.setdefault("loads", {}))
    if binding.name not in memo:
        found: dict[ast.AST, list[ast.Name]] = {}
        for each in named(module, binding.name):
            for node in {bound.node: None for bound in reaching(module, each)}:
                found.setdefault(node, []).append(each)
        memo[binding.name] = found
    return memo[binding.name].get(binding.node, [])


def named(module: Module, name: str) -> list[ast.Name]:
    """Return the uses of a name anywhere in the file, whatever it means there."""
    by_name = cast("dict[str, list[ast.Name]] | None", module.memo.get("loads by name"))
    if by_name is None:
        by_name = defaultdict(list)
        for each in module.all(ast.Name):
            by_name[each.id].append(each)
        module.memo["loads by name"] = by_name
    return [each for each in by_name.get(name, ()) if isinstance(each.ctx, ast.Load)]
