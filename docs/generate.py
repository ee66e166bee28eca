"""Write the pages that follow from the code: check pages, command reference, schemas, transcripts.

python docs/generate.py            write what is stale
python docs/generate.py --check    write nothing; name what is stale and end with 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.generators import checks, commands, configuration, figure, schemas, trainers, transcripts  # noqa: E402

GENERATORS: tuple[Callable[[Path], dict[Path, str]], ...] = (
    checks.pages,
    commands.pages,
    configuration.pages,
    schemas.pages,
    figure.pages,
    trainers.pages,
    transcripts.pages,
)
"""Each returns path -> content for the pages it answers for, given the repository's root."""

OWNED = ("docs/checks/*.md", "docs/schemas/*.json", "docs/figures/*.svg")
"""Folders that hold generated pages only: what no generator writes any more is removed."""


def stale(root: Path) -> dict[Path, str | None]:
    """Return path -> content for every page that is not as it should be; None for one to remove."""
    wanted: dict[Path, str] = {}
    for pages in GENERATORS:
        wanted |= pages(root)
    changes: dict[Path, str | None] = {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for pattern in OWNED:
        changes |= {path: None for path in root.glob(pattern) if path not in wanted}
    return changes


def main() -> int:
    """Write or compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a page is stale")
    arguments = parser.parse_args()
    changes = stale(ROOT)
    for path, text in changes.items():
        print(
            f"{'stale' if arguments.check else 'written' if text is not None else 'removed'}: "
            f"{path.relative_to(ROOT)}"
        )
        if arguments.check:
            continue
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if arguments.check and changes:
        print("help: make docs-update", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
