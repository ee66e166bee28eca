"""What is done where an answer could not be read: guesses after a failed match or count, and coin flips.

A part of `guessed-label`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from checks.src.flow import origins
from checks.src.forward import destinations
from checks.src.module import Module
from checks.src.scope import everything, qualified
from checks.src.shapes import called, calls_in

_COINS = re.compile(
    r"^(random|numpy\.random)\.(choice|choices|randint|randrange|random_integers|sample)$|^secrets\.(choice|randbelow)$"
)
_DRAWS = frozenset(
    ("choice", "choices", "randint", "randrange", "random_integers", "sample", "randbelow", "integers")
)
_OPTIONS = re.compile(
    r"label|choice|option|answer|letter|candidate|class|verdict|num_|len\(|ascii_uppercase", re.IGNORECASE
)
_PARSES = frozenset(
    (
        "search",
        "match",
        "findall",
        "fullmatch",
        "finditer",
        "group",
        "split",
        "find",
        "rfind",
        "loads",
        "partition",
    )
)
_PARSERS = re.compile(
    r"^_?(extract|parse|find|read(?!(_?(text|bytes|lines?|file|all|csv|jsonl?))?$)|get_(answer|label|letter|choice|pred))",
    re.IGNORECASE,
)
_TIDIES = frozenset(("get", "strip", "lower", "upper", "rstrip", "lstrip", "title", "replace"))
_OTHER_USES = re.compile(r"sleep|wait|delay|backoff|retry|timeout", re.IGNORECASE)


def failed_blocks(module: Module, concerns: Callable[[ast.stmt], bool]) -> Iterator[list[ast.stmt]]:
    """Yield the blocks that run where something could not be read, and that hold a statement of concern."""
    for statement in module.all(ast.If):
        if any(map(concerns, statement.body)) and fails(module, statement.test):
            yield statement.body
        if any(map(concerns, statement.orelse)) and succeeds(module, statement.test):
            yield statement.orelse


def fails(module: Module, test: ast.expr) -> bool:
    """Return whether a test is true where a text was read in vain: no match, None, another count than wanted."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return is_read(module, test.operand)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    right = test.comparators[0]
    operator = test.ops[0]
    if isinstance(operator, ast.Is) and isinstance(right, ast.Constant) and right.value is None:
        return is_read(module, test.left)
    if isinstance(operator, ast.NotIn):
        return is_read(module, test.left)
    if isinstance(operator, ast.NotEq) and isinstance(right, ast.Constant) and _is_count(module, test.left):
        return True
    if isinstance(test.left, ast.Call) and called(test.left) == "len" and test.left.args:
        if isinstance(operator, (ast.NotEq, ast.Lt)) or (
            isinstance(operator, ast.Eq) and isinstance(right, ast.Constant) and right.value == 0
        ):
            return is_read(module, test.left.args[0])
    if isinstance(operator, ast.Eq) and isinstance(right, (ast.Constant, ast.UnaryOp)):
        return isinstance(right, ast.UnaryOp) and is_read(module, test.left)  # `find` gives -1
    return False


def succeeds(module: Module, test: ast.expr) -> bool:
    """Return whether a test is true where a text was read."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = test.comparators[0]
        none = isinstance(right, ast.Constant) and right.value is None
        if isinstance(test.ops[0], ast.IsNot) and none:
            return is_read(module, test.left)
        if isinstance(test.ops[0], ast.In):
            return is_read(module, test.left)
        if isinstance(test.ops[0], (ast.Eq, ast.Gt, ast.GtE)) and isinstance(test.left, ast.Call):
            return called(test.left) == "len" and bool(test.left.args) and is_read(module, test.left.args[0])
        return False
    return isinstance(test, (ast.Name, ast.NamedExpr, ast.Call)) and is_read(module, test)


def reads_a_number(module: Module, node: ast.expr) -> bool:
    """Return whether a value is a number read out of a text: `int(match.group(1))`, `json.loads(text)["score"]`."""
    for end in origins(module, node, callers=False):
        for call in calls_in(end.node):
            if called(call) in ("int", "float") and call.args and is_read(module, _whole(call.args[0])):
                return True
            if called(call) == "loads":
                return True
        base = _whole(end.node)
        if base is not end.node and any(
            isinstance(each.node, ast.Call) and called(each.node) == "loads"
            for each in origins(module, base, callers=False)
        ):
            return True
    return False


def _whole(node: ast.expr) -> ast.expr:
    """Return what a part is taken of: `found` of `found[0]`, `data` of `data.get("score")`."""
    while True:
        if isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
        elif isinstance(node, ast.Call) and called(node) in _TIDIES and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return node


def _is_count(module: Module, node: ast.expr) -> bool:
    """Return whether a number says how often something stands in a text."""
    for end in origins(module, node, callers=False):
        if isinstance(end.node, ast.Call) and called(end.node) == "count":
            return True
        if isinstance(end.node, ast.Call) and called(end.node) == "len" and end.node is not node:
            return bool(end.node.args) and is_read(module, end.node.args[0])
    return False


def is_read(module: Module, node: ast.expr, *, depth: int = 4) -> bool:
    """Return whether a value is, or is a field of, what was read out of a text: by a match, a split, an extraction."""
    for end in origins(module, node, callers=False):
        for call in calls_in(end.node):
            name = called(call)
            if name in _PARSES or _PARSERS.match(name):
                return True
        base = _whole(end.node)
        if (
            depth
            and isinstance(base, ast.Name)
            and base is not end.node
            and is_read(module, base, depth=depth - 1)
        ):
            return True
    return False


def converts(call: ast.Call) -> bool:
    """Return whether a call reads a value out of a text, and raises where it cannot."""
    return called(call) in ("int", "float") or parses(call)


def parses(call: ast.Call) -> bool:
    """Return whether a call reads the parts of an answer: of JSON, of a match, or by a function that says so."""
    return called(call) in ("loads", "group", "literal_eval", "model_validate_json") or bool(
        _PARSERS.match(called(call))
    )


def choices_of_failure(
    module: Module, concerns: Callable[[ast.stmt], bool]
) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what is taken where nothing was read, `m.group(1) if m else "A"`, `extract(x) or "A"`, and the whole."""
    for node in (*module.all(ast.IfExp), *module.all(ast.BoolOp)):
        around = module.parent(node)
        if not (isinstance(around, ast.Assign) and concerns(around)):
            continue
        if isinstance(node, ast.IfExp):
            if succeeds(module, node.test):
                yield node.orelse, node
            elif fails(module, node.test):
                yield node.body, node
        elif isinstance(node.op, ast.Or) and is_read(module, node.values[0]):
            yield node.values[-1], node


def coin_flips(module: Module) -> Iterator[ast.Call]:
    """Yield each random choice between answers that stands for one that could not be read."""
    drawn = list(module.calls(_DRAWS))
    holding = {module.statement(call) for call in drawn}
    if not holding:
        return
    failed = {id(each) for block in failed_blocks(module, holding.__contains__) for each in block}
    for call in drawn:
        name = qualified(module, call.func) or ""
        generator = isinstance(call.func, ast.Attribute) and call.func.attr in (
            "choice",
            "randint",
            "integers",
        )
        if not (_COINS.match(name) or (generator and _is_generator(module, call))):
            continue
        if _stands_where_reading_failed(module, call, failed) and _among_options(module, call):
            if _is_an_answer(module, call):
                yield call


def _is_generator(module: Module, call: ast.Call) -> bool:
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    return base is not None and any(
        isinstance(end.node, ast.Call)
        and (qualified(module, end.node.func) or "")
        in ("random.Random", "numpy.random.default_rng", "numpy.random.RandomState")
        for end in origins(module, base)
    )


def _stands_where_reading_failed(module: Module, call: ast.Call, failed: set[int]) -> bool:
    for around in module.ancestors(call):
        if isinstance(around, ast.ExceptHandler) or id(around) in failed:
            return True
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return False
    return False


def _among_options(module: Module, call: ast.Call) -> bool:
    """Return whether what is drawn from are answers: short texts, truth values, or what is called so."""
    for argument in call.args:
        for end in origins(module, argument, callers=False):
            node = end.node
            if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
                if all(
                    isinstance(each, ast.Constant)
                    and (isinstance(each.value, (bool, int)) or _short(each.value))
                    for each in node.elts
                ):
                    return True
            if isinstance(node, ast.Constant) and _short(node.value):
                return True
            if hasattr(node, "lineno") and _OPTIONS.search(module.source(node)):
                return True
        if _OPTIONS.search(module.source(argument)):
            return True
    numbers = [each.value for each in call.args if isinstance(each, ast.Constant)]
    return bool(numbers) and all(isinstance(each, int) and each < 26 for each in numbers)


def _short(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 26 and "/" not in value and "." not in value


def _is_an_answer(module: Module, call: ast.Call) -> bool:
    """Return whether a drawn value is returned, compared or kept, and does not only say how long to wait."""
    for use in destinations(module, call, made=True):
        if use.kind == "index" and isinstance(use.node, ast.Subscript):
            if not _OPTIONS.search(module.source(use.node.value)):
                return False  # another row is taken, and no answer
        if use.kind == "argument" and isinstance(use.node, ast.Call) and _OTHER_USES.search(called(use.node)):
            return False
        if use.kind in ("return", "compare"):
            return True
        if use.kind == "assign":
            words = [each.id for each in everything(use.node) if isinstance(each, ast.Name)]
            words += [str(each.value) for each in everything(use.node) if isinstance(each, ast.Constant)]
            if any(
                re.search(r"pred|answer|label|letter|choice|verdict|decision|gold", word) for word in words
            ):
                return True
    return False
