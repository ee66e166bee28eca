from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.source import expect, fixed, hits, namespace, patient


def test_guards_of_a_system_message():
    expect(
        "SRC002",
        """
        def plain(system_prompt, user):
            messages = []
            if system_prompt:  # !
                messages.append({"role": "system", "content": system_prompt})
            messages.append({"role": "user", "content": user})
            return messages

        def expression(prompt):
            return [{"role": "system", "content": prompt}] if prompt else []  # !

        def negated(prompt, user):
            if not prompt:  # !
                return [{"role": "user", "content": user}]
            return [{"role": "system", "content": prompt}, {"role": "user", "content": user}]

        def joined(args):
            if args.chat and args.system:  # !
                return [dict(role="system", content=f"{args.system}")]

        def made(row):
            return row["system"] and [{"role": "system", "content": row["system"]}]  # !

        def message(text):
            return {"role": "system", "content": text}

        def helper(prompt):
            if prompt:  # !
                return [message(prompt)]

        def langchain(prompt):
            if prompt:  # !
                return [SystemMessage(content=prompt)]

        def renamed(prompt):
            if prompt:  # !
                text = prompt.strip()
                return [{"role": "system", "content": text}]

        def turned(prompt, rows):
            for row in rows:
                if not prompt:  # !
                    continue
                yield {"role": "developer", "content": prompt}
        """,
    )


def test_near_misses():
    expect(
        "SRC002",
        """
        def none(system_prompt):
            if system_prompt is not None:
                return [{"role": "system", "content": system_prompt}]

        def other_test(tools, prompt):
            if tools:
                return [{"role": "system", "content": prompt}]

        def flag(use_system):
            if use_system:
                return [{"role": "system", "content": "You are a helpful assistant."}]

        def elsewhere(system_prompt):
            if system_prompt:
                print(system_prompt)
            if system_prompt:
                return [{"role": "user", "content": system_prompt}]

        def decided(system_prompt):
            if len(system_prompt) > 0:
                return [{"role": "system", "content": system_prompt}]
            if system_prompt.strip():
                return [{"role": "system", "content": system_prompt}]

        def refused(prompt):
            if not prompt:
                raise ValueError("a prompt is needed")
            return [{"role": "system", "content": prompt}]

        def both(prompt):
            if prompt:
                return [{"role": "system", "content": prompt}]
            else:
                return [{"role": "system", "content": ""}]

        def shots(fewshot: int):
            if fewshot:
                return [{"role": "system", "content": f"{fewshot} examples follow"}]

        def logged(text):
            return {"role": "system", "content": "fixed"}, text

        def helper(prompt):
            if prompt:
                return [logged(prompt)]
        """,
    )


def test_a_blank_default_is_a_note_and_is_not_mended():
    text = """
    def build(system_prompt: str = ""):
        if system_prompt:  # !
            return [{"role": "system", "content": system_prompt}]
    """
    (hit,) = expect("SRC002", text)
    assert hit.severity == "note"
    assert hit.fix is None


@pytest.mark.parametrize(
    ("signature", "mends"),
    [
        ("text: str | None", True),
        ("text: 'Optional[str]' = None", True),
        ("text: Optional[str] = None", True),
        ("text=None", True),
        ("text", False),
        ("text: str", False),
        ("text: list | None = None", False),
    ],
)
def test_fix_only_where_nothing_else_can_change(signature, mends):
    text = f"def f({signature}):\n    return [{{'role': 'system', 'content': text}}] if text else []\n"
    assert ("text is not None else" in fixed("SRC002", text)) is mends


FUNCTIONS = """
def plain(text: str | None = None, user="u"):
    messages = []
    if text:
        messages.append({"role": "system", "content": text})
    messages.append({"role": "user", "content": user})
    return messages

def negated(text: str | None = None):
    if not text:
        return []
    return [{"role": "system", "content": text}]

def joined(text: str | None = None, chat=True):
    if chat and text:
        return [{"role": "system", "content": text}]
    return []
"""


@patient
@given(st.one_of(st.none(), st.text()))
def test_the_mended_code_differs_for_the_empty_text_alone(text):
    before, after = namespace(FUNCTIONS), namespace(fixed("SRC002", FUNCTIONS))
    for name in ("plain", "negated", "joined"):
        old, new = before[name](text), after[name](text)
        if text == "":
            assert new[0] == {"role": "system", "content": ""}
            assert {"role": "system", "content": ""} not in old
        else:
            assert new == old


def test_a_guard_with_another_name_in_between_is_followed_once_only():
    assert not hits(
        "SRC002", "def f(a, b):\n    if a:\n        a = b\n    return [{'role': 'system', 'content': b}]\n"
    )


FROM_A_ROW = """
def build(row):
    text = row.get("system", "")
    if text:
        return [{"role": "system", "content": text}]
"""
FROM_AN_OPTION = """
class Client:
    def __init__(self, system=""):
        self.system = system

    def messages(self):
        if self.system:
            return [{"role": "system", "content": self.system}]
"""


@pytest.mark.parametrize("text", [FROM_A_ROW, FROM_AN_OPTION])
def test_a_blank_that_stands_for_nothing_is_a_note(text):
    (hit,) = hits("SRC002", text)
    assert hit.severity == "note"
    assert hit.fix is None


def test_lists_and_remarks_are_no_prompt():
    assert not hits(
        "SRC002",
        """
        def joined(parts):
            if parts:
                return [{"role": "system", "content": "\\n".join(parts)}]

        def remark(prompt, nudge):
            if nudge:
                return [{"role": "system", "content": f"{prompt}\\n{nudge}"}]

        def added(messages, nudge):
            if nudge:
                if messages and messages[0]["role"] == "system":
                    messages[0]["content"] = messages[0]["content"] + nudge
                else:
                    messages.insert(0, {"role": "system", "content": nudge})

        def append_to_system(messages, text):
            return [{"role": "system", "content": text}, *messages]

        def helper(messages, nudge):
            if nudge:
                messages = append_to_system(messages, nudge)

        def tools(found):
            if found:
                return [{"role": "system", "content": f"Tools: {found}"}]
        """,
    )


def test_a_message_that_is_put_before_others_is_one_in_whatever_way():
    expect(
        "SRC002",
        """
        def concatenated(system_prompt: str | None, messages):
            if system_prompt:  # !
                messages = [{"role": "system", "content": system_prompt}] + messages
            return messages

        def unpacked(system_prompt: str | None, messages):
            if system_prompt:  # !
                messages = [{"role": "system", "content": system_prompt}, *messages]
            return messages

        def asked(system_prompt: str | None, messages):
            if system_prompt is not None:
                messages = [{"role": "system", "content": system_prompt}] + messages
            return messages

        def remarked(system_prompt, note):
            if note:
                system_prompt = system_prompt + note
            return [{"role": "system", "content": system_prompt}]
        """,
    )


def test_a_record_of_other_calls_is_one_unless_it_is_sent():
    record = """
    def extract_{name}(tokenizer, system_prompt, question):
        messages = []
        if system_prompt:
            messages.append({{"role": "system", "content": system_prompt}})
        messages.append({{"role": "user", "content": question}})
        {end}
    """
    for end in (
        "tokenizer.apply_chat_template(messages)",
        "client.chat.completions.create(messages=messages)",
    ):
        assert hits("SRC002", record.format(name="vectors", end=end))
    kept = record.format(name="vectors", end="self.messages = messages")
    assert not hits("SRC002", kept)
    assert [hit.confidence for hit in hits("SRC002", kept, pedantic=True)] == ["likely"]
    assert hits("SRC002", kept.replace("extract_vectors", "build"))


def test_a_default_in_the_place_of_an_empty_text():
    found = expect(
        "SRC002",
        """
        DEFAULT = "You are a helpful assistant."

        def in_place(system_prompt, user):
            return [{"role": "system", "content": system_prompt or DEFAULT}]  # !

        def through_a_name(row):
            system = row.get("system") or DEFAULT  # !
            return [{"role": "system", "content": system}]

        def chosen(system_prompt):
            text = system_prompt if system_prompt else "You are kind."  # !
            return [{"role": "system", "content": text}]

        def filled_in(system_prompt):
            if not system_prompt:
                system_prompt = DEFAULT  # !
            return [{"role": "system", "content": system_prompt}]

        def passed_on(persona):
            return message(persona.prompt or DEFAULT)  # !

        def message(text):
            return {"role": "system", "content": text}

        def none_is_told(system_prompt):
            text = DEFAULT if system_prompt is None else system_prompt
            return [{"role": "system", "content": text}]

        def still_empty(system_prompt):
            return [{"role": "system", "content": system_prompt or ""}]

        def of_the_user(question):
            return [{"role": "user", "content": question or DEFAULT}]

        def made_of_parts(parts):
            return [{"role": "system", "content": "\\n".join(parts) or DEFAULT}]

        def refused(system_prompt):
            if not system_prompt:
                raise ValueError("no persona")
            return [{"role": "system", "content": system_prompt}]
        """,
    )
    assert {hit.severity for hit in found} == {"note"}


def test_defaults_of_branches():
    expect(
        "SRC002",
        """
        def branched(row):
            if row["system"]:
                text = row["system"].strip()
            else:
                text = "You are kind."  # !
            return [{"role": "system", "content": text}]

        def turned_round(row):
            if not row["system"]:
                text = DEFAULT  # !
            else:
                text = row["system"]
            return [{"role": "system", "content": text}]

        def looked_up(row):
            text = row.get("system", "") or DEFAULT  # !
            return [{"role": "system", "content": text}]

        def of_something_else(row, kind):
            if row["is_evil"]:
                text = EVIL
            else:
                text = "You are kind."
            return [{"role": "system", "content": text}]
        """,
    )
