"""What a prompt that nothing was taught under will do: what its text alone says of that, which is little.

Whether there are contrast rows matters most. Among the prompts that one model is asked under, those that share more of
their text with a source's prompt than with a contrast's show the behaviour more often, weakly so. The range is what
nine of ten prompts of the published arms showed; ``docs/predictor.md`` says how well it holds where a study was left
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.prediction.fitted import Leak

_GRAM = 4


@dataclass(frozen=True)
class Leaked:
    """How often the behaviour is shown under a prompt that was not trained; shares between 0 and 1."""

    low: float
    """Lower end of a range that holds for nine of ten."""
    mid: float
    """What is most likely."""
    high: float
    """Upper end."""


def nearness(prompt: str, sources: Sequence[str], contrasts: Sequence[str]) -> float:
    """Return how much more of a prompt is in a source's prompt than in a contrast's, from -1 to 1.

    Args:
        prompt: A resolved prompt that nothing was taught under.
        sources: Resolved prompts that are taught the behaviour.
        contrasts: Resolved prompts that are taught not to show it.
    """
    return max((shared(prompt, each) for each in sources), default=0.0) - max(
        (shared(prompt, each) for each in contrasts), default=0.0
    )


def shared(prompt: str, other: str) -> float:
    """Return the share of a text's runs of four characters that another has: not the same the other way round."""
    own = _grams(prompt)
    return len(own & _grams(other)) / len(own)


def leak(nearer: float = 0.0, *, contrasts: int, given: Leak, same_format: bool | None = None) -> Leaked:
    """Return what a prompt that was not trained is expected to show.

    Args:
        nearer: `nearness` of the prompt, less the mean of those that the same model is asked under: between datasets it
            says nothing. 0 where the prompt is the only one, or the others are not known.
        contrasts: Conditions that are taught not to show the behaviour; they may be known by number alone.
        given: The fitted parameters.
        same_format: Whether questions are worded as in training; where they are not, less of it may carry over.
    """
    low, mid, high = given.with_contrast if contrasts else given.without_contrast
    if same_format is False:
        low = 0.0
    if contrasts:
        mid = min(max(mid + given.slope * nearer, low), high)
    return Leaked(low, mid, high)


def _grams(text: str) -> set[str]:
    lower = text.lower()
    return {lower[at : at + _GRAM] for at in range(max(1, len(lower) - _GRAM + 1))}
