"""Where the order of a set of texts decides: a part of `unstable-order`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.src.draws import is_draw
from checks.src.flow import LIMIT, loads, origins
from checks.src.hit import Hit
from checks.src.kept import is_kept
from checks.src.module import COMPREHENSIONS, Module
from checks.src.scope import lookup, qualified
from checks.src.seeding import runs
from checks.src.shapes import called, calls_in_block, kind_of

_ONE = "which of them is taken"
_SETS = frozenset(("builtins.set", "builtins.frozenset"))
_KEEP_ORDER = frozenset(("builtins.list", "builtins.tuple", "builtins.enumerate", "builtins.iter"))
_NUMBERS = re.compile(
    r"(^|_)(id|ids|idx|index|indices|num|number|count|len|length|size|year|n)$", re.IGNORECASE
)
_TEXTS = re.compile(
    r"(^|_)(text|name|names|topic|category|persona|question|prompt|word|title|language|lang|label|subject|domain|task)s?$",
    re.IGNORECASE,
)


def orders_of_sets(module: Module) -> Iterator[Hit]:
    """Yield each set of texts whose order decides what is drawn, what is cut off, or in which order rows are kept."""
    made: list[ast.expr] = [*module.all(ast.Set), *module.all(ast.SetComp)]
    made += [each for each in module.calls(("set", "frozenset")) if each.args]
    for each in made:
        decides = _decides(module, each)
        if isinstance(each, ast.Call) and decides and qualified(module, each.func) not in _SETS:
            continue
        texts = _holds_texts(module, each) if decides is not None else None
        if decides == _ONE and texts:
            texts = None  # often a set of one, whose order is no question
        if decides is not None and texts is not False:
            yield Hit(
                each,
                f"a set of texts has another order in every process, and it decides {decides}",
                "sort it: sorted(set(...))",
                confidence="certain" if texts else "likely",
            )


def _holds_texts(module: Module, node: ast.expr) -> bool | None:
    """Return whether the elements of a set are texts; None where that cannot be said."""
    kinds = {_element(module, each) for each in _elements(module, node)}
    if "text" in kinds:
        return True
    return False if kinds == {"number"} else None


def _elements(module: Module, node: ast.expr, *, depth: int = 5) -> Iterator[ast.expr]:
    if isinstance(node, (ast.SetComp, ast.ListComp, ast.GeneratorExp)):
        yield node.elt
    elif isinstance(node, (ast.Set, ast.List, ast.Tuple)):
        yield from (each.value if isinstance(each, ast.Starred) else each for each in node.elts)
    elif isinstance(node, ast.Dict):
        yield from (each for each in node.keys if each is not None)
    elif (
        isinstance(node, ast.Call)
        and node.args
        and (qualified(module, node.func) or "")
        in {
            *_SETS,
            *_KEEP_ORDER,
            "builtins.sorted",
            "builtins.reversed",
        }
    ):
        if isinstance(node.args[0], ast.Name):
            yield from _put_into(module, node.args[0])
        for end in origins(module, node.args[0]) if depth else ():
            yield from _elements(module, end.node, depth=depth - 1)
    elif isinstance(node, ast.Call) and (called(node) == "split" or _is_range(module, node)):
        yield node


def _put_into(module: Module, name: ast.Name) -> Iterator[ast.expr]:
    """Yield what is added to a list one by one."""
    for binding in lookup(module, name.id, name):
        for use in loads(module, binding)[:LIMIT]:
            around = module.parent(use)
            call = module.parent(around) if isinstance(around, ast.Attribute) else None
            if isinstance(call, ast.Call) and around is call.func and called(call) in ("append", "add"):
                yield from call.args


def _element(module: Module, node: ast.expr) -> str:
    kind = kind_of(module, node)
    if kind != "unknown":
        return kind
    if isinstance(node, ast.Call) and _is_range(module, node):
        return "number"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("split", "strip", "lower", "upper", "title", "casefold", "rstrip", "lstrip"):
            return "text"
    word = ""
    for end in origins(module, node, callers=False):
        if isinstance(end.node, ast.Name) and end.binding is not None and end.binding.kind == "loop":
            found = {_element_of(each) for each in _elements_looped(module, end.binding.value)}
            if found in ({"text"}, {"number"}):
                return found.pop()
        if isinstance(end.node, ast.Subscript) and isinstance(end.node.slice, ast.Constant):
            word = str(end.node.slice.value)
        elif isinstance(end.node, ast.Attribute):
            word = end.node.attr
    return "number" if _NUMBERS.search(word) else "text" if _TEXTS.search(word) else "unknown"


def _is_range(module: Module, call: ast.Call) -> bool:
    return qualified(module, call.func) == "builtins.range"


def _elements_looped(module: Module, node: ast.expr | None) -> Iterator[ast.expr]:
    for end in origins(module, node) if node is not None else ():
        yield from _elements(module, end.node)


def _element_of(node: ast.expr) -> str:
    return "text" if isinstance(node, ast.Constant) and isinstance(node.value, str) else "other"


def _decides(module: Module, node: ast.expr) -> str | None:
    """Return in words what the order of a set decides; None where it is sorted, or decides nothing."""
    todo: list[ast.expr] = [node]
    seen: set[ast.AST] = set()
    written: str | None = None
    while todo and len(seen) < LIMIT:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        around = module.parent(current)
        match around:
            case ast.Assign() | ast.AnnAssign() | ast.NamedExpr():
                targets = around.targets if isinstance(around, ast.Assign) else [around.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        todo += _uses(module, target)
            case ast.Call() if current in around.args:
                if is_draw(module, around):
                    return "what is drawn"
                if (qualified(module, around.func) or "") in _KEEP_ORDER:
                    todo.append(around)
            case ast.Subscript() if current is around.value and isinstance(around.ctx, ast.Load):
                if not _is_set(module, current) and isinstance(around.slice, (ast.Slice, ast.Constant)):
                    return "which of them are taken" if isinstance(around.slice, ast.Slice) else _ONE
            case ast.BinOp() | ast.IfExp() | ast.Starred() | ast.List():
                todo.append(around)
            case ast.comprehension() if current is around.iter:
                made = module.parent(around)
                if isinstance(made, (ast.ListComp, ast.GeneratorExp)) and made.generators[0] is around:
                    todo.append(made)
                    if _is_written(module, made):
                        written = "the order of the rows that are written"
            case ast.For() if current is around.iter and _writes_inside(module, around):
                written = "the order of the rows that are written"
            case _:
                pass
    return written


def _uses(module: Module, target: ast.Name) -> list[ast.expr]:
    return [
        use
        for binding in lookup(module, target.id, target)
        if binding.node is target
        for use in loads(module, binding)[:LIMIT]
    ]


def _is_set(module: Module, node: ast.expr) -> bool:
    return any(
        isinstance(end.node, (ast.Set, ast.SetComp))
        or (isinstance(end.node, ast.Call) and (qualified(module, end.node.func) or "") in _SETS)
        for end in origins(module, node, callers=False)
    )


def _is_written(module: Module, made: ast.expr) -> bool:
    """Return whether rows, one for each element, are written: whole rows, not a list of names beside other things."""
    element = made.elt if isinstance(made, (ast.ListComp, ast.GeneratorExp)) else None
    return isinstance(element, (ast.Dict, ast.Call)) and runs(module, made) and is_kept(module, made)


def _opens(call: ast.Call) -> bool:
    return called(call) in ("open", "write_text", "to_json", "to_csv", "to_parquet", "save_to_disk", "mkdir")


def _writes_inside(module: Module, loop: ast.For) -> bool:
    """Return whether a loop writes or collects a row in each round."""
    if not runs(module, loop) or any(_opens(call) for call in calls_in_block(loop.body)):
        return False  # a file for each has no order
    names = [each for each in ast.walk(loop.target) if isinstance(each, ast.Name)]
    for name in names:
        for use in _uses(module, name):
            for around in module.ancestors(use):
                if isinstance(around, (*COMPREHENSIONS, ast.stmt)):
                    break
                if isinstance(around, ast.Dict) and is_kept(module, around):
                    return True
    return False
