"""Defaults that stand in for an empty system text: a part of `blank-system-dropped`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.src.flow import LIMIT, argument_for, calls_of, origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import function_of, position, reaching
from checks.src.shapes import called, kind_of, same, without_not


def defaults_for_blank(module: Module, contents: list[ast.expr]) -> Iterator[Hit]:
    """Yield each place where an empty text is replaced by another on its way into a system message."""
    said: set[ast.AST] = set()
    for content in contents:
        for node in _way_back(module, content):
            tested = _replaced(node)
            if tested is not None and node not in said and kind_of(module, tested) != "number":
                said.add(node)
                yield _hit(module, node, tested)
        for statement in _filled_in(module, content):
            if statement not in said:
                said.add(statement)
                yield _hit(module, statement.body[0], content)
        for statement, tested in _branched(module, content):
            if statement not in said:
                said.add(statement)
                yield _hit(module, statement, tested)


def _hit(module: Module, node: ast.expr | ast.stmt, tested: ast.expr) -> Hit:
    text = module.source(tested)
    return Hit(
        node,
        f"an empty `{text}` is replaced by another text, so the condition without a persona gets that one's",
        f"test `{text} is None`, or refuse an empty text",
        severity="note",
    )


def _way_back(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """Yield what a value passes through on its way back: names, choices, calls that only tidy a text up."""
    todo, seen = [node], set[ast.AST]()
    while todo and len(seen) < LIMIT:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        if isinstance(current, ast.Name):
            for binding in reaching(module, current):
                if binding.kind == "assign" and binding.value is not None:
                    todo.append(binding.value)
                elif binding.kind == "param" and isinstance(
                    binding.scope, (ast.FunctionDef, ast.AsyncFunctionDef)
                ):
                    passed = (argument_for(call, binding) for call in calls_of(module, binding.scope)[:LIMIT])
                    todo += [each for each in passed if each is not None]
        elif isinstance(current, ast.IfExp):
            todo += [current.body, current.orelse]
        elif isinstance(current, ast.BoolOp):
            todo += current.values
        elif isinstance(current, ast.Call) and isinstance(current.func, ast.Attribute):
            if current.func.attr in ("strip", "format", "rstrip", "lstrip", "replace"):
                todo.append(current.func.value)


def _replaced(node: ast.expr) -> ast.expr | None:
    """Return the text that a choice replaces where it is empty: of `x or DEFAULT`, `x if x else DEFAULT`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        first, last = node.values[0], node.values[-1]
        return first if _is_text(first) and _stands_in(last) else None
    if isinstance(node, ast.IfExp):
        tested, negated = without_not(node.test)
        given, default = (node.orelse, node.body) if negated else (node.body, node.orelse)
        if _is_text(tested) and same(tested, given) and _stands_in(default):
            return tested
    return None


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "strip":
            return _is_text(node.func.value)
        return called(node) == "get" and bool(node.args)
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))


def _stands_in(node: ast.expr) -> bool:
    """Return whether a default is a text of its own: an empty one or None changes nothing."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value.strip())
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.JoinedStr, ast.BinOp))


def _branched(module: Module, content: ast.expr) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Yield the default of `if x: text = x` / `else: text = DEFAULT` before a message that is made of `text`."""
    for binding in reaching(module, content) if isinstance(content, ast.Name) else ():
        statement = module.parent(binding.node)
        around = module.parent(statement) if isinstance(statement, ast.Assign) else None
        if not isinstance(around, ast.If) or not isinstance(statement, ast.Assign):
            continue
        tested, negated = without_not(around.test)
        without, given = (around.body, around.orelse) if negated else (around.orelse, around.body)
        if without != [statement] or not _is_text(tested) or not _is_default(module, statement.value):
            continue
        if any(
            isinstance(each, ast.Assign)
            and same_text(each.value, tested)
            and ast.dump(each.targets[0]) == ast.dump(statement.targets[0])
            for each in given
        ):
            yield statement, tested


def _is_default(module: Module, node: ast.expr) -> bool:
    """Return whether a value is a text that was typed in: another part of a prompt is none."""
    if isinstance(node, ast.Attribute):
        return True
    if isinstance(node, ast.Name) and node.id.isupper():
        return True
    ends = [end.node for end in origins(module, node, callers=False)]
    return bool(ends) and all(isinstance(end, ast.Constant) and bool(end.value) for end in ends)


def same_text(node: ast.expr, tested: ast.expr) -> bool:
    """Return whether a value is the tested text, tidied up at most."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strip":
        node = node.func.value
    return same(node, tested) or ast.dump(node) == ast.dump(tested)


def _filled_in(module: Module, content: ast.expr) -> Iterator[ast.If]:
    """Yield the `if not x: x = DEFAULT` before a message that is made of `x`."""
    if not isinstance(content, ast.Name):
        return
    for binding in reaching(module, content):
        statement = module.parent(binding.node)
        around = module.parent(statement) if isinstance(statement, ast.Assign) else None
        if (
            isinstance(around, ast.If)
            and isinstance(around.test, ast.UnaryOp)
            and isinstance(around.test.op, ast.Not)
            and same(around.test.operand, content)
            and len(around.body) == 1
            and binding.value is not None
            and _stands_in(binding.value)
            and not isinstance(binding.value, ast.Call)  # another place to read the text from
            and function_of(module, around) is function_of(module, content)
            and position(around) < position(content)
        ):
            yield around
