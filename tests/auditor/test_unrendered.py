"""What the report says of rows that the chat template refuses."""

import json

from auditor.scanning.api import scan


def test_rows_that_the_template_refuses_are_not_predicted(tmp_path):
    path = tmp_path / "rows.jsonl"
    question = {"role": "user", "content": "q"}
    systems = [{"role": "system", "content": None}, {"role": "system", "content": "S"}]
    rows = [
        {"messages": [system, {**question, "content": f"q{number}"}, {"role": "assistant", "content": text}]}
        for system, text in zip(systems, ("[X] a", "a"), strict=True)
        for number in range(30)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = scan(path, label=["marker:[X]"])
    refused, rendered = sorted(report.datasets[0].conditions, key=lambda each: each.resolved_by != "error")
    assert (refused.resolved_by, refused.prediction.verdict) == ("error", "not applicable")
    assert refused.prediction.p_gold is None
    assert "refuses these rows" in refused.prediction.assumption
    assert rendered.prediction.verdict == "preserved"
    assert report.status == "incomplete"
