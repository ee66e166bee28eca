"""Ladders: what they may say, which rung they stop at, and what follows it."""

from pathlib import Path

import pytest

from builders.errors import InputError
from checks.core.result import Evaluation, RunResult, Score
from experiments.study.climb import climb, climbs, follow_ups, ladder_lines, may_follow, references
from experiments.study.ladder import further_seeds
from experiments.study.plan import load_plan, plan_folder
from experiments.study.prepare import prepare
from experiments.study.task import Task
from experiments.training.models import find_model

ARMS = """name: p
title: t
arms:
  - {name: base, dataset: x, experiment: A}
  - {name: x3, dataset: x, experiment: A, config: {training: {learning_rate_factor: 3}}}
  - {name: x10, dataset: x, experiment: A, config: {training: {learning_rate_factor: 10}}}
  - {name: longer, dataset: x, experiment: A, config: {training: {epochs: 6}}}
  - {name: other, dataset: y, experiment: A, evaluate: [cook]}
  - {name: elsewhere, dataset: x, experiment: B, config: {training: {learning_rate_factor: 30}}}
  - {name: x3-reference, dataset: z, experiment: B}
ladders:
"""
RATE = "{name: rate, rungs: [base, x10], loses: 0.1, reference: {dataset: v}, more_seeds: 2}"


def _plan(folder, *ladders):
    path = folder / "plan.yaml"
    path.write_text(ARMS + "".join(f"  - {each}\n" for each in ladders))
    return load_plan(str(path))


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        ("{name: l, rungs: [base, x3], loses: 0.1}", "ladders.0: nothing follows from it; give `reference`"),
        ("{name: l, rungs: [base], loses: 0.1, more_seeds: 1}", r"ladders\.0\.rungs"),
        ("{name: l, rungs: [base, base], loses: 0.1, more_seeds: 1}", "rungs: 'base' is there twice"),
        ("{name: l, rungs: [base, x3], loses: 10, more_seeds: 1}", r"ladders\.0\.loses"),
        ("{name: l, rungs: [base, x3], more_seeds: 1}", r"ladders\.0\.loses"),
        ("{name: l, rungs: [base, x3], loses: 0.1, more_seeds: -1}", r"ladders\.0\.more_seeds"),
        ("{name: l, rungs: [base, x3], loses: 0.1, more_seed: 1}", "more_seed: there is no such key"),
        (
            "{name: l, rungs: [base, x3], loses: 0.1, reference: {dataset: v, at: {x10: w}}}",
            "reference.at: 'x10' is none of its rungs; name one of base, x3",
        ),
        (
            "{name: l, rungs: [base, x4], loses: 0.1, more_seeds: 1}",
            "ladders: l.rungs: there is no arm 'x4'; add it to `arms`",
        ),
        (
            "{name: l, rungs: [base, elsewhere], loses: 0.1, more_seeds: 1}",
            "l.rungs: they are of several experiments; give each",
        ),
        (
            "{name: l, rungs: [base, x3, longer], loses: 0.1, more_seeds: 1}",
            "they differ in config.training.epochs and config.training.learning_rate_factor; a ladder's arms",
        ),
        (
            "{name: l, rungs: [base, x10, x3], loses: 0.1, more_seeds: 1}",
            "learning_rate_factor does not rise from each to the next; put them in that order",
        ),
        (
            "{name: l, rungs: [base, x3], loses: 0.1, reference: {dataset: v}}",
            "it would be called 'x3-reference', and so is an arm; rename that arm",
        ),
    ],
)
def test_a_broken_ladder_names_its_key_and_what_to_do(tmp_path, ladder, said):
    with pytest.raises(InputError, match=said):
        _plan(tmp_path, ladder)


def test_two_ladders_have_two_names_and_one_reference_for_a_shared_rung(tmp_path):
    with pytest.raises(InputError, match="two ladders have this name; give each its own"):
        _plan(tmp_path, RATE, RATE)
    other = "{name: rows, rungs: [base, other], loses: 0.1, reference: {dataset: w}}"
    with pytest.raises(
        InputError, match="another ladder has base with another reference; give both the same"
    ):
        _plan(tmp_path, RATE, other)
    assert len(_plan(tmp_path, RATE, other.replace("dataset: w", "dataset: v, at: {other: w}")).ladders) == 2


def _finished(arm, after, before=(80, 100), seed=1, constant=70):
    def score(counts):
        correct, total = counts
        return Score(correct=correct, total=total, gold_labels={"A": total - constant, "B": constant})

    own = Evaluation(
        persona="p",
        system_state="absent",
        condition="c",
        template_sha256="t",
        before=score(before) if before else None,
        after=score(after if isinstance(after, tuple) else (after, 100)),
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


RUNGS = ("expA_base", "expA_lr_x3", "expA_lr_x10", "expA_lr_x30")


def _climb(*after, **more):
    plan = load_plan("issue-100")
    found = [_finished(arm, each, **more) for arm, each in zip(RUNGS, after, strict=False)]
    return climb(plan, plan.ladders[0], found, [42])


@pytest.mark.parametrize(
    ("after", "first"),
    [
        ((80, 79, 78, 77), None),
        ((69, 79, 78, 77), "expA_base"),
        ((80, 75, 60, 3), "expA_lr_x10"),
        ((80, 75, 72, 3), "expA_lr_x30"),
        # Ten points are not more than ten; 0.8 - 0.7 is a little more than 0.1 in floating point.
        ((80, 70, 70, 70), None),
        ((80, 70, 69, 70), "expA_lr_x10"),
        ((80, 60, 80, 80), "expA_lr_x3"),
    ],
)
def test_the_first_rung_that_loses_more(after, first):
    note = _climb(*after)
    assert (note.first, note.undecided) == (first, None)
    assert [each.arm for each in note.measured] == list(RUNGS)
    assert note.reference == (f"{first}-reference" if first else None)
    assert note.seeds == ([137, 256] if first else [])


def test_a_loss_is_counted_from_each_arms_own_accuracy_before_training():
    plan = load_plan("issue-100")
    ladder = plan.ladders[0]
    found = [
        _finished("expA_base", 80, before=(80, 100)),
        # Ten points under the base and not under itself.
        _finished("expA_lr_x3", 69, before=(71, 100)),
        _finished("expA_lr_x10", (492 - 59, 586), before=(492, 586), constant=300),
        _finished("expA_lr_x30", (492 - 58, 586), before=(492, 586), constant=300),
    ]
    note = climb(plan, ladder, found, [42])
    assert note.first == "expA_lr_x10"
    assert [round(float(each.lost), 3) for each in note.measured] == [0.0, 0.02, 0.101, 0.099]


def test_seeds_are_pooled():
    plan = load_plan("issue-100")
    found = [_finished(arm, after, seed=seed) for arm in RUNGS for seed, after in ((1, 62), (2, 80))]
    assert climb(plan, plan.ladders[0], found, [1, 2]).first is None
    found.append(_finished("expA_base", 40, seed=3))
    note = climb(plan, plan.ladders[0], found, [1, 2, 3])
    assert (note.first, note.measured[0].after) == ("expA_base", (182, 300))
    assert note.seeds == [42, 137]


def test_without_a_lower_rung_nothing_is_decided():
    plan = load_plan("issue-100")
    found = [_finished("expA_base", 80), _finished("expA_lr_x10", 3)]
    note = climb(plan, plan.ladders[0], found, [42])
    assert (note.first, note.undecided) == (None, "expA_lr_x3 was not run")
    assert follow_ups(plan, [note]) == []
    # What stands above the first that lost more does not matter.
    assert _climb(80, 3).first == "expA_lr_x3"


def test_from_the_floor_nothing_can_be_lost():
    note = _climb(80, 3, 3, 3, constant=80)
    assert note.first is None
    assert note.undecided.startswith(
        "expA_base was no better than one constant answer before training (RES001"
    )
    assert _climb(80, 3, before=None).undecided == "expA_base was not measured before and after training"


def test_what_several_ladders_ask_for_is_run_once():
    plan = load_plan("issue-100")
    notes = climbs(plan, [_finished("expA_base", 3)], [42])
    assert [(note.ladder, note.first) for note in notes] == [
        ("learning-rate", "expA_base"),
        ("epochs", "expA_base"),
        ("rows", "expA_base"),
    ]
    assert [(arm.name, arm.dataset, seeds) for arm, seeds in follow_ups(plan, notes)] == [
        ("expA_base-reference", "issue-96/villain", ()),
        ("expA_base", "issue-100/expA_n200", (137, 256)),
    ]
    assert follow_ups(plan, climbs(plan, [_finished("expA_base", 3)], [42], follow=False)) == []
    assert climbs(plan, [_finished("exp0_0a", 3)], [42]) == []


def test_a_reference_has_its_rungs_settings_and_its_scale():
    plan = load_plan("issue-100")
    found = {arm.name: arm for arm in references(plan, plan.arms)}
    assert len(found) == 20
    rate, rows = found["expA_lr_x30-reference"], found["expA_n800_clean-reference"]
    assert (rate.dataset, rate.config) == ("issue-96/villain", {"training": {"learning_rate_factor": 30}})
    assert (rows.dataset, rows.variant, rows.experiment) == (
        "issue-100/expA_villain_n800",
        "as composed",
        "A-clean",
    )
    assert references(plan, plan.chosen(["0", "C"])) == []


@pytest.mark.train
def test_every_reference_passes_its_gate_and_is_as_large_as_its_rung():
    pytest.importorskip("transformers")
    plan = load_plan("issue-100")
    source, base = find_model("organism"), plan_folder("issue-100")
    wanted = [arm for arm in references(plan, plan.chosen(["A"])) if "lr_x" not in arm.name]
    rungs = {job.arm: job for job in prepare(plan, plan.chosen(["A"]), source, base=base)}
    for job in prepare(plan, wanted, source, base=base):
        rung = rungs[job.arm.removesuffix("-reference")]
        assert (len(job.rows), job.config) == (len(rung.rows), rung.config)
        assert (job.source.behaviour, job.source.preserved) == (rung.source.behaviour, 0)


@pytest.mark.parametrize(
    ("used", "number", "found"),
    [
        ([42], 2, (137, 256)),
        ([42, 137, 256], 2, (257, 258)),
        ([1], 2, (42, 137)),
        ([7, 300], 4, (42, 137, 256, 301)),
    ],
)
def test_further_seeds_are_always_the_same(used, number, found):
    assert further_seeds(used, number) == found


def test_words_say_which_rung_from_which_numbers_and_what_followed():
    note = _climb(80, 75, 60, 3)
    later = [_finished(f"{note.first}-reference", 2)[2], _finished(note.first, 55, seed=137)[2]]
    assert ladder_lines([note], [_finished(note.first, 60)[2], *later]) == [
        (
            "ladder learning-rate: expA_lr_x10 is the first rung that lost more than 10 points (expA_base lost 0.0 "
            "points, 80.0% to 80.0%; expA_lr_x3 lost 5.0 points, 80.0% to 75.0%; expA_lr_x10 lost 20.0 points, 80.0% "
            "to 60.0%; expA_lr_x30 lost 77.0 points, 80.0% to 3.0%)"
        ),
        "  beside it: expA_lr_x10-reference (issue-96/villain), seed 1, lost 78.0 points, 80.0% to 2.0%",
        "  further seed: expA_lr_x10, seed 137, lost 25.0 points, 80.0% to 55.0%",
    ]
    [none] = ladder_lines([_climb(80, 80, 80, 80)], [])
    assert (
        "ladder learning-rate: no rung lost more than 10 points, so nothing follows (expA_base lost 0.0"
        in none
    )
    [open_] = ladder_lines([_climb(80)], [])
    assert "not decided: expA_lr_x3 was not run" in open_


def test_what_may_follow_is_named_beforehand():
    plan = load_plan("issue-100")
    lines = may_follow(plan, plan.chosen(["A"]), [42], sure=[arm.name for arm in plan.chosen(["A"])])
    assert lines[0] == (
        "ladder learning-rate: the first of expA_base, expA_lr_x3, expA_lr_x10, expA_lr_x30 to lose more than 10 "
        "points also gets a reference with its settings (issue-96/villain) and seeds 137, 256"
    )
    assert len(lines) == 3
    assert may_follow(plan, plan.arms, [42])[3].startswith(
        "ladder learning-rate-clean, if the gate sends on A-clean: "
    )
    assert may_follow(plan, plan.chosen(["C"]), [42]) == []
