"""How often `audit writeup` is right about public Markdown, and how many planted errors it finds.

pip download --no-deps --no-binary :all: -r benchmarks/writeup_corpus.txt -d CORPUS
python benchmarks/writeup_precision.py CORPUS [--half judging] [--list] [--plant 40 --seed 17]

Reads the Markdown in source distributions, as it ships and out of the archive: nothing is unpacked or run. Packages are
split in two by the digest of their name: checks were narrowed on one half and are judged on the other. Without any
facts beside the text, every finding about a number is listed, and compared with what was read by eye
(`writeup_judged.csv`): the share that was right, what is found anew and what is found no longer.

`--plant` takes places of the judging half where numbers stand in a relation, found by the numbers alone and not by the
checks' own reading (`writeup_planting.py`), changes one of them, and counts how many of these errors are found.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auditor.texts.writeup import audit_writeup
from benchmarks.writeup_planting import FORMS, Planted, composed, planted
from checks.core.finding import Finding
from checks.core.registry import all_checks, some_chosen
from checks.wrt.document import Document
from checks.wrt.facts import Facts
from checks.wrt.remark import Compared, WriteUp

CODES = ("WRT004", "WRT010", "WRT021", "WRT022", "WRT023")
"""The checks that hold a text against itself."""
LARGEST = 2_000_000


@dataclass(frozen=True)
class Page:
    """One Markdown file of a package."""

    package: str
    path: str
    text: str


def half(package: str) -> str:
    """Return which half a package belongs to: decided by its name, before anybody looked."""
    even = int(hashlib.sha256(package.encode()).hexdigest()[:8], 16) % 2 == 0
    return "narrowing" if even else "judging"


def pages(corpus: Path) -> Iterator[Page]:
    """Yield the Markdown of every source distribution, licences and duplicates left out."""
    seen: set[str] = set()
    for archive in sorted(corpus.glob("*.tar.gz")):
        package = archive.name.rpartition("-")[0]
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                name = member.name.partition("/")[2]
                if (
                    not member.isfile()
                    or member.size > LARGEST
                    or not name.lower().endswith((".md", ".markdown"))
                ):
                    continue
                file = tar.extractfile(member)
                try:
                    text = file.read().decode("utf-8-sig") if file else ""
                except UnicodeDecodeError:
                    continue
                digest = hashlib.sha256(text.encode()).hexdigest()
                if text.strip() and digest not in seen:
                    seen.add(digest)
                    yield Page(package, name, text)


def found(page: Page, *, pedantic: bool = False) -> list[Finding]:
    """Return what the checks of numbers say of a page."""
    checks = some_chosen(CODES, (), scope="writeup")
    report = audit_writeup(Document(page.path, page.text), Facts(), checks, pedantic=pedantic)
    return report.findings()


def key(page: Page, finding: Finding) -> tuple[str, str, str, str]:
    """Return what a finding is known by after lines have moved."""
    return page.package, page.path, finding.code, finding.message


def read_judged(path: Path) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(r["package"], r["path"], r["code"], r["message"]): (r["right"], r["why"]) for r in rows}


def verdicts(page: Page) -> Counter[str]:
    """Return how the statements of a page came out."""
    writeup = WriteUp(Document(page.path, page.text), Facts())
    return Counter(
        each.verdict
        for check in all_checks("writeup")
        if check.code in CODES
        for each in check.function(writeup)
        if isinstance(each, Compared)
    )


def precision(corpus: list[Page], judged_file: Path, *, show: bool, pedantic: bool) -> None:
    judged = read_judged(judged_file)
    right: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    new: list[str] = []
    here: set[tuple[str, str, str, str]] = set()
    for page in corpus:
        compared += verdicts(page)
        for finding in found(page, pedantic=pedantic):
            known = key(page, finding)
            here.add(known)
            verdict = judged.get(known, ("not judged", ""))[0]
            right[verdict] += 1
            if show or verdict == "not judged":
                line = finding.evidence[0].line
                text = finding.evidence[0].text
                new.append(
                    f"{verdict:<10} {page.package}/{page.path}:{line}: {finding.code} {finding.message}\n    {text}"
                )
    packages = {page.package for page in corpus}
    print(
        f"{len(packages)} packages, {len(corpus)} documents, {sum(len(p.text) for p in corpus):,} characters"
    )
    agree = compared["agrees"] + compared["rounds to"]
    print(f"statements that come out: {agree:,}; not checked: {compared['cannot be checked']:,}")
    print(f"findings: {dict(right)}")
    false = right["no"]
    print(f"false accusations in true statements: {false} in {agree + false:,}")
    gone = [known for known, (verdict, _) in judged.items() if known not in here and known[0] in packages]
    print(f"found no longer: {len(gone)}")
    for known in gone:
        print("   -", *known)
    for line in new:
        print(line)


def recall(corpus: list[Page], size: int, seed: int) -> None:
    """Plant errors and count those that are found at the default level."""
    rng = random.Random(seed)
    chosen: list[tuple[Page, Planted]] = []
    per_form = size // len(FORMS)
    for form in FORMS:
        places = [(page, each) for page in corpus for each in planted(form, page.text, rng)]
        rng.shuffle(places)
        own = 0
        for page in rng.sample(corpus, len(corpus)):
            if len(places) >= per_form:
                break
            made = list(planted(form, composed(form, page.text, rng), rng, last=True))
            if made:
                own += 1
                places.append((page, rng.choice(made)))
        chosen += places[:per_form]
        print(f"{form}: {len(places) - own} places as they are, {own} sentences added")
    hits: Counter[str] = Counter()
    for page, each in chosen:
        before = {(f.code, f.message) for f in found(page)}
        changed = Page(page.package, page.path, each.text)
        lines = {
            place.line for f in found(changed) if (f.code, f.message) not in before for place in f.evidence
        }
        hit = bool(lines & set(each.lines))
        hits[each.form] += hit
        print(
            f"{'found ' if hit else 'missed'} {each.form}: {page.package}/{page.path}:{each.lines[0]}: {each.what}"
        )
    print(", ".join(f"{form} {hits[form]}/{sum(e.form == form for _, e in chosen)}" for form in FORMS))
    print(f"found {sum(hits.values())} of {len(chosen)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--half", choices=("narrowing", "judging"))
    parser.add_argument("--list", action="store_true", help="print judged findings, too")
    parser.add_argument("--pedantic", action="store_true")
    parser.add_argument("--plant", type=int, default=0)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--judged", type=Path, default=Path(__file__).with_name("writeup_judged.csv"))
    options = parser.parse_args()
    for name in [options.half] if options.half else ["narrowing", "judging"]:
        corpus = [page for page in pages(options.corpus) if half(page.package) == name]
        print(f"\n{name} half")
        if options.plant:
            recall(corpus, options.plant, options.seed)
        else:
            precision(corpus, options.judged, show=options.list, pedantic=options.pedantic)


if __name__ == "__main__":
    main()
