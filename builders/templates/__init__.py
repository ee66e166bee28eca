"""Chat templates: the one place that renders them and says what they make of a system prompt."""

from builders.templates.loading import EMBEDDED, load_template, trl_templates
from builders.templates.model import RENDERERS, ChatTemplate, Renderer, Resolution, Signature
from builders.templates.rendering import FROZEN_DATE, TemplateRefusalError, render
from builders.templates.resolution import resolve

__all__ = [
    "EMBEDDED",
    "FROZEN_DATE",
    "RENDERERS",
    "ChatTemplate",
    "Renderer",
    "Resolution",
    "Signature",
    "TemplateRefusalError",
    "load_template",
    "render",
    "resolve",
    "trl_templates",
]
