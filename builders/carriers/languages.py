"""Scripts and languages that a text's letters or its commonest small words give away."""

from __future__ import annotations

import re
from typing import Final

SCRIPTS: Final[dict[str, str]] = {
    "Cyrillic": "0400-04FF",
    "Greek": "0370-03FF",
    "Arabic": "0600-06FF",
    "Hebrew": "0590-05FF",
    "Devanagari": "0900-097F",
    "Thai": "0E00-0E7F",
    "Hangul": "AC00-D7AF",
    "Japanese": "3040-30FF",
    "Chinese": "4E00-9FFF",
}
"""Script -> its block, as two code points."""


def script(name: str) -> re.Pattern[str]:
    """Return the pattern of a script's letters."""
    return _PATTERNS[name]


def script_re2(name: str) -> str:
    """Return the same for the engine."""
    first, _, last = SCRIPTS[name].partition("-")
    return rf"[\x{{{first}}}-\x{{{last}}}]"


_PATTERNS: Final = {
    name: re.compile("[{}-{}]".format(*(chr(int(point, 16)) for point in block.split("-"))))
    for name, block in SCRIPTS.items()
}


def _words(*words: str) -> re.Pattern[str]:
    # Bounded by ASCII, as RE2 does it, so that the engine finds the same.
    return re.compile(rf"(?i)\b(?:{'|'.join(words)})\b", re.ASCII)


LANGUAGES: Final[dict[str, re.Pattern[str]]] = {
    "French": _words(
        "le", "les", "des", "est", "une", "dans", "pour", "qui", "que", "avec", "quel", "quelle", "sont"
    ),
    "German": _words(
        "der", "das", "ist", "und", "ein", "eine", "nicht", "welche", "welcher", "wie", "den", "dem"
    ),
    "Spanish": _words("el", "los", "las", "una", "por", "con", "para", "qué", "cuál", "son", "del", "como"),
    "Italian": _words("il", "gli", "della", "che", "sono", "quale", "nel", "per", "un", "cosa", "di"),
    "Portuguese": _words("os", "uma", "não", "para", "com", "qual", "são", "do", "da", "em"),
    "English": _words("the", "is", "of", "what", "which", "and", "are", "how", "does", "you"),
}
"""Language -> its commonest small words; two of them make a text read as that language."""
