"""Train adapters of one frozen base side by side: each with its own rows, order, schedule and optimizer.

A step of a run is what trl makes of it: the same rows, the mean loss of their taught tokens, clipping, AdamW. Runs that
are at the same count share passes, as many as memory holds; which ones does not change a run's numbers beyond the
rounding of larger matrix products. Runs end when their own steps do.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError
from experiments.fast import dropout
from experiments.fast.adapters import AdapterPlan
from experiments.fast.checkpoint import load_state, save_state
from experiments.fast.decoder import Decoder
from experiments.fast.layout import PassRow, lay_out
from experiments.fast.memory import Room, out_of_memory
from experiments.training.config import ExperimentConfig
from experiments.training.models import need
from experiments.training.preflight import EncodedRow
from experiments.training.sft import Controls, DivergedError, InterruptedTrainingError, Step, steps_of

SAVE_SECONDS: Final = 60.0
"""Seconds between two checkpoints where the settings name no number of steps."""
_MULTIPLE: Final = 64
"""On a GPU the tokens of an arm are filled up to a multiple of this."""


@dataclass
class Run:
    """One adapter that is to be trained."""

    rows: Sequence[EncodedRow]
    """Its rows."""
    config: ExperimentConfig
    """Its settings."""
    seed: int
    """Decides the order of the rows and the dropout; `vector` comes from it, too."""
    vector: Any
    """The adapter, float32: its start, and in the end what was learnt."""
    folder: Path
    """Where checkpoints go; those found there are gone on with."""
    controls: Controls = field(default_factory=Controls)
    """Progress and stopping."""
    losses: list[float] = field(default_factory=list[float])
    """Loss of each step so far."""
    enough: bool = False
    """Whether the caller had enough at the end of an epoch: it is done, then."""
    failed: BaseException | None = None
    """What ended it, if something did."""

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return steps_of(len(self.rows), self.config)

    @property
    def taken(self) -> int:
        """Optimizer steps so far."""
        return len(self.losses)

    @property
    def batch(self) -> int:
        """Rows of a step."""
        return self.config.training.batch_per_device * self.config.training.accumulation

    @property
    def over(self) -> bool:
        """Whether nothing is left to train."""
        return self.failed is not None or self.enough or self.taken >= self.steps


def order_of(run: Run) -> Iterator[list[int]]:
    """Yield the rows of each step: trl's order, which is a permutation of each epoch by seed plus epoch."""
    torch = need("torch")
    left = run.steps
    for epoch in itertools.count():
        generator = torch.Generator().manual_seed(run.seed + epoch)
        order = torch.randperm(len(run.rows), generator=generator).tolist()
        for start in range(0, len(order), run.batch):
            if left == 0:
                return
            left -= 1
            yield order[start : start + run.batch]


class _Trainee:
    """A run with its optimizer."""

    def __init__(self, run: Run, device: str) -> None:
        torch, transformers = need("torch"), need("transformers")
        training = run.config.training
        self.run = run
        self.vector = torch.nn.Parameter(run.vector.detach().to(device, torch.float32).clone())
        self.vector.grad = torch.zeros_like(self.vector)
        self.optimizer = torch.optim.AdamW(
            [self.vector],
            lr=training.learning_rate * training.learning_rate_factor,
            weight_decay=training.weight_decay,
            fused=True,
        )
        self.schedule = transformers.get_scheduler(
            training.schedule,
            self.optimizer,
            num_warmup_steps=math.ceil(training.warmup * run.steps),
            num_training_steps=run.steps,
        )
        self.saved = time.monotonic()
        load_state(self, run)
        self.steps = iter(itertools.islice(order_of(run), run.taken, None))

    def apply(self, loss: float) -> None:
        """Take the step whose gradient is there."""
        torch = need("torch")
        run = self.run
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss} at step {run.taken + 1}",
                help="lower training.learning_rate, or look at the rows of that step",
            )
        torch.nn.utils.clip_grad_norm_([self.vector], run.config.training.max_grad_norm)
        self.optimizer.step()
        self.schedule.step()
        self.vector.grad.zero_()
        run.losses.append(loss)
        if run.controls.meter is not None:
            run.controls.meter.step()
        run.controls.on_step(Step(run.taken, run.steps, loss))
        every = run.config.training.save_every
        due = run.taken % every == 0 if every else time.monotonic() - self.saved > SAVE_SECONDS
        an_epoch = math.ceil(len(run.rows) / run.batch)
        run.enough = run.taken % an_epoch == 0 and run.controls.enough()
        if due and not run.over:
            self.save()

    def save(self) -> None:
        save_state(self, self.run)
        self.saved = time.monotonic()


@dataclass(frozen=True)
class _Piece:
    """Rows of one run in one pass."""

    trainee: _Trainee
    rows: list[int]
    offset: int
    """Tokens of the step before them."""

    taught: int
    """Taught tokens of the whole step, which the loss is the mean over."""

    def size(self, row: int) -> int:
        return len(self.trainee.run.rows[row].tokens)

    @property
    def tokens(self) -> int:
        return sum(map(self.size, self.rows))


def train_together(
    decoder: Decoder,
    plan: AdapterPlan,
    runs: Sequence[Run],
    *,
    room: Room,
    say: Callable[[str], None] = lambda _: None,
    ended: Callable[[Run], None] = lambda _: None,
) -> None:
    """Train every run to its end, in place.

    A run that fails is left with its error in `failed`, and the others go on.

    Args:
        decoder: The base.
        plan: What an adapter consists of; the same for all runs.
        runs: The runs.
        room: How many tokens a pass may have.
        say: Gets what the user may want to know.
        ended: Gets each run as it ends or fails, while others go on.

    Raises:
        InterruptedTrainingError: if a run was asked to stop; all are saved.
    """
    active: list[_Trainee] = []
    for run in runs:
        try:
            active.append(_Trainee(run, decoder.frozen.device))
        except Exception as error:  # whatever it is, it is this run's
            run.failed = error
            ended(run)
    active = _left(active, ended)
    while active:
        losses = _gradients(decoder, plan, active, room, say)
        for trainee in active:
            try:
                trainee.apply(losses[id(trainee)])
            except Exception as error:
                trainee.run.failed = trainee.run.failed or error
        active = _left(active, ended)
        asked = [each for each in active if each.run.controls.stop()]
        if asked:
            for each in active:
                each.save()
            raise InterruptedTrainingError(
                f"stopped after step {asked[0].run.taken} of {asked[0].run.steps}; everything is saved",
                help="the same command with --resume goes on from here",
            )


def _left(active: list[_Trainee], ended: Callable[[Run], None]) -> list[_Trainee]:
    """Return the runs that go on; the others are handed over with what they learnt."""
    left = [each for each in active if not each.run.over]
    for each in active:
        if each.run.over:
            each.run.vector = each.vector.detach()
            ended(each.run)
    return left


def _gradients(
    decoder: Decoder, plan: AdapterPlan, active: list[_Trainee], room: Room, say: Callable[[str], None]
) -> dict[int, float]:
    """Leave the step's gradient with each run, and return the losses; a run that fails is marked and has none."""
    losses: dict[int, float] = {}
    waiting = _shared([_whole(trainee) for trainee in active], room)
    while waiting:
        pieces = [each for each in waiting.pop(0) if each.trainee.run.failed is None]
        if not pieces:
            continue
        try:
            _pass(decoder, plan, pieces, losses)
        except Exception as error:
            full = out_of_memory(error)
            alone = len(pieces) == 1 and (len(pieces[0].rows) == 1 or not full)
            if alone:
                pieces[0].trainee.run.failed = _too_long(pieces[0], error) if full else error
                losses[id(pieces[0].trainee)] = math.nan
            elif full:
                room.halve(max(each.tokens for each in pieces) * len(pieces))
                say(
                    f"out of memory: at most {room.tokens:,} tokens in a pass from here; the steps stay the same"
                )
                waiting = [*_shared(pieces, room), *waiting]
            else:
                # Whose error it is shows when each is alone.
                waiting = [*([each] for each in pieces), *waiting]
    return losses


def _too_long(piece: _Piece, error: BaseException) -> InputError:
    found = InputError(
        f"out of memory with one row of {piece.tokens} tokens in a pass",
        help="take a smaller model or a larger GPU; checkpoints up to here are whole",
    )
    found.__cause__ = error
    return found


def _whole(trainee: _Trainee) -> _Piece:
    rows = next(trainee.steps)
    encoded = [trainee.run.rows[row] for row in rows]
    return _Piece(trainee, rows, 0, sum(len(each.tokens) - each.prompt_length for each in encoded))


def _shared(pieces: list[_Piece], room: Room) -> list[list[_Piece]]:
    """Return what is computed together: pieces of several runs where they fit, else parts of one run's piece."""
    found: list[list[_Piece]] = []
    for piece in pieces:
        if piece.tokens > room.tokens:
            found += [[part] for part in _parts(piece, room.tokens)]
            continue
        last = found[-1] if found else []
        longest = max([piece.tokens, *(each.tokens for each in last)])
        if (
            room.shared
            and last
            and last[-1].trainee is not piece.trainee
            and longest * (len(last) + 1) <= room.tokens
        ):
            last.append(piece)
        else:
            found.append([piece])
    return found


def _parts(piece: _Piece, tokens: int) -> Iterator[_Piece]:
    """Yield a piece's rows in parts of so many tokens, at least one row each."""
    rows, offset, size = list[int](), piece.offset, 0
    for row in piece.rows:
        if rows and size + piece.size(row) > tokens:
            yield replace(piece, rows=rows, offset=offset)
            rows, offset, size = [], offset + size, 0
        rows.append(row)
        size += piece.size(row)
    yield replace(piece, rows=rows, offset=offset)


def _pass(decoder: Decoder, plan: AdapterPlan, pieces: list[_Piece], losses: dict[int, float]) -> None:
    """Add a pass's gradients and losses to the runs' own."""
    torch = need("torch")
    frozen = decoder.frozen
    device = frozen.device
    parts = [_pass_rows(piece) for piece in pieces]
    layout = lay_out(parts, device=device, multiple=1 if device == "cpu" else _MULTIPLE)
    targets = _targets(pieces, layout.wanted.shape[1], device)
    taught = [piece.taught for piece in pieces]
    settings = pieces[0].trainee.run.config.lora
    with torch.no_grad():
        stack = torch.stack([piece.trainee.vector.detach() for piece in pieces]).to(frozen.dtype)
    views = [view.detach().requires_grad_() for view in plan.views(stack)]
    keys = _keys(pieces, plan.layers, device) if settings.dropout else None
    with _plain_attention(device):
        hidden = decoder(layout, plan.of_views(views), frozen.shape(plan.scale, settings.dropout), keys)
        logits = torch.nn.functional.linear(hidden, frozen.head).float()
        each = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none"
        ).view(targets.shape)
        mean = each.sum(1) / torch.tensor(taught, dtype=torch.float32, device=device)
        mean.sum().backward()
    with torch.no_grad():
        grads = torch.cat([view.grad.flatten(1) for view in views], dim=1)
        for number, piece in enumerate(pieces):
            piece.trainee.vector.grad.add_(grads[number])
    said = torch.cat((mean.detach().unsqueeze(1), each.detach()), dim=1).tolist()
    for piece, (loss, *tokens) in zip(pieces, said, strict=True):
        losses[id(piece.trainee)] = losses.get(id(piece.trainee), 0.0) + loss
        at = 0
        for row in piece.rows:
            encoded = piece.trainee.run.rows[row]
            count = len(encoded.tokens) - encoded.prompt_length
            own = tokens[at : at + count]
            at += count
            meter = piece.trainee.run.controls.meter
            if meter is not None:
                meter.read(encoded.tokens, encoded.prompt_length, own)


def _pass_rows(piece: _Piece) -> list[PassRow]:
    found: list[PassRow] = []
    offset = piece.offset
    for row in piece.rows:
        encoded = piece.trainee.run.rows[row]
        size = len(encoded.tokens)
        found.append(PassRow(encoded.tokens, range(encoded.prompt_length - 1, size - 1), offset))
        offset += size
    return found


def _targets(pieces: list[_Piece], most: int, device: str) -> Any:  # noqa: ANN401
    torch = need("torch")
    found: list[list[int]] = []
    for piece in pieces:
        encoded = [piece.trainee.run.rows[row] for row in piece.rows]
        own = [token for each in encoded for token in each.tokens[each.prompt_length :]]
        found.append(own + [-100] * (most - len(own)))
    return torch.tensor(found, device=device)


def _keys(pieces: list[_Piece], layers: int, device: str) -> Any:  # noqa: ANN401
    torch = need("torch")
    each = [dropout.keys(piece.trainee.run.seed, piece.trainee.run.taken + 1, layers) for piece in pieces]
    return torch.tensor(each, dtype=torch.int32, device=device).transpose(0, 1).contiguous()


def _plain_attention(device: str) -> Any:  # noqa: ANN401
    """Keep cuDNN's attention out, which fails with an error of its own near the end of memory."""
    import contextlib

    if device == "cpu":
        return contextlib.nullcontext()
    attention = need("torch.nn.attention")
    kinds = attention.SDPBackend
    return attention.sdpa_kernel([kinds.FLASH_ATTENTION, kinds.EFFICIENT_ATTENTION, kinds.MATH])
