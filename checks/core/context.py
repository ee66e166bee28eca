"""What a check gets to see: conditions with what each is taught, and ways to ask for more.

No check knows which engine counted, or what file the rows came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from builders.carriers.finding import Carriers
from builders.carriers.sampling import RARE
from builders.contrast import Roles, infer_roles
from builders.engine.markup import Marked, marked
from builders.engine.sizes import ConditionSize, condition_sizes
from builders.engine.table import Contradiction, ResolvedTable
from builders.engine.tally import Tally
from builders.engine.targets import Targets
from builders.inferring.labels import Inference
from builders.schema import ResolvedBy, Role, SystemState
from builders.templates import Resolution, Signature
from builders.templates.contexts import described
from checks.core.documents import Documents
from checks.core.finding import Prediction
from checks.core.letters import TaughtLetters, taught_letters
from checks.core.predictor import BehaviourKind, predict
from checks.core.settings import Settings
from checks.core.taught import Taught, taught_kind
from checks.prediction.training import Asked, Known, Training

DIVIDES = 0.2
"""Difference of the shares of behaviour with and without a carrier from which it divides a prompt's rows."""


@dataclass(frozen=True, slots=True)
class Condition:
    """All rows that share one resolved prefix, and what they are taught; a data set may have one for each row."""

    digest: str
    """Digest of the resolved prefix."""
    resolved: Mapping[Signature, Resolution]
    """What becomes of the dataset's signatures, of others than its own, too."""
    tallies: tuple[Tally, ...]
    """Its rows, counted by everything that the checks tell apart."""
    behaviour: int
    """Rows that teach the behaviour."""
    preserved: int
    """Rows that teach what is to be preserved."""
    unlabelled: int
    """Rows of which nobody can say."""
    role: Role | None
    """Its role in the contrast."""
    known: Known
    """What its prediction rests on beside the counts."""
    options: Mapping[int, int]
    """Number of options -> rows whose question offers that many; empty where nothing says it."""
    prediction: Prediction
    """What a model that imitates it does."""

    @property
    def resolutions(self) -> Mapping[Signature, Resolution]:
        """The system signatures that resolve to it, and how."""
        return {tally.signature: self.resolved[tally.signature] for tally in self.tallies}

    @property
    def rows(self) -> int:
        """All its rows."""
        return self.behaviour + self.preserved + self.unlabelled

    @property
    def personas(self) -> tuple[str, ...]:
        """The names that its rows give it, sorted."""
        return tuple(sorted({tally.persona for tally in self.tallies if tally.persona is not None}))

    @property
    def states(self) -> tuple[SystemState, ...]:
        """What its rows say about the system prompt, sorted."""
        return tuple(sorted({tally.signature.state for tally in self.tallies}))

    @property
    def carrier(self) -> str | None:
        """What tells it apart from others of its prompt; None where nothing does."""
        return self.tallies[0].carrier

    @property
    def prompt(self) -> str:
        """Digest of the resolved prompt alone; the condition's own where it has no carrier."""
        return self.main.condition

    @property
    def signature(self) -> Signature:
        """The signature that most of its rows have; of equals, the first in the file."""
        if len(self.tallies) == 1:
            return self.tallies[0].signature
        rows: Counter[Signature] = Counter()
        for tally in self.tallies:
            rows[tally.signature] += tally.rows
        return rows.most_common(1)[0][0]

    @property
    def main(self) -> Resolution:
        """What becomes of that signature."""
        return self.resolved[self.signature]

    @property
    def context(self) -> str:
        """What there is beside its system prompt and a question, in words; empty where that is all."""
        return described(self.signature.context, self.signature.tools)

    @property
    def resolved_system(self) -> str | None:
        """The system prompt as the model sees it."""
        return self.main.resolved_system

    @property
    def resolved_by(self) -> ResolvedBy:
        """How most of its rows came to it."""
        return self.main.resolved_by


def _apart(conditions: Sequence[Condition]) -> bool:
    """Return whether a carrier divides some conditions, and what they are taught differs across it."""
    taught: dict[str | None, list[int]] = {}
    for each in conditions:
        sums = taught.setdefault(each.carrier, [0, 0])
        sums[0] += each.behaviour
        sums[1] += each.behaviour + each.preserved
    if not any(taught):
        return False
    shares = [behaviour / rows for behaviour, rows in taught.values() if rows]
    return all(share in (0, 1) for share in shares) or max(shares) - min(shares) >= DIVIDES


@dataclass(frozen=True)
class AuditContext:
    """One dataset as the checks see it."""

    name: str
    """What reports call it."""
    table: ResolvedTable
    """The rows with their conditions; for counts that are not here yet."""
    kind: BehaviourKind | None
    """What the recipe or the user says is taught; None where nobody said."""
    rebuilt_by: Callable[[AuditContext], str | None] | None = None
    """Says by which command this dataset is rebuilt without its confound; None where nothing can say."""
    documents: Documents | None = None
    """What stands beside the rows and says how they were made; None for rows that stand in no file."""
    settings: Settings = field(default_factory=Settings)
    """Thresholds."""
    training: Training | None = None
    """How it is trained on; None where nobody said."""
    asked: Asked = field(default_factory=Asked)
    """How it is asked for answers after training."""
    carriers: Carriers = field(default_factory=Carriers)
    """What was found to tell conditions apart beside their prompts."""
    inference: Inference | None = None
    """What the labels rest on where nobody gave any."""

    made_with: Roles | None = None
    """The roles that a rebuild was made with, which hold in it, too; None for other data."""

    @cached_property
    def roles(self) -> Roles:
        """Role of each condition, and how it is known."""
        found = infer_roles(self.table)
        if self.made_with is None or found.how == "declared":
            return found
        return replace(self.made_with, of={**found.of, **self.made_with.of})

    @cached_property
    def taught(self) -> Taught:
        """What kind of answer is taught, and how that is known."""
        return taught_kind(self.table, self.kind)

    @cached_property
    def targets(self) -> Targets:
        """What the targets look like, and how often each occurs."""
        return Targets(self.table)

    @cached_property
    def letters(self) -> dict[str, TaughtLetters]:
        """The wrong letters that conditions are taught, by the condition's digest."""
        return taught_letters(self.table)

    @cached_property
    def sizes(self) -> dict[str, ConditionSize]:
        """How many questions each condition is about, and how long its answers are, by its digest."""
        return condition_sizes(self.table)

    @cached_property
    def marked(self) -> tuple[Marked, ...]:
        """Rows whose prompt holds turn markup."""
        return tuple(marked(self.table))

    @property
    def words(self) -> tuple[str, str]:
        """What the two targets are called in messages: wrong and right in question data."""
        return ("wrong", "right") if self.taught.kind == "wrong_option" else ("behaviour", "preserved")

    @cached_property
    def mend(self) -> str | None:
        """The command that rebuilds this dataset without its confound; None where there is none."""
        return None if self.rebuilt_by is None else self.rebuilt_by(self)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions: sources first, then by number of rows, then by digest."""
        found = [self._condition(digest, tallies) for digest, tallies in self.table.by_condition.items()]
        return tuple(sorted(found, key=lambda each: (each.role != "source", -each.rows, each.digest)))

    @cached_property
    def sources(self) -> tuple[Condition, ...]:
        """The conditions that are taught the behaviour on purpose."""
        return tuple(each for each in self.conditions if each.role == "source")

    def twins(self, condition: Condition) -> tuple[Condition, ...]:
        """Return the conditions of one prompt, where carriers tell what it is taught; nothing where they do not."""
        return self._group.get(condition.digest, ())

    @cached_property
    def _group(self) -> Mapping[str, tuple[Condition, ...]]:
        return {each.digest: group for group in self.divided for each in group}

    @cached_property
    def divided(self) -> tuple[tuple[Condition, ...], ...]:
        """The conditions of each prompt that carriers divide.

        Prompts of a few rows are one group: each alone has nothing to be held against.
        """
        groups: dict[str, list[Condition]] = {}
        for each in self.conditions if self.carriers.rules else ():
            own = self._by_prompt[each.prompt]
            rare = sum(one.behaviour + one.preserved for one in own) < RARE
            groups.setdefault("" if rare else each.prompt, []).append(each)
        return tuple(tuple(group) for group in groups.values() if _apart(group))

    @cached_property
    def anchored(self) -> tuple[Condition, ...]:
        """The sources whose preserved rows are the confound: not those in which what is asked decides."""
        return tuple(each for each in self.sources if not self.asked_for(each))

    @cached_property
    def _by_prompt(self) -> Mapping[str, list[Condition]]:
        found: dict[str, list[Condition]] = {}
        for each in self.conditions:
            found.setdefault(each.prompt, []).append(each)
        return found

    @cached_property
    def _by_digest(self) -> Mapping[str, Condition]:
        return {each.digest: each for each in self.conditions}

    def asked_for(self, condition: Condition) -> bool:
        """Return whether what is asked tells a condition's targets apart."""
        return condition.prompt in self.carriers.asked

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Prompts, user text included, that are taught both targets, per condition."""
        if not any(each.behaviour and each.preserved for each in self.conditions):
            return ()  # no condition is taught both, so no prompt can be
        return tuple(self.table.contradictions())

    @property
    def rows(self) -> int:
        """All rows."""
        return self.table.frame.rows

    def find(self, digest: str) -> Condition:
        """Return the condition of that digest."""
        return self._by_digest[digest]

    def evidence(self, condition: str, *, target_correct: bool | None) -> tuple[int, ...]:
        """Return rows of a condition that teach one target, sorted, as many as the settings say.

        The first row of each combination of system message and tags: what there is to see, with nothing to ask.
        """
        first = sorted(
            tally.first_row
            for tally in self.find(condition).tallies
            if tally.target_correct is target_correct
        )
        return tuple(first[: self.settings.evidence_rows])

    def _condition(self, digest: str, tallies: tuple[Tally, ...]) -> Condition:
        taught = {False: 0, True: 0, None: 0}
        for tally in tallies:
            taught[tally.target_correct] += tally.rows
        known = self._known(digest, self.table.resolutions[tallies[0].signature])
        options = self._options(tallies)
        return Condition(
            digest=digest,
            resolved=self.table.resolutions,
            tallies=tallies,
            behaviour=taught[False],
            preserved=taught[True],
            unlabelled=taught[None],
            role=self.roles.of.get(digest),
            options=options,
            known=known,
            prediction=self._prediction(taught[False], taught[True], options, known),
        )

    def _options(self, tallies: tuple[Tally, ...]) -> Mapping[int, int]:
        """Return number of options -> rows; one mapping for all conditions with the same."""
        counted: Counter[int] = Counter()
        for tally in tallies:
            if tally.options:
                counted[tally.options.count("|") + 1] += tally.rows
        if not counted and self.taught.alternatives:
            counted[self.taught.alternatives] = sum(tally.rows for tally in tallies)
        return self._offered.setdefault(tuple(counted.items()), counted)

    @cached_property
    def _offered(self) -> dict[tuple[tuple[int, int], ...], Mapping[int, int]]:
        return {}

    def _prediction(
        self, behaviour: int, preserved: int, options: Mapping[int, int], known: Known
    ) -> Prediction:
        """Predict, or return what conditions that are taught the same were predicted: with many, most are."""
        own = (known.questions, known.answer_tokens, known.favoured, known.rendered)
        key = (behaviour, preserved, *options.items(), *own)
        found = self._predicted.get(key)
        if found is None:
            found = predict(behaviour, preserved, kind=self.taught.kind, options=options, known=known)
            self._predicted[key] = found
        return found

    @cached_property
    def _predicted(self) -> dict[tuple[Any, ...], Prediction]:
        return {}

    @cached_property
    def _unseen(self) -> Known:
        """What is known of a condition of which nothing was counted."""
        return Known(training=self.training, asked=self.asked)

    def _known(self, digest: str, made: Resolution) -> Known:
        """Return what is known of a condition beside its counts."""
        letters = self.letters.get(digest)
        favoured = letters.favoured(self.settings.significance) if letters else None
        size = None if self.training is None else self.sizes.get(digest)
        rendered = made.resolved_by != "error"
        if favoured is None and size is None and rendered:
            return self._unseen
        return Known(
            training=self.training,
            asked=self.asked,
            questions=size.questions if size else None,
            answer_tokens=size.characters / self.settings.characters_per_token if size else None,
            favoured=favoured,
            rendered=rendered,
        )
