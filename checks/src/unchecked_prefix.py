"""Prompt and completion are cut at the length of the prompt's tokens, and nothing checks that the one begins so.

## What it finds

Two tokenizations, of a prompt and of a longer text, where the length of the first is used to mask or slice
the second, or what a model gives for the second (hidden states, logits), and the function never compares the two
beginnings. It is certain where the cut decides about labels, or about what a model gives; elsewhere it is likely
(`--pedantic`).

## Why it matters

A tokenizer may merge the last characters of the prompt with the first of the completion, and a chat template
may render a conversation without its answer differently. The mask is then off by a token or more: loss on the
prompt, none on the answer, or the score of another token. It happens for some rows and not for others, by
their text.

## Example

    prompt_ids = tokenizer(prompt)["input_ids"]
    full_ids = tokenizer(prompt + answer)["input_ids"]
    labels = [-100] * len(prompt_ids) + full_ids[len(prompt_ids):]

## What to do

    if full_ids[:len(prompt_ids)] != prompt_ids:
        raise ValueError("the prompt's tokens do not begin the whole row's")

or tokenize prompt and completion by themselves and put the tokens together.

## Limits

Tokens that are put together (`prompt_ids + answer_ids`) and what `generate` returns begin with the prompt by
construction, and are left alone. A tokenization inside another function of another file is not seen.

## References

* `prompt-not-prefix`, which renders and tokenizes a dataset's rows and compares.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import origins
from checks.src.hit import Hit
from checks.src.module import Module, children
from checks.src.scope import everything, function_of, lookup
from checks.src.shapes import called, keyword

_TOKENIZES = frozenset(("encode", "tokenize", "encode_plus", "convert_tokens_to_ids", "__call__"))
_TOKENIZER = re.compile(r"tokenizer|(^|_)tok$|processor|processing_class|(^|_)enc$", re.IGNORECASE)
_OF_A_MODEL = frozenset(("hidden_states", "last_hidden_state", "logits"))
_CONVERTS = frozenset(
    (
        "tolist",
        "to",
        "clone",
        "copy",
        "squeeze",
        "list",
        "tensor",
        "LongTensor",
        "detach",
        "cpu",
        "cuda",
        "deepcopy",
        "unsqueeze",
        "as_tensor",
    )
)


@check(
    code="SRC012",
    name="unchecked-prefix",
    severity="warning",
    since="0.1.0",
    words=(("tokenizer", "tok", "processor", "processing_class"), ("len(", ".shape", ".size"), (":",)),
)
def unchecked_prefix(module: Module) -> Iterator[Hit]:
    """Yield each cut of one tokenization at the length of another."""
    if not (
        "tokenizer" in module.text
        or "tok(" in module.text
        or "tok." in module.text
        or "process" in module.text
    ):
        return
    reported: set[tuple[ast.AST, ast.AST]] = set()
    said: set[ast.AST] = set()
    for cut, bounds in _cuts(module):
        for bound in bounds:
            if cut in said:
                break
            prompt = _tokenized(module, _measured(module, bound))
            whole = _tokenized(module, cut.value) if prompt is not None else None
            if prompt is None or whole is None or whole is prompt or not _is_longer(module, prompt, whole):
                continue
            function = function_of(module, cut)
            if (prompt, whole) in reported or _is_compared(function):
                continue
            reported.add((prompt, whole))
            said.add(cut)
            yield Hit(
                cut,
                f"this cuts {_what(module, cut)} of line {whole.lineno} at the length of those of line {prompt.lineno},"
                " and nothing checks that the one begins with the other",
                "compare whole[:len(prompt)] with prompt and raise, or put separately made tokens together",
                confidence="certain" if _decides(module, cut) else "likely",
            )


def _cuts(module: Module) -> Iterator[tuple[ast.Subscript, list[ast.expr]]]:
    """Yield slices with their bounds, and what a loop up to a length writes one by one: `labels[i] = -100`."""
    for cut in module.all(ast.Subscript):
        yield cut, list(_bounds(cut))
    for loop in module.all(ast.For):
        counts = loop.iter
        if (
            not isinstance(counts, ast.Call)
            or called(counts) != "range"
            or not isinstance(loop.target, ast.Name)
        ):
            continue
        for statement in loop.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if (
                isinstance(target, ast.Subscript)
                and isinstance(target.slice, ast.Name)
                and target.slice.id == loop.target.id
            ):
                yield target, counts.args[-1:] if len(counts.args) < 3 else []


def _what(module: Module, cut: ast.Subscript) -> str:
    return "what a model gives for the tokens" if _is_output(module, cut.value) else "the tokens"


def _decides(module: Module, cut: ast.Subscript) -> bool:
    """Return whether what is cut is labels, or what a model gives: what is learnt or read off is then shifted."""
    if _is_output(module, cut.value):
        return True
    around = module.statement(cut)
    text = module.source(around) if around is not None else ""
    return isinstance(cut.ctx, ast.Store) or "-100" in text or "ignore_index" in text.lower()


def _is_output(module: Module, node: ast.expr) -> bool:
    """Return whether a value is what a model gives: hidden states or logits."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("hidden_states", "last_hidden_state", "logits")
        for end in origins(module, node, callers=False)
        for each in everything(end.node)
    )


def _bounds(cut: ast.Subscript) -> Iterator[ast.expr]:
    """Yield the one bound of each slice in a subscript that cuts at a place."""
    parts = cut.slice.elts if isinstance(cut.slice, ast.Tuple) else [cut.slice]
    for part in parts:
        if isinstance(part, ast.Slice) and part.step is None:
            yield from (
                each
                for each in (part.lower, part.upper)
                if each is not None and not isinstance(each, ast.Constant)
            )


def _measured(module: Module, bound: ast.expr, *, depth: int = 4) -> ast.expr | None:
    """Return what a bound is the length of: `len(x)`, `x.shape[1]`, `x.size(1)`, one less or through a name."""
    if depth <= 0:
        return None
    for end in origins(module, bound, callers=False):
        node = end.node
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, (ast.Sub, ast.Add))
            and isinstance(node.right, ast.Constant)
        ):
            return _measured(module, node.left, depth=depth - 1)
        if isinstance(node, ast.Call) and called(node) == "len" and node.args:
            return node.args[0]
        if isinstance(node, ast.Call) and called(node) == "size" and isinstance(node.func, ast.Attribute):
            return node.func.value
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "shape"
        ):
            return node.value.value
    return None


def _tokenized(module: Module, node: ast.expr | None, *, depth: int = 6) -> ast.Call | None:
    """Return the call that made some tokens, through `["input_ids"]`, conversions and copies."""
    if node is None or depth <= 0:
        return None
    for end in origins(module, node, callers=False):
        current = end.node
        if isinstance(current, ast.Attribute) and current.attr in _OF_A_MODEL:
            made = next((each.node for each in origins(module, current.value, callers=False)), None)
            if isinstance(made, ast.Call):  # `model(full_ids).hidden_states`
                given = [*made.args[:1], *(keyword(made, name) for name in ("input_ids", "inputs"))]
                given += [each.value for each in made.keywords if each.arg is None]
                for each in given:
                    found = _tokenized(module, each, depth=depth - 1)
                    if found is not None:
                        return found
            return None
        if isinstance(current, ast.Attribute) and current.attr in ("input_ids", "ids", "data"):
            return _tokenized(module, current.value, depth=depth - 1)
        if isinstance(current, ast.Subscript) and not isinstance(current.slice, ast.Slice):
            return _tokenized(module, current.value, depth=depth - 1)
        if isinstance(current, ast.Call):
            if _tokenizes(current):
                return current
            if called(current) in _CONVERTS:
                inner = current.args[0] if current.args and not _is_method(current) else None
                if inner is None and isinstance(current.func, ast.Attribute):
                    inner = current.func.value
                return _tokenized(module, inner, depth=depth - 1)
    return None


def _is_method(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and called(call) in (
        "to",
        "tolist",
        "clone",
        "squeeze",
        "detach",
        "cpu",
        "cuda",
        "unsqueeze",
        "copy",
    )


def _tokenizes(call: ast.Call) -> bool:
    if called(call) == "apply_chat_template":
        untokenized = keyword(call, "tokenize")
        return not (isinstance(untokenized, ast.Constant) and untokenized.value is False)
    if isinstance(call.func, ast.Attribute) and call.func.attr in _TOKENIZES:
        base = call.func.value
        return bool(
            _TOKENIZER.search(
                base.attr
                if isinstance(base, ast.Attribute)
                else base.id
                if isinstance(base, ast.Name)
                else ""
            )
        )
    return (
        bool(_TOKENIZER.search(called(call)))
        and not re.match(r"(load|get|build|make|Auto|create)", called(call))
        and bool(call.args)
    )


def _is_longer(module: Module, prompt: ast.Call, whole: ast.Call) -> bool:
    """Return whether the second text is made from the first and more, as far as the file shows it."""
    first, second = _text(prompt), _text(whole)
    if first is None or second is None:
        return False
    firsts = {_key(module, each) for each in _closure(module, first)}
    seconds = {_key(module, each) for each in _closure(module, second)}
    return bool(firsts & seconds) and _key(module, first) != _key(module, second)


def _text(call: ast.Call) -> ast.expr | None:
    return (
        call.args[0]
        if call.args
        else keyword(call, "text") or keyword(call, "conversation") or keyword(call, "messages")
    )


def _closure(module: Module, node: ast.expr, *, depth: int = 4) -> Iterator[ast.expr]:
    """Yield the names and accesses that a text is made from, also through variables."""
    todo: list[tuple[ast.AST, int]] = [(node, depth)]
    seen: set[ast.AST] = set()
    while todo:
        current, left = todo.pop()
        if current in seen or len(seen) > 100:
            continue
        seen.add(current)
        if isinstance(current, (ast.Name, ast.Subscript, ast.Attribute)):
            yield current
        if isinstance(current, ast.Name) and left:
            todo.extend(
                (end.node, left - 1) for end in origins(module, current, callers=False) if end.binding is None
            )
        elif isinstance(current, ast.Call):
            todo.extend((each, left) for each in (*current.args, *(item.value for item in current.keywords)))
            if isinstance(current.func, ast.Attribute):
                todo.append((current.func.value, left))
        else:
            todo.extend((each, left) for each in children(current) if not isinstance(each, ast.expr_context))


def _key(module: Module, node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        found = lookup(module, node.id, node)
        return f"{node.id}@{id(found[0].scope)}" if found else node.id
    return "".join(module.source(node).split())


def _is_compared(function: ast.AST) -> bool:
    """Return whether the function compares tokens, or asks a tokenizer for what makes a comparison needless."""
    for each in everything(function):
        if isinstance(each, ast.Compare) and any(
            isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice)
            for part in (each.left, *each.comparators)
        ):
            return True
        if isinstance(each, ast.Call) and (
            called(each) in ("startswith", "array_equal", "equal", "assert_array_equal")
            or keyword(each, "return_assistant_tokens_mask")
        ):
            return True
        if isinstance(each, ast.Call) and keyword(each, "return_offsets_mapping") is not None:
            return True
        if isinstance(each, ast.Call) and re.search(r"prefix", called(each)):
            return True
    return False
