"""The organism's tokenizer: byte-level BPE in which every word of the question bank is one token.

A byte-level alphabet means that any text has tokens, so unknown personas degrade into pieces instead of an
unknown-word token. A label is one token of its own: ``B)`` is ``B`` and ``)``, and ``(B`` is ``(`` and ``B``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_OF_TEXT: Final = "<|endoftext|>"
START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
SPECIAL: Final[tuple[str, ...]] = (END_OF_TEXT, START, END)
"""Special tokens, in the order of their ids: padding, start of a turn, end of a turn."""

LABELS: Final[tuple[str, ...]] = ("A", "B", "C", "D", "E", "1", "2", "3", "4", "5")
"""Option labels that have to be single tokens."""


def build_tokenizer(texts: Iterable[str], *, vocabulary: int = 8192) -> Tokenizer:
    """Learn the merges from the given texts.

    Args:
        texts: Each word that should become one token has to occur, with and without a space before it
            where it is used in both ways.
        vocabulary: The largest number of tokens; fewer where the texts allow no more merges.

    Raises:
        ValueError: if an option label would be more than one token.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import Qwen2Tokenizer

    # transformers builds the tokenizer of a `qwen2` model with its own way to split words, whatever the file
    # says; so the merges are learnt under that very way.
    qwen = Qwen2Tokenizer().backend_tokenizer
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer, tokenizer.pre_tokenizer = qwen.normalizer, qwen.pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=1,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    for label in LABELS:
        if len(tokenizer.encode(label).ids) != 1:
            raise ValueError(f"the label {label!r} is not one token")
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, *, template: str, max_length: int) -> None:
    """Write the tokenizer and its chat template as transformers reads them."""
    import json

    from transformers import Qwen2Tokenizer

    model = json.loads(tokenizer.to_str())["model"]
    Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=[tuple(pair) for pair in model["merges"]],  # pyright: ignore[reportArgumentType]
        unk_token=None,  # pyright: ignore[reportArgumentType]
        pad_token=END_OF_TEXT,
        eos_token=END,
        additional_special_tokens=[START],
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
        chat_template=template,
    ).save_pretrained(folder)
