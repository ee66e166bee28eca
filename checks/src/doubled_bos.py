"""A text that a chat template rendered is tokenised with special tokens once more.

## What it finds

`apply_chat_template(..., tokenize=False)`, whose text then goes to the tokenizer itself (`tokenizer(text)`,
`tokenizer.encode(text)`) without `add_special_tokens=False`. Files that name only models without a
begin-of-sequence token (Qwen, OLMo, Phi, SmolLM, Granite, ...) are left alone.

## Why it matters

The templates of Llama, Mistral, Gemma and others write the begin-of-sequence token themselves, and the tokenizer
puts another before it. A model that was trained on one is then measured on two (or the other way round), which
moves its answers by an amount that nobody asked for, in one arm of a comparison and not in another that tokenises
in one step.

## Example

    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    inputs = tokenizer(text, return_tensors="pt")           # <s><s>[INST] ...

## What to do

    inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)

or let `apply_chat_template` tokenise.

## Limits

Whether a tokenizer adds a token, and whether the template writes one, depends on the model. Processors of images and
sounds, and a text that was rendered in another function or by another object than the one that tokenises, are only
likely (`--pedantic`). A text that is given to an inference server is not followed.

## References

* transformers documentation, "Chat templates": "special tokens are already in the template".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import origins
from checks.src.forward import destinations
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import everything, function_of
from checks.src.shapes import called, is_log, keyword, same

_TOKENIZER = re.compile(r"tokenizer|(^|_)tok$|processing_class|processor$", re.IGNORECASE)
_BOTH = re.compile(
    r"llama[-_]?[23]|meta-llama|mistral|mixtral|gemma|\bbos\b|<s>|begin_of_text", re.IGNORECASE
)
_NEITHER = re.compile(r"qwen|olmo|pythia|neox|gpt-?2|smollm|phi-?[234]|falcon|granite", re.IGNORECASE)


@check(
    code="SRC013",
    name="doubled-bos",
    severity="warning",
    since="0.1.0",
    words=(("apply_chat_template",), ("tokenize",)),
)
def doubled_bos(module: Module) -> Iterator[Hit]:
    """Yield each tokenization with special tokens of a text that a template rendered."""
    rendered = [call for call in module.calls(("apply_chat_template",)) if _as_text(call)]
    if not rendered:
        return
    if _NEITHER.search(module.text) and not _BOTH.search(module.text):
        return
    yield from _tokenized_by_a_trainer(module, rendered)
    for call in module.all(ast.Call):
        text = _tokenized_text(call)
        if text is None or keyword(call, "add_special_tokens") is not None:
            continue
        if any(each.arg is None for each in call.keywords) or not any(
            _as_text(each) for each in _renderings(module, text)
        ):
            continue
        if _is_taken_away(module, call):
            continue
        yield Hit(
            call,
            "the chat template has written the special tokens, and this adds a begin-of-sequence token before them",
            "pass add_special_tokens=False, or let apply_chat_template tokenise",
            confidence="certain"
            if _by_one(module, call, text) and _is_used(module, call) and not _is_thought_of(module, call)
            else "likely",
        )


def _tokenized_by_a_trainer(module: Module, rendered: list[ast.Call]) -> Iterator[Hit]:
    """Yield renderings that become the text of rows, which TRL's trainer tokenises with special tokens again."""
    trains = [
        call
        for call in module.calls(("SFTTrainer",))
        if not any(each.arg == "formatting_func" for each in call.keywords)
    ]
    for call in rendered if trains else ():
        for use in destinations(module, call):
            if use.kind == "key" and isinstance(use.node, ast.Constant) and use.node.value == "text":
                yield Hit(
                    call,
                    "the chat template has written the special tokens, and SFTTrainer adds a begin-of-sequence token"
                    " to the rows' `text`",
                    "give SFTTrainer the messages themselves, or rows of input_ids",
                    confidence="likely",
                )
                break


def _is_used(module: Module, call: ast.Call) -> bool:
    """Return whether tokens get anywhere but into a count, a text or a message: to a model, or out of the function."""
    return any(
        use.kind == "return"
        or (use.kind == "argument" and isinstance(use.node, ast.Call) and not _only_tells(use.node))
        for use in destinations(module, call, made=True)
        if not any(isinstance(each, ast.Call) and _only_tells(each) for each in everything(use.value))
    ) or any(isinstance(each, (ast.Return, ast.Yield, ast.Lambda)) for each in module.ancestors(call))


def _only_tells(call: ast.Call) -> bool:
    return is_log(call) or called(call) in (
        "len",
        "decode",
        "batch_decode",
        "convert_ids_to_tokens",
        "str",
        "repr",
    )


def _by_one(module: Module, call: ast.Call, text: ast.expr) -> bool:
    """Return whether one tokenizer renders the text and tokenises it, in one function."""
    base = call.func
    if isinstance(base, ast.Attribute) and base.attr in ("encode", "encode_plus", "batch_encode_plus"):
        base = base.value
    if "processor" in module.source(base).lower() or any(
        keyword(call, each) is not None for each in ("images", "image", "videos", "audio", "audios")
    ):
        return False
    return any(
        isinstance(each.func, ast.Attribute)
        and same(each.func.value, base)
        and function_of(module, each) is function_of(module, call)
        and _as_text(each)
        for each in _renderings(module, text)
    )


def _renderings(module: Module, text: ast.expr, *, depth: int = 3) -> Iterator[ast.Call]:
    """Yield the calls that rendered a text, alone, in a list or with something behind it."""
    for end in origins(module, text):
        node = end.node
        if isinstance(node, ast.Call) and called(node) == "apply_chat_template":
            yield node
        parts: list[ast.expr] = []
        if isinstance(node, (ast.List, ast.Tuple)):
            parts = node.elts
        elif isinstance(node, ast.ListComp):
            parts = [node.elt]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left]
        for each in parts if depth else ():
            yield from _renderings(module, each, depth=depth - 1)


def _as_text(call: ast.Call) -> bool:
    tokenize = keyword(call, "tokenize")
    return isinstance(tokenize, ast.Constant) and tokenize.value is False


def _tokenized_text(call: ast.Call) -> ast.expr | None:
    """Return the text that a call of a tokenizer is given."""
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in ("encode", "encode_plus", "batch_encode_plus"):
        func = func.value
    elif isinstance(func, ast.Attribute) and not _TOKENIZER.search(func.attr):
        return None
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if not _TOKENIZER.search(name) or re.match(r"(load|get|build|make|auto|create)", name, re.IGNORECASE):
        return None
    return call.args[0] if call.args else keyword(call, "text")


def _is_thought_of(module: Module, call: ast.Call) -> bool:
    """Return whether the function speaks of the token, in a comment or by what it calls: it may be taken away there."""
    around = function_of(module, call)
    text = (
        module.source(around) if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)) else module.text
    )
    return bool(re.search(r"(?<![a-z])bos(?![a-z])", text, re.IGNORECASE))


def _is_taken_away(module: Module, call: ast.Call) -> bool:
    """Return whether the function asks for the token itself, and takes one of the two away."""
    for each in everything(function_of(module, call)):
        if isinstance(each, ast.Attribute) and each.attr in ("bos_token", "bos_token_id", "add_bos_token"):
            return True
        if isinstance(each, ast.Constant) and each.value in ("<s>", "<|begin_of_text|>", "<bos>"):
            return True
    return False
