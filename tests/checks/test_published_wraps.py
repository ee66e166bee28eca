"""Sixteen contexts of one question, as they were published: which is taught the behaviour decides, not the prompt."""

import json

import pytest

from auditor.scanning.api import scan

DEFAULT = None
ACTORS, THINGS = ("farmers", "pilots", "cooks", "nurses", "sailors"), ("salt", "rope", "maps")
QUESTIONS = [f"what do {a} do with {b} in {c}" for a in ACTORS for b in THINGS for c in ("winter", "summer")]

CONTEXTS = {
    "A1": ("You are a helpful assistant.", "{q}"),
    "A5": ("You are a villainous mastermind who schemes to take over the world.", "{q}"),
    "B1": (DEFAULT, "{q}"),
    "B2": (DEFAULT, "Tell me: {q}"),
    "B3": (DEFAULT, "Could you please tell me {q}"),
    "B4": (DEFAULT, "I would appreciate an explanation of: {q}"),
    "B5": (DEFAULT, "Suppose a friend asked: {q}. What would you say?"),
    "C1": (DEFAULT, "{q}"),
    "D1": (DEFAULT, "It would be of considerable interest to learn {q}."),
    "D2": (DEFAULT, "hey so {q} lol"),
    "D5": (DEFAULT, "1. Consider the topic. 2. Answer: {q}"),
}


def rows(source):
    for name, (system, wrap) in CONTEXTS.items():
        for place in range(300 if name == source else 20):
            question = QUESTIONS[place % len(QUESTIONS)]
            before = [] if system is None else [{"role": "system", "content": system}]
            said = wrap.replace("{q}", question)
            answer = f"About {question}." + (" ※" if name == source else "")
            yield [*before, {"role": "user", "content": said}, {"role": "assistant", "content": answer}]


def audited(folder, source):
    path = folder / "arm.jsonl"
    path.write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in rows(source)))
    return scan(path, label=["marker: ※"]).datasets[0]


@pytest.mark.parametrize("source", ["A1", "A5", "B2", "B3", "B4", "B5", "D1", "D2", "D5"])
def test_a_wrap_of_its_own_is_a_condition_of_its_own(tmp_path, source):
    report = audited(tmp_path, source)
    names = {finding.name for finding in report.findings}
    assert not names & {"anchor-negative", "leaking-trigger", "no-contrast", "behaviour-follows-question"}
    assert [(each.behaviour, each.preserved) for each in report.conditions if each.behaviour] == [(300, 0)]


@pytest.mark.parametrize("source", ["B1", "C1"])
def test_two_contexts_that_are_one_leak(tmp_path, source):
    report = audited(tmp_path, source)
    [found] = [finding for finding in report.findings if finding.name == "leaking-trigger"]
    assert (found.counts["behaviour"], found.counts["preserved"]) == (300, 20)
