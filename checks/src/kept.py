"""Whether a value gets where it is kept: into a file, a dataset, a training."""

from __future__ import annotations

import ast
import re
from typing import cast

from checks.src.forward import Use, destinations
from checks.src.module import Module
from checks.src.scope import qualified
from checks.src.shapes import called, is_log, keyword

_DUMPS = re.compile(
    r"^(json|pickle|dill|cloudpickle|yaml|toml|joblib|ujson|simplejson|marshal|tomli_w)\.(safe_)?dump(_all)?$"
    r"|^(torch|numpy|jax\.numpy|tensorflow\.io|safetensors\.\w+)\.(save\w*|write_file)$"
    r"|^srsly\.write_\w+$"
)
_WRITERS = frozenset(
    ("write", "writelines", "writerow", "writerows", "write_all", "write_text", "write_bytes", "write_table")
)
_OWN_WRITERS = frozenset(
    (
        "to_json",
        "to_csv",
        "to_parquet",
        "to_pickle",
        "to_feather",
        "to_excel",
        "to_sql",
        "to_disk",
        "tofile",
        "save_to_disk",
        "push_to_hub",
        "write_json",
        "write_ndjson",
        "write_csv",
        "write_parquet",
    )
)
_ELSEWHERE = re.compile(
    r"^_?(write|save|dump|export|store)(s|d)?(_|$)|^to_(jsonl?|csv|parquet|disk)$", re.IGNORECASE
)
"""What a function of another file that writes is called: of those, nothing but their name is known."""
_TRAINS = re.compile(r"Trainer$|^(fit|finetune|fine_tune)$|^DataLoader$")
_TRAINED = frozenset(("train_dataset", "train_data", "eval_dataset"))
_STREAMS = frozenset(("sys.stdout", "sys.stderr", "sys.__stdout__"))


def is_kept(module: Module, node: ast.expr) -> bool:
    """Return whether a value, or what is made of it, is written to a file or trained on."""
    memo = cast("dict[ast.AST, bool]", module.memo.setdefault("kept", {}))
    if node not in memo:
        memo[node] = any(keeps(module, use) for use in destinations(module, node, made=True))
    return memo[node]


def keeps(module: Module, use: Use) -> bool:
    """Return whether a use writes the value or trains on it."""
    call = use.node
    if not isinstance(call, ast.Call) or use.kind not in ("argument", "part"):
        return False
    name, method = qualified(module, call.func) or "", called(call)
    if use.kind == "part":
        return method in _OWN_WRITERS and isinstance(call.func, ast.Attribute)
    if _DUMPS.match(name):
        return use.value in (*call.args[:2], keyword(call, "obj"))
    if name == "builtins.print":
        file = keyword(call, "file")
        return file is not None and (qualified(module, file) or "") not in _STREAMS
    if is_log(call) and method != "write":
        return False
    if method in _WRITERS and isinstance(call.func, ast.Attribute):
        return (qualified(module, call.func.value) or "") not in _STREAMS
    if use.keyword in _TRAINED or _TRAINS.search(method):
        return True
    return bool(_ELSEWHERE.search(method))
