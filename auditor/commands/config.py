"""`audit config`: what the settings are, and with `--explain` where each one comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditor.request.config import Config, Setting
    from auditor.request.config_keys import Value


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    file: Annotated[
        Path | None,
        typer.Argument(help="A configuration file; the nearest audit.toml or pyproject.toml by default."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where each value is from, what it beat, and what it does.")
    ] = False,
    select: Annotated[
        list[str] | None, typer.Option(help="As in `audit scan`, to see what it beats.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="The same.")] = None,
    fail_on: Annotated[str | None, typer.Option(help="The same.")] = None,
    output_format: Annotated[list[str] | None, typer.Option("--format", help="The same.")] = None,
    baseline: Annotated[str | None, typer.Option(help="The same.")] = None,
    template: Annotated[str | None, typer.Option(help="The same.")] = None,
    renderer: Annotated[str | None, typer.Option(help="The same.")] = None,
    template_kwargs: Annotated[str | None, typer.Option(help="The same.")] = None,
    questions: Annotated[str | None, typer.Option(help="The same.")] = None,
) -> None:
    """Print the settings that hold here: flag before environment before file before default."""
    from auditor.formats.escape import visible
    from auditor.request.config import load_config

    config = load_config(
        file=file,
        flags={
            "select": select,
            "ignore": ignore,
            "fail-on": fail_on,
            "format": output_format,
            "baseline": baseline,
            "template": template,
            "renderer": renderer,
            "template-kwargs": template_kwargs,
            "questions": questions,
        },
    )
    for line in explained(config) if explain else stated(config):
        typer.echo(visible(line))


def stated(config: Config) -> list[str]:
    """Return one line per setting, as TOML would have it."""
    lines = [f"{setting.key.path} = {_toml(setting.value)}" for setting in config.settings.values()]
    return lines + [
        f"ignore: {each.check} in {each.target}, because {each.reason}" for each in config.ignores
    ]


def explained(config: Config) -> list[str]:
    """Return each setting with its origin, what that beat, and how else it can be set."""
    lines = [f"file: {config.file or 'none found'}", "a flag beats the environment, which beats the file", ""]
    for setting in config.settings.values():
        lines += _explained(setting)
    for ignore in config.ignores:
        lines.append(f"ignore {ignore.check} in {ignore.target}  ({ignore.where})")
        lines.append(f"    because {ignore.reason}")
    return lines


def _explained(setting: Setting) -> list[str]:
    key = setting.key
    lines = [f"{key.path} = {_toml(setting.value)}  ({setting.origin})", f"    {key.help}"]
    lines += [f"    beats {_toml(value)}  ({origin})" for origin, value in setting.beaten]
    if setting.origin != "default":
        lines.append(f"    default {_toml(key.default)}")
    ways = [way for way in (key.flag, key.variable) if way]
    if ways:
        lines.append(f"    set by {' or '.join(ways)}")
    return lines


def _toml(value: Value) -> str:
    """Return a value in TOML's notation, None as `unset`, which TOML cannot say."""
    import json

    if value is None:
        return "unset"
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{name} = {json.dumps(each)}" for name, each in value.items()) + " }"
            if value
            else "{}"
        )
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
