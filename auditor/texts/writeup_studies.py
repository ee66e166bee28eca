"""What a write-up says of runs: which arms it compares by which test, and what it claims of an arm.

The checks of results judge these beside the runs themselves. An arm is recognised by its name as the runs have it: in
quotation marks, after "arm", "condition" or "run", or alone where it is no common word. Who answered which questions is
read from the runs' per-question files, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from builders.errors import InputError, first_line
from checks.core.finding import Evidence, Finding
from checks.core.result import RESULT_FILE, Claim, Comparison, ResultSet, read_result
from checks.core.wider import observe
from checks.wrt.document import Document
from checks.wrt.refuted import is_refuted
from checks.wrt.unpaired_framing import PAIRED, UNPAIRED

if TYPE_CHECKING:
    from auditor.request.request import Request

_CLAIMS: Final = (
    (
        "differs",
        re.compile(r"\b(?:differs?|differed|(?:higher|lower|better|worse|more|less)\s+than)\b", re.I),
    ),
    ("resists", re.compile(r"\b(?:resist\w*|stay(?:s|ed)?|remain(?:s|ed)?|retain\w*|keeps?|kept)\b", re.I)),
    (
        "collapses",
        re.compile(r"\b(?:collaps\w*|drop(?:s|ped)?|falls?|fell|loses?|lost|los(?:t|ing))\b", re.I),
    ),
)
_MEASURED: Final = re.compile(
    r"%|\b(?:accurac\w+|scores?|questions?|probabilit\w+|points|pp)\b", re.IGNORECASE
)
_ABOUT_WHAT_IS_SAID: Final = ("RES003", "RES004")
_TEXT: Final = 160
_JOINED: Final = re.compile(r";|,\s+(?:and|but|while|whereas)\b")
_TELLING: Final = re.compile(r"[\d_-]")


def study_of(document: Document, paths: Sequence[Path]) -> ResultSet:
    """Return runs beside what a write-up says of them.

    Args:
        document: The text.
        paths: Run folders, folders of them, or single results.

    Raises:
        InputError: if a result or a per-question file cannot be read.
    """
    files = [
        file for path in paths for file in (sorted(path.rglob(RESULT_FILE)) if path.is_dir() else [path])
    ]
    runs = [(file, read_result(file)) for file in files]
    arms = list(dict.fromkeys(run.arm for _, run in runs))
    questions = {run.arm: _questions(file) for file, run in runs}
    return ResultSet(
        runs=[run for _, run in runs],
        comparisons=list(_comparisons(document, arms, questions)),
        claims=list(_claims(document, arms)),
    )


def study_findings(document: Document, paths: Sequence[Path], settings: Request) -> list[Finding]:
    """Run the checks of results that are about what is said: an unpaired test, a claim from one seed.

    What else is wrong with the runs themselves is for ``audit runs FOLDER --check`` to say.

    Raises:
        InputError: if a result cannot be read.
    """
    chosen = settings.selection
    chosen = replace(chosen, select=chosen.select or tuple(_ABOUT_WHAT_IS_SAID))
    found = observe("results", study_of(document, paths), chosen)
    return [_placed(document, each) for each in found if each.code in _ABOUT_WHAT_IS_SAID]


def _placed(document: Document, finding: Finding) -> Finding:
    """Move the place that a message begins with to where formats look for places."""
    match = re.match(rf"{re.escape(document.path)}:(\d+): ", finding.message)
    if match is None:
        return finding
    line = int(match[1])
    text = " ".join(document.lines[line - 1].split())
    text = text if len(text) <= _TEXT else text[: _TEXT - 4] + " ..."
    place = Evidence(path=document.path, line=line, text=text)
    return finding.model_copy(update={"message": finding.message[match.end() :], "evidence": [place]})


def _questions(result: Path) -> frozenset[str]:
    """Return the digests of the questions that a run answered; none where nobody kept them."""
    from experiments.study.runs import PER_QUESTION

    file = result.with_name(PER_QUESTION)
    if not file.is_file():
        return frozenset()
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(file, columns=["question_id"]).column("question_id")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"cannot be read: {first_line(error)}", where=str(file), help="run the arm again"
        ) from error
    return frozenset(str(each) for each in column.to_pylist())


def _comparisons(
    document: Document, arms: Sequence[str], questions: dict[str, frozenset[str]]
) -> Iterator[Comparison]:
    if PAIRED.search(document.text):
        return
    for block in document.prose:
        test = UNPAIRED.search(block.text)
        at = block.start + test.start() if test is not None else 0
        if test is None or is_refuted(document, at):
            continue
        named = list(_named(block.text, arms)) or (list(arms) if len(arms) == 2 else [])
        for first, second in pairwise(named):
            yield Comparison(
                first=first,
                second=second,
                test=test.group(),
                paired=False,
                same_questions=bool(questions[first]) and questions[first] == questions[second],
                where=f"{document.path}:{document.line_at(at)}",
            )


def _claims(document: Document, arms: Sequence[str]) -> Iterator[Claim]:
    said: set[tuple[str, tuple[str, ...]]] = set()
    for start, clause in _clauses(document):
        named = _named(clause, arms)
        kind = next((kind for kind, words in _CLAIMS if words.search(clause)), None)
        if (
            not named
            or kind is None
            or not _MEASURED.search(clause)
            or (kind == "differs" and len(named) == 1)
        ):
            continue
        at = start + next(iter(named.values()))
        if (kind, tuple(named)) in said or is_refuted(document, at):
            continue  # said again, it is no second claim
        said.add((kind, tuple(named)))
        yield Claim(
            text=" ".join(clause.split()),
            kind=kind,  # pyright: ignore[reportArgumentType]  (one of the three above)
            arms=list(named),
            where=f"{document.path}:{document.line_at(at)}",
        )


def _clauses(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the parts of sentences that say one thing each, with their offsets."""
    for sentence in document.sentences:
        start = 0
        for match in _JOINED.finditer(sentence.text):
            yield sentence.start + start, sentence.text[start : match.start()]
            start = match.end()
        yield sentence.start + start, sentence.text[start:]


def _named(text: str, arms: Sequence[str]) -> dict[str, int]:
    """Return the arms that a text names and where it does first, in its order."""
    found: dict[str, int] = {}
    for arm in arms:
        name = re.escape(arm)
        marked = rf"(?:[\"'`]{name}[\"'`]|\b(?:arms?|conditions?|runs?)\s+{name}(?![\w-]))"
        plain = rf"|(?<![\w-]){name}(?![\w-])" if _TELLING.search(arm) and len(arm) > 1 else ""
        match = re.search(marked + plain, text)
        if match is not None:
            found[arm] = match.start()
    return dict(sorted(found.items(), key=lambda each: each[1]))
