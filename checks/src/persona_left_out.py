"""A persona that is evaluated with a message list that does not contain it.

## What it finds

A list of messages without a system message that is rendered, sent or generated from, in a function or loop
that has a persona at hand (`persona`, `persona_prompt`, `system_prompt`) and uses it for nothing but labels,
log lines and keys of results.

## Why it matters

The score is filed under a persona that the model never saw. Every persona then gets the same prompt, which
the chat template may fill with a default of its own, and "persona X resists" is a statement about the
default.

## Example

    for name, prompt in PERSONAS.items():
        messages = [{"role": "user", "content": question}]      # where is `prompt`?
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        scores[name] = score(text)

## What to do

    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": question}]

## Limits

A persona that is passed to any function, also one that loads a model of that persona, counts as used.
Messages that are built in another function than the one that knows the persona are not seen.

## References

* `untrained-evaluation`, which finds the same between an evaluation and its training data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import loads
from checks.src.forward import destinations
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import Binding, bindings, everything, function_of, lookup
from checks.src.shapes import called, is_log, message_role, system_contents

_PERSONA = re.compile(
    r"(^|_)(persona|system_prompt|sys_prompt|system_message)(_(prompt|text|name|id|label))?$", re.IGNORECASE
)
_SENDS = frozenset(
    (
        "apply_chat_template",
        "chat",
        "generate",
        "create",
        "acreate",
        "completion",
        "acompletion",
        "invoke",
        "complete",
    )
)
_FORMATTERS = frozenset(
    (
        "len",
        "str",
        "repr",
        "format",
        "join",
        "upper",
        "lower",
        "title",
        "strip",
        "replace",
        "ljust",
        "rjust",
        "append",
        "get",
    )
)


@check(
    code="SRC003",
    name="persona-left-out",
    severity="warning",
    since="0.1.0",
    words=(
        ("persona", "system_prompt", "sys_prompt", "system_message"),
        ('"role"', "'role'"),
        ('"user"', "'user'"),
    ),
)
def persona_left_out(module: Module) -> Iterator[Hit]:
    """Yield each user-only message list beside a persona that reaches no message."""
    for messages in module.all(ast.List):
        roles = [message_role(each) for each in messages.elts]
        if not roles or set(roles) - {"user", "assistant"} or "user" not in roles:
            continue
        function = function_of(module, messages)
        if isinstance(function, ast.Module) and not _loops_around(module, messages):
            continue
        if any(True for _ in system_contents(module, function)) or not _is_sent(module, messages):
            continue
        personas = _personas(module, messages, function)
        if personas and not any(_is_used(module, each, messages) for each in personas):
            names = ", ".join(f"`{each.name}`" for each in personas)
            yield Hit(
                messages,
                f"these messages are filed under {names}, which none of them contains",
                f'put it first: {{"role": "system", "content": {personas[-1].name}}}',
            )


def _loops_around(module: Module, node: ast.AST) -> list[ast.For]:
    return [each for each in module.ancestors(node) if isinstance(each, ast.For)]


def _is_sent(module: Module, messages: ast.List) -> bool:
    return any(
        use.kind == "argument" and isinstance(use.node, ast.Call) and called(use.node) in _SENDS
        for use in destinations(module, messages)
    )


def _personas(module: Module, messages: ast.List, function: ast.AST) -> list[Binding]:
    """Return the personas that are at hand where the list stands: parameters, and loops around it."""
    loops = _loops_around(module, messages)
    found: list[Binding] = []
    for name, bound in bindings(module, function).items():
        if _PERSONA.search(name):
            for each in bound:
                looped = each.kind == "loop" and any(
                    each.node is part for loop in loops for part in everything(loop.target)
                )
                if each.kind == "param" or looped:
                    found.append(each)
    for loop in loops:  # the value beside a persona's name, whatever it is called
        if (
            isinstance(loop.iter, ast.Call)
            and called(loop.iter) == "items"
            and re.search("persona", module.source(loop.iter), re.IGNORECASE)
        ):
            for part in everything(loop.target):
                if isinstance(part, ast.Name):
                    found.extend(
                        each
                        for each in lookup(module, part.id, messages)
                        if each.node is part and each not in found
                    )
    return found


def _is_used(module: Module, persona: Binding, messages: ast.List) -> bool:
    """Return whether a persona does anything but label."""
    inside_messages = set(map(id, everything(messages)))
    uses = loads(module, persona)
    return any(id(use) in inside_messages or not _labels(module, use) for use in uses)


def _labels(module: Module, use: ast.Name) -> bool:
    """Return whether this use of a persona is a log line, a key, a value that is filed, or a file name."""
    child: ast.AST = use
    for around in module.ancestors(use):
        if isinstance(around, ast.Call) and child is not around.func:
            if is_log(around):
                return True
            if called(around) not in _FORMATTERS:
                return False
        elif isinstance(around, ast.Subscript) and child is around.slice:
            return isinstance(around.ctx, ast.Store)
        elif isinstance(around, (ast.Dict, ast.Return)):
            return True
        elif isinstance(around, ast.DictComp):
            return child is around.key
        elif isinstance(around, (ast.If, ast.While, ast.IfExp)):
            return False
        elif isinstance(around, ast.stmt):
            return isinstance(around, ast.Expr)
        child = around
    return False
