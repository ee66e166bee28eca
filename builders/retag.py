"""Tags that rest on a chat template, worked out again for another one."""

from __future__ import annotations

from typing import Any

from builders.compose import BuiltDataset
from builders.templates import ChatTemplate, Signature, resolve


def retagged(built: BuiltDataset, template: ChatTemplate) -> BuiltDataset:
    """Return the dataset as another chat template resolves it; its content and order stay.

    The dataset itself is returned where it rests on that template already.
    """
    same = (template.sha256, template.renderer, dict(template.kwargs))
    if same == (built.info.template_sha256, built.info.renderer, built.info.template_kwargs):
        return built
    rows = [{**row, **_tags(row, template)} for row in built.rows]
    info = built.info.model_copy(
        update={
            "template": template.name,
            "template_sha256": template.sha256,
            "renderer": template.renderer,
            "template_kwargs": dict(template.kwargs),
        }
    )
    return BuiltDataset(built.name, rows, info)


def _tags(row: dict[str, Any], template: ChatTemplate) -> dict[str, Any]:
    text = row["prompt"][0]["content"] if row["system_state"] == "text" else None
    resolution = resolve(template, Signature(row["system_state"], text))
    return {
        "resolved_system": resolution.resolved_system,
        "resolved_by": resolution.resolved_by,
        "condition": resolution.condition,
    }
