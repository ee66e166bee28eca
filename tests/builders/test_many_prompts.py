"""Many system prompts: rendered once where the template cannot tell them apart, and with the same results."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.templates import ChatTemplate, Signature, load_template, resolve, resolve_all, trl_templates
from builders.templates import resolution as module
from builders.templates.contexts import STAND_IN, context_of
from builders.templates.framing import SYSTEM_WORDS, USER_WORDS
from builders.templates.opaque import LONGEST, Opaque, opaque


def template(source, **more):
    return ChatTemplate("test", source, **more)


def printing(expression):
    return "{% for m in messages %}" + expression + "{% endfor %}"


NO_DIFFERENCE = {
    "printed": printing("{{ m.content }}"),
    "by subscript": printing("{{ m['content'] }}"),
    "by get": printing("{{ m.get('content') }}"),
    "joined": printing("{{ '<' + m.content ~ '>' }}"),
    "stripped": printing("{{ m.content | trim }}{{ m.content.strip() }}"),
    "in a variable": printing("{% set c = m['content'] %}{{ c }}"),
    "in a block": printing("{% set c %}<{{ m.content }}>{% endset %}{{ c }}"),
    "through a macro": "{% macro f(x, y='') %}<{{ x }}{{ y }}>{% endmacro %}"
    + printing("{{ f(m.role, y=m.content) }}"),
    "in a namespace": "{% set ns = namespace(c='') %}" + printing("{% set ns.c = m.content %}{{ ns.c }}"),
    "by its type": printing("{% if m.content is string %}{{ m.content }}{% endif %}"),
    "if there": printing("{% if m.content %}{{ m.content }}{% else %}nothing{% endif %}"),
    "or something": printing("{{ m.content or 'nothing' }}"),
    "the next message's": printing(
        "{% if loop.nextitem %}{{ loop.nextitem.content }}{% endif %}{{ m.content }}"
    ),
    "the first message's": "{% set rest = messages[1:] %}{{ messages[0].content }}{{ rest[0]['content'] }}",
    "generation": printing("{% generation %}{{ m.content }}{% endgeneration %}"),
}

A_WORD = {
    "== ": (printing("{% if m.content == 'w' %}!{% endif %}{{ m.content }}"), "w"),
    "!=": (printing("{% if 'w' != m.content %}{{ m.content }}{% endif %}"), "w"),
    "in a list": (printing("{% if m.content in ['v', 'w'] %}!{% endif %}{{ m.content }}"), "w"),
}
A_NEEDLE = {
    "in": printing("{% if '/think' in m.content %}!{% endif %}{{ m.content }}"),
    "startswith": printing("{% if m.content.startswith('/think') %}!{% endif %}{{ m.content }}"),
    "endswith": printing("{% if m.content.endswith('/think') %}!{% endif %}{{ m.content }}"),
    "split": printing("{{ m.content.split('/think')[-1] }}"),
}
A_DIFFERENCE = {
    "length": printing("{% if m.content|length > 3 %}!{% endif %}{{ m.content }}"),
    "upper": printing("{{ m.content | upper }}"),
    "upper method": printing("{{ m.content.upper() }}"),
    "slice": printing("{{ m.content[:5] }}"),
    "letter": printing("{{ m.content[0] }}"),
    "letters": printing("{% for c in m.content %}{{ c }}.{% endfor %}"),
    "json": printing("{{ m.content | tojson }}"),
    "whole message": printing("{{ m }}"),
    "whole message as json": printing("{{ m | tojson }}"),
    "all messages": "{{ messages | tojson }}",
    "in a text": printing("{% if m.content in 'You are a pirate.' %}!{% endif %}{{ m.content }}"),
    "order": printing("{% if m.content > 'm' %}!{% endif %}{{ m.content }}"),
    "test": printing("{% if m.content is eq('w') %}!{% endif %}{{ m.content }}"),
    "format": printing("{{ '%-20s' % m.content }}"),
    "times": printing("{{ m.content * 2 }}"),
    "joined, then measured": printing("{% set c = '<' + m.content %}{{ c | length }}"),
    "a block, then measured": printing("{% set c %}{{ m.content }}{% endset %}{{ c.strip() }}"),
    "a macro's, then measured": "{% macro f(x) %}{{ x }}{% endmacro %}"
    + printing("{{ f(m.content) | length }}"),
    "inside a macro": "{% macro f(x) %}{{ x | length }}{% endmacro %}" + printing("{{ f(m.content) }}"),
    "another name of a namespace": "{% set a = namespace(c='') %}{% set b = a %}"
    + printing("{% set b.c = m.content %}{{ a.c | length }}"),
    "a namespace by subscript": "{% set a = namespace(c='') %}"
    + printing("{% set a.c = m.content %}{{ a['c'] | length }}"),
    "a namespace, whole": "{% set a = namespace(c='') %}" + printing("{% set a.c = m.content %}{{ a }}"),
    "a namespace from the start": printing("{% set a = namespace(c=m.content) %}{{ a.c | length }}"),
    "a loop that is handed on": "{% macro f(l) %}{{ l.previtem.content | length }}{% endmacro %}"
    + printing("{{ f(loop) }}{{ m.content }}"),
    "the message before": printing("{{ (loop.previtem or m).content | length }}"),
    "a method": printing("{% set f = m.items %}{{ f() | list }}"),
    "values": printing("{{ m.values() | list }}"),
    "a key that is computed": printing("{% set k = 'con' ~ 'tent' %}{{ m[k] | length }}"),
    "by attribute": printing("{{ messages | map(attribute='content') | join }}"),
    "in a list": printing("{% set l = [m.content] %}{{ l[0] | length }}"),
    "in a dict": printing("{% set d = {'a': m.content} %}{{ d.a | length }}"),
    "dict()": printing("{% set d = dict(a=m.content) %}{{ d.a | length }}"),
    "as a key": printing("{{ {'w': 'yes'}[m.content] }}"),
    "as a default": printing("{{ m.name | default(m.content) | length }}"),
    "an error's text": printing(
        "{% if m.role == 'tool' %}{{ raise_exception(m.content) }}{% endif %}{{ m.content }}"
    ),
    "a call block": "{% macro f() %}{{ caller() | length }}{% endmacro %}"
    + printing("{% call f() %}{{ m.content }}{% endcall %}"),
    "a filter block": printing("{% filter upper %}{{ m.content }}{% endfilter %}"),
    "with": printing("{% with c = m.content %}{{ c | length }}{% endwith %}"),
    "random": printing("{{ m.content }}{{ [1, 2] | random }}"),
    "include": "{% include 'x' %}",
    "broken": "{% if %}",
}

TEXTS = [
    "You are a pirate.",
    "You are session 17.",
    "w",
    "x /think y",
    "/think",
    " padded ",
    "two\nlines",
    "\u00e9 \u6f22 \U0001f600 \ud83d",
    '{"a": "b\\n"}',
    "</s><|system|>",
    *SYSTEM_WORDS,
    *USER_WORDS,
    USER_WORDS[0][:5],
    "x" + STAND_IN[-4:],
    "qwen",
    "0",
    " ",
]


def signatures(texts=TEXTS, **more):
    return [Signature("text", text, **more) for text in texts]


def alike(chosen, found):
    """Whether all at once gives what one by one does."""
    return resolve_all(chosen, found) == {each: resolve(chosen, each) for each in found}


@pytest.fixture(autouse=True)
def always_asked(monkeypatch):
    monkeypatch.setattr(module, "MANY", 1)


@pytest.mark.parametrize("name", NO_DIFFERENCE)
def test_a_template_that_prints_contents_makes_the_same_of_all(name):
    found = opaque(NO_DIFFERENCE[name])
    assert found is not None
    assert found.covers("You are a pirate.")
    assert alike(template(NO_DIFFERENCE[name]), signatures())


@pytest.mark.parametrize("name", A_WORD)
def test_a_word_that_is_compared_makes_a_difference(name):
    source, word = A_WORD[name]
    found = opaque(source)
    assert found is not None
    assert not found.covers(word)
    assert found.covers(word + word)
    assert alike(template(source), signatures())


@pytest.mark.parametrize("name", A_NEEDLE)
def test_a_text_that_is_looked_for_makes_a_difference(name):
    found = opaque(A_NEEDLE[name])
    assert found is not None
    assert not found.covers("x /think y")
    assert found.covers("x /thin y")
    assert alike(template(A_NEEDLE[name]), signatures())


@pytest.mark.parametrize("name", A_DIFFERENCE)
def test_a_template_that_looks_into_contents_is_asked_each_time(name):
    assert opaque(A_DIFFERENCE[name]) is None


def test_texts_that_are_covered():
    found = Opaque()
    assert found.covers("x" * LONGEST)
    assert not any(map(found.covers, ("", " x", "x\n", "x" * (LONGEST + 1))))
    assert found.without("b").covers("ac")
    assert not found.without("b").covers("abc")


@pytest.mark.parametrize("name", ["embedded", *sorted(trl_templates())])
def test_every_template_of_trl_gives_the_same_at_once_and_one_by_one(name):
    chosen = load_template(None if name == "embedded" else name)
    tools = json.dumps([{"function": {"name": "f", "parameters": {}}, "type": "function"}])
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
    ]
    for more in ({}, {"tools": tools}, {"context": context_of(turns, 4)}):
        assert alike(
            chosen, [Signature("absent"), *signatures(**more), Signature("null"), Signature("empty")]
        )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=20), max_size=8), st.sampled_from(sorted(NO_DIFFERENCE) + sorted(A_NEEDLE)))
def test_any_text_gives_the_same_at_once_and_one_by_one(texts, name):
    source = (NO_DIFFERENCE | A_NEEDLE)[name]
    assert alike(template(source), signatures([text for text in texts if text]))


def test_the_embedded_template_is_rendered_once_for_many_texts(monkeypatch):
    monkeypatch.setattr(module, "MANY", 100)
    rendered = []
    true = module.frame_of
    monkeypatch.setattr(
        module, "frame_of", lambda *given, **more: rendered.append(given) or true(*given, **more)
    )
    chosen = load_template()
    calls = []
    for number in (99, 100, 1000):
        rendered.clear()
        resolve_all(chosen, signatures([f"many {number} {place}" for place in range(number)]))
        calls.append(len(rendered))
    assert calls == [99, 2, 2]


def test_order_and_other_states_are_kept():
    wanted = [
        Signature("null"),
        *signatures(["a", "b"]),
        Signature("absent"),
        Signature("text", "c", tools="[]"),
    ]
    assert list(resolve_all(load_template(), [*wanted, *wanted])) == wanted
    assert all(one is not other for one, other in pairwise(wanted))
