"""Which system texts a template cannot tell apart, proved from its syntax tree.

A template that does nothing with a message's content but print it makes the same of every text: what it prints for one
says what it prints for all. This reads the tree once and follows where contents can go. What may be done with one:
print it, join it to other text, strip it, ask whether it is there and of which type, compare it with a text that is
written in the template, or look for such a text in it. Anything else, and any node that is not known here, is no proof.
Names are followed without regard to scopes or order, which can only find more places for a content to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import nodes

LONGEST: Final = 100_000
"""Characters of a text; beyond, the bounds on what a rendering may make could tell texts apart."""

_MOST_SOURCE: Final = 200_000
_MOST_ROUNDS: Final = 20
_TYPE_TESTS: Final = frozenset(
    {"defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "boolean"}
)
_STRIPS: Final = frozenset({"strip", "lstrip", "rstrip"})
_METHODS: Final = frozenset({*dir(dict), *dir(list)})
_UNFOLLOWED: Final = frozenset({"caller", "varargs", "kwargs", "self", "loop", "namespace", "lipsum"})
_PLACES: Final = frozenset({"index", "index0", "revindex", "revindex0", "length"})


@dataclass(frozen=True)
class Opaque:
    """What a text must not be, for a template to make of it what it makes of any other."""

    needles: frozenset[str] = frozenset()
    """Texts that the template looks for in contents."""
    words: frozenset[str] = frozenset()
    """Texts that it compares contents with."""

    @cached_property
    def _needle(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(re.escape, sorted(self.needles)))) if self.needles else None

    def covers(self, text: str) -> bool:
        """Return whether a text is one of those that make no difference."""
        if not text or len(text) > LONGEST or text[0].isspace() or text[-1].isspace() or text in self.words:
            return False
        return self._needle is None or self._needle.search(text) is None

    def without(self, *needles: str) -> Opaque:
        """Return the same for texts that hold none of these, either."""
        return Opaque(self.needles | frozenset(needles), self.words)


@lru_cache(maxsize=16)
def opaque(source: str) -> Opaque | None:
    """Return which contents a template cannot tell apart; None where that is not proved."""
    if len(source) > _MOST_SOURCE:
        return None
    from builders.templates.environment import parsed

    tree = parsed(source)
    if tree is None:
        return None
    reader = _Reader()
    try:
        return reader.read(tree)
    except (_NoProofError, RecursionError):
        return None


class _NoProofError(Exception):
    """A content goes where it is not followed."""


class _Kind(Enum):
    CLEAN = "the same whatever the contents are"
    HOLE = "a content itself, or clean"
    TEXT = "a text that a content may be part of"
    BOX = "messages, or one of them"
    PARTS = "a content split at a text that it does not hold"
    SPACE = "a namespace, whose attributes are followed by their names"


_CLEAN, _HOLE, _TEXT, _BOX, _PARTS, _SPACE = _Kind


def _join(one: _Kind, other: _Kind) -> _Kind:
    if one is other or other is _CLEAN:
        return one
    if one is _CLEAN:
        return other
    if {one, other} == {_HOLE, _TEXT}:
        return _TEXT
    raise _NoProofError


@dataclass
class _Reader:
    """Follows contents through a tree, until a round finds nothing new."""

    names: dict[str, _Kind] = field(default_factory=lambda: {"messages": _BOX})
    returns: dict[str, _Kind] = field(default_factory=dict[str, _Kind])
    macros: dict[str, nodes.Macro] = field(default_factory=dict[str, Any])
    needles: set[str] = field(default_factory=set[str])
    words: set[str] = field(default_factory=set[str])
    loops: _Kind = _CLEAN
    """What is looped over."""
    printed: _Kind = _CLEAN

    def read(self, tree: nodes.Template) -> Opaque:
        for _ in range(_MOST_ROUNDS):
            before = (dict(self.names), dict(self.returns), self.loops)
            self._body(tree.body)
            if before == (self.names, self.returns, self.loops):
                return Opaque(frozenset(self.needles), frozenset(self.words))
        raise _NoProofError

    # Statements ------------------------------------------------------------------------------------------------

    def _body(self, body: Sequence[nodes.Node]) -> None:
        for each in body:
            handler: Callable[[Any], None] | None = getattr(self, f"_do_{type(each).__name__.lower()}", None)
            if handler is None:
                raise _NoProofError
            handler(each)

    def _printing(self, body: Sequence[nodes.Node]) -> _Kind:
        """Return what some statements print."""
        before, self.printed = self.printed, _CLEAN
        self._body(body)
        found, self.printed = self.printed, before
        return found

    def _name(self, name: str, kind: _Kind) -> None:
        self.names[name] = _join(self.names.get(name, _CLEAN), kind)

    def _do_output(self, node: nodes.Output) -> None:
        for each in node.nodes:
            self.printed = _join(self.printed, self._text(self._of(each)))

    def _do_if(self, node: nodes.If) -> None:
        self._of(node.test)
        self._body([*node.body, *node.elif_, *node.else_])

    def _do_for(self, node: nodes.For) -> None:
        kind = self._of(node.iter)
        if kind not in (_CLEAN, _BOX) or node.recursive:
            raise _NoProofError
        self.loops = _join(self.loops, kind)
        self._assign(node.target, kind)
        if node.test is not None:
            self._of(node.test)
        self._body([*node.body, *node.else_])

    def _do_assign(self, node: nodes.Assign) -> None:
        self._assign(node.target, self._of(node.node))

    def _assign(self, target: nodes.Node, kind: _Kind) -> None:
        match type(target).__name__:
            case "Name":
                self._name(getattr(target, "name"), kind)  # noqa: B009 - jinja2's nodes have no static fields
            case "NSRef":
                self._name(f".{getattr(target, 'attr')}", kind)  # noqa: B009
            case "Tuple" if kind is _CLEAN:
                for each in getattr(target, "items"):  # noqa: B009
                    self._assign(each, _CLEAN)
            case _:
                raise _NoProofError

    def _do_assignblock(self, node: nodes.AssignBlock) -> None:
        kind = self._printing(node.body)
        if node.filter is not None and (kind is not _CLEAN or self._of(node.filter) is not _CLEAN):
            raise _NoProofError
        self._assign(node.target, kind)

    def _do_macro(self, node: nodes.Macro) -> None:
        self.macros[node.name] = node
        for each in node.args:
            self._name(each.name, _CLEAN)
        self._all_clean(node.defaults)
        self.returns[node.name] = _join(self.returns.get(node.name, _CLEAN), self._printing(node.body))

    def _do_callblock(self, node: nodes.CallBlock) -> None:
        """Follow `{% generation %}`, which prints its body."""
        if type(node.call.node).__name__ != "ExtensionAttribute" or node.args or node.call.args:
            raise _NoProofError
        self._body(node.body)

    def _do_exprstmt(self, node: nodes.ExprStmt) -> None:
        self._of(node.node)

    def _do_scope(self, node: nodes.Scope) -> None:
        self._body(node.body)

    def _do_break(self, node: nodes.Break) -> None:
        """A loop ends where it ends for any content: what decides it was followed."""

    def _do_continue(self, node: nodes.Continue) -> None:
        """Likewise."""

    # Expressions -----------------------------------------------------------------------------------------------

    def _of(self, node: nodes.Node) -> _Kind:
        handler: Callable[[Any], _Kind] | None = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if handler is not None:
            return handler(node)
        # Arithmetic, lists and the like: nothing that a content takes part in.
        if type(node).__name__ not in _PLAIN:
            raise _NoProofError
        self._all_clean(node.iter_child_nodes())
        return _CLEAN

    def _all_clean(self, found: Any) -> None:  # noqa: ANN401
        if any(self._of(each) is not _CLEAN for each in found):
            raise _NoProofError

    def _text(self, kind: _Kind) -> _Kind:
        """Return what a text is that something of a kind is printed into."""
        if kind not in (_CLEAN, _HOLE, _TEXT):
            raise _NoProofError
        return _CLEAN if kind is _CLEAN else _TEXT

    def _of_const(self, _: nodes.Const) -> _Kind:
        return _CLEAN

    def _of_templatedata(self, _: nodes.TemplateData) -> _Kind:
        return _CLEAN

    def _of_name(self, node: nodes.Name) -> _Kind:
        if node.name in _UNFOLLOWED or node.name in self.macros:
            raise _NoProofError
        return self.names.get(node.name, _CLEAN)

    def _of_getattr(self, node: nodes.Getattr) -> _Kind:
        if self._owner(node) == "loop":
            return self.loops if node.attr in ("previtem", "nextitem") else _CLEAN
        return self._inside(self._of(node.node), node.attr)

    def _owner(self, node: nodes.Getattr | nodes.Getitem) -> str | None:
        return getattr(node.node, "name", None) if type(node.node).__name__ == "Name" else None

    def _inside(self, kind: _Kind, key: str) -> _Kind:
        if kind is _CLEAN:
            return _CLEAN
        if kind is _SPACE:
            return self.names.get(f".{key}", _CLEAN)
        if kind is not _BOX or key in _METHODS:
            raise _NoProofError
        return _HOLE if key == "content" else _CLEAN

    def _of_getitem(self, node: nodes.Getitem) -> _Kind:
        kind, arg = self._of(node.node), node.arg
        what = type(arg).__name__
        value: Any = getattr(arg, "value", None) if what == "Const" else None
        if isinstance(value, str):
            return self._inside(kind, value)
        self._all_clean([arg] if what != "Slice" else arg.iter_child_nodes())
        if kind is _CLEAN:
            return _CLEAN
        place = what == "Slice" or isinstance(value, int) or self._counts(arg)
        if kind is _BOX and place:
            return _BOX
        if kind is _PARTS and _end_of_list(arg):
            return _HOLE
        raise _NoProofError

    def _counts(self, node: nodes.Node) -> bool:
        """Return whether an expression is a number for sure."""
        match type(node).__name__:
            case "Const":
                return isinstance(getattr(node, "value", None), int)
            case "Add" | "Sub" | "Neg":
                return any(self._counts(each) for each in node.iter_child_nodes())
            case "Getattr":
                owner = getattr(node, "node", None)
                return getattr(owner, "name", None) == "loop" and getattr(node, "attr", None) in _PLACES
            case _:
                return False

    def _of_call(self, node: nodes.Call) -> _Kind:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise _NoProofError
        target = type(node.node).__name__
        if target == "Name" and (name := getattr(node.node, "name", "")) in self.macros:
            return self._macro(self.macros[name], node)
        if target == "Name" and getattr(node.node, "name", "") == "namespace":
            self._all_clean(node.args)
            for each in node.kwargs:
                self._name(f".{each.key}", self._of(each.value))
            return _SPACE
        self._all_clean([*node.args, *(each.value for each in node.kwargs)])
        if target == "Getattr":
            called: Any = node.node
            kind = _CLEAN if self._owner(called) == "loop" else self._of(called.node)
            return self._method(kind, called.attr, node)
        self._all_clean([node.node])
        return _CLEAN

    def _macro(self, macro: nodes.Macro, node: nodes.Call) -> _Kind:
        names = [each.name for each in macro.args]
        if len(node.args) > len(names):
            raise _NoProofError
        for name, each in [*zip(names, node.args, strict=False), *((k.key, k.value) for k in node.kwargs)]:
            if name not in names:
                raise _NoProofError
            self._name(name, self._of(each))
        return self.returns.get(macro.name, _CLEAN)

    def _method(self, kind: _Kind, name: str, node: nodes.Call) -> _Kind:
        """Return what a method with clean arguments makes of something."""
        given: list[Any] = [getattr(each, "value", None) for each in node.args]
        if kind is _CLEAN:
            return _CLEAN
        if kind is _BOX and name == "get" and given and isinstance(given[0], str):
            return self._inside(kind, given[0])
        if kind is _HOLE and not node.kwargs:
            if name in _STRIPS and (not given or (isinstance(given[0], str) and given[0].isspace())):
                return _HOLE
            if name in ("startswith", "endswith", "split") and len(given) == 1 and isinstance(given[0], str):
                self.needles.add(given[0])
                return _PARTS if name == "split" else _CLEAN
        raise _NoProofError

    def _of_filter(self, node: nodes.Filter) -> _Kind:
        kind = _CLEAN if node.node is None else self._of(node.node)
        self._all_clean([*node.args, *(each.value for each in node.kwargs)])
        if node.dyn_args is not None or node.dyn_kwargs is not None or node.name == "random":
            raise _NoProofError
        bare = not node.args and not node.kwargs
        if kind is _CLEAN or (kind is _BOX and node.name in ("length", "count") and bare):
            return _CLEAN
        if kind is _HOLE and ((node.name in ("trim", "string") and bare) or node.name in ("default", "d")):
            return _HOLE
        if kind is _BOX and node.name in ("list", "first", "last") and bare:
            return _BOX
        raise _NoProofError

    def _of_test(self, node: nodes.Test) -> _Kind:
        kind = self._of(node.node)
        self._all_clean([*node.args, *(each.value for each in node.kwargs)])
        if kind is _CLEAN or (kind is not _PARTS and node.name in _TYPE_TESTS):
            return _CLEAN
        raise _NoProofError

    def _of_compare(self, node: nodes.Compare) -> _Kind:
        left = node.expr
        for each in node.ops:
            self._compared(left, each.op, each.expr)
            left = each.expr
        return _CLEAN

    def _compared(self, left: nodes.Node, operator: str, right: nodes.Node) -> None:
        kinds = (self._of(left), self._of(right))
        match kinds, operator:
            case (_Kind.CLEAN, _Kind.CLEAN), _:
                return
            case (_Kind.HOLE, _Kind.CLEAN), "eq" | "ne":
                self.words.update(_written(right))
            case (_Kind.HOLE, _Kind.CLEAN), "in" | "notin" if type(right).__name__ in ("List", "Tuple"):
                self.words.update(_written(right))
            case (_Kind.CLEAN, _Kind.HOLE), "eq" | "ne":
                self.words.update(_written(left))
            case (_Kind.CLEAN, _Kind.HOLE), "in" | "notin" if type(left).__name__ == "Const":
                self.needles.update(_written(left))
            case (_Kind.CLEAN, _Kind.BOX), "in" | "notin" if type(left).__name__ == "Const":
                return
            case _:
                raise _NoProofError

    def _of_and(self, node: nodes.And) -> _Kind:
        return self._either(node.left, node.right)

    def _of_or(self, node: nodes.Or) -> _Kind:
        return self._either(node.left, node.right)

    def _either(self, one: nodes.Node, other: nodes.Node) -> _Kind:
        return _join(self._of(one), self._of(other))

    def _of_not(self, node: nodes.Not) -> _Kind:
        self._of(node.node)
        return _CLEAN

    def _of_condexpr(self, node: nodes.CondExpr) -> _Kind:
        self._of(node.test)
        return _join(self._of(node.expr1), _CLEAN if node.expr2 is None else self._of(node.expr2))

    def _of_add(self, node: nodes.Add) -> _Kind:
        return _join(self._text(self._of(node.left)), self._text(self._of(node.right)))

    def _of_concat(self, node: nodes.Concat) -> _Kind:
        found = _CLEAN
        for each in node.nodes:
            found = _join(found, self._text(self._of(each)))
        return found


_PLAIN: Final = frozenset(
    {"Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "Neg", "Pos", "List", "Tuple", "Dict", "Pair", "Keyword"}
)
"""Expressions whose parts are all looked at; a content must be in none of them."""


def _end_of_list(node: nodes.Node) -> bool:
    """Return whether a subscript is the first or the last, and so the only, of a list of one."""
    inner = getattr(node, "node", None) if type(node).__name__ == "Neg" else node
    value = getattr(inner, "value", None)
    return type(value) is int and value == (0 if inner is node else 1)


def _written(node: nodes.Node) -> list[str]:
    """Return the texts among the constants that something is compared with."""
    match type(node).__name__:
        case "Const":
            value: object = getattr(node, "value", None)
            return [value] if isinstance(value, str) else []
        case "List" | "Tuple":
            return [text for each in node.iter_child_nodes() for text in _written(each)]
        case _:
            raise _NoProofError
