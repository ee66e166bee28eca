"""Tables that become dictionaries under a column of texts: a part of `text-keyed-rows`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from checks.src.flow import origins
from checks.src.module import Module
from checks.src.scope import everything, function_of
from checks.src.shapes import called, keyword

_LAST_WINS = frozenset(("dict", "d"))
"""Orients of `to_dict` in which the last of equal keys wins; `index` raises, and the others keep all rows."""
_UNIQUE = frozenset(("drop_duplicates", "duplicated", "is_unique", "has_duplicates", "nunique", "groupby"))
_STEPS = 12


def keyed_tables(module: Module, texts: Collection[str]) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield each call that makes a dictionary of a table under one of its texts, and that key.

    `table.set_index("question")["answer"].to_dict()`, `pd.Series(answers, index=table["question"]).to_dict()`,
    `dict(table[["question", "answer"]].values)`.

    Args:
        module: The file.
        texts: The columns whose texts repeat.
    """
    for call in module.calls(("to_dict", "dict")):
        key = None
        if called(call) == "to_dict" and isinstance(call.func, ast.Attribute) and _keeps_last(call):
            key = _index_of(module, call.func.value, texts)
        elif called(call) == "dict" and len(call.args) == 1:
            key = _first_of_two(call.args[0], texts)
        if key is not None and not _asks_for_repeats(module, call):
            yield call, key


def _keeps_last(call: ast.Call) -> bool:
    orient = call.args[0] if call.args else keyword(call, "orient")
    return orient is None or (isinstance(orient, ast.Constant) and orient.value in _LAST_WINS)


def _index_of(module: Module, node: ast.expr, texts: Collection[str]) -> ast.expr | None:
    """Return the column that a table or a column of it is indexed by, where that is one of texts."""
    todo: list[tuple[ast.expr, int]] = [(node, _STEPS)]
    while todo:
        current, left = todo.pop()
        if not left:
            continue
        if isinstance(current, ast.Call):
            name = called(current)
            if name == "set_index":
                key = current.args[0] if current.args else keyword(current, "keys")
                checked = keyword(current, "verify_integrity")
                if key is None or (isinstance(checked, ast.Constant) and checked.value is True):
                    return None
                return key if _is_text_column(module, key, texts) else None
            if name == "Series":
                index = keyword(current, "index")
                return index if index is not None and is_column(index, texts) else None
            if isinstance(current.func, ast.Attribute) and name not in _UNIQUE:
                todo.append((current.func.value, left - 1))
        elif isinstance(current, (ast.Attribute, ast.Subscript)):
            todo.append((current.value, left - 1))
        elif isinstance(current, ast.Name):
            ends = [each.node for each in origins(module, current, callers=False)]
            todo += [(each, left - 1) for each in ends if each is not current]
    return None


def _is_text_column(module: Module, key: ast.expr, texts: Collection[str]) -> bool:
    """Return whether a key is the name of one column of texts."""
    for end in origins(module, key, callers=False):
        node = end.node
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == 1:
            node = node.elts[0]
        if isinstance(node, ast.Constant) and node.value in texts:
            return True
    return False


def is_column(node: ast.expr, texts: Collection[str]) -> bool:
    """Return whether an expression is a column of texts: `table["question"]`, `table.question.values`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        node = node.func.value  # `.tolist()`, `.to_numpy()`
    if isinstance(node, ast.Attribute):
        if node.attr in texts:
            return True
        return node.attr in ("values", "array") and is_column(node.value, texts)
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and node.slice.value in texts
    )


def _first_of_two(node: ast.expr, texts: Collection[str]) -> ast.expr | None:
    """Return the first column of `table[["question", "answer"]].values` and its relatives."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in ("to_numpy", "tolist", "itertuples"):
            return None
        if node.func.attr == "itertuples" and not (node.args or node.keywords):
            return None  # its first field is the row's number
        node = node.func.value
    if isinstance(node, ast.Attribute) and node.attr == "values":
        node = node.value
    if (
        not isinstance(node, ast.Subscript)
        or not isinstance(node.slice, ast.List)
        or len(node.slice.elts) != 2
    ):
        return None
    first = node.slice.elts[0]
    return first if isinstance(first, ast.Constant) and first.value in texts else None


def _asks_for_repeats(module: Module, call: ast.Call) -> bool:
    """Return whether the function drops, groups or counts repeated rows anywhere."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in _UNIQUE
        for each in everything(function_of(module, call))
    )
