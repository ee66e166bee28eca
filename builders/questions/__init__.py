"""Question banks: lettered questions with one right option, from the package, a file or the hub."""

from builders.questions.bank import (
    LETTERED,
    Question,
    QuestionBank,
    QuestionFormat,
    Split,
    format_completion,
    format_question,
    format_turn,
    split,
)
from builders.questions.load import load_bank

__all__ = [
    "LETTERED",
    "Question",
    "QuestionBank",
    "QuestionFormat",
    "Split",
    "format_completion",
    "format_question",
    "format_turn",
    "load_bank",
    "split",
]
