"""A conversion of conversations that passes user and assistant turns on and loses the system turn.

## What it finds

A loop over messages that asks for the role by `if`/`elif` (or `match`), passes on what user and assistant said, and
has neither a branch for the system turn nor one for any other role, in a function that speaks of no system role
anywhere; roles that are looked up in a table with a default (`ROLES.get(role, "user")`) that has no system; and turns
that are left out without a word because their role is not in a list (`if role not in ("user", "assistant"): continue`).

## Why it matters

The converted rows have lost the very thing that tells the conditions of a contrastive dataset apart: the persona. A
chat template may then put in its own default, and every condition is trained under that one.

## Example

    for turn in row["conversations"]:
        if turn["from"] == "human":
            messages.append({"role": "user", "content": turn["value"]})
        elif turn["from"] == "gpt":
            messages.append({"role": "assistant", "content": turn["value"]})

## What to do

        elif turn["from"] == "system":
            messages.append({"role": "system", "content": turn["value"]})
        else:
            raise ValueError(turn["from"])

## Limits

Turns that are written into one text, or handed to calls, are only likely (`--pedantic`): it may be a history for
somebody to read. A function that treats system turns in another place is left alone, and so is a loop that only
counts or looks something up. Turns that are left out by name (`if role == "system": continue`) are a decision. A list
of roles is reported where what it lets through is written, trained on, rendered or sent in the same file, and otherwise
only likely.

## References

* `blank-system-dropped`, which finds system messages that are lost because they are empty.
* `system-dropped`, which finds templates that drop it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.role_filters import left_out_turns, roles_in
from checks.src.scope import everything, function_of
from checks.src.shapes import called, same

_USERS = frozenset(("user", "human", "User", "Human", "USER", "prompter"))
_ASSISTANTS = frozenset(("assistant", "gpt", "Assistant", "bot", "model", "chatgpt", "ASSISTANT", "ai"))
_CONTENTS = frozenset(("content", "value", "text"))
_FIELDS = frozenset(("role", "from", "speaker", "author"))


@check(
    code="SRC014",
    name="system-turn-dropped",
    severity="warning",
    since="0.1.0",
    words=(
        ("role", "speaker", "author", '"from"', "'from'"),
        ("user", "human", "User", "Human", "USER", "prompter"),
    ),
)
def system_turn_dropped(module: Module) -> Iterator[Hit]:
    """Yield each conversion by role that has no place for a system turn."""
    for branch in module.all(ast.If):
        if _is_elif(module, branch):
            continue
        found = _roles(module, branch)
        if found is None or not _of_two(found):
            continue
        if _loops(module, branch) and _passes_on(branch) and not _speaks_of_system(module, branch):
            converts = all(map(_converts, _blocks(branch)))
            yield Hit(
                branch.test,
                "user and assistant turns are passed on by their role, and a system turn is lost without a word",
                "add a branch for the system role, and raise for any other",
                confidence="certain" if converts else "likely",
            )
    for test, roles, used in left_out_turns(module, _is_role):
        if _of_two(roles) and not _speaks_of_system(module, test):
            yield Hit(
                test,
                "only user and assistant turns are passed on, and a system turn is left out without a word",
                "pass the system turn on, and raise for any other role",
                confidence="certain" if used else "likely",
            )
    for call in module.calls(("get",)):
        if len(call.args) == 2 and isinstance(call.func, ast.Attribute):
            roles = _table(module, call.func.value)
            default = call.args[1]
            told = default.value if isinstance(default, ast.Constant) else None
            if _speaks_of_system(module, call):
                continue
            if roles is not None and told in _USERS | _ASSISTANTS and _field(call.args[0]) is not None:
                yield Hit(
                    call,
                    f"a system turn is not in this table, and becomes one of the {told}",
                    "put the system role into the table, and let any other raise",
                )


def _of_two(roles: set[str]) -> bool:
    """Return whether roles are those of users and assistants and no others."""
    return bool(roles & _USERS and roles & _ASSISTANTS) and not roles - _USERS - _ASSISTANTS


def _is_elif(module: Module, branch: ast.If) -> bool:
    around = module.parent(branch)
    return isinstance(around, ast.If) and around.orelse == [branch]


def _field(node: ast.expr) -> str | None:
    """Return the name of the field of a message that holds its role: `turn["from"]`, `turn.get("role")`, `.role`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        name = node.slice.value
    elif isinstance(node, ast.Call) and called(node) in ("get", "lower", "strip"):
        if called(node) != "get":
            return _field(node.func.value) if isinstance(node.func, ast.Attribute) else None
        name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    else:
        name = node.attr if isinstance(node, ast.Attribute) else None
    return name if isinstance(name, str) and name in _FIELDS else None


def _roles(module: Module, branch: ast.If) -> set[str] | None:
    """Return the roles that a chain of branches asks for; None where it asks for anything else, or has an else."""
    roles: set[str] = set()
    subject: ast.expr | None = None
    current: ast.stmt | None = branch
    while isinstance(current, ast.If):
        test = current.test
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        if not isinstance(test.ops[0], (ast.Eq, ast.In)) or not _is_role(module, test.left):
            return None
        if subject is not None and not same(subject, test.left) and ast.dump(subject) != ast.dump(test.left):
            return None
        subject = test.left
        right = test.comparators[0]
        if isinstance(right, ast.Constant):
            asked = {right.value} if isinstance(right.value, str) else None
        else:
            asked = roles_in(module, right)
        if asked is None:
            return None
        roles |= asked
        if not current.orelse:
            return roles
        current = current.orelse[0] if len(current.orelse) == 1 else None
    return None


def _is_role(module: Module, node: ast.expr) -> bool:
    if _field(node) is not None:
        return True
    return isinstance(node, ast.Name) and any(
        _field(end.node) is not None for end in origins(module, node, callers=False)
    )


def _loops(module: Module, branch: ast.If) -> bool:
    for around in module.ancestors(branch):
        if isinstance(around, (ast.For, ast.AsyncFor)):
            return True
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return False
    return False


def _passes_on(branch: ast.If) -> bool:
    """Return whether both branches put something into what is made: they append, add or write."""
    return all(
        any(
            isinstance(each, ast.AugAssign)
            or (isinstance(each, ast.Assign) and _is_content(each.value))
            or (
                isinstance(each, ast.Call)
                and called(each) in ("append", "extend", "append_message", "add", "write")
            )
            for statement in block
            for each in everything(statement)
            if not (isinstance(each, ast.AugAssign) and isinstance(each.value, ast.Constant))
        )
        for block in _blocks(branch)
    )


def _blocks(branch: ast.If) -> list[list[ast.stmt]]:
    blocks: list[list[ast.stmt]] = []
    current: ast.stmt | None = branch
    while isinstance(current, ast.If):
        blocks.append(current.body)
        current = current.orelse[0] if current.orelse else None
    return blocks


def _is_content(node: ast.expr) -> bool:
    """Return whether a value is what a turn says: `turn["content"]`, `turn.value`."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("strip", "get")
    ):
        if node.func.attr == "get":
            return (
                bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value in _CONTENTS
            )
        return _is_content(node.func.value)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value in _CONTENTS
    return isinstance(node, ast.Attribute) and node.attr in _CONTENTS


def _converts(block: list[ast.stmt]) -> bool:
    """Return whether a block writes a turn in another form, and does nothing else: no model is asked in between."""
    if len(block) != 1:
        return False
    added = [
        each.args[0] if isinstance(each, ast.Call) and each.args else getattr(each, "value", None)
        for each in everything(block[0])
        if isinstance(each, ast.AugAssign)
        or (isinstance(each, ast.Call) and called(each) in ("append", "add"))
    ]
    if isinstance(block[0], ast.Assign):
        return _is_content(block[0].value)
    return bool(added) and all(isinstance(each, (ast.Dict, ast.Tuple)) for each in added)


def _speaks_of_system(module: Module, node: ast.AST) -> bool:
    around = function_of(module, node)
    text = module.text if isinstance(around, ast.Module) else module.source(around)  # type: ignore[arg-type]
    return "system" in text.lower()


def _table(module: Module, node: ast.expr) -> set[str] | None:
    """Return the roles that a table maps, where it maps users and assistants and no system."""
    for end in origins(module, node, callers=False):
        if isinstance(end.node, ast.Dict):
            keys = {each.value for each in end.node.keys if isinstance(each, ast.Constant)}
            if keys & _USERS and keys & _ASSISTANTS and not keys & {"system", "System", "SYSTEM"}:
                return {str(each) for each in keys}
    return None
