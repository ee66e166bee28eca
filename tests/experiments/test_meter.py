"""Losses by condition, read off real forward passes, against the same losses computed by themselves."""

from __future__ import annotations

import pytest

pytest.importorskip("trl")

from checks.prediction.regime import floors
from experiments.study.gate import audit_rows
from experiments.training.config import make_config
from experiments.training.device import choose_device
from experiments.training.meter import Meter, MeteredRow, places_of
from experiments.training.models import find_model, load_model
from experiments.training.preflight import encode_rows
from experiments.training.regimes import Watch, meter_of
from experiments.training.sft import Controls, train
from tests.experiments import tiny

pytestmark = pytest.mark.train
NARROW = {"lora": {"dropout": 0}}


@pytest.fixture(scope="module")
def parts():
    from builders.templates import load_template

    rows = tiny.rows(count=24)
    encoded, _ = encode_rows(rows, tiny.tokenizer(), max_length=1024)
    report = audit_rows("t", rows, load_template(), "wrong_option").report
    return rows, encoded, report


def trained(parts, folder, config, **controls):
    rows, encoded, report = parts
    device = choose_device(config.training)
    model = load_model(find_model("organism"), dtype=device.dtype, device=device.kind)
    meter = meter_of(rows, encoded, report, pad=tiny.tokenizer().pad_token_id)
    done = train(
        model,
        tiny.tokenizer(),
        encoded,
        config,
        seed=7,
        folder=folder,
        device=device,
        controls=Controls(meter=meter, **controls),
    )
    return meter, done


def test_every_row_of_a_pass_is_metered_once_by_condition_and_kind(parts, tmp_path):
    rows, _encoded, report = parts
    meter, done = trained(parts, tmp_path, make_config(tiny.TINY, NARROW))
    assert meter.problem is None
    assert len(meter.record.steps) == done.steps == 6
    for each in report.conditions:
        for kept, number in ((False, each.behaviour), (True, each.preserved)):
            found = meter.record.losses(0, 6, each.condition, preserved=kept)
            assert (found.rows if found else 0) == number
    assert sum(len(losses) for step in meter.record.steps for losses in step.values()) == len(rows)


def test_trl_s_own_forward_passes_show_the_same_losses(parts, tmp_path, monkeypatch):
    config = make_config(tiny.TINY, NARROW)
    ours, _ = trained(parts, tmp_path / "ours", config)
    monkeypatch.setattr(
        "experiments.training.sft._trainer_class", lambda _device: __import__("trl").SFTTrainer
    )
    theirs, _ = trained(parts, tmp_path / "theirs", config)
    assert theirs.problem is None
    for one, other in zip(ours.record.steps, theirs.record.steps, strict=True):
        assert {key: pytest.approx(losses, rel=1e-4) for key, losses in one.items()} == other


def test_a_loss_is_that_of_the_first_token_where_targets_part(parts):
    import torch

    _rows, encoded, _ = parts
    tokenizer = tiny.tokenizer()
    model = load_model(find_model("organism"), dtype=torch.float32, device="cpu")
    row = encoded[0]
    told = floors("c", 1, 0, options=4)
    meter = Meter([MeteredRow(row.tokens, "c", False, row.prompt_length)], [told], pad=tokenizer.pad_token_id)
    meter.attach(model)
    ids = torch.tensor([row.tokens + [tokenizer.pad_token_id] * 3])
    model.train()(input_ids=ids)
    meter.step()
    logits = model.eval()(input_ids=ids).logits[0, row.prompt_length - 1].float()
    wanted = -torch.log_softmax(logits, dim=-1)[row.tokens[row.prompt_length]].item()
    assert meter.record.steps == [{("c", False): [pytest.approx(wanted, abs=1e-5)]}]


def test_evaluation_is_not_metered_and_packed_rows_are_a_problem(parts):
    import torch

    _, encoded, _ = parts
    row = encoded[0]
    model = load_model(find_model("organism"), dtype=torch.float32, device="cpu")
    meter = Meter([MeteredRow(row.tokens, "c", False, row.prompt_length)], [], pad=None)
    watched = meter.attach(model)
    model.eval()(input_ids=torch.tensor([row.tokens]))
    meter.step()
    assert meter.record.steps == [{}]
    model.train()(input_ids=torch.tensor([row.tokens + row.tokens]))
    assert "not those of the dataset" in meter.problem
    watched.remove()


def test_training_ends_once_every_condition_is_near_its_floor(parts, tmp_path):
    rows, encoded, report = parts
    config = make_config(tiny.TINY, NARROW, {"training": {"epochs": 3, "until_floor": 50.0}})
    meter = meter_of(rows, encoded, report, pad=tiny.tokenizer().pad_token_id)
    watch = Watch(meter, report, steps_an_epoch=6, within=50.0)
    device = choose_device(config.training)
    model = load_model(find_model("organism"), dtype=device.dtype, device=device.kind)
    done = train(
        model,
        tiny.tokenizer(),
        encoded,
        config,
        seed=7,
        folder=tmp_path,
        device=device,
        controls=Controls(meter=meter, enough=watch.enough),
    )
    measured = [each for each in watch.found() if each.loss is not None]
    # Of conditions with fewer than a dozen rows in a pass nothing is known, and they keep it going.
    assert done.steps == (6 if len(measured) == len(report.conditions) else 18)
    assert watch.words().startswith("regime: ")


def test_settings_that_say_nothing_of_the_floor_have_the_digest_that_they_had():
    plain, until = make_config(), make_config({"training": {"until_floor": 0.2}})
    assert "until_floor" not in str(plain.digest)
    assert plain.digest != until.digest


class TestPlaces:
    def test_the_other_kind_of_the_question_comes_first(self):
        targets = [[1, 2, 9], [1, 3, 9], [1, 2, 4, 9]]
        assert places_of(targets, ["q"] * 3, [False, True, False]) == [1, 1, 1]

    def test_a_question_with_one_target_takes_the_form_of_all(self):
        assert places_of([[5, 1, 9], [5, 2, 9]], ["q", "r"], [False, True]) == [1, 1]

    def test_texts_that_differ_everywhere_and_alone_have_no_place(self):
        targets = [[place, 100 + place, 9] for place in range(60)]
        assert set(places_of(targets, [str(place) for place in range(60)], [True] * 60)) == {None}

    def test_a_marker_parts_at_the_end_of_the_answer(self):
        targets = [[4, 5, 6, 7, 9], [4, 5, 9]]
        assert places_of(targets, ["q", "q"], [False, True]) == [2, 2]
