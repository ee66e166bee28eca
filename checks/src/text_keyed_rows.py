"""Rows that are kept in a dictionary under their question's text, where texts repeat.

## What it finds

A dictionary that is filled in a loop or comprehension over rows with `row["question"]` (or `prompt`,
`instruction`, `problem`, ...) as the key and something of the same row as the value, with no test for a key
that is there already. The row may be the loop's own variable, made from it (`row = json.loads(line)`), or looked up
by it (`rows[i]`). `dict(zip(table["question"], ...))` and `table.set_index("question")["answer"].to_dict()` are the
same.

## Why it matters

Public question sets repeat texts with other options and another answer: ARC-Challenge does. The last row
wins, the first is scored against its answer, and there are fewer rows than the log says.

## Example

    gold = {q["question"]: q["answer"] for q in questions}
    correct = sum(gold[q["question"]] == predict(q) for q in questions)

## What to do

Key by an id, or by text and options together:

    gold = {(q["question"], tuple(q["choices"])): q["answer"] for q in questions}

and raise when a key is there already.

## Limits

A key that was renamed (`text_key = ...` in another function) is not followed. Rows whose texts all stand in the
same file without a repetition are left alone, also where they are collected in loops first, and so are counts,
groups (`setdefault`, `append`), caches of what depends on the text alone, and dictionaries that the same function
looks up by a number.

## References

* `near-duplicate-question` and `duplicate-rows`, which look for the same in a dataset.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from checks.core.registry import check
from checks.src.distinct import are_distinct
from checks.src.flow import LIMIT, origins
from checks.src.hit import Hit
from checks.src.keyed_tables import is_column, keyed_tables
from checks.src.module import Module, children
from checks.src.scope import everything, function_of, qualified, reaching
from checks.src.shapes import called, calls_in, kind_of, names_in, same

_TEXTS = frozenset(
    (
        "question",
        "question_text",
        "prompt",
        "user_prompt",
        "instruction",
        "query",
        "problem",
        "problem_text",
        "question_stem",
        "goal",
    )
)


@check(
    code="SRC008",
    name="text-keyed-rows",
    severity="warning",
    since="0.1.0",
    words=(("question", "prompt", "query", "instruction", "problem", "goal"), ("for ", "dict(")),
)
def text_keyed_rows(module: Module) -> Iterator[Hit]:
    """Yield each dictionary that keeps rows under a text of theirs."""
    for made in module.all(ast.DictComp):
        row = _row_of(module, made.key)
        loops = {name for generator in made.generators for name in _names(generator.target)}
        if row in loops and _depends(module, made.value, made.key, loops):
            if not _is_compared(module, made) and not _is_numbered(module, made):
                if not are_distinct(module, made.generators[-1].iter, _field(made.key)):
                    yield _hit(module, made.key)
    for call in module.calls(("dict",)):
        key = _zipped(module, call)
        if key is not None and not _is_compared(module, call):
            yield _hit(module, key)
    for _, key in keyed_tables(module, _TEXTS):
        yield _hit(module, key)
    for kept in module.all(ast.Subscript):
        statement = module.parent(kept)
        if not isinstance(kept.ctx, ast.Store) or not isinstance(statement, ast.Assign):
            continue
        around = [each for each in module.ancestors(kept) if isinstance(each, (ast.For, ast.AsyncFor))]
        loops = {name for each in around for name in _names(each.target)}
        row = _row_of(module, kept.slice) if around else None
        if row in loops | _made_in(module, around, loops) and _depends(
            module, statement.value, kept.slice, loops | {row or ""}
        ):
            if are_distinct(module, around[0].iter, _field(kept.slice)):
                continue
            if not _is_tested(module, kept) and not _is_row_itself(kept, loops):
                yield _hit(module, kept.slice)


def _made_in(module: Module, around: list[ast.For | ast.AsyncFor], loops: set[str]) -> set[str]:
    """Return the names that are made anew in each round from what the loop gives."""
    if not around:
        return set()
    memo = cast("dict[ast.AST, set[str]]", module.memo.setdefault("made in loops", {}))
    loop = around[-1]
    if loop not in memo:
        known = set(loops)
        for each in everything(loop):
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                if any(part.id in known for part in names_in(each.value)):
                    known.add(each.targets[0].id)
        memo[loop] = known - loops
    return memo[loop]


def _zipped(module: Module, call: ast.Call) -> ast.expr | None:
    """Return the texts of `dict(zip(table["question"], table["answer"]))`, or of `dict((r["question"], r) for ...)`."""
    if called(call) != "dict" or len(call.args) != 1 or qualified(module, call.func) != "builtins.dict":
        return None
    pairs = call.args[0]
    if (
        isinstance(pairs, ast.Call)
        and qualified(module, pairs.func) == "builtins.zip"
        and len(pairs.args) > 1
    ):
        key = pairs.args[0]
        column = (
            isinstance(key, ast.Subscript)
            and isinstance(key.slice, ast.Constant)
            and key.slice.value in _TEXTS
        )
        return key if column else None
    if isinstance(pairs, (ast.GeneratorExp, ast.ListComp)) and isinstance(pairs.elt, ast.Tuple):
        if len(pairs.elt.elts) == 2:
            key, value = pairs.elt.elts
            loops = {name for each in pairs.generators for name in _names(each.target)}
            if _row_of(module, key) in loops and _depends(module, value, key, loops):
                return None if are_distinct(module, pairs.generators[-1].iter, _field(key)) else key
    return None


def _hit(module: Module, key: ast.expr) -> Hit:
    return Hit(
        key,
        f"rows are kept under `{module.source(key)}`, and of two rows with the same text only the last is left",
        "key by an id or by text and options together, and raise when a key is there already",
    )


def _names(target: ast.expr) -> set[str]:
    return {each.id for each in everything(target) if isinstance(each, ast.Name)}


def _field(node: ast.expr) -> tuple[str, str] | None:
    """Return (row, field) of `row["question"]`, `row.question` or `row.get("question")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        if node.func.attr in ("strip", "lower", "rstrip") and not node.args:
            return _field(node.func.value)
        if (
            node.func.attr == "get"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.func.value, ast.Name)
        ):
            return node.func.value.id, str(node.args[0].value)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        if isinstance(node.value, ast.Name):
            return node.value.id, str(node.slice.value)
        if isinstance(node.value, ast.Subscript) and isinstance(node.value.slice, ast.Name):
            return node.value.slice.id, str(node.slice.value)  # `rows[i]["question"]`
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return None


def _row_of(module: Module, key: ast.expr) -> str | None:
    """Return the name of the row whose text a key is."""
    if (
        isinstance(key, ast.Name)
        and (key.id in _TEXTS or _is_from_column(module, key))
        and _may_repeat(module, key)
    ):
        return key.id
    ends = origins(module, key, callers=False) if isinstance(key, ast.Name) else []
    for node in [key, *(each.node for each in ends if each.binding is None)]:
        found = _field(node)
        if found is not None and found[1] in _TEXTS:
            return found[0]
    return None


def _is_from_column(module: Module, key: ast.Name) -> bool:
    """Return whether a loop takes a name from a column of texts: `for q, a in zip(rows["question"], ...)`."""
    for binding in reaching(module, key):
        loop = binding.value
        if binding.kind != "loop" or not isinstance(loop, ast.Call) or called(loop) != "zip":
            return False
        if binding.index is None or binding.index >= len(loop.args):
            return False
        column = loop.args[binding.index]
        if not any(is_column(each.node, _TEXTS) for each in origins(module, column, callers=False)):
            return False
    return bool(reaching(module, key))


def _may_repeat(module: Module, key: ast.Name) -> bool:
    """Return whether a text comes out of a loop that may give it twice: over rows, not over a written list."""
    for binding in reaching(module, key):
        if binding.kind != "loop" or binding.value is None:
            return False
        paired = isinstance(binding.value, ast.Call) and called(binding.value) in ("zip", "enumerate")
        if not paired or _is_written_out(module, binding.value):
            return False  # `items()` and the like give each key once; of anything else nothing is known
    return True


def _is_written_out(module: Module, loop: ast.expr) -> bool:
    """Return whether a list that a loop pairs cannot repeat: written in the file, or made of distinct texts."""
    for argument in loop.args if isinstance(loop, ast.Call) else ():
        for end in origins(module, argument):
            if isinstance(end.node, (ast.List, ast.Tuple)):
                texts = [each.value for each in end.node.elts if isinstance(each, ast.Constant)]
                if len(texts) == len(end.node.elts) == len(set(texts)):
                    return True
            elif isinstance(end.node, ast.Dict) or any(
                called(call) in ("fromkeys", "set", "unique", "keys") for call in calls_in(end.node)
            ):
                return True
    return False


def _depends(module: Module, value: ast.expr, key: ast.expr, loops: set[str]) -> bool:
    """Return whether a value depends on more of the row than its text."""
    todo: list[ast.AST] = [value]
    seen: set[ast.AST] = set()
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, ast.expr) and (
            same(node, key) or (_field(node) is not None and _field(node) == _field(key))
        ):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if isinstance(key, ast.Name) and node.id == key.id:
                continue
            if node.id in loops:
                return True
            if _row_of(module, node) is None and len(seen) < LIMIT:
                todo += [end.node for end in origins(module, node, callers=False) if end.binding is None]
        todo.extend(children(node))
    return False


def _is_tested(module: Module, kept: ast.Subscript) -> bool:
    """Return whether the function asks if the key is there already, or compares lengths."""
    for each in everything(function_of(module, kept)):
        if isinstance(each, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in each.ops):
            if any(same(right, kept.value) for right in each.comparators):
                return True
        if isinstance(each, ast.Compare) and any(
            called(call) == "len" and call.args and same(call.args[0], kept.value) for call in calls_in(each)
        ):
            return True
    return False


def _is_row_itself(kept: ast.Subscript, loops: set[str]) -> bool:
    """Return whether the dictionary is the row: `row["x"] = ...` adds a field, it keeps no rows."""
    base = kept.value
    return isinstance(base, ast.Name) and base.id in loops


def _is_compared(module: Module, made: ast.expr) -> bool:
    """Return whether the length of the dictionary is compared with something."""
    statement = module.parent(made)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0]
    return any(
        isinstance(each, ast.Compare)
        and any(
            called(call) == "len"
            and call.args
            and isinstance(call.args[0], ast.Name)
            and call.args[0].id == name.id
            for call in calls_in(each)
        )
        for each in everything(function_of(module, made))
    )


def _is_numbered(module: Module, made: ast.DictComp) -> bool:
    """Return whether the dictionary is looked up by a number, so that its keys are places and no texts."""
    statement = module.parent(made)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    for each in everything(function_of(module, made)):
        asked: ast.expr | None = None
        if isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name) and each.value.id == name:
            asked = each.slice
        elif (
            isinstance(each, ast.Compare)
            and isinstance(each.ops[0], (ast.In, ast.NotIn))
            and isinstance(each.comparators[0], ast.Name)
            and each.comparators[0].id == name
        ):
            asked = each.left
        if asked is not None and not isinstance(asked, ast.Slice) and kind_of(module, asked) == "number":
            return True
    return False
