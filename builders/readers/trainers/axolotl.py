"""One entry of an Axolotl config's `datasets`: how its prompt strategies read a row.

Written after axolotl 0.19.0: `utils/schemas/datasets.py`, `prompt_strategies/chat_template.py`, `alpaca_*.py`,
`input_output.py`, `user_defined.py`, `dpo/*.py` and `prompters.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import InputError
from builders.readers.problems import RowProblem
from builders.readers.trainers.axolotl_keys import CONFIG, COULD_MATTER, ENTRY
from builders.readers.trainers.keys import table_at, text_at, unfollowed
from builders.readers.trainers.styles import RAW, Style, style_named, user_style
from builders.readers.trainers.templates import Asked
from builders.readers.turns import Turn, content_text, read_text

_ROLES: Final = {
    "human": "user",
    "user": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "system": "system",
    "tool": "tool",
}
_REASONING: Final = "reasoning_content"


@dataclass(frozen=True)
class Layout:
    """How Axolotl reads the rows of one entry."""

    turns: Callable[[Mapping[str, Any]], list[Turn]]
    """A row's turns; those that are not learnt are flagged so. Raises `RowProblem`."""
    columns: tuple[str, ...]
    """The columns of the file that are read."""
    style: Style | None = None
    """The strategy's own way of writing, where it uses no chat template."""
    preference: bool = False
    """Whether rows are pairs of answers."""
    unfollowed: tuple[Unread, ...] = ()
    """What the entry says and is not followed."""
    notes: tuple[str, ...] = ()
    """What is to be announced."""


def layout(entry: Mapping[str, Any], config: Mapping[str, Any], *, where: str) -> Layout:
    """Return how Axolotl reads the data set of one entry.

    Args:
        entry: The entry of `datasets`.
        config: The whole config.
        where: What errors call it.

    Raises:
        InputError: if it uses a strategy that cannot be followed.
    """
    kind = entry.get("type")
    preference = config.get("rl") in ("dpo", "ipo")
    if config.get("rl") and not preference:
        raise InputError(
            f"trains with rl: {config['rl']}, which is not followed", where=where, help="dpo and ipo are"
        )
    if isinstance(kind, Mapping):
        found = _user_defined(kind, where)
    elif preference:
        found = _preference(str(kind), entry, where)
    elif kind == "chat_template":
        found = _chat(entry, where)
    elif kind == "input_output":
        found = Layout(_segments, ("segments",), RAW)
    elif (style := style_named(str(kind), text_at(entry, "conversation", None, where=where))) is not None:
        found = _instructions(style)
    else:
        raise _refusal(kind, where)
    return Layout(
        found.turns,
        found.columns,
        found.style,
        preference,
        (*unfollowed(entry, ENTRY), *found.unfollowed, *_config_unfollowed(config)),
        found.notes,
    )


def template_asked(entry: Mapping[str, Any], config: Mapping[str, Any]) -> Asked:
    """Return what an entry and its config say of the chat template: the entry's word goes first."""
    holder = entry if entry.get("chat_template") or entry.get("chat_template_jinja") else config
    name, source = holder.get("chat_template"), holder.get("chat_template_jinja")
    model = config.get("tokenizer_config") or config.get("base_model")
    kwargs = config.get("chat_template_kwargs")
    given = dict(kwargs) if isinstance(kwargs, Mapping) else {}
    if source and name in (None, "", "jinja"):
        return Asked(source=str(source), kwargs=given)
    if name in (None, "", "tokenizer_default") or str(name).startswith("tokenizer_default_fallback_"):
        return Asked(model=str(model) if model else None, kwargs=given)
    return Asked(name=str(name), kwargs=given)


def _refusal(kind: object, where: str) -> InputError:
    if str(kind) == "completion" or str(kind).startswith("completion:"):
        return InputError(
            "trains on whole texts, in which prompt and target cannot be told apart",
            where=where,
            help="audit the data from which the texts were made",
        )
    if str(kind).startswith("sharegpt"):
        return InputError(
            "has type: sharegpt, which Axolotl itself no longer takes",
            where=where,
            help="write type: chat_template with field_messages: conversations and message_property_mappings",
        )
    return InputError(
        f"has type: {kind!r}, which is not followed" if kind else "names no type",
        where=where,
        help="followed are chat_template, input_output, alpaca and its kin, your own (a table of formats), and for "
        "rl: dpo chat_template.default, chat_template.argilla_chat, chatml.* and llama3.*",
    )


def _config_unfollowed(config: Mapping[str, Any]) -> tuple[Unread, ...]:
    known = {key.name for key in CONFIG}
    relevant = {
        name: value for name, value in config.items() if str(name) in known or COULD_MATTER.search(str(name))
    }
    return unfollowed(relevant, CONFIG)


# Chat templates -----------------------------------------------------------------------------------------------


def _names(entry: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return what the fields of a turn are called: the template's name -> the file's."""
    given = table_at(entry, "message_property_mappings", where=where) or {}
    names = {str(key): str(value) for key, value in given.items()}
    for key in ("role", "content"):
        names.setdefault(key, text_at(entry, f"message_field_{key}", None, where=where) or key)
    if not given:
        thinking = text_at(entry, "template_thinking_key", _REASONING, where=where)
        source = text_at(entry, "field_thinking", _REASONING, where=where)
        if thinking and source:
            names[thinking] = source
    return names


def _roles(entry: Mapping[str, Any], default: Mapping[str, str], where: str) -> dict[str, str]:
    own = table_at(entry, "roles", where=where)
    if not own:
        return dict(default)
    if not all(isinstance(sources, list) for sources in own.values()):
        raise InputError("'roles' must map each role to a list of names", where=where)
    return {str(source): str(role) for role, sources in own.items() for source in sources}


@dataclass(frozen=True)
class _Chat:
    """The strategy `chat_template`."""

    column: str
    names: Mapping[str, str]
    roles: Mapping[str, str]
    trained: tuple[str, ...]
    flag: str | None
    detail: str | None
    drop_system: bool
    last_only: bool = False
    extras: tuple[str, ...] = field(default=("tool_calls", "tool_call_id", "name", "weight"))

    def turns(self, row: Mapping[str, Any]) -> list[Turn]:
        entries = row.get(self.column)
        if (
            not isinstance(entries, list)
            or not entries
            or not all(isinstance(each, Mapping) for each in entries)
        ):
            raise RowProblem(f"'{self.column}' is no list of turns")
        said = [self._turn(entry, place) for place, entry in enumerate(entries, start=1)]
        if said[0].role != "system" and row.get("system") is not None:
            said.insert(0, read_text("system", row["system"], "system").flagged(train=False))
        if self.drop_system and said[0].role == "system":
            said = said[1:]
        if self.last_only:
            said = [turn.flagged(train=place == len(said) - 1) for place, turn in enumerate(said)]
        return said

    def _turn(self, entry: Mapping[str, Any], place: int) -> Turn:
        message = {key: entry[name] for key, name in self.names.items() if entry.get(name) is not None}
        message |= {
            key: entry[key] for key in self.extras if key not in message and entry.get(key) is not None
        }
        message.pop("weight", None)
        speaker = message.get("role")
        role = self.roles.get(str(speaker), str(speaker))
        if role not in ("system", "user", "assistant", "tool"):
            raise RowProblem(
                f"{self.column}[{place}] is said by {speaker!r}, which the config maps to no role",
                help="add it under roles:, as Axolotl passes it to the chat template as it is",
            )
        message["role"] = role
        text = _parts_text(message.get("content"))
        if isinstance(message.get("content"), list):
            message["content"] = text
        return Turn(role, text, message).flagged(train=self._is_trained(entry, role, message))

    def _is_trained(self, entry: Mapping[str, Any], role: str, message: Mapping[str, Any]) -> bool:
        flag = entry.get(self.flag) if self.flag else None
        if flag is not None:
            return bool(flag)
        details = entry.get(self.detail) if self.detail else None
        if details is not None:
            return isinstance(details, list) and any(
                each.get("train") for each in details if isinstance(each, Mapping)
            )
        del message
        return role in self.trained


def _parts_text(content: Any) -> str | None:  # noqa: ANN401
    """Return a content as text: Axolotl puts the texts of parts on end itself."""
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        return "".join(
            str(part.get("text") or part.get("content") or part.get("value") or "") for part in content
        )
    return content_text(content)


def _chat(entry: Mapping[str, Any], where: str) -> Layout:
    roles = _roles(entry, _ROLES, where)
    wanted = entry.get("roles_to_train", ["assistant"])
    if wanted is not None and not isinstance(wanted, list):
        raise InputError("'roles_to_train' must be a list of roles", where=where)
    trained = tuple(roles.get(str(each), str(each)) for each in wanted or ())
    flag = text_at(entry, "message_field_training", None, where=where)
    detail = text_at(entry, "message_field_training_detail", None, where=where)
    ends = entry.get("train_on_eos", "turn") or entry.get("train_on_eot")
    chat = _Chat(
        column=text_at(entry, "field_messages", "messages", where=where) or "messages",
        names=_names(entry, where),
        roles=roles,
        trained=trained,
        flag=flag,
        detail=detail,
        drop_system=bool(entry.get("drop_system_message")),
        # Where nothing of all this is asked for, Axolotl goes back to training the last turn alone.
        last_only=not (trained or ends or flag or detail),
    )
    others = tuple(
        Unread("roles_to_train", f"it has {role} turns trained, and only answers are counted here")
        for role in trained
        if role != "assistant"
    )
    return Layout(chat.turns, (chat.column, "system"), unfollowed=others)


# Instructions -------------------------------------------------------------------------------------------------


def _instructions(style: Style) -> Layout:
    def turns(row: Mapping[str, Any]) -> list[Turn]:
        names = style.columns
        asked = read_text("user", row.get(names.prompt), names.prompt).text or ""
        more = row.get(names.query) if names.query else None
        extra = read_text("user", more, names.query or "").text if more else None
        system = style.system_of(row, with_input=bool(extra))
        return [
            *(
                [Turn("system", system, {"role": "system", "content": system}).flagged(train=False)]
                if system
                else []
            ),
            read_text("user", asked + (style.between + extra if extra else ""), names.prompt),
            read_text("assistant", row.get(names.response), names.response),
        ]

    names = style.columns
    columns = tuple(name for name in (names.prompt, names.query, names.response, names.system) if name)
    note = (
        ()
        if names.system
        else (f"type: {style.name} reads no system column: every row has the strategy's own words",)
    )
    return Layout(turns, columns, style, notes=note)


def _user_defined(kind: Mapping[str, Any], where: str) -> Layout:
    return _instructions(user_style(kind, where=where))


def _segments(row: Mapping[str, Any]) -> list[Turn]:
    segments = row.get("segments")
    if not isinstance(segments, list) or not all(isinstance(each, Mapping) for each in segments):
        raise RowProblem("'segments' is no list of labelled texts")
    turns: list[Turn] = []
    for segment in segments:
        role = "assistant" if segment.get("label") else "user"
        text = read_text(role, segment.get("text"), "segments").text or ""
        if turns and turns[-1].role == role:
            text = (turns.pop().text or "") + text
        turns.append(Turn(role, text, {"role": role, "content": text}))
    return turns


# Preferences --------------------------------------------------------------------------------------------------

_PROMPTS: Final = ("prompt", "input", "question", "instruction")
_PAIR_ROLES: Final = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


def _preference(kind: str, entry: Mapping[str, Any], where: str) -> Layout:
    base, _, name = kind.partition(".")
    if base in ("chatml", "llama3") and name in (
        "",
        "default",
        "icr",
        "intel",
        "prompt_pairs",
        "ultra",
        "argilla_chat",
    ):
        return _written_pairs(base, name or "default")
    if kind in ("chat_template", "chat_template.default", "chat_template.argilla_chat"):
        return _chat_pairs(entry, where, whole=name == "argilla_chat")
    raise _refusal(kind, where)


def _written_pairs(family: str, name: str) -> Layout:
    own = {"icr": ("input",), "intel": ("question",), "prompt_pairs": ("prompt",), "ultra": ("prompt",)}

    def turns(row: Mapping[str, Any]) -> list[Turn]:
        chosen = row.get("chosen") if name != "default" or "chosen" in row else row.get("chosen_response")
        if name == "argilla_chat":
            if not isinstance(chosen, list) or len(chosen) < 2:
                raise RowProblem("'chosen' is no list of a question and its answer")
            return [_said("user", chosen[0], "chosen"), _said("assistant", chosen[1], "chosen")]
        if name == "ultra":
            if not isinstance(chosen, list) or len(chosen) < 2:
                raise RowProblem("'chosen' is no list of a question and its answer")
            chosen = chosen[1].get("content")
        asked = own.get(name, tuple(each for each in _PROMPTS if each in row)[:1] or ("instruction",))[0]
        system = row.get("system")
        return [
            *([read_text("system", system, "system")] if system else []),
            read_text("user", row.get(asked), asked),
            read_text("assistant", chosen, "chosen"),
        ]

    columns = ("system", *_PROMPTS, "chosen", "chosen_response", "rejected", "rejected_response")
    return Layout(turns, columns, style_named(f"dpo:{family}", None))


def _said(role: str, entry: object, column: str) -> Turn:
    return read_text(role, entry.get("content") if isinstance(entry, Mapping) else entry, column)


def _chat_pairs(entry: Mapping[str, Any], where: str, *, whole: bool) -> Layout:
    names, roles = _names(entry, where), _roles(entry, _PAIR_ROLES, where)
    column = text_at(entry, "field_messages", "messages", where=where) or "messages"
    side = text_at(entry, "field_chosen", "chosen", where=where) or "chosen"
    other = text_at(entry, "field_rejected", "rejected", where=where) or "rejected"
    chat = _Chat(column, names, roles, (), None, None, drop_system=False, extras=())

    def answer(row: Mapping[str, Any]) -> list[Any]:
        said = row.get(side)
        if isinstance(said, str):
            return [{names["role"]: "assistant", names["content"]: said}]
        return [said] if isinstance(said, Mapping) else said if isinstance(said, list) else []

    def turns(row: Mapping[str, Any]) -> list[Turn]:
        said = answer(row)
        if not said:
            raise RowProblem(f"'{side}' holds no answer")
        before = said[:-1] if whole else row.get(column)
        if isinstance(before, str):
            before = [{names["role"]: "user", names["content"]: before}]
        # The strategy looks at no system column: the turns are all there is.
        prompt = chat.turns({column: before}) if before else []
        [target] = chat.turns({column: said[-1:]})
        return [*prompt, target.flagged(train=True)]

    return Layout(turns, (side, other) if whole else (column, side, other))
