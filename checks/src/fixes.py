"""Apply the mends that checks propose, so that the result still parses.

Edits are made in the text, not in a rewritten tree: everything that is not the defect keeps its bytes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from builders.errors import InputError
from checks.src.hit import Edit, Fix, Hit
from checks.src.module import Module, parse
from checks.src.scope import lookup


def mended(module: Module, hits: Iterable[Hit]) -> tuple[str, list[Hit]]:
    """Return the text of a file with the certain mends applied, and the hits whose mend was.

    A mend that overlaps one before it waits for the next round. A result that does not parse is thrown away.

    Args:
        module: The file.
        hits: What was found in it.
    """
    wanted = list(hits)
    text, done = _apply(module, wanted)
    if not done and len(wanted) > 1:  # one of them spoils the file: find the others
        for hit in wanted:
            text, done = _apply(module, [hit])
            if done:
                break
    return text, done


def _apply(module: Module, hits: list[Hit]) -> tuple[str, list[Hit]]:
    edits: list[Edit] = []
    imports: dict[str, Hit] = {}
    done: list[Hit] = []
    for hit in hits:
        if hit.fix is None or not _can_import(module, hit, hit.fix) or _overlaps(hit.fix.edits, edits):
            continue
        edits.extend(hit.fix.edits)
        done.append(hit)
        for name in hit.fix.imports:
            if not lookup(module, name, hit.node):
                imports.setdefault(name, hit)
    edits.extend(_import(module, name, hit) for name, hit in sorted(imports.items()))
    text = module.text
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    try:
        parse(module.path, text)
    except InputError:
        return module.text, []
    return text, done


def _overlaps(new: Iterable[Edit], old: list[Edit]) -> bool:
    return any(each.start <= other.end and other.start <= each.end for each in new for other in old)


def _can_import(module: Module, hit: Hit, fix: Fix) -> bool:
    """Return whether the names that a mend needs mean the modules there, or nothing yet."""
    return all(
        binding.kind == "import" and binding.qualified == name
        for name in fix.imports
        for binding in lookup(module, name, hit.node)
    )


def _import(module: Module, name: str, hit: Hit) -> Edit:
    """Return the insertion of an import: before the first import of the file, else before what needs it."""
    body = module.tree.body
    future = [each for each in body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    first = next(
        (each for each in body if isinstance(each, (ast.Import, ast.ImportFrom)) and each not in future), None
    )
    newline = "\r\n" if module.lines and module.lines[0].endswith("\r\n") else "\n"
    if first is not None and first.lineno <= hit.node.lineno:
        start = module.starts[first.lineno - 1]
        return Edit(start, start, f"import {name}{newline}")
    if not module.notebook:
        head = future[-1:] or ([body[0]] if _is_docstring(body[0]) else [])
        if head:
            end = module.starts[min(head[0].end_lineno or 1, len(module.starts) - 1)]
            lead = "" if module.text[:end].endswith(("\n", "\r")) else newline
            return Edit(end, end, f"{lead}{newline}import {name}{newline}")
    if module.notebook or _has_prelude(module):
        needs = next(each for each in body if (each.end_lineno or each.lineno) >= hit.node.lineno)
        decorated = getattr(needs, "decorator_list", None) or [needs]
        start = module.starts[min(each.lineno for each in decorated) - 1]
        return Edit(start, start, f"import {name}{newline}")
    return Edit(0, 0, f"import {name}{newline}")


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _has_prelude(module: Module) -> bool:
    """Return whether the file opens with a `#!` line or a coding comment, which have to stay first."""
    return module.text.startswith("#")
