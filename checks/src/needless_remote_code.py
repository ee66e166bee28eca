"""Code from a model's repository is allowed to run, and the model does not need it.

## What it finds

`trust_remote_code=True` for a model whose architecture is part of transformers (Qwen2.5, Llama, Mistral,
Gemma, Phi-3, OLMo, Pythia, GPT-2, SmolLM, ...), named in the call or through variables, defaults and helper
functions of the file; and, where the call loads a local folder, in a file that names only such models. Also
for `datasets.load_dataset`, which since version 4 runs no code from a repository.

## Why it matters

The repository's files then decide what runs, and they can change between two runs of the same script: another
tokenizer or template is another experiment, besides being a door to anything else.

## Example

    model = AutoModelForCausalLM.from_pretrained("Qwen/Qwen2.5-7B-Instruct", trust_remote_code=True)

## What to do

    model = AutoModelForCausalLM.from_pretrained("Qwen/Qwen2.5-7B-Instruct")

`--fix` removes it where the model is named and known.

## Limits

A model that is not in the table, or that only the user knows (a path from the command line in a file that
names none), is left alone. So is a path that an option or a parameter gives, and a branch for loading scripts
(`.py`) of older versions of `datasets`.

## References

* transformers documentation, "Custom models".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import constant, origins
from checks.src.hit import Edit, Fix, Hit
from checks.src.known_models import native_type
from checks.src.module import Module
from checks.src.scope import everything, qualified, reaching
from checks.src.shapes import called, keyword, names_in

_KEYWORD = "trust_remote_code"
_LOADERS = re.compile(
    r"^(from_pretrained|from_config|pipeline|LLM|AsyncLLMEngine|EngineArgs|AsyncEngineArgs|HFLM|SentenceTransformer|load_model|FastLanguageModel)$"
)
_MODEL_KEYWORDS = (
    "pretrained_model_name_or_path",
    "model",
    "model_name",
    "model_id",
    "pretrained",
    "model_name_or_path",
    "tokenizer",
)
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
_ASKS = frozenset(("os.environ.get", "os.getenv", "builtins.input"))
_NOT_MODELS = re.compile(
    r"^(data|datasets?|results?|outputs?|models?|checkpoints?|configs?|scripts?|src|text|application|image)/|\.(jsonl?|csv|py|txt|ya?ml|parquet)$"
)


@check(
    code="SRC010",
    name="needless-remote-code",
    severity="warning",
    since="0.1.0",
    words=((_KEYWORD,),),
    fixable="sometimes",
)
def needless_remote_code(module: Module) -> Iterator[Hit]:
    """Yield each permission to run a repository's code that nothing needs."""
    for call in module.all(ast.Call):
        allowed = next((each for each in call.keywords if each.arg == _KEYWORD), None)
        if allowed is None or constant(module, allowed.value) is not True:
            continue
        if (qualified(module, call.func) or "").startswith("datasets.") or called(call) == "load_dataset":
            if _is_for_scripts(module, call):
                continue
            yield Hit(
                allowed.value,
                "`datasets` runs no code from a repository since version 4: this only asks for an error message",
                "remove `trust_remote_code=True`",
            )
            continue
        if not _LOADERS.match(called(call)):
            continue
        names = _names(module, call)
        if _is_parameter(module, allowed.value) and _is_open(module, call):
            continue  # an option beside the option that says which model: only who calls knows both
        if names and all(native_type(name) for name in names):
            name = sorted(names)[0]
            yield Hit(
                allowed.value,
                f"`{name}` is a {native_type(name)} model, which transformers has itself:"
                " no code from its repository is needed",
                "remove `trust_remote_code=True`",
                fix=_removal(module, allowed),
            )
        elif not names and _is_made_here(module, call) and (known := _only_known(module)):
            yield Hit(
                allowed.value,
                f"the models that this file names ({', '.join(f'`{each}`' for each in known)})"
                " need no code from a repository",
                "remove `trust_remote_code=True`, or make it an option that is off",
                confidence="likely" if _depends_on_caller(module, call) else "certain",
            )


def _depends_on_caller(module: Module, call: ast.Call) -> bool:
    """Return whether what is loaded is, or is made from, what another file, a user or the environment gives."""
    model = _model(call)
    return model is not None and any(
        (end.binding is not None and end.binding.kind == "param")
        or (qualified(module, end.node.func) if isinstance(end.node, ast.Call) else "") in _ASKS
        for name in names_in(model)
        for end in origins(module, name)
    )


def _is_parameter(module: Module, node: ast.expr) -> bool:
    """Return whether an expression is a parameter of a function."""
    return isinstance(node, ast.Name) and any(each.kind == "param" for each in reaching(module, node))


def _is_open(module: Module, call: ast.Call) -> bool:
    """Return whether the model that a call loads is a parameter, which other files may give."""
    model = _model(call)
    return model is not None and any(
        end.binding is not None and end.binding.kind == "param" for end in origins(module, model)
    )


def _is_for_scripts(module: Module, call: ast.Call) -> bool:
    """Return whether this loads a local script, which older versions of `datasets` do run: a path or branch says so."""
    tests = [around.test for around in module.ancestors(call) if isinstance(around, ast.If)]
    paths = [end.node for each in call.args[:1] for end in origins(module, each)]
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.endswith(".py")
        for node in (*tests, *paths)
        for each in everything(node)
    )


def _model(call: ast.Call) -> ast.expr | None:
    """Return the argument that says which model a call loads."""
    model = next((value for name in _MODEL_KEYWORDS if (value := keyword(call, name)) is not None), None)
    if model is None and call.args:
        return call.args[-1] if called(call) == "pipeline" and len(call.args) > 1 else call.args[0]
    return model


def _names(module: Module, call: ast.Call) -> set[str]:
    """Return the hub ids that a call may load; empty where one of them cannot be said."""
    model = _model(call)
    if model is None:
        return set()
    found: set[str] = set()
    for end in origins(module, model):
        if isinstance(end.node, ast.Constant) and isinstance(end.node.value, str):
            found.add(end.node.value)
        elif end.binding is None or end.binding.kind != "param":
            return set()
    return found


def _is_made_here(module: Module, call: ast.Call) -> bool:
    """Return whether a call loads from a path that the file itself makes, as a merged or trained model's is."""
    ends = [
        end
        for each in call.args[:1]
        for end in origins(module, each)
        if end.binding is None or end.binding.kind != "param"
    ]
    return bool(ends) and all(
        isinstance(end.node, (ast.Call, ast.BinOp, ast.JoinedStr, ast.Constant)) and not _asks_user(end.node)
        for end in ends
    )


def _asks_user(node: ast.expr) -> bool:
    """Return whether a value is an option of the command line or a setting, which only the user knows."""
    return any(
        isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and re.search(r"arg|config|cfg|opt|self", each.value.id)
        for each in everything(node)
    )


def _only_known(module: Module) -> list[str]:
    """Return the hub ids of models that the file names, if there are any and all are known."""
    found: set[str] = set()
    for each in module.all(ast.Constant):
        if (
            isinstance(each.value, str)
            and len(each.value) < 100
            and _HUB_ID.match(each.value)
            and not _NOT_MODELS.search(each.value)
        ):
            found.add(each.value)
    known = sorted(name for name in found if native_type(name))
    other = [
        name
        for name in found
        if not native_type(name)
        and re.search(r"\d+(\.\d+)?[bBmM]\b|-(instruct|chat|base|it)\b", name, re.IGNORECASE)
    ]
    return known[:3] if known and not other else []


def _removal(module: Module, allowed: ast.keyword) -> Fix | None:
    """Take the keyword out together with the comma that belongs to it."""
    start = module.offset(allowed.lineno, allowed.col_offset)
    end = module.span(allowed.value)[1]
    after = re.compile(r"[ \t]*,[ \t]*").match(module.text, end)
    before = re.compile(r",\s*$").search(module.text, 0, start)
    line_start = module.text.rfind("\n", 0, start) + 1
    own_line = not module.text[line_start:start].strip()
    if after is not None:
        end = after.end()
        rest = re.compile(r"\r?\n").match(module.text, end)
        if own_line and rest is not None:
            start, end = line_start, rest.end()
        elif "#" in module.text[end : module.text.find("\n", end)] and own_line:
            return None
    elif before is not None and "#" not in module.text[before.start() : start]:
        start = before.start()
    else:
        return None
    return Fix((Edit(start, end, ""),))
