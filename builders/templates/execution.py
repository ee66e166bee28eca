"""Run one rendering within its limits and say in one sentence what went wrong if it did.

`execute` is the part that both sides share: the calling process for the embedded template, and the worker
process for every other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from builders.templates.environment import CompiledTemplate

Failure = Literal["refused", "syntax", "limit"]
"""`refused`: the template raised; `syntax`: it cannot be compiled; `limit`: it was stopped."""


@dataclass(frozen=True)
class Rendered:
    """What came of one rendering: a text, or a failure with its sentence and its line."""

    text: str | None = None
    failure: Failure | None = None
    message: str = ""
    line: int | None = None


class TimeIsUp(BaseException):
    """Raised by the worker's timer in a rendering; no `Exception`, so that nothing there catches it."""


def execute(source: str, variables: dict[str, Any], now: datetime, most_characters: int) -> Rendered:
    """Compile (once) and render a template.

    Args:
        source: The Jinja text.
        variables: What the template sees.
        now: What `strftime_now` takes for the present.
        most_characters: Length at which the output is cut off and the rendering fails.
    """
    from jinja2 import TemplateSyntaxError

    from builders.templates.environment import line_of

    try:
        pieces: list[str] = []
        length = 0
        for piece in _compile(source).generate(variables, now):
            length += len(piece)
            if length > most_characters:
                return Rendered(failure="limit", message=f"prints more than {most_characters:,} characters")
            pieces.append(piece)
        return Rendered(text="".join(pieces))
    except TemplateSyntaxError as error:
        return Rendered(failure="syntax", message=f"syntax error: {error.message}", line=error.lineno)
    except MemoryError:
        return Rendered(
            failure="limit", message="needs more memory than a chat template may use (--limit render-mb)"
        )
    except RecursionError:
        return Rendered(failure="limit", message="is nested too deeply or calls itself without end")
    except Exception as error:  # whatever a template raises is its refusal
        return Rendered(failure="refused", message=_sentence(error), line=line_of(error))


@lru_cache(maxsize=16)
def _compile(source: str) -> CompiledTemplate:
    from builders.templates.environment import CompiledTemplate

    return CompiledTemplate(source)


def _sentence(error: Exception) -> str:
    """Return an error's message on one line, of bounded length, with its type where that tells something."""
    from jinja2 import TemplateError

    text = "".join(map(_visible, " ".join(str(error).split())[:500]))
    if isinstance(error, TemplateError):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}"


def _visible(character: str) -> str:
    """Return a character, or its escape where a terminal would obey it instead of showing it."""
    return character if character.isprintable() else ascii(character)[1:-1]
