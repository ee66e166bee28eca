"""The card says what the run folder says, and `audit writeup` finds nothing to say about it."""

import contextlib
import io
import json

import pytest
import yaml

from auditor.cli import main
from builders.errors import InputError
from checks.core.result import Score
from experiments.study.card import card_markdown, read_card
from experiments.study.runs import Details
from experiments.training.config import make_config
from tests.checks.test_result import run


@pytest.fixture
def folder(tmp_path):
    result = run(dataset="issue-100/exp0_0a", versions={"trl": "1.16", "torch": "2.13"}, device="cpu")
    other = result.evaluations[0].model_copy(
        update={"persona": "villain", "after": Score(correct=500, total=586)}
    )
    result = result.model_copy(update={"evaluations": [*result.evaluations, other]})
    (tmp_path / "run_result.json").write_text(result.model_dump_json())
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(make_config().model_dump(mode="json")))
    details = Details(
        trainable_parameters=80_740_352,
        parameters=7_696_356_864,
        loss_tokens=1400,
        tokens=70_000,
        longest_row=240,
        rows_cut=0,
        losses=[1.0],
        imprint=None,
        seconds={"training": 240.0, "evaluation": 60.0},
    )
    (tmp_path / "details.json").write_text(details.model_dump_json())
    return tmp_path


def audit(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


def test_the_card_says_what_the_run_says(folder):
    text = card_markdown([read_card(folder)])
    for part in (
        "r=32, alpha=64, dropout=0.05, rslora=True",
        "80,740,352 trainable parameters",
        "lr=1e-05, cosine schedule, warmup_ratio=0.05, 3 epochs, weight_decay=0; 132 steps",
        "effective batch size 16 (4 per device x 4 grad_accum), max_length=1024",
        "| Seed | 42 |",
        "arm exp0_0a: pre-training 492/586 = 84.0%; post-training 11/586 = 1.9%",
        "under villain: 500/586 = 85.3% after training",
        "torch 2.13, trl 1.16",
        "cpu, 5.0 minutes",
    ):
        assert part in text


def test_a_write_up_with_the_card_has_nothing_to_mend(folder, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# T\n\n## Summary\n\n## Design\n\n## Results\n\n" + card_markdown([read_card(folder)]))
    status, out, _ = audit("writeup", page, "--results", folder, "--format", "json", "--numbers")
    [dataset] = json.loads(out)["datasets"]
    assert (status, dataset["findings"]) == (0, [])
    compared = [note for note in dataset["notes"] if note.startswith("line ")]
    assert len(compared) >= 16
    assert not [note for note in compared if "disagrees" in note]
    page.write_text(
        page.read_text().replace("max_length=1024", "max_length=2048").replace("11/586 = 1.9", "12/586 = 2.0")
    )
    status, out, _ = audit("writeup", page, "--results", folder, "--format", "concise")
    assert status == 1
    assert {line.split()[2] for line in out.splitlines()} == {"WRT006", "WRT017"}


def test_the_command_prints_and_writes(folder, tmp_path):
    assert audit("card", folder)[1] == card_markdown([read_card(folder)])
    file = tmp_path / "card.json"
    assert audit("card", folder, "--format", "json", "--out", file)[0] == 0
    assert json.loads(file.read_text())[0]["trainable_parameters"] == 80_740_352
    assert audit("card", tmp_path / "none")[0] == 2


def test_what_is_missing_is_said(folder):
    (folder / "details.json").unlink()
    card = read_card(folder)
    assert (card.trainable_parameters, card.seconds) == (None, None)
    assert "trainable parameters" not in card_markdown([card])
    (folder / "details.json").write_text("{")
    with pytest.raises(InputError, match="details of a run"):
        read_card(folder)
    (folder / "details.json").unlink()
    (folder / "config.yaml").unlink()
    with pytest.raises(InputError, match=r"config\.yaml"):
        read_card(folder)


def test_names_are_inert(folder):
    result = run(dataset="a|b", model="<script>x</script>\n## no", device="[a](javascript:x)")
    (folder / "run_result.json").write_text(result.model_dump_json())
    text = card_markdown([read_card(folder)])
    assert "<script>" not in text.replace("\\<", "")
    assert "\n## no" not in text
    assert all(line.replace("\\|", "").count("|") in {0, 3} for line in text.splitlines())
