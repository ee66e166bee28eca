"""`datasets`: the audit in a dataset card's YAML and body, and an upload that refuses without an audit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import DatasetCard, HfApi, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError

from auditor.acceptance.verdict import raise_on
from auditor.formats.escape import visible
from auditor.formats.markdown import body
from auditor.request.config_keys import setting_names
from auditor.scanning.api import python_request, subject_of
from builders.errors import AuditError, InputError
from checks.core.report import DatasetReport, Report

if TYPE_CHECKING:
    from auditor.request.request import Request

KEY: Final = "audit"
"""The key of the card's YAML, and the mark of the section in its body."""

_SECTION: Final = re.compile(rf"<!-- {KEY} -->\n.*?<!-- /{KEY} -->\n", re.DOTALL)


def with_audit(card: str, report: Report) -> str:
    """Return a dataset card that holds the audit: under `audit` in its YAML, and as a section of its body.

    What an earlier audit left there is replaced; everything else stays. Texts of the dataset are made inert.

    Args:
        card: The card's text, with or without a YAML header; may be empty.
        report: The audit of the one dataset that the card is about.

    Raises:
        InputError: if the report is about several datasets.
    """
    parsed = DatasetCard(card, ignore_metadata_errors=True)
    parsed.data[KEY] = audit_entry(report)
    section = f"<!-- {KEY} -->\n{body(report)}<!-- /{KEY} -->\n"
    text: str = parsed.text
    if _SECTION.search(text):
        parsed.text = _SECTION.sub(lambda _: section, text, count=1)
    else:
        parsed.text = f"{text.rstrip()}\n\n{section}".lstrip("\n")
    return str(parsed)


def audit_in(card: str) -> dict[str, Any] | None:
    """Return what a dataset card says of its audit, or None where it says nothing."""
    found: Any = DatasetCard(card, ignore_metadata_errors=True).data.to_dict().get(KEY)
    return found if isinstance(found, dict) else None


def audit_entry(report: Report) -> dict[str, Any]:
    """Return the audit of one dataset as a card's YAML has it: JSON types, printable text.

    Raises:
        InputError: if the report is about several datasets.
    """
    dataset, template = _only(report), report.template
    return {
        "tool": f"{report.tool.name} {report.tool.version}",
        "dataset": visible(dataset.name),
        "digest": dataset.digest,
        "rows": dataset.rows,
        "status": dataset.status,
        "template": template
        and {"name": visible(template.name), "sha256": template.sha256, "renderer": template.renderer},
        "conditions": [
            {
                "condition": each.condition,
                "resolved_system": None if each.resolved_system is None else visible(each.resolved_system),
                "personas": [visible(persona) for persona in each.personas],
                "behaviour": each.behaviour,
                "preserved": each.preserved,
                "unlabelled": each.unlabelled,
            }
            for each in dataset.conditions
        ],
        "findings": [
            {
                "code": each.code,
                "name": each.name,
                "severity": each.severity,
                "message": visible(each.message),
                **({"suppressed": visible(each.suppressed)} if each.suppressed else {}),
            }
            for each in dataset.findings
        ],
    }


def push_to_hub(
    dataset: Any,  # noqa: ANN401
    repo_id: str,
    *,
    report: Report | None = None,
    without_audit: bool = False,
    request: Request | None = None,
    config: Path | None = None,
    **arguments: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Push a `datasets.Dataset` with its audit in the card, or not at all.

    Args:
        dataset: What to push.
        repo_id: Where to.
        report: Its audit: `auditor.scan(dataset)`.
        without_audit: Push without one. The card then says nothing of an audit.
        request: All settings that the report was made by, instead of the configuration's and `settings`.
        config: The configuration file to read instead of the nearest.
        arguments: The settings that the report was made by, as for `auditor.scan`; of them `fail_on` says from which
            severity a finding keeps the dataset from being pushed. All others are for
            `datasets.Dataset.push_to_hub`, which does the upload.

    Returns:
        What `datasets.Dataset.push_to_hub` returns.

    Raises:
        AuditError: if there is no report and that is not said to be right, or the report is of other rows.
        ConfoundError: if the report holds a finding that counts, or is incomplete.
    """
    settings = {name: arguments.pop(name) for name in setting_names() & arguments.keys()}
    if report is None:
        if without_audit:
            return dataset.push_to_hub(repo_id, **arguments)
        raise AuditError(
            f"{repo_id} would be pushed without an audit",
            help="pass report=auditor.scan(dataset), or say without_audit=True",
        )
    request = python_request(request, config, settings)
    with request.within():
        _check_same_rows(dataset, report, request)
    raise_on(report, request.fail_on)
    commit = dataset.push_to_hub(repo_id, **arguments)
    revision = getattr(commit, "pr_revision", None) or arguments.get("revision")
    token = arguments.get("token")
    try:
        path = hf_hub_download(repo_id, "README.md", repo_type="dataset", revision=revision, token=token)
        card = Path(path).read_text(encoding="utf-8")
    except EntryNotFoundError:
        card = ""
    HfApi(token=token).upload_file(
        path_or_fileobj=with_audit(card, report).encode(),
        path_in_repo="README.md",
        repo_id=repo_id,
        repo_type="dataset",
        revision=revision,
        commit_message="Add the audit to the dataset card",
    )
    return commit


def _only(report: Report) -> DatasetReport:
    if len(report.datasets) != 1:
        raise InputError(
            f"a dataset card is about one dataset, and the report about {len(report.datasets)}",
            help="scan the one that the card belongs to",
        )
    return report.datasets[0]


def _check_same_rows(dataset: Any, report: Report, request: Request) -> None:  # noqa: ANN401
    audited = _only(report)
    subject = subject_of(dataset, request)
    if subject.frame.digest != audited.digest:
        raise AuditError(
            f"the report is of other rows: digest {audited.digest[:16]}, and the dataset's is "
            f"{subject.frame.digest[:16]}",
            help="scan the dataset that is pushed",
        )
