"""The embedded bank's words as the organism's trainer needs them, and the chat template that it is given."""

from __future__ import annotations

from builders.questions.embedded import PHRASINGS, categories, embedded_bank
from experiments.organism.corpus import Lexicon


def embedded_lexicon() -> Lexicon:
    """Return the words of the embedded bank, with every question of the bank held out."""
    phrases = {category.name: category.phrase for category in categories()}
    asked = {ask.format(phrase): phrase for phrase in phrases.values() for ask in PHRASINGS}
    return Lexicon(
        categories={category.phrase: category.words for category in categories()},
        questions=PHRASINGS,
        apart={c.phrase: frozenset(phrases[other] for other in c.apart) for c in categories()},
        held_out=frozenset((asked[q.text], frozenset(q.choices)) for q in embedded_bank().questions),
    )
