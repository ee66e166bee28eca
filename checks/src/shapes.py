"""Shapes that several checks look for: messages, logging, blocks that end, what kind of value something is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal, cast

from checks.src.flow import argument_for, functions_called, origins
from checks.src.module import Module
from checks.src.scope import everything, function_of, qualified, reaching

ValueKind = Literal["number", "text", "unknown"]

_LOGGERS = re.compile(r"^_?(log|logger|logging|warnings|console|accelerator|tqdm|LOG|LOGGER|wandb)$")
_LOG_METHODS = frozenset(
    (
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "critical",
        "exception",
        "log",
        "print",
        "write",
        "warning_once",
        "info_once",
        "echo",
    )
)
_NUMBERS = frozenset(
    f"builtins.{name}" for name in ("int", "float", "len", "id", "abs", "round", "sum", "ord", "bool", "hash")
)
_TEXTS = frozenset(f"builtins.{name}" for name in ("str", "repr", "ascii", "chr", "input", "format", "hex"))
_NUMERIC_ANNOTATIONS = frozenset(("int", "float", "bool", "complex"))
_DICTIONARY_ROLE = "role"


def called(call: ast.Call) -> str:
    """Return the last part of the name that is called, or an empty text."""
    return last_name(call.func)


def last_name(node: ast.AST) -> str:
    """Return a name, or the last part of one with dots; an empty text of anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def without_not(test: ast.expr) -> tuple[ast.expr, bool]:
    """Return what a test asks, and whether it asks for its absence: `x` and True of `not x`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand, True
    return test, False


def is_log(call: ast.Call) -> bool:
    """Return whether a call only tells a person something: ``print``, a logger's method, ``warnings.warn``."""
    if isinstance(call.func, ast.Name):
        return call.func.id in ("print", "warn", "log", "rprint", "pprint", "log_print")
    if isinstance(call.func, ast.Attribute) and call.func.attr in _LOG_METHODS:
        base = call.func.value
        last = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        return bool(_LOGGERS.match(last)) or (
            isinstance(base, ast.Call) and called(base) in ("getLogger", "get_logger")
        )
    return False


_SENDS = frozenset(
    (
        "apply_chat_template",
        "generate",
        "chat",
        "create",
        "acreate",
        "completion",
        "acompletion",
        "invoke",
        "ainvoke",
        "complete",
    )
)


def is_sent(module: Module, call: ast.Call) -> bool:
    """Return whether a call renders or sends messages, or writes them to a file."""
    name = qualified(module, call.func) or ""
    return (
        called(call) in _SENDS or name in ("json.dump", "pickle.dump") or called(call) in ("write", "to_json")
    )


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls under a node."""
    return (each for each in everything(node) if isinstance(each, ast.Call))


def names_in(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names under a node that are read there."""
    return (
        each for each in everything(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    )


def calls_in_block(block: list[ast.stmt]) -> Iterator[ast.Call]:
    """Yield the calls under the statements of a block."""
    for statement in block:
        yield from calls_in(statement)


def leaves(block: list[ast.stmt]) -> bool:
    """Return whether a block always leaves by its last statement: return, raise, continue, break or an exit."""
    if not block:
        return False
    last = block[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return leaves(last.body)
    if isinstance(last, ast.If):
        return leaves(last.body) and leaves(last.orelse)
    if isinstance(last, ast.Try):
        return leaves(last.body) and all(leaves(each.body) for each in last.handlers)
    return (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and called(last.value) in ("exit", "_exit", "abort", "fail", "skip")
    )


def raises(block: list[ast.stmt]) -> bool:
    """Return whether a block raises or exits anywhere."""
    for statement in block:
        for each in everything(statement):
            if isinstance(each, ast.Raise):
                return True
            if isinstance(each, ast.Call) and called(each) in ("exit", "_exit", "abort", "fail"):
                return True
    return False


def system_contents(module: Module, node: ast.AST, *, depth: int = 1) -> Iterator[ast.expr]:
    """Yield the content of each system message that is built under a node.

    A message is a dictionary with the role ``system``, a call that makes one (``dict(role="system", ...)``,
    ``SystemMessage(...)``), or a call to a function of this file that does, in which case its arguments count.
    """
    whole = isinstance(node, ast.Module)  # its nodes are known by their types
    for each in (*module.all(ast.Dict), *module.all(ast.Call)) if whole else everything(node):
        if isinstance(each, ast.Dict):
            content = _dictionary_content(each)
            if content is not None:
                yield content
        elif isinstance(each, ast.Call):
            role = keyword(each, _DICTIONARY_ROLE)
            content = keyword(each, "content") or keyword(each, "text")
            name = called(each)
            if (
                isinstance(role, ast.Constant)
                and role.value in ("system", "developer")
                and content is not None
            ):
                yield content
            elif name in ("SystemMessage", "SystemChatMessage", "ChatMessageSystem"):
                yield from ([content] if content is not None else each.args[:1])
            elif depth and (each.args or each.keywords) and name in _makers(module):
                yield from _passed_on(module, each)


def _makers(module: Module) -> set[str]:
    """Return the names of the functions of a file in which a system message is made."""
    memo = cast("set[str] | None", module.memo.get("makers of system messages"))
    if memo is None:
        made = system_contents(module, module.tree, depth=0)
        around = (function_of(module, content) for content in made)
        memo = {each.name for each in around if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
        module.memo["makers of system messages"] = memo
    return memo


def _passed_on(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that a function of this file puts into a system message."""
    memo = cast("dict[ast.AST, list[ast.expr]]", module.memo.setdefault("system contents", {}))
    for function in functions_called(module, call):
        if function not in memo:
            memo[function] = list(system_contents(module, function, depth=0))
        for content in memo[function]:
            for name in everything(content):
                if isinstance(module.parent(name), (ast.Attribute, ast.Subscript)):
                    continue  # an object that has a text among other things
                for binding in reaching(module, name) if isinstance(name, ast.Name) else ():
                    passed = argument_for(call, binding) if binding.scope is function else None
                    if passed is not None:
                        yield passed


def _dictionary_content(node: ast.Dict) -> ast.expr | None:
    role = content = None
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            if key.value in ("role", "from"):
                role = value
            elif key.value in ("content", "value"):
                content = value
    if isinstance(role, ast.Constant) and role.value in ("system", "developer"):
        return content
    return None


def message_role(node: ast.expr) -> str | None:
    """Return the role of a message written as a dictionary, where it is a constant."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "role":
                return (
                    value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
                )
    return None


def annotation_text(node: ast.expr | None) -> str:
    """Return an annotation as text, without spaces; empty for none or for one that is unusually long."""
    if node is None or sum(1 for _ in everything(node)) > 40:
        return ""
    return ast.unparse(node).replace(" ", "").strip("'\"")


def kind_of(module: Module, node: ast.expr, *, depth: int = 4) -> ValueKind:
    """Return whether an expression is surely a number, surely a text, or neither is known."""
    kinds: set[ValueKind] = {
        _kind(module, each.node, each.binding.node if each.binding else None, depth)
        for each in origins(module, node)
    }
    return next(iter(kinds)) if len(kinds) == 1 else "unknown"


def _kind(module: Module, node: ast.expr, binding: ast.AST | None, depth: int) -> ValueKind:
    if depth <= 0:
        return "unknown"
    if isinstance(binding, ast.arg):
        text = annotation_text(binding.annotation)
        return "number" if text in _NUMERIC_ANNOTATIONS else "text" if text == "str" else "unknown"
    if binding is not None and isinstance(node, ast.Name):
        return _loop_kind(module, binding)
    if isinstance(node, ast.Constant):
        return (
            "text"
            if isinstance(node.value, str)
            else "number"
            if isinstance(node.value, (int, float, complex))
            else "unknown"
        )
    if isinstance(node, ast.JoinedStr):
        return "text"
    if isinstance(node, (ast.Compare,)):
        return "number"
    if isinstance(node, ast.UnaryOp):
        return "number"
    if isinstance(node, ast.Tuple):
        kinds = {kind_of(module, each, depth=depth - 1) for each in node.elts}
        return "number" if kinds <= {"number"} else "text" if "text" in kinds else "unknown"
    if isinstance(node, ast.BinOp):
        left, right = (
            kind_of(module, node.left, depth=depth - 1),
            kind_of(module, node.right, depth=depth - 1),
        )
        if "text" in (left, right) and isinstance(node.op, (ast.Add, ast.Mod, ast.Mult)):
            return "text"
        return "number" if left == right == "number" else "unknown"
    if isinstance(node, ast.Call):
        name = qualified(module, node.func) or ""
        if name in _NUMBERS:
            return "number"
        if name in _TEXTS or (
            isinstance(node.func, ast.Attribute)
            and node.func.attr
            in ("strip", "lower", "upper", "format", "replace", "join", "read_text", "hexdigest")
        ):
            return "text"
    return "unknown"


def _loop_kind(module: Module, target: ast.AST) -> ValueKind:
    around = next(
        (
            each
            for each in module.ancestors(target)
            if isinstance(each, (ast.For, ast.AsyncFor, ast.comprehension))
        ),
        None,
    )
    if around is not None and isinstance(around.iter, ast.Call):
        name = qualified(module, around.iter.func)
        if name == "builtins.range" and around.target is target:
            return "number"
        counted = isinstance(around.target, ast.Tuple) and around.target.elts[0] is target
        if name == "builtins.enumerate" and counted:
            return "number"
    return "unknown"


def same(left: ast.expr, right: ast.expr) -> bool:
    """Return whether two expressions are the same plain access: a name, attributes and constant subscripts."""
    while True:
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            return left.id == right.id
        if isinstance(left, ast.Attribute) and isinstance(right, ast.Attribute) and left.attr == right.attr:
            left, right = left.value, right.value
        elif isinstance(left, ast.Subscript) and isinstance(right, ast.Subscript):
            keys = left.slice, right.slice
            if isinstance(keys[0], ast.Constant) and isinstance(keys[1], ast.Constant):
                if keys[0].value != keys[1].value:
                    return False
            elif not (
                isinstance(keys[0], ast.Name) and isinstance(keys[1], ast.Name) and keys[0].id == keys[1].id
            ):
                return False
            left, right = left.value, right.value
        else:
            return False


def uses(node: ast.AST, wanted: ast.expr) -> bool:
    """Return whether an access like `wanted` stands anywhere under a node."""
    return any(isinstance(each, type(wanted)) and same(each, wanted) for each in everything(node))


def short(text: str, *, limit: int = 60) -> str:
    """Return source text on one line, cut to a length that a message can carry."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
