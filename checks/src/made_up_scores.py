"""Scores that could not be read from a text and are given a number all the same: a part of `guessed-label`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from checks.src.failed_reads import converts, fails, reads_a_number, succeeds
from checks.src.flow import Def, origins, returns
from checks.src.module import Module
from checks.src.scope import function_of
from checks.src.shapes import calls_in, calls_in_block, is_log, names_in, raises

_SCORES = re.compile(
    r"scor|rating|(^|_)(rate|grade|mark)s?(_|$)|grading|judg|verdict|quality|preference|likert|label|answer|prediction|reward",
    re.IGNORECASE,
)
_NO_ANSWERS = re.compile(r"threshold|weight|limit|min_|max_|timeout|version|scale", re.IGNORECASE)


@dataclass(frozen=True)
class MadeUp:
    """One number that stands for a score which was not read."""

    node: ast.expr | ast.stmt
    """Where it is given."""
    name: str
    """What it is called."""
    value: ast.expr
    """The number."""
    certain: bool
    """False for nought, which may be what a missing answer is worth."""


def made_up_scores(module: Module) -> Iterator[MadeUp]:
    """Yield each number that a function gives where it could read no score."""
    for function in {function_of(module, each): None for each in module.all(ast.Return) if _has_number(each)}:
        ways_out = returns(module, function)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _returned(module, function, ways_out)
    blocks = {id(around): around for each in module.all(ast.Assign) if (around := _given_in(module, each))}
    for around in blocks.values():
        if isinstance(around, ast.ExceptHandler):
            tried = module.parent(around)
            if isinstance(tried, ast.Try):
                yield from _assigned(module, around.body, tried.body)
        elif fails(module, around.test):
            yield from _assigned(module, around.body, around.orelse)
        elif succeeds(module, around.test):
            yield from _assigned(module, around.orelse, around.body)
    for choice in module.all(ast.IfExp):
        around = module.parent(choice)
        target = around.targets[0] if isinstance(around, ast.Assign) else None
        if target is None or not _is_score(_name(target)):
            continue
        for made, read, test in ((choice.orelse, choice.body, succeeds), (choice.body, choice.orelse, fails)):
            if _number(made) is not None and test(module, choice.test) and reads_a_number(module, read):
                yield _found(choice, _name(target), made)


def _has_number(statement: ast.Return) -> bool:
    """Return whether a return gives a number that is written down, alone or in a tuple."""
    value = statement.value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return any(_number(each) is not None for each in parts)


def _given_in(module: Module, statement: ast.Assign) -> ast.ExceptHandler | ast.If | None:
    """Return the handler or the branch in which a written number is assigned."""
    if len(statement.targets) != 1 or _number(statement.value) is None:
        return None
    around = module.parent(statement)
    return around if isinstance(around, (ast.ExceptHandler, ast.If)) else None


def _returned(module: Module, function: Def, ways_out: list[ast.Return]) -> Iterator[MadeUp]:
    """Yield returns of a number in the place where another return has what was read."""
    for place in _places(ways_out):
        values = [(each, part) for each in ways_out if (part := _part(each, place)) is not None]
        read = [part for _, part in values if reads_a_number(module, part)]
        if not read:
            continue
        names = [part.id for part in read if isinstance(part, ast.Name)] or [function.name]
        if any(map(_NO_ANSWERS.search, (function.name, *names))):
            continue
        if not any(
            _SCORES.search(text) for part in read for text in (function.name, *_sources(module, part))
        ):
            continue
        for each, part in values:
            if _number(part) is not None and _where_nothing_was_read(module, function, each):
                yield _found(each, names[0], part)


def _sources(module: Module, read: ast.expr) -> Iterator[str]:
    """Yield the text of what is read and of what it is read from: a pattern or a key may say what it is."""
    yield module.source(read)
    for name in names_in(read):
        for end in origins(module, name, callers=False):
            if isinstance(end.node, ast.Call):
                yield module.source(end.node)


def _places(ways_out: list[ast.Return]) -> list[int | None]:
    """Return the places in which a function gives values: None for whole values."""
    sizes = {len(each.value.elts) for each in ways_out if isinstance(each.value, ast.Tuple)}
    return [None, *range(max(sizes, default=0))]


def _part(statement: ast.Return, place: int | None) -> ast.expr | None:
    value = statement.value
    if place is None:
        return None if isinstance(value, ast.Tuple) else value
    return value.elts[place] if isinstance(value, ast.Tuple) and place < len(value.elts) else None


def _where_nothing_was_read(module: Module, function: Def, statement: ast.Return) -> bool:
    """Return whether a return is the last one, in a handler, or in a branch after a failed match."""
    around = module.parent(statement)
    if around is function:
        return function.body[-1] is statement
    if isinstance(around, ast.ExceptHandler):
        return True
    if isinstance(around, ast.If):
        if statement in around.body:
            return fails(module, around.test)
        return succeeds(module, around.test)
    return False


def _assigned(module: Module, made: list[ast.stmt], read: list[ast.stmt]) -> Iterator[MadeUp]:
    """Yield assignments of a number to what the other way assigns what it has read."""
    if raises(made) or any(not is_log(call) for call in calls_in_block(made)):
        return
    known: dict[str, bool] = {}
    for each in read:
        if isinstance(each, ast.Assign) and len(each.targets) == 1:
            is_read = reads_a_number(module, each.value)
            if is_read or any(map(converts, calls_in(each.value))):
                known[ast.dump(each.targets[0])] = is_read
    for each in made:
        if isinstance(each, ast.Assign) and len(each.targets) == 1 and _number(each.value) is not None:
            name = _name(each.targets[0])
            if ast.dump(each.targets[0]) in known and (
                _is_score(name) or _is_score(getattr(function_of(module, each), "name", ""))
            ):
                found = _found(each, name or module.source(each.targets[0]), each.value)
                # What is only converted may be a score of anything.
                yield found if known[ast.dump(each.targets[0])] else replace(found, certain=False)


def _found(node: ast.expr | ast.stmt, name: str, value: ast.expr) -> MadeUp:
    return MadeUp(node, name, value, certain=bool(_number(value)))


def _is_score(name: str) -> bool:
    return bool(_SCORES.search(name)) and not _NO_ANSWERS.search(name)


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _number(node: ast.expr | None) -> float | None:
    """Return a number that is written down and no sign of absence; None for anything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)  # a sign before it makes it an operation
