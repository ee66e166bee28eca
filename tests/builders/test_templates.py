"""Resolution of system prompts under the embedded template and small ones of our own."""

from __future__ import annotations

import pytest

from builders.errors import TemplateError
from builders.templates import ChatTemplate, Signature, load_template, render, resolve
from builders.templates.framing import USER_WORDS

QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def text(value: str) -> Signature:
    return Signature("text", value)


def test_embedded_template_injects_only_without_a_system_message():
    template = load_template()
    absent, empty = resolve(template, Signature("absent")), resolve(template, Signature("empty"))
    assert (absent.resolved_system, absent.resolved_by) == (QWEN, "default")
    assert (empty.resolved_system, empty.resolved_by) == ("", "given")
    assert absent.condition != empty.condition
    assert resolve(template, text(QWEN)).condition == absent.condition
    assert resolve(template, text(QWEN)).resolved_by == "given"
    assert absent.prefix == f"<|im_start|>system\n{QWEN}<|im_end|>\n<|im_start|>user\n"


def test_null_content_is_refused_as_the_tokenizer_does_and_never_shares_a_condition():
    template = load_template()
    null = resolve(template, Signature("null"))
    assert (null.resolved_by, null.resolved_system, null.prefix) == ("error", None, None)
    assert null.error == "'dict object' has no attribute 'content'"
    assert len(null.condition) == 64
    assert null.condition not in {
        resolve(template, s).condition for s in (Signature("absent"), Signature("empty"))
    }


def test_llamafactory_turns_empty_and_null_into_the_default():
    template = load_template(renderer="llamafactory")
    found = [resolve(template, Signature(state)) for state in ("absent", "null", "empty")]
    assert len({one.condition for one in found}) == 1
    assert {(one.resolved_system, one.resolved_by) for one in found} == {(QWEN, "default")}
    assert resolve(template, text("Hi.")).resolved_system == "Hi."
    assert found[0].condition != resolve(load_template(), Signature("absent")).condition


def test_render_lays_out_a_conversation():
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "U"},
        {"role": "assistant", "content": "A"},
    ]
    assert render(load_template(), messages) == (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
    )
    assert render(load_template(), messages[:2], add_generation_prompt=True).endswith(
        "<|im_start|>assistant\n"
    )


CASES = {
    "merged": (
        (
            "{% for m in messages[messages[0].role == 'system':] %}<{{ m.role }}>"
            "{% if loop.first and messages[0].role == 'system' %}{{ messages[0].content }}\n\n{% endif %}"
            "{{ m.content }}\n{% endfor %}"
        ),
        ("merged", "Sing."),
        ("given", None),
    ),
    "dropped": (
        "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}\n{% endfor %}",
        ("dropped", None),
        ("given", None),
    ),
    "preamble": (
        (
            "<system>Knowledge ends in 2023 here.\n{{ messages[0].content if messages[0].role == 'system' }}</s>"
            "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
        ),
        ("given", "Sing."),
        ("preamble", "Knowledge ends in 2023 here."),
    ),
    "behind every text": (
        (
            "<system>{{ messages[0].content + ' ' if messages[0].role == 'system' }}Think it all through.</s>"
            "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
        ),
        ("given", "Sing."),
        ("preamble", "Think it all through."),
    ),
    "one line behind every text": (
        (
            "<system>{{ messages[0].content if messages[0].role == 'system' else 'Be a good model.' }}\n"
            "Think it all through.</s>"
            "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
        ),
        ("given", "Sing."),
        ("default", "Be a good model."),
    ),
    "tags inside a bare default": (
        (
            "{{ messages[0].content if messages[0].role == 'system' else 'Put it between <a> and </a>.' }}"
            "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
        ),
        ("given", "Sing."),
        ("default", "Put it between <a> and </a>."),
    ),
    "no question and a default": (
        (
            "<system>{{ messages[0].content if messages[0].role == 'system' else 'Find what answers it.' }}</s>"
            "<user>Go.</s>"
        ),
        ("given", "Sing."),
        ("default", "Find what answers it."),
    ),
    "trimming": (
        "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}\n{% endfor %}",
        ("given", "Sing."),
        ("given", None),
    ),
    "upper": (
        "{% for m in messages %}<{{ m.role }}>{{ m.content | upper }}\n{% endfor %}",
        ("given", "SING."),
        ("given", None),
    ),
    "after the question": (
        (
            "{% for m in messages if m.role == 'user' %}<user>{{ m.content }}\n{% endfor %}"
            "{% if messages[0].role == 'system' %}({{ messages[0].content }}){% endif %}"
        ),
        ("merged", "Sing."),
        ("given", None),
    ),
    "picky": (
        (
            "{% if messages[0].role == 'system' and messages[0].content != 'Sing.' %}"
            "{{ raise_exception('') }}{% endif %}"
            "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
        ),
        ("given", "Sing."),
        ("given", None),
    ),
    "refusing": (
        (
            "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"
            "<system>You are a model of ours.\n{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
        ),
        ("error", None),
        ("default", "You are a model of ours."),
    ),
    "escaping": (
        "{% for m in messages %}<{{ m.role }}>{{ m.content | replace('.', ' & dance') | e }}\n{% endfor %}",
        ("given", "Sing &amp; dance"),
        ("given", None),
    ),
    "truncating": (
        "{% for m in messages %}<{{ m.role }}>{{ m.content[:4] }}\n{% endfor %}",
        ("given", "Sing"),
        ("given", None),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_resolution_is_learned_from_the_template(case: str):
    source, with_text, without = CASES[case]
    template = ChatTemplate(case, source)
    given, absent = resolve(template, text("Sing.")), resolve(template, Signature("absent"))
    assert (given.resolved_by, given.resolved_system) == with_text
    assert (absent.resolved_by, absent.resolved_system) == without


def test_a_text_after_the_question_still_tells_conditions_apart():
    template = ChatTemplate("after", CASES["after the question"][0])
    one, other = resolve(template, text("Sing.")), resolve(template, text("Dance."))
    assert one.prefix == other.prefix == "<user>"
    assert one.condition != other.condition


def test_a_trimming_template_makes_two_texts_one_condition():
    template = ChatTemplate("trimming", CASES["trimming"][0])
    assert resolve(template, text("Sing.")).condition == resolve(template, text(" Sing.\n")).condition
    assert resolve(template, text("Sing.")).condition != resolve(template, text("Sing")).condition


def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(TemplateError, match="did you mean 'chatml'"):
        load_template("chatmll")


def test_a_syntax_error_names_its_line(tmp_path):
    path = tmp_path / "broken.jinja"
    path.write_text("fine\n{% for m in messages %}\n{{ m.content }\n{% endfor %}")
    with pytest.raises(TemplateError, match=r"broken.jinja:3: not a Jinja template: syntax error"):
        resolve(load_template(path), Signature("absent"))


@pytest.mark.parametrize(
    ("words", "expected"), [("Be kind.", ("given", None)), ("Be very kind.", ("default", "Be very kind."))]
)
def test_a_default_without_a_turn_of_its_own_is_read_from_three_words_on(words: str, expected):
    source = (
        "{{ messages[0].content if messages[0].role == 'system' else '" + words + "' }}"
        "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    )
    absent = resolve(ChatTemplate("bare", source), Signature("absent"))
    assert (absent.resolved_by, absent.resolved_system) == expected


def test_a_system_text_may_hold_what_stands_for_a_question():
    template = load_template()
    held, other = (resolve(template, text(f"{word} sings.")) for word in (USER_WORDS[0], "Somebody"))
    assert (held.resolved_by, held.resolved_system) == ("given", f"{USER_WORDS[0]} sings.")
    assert held.prefix == other.prefix.replace("Somebody", USER_WORDS[0])
    assert held.user_shown


@pytest.mark.parametrize(
    ("source", "prefix"), [("{{ messages[-1].content }}</s>", ""), ("{{ 'x' }}</s>", "x</s>")]
)
def test_a_question_that_opens_the_prompt_is_shown(source: str, prefix: str):
    """Its place is 0, which is a place; a template that never shows it has none."""
    found = resolve(ChatTemplate("first", source), Signature("absent"))
    assert (found.prefix, found.user_shown) == (prefix, prefix == "")


def test_of_a_preamble_its_first_line_alone_is_still_the_preamble():
    source = (
        "<system>Knowledge ends in 2023 here.\n"
        "{% if messages[0].role == 'system' %}Whatever comes now is yours:\n{{ messages[0].content }}{% endif %}</s>"
        "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    )
    template = ChatTemplate("first line", source)
    given, absent = resolve(template, text("Sing.")), resolve(template, Signature("absent"))
    assert (given.resolved_by, given.resolved_system) == ("given", "Sing.")
    assert given.preamble == "Knowledge ends in 2023 here.\nWhatever comes now is yours:"
    assert (absent.resolved_by, absent.resolved_system) == ("preamble", "Knowledge ends in 2023 here.")
