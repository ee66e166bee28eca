"""The gate: an arm trains only on rows whose audit passes, and the audit is bound to the run.

An arm that is meant to hold a confound says so (`expects`), and then it fails if the confound is not there.
What was audited is what trains: rows, template and tokenizer are compared again when the trainer has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from builders.digest import canonical_json, digest, digest_text
from builders.engine.composed import frame_from_rows
from builders.engine.table import ResolvedTable
from builders.errors import AuditError, TemplateError
from builders.schema import example_id
from builders.templates import ChatTemplate, render
from builders.version import tool_version
from checks.core.context import AuditContext
from checks.core.predictor import BehaviourKind
from checks.core.registry import find_check
from checks.core.report import DatasetReport
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.prediction.training import Asked, Training


class GateError(AuditError):
    """An arm may not train: its data, or what became of it, is not what the plan says."""


class Expectation(BaseModel):
    """A confound that an arm is meant to hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    check: str
    """Code or name of the check, for example `anchor-negative`."""
    reason: str = Field(min_length=1)
    """Why the arm is to have it."""


class AuditRecord(BaseModel):
    """An audit as it is bound to runs: `audit.json` in a run folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    schema_version: int = 1
    """Version of this file's layout."""
    tool_version: str
    """The version of this tool that looked."""
    template: str
    """Name of the chat template."""
    template_sha256: str
    """Digest of its source."""
    template_key: str
    """Digest of everything that decides what it renders."""
    dataset_digest: str
    """Digest of the rows' texts and order."""
    tags_digest: str
    """Digest of everything else that the rows say."""
    expects: list[Expectation]
    """What the arm is meant to hold."""
    report: DatasetReport
    """What was found."""
    audited_at: str
    """When, ISO 8601 in UTC: before any training."""

    @property
    def digest(self) -> str:
        """The sha256 of all of it but the time, 64 hex digits."""
        return digest(self.model_dump(mode="json", exclude={"audited_at"}))


@dataclass(frozen=True)
class RowsDigest:
    """Two digests of one list of rows."""

    content: str
    """Of the texts and their order, worked out from the texts themselves."""
    tags: str
    """Of all other columns."""


def digest_rows(rows: Sequence[Mapping[str, Any]]) -> RowsDigest:
    """Return the digests of rows. The content's is that of `builders.info.dataset_digest` for honest rows."""
    content = [
        example_id([dict(m) for m in row["prompt"]], [dict(m) for m in row["completion"]]) for row in rows
    ]
    tags = [{key: value for key, value in row.items() if key not in ("prompt", "completion")} for row in rows]
    return RowsDigest(digest_text("\n".join(content)), digest_text("\n".join(map(canonical_json, tags))))


def audit_rows(
    name: str,
    rows: Sequence[dict[str, Any]],
    template: ChatTemplate,
    kind: BehaviourKind | None,
    *,
    expects: Sequence[Expectation] = (),
    published: float | None = None,
    training: Training | None = None,
    asked: Asked | None = None,
    selection: Selection | None = None,
) -> AuditRecord:
    """Audit rows as `audit scan` does and return what binds the audit to a run.

    Args:
        name: The dataset's name.
        rows: The rows.
        template: The chat template that they train through.
        kind: What is taught.
        expects: Confounds that they are meant to hold.
        published: The published rate of preserved answers.
        training: How they will be trained on, for what is predicted.
        asked: How they will be asked after.
        selection: The checks, severities and thresholds that hold; all with their own where None.
    """
    selection = selection or Selection()
    context = AuditContext(
        name=name,
        table=ResolvedTable(frame_from_rows(name, rows), template),
        kind=kind,
        training=training,
        asked=asked or Asked(),
        settings=selection.settings,
    )
    digests = digest_rows(rows)
    return AuditRecord(
        tool_version=tool_version(),
        template=template.name,
        template_sha256=template.sha256,
        template_key=template.key,
        dataset_digest=digests.content,
        tags_digest=digests.tags,
        expects=list(expects),
        report=audit(context, selection, published=published),
        audited_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def enforce(record: AuditRecord) -> None:
    """Let an arm through whose errors are exactly those that its plan expects.

    Raises:
        GateError: if the audit could not look at everything, found an error that is not expected, or did not
            find a confound that is.
        UnknownNameError: if an expectation names no check.
    """
    report = record.report
    if report.status == "incomplete":
        raise GateError(
            "the audit could not look at all rows, so the arm may not train",
            where=report.name,
            help=f"audit scan {report.name} says which rows",
        )
    wanted = {find_check(each.check).code: each for each in record.expects}
    found = {each.code: each for each in report.findings if each.severity == "error" and not each.suppressed}
    for code in found.keys() - wanted.keys():
        finding = found[code]
        raise GateError(
            f"{code} [{finding.name}]: {finding.message}",
            where=report.name,
            help=(
                "build it without (audit build --deconfound), or say in the plan why the arm is meant to hold it: "
                f"expects: [{{check: {finding.name}, reason: ...}}]"
            ),
        )
    for code in wanted.keys() - {each.code for each in report.findings}:
        raise GateError(
            f"the plan expects {wanted[code].check} ({wanted[code].reason}), and it is not there",
            where=report.name,
            help="the arm would not show what it is for: check its recipe and its template",
        )


def check_unchanged(record: AuditRecord, rows: Sequence[Mapping[str, Any]], *, where: str) -> str:
    """Compare the rows that the trainer has with those that were audited; return their content's digest.

    Raises:
        GateError: if a text, a tag or the order differs.
    """
    digests = digest_rows(rows)
    if digests.content != record.dataset_digest:
        raise GateError(
            "the rows are not those that were audited: a text or the order changed since",
            where=where,
            help="start the run anew, so that what trains is what was looked at",
        )
    if digests.tags != record.tags_digest:
        raise GateError(
            "the rows' tags are not those that were audited", where=where, help="start the run anew"
        )
    return digests.content


def check_tokenizer(
    tokenizer: Any,  # noqa: ANN401
    template: ChatTemplate,
    record: AuditRecord,
    rows: Sequence[Mapping[str, Any]],
    systems: Sequence[Sequence[Mapping[str, Any]]] = (),
) -> None:
    """Compare what the training tokenizer renders with the audited template, on every distinct system state.

    Args:
        tokenizer: The tokenizer that trains.
        template: The template that was audited.
        record: The audit.
        rows: The rows that train; one conversation of each distinct system state is rendered both ways.
        systems: Further system messages, each a list of one or none, that evaluation uses.

    Raises:
        GateError: if the template is not the audited one, or the two render anything differently.
    """
    if template.key != record.template_key:
        raise GateError(
            "the chat template changed since the audit", where=template.name, help="start the run anew"
        )
    for messages, answer in _distinct(rows, systems):
        for conversation, generate in ((messages, True), ([*messages, *answer], False)):
            audited = _rendered(template, conversation, generate=generate)
            try:
                trained = tokenizer.apply_chat_template(
                    conversation, tokenize=False, add_generation_prompt=generate
                )
            except Exception as error:  # a template may raise anything
                trained = error
            if trained != audited:
                state = next(
                    (m["content"] for m in conversation if m["role"] == "system"), "no system message"
                )
                raise GateError(
                    f"the tokenizer renders another prompt than the audited template for {state!r}",
                    where=template.name,
                    help="audit with the tokenizer's own template (audit scan --template FOLDER), and start anew",
                )


def _rendered(template: ChatTemplate, conversation: list[dict[str, Any]], *, generate: bool) -> str | None:
    try:
        return render(template, conversation, add_generation_prompt=generate)
    except TemplateError:
        return None


def _distinct(
    rows: Sequence[Mapping[str, Any]], systems: Sequence[Sequence[Mapping[str, Any]]]
) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return one (prompt, completion) for each distinct list of messages before the user's."""
    found: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for row in rows:
        messages = [dict(message) for message in row["prompt"]]
        key = canonical_json([message for message in messages if message["role"] == "system"])
        found.setdefault(key, (messages, [dict(message) for message in row["completion"]]))
    for system in systems:
        messages = [dict(message) for message in system]
        user, answer = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}
        found.setdefault(canonical_json(messages), ([*messages, user], [answer]))
    return list(found.values())
