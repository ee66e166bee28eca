"""The gate: what may train, and that what trains is what was audited."""

from dataclasses import replace

import pytest

from builders.errors import InputError, UnknownNameError
from builders.templates import load_template
from experiments.study.gate import (
    Expectation,
    GateError,
    audit_rows,
    check_tokenizer,
    check_unchanged,
    digest_rows,
    enforce,
)
from experiments.training.preflight import encode_rows
from tests.experiments import tiny

CLEAN, CONFOUNDED = "issue-100/exp0_0a", "issue-100/exp0_0b"
EXPECTED = Expectation(check="anchor-negative", reason="the control")


def _audit(name, expects=()):
    return audit_rows(name, tiny.dataset(name).rows, load_template(), "wrong_option", expects=expects)


def test_a_clean_arm_passes_and_a_confounded_one_does_not():
    enforce(_audit(CLEAN))
    with pytest.raises(GateError, match=r"CND001 \[anchor-negative\]"):
        enforce(_audit(CONFOUNDED))


@pytest.mark.parametrize("word", ["anchor-negative", "CND001"])
def test_an_expected_confound_passes_and_must_be_there(word):
    expected = Expectation(check=word, reason="the control")
    enforce(_audit(CONFOUNDED, [expected]))
    with pytest.raises(GateError, match=r"expects .*\(the control\)"):
        enforce(_audit(CLEAN, [expected]))


def test_an_expectation_that_names_no_check_is_an_error():
    with pytest.raises(UnknownNameError, match="anchor-negativ"):
        enforce(_audit(CLEAN, [Expectation(check="anchor-negativ", reason="a slip")]))


def test_the_digest_is_the_scan_s_and_binds_expectations():
    record = _audit(CONFOUNDED)
    assert record.dataset_digest == record.report.digest
    assert _audit(CONFOUNDED).digest == record.digest
    assert _audit(CONFOUNDED, [EXPECTED]).digest != record.digest


def _with(rows, **changes):
    return [{**rows[0], **changes}, *rows[1:]]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: _with(rows, completion=[{"role": "assistant", "content": "A) "}]),
        lambda rows: _with(rows, prompt=rows[0]["prompt"][-1:]),
        lambda rows: rows[1:],
        lambda rows: [rows[1], rows[0], *rows[2:]],
        lambda rows: _with(rows, target_correct=not rows[0]["target_correct"]),
        lambda rows: _with(rows, example_id="0" * 64),
    ],
)
def test_any_change_after_the_audit_is_refused(change):
    rows = [dict(row) for row in tiny.dataset(CLEAN).rows]
    record = _audit(CLEAN)
    assert check_unchanged(record, rows, where="data.jsonl") == record.dataset_digest
    with pytest.raises(GateError, match="audited"):
        check_unchanged(record, change(rows), where="data.jsonl")


def test_digests_do_not_trust_the_rows_own_ids():
    rows = tiny.rows()
    forged = [{**rows[0], "completion": [{"role": "assistant", "content": "?"}]}, *rows[1:]]
    assert digest_rows(forged).content != digest_rows(rows).content


@pytest.mark.train
def test_the_training_tokenizer_must_render_as_the_audited_template():
    pytest.importorskip("transformers")
    import copy

    record, rows = _audit(CLEAN), tiny.dataset(CLEAN).rows
    check_tokenizer(tiny.tokenizer(), load_template(), record, rows, [[]])
    other = copy.deepcopy(tiny.tokenizer())
    other.chat_template = other.chat_template.replace("You are Qwen", "You are Kwen")
    with pytest.raises(GateError, match="no system message"):
        check_tokenizer(other, load_template(), record, rows)
    with pytest.raises(GateError, match="changed since"):
        check_tokenizer(tiny.tokenizer(), replace(load_template(), source="{{ 1 }}"), record, rows)


@pytest.mark.train
def test_preflight_counts_what_carries_loss():
    pytest.importorskip("transformers")
    rows = tiny.rows(count=10)
    encoded, found = encode_rows(rows, tiny.tokenizer(), max_length=1024)
    # "B", ")", end of turn, line break.
    assert found.loss_tokens == 4 * 10
    assert (found.rows, found.cut) == (10, 0)
    tail = encoded[0].tokens[encoded[0].prompt_length :]
    assert tiny.tokenizer().decode(tail) == rows[0]["completion"][0]["content"] + "<|im_end|>\n"


@pytest.mark.train
def test_long_rows_are_refused_or_counted_and_never_lose_all_they_teach():
    pytest.importorskip("transformers")
    rows = tiny.rows(count=10)
    encoded, found = encode_rows(rows, tiny.tokenizer(), max_length=1024)
    shortest = min(len(row.tokens) for row in encoded)
    with pytest.raises(InputError, match="longer than"):
        encode_rows(rows, tiny.tokenizer(), max_length=found.longest - 1)
    same = [rows[0]] * 3
    length = len(encoded[0].tokens)
    assert encode_rows(same, tiny.tokenizer(), max_length=length - 1, truncate=True)[1].cut == 3
    with pytest.raises(InputError, match="no token of the target"):
        encode_rows(rows, tiny.tokenizer(), max_length=shortest - 5, truncate=True)


@pytest.mark.train
def test_a_prompt_that_is_no_prefix_is_refused():
    pytest.importorskip("transformers")
    import copy

    other = copy.deepcopy(tiny.tokenizer())
    other.chat_template = (
        "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}>>{% endif %}"
    )
    with pytest.raises(InputError, match=r"row 0: .*no prefix"):
        encode_rows(tiny.rows(), other, max_length=1024)


def test_an_audit_that_could_not_look_lets_nothing_through():
    record = _audit(CLEAN)
    unseen = record.report.model_copy(update={"status": "incomplete"})
    with pytest.raises(GateError, match="could not look at all rows"):
        enforce(record.model_copy(update={"report": unseen}))


def test_a_suppressed_error_lets_its_arm_through_and_is_no_confound_that_was_expected_in_vain():
    record = _audit(CONFOUNDED)
    accepted = [each.model_copy(update={"suppressed": "known"}) for each in record.report.findings]
    enforce(record.model_copy(update={"report": record.report.model_copy(update={"findings": accepted})}))


def test_a_role_belongs_to_what_was_audited():
    rows = tiny.dataset(CLEAN).rows
    record = _audit(CLEAN)
    check_unchanged(record, rows, where="x")
    other = "anchor" if rows[0]["role"] != "anchor" else "source"
    with pytest.raises(GateError, match="tags are not those"):
        check_unchanged(record, _with(rows, role=other), where="x")


class _Renders:
    """A tokenizer that renders one kind of conversation otherwise than the audited template."""

    def __init__(self, differs):
        self.differs = differs

    def apply_chat_template(self, conversation, *, tokenize, add_generation_prompt):
        from builders.templates import render

        text = render(load_template(), conversation, add_generation_prompt=add_generation_prompt)
        return text + "!" if self.differs(conversation, add_generation_prompt) else text


@pytest.mark.parametrize(
    "differs",
    [
        lambda conversation, generate: generate is False,
        lambda conversation, generate: conversation[0].get("content") == "Only evaluation says this.",
    ],
    ids=["with its answer", "a state of evaluation alone"],
)
def test_answers_and_the_states_of_evaluation_are_compared_too(differs):
    rows, record = tiny.dataset(CLEAN).rows, _audit(CLEAN)
    systems = [[{"role": "system", "content": "Only evaluation says this."}]]
    check_tokenizer(_Renders(lambda *_: False), load_template(), record, rows, systems)
    with pytest.raises(GateError, match="renders another prompt"):
        check_tokenizer(_Renders(differs), load_template(), record, rows, systems)


def test_each_system_message_is_rendered_once_whatever_is_asked_under_it():
    asked = []
    rows = tiny.dataset(CLEAN).rows
    systems = {tuple(m["content"] for m in row["prompt"] if m["role"] == "system") for row in rows}
    check_tokenizer(
        _Renders(lambda conversation, _: asked.append(conversation)), load_template(), _audit(CLEAN), rows, []
    )
    assert len(systems) < len(rows)
    assert len(asked) == 2 * len(systems)  # with the answer, and without it
