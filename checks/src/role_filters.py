"""Turns that are left out because their role is not in a list: a part of `system-turn-dropped`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from checks.src.flow import origins
from checks.src.forward import destinations
from checks.src.kept import keeps
from checks.src.module import Module
from checks.src.scope import everything, following
from checks.src.shapes import called, is_sent

IsRole = Callable[[Module, ast.expr], bool]
_ADDS = frozenset(("append", "add", "extend", "insert"))


def roles_in(module: Module, node: ast.expr) -> set[str] | None:
    """Return the texts of a collection, written in place or through a name that has only one value; None otherwise."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        ends = [each.node for each in origins(module, node, callers=False)]
        if len(ends) != 1 or ends[0] is node:
            return None
        node = ends[0]
    if (
        isinstance(node, ast.Call)
        and called(node) in ("frozenset", "set", "tuple", "list")
        and len(node.args) == 1
    ):
        node = node.args[0]
    if isinstance(node, ast.Dict):
        parts = [each for each in node.keys if each is not None]
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        parts = node.elts
    else:
        return None
    texts = {each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return texts if len(texts) == len(parts) else None


def left_out_turns(module: Module, is_role: IsRole) -> Iterator[tuple[ast.expr, set[str], bool]]:
    """Yield each test that passes on turns of some roles alone, these roles, and whether what is left is used.

    `if turn["role"] not in ROLES: continue` in a loop that goes on to keep the turn, and
    `[turn for turn in turns if turn["role"] in ROLES]`.
    """
    for branch in module.all(ast.If):
        roles = _asked(module, branch.test, ast.NotIn, is_role)
        if roles is None or branch.orelse or len(branch.body) != 1:
            continue
        if not isinstance(branch.body[0], ast.Continue):
            continue  # one that tells or counts what it leaves out has decided
        added = [
            call
            for statement in following(module, branch)
            for call in everything(statement)
            if isinstance(call, ast.Call) and called(call) in _ADDS and call.args
        ]
        if added:
            yield branch.test, roles, any(_is_used(module, call.args[-1]) for call in added)
    for made in (*module.all(ast.ListComp), *module.all(ast.GeneratorExp)):
        for generator in made.generators:
            for test in generator.ifs:
                roles = _asked(module, test, ast.In, is_role)
                if roles is not None:
                    yield test, roles, _is_used(module, made)


def _asked(module: Module, test: ast.expr, operator: type[ast.cmpop], is_role: IsRole) -> set[str] | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], operator):
        return None
    return roles_in(module, test.comparators[0]) if is_role(module, test.left) else None


def _is_used(module: Module, value: ast.expr) -> bool:
    """Return whether a value is written, trained on, rendered or sent, as far as this file shows."""
    return any(
        keeps(module, use)
        or (isinstance(use.node, ast.Call) and use.kind == "argument" and is_sent(module, use.node))
        for use in destinations(module, value, made=True)
    )
