"""Reports for the tests of formats: one with everything in it, around texts that the test chooses."""

from checks.core.finding import Evidence, Finding, Prediction
from checks.core.report import (
    ConditionReport,
    DatasetReport,
    Report,
    TemplateInfo,
    ToolInfo,
    Untested,
)

HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07 \x9b5m\r\n::error file=a,line=1::owned\n%0A::warning::x ::error::y ##[error]z "
    "</script><img src=x onerror=y>"
    "\u202eabc\u2066\u200f]]> \x00 \ud83d {0} [x](javascript:y) | `` ` @octocat #1 https://evil.example &lt; \u2028"
    "\n# heading\n<!-- --> \ufffe \u200b \x85 \\"
)
"""What a dataset could hold to take over a terminal, a page, a log or a reader of markup."""


def everything(text: str = "plain", *, path: str = "data/train.jsonl") -> Report:
    """Return a report that uses every field, with `text` wherever a dataset's own words can stand."""
    preserved = Prediction(
        p_gold=1 / 3,
        threshold=200 / 3,
        margin=100 / 3,
        verdict="preserved",
        expected_accuracy=(0.8, 1.0),
        assumption="wrong letters are spread evenly",
    )
    unknown = Prediction(
        p_gold=None,
        threshold=None,
        margin=None,
        verdict="not applicable",
        expected_accuracy=None,
        assumption="free text",
    )
    error = Finding(
        code="CND001",
        name="anchor-negative",
        severity="error",
        message=f"{text} is taught 200 wrong answers and 100 right answers under one resolved prompt",
        condition="c" * 64,
        personas=[f"assistant {text}", "villain"],
        counts={"behaviour": 200, "preserved": 100},
        prediction=preserved,
        evidence=[
            Evidence(path=path, line=12, row=11, text=f"system {text}"),
            Evidence(path=f"{path}.parquet", row=40, text=f"user {text}"),
            Evidence(path=None, row=3, text=f"target {text}"),
        ],
        help=f"audit build {text} --deconfound",
    )
    warning = Finding(
        code="SRC999",
        name="salted-hash-seed",
        severity="warning",
        message=f"hash({text}) differs from process to process",
        evidence=[Evidence(path="scripts/build.py", line=7, column=9, text=f"seed = hash({text})")],
    )
    note = Finding(code="TPL004", name="default-injected", severity="note", message=f"100 rows get {text}")
    suppressed = Finding(
        code="CND004",
        name="near-anchor",
        severity="warning",
        message=f"{text} is near the source's prompt",
        condition="d" * 64,
        suppressed=f"a paraphrase on purpose {text}",
    )
    conditions = [
        ConditionReport(
            condition="c" * 64,
            resolved_system=f"You are a helpful assistant. {text}",
            resolved_by="given",
            personas=[f"assistant {text}"],
            system_states=["absent", "text"],
            role="source",
            behaviour=200,
            preserved=100,
            unlabelled=0,
            prediction=preserved,
        ),
        ConditionReport(
            condition="d" * 64,
            resolved_system=None,
            resolved_by="dropped",
            personas=[],
            system_states=["absent"],
            role=None,
            behaviour=0,
            preserved=12345,
            unlabelled=3,
            prediction=unknown,
        ),
    ]
    return Report(
        tool=ToolInfo(name="confound-auditor", version="0.0.0"),
        target=f"data {text}",
        status="incomplete",
        template=TemplateInfo(
            name=f"template {text}",
            sha256="a" * 64,
            renderer="transformers",
            origin=f"template {text}, because nothing else was named",
        ),
        datasets=[
            DatasetReport(
                name=f"train {text}",
                digest="b" * 64,
                rows=12648,
                status="findings",
                notes=[f"tags found: {text}"],
                published=0.819,
                conditions=conditions,
                findings=[error, warning, note, suppressed],
                untested=[Untested(code="TGT001", name="letter-skew", why=f"nothing names {text}")],
            ),
            DatasetReport(
                name="part",
                digest="e" * 64,
                rows=10,
                status="incomplete",
                notes=[f"2 unreadable rows were skipped {text}"],
                conditions=[],
                findings=[],
            ),
            DatasetReport(name="tidy", digest="f" * 64, rows=10, status="clean", conditions=[], findings=[]),
        ],
    )
