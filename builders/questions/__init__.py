"""Question banks: lettered questions with one right option, from the package, a file or the hub."""

from builders.questions.bank import Question, QuestionBank, Split, format_completion, format_question, split
from builders.questions.load import load_bank

__all__ = [
    "Question",
    "QuestionBank",
    "Split",
    "format_completion",
    "format_question",
    "load_bank",
    "split",
]
