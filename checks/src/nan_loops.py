"""The best of some scores, chosen by a loop that compares each with the best so far: a part of `nan-argmax`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.src.flow import origins
from checks.src.module import Module
from checks.src.scope import everything, lookup, position, reaching
from checks.src.shapes import names_in, same

Loop = ast.For | ast.AsyncFor


@dataclass(frozen=True)
class Choice:
    """One comparison that decides which element is kept."""

    test: ast.Compare
    """The comparison."""
    score: ast.expr
    """What is compared with the best so far."""
    first_wins: bool
    """Whether a NaN decides: one that comes first stays, or there is an answer before anything is compared."""


def choices_in_loops(module: Module) -> Iterator[Choice]:
    """Yield each `if score > best: best, chosen = score, element` of a loop over elements."""
    for statement in module.all(ast.If):
        for test in _terms(statement.test):
            if not isinstance(test, ast.Compare):
                continue
            for score, best in _sides(test):
                kept = _kept(statement, score, best)
                loop = _loop_of(module, statement) if kept is not None else None
                if kept is not None and loop is not None and _is_of_the_element(module, score, loop):
                    first = _starts_open(module, statement.test, best, loop) or any(
                        _starts_answered(module, each, loop) for each in kept
                    )
                    yield Choice(test, score, first)


def _loop_of(module: Module, node: ast.AST) -> Loop | None:
    return next((each for each in module.ancestors(node) if isinstance(each, (ast.For, ast.AsyncFor))), None)


def _terms(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) else [test]


def _sides(test: ast.Compare) -> Iterator[tuple[ast.expr, ast.Name]]:
    """Yield what is compared and the name of the best so far, in both readings."""
    if len(test.ops) != 1 or not isinstance(test.ops[0], (ast.Gt, ast.GtE, ast.Lt, ast.LtE)):
        return
    left, right = test.left, test.comparators[0]
    if isinstance(right, ast.Name):
        yield left, right
    if isinstance(left, ast.Name):
        yield right, left


def _kept(statement: ast.If, score: ast.expr, best: ast.Name) -> list[ast.Name] | None:
    """Return what is assigned beside the new best; None where the score does not become the best."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for each in statement.body:
        if not isinstance(each, ast.Assign) or len(each.targets) != 1:
            continue
        target, value = each.targets[0], each.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs += zip(target.elts, value.elts, strict=False)
        else:
            pairs.append((target, value))
    taken = any(
        isinstance(target, ast.Name) and target.id == best.id and same(value, score)
        for target, value in pairs
    )
    others = [target for target, _ in pairs if isinstance(target, ast.Name) and target.id != best.id]
    return others if taken and others else None


def _is_of_the_element(module: Module, score: ast.expr, loop: Loop) -> bool:
    """Return whether a score is made from what the loop goes through, and is no loss that each round ends with."""
    wanted = {each.id for each in everything(loop.target) if isinstance(each, ast.Name)}
    todo, seen = [score], set[ast.AST]()
    while todo and len(seen) < 60:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        for name in names_in(current):
            if name.id in wanted:
                return True
            todo += [
                each.value
                for each in reaching(module, name)
                if each.value is not None
                and each.kind in ("assign", "unpack")
                and _is_under(module, each.node, loop)
            ]
    return False


def _is_under(module: Module, node: ast.AST, loop: Loop) -> bool:
    return any(each is loop for each in module.ancestors(node))


def _before(module: Module, name: ast.Name, loop: Loop) -> list[ast.expr]:
    """Return what a name is before a loop, as far as it is assigned in its scope."""
    found = [
        each
        for each in lookup(module, name.id, name)
        if each.value is not None and each.kind == "assign" and position(each.node) < position(loop)
    ]
    return [value for each in found[-1:] if (value := each.value) is not None]


def _starts_open(module: Module, test: ast.expr, best: ast.Name, loop: Loop) -> bool:
    """Return whether the first score is the best whatever it is: asked for None, or taken before the loop."""
    for term in _terms(test):
        if isinstance(term, ast.Compare) and isinstance(term.ops[0], ast.Is) and same(term.left, best):
            return True
        if isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.Not) and same(term.operand, best):
            return True
    return any(
        isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant) and each.slice.value == 0
        for each in _before(module, best, loop)
    )


def _starts_answered(module: Module, kept: ast.Name, loop: Loop) -> bool:
    """Return whether what is chosen is an answer before anything was compared: a letter, an index, the first option."""
    for value in _before(module, kept, loop):
        for end in origins(module, value, callers=False):
            node = end.node
            if isinstance(node, ast.Constant) and node.value not in (None, ""):
                return True
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                return True
    return False
