"""System messages that are put beside others into one list: a part of `blank-system-dropped`."""

from __future__ import annotations

import ast

from checks.src.module import Module
from checks.src.scope import everything, function_of
from checks.src.shapes import leaves, same

_PUTS = frozenset(("append", "insert", "extend"))


def is_one_of_several(module: Module, guard: ast.AST, contents: list[ast.expr]) -> bool:
    """Return whether the message that a test guards is put into a list that gets other system messages, too.

    Of several such messages one that is left out is a remark that was not made. What stands in another branch, behind a
    way out, or behind a test of the roles that are there already, takes the place of the message and is none beside it.
    """
    if not isinstance(guard, ast.If):
        return False
    held = {id(each) for statement in guard.body for each in everything(statement)}
    own = [each for each in contents if id(each) in held]
    lists = [found for each in own if (found := _list_of(module, each)) is not None]
    if not lists or _asks_for_roles(guard):
        return False
    return any(
        id(other) not in held
        and function_of(module, other) is function_of(module, guard)
        and (into := _list_of(module, other)) is not None
        and any(same(into, each) for each in lists)
        and not any(_is_the_same(other, each) for each in own)
        and not _instead(module, guard, other)
        for other in contents
    )


def _list_of(module: Module, content: ast.expr) -> ast.expr | None:
    """Return the list that a message with this content is put into."""
    for around in module.ancestors(content):
        if (
            isinstance(around, ast.Call)
            and isinstance(around.func, ast.Attribute)
            and around.func.attr in _PUTS
        ):
            return around.func.value
        if isinstance(around, ast.stmt):
            return around.targets[0] if isinstance(around, ast.Assign) else None
    return None


def _is_the_same(left: ast.expr, right: ast.expr) -> bool:
    return same(left, right) or ast.dump(left) == ast.dump(right)


def _asks_for_roles(guard: ast.If) -> bool:
    return any(
        isinstance(each, ast.Constant) and each.value in ("system", "role") for each in everything(guard.test)
    )


def _instead(module: Module, guard: ast.If, other: ast.expr) -> bool:
    """Return whether another message is only put in where the guarded one is not."""
    child: ast.AST = other
    for around in module.ancestors(other):
        if isinstance(around, ast.If):
            if around is guard:
                return True
            branches = (around.body, around.orelse)
            inside = [any(guard is each for part in block for each in everything(part)) for block in branches]
            mine = [child in block for block in branches]
            if _asks_for_roles(around) and not any(inside):
                return True
            if any(mine) and inside != mine and (any(inside) or leaves(around.body)):
                return True
        child = around
    return False
