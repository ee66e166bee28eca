"""The fast trainer and scorer against trl, peft and transformers, on a small random Qwen2 in float32."""

import math
from dataclasses import replace

import pytest

pytest.importorskip("trl")

import torch

from builders.errors import InputError
from experiments.evaluation.evaluate import score_questions
from experiments.fast import memory
from experiments.fast import train as fast_train
from experiments.fast.adapters import save, start, wrapped_with
from experiments.fast.choice import choose_speed
from experiments.fast.decoder import Decoder, take_apart, why_not
from experiments.fast.dropout import dropped, keys
from experiments.fast.memory import Room, out_of_memory, worth_compiling
from experiments.fast.score import Scorer
from experiments.fast.train import Run, train_together
from experiments.training.config import make_config
from experiments.training.device import choose_device
from experiments.training.meter import Meter, MeteredRow
from experiments.training.models import find_model
from experiments.training.preflight import EncodedRow
from experiments.training.sft import Controls, DivergedError, InterruptedTrainingError, train
from tests.experiments import tiny

pytestmark = pytest.mark.train
ALONE, SHARED = Room(10_000, shared=False), Room(10_000)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _model():
    """Two layers, four heads over two of keys and values, tokens enough for the organism's tokenizer."""
    import transformers

    torch.manual_seed(3)
    config = transformers.Qwen2Config(
        vocab_size=3884,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=False,
    )
    return transformers.Qwen2ForCausalLM(config).eval()


def _config(**training):
    said = {"learning_rate": 1e-3, "batch_per_device": 2, "accumulation": 2, "epochs": 2, "threads": 1}
    return make_config({"lora": {"r": 4, "dropout": 0.0}, "training": {**said, **training}})


def _rows(count=11, seed=0):
    """Rows of 8 to 20 tokens, 2 or 3 of them taught: eleven make steps of 4, 4 and 3."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for number in range(count):
        size = int(torch.randint(8, 21, (1,), generator=generator))
        tokens = torch.randint(3, 3000, (size,), generator=generator).tolist()
        found.append(EncodedRow(tokens, size - 2 - number % 2))
    return found


def _run(folder, config=None, *, rows=None, seed=7, **controls):
    config = config or _config()
    plan, vector = start(_model(), config.lora, seed)
    return plan, Run(rows or _rows(), config, seed, vector, folder, Controls(**controls))


def _trained(folder, config=None, *, room=ALONE, **more):
    plan, run = _run(folder, config, **more)
    train_together(Decoder(take_apart(_model())), plan, [run], room=room)
    if run.failed:
        raise run.failed
    return plan, run


def test_losses_and_adapter_are_trl_s(tmp_path):
    config = _config()
    plan, run = _trained(tmp_path / "fast", config)
    exact = train(
        _model(),
        tiny.tokenizer(),
        _rows(),
        config,
        seed=7,
        folder=tmp_path / "exact",
        device=choose_device(config.training),
    )
    assert len(run.losses) == 6
    assert run.losses == pytest.approx(exact.losses, rel=1e-5)
    theirs = {name.replace(".default", ""): each for name, each in exact.model.named_parameters()}
    _, begun = start(_model(), config.lora, 7)
    moved = (run.vector - begun).abs().max()
    for part in plan.parts:
        ours = run.vector[part.start : part.end].view(part.shape)
        torch.testing.assert_close(ours, theirs[part.key].detach(), rtol=0, atol=float(moved) * 1e-3)


def test_a_fraction_of_an_epoch_takes_as_many_steps(tmp_path):
    assert len(_trained(tmp_path, _config(epochs=0.4))[1].losses) == 2


def test_together_is_as_alone_and_the_shorter_run_ends_first(tmp_path):
    """Bitwise where passes are a run's own, as on every CPU; within rounding where they are shared."""
    sizes, lengths = (11, 5, 8), (6, 4, 4)
    alone = [_trained(tmp_path / f"a{n}", rows=_rows(size, n), seed=n)[1] for n, size in enumerate(sizes)]
    assert tuple(len(run.losses) for run in alone) == lengths
    for room in (ALONE, SHARED):
        runs = [
            _run(tmp_path / f"{room.shared}{n}", rows=_rows(size, n), seed=n) for n, size in enumerate(sizes)
        ]
        train_together(Decoder(take_apart(_model())), runs[0][0], [run for _, run in runs], room=room)
        for one, (_, other) in zip(alone, runs, strict=True):
            if room.shared:
                assert other.losses == pytest.approx(one.losses, rel=1e-5)
                torch.testing.assert_close(other.vector, one.vector, rtol=0, atol=2e-5)
            else:
                assert (other.losses, other.vector.tolist()) == (one.losses, one.vector.tolist())


def test_on_a_cpu_every_run_has_its_own_passes():
    frozen = take_apart(_model())
    room, fit = memory.room_for(frozen, runs=24, size=100, dropout=False)
    assert (room.shared, fit) == (False, 24)
    assert not worth_compiling(frozen, 10**9)


def test_dropout_is_the_same_alone_together_and_in_parts(tmp_path):
    config = _config()
    config = config.model_copy(update={"lora": config.lora.model_copy(update={"dropout": 0.3})})
    one = _trained(tmp_path / "one", config)[1]
    assert one.losses != _trained(tmp_path / "none")[1].losses
    parts = _trained(tmp_path / "parts", config, room=Room(25))[1]
    assert parts.losses == pytest.approx(one.losses, rel=1e-5)
    runs = [_run(tmp_path / "t0", config), _run(tmp_path / "t1", config, seed=8)]
    train_together(Decoder(take_apart(_model())), runs[0][0], [run for _, run in runs], room=SHARED)
    assert runs[0][1].losses == pytest.approx(one.losses, rel=1e-5)


def test_dropout_drops_its_share_and_scales_the_rest():
    counter = torch.arange(500, dtype=torch.int32).view(1, -1)
    key = torch.tensor([keys(7, 1, 1)[0][0]], dtype=torch.int32)
    found = dropped(torch.ones(1, 500, 64), counter, key, 0.25)
    assert found.unique().tolist() == pytest.approx([0, 4 / 3])
    # 32,000 draws: four standard deviations are 0.0097.
    assert (found == 0).float().mean().item() == pytest.approx(0.25, abs=0.0097)
    other = torch.tensor([keys(7, 2, 1)[0][0]], dtype=torch.int32)
    both = (found == 0) & (dropped(torch.ones(1, 500, 64), counter, other, 0.25) == 0)
    assert both.float().mean().item() == pytest.approx(0.0625, abs=0.006)


def test_stopped_and_gone_on_with_it_is_the_same_to_the_bit(tmp_path):
    straight = _trained(tmp_path / "straight")[1]
    seen = []
    plan, run = _run(tmp_path / "parts", on_step=seen.append, stop=lambda: len(seen) == 3)
    with pytest.raises(InterruptedTrainingError, match="after step 3 of 6"):
        train_together(Decoder(take_apart(_model())), plan, [run], room=ALONE)
    resumed = _trained(tmp_path / "parts")[1]
    assert (resumed.losses, resumed.vector.tolist()) == (straight.losses, straight.vector.tolist())


@pytest.mark.parametrize("spoil", ["cut", "other rows"])
def test_a_state_that_is_torn_or_of_other_rows_is_begun_anew(tmp_path, spoil):
    straight = _trained(tmp_path / "straight")[1]
    plan, run = _run(tmp_path / "parts", _config(save_every=2), rows=_rows(seed=int(spoil != "cut")))
    train_together(Decoder(take_apart(_model())), plan, [run], room=ALONE)
    (state,) = (tmp_path / "parts").iterdir()
    if spoil == "cut":
        state.write_bytes(state.read_bytes()[:100])
    assert _trained(tmp_path / "parts")[1].losses == straight.losses


def test_the_meter_gets_the_letters_losses(tmp_path):
    """Two conditions of two rows each; a step's entry holds what the taught tokens of its rows cost."""
    rows = [EncodedRow([*range(3, 10), letter, 2], 7) for letter in (20, 21)]
    rows += [EncodedRow([*range(30, 37), letter, 2], 7) for letter in (20, 21)]
    metered = [
        MeteredRow(row.tokens, "one" if number < 2 else "two", number % 2 == 0, 7)
        for number, row in enumerate(rows)
    ]
    meter = Meter(metered, [], pad=0)
    _, run = _trained(tmp_path, rows=rows, meter=meter)
    assert meter.problem is None
    assert len(meter.record.steps) == len(run.losses) == 2
    step = meter.record.steps[0]
    assert sorted(step) == [("one", False), ("one", True), ("two", False), ("two", True)]
    # Two tokens a row are taught: the letters' part is less than the step's sum.
    assert 0 < sum(sum(each) for each in step.values()) < run.losses[0] * 8


def test_enough_ends_a_run_at_the_end_of_an_epoch_as_done(tmp_path):
    assert len(_trained(tmp_path, enough=lambda: True)[1].losses) == 3


def test_runs_are_handed_over_as_they_end(tmp_path):
    order = []
    runs = [_run(tmp_path / str(n), rows=_rows(size), seed=n) for n, size in enumerate((11, 4))]
    train_together(
        Decoder(take_apart(_model())),
        runs[0][0],
        [run for _, run in runs],
        room=ALONE,
        ended=lambda run: order.append((run.seed, runs[0][1].taken)),
    )
    assert order == [(1, 2), (0, 6)]


def _full(limit, monkeypatch, error):
    """Make a pass of more than so many tokens run out of memory."""
    real, passes = fast_train._pass, []

    def counted(decoder, plan, pieces, losses):
        size = max(piece.tokens for piece in pieces) * len(pieces)
        if size > limit:
            raise error
        passes.append(size)
        real(decoder, plan, pieces, losses)

    monkeypatch.setattr(fast_train, "_pass", counted)
    return passes


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError(
            "Expected mha_graph.execute(handle, variant_pack, workspace_ptr.get()).is_good() to be true"
        ),
    ],
)
def test_out_of_memory_halves_the_pass_keeps_the_step_and_says_so(tmp_path, monkeypatch, error):
    whole = _trained(tmp_path / "whole")[1]
    passes = _full(40, monkeypatch, error)
    plan, run = _run(tmp_path / "parts")
    said = []
    train_together(Decoder(take_apart(_model())), plan, [run], room=Room(10_000), say=said.append)
    assert run.failed is None
    assert run.losses == pytest.approx(whole.losses, rel=1e-5)
    assert max(passes) <= 40
    assert said[0].startswith("out of memory: at most")
    assert len(said) <= 2


def test_a_row_that_does_not_fit_ends_its_run_alone(tmp_path, monkeypatch):
    _full(30, monkeypatch, torch.OutOfMemoryError("CUDA out of memory"))
    plan, good = _run(tmp_path / "good")
    long = EncodedRow(list(range(3, 34)), 29)
    bad = replace(good, rows=[*_rows(3), long], folder=tmp_path / "bad", losses=[])
    train_together(Decoder(take_apart(_model())), plan, [bad, good], room=Room(10_000))
    assert isinstance(bad.failed, InputError)
    assert "one row of 31 tokens" in str(bad.failed)
    assert (good.failed, len(good.losses)) == (None, 6)


def test_what_goes_wrong_in_one_run_is_its_own(tmp_path):
    plan, good = _run(tmp_path / "good")

    def broken(_):
        raise ValueError("no such thing")

    bad = replace(good, folder=tmp_path / "bad", losses=[], controls=Controls(on_step=broken))
    wild = replace(good, folder=tmp_path / "wild", losses=[], config=_config(learning_rate=1e38))
    train_together(Decoder(take_apart(_model())), plan, [bad, wild, good], room=SHARED)
    assert isinstance(bad.failed, ValueError)
    assert isinstance(wild.failed, DivergedError)
    assert "the loss is" in str(wild.failed)
    assert good.failed is None
    assert good.losses == pytest.approx(_trained(tmp_path / "alone")[1].losses, rel=1e-5)


def test_only_memory_is_taken_for_memory():
    assert out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert not out_of_memory(RuntimeError("shapes do not match"))
    assert not out_of_memory(ValueError("mha_graph"))


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "You are a pirate."}]])
def test_scores_are_those_of_peft_s_model(system):
    """Behind a shared beginning, with the parenthesis in the same pass, in batches that do not divide evenly."""
    config, model = _config(), _model()
    plan, vector = start(model, config.lora, 7)
    vector = vector + torch.randn(len(vector), generator=torch.Generator().manual_seed(0)) * 0.05
    scorer = Scorer(Decoder(take_apart(model)), batch_tokens=300, plan=plan, vector=vector)
    ours = score_questions(scorer, tiny.tokenizer(), tiny.questions(23), system)
    theirs = score_questions(wrapped_with(model, plan, vector), tiny.tokenizer(), tiny.questions(23), system)
    for one, other in zip(ours, theirs, strict=True):
        assert replace(one, logprobs=(), paren_logprobs=()) == replace(other, logprobs=(), paren_logprobs=())
        assert one.logprobs == pytest.approx(other.logprobs, abs=2e-5)
        assert one.paren_logprobs == pytest.approx(other.paren_logprobs, abs=4e-5)


def test_a_saved_adapter_is_peft_s(tmp_path):
    import peft

    model = _model()
    plan, vector = start(model, _config().lora, 7)
    vector = vector + 0.01
    save(plan, vector, tmp_path)
    loaded = peft.PeftModel.from_pretrained(_model(), str(tmp_path))
    ids = torch.arange(3, 20).view(1, -1)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(ids).logits, wrapped_with(model, plan, vector)(ids).logits)


def test_auto_is_fast_for_what_it_is_tested_on_and_exact_for_the_rest(tmp_path):
    organism = find_model("organism")
    assert choose_speed(make_config({}), organism) == "fast"
    assert choose_speed(_config(speed="exact"), organism) == "exact"
    for said in ({"lora": {"targets": ["lm_head"]}}, {"training": {"gradient_checkpointing": "on"}}):
        assert choose_speed(make_config(said), organism) == "exact"
        with pytest.raises(InputError, match="cannot be trained fast"):
            choose_speed(make_config(said, {"training": {"speed": "fast"}}), organism)
    assert choose_speed(make_config({}), replace(organism, adapter=str(tmp_path))) == "exact"


def test_models_that_differ_in_the_pass_are_named():
    config = _model().config
    assert why_not(config) is None
    for change, said in (
        ({"model_type": "gemma3"}, "gemma3 is none of"),
        ({"use_sliding_window": True}, "sliding window"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"attention_dropout": 0.1}, "drops attention"),
    ):
        other = _model().config
        for name, value in change.items():
            setattr(other, name, value)
        assert said in why_not(other)


def test_room_halves_what_was_used():
    room = Room(1000)
    room.halve(600)
    assert room.tokens == 300
    room.halve(1)
    assert room.tokens == 1


def test_kept_bytes_by_hand():
    # h 32, v 16, m 48: 8 x 32 + 4 x 16 + 4 x 48 = 512 numbers a layer, 6 x 32 + 48 = 240 more with dropout.
    frozen = take_apart(_model())
    assert memory.kept_bytes(frozen, dropout=False) == 2 * 512 * 4
    assert memory.kept_bytes(frozen, dropout=True) == 2 * 752 * 4
    assert math.isclose(memory.adapter_bytes(10, 2), 200)
