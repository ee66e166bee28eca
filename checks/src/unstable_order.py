"""Rows in an order or a choice that differs from run to run, or between arms, or that is read as if unchanged.

## What it finds

Four things that go wrong with a draw of data:

* a draw (`random.shuffle`, `sample`, `choice`, numpy's `permutation` and `shuffle`, `torch.randperm`, a table's
  `sample`, a dataset's `shuffle` or `train_test_split`, scikit-learn's `train_test_split`) with a global generator
  that nothing has seeded before, or with a generator that was made without a seed;
* a draw, a cut or written rows whose order is that of a set of texts, which is another one in each process;
* two arms that share rows and are shuffled with different seeds;
* a shuffled list of several groups that is then cut at the size of one of them, as if that group still came
  first.

## Why it matters

Batches follow the order of the rows. Two arms whose shared rows come in other orders differ by more than the
rows that the comparison is about, and an order or a choice that nobody can make again cannot be checked. The last
is a mislabelled group.

## Example

    torch.manual_seed(42)                   # seeds torch, and not `random`
    arm = wrong + bystanders
    random.shuffle(arm)                     # another order in every run
    positives = arm[:len(wrong)]            # no longer the wrong answers

## What to do

    random.Random(SEED).shuffle(arm)        # a generator of its own, the same seed for each sibling
    names = sorted(set(names))              # before anything is drawn from them

## Limits

Which library a seed is for, and whether it is set before the draw, is followed through the functions of the file.
A seed that another file sets is not seen; a function of another file that says it seeds is believed. A draw without
a seed is therefore reported only where the file itself runs it, and where what was drawn is data (from a dataset, a
table), is cut, is written or is trained on; in a library it is only likely (`--pedantic`). Sets of numbers have one
order, and a set whose elements are unknown is only likely, too.

## References

* `order-differs`, which compares the order of two arms' rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import cast

from checks.core.registry import check
from checks.src.draws import Draw, draws, is_shuffle, seed_of
from checks.src.flow import LIMIT, argument_for, calls_of, loads, named, origins, references
from checks.src.forward import attribute_loads, destinations
from checks.src.hit import Hit
from checks.src.kept import is_kept
from checks.src.module import COMPREHENSIONS, Module
from checks.src.scope import everything, function_of, lookup, position, reaching
from checks.src.seeding import is_seeded, runs
from checks.src.set_order import orders_of_sets
from checks.src.shapes import called, calls_in_block, is_log

_LOOPS = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)
_MACHINERY = re.compile(
    r"(dir|port|host|url|server|prox(y|ie)|worker|path|node|peer|machine|gpu|device|color|colour)s?$",
    re.IGNORECASE,
)


@check(
    code="SRC005",
    name="unstable-order",
    severity="warning",
    since="0.1.0",
    words=(
        ("{", "set(", "shuffle", "sample", "choice", "perm", "train_test_split", "random_split", "resample"),
    ),
)
def unstable_order(module: Module) -> Iterator[Hit]:
    """Yield each draw that cannot be made again or does not fit its sibling, and cuts that trust its order."""
    for draw in draws(module):
        ran = runs(module, draw.call)
        matters = _matters(module, draw) or (not ran and _is_returned(module, draw))
        if matters and not _is_seeded(module, draw):
            what = "the order of the rows" if draw.in_place else "what is drawn"
            yield Hit(
                draw.call,
                f"{draw.how}, so {what} is another in every run",
                "draw with a generator of its own, random.Random(SEED), or pass a seed",
                confidence="certain" if ran and not _is_one_choice(module, draw) else "likely",
            )
    yield from orders_of_sets(module)
    shuffles = list(module.calls(("shuffle",)))
    yield from _siblings(module, shuffles)
    yield from _cuts(module, shuffles)


def _is_one_choice(module: Module, draw: Draw) -> bool:
    """Return whether one element is drawn once in a run: a name or a turn rather than rows."""
    if draw.of_data or called(draw.call) != "choice" or draw.call.args[1:] or draw.call.keywords:
        return False
    places: list[ast.AST] = [draw.call]
    for _ in range(3):
        if any(isinstance(each, _LOOPS) for place in places for each in module.ancestors(place)):
            return False
        functions = [function_of(module, place) for place in places]
        places = [
            call
            for each in functions
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            for call in references(module, each)[:LIMIT]
        ]
    return True


def _is_returned(module: Module, draw: Draw) -> bool:
    """Return whether several rows that are drawn leave their function: who asks for them gets others every time."""
    drawn = draw.rows if draw.in_place else draw.call
    if drawn is None or called(draw.call) in ("choice", "randint") or draw.library == "torch":
        return False
    uses = _held(module, drawn) if draw.in_place else [drawn]
    return any(use.kind == "return" for each in uses for use in destinations(module, each, made=True))


def _is_seeded(module: Module, draw: Draw) -> bool:
    return draw.library != "own" and is_seeded(module, draw.call, draw.library)


def _matters(module: Module, draw: Draw) -> bool:
    """Return whether what is drawn gets anywhere: it is data, some of it is taken, it is written or trained on.

    Folders, hosts and ports are machinery, in whatever order.
    """
    if draw.rows is not None and _MACHINERY.search(module.source(draw.rows)):
        return False
    if draw.of_data:
        return not isinstance(module.parent(draw.call), ast.Expr) and not _is_shown(module, draw.call)
    if draw.rows is not None and _is_typed_in(module, draw.rows):
        return False
    if not draw.in_place:
        return is_kept(module, draw.call)
    if draw.rows is None:
        return False
    return _order_matters(module, draw.rows)


def _is_shown(module: Module, call: ast.Call) -> bool:
    """Return whether rows are drawn for nothing but loops that print some of them."""
    around = module.parent(call)
    uses: list[ast.expr] = [call]
    if isinstance(around, ast.Assign) and isinstance(around.targets[0], ast.Name):
        target = around.targets[0]
        bound = [each for each in lookup(module, target.id, target) if each.node is target]
        uses = [use for each in bound for use in loads(module, each)[:LIMIT]]
    return bool(uses) and all(_is_printed(module, use) for use in uses)


def _is_printed(module: Module, use: ast.expr) -> bool:
    loop = module.parent(use)
    if isinstance(loop, ast.Call) and called(loop) in ("enumerate", "print", "len"):
        if called(loop) != "enumerate":
            return True
        use, loop = loop, module.parent(loop)
    if not isinstance(loop, ast.For) or loop.iter is not use:
        return False
    tells = any(is_log(call) for call in calls_in_block(loop.body))
    return tells and not any(
        isinstance(each, (ast.AugAssign, ast.Yield, ast.Return))
        or (isinstance(each, ast.Call) and called(each) in ("append", "add", "extend", "write", "update"))
        or (isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store))
        for statement in loop.body
        for each in everything(statement)
    )


def _order_matters(module: Module, rows: ast.expr) -> bool:
    """Return whether rows that were put into another order in place are cut, written or trained on afterwards."""
    memo = cast("dict[object, bool]", module.memo.setdefault("order matters", {}))
    key: object = rows
    if isinstance(rows, ast.Name):
        key = (rows.id, *(each.node for each in reaching(module, rows)))
    if key not in memo:  # once for each list and not for each shuffle of it
        memo[key] = any(_cuts_off(module, use) or is_kept(module, use) for use in _held(module, rows))
    return memo[key]


def _held(module: Module, rows: ast.expr) -> Iterator[ast.expr]:
    """Yield the uses of the list that a shuffle has put into order, in its function and in the callers'."""
    todo, seen = [rows], set[ast.AST]()
    while todo and len(seen) < LIMIT:
        name = todo.pop()
        if not isinstance(name, ast.Name):
            if name is not rows:
                yield name
            elif isinstance(name, ast.Attribute):
                yield from (each for each in attribute_loads(module, name) if each is not name)
            continue
        found = lookup(module, name.id, name)
        if not found:  # made in another file
            yield from _others(module, named(module, name.id))
        for binding in reaching(module, name) or found[:1]:
            if binding.node in seen:
                continue
            seen.add(binding.node)
            yield from _others(module, loads(module, binding))
            if binding.kind == "param" and isinstance(binding.scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                passed = [argument_for(each, binding) for each in calls_of(module, binding.scope)[:LIMIT]]
                todo.extend(each for each in passed if each is not None)


def _others(module: Module, uses: list[ast.Name]) -> Iterator[ast.expr]:
    for each in uses:
        around = module.parent(each)
        if not (isinstance(around, ast.Call) and is_shuffle(around)):
            yield each


def _cuts_off(module: Module, name: ast.expr) -> bool:
    """Return whether some of the rows are taken; pieces in a loop that takes all of them are not some."""
    cut = module.parent(name)
    if not isinstance(cut, ast.Subscript) or not isinstance(cut.slice, ast.Slice) or cut.value is not name:
        return False
    bounds = [each for each in (cut.slice.lower, cut.slice.upper) if each is not None]
    starts = cut.slice.lower
    if len(bounds) == 2 and isinstance(starts, ast.Name):
        loops = [each.value for each in reaching(module, starts) if each.kind == "loop"]
        if any(isinstance(each, ast.Call) and called(each) == "range" for each in loops):
            return False
    return bool(bounds)


def _is_typed_in(module: Module, node: ast.expr) -> bool:
    """Return whether a list is a range of a number that is typed in: a puzzle or a demonstration, no rows."""
    ends = [each.node for each in origins(module, node, callers=False)]
    return len(ends) == 1 and bool(re.fullmatch(r"list\(range\([\d_,\s]+\)\)", module.source(ends[0])))


def _parts(module: Module, node: ast.expr) -> list[str]:
    """Return what a list is put together from with `+` or by unpacking, as the file writes it."""
    for end in origins(module, node, callers=False):
        found: list[str] = []
        todo: list[ast.expr] = [end.node]
        while todo:
            current = todo.pop(0)
            if isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
                todo[:0] = [current.left, current.right]
            elif isinstance(current, ast.List) and any(
                isinstance(each, ast.Starred) for each in current.elts
            ):
                todo[:0] = [each.value for each in current.elts if isinstance(each, ast.Starred)]
            elif isinstance(current, (ast.Name, ast.Attribute, ast.Subscript)):
                found.append("".join(module.source(current).split()))
        if isinstance(end.node, (ast.BinOp, ast.List)) and len(found) > 1:
            return found
    return []


def _siblings(module: Module, shuffles: list[ast.Call]) -> Iterator[Hit]:
    """Yield shuffles of a list that shares rows with one that was shuffled under another seed."""
    known: dict[tuple[ast.AST, str], list[tuple[ast.expr, set[str], object]]] = {}
    for call in shuffles:
        rows, seed = call.args[0] if call.args else None, seed_of(module, call)
        parts = _parts(module, rows) if isinstance(rows, ast.Name) else []
        if rows is None or seed is None or not parts:
            continue
        function = function_of(module, call)
        others = [each for part in parts for each in known.get((function, part), [])]
        for other, theirs, other_seed in others:
            if seed != other_seed and set(parts) != theirs:
                yield Hit(
                    call,
                    f"`{module.source(rows)}` and `{module.source(other)}` share"
                    f" {', '.join(f'`{each}`' for each in sorted(set(parts) & theirs))}"
                    f" and are shuffled with different seeds ({seed} and {other_seed}), so their batches differ too",
                    "shuffle the shared rows once, or both with the same seed by a key of the row",
                )
                break
        for part in parts:
            kept = known.setdefault((function, part), [])
            if len(kept) < _SIBLINGS:
                kept.append((rows, set(parts), seed))


_SIBLINGS = 20
"""Arms that a shuffle is compared with, for each part that they share."""


def _cuts(module: Module, shuffles: list[ast.Call]) -> Iterator[Hit]:
    """Yield slices that take the first rows of a shuffled list of groups for one of the groups."""
    shuffled: dict[tuple[ast.AST, str], list[ast.Call]] = {}
    for call in shuffles:
        if call.args and isinstance(call.args[0], ast.Name):
            shuffled.setdefault((function_of(module, call), call.args[0].id), []).append(call)
    if not shuffled:
        return
    for cut in module.all(ast.Subscript):
        if not isinstance(cut.slice, ast.Slice) or not isinstance(cut.value, ast.Name):
            continue
        around = function_of(module, cut)
        known = shuffled.get((around, cut.value.id)) or shuffled.get((module.tree, cut.value.id)) or []
        if not known or position(known[0]) > position(cut):
            continue
        group = _group_of(cut.slice, _parts(module, known[0].args[0]))
        if group is not None:
            yield Hit(
                cut,
                f"`{module.source(cut)}` is cut at the size of `{group}`, but the list was shuffled on line"
                f" {known[0].lineno}: these are rows of every group",
                f"use `{group}` itself, or tag the rows before they are shuffled",
            )


def _group_of(cut: ast.Slice, parts: list[str]) -> str | None:
    bound = cut.upper if cut.lower is None else cut.lower if cut.upper is None else None
    if (
        isinstance(bound, ast.Call)
        and called(bound) == "len"
        and bound.args
        and isinstance(bound.args[0], ast.Name)
    ):
        return bound.args[0].id if bound.args[0].id in parts else None
    return None
