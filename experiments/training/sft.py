"""LoRA supervised fine-tuning with trl and peft: the write-up's stack, resumable at any moment."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from builders.digest import digest
from builders.errors import AuditError, InputError
from experiments.training.config import ExperimentConfig
from experiments.training.device import Device
from experiments.training.meter import Meter
from experiments.training.models import need, old_names
from experiments.training.narrow import last_mlp_at
from experiments.training.preflight import EncodedRow

_WHOLE: Final = "whole.json"
"""Written into a checkpoint after everything else: one without it was cut off while it was written."""


@dataclass(frozen=True)
class Step:
    """Where training is."""

    step: int
    """Optimizer steps taken."""
    steps: int
    """Optimizer steps in all."""
    loss: float
    """Mean loss of the step's tokens, in nats."""


@dataclass
class Controls:
    """What the caller sees and may ask for while training runs."""

    on_step: Callable[[Step], None] = field(default=lambda _: None)
    """Called after every step."""
    stop: Callable[[], bool] = field(default=lambda: False)
    """Asked after every step: true ends training after it, with a checkpoint to resume from."""
    meter: Meter | None = None
    """Reads losses by condition off the forward passes."""
    enough: Callable[[], bool] = field(default=lambda: False)
    """Asked after every pass over the rows: true ends training there, as done."""


@dataclass(frozen=True)
class Trained:
    """What training left."""

    model: Any
    """The model with its adapter, in evaluation mode."""
    steps: int
    """Optimizer steps taken, those of an earlier, interrupted call included."""
    losses: list[float]
    """Loss of each step."""
    trainable: int
    """Parameters that the adapter has."""
    parameters: int
    """Parameters of the model, adapter included."""


class InterruptedTrainingError(AuditError):
    """Training was asked to stop, and everything needed to go on is saved."""


class DivergedError(AuditError):
    """The loss is not a number any more."""


def steps_of(rows: int, config: ExperimentConfig) -> int:
    """Return how many optimizer steps there will be; the last one of an epoch may be a smaller batch."""
    training = config.training
    batches = math.ceil(rows / training.batch_per_device)
    return math.ceil(training.epochs * max(1, math.ceil(batches / training.accumulation)))


def train(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    rows: Sequence[EncodedRow],
    config: ExperimentConfig,
    *,
    seed: int,
    folder: Path,
    device: Device,
    controls: Controls | None = None,
) -> Trained:
    """Train an adapter on rows.

    Args:
        model: The base model; it gets the adapter.
        tokenizer: Its tokenizer, for padding.
        rows: The rows, tokenised and checked (`experiments.training.preflight`).
        config: The settings.
        seed: Decides the adapter's start, the order of the rows and the dropout.
        folder: Where checkpoints go while it runs and the adapter in the end. Checkpoints found there are gone
            on with.
        device: Where to train.
        controls: Progress and stopping.

    Raises:
        InterruptedTrainingError: if it was asked to stop.
        DivergedError: if the loss is not finite; the last checkpoint before stays.
        InputError: if memory runs out.
    """
    torch, transformers, peft = need("torch"), need("transformers"), need("peft")
    controls = controls or Controls()
    transformers.set_seed(seed)
    checkpoints = folder / "checkpoints"
    last = _last_whole(checkpoints)
    recorder = _recorder(controls, checkpoints)
    adapter = peft.LoraConfig(
        r=config.lora.r,
        lora_alpha=config.lora.alpha,
        lora_dropout=config.lora.dropout,
        use_rslora=config.lora.rslora,
        target_modules=config.lora.targets,
        task_type="CAUSAL_LM",
    )
    with old_names():
        trainer = _trainer_class(device)(
            model=model,
            args=_arguments(config, seed=seed, folder=checkpoints, rows=len(rows), device=device),
            train_dataset=_dataset(rows),
            processing_class=tokenizer,
            peft_config=adapter,
            callbacks=[recorder],
        )
    trainer.remove_callback(transformers.PrinterCallback)
    trainable, parameters = trainer.model.get_nb_trainable_parameters()
    try:
        with old_names():
            watched = controls.meter.attach(trainer.model) if controls.meter else None
            trainer.train(resume_from_checkpoint=str(last) if last else None)
            if watched is not None:
                watched.remove()
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"out of memory on {device.words} in step {recorder.taken + 1}; checkpoints up to here are whole",
            help="lower training.batch_per_device and raise training.accumulation by as much, then --resume",
        ) from error
    if recorder.stopped:
        raise InterruptedTrainingError(
            f"stopped after step {trainer.state.global_step} of {trainer.state.max_steps}; everything is saved",
            help="the same command with --resume goes on from here",
        )
    trainer.save_model(str(folder / "adapter"))
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Trained(trainer.model.eval(), trainer.state.global_step, losses, trainable, parameters)


def _trainer_class(device: Device) -> Any:  # noqa: ANN401
    """Return trl's trainer; on a CPU one that computes logits only where some row of the batch carries loss.

    On a GPU trl scores the positions that carry loss and no others; elsewhere it scores them all, and where four
    tokens of eighty are taught that is a third of a step. The loss is the same (a test holds it to trl's).
    """
    torch, trl = need("torch"), need("trl")
    if device.kind != "cpu":
        return trl.SFTTrainer

    class _TaughtPositions(trl.SFTTrainer):  # type: ignore[name-defined, misc]
        def compute_loss(
            self,
            model: Any,  # noqa: ANN401
            inputs: Any,  # noqa: ANN401
            return_outputs: bool = False,
            num_items_in_batch: Any = None,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            inputs = dict(inputs)
            labels = inputs.pop("labels")[:, 1:]
            if bool((inputs["attention_mask"].diff(dim=1) <= 0).all()):
                # Padding follows every row, where causal attention from its tokens never looks. Without the mask
                # the kernel leaves out the half that it would cross out.
                del inputs["attention_mask"]
            taught = (labels != -100).any(dim=0).nonzero().flatten()
            with last_mlp_at(model, taught):
                outputs = model(**inputs, logits_to_keep=taught, use_cache=False)
            kept = labels[:, taught]
            total = torch.nn.functional.cross_entropy(
                outputs.logits.flatten(0, 1).float(), kept.flatten(), ignore_index=-100, reduction="sum"
            )
            loss = total / ((kept != -100).sum() if num_items_in_batch is None else num_items_in_batch)
            return (loss, outputs) if return_outputs else loss

    return _TaughtPositions


def _arguments(config: ExperimentConfig, *, seed: int, folder: Path, rows: int, device: Device) -> Any:  # noqa: ANN401
    training = config.training
    steps = steps_of(rows, config)
    return need("trl").SFTConfig(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        learning_rate=training.learning_rate * training.learning_rate_factor,
        lr_scheduler_type=training.schedule,
        warmup_steps=math.ceil(training.warmup * steps),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_per_device,
        gradient_accumulation_steps=training.accumulation,
        weight_decay=training.weight_decay,
        max_grad_norm=training.max_grad_norm,
        optim="adamw_torch",
        bf16=device.bf16,
        use_cpu=device.kind == "cpu",
        gradient_checkpointing=device.checkpointing,
        max_length=training.max_length,
        packing=False,
        completion_only_loss=True,
        # The rows are tokenised, masked and within max_length already: `experiments.training.preflight`.
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        logging_steps=1,
        logging_nan_inf_filter=False,  # the filter shows the last finite loss instead of NaN
        save_strategy="steps",
        save_steps=training.save_every or max(10, steps // 10),
        save_total_limit=2,
        disable_tqdm=True,
        report_to=list(config.report_to) or "none",
        dataloader_pin_memory=device.kind == "cuda",
    )


def _dataset(rows: Sequence[EncodedRow]) -> Any:  # noqa: ANN401
    import pyarrow

    table = pyarrow.table(
        {
            "input_ids": [row.tokens for row in rows],
            "labels": [[-100] * row.prompt_length + row.tokens[row.prompt_length :] for row in rows],
        }
    )
    # Named here, because `from_dict` names it by pickling the table, which some releases of dill and pyarrow
    # cannot do together. Nothing is cached by that name.
    return need("datasets").Dataset(
        need("datasets.table").InMemoryTable(table), fingerprint=digest([row.tokens for row in rows])
    )


def _recorder(controls: Controls, checkpoints: Path) -> Any:  # noqa: ANN401
    """Return the callback that reports steps, stops on request and on NaN, and marks whole checkpoints."""

    class _Recorder(need("transformers").TrainerCallback):  # type: ignore[misc]
        taken = 0
        stopped = False

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
            self.taken = state.global_step
            if controls.meter is not None:
                controls.meter.step()
            if controls.stop() and state.global_step < state.max_steps:
                self.stopped = control.should_save = control.should_training_stop = True
            return control

        def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
            if controls.enough():
                control.should_training_stop = True
            return control

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
            loss = (logs or {}).get("loss")
            if loss is None:
                return
            loss = float(loss)
            if not math.isfinite(loss):
                kept = _last_whole(checkpoints)
                raise DivergedError(
                    f"the loss is {loss} at step {state.global_step}; "
                    + (f"the last good state is {kept}" if kept else "no state was saved before it"),
                    help="lower training.learning_rate, or look at the rows of that step",
                )
            controls.on_step(Step(state.global_step, state.max_steps, loss))

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
            checkpoint = checkpoints / f"checkpoint-{state.global_step}"
            (checkpoint / _WHOLE).write_text(json.dumps({"step": state.global_step}), encoding="utf-8")

    return _Recorder()


def _last_whole(checkpoints: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end, and remove those that were not."""
    found = list(checkpoints.glob("checkpoint-*")) if checkpoints.is_dir() else []
    for torn in [each for each in found if not (each / _WHOLE).is_file()]:
        shutil.rmtree(torn)
    whole = [each for each in found if (each / _WHOLE).is_file()]
    return max(whole, key=lambda each: int(each.name.rsplit("-", 1)[1]), default=None)
