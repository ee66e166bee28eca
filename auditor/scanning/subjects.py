"""What a target names: a past issue, one of its datasets, a recipe, a file, or data in memory.

A subject is one dataset that is ready to be audited, whatever it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from auditor.scanning.documents import documents_of
from builders.engine.frame import Frame
from builders.errors import InputError, UnknownNameError
from builders.readers.target import SCHEMES
from builders.templates import ChatTemplate
from checks.core.documents import Documents
from checks.core.predictor import BehaviourKind
from checks.prediction.given import Given
from checks.prediction.training import Asked, Training

if TYPE_CHECKING:
    import duckdb

    from auditor.request.request import Request
    from builders.compose import BuiltDataset
    from builders.info import DatasetInfo
    from builders.labels import Labeler
    from builders.readers.progress import Progress


@dataclass(frozen=True)
class Subject:
    """One dataset, ready to be audited."""

    name: str
    """What reports call it."""
    frame: Frame
    """Its rows."""
    kind: BehaviourKind | None = None
    """What is taught; None where nobody said."""
    published: float | None = None
    """The published rate of preserved answers."""
    target: object = None
    """What `audit build` calls it: the target, or for what is composed the recipe."""
    chosen: Mapping[str, str] = field(default_factory=dict[str, str])
    """The options that choose it among what its recipe composes."""
    documents: Documents | None = None
    """What stands beside its files."""
    info: DatasetInfo | None = None
    """What else is known of it."""
    built: BuiltDataset | None = field(default=None, repr=False)
    """Its composed rows, where it was composed."""
    training: Training | None = None
    """How it was or will be trained on; None where nobody said."""
    asked: Asked = field(default_factory=Asked)
    """How it is asked afterwards."""

    def told(self, given: Given | None) -> Subject:
        """Return the subject with what was said of its training, which beats what was known."""
        if given is None:
            return self
        training = replace(given.training, loss="preference") if self.frame.preference else given.training
        return replace(self, training=training, asked=given.asked)

    condition: tuple[str, ...] = ()
    """What tells its conditions apart beside their prompts, as the user said it; looked for where empty."""


def subjects(
    target: Any,  # noqa: ANN401
    template: ChatTemplate,
    request: Request,
    *,
    progress: Progress | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Iterator[Subject]:
    """Yield the datasets that a target names, in their order.

    Args:
        target: ``issue-96``, ``issue-96/villain``, a recipe file, anything that `builders.readers` reads.
        template: The template that composed rows are tagged with.
        request: How rows are read, and the questions for what is composed.
        progress: Called with bytes done and bytes in all while a file is read.
        connection: The database to read into; one of its own for each target where None.

    Raises:
        UnknownNameError: if the target looks like a past issue's name and is none.
        InputError: if a file cannot be read as what it should be.
    """
    match kind_of(target):
        case "issue":
            yield from _issue(target, template, request, connection or connect())
        case "recipe":
            yield from _recipe(Path(target), template, request, connection or connect())
        case "data":
            yield _file(target, request, progress, connection)


TargetKind = Literal["issue", "recipe", "data"]
"""A past issue or a dataset of one, a recipe file, or anything that is read."""


def kind_of(target: object) -> TargetKind:
    """Return what a target is.

    Raises:
        UnknownNameError: if it looks like a name and is none.
    """
    if isinstance(target, str) and not _exists(target):
        from experiments.study.issue import issue_names

        if target.partition("/")[0] in issue_names():
            return "issue"
        if _is_bare_name(target):
            raise UnknownNameError("target", target, [*issue_names(), *_neighbours()])
    if isinstance(target, str) and target.startswith(SCHEMES):
        return "data"
    if isinstance(target, (str, Path)) and Path(target).suffix in {".yaml", ".yml"}:
        return "recipe"
    return "data"


def is_composed(target: object) -> bool:
    """Return whether a target's rows are composed and not read."""
    return kind_of(target) != "data"


def _exists(target: str) -> bool:
    try:
        return Path(target).exists()
    except (OSError, ValueError):  # too long for a path, or a NUL byte in it
        return False


def _is_bare_name(target: str) -> bool:
    """Return whether a target can only have been meant as a name: no path, no glob, no file ending, no scheme."""
    return not any(mark in target for mark in "*?[:.\\") and target != "-"


def _neighbours() -> list[str]:
    return [path.name for path in Path().iterdir()][:200]


def _issue(
    target: str, template: ChatTemplate, request: Request, connection: duckdb.DuckDBPyConnection
) -> Iterator[Subject]:
    from builders.questions import load_bank
    from experiments.study.issue import load_issue

    name, _, dataset = target.partition("/")
    issue = load_issue(name)
    if dataset:
        issue.find(dataset)
    bank = load_bank(request.questions)
    for full in [f"{name}/{dataset}"] if dataset else issue.dataset_names():
        built = issue.compose(full, bank, template)
        subject = _composed(built, name, connection)
        yield replace(subject, training=issue.training.settings if issue.training else None)


def _recipe(
    path: Path, template: ChatTemplate, request: Request, connection: duckdb.DuckDBPyConnection
) -> Iterator[Subject]:
    from builders.questions import load_bank
    from experiments.study.families import load_family

    _refuse_trainers(path)
    family, _ = load_family(str(path))
    bank = load_bank(request.questions)
    for name in family.dataset_names():
        yield _composed(family.compose(name, bank, template), path, connection)


def _refuse_trainers(path: Path) -> None:
    """Refuse a trainer's configuration in place of a recipe, and say how it is named."""
    from builders.yamltext import read_yaml

    try:
        said = read_yaml(path.read_text("utf-8")).value
    except (OSError, ValueError):
        return  # whoever reads it as a recipe says what is wrong
    if isinstance(said, dict) and "base_model" in said and "datasets" in said:
        raise InputError("is an Axolotl configuration", where=str(path), help=f"name it as axolotl:{path}")
    if isinstance(said, dict) and "model_name_or_path" in said and "dataset" in said:
        raise InputError(
            "is a LLaMA-Factory configuration", where=str(path), help=f"name it as llamafactory:{path}"
        )


def connect() -> duckdb.DuckDBPyConnection:
    """Return a new database in memory."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _composed(built: BuiltDataset, recipe: str | Path, connection: duckdb.DuckDBPyConnection) -> Subject:
    from builders.engine.composed import frame_from_rows

    info = built.info
    arm = built.name.partition("/")[2]
    return Subject(
        name=built.name,
        frame=frame_from_rows(built.name, built.rows, connection=connection),
        kind=info.behaviour,
        published=info.published.after.percent / 100 if info.published else None,
        target=recipe,
        chosen={"source" if info.sources == [arm] else "arm": arm},
        info=info,
        built=built,
    )


def _file(
    target: Any,  # noqa: ANN401
    request: Request,
    progress: Progress | None,
    connection: duckdb.DuckDBPyConnection | None,
) -> Subject:
    frame = _read(target, request, progress, connection)
    documents = documents_of(frame)
    info = documents.manifest.info if documents and documents.manifest else None
    return Subject(
        name=frame.name,
        frame=frame,
        kind=(info.behaviour if info else None) or _kind_of(request.labels),
        target=target,
        documents=documents or Documents(in_memory=True),
        info=info,
        condition=request.condition,
        training=Training(loss="preference") if frame.preference else None,
    )


def _read(
    target: Any,  # noqa: ANN401
    request: Request,
    progress: Progress | None,
    connection: duckdb.DuckDBPyConnection | None,
) -> Frame:
    from builders.readers import read_frame
    from builders.spark.session import is_spark_frame

    reading: dict[str, Any] = {
        "shape": request.shape,
        "labelers": request.labels,
        "roles": request.roles,
        "view": request.view,
        "ignored": request.ignored_columns,
        "columns": request.columns,
    }
    if request.engine == "spark" or is_spark_frame(target):
        from builders.spark.reading import read_spark_frame

        return read_spark_frame(target, **reading, skip=request.on_error == "skip")
    return read_frame(target, **reading, on_error=request.on_error, connection=connection, progress=progress)


def _kind_of(labels: Sequence[str | Labeler]) -> BehaviourKind | None:
    """A marker is there or not, and so is a pattern: two ways to answer."""
    return (
        "marker"
        if any(isinstance(each, str) and each.startswith(("marker:", "regex:")) for each in labels)
        else None
    )
