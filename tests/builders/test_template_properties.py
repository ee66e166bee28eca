"""What holds for every system text and every user text, whatever the template's family."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders.templates import ChatTemplate, Signature, load_template, render, resolve
from builders.templates.framing import SYSTEM_WORDS, USER_WORDS

QWEN = load_template()
CHATML = ChatTemplate(
    "chatml",
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
)
TRIMMING = ChatTemplate("trimming", CHATML.source.replace("m.content", "(m.content | trim)"))
MERGING = ChatTemplate(
    "merging",
    "{% set given = messages[0].content if messages[0].role == 'system' else none %}"
    "{% for m in messages if m.role != 'system' %}[{{ m.role }}] "
    "{% if loop.first and given is not none %}{{ given }}\n\n{% endif %}{{ m.content }}\n{% endfor %}",
)
TOKENS = [
    "<|im_start|>",
    "<|im_end|>\n",
    "system\n",
    "user\n",
    "[user] ",
    "{{ 1 }}",
    *USER_WORDS,
    *SYSTEM_WORDS,
]
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TOKENS), max_size=4).map("".join)).filter(
    lambda text: text != ""
)


def text(value: str) -> Signature:
    return Signature("text", value)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
@example(" ")
@example("\r")
def test_a_given_text_resolves_to_itself(value: str):
    for template in (QWEN, CHATML):
        found = resolve(template, text(value))
        assert found.resolved_by == "given"
        assert found.resolved_system == value
        assert found.prefix is not None
        assert value in found.prefix


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_two_texts_share_a_condition_only_where_the_template_trims(one: str, other: str):
    for template in (QWEN, CHATML, MERGING):
        same = resolve(template, text(one)).condition == resolve(template, text(other)).condition
        assert same == (one == other)
    same = resolve(TRIMMING, text(one)).condition == resolve(TRIMMING, text(other)).condition
    assert same == (one.strip() == other.strip())


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_merged_text_is_found_in_the_users_turn(value: str):
    found = resolve(MERGING, text(value))
    if value.strip():
        assert (found.resolved_system, found.resolved_by) == (value, "merged")
    assert resolve(MERGING, Signature("absent")).resolved_by == "given"


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_the_users_text_stands_where_the_frame_says(system: str, user: str):
    """The condition comes from no user's text, so what is around any user's text has to be what it says."""
    for template in (QWEN, CHATML, MERGING):
        found = resolve(template, text(system))
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        prompt = render(template, messages, add_generation_prompt=True)
        assert found.prefix is not None
        assert found.suffix is not None
        assert prompt == found.prefix + user + found.suffix


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_tools_renderer_and_arguments_are_part_of_the_condition(value: str):
    tools = '[{"function":{"name":"f","parameters":{}},"type":"function"}]'
    conditions = [
        resolve(QWEN, text(value)).condition,
        resolve(QWEN, Signature("text", value, tools)).condition,
        resolve(load_template(renderer="llamafactory"), text(value)).condition,
        resolve(load_template(kwargs={"x": 1}), text(value)).condition,
        resolve(ChatTemplate("other", QWEN.source + " "), text(value)).condition,
    ]
    assert len(set(conditions)) == len(conditions)
    assert all(len(condition) == 64 for condition in conditions)


def test_absent_and_empty_differ_only_where_the_template_tells_them_apart():
    for template, differ in [(QWEN, True), (CHATML, True), (MERGING, True)]:
        absent, empty = resolve(template, Signature("absent")), resolve(template, Signature("empty"))
        assert (absent.condition != empty.condition) is differ
    blind = ChatTemplate("blind", CHATML.source.replace("messages %}", "messages if m.content %}", 1))
    assert resolve(blind, Signature("absent")).condition == resolve(blind, Signature("empty")).condition
    assert resolve(blind, Signature("null")).condition == resolve(blind, Signature("empty")).condition


def test_what_depends_on_the_date_is_said_and_does_not_move_the_condition():
    dated = ChatTemplate("dated", "Today is {{ strftime_now('%d %b %Y') }}.\n" + CHATML.source)
    asked = ChatTemplate("asked", "{% set unused = strftime_now('%Y') %}" + CHATML.source)
    fixed = ChatTemplate("fixed", "Today is 26 Jul 2024.\n" + CHATML.source)
    assert resolve(dated, text("S")).dated
    assert not resolve(asked, text("S")).dated
    assert not resolve(fixed, text("S")).dated
    assert "15 Jan 2026" in (resolve(dated, text("S")).prefix or "")
