"""Say which licences the packages of this environment have, and refuse what this one may not stand on."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from importlib.metadata import Distribution, distributions

ALLOWED = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla"
    r"|Unlicen[sc]e|Zlib|HPND|CNRI|CC0|Public Domain"
    r"|OFL|BlueOak|NVIDIA|LGPL|Lesser General)",
    re.IGNORECASE,
)
"""What lets a package under Apache-2.0 import it: permissive licences, and weak copyleft of what is used as it is."""

REFUSED = re.compile(
    r"\bA?GPL|Affero|(?<!Lesser )General Public|SSPL|Commons Clause|Non-?Commercial", re.IGNORECASE
)
"""What does not, unless another licence beside it does."""

READ = {
    "atheris": "Apache-2.0",  # installed by `make fuzz` alone
}
"""Packages whose metadata says nothing, with what was read in their sources."""

BROUGHT = re.compile(r"(nvidia|cuda)-", re.IGNORECASE)
"""NVIDIA's runtime, which torch's own wheel for Linux brings along (extra `train`): proprietary, free of charge,
and neither imported nor handed on here."""


def licence_of(found: Distribution) -> str:
    """Return what a package's metadata says: the expression, else the classifiers, else the first line of its field."""
    about = found.metadata
    classifiers = [
        each.rpartition("::")[2].strip()
        for each in about.get_all("Classifier") or ()
        if each.startswith("License ::")
    ]
    text = (about.get("License") or "").strip().splitlines()
    said = about.get("License-Expression") or "; ".join(
        each for each in classifiers if each != "OSI Approved"
    )
    return said or (text[0][:60] if text else "") or READ.get(about["Name"].lower(), "")


def verdict(licence: str) -> str | None:
    """Return what is wrong with a licence; None where nothing is."""
    if not licence:
        return "says nothing of its licence"
    choices = re.split(r"\s+OR\s+|;\s*", licence)
    good = [each for each in choices if ALLOWED.search(each) and not REFUSED.search(each)]
    return None if good else f"is under {licence}"


def main() -> int:
    """Print the packages by licence; return 1 where one is refused or unknown."""
    by: dict[str, list[str]] = defaultdict(list)
    wrong: list[str] = []
    for found in {each.metadata["Name"].lower(): each for each in distributions()}.values():
        name, licence = found.metadata["Name"], licence_of(found)
        if name == "confound-auditor":
            continue
        by[licence or "unknown"].append(name)
        if not BROUGHT.match(name) and (problem := verdict(licence)) is not None:
            wrong.append(f"{name} {problem}")
    for licence, names in sorted(by.items(), key=lambda each: -len(each[1])):
        print(f"{len(names):4}  {licence[:70]}")
    for line in sorted(wrong):
        print(f"refused: {line}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
