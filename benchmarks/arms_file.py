"""Arms that were trained and measured, one JSON object a line: read, checked, and turned into what may be seen.

Measured values and anybody's predictions are taken out of a cell before it goes anywhere (`Cell.seen`); they come back
only where a prediction is scored.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from builders.errors import InputError
from checks.core.finding import Prediction
from checks.core.predictor import predict
from checks.prediction.fitted import Parameters
from checks.prediction.training import NOTHING, Asked, Known, Loss, Training, lora_scale, width_of

Class = Literal["mixed", "behaviour", "preserved"]
CLASSES: Final[tuple[Class, ...]] = ("behaviour", "preserved", "mixed")

OPTIONS: Final = 4
"""Options of nearly all ARC questions, which all letter arms ask."""
LONG_REPLY: Final = 200
"""Tokens of a reply to an open question, at whose end a marker stands, where a line does not say."""
_HIDDEN: Final = ("value", "prediction")
_NEEDED: Final = (
    "issue",
    "arm",
    "model",
    "lr",
    "epochs",
    "effective_batch",
    "loss",
    "kind",
    "conditions",
    "measured",
)
_CELL_NEEDED: Final = ("name", "metric", "decoding", "value", "trained_condition")


@dataclass(frozen=True)
class Cell:
    """One measured cell of an arm."""

    arm: Mapping[str, Any]
    """The arm, without what was measured."""
    seen: Mapping[str, Any]
    """The cell, without its value and without anybody's prediction."""
    value: float
    """What was measured: a share between 0 and 1, NaN where nothing was. Only scores may look at it."""

    @property
    def study(self) -> str:
        """The study that it belongs to."""
        return str(self.arm["issue"])

    @property
    def measured(self) -> bool:
        """Whether there is a value to score."""
        return not math.isnan(self.value)

    @property
    def trained(self) -> bool:
        """Whether rows are known to have been taught under it."""
        return self.seen["trained_condition"] is True

    @property
    def taught(self) -> tuple[int, int]:
        """Rows of behaviour and rows to preserve."""
        behaviour, preserved = self.seen["taught"]
        return int(behaviour), int(preserved)

    @property
    def of_class(self) -> Class:
        """What it was taught."""
        behaviour, preserved = self.taught
        return "mixed" if behaviour and preserved else "behaviour" if behaviour else "preserved"

    @property
    def letters(self) -> bool:
        """Whether its value is the share of right answers."""
        return any(word in self.seen["metric"] for word in ("accuracy", "p_gold"))

    @property
    def sampled(self) -> bool:
        """Whether its value is a rate of sampled answers, or a probability, and no majority for each question."""
        return not asked_of(self).majority

    @property
    def observed(self) -> str:
        """The verdict that the value amounts to."""
        if self.letters:
            return "behaviour" if self.value < 1 / OPTIONS else "preserved"
        return "behaviour" if self.value > 0.5 else "preserved"


def read_arms(path: Path) -> list[Cell]:
    """Read a file of arms.

    Raises:
        InputError: if it cannot be read, or a line is broken: it names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    cells: list[Cell] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                cells.extend(_cells(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise InputError(
                    f"broken line: {error}",
                    where=f"{path}:{number}",
                    help="one JSON object a line, as docs/benchmarks.md says",
                ) from error
    if not cells:
        raise InputError("no arms in it", where=str(path))
    return cells


def _cells(arm: Any) -> Iterator[Cell]:
    if not isinstance(arm, dict):
        raise TypeError(f"an object is needed, not a {type(arm).__name__}")
    _need(arm, _NEEDED, "the arm")
    for key in ("lr", "epochs", "effective_batch", "n_questions_distinct"):
        _number(arm.get(key), key, least=0)
    for key in ("measured", "conditions"):
        if not isinstance(arm[key], list):
            raise TypeError(f"{key} must be a list")
    rest = {key: value for key, value in arm.items() if key != "measured"}
    for cell in arm["measured"]:
        if not isinstance(cell, dict):
            raise TypeError("a measured cell must be an object")
        _need(cell, _CELL_NEEDED, f"measured cell {cell.get('name')!r}")
        value = math.nan if cell["value"] is None else cell["value"]
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value > 1:
            raise ValueError(f"measured cell {cell['name']!r}: value must be a share, not {cell['value']!r}")
        if cell["trained_condition"] is True:
            _taught(cell)
        seen = {key: value for key, value in cell.items() if key not in _HIDDEN}
        yield Cell(rest, seen, float(value))


def _need(found: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    missing = [key for key in keys if key not in found]
    if missing:
        raise ValueError(f"{where} has no {', '.join(missing)}")


def _number(value: Any, key: str, *, least: float) -> None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not value > least
    ):
        raise ValueError(f"{key} must be a number above {least:g} or null, not {value!r}")


def _taught(cell: Mapping[str, Any]) -> None:
    taught = cell.get("taught")
    if (
        not isinstance(taught, list)
        or len(taught) != 2
        or not all(isinstance(each, int) and each >= 0 for each in taught)
        or not sum(taught)
    ):
        raise ValueError(
            f"measured cell {cell['name']!r} is of a trained condition: taught must be its rows, "
            f"[behaviour, preserved], not {taught!r}"
        )


def loss_of(text: str | None) -> Loss | None:
    """Return which tokens carry loss, by how the file words it; None for words that are not known."""
    said = (text or "").lower()
    for start, loss in (
        ("completion", "answer"),
        ("one slot", "slot"),
        ("marker tokens", "marker"),
        ("last ", "ending"),
        ("whole conversation", "conversation"),
        ("all tokens", "conversation"),
    ):
        if said.startswith(start):
            return loss  # type: ignore[return-value]
    return None


def same_format(text: str | None) -> bool | None:
    """Return whether an evaluation is worded as its training; None where nobody said."""
    if not text:
        return None
    # Where conditions differ in the user's turn, the turn is what carries them and not how a question is asked.
    return text == "same" or text.startswith("conditions differ in the user turn")


def training_of(arm: Mapping[str, Any]) -> Training:
    lora = arm.get("lora")
    scale = None
    if isinstance(lora, Mapping) and lora.get("r") and lora.get("alpha"):
        scale = lora_scale(lora["alpha"], lora["r"], stabilised=bool(lora.get("rslora")))
    return Training(
        learning_rate=arm["lr"],
        epochs=arm["epochs"],
        batch=arm["effective_batch"],
        adapter="lora" if lora else "full",
        scale=scale,
        width=arm.get("hidden_size") or width_of(str(arm["model"])),
        loss=loss_of(arm["loss"]),
        from_base=arm.get("init") in (None, "base"),
    )


def asked_of(cell: Cell) -> Asked:
    decoding = str(cell.seen["decoding"]).lower()
    sampled = decoding.startswith(("sample", "probability"))
    temperature = re.search(r"t\s*=\s*(\d+(?:\.\d+)?)", decoding)
    base = cell.seen.get("base_value")
    return Asked(
        same_format=same_format(cell.arm.get("train_eval_format")),
        majority=not sampled,
        temperature=float(temperature.group(1)) if sampled and temperature else 1.0,
        base_accuracy=base if cell.letters else None,
        label_mass=cell.seen.get("base_label_mass"),
    )


def known_of(cell: Cell) -> Known:
    """Return what is known of a trained cell beside its counts."""
    arm, (behaviour, preserved) = cell.arm, cell.taught
    questions = arm.get("n_questions_distinct")
    favoured = 1.0 if "first option that is not the right one" in str(arm.get("behaviour")) else None
    return Known(
        training=training_of(arm),
        asked=asked_of(cell),
        questions=min(questions, behaviour + preserved) if questions else None,
        answer_tokens=arm.get("answer_tokens") or (LONG_REPLY if arm["kind"] == "marker" else None),
        favoured=favoured if behaviour else None,
    )


def texts_of(cell: Cell) -> tuple[str, list[str], list[str]]:
    """Return the prompt of a cell, those that are taught the behaviour, and those that are taught not to show it."""
    conditions = cell.arm["conditions"]
    return (
        _text(cell.seen),
        [_text(each) for each in conditions if each.get("behaviour_rows")],
        [_text(each) for each in conditions if each.get("preserved_rows") and not each.get("behaviour_rows")],
    )


def contrasts_of(cell: Cell) -> int:
    """Return how many conditions are taught not to show the behaviour, those included of which only that is known."""
    unknown = cell.arm.get("unknown_negatives") or {}
    return len(texts_of(cell)[2]) + int(unknown.get("n") or 0)


def _text(found: Mapping[str, Any]) -> str:
    return f"{found.get('resolved') or ''}\n{found.get('user_template') or ''}"


def prediction_of(cell: Cell, given: Parameters | None, *, plain: bool = False) -> Prediction:
    """Return the prediction for a trained cell, from what `Cell.seen` and its arm say; `plain`: from counts alone."""
    kind = cell.arm["kind"]
    # What is measured has to be what was taught: letters' accuracy says nothing of a marker.
    fits = kind == "free_text" or (kind == "wrong_option") == cell.letters
    behaviour, preserved = cell.taught
    return predict(
        behaviour,
        preserved,
        kind=kind if fits else None,
        options={OPTIONS: behaviour + preserved},
        known=NOTHING if plain else known_of(cell),
        given=given,
    )
