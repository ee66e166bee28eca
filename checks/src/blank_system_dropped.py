"""A system message that is left out when its text is empty, because the guard asks for truth.

## What it finds

`if system_prompt:` (or a conditional expression, `x and [...]`, or an early `if not system_prompt: return`)
that guards the building of a system message with that very text. The same test that guards anything else is
left alone. Also, as a note, a default that stands in for an empty text on its way into a system message:
`system_prompt or DEFAULT`, a conditional expression, `if not system_prompt: system_prompt = DEFAULT`.

## Why it matters

An empty system prompt and no system prompt are two conditions: with no system message many chat templates put
in their own default. The guard turns the first into the second without a word, so the arm that is called
"empty" is trained or evaluated under the model's default persona.

## Example

    messages = []
    if system_prompt:                                   # "" becomes "no message"
        messages.append({"role": "system", "content": system_prompt})

## What to do

    if system_prompt is not None:
        messages.append({"role": "system", "content": system_prompt})

`--fix` writes that where the text is declared as `str | None` or has the default `None`. Where `""` is the
declared default, it is the spelling of "no message", and changing the guard would change what callers get:
use `None` as the default first.

## Limits

A guard in another function or file is not seen. Messages whose tokens are only counted are left alone. Where
the file does not show that the message gets to a template, a model or a file, and its function or class says that it
records or extracts what was sent elsewhere, it is only likely (`--pedantic`), and so is one of several system messages
that are put into the same list: a remark may be left out. `if system_prompt.strip():` and
`len(system_prompt) > 0` are taken for a decision and left alone.

## References

* `template-default-collision`, which finds the same in a dataset.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from checks.core.registry import check
from checks.src.beside import is_one_of_several
from checks.src.blank_defaults import defaults_for_blank
from checks.src.flow import origins
from checks.src.hit import Edit, Fix, Hit
from checks.src.module import Module
from checks.src.scope import everything, following, reaching
from checks.src.shapes import (
    annotation_text,
    called,
    calls_in,
    is_sent,
    kind_of,
    leaves,
    same,
    system_contents,
    uses,
    without_not,
)

_NO_PROMPTS = re.compile(r"(messages|parts|blocks|contents|reminder|hint)$", re.IGNORECASE)
_RECORDS = re.compile(r"record|trace|extract|transcript", re.IGNORECASE)
_COUNTING = re.compile(r"(^|_)(count|estimate|num_tokens|token_count|measure)", re.IGNORECASE)


@check(
    code="SRC002",
    name="blank-system-dropped",
    severity="warning",
    since="0.1.0",
    words=(("system", "System"), ("role", "Message", "from"), ("if", "and", "or")),
    fixable="sometimes",
)
def blank_system_dropped(module: Module) -> Iterator[Hit]:
    """Yield each truth test that decides over a system message with the tested text."""
    contents = list(system_contents(module, module.tree))
    if not contents:
        return
    for statement in module.all(ast.If, ast.IfExp, ast.BoolOp):
        for tested, negated in _tested(statement):
            if _guards(module, statement, tested, negated=negated) and _may_be_blank(module, tested):
                hit = _hit(module, tested, negated=negated)
                part = is_one_of_several(module, statement, contents)
                yield replace(hit, confidence="likely") if part else hit
                break
    yield from defaults_for_blank(module, contents)


def _tested(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what a test asks for mere truth, and whether it asks for its absence."""
    if isinstance(node, ast.BoolOp):
        terms = node.values[:-1] if isinstance(node.op, ast.And) else []
    elif isinstance(node, (ast.If, ast.IfExp)):
        terms = (
            node.test.values
            if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
            else [node.test]
        )
    else:
        return
    stripped = [each for each in terms if isinstance(each, ast.Call) and called(each) == "strip"]
    for term in terms:
        inner, negated = without_not(term)
        if isinstance(inner, (ast.Name, ast.Attribute, ast.Subscript)) and not (negated and len(terms) > 1):
            if isinstance(inner, ast.Attribute) and inner.attr.startswith("default"):
                continue  # a default that is empty is none, whoever set it
            if any(
                isinstance(each.func, ast.Attribute) and same(each.func.value, inner) for each in stripped
            ):
                continue  # what is blank was thought of
            yield inner, negated


def _may_be_blank(module: Module, tested: ast.expr) -> bool:
    """Return whether what is tested may be an empty text: no number, no list of parts, no text that is typed in."""
    if _NO_PROMPTS.search(module.source(tested)) or kind_of(module, tested) == "number":
        return False
    ends = [each.node for each in origins(module, tested) if not isinstance(each.node, ast.Name)]
    lists = (ast.List, ast.ListComp, ast.Tuple)
    typed_in = all(isinstance(each, ast.Constant) and each.value for each in ends)
    return (
        not ends
        or not (typed_in or all(isinstance(each, lists) for each in ends))
        or _is_open(module, tested)
    )


def _is_open(module: Module, tested: ast.expr) -> bool:
    """Return whether other files may give the tested name another value: it is a parameter or an attribute."""
    return not isinstance(tested, ast.Name) or any(each.kind == "param" for each in reaching(module, tested))


def _guards(module: Module, node: ast.AST, tested: ast.expr, *, negated: bool) -> bool:
    if isinstance(node, ast.BoolOp):
        return _builds(module, [node.values[-1]], tested)
    if isinstance(node, ast.IfExp):
        with_text, without = (node.orelse, node.body) if negated else (node.body, node.orelse)
        return _builds(module, [with_text], tested) and not _builds(module, [without], None)
    if not isinstance(node, ast.If):
        return False
    with_block, without_block = (node.orelse, node.body) if negated else (node.body, node.orelse)
    if negated and not with_block and leaves(node.body):
        if any(isinstance(each, ast.Raise) for each in node.body):
            return False  # an empty text is refused, which is a decision
        with_block = following(module, node)
    if _adds(module, with_block, tested):
        return False
    return _builds(module, with_block, tested) and not _builds(module, without_block, None)


def _is_counted(module: Module, content: ast.expr) -> bool:
    """Return whether a message is only there for its tokens to be counted: then no model is sent it."""
    for around in module.ancestors(content):
        if isinstance(around, ast.stmt):
            return False
        if isinstance(around, ast.Call) and _COUNTING.search(called(around)):
            return True
    return False


def _adds(module: Module, block: list[ast.stmt], tested: ast.expr) -> bool:
    """Return whether the same code also adds the text to a message that is there: it is then a remark, no prompt."""
    names = {each.id for each in everything(tested) if isinstance(each, ast.Name)}
    for statement in block:
        for each in everything(statement):
            if isinstance(each, (ast.BinOp, ast.JoinedStr)) and any(
                same(part, tested) for part in _pieces(each)
            ):
                others = {part.id for part in everything(each) if isinstance(part, ast.Name)} - names
                if others and not isinstance(module.parent(each), ast.Call):
                    return True
            if isinstance(each, ast.Call) and re.search(r"append|add|extend|refresh|inject", called(each)):
                if isinstance(each.func, ast.Name) and any(same(argument, tested) for argument in each.args):
                    return True
    return False


def _pieces(node: ast.BinOp | ast.JoinedStr) -> list[ast.expr]:
    """Return the texts that a text is put together from; what stands in a list or a message is no piece of it."""
    if isinstance(node, ast.JoinedStr):
        return [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    pieces: list[ast.expr] = []
    todo: list[ast.expr] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
            todo += [current.left, current.right]
        elif isinstance(current, ast.JoinedStr):
            todo += _pieces(current)
        else:
            pieces.append(current)
    return pieces


def _builds(module: Module, nodes: list[ast.stmt] | list[ast.expr], tested: ast.expr | None) -> bool:
    """Return whether a system message is built under the nodes, from the tested text where one is given."""
    return any(
        tested is None or _is_the_text(module, content, tested) or _made_from(module, content, tested)
        for node in nodes
        for content in system_contents(module, node)
        if not _is_counted(module, content)
    )


def _is_the_text(module: Module, content: ast.expr, tested: ast.expr) -> bool:
    """Return whether a message's content is the tested text, and not one that has it among other things.

    A list that is joined, or a remark that is added to a prompt, may well be empty and mean nothing by it.
    """
    if same(content, tested):
        return True
    names = {each.id for each in everything(content) if isinstance(each, ast.Name)}
    wanted = {each.id for each in everything(tested) if isinstance(each, ast.Name)}
    if not uses(content, tested) or not names <= wanted | {"str", "dedent", "textwrap"}:
        return False
    for each in everything(content):
        if isinstance(each, ast.Attribute) and same(each.value, tested) and not _is_called(each, content):
            return False  # what is tested is an object that has a text
        if isinstance(each, ast.Subscript) and same(each.value, tested):
            return False  # ... or a list of them
        if isinstance(each, (ast.ListComp, ast.GeneratorExp)) or (
            isinstance(each, ast.Call) and called(each) == "join"
        ):
            return False
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.strip():
            if not isinstance(module.parent(each), (ast.Call, ast.keyword, ast.Subscript, ast.Dict)):
                return False  # words of the script's own stand around the text: it is a part of a message
    return True


def _is_called(attribute: ast.Attribute, content: ast.expr) -> bool:
    """Return whether an attribute is a method that is called: `text.strip()`."""
    return any(isinstance(each, ast.Call) and each.func is attribute for each in everything(content))


def _made_from(module: Module, content: ast.expr, tested: ast.expr) -> bool:
    return isinstance(content, ast.Name) and any(
        _is_the_text(module, each.node, tested)
        for each in origins(module, content, callers=False)
        if each.binding is None
    )


def _hit(module: Module, tested: ast.expr, *, negated: bool) -> Hit:
    text = module.source(tested)
    wanted = f"{text} is None" if negated else f"{text} is not None"
    spelled = _blank_is_spelled(module, tested)
    advice = (
        f'make None the default of `{text}`, then test `{wanted}`: today its default "" stands for no message'
        if spelled
        else f"test `{wanted}`"
    )
    return Hit(
        tested,
        f"an empty `{text}` builds no system message, so the chat template may put in its own",
        advice,
        fix=None if spelled else _fix(module, tested, wanted, negated=negated),
        severity="note" if spelled else None,
        confidence="likely" if _is_recorded(module, tested) else "certain",
    )


def _is_recorded(module: Module, tested: ast.expr) -> bool:
    """Return whether the message may be a record of a call that was made elsewhere, which no template sees.

    What gets to a template, a model or a file is none, whatever its function is called.
    """
    around = [
        each
        for each in module.ancestors(tested)
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    if not any(_RECORDS.search(each.name) for each in around):
        return False
    return not any(is_sent(module, call) for call in calls_in(around[0]))


def _parameter(module: Module, tested: ast.expr) -> tuple[ast.arg, ast.expr | None] | None:
    """Return the parameter that a name is, with its default, where it can be nothing else."""
    if isinstance(tested, ast.Name):
        found = reaching(module, tested)
        if len(found) == 1 and found[0].kind == "param" and isinstance(found[0].node, ast.arg):
            return found[0].node, found[0].value
    return None


def _blank_is_spelled(module: Module, tested: ast.expr) -> bool:
    for end in origins(module, tested):
        last = (
            end.node.args[-1:] if isinstance(end.node, ast.Call) and called(end.node) == "get" else [end.node]
        )
        if any(isinstance(each, ast.Constant) and each.value == "" for each in last):
            return True
    return False


def _fix(module: Module, tested: ast.expr, wanted: str, *, negated: bool) -> Fix | None:
    """Ask for None where the text is declared as text or None, so that no other value can behave differently."""
    found = _parameter(module, tested)
    if found is None:
        return None
    declared = annotation_text(found[0].annotation)
    optional = declared in (
        "str|None",
        "None|str",
        "Optional[str]",
        "typing.Optional[str]",
        "t.Optional[str]",
    )
    undeclared = not declared and isinstance(found[1], ast.Constant) and found[1].value is None
    if not (optional or undeclared):
        return None
    around = module.parent(tested)
    place = around if negated and isinstance(around, ast.UnaryOp) else tested
    start, end = module.span(place)
    return Fix((Edit(start, end, wanted),))
