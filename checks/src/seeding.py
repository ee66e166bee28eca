"""Whether something that runs before a draw seeds the generator that draws."""

from __future__ import annotations

import ast
import re
from typing import cast

from checks.src.draws import Library
from checks.src.flow import Def, class_of, functions_called, references
from checks.src.module import Module
from checks.src.scope import function_of, lookup, position, qualified
from checks.src.shapes import called

_ALL: frozenset[Library] = frozenset(("random", "numpy", "torch"))
_SEEDS: dict[str, frozenset[Library]] = {
    "random.seed": frozenset(("random",)),
    "random.setstate": frozenset(("random",)),
    "numpy.random.seed": frozenset(("numpy",)),
    "numpy.random.set_state": frozenset(("numpy",)),
    "torch.manual_seed": frozenset(("torch",)),
    "torch.random.manual_seed": frozenset(("torch",)),
    "torch.set_rng_state": frozenset(("torch",)),
    "torch.cuda.manual_seed": frozenset(),
    "torch.cuda.manual_seed_all": frozenset(),
    "torch.mps.manual_seed": frozenset(),
    "tensorflow.random.set_seed": frozenset(),
    "jax.random.PRNGKey": frozenset(),
    "jax.random.key": frozenset(),
}
_SETTER = re.compile(
    r"^(?!.*(get|next|make|derive|hash|compute|spawn|list|parse|load|read|run|num|count))"
    r".*(seed|determinis|reproducib|random_state)",
    re.IGNORECASE,
)
"""What a function of another file that sets seeds is called: of those, nothing but their name is known."""


def is_seeded(module: Module, node: ast.AST, library: Library) -> bool:
    """Return whether a seed for a library's generator is set before a place is reached, on any way that leads there.

    Before it: in its function above it, or in one that leads there, above the call that does; or by the module's
    own statements. A cell of a notebook that could not be read and speaks of seeds is taken at its word.
    """
    if "seed" in module.unread.lower():
        return True
    todo: list[ast.AST] = [node]
    seen: set[ast.AST] = set()
    open_to_others = False
    while todo:
        place = todo.pop()
        around = function_of(module, place)
        here = position(place)
        if any(library in libraries and where < here for where, libraries in _events(module, around)):
            return True
        if around in seen or not isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        seen.add(around)
        callers = references(module, around)
        todo.extend(callers)
        inside = class_of(module, around)
        if inside is not None and around in inside.body:
            todo.extend(_uses_of_class(module, inside))
            for each in inside.body:
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == "__init__":
                    if library in _seeded_by(module, each):
                        return True
        open_to_others = open_to_others or not callers
    return open_to_others and _module_seeds(module, library, seen)


def _module_seeds(module: Module, library: Library, led_here: set[ast.AST]) -> bool:
    """Return whether the module's own statements seed, for another file that calls what they do not lead to."""
    memo = cast("list[tuple[frozenset[Library], list[Def]]] | None", module.memo.get("module seeding"))
    if memo is None:
        memo = []
        for call in module.all(ast.Call):
            if function_of(module, call) is module.tree:
                run = _run_by(module, call)
                found = _direct(module, call).union(*(_seeded_by(module, each) for each in run))
                if found:
                    memo.append((found, run))
        module.memo["module seeding"] = memo
    return any(library in libraries and not led_here.intersection(run) for libraries, run in memo)


def runs(module: Module, node: ast.AST) -> bool:
    """Return whether a place is run by the file itself, and not only where another file asks for it.

    What nothing leads to in a file that is run is a step of it that was taken out for today.
    """
    around = function_of(module, node)
    if around is module.tree or around in _running(module):
        return True
    if not module.is_script or not isinstance(module.parent(around), ast.Module):
        return False
    return isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)) and not references(module, around)


def _running(module: Module) -> set[ast.AST]:
    """Return the functions that the file's own statements lead to."""
    memo = cast("set[ast.AST] | None", module.memo.get("running"))
    if memo is not None:
        return memo
    found: set[ast.AST] = set()
    module.memo["running"] = found
    uses: dict[ast.AST, list[ast.AST]] = {}
    functions = [*module.all(ast.FunctionDef), *module.all(ast.AsyncFunctionDef)]
    todo: list[ast.AST] = []
    for function in functions:
        for use in references(module, function):
            uses.setdefault(function_of(module, use), []).append(function)
            if function_of(module, use) is module.tree and _is_run(module, use):
                todo.append(function)
        if any(_is_command(each) for each in function.decorator_list):
            todo.append(function)
    for each in module.all(ast.ClassDef):
        start = [part for part in each.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
        for use in _uses_of_class(module, each):
            uses.setdefault(function_of(module, use), []).extend(start)
            if function_of(module, use) is module.tree:
                todo.extend(start)
    for function in functions:  # what is defined in a function is mostly handed to something there
        uses.setdefault(module.parent(function) or module.tree, []).append(function)
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo.extend(uses.get(current, ()))
    return found


def _is_run(module: Module, use: ast.AST) -> bool:
    """Return whether a name at the top of a file is called there, or handed to something that is called."""
    around = module.parent(use)
    if isinstance(around, ast.Call) and around.func is use:
        return True
    statement = module.statement(use)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _is_command(decorator: ast.expr) -> bool:
    made = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
    return name in ("command", "main", "callback", "entrypoint", "local_entrypoint")


def _uses_of_class(module: Module, around: ast.ClassDef) -> list[ast.AST]:
    return [call for call in module.calls((around.name,)) if isinstance(call.func, ast.Name)]


def _events(module: Module, function: ast.AST) -> list[tuple[tuple[int, int], frozenset[Library]]]:
    """Return where something is seeded in a function, itself or by what it calls, and what."""
    memo = cast(
        "dict[ast.AST, list[tuple[tuple[int, int], frozenset[Library]]]] | None", module.memo.get("seeding")
    )
    if memo is None:
        memo = {}
        module.memo["seeding"] = memo
        for call in module.all(ast.Call):
            libraries = _direct(module, call)
            if libraries:
                memo.setdefault(function_of(module, call), []).append((position(call), libraries))
        for call in _calls_that_seed(module):
            found = frozenset[Library]().union(*(_seeded_by(module, each) for each in _run_by(module, call)))
            if found:
                memo.setdefault(function_of(module, call), []).append((position(call), found))
    return memo.get(function, [])


def _calls_that_seed(module: Module) -> list[ast.Call]:
    """Return the calls of functions of this file, where any of them seeds anything."""
    direct = cast("dict[ast.AST, object]", module.memo["seeding"])
    if not any(each is not module.tree for each in direct):
        return []
    return [call for call in module.all(ast.Call) if _run_by(module, call)]


def _run_by(module: Module, call: ast.Call) -> list[Def]:
    found = functions_called(module, call)
    if not found and isinstance(call.func, ast.Name):
        for each in lookup(module, call.func.id, call.func):
            if isinstance(each.node, ast.ClassDef):
                found += [
                    part
                    for part in each.node.body
                    if isinstance(part, ast.FunctionDef) and part.name in ("__init__", "__enter__")
                ]
    return found


def _seeded_by(module: Module, function: Def) -> frozenset[Library]:
    """Return what a function of this file seeds, itself or by what it calls."""
    memo = cast("dict[ast.AST, frozenset[Library]]", module.memo.setdefault("seeded by", {}))
    if function not in memo:
        graph = _graph(module)
        reached, todo = set[ast.AST](), [cast("ast.AST", function)]
        while todo:
            current = todo.pop()
            if current not in reached:
                reached.add(current)
                todo.extend(graph.get(current, ()))
        direct = _direct_by_function(module)
        memo[function] = frozenset[Library]().union(*(direct.get(each, frozenset()) for each in reached))
    return memo[function]


def _graph(module: Module) -> dict[ast.AST, list[Def]]:
    memo = cast("dict[ast.AST, list[Def]] | None", module.memo.get("call graph"))
    if memo is None:
        memo = {}
        for call in module.all(ast.Call):
            for each in _run_by(module, call):
                memo.setdefault(function_of(module, call), []).append(each)
        module.memo["call graph"] = memo
    return memo


def _direct_by_function(module: Module) -> dict[ast.AST, frozenset[Library]]:
    memo = cast("dict[ast.AST, frozenset[Library]] | None", module.memo.get("directly seeded"))
    if memo is None:
        memo = {}
        for call in module.all(ast.Call):
            libraries = _direct(module, call)
            if libraries:
                around = function_of(module, call)
                memo[around] = memo.get(around, frozenset()) | libraries
        module.memo["directly seeded"] = memo
    return memo


def _direct(module: Module, call: ast.Call) -> frozenset[Library]:
    """Return what a call seeds by itself; all where it is a function of another file that says it seeds."""
    given = [*call.args, *(each.value for each in call.keywords)]
    if given and all(isinstance(each, ast.Constant) and each.value is None for each in given):
        return frozenset()
    name = qualified(module, call.func)
    if name in _SEEDS:
        return _SEEDS[name] if given else frozenset()
    if not _SETTER.match(called(call)) or _run_by(module, call):
        return frozenset()
    if name is None:
        # A variable's own method seeds that variable; `self` may have inherited one that seeds all.
        base = call.func.value if isinstance(call.func, ast.Attribute) else None
        own = (
            isinstance(base, ast.Name)
            and base.id not in ("self", "cls")
            and called(call) in ("seed", "manual_seed")
        )
        return frozenset() if own else _ALL
    return _ALL if given or "determinis" in called(call) else frozenset()
