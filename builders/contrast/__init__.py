"""The one definition of source, contrast and anchor negatives, for rows that are composed and rows that are read."""

from builders.contrast.independence import Dependence, dependence
from builders.contrast.roles import (
    Cell,
    Roles,
    infer_roles,
    refuse_lost_contrast,
    refuse_without_contrast,
    roles_of,
    roles_of_rows,
)

__all__ = [
    "Cell",
    "Dependence",
    "Roles",
    "dependence",
    "infer_roles",
    "refuse_lost_contrast",
    "refuse_without_contrast",
    "roles_of",
    "roles_of_rows",
]
