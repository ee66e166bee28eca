"""The Jinja environment of chat templates: the flags, filters and globals that transformers gives them.

Templates are written against transformers' renderer, so this one has to give the same bytes: an immutable
sandbox with `trim_blocks`, `lstrip_blocks`, loop controls, a `generation` block, a `tojson` that leaves HTML
alone, `raise_exception`, `strftime_now`, and guarded `dict` and `namespace`. It differs in one way that no
honest template can see: arithmetic that would build something huge is refused before it is done.

jinja2 is imported here and nowhere else, and this module is imported at the first rendering.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, NoReturn, cast

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

_LARGEST: Final = 16_000_000
"""Most characters, items or bits that one arithmetic operator may make."""


class _GenerationBlock(Extension):
    """`{% generation %}...{% endgeneration %}`: marks what the assistant says; renders its body unchanged."""

    tags = {"generation"}  # noqa: RUF012 - jinja2 declares what it is

    def parse(self, parser: Parser) -> nodes.Node:
        """Turn the block into a call that gives the rendered body back."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_render_body"), [], [], body).set_lineno(line)

    def _render_body(self, caller: Macro) -> str:
        return caller()


class _GuardedDict:
    """The global `dict`: makes plain dicts, and is no type that a template could climb from."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:  # noqa: ANN401
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:  # noqa: ANN401
        """Return ``dict.fromkeys(...)``."""
        return dict.fromkeys(*args)


class _GuardedNamespace(Namespace):
    """The global `namespace`, without attributes that start with an underscore."""

    def __init__(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - `self` stays free as a keyword
        values = dict(*args[1:], **kwargs)
        for name in values:
            _refuse_private(name)
        Namespace.__init__(args[0], values)

    def __setitem__(self, name: str, value: Any) -> None:  # noqa: ANN401
        _refuse_private(name)
        super().__setitem__(name, value)


def _refuse_private(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace attribute may not start with an underscore: {name!r}")


def _size(value: object) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 0


def _too_large(operator: str, left: object, right: object) -> bool:
    """Say whether an operation would make more than `_LARGEST` characters, items or bits."""
    if operator == "+":
        return _size(left) + _size(right) > _LARGEST
    if isinstance(left, int) and isinstance(right, int):
        if operator == "**":
            return left.bit_length() * right > _LARGEST
        return left.bit_length() + right.bit_length() > _LARGEST
    if operator == "**":
        return False
    items, times = (left, right) if isinstance(right, int) else (right, left)
    return isinstance(times, int) and _size(items) * times > _LARGEST


class _ChatEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, with `+`, `*` and `**` looked at before they run (which also stops constant folding)."""

    intercepted_binops = frozenset({"+", "*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Do the operation unless its result would be huge."""
        if _too_large(operator, left, right):
            raise SecurityError(f"'{operator}' would make something too large")
        return super().call_binop(context, operator, left, right)


def _tojson(  # the keywords are the template language's, given by transformers
    value: Any,  # noqa: ANN401
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _clock(now: datetime) -> Callable[[str], str]:
    def strftime_now(format: str) -> str:  # noqa: A002 - templates may name the argument
        return now.strftime(format)

    return strftime_now


def _environment() -> _ChatEnvironment:
    return _ChatEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationBlock, loopcontrols])


def parsed(source: str) -> nodes.Template | None:
    """Return a template's syntax tree, which nothing is run of; None where it has none."""
    try:
        return _environment().parse(source)
    except (jinja2.TemplateError, RecursionError, MemoryError):
        return None


class CompiledTemplate:
    """A compiled template that renders conversations, each at a date of the caller's choosing."""

    def __init__(self, source: str) -> None:
        environment = _environment()
        environment.filters["tojson"] = _tojson
        names: dict[str, Any] = {
            "raise_exception": _raise_exception,
            "dict": _GuardedDict(),
            "namespace": _GuardedNamespace,
        }
        cast("dict[str, Any]", environment.globals).update(names)
        self._template: jinja2.Template = environment.from_string(source)

    def generate(self, variables: dict[str, Any], now: datetime) -> Iterator[str]:
        """Yield the rendered text piece by piece.

        Raises:
            Exception: whatever the template raises.
        """
        self._template.globals["strftime_now"] = _clock(now)
        return self._template.generate(variables)


def line_of(error: BaseException) -> int | None:
    """Return the line of the template that an error came from, counted from 1, or None."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
