"""Of two answers that are compared, only one goes through the chat template.

## What it finds

A function that renders `chosen` with `apply_chat_template` and leaves `rejected` as it is, or the other way round:
`row["chosen"] = tokenizer.apply_chat_template(...)` without the same for its sibling, or a row that is returned with
one of the two rendered.

## Why it matters

A preference loss learns whatever tells the two apart. If one has the template's tokens and the other has none, it
learns the format, and the margin says nothing about the answers. Implicit rewards, and the conditions' system prompt,
are in one of them only.

## Example

    def render(row):
        row["chosen"] = tokenizer.apply_chat_template(row["chosen"], tokenize=False)
        return row                                            # `rejected` is still a list of messages

## What to do

    for side in ("chosen", "rejected"):
        row[side] = tokenizer.apply_chat_template(row[side], tokenize=False)

## Limits

Both have to be rendered in one function to be seen together; a loop over both names counts. A function that makes
rows for plain fine-tuning of what was chosen, under another name, is left alone.

## References

* TRL documentation, "Dataset formats": preference data.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import calls_of, functions_called, origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import everything
from checks.src.shapes import called, calls_in

_SIDES = ("chosen", "rejected")


@check(
    code="SRC015",
    name="one-sided-template",
    severity="error",
    since="0.1.0",
    words=(("apply_chat_template",), ("chosen",)),
)
def one_sided_template(module: Module) -> Iterator[Hit]:
    """Yield each row of which one side alone is rendered."""
    for function in _rendering(module):
        sides = {each: list(_given(function, each)) for each in _SIDES}
        for side, other in (_SIDES, _SIDES[::-1]):
            rendered = [value for value in sides[side] if _is_rendered(module, value)]
            if not rendered or any(_may_be_rendered(module, value) for value in sides[other]):
                continue
            if sides[other] or _is_changed_row(function, side):
                yield Hit(
                    rendered[0],
                    f"`{side}` goes through the chat template and `{other}` does not: the format tells them apart",
                    f"render `{other}` in the same way",
                )


def _rendering(module: Module) -> list[ast.AST]:
    """Return the functions that render with a template, themselves or by a function of this file."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    found: dict[ast.AST, None] = {}
    for call in module.calls(("apply_chat_template",)):
        around = [each for each in module.ancestors(call) if isinstance(each, functions)]
        for each in around:
            found[each] = None
            if not isinstance(each, ast.Lambda):
                callers = (part for use in calls_of(module, each) for part in module.ancestors(use))
                found.update((part, None) for part in callers if isinstance(part, functions))
    return list(found)


def _given(function: ast.AST, side: str) -> Iterator[ast.expr]:
    """Yield what a row's side is set to: `row["chosen"] = x`, `{"chosen": x}`, `chosen=x`."""
    for each in everything(function):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    if target.slice.value == side:
                        yield each.value
        elif isinstance(each, ast.Dict):
            for key, value in zip(each.keys, each.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == side:
                    yield value
        elif isinstance(each, ast.Call) and called(each) == "dict":
            yield from (part.value for part in each.keywords if part.arg == side)


def _is_changed_row(function: ast.AST, side: str) -> bool:
    """Return whether the side is set in a row that has it already, so that its sibling stays what it was."""
    for each in everything(function):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    if isinstance(target.slice, ast.Constant) and target.slice.value == side:
                        return any(
                            isinstance(part, ast.Subscript)
                            and isinstance(part.ctx, ast.Load)
                            and isinstance(part.slice, ast.Constant)
                            and part.slice.value == side
                            and isinstance(part.value, ast.Name)
                            and part.value.id == target.value.id
                            for part in everything(function)
                        )
    return False


def _is_rendered(module: Module, value: ast.expr) -> bool:
    return any(_renders(module, call) for end in origins(module, value) for call in calls_in(end.node))


def _renders(module: Module, call: ast.Call) -> bool:
    return called(call) == "apply_chat_template" or any(
        called(inner) == "apply_chat_template"
        for function in functions_called(module, call)
        for inner in calls_in(function)
    )


def _may_be_rendered(module: Module, value: ast.expr) -> bool:
    """Return whether a value is rendered, or comes from a function that is not known."""
    if _is_rendered(module, value):
        return True
    for end in origins(module, value):
        for call in calls_in(end.node):
            if called(call) not in (
                "get",
                "strip",
                "format",
                "join",
                "str",
                "dict",
                "list",
                "rstrip",
                "lstrip",
            ):
                return True
        if end.binding is not None and end.binding.kind in ("unpack", "loop", "with"):
            return True
    return False
