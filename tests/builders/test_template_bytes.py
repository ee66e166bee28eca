"""Every template that trl ships, rendered by us and by transformers: the same bytes or the same refusal."""

from __future__ import annotations

import datetime as dates
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.errors import TemplateError
from builders.templates import FROZEN_DATE, ChatTemplate, load_template, render, trl_templates

pytestmark = pytest.mark.train
chat_template_utils = pytest.importorskip("transformers.utils.chat_template_utils")
tokenization = pytest.importorskip("transformers.tokenization_utils_base")
if not trl_templates():
    pytest.skip("trl is not installed", allow_module_level=True)

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
SYSTEMS: dict[str, list[dict[str, Any]]] = {
    "absent": [],
    "null": [{"role": "system", "content": None}],
    "empty": [{"role": "system", "content": ""}],
    "text": [{"role": "system", "content": "You are a villain."}],
    "spaced": [{"role": "system", "content": '  Sei <höflich> & "kurz" — 好\u2028\n '}],
}
TURNS: list[dict[str, Any]] = [
    {"role": "user", "content": "Which is a bird?\n(A) crow — 鳥 🐦‍⬛"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nA)"},
    {"role": "user", "content": " And 'now'? {{ 7 * 7 }} <|im_end|>"},
    {"role": "assistant", "content": "B)"},
]
PARTS: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": "What?"}]}]
REASONED: list[dict[str, Any]] = [
    TURNS[0],
    {"role": "assistant", "content": "A)", "reasoning_content": "a crow flies", "tool_calls": None},
    TURNS[2],
]
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "look_up",
            "description": "Find a word — <b>quickly</b>.",
            "parameters": {
                "type": "object",
                "properties": {
                    "word": {"type": "string", "description": "What?"},
                    "limit": {"type": "integer", "enum": [1, 2]},
                },
                "required": ["word"],
            },
        },
    }
]
CALLS: list[dict[str, Any]] = [
    {"role": "user", "content": "Look it up."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "type": "function",
                "id": "call00001",
                "function": {"name": "look_up", "arguments": {"word": "äh"}},
            }
        ],
    },
    {"role": "tool", "name": "look_up", "tool_call_id": "call00001", "content": "a sound"},
    {"role": "assistant", "content": "A sound."},
    {"role": "user", "content": "Thanks."},
]

CONVERSATIONS: list[tuple[list[dict[str, Any]], list[dict[str, Any]] | None, bool]] = [
    *(
        (system + turns, None, ask)
        for system in SYSTEMS.values()
        for turns, ask in [(TURNS[:1], True), (TURNS, False)]
    ),
    *((system + PARTS, None, True) for system in SYSTEMS.values()),
    (TURNS[:3], None, True),
    (REASONED, None, True),
    (SYSTEMS["text"] + REASONED, None, False),
    *((system + CALLS, TOOLS, True) for system in SYSTEMS.values()),
    (CALLS[:3], TOOLS, True),
    (CALLS, None, True),
    (TURNS[:1], [], True),
    (TURNS[1:3], None, True),
    ([*TURNS[:1], *SYSTEMS["text"], *TURNS[1:3]], None, True),
]


class _Today(dates.datetime):
    """A clock that stands still where ours does."""

    @classmethod
    def now(cls, tz=None):
        return FROZEN_DATE


class _Tokenizer:
    """As much of a tokenizer as `apply_chat_template(tokenize=False)` asks for."""

    special_tokens_map = TOKENS

    def __init__(self, source: str) -> None:
        self.chat_template = source

    get_chat_template = tokenization.PreTrainedTokenizerBase.get_chat_template
    apply_chat_template = tokenization.PreTrainedTokenizerBase.apply_chat_template


def theirs(template: ChatTemplate, messages, tools, ask: bool) -> str | None:
    tokenizer = _Tokenizer(template.source)
    try:
        return tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=ask, tokenize=False)
    except Exception:  # whatever theirs raises, ours has to refuse
        return None


def ours(template: ChatTemplate, messages, tools, ask: bool) -> str | None:
    try:
        return render(template, messages, tools=tools, add_generation_prompt=ask)
    except TemplateError:
        return None


@pytest.mark.parametrize("name", sorted(trl_templates()))
def test_same_bytes_or_same_refusal(name: str, monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", _Today)
    loaded = load_template(name)
    template = ChatTemplate(name, loaded.source, special_tokens=TOKENS)
    rendered = 0
    for messages, tools, ask in CONVERSATIONS:
        expected = theirs(template, messages, tools, ask)
        assert ours(template, messages, tools, ask) == expected, json.dumps(messages)
        rendered += expected is not None
    assert rendered >= 3


def test_embedded_template_gives_the_bytes_of_the_real_one():
    embedded, real = load_template(), load_template("qwen2_5")
    assert embedded.source != real.source
    assert "qwen2_5" in trl_templates()
    for messages, tools, ask in CONVERSATIONS:
        assert ours(embedded, messages, tools, ask) == ours(real, messages, tools, ask), json.dumps(messages)


CONTENTS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["<|im_end|>", " \n", "{{ 1 }}", "You are"])
)
CALL = st.fixed_dictionaries(
    {
        "name": st.text(max_size=5),
        "arguments": st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    }
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "critic"]), "content": CONTENTS},
        optional={
            "tool_calls": st.lists(st.one_of(CALL, CALL.map(lambda call: {"function": call})), max_size=2)
        },
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(MESSAGES, st.sampled_from([None, [], TOOLS]), st.booleans())
def test_embedded_template_gives_the_bytes_of_the_real_one_for_any_conversation(messages, tools, ask):
    assert ours(load_template(), messages, tools, ask) == ours(load_template("qwen2_5"), messages, tools, ask)


@pytest.mark.parametrize(
    "source",
    [
        "{{ [1, {'a': 'ä<b>'}] | tojson }}|{{ messages | tojson(indent=2, sort_keys=true) }}",
        "{% set ns = namespace(a=1) %}{% for m in messages %}{% set ns.a = ns.a + loop.index %}{% endfor %}{{ ns.a }}",
        (
            "{% for m in messages %}{% if loop.index == 2 %}{% continue %}{% endif %}{{ m.role }}"
            "{% if loop.index == 3 %}{% break %}{% endif %}{% endfor %}"
        ),
        "a\n  {% if true %}\n  b\n  {% endif %}\n{# c #}\nd\n",
        "{% generation %}\n  {{ messages[1].content }}\n{% endgeneration %}\n!",
        "{{ dict(a=1) | tojson }}{{ dict.fromkeys(['x'], 2) | tojson }}{{ {'k': 1}.items() | list }}",
        "{{ strftime_now('%d %B %Y %H:%M') }}",
        "{{ 3 * 'ab' + 'c' }}{{ 2 ** 10 }}{{ '%s-%d' % ('x', 3) }}{{ [1] + [2] }}{{ 7 // 2 }}{{ -7 % 3 }}",
        "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(f(1)) }}{{ undefined_name }}",
        "{{ messages[0].content.upper().split('\\n') | join('|') }}{{ messages[0].content[::-1] }}",
        "{{ tools is none }}{{ tools is defined }}{{ documents is none }}{{ bos_token }}{{ cls_token is defined }}",
        "{{ none_given is defined and none_given }}{{ 'x' | urlize }}{{ [3, 1] | sort | pprint }}",
        "{{ namespace(_a=1) }}",
        "{% set ns = namespace() %}{% set ns._b = 1 %}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'a': 1}) }}",
        "{{ ''.__class__ }}",
        "{{ range(100001) | length }}",
        "{{ raise_exception('no') }}",
        "{{ 1 / 0 }}",
    ],
)
def test_the_language_itself_is_the_same(source: str, monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", _Today)
    template = ChatTemplate("written here", source, special_tokens=TOKENS)
    assert ours(template, TURNS, None, False) == theirs(template, TURNS, None, False)
