"""Chat templates: the one place that renders them and says what they make of a system prompt."""

from builders.templates.conversation import RenderedRow, full_render, part_only_head
from builders.templates.framing import system_messages
from builders.templates.loading import EMBEDDED, load_template, trl_templates
from builders.templates.model import RENDERERS, ChatTemplate, Renderer, Resolution, Signature
from builders.templates.rendering import FROZEN_DATE, TemplateRefusalError, render
from builders.templates.report import StateReport, TemplateReport, describe
from builders.templates.resolution import resolve, resolve_all

__all__ = [
    "EMBEDDED",
    "FROZEN_DATE",
    "RENDERERS",
    "ChatTemplate",
    "RenderedRow",
    "Renderer",
    "Resolution",
    "Signature",
    "StateReport",
    "TemplateRefusalError",
    "TemplateReport",
    "describe",
    "full_render",
    "load_template",
    "part_only_head",
    "render",
    "resolve",
    "resolve_all",
    "system_messages",
    "trl_templates",
]
