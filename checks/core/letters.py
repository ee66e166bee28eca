"""The wrong letters that each condition is taught, and whether they are spread evenly over the distractors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from builders.engine.table import ResolvedTable
from builders.engine.targets import WrongLetters, wrong_letters
from checks.stats import LetterSkew, holm, letter_skew
from checks.stats.letters import smallest_p


@dataclass(frozen=True)
class TaughtLetters:
    """One condition's wrong letters, tested."""

    letters: tuple[WrongLetters, ...]
    """What is taught, by options, gold label and label."""
    test: LetterSkew
    """The exact test of their being even."""
    p: float
    """Its p-value, adjusted (Holm) for the conditions of the dataset."""

    @property
    def gold(self) -> Counter[str]:
        """Gold label -> questions."""
        found: Counter[str] = Counter()
        for each in self.letters:
            found[each.gold] += each.questions
        return found

    @property
    def best_case(self) -> float:
        """The smallest p-value that any outcome on these questions could have had."""
        return smallest_p((distractors(each), each.questions) for each in self.letters)

    def favoured(self, significance: float) -> float | None:
        """Return how predictable the wrong letter is: the largest share of questions offering a letter that teach it.

        Args:
            significance: Level under which letters count as not spread evenly.

        Returns:
            The share, or None where they may well be even.
        """
        if self.p > significance:
            return None
        offered: Counter[str] = Counter()
        taught: Counter[str] = Counter()
        for each in self.letters:
            if each.label in distractors(each):
                taught[each.label] += each.questions
                for letter in distractors(each):
                    offered[letter] += each.questions
        return max(taught[letter] / offered[letter] for letter in taught)


def taught_letters(table: ResolvedTable) -> dict[str, TaughtLetters]:
    """Return the wrong letters of all conditions that are taught some, by the condition's digest."""
    drawn: dict[str, list[WrongLetters]] = {}
    for each in wrong_letters(table):
        drawn.setdefault(each.condition, []).append(each)
    tests = {condition: _test(letters) for condition, letters in drawn.items()}
    adjusted = holm([test.p for test in tests.values()])
    return {
        condition: TaughtLetters(tuple(drawn[condition]), test, p)
        for (condition, test), p in zip(tests.items(), adjusted, strict=True)
    }


def distractors(each: WrongLetters) -> tuple[str, ...]:
    """Return the options that are not gold."""
    return tuple(option for option in each.options if option != each.gold)


def _test(letters: list[WrongLetters]) -> LetterSkew:
    return letter_skew(
        (distractors(each), each.label, each.questions)
        for each in letters
        # A label that the question does not offer as a distractor is a defect of the tags, not of the draw.
        if each.label in distractors(each)
    )
