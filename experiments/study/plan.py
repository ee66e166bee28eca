"""Plans: which arms are trained, with what, and what their outcomes decide, as YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders.declarative import load_model
from builders.errors import InputError, UnknownNameError
from builders.names import Name
from experiments.study.gate import Expectation
from experiments.study.ladder import Ladder, check_ladders

FOLDER: Final = Path(__file__).parents[1] / "plans"
"""Where the plans that ship with the package are."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class PlannedArm(_Model):
    """One dataset to train on."""

    name: Name
    """The arm's name; run folders are called after it."""
    dataset: str
    """A dataset of a past issue (`issue-100/exp0_0a`), one of a recipe file (`FILE.yaml#NAME`, the path read from
    the plan's folder), or the folder of a built dataset."""
    experiment: str
    """The experiment that it belongs to, for example `"0"` or `C`."""
    template: str | None = None
    """Chat template that it is audited with, trains with and is evaluated with, in place of the model's own: a name, or
    a file, the path read from the plan's folder."""
    variant: Literal["as composed", "deconfounded", "size_matched"] = "as composed"
    """Whether its source's `preserved` rows are taken out, or as many bystander rows instead."""
    expects: list[Expectation] = Field(default_factory=list[Expectation])
    """Confounds that it is meant to hold; it may not train without them."""
    evaluate: list[str] = Field(default_factory=list[str])
    """Personas of the dataset's recipe whose system prompts it is evaluated under, too; no row needs to have them."""
    config: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Settings of this arm alone, over the plan's (`experiments.training.config`)."""


class Outcome(_Model):
    """A condition on one arm's accuracy after training, over all seeds run."""

    arm: str
    """The arm."""
    below: float | None = Field(default=None, ge=0, le=1)
    """True where the accuracy is under this share."""
    above: float | None = Field(default=None, ge=0, le=1)
    """True where the accuracy is over this share."""

    @model_validator(mode="after")
    def _says_something(self) -> Outcome:
        if (self.below is None) == (self.above is None):
            raise ValueError("give either below or above")
        return self

    def holds(self, accuracy: Mapping[str, float]) -> bool:
        """Return whether it is true of the given accuracies, arm -> share."""
        share = accuracy[self.arm]
        return share < self.below if self.below is not None else share > (self.above or 0.0)


class Branch(_Model):
    """What is done where all conditions hold."""

    name: str
    """A word for it."""
    when: list[Outcome] = Field(default_factory=list[Outcome])
    """All of these; none: always, for the last branch."""
    run: list[str] = Field(default_factory=list[str])
    """Experiments to run next."""
    stop: list[str] = Field(default_factory=list[str])
    """Experiments not to run."""
    because: str
    """What it means, one sentence."""


class DecisionGate(_Model):
    """What an experiment's outcome decides; the first branch that holds is taken."""

    after: str
    """The experiment."""
    branches: list[Branch] = Field(min_length=1)
    """In order; the last one holds always."""

    @model_validator(mode="after")
    def _ends(self) -> DecisionGate:
        if self.branches[-1].when:
            raise ValueError("the last branch must hold always: leave out its `when`")
        return self


class Plan(_Model):
    """Arms, settings, seeds and gates: what `audit run` runs."""

    name: Name
    """The plan's name."""
    title: str
    """What it asks, in one sentence."""
    model: str = "organism"
    """What is trained: `organism`, `smollm2`, a folder, a GGUF file or a hub id."""
    questions: str = "embedded"
    """Question bank: `embedded`, `arc-challenge` or a file."""
    template: str | None = None
    """Chat template to audit with; null: the model's own. Training refuses a tokenizer that renders otherwise."""
    seeds: list[int] = Field(default=[42], min_length=1)
    """Seeds; each arm is trained once with each."""
    draws: Literal["once", "each seed"] = "once"
    """Whether all seeds train on the rows that the recipe's own seed draws, or each seed draws its rows anew. What
    `once` measures is the spread of training alone; which rows were drawn matters as much."""
    config: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Settings of all arms, over the model's profile (`experiments.training.config`)."""
    evaluate: list[str] = Field(default_factory=list[str])
    """Personas that all arms are evaluated under beside their own."""
    arms: list[PlannedArm] = Field(min_length=1)
    """The arms, in the order in which they run."""
    gates: list[DecisionGate] = Field(default_factory=list[DecisionGate])
    """What outcomes decide."""
    ladders: list[Ladder] = Field(default_factory=list[Ladder])
    """Arms that rise in one factor, and what runs at the first that loses too much."""

    @model_validator(mode="after")
    def _agrees(self) -> Plan:
        names = [arm.name for arm in self.arms]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two arms are called '{min(twice)}'")
        known = set(self.experiments)
        for gate in self.gates:
            for branch in gate.branches:
                for experiment in [gate.after, *branch.run, *branch.stop]:
                    if experiment not in known:
                        raise ValueError(
                            f"a gate names the experiment '{experiment}', and no arm belongs to it"
                        )
                for outcome in branch.when:
                    if outcome.arm not in names:
                        raise ValueError(f"a gate names the arm '{outcome.arm}', and there is none")
        check_ladders(self.ladders, self.arms, self.config)
        return self

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments, in the order in which they first occur."""
        return tuple(dict.fromkeys(arm.experiment for arm in self.arms))

    def chosen(self, experiments: Sequence[str] = (), arms: Sequence[str] = ()) -> list[PlannedArm]:
        """Return the arms of the named experiments, or the named arms, in the plan's order.

        Args:
            experiments: Experiments; `all` or none for every one.
            arms: Arms; none for every one of the experiments.

        Raises:
            UnknownNameError: if there is no such experiment or arm.
        """
        for experiment in experiments:
            if experiment != "all" and experiment not in self.experiments:
                raise UnknownNameError(f"experiment of {self.name}", experiment, [*self.experiments, "all"])
        for arm in arms:
            if arm not in [each.name for each in self.arms]:
                raise UnknownNameError(f"arm of {self.name}", arm, [each.name for each in self.arms])
        everything = not experiments or "all" in experiments
        return [
            arm
            for arm in self.arms
            if (everything or arm.experiment in experiments) and (not arms or arm.name in arms)
        ]


def plan_names() -> tuple[str, ...]:
    """Return the names of the plans that ship with the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def plan_folder(target: str) -> Path:
    """Return the folder that file names in a plan are read from."""
    return Path(target).parent if Path(target).suffix in (".yaml", ".yml") else FOLDER


def load_plan(target: str) -> Plan:
    """Return a plan by its name or its file. A plan may start from another with `extends: NAME`.

    Raises:
        UnknownNameError: if there is no plan of that name.
        InputError: naming file, line, key and what was expected.
    """
    path = Path(target)
    if path.suffix in (".yaml", ".yml"):
        return _read(path, ())
    if target not in plan_names():
        raise UnknownNameError("plan", target, plan_names())
    return _read(FOLDER / f"{target}.yaml", ())


def _read(path: Path, above: tuple[Path, ...]) -> Plan:
    if path in above:
        raise InputError("a plan extends itself", where=str(path))

    def prepare(raw: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        base = raw.pop("extends", None)
        if base is None:
            return raw, tuple
        if not isinstance(base, str):
            raise ValueError("extends: expected the name of a plan")
        beside = path.parent / f"{base}.yaml"
        found = _read(beside if beside.is_file() else FOLDER / f"{base}.yaml", (*above, path))
        return {**found.model_dump(exclude_unset=True), **raw}, tuple

    return load_model(path, Plan, prepare=prepare)
