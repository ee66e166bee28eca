"""Run folders: keys, locks, the ledger."""

import json
import multiprocessing
import time

import pytest

from builders.errors import InputError
from experiments.study.runs import (
    RunBusyError,
    RunKey,
    finished,
    list_runs,
    locked,
    note,
    read_ledger,
    run_folder,
    write_key,
)

KEY = RunKey(
    arm="a",
    seed=1,
    dataset_digest="d",
    audit_digest="u",
    template_sha256="t",
    config_digest="c",
    model="m",
    model_digest="w",
    evaluation_digest="e",
    device="cpu",
    versions={"torch": "2"},
)


@pytest.mark.parametrize("field", [name for name in RunKey.model_fields if name not in ("seed", "versions")])
def test_every_part_of_the_key_makes_another_folder(tmp_path, field):
    assert run_folder(tmp_path, KEY.model_copy(update={field: "x"})) != run_folder(tmp_path, KEY)


def test_seed_and_versions_are_parts_of_the_key():
    assert KEY.model_copy(update={"seed": 2}).digest != KEY.digest
    assert KEY.model_copy(update={"versions": {"torch": "3"}}).digest != KEY.digest


def test_a_result_without_its_key_is_not_reused(tmp_path):
    (tmp_path / "run_result.json").write_text("{}")
    assert finished(tmp_path, KEY) is None
    write_key(tmp_path, KEY.model_copy(update={"seed": 2}))
    assert finished(tmp_path, KEY) is None
    (tmp_path / "run_result.json").unlink()
    write_key(tmp_path, KEY)
    assert finished(tmp_path, KEY) is None


def _hold(folder, held):
    with locked(folder):
        held.set()
        time.sleep(60)


def test_a_locked_folder_is_busy_until_its_process_is_gone(tmp_path):
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    other = context.Process(target=_hold, args=(tmp_path, held))
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(RunBusyError, match="another process"), locked(tmp_path, wait=0.1):
            pass
    finally:
        other.kill()
        other.join()
    with locked(tmp_path, wait=5):
        pass


def test_the_ledger_only_grows_and_a_torn_line_is_left_out(tmp_path):
    note(tmp_path, "started", arm="a")
    note(tmp_path, "finished", arm="a")
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write('{"event": "sta')
    assert [line["event"] for line in read_ledger(tmp_path)] == ["started", "finished"]
    assert all(json.loads(line)["at"] for line in (tmp_path / "ledger.jsonl").read_text().splitlines()[:2])


def test_no_runs_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        list_runs(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        list_runs(tmp_path / "nowhere")
