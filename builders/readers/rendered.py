"""Texts that a chat template has rendered already, split back into the turns that they were made of.

A markup is what stands around the turns of one family of templates. A text is split only where the markup explains all
of it: written again, its turns give the same characters. What could be read in two ways is not read; nor is a mark
inside a turn. A system prompt that a template moves into the user's turn stands there in the text, too, and stays.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from builders.readers import turns as t
from builders.readers.problems import RowProblem
from builders.readers.shapes import Shape, in_python
from builders.readers.turns import Turn
from builders.templates.model import ChatTemplate

_ENDS: Final = ("", "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>")
"""What a trainer or its script puts behind a whole conversation."""


@dataclass(frozen=True)
class RenderedTurn:
    """One turn in a rendered text."""

    role: str
    """Who speaks, as messages have it."""
    content: str
    """What is said."""
    start: int
    """The place of the first character of that."""


@dataclass(frozen=True)
class Markup:
    """What a family of templates writes around turns."""

    name: str
    """What reports call it."""
    marks: Mapping[str, tuple[str, str]]
    """Role -> what stands before its words and after them; where nothing does, they end where the next turn opens."""
    begin: str = ""
    """What stands before everything."""
    after_system: str | None = None
    """What stands before a user's words that follow the system's, where that is something else."""
    tail: str | None = None
    """What stands after the last answer; None for what stands after every answer."""

    @cached_property
    def _opens(self) -> list[tuple[str, str]]:
        """Each role and what opens its turn, the longest first."""
        return sorted(((role, mark[0]) for role, mark in self.marks.items()), key=lambda each: -len(each[1]))

    @cached_property
    def _control(self) -> tuple[str, ...]:
        """What stands in no turn."""
        return tuple({each.strip() for mark in self.marks.values() for each in mark} - {""})

    def split(self, text: str) -> list[RenderedTurn] | None:
        """Return the turns of a text; None where this markup does not explain all of it."""
        if not text.startswith(self.begin):
            return None
        found: list[RenderedTurn] = []
        at = len(self.begin)
        while at < len(text):
            piece, at = self._next(text, at, found[-1].role if found else None)
            if piece is None or any(mark in piece.content for mark in self._control):
                return None
            found.append(piece)
        told = bool(found) and found[-1].role == "assistant" and bool(found[-1].content.strip())
        return found if told and self.write([(each.role, each.content) for each in found]) == text else None

    def _next(self, text: str, at: int, before: str | None) -> tuple[RenderedTurn | None, int]:
        """Return the turn that opens at a place, and where the next one does."""
        for role, usual in self._opens:
            mark = usual
            if role == "user" and before == "system" and self.after_system is not None:
                mark = self.after_system
            elif not mark.strip() and not (
                before == "user" if role == "assistant" else before is None and role == "system"
            ):
                continue
            if text.startswith(mark, at):
                start = at + len(mark)
                end, after = self._end(text, start, role)
                return RenderedTurn(role, text[start:end], start), after
        return None, at

    def _end(self, text: str, start: int, role: str) -> tuple[int, int]:
        """Return where a turn's words end, and where the next turn opens."""
        close = self.marks[role][1]
        if role == "assistant" and self.tail is not None and text.endswith(self.tail):
            last = len(text) - len(self.tail)
            if last >= start and (not close or text.find(close, start, last) < 0):
                return last, len(text)
        if close:
            end = text.find(close, start)
            return (end, end + len(close)) if end >= 0 else (start, start)
        places = [place for _, mark in self._opens if mark.strip() and (place := text.find(mark, start)) >= 0]
        return (min(places), min(places)) if places else (len(text), len(text))

    def write(self, turns: Sequence[tuple[str, str]]) -> str:
        """Return a text with those turns, as roles and words."""
        said = [self.begin]
        for place, (role, words) in enumerate(turns):
            opened, closed = self.marks[role]
            if role == "user" and place and turns[place - 1][0] == "system" and self.after_system is not None:
                opened = self.after_system
            if role == "assistant" and place == len(turns) - 1 and self.tail is not None:
                closed = self.tail
            said += [opened, words, closed]
        return "".join(said)

    @cached_property
    def template(self) -> ChatTemplate:
        """The chat template that writes the same."""
        arms: list[str] = []
        for role, (opened, closed) in self.marks.items():
            first, last = json.dumps(opened), json.dumps(closed)
            if role == "user" and self.after_system is not None:
                behind = json.dumps(self.after_system)
                first = f"({behind} if loop.previtem and loop.previtem.role == 'system' else {first})"
            if role == "assistant" and self.tail is not None:
                last = f"({json.dumps(self.tail)} if loop.last else {last})"
            arms.append(f"if m.role == {json.dumps(role)} %}}{{{{ {first} + (m.content or '') + {last} }}}}")
        chain = "{% el".join(arms)
        source = (
            f"{{{{ {json.dumps(self.begin)} }}}}{{% for m in messages %}}{{% {chain}"
            "{% else %}{{ raise_exception('no turn of ' + m.role) }}{% endif %}{% endfor %}"
            f"{{% if add_generation_prompt %}}{{{{ {json.dumps(self.marks['assistant'][0])} }}}}{{% endif %}}"
        )
        said = f"the markup of rows that are rendered already ({self.name}); no template is applied to them in training"
        return ChatTemplate(self.name, source, origin=said, of_text=True)


def _between(opened: str, closed: str, *roles: str, **called: str) -> dict[str, tuple[str, str]]:
    """Return marks that differ by the role's name alone; some roles may be called otherwise."""
    names = {**{role: role for role in roles}, **called}
    return {role: (opened.format(name), closed) for role, name in names.items()}


_ALPACA: Final = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    "\n\n"
)

_THREE: Final = ("system", "user", "assistant")

_FAMILIES: Final[tuple[tuple[Markup, tuple[str, ...]], ...]] = (
    (
        Markup("chatml", _between("<|im_start|>{}\n", "<|im_end|>\n", *_THREE, "tool", "developer")),
        ("", "<s>", "<|begin_of_text|>"),
    ),
    (
        Markup(
            "chatml, on one line", _between("<|im_start|>{}\n", "<|im_end|>", *_THREE, "tool", "developer")
        ),
        ("", "<s>"),
    ),
    (
        Markup(
            "llama3",
            _between("<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>", *_THREE, "ipython", "tool"),
        ),
        ("<|begin_of_text|>", ""),
    ),
    (
        Markup("llama4", _between("<|header_start|>{}<|header_end|>\n\n", "<|eot|>", *_THREE, "ipython")),
        ("<|begin_of_text|>", ""),
    ),
    (
        Markup("gemma", _between("<start_of_turn>{}\n", "<end_of_turn>\n", user="user", assistant="model")),
        ("<bos>", ""),
    ),
    (Markup("phi3", _between("<|{}|>\n", "<|end|>\n", *_THREE)), ("", "<s>")),
    (Markup("phi4", _between("<|im_start|>{}<|im_sep|>", "<|im_end|>", *_THREE)), ("",)),
    (Markup("zephyr", _between("<|{}|>\n", "</s>\n", *_THREE)), ("", "<s>")),
    (
        Markup(
            "tulu",
            {**_between("<|{}|>\n", "", "system", "user"), "assistant": ("<|assistant|>\n", "</s>\n")},
        ),
        ("", "<s>"),
    ),
    (
        Markup(
            "llama2",
            {
                "system": ("<s>[INST] <<SYS>>\n", "\n<</SYS>>\n\n"),
                "user": ("<s>[INST] ", " [/INST]"),
                "assistant": (" ", " </s>"),
            },
            after_system="",
        ),
        ("",),
    ),
    (
        Markup(
            "llama2, first token left out",
            {
                "system": ("[INST] <<SYS>>\n", "\n<</SYS>>\n\n"),
                "user": ("[INST] ", " [/INST]"),
                "assistant": (" ", " </s>"),
            },
            after_system="",
        ),
        ("",),
    ),
    *(
        (
            Markup(
                f"mistral ({said})",
                {
                    "system": (f"[SYSTEM_PROMPT]{lead}", "[/SYSTEM_PROMPT]"),
                    "user": (f"{before}[INST]{lead}", f"{trail}[/INST]"),
                    "assistant": (answer, end),
                },
            ),
            ("<s>", ""),
        )
        for said, before, lead, trail, answer, end in (
            ("v0.1", "", " ", " ", " ", "</s> "),
            ("v0.2", "", " ", " ", " ", "</s>"),
            ("v0.2, questions set off", " ", " ", " ", " ", "</s>"),
            ("v0.2, answers close up", "", " ", " ", "", "</s>"),
            ("v0.3", "", " ", "", " ", "</s>"),
            ("tekken", "", "", "", "", "</s>"),
        )
    ),
    (
        Markup(
            "deepseek",
            {
                "system": ("", ""),
                "user": ("<\uff5cUser\uff5c>", ""),
                "assistant": ("<\uff5cAssistant\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
            },
        ),
        ("<\uff5cbegin\u2581of\u2581sentence\uff5c>",),
    ),
    (
        Markup(
            "command-r",
            {
                role: (f"<|START_OF_TURN_TOKEN|><|{name}_TOKEN|>", "<|END_OF_TURN_TOKEN|>")
                for role, name in (("system", "SYSTEM"), ("user", "USER"), ("assistant", "CHATBOT"))
            },
        ),
        ("<BOS_TOKEN>", ""),
    ),
    (
        Markup(
            "alpaca",
            {"user": ("### Instruction:\n", "\n\n### Response:\n"), "assistant": ("", "")},
        ),
        (_ALPACA,),
    ),
)
"""Markups, and what may stand before a whole text of theirs; the first that explains the rows is taken."""


def markups() -> Iterator[Markup]:
    """Yield every markup with every beginning and every end that it is met with."""
    for markup, begins in _FAMILIES:
        closed = markup.marks["assistant"][1]
        closes = dict.fromkeys((closed, closed.rstrip(), ""))
        for begin, close, end in itertools.product(begins, closes, _ENDS):
            yield replace(markup, begin=begin, tail=close + end)


_LOOKED_AT: Final = 200
"""Rows by which the markup is chosen."""


def markup_of(texts: Sequence[str]) -> Markup | None:
    """Return the markup that explains all of some texts; None where none does."""
    texts = texts[:_LOOKED_AT]
    if not texts:
        return None
    return next((each for each in markups() if all(each.split(text) is not None for text in texts)), None)


@dataclass(frozen=True)
class RenderedColumn:
    """Where a row keeps its rendered text, and in which markup."""

    markup: Markup
    """What stands around its turns."""
    columns: tuple[str, ...]
    """The columns whose texts make the whole, in order: one, or a prompt's and its completion's."""

    def parse(self, row: Mapping[str, Any]) -> list[Turn]:
        """Return the turns of a row.

        Raises:
            RowProblem: if its text is not what the markup writes.
        """
        texts = [t.read_text("user", row.get(column), column).text or "" for column in self.columns]
        found = self.markup.split("".join(texts))
        before = len(texts[0]) if len(texts) > 1 else 0
        if found is None or (before and all(piece.start != before for piece in found)):
            raise RowProblem(
                f"the text is not what the markup of the first rows ({self.markup.name}) writes, so it cannot be split "
                "into turns",
                help="audit the messages that the text was made from, or leave such rows out with --on-error skip",
            )
        return [
            Turn(
                t.ROLES[piece.role],
                piece.content,
                {"role": piece.role, "content": piece.content},
                given=piece.start < before,
            )
            for piece in found
        ]


def rendered_shape(name: str, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> Shape | None:
    """Return the shape of rows whose columns hold a text that a template has rendered; None where they do not.

    Args:
        name: What notes call the shape.
        rows: Some rows.
        columns: The column of the text, or of its prompt and its completion.
    """
    texts = ["".join(str(row.get(column) or "") for column in columns) for row in rows]
    markup = markup_of(texts)
    if markup is None:
        return None
    reading = RenderedColumn(markup, columns)
    note = (
        f"the texts are rendered already: they are split into the turns from which {markup.name} writes the same "
        "characters, and no chat template is applied to them"
    )
    return replace(
        in_python(name, reading.parse, required=columns, notes=(note,), tools=None), template=markup.template
    )
