from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.cli import main
from auditor.texts.lint import lint
from auditor.texts.sources import read_source, source_files
from builders.errors import InputError

DEFECT = "import random\n\n\ndef pick(source: str):\n    return random.Random(hash(source)).random()\n"
CLEAN = "print('nothing to see')\n"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def audit(*arguments: object, cwd: Path | None = None) -> Done:
    """Run the command in this process, as its entry point does."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main(["lint", *map(str, arguments)])
    status = ended.value.code
    return Done(status if isinstance(status, int) else 0, out.getvalue(), err.getvalue())


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "b.py").write_text(DEFECT)
    (tmp_path / "a.py").write_text(CLEAN)
    return tmp_path


def codes(path: Path) -> list[str]:
    report, _ = lint([path])
    return [finding.code for finding in report.findings()]


def test_exit_statuses(scripts):
    assert audit(scripts / "a.py").returncode == 0
    found = audit(scripts, "--format", "concise")
    assert found.returncode == 1
    assert found.stdout.startswith(f"{scripts}/b.py:5:26: error SRC001 `hash(source)`")
    assert found.stdout.endswith("[salted-seed]\n")
    assert found.stdout.count("\n") == 1
    assert audit(scripts, "--fail-on", "never").returncode == 0
    (scripts / "c.py").write_text("x = 1\ndef f(:\n")
    broken = audit(scripts, "--format", "concise")
    assert broken.returncode == 2
    assert "SRC001" in broken.stdout  # what could be looked at still was
    assert f"error: {scripts}/c.py:2:7: unread: the text fits no grammar up to Python 3.14" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_the_full_format_shows_line_and_help(scripts):
    done = audit(scripts)
    assert "  | return random.Random(hash(source)).random()\n" in done.stdout
    assert "  help: derive it from a digest" in done.stdout
    assert done.stdout.endswith("findings: 1 error; 6 lines in 2 files\n")


def test_json_is_the_report_and_sarif_has_the_place(scripts):
    report = json.loads(audit(scripts, "--format", "json").stdout)
    assert report["status"] == "findings"
    assert [(each["name"].rpartition("/")[2], each["status"]) for each in report["datasets"]] == [
        ("a.py", "clean"),
        ("b.py", "findings"),
    ]
    (finding,) = report["datasets"][1]["findings"]
    assert (finding["evidence"][0]["line"], finding["evidence"][0]["column"]) == (5, 26)
    sarif = json.loads(audit(scripts, "--format", "sarif").stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 5
    assert sarif["runs"][0]["tool"]["driver"]["rules"][0]["name"] == "salted-seed"


@pytest.mark.parametrize(
    "name", ["full", "concise", "json", "jsonl", "github", "gitlab", "sarif", "junit", "markdown"]
)
def test_every_format_says_it(scripts, name):
    done = audit(scripts, "--format", name)
    assert done.returncode == 1
    assert "salted anew" in done.stdout


def test_select_and_ignore(scripts):
    assert audit(scripts, "--ignore", "salted-seed").returncode == 0
    assert audit(scripts, "--select", "SRC002").returncode == 0
    assert audit(scripts, "--select", "SRC").returncode == 1
    unknown = audit(scripts, "--select", "salted-sead")
    assert unknown.returncode == 2
    assert "did you mean 'salted-seed'" in unknown.stderr


def test_a_selection_of_other_checks_is_no_clean_bill(scripts):
    done = audit(scripts, "--select", "CND001")
    assert done.returncode == 2
    assert "add --select SRC" in done.stderr
    assert audit(scripts, "--ignore", "SRC").returncode == 2


def test_configuration_and_baseline(scripts):
    (scripts / "audit.toml").write_text(
        '[severity]\nsalted-seed = "note"\n[[ignore]]\ncheck = "CND001"\nreason = "about datasets"\n'
    )
    done = audit("b.py", "--format", "concise", cwd=scripts)
    assert done.returncode == 0
    assert "SRC001" in done.stdout
    assert done.stderr == ""
    assert audit("b.py", "--fail-on", "note", cwd=scripts).returncode == 1
    (scripts / "audit.toml").unlink()
    known = scripts / "known.json"
    assert audit("b.py", "--write-baseline", known, cwd=scripts).returncode == 0
    (scripts / "b.py").write_text("# moved\n\n" + DEFECT)
    moved = audit("b.py", "--baseline", known, cwd=scripts)
    assert moved.returncode == 0
    assert "suppressed: known, in" in moved.stdout
    (scripts / "b.py").write_text(DEFECT + "random.seed(hash('new'))\n")
    assert audit("b.py", "--baseline", known, "--format", "concise", cwd=scripts).returncode == 1


def test_nothing_to_look_at_is_no_clean_bill(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        done = audit(path)
        assert done.returncode == 2
        assert "error: " in done.stderr


def test_diff_writes_nothing_and_fix_does(scripts):
    path = scripts / "b.py"
    shown = audit("--diff", path)
    assert shown.returncode == 1
    assert "+    return random.Random(int.from_bytes(hashlib.sha256(source.encode())" in shown.stdout
    assert "+import hashlib\n" in shown.stdout
    assert path.read_text() == DEFECT
    path.chmod(0o755)
    done = audit("--fix", path)
    assert done.returncode == 0, done.stderr
    assert "mended 1 finding\n" in done.stderr
    assert path.read_text().startswith("import hashlib\nimport random\n")
    assert audit("--diff", path).stdout == ""


def test_patch_applies(scripts):
    shown = audit("--diff", "b.py", cwd=scripts).stdout
    subprocess.run(["patch", "-p0"], cwd=scripts, input=shown, text=True, check=True, capture_output=True)
    assert audit(scripts).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "import random\nrandom.seed(hash('a'))  # audit: ignore[salted-seed] -- one process only\n",
        "import random\n# audit: ignore[SRC001, nan-argmax] -- one process only\nrandom.seed(hash('a'))\n",
        "import random\nrandom.seed(\n    hash('a')\n)  # audit: ignore[salted-seed] -- one process only\n",
        "import random\n# audit: ignore[salted-seed] -- one process only\n\n# why\nrandom.seed(\n    hash('a')\n)\n",
    ],
)
def test_ignores_are_reported_as_suppressed(tmp_path, text):
    path = tmp_path / "a.py"
    path.write_text(text)
    done = audit(path)
    assert done.returncode == 0
    assert "suppressed: one process only" in done.stdout
    assert "clean: 1 suppressed" in done.stdout
    assert audit("--fix", path).returncode == 0
    assert path.read_text() == text  # what is ignored is not mended either


@pytest.mark.parametrize(
    "comment",
    [
        "# audit: ignore[salted-seed]",
        "# audit: ignore[salted-seed] --",
        "# audit: ignore -- why",
        "# audit: ignore[] -- why",
        "# audit: ignore[salted-sead] -- why",
        "# audit: ignroe[salted-seed] -- why",
    ],
)
def test_an_ignore_that_would_do_nothing_is_an_error(tmp_path, comment):
    path = tmp_path / "a.py"
    path.write_text(f"import random\nrandom.seed(hash('a'))  {comment}\n")
    done = audit(path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_an_ignore_of_another_check_or_line_suppresses_nothing(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        "import random  # audit: ignore[salted-seed] -- too early\n"
        "x = '# audit: ignore[salted-seed] -- in a text'; random.seed(hash('a'))\n"
        "random.seed(hash('b'))  # audit: ignore[nan-argmax] -- another\n"
    )
    report, _ = lint([path])
    assert len(report.findings()) == 2
    assert [note.split(":")[0] for note in report.datasets[0].notes] == ["line 1", "line 3"]


@pytest.mark.parametrize(
    ("name", "data", "where"),
    [
        ("nul", b"x = 1\ny = '\0'\n", ":2"),
        ("syntax", b"x = (\n", ":1"),
        ("latin", b"x = 1\nname = '\xe9'\n", ":2"),
        ("encoding", b"# -*- coding: klingon -*-\nx = 1\n", ":1"),
        ("brackets", b"x = " + b"(" * 3000 + b")" * 3000 + b"\n", ":1"),
        ("minus", b"x = " + b"-" * 200_000 + b"1\n", ":1"),
        ("blocks", b"".join(b" " * i + b"if x:\n" for i in range(150)), ":"),
        ("tabs", b"if x:\n\ty = 1\n        z = 2\n", ":3"),
    ],
)
def test_what_does_not_parse_is_an_error_with_its_line(tmp_path, name, data, where):
    path = tmp_path / f"{name}.py"
    path.write_bytes(data)
    (tmp_path / "good.py").write_text(DEFECT)
    report, linted = lint([tmp_path])
    errors = [error for each in linted for error in each.errors]
    assert len(errors) == 1
    assert f"{name}.py{where}" in str(errors[0].where)
    assert report.status == "incomplete"
    assert len(report.findings()) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"# only a comment",
        b"\xef\xbb\xbf" + DEFECT.encode(),
        b"# -*- coding: latin-1 -*-\nname = '\xe9'\n" + DEFECT.encode(),
        DEFECT.encode().replace(b"\n", b"\r\n"),
        DEFECT.encode().replace(b"\n", b"\r"),
        b"x = " + b" + ".join([b"1"] * 900) + b"\n" + DEFECT.encode(),
        b"x = " + b"[" * 80 + b"]" * 80 + b"\n",
        "größe = '\u2028 \x0c ﷺ'\n".encode() + DEFECT.encode(),
        b"import random\nrandom.seed(hash('\\ud800'))\n",
        b"x = 'a'\n" * 20_000 + DEFECT.encode(),
    ],
)
def test_odd_files_are_read_and_mended_byte_for_byte(tmp_path, data):
    path = tmp_path / "a.py"
    path.write_bytes(data)
    report, linted = lint([path])
    assert [each.errors for each in linted] == [()]
    expected = 1 if b"hash(" in data else 0
    assert len(report.findings()) == expected
    after = audit("--fix", path)
    assert after.returncode == 0, after.stderr
    mended = path.read_bytes()
    if not expected:
        assert mended == data
    else:
        assert b"hashlib.sha256" in mended
        assert mended.count(b"\r") - data.count(b"\r") in (0, 1)
        assert mended.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")


def test_positions_count_characters(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("import random\nx = 'äöü𝒳'; random.seed(hash('a'))\n", encoding="utf-8")
    report, _ = lint([path])
    (finding,) = report.findings()
    assert finding.evidence[0].column == len("x = 'äöü𝒳'; random.seed(") + 1


def test_links_hidden_and_foreign_folders(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text(CLEAN)
    (tmp_path / "real" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "again.py").symlink_to(tmp_path / "real" / "a.py")
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "missing.py")
    for folder in (".venv", "site-packages", "__pycache__"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.py").write_text(DEFECT)
    found = source_files([tmp_path])
    assert [path.resolve().name for path in found] == ["a.py"]
    assert source_files([tmp_path / ".venv" / "b.py"])  # what is named is read


def test_exclude(scripts):
    assert [path.name for path in source_files([scripts], ["b.*"])] == ["a.py"]
    with pytest.raises(InputError):
        source_files([scripts], ["*.py"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(scripts):
    (scripts / "b.py").chmod(0)
    with pytest.raises(InputError):
        read_source(scripts / "b.py")


def test_nothing_is_imported_or_run(tmp_path):
    marker = tmp_path / "ran"
    path = tmp_path / "evil.py"
    path.write_text(f"open({str(marker)!r}, 'w')\nraise SystemExit(3)\n")
    assert audit(path).returncode == 0
    assert not marker.exists()


def test_hostile_text_is_inert(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("import random\nrandom.seed(hash('\x1b[31m' + a)) ; x = '::error::'\n")
    done = audit(path, "--format", "github")
    assert "\x1b" not in done.stdout
    assert "\x1b" not in audit(path).stdout


def test_findings_do_not_depend_on_the_hash_seed(scripts):
    (scripts / "many.py").write_text(
        "import random\n" + "".join(f"def f{i}(a{i}: str):\n    random.seed(hash(a{i}))\n" for i in range(9))
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "auditor", "lint", str(scripts), "--format", "json"],
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
            cwd=root,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
