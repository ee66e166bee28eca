"""A chat template whose failure is caught and replaced by raw text.

## What it finds

A `try` around `apply_chat_template` (or a function of the same file that calls it) whose handler goes on with
a text of its own: it assigns the same variable, or returns something in its place.

## Why it matters

Rows that fell back are trained or scored without any chat format, system prompt included, and are counted
beside the others. Whether that happens can depend on the persona (some templates refuse a system message), so
the fallback is itself a confound.

## Example

    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False)
    except Exception:
        text = question                        # another condition, under the same name

## What to do

Let it raise. Where rows may fail, leave them out and count them: an answer to another prompt is no answer.

## Limits

A handler that raises, leaves the row out (`continue`, `return None`) or renders again with the template is
left alone. A choice that is made in the open (`if tokenizer.chat_template is None`) is one.

## References

* `unrenderable-rows`, which finds the rows that a template refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import functions_called, is_self
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import everything
from checks.src.shapes import called, calls_in, calls_in_block, is_log, raises

_RENDER = "apply_chat_template"


@check(
    code="SRC004",
    name="template-fallback",
    severity="error",
    since="0.1.0",
    words=((_RENDER,), ("except",)),
)
def template_fallback(module: Module) -> Iterator[Hit]:
    """Yield each handler that goes on with something else than the rendered text."""
    for attempt in module.all(ast.Try):
        targets = list(_rendered_into(module, attempt))
        if not targets:
            continue
        for handler in attempt.handlers:
            if raises(handler.body) or any(_renders(module, call) for call in calls_in_block(handler.body)):
                continue
            place = _falls_back(handler, targets, returned="return" in targets)
            if place is not None:
                yield Hit(
                    place,
                    "when the chat template fails, this goes on with other text and counts the row like the others",
                    "let it raise, or leave the row out and count it",
                    confidence="certain" if _is_rendered_here(attempt) or not _calls(place) else "likely",
                )


def _is_rendered_here(attempt: ast.Try) -> bool:
    """Return whether the template is applied in the body itself, and not in a function that does other things, too."""
    return any(called(call) == _RENDER for call in calls_in_block(attempt.body))


def _calls(place: ast.stmt) -> bool:
    """Return whether what stands in comes from a function: it may be another way to the same end."""
    value = getattr(place, "value", None)
    func = value.func if isinstance(value, ast.Call) else None
    return isinstance(func, ast.Name) or (isinstance(func, ast.Attribute) and is_self(func.value))


def _renders(module: Module, call: ast.Call) -> bool:
    if called(call) == _RENDER:
        return True
    return any(
        called(inner) == _RENDER
        for function in functions_called(module, call)
        for inner in calls_in(function)
    )


def _rendered_into(module: Module, attempt: ast.Try) -> Iterator[str]:
    """Yield the names that the body gives the rendered text to; ``return`` where it returns it."""
    for statement in attempt.body:
        for each in everything(statement):
            value = getattr(each, "value", None)
            if not isinstance(each, (ast.Assign, ast.AnnAssign, ast.Return)) or not isinstance(
                value, ast.expr
            ):
                continue
            if not any(_renders(module, call) for call in calls_in(value)):
                continue
            if any(called(call) == "len" for call in calls_in(value)):
                continue  # it only measures
            if isinstance(each, ast.Return):
                yield "return"
            for target in each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]:
                yield from (
                    (name.id for name in everything(target) if isinstance(name, ast.Name))
                    if target is not None
                    else ()
                )


def _falls_back(handler: ast.ExceptHandler, targets: list[str], *, returned: bool) -> ast.stmt | None:
    """Return the statement of a handler that stands in for the rendered text."""
    for statement in handler.body:
        for each in everything(statement):
            if isinstance(each, ast.Assign) and _is_text(each.value, handler.name):
                names = {
                    name.id
                    for target in each.targets
                    for name in everything(target)
                    if isinstance(name, ast.Name)
                }
                if names & set(targets):
                    return each
            if (
                returned
                and isinstance(each, ast.Return)
                and each.value is not None
                and _is_text(each.value, handler.name)
            ):
                return each
    return None


def _is_text(node: ast.expr, error: str | None) -> bool:
    """Return whether an expression can be a text to go on with: no constant, no log call, no empty container."""
    if isinstance(node, (ast.Constant, ast.UnaryOp, ast.Compare, ast.Lambda)):
        return False
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return any(_is_text(each, error) for each in node.elts)
    if isinstance(node, ast.Dict):
        return any(_is_text(each, error) for each in node.values)
    names = {each.id for each in everything(node) if isinstance(each, ast.Name)}
    if error in names and names <= {error, "str", "repr", "type"}:
        return False  # the error itself stands for the text: a record of the failure
    if isinstance(node, ast.Call) and called(node)[:1].isupper():
        return any(
            _is_text(each, error) for each in node.args if isinstance(each, ast.JoinedStr)
        )  # a record of a class
    return not (isinstance(node, ast.Call) and is_log(node))
