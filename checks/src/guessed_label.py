"""A missing label, or an answer that could not be read, that is replaced by a guess.

## What it finds

A branch or handler that gives a label or an answer a value of its own choosing (a letter, a number, the first
option, a random one, a made-up list of letters) after a warning at most, and goes on as if it had been read: also
after a match or a count that failed, as the default of `row.get("answer", 0)`, and as `match.group(1) if match
else "A"`. A coin that is flipped between answers where none could be read is one wherever it goes: into a tuple
that is returned, a comparison, a prediction. So is a number in the place of a score that another way out of the
function reads (`return int(match.group(1)), text`, and at the end `return 5, text`), a score or a verdict that stands
in for one that a judge's answer lacks (`answer.get("score", 3)`, `answer.get("winner", "tie")`), and a record of them
where the answer could not be read at all.

## Why it matters

The guess is counted. A guess of "A" makes every unreadable row an A: right for a quarter of the questions,
and for more where gold letters are skewed. Questions with other labels (1-4, three or five options) are
exactly those that fall into it.

## Example

    if "choice_labels" not in row:
        logger.warning("no labels, using A-D")
        labels = ["A", "B", "C", "D"]

## What to do

Raise, or give None, leave the row out and count it.

## Limits

Names decide what is a label, coins aside, and what is a score (of its function, its pattern or its key). A fallback to
None, an empty text, "unknown", -1 or a NaN says that nothing is known, and is left alone; so is one that raises later
in the same branch. A number after a failed count may be the count's own meaning, and a score of 0 what no answer is
worth: both are only likely (`--pedantic`).

## References

* `unlabelled-rows`, which counts the rows whose target could not be read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import cast

from checks.core.registry import check
from checks.src.default_scores import default_scores
from checks.src.failed_reads import choices_of_failure, coin_flips, fails, succeeds
from checks.src.hit import Hit
from checks.src.made_up_scores import made_up_scores
from checks.src.module import Module
from checks.src.scope import everything, function_of, qualified
from checks.src.shapes import called, calls_in_block, is_log, leaves, raises

_LABEL = re.compile(
    r"^(gold|true|correct|right|wrong|predicted|pred|final|extracted|parsed|model|choice|answer|expected|gt|option|target)?_?"
    r"(label|labels|answer|answers|letter|letters|choice|gold|prediction|answer_key|answer_index|answer_idx)$"
    r"|^(pred|predicted|gold|choice_labels|option_labels)$"
    r"|^(pred|predicted|prediction|correct|gold|label|answer|choice)_?(idx|index|id|letter)$"
    r"|^(final_)?(verdict|decision)$",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"^choices?$", re.IGNORECASE)
_QUESTIONS = re.compile(r"question|answer|gold|label|option|letter|multiple[ _-]choice|mcq", re.IGNORECASE)
_LABEL_LISTS = frozenset(
    ("choice_labels", "option_labels", "answer_labels", "labels", "choices_labels", "letters")
)
_NOTHING = frozenset(
    (
        "",
        "none",
        "unknown",
        "n/a",
        "na",
        "null",
        "invalid",
        "error",
        "?",
        "other",
        "nan",
        "missing",
        "unparsed",
        "abstain",
        "refused",
    )
)
_WORDS = re.compile(
    r"default|fall|guess|assum|using|instead|random|warn|miss|could not|couldn't|fail|unable|invalid|unknown|no ",
    re.IGNORECASE,
)


@check(
    code="SRC009",
    name="guessed-label",
    severity="warning",
    since="0.1.0",
    words=(
        (
            *(
                "grad",
                "label",
                "rand",
                "pred",
                "scor",
                "answer",
                "choice",
                "reward",
                "letter",
                "gold",
                "verdict",
            ),
            *("decision", "rating", "Rating", "judg", "quality", "winner", "prefer", "accuracy", "correct"),
        ),
        ("warn", "print(", "log", "except", "get", "setdefault", "pop(", "if ", "or "),
    ),
)
def guessed_label(module: Module) -> Iterator[Hit]:
    """Yield each assignment or return that makes a label or a score up."""
    told: set[ast.AST] = set()
    for hit in _labels(module):
        told.add(hit.node)
        yield hit
    for made in made_up_scores(module):
        if made.node not in told:
            told.add(made.node)
            hit = _hit(module, made.node, made.name, made.value)
            yield hit if made.certain else replace(hit, confidence="likely")
    for node, name, value in default_scores(module):
        if node not in told and not any(each in told for each in module.ancestors(node)):
            yield _hit(module, node, name, value)


def _labels(module: Module) -> Iterator[Hit]:
    for around, block in _blocks_with_labels(module):
        if isinstance(around, ast.ExceptHandler):
            yield from _guesses(module, block, warned=True)
        elif fails(module, around.test) if block is around.body else succeeds(module, around.test):
            yield from _guesses(module, block, warned=True, counted=not _warns(block))
        else:
            yield from _guesses(module, block, warned=_warns(block))
    for call in module.calls(("get", "pop", "getattr")):
        if len(call.args) >= 2:
            name = call.args[-2]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                lists = name.value in _LABEL_LISTS and _is_guess(module, call.args[-1], plural=True)
                if lists or (_LABEL.match(name.value) and _is_default(module, call)):
                    yield _hit(module, call, name.value, call.args[-1])
    for taken, whole in choices_of_failure(module, partial(_gives_a_label, module)):
        around = module.parent(whole)
        if isinstance(around, ast.Assign) and len(around.targets) == 1:
            name = _name(around.targets[0])
            if _LABEL.match(name) and _is_letter(taken):
                yield _hit(module, whole, name, taken)
    for call in coin_flips(module):
        if id(module.statement(call)) not in {id(each) for each in _assigned(module, call)}:
            yield _hit(module, call, "the answer", call)


def _blocks_with_labels(module: Module) -> Iterator[tuple[ast.If | ast.ExceptHandler, list[ast.stmt]]]:
    """Yield the branches and handlers in which a label is assigned or returned, each once, with what it belongs to."""
    found: dict[int, tuple[ast.If | ast.ExceptHandler, list[ast.stmt]]] = {}
    for statement in (*module.all(ast.Assign), *module.all(ast.Return)):
        around = module.parent(statement)
        if not isinstance(around, (ast.If, ast.ExceptHandler)):
            continue
        in_a_tuple = isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple)
        if in_a_tuple or _gives_a_label(module, statement):
            block = around.body
            if isinstance(around, ast.If) and statement in around.orelse:
                block = around.orelse
            found[id(block)] = (around, block)
    yield from found.values()


def _warns(block: list[ast.stmt]) -> bool:
    """Return whether a block itself tells that something is not as it should be."""
    for statement in block:
        if (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Call)
            and is_log(statement.value)
        ):
            text = " ".join(
                each.value
                for each in everything(statement)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )
            if called(statement.value) in ("warn", "warning", "error", "warning_once") or _WORDS.search(text):
                return True
    return False


def _gives_a_label(module: Module, statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        return len(statement.targets) == 1 and bool(_LABEL.match(_name(statement.targets[0])))
    return isinstance(statement, ast.Return) and bool(_LABEL.match(_stem(_function_name(module, statement))))


def _assigned(module: Module, call: ast.Call) -> list[ast.stmt]:
    """Return the assignment of a coin to a label, which is reported as one."""
    statement = module.statement(call)
    if isinstance(statement, ast.Assign) and statement.value is call and len(statement.targets) == 1:
        return [statement] if _LABEL.match(_name(statement.targets[0])) else []
    name = _function_name(module, call)
    named = _stem(name) != name and _LABEL.match(_stem(name))
    return [statement] if isinstance(statement, ast.Return) and named and statement.value is call else []


def _is_default(module: Module, call: ast.Call) -> bool:
    """Return whether the default of a lookup makes an answer up; one that is counted on with is a count."""
    if called(call) == "getattr" or _is_count(module, call):
        return False
    default = call.args[-1]
    around = module.parent(call)
    if isinstance(around, ast.Compare) and isinstance(default, ast.Constant):
        others = [each.value for each in (around.left, *around.comparators) if isinstance(each, ast.Constant)]
        if others and default.value not in others:
            return False  # it is asked for another label: what has none is not counted as one
    if isinstance(default, ast.Constant) and type(default.value) is int:
        return default.value >= 0
    return _is_letter(default)


def _is_count(module: Module, call: ast.Call) -> bool:
    around = module.parent(call)
    if isinstance(around, (ast.BinOp, ast.AugAssign)):
        return True
    return isinstance(around, ast.Compare) and any(
        isinstance(each, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for each in around.ops
    )


def _is_letter(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(re.fullmatch(r"\(?[A-Ja-j1-5]\)?\.?", node.value.strip()))
    )


def _guesses(module: Module, block: list[ast.stmt], *, warned: bool, counted: bool = False) -> Iterator[Hit]:
    """Yield the guesses of a block; in one that only counts, a number may be what the count says."""
    if not warned or raises(block):
        return
    for statement in block:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name = _name(statement.targets[0])
            if (
                _LABEL.match(name)
                and _is_guess(module, statement.value, plural=name.endswith("s"))
                and _answers(module, statement, name)
            ):
                hit = _hit(module, statement, name, statement.value)
                number = (
                    counted and isinstance(statement.value, ast.Constant) and not _is_letter(statement.value)
                )
                yield replace(hit, confidence="likely") if number else hit
        elif isinstance(statement, ast.Return) and statement.value is not None and leaves(block):
            name = _function_name(module, statement)
            stem = _stem(name)
            if isinstance(statement.value, ast.Tuple):
                yield from _in_a_tuple(module, statement, statement.value)
            if (
                (stem != name or (counted and _is_letter(statement.value)))
                and _LABEL.match(stem)
                and _is_guess(module, statement.value, plural=stem.endswith("s"))
            ):
                failed = counted and (
                    _is_letter(statement.value) or not isinstance(statement.value, ast.Constant)
                )
                handled = isinstance(module.parent(statement), ast.ExceptHandler)
                if failed or handled or (not counted and list(calls_in_block(block))):
                    yield _hit(module, statement, stem, statement.value)


def _in_a_tuple(module: Module, statement: ast.Return, value: ast.Tuple) -> Iterator[Hit]:
    """Yield the letters of a tuple that is returned where another return has what was read."""
    others = [
        each.value.elts
        for each in everything(function_of(module, statement))
        if isinstance(each, ast.Return) and isinstance(each.value, ast.Tuple) and each is not statement
    ]
    for index, element in enumerate(value.elts):
        read = [
            each[index]
            for each in others
            if len(each) == len(value.elts) and not isinstance(each[index], ast.Constant)
        ]
        if read and _is_letter(element):
            yield _hit(module, statement, module.source(read[0]), element)


def _stem(name: str) -> str:
    return re.sub(r"^_*(extract|parse|get|read|find|predict|pick|choose|infer|detect)_", "", name)


def _answers(module: Module, statement: ast.stmt, name: str) -> bool:
    """Return whether a name is that of an answer: a mere choice is one only where questions are asked."""
    if not _CHOICE.match(name):
        return True
    around = function_of(module, statement)
    text = module.text if isinstance(around, ast.Module) else module.source(cast("ast.stmt", around))
    return bool(_QUESTIONS.search(text))


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return (
        target.id
        if isinstance(target, ast.Name)
        else target.attr
        if isinstance(target, ast.Attribute)
        else ""
    )


def _function_name(module: Module, node: ast.AST) -> str:
    return next(
        (
            each.name
            for each in module.ancestors(node)
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        ),
        "",
    )


def _hit(module: Module, statement: ast.stmt | ast.expr, name: str, value: ast.expr) -> Hit:
    text = " ".join(module.source(value).split())
    return Hit(
        statement,
        f"where `{name}` cannot be read, `{text if len(text) < 50 else text[:47] + '...'}` is made up and counted",
        "raise, or give None, leave the row out and count it",
    )


def _is_guess(module: Module, node: ast.expr, *, plural: bool) -> bool:
    """Return whether a value is made up: a letter, an index, a list of letters, the first or a random option."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return (
                node.value.strip().lower() not in _NOTHING
                and len(node.value.strip("() .")) <= 2
                and not plural
            )
        return type(node.value) is int and node.value >= 0 and not plural
    if isinstance(node, (ast.List, ast.Tuple)):
        return (
            plural
            and len(node.elts) > 1
            and all(
                isinstance(each, ast.Constant) and isinstance(each.value, str) and len(each.value) <= 2
                for each in node.elts
            )
        )
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Slice):
            return plural and _is_alphabet(module, node.value)
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        return (
            first
            and not plural
            and bool(
                re.search(r"label|choice|letter|option|answer", module.source(node.value), re.IGNORECASE)
            )
        )
    if isinstance(node, ast.Call):
        name = qualified(module, node.func) or ""
        if name in (
            "random.choice",
            "numpy.random.choice",
            "random.randint",
            "random.randrange",
            "numpy.random.randint",
        ):
            return True
        if called(node) in ("list", "tuple") and node.args:
            return plural and _is_alphabet(module, node.args[0])
        if called(node) == "choice" and isinstance(node.func, ast.Attribute):
            return bool(re.search(r"rng|rand", module.source(node.func.value), re.IGNORECASE))
    if isinstance(node, ast.ListComp):
        return plural and isinstance(node.elt, ast.Call) and called(node.elt) == "chr"
    return False


def _is_alphabet(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Call) and called(node) in ("list", "tuple") and node.args:
        node = node.args[0]
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value.upper().startswith("ABC")
    if isinstance(node, (ast.List, ast.Tuple)):
        return (
            len(node.elts) > 1 and isinstance(node.elts[0], ast.Constant) and node.elts[0].value in ("A", "a")
        )
    return (qualified(module, node) or "").startswith("string.ascii_")
