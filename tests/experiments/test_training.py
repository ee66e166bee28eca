"""The real stack on the organism: train, stop, kill, resume; and what stops a run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("trl")

import pyarrow.parquet as pq

from builders.errors import InputError
from experiments.study.execute import execute, execute_together
from experiments.study.gate import GateError
from experiments.study.plan import load_plan
from experiments.study.prepare import prepare
from experiments.study.runs import list_runs, read_ledger
from experiments.study.task import Task
from experiments.training.config import make_config
from experiments.training.device import choose_device
from experiments.training.models import find_model, load_model, model_digest
from experiments.training.preflight import encode_rows
from experiments.training.sft import Controls, DivergedError, InterruptedTrainingError, train
from tests.experiments import tiny

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _train(folder, config=None, **controls):
    config = config or tiny.config()
    device = choose_device(config.training)
    model = load_model(find_model("organism"), dtype=device.dtype, device=device.kind)
    encoded, _ = encode_rows(tiny.rows(count=24), tiny.tokenizer(), max_length=1024)
    return train(
        model,
        tiny.tokenizer(),
        encoded,
        config,
        seed=7,
        folder=folder,
        device=device,
        controls=Controls(**controls),
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return _train(tmp_path_factory.mktemp("straight"))


def test_an_adapter_of_the_published_shape_is_trained(straight):
    assert (straight.steps, len(straight.losses)) == (6, 6)
    # r (inputs + outputs) of seven linear modules in six layers: 32 x 6 x (4 x 384 + 3 x 704).
    assert straight.trainable == 700_416


def test_scoring_only_the_taught_positions_gives_trl_s_own_losses_and_gradients(tmp_path, monkeypatch):
    """Batch by batch on the same weights: a training that goes its own way would carry one batch's rounding on."""
    import torch
    from trl import SFTTrainer

    from experiments.training import sft

    seen, real = [], sft._trainer_class

    def both(device):
        class Both(real(device)):
            def compute_loss(self, model, inputs, **more):
                losses, gradients = [], []
                for owner in (SFTTrainer, real(device)):
                    loss = owner.compute_loss(self, model, dict(inputs), **more)
                    weights = [each for each in model.parameters() if each.requires_grad]
                    losses.append(loss.item())
                    gradients.append(torch.autograd.grad(loss, weights))
                seen.append((losses, gradients))
                return super().compute_loss(model, inputs, **more)

        return Both

    monkeypatch.setattr(sft, "_trainer_class", both)
    # Without dropout: its masks are drawn for what is computed, and that is less here.
    _train(tmp_path, make_config(tiny.TINY, {"lora": {"dropout": 0}}))
    assert len(seen) == 6
    for (trl_s, ours), (theirs, own) in seen:
        assert ours == pytest.approx(trl_s, rel=1e-5)
        for one, other in zip(theirs, own, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)


def test_stopping_saves_and_going_on_gives_the_same_losses(straight, tmp_path):
    seen = []
    with pytest.raises(InterruptedTrainingError, match="after step 4 of 6"):
        _train(tmp_path, on_step=seen.append, stop=lambda: bool(seen) and seen[-1].step >= 3)
    torn = tmp_path / "checkpoints" / "checkpoint-5"
    torn.mkdir()
    (torn / "trainer_state.json").write_text("{")
    resumed = _train(tmp_path)
    assert resumed.losses == straight.losses
    assert not (tmp_path / "checkpoints").exists()


def test_a_loss_that_is_no_number_stops_with_the_step(tmp_path):
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) at step \d"):
        _train(tmp_path, tiny.config(learning_rate=1e30, max_grad_norm=1e30))


def test_bfloat16_without_a_gpu_is_an_error():
    if choose_device(tiny.config().training).kind == "cuda":
        pytest.skip("there is a GPU here")
    with pytest.raises(InputError, match="bfloat16 is asked for"):
        choose_device(tiny.config(bf16="on").training)


def test_several_gpus_are_an_error_that_says_how_to_choose_one(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(InputError, match="2 GPUs are visible") as raised:
        choose_device(tiny.config().training)
    assert "CUDA_VISIBLE_DEVICES=0" in str(raised.value.help)


def _task(folder, out, arm="clean", *, resume=False, seed=7):
    plan = load_plan(str(folder / "plan.yaml"))
    source = find_model("organism")
    (job,) = prepare(plan, plan.chosen([], [arm]), source, base=folder)
    return Task(job, seed, source, model_digest(source), out, resume)


def _run(task):
    events = []
    return (*execute(task, emit=events.append, stop=lambda: False), events)


def _numbers(folder):
    """Everything that a run measured, without its times."""
    table = pq.read_table(folder / "per_question.parquet").to_pylist()
    result = json.loads((folder / "run_result.json").read_text())
    for key in (
        "started_at",
        "finished_at",
        "predicted_at",
        "files",
    ):  # digests of files that hold times, too
        result.pop(key)
    return table, (folder / "completions.jsonl").read_text(), result


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    tiny.write_plan(folder)
    path, result, _ = _run(_task(folder, folder / "runs"))
    return folder, path, result


def test_a_run_leaves_all_its_files(whole):
    folder, path, result = whole
    assert {each.name for each in path.iterdir()} - {".lock"} == {
        "adapter",
        "audit.json",
        "completions.jsonl",
        "config.yaml",
        "data.jsonl",
        "details.json",
        "key.json",
        "log",
        "per_question.parquet",
        "run_result.json",
    }
    assert [line["event"] for line in read_ledger(folder / "runs")] == ["started", "finished"]
    (listed,) = list_runs(folder / "runs")
    assert (listed.arm, listed.seed, listed.after["total"]) == ("clean", 7, 12)
    assert listed.audit_digest == result.audit_digest
    # Ten steps: the predictor says beforehand that such a dose does not get it across.
    assert listed.predicted["verdict"] == "preserved"
    assert result.audited_dataset_digest == result.dataset_digest
    own, generated = result.evaluations
    assert (own.method, own.persona, own.resolved_system) == ("logprob", "pirate", "You are a pirate.")
    assert own.before.correct >= 11
    assert (generated.method, generated.after.total) == ("generate", 2)
    table = pq.read_table(path / "per_question.parquet").to_pylist()
    assert [row["phase"] for row in table].count("after") == 12
    assert sum(row["correct"] for row in table if row["phase"] == "after") == own.after.correct


def test_a_finished_run_is_reused_by_its_key_and_another_seed_is_not(whole):
    folder, path, result = whole
    again, same, events = _run(_task(folder, folder / "runs"))
    assert (again, same) == (path, result)
    assert [event.what for event in events] == ["reused"]


def test_the_adapter_loads_on_its_base_and_on_no_other(whole, tmp_path):
    from experiments.training.models import load_tokenizer

    _, path, _ = whole
    source = find_model(str(path / "adapter"))
    import torch

    loaded = load_model(source, dtype=torch.float32, device="cpu")
    assert any("lora" in name for name, _ in loaded.named_parameters())
    assert load_tokenizer(source).chat_template
    other = tmp_path / "adapter"
    other.mkdir()
    said = json.loads((path / "adapter" / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps(said | {"r": 4}))
    (other / "adapter_model.safetensors").write_bytes(
        (path / "adapter" / "adapter_model.safetensors").read_bytes()
    )
    with pytest.raises(InputError, match="does not fit"):
        load_model(find_model(str(other)), dtype=torch.float32, device="cpu")


def _kill_after(folder, out, line, *extra):
    """Start the run in a process of its own and kill it once its log has a line that starts so."""
    command = [sys.executable, "-m", "auditor", "run", str(folder / "plan.yaml"), "--arm", "clean"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--out", str(out), "--jobs", "1", "--set", "training.threads=1", *extra],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        if any(line in log.read_text() for log in out.rglob("log")):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert any(line in log.read_text() for log in out.rglob("log"))
    assert not list(out.rglob("run_result.json"))


@pytest.mark.parametrize(
    "line",
    [
        "step 5/",
        pytest.param("step 1/", marks=pytest.mark.slow),
        pytest.param("before:", marks=pytest.mark.slow),
        pytest.param("step 10/", marks=pytest.mark.slow),
        pytest.param("train:", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_moment_and_resumed_the_numbers_are_the_same(whole, tmp_path, line):
    _, path, _ = whole
    tiny.write_plan(tmp_path)
    out = tmp_path / "runs"
    _kill_after(tmp_path, out, line)
    plan = load_plan(str(tmp_path / "plan.yaml"))
    source = find_model("organism")
    overrides = {"training": {"threads": 1}}
    (job,) = prepare(plan, plan.chosen([], ["clean"]), source, base=tmp_path, overrides=overrides)
    resumed, _, _ = _run(Task(job, 7, source, model_digest(source), out, True))
    assert resumed.name == path.name
    events = [line["event"] for line in read_ledger(out)]
    assert events == ["study", "started", "resumed", "finished"]
    assert _numbers(resumed) == _numbers(path)


def _plan_task(folder, out, *, resume=False, **training):
    plan = load_plan(str(folder / "plan.yaml"))
    source = find_model("organism")
    (job,) = prepare(plan, plan.chosen([], ["clean"]), source, base=folder, overrides={"training": training})
    return Task(job, 7, source, model_digest(source), out, resume)


def test_fast_and_exact_answer_the_same_and_say_which_they_were(whole, tmp_path):
    folder, path, result = whole
    assert result.speed == "fast"
    exact_path, exact, _ = _run(_plan_task(folder, tmp_path / "runs", speed="exact", threads=1))
    assert exact.speed == "exact"
    assert exact_path.name != path.name
    for ours, theirs in zip(result.evaluations, exact.evaluations, strict=True):
        assert ours.after.predicted_labels == theirs.after.predicted_labels
        assert ours.after.mean_p_gold == pytest.approx(theirs.after.mean_p_gold, abs=1e-3)
    for ours, theirs in zip(result.regimes, exact.regimes, strict=True):
        assert (ours.condition, ours.regime, ours.rows) == (theirs.condition, theirs.regime, theirs.rows)
        assert (ours.loss is None) == (theirs.loss is None)
        assert ours.loss is None or ours.loss == pytest.approx(theirs.loss, rel=1e-3)


def test_what_was_begun_exact_is_never_finished_fast(tmp_path):
    tiny.write_plan(tmp_path)
    out = tmp_path / "runs"
    with pytest.raises(InterruptedTrainingError):
        execute(_plan_task(tmp_path, out, speed="exact", threads=1), emit=lambda _: None, stop=lambda: True)
    path, result, _ = _run(_plan_task(tmp_path, out, resume=True, threads=1))
    assert result.speed == "exact"
    assert [each.name for each in out.glob("clean/*")] == [path.name]
    # Finished, it is reused; asked for by name, fast is another run.
    assert _run(_plan_task(tmp_path, out, threads=1))[0] == path
    assert _run(_plan_task(tmp_path, out, speed="fast", threads=1))[0] != path


def test_a_run_that_fails_leaves_the_others_of_its_call(tmp_path):
    tiny.write_plan(tmp_path)
    out = tmp_path / "runs"
    good, bad = _plan_task(tmp_path, out, threads=1), _plan_task(tmp_path, out, learning_rate=1e38, threads=1)
    events = []
    failed, done = execute_together([bad, good], emit=events.append, stop=lambda: False)
    assert isinstance(failed, DivergedError)
    assert done[1].speed == "fast"
    assert "finished" in [event.what for event in events]


def test_a_row_that_changes_after_the_audit_refuses_to_train(tmp_path):
    tiny.write_plan(tmp_path)
    out = tmp_path / "runs"
    task = _task(tmp_path, out, resume=True)
    with pytest.raises(InterruptedTrainingError):
        execute(task, emit=lambda _: None, stop=lambda: True)
    (data,) = out.rglob("data.jsonl")
    lines = data.read_text().splitlines()
    row = json.loads(lines[3])
    row["completion"][0]["content"] = "D)" if row["completion"][0]["content"] != "D)" else "A)"
    data.write_text("\n".join([*lines[:3], json.dumps(row), *lines[4:]]) + "\n")
    with pytest.raises(GateError, match="not those that were audited"):
        execute(task, emit=lambda _: None, stop=lambda: False)
    assert not list(out.rglob("run_result.json"))


@pytest.mark.slow
def test_the_command_runs_arms_side_by_side_and_lists_them(tmp_path):
    tiny.write_plan(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "auditor"]
    done = subprocess.run(
        [*command, "run", "plan.yaml", "--jobs", "2", "--out", "runs"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "mechanism, not Qwen" in done.stdout
    listed = subprocess.run(
        [*command, "runs", "runs", "--format", "json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert [each["arm"] for each in json.loads(listed.stdout)] == ["clean", "confounded"]


def test_what_a_process_keeps_between_runs_changes_no_number(whole, tmp_path, monkeypatch):
    from experiments.study.warm import Warm

    folder, path, _ = whole
    warm = Warm()
    monkeypatch.setattr("experiments.study.execute._WARM", warm)
    asked = []
    scoring = __import__("experiments.study.warm", fromlist=["measure_states"]).measure_states
    monkeypatch.setattr(
        "experiments.study.warm.measure_states", lambda *args: asked.append(1) or scoring(*args)
    )
    _run(_task(folder, tmp_path / "first", seed=8))
    _run(_task(folder, tmp_path / "first", "confounded"))
    again, _, _ = _run(_task(folder, tmp_path / "again"))
    assert _numbers(again) == _numbers(path)
    assert len(asked) == 1  # all three ask one source's prompt, and the base is the same


def test_scores_are_kept_for_the_model_and_the_prompts_that_gave_them(whole):
    from dataclasses import replace

    from experiments.study.warm import Warm

    job = _task(whole[0], whole[0]).job
    source, device = find_model("organism"), choose_device(job.config.training)
    warm = Warm()
    model, tokenizer = warm.model(source, "a", device), warm.tokenizer(source, "a")
    plain = warm.before(job, model, tokenizer, "a", device)
    assert warm.before(job, model, tokenizer, "a", device) is plain
    fewer = warm.before(replace(job, questions=job.questions[:3]), model, tokenizer, "a", device)
    assert len(fewer[0]) == 3
    assert warm.before(job, model, tokenizer, "b", device) is not plain
    tokenizer.chat_template = "{{ 'Say: ' + messages[-1]['content'] }}"
    assert warm.before(job, model, tokenizer, "a", device) is not plain
    assert warm.tokenizer(source, "a").chat_template != tokenizer.chat_template


def test_another_arm_with_the_same_rows_takes_over_what_was_measured(whole, tmp_path):
    from dataclasses import replace

    folder, path, result = whole
    plan = folder / "plan.yaml"
    (folder / "twin.yaml").write_text(
        f"{plan.read_text()}  - {{name: twin, dataset: 'small.yaml#clean', experiment: b}}\n"
    )
    (job,) = prepare(
        said := load_plan(str(folder / "twin.yaml")),
        said.chosen([], ["twin"]),
        find_model("organism"),
        base=folder,
    )
    task = _task(folder, folder / "runs")
    twin, taken, events = _run(replace(task, job=job))
    assert [event.what for event in events] == ["reused"]
    assert twin.parent.name == taken.arm == "twin"
    assert taken.audit_digest == job.audit.digest
    assert taken.evaluations == result.evaluations
    assert taken.predicted_at == result.predicted_at
    table, answers, _ = _numbers(twin)
    before, said_before, _ = _numbers(path)
    assert {row["arm"] for row in table} == {"twin"}
    assert [row | {"arm": "clean"} for row in table] == before
    assert answers.replace('"twin"', '"clean"') == said_before
    assert (twin / "adapter" / "adapter_model.safetensors").read_bytes() == (
        path / "adapter" / "adapter_model.safetensors"
    ).read_bytes()
    assert f"taken over from clean/{path.name}" in (twin / "log").read_text()
    assert next(reversed(list(read_ledger(folder / "runs"))))["event"] == "taken over"
    # Another seed, other settings or other tags are no twins.
    from experiments.study.runs import RunKey
    from experiments.study.twins import find_twin

    said = json.loads((twin / "key.json").read_text())
    said.pop("digest")
    key = RunKey.model_validate(said | {"arm": "third"})
    assert find_twin(folder / "runs", key, job) is not None
    for part, value in (("seed", 8), ("config_digest", "0"), ("dataset_digest", "0"), ("model_digest", "0")):
        assert find_twin(folder / "runs", key.model_copy(update={part: value}), job) is None
    renamed = replace(job, audit=job.audit.model_copy(update={"tags_digest": "0"}))
    assert find_twin(folder / "runs", key, renamed) is None
    assert find_twin(tmp_path, key, job) is None


def test_a_stop_before_the_first_step_leaves_a_run_to_resume(whole, tmp_path):
    task = _task(whole[0], tmp_path)
    with pytest.raises(InterruptedTrainingError, match="before the first step"):
        execute(task, emit=lambda _: None, stop=lambda: True)
    (folder,) = (tmp_path / "clean").iterdir()
    assert (folder / "data.jsonl").is_file()
    assert not (folder / "run_result.json").exists()


def test_a_run_that_was_handed_out_before_a_stop_does_not_begin(whole, tmp_path, monkeypatch):
    import threading

    from experiments.study import study

    asked = threading.Event()
    asked.set()
    monkeypatch.setattr(study, "_worker", {"asked": asked, "events": None, "parent": os.getppid()})
    with pytest.raises(InterruptedTrainingError, match="between two runs"):
        study._work(_task(whole[0], tmp_path))
    assert not list(tmp_path.iterdir())
