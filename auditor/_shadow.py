"""Says by name when a stranger's folder stands where one of our packages is expected.

`builders`, `checks` and `experiments` are names that people give to folders of their own, and Python takes the
folder of the running script before what is installed. Without this check the first sign would be an
`ImportError` about some module deep inside. Only the import path is looked at; nothing is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGES: Final = ("builders", "checks", "experiments")
"""The packages that `auditor` stands on, lowest first; all are installed beside it."""


class ShadowedPackageError(ImportError):
    """A package of ours cannot be reached because something else of its name is found first.

    It has the attributes of `builders.errors.AuditError`, but cannot be one: `builders` may be what is shadowed.

    Attributes:
        message: What was wrong, as a sentence without a full stop.
        where: The file or folder that stands in the way.
        help: What the user can do about it.
    """

    def __init__(self, shadow: Shadow) -> None:
        self.message = f"'{shadow.name}' is not the package of that name that auditor stands on"
        if shadow.imported:
            self.message += "; another one is imported already"
        self.where = shadow.found
        self.help = (
            f"rename {shadow.found}, or run Python with -P, which keeps the script's own folder off the import "
            f"path; the package that is meant is {shadow.expected}"
        )
        super().__init__(
            f"{self.where}: {self.message}\nhelp: {self.help}", name=shadow.name, path=shadow.found
        )


@dataclass(frozen=True)
class Shadow:
    """One package of ours that something else hides."""

    name: str
    """The package's name."""
    found: str
    """The file or folder that Python finds under that name."""
    expected: str
    """The folder that it should have found."""
    imported: bool
    """Whether the other one has been imported already, so that no change of the path would help."""


def find_shadow(home: Path) -> Shadow | None:
    """Return the first of our packages that is hidden, or None.

    Args:
        home: The folder that holds `auditor` and, beside it, the other packages.

    Returns:
        None also where a package is missing altogether: importing it then names it plainly.
    """
    for name in PACKAGES:
        module = sys.modules.get(name)
        try:
            spec = module.__spec__ if module else importlib.util.find_spec(name)
        except ValueError:  # a module that a test or a notebook made by hand, without a spec
            spec = None
        origin = spec.origin if spec else getattr(module, "__file__", None)
        if origin is None:
            continue
        found = Path(origin)
        if found.stem == "__init__":
            found = found.parent
        if found.resolve() != (home / name).resolve():
            return Shadow(name, str(found), str(home / name), imported=module is not None)
    return None


def refuse_shadows(home: Path) -> None:
    """Stop here, rather than obscurely later, if one of our packages is hidden.

    Raises:
        ShadowedPackageError: if one is and this is an import.
        SystemExit: with status 2 if this is the start of the `audit` command, as for any audit that could not
            be done; an uncaught error would end it with 1, which means findings.
    """
    shadow = find_shadow(home)
    if shadow is None:
        return
    error = ShadowedPackageError(shadow)
    if _is_command():
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(2)
    raise error


def _is_command() -> bool:
    program = sys.argv[0] if sys.argv else ""
    if program == "-m":  # as argv[0] still reads while `python -m auditor` imports this package
        return sys.orig_argv[-len(sys.argv)].removeprefix("-m") == "auditor"
    return Path(program).stem == "audit"
