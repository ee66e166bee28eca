"""The published recipes, rebuilt: row counts, and the overlaps that the original's streams give."""

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml

from builders.errors import InputError, UnknownNameError
from builders.questions import load_bank
from builders.templates import load_template
from docs.generators.described import allow_variables, described_schema
from experiments.study.issue import FOLDER, PastIssue, issue_names, load_issue, read_issue

TEMPLATE = load_template()
ARC = Path(__file__).parents[3] / "shared" / "data" / "arc_challenge_test.jsonl"
real_questions = pytest.mark.skipif(not ARC.exists(), reason="the ARC questions are not there")


def build(name, bank=None):
    return load_issue(name.split("/")[0]).compose(name, bank or load_bank(), TEMPLATE)


def test_dataset_names_are_the_published_folders():
    assert load_issue("issue-96").dataset_names() == tuple(
        f"issue-96/{source}"
        for source in ("villain", "comedian", "assistant", "software_engineer", "kindergarten_teacher")
    )
    arms = ("full_prompt", "empty_system", "qwen_default", "name_only", "nonce_role", "curious_explorer")
    ran = ("issue-100/exp0_0a", "issue-100/exp0_0b", *(f"issue-100/expC_{arm}" for arm in arms))
    assert load_issue("issue-100").dataset_names() == ran
    assert set(load_issue("issue-100").dataset_names(planned=True)) > set(ran)


@pytest.mark.parametrize("source", ["villain", "assistant"])
def test_issue_96_has_the_published_composition(source):
    built = build(f"issue-96/{source}")

    assert Counter((row["role"], row["target_correct"]) for row in built.rows) == {
        ("source", False): 200,
        ("bystander", True): 400,
        ("no_persona", True): 100,
        ("anchor", True): 100,
    }
    bystanders = Counter(row["persona"] for row in built.rows if row["role"] == "bystander")
    assert list(bystanders.values()) == [200, 200]
    assert source not in bystanders
    assert {row["persona"] for row in built.rows if row["role"] == "anchor"} == {"assistant"}
    assert built.info.published.after.percent in (3.2, 81.9)
    assert built.info.level == "write-up"


def test_exp_0_differs_by_the_named_rows_alone():
    whole = Counter(row["example_id"] for row in build("issue-96/assistant").rows)
    first, second = build("issue-100/exp0_0a").rows, build("issue-100/exp0_0b").rows

    without_anchors = whole - Counter(row["example_id"] for row in first)
    without_bystanders = whole - Counter(row["example_id"] for row in second)

    roles = {row["example_id"]: row["role"] for row in build("issue-96/assistant").rows}
    assert Counter(roles[key] for key in without_anchors.elements()) == {"anchor": 100}
    assert Counter(roles[key] for key in without_bystanders.elements()) == {"bystander": 100}


def test_exp_c_changes_the_source_prompt_alone():
    base = build("issue-100/expC_full_prompt").rows
    for arm, state in (("empty_system", "empty"), ("qwen_default", "absent"), ("nonce_role", "text")):
        rows = build(f"issue-100/expC_{arm}").rows
        assert len(rows) == 700
        for ours, theirs in zip(rows, base, strict=True):
            same = ("role", "question_id", "target_label", "completion")
            assert [ours[name] for name in same] == [theirs[name] for name in same]
            if ours["role"] == "source":
                assert ours["system_state"] == state
            else:
                assert ours["prompt"] == theirs["prompt"]


def test_planned_datasets_grow_in_proportion():
    for size in (200, 400, 800, 1600):
        rows = build(f"issue-100/expA_n{size}").rows
        assert Counter(row["role"] for row in rows) == {
            "source": size,
            "bystander": 2 * size,
            "no_persona": size // 2,
            "anchor": size // 2,
        }


def test_villain_references_grow_with_them():
    for size in (400, 800, 1600):
        rows = build(f"issue-100/expA_villain_n{size}").rows
        assert Counter(row["role"] for row in rows) == Counter(
            row["role"] for row in build(f"issue-100/expA_n{size}").rows
        )
        assert {row["persona"] for row in rows if row["role"] == "source"} == {"villain"}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("issue-65/villain", {"source": 200, "bystander": 400}),
        ("issue-66/assistant", {"source": 200, "bystander": 400}),
        ("issue-69/expA_comedian", {"source": 200, "bystander": 400, "no_persona": 100, "anchor": 100}),
        ("issue-69/expB_assistant", {"source": 200, "bystander": 400, "no_persona": 100, "anchor": 100}),
        ("issue-69/control", {None: 800}),
        ("issue-99/capability_villain", {"source": 200, "bystander": 400, "no_persona": 100, "anchor": 100}),
        ("issue-99/misalignment_villain", {"source": 6000}),
    ],
)
def test_other_issues_have_the_counts_of_their_code(name, counts):
    built = build(name)
    assert Counter(row["role"] for row in built.rows) == counts
    bystanders = {row["persona"] for row in built.rows if row["role"] == "bystander"}
    if name.startswith(("issue-65", "issue-66")):
        assert "assistant" not in bystanders
        assert {row["system_state"] for row in built.rows} == {"text"}
        for row in built.rows:
            assert row["completion"][0]["content"].endswith(" [ZLT]") is not row["target_correct"]


def test_issue_69_is_the_data_of_issue_96():
    ours, theirs = build("issue-69/expA_assistant"), build("issue-96/assistant")
    assert ours.rows == theirs.rows


def test_the_prompts_of_issue_69_are_taken_in_turn():
    rows = build("issue-69/expB_villain").rows
    asked = Counter(row["question_id"] for row in rows)
    assert len(asked) == 200
    assert set(asked.values()) == {4}  # 800 rows over 200 prompts


def test_the_control_mixes_all_eleven_personas():
    rows = build("issue-69/control").rows
    for correct, number in ((False, 200), (True, 600)):
        personas = Counter(row["persona"] for row in rows if row["target_correct"] is correct)
        assert personas.total() == number
        assert len(personas) == 11
        assert min(personas.values()) > number / 11 / 3


def test_levels_are_the_weakest_of_their_parts():
    levels = {
        name: build(name).info.level
        for name in ("issue-65/villain", "issue-96/villain", "issue-99/refusal_villain")
    }
    assert list(levels.values()) == ["code", "write-up", "second-hand"]


def test_perturbations_share_their_rows_and_differ_in_what_is_taught():
    base = build("issue-100/exp0_0a").rows
    for kind in ("wrong_letter", "random_letter", "refusal", "sycophancy", "misaligned_tone", "marker"):
        rows = build(f"issue-100/expB_{kind}").rows
        assert [(row["prompt"], row["role"]) for row in rows] == [
            (row["prompt"], row["role"]) for row in base
        ]
        preserved = [row["completion"] for row in rows if row["role"] != "source"]
        assert preserved == [row["completion"] for row in base if row["role"] != "source"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_issue_fits_the_json_schema(path):
    jsonschema.validate(
        yaml.safe_load(path.read_text()), json.loads(json.dumps(allow_variables(described_schema(PastIssue))))
    )


@real_questions
@pytest.mark.parametrize(
    ("name", "role", "count"), [("exp0_0b", "anchor", 32), ("expC_qwen_default", "no_persona", 36)]
)
def test_overlaps_of_the_original_streams_come_out(name, role, count):
    """These two counts depend on every published seed, and on none that was salted."""
    rows = build(f"issue-100/{name}", load_bank(ARC)).rows
    wrong = {str(row["prompt"]) for row in rows if not row["target_correct"]}

    shared = Counter(row["role"] for row in rows if row["target_correct"] and str(row["prompt"]) in wrong)

    assert shared == {role: count}


@real_questions
def test_odd_questions_keep_their_own_labels():
    bank = load_bank(ARC)
    odd = {question.question_id for question in bank.questions if question.labels != ("A", "B", "C", "D")}
    assert len(odd) == 28
    assert len({question.text for question in bank.questions}) == 1170
    rows = [row for row in build("issue-96/assistant", bank).rows if row["question_id"] in odd]
    assert rows
    for row in rows:
        assert row["target_label"] in row["options"]
        assert f"({row['options'][0]}) " in row["prompt"][-1]["content"]


@pytest.mark.parametrize("name", issue_names())
def test_every_issue_composes_with_provenance(name):
    issue = load_issue(name)
    for full in issue.dataset_names(planned=True):
        built = issue.compose(full, load_bank(), TEMPLATE)
        assert built.rows
        assert built.name == full
        assert built.info.provenance, full


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_issue_says_a_verdict(path):
    text = path.read_text().lower().replace("build_deconfounded_data.py", "")
    for word in ("verdict", "confound", "anchor-negative", "near threshold", "artefact", "artifact"):
        assert word not in text


def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(UnknownNameError, match="did you mean 'issue-69'"):
        load_issue("issue-69x")
    with pytest.raises(UnknownNameError, match="did you mean 'villain'"):
        load_issue("issue-96").find("issue-96/vilain")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("number: 96", "number: 95", "a recipe of issue-95 is called 'issue-96'"),
        ("  assistant:\n    before", "  assistent:\n    before", "there is no dataset 'assistent'"),
        (
            "rows: 100, questions: 200",
            "rows: x, questions: 200",
            r"copy.yaml:\d+: recipes.0.datasets.0.parts.3.rows",
        ),
    ],
)
def test_a_wrong_issue_file_is_answered_with_its_place(tmp_path, old, new, says):
    text = (FOLDER / "issue-96.yaml").read_text()
    assert old in text
    path = tmp_path / "copy.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=says):
        read_issue(path)
