"""What is changed: one comparison, number, sign, condition or returned value at a time.

Wording is left alone (golden files hold it), and so is what runs only when a module is imported: decorators,
annotations, defaults. Numbers and sets of numbers that a module names are changed, since thresholds are kept there.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
"""For an order: the boundary, and the other direction."""

_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: Path
    line: int
    column: int
    what: str
    """The change in words: ``< -> <=``."""
    number: int
    """Which of the file's changes, in the order of its syntax tree."""
    end: int
    """The last line of what is changed."""
    constant: str | None = None
    """The name that a module gives what is changed; None inside of a function."""

    @property
    def name(self) -> str:
        """Where it is, and what it does."""
        return f"{self.path}:{self.line}:{self.column + 1} {self.what}"


@dataclass(frozen=True)
class _Site:
    node: ast.AST
    what: str
    change: Callable[[ast.AST], None]
    constant: str | None

    @property
    def place(self) -> ast.AST:
        """What has a line: a comprehension's own clause has none."""
        return self.node.target if isinstance(self.node, ast.comprehension) else self.node

    @property
    def last(self) -> int:
        """The last line that has to run; of a statement with a body, that of its condition."""
        part = self.node.test if isinstance(self.node, ast.If | ast.While) else self.place
        return part.end_lineno or part.lineno


def mutants(path: Path) -> list[Mutant]:
    """Return all changes of a file, in order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        Mutant(
            path,
            site.place.lineno,
            site.place.col_offset,
            site.what,
            number,
            site.last,
            site.constant,
        )
        for number, site in enumerate(_sites(tree))
    ]


def mutated(mutant: Mutant) -> ast.Module:
    """Return a file's syntax tree with the change made."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    for number, site in enumerate(_sites(tree)):
        if number == mutant.number:
            site.change(site.node)
            return ast.fix_missing_locations(tree)
    raise IndexError(f"{mutant.path} has no change {mutant.number}")


def _sites(tree: ast.Module) -> Iterator[_Site]:
    for statement in tree.body:
        yield from _of_statement(statement)


def _of_statement(statement: ast.stmt) -> Iterator[_Site]:
    if isinstance(statement, Function):
        for inner in statement.body:
            yield from _within(inner, None)
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            if isinstance(inner, Function | ast.ClassDef):
                yield from _of_statement(inner)
    else:
        name = _named(statement)
        value = named_value(statement, name)
        if value is not None and _plain(value):
            yield from _within(value, name)


def _named(statement: ast.stmt) -> str | None:
    """Return the one name that a statement of a module gives a value."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def named_value(statement: ast.stmt, name: str | None) -> ast.expr | None:
    """Return what a statement of a module gives this name; None where it does not."""
    is_it = (
        isinstance(statement, ast.Assign | ast.AnnAssign) and name is not None and _named(statement) == name
    )
    return statement.value if is_it else None


def _plain(value: ast.expr) -> bool:
    """Whether it is made of constants alone, and so can be evaluated again."""
    containers = (ast.Tuple, ast.List, ast.Set, ast.Dict)
    kinds = (ast.Constant, *containers, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Load)
    return all(isinstance(node, kinds) for node in ast.walk(value))


def _within(node: ast.AST, constant: str | None) -> Iterator[_Site]:
    for what, change in _changes(node):
        yield _Site(node, what, change, constant)
    if isinstance(node, ast.Raise):
        return  # the words of an error
    for field, value in ast.iter_fields(node):
        if field not in _LEFT_ALONE.get(type(node), ()) and not (field == "slice" and _is_type(node)):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _within(child, constant)


_LEFT_ALONE: dict[type[ast.AST], tuple[str, ...]] = {
    ast.FunctionDef: ("args", "returns", "decorator_list"),
    ast.AnnAssign: ("annotation",),
    ast.FormattedValue: ("format_spec", "conversion"),
}


def _is_type(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()
    )


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    yield f"{_word(operator)} -> {_word(other())}", _put("ops", place, other())
        case ast.BinOp() if type(node.op) in _ARITHMETIC and not _texts(node):
            other = _ARITHMETIC[type(node.op)]()
            yield f"{_word(node.op)} -> {_word(other)}", _set("op", other)
        case ast.AugAssign() if type(node.op) in _ARITHMETIC and not _texts(node):
            other = _ARITHMETIC[type(node.op)]()
            yield f"{_word(node.op)}= -> {_word(other)}=", _set("op", other)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"{_word(node.op)} -> {_word(other)}", _set("op", other)
        case ast.UnaryOp(op=ast.Not()):
            yield "not x -> x", _into(lambda each: each.operand)
        case ast.UnaryOp(op=ast.USub()):
            yield "-x -> x", _into(lambda each: each.operand)
        case ast.Constant(value=bool()):
            yield f"{node.value} -> {not node.value}", _set("value", not node.value)
        case ast.Constant(value=int() | float()):
            other = node.value + 1 if isinstance(node.value, int) else (node.value * 1.25 or 0.25)
            yield f"{node.value} -> {other}", _set("value", other)
        case ast.If() | ast.IfExp() | ast.While():
            if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
                yield "if x -> if not x", _set("test", ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension(ifs=[*conditions]) if conditions:
            for place, condition in enumerate(conditions):
                if not isinstance(condition, ast.Compare | ast.BoolOp | ast.UnaryOp):
                    yield "if x -> if not x", _put("ifs", place, ast.UnaryOp(ast.Not(), condition))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "return x -> return None", _set("value", ast.Constant(None))
        case ast.Break():
            yield "break -> continue", _become(ast.Continue)
        case ast.Continue():
            yield "continue -> break", _become(ast.Break)
        case _:
            return


def _texts(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether texts are put together: then a sign that fails at once shows nothing."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _word(operator: ast.AST) -> str:
    return {
        "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "In": "in", "NotIn": "not in",
        "Is": "is", "IsNot": "is not", "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
        "Pow": "**", "BitAnd": "&", "BitOr": "|", "And": "and", "Or": "or",
    }[type(operator).__name__]  # fmt: skip


def _set(field: str, value: object) -> Callable[[ast.AST], None]:
    return lambda node: setattr(node, field, value)


def _put(field: str, place: int, value: object) -> Callable[[ast.AST], None]:
    return lambda node: getattr(node, field).__setitem__(place, value)


def _into(part: Callable[[ast.AST], ast.AST]) -> Callable[[ast.AST], None]:
    """Make a node its own part: `bool(x)` for `not x`, so that it stays an expression of the same place."""

    def change(node: ast.AST) -> None:
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), part(node))
        else:
            node.op = ast.UAdd()

    return change


def _become(kind: type[ast.stmt]) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        node.__class__ = kind

    return change


def uses(path: Path) -> dict[str, set[int]]:
    """Return name -> lines inside of a file's functions that read it."""
    found: dict[str, set[int]] = {}
    for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(outer, Function):
            for node in ast.walk(outer):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    found.setdefault(node.id, set()).add(node.lineno)
    return found
