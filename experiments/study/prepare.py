"""From a plan to jobs: compose, audit and let through every arm before anything trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from builders.compose import BuiltDataset
from builders.dataset import read_dataset
from builders.deconfound import deconfound, size_matched
from builders.digest import digest
from builders.errors import InputError
from builders.questions import LETTERED, Question, QuestionBank, QuestionFormat, load_bank, split
from builders.templates import ChatTemplate, load_template
from checks.core.predictor import BehaviourKind
from checks.core.report import ConditionReport
from checks.core.selection import Selection
from checks.prediction.training import Asked
from experiments.evaluation.states import State, named_states, own_state
from experiments.evaluation.two_way import TwoWay, two_way
from experiments.study.families import load_family
from experiments.study.gate import AuditRecord, audit_rows, enforce
from experiments.study.plan import Plan, PlannedArm
from experiments.training.config import PROFILES, ExperimentConfig, make_config
from experiments.training.models import ModelSource, hidden_size, load_tokenizer


@dataclass(frozen=True)
class Job:
    """One arm, audited and let through: all that its runs need, whatever the seed."""

    plan: str
    """The plan's name."""
    arm: str
    """The arm's name."""
    experiment: str
    """The experiment that it belongs to."""
    dataset: str
    """The dataset's name."""
    rows: list[dict[str, Any]]
    """The rows, tagged."""
    audit: AuditRecord
    """What let it through."""
    config: ExperimentConfig
    """The settings."""
    source: ConditionReport
    """The condition that is taught the behaviour and evaluated."""
    own: State
    """Its system state."""
    others: list[State]
    """Further system states that are evaluated."""
    behaviour: BehaviourKind
    """What kind of behaviour is taught."""
    two_way: TwoWay | None
    """Both targets of every question that is asked, where the behaviour is to do a thing or not; else None."""
    questions: list[Question]
    """The evaluation questions."""
    trained_questions: list[Question]
    """The questions that the source is taught on, in the rows' order, each once; as many as are evaluated."""
    template: ChatTemplate
    """The audited template."""
    replaces_template: bool
    """Whether the tokenizer gets it in place of its own."""
    layout: QuestionFormat = "lettered"
    """How the user's turn shows a question."""
    draw: int | None = None
    """The seed that its rows were drawn with, which alone trains on them; None: the recipe's, for all seeds."""

    @property
    def evaluation_digest(self) -> str:
        """Digest of what is evaluated: questions with gold labels or targets, and system messages."""
        said: list[Any] = [[[q.question_id, q.gold_label] for q in self.questions], self.own.system]
        if self.others:
            said.append([[each.persona, each.system] for each in self.others])
        if self.layout != "lettered":
            said.append(self.layout)
        if self.two_way:
            said.append([astuple(self.two_way.forks[q.question_id]) for q in self.questions])
        return digest(said)


def model_template(source: ModelSource) -> ChatTemplate:
    """Return the chat template that a model trains with, which is the one to audit.

    Where it is the embedded template's text, the embedded template is taken, so that conditions carry the
    digests that `audit scan` prints.

    Raises:
        AuditError: if the model has none or it cannot be read.
    """
    if source.gguf:
        text = load_tokenizer(source).chat_template
        return ChatTemplate(source.name, text, origin=f"the chat template in {source.gguf}")
    name = f"{source.location}@{source.revision}" if source.revision else source.location
    own = load_template(Path(name) if source.local else name)
    embedded = load_template()
    return embedded if own.sha256 == embedded.sha256 else own


def prepare(
    plan: Plan,
    arms: Sequence[PlannedArm],
    source: ModelSource,
    *,
    questions: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    base: Path | None = None,
    draw: int | None = None,
    selection: Selection | None = None,
) -> list[Job]:
    """Compose and audit arms, and let them through the gate, in their order.

    Args:
        plan: The plan.
        arms: Those of its arms that are to run.
        source: The model that is to train.
        questions: Question bank, over the plan's.
        overrides: Settings over all others.
        base: Folder that file names in the plan are read from; the working folder where None.
        draw: Seed to draw the rows with, over the recipes' own. The split of the questions stays.
        selection: The checks, severities and thresholds that the gate goes by; all with their own where None.

    Raises:
        GateError: if an arm's audit finds an error that it does not expect, or lacks one that it does.
        InputError: if the data, the settings or the number of questions do not work out.
    """
    template = load_template(plan.template) if plan.template else model_template(source)
    bank = load_bank(questions or plan.questions)
    width = hidden_size(source)
    jobs: list[Job] = []
    for arm in arms:
        config = make_config(
            PROFILES[source.profile],
            plan.config,
            arm.config,
            overrides or {},
            where=f"{plan.name}: {arm.name}",
        )
        used = _own_template(arm.template, base or Path()) if arm.template else template
        built = _dataset(arm, bank, used, base or Path(), draw)
        jobs.append(replace(_job(plan, arm, built, bank, used, config, width, selection), draw=draw))
    return jobs


def _job(  # noqa: PLR0917
    plan: Plan,
    arm: PlannedArm,
    built: BuiltDataset,
    bank: QuestionBank,
    template: ChatTemplate,
    config: ExperimentConfig,
    width: int | None,
    selection: Selection | None,
) -> Job:
    where = f"arm {arm.name}"
    lettered = built.info.behaviour == "wrong_option"
    if lettered and built.info.question_format not in LETTERED:
        raise InputError(
            "it teaches wrong options of questions that show no letters, so no letter can be scored",
            where=where,
            help="audit scan predicts it from the data; nothing was trained",
        )
    # Before anything is audited: what cannot be evaluated is not looked at for long.
    ways = None if lettered else two_way(built, bank)
    published = built.info.published.after.percent / 100 if built.info.published else None
    record = audit_rows(
        built.name,
        built.rows,
        template,
        built.info.behaviour,
        expects=arm.expects,
        published=published,
        training=config.known(width),
        # Of two ways to answer it is the probability that is measured; of several options which one leads.
        asked=Asked(same_format=True, majority=lettered),
        selection=selection,
    )
    enforce(record)
    taught = own_state(built.rows, record.report)
    if taught is None:
        raise InputError(
            "no condition of it is taught the behaviour, so there is nothing to evaluate", where=where
        )
    own, condition = taught
    if built.info.bank_digest != bank.digest:
        raise InputError(
            f"its rows ask questions of '{built.info.bank}', and evaluation would ask '{bank.name}'",
            where=where,
            help="give the bank that the dataset was built on with --questions",
        )
    known = {question.question_id: question for question in bank.questions}
    ids = dict.fromkeys(row["question_id"] for row in built.rows if row["role"] == "source")
    questions = evaluation_questions(bank, built, config.evaluation.questions, where=where)
    trained = [known[each] for each in ids][: config.evaluation.questions]
    personas = [name for name in dict.fromkeys([*plan.evaluate, *arm.evaluate]) if name != own.persona]
    return Job(
        plan=plan.name,
        arm=arm.name,
        experiment=arm.experiment,
        dataset=built.name,
        rows=built.rows,
        audit=record,
        config=config,
        source=condition,
        own=own,
        others=named_states(personas, built, template, record.report, where=where),
        behaviour=built.info.behaviour,
        two_way=_asked(ways, [*questions, *trained]) if ways else None,
        questions=questions,
        trained_questions=trained,
        template=template,
        replaces_template=arm.template is not None,
        layout=built.info.question_format,
    )


def _asked(ways: TwoWay, questions: Sequence[Question]) -> TwoWay:
    """Return only the targets of questions that are asked: a job travels to another process."""
    return replace(ways, forks={q.question_id: ways.forks[q.question_id] for q in questions})


def _own_template(name: str, base: Path) -> ChatTemplate:
    return load_template(base / name if (base / name).is_file() else name)


def evaluation_questions(
    bank: QuestionBank, built: BuiltDataset, wanted: int | None, *, where: str
) -> list[Question]:
    """Return the questions that the dataset's split keeps for evaluation, the first `wanted` of them.

    Raises:
        InputError: if there are fewer than are wanted: a shorter list would be another evaluation.
    """
    places = split(bank, built.info.split_seed, train=built.info.train_questions).eval
    if wanted is not None and wanted > len(places):
        raise InputError(
            f"{wanted} evaluation questions are asked for and there are {len(places)}",
            where=where,
            help="lower evaluation.questions, or leave it out for all",
        )
    return [bank.questions[place] for place in places[:wanted]]


def _dataset(
    arm: PlannedArm, bank: QuestionBank, template: ChatTemplate, base: Path, draw: int | None
) -> BuiltDataset:
    if (base / arm.dataset).is_dir():
        if draw is not None:
            raise InputError(
                "its rows are built, and the plan asks for rows drawn anew for each seed",
                where=f"arm {arm.name}",
                help="name the recipe, or leave out `draws`",
            )
        built = read_dataset(base / arm.dataset)
    else:
        target, _, name = arm.dataset.partition("#")
        family, found = load_family(str(base / target) if name else target)
        if not (name or found):
            raise InputError(f"'{arm.dataset}' names no one dataset", where=f"arm {arm.name}")
        built = family.compose(name or f"{family.name}/{found}", bank, template, seed=draw)
    if arm.variant == "deconfounded":
        return deconfound(built)
    return size_matched(built) if arm.variant == "size_matched" else built
