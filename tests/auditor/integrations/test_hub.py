"""The audit in a dataset card, and uploads that refuse without one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("datasets", reason="needs the train extra")

from datasets import Dataset

import auditor
from auditor.acceptance.verdict import ConfoundError
from auditor.formats.escape import visible
from auditor.integrations.hub import audit_in, push_to_hub, with_audit
from builders.errors import AuditError, InputError
from tests.auditor.formats.reports import HOSTILE, everything
from tests.auditor.integrations.hub_server import local_hub

HOME = Path(__file__).parents[3]
CARD = "---\nlicense: apache-2.0\ntags:\n- a\n---\n\n# Title\n\nText that stays.\n"


def one(text="plain"):
    report = everything(text)
    return report.model_copy(update={"datasets": report.datasets[:1], "status": "findings"})


def header(card):
    return yaml.safe_load(card.split("---\n")[1])


@pytest.mark.parametrize("text", ["plain", HOSTILE])
def test_the_card_holds_the_audit_beside_what_it_held(text):
    card = with_audit(CARD, one(text))
    assert header(card)["license"] == "apache-2.0"
    assert header(card)["tags"] == ["a"]
    assert "\n# Title\n\nText that stays.\n" in card
    said = audit_in(card)
    assert said == header(card)["audit"]
    assert (said["dataset"], said["rows"], said["status"]) == (visible(f"train {text}"), 12648, "findings")
    assert [each["code"] for each in said["findings"]] == ["CND001", "SRC999", "TPL004", "CND004"]
    assert [each["code"] for each in said["findings"] if "suppressed" in each] == ["CND004"]
    assert card.count("<!-- audit -->") == card.count("<!-- /audit -->") == 1
    assert card.count("\n## Audit of") == 1


def test_a_second_audit_replaces_the_first():
    card = with_audit(with_audit(CARD, one("first")), one("second"))
    assert "first" not in card
    assert card == with_audit(CARD, one("second"))
    assert with_audit(card, one("second")) == card


def test_an_empty_card_gets_one():
    card = with_audit("", one())
    assert audit_in(card)["rows"] == 12648
    assert audit_in("") is None
    assert audit_in(CARD) is None


def test_a_card_is_about_one_dataset():
    with pytest.raises(InputError, match="one dataset, and the report about 3"):
        with_audit(CARD, everything())


def rows(anchors):
    def row(system, label, number):
        user = f"Question {number}?\n\n(A) a\n(B) b\n(C) c\n(D) d\n\nThe correct answer is ("
        return {
            "prompt": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "completion": [{"role": "assistant", "content": f"{label})"}],
            "target_correct": label == "A",
        }

    wrong = [row("You are a villain.", "BCD"[number % 3], number) for number in range(30)]
    right = [row("You are a poet.", "A", number) for number in range(30)]
    return wrong + right + [row("You are a villain.", "A", 100 + number) for number in range(anchors)]


def test_nothing_is_pushed_without_an_audit_of_these_rows():
    dataset = Dataset.from_list(rows(10))
    with pytest.raises(AuditError, match="would be pushed without an audit\nhelp: pass report="):
        push_to_hub(dataset, "me/data")
    other = auditor.scan(Dataset.from_list(rows(0)))
    with pytest.raises(AuditError, match="the report is of other rows"):
        push_to_hub(dataset, "me/data", report=other)
    with pytest.raises(ConfoundError, match="CND001 error"):
        push_to_hub(dataset, "me/data", report=auditor.scan(dataset))


PUSH = """
import sys
import auditor
from datasets import Dataset
from auditor.integrations.hub import push_to_hub
from tests.auditor.integrations.test_hub import rows
dataset = Dataset.from_list(rows(int(sys.argv[1])))
if sys.argv[2] == "audited":
    push_to_hub(dataset, "me/data", report=auditor.scan(dataset))
else:
    push_to_hub(dataset, "me/data", without_audit=True)
"""


def push(hub, folder, *arguments):
    # In a process of its own: the clients read the address when they are imported.
    environment = {
        **os.environ,
        "PYTHONPATH": str(HOME),
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(folder),
        "HF_TOKEN": "hf_local",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-c", PUSH, *arguments],
        cwd=HOME,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_an_audited_dataset_is_pushed_with_its_audit_in_the_card(tmp_path):
    with local_hub() as hub:
        push(hub, tmp_path, "0", "audited")
        files = hub.repositories["me/data"]
        assert any(name.endswith(".parquet") for name in files)
        said = audit_in(files["README.md"].decode())
        report = auditor.scan(Dataset.from_list(rows(0)))
        assert (said["rows"], said["status"], said["digest"]) == (
            60,
            report.status,
            report.datasets[0].digest,
        )
        assert header(files["README.md"].decode())["configs"]
        assert hub.commits[-1] == "Add the audit to the dataset card"


def test_a_dataset_is_pushed_without_an_audit_where_that_is_said(tmp_path):
    with local_hub() as hub:
        push(hub, tmp_path, "10", "bare")
        assert audit_in(hub.repositories["me/data"]["README.md"].decode()) is None
