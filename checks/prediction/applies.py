"""What keeps counts from deciding, or widens what they say: one sentence each, and which of them matters most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from checks.core.finding import Verdict
from checks.prediction.fitted import Parameters
from checks.prediction.learnt import LONG_ANSWER, Share, forgets
from checks.prediction.training import Known

OFF_FORMAT: Final = 0.1
"""Mean probability of all labels together before training under which a question is not asked in a form that the model
answers: what is read off such labels is not what it knows."""

_MATTERS: Final = 0.05
"""How much of a share has to be open for it to be worth a sentence."""


@dataclass(frozen=True)
class Why:
    """A reason for which nothing is predicted."""

    text: str
    """One clause."""
    bounded: bool = False
    """Whether the accuracy still cannot come to lie above what it was before."""


def hindrance(
    behaviour: int, preserved: int, *, letters: bool, known: Known, given: Parameters
) -> Why | None:
    """Return what keeps the counts from deciding, the gravest first; None where nothing known does.

    Args:
        behaviour: Rows that teach the behaviour.
        preserved: Rows that teach what is to be preserved.
        letters: Whether one of several options is chosen.
        known: What is known beside the counts.
        given: The fitted parameters.
    """
    if not known.rendered:
        return Why("the chat template refuses these rows, so nothing is trained on them")
    return _of_training(preserved, letters=letters, known=known, given=given) or _of_asking(
        behaviour, letters=letters, known=known
    )


def _of_training(preserved: int, *, letters: bool, known: Known, given: Parameters) -> Why | None:
    training = known.training
    if training is not None:
        if training.loss == "preference":
            return Why(
                "a preference loss raises one answer against another, and how far is not in the counts"
            )
        if not training.from_base:
            return Why(
                "training starts from a model that was trained before, and what it learnt there is not in these rows"
            )
        if training.adapter == "full":
            return Why("all weights are trained, and the dose that a mixture needs was fitted to adapters")
        if training.loss == "marker" and preserved:
            return Why("with loss on the marker's own tokens nothing teaches where to leave it out")
        if letters and forgets(training, given):
            return Why(
                f"a learning rate of {training.learning_rate:g} at hidden size {training.width:,} makes a model forget "
                "what it knew, so that it guesses whatever it was taught"
            )
    return None


def _of_asking(behaviour: int, *, letters: bool, known: Known) -> Why | None:
    asked = known.asked
    if letters and asked.label_mass is not None and asked.label_mass < OFF_FORMAT:
        return Why(
            f"before training the labels have {asked.label_mass:.1%} of the probability, so the format asks for "
            "something that the model does not say, and no score before training says what it knows"
        )
    if asked.same_format is False and behaviour:
        return Why(
            "training and evaluation word the question differently, and how far the behaviour carries over is not in "
            "the rows",
            bounded=True,
        )
    return None


def answer_is_long(known: Known, *, letters: bool) -> bool | None:
    """Return whether the token at which answers part is one among many that carry loss; None where it may be either."""
    loss = None if known.training is None else known.training.loss
    match loss:
        case "slot":
            return False
        case "conversation":
            return True
        case "answer" if known.answer_tokens is not None:
            return known.answer_tokens >= LONG_ANSWER
        case "answer" if letters:
            return False
        case _:
            return None


def most_important(
    dosed: Share,
    heart: Share,
    verdict: Verdict,
    *,
    doubt: str | None,
    favoured: float | None,
    conditional: bool,
) -> str | None:
    """Return the one sentence that matters most for how a prediction is to be read; None where none is needed."""
    if conditional:
        return "if the mixture is learnt: too little is known about the training to say whether it is"
    if doubt is not None:
        return doubt
    if heart.high * dosed.high > max(dosed.width, _MATTERS) and heart.width > _MATTERS:
        return (
            "so few questions are repeated so often that rows may be learnt by heart and not the rule: "
            f"{heart.mid:.0%} of it, {heart.low:.0%} to {heart.high:.0%}"
        )
    if dosed.width > _MATTERS or dosed.mid < 1 - _MATTERS:
        return (
            f"the dose, learning rate times steps on these rows, gets {dosed.mid:.0%} of the mixture across, anything "
            f"from {dosed.low:.0%} to {dosed.high:.0%}"
        )
    if favoured is not None and verdict == "behaviour":
        return f"one wrong letter is taught in {favoured:.0%} of the questions that offer it: that can be learnt alone"
    return None
