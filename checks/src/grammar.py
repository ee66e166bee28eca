"""Parse a text alike under every Python that may run this: newer grammars are put into the words of older ones.

What this interpreter cannot parse is tried again with every newer construct replaced by one of the same size, so
that positions hold: type parameters (PEP 695, 696) are blanked, `type X = ...` becomes an assignment, `except A, B`
(PEP 758) a tuple, and f-strings (PEP 701) and template strings (PEP 750) are read field by field.
"""

from __future__ import annotations

import ast
import bisect
import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from checks.src.lexer import Field, Token, UnreadableError, tokens

NEWEST = "3.14"
"""The newest grammar that is read."""

_LINE = re.compile(r"\r\n|\r|\n")
_OPENING = re.compile(r"\w*(\"\"\"|'''|\"|')")

if hasattr(ast, "TemplateStr"):
    TemplateStr = cast("type[ast.expr]", ast.TemplateStr)  # type: ignore[attr-defined]
else:

    class TemplateStr(ast.expr):
        """A template string, as Python 3.14 has it."""

        _fields = ("values",)


def parsed(text: str) -> ast.Module:
    """Return the tree of a text in any grammar up to `NEWEST`.

    Raises:
        SyntaxError: what this interpreter's parser says, if the text is in none of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes and the like of other people's files
        try:
            return ast.parse(text)
        except SyntaxError as error:
            try:
                tree = _lowered(text)
            except (UnreadableError, SyntaxError, ValueError):
                raise error from None
            return cast("ast.Module", tree)


def unread_because(error: SyntaxError) -> str:
    """Return in words why a text is unread: where the parser stopped, and which grammars were tried."""
    return f"the text fits no grammar up to Python {NEWEST} ({error.msg})"


@dataclass
class _Plan:
    """What is replaced in a text, and what the tree has to get back."""

    text: str
    strings: list[Token] = field(default_factory=list[Token])
    edits: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    parameters: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """Names of type parameters by the offset of the name of the function or class."""
    caught: set[int] = field(default_factory=set[int])
    """Offsets of the first of several exceptions without brackets."""

    @cached_property
    def starts(self) -> list[int]:
        """Offset of each line."""
        return [0, *(each.end() for each in _LINE.finditer(self.text))]

    @cached_property
    def places(self) -> dict[tuple[int, int], int]:
        """Index of each string by where it begins."""
        return {self.place(each.start): index for index, each in enumerate(self.strings)}

    @cached_property
    def ends(self) -> dict[tuple[int, int], int]:
        """Index of each string by where it ends."""
        return {self.place(each.end): index for index, each in enumerate(self.strings)}

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset as `ast` counts them."""
        line = bisect.bisect_right(self.starts, offset)
        return line, _width(self.text[self.starts[line - 1] : offset])


def _lowered(text: str, *, expression: bool = False) -> ast.AST:
    plan = _plan(text)
    tree = ast.parse(_edited(text, plan.edits), mode="eval" if expression else "exec")
    parameters = {plan.place(start)[0]: names for start, names in plan.parameters.items()}
    caught = {plan.place(start) for start in plan.caught}
    for node in list(ast.walk(tree)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = parameters.get(node.lineno, ())
            if names:
                cast("Any", node).type_params = [
                    ast.copy_location(ast.Name(name, ast.Store()), node) for name in names
                ]
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            if (node.type.lineno, node.type.col_offset) in caught:
                node.type = _as_tuple(node.type)
        for name, value in list(ast.iter_fields(node)):
            if isinstance(value, list):
                value[:] = [
                    _string(each, plan) if isinstance(each, ast.Constant) else each
                    for each in cast("list[object]", value)
                ]
            elif isinstance(value, ast.Constant):
                setattr(node, name, _string(value, plan))
    return tree


def _read(plan: _Plan, each: Field) -> ast.expr:
    """Return the expression of a field, where it stands in the text."""
    inner = _lowered(f"({plan.text[each.start : each.end]}\n)", expression=True)
    body = cast("ast.Expression", inner).body
    _moved(body, *plan.place(each.start))
    return body


def _plan(text: str) -> _Plan:
    plan = _Plan(text)
    line: list[Token] = []
    brackets = 0
    for token in tokens(text):
        if token.kind == "string":
            plan.strings.append(token)
            if token.formatted:
                plan.edits.append((token.start, token.end, _placeholder(text[token.start : token.end])))
        if token.kind == "open":
            brackets += 1
        elif token.kind == "close":
            brackets = max(brackets - 1, 0)
        if token.kind == "comment":
            continue
        if not brackets and (token.kind == "newline" or token.text == ";"):
            _statement(plan, line)
            line = []
        elif token.kind != "newline":
            line.append(token)
    _statement(plan, line)
    return plan


def _statement(plan: _Plan, line: list[Token]) -> None:
    """Plan what one logical line needs; several statements may stand behind each other on it."""
    first = True
    for index, token in enumerate(line):
        if token.kind == "name" and token.text in ("def", "class") and len(line) > index + 2:
            if line[index + 1].kind == "name" and line[index + 2].text == "[":
                _blank_parameters(plan, line, index + 1)
        elif first and token.text == "type" and len(line) > index + 2 and line[index + 1].kind == "name":
            name, after = line[index + 1], line[index + 2]
            if after.text in ("=", "["):
                plan.edits.append((token.start, name.start, "0;".ljust(name.start - token.start)))
                if after.text == "[":
                    _blank_parameters(plan, line, index + 1)
        elif first and token.text == "except":
            _join_caught(plan, line[index + 1 :])
        first = token.text == ":"


def _blank_parameters(plan: _Plan, line: list[Token], name: int) -> None:
    depth, names, expected = 0, list[str](), True
    for token in line[name + 1 :]:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
            if not depth:
                start, end = line[name + 1].start, token.end
                plan.edits = [each for each in plan.edits if not start <= each[0] < end]
                plan.edits.append((start, end, _blanks(plan.text[start:end])))
                plan.parameters[line[name].start] = names
                return
        elif depth == 1 and token.text == ",":
            expected = True
        elif depth == 1 and token.kind == "name" and expected:
            names.append(token.text)
            expected = False
    raise UnreadableError


def _join_caught(plan: _Plan, rest: list[Token]) -> None:
    depth = 0
    commas: list[Token] = []
    for token in rest:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif not depth and token.text == ",":
            commas.append(token)
        elif not depth and token.text == "as":
            return
        elif not depth and token.text == ":":
            break
    if commas:
        plan.caught.add(rest[1 if rest[0].text == "*" else 0].start)
        plan.edits.extend((each.start, each.end, "|") for each in commas)


def _as_tuple(node: ast.expr) -> ast.expr:
    parts: list[ast.expr] = []
    current = node
    while isinstance(current, ast.BinOp) and isinstance(current.op, ast.BitOr):
        parts.append(current.right)
        current = current.left
    return ast.copy_location(ast.Tuple([current, *reversed(parts)], ast.Load()), node)


def _width(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _placeholder(text: str) -> str:
    """Return a plain string literal with the lines and the bytes of another."""
    lines = _LINE.split(text)
    breaks = _LINE.findall(text)
    if len(lines) == 1:
        return '"' + "_" * (_width(text) - 2) + '"'
    widths = [_width(line) for line in lines]
    if widths[0] >= 3 and widths[-1] >= 3:
        parts = ['"""'.ljust(widths[0], "_"), *("_" * width for width in widths[1:-1])]
        parts.append('"""'.rjust(widths[-1], "_"))
    elif min(widths[:-1]) < 1:
        raise UnreadableError
    else:
        parts = ['"' + "_" * (widths[0] - 2) + "\\", *("_" * (width - 1) + "\\" for width in widths[1:-1])]
        parts.append('"'.rjust(widths[-1], "_"))
    return "".join(part + end for part, end in zip(parts, [*breaks, ""], strict=True))


def _blanks(text: str) -> str:
    """Return blanks with the lines and the bytes of a text, joined by backslashes."""
    lines = _LINE.split(text)
    widths = [_width(line) for line in lines]
    if min(widths[:-1], default=1) < 1:
        raise UnreadableError
    parts = [*(" " * (width - 1) + "\\" for width in widths[:-1]), " " * widths[-1]]
    return "".join(part + end for part, end in zip(parts, [*_LINE.findall(text), ""], strict=True))


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts, last = list[str](), 0
    for start, end, new in sorted(edits):
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def _moved(node: ast.AST, line: int, column: int) -> None:
    """Move a tree that was parsed behind a bracket to where its text stands."""
    for each in ast.walk(node):
        if not hasattr(each, "lineno"):
            continue
        place = cast("Any", each)
        for number, offset in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            if getattr(place, number) == 1:
                setattr(place, offset, getattr(place, offset) - 1 + column)
            setattr(place, number, getattr(place, number) + line - 1)


def _string(node: ast.Constant, plan: _Plan) -> ast.expr:
    """Return what a literal really is, where f-strings or template strings are among its parts."""
    first = plan.places.get((node.lineno, node.col_offset)) if isinstance(node.value, str) else None
    last = plan.ends.get((node.end_lineno or 0, node.end_col_offset or 0))
    parts = plan.strings[first : last + 1] if first is not None and last is not None else []
    if not any(each.formatted for each in parts):
        return node
    values: list[ast.expr] = []
    for part in parts:
        values += _values(part, plan, node)
    if any("t" in each.text for each in parts):
        return ast.copy_location(cast("Any", TemplateStr)(values=values), node)
    return ast.copy_location(ast.JoinedStr(values), node)


def _values(part: Token, plan: _Plan, around: ast.Constant) -> list[ast.expr]:
    """Return the constant texts and the fields of one part of a literal."""
    text = plan.text

    def constant(piece: str) -> list[ast.expr]:
        return [ast.copy_location(ast.Constant(piece), around)] if piece else []

    if not part.formatted:
        return constant(str(ast.literal_eval(text[part.start : part.end])))
    opening = _OPENING.match(text, part.start)
    width, quote = (len(opening[0]), len(opening[1])) if opening else (0, 0)
    values: list[ast.expr] = []
    begin = part.start + width
    for each in part.fields:
        values += [*constant(text[begin : each.start - 1]), _formatted(each, plan, around)]
        begin = each.after
    return [*values, *constant(text[begin : part.end - quote])]


def _formatted(each: Field, plan: _Plan, around: ast.Constant) -> ast.expr:
    specification = None
    if each.specification:
        inner: list[ast.expr] = [_formatted(part, plan, around) for part in each.specification]
        specification = ast.copy_location(ast.JoinedStr(inner), around)
    return ast.copy_location(ast.FormattedValue(_read(plan, each), -1, specification), around)
