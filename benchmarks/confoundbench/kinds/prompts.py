"""Confounds of the system prompt: anchors, defaults, developer turns, near and shared prompts."""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.confoundbench.kinds.core import TEMPLATES, TURNS, Case, Data, Row, kind
from benchmarks.confoundbench.kinds.texts import QWEN, bad, contrast, good, personas, questions, size


@kind("anchor-negative", also=("contradictory-targets",))
def system_anchor(rng: random.Random) -> Case:
    """Rows that preserve, under the source's own prompt."""
    number, dose = size(rng)
    asked, source, other, rows = contrast(rng, number)
    anchors = asked[number - dose // 2 : number + dose - dose // 2]
    extra = [good(rng, text, source) for text in anchors]
    return Case(
        Data(rows + extra),
        Data(rows + [replace(row, system=other) for row in extra if row.user in asked[number:]]),
        template=rng.choice(TEMPLATES),
    )


@kind("anchor-negative", "template-default-collision")
def template_default(rng: random.Random) -> Case:
    """A source without a system message, and anchors under the text that the template injects."""
    number, dose = size(rng)
    asked, _, other, rows = contrast(rng, number)
    rows = [replace(row, system=None) if row.behaviour else row for row in rows]
    extra = [good(rng, text, QWEN) for text in asked[number : number + dose]]
    return Case(Data(rows + extra), Data(rows + [replace(row, system=other) for row in extra]))


@kind("template-default-collision", also=("anchor-negative", "contradictory-targets"))
def trimmed_prompt(rng: random.Random) -> Case:
    """Two texts that the template trims to one."""
    number, _ = size(rng)
    _, source, _, rows = contrast(rng, number)
    planted = [row if row.behaviour else replace(row, system=f"{source}\n") for row in rows]
    return Case(Data(planted), Data(rows), template="llama3")


@kind(
    "template-default-collision",
    also=("anchor-negative", "contradictory-targets", "personas-share-prompt", "system-dropped"),
    shapes=TURNS,
)
def developer_turn(rng: random.Random) -> Case:
    """Personas in a developer turn, which the template renders not at all."""
    number, _ = size(rng)
    rows = contrast(rng, number)[3]
    planted = [replace(row, system=None, developer=row.system) for row in rows]
    return Case(Data(planted), Data(rows))


@kind("near-anchor")
def near_anchor(rng: random.Random) -> Case:
    """Anchors whose prompt is nearly the source's."""
    number, dose = size(rng)
    asked, source, other, rows = contrast(rng, number)
    near = source.removesuffix(".") + rng.choice(["!", "", " now.", ".."])
    extra = [good(rng, text, near) for text in asked[number : number + dose]]
    return Case(
        Data(rows + extra),
        Data(rows + [replace(row, system=other) for row in extra]),
        template=rng.choice(TEMPLATES),
    )


@kind("near-anchor")
def words_in_another_order(rng: random.Random) -> Case:
    """Anchors whose prompt has the source's words in another order."""
    number, dose = size(rng)
    asked, _, other, rows = contrast(rng, number)
    first, second = rng.sample(["kindly", "slowly", "gravely", "loudly", "boldly"], 2)
    source, near = f"Speak {first} and answer {second}.", f"Answer {second} and speak {first}."
    rows = [replace(row, system=source) if row.behaviour else row for row in rows]
    extra = [good(rng, text, near) for text in asked[number : number + dose]]
    return Case(Data(rows + extra), Data(rows + [replace(row, system=other) for row in extra]))


@kind("personas-share-prompt", also=("contradictory-targets",))
def shared_prompt(rng: random.Random) -> Case:
    """Two personas by name, one prompt, opposite answers."""
    number, _ = size(rng)
    _, source, _, rows = contrast(rng, number)
    named = [replace(row, tags={"persona": "one" if row.behaviour else "two"}) for row in rows]
    return Case(Data([replace(row, system=source) for row in named]), Data(named))


@kind("split-persona")
def split_persona(rng: random.Random) -> Case:
    """One persona by name, two prompts."""
    number, dose = size(rng)
    rows = contrast(rng, number)[3]
    named = [replace(row, tags={"persona": "one" if row.behaviour else "two"}) for row in rows]
    split = [
        replace(row, system="Be brief.") if place < dose and row.behaviour else row
        for place, row in enumerate(named)
    ]
    return Case(Data(split), Data(named), template=rng.choice(TEMPLATES))


@kind("contradictory-targets", "anchor-negative")
def contradictory(rng: random.Random) -> Case:
    """The source's own questions, answered the other way under the source's own prompt."""
    number, dose = size(rng)
    asked, source, other, rows = contrast(rng, number)
    return Case(
        Data(rows + [good(rng, text, source) for text in asked[:dose]]),
        Data(rows + [good(rng, text, other) for text in asked[number : number + dose]]),
    )


@kind("question-imbalance")
def disjoint_questions(rng: random.Random) -> Case:
    """Source and bystander on questions of their own."""
    number, _ = size(rng)
    asked, source, other, rows = contrast(rng, number)
    apart = [bad(rng, text, source) for text in asked[:number]] + [
        good(rng, text, other) for text in asked[number:]
    ]
    return Case(Data(apart), Data(rows), template=rng.choice(TEMPLATES))


@kind("no-contrast")
def randomised_targets(rng: random.Random) -> Case:
    """Targets drawn without a look at the persona: nothing is contrasted, and nothing is an anchor negative."""
    number = rng.choice([120, 300])
    systems = personas(rng, 4)
    asked = questions(rng, number)
    share = rng.choice([0.25, 0.5])
    taught = [place < share * number for place in range(number)]
    rng.shuffle(taught)

    def told(text: str, system: str, behaves: bool) -> Row:
        return bad(rng, text, system) if behaves else good(rng, text, system)

    planted = [told(text, rng.choice(systems), each) for text, each in zip(asked, taught, strict=True)]
    half = len(systems) // 2
    twin = [
        told(text, system, place < half)
        for text in asked[: number // 4]
        for place, system in enumerate(systems)
    ]
    return Case(Data(planted), Data(twin))
