"""JUnit XML, for the test tab of any CI: a suite per dataset, a case per finding.

Errors and warnings are failures, a note is a case that passes and says so in its output, a suppressed finding is a
skipped case, and a dataset that could not be audited in full is an error. The elements are those of the schema of
Jenkins' xunit plugin (`junit-10.xsd`).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from auditor.formats.escape import log_line, visible
from auditor.formats.parts import incomplete, position
from checks.core.finding import Finding
from checks.core.report import DatasetReport, Report


def render(report: Report) -> str:
    """Return the report as one `testsuites` element."""
    suites = [_suite(dataset) for dataset in report.datasets]
    root = ET.Element(
        "testsuites", name=visible(f"{report.tool.name} {report.tool.version}: {report.target}")
    )
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.attrib[key]) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(dataset: DatasetReport) -> ET.Element:
    suite = ET.Element("testsuite", name=visible(dataset.name))
    if (unseen := incomplete(dataset)) is not None:
        _case(suite, "audit", "error", kind="incomplete", message=unseen)
    for finding in dataset.findings:
        name = f"{finding.code} {finding.name}"
        if finding.personas:
            name += f" [{', '.join(finding.personas)}]"
        severity, lines = finding.severity, _lines(finding)
        if finding.suppressed:
            _case(suite, name, "skipped", kind=severity, message=finding.suppressed, lines=lines)
        elif finding.severity == "note":
            _case(suite, name, "system-out", lines=[finding.message, *lines])
        else:
            _case(suite, name, "failure", kind=severity, message=finding.message, lines=lines)
    if not len(suite):
        # An empty suite reads as "nothing ran"; a clean audit did run.
        ET.SubElement(suite, "testcase", name="audit", classname=visible(dataset.name))
    suite.attrib |= {
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
    }
    return suite


def _case(
    suite: ET.Element,
    name: str,
    outcome: str,
    *,
    kind: str | None = None,
    message: str | None = None,
    lines: list[str] | None = None,
) -> None:
    case = ET.SubElement(suite, "testcase", name=visible(name), classname=suite.attrib["name"])
    element = ET.SubElement(case, outcome)
    if kind is not None:
        element.set("type", kind)
    if message is not None:
        element.set("message", visible(message))
    element.text = "\n".join(log_line(visible(line)) for line in lines) if lines else None


def _lines(finding: Finding) -> list[str]:
    lines = [finding.message] if finding.suppressed else []
    for each in finding.evidence:
        where = position(each)
        lines.append(f"{where}: {each.text}" if where else each.text)
    return [*lines, f"help: {finding.help}"] if finding.help else lines
