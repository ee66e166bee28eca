"""SARIF 2.1.0, the interchange format of static analysis; GitHub code scanning and most editors read it.

See docs.oasis-open.org/sarif/sarif/v2.1.0. Checks are rules with their pages as help, a suppressed finding has a
suppression with its reason, and an incomplete audit is an invocation that did not succeed.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from auditor.acceptance.fingerprint import Known, known_findings
from auditor.formats.escape import ascii_json, sarif_message, visible
from auditor.formats.pages import published
from auditor.formats.parts import incomplete, position
from checks.core.finding import Evidence
from checks.core.registry import Check, all_checks
from checks.core.report import Report

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(report: Report) -> str:
    """Return the report as one SARIF log with one run."""
    known = list(known_findings(report))
    names = {each.finding.code: each.finding.name for each in known}
    codes = sorted(names)
    pages = {check.code: check for check in all_checks()}
    unseen = [said for dataset in report.datasets if (said := incomplete(dataset)) is not None]
    invocation: dict[str, Any] = {"executionSuccessful": report.status != "incomplete"}
    if unseen:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": sarif_message(said)}} for said in unseen
        ]
    run = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "rules": [_rule(code, names[code], pages.get(code)) for code in codes],
            }
        },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes) for each in known],
    }
    return ascii_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, name: str, check: Check | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code, "name": name}
    if check is not None:
        level = check.severity
        rule["shortDescription"] = {"text": sarif_message(check.summary)}
        rule["help"] = {
            "text": sarif_message(check.section("What to do") or check.summary),
            "markdown": check.documentation,
        }
        rule["defaultConfiguration"] = {"level": level}
        if (page := published(name)) is not None:
            rule["helpUri"] = page
    return rule


def _result(known: Known, codes: list[str]) -> dict[str, Any]:
    finding = known.finding
    message = f"{known.dataset.name}: {finding.message}"
    if finding.help:
        message += f". Help: {finding.help}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.severity,
        "message": {"text": sarif_message(message)},
        "locations": [_location(known, finding.evidence[0] if finding.evidence else None)],
        "partialFingerprints": {"auditFinding/v1": known.identity},
        "properties": {
            "dataset": visible(known.dataset.name),
            "condition": finding.condition,
            "personas": [visible(persona) for persona in finding.personas],
            "counts": finding.counts,
            "prediction": finding.prediction.model_dump() if finding.prediction else None,
        },
    }
    if finding.evidence[1:]:
        result["relatedLocations"] = [_location(known, each) for each in finding.evidence[1:]]
    if finding.suppressed:
        result["suppressions"] = [{"kind": "external", "justification": visible(finding.suppressed)}]
    return result


def _location(known: Known, evidence: Evidence | None) -> dict[str, Any]:
    # Composed rows stand in no file: the dataset itself is then the (logical) place.
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": visible(known.dataset.name), "kind": "module"}]
    }
    if evidence is None:
        return location
    text = sarif_message(evidence.text)
    if evidence.path is None:
        where = sarif_message(position(evidence))
        location["message"] = {"text": f"{where}: {text}" if where else text}
        return location
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(evidence.path)}}
    if evidence.line is not None:
        region: dict[str, Any] = {"startLine": evidence.line, "snippet": {"text": visible(evidence.text)}}
        if evidence.column is not None:
            region["startColumn"] = evidence.column
        physical["region"] = region
    location["physicalLocation"] = physical
    location["message"] = {"text": text}
    return location


def _uri(path: str) -> str:
    """Return a path as a URI reference: relative paths stay so, for the reader to resolve against its checkout."""
    pure = PurePath(path)
    # A lone surrogate in a file name stands for a byte that is no UTF-8, which is what a URI can carry.
    quoted = quote(pure.as_posix().encode("utf-8", "surrogatepass"))
    return f"file://{quoted}" if pure.is_absolute() else quoted
