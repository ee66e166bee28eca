"""A slice that asks for more rows than there are, while the number asked for is what gets reported.

## What it finds

* `rows[:N]` where the length of `rows` is known in the file and is less than `N`;
* `rows[:n_rows]` where nothing compares `n_rows` with the length, and `n_rows` (not the length of what came
  out) is then printed, logged or written down as the count.

## Why it matters

A slice never fails: `correct[:600]` of 586 rows gives 586. The log, the manifest and the paper then say 600,
the arms are no longer matched in size, and the ratio that the experiment is about is another.

## Example

    n_correct = 2 * PER_BYSTANDER + NO_PERSONA + ANCHORS       # 600
    rows = [make(q) for q in correct[:n_correct]]              # there are 586
    print(f"200 wrong + {n_correct} correct")

## What to do

    if n_correct > len(correct):
        raise ValueError(f"{n_correct} rows wanted, {len(correct)} there")

and print `len(rows)`.

## Limits

Lengths that depend on a file's content are unknown here: the second form says that nothing checks, not that
the slice is short. Limits (`max_length`, `top_k`) are meant to cut and are left alone.

## References

* `count-mismatch`, which compares the counts that a manifest claims with the rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import constant, loads, origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import everything, function_of, lookup, position, qualified
from checks.src.shapes import called, calls_in, is_log, kind_of, same, short, uses

_COUNT = re.compile(
    r"^(n|num|total|count)(_|$)|_(n|num|count|total|examples|rows|samples|questions)$|^N(_[A-Z0-9_]+)?$|^NUM_",
    re.ASCII,
)
_LIMIT = re.compile(
    r"max|limit|top|cap$|budget|batch|chunk|length|width|dim|layer|token|head|show|preview|print|display|workers|gpu|beam|bits|bytes|chars|feature|channel|warmup|step|epoch|class|fold|bins?$",
    re.IGNORECASE,
)
_COMPLAINTS = frozenset(("warn", "warning", "warning_once", "error", "critical", "exception"))
_SHOWN = re.compile(
    r"first|up to|at most|top|max|truncat|preview|limit|showing|requested|want|need|ask|target|subset|only",
    re.IGNORECASE,
)


@check(
    code="SRC007",
    name="short-slice",
    severity="warning",
    since="0.1.0",
    words=((":",), ("[",), ("len(", "print", "log", "[:", "range(")),
)
def short_slice(module: Module) -> Iterator[Hit]:
    """Yield each slice that is shorter than asked for, or whose wanted size is reported unchecked."""
    if "[:" not in module.text and "[0:" not in module.text:
        return
    for cut in module.all(ast.Subscript):
        if not isinstance(cut.slice, ast.Slice) or not isinstance(cut.ctx, ast.Load):
            continue
        wanted, lower = cut.slice.upper, cut.slice.lower
        starts = lower is None or (isinstance(lower, ast.Constant) and lower.value == 0)
        if wanted is None or not starts or cut.slice.step is not None:
            continue
        yield from _knownshort(module, cut, wanted)
        if isinstance(wanted, (ast.Name, ast.Attribute)):
            yield from _reported(module, cut, wanted)


def _knownshort(module: Module, cut: ast.Subscript, wanted: ast.expr) -> Iterator[Hit]:
    if isinstance(wanted, ast.Constant):
        return  # a number that is typed in place is a limit more often than a count
    if isinstance(wanted, ast.Name) and _LIMIT.search(wanted.id):
        return  # a limit is meant to be more than there may be
    size = constant(module, wanted)
    length = _length(module, cut.value) if type(size) is int else None
    if length is not None and type(size) is int and size > length:
        yield Hit(
            cut,
            f"`{short(module.source(cut))}` asks for {size:,} of {length:,}:"
            " a slice gives what there is and says nothing",
            "check the length first, and report len() of the result",
        )


def _length(module: Module, node: ast.expr, *, depth: int = 6) -> int | None:
    """Return the length of a list that can have only one."""
    ends = origins(module, node, callers=False)
    if depth <= 0 or len(ends) != 1 or _changes(module, node):
        return None
    made = ends[0].node
    if (
        isinstance(made, ast.Call)
        and qualified(module, made.func) in ("builtins.list", "builtins.tuple", "builtins.sorted")
        and len(made.args) == 1
    ):
        return _length(module, made.args[0], depth=depth - 1)
    if (
        isinstance(made, ast.Call)
        and qualified(module, made.func) == "builtins.range"
        and len(made.args) == 1
    ):
        size = constant(module, made.args[0])
        if type(size) is int:
            return max(size, 0)
        inner = made.args[0]
        if isinstance(inner, ast.Call) and qualified(module, inner.func) == "builtins.len" and inner.args:
            return _length(module, inner.args[0], depth=depth - 1)
    if (
        isinstance(made, (ast.List, ast.Tuple))
        and made.elts
        and not any(isinstance(each, ast.Starred) for each in made.elts)
    ):
        return len(made.elts)
    if isinstance(made, ast.BinOp) and isinstance(made.op, ast.Mult) and isinstance(made.left, ast.List):
        times = constant(module, made.right)
        return len(made.left.elts) * times if type(times) is int else None
    return None


def _changes(module: Module, node: ast.expr) -> bool:
    """Return whether a list may be longer or shorter than where it was made: something is added to it or taken."""
    if not isinstance(node, ast.Name):
        return not isinstance(node, (ast.List, ast.Tuple, ast.Call))
    bound = lookup(module, node.id, node)
    if any(each.kind not in ("assign",) for each in bound):
        return True
    for binding in bound:
        for use in loads(module, binding):
            around = module.parent(use)
            if isinstance(around, ast.Attribute) and around.attr in (
                "append",
                "extend",
                "insert",
                "pop",
                "remove",
                "clear",
            ):
                return True
            if (
                isinstance(around, ast.Subscript)
                and isinstance(around.ctx, (ast.Store, ast.Del))
                and isinstance(around.slice, ast.Slice)
            ):
                return True
    return False


def _reported(module: Module, cut: ast.Subscript, wanted: ast.Name | ast.Attribute) -> Iterator[Hit]:
    name = wanted.id if isinstance(wanted, ast.Name) else wanted.attr
    if not _COUNT.search(name) or _LIMIT.search(name) or kind_of(module, cut.value) == "text":
        return
    function = function_of(module, cut)
    if _is_measured(module, wanted) or _is_checked(function, wanted):
        return
    report = _report(module, function, wanted, after=cut)
    if report is not None:
        yield Hit(
            cut,
            f"nothing checks that `{short(module.source(cut.value))}` has `{name}` rows,"
            f" and line {report.lineno} reports `{name}` as the count",
            f"raise where `{name}` is more than the length, and report len() of the result",
        )


def _is_measured(module: Module, wanted: ast.expr) -> bool:
    """Return whether the number itself comes from a length, so that the slice cannot be short of it."""
    for end in origins(module, wanted):
        if end.binding is not None and end.binding.kind in ("loop", "unpack"):
            return True
        if any(
            called(call) in ("len", "min", "sum", "count", "index", "size", "ceil", "floor")
            for call in calls_in(end.node)
        ):
            return True
        if any(isinstance(each, ast.Attribute) and each.attr == "shape" for each in everything(end.node)):
            return True
    return False


def _is_checked(function: ast.AST, wanted: ast.expr) -> bool:
    """Return whether the function compares the number with a length anywhere, or takes the smaller of the two."""
    for each in everything(function):
        if isinstance(each, ast.Compare) and uses(each, wanted):
            return True
        if (
            isinstance(each, ast.Call)
            and called(each) in ("min", "sample", "islice", "head")
            and uses(each, wanted)
        ):
            return True
    return False


def _report(module: Module, function: ast.AST, wanted: ast.expr, *, after: ast.AST) -> ast.Call | None:
    """Return the log line after the slice that gives the number as a count."""
    for call in sorted(calls_in(function), key=position):
        if position(call) < position(after) or not is_log(call) or called(call) in _COMPLAINTS:
            continue
        if any(uses(part, wanted) for part in calls_in(call) if called(part) == "len"):
            continue
        for argument in call.args:
            if any(
                isinstance(part, ast.FormattedValue) and same(part.value, wanted)
                for part in everything(argument)
            ) or (same(argument, wanted)):
                if not _SHOWN.search(module.source(call)):
                    return call
    return None
