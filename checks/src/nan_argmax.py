"""The best of some scores, where a NaN makes the first one win.

## What it finds

`max(scores, key=scores.get)` and its relatives (`items()` by value, `range(len(scores))` by element, pairs and rows
by their score, `min` and `sorted` too), `np.argmax` of a list of scores, and a loop that keeps the best so far (`if
score > best: best, answer = score, letter`), over scores of a model, where nothing in the function asks whether they
are finite.

## Why it matters

Every comparison with a NaN is false, so Python's `max` keeps the first element. A model that broke in
training then "answers" A to every question, and scores about a quarter: the very number that "lost its
capability" would show.

## Example

    predicted = max(scores, key=scores.get)

## What to do

    if not all(math.isfinite(score) for score in scores.values()):
        raise ValueError(f"scores that are no numbers: {scores}")
    predicted = max(scores, key=scores.get)

## Limits

Scores are known by where they come from (`.item()`, `.tolist()`, `torch`, `numpy`, a log-probability) or,
where that is outside the file, by their name in a file that has to do with models or arrays ("scores" that
are filled in the file only in a function that speaks of labels, answers, tokens or probabilities). Counts,
sizes and lengths are left alone. In a loop whose choice is None until something was better than minus infinity, a NaN
never wins: such a loop is only likely (`--pedantic`).

## References

* IEEE 754: comparisons with a NaN are unordered.
* `constant-prediction`, which finds the result of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from checks.core.registry import check
from checks.src.flow import loads, origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.nan_loops import choices_in_loops
from checks.src.scope import everything, function_of, lookup, qualified
from checks.src.shapes import called, calls_in, keyword, last_name, same, short

_SCORES = re.compile(
    r"(^|_)(log_?probs?|logp|lps?|probs?|probabilities|logits?|losses|nll|perplexit(y|ies)|ppl|likelihoods?|logliks?|scores?)(_|s?$)",
    re.IGNORECASE,
)
_MODELS = re.compile(r"\b(torch|numpy|jax|vllm|transformers|tensorflow|mlx|log_?probs?|logits?)\b")
_PLAIN_SCORES = re.compile(r"(^|_)scores?$", re.IGNORECASE)
_ANSWERS = re.compile(
    r"log_?prob|logits?\b|probab|softmax|labels?\b|predict|answer|option|token|choices?\b|generat",
    re.IGNORECASE,
)
_SIZES = re.compile(r"size|numel|count|bytes|shape|(^|_)(len|length|num|ndim|dims?)(_|$)", re.IGNORECASE)
_FLOATS = frozenset(
    (
        "item",
        "tolist",
        "mean",
        "softmax",
        "log_softmax",
        "logsumexp",
        "exp",
        "log",
        "cpu",
        "numpy",
        "sum_logprobs",
    )
)
_CHOOSE = frozenset(("max", "min", "sorted", "argmax", "argmin"))
_OF_TENSORS = frozenset(("item", "softmax", "log_softmax", "logsumexp"))
_CHECKS = frozenset(
    ("isnan", "isfinite", "isinf", "nan_to_num", "nanmax", "nanmin", "nanargmax", "notna", "isna", "isnull")
)
_COUNTS = frozenset(("Counter", "len", "count", "int", "ratio", "SequenceMatcher", "similarity", "round"))


@check(
    code="SRC011",
    name="nan-argmax",
    severity="warning",
    since="0.1.0",
    words=(("max", "min", "sorted", "item", "torch", "log", "softmax", "jax", "nll", "perplex"),),
)
def nan_argmax(module: Module) -> Iterator[Hit]:
    """Yield each choice by score over scores that may be no numbers."""
    for call in module.calls(sorted(_CHOOSE)):
        found = _chosen_by(module, call)
        if found is None or not _may_be_nan(module, found) or _is_checked(module, call):
            continue
        yield Hit(
            call,
            f"a NaN in `{short(module.source(found.shown))}` decides which element wins:"
            " every comparison with it is false",
            "raise unless all(math.isfinite(score) for score in ...) before choosing",
        )
    for choice in choices_in_loops(module):
        if _is_of_a_model(module, choice.score) and not _is_checked(module, choice.test):
            yield Hit(
                choice.test,
                f"a NaN in `{short(module.source(choice.score))}` is never better than the best so far, so that what"
                " stood first is chosen",
                "raise unless math.isfinite(score) before it is compared",
                confidence="certain" if choice.first_wins else "likely",
            )


@dataclass(frozen=True)
class _Scores:
    """What a choice goes by."""

    shown: ast.expr
    """What the message calls them."""
    named: ast.expr | None
    """The list or dictionary of nothing but scores, where there is one."""
    values: tuple[ast.expr, ...] = ()
    """The expressions that make single scores, where they stand in pairs or rows."""


def _chosen_by(module: Module, call: ast.Call) -> _Scores | None:
    """Return the scores by which a call chooses."""
    if (qualified(module, call.func) or "") in ("numpy.argmax", "numpy.argmin") and len(call.args) == 1:
        lists = (ast.List, ast.ListComp)
        ends = origins(module, call.args[0], callers=False)
        made = ends and all(isinstance(end.node, lists) for end in ends)
        values = tuple(_values(module, call.args[0]))
        return _Scores(call.args[0], None, values) if made and values else None
    if not (
        isinstance(call.func, ast.Name) and call.func.id in ("max", "min", "sorted") and len(call.args) == 1
    ):
        return None
    key = keyword(call, "key")
    if call.func.id == "sorted" and not _takes_first(module, call):
        return None
    scores = _scores(module, call.args[0], key) if key is not None else None
    if scores is not None:
        return _Scores(scores, scores)
    field = _field_of(module, key) if key is not None else 0
    values = tuple(_fields(module, call.args[0], field)) if field is not None else ()
    if key is None and not any(isinstance(each, ast.Tuple) for each in _elements(module, call.args[0])):
        return None
    return _Scores(call.args[0], None, values) if values else None


def _takes_first(module: Module, call: ast.Call) -> bool:
    """Return whether of a sorted list only one end is taken."""
    around = module.parent(call)
    return isinstance(around, ast.Subscript) and isinstance(around.slice, (ast.Constant, ast.UnaryOp))


def _field_of(module: Module, key: ast.expr) -> object:
    """Return the place or the name of the field that a key takes from an element: `lambda x: x[1]`."""
    if isinstance(key, ast.Call) and (qualified(module, key.func) or "").startswith("operator."):
        name = key.args[0] if key.args else None
        return name.value if isinstance(name, ast.Constant) else None
    if isinstance(key, ast.Lambda) and len(key.args.args) == 1:
        body = key.body.operand if isinstance(key.body, ast.UnaryOp) else key.body
        base = body.value if isinstance(body, (ast.Subscript, ast.Attribute)) else None
        if isinstance(base, ast.Name) and base.id == key.args.args[0].arg:
            if isinstance(body, ast.Subscript) and isinstance(body.slice, ast.Constant):
                return body.slice.value
            return body.attr if isinstance(body, ast.Attribute) else None
    return None


def _fields(module: Module, chosen: ast.expr, field: object) -> Iterator[ast.expr]:
    """Yield the expressions of one field in the pairs or rows of a list."""
    for element in _elements(module, chosen):
        if isinstance(element, ast.Tuple) and isinstance(field, int) and field < len(element.elts):
            yield element.elts[field]
        elif isinstance(element, ast.Dict):
            for name, value in zip(element.keys, element.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == field:
                    yield value
        elif isinstance(element, ast.Call) and isinstance(field, str):
            value = keyword(element, field)
            if value is not None:
                yield value


def _elements(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that the elements of a list are made with."""
    if isinstance(node, ast.Call) and (qualified(module, node.func) or "") == "builtins.zip":
        yield ast.Tuple([next(iter(_elements(module, each)), each) for each in node.args], ast.Load())
        return
    for each in _values(module, node):
        if isinstance(each, ast.Call) and called(each) == "zip" and each.args:
            yield ast.Tuple([next(iter(_elements(module, part)), part) for part in each.args], ast.Load())
        else:
            yield each


def _scores(module: Module, chosen: ast.expr, key: ast.expr) -> ast.expr | None:
    """Return the scores that decide: those of `scores.get`, of `lambda k: scores[k]`, of `items()` by value."""
    if isinstance(key, ast.Attribute) and key.attr in ("get", "__getitem__"):
        return key.value
    if (
        isinstance(key, ast.Call)
        and (qualified(module, key.func) or "") == "operator.itemgetter"
        and _is_items(chosen)
    ):
        index = key.args[0] if key.args else None
        return _items_of(chosen) if isinstance(index, ast.Constant) and index.value == 1 else None
    if not isinstance(key, ast.Lambda) or len(key.args.args) != 1:
        return None
    parameter, body = key.args.args[0].arg, key.body
    if not isinstance(body, ast.Subscript):
        return None
    if (
        isinstance(body.slice, ast.Name)
        and body.slice.id == parameter
        and not isinstance(body.value, ast.Call)
    ):
        return body.value
    by_value = isinstance(body.slice, ast.Constant) and body.slice.value == 1
    if by_value and isinstance(body.value, ast.Name) and body.value.id == parameter and _is_items(chosen):
        return _items_of(chosen)
    return None


def _is_items(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and called(node) in ("items", "enumerate")


def _items_of(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called(node) == "items":
        return node.func.value
    return node.args[0] if isinstance(node, ast.Call) and node.args else None


def _may_be_nan(module: Module, found: _Scores) -> bool:
    scores = found.named
    if scores is None:
        return any(_is_of_a_model(module, each) for each in found.values)
    if isinstance(scores, (ast.List, ast.ListComp)):
        return any(_is_of_a_model(module, each) for each in _values(module, scores))
    if not isinstance(scores, (ast.Name, ast.Attribute, ast.Subscript)):
        return False
    values = list(_values(module, scores))
    if values:
        known = [_is_float(module, each) for each in values]
        if any(each is True for each in known):
            return True
        if all(each is False for each in known):
            return False
    name = (
        scores.id
        if isinstance(scores, ast.Name)
        else scores.attr
        if isinstance(scores, ast.Attribute)
        else ""
    )
    if not (_SCORES.search(name) and _MODELS.search(module.text)):
        return False
    around = function_of(module, scores)
    if values and _PLAIN_SCORES.search(name) and isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return bool(_ANSWERS.search(module.source(around)))  # anything may be called a score
    return True


def _values(module: Module, scores: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that scores are filled with, in literals, comprehensions, loops and `append`."""
    for end in origins(module, scores, callers=False):
        node = end.node
        if isinstance(node, ast.DictComp):
            yield node.value
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            yield node.elt
        elif isinstance(node, ast.Dict) and node.values:
            yield from node.values
        elif isinstance(node, ast.List) and node.elts:
            yield from node.elts
        elif isinstance(node, ast.Call):
            yield node
    if isinstance(scores, ast.Name):
        for binding in lookup(module, scores.id, scores):
            for use in loads(module, binding):
                yield from _filled(module, use)


def _filled(module: Module, use: ast.Name) -> Iterator[ast.expr]:
    around = module.parent(use)
    if isinstance(around, ast.Subscript) and around.value is use and isinstance(around.ctx, ast.Store):
        statement = module.parent(around)
        if isinstance(statement, (ast.Assign, ast.AugAssign)):
            yield statement.value
    elif isinstance(around, ast.Attribute) and around.attr in ("append", "setdefault"):
        call = module.parent(around)
        if isinstance(call, ast.Call) and call.args:
            yield call.args[-1]


def _is_float(module: Module, node: ast.expr) -> bool | None:
    """Return whether a value is a float that a model or an array gave; None where that cannot be said."""
    for end in origins(module, node, callers=False):
        if isinstance(end.node, ast.Constant):
            if isinstance(end.node.value, float):
                continue
            return False
        added = end.binding.value if end.binding is not None and end.binding.kind == "augment" else None
        for call in calls_in(added or end.node):
            name = qualified(module, call.func) or ""
            if called(call) in _COUNTS or _SIZES.search(called(call)):
                return False
            if name.startswith(("math.", "cmath.")):
                continue  # these raise where there is no number, and give NaN for NaN alone
            if called(call) in _FLOATS or name.startswith(("torch.", "numpy.", "jax.")):
                return True
        for each in everything(end.node):
            if re.search(r"log_?prob|logits?$|perplexity", last_name(each), re.IGNORECASE):
                return True
    return None


def _is_of_a_model(module: Module, node: ast.expr) -> bool:
    """Return whether a single score is taken out of a tensor, or is a log-probability: no mere calculation."""
    for end in origins(module, node, callers=False):
        for each in everything(end.node):
            if isinstance(each, ast.Call):
                name = qualified(module, each.func) or ""
                if called(each) in _OF_TENSORS or name.startswith(("torch.", "jax.")):
                    return True
            if re.search(r"log_?prob|logits?$|perplexity|(^|_)nll", last_name(each), re.IGNORECASE):
                return True
    return False


def _is_checked(module: Module, call: ast.expr) -> bool:
    """Return whether the function asks anywhere whether numbers are finite."""
    memo = cast("dict[ast.AST, bool]", module.memo.setdefault("asks for NaN", {}))
    function = function_of(module, call)
    if function not in memo:
        memo[function] = any(_asks(each) for each in everything(function))
    return memo[function]


def _asks(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return called(node) in _CHECKS
    return (
        isinstance(node, ast.Compare) and len(node.comparators) == 1 and same(node.left, node.comparators[0])
    )
