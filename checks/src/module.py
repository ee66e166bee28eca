"""One parsed source file, with everything that a check may ask about its nodes.

The tree is Python's own (`ast`): it is exact, in C, and the time of a lint is mostly its parsing. The index
over it (parents, nodes by type) is built in one pass and only when a check asks for it, so that a file in
which no check has any interest costs one parse and a few substring searches.
"""

from __future__ import annotations

import ast
import bisect
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any, TypeVar, cast

from builders.errors import InputError
from checks.src.grammar import parsed, unread_because

Node = TypeVar("Node", bound=ast.AST)

LONGEST = 10_000_000
"""Characters from which a file is not read: a tree takes some hundred times the memory of its text."""

_TEST_FILE = re.compile(r"(^|[/\\])(test_[^/\\]*|[^/\\]*_test|conftest)\.py$")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.Module, ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS)

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
"""Anything that can be called and has parameters."""


@dataclass(frozen=True)
class Index:
    """What one pass over the tree collects."""

    parents: dict[ast.AST, ast.AST]
    """Every node's parent; the module has none."""
    by_type: dict[type[ast.AST], list[ast.AST]]
    """Nodes by their exact type, in the order of the source as far as the grammar has one."""


@dataclass
class Module:
    """A source file as the checks see it."""

    path: str
    """What reports call it."""
    text: str
    """Its decoded text; for a notebook, its code cells one after the other."""
    tree: ast.Module
    """Its syntax tree."""
    notebook: bool = False
    """Whether it is a notebook."""
    unread: str = ""
    """What of a notebook could not be read: it may do anything, so nothing is concluded from its absence."""
    memo: dict[str, object] = field(default_factory=dict[str, object])
    """Where the scope and flow models keep what they worked out about this file."""

    @cached_property
    def index(self) -> Index:
        """Parents and nodes by type, built on first use."""
        return _index(self.tree)

    @cached_property
    def is_script(self) -> bool:
        """Whether the file is run and not only imported: it has a `__main__` guard, or calls something by itself."""
        for statement in self.tree.body:
            if isinstance(statement, ast.If) and any(
                isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(statement.test)
            ):
                return True
            if isinstance(statement, (ast.For, ast.With)):
                return True
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                return True
        return self.notebook

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends, split where Python's tokenizer splits them."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def starts(self) -> list[int]:
        """Character offset of each line's first character."""
        return list(accumulate(map(len, self.lines), initial=0))

    def all(self, *types: type[Node]) -> Sequence[Node]:
        """Return the nodes of these exact types, type by type, in the order in which the tree has them."""
        by_type = cast("dict[type[Node], list[Node]]", self.index.by_type)
        if len(types) == 1:
            return by_type.get(types[0], ())
        return [node for each in types for node in by_type.get(each, ())]

    @cached_property
    def calls_by_name(self) -> dict[str, list[ast.Call]]:
        """The calls by the last part of what is called, in the order of the source; made once for all checks."""
        found: dict[str, list[ast.Call]] = {}
        for call in self.all(ast.Call):
            target = call.func
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            found.setdefault(name, []).append(call)
        return found

    def calls(self, names: Iterable[str]) -> Iterator[ast.Call]:
        """Yield the calls of what is called by one of these names, whatever it belongs to."""
        for name in names:
            yield from self.calls_by_name.get(name, ())

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around this one; None for the module."""
        return self.index.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around this one, innermost first."""
        parents = self.index.parents
        current = parents.get(node)
        while current is not None:
            yield current
            current = parents.get(current)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the innermost statement that holds the node (itself, if it is one)."""
        if isinstance(node, ast.stmt):
            return node
        return next((each for each in self.ancestors(node) if isinstance(each, ast.stmt)), None)

    def in_test(self, node: ast.AST) -> bool:
        """Return whether a node stands in what pytest or unittest collects, or in a fixture for it."""
        if _TEST_FILE.search(self.path):
            return True
        for around in self.ancestors(node):
            if isinstance(around, ast.ClassDef) and around.name.startswith("Test"):
                return True
            if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if around.name.startswith("test_") or any(map(_is_fixture, around.decorator_list)):
                    return True
        return False

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a position as `ast` gives it: line from 1, column in UTF-8 bytes."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if not text.isascii():
            column = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))
        return self.starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the character offsets of a node's first character and of the one after its last."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def source(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node as it stands in the file."""
        start, end = self.span(node)
        return self.text[start:end]

    def column(self, node: ast.expr | ast.stmt | ast.excepthandler) -> int:
        """Return a node's column, counted in characters from 1."""
        return self.offset(node.lineno, node.col_offset) - self.starts[node.lineno - 1] + 1

    def line_at(self, offset: int) -> int:
        """Return the line, counted from 1, that holds a character offset."""
        return bisect.bisect_right(self.starts, offset, hi=max(len(self.starts) - 1, 1))


def _is_fixture(decorator: ast.expr) -> bool:
    made = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")) == "fixture"


def parse(path: str, text: str) -> Module:
    """Parse a source text.

    Args:
        path: What reports call the file.
        text: Its decoded text.

    Raises:
        InputError: if it is in no grammar up to the newest that is known, or longer than anybody writes; it says where.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > LONGEST:
        raise InputError(
            f"unread: {len(text):,} characters, and nobody writes more than {LONGEST:,} in one file",
            where=f"{path}:1",
            help="leave it out with --exclude, or split it",
        )
    nul = text.find("\0")
    if nul >= 0:
        where = f"{path}:{text.count(chr(10), 0, nul) + 1}"
        raise InputError(
            "unread: the file holds a null byte, so it is no source text",
            where=where,
            help="check how it was written",
        )
    try:
        return Module(path, text, parsed(text))
    except SyntaxError as error:
        where = f"{path}:{error.lineno or 1}" + (f":{error.offset}" if error.offset else "")
        raise InputError(
            f"unread: {unread_because(error)}",
            where=where,
            help="mend the syntax, or leave it out with --exclude",
        ) from None
    except (RecursionError, MemoryError):
        raise InputError(
            "unread: too long, or nested too deeply, for Python's parser and this memory",
            where=f"{path}:1",
            help="leave it out with --exclude",
        ) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InputError(
            "unread: holds a lone surrogate", where=f"{path}:{line}", help="check how it was written"
        ) from None


def _child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of node that may hold nodes which the checks look at."""
    leaf = (ast.Constant, ast.MatchSingleton, ast.Name, ast.Global, ast.Nonlocal, ast.alias, ast.expr_context)
    if issubclass(kind, leaf):
        return ()
    if kind.__name__ == "TypeAlias":  # its name is a target, and no plain text as everywhere else
        return ("name", "value")
    return tuple(field for field in kind._fields if field not in _PLAIN_FIELDS)


_PLAIN_FIELDS = frozenset(
    (
        "ctx",
        "op",
        "ops",
        "attr",
        "name",
        "arg",
        "module",
        "level",
        "asname",
        "conversion",
        "simple",
        "is_async",
    )
) | {"type_comment", "type_ignores", "rest", "kwd_attrs", "str", "tag"}
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_BACKWARDS: dict[type[ast.AST], tuple[str, ...]] = {}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes under a node in the order of the source.

    Contexts and operators are left out; otherwise like `ast.iter_child_nodes`, and several times as quick.
    """
    found: list[ast.AST] = []
    kind = node.__class__
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = _child_fields(kind)
    for field_name in fields:
        value: object = getattr(node, field_name, None)
        if isinstance(value, list):
            found.extend(item for item in cast("list[ast.AST | None]", value) if item is not None)
        elif value is not None:
            found.append(cast("ast.AST", value))
    return found


def _index(tree: ast.Module) -> Index:
    """Collect parents and nodes by type, without recursion: depth is the author's to choose."""
    parents: dict[ast.AST, ast.AST] = {}
    by_type: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    stack: list[ast.AST] = [tree]
    while stack:  # `children`, written out: this loop runs once per node of a file
        node = stack.pop()
        kind = node.__class__
        by_type[kind].append(node)
        fields = _BACKWARDS.get(kind)
        if fields is None:
            fields = _BACKWARDS[kind] = tuple(reversed(_child_fields(kind)))
        for field_name in fields:
            value: Any = getattr(node, field_name, None)
            if value is None:
                continue
            if value.__class__ is list:
                for child in reversed(value):
                    if child is not None:
                        parents[child] = node
                        stack.append(child)
            else:
                parents[value] = node
                stack.append(value)
    return Index(parents, by_type)
