"""Rows in an order that differs from run to run, or between arms, or that is read as if it had not changed.

## What it finds

Three things that go wrong with a shuffle:

* a shuffle with the global generator, or with one that was made without a seed, where no seed is set in its
  function, in a function that calls it, or anywhere that those run;
* two arms that share rows and are shuffled with different seeds;
* a shuffled list of several groups that is then cut at the size of one of them, as if that group still came
  first.

## Why it matters

Batches follow the order of the rows. Two arms whose shared rows come in other orders differ by more than the
rows that the comparison is about, and an order nobody can make again cannot be checked. The third is a
mislabelled group.

## Example

    arm = wrong + bystanders
    random.shuffle(arm)                     # no seed: another order in every run
    positives = arm[:len(wrong)]            # no longer the wrong answers

## What to do

    random.Random(SEED).shuffle(arm)        # a generator of its own, the same seed for each sibling

## Limits

A seed that another file sets is not seen. A shuffle without a seed is therefore reported only in what is run
itself: notebooks, and files with a `__main__` guard or statements of their own that do something; and not in
methods of a class, which leave seeding to their caller.

## References

* `order-differs`, which compares the order of two arms' rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import cast

from checks.src.flow import LIMIT, argument_for, calls_of, class_of, constant, loads, origins
from checks.src.forward import destinations
from checks.src.module import Module
from checks.src.registry import Hit, source_check
from checks.src.scope import function_of, position, qualified, reaching
from checks.src.shapes import called, keyword, same

_GLOBAL = frozenset(("random.shuffle", "numpy.random.shuffle"))
_UNSEEDED = frozenset(("random.Random", "numpy.random.default_rng", "numpy.random.RandomState"))
_SEEDS = re.compile(
    r"(^|_)(seed|set_seed|manual_seed|seed_everything|fix_seed|init_seed)(s|_all|_everything)?$|seed",
    re.IGNORECASE,
)
_MACHINERY = re.compile(
    r"(dir|port|host|url|server|prox(y|ie)|worker|path|node|peer|machine|gpu|device|color|colour)s?$",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"^(dumps?|write_jsonl?|to_(json|csv|parquet|disk)|save(_to_disk|txt|z)?|writerows?|write_text|from_list|push_to_hub|save_\w*)$"
)
_TRAINS = re.compile(r"^(train|fit|finetune|fine_tune)(_|$)|Trainer$|^Dataset$|^DataLoader$")
_DATASETS = re.compile(r"^datasets\.(load_dataset|load_from_disk|Dataset\.from_|concatenate_datasets)")


@source_check(
    code="SRC005",
    name="unstable-order",
    severity="warning",
    since="0.1.0",
    words=(("shuffle",),),
)
def unstable_order(module: Module) -> Iterator[Hit]:
    """Yield each shuffle whose order cannot be made again or does not fit its sibling, and cuts that trust it."""
    shuffles = [call for call in module.all(ast.Call) if called(call) == "shuffle"]
    for call in shuffles if module.is_script else ():
        how = _unseeded(module, call)
        if (
            how
            and class_of(module, call) is None
            and _matters(module, call)
            and not _seed_reaches(module, call)
        ):
            yield Hit(
                call,
                f"{how}, so the order of the rows is another in every run",
                "shuffle with a generator of its own: random.Random(SEED).shuffle(rows)",
            )
    yield from _siblings(module, shuffles)
    yield from _cuts(module, shuffles)


def _unseeded(module: Module, call: ast.Call) -> str | None:
    """Return in words why a shuffle has no seed, or None where it has one or where that cannot be said."""
    name = qualified(module, call.func)
    if name in _GLOBAL and not (call.args and _is_typed_in(module, call.args[0])):
        return f"`{module.source(call.func)}` uses the global generator and nothing here seeds it"
    if not isinstance(call.func, ast.Attribute) or keyword(call, "seed") or keyword(call, "generator"):
        return None
    for end in origins(module, call.func.value):
        if isinstance(end.node, ast.Call) and end.binding is None:
            made = qualified(module, end.node.func) or ""
            if made in _UNSEEDED and not end.node.args and not end.node.keywords:
                return f"`{module.source(call.func.value)}` is a generator that was made without a seed"
            if _DATASETS.match(made) and not call.args and not call.keywords:
                return f"`{module.source(call.func)}` is given no seed"
    return None


def _matters(module: Module, call: ast.Call) -> bool:
    """Return whether the order gets anywhere: some of the rows are taken, or they are written or trained on.

    Folders, hosts and ports are machinery, in whatever order.
    """
    rows = _shuffled(call)
    if rows is not None and _MACHINERY.search(module.source(rows)):
        return False
    if rows is None or (
        isinstance(call.func, ast.Attribute) and call.func.attr == "shuffle" and not call.args
    ):
        return True
    held, all_known = _held(module, rows, call)
    if any(_cuts_off(module, use) or _is_kept(module, use) for use in held):
        return True
    return not all_known and bool(_calls(module, "writes", _writes))


def _calls(module: Module, what: str, wanted: Callable[[ast.Call], bool]) -> list[ast.Call]:
    """Return the calls of a file that are wanted, looked for once per file and not once per shuffle."""
    found = module.memo.get(f"unstable order: {what}")
    if found is None:
        found = [each for each in module.all(ast.Call) if wanted(each)]
        module.memo[f"unstable order: {what}"] = found
    return cast("list[ast.Call]", found)


def _seeds(call: ast.Call) -> bool:
    """Return whether a call sets a seed, by its name."""
    return bool(_SEEDS.search(called(call))) and bool(call.args or call.keywords)


def _held(module: Module, rows: ast.expr, call: ast.Call) -> tuple[list[ast.Name], bool]:
    """Return the uses of the list that a shuffle has put into order, in its function and in the callers'.

    The second value is whether these are all: not where it is no plain name, or one that another file fills.
    """
    found: list[ast.Name] = []
    all_known = True
    todo, seen = [rows], set[ast.AST]()
    while todo and len(seen) < LIMIT:
        name = todo.pop()
        bindings = reaching(module, name) if isinstance(name, ast.Name) else []
        all_known = all_known and bool(bindings)
        for binding in bindings:
            if binding.node in seen:
                continue
            seen.add(binding.node)
            found.extend(each for each in loads(module, binding) if module.parent(each) is not call)
            if binding.kind == "param" and isinstance(binding.scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
                callers = calls_of(module, binding.scope)
                all_known = all_known and bool(callers)
                passed = [argument_for(each, binding) for each in callers]
                todo.extend(each for each in passed if isinstance(each, (ast.Name, ast.Attribute)))
    return found, all_known


def _writes(call: ast.Call) -> bool:
    """Return whether a call keeps rows in their order, or trains on them."""
    return bool(_WRITES.match(called(call)) or _TRAINS.search(called(call)))


def _is_kept(module: Module, name: ast.Name) -> bool:
    """Return whether rows, or what is made of them one by one, are written or trained on."""
    todo: list[ast.expr] = [name]
    seen = set[ast.AST]()
    while todo and len(seen) < LIMIT:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        for use in destinations(module, current):
            made = use.node
            if not isinstance(made, ast.Call):
                continue
            if _writes(made) or use.keyword == "train_dataset":
                return True
            if called(made) in ("append", "extend") and isinstance(made.func, ast.Attribute):
                base = made.func.value
                for binding in reaching(module, base) if isinstance(base, ast.Name) else ():
                    todo.extend(loads(module, binding))
            elif use.kind == "argument":
                todo.append(made)  # what a function makes of a row stands for the row
    return False


def _cuts_off(module: Module, name: ast.Name) -> bool:
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


def _seed_reaches(module: Module, call: ast.Call) -> bool:
    """Return whether something that runs with this shuffle sets a seed.

    What runs with it: its own function and the ones around it, their callers in this file, whatever those call,
    and the module's own statements.
    """
    around: list[ast.AST] = [
        each for each in module.ancestors(call) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    reached: set[ast.AST] = set()
    while around:  # up to all callers
        function = around.pop()
        if function in reached:
            continue
        reached.add(function)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            around.extend(function_of(module, each) for each in calls_of(module, function))
    reached.add(module.tree)
    for seeding in _calls(module, "seeds", _seeds):
        function = function_of(module, seeding)
        if function in reached or _runs_from(module, function, reached):
            return True
    return False


def _runs_from(module: Module, function: ast.AST, reached: set[ast.AST]) -> bool:
    """Return whether one of the reached functions calls this one, directly or not."""
    todo, seen = [function], set[ast.AST]()
    while todo:
        current = todo.pop()
        if current in seen or not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        seen.add(current)
        callers = [function_of(module, each) for each in calls_of(module, current)]
        if any(each in reached for each in callers):
            return True
        todo.extend(callers)
    return False


def _parts(module: Module, node: ast.expr) -> list[str]:
    """Return the names that a list is put together from with `+` or by unpacking."""
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
            elif isinstance(current, ast.Name):
                found.append(current.id)
        if isinstance(end.node, (ast.BinOp, ast.List)) and len(found) > 1:
            return found
    return []


def _seed_of(module: Module, call: ast.Call) -> object:
    """Return the constant seed that a shuffle runs with, or None."""
    seed = keyword(call, "seed")
    if seed is not None:
        return constant(module, seed)
    if isinstance(call.func, ast.Attribute):
        ends = origins(module, call.func.value, callers=False)
        if (
            len(ends) == 1
            and isinstance(ends[0].node, ast.Call)
            and qualified(module, ends[0].node.func) in _UNSEEDED
        ):
            made = ends[0].node
            first = made.args[0] if made.args else keyword(made, "seed") or keyword(made, "x")
            return constant(module, first) if first is not None else None
    return None


def _shuffled(call: ast.Call) -> ast.expr | None:
    return call.args[0] if call.args else None


def _siblings(module: Module, shuffles: list[ast.Call]) -> Iterator[Hit]:
    """Yield shuffles of a list that shares rows with one that was shuffled under another seed."""
    known: list[tuple[ast.expr, list[str], object, ast.AST]] = []
    for call in shuffles:
        rows, seed = _shuffled(call), _seed_of(module, call)
        parts = _parts(module, rows) if isinstance(rows, ast.Name) else []
        if rows is None or seed is None or not parts:
            continue
        function = function_of(module, call)
        for other, others, other_seed, where in known:
            shared = sorted(set(parts) & set(others))
            if where is function and shared and seed != other_seed and set(parts) != set(others):
                yield Hit(
                    call,
                    f"`{module.source(rows)}` and `{module.source(other)}` share"
                    f" {', '.join(f'`{each}`' for each in shared)}"
                    f" and are shuffled with different seeds ({seed} and {other_seed}), so their batches differ too",
                    "shuffle the shared rows once, or both with the same seed by a key of the row",
                )
                break
        known.append((rows, parts, seed, function))


def _cuts(module: Module, shuffles: list[ast.Call]) -> Iterator[Hit]:
    """Yield slices that take the first rows of a shuffled list of groups for one of the groups."""
    for call in shuffles:
        rows = _shuffled(call)
        if not isinstance(rows, ast.Name):
            continue
        parts = _parts(module, rows)
        function = function_of(module, call)
        for cut in module.all(ast.Subscript) if len(parts) > 1 else ():
            if (
                isinstance(cut.slice, ast.Slice)
                and same(cut.value, rows)
                and position(cut) > position(call)
                and (function is module.tree or function in module.ancestors(cut))
            ):
                group = _group_of(cut.slice, parts)
                if group is not None:
                    yield Hit(
                        cut,
                        f"`{module.source(cut)}` is cut at the size of `{group}`, but the list was shuffled on line"
                        f" {call.lineno}: these are rows of every group",
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
