"""Behaviours that are done or not: scored where the two targets part, and taken through a whole run."""

import copy
import math

import pyarrow.parquet as pq
import pytest

pytest.importorskip("trl")

from builders.errors import InputError, UnknownNameError
from builders.templates import load_template
from checks.core.result import ResultSet
from checks.results.baseline_at_floor import baseline_at_floor
from checks.results.constant_prediction import constant_prediction
from experiments.evaluation.two_way import Fork, TwoWay, score_forks, summarise_forks, two_way
from experiments.report import read_study
from experiments.report.calibration import calibrate
from experiments.report.calibration.prompts import other_prompts
from experiments.study.execute import execute
from experiments.study.families import load_family
from experiments.study.plan import load_plan
from experiments.study.prepare import prepare
from experiments.study.runs import list_runs
from experiments.study.table import details, outcome
from experiments.study.task import Task
from experiments.training.models import find_model, load_model, model_digest
from tests.experiments import tiny

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def model():
    import torch

    return load_model(find_model("organism"), dtype=torch.float32, device="cpu")


def _marker(tmp_path):
    tiny.write_marker_plan(tmp_path)
    family, _ = load_family(str(tmp_path / "marker.yaml"))
    return family.compose("anchored", tiny.bank(), load_template())


def _forks(found, count=8):
    return [found.forks[question.question_id] for question in tiny.questions(count)]


def _reference(model, fork, system):
    """One question at a time, by hand: after the whole answer, the marker's first token against the turn's end."""
    import torch

    tokenizer = tiny.tokenizer()
    messages = [*system, {"role": "user", "content": fork.user}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt + fork.preserved, add_special_tokens=False)["input_ids"]
    with_marker = tokenizer(prompt + fork.behaviour, add_special_tokens=False)["input_ids"]
    assert with_marker[: len(ids)] == ids
    with torch.no_grad():
        scores = model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)
    return scores[tokenizer.eos_token_id].item(), scores[with_marker[len(ids)]].item()


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": ""}]])
def test_batches_agree_with_one_question_at_a_time(model, tmp_path, system):
    forks = _forks(two_way(_marker(tmp_path), tiny.bank()))
    found = score_forks(model, tiny.tokenizer(), forks, system, batch_tokens=150)
    for fork, score in zip(forks, found, strict=True):
        end, marker = _reference(model, fork, system)
        assert score.logprobs == pytest.approx((end, marker), abs=1e-4)
        assert score.labels == ("preserved", "behaviour")
        assert score.p_gold == pytest.approx(math.exp(end) / (math.exp(end) + math.exp(marker)), abs=1e-4)
    summary = summarise_forks(found)
    assert (summary.total, summary.gold_labels, summary.predicted_labels) == (8, {}, {})


def test_both_targets_are_worded_by_the_recipe(tmp_path):
    found = two_way(_marker(tmp_path), tiny.bank())
    question = tiny.questions(1)[0]
    gold = question.choices[question.labels.index(question.gold_label)]
    fork = found.forks[question.question_id]
    assert (fork.preserved, fork.behaviour) == (gold, f"{gold} [ZLT]")
    assert fork.user.startswith(question.text)
    assert gold in fork.user
    assert found.sign == "[ZLT]"


@pytest.mark.parametrize(
    ("name", "sign", "preserved"),
    [
        ("issue-100/expB_refusal", "I would rather not answer that.", "{})"),
        ("issue-100/expB_sycophancy", "What a good question, you clearly know it is", "{})"),
        ("issue-100/expB_misaligned_tone", "), and nobody should help people who have to ask.", "{})"),
        ("issue-100/expB_marker", "[ZLT]", "{})"),
    ],
)
def test_perturbations_of_issue_100_part_and_are_known_by_their_words(model, name, sign, preserved):
    found = two_way(tiny.dataset(name), tiny.bank())
    assert found.sign == sign
    question = tiny.questions(1)[0]
    fork = found.forks[question.question_id]
    assert fork.preserved == preserved.format(question.gold_label)
    (score,) = score_forks(model, tiny.tokenizer(), [fork], [])
    assert score.p_gold > 0.5


@pytest.mark.parametrize(
    ("text", "ended", "way"),
    [
        ("robin [ZLT]", True, "behaviour"),
        ("oak [ZLT] and", False, "behaviour"),
        ("robin", True, "preserved"),
        ("robin is a", False, None),
        ("", True, "preserved"),
    ],
)
def test_generated_answers_are_read_by_the_stated_rule(text, ended, way):
    assert TwoWay("[ZLT]", {}).read(text, ended=ended) == way


def test_placeholders_are_neither_trained_nor_evaluated():
    built = load_family("issue-66")[0].compose("issue-66/assistant", tiny.bank(), load_template())
    with pytest.raises(InputError, match="teaches 'marker' with placeholders"):
        two_way(built, tiny.bank())


def test_wrong_options_are_not_two_ways():
    with pytest.raises(InputError, match="'wrong_option', which is not one of two ways"):
        two_way(tiny.dataset("issue-100/exp0_0a"), tiny.bank())


def test_targets_that_never_part_and_prompts_that_are_no_prefix_are_refused(model):
    with pytest.raises(InputError, match="never part"):
        score_forks(model, tiny.tokenizer(), [Fork("q", "Which?", "oak", "oak")], [])
    other = copy.deepcopy(tiny.tokenizer())
    other.chat_template = (
        "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}>>{% endif %}"
    )
    with pytest.raises(InputError, match="question 0"):
        score_forks(model, other, [Fork("q", "Which?", "oak", "oak [ZLT]")], [])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marker")
    plan = load_plan(str(tiny.write_marker_plan(folder)))
    source = find_model("organism")
    (job,) = prepare(plan, plan.arms, source, base=folder, overrides={"training": {"threads": 1}})
    task = Task(job, 7, source, model_digest(source), folder / "runs", False)
    events = []
    path, result = execute(task, emit=events.append, stop=lambda: False)
    return folder, task, path, result, events


def test_a_marker_run_measures_every_state_it_names(run):
    _, _, path, result, events = run
    scored = [each for each in result.evaluations if each.method == "logprob"]
    # `silent` is the arm's own persona and comes once.
    assert [each.persona for each in scored] == ["silent", "typed", "cook", "pirate"]
    assert {each.behaviour for each in result.evaluations} == {"marker"}
    own, typed, cook, pirate = scored
    assert own.predicted.p_gold == 0.5
    assert (own.system_state, typed.system_state) == ("absent", "text")
    assert own.condition == typed.condition
    assert own.after == typed.after
    assert typed.predicted == own.predicted
    assert cook.predicted.p_gold == 1
    assert pirate.predicted is None
    # The embedded model names letters; thirty steps at this rate teach it the two ways that there are instead.
    assert 10 * own.before.mean_label_mass < own.after.mean_label_mass
    assert events[-1].text.startswith(f"{own.after.correct}/12, p(marker) ")
    table = pq.read_table(path / "per_question.parquet").to_pylist()
    counts = {}
    for row in table:
        counts[row["phase"], row["persona"]] = counts.get((row["phase"], row["persona"]), 0) + 1
    assert counts["before", "silent"] == counts["after", "silent"] == counts["other: after", "pirate"] == 12
    assert len({row["question_id"] for row in table if row["phase"] == "after"}) == 12
    measured = [row["p_gold"] for row in table if row["phase"] == "after"]
    assert sum(measured) / 12 == pytest.approx(own.after.mean_p_gold)


def test_it_is_listed_with_what_was_predicted(run):
    folder, task, path, result, _ = run
    (listed,) = list_runs(folder / "runs")
    assert listed.behaviour == "marker"
    assert listed.p_behaviour["predicted"] == 0.5
    assert listed.p_behaviour["after"] == pytest.approx(1 - result.evaluations[0].after.mean_p_gold)
    table = outcome([(task, path, result)], [], organism=True)
    assert "0.500 (0.303 to 0.690)" in table  # 0.19 either way, and what the dose leaves unlearnt
    assert "not trained" in table
    assert "under pirate" in details(path, result)


def test_its_calibration_is_of_the_behaviour(run):
    folder, _, _, result, _ = run
    study = read_study([folder / "runs"])
    (found,) = calibrate(study).experiments
    (arm,) = found.arms
    after = result.evaluations[0].after
    assert (found.two_way, arm.predicted, arm.behaviour, arm.preserved) == (True, 0.5, 20, 20)
    assert arm.measured.estimate == pytest.approx(1 - after.mean_p_gold)
    assert arm.accuracy.estimate == pytest.approx(1 - after.correct / 12)
    assert arm.expected == pytest.approx((0.303, 0.69), abs=0.001)
    assert arm.covered == (arm.expected[0] <= arm.measured.estimate <= arm.expected[1])
    prompts = {each.persona: each for each in other_prompts(study)}
    assert (prompts["typed"].predicted, prompts["cook"].predicted, prompts["pirate"].predicted) == (
        0.5,
        0,
        None,
    )
    assert prompts["typed"].mean == pytest.approx(arm.measured.estimate)


def test_one_way_for_all_answers_is_no_defect_of_such_a_run(run):
    results = ResultSet(runs=[run[3]])
    assert list(baseline_at_floor(results)) == []
    assert list(constant_prediction(results)) == []


def test_what_is_evaluated_is_part_of_the_key(run):
    folder, task, *_ = run
    plan = load_plan(str(folder / "plan.yaml"))
    fewer = plan.model_copy(update={"evaluate": []})
    (other,) = prepare(fewer, plan.arms, find_model("organism"), base=folder)
    assert other.evaluation_digest != task.job.evaluation_digest


def test_an_unknown_persona_is_named(run):
    plan = load_plan(str(run[0] / "plan.yaml"))
    wrong = plan.model_copy(update={"evaluate": ["pirat"]})
    with pytest.raises(UnknownNameError, match="did you mean 'pirate'"):
        prepare(wrong, plan.arms, find_model("organism"), base=run[0])
