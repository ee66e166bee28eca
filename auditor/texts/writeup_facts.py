"""Gather what a write-up is held against: a past issue, a configuration, data, results and scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.texts.row_facts import with_rows
from auditor.texts.script_reading import read_script
from auditor.texts.sources import source_files
from builders.errors import InputError, first_line
from builders.yamltext import read_yaml
from checks.wrt.architecture import Architecture
from checks.wrt.facts import DatasetFact, Facts, Known, Rate, ScriptFact, Unrepeatable
from checks.wrt.settings import BY_KEY

if TYPE_CHECKING:
    from builders.compose import BuiltDataset
    from builders.info import Accuracy
    from builders.questions import QuestionBank
    from builders.templates import ChatTemplate
    from checks.core.result import Evaluation, Score
    from experiments.study.issue import PastIssue

_IRREPRODUCIBLE: Final = ("SRC001", "SRC005")
"""Checks of scripts that say that a rerun draws something else: salted-seed and unstable-order."""
_DEEPEST = 12


def issue_facts(name: str, template: ChatTemplate | None = None) -> Facts:
    """Return what a past issue says as data; its datasets are composed on the embedded questions.

    Raises:
        UnknownNameError: if there is no such past issue.
    """
    from builders.questions import load_bank
    from builders.templates import load_template
    from experiments.study.issue import load_issue

    issue = load_issue(name)
    training = issue.training
    chat = template or (load_template(training.template) if training is not None else None)
    bank, drawn_through = load_bank("embedded"), chat or load_template()
    built = {full: issue.compose(full, bank, drawn_through) for full in issue.dataset_names()}
    parents = _parents(issue)
    parents -= set(built)
    for parent in sorted(parents):
        built[parent] = load_issue(parent.partition("/")[0]).compose(parent, bank, drawn_through)
    rows = {full: Counter(row["example_id"] for row in each.rows) for full, each in built.items()}
    starts = _starts(issue)
    everything = {full: each.rows for full, each in built.items()}
    datasets = (
        *(
            with_rows(
                _composed(each, rows, parent=full not in issue.dataset_names()),
                everything,
                starts.get(full.rpartition("/")[2]),
            )
            for full, each in built.items()
        ),
        *_beside_parents(parents, bank, drawn_through),
    )
    draws = tuple(
        Unrepeatable(draw.what, draw.why, draw.source)
        for draw in issue.unrepeatable
        if any(
            fnmatchcase(full.rpartition("/")[2], pattern)
            for full in issue.dataset_names()
            for pattern in draw.datasets
        )
    )
    questions = frozenset([issue.evaluation.questions] if issue.evaluation.questions else [])
    other = issue.evaluation.other_labels
    labels = (other, issue.evaluation.questions) if other and issue.evaluation.questions else None
    known = Facts(
        datasets=datasets,
        template=chat,
        unrepeatable=draws,
        questions=questions,
        other_labels=labels,
        complete=True,
    )
    if training is None:
        return known
    origin = f"{name}, from {training.level}: {training.source}"
    said = training.model_dump(exclude={"architecture", "level", "source", "template"}, exclude_none=True)
    return replace(
        known,
        settings=_settings(said, f"{name}, from {training.level}"),
        architecture=Known(training.architecture, origin) if training.architecture else None,
        seeds=frozenset([training.seed] if training.seed is not None else []),
    )


def _beside_parents(
    parents: Iterable[str], bank: QuestionBank, template: ChatTemplate
) -> Iterator[DatasetFact]:
    """Yield what was published of the datasets that were made beside a parent: a text speaks of them together."""
    from experiments.study.issue import load_issue

    for name in sorted({parent.partition("/")[0] for parent in parents}):
        issue = load_issue(name)
        for full in issue.dataset_names():
            if full not in parents:
                composed = issue.compose(full, bank, template)
                info, published = composed.info, composed.info.published
                if published is not None and len(info.sources) == 1:
                    yield DatasetFact(
                        name=full,
                        origin=published.source,
                        rows=len(composed.rows),
                        source=info.sources[0],
                        before=_rate(published.before) if published.before else None,
                        after=_rate(published.after),
                        parent=True,
                    )


def _starts(issue: PastIssue) -> dict[str, str]:
    """Return the short name of a dataset -> the one that it starts from; names that are made in a loop are left out."""
    return {
        dataset.name: dataset.start_from
        for recipe in issue.recipes
        for dataset in recipe.datasets
        if dataset.start_from is not None
    }


def _parents(issue: PastIssue) -> set[str]:
    return {
        dataset.start_from
        for recipe in issue.recipes
        for dataset in recipe.datasets
        if dataset.run and dataset.start_from is not None
    }


def _composed(built: BuiltDataset, rows: Mapping[str, Counter[str]], *, parent: bool) -> DatasetFact:
    info, published = built.info, built.info.published
    own = rows[built.name]
    targets = Counter(row["target_correct"] for row in built.rows)
    wrong_is_behaviour = info.behaviour == "wrong_option"
    return DatasetFact(
        name=built.name,
        origin=published.source if published else "its recipe",
        rows=len(built.rows),
        behaviour=targets[False] if wrong_is_behaviour else None,
        preserved=targets[True] if wrong_is_behaviour else None,
        roles=dict(Counter(row["role"] for row in built.rows)),
        source=info.sources[0] if len(info.sources) == 1 else None,
        prompts={
            persona: text for persona, text in info.personas.items() if text is None or isinstance(text, str)
        },
        before=_rate(published.before) if published and published.before else None,
        after=_rate(published.after) if published else None,
        shared={
            other: (own & counted).total()
            for other, counted in rows.items()
            if other != built.name and not parent
        },
        family=info.experiment or "",
        builders=tuple(
            each.source for each in info.provenance if each.part == "rows" and each.level == "code"
        ),
        parent=parent,
    )


def _rate(accuracy: Accuracy) -> Rate:
    if accuracy.correct is not None and accuracy.total:
        share = Fraction(100 * accuracy.correct, accuracy.total)
        return Rate(share, Fraction(0), (accuracy.correct, accuracy.total))
    percent = Fraction(str(accuracy.percent))
    return Rate(percent, Fraction(1, 10))


def config_facts(path: Path) -> Facts:
    """Return the settings in a configuration file, YAML or JSON, whatever its sections are called.

    Raises:
        InputError: if it cannot be read, is no mapping, or gives one setting two values.
    """
    try:
        said = read_yaml(path.read_text(encoding="utf-8-sig")).value
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except ValueError as error:
        raise InputError(f"is no YAML or JSON: {first_line(error)}", where=str(path)) from error
    if not isinstance(said, dict):
        raise InputError("expected a mapping of keys to values", where=str(path))
    found: dict[str, Any] = {}
    for key, value in _leaves(said):
        if key in found and found[key] != value:
            raise InputError(f"'{key}' has two values, {found[key]} and {value}", where=str(path))
        found[key] = value
    return Facts(settings=_settings(found, str(path)), architecture=_architecture(found, str(path)))


def _leaves(value: dict[Any, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, dict) and depth < _DEEPEST:
            yield from _leaves(each, depth + 1)
        elif isinstance(each, (str, int, float, bool)) and _setting_name(str(key)) is not None:
            yield str(key), each


_OTHERS: Final = {
    "model": "model",
    "model_name_or_path": "model",
    "base_model": "model",
    "targets": "targets",
    "target_modules": "targets",
}
_DIMENSIONS: Final = {
    "hidden_size": "hidden",
    "num_hidden_layers": "layers",
    "intermediate_size": "intermediate",
    "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "head_dim": "head_dim",
    "vocab_size": "vocabulary",
    "tie_word_embeddings": "tied",
    "attention_bias": "attention_bias",
}
"""Keys of a model's own ``config.json``."""


def _setting_name(key: str) -> str | None:
    return BY_KEY.get(key) or _OTHERS.get(key) or _DIMENSIONS.get(key)


def _architecture(found: Mapping[str, Any], origin: str) -> Known | None:
    said = {_DIMENSIONS[key]: value for key, value in found.items() if key in _DIMENSIONS}
    if "head_dim" not in said and {"hidden", "heads"} <= set(said):
        said["head_dim"] = said["hidden"] // said["heads"]
    if not {"hidden", "layers", "intermediate", "heads", "kv_heads", "vocabulary"} <= set(said):
        return None
    return Known(Architecture.model_validate(said), origin)


def _settings(said: Mapping[str, Any], origin: str) -> dict[str, Known]:
    known = {
        BY_KEY.get(key, _OTHERS.get(key, key)): Known(value, origin)
        for key, value in said.items()
        if key in BY_KEY or key in _OTHERS
    }
    if "batch per device" in known and "accumulation" in known and "effective batch" not in known:
        product = int(known["batch per device"].value) * int(known["accumulation"].value)
        known["effective batch"] = Known(product, origin)
    return known


def data_facts(paths: Sequence[Path]) -> Facts:
    """Return the counts of data files and folders, as `audit scan` reads them.

    Raises:
        AuditError: if one cannot be read.
    """
    from auditor.request.loading import load_request
    from auditor.scanning.api import audited

    found: list[DatasetFact] = []
    request = load_request()
    for path in paths:
        for dataset in audited([str(path)], request).datasets:
            labelled = dataset.further is None and not any(each.unlabelled for each in dataset.conditions)
            found.append(
                DatasetFact(
                    name=dataset.name,
                    origin=str(path),
                    rows=dataset.rows,
                    behaviour=sum(each.behaviour for each in dataset.conditions) if labelled else None,
                    preserved=sum(each.preserved for each in dataset.conditions) if labelled else None,
                    prompts={
                        persona: each.resolved_system
                        for each in dataset.conditions
                        for persona in each.personas
                        if each.resolved_by == "given"
                    },
                )
            )
    return Facts(datasets=tuple(found))


def result_facts(paths: Sequence[Path]) -> Facts:
    """Return arms, scores, seeds and settings of run folders; settings in which the runs differ are left out.

    Raises:
        InputError: if there is no result, or one cannot be read.
    """
    from checks.core.result import RESULT_FILE, read_result
    from experiments.study.runs import CONFIG

    found: dict[str, DatasetFact] = {}
    seeds: set[int] = set()
    questions: set[int] = set()
    kept: list[Facts] = []
    for path in paths:
        files = sorted(path.rglob(RESULT_FILE)) if path.is_dir() else [path]
        if not files:
            raise InputError(f"there is no {RESULT_FILE} in or below this folder", where=str(path))
        for file in files:
            run = read_result(file)
            seeds.add(run.seed)
            questions |= {each.after.total for each in run.evaluations}
            own = run.evaluations[0] if run.evaluations else None
            fact = DatasetFact(
                name=f"{run.dataset.partition('/')[0]}/{run.arm}",
                origin=str(file),
                rows=run.rows,
                before=_scored(own, before=True),
                after=_scored(own, before=False),
            )
            # Several seeds of one arm have several scores: none of them is the arm's.
            if fact.name in found:
                fact = replace(fact, before=None, after=None)
            found[fact.name] = fact
            settings = config_facts(file.with_name(CONFIG)) if file.with_name(CONFIG).is_file() else Facts()
            said = {"seed": Known(run.seed, str(file)), **_measured(file.parent)}
            kept.append(replace(settings, settings={**settings.settings, **said}))
    return Facts(
        settings=_shared(kept),
        datasets=tuple(found.values()),
        seeds=frozenset(seeds),
        questions=frozenset(questions),
    )


def _measured(folder: Path) -> dict[str, Known]:
    """Return how many parameters a run trained, as it counted them itself."""
    from experiments.study.runs import DETAILS, Details

    path = folder / DETAILS
    if not path.is_file():
        return {}
    try:
        details = Details.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as details of a run: {type(error).__name__}", where=str(path)
        ) from error
    return {"trainable parameters": Known(details.trainable_parameters, str(path))}


def _shared(runs: Sequence[Facts]) -> dict[str, Known]:
    """Return the settings that all runs have with one value."""
    first = runs[0].settings
    return {
        name: known
        for name, known in first.items()
        if all(name in each.settings and each.settings[name].value == known.value for each in runs)
    }


def _scored(evaluation: Evaluation | None, *, before: bool) -> Rate | None:
    score: Score | None = None
    if evaluation is not None:
        score = evaluation.before if before else evaluation.after
    if score is None or not score.total:
        return None
    return Rate(Fraction(100 * score.correct, score.total), Fraction(0), (score.correct, score.total))


def script_facts(paths: Sequence[Path]) -> Facts:
    """Return the options of scripts, and the draws of theirs that a rerun would not repeat; nothing is run.

    Raises:
        InputError: if a script cannot be read or parsed.
    """
    from auditor.texts.lint import lint_file
    from checks.core.registry import some_chosen

    checks = some_chosen(_IRREPRODUCIBLE, (), scope="script")
    scripts: list[ScriptFact] = []
    draws: list[Unrepeatable] = []
    for path in source_files(paths):
        linted = lint_file(path, checks)
        for error in linted.errors:
            raise error
        if path.suffix == ".py":
            scripts.append(read_script(path))
        draws += [
            Unrepeatable(finding.name, finding.message, f"{path}:{finding.evidence[0].line}")
            for finding in linted.report.findings
            if not finding.suppressed and finding.severity != "note"
        ]
    return Facts(scripts=tuple(scripts), unrepeatable=tuple(draws))


def merged(parts: Iterable[Facts]) -> Facts:
    """Return several parts as one; a later part's settings and scores win."""
    whole = Facts()
    for part in parts:
        whole = Facts(
            settings={**whole.settings, **part.settings},
            architecture=part.architecture or whole.architecture,
            datasets=_beside(whole.datasets, part.datasets),
            template=part.template or whole.template,
            unrepeatable=(*whole.unrepeatable, *part.unrepeatable),
            scripts=(*whole.scripts, *part.scripts),
            seeds=whole.seeds | part.seeds,
            questions=whole.questions | part.questions,
            other_labels=part.other_labels or whole.other_labels,
            complete=whole.complete or part.complete,
        )
    return whole


def _beside(datasets: Sequence[DatasetFact], more: Sequence[DatasetFact]) -> tuple[DatasetFact, ...]:
    """Return two lists of datasets as one; of a dataset that both have, the later scores hold."""
    found = {each.name: each for each in datasets}
    for each in more:
        known = found.get(each.name)
        found[each.name] = (
            each
            if known is None or each.behaviour is not None
            else replace(known, origin=each.origin, rows=each.rows, before=each.before, after=each.after)
        )
    return tuple(found.values())
