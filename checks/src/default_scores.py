"""Numbers and verdicts that stand in for what a judge's answer lacks: a part of `guessed-label`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.src.failed_reads import fails, is_read, parses
from checks.src.module import Module
from checks.src.scope import following, function_of, reaching
from checks.src.shapes import calls_in_block, is_log, names_in, raises

_SCORES = re.compile(
    r"scor|rating|(^|_)grade(_|$)|quality|likert|accuracy|correctness|completeness|relevance", re.IGNORECASE
)
_VERDICTS = re.compile(
    r"^(final_|overall_)?(winner|verdict|preference|preferred|decision|better|judge?ment)$", re.IGNORECASE
)
_NO_ANSWERS = re.compile(r"threshold|weight|limit|min_|max_|total|count|scale", re.IGNORECASE)
_NOTHING = frozenset(
    (
        "",
        "unknown",
        "none",
        "error",
        "n/a",
        "na",
        "invalid",
        "unparsed",
        "missing",
        "null",
        "abstain",
        "inconclusive",
    )
)
_TELLS = re.compile(r"error|fail|valid|parsed|status|success|skipped|missing", re.IGNORECASE)


def default_scores(module: Module) -> Iterator[tuple[ast.expr | ast.stmt, str, ast.expr]]:
    """Yield where a score or a verdict is given that was not read, its name and what is given."""
    yield from _defaults_of_lookups(module)
    for record in module.all(ast.Dict):
        statement = module.parent(record)
        if isinstance(statement, (ast.Assign, ast.Return)):
            found = _score_of(record)
            if found is not None and _stands_for_nothing_read(module, statement):
                yield statement, found[0], found[1]
    for branch in module.all(ast.If):
        yield from _put_right(module, branch)
        yield from _last_branch(module, branch)


def _defaults_of_lookups(module: Module) -> Iterator[tuple[ast.expr, str, ast.expr]]:
    """Yield `answer.get("score", 3)`, `.setdefault(key, 50)` and `.get("winner", "tie")` of what was read."""
    for call in module.calls(("get", "setdefault", "pop")):
        if len(call.args) != 2 or not isinstance(call.func, ast.Attribute):
            continue
        default = call.args[1]
        if not (_fits("score", default) or _fits("winner", default)):
            continue
        fitting = [name for name in _texts(module, call.args[0]) if _fits(name, default)]
        if fitting and is_read(module, call.func.value):
            yield call, fitting[0], default


def _texts(module: Module, node: ast.expr) -> Iterator[str]:
    """Yield the texts that a key may be: written in place, or gone through in a loop over a written list."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for binding in reaching(module, node) if isinstance(node, ast.Name) else ():
        if binding.kind == "loop" and isinstance(binding.value, (ast.Tuple, ast.List)):
            for each in binding.value.elts:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value


def _fits(name: str, default: ast.expr) -> bool:
    """Return whether a default is a score where a score is asked for, or a verdict where one is."""
    value = default.value if isinstance(default, ast.Constant) else None
    if isinstance(value, str):
        return bool(_VERDICTS.match(name)) and value.strip().lower() not in _NOTHING
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        return False
    return bool(_SCORES.search(name)) and not _NO_ANSWERS.search(name)


def _stands_for_nothing_read(module: Module, statement: ast.stmt) -> bool:
    """Return whether a statement stands where an answer could not be read: after a failed read, or in its handler."""
    around = module.parent(statement)
    if isinstance(around, ast.If):
        return statement in around.body and fails(module, around.test) and not raises(around.body)
    tried = module.parent(around) if isinstance(around, ast.ExceptHandler) else None
    if not isinstance(tried, ast.Try) or not isinstance(around, ast.ExceptHandler) or raises(around.body):
        return False
    return any(parses(call) for call in calls_in_block(tried.body))


def _score_of(record: ast.Dict) -> tuple[str, ast.expr] | None:
    """Return the first score of a record; None where it has none, or says itself that nothing was read."""
    pairs = [
        (key.value, value)
        for key, value in zip(record.keys, record.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    if any(_TELLS.search(name) and not _says_nothing(value) for name, value in pairs):
        return None
    return next(((name, value) for name, value in pairs if _fits(name, value)), None)


def _says_nothing(value: ast.expr) -> bool:
    """Return whether a field that may tell of a failure is filled as if there were none: with None, or a verdict."""
    return isinstance(value, ast.Constant) and (
        value.value is None or value.value in ("warn", "pass", "ok", True)
    )


def _last_branch(module: Module, branch: ast.If) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """Yield the last way out of a chain of letters that a text decides, where it gives one of the same letters."""
    around = module.parent(branch)
    if _letter(branch.body) is None or (isinstance(around, ast.If) and around.orelse == [branch]):
        return
    given: list[str] = []
    subject: set[str] | None = None
    current: ast.stmt | None = branch
    last: list[ast.stmt] = []
    while isinstance(current, ast.If):
        asked = {each.id for each in names_in(current.test)}
        subject = asked if subject is None else subject & asked
        letter = _letter(current.body)
        if letter is None:
            return
        given.append(letter[0])
        last = current.orelse or following(module, current)[:1] or following(module, branch)[:1]
        current = last[0] if len(last) == 1 else None
    found = _letter(last)
    if found is not None and len(set(given)) > 1 and found[0] in given and subject:
        function = function_of(module, branch)
        yield last[-1], getattr(function, "name", "the answer"), found[1]


def _letter(block: list[ast.stmt]) -> tuple[str, ast.expr] | None:
    """Return the letter that a block of one statement returns."""
    value = block[-1].value if len(block) == 1 and isinstance(block[-1], ast.Return) else None
    if (
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and re.fullmatch(r"[A-Ja-j]", value.value)
    ):
        return value.value, value
    return None


def _put_right(module: Module, branch: ast.If) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """Yield `if winner not in ("A", "B", "tie"): winner = "tie"`: what is none of the answers becomes one of them."""
    test = branch.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.NotIn):
        return
    allowed = test.comparators[0]
    if not isinstance(allowed, (ast.List, ast.Tuple, ast.Set)) or not isinstance(test.left, ast.Name):
        return
    answers = {each.value for each in allowed.elts if isinstance(each, ast.Constant)}
    if any(not is_log(call) for call in calls_in_block(branch.body)):
        return
    for statement in branch.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        value = statement.value if isinstance(statement, ast.Assign) else None
        if (
            not isinstance(target, ast.Name)
            or target.id != test.left.id
            or not isinstance(value, ast.Constant)
        ):
            continue
        if value.value in answers and _fits(target.id, value) and is_read(module, test.left):
            yield statement, target.id, value
