from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.texts.lint import lint, write_mended
from builders.errors import InputError
from checks.src.notebook import read_notebook
from tests.checks.source import patient


def cell(text: str, kind: str = "code") -> dict[str, Any]:
    body: dict[str, Any] = {
        "cell_type": kind,
        "id": "x",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return body | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    document = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


MAGICS = cell("%load_ext autoreload\n!pip install torch\nfiles = !ls\nprint?\n?print\nx = 5 \\\n  % 2\n")


def test_findings_stand_where_the_cell_stands(tmp_path):
    text = notebook(
        cell("# Title\n", "markdown"),
        MAGICS,
        cell("%%bash\nif [ -f x ]; then hash(\nfi\n"),
        cell("%%time\nimport random\ndef f(name: str):\n    !echo {name}\n    random.seed(hash(name))"),
    )
    path = write(tmp_path / "a.ipynb", text)
    report, linted = lint([path])
    assert not linted[0].errors
    (finding,) = report.findings()
    (evidence,) = finding.evidence
    assert evidence.text == "cell 4, line 5: random.seed(hash(name))"
    assert evidence.column == 17
    assert "random.seed(hash(name))" in text.splitlines()[(evidence.line or 0) - 1]


def test_names_are_followed_across_cells(tmp_path):
    path = write(
        tmp_path / "a.ipynb",
        notebook(cell("import random\nname = str(x)\nvalue = hash(name)\n"), cell("random.seed(value)\n")),
    )
    report, _ = lint([path])
    assert [finding.code for finding in report.findings()] == ["SRC001"]


def test_a_shuffle_in_a_notebook_is_in_a_script(tmp_path):
    code = "import random\nrandom.shuffle(rows)\njson.dump(rows[:9], file)\n"
    path = write(tmp_path / "a.ipynb", notebook(cell(code)))
    report, _ = lint([path])
    assert [finding.code for finding in report.findings()] == ["SRC005"]


@pytest.mark.parametrize("imports", [True, False])
def test_fix_changes_the_cell_and_nothing_else(tmp_path, imports):
    first = cell("%matplotlib inline\nimport random\n") if imports else cell("%matplotlib inline\nx = 1\n")
    cells = [
        cell("Grüße\n", "markdown"),
        first,
        cell("def f(n: str):\n    random.seed(hash(n))"),
        cell("!ls\nf('é')"),
    ]
    path = write(tmp_path / "a.ipynb", notebook(*cells, kernelspec={"language": "python"}))
    before = json.loads(path.read_text())
    _, linted = lint([path], mend=True)
    assert write_mended(linted) == 1
    after = json.loads(path.read_text())
    sources = [["".join(each["source"]) for each in document["cells"]] for document in (before, after)]
    seed = 'def f(n: str):\n    random.seed(int.from_bytes(hashlib.sha256(n.encode()).digest()[:8], "big"))'
    if imports:
        assert sources[1] == [
            sources[0][0],
            "%matplotlib inline\nimport hashlib\nimport random\n",
            seed,
            sources[0][3],
        ]
    else:
        assert sources[1] == [sources[0][0], sources[0][1], "import hashlib\n" + seed, sources[0][3]]
    for document in (before, after):
        for each in document["cells"]:
            del each["source"]
    assert before == after
    assert path.read_text(encoding="utf-8").startswith('{\n "cells": [\n')
    assert "Grüße" in path.read_text(encoding="utf-8")


def test_a_notebook_in_another_layout_is_not_rewritten(tmp_path):
    text = notebook(cell("def f(n: str):\n    seed = hash(n)\n")).replace(
        '"metadata": {}', '"metadata":   {}'
    )
    path = write(tmp_path / "a.ipynb", text)
    report, linted = lint([path], mend=True)
    assert write_mended(linted) == 0
    assert path.read_text() == text
    assert len(report.findings()) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "no cells"),
        ('{"cells": 3}', "no cells"),
        ("[" * 200_000, "no JSON"),
        (notebook(cell("x <- 1"), kernelspec={"language": "R"}), "a notebook in R"),
    ],
)
def test_bad_notebooks(tmp_path, text, says):
    path = write(tmp_path / "a.ipynb", text)
    with pytest.raises(InputError) as caught:
        read_notebook(str(path), text)
    assert says in str(caught.value)
    _, linted = lint([path])
    assert linted[0].errors


SEEDED = "import random\nname = str(x)\nrandom.seed(hash(name))\n"


@pytest.mark.parametrize("broken", ["%ls\ndef f(:\n", "x = 'a\n", "x = (\n", "x = '\0'\n", "if x:\ny\n"])
def test_an_unread_cell_does_not_hide_the_others(tmp_path, broken):
    path = write(tmp_path / "a.ipynb", notebook(cell("y = 1\n"), cell(broken), cell(SEEDED)))
    report, (linted,) = lint([path])
    (error,) = linted.errors
    assert "cell 2:" in str(error)
    assert report.status == "incomplete"
    assert [each.text for each in report.findings()[0].evidence] == [
        "cell 3, line 3: random.seed(hash(name))"
    ]
    assert str(error) in report.datasets[0].notes


def test_several_unread_cells_are_all_told(tmp_path):
    path = write(tmp_path / "a.ipynb", notebook(cell("(\n"), cell("x = 1\n"), cell("def\n")))
    report, (linted,) = lint([path])
    assert ["cell 1" in str(linted.errors[0]), "cell 3" in str(linted.errors[1])] == [True, True]
    assert (report.status, report.findings()) == ("incomplete", [])


@pytest.mark.parametrize(("unread", "found"), [("random.seed(7\n", 0), ("x = (7\n", 1)])
def test_an_unread_cell_may_have_seeded(tmp_path, unread, found):
    code = "import json, random\nrandom.shuffle(rows)\njson.dump(rows[:9], file)\n"
    report, _ = lint([write(tmp_path / "a.ipynb", notebook(cell(unread), cell(code)))])
    assert len(report.findings()) == found


def test_mending_leaves_an_unread_cell_as_it_is(tmp_path):
    broken = cell("def f(:\n    x\n")
    path = write(tmp_path / "a.ipynb", notebook(broken, cell(SEEDED)))
    _, linted = lint([path], mend=True)
    assert write_mended(linted) == 1
    after = json.loads(path.read_text())["cells"]
    assert after[0] == broken
    assert "hashlib.sha256(name.encode())" in "".join(after[1]["source"])


@pytest.mark.parametrize(
    "source", [[], "", "x = 1", ["x = 1"], ["x = 1\n", "\n"], "%%html\n<b>", "%%capture out\nx = 1\n"]
)
def test_sources_of_every_form(source):
    body = cell("") | {"source": source}
    found = read_notebook("a.ipynb", notebook(body, cell("y = 2\n")))
    assert found.module.lines[-1] == "y = 2\n"
    assert len(found.places) == len(found.module.lines) == len(found.original)


LINES = st.lists(
    st.sampled_from(
        ["x = 1", "%time f()", "!ls", "def f():", "    return 1", "# ?", "", "print(x)?", "y = 'ä\"'"]
    ),
    max_size=6,
).map("\n".join)


@patient
@given(st.lists(LINES, max_size=4))
def test_lines_stay_lines(cells):
    text = notebook(*map(cell, cells))
    try:
        found = read_notebook("a.ipynb", text)
    except InputError:
        return
    assert len(found.places) == len(found.module.lines)
    assert "".join(found.original).replace("\n", "") == "".join(cells).replace("\n", "")
    assert found.with_text(found.module.text) == text


@pytest.mark.parametrize(
    "lines",
    [
        ["!run_eval \\\n", "    --model small \\\n", "    --limit 10\n"],
        ["files = !ls \\\n", "  *.py\n", "x = 1\n"],
        ["if x:\n", "    !pip install \\\n", "        trl\n", "y = (b\n", "%  a)\n"],
        ["%cd ..\n", "t = '''\n", "! no magic\n", "'''\n"],
        ["!echo \"it's\n", "x = [\n", "  1\n", "]\n"],
        ["t?\n", "%time f()\n", "\n", 'x = f"{a["b"]}"\n'],
    ],
)
def test_magics_are_told_from_python(tmp_path, lines):
    path = tmp_path / "n.ipynb"
    defect = ["import random\n", "rng = random.Random(hash('villain'))\n"]
    cells = [{"cell_type": "code", "source": each, "metadata": {}, "outputs": []} for each in (lines, defect)]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    report, linted = lint([path])
    assert not linted[0].errors
    (finding,) = report.findings()
    assert (finding.code, finding.evidence[0].text[:14]) == ("SRC001", "cell 2, line 2")


def test_a_cell_that_no_grammar_explains_is_unread(tmp_path):
    path = tmp_path / "n.ipynb"
    cells = [{"cell_type": "code", "source": ["print 'old'\n"], "metadata": {}, "outputs": []}]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    report, linted = lint([path])
    assert report.status == "incomplete"
    assert "unread: the text fits no grammar up to Python 3.14" in str(linted[0].errors[0])
