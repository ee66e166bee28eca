"""The `audit` command: finds the command that was asked for and imports nothing else.

`audit --help` has to answer at once, so the list of commands is a table (`auditor.commands.COMMANDS`) and a
command's module, with all that it stands on, is imported only when that command runs.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from auditor.commands import COMMANDS
from auditor.guard import TRACEBACK, guarded

if TYPE_CHECKING:
    from typer._click.core import Command, Context


RENAMED: Final = {"--output": "--out", "--arms": "--arm", "--seeds": "--seed"}
"""Spellings that some commands had up to 0.1.0: still taken, with a line that says so."""


class _LazyGroup(TyperGroup):
    """A group that knows its commands' names and first lines without importing them."""

    def get_params(self, ctx: Context) -> list[Any]:
        """Return the options; those of shell completion are no variables, which would do it in every command."""
        for each in self.params:
            if each.name in ("install_completion", "show_completion"):
                each.allow_from_autoenv = False  # type: ignore[attr-defined]
        return super().get_params(ctx)

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002
        """Return a stand-in that has the name and the help: enough to print the list."""
        if cmd_name not in COMMANDS:
            return None
        stub = typer.Typer(add_completion=False)
        stub.command(name=cmd_name, help=COMMANDS[cmd_name][1])(lambda: None)
        return typer.main.get_command(stub)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str, Command, list[str]]:  # noqa: ARG002
        """Import the module of the command that is about to run."""
        name = args[0]
        if name not in COMMANDS:
            from builders.errors import UnknownNameError

            raise UnknownNameError("command", name, COMMANDS)
        return name, load_command(name), args[1:]


def load_command(name: str) -> Command:
    """Import a command's module and return the command that Typer makes of it.

    A module gives either ``command`` (a function) or ``app`` (a Typer group, for commands with sub-commands).
    """
    module = importlib.import_module(COMMANDS[name][0])
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=name)(module.command)
    loaded = typer.main.get_command(app)
    loaded.name = name
    return loaded


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they print local variables, which hold the data under audit
    context_settings={"auto_envvar_prefix": "AUDIT", "help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"audit {version('confound-auditor')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        # Without a variable: AUDIT_VERSION=1, which a build may set for itself, would end every command with 0.
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            allow_from_autoenv=False,
            help="Print the version.",
        ),
    ] = False,
    traceback: Annotated[
        bool, typer.Option(TRACEBACK, help="Show where an unexpected error came from; may stand anywhere.")
    ] = False,
) -> None:
    """Find confounds in contrastive fine-tuning data before a GPU is touched."""


def main(arguments: list[str] | None = None) -> None:
    """Run `audit` and exit: 0 nothing to report, 1 findings, 2 the audit could not be done."""
    from builders.teardown import hush_teardown

    hush_teardown()
    # A file with a system prompt for each row makes millions of objects and hardly a circle to look for.
    gc.set_threshold(50_000, 20, 100)
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(
        guarded(lambda: _run([each for each in given if each != TRACEBACK]), traceback=TRACEBACK in given)
    )


def _run(arguments: list[str]) -> int:
    result: Any = app(_renamed(arguments), standalone_mode=True)
    return result if isinstance(result, int) else 0


def _renamed(arguments: list[str]) -> list[str]:
    """Return the words of a command line with today's names of options, and say which were old."""
    words: list[str] = []
    for place, word in enumerate(arguments):
        if word == "--":
            return [*words, *arguments[place:]]
        name, equals, value = word.partition("=")
        if name in RENAMED:
            typer.echo(f"warning: {name} is called {RENAMED[name]} now", err=True)
            name = RENAMED[name]
        words.append(f"{name}{equals}{value}")
    return words
