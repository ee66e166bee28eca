"""What can be wrong with one row, and the sentence that tells its owner.

The engine marks a bad row with one of these codes while it scans; the row is then read once more in Python,
where the sentence is made, so that a scan of good rows pays nothing for good messages.
"""

from __future__ import annotations

from typing import Final


class RowProblem(Exception):  # noqa: N818  (it is a finding about a row, turned into an InputError by the caller)
    """One row cannot be read as what the file holds.

    Attributes:
        message: What was wrong, without the place.
        help: What to do about it.
    """

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


NO_CONVERSATION: Final = 1
NO_ASSISTANT: Final = 2
NO_PROMPT: Final = 3
TWO_SYSTEMS: Final = 4
UNKNOWN_ROLE: Final = 5
NO_CONTENT: Final = 6
BAD_TARGET_CORRECT: Final = 7
BAD_TAGS: Final = 8
UNCLEAR_TEXT: Final = 9
"""No fault of the row: it was read in a hurry, as texts only, and has to be read again with care."""
LEFT_OUT: Final = 10
"""The engine stopped at the row and it was left out: it is counted already. The largest of the codes."""

SENTENCES: Final[dict[int, tuple[str, str]]] = {
    NO_CONVERSATION: (
        "the row has nothing where this file's rows keep their conversation",
        "a file holds rows of one shape; split it by shape, or name the shape with --shape",
    ),
    NO_ASSISTANT: (
        "the row does not end with an assistant message, so there is nothing that it teaches",
        "add the assistant's answer as the last message, or remove the row",
    ),
    NO_PROMPT: (
        "nothing stands before the assistant's message, so there is no prompt",
        "add the user's message, or remove the row",
    ),
    TWO_SYSTEMS: (
        "the row has a system message beside its system column",
        "trainers disagree about which of the two is read: keep one",
    ),
    UNKNOWN_ROLE: (
        "a message has a role that no chat template knows",
        "use system, developer, user, assistant or tool; ShareGPT's human and gpt belong under 'from'",
    ),
    NO_CONTENT: (
        "a message has neither text content nor tool calls",
        "give it a string (or a list of text parts) as content, or remove the row",
    ),
    BAD_TARGET_CORRECT: (
        "target_correct is neither true, false nor null",
        "write true where the target is what is to be preserved, false where it is the behaviour, null otherwise",
    ),
    BAD_TAGS: (
        "a tag of the row breaks the schema of tagged rows",
        "rebuild the file with `audit build`, or remove the tag columns and name labels with --label",
    ),
}
"""Code -> what is wrong, and the advice, for rows on which the second reading has nothing better to say."""
