"""Labelers: is the target of a row the behaviour? And roles: which system prompt plays which part?

Nothing here guesses. A labeler that cannot decide leaves the row to the next one, and a row that none of them
can decide is unlabelled, counted and shown.
"""

from builders.labels.labelers import (
    CallableLabeler,
    ColumnLabeler,
    FileLabeler,
    GoldColumnLabeler,
    Labeler,
    MarkerLabeler,
    RegexLabeler,
    parse_labelers,
)
from builders.labels.roles import RoleSelectors, load_roles

__all__ = [
    "CallableLabeler",
    "ColumnLabeler",
    "FileLabeler",
    "GoldColumnLabeler",
    "Labeler",
    "MarkerLabeler",
    "RegexLabeler",
    "RoleSelectors",
    "load_roles",
    "parse_labelers",
]
