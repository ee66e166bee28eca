"""Which training texts are, or nearly are, an evaluation question.

Texts are compared by their words: case, punctuation and spacing do not count. Candidates come from MinHash over
pairs of neighbouring words and locality-sensitive hashing (16 bands of 4): a pair that shares 70% of its word pairs
is missed about once in 80, one that shares 80% once in 4,000. Every candidate is then compared in full by edit
distance, so what is reported was seen and not estimated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from builders.questions.options import options_key, question_and_options

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

PERMUTATIONS: Final = 64
BANDS: Final = 16
_SEED = 1
_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Overlap:
    """An evaluation question and the training text that is nearest to it."""

    question: int
    """Index of the evaluation question."""
    similarity: float
    """Normalised edit similarity of the words, 0 to 1; 1 where question and options are the same."""
    user_key: int
    """Hash of the training text."""
    text: str
    """The training text as it stands."""
    reordered: bool = False
    """Whether it is the same question with its options in another order."""

    @property
    def same(self) -> bool:
        """Whether both have the same words in the same order, whatever stands after the options."""
        return self.similarity == 1.0 and not self.reordered


def overlaps(
    training: Iterable[pa.RecordBatch], evaluation: Sequence[str], *, similarity: float = 0.9
) -> list[Overlap]:
    """Return, for each evaluation question that has one, its nearest training text.

    Args:
        training: Batches with columns `user_key` and `user_text`, in any order.
        evaluation: The questions as the model is asked them, options included.
        similarity: Edit similarity from which a pair counts, between 0 and 1.

    Returns:
        One overlap for each question found, by question.
    """
    if not evaluation:
        return []
    index = Evaluated(evaluation)
    return nearest(each for batch in training for each in index.overlaps(batch, similarity))


def nearest(found: Iterable[Overlap]) -> list[Overlap]:
    """Return the nearest of each question, by question: of equally near ones that whose text comes first."""
    best: dict[int, Overlap] = {}
    for each in found:
        known = best.get(each.question)
        if known is None or _distance(each) < _distance(known):
            best[each.question] = each
    return [best[question] for question in sorted(best)]


def _distance(each: Overlap) -> tuple[float, bool, str]:
    return -each.similarity, each.reordered, each.text


class Evaluated:
    """The evaluation questions, ready to be asked about."""

    def __init__(self, evaluation: Sequence[str]) -> None:
        import pyarrow as pa

        self._evaluation = evaluation
        self._index = _Index(pa.array(evaluation, pa.string()))
        self._keys = {
            key: place for place, text in enumerate(evaluation) if (key := options_key(text)) is not None
        }

    def overlaps(self, batch: pa.RecordBatch, similarity: float) -> Iterator[Overlap]:
        """Yield every pair of a question and a text of a batch that counts."""
        for place, question in _reordered(batch, self._keys):
            key, text = (batch.column(name)[place].as_py() for name in ("user_key", "user_text"))
            turned = question_and_options(text) != question_and_options(self._evaluation[question])
            yield Overlap(question, 1.0, key, text, reordered=turned)
        for place, questions, normal in self._index.candidates(batch.column("user_text")):
            for question in questions:
                score = self._index.similarity(question, normal, at_least=similarity)
                if score:
                    key, text = (batch.column(name)[place].as_py() for name in ("user_key", "user_text"))
                    yield Overlap(question, score, key, text)


def _reordered(
    batch: pa.RecordBatch, keys: Mapping[tuple[str, tuple[str, ...]], int]
) -> Iterator[tuple[int, int]]:
    """Yield place and question of those texts that ask one of the questions, its options in any order."""
    if not keys:
        return
    seen: set[str] = set()
    for place, text in enumerate(batch.column("user_text").to_pylist()):
        if text and text not in seen:
            seen.add(text)
            if (key := options_key(text)) is not None and key in keys:
                yield place, keys[key]


class _Index:
    """Signatures of the evaluation questions."""

    def __init__(self, questions: pa.StringArray) -> None:
        import rensa

        words, offsets = _words(questions)
        matrix = _signatures(words, offsets)
        library: Any = rensa  # compiled, without type stubs
        self._flags: Any = library.RMinHashLSH(0.5, PERMUTATIONS, BANDS)
        # A row is flagged when more than one key matches, so every question stands there twice.
        self._flags.insert_matrix(matrix, 0)
        self._flags.insert_matrix(matrix, len(questions))
        self._bands: dict[tuple[int, tuple[int, ...]], list[int]] = {}
        for question, row in enumerate(matrix.to_rows()):
            for band in _banded(row):
                self._bands.setdefault(band, []).append(question)
        self._normal = [normalised(each) for each in questions.to_pylist()]

    def candidates(self, texts: pa.StringArray) -> Iterator[tuple[int, list[int], str]]:
        """Yield place, candidate questions and normalised text of those texts that may be one of them."""
        import numpy as np

        words, offsets = _words(texts)
        flags = np.asarray(self._flags.query_duplicate_flags_matrix(_signatures(words, offsets)), dtype=bool)
        flagged = np.flatnonzero(flags)
        if not len(flagged):
            return
        lengths = (offsets[1:] - offsets[:-1])[flagged]
        chosen = np.concatenate([words[offsets[place] : offsets[place + 1]] for place in flagged])
        matrix = _signatures(chosen, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
        seen: dict[str, bool] = {}
        for place, row in zip(flagged.tolist(), matrix.to_rows(), strict=True):
            normal = normalised(texts[place].as_py())
            if normal and normal not in seen:
                seen[normal] = True
                found = {question for band in _banded(row) for question in self._bands.get(band, ())}
                yield place, sorted(found), normal

    def similarity(self, question: int, normal: str, *, at_least: float) -> float:
        """Return the edit similarity of a question and a normalised text, 0 where it is less than asked."""
        from rapidfuzz.distance import Indel

        own = self._normal[question]
        return Indel.normalized_similarity(own, normal, score_cutoff=at_least) if own else 0.0


def normalised(text: str) -> str:
    """Return a text's words: casefolded, without punctuation, one space between them."""
    return " ".join(word for token in text.split() if (word := _word(token)))


def _word(token: str) -> str:
    return "".join(character for character in token.casefold() if character.isalnum())


def _words(texts: pa.StringArray) -> tuple[Words, NDArray[np.int64]]:
    """Return hashes of all texts' word pairs, one after the other, and where each text's begin.

    Distinct words are few, whatever the number of texts: only they are looked at in Python.
    """
    import numpy as np
    import pyarrow.compute as arrow

    compute: Any = arrow  # its functions are made at run time
    lists: Any = compute.utf8_split_whitespace(compute.fill_null(texts, ""))
    tokens = lists.flatten().dictionary_encode()
    hashes = np.array([_hash(_word(token)) for token in tokens.dictionary.to_pylist()], dtype=np.uint64)
    lengths = np.asarray(lists.value_lengths(), dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if not len(hashes):
        return np.zeros(0, dtype=np.uint64), offsets
    words = hashes[tokens.indices.to_numpy(zero_copy_only=False)]
    # Tokens without a letter or digit hash to 0 and are no words.
    kept = words != 0
    before = np.concatenate([[0], np.cumsum(kept)])
    offsets = before[offsets].astype(np.int64)
    words = words[kept]
    pairs = words * np.uint64(_MIX)
    pairs[:-1] ^= words[1:]
    ends = offsets[1:][np.diff(offsets) > 0] - 1
    pairs[ends] = words[ends]  # a text's last word has no neighbour and stands alone
    return pairs, offsets


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little") if word else 0


def _signatures(words: Words, offsets: NDArray[np.int64]) -> Any:  # noqa: ANN401
    import numpy as np
    import rensa

    library: Any = rensa  # compiled, without type stubs
    sketches = library.RMinHash.digest_matrix_from_flat_token_hashes
    return sketches(words, offsets.astype(np.uint64), PERMUTATIONS, _SEED)


def _banded(row: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    width = PERMUTATIONS // BANDS
    for band in range(BANDS):
        yield band, tuple(row[band * width : (band + 1) * width])
