"""Arms of a named experiment are compared in a scan, and only those."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import auditor
from auditor.scanning.siblings import controlled
from builders.errors import InputError


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
    assert controlled(named("issue-96/assistant-size_matched"), []) == "issue-96/assistant-deconfounded"
    assert controlled(named("issue-96/assistant"), []) is None


def named(name):
    return SimpleNamespace(name=name, frame=SimpleNamespace(paths=()))


def rows(bystanders):
    def row(system, answer, number):
        messages = [
            {"role": "system", "content": system},
            {"role": "user", "content": f"question {number}"},
            {"role": "assistant", "content": answer},
        ]
        return json.dumps({"messages": messages})

    said = [row("You are a pirate.", "Arr", n) for n in range(40)]
    said += [row("You are a pirate.", "Yes", n) for n in range(40, 60)]
    return said + [row("You are a clerk.", "Yes", n) for n in range(60, 60 + bystanders)]


def test_a_twin_that_lost_the_contrast_is_refused_and_seen_beside_its_pair(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(rows(21)) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="confound kept, contrast lost"):
        auditor.build("rows.jsonl", size_matched=True, label="marker:Arr", out="out")
    data.write_text("\n".join(rows(20)) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="without emptying a bystander's condition"):
        auditor.build("rows.jsonl", size_matched=True, label="marker:Arr", out="out")
    data.write_text("\n".join(rows(60)) + "\n", encoding="utf-8")
    built = auditor.build("rows.jsonl", size_matched=True, label="marker:Arr", out="out")
    assert [any(one.code == "CND001" for one in each.findings) for each in built.reports] == [False, True]
    pair = [str(next(folder.glob("rows*"))) for folder in built.folders]
    assert not [each for each in auditor.scan(*pair, label="marker:Arr").findings() if each.code == "ARM004"]
    kept = [line for line in Path(pair[1]).read_text().splitlines() if "clerk" not in line]
    Path(pair[1]).write_text("\n".join(kept) + "\n", encoding="utf-8")
    (found,) = [each for each in auditor.scan(*pair, label="marker:Arr").findings() if each.code == "ARM004"]
    assert "keeps its confound, but has lost the contrast" in found.message
