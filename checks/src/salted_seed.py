"""A seed, file name or selection that is made with the salted `hash()` of a text.

## What it finds

The builtin `hash()` of something that may hold a text, where the value reaches a seed, a name of a file, a
split (`hash(x) % 10 < 8`), an index, a sort order, or a row that is kept: one that is written, or that a function
is given and returns. The value is followed through assignments, helper
functions and attributes of `self` in the same file.

## Why it matters

Python salts the hash of every text with a new random number for each process. "Deterministic with seed 42" is
then false: two runs of one script choose other personas, other rows or another split, and nobody can rebuild
the data.

## Example

    def pick(source: str) -> list[str]:
        rng = random.Random(hash(source) + SEED)     # differs from run to run
        return rng.sample(sorted(PERSONAS), 2)

## What to do

Use a digest, which is the same everywhere:

    digest = hashlib.sha256(source.encode()).digest()
    rng = random.Random(SEED + int.from_bytes(digest[:8], "big"))

`--fix` writes that where the argument is certainly a text.

## Limits

Hashes of numbers are not salted and are left alone, and so are names in a temporary folder. A class with its
own `__hash__` that mixes texts is not looked into. A value that leaves the file is not followed.
`PYTHONHASHSEED` set outside the script would hide the defect and cannot be seen from here.

## References

* Python documentation, `object.__hash__` and `PYTHONHASHSEED`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.src.flow import LIMIT, loads, origins, returned
from checks.src.forward import Use, destinations
from checks.src.hit import Edit, Fix, Hit
from checks.src.kept import is_kept
from checks.src.module import Module
from checks.src.scope import Binding, qualified, reaching
from checks.src.shapes import called, calls_in, kind_of, short

_SEED_NAME = re.compile(r"(^|_)(seed|random_state|rng_seed)\d*$", re.IGNORECASE)
_SEED_CALLS = re.compile(
    r"^(random\.(seed|Random)|numpy\.random\.(seed|default_rng|RandomState|SeedSequence|Generator|PCG64|MT19937)"
    r"|torch\.(cuda\.)?manual_seed(_all)?|tensorflow\.random\.set_seed|jax\.random\.(PRNGKey|key))$"
)
_SEED_METHODS = frozenset(("manual_seed", "set_seed", "seed_everything", "seed_all", "seed"))
_FILE_NAME = re.compile(r"(^|_)(path|file|filename|fname|dir|directory|folder)$", re.IGNORECASE)
_FILE_CALLS = frozenset(("builtins.open", "pathlib.Path", "os.path.join", "os.makedirs"))
_FILE_METHODS = frozenset(("joinpath", "with_name", "with_suffix", "with_stem"))
_NUMBER = re.compile(r"(^|_)(seeds?|rank|world_size|epoch|step|index|idx|size|update)$", re.IGNORECASE)
_TEMPORARY = re.compile(r"^tempfile\.|(^|[_.])te?mp_?(dir|folder|path)", re.IGNORECASE)
_TABLE = re.compile(r"bucket|table|slot|shard|partition|bins|lock|cache|colou?r", re.IGNORECASE)
_ID = re.compile(r"(^|_)(id|ids|uid|uuid|idx|index|key|hash|digest|name|group|fold|split)$", re.IGNORECASE)
_SORTERS = frozenset(("sorted", "sort", "min", "max", "nsmallest", "nlargest"))


@check(
    code="SRC001",
    name="salted-seed",
    severity="error",
    since="0.1.0",
    words=(("hash",),),
    fixable="sometimes",
)
def salted_seed(module: Module) -> Iterator[Hit]:
    """Yield each salted hash whose value decides something that should be the same in every run."""
    for call in module.calls(("hash", "__hash__")):
        argument = _hashed(module, call)
        if argument is None or _is_number(module, argument):
            continue
        reached = _reached(module, call)
        if reached is None:
            continue
        text = module.source(call)
        yield Hit(
            call,
            f"`{short(text)}` is salted anew in every process, and it reaches {reached}",
            "derive it from a digest: int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big')",
            fix=_fix(module, call, argument),
        )
    for name in module.all(ast.Name):
        if (
            name.id == "hash"
            and module.is_script
            and _sorts_by(module, name)
            and qualified(module, name) == "builtins.hash"
        ):
            yield Hit(
                name,
                "`key=hash` orders texts by a hash that is salted anew in every process",
                "sort by the text itself, or by its sha256 digest",
            )


def _is_number(module: Module, node: ast.expr) -> bool:
    """Return whether what is hashed is a number: as far as it can be followed, and then by its name."""
    if isinstance(node, ast.Tuple):
        return all(_is_number(module, each) for each in node.elts)
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, ast.BinOp) and kind_of(module, node) != "text":
        return _is_number(module, node.left) or _is_number(
            module, node.right
        )  # nothing else adds to a number
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "shape"
    ):
        return True
    if isinstance(node, ast.Call) and called(node) in ("item", "sum", "numel", "time", "time_ns", "getpid"):
        return True
    kind = kind_of(module, node)
    name = called(node) if isinstance(node, ast.Call) else getattr(node, "id", getattr(node, "attr", ""))
    return kind == "number" or (kind == "unknown" and bool(_NUMBER.search(name)))


def _reached(module: Module, call: ast.Call) -> str | None:
    """Return in words what a hash decides first, file names in a temporary folder aside; None for nothing."""
    uses = list(destinations(module, call))
    row = _kept_with(module, uses)
    if row is not None:
        return row
    sinks = [found for use in uses if (found := _sink(module, use)) is not None]
    if any(_is_temporary(module, use.node) for use in uses):
        sinks = [each for each in sinks if "file name" not in each]
    return sinks[0] if sinks else None


def _kept_with(module: Module, uses: list[Use]) -> str | None:
    """Return in words which row a hash is kept with: that of `row["id"] = ...` where it is returned or written."""
    for use in uses:
        if use.kind == "key" and isinstance(use.node, ast.Constant) and _ID.search(str(use.node.value)):
            around = module.parent(use.node)
            if isinstance(around, ast.Dict) and is_kept(module, around):
                return f"the rows that are written, as '{use.node.value}'"
        target = use.node
        if (
            use.kind != "assign"
            or not isinstance(target, ast.Subscript)
            or not isinstance(target.value, ast.Name)
        ):
            continue
        if not isinstance(target.slice, ast.Constant) or not isinstance(target.slice.value, str):
            continue
        for binding in reaching(module, target.value):
            function = binding.scope
            returned_too = (
                binding.kind == "param"
                and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
                and any(
                    isinstance(each, ast.Name) and each.id == binding.name
                    for each in returned(module, function)
                )
            )
            written = binding.kind == "loop" and any(
                is_kept(module, each) for each in _rows_of(module, binding)
            )
            if returned_too or written:
                return f"the rows that are kept, as '{target.slice.value}'"
    return None


def _rows_of(module: Module, binding: Binding) -> list[ast.Name]:
    """Return the uses of a loop's row, and of the list that it is one of."""
    rows = binding.value
    lists = reaching(module, rows) if isinstance(rows, ast.Name) else []
    return [use for each in (binding, *lists) for use in loads(module, each)[:LIMIT] if use is not rows]


def _hashed(module: Module, call: ast.Call) -> ast.expr | None:
    """Return what is hashed, where the call is the builtin `hash` or a text's `__hash__`."""
    if isinstance(call.func, ast.Name):
        if call.func.id == "hash" and len(call.args) == 1 and qualified(module, call.func) == "builtins.hash":
            return call.args[0]
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "__hash__" and not call.args:
        base = call.func.value
        if not (isinstance(base, ast.Call) and called(base) == "super"):
            return base
    return None


def _sink(module: Module, use: Use) -> str | None:
    """Return in words what a use decides, or None where it decides nothing."""
    node = use.node
    if use.kind == "argument" and isinstance(node, ast.Call):
        name = qualified(module, node.func) or ""
        if (
            _SEED_CALLS.match(name)
            or called(node) in _SEED_METHODS
            or (use.keyword and _SEED_NAME.search(use.keyword))
        ):
            return f"the seed of `{short(module.source(node.func))}`"
        if name in _FILE_CALLS or called(node) in _FILE_METHODS:
            return f"a file name, in `{short(module.source(node.func))}`"
        if use.keyword == "key" and called(node) in _SORTERS and module.is_script:
            return f"the order made by `{called(node)}`"
    if use.kind == "assign":
        target = (
            node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        )
        if _SEED_NAME.search(target):
            return f"the seed `{target}`"
        if _FILE_NAME.search(target) and not isinstance(module.parent(use.value), ast.Dict):
            return f"the file name `{target}`"
    if (
        use.kind == "key"
        and isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _SEED_NAME.search(node.value)
    ):
        return f"the seed under the key '{node.value}'"
    if (
        use.kind == "part"
        and isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and use.value is node.right
    ):
        if isinstance(use.value, (ast.JoinedStr, ast.Call)):
            return "a file name" if isinstance(use.value, ast.JoinedStr) else None
    if use.kind in ("index", "compare") and _is_remainder(module, use.value):
        around = node if use.kind == "compare" else None
        if around is not None and _decides(around):
            return "a selection of rows"
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_choice(module, node):
            return "a selection by index"
    return None


def _is_temporary(module: Module, node: ast.AST) -> bool:
    """Return whether a call makes a name in a temporary folder, into which no other process looks."""
    if not isinstance(node, ast.Call):
        return False
    if (qualified(module, node.func) or "") not in _FILE_CALLS and called(node) not in _FILE_METHODS:
        return False
    parts = [*node.args[:1], *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
    return any(
        _TEMPORARY.search(qualified(module, made.func) or called(made))
        for part in parts
        for end in origins(module, part)
        if end.binding is None
        for made in calls_in(end.node)
    )


def _is_remainder(module: Module, value: ast.expr) -> bool:
    """Return whether a value is a remainder, itself or through the name that it was assigned to."""
    if isinstance(value, ast.BinOp):
        return _splits(module, value) or _splits(module, value.left)
    if isinstance(value, (ast.Name, ast.Call, ast.Attribute)):
        return any(_splits(module, each.node) for each in origins(module, value, callers=False))
    return False


def _splits(module: Module, node: ast.expr) -> bool:
    """Return whether an expression is a remainder by something else than the size of a hash table."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mod, ast.Div, ast.BitAnd)):
        return False
    return not re.search(_TABLE, module.source(node.right))


def _decides(node: ast.AST) -> bool:
    """Return whether a comparison is one with a number, as a split is."""
    return (
        isinstance(node, ast.Compare)
        and all(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.In)) for op in node.ops)
        and not any(isinstance(each, ast.Call) and called(each) == "hash" for each in node.comparators)
    )


def _is_choice(module: Module, node: ast.Subscript) -> bool:
    """Return whether an index chooses from a plain list: a bucket of a hash table is another matter."""
    base = node.value
    if isinstance(base, ast.Constant) or (qualified(module, base) or "").startswith("string."):
        return False  # an encoding as text
    name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
    return not re.search(_TABLE, name)


def _sorts_by(module: Module, name: ast.Name) -> bool:
    around = module.parent(name)
    call = module.parent(around) if isinstance(around, ast.keyword) and around.arg == "key" else None
    return isinstance(call, ast.Call) and called(call) in _SORTERS


def _fix(module: Module, call: ast.Call, argument: ast.expr) -> Fix | None:
    """Replace the hash of what is certainly a text by the first eight bytes of its digest."""
    if (
        not isinstance(call.func, ast.Name)
        or kind_of(module, argument) != "text"
        or isinstance(argument, ast.Tuple)
    ):
        return None
    text = module.source(argument)
    in_text = any(isinstance(each, ast.JoinedStr) for each in module.ancestors(call))
    if "\n" in text or in_text:  # inside an f-string, quotes and positions are not what they seem
        return None
    whole = (
        text
        if isinstance(
            argument, (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.JoinedStr, ast.Subscript)
        )
        else f"({text})"
    )
    start, end = module.span(call)
    mended = f'int.from_bytes(hashlib.sha256({whole}.encode()).digest()[:8], "big")'
    return Fix((Edit(start, end, mended),), imports=("hashlib",))
