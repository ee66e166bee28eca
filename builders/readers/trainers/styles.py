"""How Axolotl's instruction strategies write a row: no chat template, but words and marks of their own.

Written after axolotl 0.19.0, `prompters.py`, `alpaca_chat.py`, `alpaca_instruct.py`, `alpaca_w_system.py` and
`user_defined.py`. Each becomes a small chat template, so that conditions are found as everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from builders.errors import InputError
from builders.readers.problems import RowProblem
from builders.readers.trainers.axolotl_keys import TYPE
from builders.readers.trainers.keys import text_at
from builders.templates import ChatTemplate


@dataclass(frozen=True)
class Columns:
    """What a strategy calls its columns."""

    prompt: str = "instruction"
    query: str | None = "input"
    response: str = "output"
    system: str | None = None


@dataclass(frozen=True)
class Style:
    """One way of writing an instruction and its answer."""

    name: str
    """What the config calls it."""
    system: tuple[str, str] = ("", "")
    """What stands before and after the system text."""
    user: tuple[str, str] = ("", "")
    """What stands before the question, and between it and the answer."""
    between: str = "\n"
    """What stands between the instruction and its input."""
    words: tuple[str, str] = ("", "")
    """The system text of a row without input, and of one with it, where the strategy has its own."""
    end: str = "{{ eos_token }}"
    """What ends an answer, as Jinja."""
    columns: Columns = Columns()
    """What its columns are called."""

    def system_of(self, row: Mapping[str, Any], *, with_input: bool) -> str | None:
        """Return a row's system text; None where nothing is written.

        Raises:
            RowProblem: if it is no text.
        """
        if self.columns.system is None or self.columns.system not in row:
            return self.words[with_input] or None
        said = row[self.columns.system]
        if said is not None and not isinstance(said, str):
            raise RowProblem(f"'{self.columns.system}' is no text")
        return said or None

    @property
    def template(self) -> ChatTemplate:
        """Return the style as a chat template."""
        before, after = (json.dumps(part, ensure_ascii=False) for part in self.system)
        opening, closing = (json.dumps(part, ensure_ascii=False) for part in self.user)
        source = (
            "{% for m in messages %}{% if m.role == 'system' %}"
            f"{{{{ {before} + m.content + {after} }}}}"
            "{% elif m.role == 'user' %}"
            f"{{{{ {opening} + m.content + {closing} }}}}"
            "{% else %}{{ m.content }}" + self.end + "{% endif %}{% endfor %}"
        )
        tokens = {"eos_token": "<eos_token>"} if "eos_token" in source else {}
        return ChatTemplate(
            f"axolotl type: {self.name}",
            source,
            special_tokens=tokens,
            origin="written by Axolotl's strategy itself, without a chat template",
        )


_GENERAL: Final = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
    (
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
        "response that appropriately completes the request."
    ),
)
_CONCISE: Final = (
    (
        "Below is an instruction from a USER that describes a task. The ASSISTANT writes a response that appropriately "
        "and concisely completes the request.\n\n"
    ),
    (
        "Below is an instruction from a USER that describes a task, paired with an input that provides further "
        "context. The ASSISTANT writes a response that concisely and appropriately completes the request.\n\n"
    ),
)

_INSTRUCT: Final = Style(
    "alpaca",
    system=("", "\n\n"),
    user=("### Instruction:\n", "\n\n### Response:\n"),
    between="\n\n### Input:\n",
    words=_GENERAL,
)
_CHAT: Final = Style(
    "alpaca_chat.load", system=("SYSTEM: ", "\n"), user=("USER: ", "\nASSISTANT:"), words=_GENERAL
)
_CHATML: Final = Style(
    "alpaca:chatml",
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"),
    words=_GENERAL,
)
_QUESTION: Final = Columns("question", None, "answer")
_ORCA: Final = Columns("question", None, "response", "system_prompt")
_WITH_SYSTEM: Final = Columns(system="system")

RAW: Final = Style("input_output", end="")
"""Texts on end, with nothing added."""

_STYLES: Final[dict[str, Style]] = {
    "alpaca": _INSTRUCT,
    "alpaca:instruct": _INSTRUCT,
    "alpaca:chat": _CHAT,
    "alpaca:chatml": _CHATML,
    "alpaca_instruct.load": _INSTRUCT,
    "alpaca_instruct.load_no_prompt": replace(_INSTRUCT, words=("", "")),
    "alpaca_chat.load_no_prompt": replace(_CHAT, words=("", "")),
    "alpaca_chat.load_concise": replace(_CHAT, words=_CONCISE),
    "alpaca_chat.load_qa": replace(_CHAT, words=_CONCISE, columns=_QUESTION),
    "alpaca_chat.load_camel_ai": replace(
        _CHAT, words=_CONCISE, columns=Columns("message_1", None, "message_2")
    ),
    "alpaca_w_system.load": replace(_CHAT, words=("", ""), columns=_WITH_SYSTEM),
    "alpaca_w_system.load_chat": replace(_CHAT, words=("", ""), columns=_WITH_SYSTEM),
    "alpaca_w_system.load_instruct": replace(_INSTRUCT, words=("", ""), columns=_WITH_SYSTEM),
    "alpaca_w_system.load_open_orca": Style(
        "",
        system=("### System:\n", "\n"),
        user=("### Human:\n", "\n### Assistant:\n"),
        columns=_ORCA,
    ),
    "alpaca_w_system.load_open_orca_chatml": replace(_CHATML, words=("", ""), columns=_ORCA),
    "dpo:chatml": replace(_CHATML, words=("", ""), end="<|im_end|>"),
    "dpo:llama3": Style(
        "",
        system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
        user=(
            "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        end="<|eot_id|>",
    ),
}


def style_named(kind: str, conversation: str | None) -> Style | None:
    """Return the style of a strategy; None where it is not one that is followed.

    Args:
        kind: The config's `type`.
        conversation: The config's `conversation`, which `alpaca_chat.load` looks at.
    """
    kind = kind if "." in kind or kind in _STYLES else {"alpaca_chat": "alpaca_chat.load"}.get(kind, kind)
    kind = {"alpaca_w_system": "alpaca_w_system.load", "alpaca_instruct": "alpaca_instruct.load"}.get(
        kind, kind
    )
    if kind == "alpaca_chat.load":
        kind = f"alpaca:{conversation or 'chat'}"
    found = _STYLES.get(kind)
    return None if found is None else replace(found, name=kind)


_OWN: Final = tuple(key.name for key in TYPE)


def user_style(kind: Mapping[str, Any], *, where: str) -> Style:
    """Return the style that a config writes out itself.

    Raises:
        InputError: if its formats cannot be followed.
    """
    if unknown := sorted(set(map(str, kind)) - set(_OWN)):
        raise InputError(f"type has the key '{unknown[0]}'", where=where, help=f"known are {', '.join(_OWN)}")

    def text(name: str, default: str) -> str:
        return text_at(kind, name, default, where=where) or ""

    plain, full = text("no_input_format", "{instruction} "), text("format", "{instruction} {input} ")
    before, found, after = plain.partition("{instruction}")
    start, between_found, rest = full.partition("{instruction}")
    between, input_found, end = rest.partition("{input}")
    if not (found and between_found and input_found) or (start, end) != (before, after):
        raise InputError(
            "type's format and no_input_format differ in more than the input, which is not followed",
            where=where,
            help="write them so that they begin and end alike, with {instruction} before {input}",
        )
    opening, said, closing = text("system_format", "{system}").partition("{system}")
    if not said:
        opening, closing = text("system_format", "{system}"), ""
    own = text("system_prompt", "")
    return Style(
        "of the config",
        system=(opening, closing),
        user=(before, after),
        between=between,
        words=(own, own),
        columns=Columns(
            text("field_instruction", "instruction"),
            text("field_input", "input"),
            text("field_output", "output"),
            text("field_system", "system"),
        ),
    )
