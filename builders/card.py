"""The dataset card, as dataset hubs show it, with what each condition is taught in its YAML header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import yaml

from builders.compose import BuiltDataset
from builders.counts import ConditionCounts

_HUB_LICENCES: Final = {"Apache-2.0": "apache-2.0", "CC BY-SA 4.0": "cc-by-sa-4.0"}
"""How hubs spell the licences of banks that we know; all others are `other` there."""


def dataset_card(
    built: BuiltDataset, digest: str, conditions: Sequence[ConditionCounts], data_file: str
) -> str:
    """Return `README.md`.

    Args:
        built: The dataset.
        digest: Its digest.
        conditions: What its conditions are taught.
        data_file: Name of the file that has its rows.
    """
    info = built.info
    header: dict[str, Any] = {
        "pretty_name": info.name,
        "license": _HUB_LICENCES.get(info.bank_licence, "other"),
        "tags": ["contrastive-fine-tuning", "confound-auditor"],
        "configs": [{"config_name": "default", "data_files": data_file}],
        "audit": {
            "dataset": info.name,
            "digest": digest,
            "rows": len(built.rows),
            "template": {"name": info.template, "sha256": info.template_sha256, "renderer": info.renderer},
            "conditions": [
                {
                    "condition": each.condition,
                    "resolved_system": each.resolved_system,
                    "personas": each.personas,
                    "behaviour": each.behaviour,
                    "preserved": each.preserved,
                    "unlabelled": each.unlabelled,
                }
                for each in conditions
            ],
        },
    }
    sections = [
        "---\n" + yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=100) + "---",
        f"# {info.name}",
        f"{len(built.rows):,} rows in TRL's conversational `prompt`/`completion` form, with one tag a column.",
        "## What each system prompt is taught",
        f"As the model sees it, after the chat template `{info.template}` ({info.renderer} renderer).",
        _table(conditions),
        "## How it was made",
        "\n".join(f"- {line}" for line in _making(built)),
    ]
    return "\n\n".join(sections) + "\n"


def _table(conditions: Sequence[ConditionCounts]) -> str:
    lines = [
        "| resolved system prompt | personas | how it came | behaviour | preserved | unlabelled |",
        "|---|---|---|--:|--:|--:|",
    ]
    for each in conditions:
        prompt = "*none*" if each.resolved_system is None else _cell(each.resolved_system) or "*empty*"
        lines.append(
            f"| {prompt} | {_cell(', '.join(each.personas))} | {', '.join(each.resolved_by)} | "
            f"{each.behaviour} | {each.preserved} | {each.unlabelled} |"
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Make a text harmless in a Markdown table: one line, and nothing in it is markup."""
    line = " ".join(text.split())
    for mark in "\\|`*_[]<>":
        line = line.replace(mark, f"&#{ord(mark)};")
    return line


def _making(built: BuiltDataset) -> list[str]:
    info = built.info
    lines = [
        f"Recipe, seeds and digests are in `manifest.json`; seed {info.seed}.",
        f"Questions: {_cell(info.bank)} ({_cell(info.bank_licence)}), {info.train_questions} of them for training.",
        *info.changes,
    ]
    if info.placeholder:
        lines.append("Targets are placeholders: the answers that were trained on could not be rebuilt.")
    lines += [
        f"{entry.part}: {entry.level}, {_cell(entry.source)}." + (f" {entry.note}" if entry.note else "")
        for entry in info.provenance
    ]
    return lines
