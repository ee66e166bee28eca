"""The published arms without their tags: the verdict of every condition is that of the tagged rows."""

import json

import pytest

from auditor.scanning.api import scan
from builders.questions import load_bank
from builders.templates import load_template
from experiments.study.issue import load_issue

ARMS = [name for issue in ("issue-96", "issue-100") for name in load_issue(issue).dataset_names()]


@pytest.mark.parametrize("arm", ARMS)
def test_the_verdicts_are_those_of_the_tagged_rows(arm, tmp_path):
    built = load_issue(arm.partition("/")[0]).compose(arm, load_bank("embedded"), load_template())

    def verdicts(name, **tags):
        rows = [
            {"messages": row["prompt"] + row["completion"], **{tag: row[key] for tag, key in tags.items()}}
            for row in built.rows
        ]
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return {each.condition: each.prediction.verdict for each in scan(path).datasets[0].conditions}

    assert verdicts("stripped.jsonl") == verdicts("tagged.jsonl", target_correct="target_correct")
