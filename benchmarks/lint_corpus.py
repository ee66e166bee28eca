"""The corpus on which `audit lint` is judged: packages of PyPI by version and digest, in halves.

python benchmarks/lint_corpus.py FOLDER [--half narrowing|judging|second|third|fourth|fifth|sixth]

Fetches the wheels of `lint_corpus.csv` with pip, which checks their digests, and unpacks their scripts and notebooks,
test folders included; nothing of them is installed or run. The halves were fixed before anything was looked at:
packages that had been read in earlier rounds are for narrowing, and so is every fourth of the others by the digest of
its name. The others were drawn, by a seed, from packages whose descriptions speak of fine-tuning, evaluation or
interpretability of language models, each after the one before it had been read and narrowed on: `second` and `third`;
then `fourth` for narrowing and `fifth` for judging, told apart by the digest of the name before either was looked at;
then `sixth`. Forks of what had been read (3% of their lines or more in the same files) were left out of the last two.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, cast, get_args

Half = Literal["narrowing", "judging", "second", "third", "fourth", "fifth", "sixth"]
LIST = Path(__file__).with_name("lint_corpus.csv")


@dataclass(frozen=True)
class Package:
    """One wheel."""

    name: str
    version: str
    file: str
    sha256: str
    half: Half


def packages(half: Half | None = None) -> list[Package]:
    """Return the packages of a half, or all."""
    with LIST.open(newline="", encoding="utf-8") as file:
        found = [Package(**cast("dict[str, str]", row)) for row in csv.DictReader(file)]  # type: ignore[arg-type]
    return [each for each in found if half is None or each.half == half]


def fetch(folder: Path, wanted: list[Package]) -> None:
    """Download wheels that are not there yet, and unpack what a lint reads into a folder for each package.

    Raises:
        SystemExit: if pip cannot get one, or one is not what it was.
    """
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for each in wanted:
        if not (wheels / each.file).exists():
            pinned = folder / "pinned.txt"
            pinned.write_text(f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n", encoding="utf-8")
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
            ]
            command += ["--python-version", "3.12", "--platform", "manylinux_2_28_x86_64"]
            command += [
                "--platform",
                "manylinux2014_x86_64",
                "--require-hashes",
                "-d",
                str(wheels),
                "-r",
                str(pinned),
            ]
            if subprocess.run(command, check=False).returncode:
                raise SystemExit(f"{each.name} {each.version} cannot be fetched as it was")
        if not (folder / each.name).exists():
            unpack(wheels / each.file, folder / each.name)


def unpack(wheel: Path, target: Path) -> None:
    """Unpack the scripts and notebooks of a wheel; the folder is there even where it has none."""
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = PurePosixPath(info.filename)
            if path.suffix in (".py", ".ipynb") and not path.is_absolute() and ".." not in path.parts:
                archive.extract(info, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=get_args(Half))
    options = parser.parse_args()
    wanted = packages(options.half)
    fetch(options.folder, wanted)
    print(f"{len(wanted)} packages in {options.folder}")


if __name__ == "__main__":
    main()
