"""`audit config`: what the settings are, and with `--explain` where each one comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request

if TYPE_CHECKING:
    from auditor.request.config_keys import Value
    from auditor.request.request import Setting


@takes_request()
def command(
    *,
    request: Request,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where each value is from, what it beat, and what it does.")
    ] = False,
    target: Annotated[
        str | None, typer.Option(help="What holds for this target, whose own table may say otherwise.")
    ] = None,
) -> None:
    """Print the settings that hold here: flag before environment before file before default."""
    from auditor.formats.escape import visible

    request = request if target is None else request.for_target(target)
    for line in explained(request) if explain else stated(request):
        typer.echo(visible(line))


def stated(request: Request) -> list[str]:
    """Return one line per setting, as TOML would have it."""
    lines = [f"{setting.key.path} = {_toml(setting.value)}" for setting in request.settings.values()]
    return lines + [
        f"ignore: {each.check} in {each.target}, because {each.reason}" for each in request.ignores
    ]


def explained(request: Request) -> list[str]:
    """Return each setting with its origin, what that beat, and how else it can be set."""
    lines = [
        f"file: {request.file or 'none found'}",
        "a flag beats the environment, which beats the file",
        "",
    ]
    for setting in request.settings.values():
        lines += _explained(setting)
    for ignore in request.ignores:
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
