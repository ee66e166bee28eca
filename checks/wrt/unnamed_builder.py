"""The rows were made by a script that the text does not name.

## What it finds

Scripts that are known to have made an arm's rows and whose names occur nowhere in the write-up.

## Why it matters

Whoever follows the text regenerates other data, or none.

## Example

The text names `build_robustness_ablation_data.py` for all arms; two of them were made by `build_deconfounded_data.py`.

## What to do

Name every script with its commit, for each arm.

## Limits

Needs a past issue whose provenance says which code was read.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp


@check(code="WRT019", name="unnamed-builder", severity="note", since="0.1.0")
def unnamed_builder(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per script that is not named, and a reading for each that is."""
    document = writeup.document
    made: dict[str, list[str]] = {}
    for dataset in writeup.facts.own:
        for builder in dataset.builders:
            made.setdefault(builder, []).append(dataset.name)
    named = {builder: document.text.find(PurePosixPath(builder).name) for builder in made}
    for builder, datasets in made.items():
        if named[builder] >= 0:
            yield Compared(
                named[builder], PurePosixPath(builder).name, "agrees", f"made {listed(datasets, limit=2)}"
            )
            continue
        others = sorted(place for place in named.values() if place >= 0)
        yield Remark(
            (others[0] if others else 0,),
            f"the rows of {listed(datasets)} were made by {builder}, which the text does not name",
            "name every script with its commit, for each arm",
        )
