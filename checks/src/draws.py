"""Draws of data: what is shuffled, sampled or split, with whose randomness, and whether that has a seed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from checks.src.flow import constant, origins
from checks.src.module import Module
from checks.src.scope import qualified
from checks.src.shapes import called, keyword

Library = Literal["random", "numpy", "torch", "own"]
"""Whose global generator draws; `own` is a generator that the file makes, which no global seed reaches."""

_GLOBAL: dict[str, tuple[Library, bool]] = {
    "random.shuffle": ("random", True),
    "random.sample": ("random", False),
    "random.choice": ("random", False),
    "random.choices": ("random", False),
    "numpy.random.shuffle": ("numpy", True),
    "numpy.random.permutation": ("numpy", False),
    "numpy.random.choice": ("numpy", False),
    "torch.randperm": ("torch", False),
    "torch.utils.data.random_split": ("torch", False),
    "sklearn.model_selection.train_test_split": ("numpy", False),
    "sklearn.utils.shuffle": ("numpy", False),
    "sklearn.utils.resample": ("numpy", False),
}
"""Functions that draw with a global generator, and whether they do it in place."""
_METHODS = frozenset(("shuffle", "sample", "choice", "choices", "permutation", "permuted"))
_GENERATORS = frozenset(("random.Random", "numpy.random.default_rng", "numpy.random.RandomState"))
_WORDS = frozenset((*(name.rpartition(".")[2] for name in _GLOBAL), *_METHODS, "train_test_split"))
_DATASETS = re.compile(
    r"^datasets\.(load_dataset|load_from_disk|concatenate_datasets|Dataset|DatasetDict|IterableDataset)\b"
)
_TABLES = re.compile(r"^pandas\.(DataFrame|Series|read_\w+|concat|merge|json_normalize)\b")
_SEED_WORDS = ("seed", "random_state", "generator", "rng")


@dataclass(frozen=True)
class Draw:
    """One draw without a seed of its own."""

    call: ast.Call
    """The call."""
    library: Library
    """Whose generator it uses."""
    rows: ast.expr | None
    """What is drawn from."""
    in_place: bool
    """Whether what is drawn from is put into another order; otherwise the call's value is what was drawn."""
    of_data: bool
    """Whether it is drawn from a dataset or a table by what it is."""
    how: str
    """Why it has no seed, in words."""


def draws(module: Module) -> Iterator[Draw]:
    """Yield the draws of a file that are given no seed themselves."""
    words = _WORDS | {
        each.asname
        for each in module.all(ast.alias)
        if each.asname and each.name.rpartition(".")[2] in _WORDS
    }
    for call in module.calls(sorted(words)):
        found = _draw(module, call)
        if found is not None:
            yield found


def _draw(module: Module, call: ast.Call) -> Draw | None:
    name = qualified(module, call.func) or ""
    text = module.source(call.func) if name in _GLOBAL or isinstance(call.func, ast.Attribute) else ""
    if name in _GLOBAL:
        if any(_given(call, word) for word in _SEED_WORDS):
            return None
        library, in_place = _GLOBAL[name]
        of_data = name.startswith(("sklearn.", "torch.utils."))
        how = f"`{text}` uses the global generator of {library} and nothing here seeds it"
        if of_data:
            how = f"`{text}` is given no seed and nothing here seeds {library}"
        return Draw(call, library, call.args[0] if call.args else None, in_place, of_data, how)
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in (*_METHODS, "train_test_split"):
        return None
    if any(_given(call, word) for word in _SEED_WORDS):
        return None
    return _by_method(module, call, call.func, text)


def _by_method(module: Module, call: ast.Call, func: ast.Attribute, text: str) -> Draw | None:
    base = func.value
    for made in made_by(module, base):
        name = qualified(module, made.func) or ""
        if name in _GENERATORS and func.attr in _METHODS and _is_unseeded(made):
            how = f"`{module.source(base)}` is a generator that was made without a seed"
            first = call.args[0] if call.args else None
            return Draw(call, "own", first, func.attr == "shuffle", of_data=False, how=how)
        if _DATASETS.match(name) and (
            func.attr == "train_test_split" or (func.attr == "shuffle" and not call.args)
        ):
            if func.attr == "train_test_split" and _is_false(keyword(call, "shuffle")):
                return None
            how = f"`{text}` is given no seed"
            return Draw(call, "numpy", base, in_place=False, of_data=True, how=how)
        if _TABLES.match(name) and func.attr == "sample":
            how = f"`{text}` is given no random_state and nothing here seeds numpy"
            return Draw(call, "numpy", base, in_place=False, of_data=True, how=how)
    return None


def is_draw(module: Module, call: ast.Call) -> bool:
    """Return whether a call draws from its first argument, with or without a seed."""
    name = qualified(module, call.func) or ""
    if name in _GLOBAL:
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _METHODS:
        return False
    return any(
        (qualified(module, each.func) or "") in _GENERATORS for each in made_by(module, call.func.value)
    )


def made_by(module: Module, node: ast.expr, *, depth: int = 12) -> list[ast.Call]:
    """Return the calls that may have made an object, through its own methods, attributes and subscripts.

    `load_dataset("x")["train"].map(f)` was made by `load_dataset`.
    """
    found: list[ast.Call] = []
    todo, seen = [(node, depth)], set[ast.AST]()
    while todo and len(seen) < 60:
        current, left = todo.pop()
        if current in seen or not left:
            continue
        seen.add(current)
        if isinstance(current, (ast.Subscript, ast.Attribute)) and not isinstance(
            current.value, ast.Constant
        ):
            if isinstance(current.value, ast.Name) and current.value.id in ("self", "cls"):
                todo += [(end.node, left - 1) for end in origins(module, current) if end.node is not current]
            else:
                todo.append((current.value, left - 1))
        elif isinstance(current, ast.Call):
            found.append(current)
            if isinstance(current.func, ast.Attribute) and qualified(module, current.func) is None:
                todo.append((current.func.value, left - 1))
        elif isinstance(current, (ast.Name, ast.IfExp, ast.BoolOp, ast.NamedExpr)):
            for end in origins(module, current):
                if end.node is not current:
                    todo.append((end.node, left - 1))
                elif end.binding is not None and end.binding.kind == "with" and end.binding.value is not None:
                    todo.append((end.binding.value, left - 1))
    return found


def _given(call: ast.Call, word: str) -> bool:
    value = keyword(call, word)
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def _is_unseeded(made: ast.Call) -> bool:
    values = [*made.args, *(each.value for each in made.keywords)]
    return all(isinstance(each, ast.Constant) and each.value is None for each in values)


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def seed_of(module: Module, call: ast.Call) -> object:
    """Return the constant seed that a shuffle runs with, or None."""
    seed = keyword(call, "seed") or keyword(call, "random_state")
    if seed is not None:
        return constant(module, seed)
    if isinstance(call.func, ast.Attribute):
        ends = origins(module, call.func.value, callers=False)
        if len(ends) == 1 and isinstance(ends[0].node, ast.Call):
            made = ends[0].node
            if qualified(module, made.func) in _GENERATORS:
                first = made.args[0] if made.args else keyword(made, "seed") or keyword(made, "x")
                return constant(module, first) if first is not None else None
    return None


def is_shuffle(call: ast.Call) -> bool:
    """Return whether a call shuffles, by what it is called."""
    return called(call) == "shuffle"
