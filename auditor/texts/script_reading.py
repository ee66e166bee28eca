"""What a script would do, read off its syntax tree: options by subcommand, files it writes, uploads. Nothing is run."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auditor.texts.sources import read_source
from builders.errors import AuditError
from checks.wrt.facts import ScriptFact

_DEEPEST: Final = 20
"""Assignments and calls that a name is followed through."""
_MOST: Final = 200
"""Forms of one path."""
_UPLOADS: Final = frozenset({"push_to_hub", "upload_folder", "upload_file", "upload_large_folder"})
_UPLOAD_KEYWORDS: Final = frozenset({"hf_upload", "push_to_hub", "upload_to_hub", "upload"})
_UNREADABLE: Final = frozenset({"parse_known_args", "HfArgumentParser", "TrlParser", "Fire", "main_hydra"})


def read_script(path: Path) -> ScriptFact:
    """Return what a script declares and does; what cannot be read off it is left out."""
    try:
        tree = ast.parse(read_source(path).text)
    except (SyntaxError, RecursionError, ValueError, AuditError):
        return ScriptFact(path.as_posix(), None)
    options, commands = _options(tree)
    scope = _Scope(tree)
    return ScriptFact(
        path.as_posix(),
        options,
        commands=commands,
        uploads=tuple(_uploads(tree)),
        writes=tuple(dict.fromkeys(each for node in ast.walk(tree) for each in scope.written(node))),
    )


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _options(tree: ast.Module) -> tuple[frozenset[str] | None, dict[str, frozenset[str]]]:
    """Return the options of all parsers, None where they are made at run time, and those of each subcommand."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if any(_called(node) in _UNREADABLE for node in calls):
        return None, {}
    parsers = _subparsers(tree)
    found: set[str] = set()
    commands: dict[str, set[str]] = {name: set() for name in _commands(calls)}
    declared = False
    for node in calls:
        name = _called(node)
        if name not in {"add_argument", "option", "Option"}:
            continue
        declared = True
        words = [
            each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if name == "add_argument" and any(not isinstance(each, ast.Constant) for each in node.args):
            return None, {}  # built at run time
        if name == "Option" and not any(word.startswith("-") for word in words):
            return None, {}  # Typer makes the name out of the parameter's
        own = {part for word in words for part in word.split("/") if part.startswith("--")}
        if any("BooleanOptionalAction" in ast.dump(keyword.value) for keyword in node.keywords):
            own |= {f"--no-{word[2:]}" for word in words if word.startswith("--")}
        found |= own
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            command = parsers.get(node.func.value.id)
            if command in commands:
                commands[command] |= own
    if not declared and not commands:
        return None, {}
    return frozenset(found), {name: frozenset(each) for name, each in commands.items()}


def _commands(calls: list[ast.Call]) -> Iterator[str]:
    for node in calls:
        if _called(node) == "add_parser" and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def _subparsers(tree: ast.Module) -> dict[str, str]:
    """Return variable -> the subcommand whose parser it is."""
    return {
        target.id: str(node.value.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and _called(node.value) == "add_parser"
        if node.value.args and isinstance(node.value.args[0], ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _uploads(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if _called(node) in _UPLOADS:
            yield f"{_called(node)}()", node.lineno
        for keyword in node.keywords:
            if (
                keyword.arg in _UPLOAD_KEYWORDS
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value is True
            ):
                yield f"{keyword.arg}=True", keyword.value.lineno


class _Scope:
    """A module's names, and what paths they can stand for; `*` is what is only known when it runs."""

    def __init__(self, tree: ast.Module) -> None:
        self._around: dict[ast.AST, ast.FunctionDef] = {}
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                self._around.update(dict.fromkeys(ast.walk(function), function))  # inner ones come later
        self._assigned: dict[tuple[ast.FunctionDef | None, str], list[ast.expr]] = defaultdict(list)
        self._calls: dict[str, list[ast.Call]] = defaultdict(list)
        self._known: dict[tuple[ast.FunctionDef | None, str], list[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._assigned[self._around.get(node), target.id].append(node.value)
            elif isinstance(node, ast.Call):
                self._calls[_called(node)].append(node)

    def written(self, node: ast.AST) -> Iterator[str]:
        """Yield the paths that a call writes to."""
        if not isinstance(node, ast.Call):
            return
        name, target = _called(node), None
        if (
            name == "open"
            and isinstance(node.func, ast.Name)
            and node.args
            and _is_writing(node.args[1:], node.keywords)
        ):
            target = node.args[0]
        elif (
            name == "open" and isinstance(node.func, ast.Attribute) and _is_writing(node.args, node.keywords)
        ) or (name in {"write_text", "write_bytes"} and isinstance(node.func, ast.Attribute)):
            target = node.func.value
        elif name in {"to_csv", "to_json", "to_parquet", "savefig"} and node.args:
            target = node.args[0]
        if target is not None:
            yield from self.values(target, self._around.get(node), _DEEPEST)

    def values(self, node: ast.expr, function: ast.FunctionDef | None, depth: int) -> list[str]:
        """Return what an expression of text or path can be."""
        found = ["*"]
        if depth <= 0:
            return found
        if isinstance(node, ast.Constant):
            found = [str(node.value)]
        elif isinstance(node, ast.JoinedStr):
            found = [
                "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            ]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            sign = "/" if isinstance(node.op, ast.Div) else ""
            left, right = (self.values(each, function, depth - 1) for each in (node.left, node.right))
            found = [f"{a}{sign}{b}" for a in left for b in right]
        elif isinstance(node, ast.Call) and _called(node) in {"Path", "str", "join"} and node.args:
            found = self.values(node.args[0], function, depth - 1)
            for each in node.args[1:]:
                found = [f"{a}/{b}" for a in found for b in self.values(each, function, depth - 1)][:_MOST]
        elif isinstance(node, ast.Name):
            found = self._name(node.id, function, depth - 1)
        return found[:_MOST]

    def _name(self, name: str, function: ast.FunctionDef | None, depth: int) -> list[str]:
        """Return what a name can stand for; once for each name, and never for one inside its own value."""
        key = (function, name)
        if key in self._known:
            return self._known[key]
        self._known[key] = ["*"]
        found: list[str] = []
        if (function, name) in self._assigned:
            found = [
                each
                for value in self._assigned[function, name]
                for each in self.values(value, function, depth)
            ]
        elif function is not None:
            found = self._passed(name, function, depth) or self._name(name, None, depth)
        self._known[key] = found[:_MOST] or ["*"]
        return self._known[key]

    def _passed(self, name: str, function: ast.FunctionDef, depth: int) -> list[str]:
        """Return what the callers of a function give one of its parameters."""
        parameters = [
            each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]
        if name not in parameters:
            return []
        place = parameters.index(name)
        found: list[str] = []
        for node in self._calls[function.name]:
            given = next((each.value for each in node.keywords if each.arg == name), None)
            if given is None and place < len(node.args):
                given = node.args[place]
            found += ["*"] if given is None else self.values(given, self._around.get(node), depth)
        return found


def _is_writing(arguments: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    modes = [*arguments[:1], *(each.value for each in keywords if each.arg == "mode")]
    return any(isinstance(each, ast.Constant) and str(each.value)[:1] in {"w", "a", "x"} for each in modes)
