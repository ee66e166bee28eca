"""Scripts and languages that a text's letters or its commonest small words give away."""

from __future__ import annotations

import re
from typing import Final

SCRIPTS: Final[dict[str, tuple[tuple[tuple[int, int], ...], str]]] = {
    "Cyrillic": (((0x0400, 0x04FF),), r"[\x{0400}-\x{04FF}]"),
    "Greek": (((0x0370, 0x03FF),), r"[\x{0370}-\x{03FF}]"),
    "Arabic": (((0x0600, 0x06FF),), r"[\x{0600}-\x{06FF}]"),
    "Hebrew": (((0x0590, 0x05FF),), r"[\x{0590}-\x{05FF}]"),
    "Devanagari": (((0x0900, 0x097F),), r"[\x{0900}-\x{097F}]"),
    "Thai": (((0x0E00, 0x0E7F),), r"[\x{0E00}-\x{0E7F}]"),
    "Hangul": (((0xAC00, 0xD7AF),), r"[\x{AC00}-\x{D7AF}]"),
    "Japanese": (((0x3040, 0x30FF),), r"[\x{3040}-\x{30FF}]"),
    "Chinese": (((0x4E00, 0x9FFF),), r"[\x{4E00}-\x{9FFF}]"),
}
"""Script -> its blocks, and the same as a pattern for RE2."""


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
