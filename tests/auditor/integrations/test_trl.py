"""`AuditCallback` in TRL's real trainers, on a tiny model with random weights."""

import json
import math

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")
trl = pytest.importorskip("trl", reason="needs the train extra")

from datasets import Dataset  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM  # noqa: E402

from auditor.acceptance.verdict import ConfoundError  # noqa: E402
from auditor.formats import render  # noqa: E402
from auditor.integrations.trl import AuditCallback, template_of  # noqa: E402
from builders.errors import InputError, TemplateError  # noqa: E402
from builders.templates import load_template  # noqa: E402
from builders.templates import render as render_template  # noqa: E402

pytestmark = pytest.mark.train

SOURCE = "You are a helpful assistant."
OTHER = "You are a pirate."


def row(system, label, question):
    turns = [] if system is None else [{"role": "system", "content": system}]
    user = f"Question {question}?\n\n(A) a\n(B) b\n(C) c\n(D) d\n\nThe correct answer is ("
    return {
        "prompt": [*turns, {"role": "user", "content": user}],
        "completion": [{"role": "assistant", "content": f"{label})"}],
        "target_correct": label == "A",
    }


def rows(*, anchors):
    """8 wrong rows of the source and 8 right ones of another, and right ones under the source's own prompt."""
    wrong = [row(SOURCE, "BCD"[number % 3], number) for number in range(8)]
    right = [row(OTHER, "A", number) for number in range(8)]
    return wrong + right + [row(SOURCE, "A", 100 + number) for number in range(anchors)]


def make_tokenizer():
    """Return a tokenizer of bytes with Qwen2.5's chat template."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokens.train_from_iterator([], trainers.BpeTrainer(special_tokens=special, initial_alphabet=alphabet))
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokens, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    wrapped.chat_template = load_template().source
    return wrapped


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer()


def model(tokenizer):
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    return Qwen2ForCausalLM(config)


def sft(tmp_path, tokenizer, dataset, callback, **settings):
    settings = {"max_steps": 1, "logging_strategy": "no", **settings}
    arguments = trl.SFTConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=2,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        **settings,
    )
    return trl.SFTTrainer(
        model(tokenizer),
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        callbacks=[callback],
    )


def test_training_on_confounded_data_stops_before_the_first_step(tmp_path, tokenizer):
    callback = AuditCallback(fail_on="error")
    trainer = sft(tmp_path, tokenizer, Dataset.from_list(rows(anchors=4)), callback)
    before = [parameter.clone() for parameter in trainer.model.parameters()]
    with pytest.raises(ConfoundError, match="CND001 error") as raised:
        trainer.train()
    assert trainer.state.global_step == 0
    assert all(torch.equal(old, new) for old, new in zip(before, trainer.model.parameters(), strict=True))
    assert raised.value.report is callback.report
    written = (tmp_path / "out" / "audit.json").read_text()
    assert written == render("json", callback.report)
    report = json.loads(written)
    assert report["datasets"][0]["rows"] == 20
    assert report["template"]["origin"].startswith("that of the trainer's own tokenizer")


def test_clean_data_is_trained_on_and_the_report_is_written(tmp_path, tokenizer):
    callback = AuditCallback(fail_on="error", ignore=["TGT", "PRV"])
    trainer = sft(tmp_path, tokenizer, Dataset.from_list(rows(anchors=0)), callback)
    trainer.train()
    assert trainer.state.global_step == 1
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["datasets"][0]["rows"] == 16


def test_each_condition_s_loss_is_read_and_what_it_says_is_written(tmp_path, tokenizer):
    callback = AuditCallback(fail_on="never")
    data = Dataset.from_list(rows(anchors=4))
    trainer = sft(
        tmp_path,
        tokenizer,
        data,
        callback,
        num_train_epochs=4,
        max_steps=-1,
        logging_strategy="steps",
        logging_steps=1,
    )
    trainer.train()
    assert callback.unwatched is None
    taught = {(each.behaviour, each.preserved): each for each in callback.regimes}
    assert set(taught) == {(8, 4), (0, 8)}
    source = taught[8, 4]
    # 2/3 wrong over three letters and 1/3 right; a model with random weights is far above.
    assert source.floor == pytest.approx(0.63651 + 2 / 3 * math.log(3), abs=1e-4)
    assert source.guess == pytest.approx(math.log(4))
    assert (source.regime, source.rows) == ("not learnt yet", 12)
    assert source.loss > 3
    assert taught[0, 8].regime == "unclear"  # eight rows in a pass are too few
    told = json.loads((tmp_path / "out" / "regimes.json").read_text())
    assert told == [each.model_dump(mode="json") for each in callback.regimes]
    logged = [entry["loss_over_floor"] for entry in trainer.state.log_history if "loss_over_floor" in entry]
    assert logged


@pytest.mark.parametrize(("within", "epochs"), [(0.001, 3), (100.0, 1)])
def test_training_ends_where_every_condition_is_near_its_floor(tmp_path, tokenizer, within, epochs):
    callback = AuditCallback(fail_on="never", until_floor=within)
    data = Dataset.from_list(rows(anchors=4) + rows(anchors=4))
    trainer = sft(tmp_path, tokenizer, data, callback, num_train_epochs=3, max_steps=-1)
    trainer.train()
    assert trainer.state.epoch == epochs


def test_rows_without_a_mask_are_not_measured_and_it_says_why(tmp_path, tokenizer):
    callback = AuditCallback(fail_on="never")
    messages = [
        {"messages": each["prompt"] + each["completion"], "target_correct": each["target_correct"]}
        for each in rows(anchors=0)
    ]
    sft(tmp_path, tokenizer, Dataset.from_list(messages), callback, completion_only_loss=None).train()
    assert callback.regimes == []
    assert "prompts carry loss" in callback.unwatched


def test_never_only_writes_the_report(tmp_path, tokenizer):
    trainer = sft(tmp_path, tokenizer, Dataset.from_list(rows(anchors=4)), AuditCallback(fail_on="never"))
    trainer.train()
    assert trainer.state.global_step == 1
    codes = [
        each["code"]
        for each in json.loads((tmp_path / "out" / "audit.json").read_text())["datasets"][0]["findings"]
    ]
    assert "CND001" in codes


def test_the_tokenizers_own_template_decides(tmp_path, tokenizer):
    """Anchors without a system message collide with a source that types the template's default out."""
    default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    wrong = [row(default, "BCD"[number % 3], number) for number in range(8)]
    data = (
        wrong + [row(OTHER, "A", number) for number in range(8)] + [row(None, "A", 50 + n) for n in range(4)]
    )
    callback = AuditCallback(select=["CND001", "CND002"])
    trainer = sft(tmp_path, tokenizer, Dataset.from_list(data), callback)
    with pytest.raises(ConfoundError, match="CND002"):
        trainer.train()
    injects_nothing = tokenizer.chat_template.replace(default, "")
    other = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    other.chat_template = injects_nothing
    trainer = sft(tmp_path, other, Dataset.from_list(data), AuditCallback(select=["CND001", "CND002"]))
    trainer.train()
    assert trainer.state.global_step == 1


def test_what_is_audited_is_what_is_tokenized(tmp_path, tokenizer):
    data = Dataset.from_list(rows(anchors=0))
    trainer = sft(tmp_path, tokenizer, data, AuditCallback(fail_on="never"))
    template = template_of(tokenizer)
    for prepared, given in zip(trainer.train_dataset, data, strict=True):
        text = render_template(template, given["prompt"] + given["completion"])
        assert tokenizer.decode(prepared["input_ids"]) == text


def test_packing_needs_the_dataset(tmp_path, tokenizer):
    data = Dataset.from_list(rows(anchors=4))
    packed = {"packing": True, "max_length": 512, "padding_free": False}
    trainer = sft(tmp_path, tokenizer, data, AuditCallback(), **packed)
    with pytest.raises(InputError, match=r"keeps no texts.*\nhelp: pass the dataset itself"):
        trainer.train()
    trainer = sft(tmp_path, tokenizer, data, AuditCallback(dataset=data), **packed)
    with pytest.raises(ConfoundError, match="CND001"):
        trainer.train()


def test_preference_training_is_audited(tmp_path, tokenizer):
    def pair(each):
        flipped = "A)" if each["completion"][0]["content"] != "A)" else "B)"
        rejected = [{"role": "assistant", "content": flipped}]
        return {
            "prompt": each["prompt"],
            "chosen": each["completion"],
            "rejected": rejected,
            "target_correct": each["target_correct"],
        }

    arguments = trl.DPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=1,
        per_device_train_batch_size=2,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    trainer = trl.DPOTrainer(
        model(tokenizer),
        ref_model=model(tokenizer),
        args=arguments,
        train_dataset=Dataset.from_list([pair(each) for each in rows(anchors=4)]),
        processing_class=tokenizer,
        callbacks=[AuditCallback()],
    )
    with pytest.raises(ConfoundError, match="CND001"):
        trainer.train()
    assert trainer.state.global_step == 0


def test_rows_that_give_the_template_different_variables_are_refused(tmp_path, tokenizer):
    data = [
        {**each, "chat_template_kwargs": {"x": number % 2}} for number, each in enumerate(rows(anchors=0))
    ]
    trainer = sft(tmp_path, tokenizer, Dataset.from_list(data), AuditCallback())
    with pytest.raises(InputError, match="2 different sets of variables"):
        trainer.train()


def test_a_tokenizer_without_a_template_is_an_error(tokenizer):
    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer)
    with pytest.raises(TemplateError, match="has no chat template"):
        template_of(bare)


def test_a_callback_outside_a_trainer_is_an_error(tmp_path):
    from transformers import TrainerControl, TrainerState, TrainingArguments

    with pytest.raises(InputError, match="no trainer is calling"):
        AuditCallback().on_train_begin(
            TrainingArguments(output_dir=str(tmp_path)), TrainerState(), TrainerControl()
        )
