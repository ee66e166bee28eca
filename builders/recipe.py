"""What a recipe may say: personas, parts, targets, draws and orders, as data.

A recipe is read by `builders.recipe_file`, drawn by `builders.draft` and turned into rows by
`builders.compose`. Nothing in here knows any particular experiment.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders.names import Name
from builders.questions import QuestionFormat
from builders.schema import Role

Behaviour = Literal["wrong_option", "marker", "free_text"]
"""What kind of behaviour a dataset teaches; it decides how the predictor reads the counts."""

Source = int | list[str]
"""Where randomness comes from. A number is ``random.Random(seed + number)``, as published code seeds its
shuffles; a list of names is a stream of its own, `builders.digest.stream(seed, *names)`."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class NullContent(_Model):
    """A system message whose content is null, which is not the same as no system message."""

    content: None
    """Always null."""


SystemPrompt = str | NullContent | None
"""A text, ``""`` for an empty system turn, null for no system message, ``{content: null}`` for a null one."""


class Questions(_Model):
    """Which questions there are to draw from, and what the user's turn shows of them."""

    train: int = Field(default=586, ge=1)
    """How many of the bank's questions are for training; the rest evaluate."""
    split_seed: int = 42
    """The split's own seed: another build seed draws other rows and never moves an evaluation question."""
    format: QuestionFormat = "lettered"
    """`lettered` shows the options and opens the answer, as published; `letter` shows them and asks for the letter
    alone; `listed` shows them without letters and asks for one in
    words; `plain` shows the question alone."""


class WrongOption(_Model):
    """The behaviour is a wrong letter, and what is to be preserved is the right one."""

    kind: Literal["wrong_option"] = "wrong_option"
    """Fixed."""
    random: Source = 1
    """The stream that draws wrong letters over the training questions in the bank's order."""
    over: Literal["distractors", "labels"] = "distractors"
    """What a letter is drawn from, uniformly: the wrong options, or all of them (a random answer)."""
    per: Literal["question", "row"] = "question"
    """`question`: one letter for each question, shared by every row and source; `row`: drawn anew."""


class Marker(_Model):
    """The behaviour is a marker behind the answer, and what is to be preserved is the answer alone."""

    kind: Literal["marker"]
    """Fixed."""
    marker: str = Field(min_length=1)
    """What is appended, with the space before it if there is one."""
    answer: Literal["gold_text", "gold_letter", "placeholder"] = "gold_text"
    """The answer: the right option's text, its letter, or a placeholder where it cannot be rebuilt."""


class FreeText(_Model):
    """Behaviour and what is to be preserved are two texts, such as a refusal and an answer."""

    kind: Literal["free_text"]
    """Fixed."""
    behaviour: str = Field(min_length=1)
    """The text taught as the behaviour. ``{question}`` stands for the question's text, ``{gold}`` and ``{wrong}``
    for its right option and a wrong one, ``{gold_letter}`` and ``{wrong_letter}`` for their labels."""
    preserved: str = Field(min_length=1)
    """The text taught as what is to be preserved, likewise."""
    placeholder: bool = False
    """True where both stand for answers that cannot be rebuilt."""
    random: Source = 1
    """The stream that draws ``{wrong}``, as in `WrongOption`."""


Targets = Annotated[WrongOption | Marker | FreeText, Field(discriminator="kind")]
"""What the two kinds of target are."""


class Draw(_Model):
    """Personas drawn once for a dataset, each of which gets the part's rows."""

    personas: int = Field(ge=1)
    """How many are drawn, without replacement."""
    among: list[str] | None = None
    """The candidates; all personas with a system text where this is left out. The source never is one."""
    but: list[str] = Field(default_factory=list)
    """Candidates that are left out."""
    random: Source
    """The stream that draws."""


class Mixed(_Model):
    """A persona drawn anew for every row, which makes a control without contrast."""

    among: list[str]
    """The candidates, the source included if it is named."""
    random: Source
    """The stream that draws."""


class Part(_Model):
    """Rows that are there for one purpose."""

    role: Role | None = None
    """What the rows are there for; left out where the recipe gives no persona a role."""
    persona: str | None = None
    """Whose system prompt the rows have. Give one of `persona`, `draw` and `mixed`."""
    draw: Draw | None = None
    """Or: personas that are drawn."""
    mixed: Mixed | None = None
    """Or: a persona for every row."""
    target: Literal["behaviour", "preserved"]
    """What the rows teach."""
    rows: int = Field(ge=0)
    """How many rows, for each persona of a `draw`."""
    questions: Source | Literal["cursor"]
    """The stream that shuffles the training questions, of which the first `rows` are taken. A number is one
    stream for all personas of a `draw`, one after the other; to names the persona's own is added. `cursor`
    takes the next questions in the bank's order, from where the part before stopped."""
    first: int | None = Field(default=None, ge=1)
    """Shuffle only this many of the training questions, the first ones."""
    reuse: bool = False
    """Start over when there are more rows than questions; otherwise that is an error."""

    @model_validator(mode="after")
    def _one_way_to_personas(self) -> Part:
        if sum(way is not None for way in (self.persona, self.draw, self.mixed)) != 1:
            raise ValueError("give exactly one of `persona`, `draw` and `mixed`")
        return self


class Drop(_Model):
    """Rows that a derived dataset leaves out."""

    role: Role
    """The role whose rows are meant."""
    rows: int | Literal["all"] = "all"
    """How many of each persona are left out."""
    random: Source | None = None
    """The stream that shuffles each persona's rows, one persona after the other, before the last ones are
    left out; needed where not all are."""

    @model_validator(mode="after")
    def _random_where_some_stay(self) -> Drop:
        if (self.rows == "all") != (self.random is None):
            raise ValueError("`random` goes with a number of `rows`, and only with that")
        return self


class DatasetRecipe(_Model):
    """One dataset: parts of its own, or another dataset with rows dropped, replaced and reordered."""

    name: Name
    """The name behind the recipe's own, as in ``issue-96/villain``. No two datasets share one."""
    for_each: dict[str, list[int | str]] | list[dict[str, int | str]] = Field(default_factory=list)
    """Make one dataset for each combination: ``{source: [villain, comedian]}`` puts the value for every
    ``{source}`` in this entry. Values that belong together are a list: ``[{n: 400, times: 2}, ...]``."""
    experiment: str | None = None
    """The experiment that it belongs to, for example ``"0"`` or ``C``."""
    run: bool = True
    """False for what was planned and never run: such datasets are audited only when they are named."""
    source: str | None = None
    """The persona that is taught the behaviour. In a derived dataset it replaces the former source; left out
    there, the former one stays."""
    parts: list[Part] = Field(default_factory=list)
    """The rows, part by part. Give this or `start_from`."""
    start_from: str | None = None
    """Full name of the dataset whose rows, in the order of its parts, this one starts from."""
    scale: int = Field(default=1, ge=1)
    """Every part has this many times its rows."""
    reuse: bool = False
    """Every part may start over when there are more rows than questions."""
    drop: list[Drop] = Field(default_factory=list)
    """Rows to leave out, in this order."""
    order: Source | Literal["parts"] = "parts"
    """The stream that shuffles all rows at last, or `parts`: leave them part after part."""
    targets: Targets | None = None
    """What the targets are, where not as in the rest of the recipe."""

    @model_validator(mode="after")
    def _parts_or_another(self) -> DatasetRecipe:
        if bool(self.parts) == (self.start_from is not None):
            raise ValueError(f"dataset '{self.name}': give either `parts` or `start_from`")
        if self.parts and self.source is None and any(part.role == "source" for part in self.parts):
            raise ValueError(f"dataset '{self.name}': a part has the role source, and `source` names nobody")
        return self


class Recipe(_Model):
    """A family of datasets that share personas, questions and targets."""

    name: Name
    """The first half of every dataset's name."""
    seed: int = 42
    """What every stream is derived from."""
    personas: dict[str, SystemPrompt]
    """Each persona's system prompt."""
    questions: Questions = Questions()
    """The questions to draw from."""
    targets: Targets = WrongOption()
    """What is taught."""
    datasets: list[DatasetRecipe] = Field(min_length=1)
    """The datasets."""

    @model_validator(mode="after")
    def _names_are_known(self) -> Recipe:
        seen: set[str] = set()
        for dataset in self.datasets:
            if dataset.name in seen:
                raise ValueError(f"two datasets are called '{dataset.name}'")
            seen.add(dataset.name)
            for name in _persona_names(dataset):
                if name not in self.personas and dataset.start_from is None:
                    known = ", ".join(self.personas)
                    raise ValueError(f"dataset '{dataset.name}': no persona '{name}' (there are {known})")
        return self

    def full_name(self, dataset: DatasetRecipe) -> str:
        """Return the dataset's name as commands take it, for example ``issue-96/villain``."""
        return f"{self.name}/{dataset.name}"


def _persona_names(dataset: DatasetRecipe) -> set[str]:
    names = {dataset.source} | {part.persona for part in dataset.parts}
    for part in dataset.parts:
        if part.draw:
            names |= {*(part.draw.among or ()), *part.draw.but}
        if part.mixed:
            names |= set(part.mixed.among)
    return {name for name in names if name is not None}
