"""The PRV checks on real folders and files, and question-imbalance."""

import dataclasses
import json

import pytest

from auditor.scanning.api import scan
from builders.dataset import write_dataset
from builders.engine import lengths
from builders.questions import load_bank
from builders.templates import load_template
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.core.settings import Settings
from experiments.study.issue import load_issue
from tests.checks.rows import ABSENT, context, findings, group, names, said


@pytest.fixture
def folder(tmp_path):
    """A dataset folder as `audit build` writes it."""
    issue = load_issue("issue-96")
    write_dataset(issue.compose("issue-96/villain", load_bank("embedded"), load_template()), tmp_path)
    return tmp_path


def found(path, select="PRV"):
    [dataset] = scan(path, select=[select]).datasets
    return {finding.name: finding for finding in dataset.findings}


def edit(folder, change):
    path = folder / "data.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in change(rows)), "utf-8")


def renumber(rows):
    return [{**row, "row": number} for number, row in enumerate(rows)]


class TestManifest:
    def test_a_fresh_build_has_nothing_to_report(self, folder):
        assert found(folder) == {}

    def test_another_spelling_of_the_same_json_is_no_other_row(self, folder):
        edit(folder, lambda rows: [dict(reversed(row.items())) for row in rows])
        assert found(folder) == {}

    def test_one_removed_row(self, folder):
        edit(folder, lambda rows: renumber(rows[1:]))
        assert set(found(folder)) == {"count-mismatch", "stale-manifest"}
        counts = found(folder)["count-mismatch"].counts
        assert (counts["stated"], counts["rows"]) == (800, 799)

    def test_swapped_rows_are_stale_and_count_right(self, folder):
        edit(folder, lambda rows: renumber([rows[1], rows[0], *rows[2:]]))
        assert set(found(folder)) == {"stale-manifest"}

    def test_another_template_compares_totals(self, folder):
        edit(folder, lambda rows: renumber(rows[1:]))
        [dataset] = scan(folder, renderer="llamafactory", select=["PRV001"]).datasets
        [mismatch] = dataset.findings
        assert mismatch.condition is None
        assert "in all it says" in mismatch.message


def messages(rows):
    return "".join(
        json.dumps(
            {
                "messages": [
                    {"role": "system", "content": "S"},
                    {"role": "user", "content": f"q{number}"},
                    {"role": "assistant", "content": "A)"},
                ],
                "target_correct": True,
            }
        )
        + "\n"
        for number in rows
    )


class TestFiles:
    def test_no_papers_at_all(self, tmp_path):
        path = tmp_path / "train.jsonl"
        path.write_text(messages(range(5)))
        assert set(found(path)) == {"no-provenance"}

    def test_a_card_is_enough(self, tmp_path):
        path = tmp_path / "train.jsonl"
        path.write_text(messages(range(5)))
        (tmp_path / "README.md").write_text("# How it was made\n")
        assert found(path) == {}

    @pytest.mark.parametrize(("stated", "expected"), [(5, set()), (6, {"count-mismatch"})])
    def test_a_cards_count(self, tmp_path, stated, expected):
        path = tmp_path / "train.jsonl"
        path.write_text(messages(range(5)))
        front = f"dataset_info:\n  splits:\n  - name: train\n    num_examples: {stated}\n"
        (tmp_path / "README.md").write_text(f"---\n{front}---\n# Card\n")
        assert set(found(path)) == expected

    def test_a_broken_card_says_nothing(self, tmp_path):
        path = tmp_path / "train.jsonl"
        path.write_text(messages(range(5)))
        (tmp_path / "README.md").write_text("---\n{{{\n---\n")
        assert found(path) == {}

    def test_duplicates(self, tmp_path):
        path = tmp_path / "train.jsonl"
        path.write_text(messages([0, 1, 2, 1, 1]))
        duplicate = found(path)["duplicate-rows"]
        assert duplicate.counts == {"surplus": 2, "distinct": 1, "most": 3}
        assert "2 rows repeat another one exactly (1 row with up to 3 copies)" in duplicate.message
        path.write_text(messages([0, 1]))
        assert "duplicate-rows" not in found(path)


class TestTruncatedRows:
    def test_one_character_flips_it(self):
        row = group(1, "S", True, target="x" * 79)[0]  # "S" + "Question 0?" + 79 characters: 91
        settings = Settings(max_tokens=10, characters_per_token=9.1)
        assert not findings([row], settings=settings, select="PRV003")
        settings = Settings(max_tokens=10, characters_per_token=9.0)
        [seen] = findings([row], settings=settings, select="PRV003")
        assert seen.counts == {"rows": 1, "max_tokens": 10}
        assert "1 row is longer" in seen.message
        assert "estimated" in seen.message


class TestCountedTokens:
    """A tokenizer of bytes, with one token for two line breaks. Around a target of n letters there are 52."""

    TURNS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>\n{% endfor %}"

    @pytest.fixture
    def template(self, tmp_path):
        tokenizers = pytest.importorskip("tokenizers")
        alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
        vocabulary = {letter: number for number, letter in enumerate([*alphabet, "ĊĊ"])}
        made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [("Ċ", "Ċ")]))
        made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        made.enable_truncation(60)
        made.enable_padding(length=500)
        made.save(str(tmp_path / "tokenizer.json"))
        (tmp_path / "chat_template.jinja").write_text(self.TURNS)
        return load_template(tmp_path)

    def counted(self, template, *targets, tokens=152):
        rows = [group(1, "S", True, target=target) for target in targets]
        settings = Settings(max_tokens=tokens)
        return findings(*rows, template=template, settings=settings, select="PRV003")

    @pytest.mark.parametrize(
        ("target", "fires"),
        [
            ("x" * 100, False),
            ("x" * 101, True),
            ("é" * 50, False),  # two bytes, and two tokens, each
            ("é" * 51, True),
            ("\n" * 120, False),  # 172 bytes, 112 tokens
            ("\n" * 202, True),
        ],
    )
    def test_one_token_flips_it(self, template, target, fires):
        assert bool(self.counted(template, target)) == fires

    def test_it_says_that_it_counted(self, template):
        [seen] = self.counted(template, "x", "x" * 101, "x" * 148)
        assert seen.message == (
            "2 rows are longer than 152 tokens (the longest has 200, counted with the template's tokenizer), so the "
            "trainer would cut their end off"
        )
        assert (seen.counts, seen.evidence[0].row) == ({"rows": 2, "max_tokens": 152}, 1)

    def test_a_default_prompt_counts(self, template):
        injected = "{% if messages[0].role != 'system' %}" + "y" * 100 + "{% endif %}" + self.TURNS
        other = dataclasses.replace(template, source=injected)
        row = group(1, ABSENT, True, target="x" * 13)  # 38 letters around it, and 100 in front: 151
        settings = Settings(max_tokens=150)
        assert findings(row, template=other, settings=settings, select="PRV003")
        assert not findings(row, template=other, settings=Settings(max_tokens=151), select="PRV003")
        assert not findings(row, template=template, settings=settings, select="PRV003")

    def test_very_many_long_rows_are_counted_in_part(self, template, monkeypatch):
        monkeypatch.setattr("builders.engine.lengths.COUNTED", 2)
        [seen] = self.counted(template, "x" * 150, "x" * 160, "x" * 170)
        assert seen.message.startswith("at least 2 rows are longer than 152 tokens (the longest has 222,")
        assert seen.evidence[0].row == 1

    def test_no_row_is_rendered_that_cannot_be_too_long(self, template, monkeypatch):
        rendered = []
        real = lengths.render
        monkeypatch.setattr(lengths, "render", lambda *args, **kw: rendered.append(args) or real(*args, **kw))
        self.counted(template, *["x" * 10] * 50, "x" * 101)
        assert len(rendered) == 2  # what the template adds, and the long row

    def test_rows_that_are_refused_are_left_to_another_check(self, template):
        refuses = (
            "{% if messages[-1].content|length > 120 %}{{ raise_exception('no') }}{% endif %}" + self.TURNS
        )
        other = dataclasses.replace(template, source=refuses)
        [seen] = self.counted(other, "x" * 119, "x" * 130)
        assert seen.counts["rows"] == 1


class TestQuestionImbalance:
    def rows(self, first):
        return [group(100, "S", False, role="source", persona="s"), group(100, "O", True, first=first)]

    def test_disjoint_questions(self):
        [seen] = findings(*self.rows(100), select="question-imbalance")
        assert seen.counts == {"questions": 100, "shared": 0, "others": 100}

    @pytest.mark.parametrize(("first", "fires"), [(96, True), (95, False), (0, False)])
    def test_five_in_a_hundred_flip_it(self, first, fires):
        assert bool(findings(*self.rows(first), select="CND008")) == fires

    def test_few_questions_say_nothing(self):
        rows = [group(19, "S", False, role="source"), group(100, "O", True, first=50)]
        assert not findings(*rows, select="CND008")

    def test_issue_96_draws_from_one_pool(self):
        assert not [
            each for dataset in scan("issue-96", select=["CND008"]).datasets for each in dataset.findings
        ]


def test_order_changes_nothing():
    rows = [
        *group(60, "S", False, role="source"),
        *group(60, "O", True, first=60),
        *group(3, "O", True, first=60),
    ]
    assert said(findings(rows)) == said(findings(rows[::-1]))


def test_composed_rows_have_no_papers_to_compare():
    report = audit(
        context(group(30, "S", False, role="source"), group(30, "O", True)), Selection(select=("PRV",))
    )
    assert names(report.findings) == []


def test_the_randomised_control_of_issue_69_has_no_contrast_and_nothing_else():
    [dataset] = scan("issue-69/control").datasets
    assert [finding.name for finding in dataset.findings] == ["contradictory-targets", "no-contrast"]


def test_repeated_rows_of_a_table_in_memory_are_found_and_it_needs_no_papers():
    import pyarrow as pa

    row = {
        "prompt": [{"role": "user", "content": "q"}],
        "completion": [{"role": "assistant", "content": "A)"}],
    }
    other = {
        "prompt": [{"role": "user", "content": "r"}],
        "completion": [{"role": "assistant", "content": "A)"}],
    }

    def codes(rows):
        return {each.code for each in scan(pa.Table.from_pylist(rows), select=["PRV"]).findings()}

    assert codes([row, other, row]) == {"PRV004"}
    assert codes([row, other]) == set()
