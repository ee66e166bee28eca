"""The options of settings: each declared once, in the table of settings, and given to every command that asks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import typer

from auditor.request.config_keys import Group, Key, general
from builders.errors import AuditError

_CONFIG: Final = "Configuration file; the nearest audit.toml or pyproject.toml by default."

Out: TypeAlias = Annotated[Path | None, typer.Option("--out", "-o", help="Write it to this file.")]

Watch: TypeAlias = Annotated[
    bool, typer.Option("--watch", help="Look again whenever a file that was looked at changes, until Ctrl-C.")
]

_DISPLAY: Final[dict[str, tuple[Any, Any]]] = {
    "notes": (
        Annotated[bool, typer.Option("--notes", help="List notes, too, and not only count them.")],
        False,
    ),
    "statistics": (
        Annotated[
            bool, typer.Option("--statistics", help="Count findings by check instead of listing them.")
        ],
        False,
    ),
    "quiet": (
        Annotated[bool, typer.Option("--quiet", "-q", help="Print verdicts and findings, and nothing else.")],
        False,
    ),
    "color": (
        Annotated[
            Literal["auto", "always", "never"],
            typer.Option(help="Colours: on a terminal unless NO_COLOR is set, always, or never."),
        ],
        "auto",
    ),
    "exit_zero": (
        Annotated[
            bool, typer.Option("--exit-zero", help="End with 0 despite findings; 2 stays what it means.")
        ],
        False,
    ),
}
"""How a report is shown: parameter -> annotation and default."""

THRESHOLD: Final = Annotated[
    list[str] | None,
    typer.Option(
        help="A threshold of the checks, NAME=VALUE: metric-points=5 (repeatable).", allow_from_autoenv=False
    ),
]

LIMIT: Final = Annotated[
    list[str] | None,
    typer.Option(
        help="A bound on what an input may cost, NAME=VALUE: row-mb=2048 (repeatable).",
        allow_from_autoenv=False,
    ),
]


def takes_request(
    *groups: Group, but: tuple[str, ...] = (), thresholds: bool = True, file_option: str = "--config"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of groups of settings, and a request in place of their values.

    The decorated function takes `request`, an `auditor.request.request.Request`, beside its own parameters.

    Args:
        groups: The groups of settings; all of them where empty.
        but: Names of settings that the command has no use for.
        thresholds: Whether its checks go by thresholds, where it selects any.
        file_option: The option that names the configuration file.
    """
    shown = tuple(key for key in general(*(*groups, "limits") if groups else ()) if key.name not in but)
    thresholds = thresholds and (not groups or "selection" in groups)

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = [
            each
            for each in inspect.signature(function, eval_str=True).parameters.values()
            if each.name != "request"
        ]
        added = {parameter_of(key): _annotation(key) for key in shown}
        if thresholds:
            added["threshold"] = THRESHOLD
        added["limit"] = LIMIT
        added["config"] = Annotated[Path | None, typer.Option(file_option, help=_CONFIG)]
        name = function.__module__.rpartition(".")[2]

        @functools.wraps(function)
        def command(**given: Any) -> None:  # noqa: ANN401
            from auditor.request.loading import load_request

            flags = {key.name: given.pop(parameter_of(key)) for key in shown}
            flags |= {table: given.pop(table, None) for table in ("threshold", "limit")}
            request = load_request(file=given.pop("config"), flags=flags, command=name)
            with request.within(), _silent(request.redact):
                function(request=request, **given)

        command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what Typer reads options off
            [
                *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
                *(
                    inspect.Parameter(
                        each, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
                    )
                    for each, annotation in added.items()
                ),
            ]
        )
        command.__annotations__ = {}
        return command

    return decorate


@contextmanager
def _silent(redact: bool) -> Generator[None]:
    """Say of an error only that there was one, where nobody's words may be shown."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if not redact:
            raise
        raise AuditError(
            f"could not be done, because of {'an' if type(error).__name__[0] in 'AEIOU' else 'a'} "
            f"{type(error).__name__}, which may hold words of the data",
            help="run it without --redact where they may be shown",
        ) from None


def takes_display(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of how a report is shown, and an `auditor.formats.display.Display` in their place."""
    own = [
        each
        for each in inspect.signature(function, eval_str=True).parameters.values()
        if each.name != "display"
    ]

    @functools.wraps(function)
    def command(**given: Any) -> None:  # noqa: ANN401
        from auditor.formats.display import Display

        function(display=Display(**{name: given.pop(name) for name in _DISPLAY}), **given)

    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
            *(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
                for name, (annotation, default) in _DISPLAY.items()
            ),
        ]
    )
    command.__annotations__ = {}
    # What wraps this reads the signature above, not the wrapped function's.
    del command.__wrapped__
    return command


def parameter_of(key: Key) -> str:
    """Return what a setting's value is called among a command's parameters: `format` is taken by Python."""
    return "output_format" if key.name == "format" else key.argument


def _annotation(key: Key) -> Any:  # noqa: ANN401
    """Return what Typer makes an option of. Its own variables are read with the setting's, by the same rules."""
    help_text = key.help.removesuffix(".") + (" (repeatable)." if key.repeatable else ".")
    option = typer.Option(f"--{key.name}", help=help_text, allow_from_autoenv=False)
    if key.kind == "switch":
        return Annotated[bool | None, option]
    if key.repeatable:
        return Annotated[list[str] | None, option]
    if key.choices:
        return Annotated[Literal[key.choices] | None, option]
    return Annotated[str | None, option]
