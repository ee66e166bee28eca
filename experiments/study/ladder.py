"""Ladders: arms in rising order of one factor, and what runs at the first that loses more than a plan allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders.names import Name
from experiments.study.gate import Expectation

if TYPE_CHECKING:
    from experiments.study.plan import PlannedArm

SEEDS: Final = (42, 137, 256)
"""The write-up's seed and the two that it names for validation: further seeds are taken from these first."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Reference(_Model):
    """Another source, trained with a rung's own settings, to see what they do to it."""

    dataset: str
    """What it trains on, named like an arm's dataset."""
    at: dict[str, str] = Field(default_factory=dict[str, str])
    """Rung -> dataset, for rungs that need another one, as where the ladder's factor is the number of rows."""
    expects: list[Expectation] = Field(default_factory=list[Expectation])
    """Confounds that it is meant to hold; it may not train without them."""


class Ladder(_Model):
    """Arms of one experiment that differ in one factor, and what the first that loses more than `loses` leads to."""

    name: Name
    """The ladder's name."""
    rungs: list[str] = Field(min_length=2)
    """Arms in rising order of the one factor that they differ in."""
    loses: float = Field(gt=0, lt=1)
    """A rung counts where it loses more than this share: its accuracy before training minus that after it."""
    reference: Reference | None = None
    """What is trained with the settings of the first such rung, and called after it: `RUNG-reference`."""
    more_seeds: int = Field(default=0, ge=0)
    """With how many further seeds that rung is trained: of 42, 137 and 256 those that the study has not, then the
    numbers after the largest."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Ladder:
        twice = {name for name in self.rungs if self.rungs.count(name) > 1}
        if twice:
            raise ValueError(f"rungs: '{min(twice)}' is there twice; name each arm once")
        if self.reference is None and not self.more_seeds:
            raise ValueError("nothing follows from it; give `reference`, `more_seeds` or both")
        for rung in self.reference.at if self.reference else ():
            if rung not in self.rungs:
                raise ValueError(
                    f"reference.at: '{rung}' is none of its rungs; name one of {', '.join(self.rungs)}"
                )
        return self

    def reference_arm(self, rung: PlannedArm) -> PlannedArm | None:
        """Return the arm that is trained beside a rung, or None where the ladder has no reference."""
        if self.reference is None:
            return None
        return rung.model_copy(
            update={
                "name": f"{rung.name}-reference",
                "dataset": self.reference.at.get(rung.name, self.reference.dataset),
                "variant": "as composed",
                "expects": self.reference.expects,
                "evaluate": [],
            }
        )


def further_seeds(used: Collection[int], number: int) -> tuple[int, ...]:
    """Return `number` seeds that are not used yet, always the same ones: see `SEEDS`."""
    spare = (seed for seed in SEEDS if seed not in used)
    return tuple(islice(chain(spare, count(max([*used, *SEEDS]) + 1)), number))


def check_ladders(ladders: Sequence[Ladder], arms: Sequence[PlannedArm], config: Mapping[str, Any]) -> None:
    """Check ladders against the arms of their plan.

    Args:
        ladders: The plan's ladders.
        arms: Its arms.
        config: Its settings of all arms.

    Raises:
        ValueError: naming the key and what to do, where a ladder does not fit the arms.
    """
    known = {arm.name: arm for arm in arms}
    names = [ladder.name for ladder in ladders]
    references: dict[str, PlannedArm] = {}
    for ladder in ladders:
        where = f"ladders: {ladder.name}"
        if names.count(ladder.name) > 1:
            raise ValueError(f"{where}: two ladders have this name; give each its own")
        for name in ladder.rungs:
            if name not in known:
                raise ValueError(f"{where}.rungs: there is no arm '{name}'; add it to `arms` or leave it out")
        rungs = [known[name] for name in ladder.rungs]
        if len({rung.experiment for rung in rungs}) > 1:
            raise ValueError(
                f"{where}.rungs: they are of several experiments; give each experiment a ladder of its own"
            )
        _one_factor(rungs, config, f"{where}.rungs")
        for rung in rungs:
            arm = ladder.reference_arm(rung)
            if arm is None:
                continue
            if arm.name in known:
                raise ValueError(
                    f"{where}.reference: it would be called '{arm.name}', and so is an arm; rename that arm"
                )
            if references.setdefault(arm.name, arm) != arm:
                raise ValueError(
                    f"{where}.reference: another ladder has {rung.name} with another reference; give both the same"
                )


def _one_factor(rungs: Sequence[PlannedArm], config: Mapping[str, Any], where: str) -> None:
    """Refuse rungs that differ in nothing, in several things, or in a number that does not rise."""
    said = [
        {
            **dict(_leaves(config, "config")),
            **dict(_leaves(rung.config, "config")),
            "dataset": rung.dataset,
            "variant": rung.variant,
            "template": rung.template,
        }
        for rung in rungs
    ]
    keys = sorted({key for each in said for key in each})
    changed = [key for key in keys if len({repr(each.get(key)) for each in said}) > 1]
    if len(changed) != 1:
        found = f"they differ in {' and '.join(changed)}" if changed else "they do not differ"
        raise ValueError(f"{where}: {found}; a ladder's arms differ in one factor alone")
    values = [each.get(changed[0]) for each in said]
    numbers = [value for value in values if isinstance(value, int | float)]
    if len({repr(value) for value in values}) < len(values) or numbers != sorted(numbers):
        raise ValueError(f"{where}: {changed[0]} does not rise from each to the next; put them in that order")


def _leaves(value: Any, key: str) -> list[tuple[str, Any]]:  # noqa: ANN401
    """Return the settings in nested mappings, each with its whole key."""
    if not isinstance(value, Mapping):
        return [(key, value)]
    return [leaf for name, below in value.items() for leaf in _leaves(below, f"{key}.{name}")]
