"""A result or data file that is taken again only because it is there.

## What it finds

A test that a file exists, which leads to loading it or to skipping the work, in a function that otherwise
writes that very file, where neither the file's name nor anything that is compared says what the file was made
from.

## Why it matters

After a change of the data, the seed or the code, the run reports the numbers of the old one. Arms whose data
was rebuilt are compared with arms whose data was not, and nothing in the output shows it.

## Example

    if result_path.exists():
        return json.loads(result_path.read_text())      # of which data? of which code?
    result = train_and_evaluate(data, config)
    result_path.write_text(json.dumps(result))

## What to do

Reuse by key: write a digest of data, configuration, model and versions beside the result (or into its name),
and reuse it only when the digest is the same. Otherwise compute it again.

## Limits

A name that holds a digest, a fingerprint or a version counts as a key, and so does a comparison with one, or of
what is stored with what is wanted, before the file is used. Downloads and conversions (what is fetched, copied or made
by another program), settings, credentials, sources, pictures and facts about the machine are left alone, and so is a
test that also asks an option (`force`, `overwrite`, `skip_existing`). Writers are followed into functions of the file;
a function of another file is one where its parameter is called `output_path` or the like.

## References

* `audit-not-bound`, which finds results that belong to other data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import argument_for, functions_called, is_self, loads, origins
from checks.src.hit import Hit
from checks.src.module import Module
from checks.src.scope import bindings, everything, following, function_of, qualified, reaching
from checks.src.shapes import (
    called,
    calls_in,
    calls_in_block,
    is_log,
    keyword,
    last_name,
    leaves,
    names_in,
    same,
    short,
    without_not,
)

_KEYED = re.compile(
    r"hash|digest|sha\d*|md5|finger_?print|etag|uuid|checksum|crc|version|commit|revision|stamp|mtime|signature|cache_key|valid|stale|verif|newer|up_to_date|manifest",
    re.IGNORECASE,
)
_LOADS = re.compile(r"^(load|loads|read|parse|from_|open$|restore)", re.IGNORECASE)
_WRITES = re.compile(
    r"^(write|save|dump|to_(csv|json|parquet|pickle|disk|jsonl)|export|savez|store)", re.IGNORECASE
)
_KEEPS = frozenset(
    ("dump", "to_json", "to_csv", "to_parquet", "save_to_disk", "savez", "writerows", "write_jsonl")
)
_OUTPUT = re.compile(
    r"^(out|output|save|dest|destination|target|result|results|write|dump|cache)(_?(to|path|file|filename|fn|name|dir))?$"
    r"|^(path|file|filename)_?out$|^to$",
    re.IGNORECASE,
)
"""Names of parameters, in other files, that say where to write."""
_FETCHERS = re.compile(
    r"^(requests|httpx|aiohttp|urllib\.request|urllib3|wget|gdown|kagglehub|ftplib|boto3|gcsfs|s3fs)\."
    r"|^huggingface_hub\.\w*(download|snapshot)\w*$|^git\.|^shutil\.(copy\w*|unpack_archive)$|^os\.(symlink|link)$"
    r"|^(nltk|torchvision|torchtext|tensorflow_datasets|spacy)\..*(download|load)\w*$|^torch\.hub\."
)
_LOCAL_BUILDERS = frozenset(("json", "csv", "parquet", "text", "arrow", "pandas"))
_COMPUTES = frozenset(
    (
        "generate",
        "train",
        "fit",
        "evaluate",
        "predict",
        "backward",
        "forward",
        "score",
        "judge",
        "create",
        "complete",
        "completion",
        "chat",
        "invoke",
        "item",
        "argmax",
        "apply_chat_template",
    )
)
_OPTION = re.compile(
    r"force|overwrite|replace|refresh|recompute|rebuild|regenerate|resume|reuse|skip|again|redo|reload|exist_ok"
    r"|^cache$|(^|_)cache(d)?_(?!file|path|dir|fn|name|loc)|(no|use|ignore|enable|allow|with)_cache",
    re.IGNORECASE,
)
_OF_PATHS = re.compile(r"^(open|(read|write)_(text|bytes|lines))$")
_SECRETS = re.compile(
    r"credential|secret|passw|api_?key|login|access_?token|token_?(file|path)|\.netrc", re.IGNORECASE
)
_NO_RESULTS = re.compile(
    r"gpu|p2p|\.so\b|\.lock\b|\.pid\b|kernel|autotun|telemetry|user_?id|(^|_)(config|settings)_(file|path)$"
    r"|\.(ya?ml|toml|ini|cfg|env|pyi?|html?|css|js|md|png|jpe?g|gif|mp4|avi)\b",
    re.IGNORECASE,
)
_CHANCE = re.compile(
    r"^(secrets|uuid|time|datetime|os|base64|platform|socket|getpass|cryptography|nacl)(\.|$)"
)
_DATA = re.compile(r"\.(jsonl?|csv|tsv|parquet|pkl|pickle|pt|pth|npz?|arrow|safetensors|feather|txt)\b")


@check(
    code="SRC006",
    name="stale-reuse",
    severity="warning",
    since="0.1.0",
    words=(("exists(", "isfile(", "is_file("),),
)
def stale_reuse(module: Module) -> Iterator[Hit]:
    """Yield each test of existence that decides whether a result is made again."""
    for statement in module.all(ast.If):
        for path, negated in _tested(statement.test):
            if any(_is_optional(test) for test in _tests_around(module, statement)) or _is_no_result(
                module, path
            ):
                continue
            if _is_reuse(module, statement, path, negated=negated) and not _is_keyed(module, statement, path):
                yield Hit(
                    statement.test,
                    f"`{short(module.source(path))}` is reused because it exists, whatever it was made from",
                    "reuse it only when a digest of data, configuration and code that is stored with it is the same",
                    confidence="likely" if _is_named_elsewhere(module, path) else "certain",
                )
                break


def _is_named_elsewhere(module: Module, path: ast.expr) -> bool:
    """Return whether a path is an attribute of what another file makes: its name may say what it was made from."""
    for end in origins(module, path, callers=False):
        node = end.node
        base = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if base is not node and isinstance(base, ast.Name) and not is_self(base):
            if any(each.kind != "import" for each in reaching(module, base)):
                return True
    return False


def _tested(test: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the paths whose existence is asked for, and whether it is their absence."""
    terms = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    for term in terms:
        call, negated = without_not(term)
        if not isinstance(call, ast.Call) or called(call) not in ("exists", "isfile", "is_file"):
            continue
        if call.args:
            yield call.args[0], negated
        elif isinstance(call.func, ast.Attribute):
            yield call.func.value, negated


def _tests_around(module: Module, statement: ast.If) -> Iterator[ast.expr]:
    """Yield the test and those around it in the same function."""
    yield statement.test
    for around in module.ancestors(statement):
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return
        if isinstance(around, ast.If):
            yield around.test


def _is_optional(test: ast.expr) -> bool:
    """Return whether the same test asks an option of the user, such as `force` or `overwrite`."""
    for each in everything(test):
        word = each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute) else ""
        if _OPTION.search(word):
            return True
    return False


def _is_no_result(module: Module, path: ast.expr) -> bool:
    """Return whether a file is made from no data: typed in once, settings, sources, pictures, the machine's facts."""
    texts = [
        module.source(path),
        *(module.source(each.node) for each in origins(module, path, callers=False)),
    ]
    return any(_SECRETS.search(text) or _NO_RESULTS.search(text) for text in texts)


def _is_reuse(module: Module, statement: ast.If, path: ast.expr, *, negated: bool) -> bool:
    function = function_of(module, statement)
    if isinstance(function, ast.Module):
        around = module.parent(statement)
        if not isinstance(around, ast.Module):
            return False
    later = _after(module, statement, function)
    if _seeks_a_name(module, statement):
        return False
    if _is_updated(module, statement, path):
        return False
    if negated:
        made = _writes(module, statement.body, path) and not _fetches(module, statement.body)
        return made and (_loads(module, later, path) or _loads(module, statement.orelse, path))
    otherwise = statement.orelse or later
    if not _writes(module, otherwise, path) or _fetches(module, otherwise):
        return False
    if any(
        called(call) in ("makedirs", "mkdir") and _touches(module, call, path)
        for call in calls_in_block(otherwise)
    ):
        return False  # a folder that is there says nothing about what is in it
    if _loads(module, statement.body, path):
        return bool(statement.orelse) or leaves(statement.body)
    if any(isinstance(each, ast.Raise) for each in statement.body) or not leaves(statement.body):
        return False
    only_tells = all(is_log(call) or _counts(call) for call in calls_in_block(statement.body))
    return only_tells and (
        _is_data(module, path) or any(called(call) in _KEEPS for call in calls_in_block(otherwise))
    )


def _is_updated(module: Module, statement: ast.If, path: ast.expr) -> bool:
    """Return whether what is there is read in order to be written again: rows are added to it, it is no result."""
    for block in (statement.body, statement.orelse):
        if _loads(module, block, path) and _writes(module, block, path):
            return True
    return False


def _seeks_a_name(module: Module, statement: ast.If) -> bool:
    """Return whether a loop only goes on to the next name until one is free: `if exists: continue` and `break`."""
    after = following(module, statement) or statement.orelse
    return isinstance(statement.body[-1], ast.Continue) and bool(after) and isinstance(after[-1], ast.Break)


def _counts(call: ast.Call) -> bool:
    return called(call) in ("sum", "len", "open", "count_lines", "stat", "str", "relative_to", "format")


def _after(module: Module, statement: ast.stmt, function: ast.AST) -> list[ast.stmt]:
    """Return the statements that come after one in its function, innermost block first."""
    found = following(module, statement)
    for around in module.ancestors(statement):
        if around is function:
            break
        if isinstance(around, ast.stmt):
            found = [*found, *following(module, around)]
    return found


def _same_path(module: Module, node: ast.expr, path: ast.expr) -> bool:
    if isinstance(node, ast.Call) and called(node) in ("str", "Path", "fspath") and node.args:
        node = node.args[0]
    if same(node, path):
        return True
    left, right = _written_out(module, node), _written_out(module, path)
    return left is not None and left == right


def _written_out(module: Module, node: ast.expr) -> str | None:
    """Return the source of the expression that makes a path, where it is a single one."""
    found = [each for each in origins(module, node, callers=False) if each.binding is None]
    if len(found) != 1 or (
        isinstance(found[0].node, (ast.Name, ast.Constant)) and not isinstance(found[0].node, ast.Constant)
    ):
        return None
    return re.sub(r"\s+", "", module.source(found[0].node))


def _mode(call: ast.Call) -> str:
    index = 0 if isinstance(call.func, ast.Attribute) else 1
    mode = keyword(call, "mode") or (call.args[index] if len(call.args) > index else None)
    return mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else "r"


def _touches(module: Module, call: ast.Call, path: ast.expr) -> bool:
    """Return whether a call reads or writes a path: it is an argument, or what a method of paths belongs to.

    `image.save(buffer)` writes to the buffer, whatever `image` once was.
    """
    method = isinstance(call.func, ast.Attribute) and (not call.args or _OF_PATHS.match(called(call)))
    if method and isinstance(call.func, ast.Attribute) and _same_path(module, call.func.value, path):
        return True
    return any(
        _same_path(module, each, path) for each in (*call.args, *(item.value for item in call.keywords))
    )


def _writes(module: Module, block: list[ast.stmt], path: ast.expr, *, depth: int = 3) -> bool:
    """Return whether a block writes a file: itself, by a rename, or by a function that is given its name."""
    for call in calls_in_block(block):
        name = called(call)
        if name == "open":
            if set(_mode(call)) & set("wax") and _touches(module, call, path):
                return not _is_laid(module, block)
        elif name in ("rename", "replace", "move", "link"):
            if any(_same_path(module, each, path) for each in call.args):
                return True
        elif _WRITES.match(name) and _touches(module, call, path):
            others = [each for each in call.args if not _same_path(module, each, path)]
            if isinstance(call.func, ast.Name) and others and all(_is_given(module, each) for each in others):
                continue  # what was given is laid there, and nothing is made
            return not _is_laid(module, block)
        elif depth and _hands_over(module, call, path, depth=depth):
            return True
    return False


def _is_laid(module: Module, block: list[ast.stmt]) -> bool:
    """Return whether a block only lays a file that is empty, typed in, or made of nothing: `write(generate_key())`."""
    writers = ("dump", "write", "write_text", "write_bytes")
    written = [call.args[0] for call in calls_in_block(block) if called(call) in writers and call.args]
    return bool(written) and all(
        _is_blank(end.node) or _is_made_of_nothing(module, end.node)
        for each in written
        for end in origins(module, each, callers=False)
    )


def _is_made_of_nothing(module: Module, node: ast.expr) -> bool:
    """Return whether a value comes from no data but from chance, the clock or the machine: a key, an id, a time."""
    if not isinstance(node, ast.Call):
        return False
    names = list(names_in(node))
    return bool(names) and all(_CHANCE.match(qualified(module, name) or "") for name in names)


def _is_blank(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return called(node) in ("dict", "list") and not node.args
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Constant) or (isinstance(node, (ast.List, ast.Tuple)) and not node.elts)


def _hands_over(module: Module, call: ast.Call, path: ast.expr, *, depth: int) -> bool:
    """Return whether a call makes the file that it is told: by a function of this file that writes it, or elsewhere."""
    given = [(None, each) for each in call.args] + [(each.arg, each.value) for each in call.keywords]
    named = [(keyword, each) for keyword, each in given if _same_path(module, each, path)]
    if not named or is_log(call):
        return False
    functions = functions_called(module, call)
    for function in functions:
        for parameter in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            bound = bindings(module, function).get(parameter.arg, [])
            passed = argument_for(call, bound[0]) if bound else None
            if passed is not None and _same_path(module, passed, path):
                use = next((each for each in loads(module, bound[0])), None)
                if use is not None and _writes(module, function.body, use, depth=depth - 1):
                    return True
    return not functions and any(keyword is not None and _OUTPUT.match(keyword) for keyword, _ in named)


def _is_given(module: Module, node: ast.expr) -> bool:
    """Return whether a value is what the function itself was given, or typed in."""
    if isinstance(node, ast.Name):
        found = reaching(module, node)
        return bool(found) and all(each.kind == "param" for each in found)
    return isinstance(node, ast.Constant)


def _loads(module: Module, block: list[ast.stmt], path: ast.expr) -> bool:
    for call in calls_in_block(block):
        name = called(call)
        if _LOADS.match(name) and _touches(module, call, path):
            if name != "open" or not set(_mode(call)) & set("wax+"):
                return True
    return False


def _fetches(module: Module, block: list[ast.stmt]) -> bool:
    """Return whether a block gets its data from elsewhere and computes nothing: what it keeps is a copy, no result.

    By what is called, and not by a word: `hidden.clone()` fetches nothing.
    """
    fetched = False
    for call in calls_in_block(block):
        name = qualified(module, call.func) or ""
        if called(call) in _COMPUTES or name in ("random.shuffle", "random.sample"):
            return False
        fetched = fetched or _is_fetch(call, name)
        for function in functions_called(module, call):
            fetched = fetched or any(
                _is_fetch(each, qualified(module, each.func) or "") for each in calls_in(function)
            )
    return fetched or any(
        _is_address(part)
        for statement in block
        for each in everything(statement)
        for part in ([each] if not isinstance(each, ast.Name) else _parts_of(module, each))
    )


def _parts_of(module: Module, name: ast.Name) -> list[ast.AST]:
    """Return what a name was made of, and what the names in that were made of: an address may stand in two pieces."""
    found: list[ast.AST] = []
    for end in origins(module, name, callers=False) if isinstance(name.ctx, ast.Load) else ():
        parts = list(everything(end.node)) if end.binding is None else []
        found += parts
        for inner in names_in(end.node) if parts else ():
            found += [each.node for each in origins(module, inner, callers=False) if each.binding is None]
    return found


def _is_fetch(call: ast.Call, name: str) -> bool:
    if name.startswith(("builtins.", "os.path.")):
        return False
    if name in ("datasets.load_dataset", "load_dataset"):
        first = call.args[0] if call.args else keyword(call, "path")
        local = isinstance(first, ast.Constant) and first.value in _LOCAL_BUILDERS
        return not local and keyword(call, "data_files") is None
    if _FETCHERS.match(name):
        return True
    if name in (
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "os.system",
    ):
        return True  # another program's file: fetched, or put into another format
    if called(call) in ("write_bytes", "write_text") and len(call.args) == 1:
        return _is_copied(call.args[0])
    method = called(call)
    if method in ("extractall", "urlretrieve", "urlopen", "snapshot_download", "clone_from", "symlink_to"):
        return True
    return bool(re.search(r"(^|_)download(_|$)|^fetch_", method))


def _is_copied(node: ast.expr) -> bool:
    """Return whether what is written is nothing but the content of other files."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_copied(node.left) and _is_copied(node.right)
    return isinstance(node, ast.Call) and called(node) in ("read_bytes", "read_text")


def _is_address(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(re.match(r"[a-z][a-z0-9]*://", node.value))
    )


def _is_data(module: Module, path: ast.expr) -> bool:
    text = " ".join(
        module.source(each.node)
        for each in origins(module, path, callers=False)
        if hasattr(each.node, "lineno")
    )
    return bool(_DATA.search(text)) or bool(
        re.search(r"result|output|cache|data|dataset", module.source(path), re.IGNORECASE)
    )


def _is_keyed(module: Module, statement: ast.If, path: ast.expr) -> bool:
    """Return whether the file's name, or something that is compared before it is used, says what it was made from."""
    for end in origins(module, path, callers=False):
        for each in everything(end.node):
            word = last_name(each)
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                word = each.value
            if word and _KEYED.search(word):
                return True
            if isinstance(each, ast.Name) and any(
                _KEYED.search(module.source(origin.node))
                for origin in origins(module, each, callers=False)
                if origin.binding is None
            ):
                return True
    if any(isinstance(each, ast.Name) and _KEYED.search(each.id) for each in everything(statement.test)):
        return True
    for block in ([statement.test], statement.body):
        for node in block:
            for each in everything(node):
                if isinstance(each, ast.Compare) or (isinstance(each, ast.Call) and not is_log(each)):
                    text = module.source(each)
                    if isinstance(each, ast.Compare) and (_KEYED.search(text) or _decides(module, each)):
                        return True
                    if isinstance(each, ast.Call) and _KEYED.search(called(each)):
                        return True
    return False


def _decides(module: Module, compared: ast.Compare) -> bool:
    """Return whether what is stored is compared with what is wanted now: a manifest, or the file's own content."""
    if not all(isinstance(each, (ast.Eq, ast.NotEq)) for each in compared.ops):
        return False
    sides = [compared.left, *compared.comparators]
    stored = [each for each in sides if _is_read(module, each)]
    return len(stored) == 1 and not all(
        isinstance(each, ast.Constant) for each in sides if each not in stored
    )


def _is_read(module: Module, node: ast.expr) -> bool:
    """Return whether a value was read from a file."""
    return any(
        isinstance(each, ast.Call) and (_LOADS.match(called(each)) or called(each) in ("read_text", "open"))
        for part in [
            node,
            *(end.node for name in names_in(node) for end in origins(module, name, callers=False)),
        ]
        for each in everything(part)
    )
