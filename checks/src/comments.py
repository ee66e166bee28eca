"""`# audit: ignore[name] -- reason` in a source file: what it suppresses, and what is wrong with it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from builders.errors import InputError
from checks.core.registry import find_check
from checks.src.lexer import Token, UnreadableError, tokens
from checks.src.module import Module

_MARK = "audit:"
_IGNORE = re.compile(
    r"#\s*audit:\s*(?P<verb>[\w-]+)\s*(?:\[(?P<names>[^\]]*)\])?\s*(?:--\s*(?P<reason>.*\S))?\s*$"
)


_MEANT = re.compile(
    r"#\s*audit:\s*(\w*ignor\w*|skip|noqa|disable|allow|[\w-]+\s*\[|[^#]*--|\S*\s*$)", re.IGNORECASE
)
"""What is meant for this tool; `# audit: ...` may also be somebody's remark about an audit."""


@dataclass
class Ignore:
    """One ignore comment."""

    line: int
    """Line of the comment, from 1."""
    codes: frozenset[str]
    """Codes of the checks that it is about."""
    reason: str
    """Why."""
    alone: bool
    """Whether the comment has its line to itself; it is then about the statement below."""
    used: bool = field(default=False)
    """Whether it suppressed anything."""


def ignores(module: Module) -> list[Ignore]:
    """Return the ignore comments of a file.

    Raises:
        InputError: if one has no reason, no name, or another form: an ignore that does nothing would look like one
            that does.
        UnknownNameError: if it names a check that does not exist.
    """
    if _MARK not in module.text:
        return []
    try:
        comments = [each for each in tokens(module.text) if each.kind == "comment"]
    except UnreadableError:
        raise InputError(
            "unread: its comments cannot be told from its texts",
            where=f"{module.path}:1",
            help="take the 'audit:' out of it, or leave it out with --exclude",
        ) from None
    return [_read(module, each) for each in comments if _MEANT.match(each.text)]


def _read(module: Module, token: Token) -> Ignore:
    line = module.line_at(token.start)
    where = f"{module.path}:{line}"
    match = _IGNORE.search(token.text)
    names = [name.strip() for name in (match["names"] or "").split(",") if name.strip()] if match else []
    if match is None or match["verb"] != "ignore" or not names or not match["reason"]:
        raise InputError(
            f"'{token.text}' is no ignore comment",
            where=where,
            help="write # audit: ignore[name] -- the reason",
        )
    codes = frozenset(find_check(name, "script").code for name in names)
    alone = not module.text[module.starts[line - 1] : token.start].strip()
    return Ignore(line, codes, match["reason"], alone=alone)


def reason_for(module: Module, found: list[Ignore], code: str, node: ast.AST) -> str | None:
    """Return the reason of the comment that suppresses a finding, if there is one.

    A comment is about the code on its line, also where that is the last of several; one that stands alone is about the
    statement that begins below it.
    """
    statement = module.statement(node) if found else None
    lines = {getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)}
    firsts = {getattr(node, "lineno", 0)}
    if statement is not None:
        firsts.add(statement.lineno)
        if not isinstance(getattr(statement, "body", None), list):
            lines |= {statement.lineno, statement.end_lineno or statement.lineno}
    for ignore in found:
        if code in ignore.codes and (
            _below(module, ignore) in firsts if ignore.alone else ignore.line in lines
        ):
            ignore.used = True
            return ignore.reason
    return None


def _below(module: Module, ignore: Ignore) -> int:
    """Return the first line under a comment that is neither blank nor a comment."""
    for number in range(ignore.line + 1, len(module.lines) + 1):
        text = module.lines[number - 1].strip()
        if text and not text.startswith("#"):
            return number
    return 0
