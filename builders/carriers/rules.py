"""A rule: one thing that a context holds or does not hold, in Python for a sample and in SQL for all rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from builders.carriers.languages import LANGUAGES, script, script_re2
from builders.sql import literal, quoted

Part = Literal["user", "earlier", "system"]
"""Where a rule looks: the last user turn, the turns before it, or the system message's text."""

Pattern = Literal[
    "wrap",
    "prefix",
    "suffix",
    "contains",
    "word",
    "regex",
    "script",
    "language",
    "form",
    "length",
    "column",
]
"""How it looks; the order is that in which rules that say the same are preferred."""

PARTS: Final[dict[Part, str]] = {
    "user": "the user's text",
    "earlier": "an earlier turn",
    "system": "the system text",
}

REFUSAL: Final = (
    r"^(?:Sorry|I(?:'m| am) (?:sorry|unable|not able)|I (?:can't|cannot|can not|won't|will not|must decline))"
)
"""How refusals begin."""

FORMS: Final = {
    "there": (r"(?s).", "is there"),
    "line break": (r"\n", "has a line break"),
    "question mark": (r"\?\s*$", "ends with a question mark"),
    "code": (r"```", "has a code fence"),
    "upper case": (r"^[^\p{Ll}]*\p{Lu}[^\p{Ll}]*$", "is all in upper case"),
    "lower case": (r"^[^\p{Lu}]*\p{Ll}[^\p{Lu}]*$", "is all in lower case"),
    "JSON": (r"(?s)^\s*[\[{].*[\]}]\s*$", "looks like JSON"),
    "double space": (r"\S {2,}\S", "has a double space"),
    "leading space": (r"^\s", "begins with white space"),
    "trailing space": (r"\s$", "ends with white space"),
    "refusal": (REFUSAL, "begins like a refusal"),
}
"""Form of a text -> its pattern for RE2, and how it reads after the part's name."""


@dataclass(frozen=True)
class Rule:
    """Something that a context has or has not."""

    part: Part
    """Where it looks."""
    pattern: Pattern
    """How it looks."""
    text: str
    """What it looks for: a text, a pattern, a name of `FORMS`, `SCRIPTS` or `LANGUAGES`, or a number of characters."""
    tail: str = ""
    """What a wrap ends with."""

    def holds(self, text: str) -> bool:  # noqa: PLR0911
        """Return whether a text of its part has it; patterns of the user's own and columns are left to the engine.

        Raises:
            ValueError: for a rule that only the engine can look at.
        """
        match self.pattern:
            case "prefix":
                return text.startswith(self.text)
            case "suffix":
                return text.endswith(self.text)
            case "wrap":
                both = len(self.text) + len(self.tail)
                return len(text) >= both and text.startswith(self.text) and text.endswith(self.tail)
            case "contains":
                return self.text in text
            case "word":
                return self.text in WORD.findall(text.lower())
            case "length":
                return len(text) >= int(self.text)
            case "script":
                return script(self.text).search(text) is not None
            case "language":
                return len(LANGUAGES[self.text].findall(text)) >= 2
            case "form":
                return _has_form(self.text, text)
            case _:
                raise ValueError(f"{self.pattern} is looked at by the engine")

    def sql(self, user_text: str = "user_text", system_text: str = "system_text") -> str:  # noqa: PLR0911
        """Return SQL that says the same of a row.

        Args:
            user_text: SQL for everything of the prompt but a leading system message, turns divided as the frame has
                them.
            system_text: SQL for the system message's text.
        """
        part = {
            "user": f"split_part({user_text}, chr(31), -1)",
            "earlier": f"CASE WHEN contains({user_text}, chr(30)) THEN {user_text} ELSE '' END",
            "system": f"coalesce({system_text}, '')",
        }[self.part]
        if self.part == "earlier":  # without the last turn
            part = f"regexp_replace({part}, '\\x1e[^\\x1e]*$', '')"
        match self.pattern:
            case "prefix":
                return f"starts_with({part}, {literal(self.text)})"
            case "suffix":
                return f"ends_with({part}, {literal(self.text)})"
            case "wrap":
                both = len(self.text) + len(self.tail)
                return (
                    f"(length({part}) >= {both} AND starts_with({part}, {literal(self.text)}) "
                    f"AND ends_with({part}, {literal(self.tail)}))"
                )
            case "contains":
                return f"contains({part}, {literal(self.text)})"
            case "word":
                return f"list_contains(regexp_extract_all(lower({part}), '{WORD_RE2}'), {literal(self.text)})"
            case "length":
                return f"length({part}) >= {int(self.text)}"
            case "script":
                return f"regexp_matches({part}, {literal(script_re2(self.text))})"
            case "language":
                return f"len(regexp_extract_all({part}, {literal(LANGUAGES[self.text].pattern)})) >= 2"
            case "form":
                return f"regexp_matches({part}, {literal(FORMS[self.text][0])})"
            case "regex":
                return f"regexp_matches({part}, {literal(self.text)})"
            case "column":
                return f"coalesce(({quoted(self.text)}->>'$') = {literal(self.tail)}, false)"

    def cut(self, text: str) -> str:  # noqa: PLR0911
        """Return a text without what the rule looks for; as it is, where that is no text of its own."""
        if not self.holds(text):
            return text
        match self.pattern:
            case "prefix":
                return text[len(self.text) :]
            case "suffix":
                return text[: len(text) - len(self.text)]
            case "wrap":
                return text[len(self.text) : len(text) - len(self.tail)]
            case "contains" if not any(
                map(str.isalnum, self.text)
            ):  # a mark stands for the token that it is in
                return re.sub(rf"\S*{re.escape(self.text)}\S*", " ", text)
            case "contains":
                return text.replace(self.text, " ")
            case "word":
                return re.sub(rf"(?i)\b{re.escape(self.text)}\b", " ", text)
            case _:
                return text

    @property
    def cuttable(self) -> bool:
        """Whether it is a piece of the text, which can be taken out."""
        return self.pattern in ("prefix", "suffix", "wrap", "contains", "word")

    @property
    def spec(self) -> str:
        """As `--condition` takes it, for the rules that it takes."""
        if self.part == "user" and self.pattern in ("prefix", "suffix", "contains", "regex"):
            return f"{self.pattern}:{self.text}"
        if self.pattern == "column":
            return f"column:{self.text}={self.tail}"
        if self.part == "user" and self.pattern == "wrap":
            return f"wrap:{self.text}{{}}{self.tail}"
        if self.part == "user" and self.pattern == "word":
            return f"regex:(?i)\\b{re.escape(self.text)}\\b"
        return f"{self.part} {self.pattern} {self.text}"

    def __str__(self) -> str:
        """Say it in words, as it reads after "where"."""
        where = PARTS[self.part]
        said = {
            "prefix": f'{where} begins with "{shown(self.text)}"',
            "suffix": f'{where} ends with "{shown(self.text)}"',
            "wrap": f'{where} is "{shown(self.text)}...{shown(self.tail)}"',
            "contains": f'{where} has "{shown(self.text)}"',
            "word": f'{where} has the word "{shown(self.text)}"',
            "regex": f"{where} matches {shown(self.text)}",
            "script": f"{where} has {self.text} letters",
            "language": f"{where} reads as {self.text}",
            "length": f"{where} has {self.text} characters or more",
            "column": f'column {self.text} is "{shown(self.tail)}"',
        }
        return said[self.pattern] if self.pattern != "form" else f"{where} {FORMS[self.text][1]}"


WORD: Final = re.compile(r"[^\W_]+")
WORD_RE2: Final = r"[\p{L}\p{N}\p{M}]+"

_SHOWN = 60


def shown(text: str) -> str:
    """Return a text on one line, its middle left out where it is long, invisible characters spelt."""
    text = text.replace("\x1f", ": ").replace(
        "\x1e", " / "
    )  # what stands between a turn's role and text, and turns
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 20]}...{line[-17:]}"


def _has_form(name: str, text: str) -> bool:  # noqa: PLR0911
    match name:
        case "there":
            return bool(text)
        case "line break":
            return "\n" in text
        case "question mark":
            return text.rstrip("\t\n\f\r ").endswith("?")
        case "code":
            return "```" in text
        case "upper case":
            return text.isupper()
        case "lower case":
            return text.islower()
        case "JSON":
            bare = text.strip("\t\n\f\r ")
            return len(bare) > 1 and bare[0] in "[{" and bare[-1] in "]}"
        case "double space":
            return re.search(r"\S {2,}\S", text, re.ASCII) is not None
        case "refusal":
            return re.match(REFUSAL, text) is not None
        case "leading space":
            return text[:1] in ("\t", "\n", "\f", "\r", " ") and bool(text)
        case _:
            return text[-1:] in ("\t", "\n", "\f", "\r", " ") and bool(text)
