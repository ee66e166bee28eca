"""Whether the texts of some rows all stand in the file, and none of them twice: a part of `text-keyed-rows`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.src.flow import LIMIT, loads, origins
from checks.src.module import Module
from checks.src.scope import lookup, reaching
from checks.src.shapes import called

_READS = frozenset(("index", "count", "copy", "items", "keys", "values", "get", "sort", "reverse"))


def are_distinct(module: Module, rows: ast.expr, field: tuple[str, str] | None) -> bool:
    """Return whether every row's text is known from the file and no two are the same.

    Args:
        module: The file.
        rows: What is looped over.
        field: The row's name and the field with its text.
    """
    if field is None:
        return False
    found = _texts(module, rows, field[1])
    return found is not None and len(found) == len(set(found)) and bool(found)


def _texts(module: Module, rows: ast.expr, field: str) -> list[str] | None:
    """Return the texts of one field of all rows of a list; None where one of them is unknown."""
    ends = origins(module, rows, callers=False)
    if len(ends) != 1 or not isinstance(ends[0].node, (ast.List, ast.Tuple)):
        return None
    found: list[str] = []
    for row in (*ends[0].node.elts, *(_added(module, rows) or ())):
        texts = _of_row(module, row, field)
        if texts is None:
            return None
        found += texts
    return found if _added(module, rows) is not None else None


def _added(module: Module, rows: ast.expr) -> list[ast.expr] | None:
    """Return what is appended to a list; None where it is changed in another way, or may be elsewhere."""
    if not isinstance(rows, ast.Name):
        return []
    bound = lookup(module, rows.id, rows)
    if len(bound) != 1 or bound[0].kind != "assign":
        return None
    found: list[ast.expr] = []
    for use in loads(module, bound[0])[:LIMIT]:
        around = module.parent(use)
        if isinstance(around, ast.Attribute):
            call = module.parent(around)
            if isinstance(call, ast.Call) and called(call) == "append":
                found += call.args
            elif around.attr not in _READS:
                return None
        elif isinstance(around, ast.Call) and called(around) not in (
            "len",
            "print",
            "list",
            "sorted",
            "dump",
            "dumps",
        ):
            return None
    return found


def _of_row(module: Module, row: ast.expr, field: str) -> list[str] | None:
    """Return the texts that a row's field takes: of one row, or of a row that is made in each round of a loop."""
    if not isinstance(row, ast.Dict):
        return None
    for key, value in zip(row.keys, row.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == field:
            if isinstance(value, ast.Constant):
                return [str(value.value)]
            if isinstance(value, ast.Name):
                found = list(_looped(module, value))
                return None if None in found else [each for each in found if each is not None]
    return None


def _looped(module: Module, name: ast.Name) -> Iterator[str | None]:
    """Yield the texts of the written list that a loop's variable goes through; None for anything unknown."""
    for binding in reaching(module, name) or [None]:
        if binding is None or binding.kind != "loop" or binding.index is not None or binding.value is None:
            yield None
            continue
        for end in origins(module, binding.value, callers=False):
            if isinstance(end.node, (ast.List, ast.Tuple)):
                yield from (
                    each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else None
                    for each in end.node.elts
                )
            else:
                yield None
