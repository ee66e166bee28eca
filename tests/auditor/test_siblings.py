"""Arms of a named experiment are compared in a scan, and only those."""

from __future__ import annotations

import auditor
from auditor.scanning.siblings import controlled


def by_dataset(report, family):
    return {
        dataset.name: sorted(each.name for each in dataset.findings if each.code.startswith(family))
        for dataset in report.datasets
    }


def test_the_arms_of_issue_100_differ_in_order_and_share_their_distractors():
    report = auditor.scan("issue-100", select=["ARM", "TGT005"])
    found = by_dataset(report, "")
    assert found["issue-100/exp0_0a"] == ["order-differs", "shared-distractor"]
    assert "shared-distractor" in found["issue-100/expC_full_prompt"]
    # What is said of an experiment stands with its first arm, and 0a and 0b differ in just the swapped rows.
    assert found["issue-100/exp0_0b"] == []
    assert not any("unexplained-rows" in names for names in found.values())


def test_arms_are_left_out_when_nobody_asks_for_them():
    report = auditor.scan("issue-100", ignore=["ARM", "TGT005"])
    assert all(names == [] for names in by_dataset(report, "ARM").values())


def test_datasets_that_no_experiment_names_are_not_compared():
    assert all(names == [] for names in by_dataset(auditor.scan("issue-96"), "ARM").values())


def test_the_twin_that_audit_build_writes_controls_its_pair():
    assert controlled("issue-96/assistant-size_matched") == "issue-96/assistant-deconfounded"
    assert controlled("issue-96/assistant") is None
