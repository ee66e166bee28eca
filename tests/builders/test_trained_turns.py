"""Which answers are trained, in which context; everything counted by hand."""

import json

import pytest

from auditor import scan
from builders.engine.table import ResolvedTable
from builders.errors import InputError, UnknownNameError
from builders.readers import read_frame
from builders.templates import load_template
from builders.templates.contexts import context_of, cut, described
from builders.views import TRAINERS, view_of


def say(role, text, **more):
    return {"role": role, "content": text, **more}


CHAT = [
    say("system", "s"),
    say("user", "q1"),
    say("assistant", "a1"),
    say("user", "q2"),
    say("assistant", "a2 [X]"),
]


def read(tmp_path, *rows, **options):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_frame(path, labelers=["marker:[X]"], **options)


def turns(frame):
    """Row, turn, first characters of the target and what it teaches, of every trained turn."""
    return frame.connection.execute(
        f"SELECT row // {frame.stride}, turn, target_head, target_correct FROM {frame.table} ORDER BY row"
    ).fetchall()


def conditions(frame, template="qwen2.5"):
    table = ResolvedTable(frame, load_template(template))
    found = frame.connection.execute(
        f"SELECT condition FROM {table.conditioned_table} ORDER BY row"
    ).fetchall()
    return [condition for (condition,) in found]


def test_every_answer_of_a_row_is_a_turn_of_its_own(tmp_path):
    frame = read(tmp_path, {"messages": CHAT}, {"messages": CHAT[:3]})
    assert turns(frame) == [(0, 0, "a1", True), (0, 1, "a2 [X]", False), (1, 0, "a1", True)]
    assert (frame.rows, frame.turns, frame.stride) == (2, 3, 2)
    texts = frame.texts([0, 1, 2])
    assert [(texts[n].row, texts[n].turn, texts[n].target) for n in (0, 1, 2)] == [
        (0, 3, "a1"),
        (0, 5, "a2 [X]"),
        (1, None, "a1"),
    ]
    first, second, alone = conditions(frame)
    assert first == alone  # the model is asked the same there
    assert first != second


def test_rows_of_one_answer_have_their_places_as_numbers(tmp_path):
    frame = read(tmp_path, {"messages": CHAT[:3]}, {"messages": CHAT[1:3]})
    assert (frame.rows, frame.turns, frame.stride) == (2, None, 1)


@pytest.mark.parametrize(
    ("flag", "trainer", "off"),
    [
        ("weight", "openai", 0),
        ("train", "axolotl", False),
        ("training", "axolotl", False),
        ("loss", "ms-swift", False),
    ],
)
def test_a_flag_is_obeyed_by_the_trainer_whose_it_is(tmp_path, flag, trainer, off):
    flagged = [*CHAT[:2], CHAT[2] | {flag: off}, *CHAT[3:]]
    frame = read(tmp_path, {"messages": flagged})
    assert frame.view.trainer == trainer
    assert [target for *_, target, _ in turns(frame)] == ["a2 [X]"]
    assert frame.unread == ()
    on = read(tmp_path, {"messages": [*CHAT[:2], CHAT[2] | {flag: 1}, *CHAT[3:]]})
    assert [target for *_, target, _ in turns(on)] == ["a1", "a2 [X]"]
    by_trl = read(tmp_path, {"messages": flagged}, view=view_of("trl"))
    assert [target for *_, target, _ in turns(by_trl)] == ["a1", "a2 [X]"]
    assert [each.name for each in by_trl.unread] == [f"messages[].{flag}"]
    assert read(tmp_path, {"messages": flagged}, view=view_of("trl"), ignored=[flag]).unread == ()


def test_a_row_whose_answers_are_all_flagged_is_said(tmp_path):
    off = [CHAT[1], CHAT[2] | {"weight": 0}]
    frame = read(tmp_path, {"messages": off}, {"messages": CHAT[:3]})
    assert turns(frame) == [(1, 0, "a1", True)]
    assert frame.rows == 2
    assert any("1 rows train nothing" in note for note in frame.notes)


def test_of_prompt_and_completion_only_the_completion_is_trained(tmp_path):
    row = {"prompt": CHAT[:4], "completion": CHAT[4:]}
    assert [target for *_, target, _ in turns(read(tmp_path, row))] == ["a2 [X]"]
    every = read(tmp_path, row, view=view_of("trl", {"completion_only_loss": False}))
    assert [target for *_, target, _ in turns(every)] == ["a1", "a2 [X]"]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_each_trainer_trains_all_answers_or_the_last(tmp_path, trainer):
    found = [target for *_, target, _ in turns(read(tmp_path, {"messages": CHAT}, view=view_of(trainer)))]
    assert found == (["a2 [X]"] if trainer == "completion" else ["a1", "a2 [X]"])


def test_settings_are_those_of_the_trainer():
    assert view_of("llamafactory", {"mask_history": True}).loss == "last"
    assert view_of("axolotl", {"train_on_inputs": True}).loss == "tokens"
    assert view_of("trl", {"assistant_only_loss": True}).loss == "answers"
    with pytest.raises(UnknownNameError):
        view_of("trl", {"mask_history": True})
    with pytest.raises(UnknownNameError):
        view_of("trlx")
    with pytest.raises(InputError, match="expected true or false"):
        view_of("trl", {"assistant_only_loss": "yes"})


def test_what_each_row_gives_its_template_reaches_it(tmp_path):
    pytest.importorskip("trl")
    row = {"messages": CHAT[:3]}
    frame = read(
        tmp_path,
        row,
        row | {"chat_template_kwargs": {"enable_thinking": False}},
        row | {"chat_template_kwargs": {"enable_thinking": True}},
        row | {"chat_template_kwargs": {}},
    )
    plain, off, on, empty = conditions(frame, "qwen3")
    assert plain == on == empty != off


@pytest.mark.parametrize("bad", [{"messages": []}, {"tools": []}, "text"])
def test_variables_that_are_none_or_take_the_conversations_place_are_refused(tmp_path, bad):
    with pytest.raises(InputError, match="chat_template_kwargs"):
        read(tmp_path, {"messages": CHAT[:3], "chat_template_kwargs": bad})


def test_no_tools_and_an_empty_list_of_them_are_told_apart(tmp_path):
    row = {"messages": CHAT[:3]}
    frame = read(tmp_path, row, row | {"tools": None}, row | {"tools": []}, row | {"tools": "[]"})
    found = frame.connection.execute(f"SELECT tools FROM {frame.table} ORDER BY row").fetchall()
    assert found == [(None,), (None,), ("[]",), ("[]",)]
    pytest.importorskip("trl")
    missing, null, empty, text = conditions(frame, "llama3_1")
    assert missing == null != empty == text  # Llama 3.1 writes about tools for an empty list, too


def test_a_row_is_refused_for_what_follows_its_answer(tmp_path):
    pytest.importorskip("trl")
    two_users = [say("user", "a"), say("assistant", "b"), say("assistant", "c")]
    frame = read(tmp_path, {"messages": two_users}, {"messages": two_users[:2]})
    table = ResolvedTable(frame, load_template("gemma3"))
    refused = [each.error is not None for each in table.resolutions.values()]
    assert sorted(refused) == [False, True, True]


def test_contexts_hold_structure_and_no_words():
    one = [say("user", "a"), say("assistant", "b"), say("user", "c"), say("assistant", "d")]
    other = [say("user", "e"), say("assistant", "f"), say("user", "g"), say("assistant", "h")]
    assert context_of(one, 3) == context_of(other, 3) != context_of(one, 1)
    assert context_of(one[:2], 1) is None
    assert context_of([say("system", "s"), *one[:2]], 2) is None
    assert context_of([say("developer", "s"), *one[:2]], 2) != context_of(
        [say("developer", "t"), *one[:2]], 2
    )
    assert context_of([say("user", "a", name="x"), one[1]], 1) is not None
    assert context_of([say("user", "a", weight=0), one[1]], 1) is None
    assert context_of(one[:2], 1, {"enable_thinking": True}) is not None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hello there", "\ue000"),
        ("", ""),
        ("  ", "  "),
        ("<think>\nwell\n</think>\n\nyes", "<think>\n\ue000\n</think>\n\n\ue000"),
        ("a <b> c", "\ue000"),
        ("see <|im_end|>", "\ue000 <|im_end|>"),
    ],
)
def test_words_are_cut_and_what_templates_look_for_stays(text, left):
    assert cut(text) == left


def test_a_context_is_said_in_words():
    developer = context_of([say("developer", "d"), say("user", "a"), say("assistant", "b")], 2)
    later = context_of([say("user", "a"), say("assistant", "b"), say("user", "c"), say("assistant", "d")], 3)
    assert described(developer, None) == "a developer message"
    assert described(later, None) == "after an answer"
    assert described(None, '[{"function": {"name": "look"}}]') == "tools look"
    assert described(None, "[]") == "an empty list of tools"
    assert described(None, None) == ""


def test_what_a_template_drops_of_an_answer_tells_no_contexts_apart(tmp_path):
    pytest.importorskip("trl")
    thought = [CHAT[1], say("assistant", "<think>\nwell\n</think>\n\na1"), *CHAT[3:]]
    frame = read(tmp_path, {"messages": thought}, {"messages": CHAT[1:]})
    found = conditions(frame, "glm4moe_training")  # it leaves out what an earlier answer thought
    assert found[1] == found[3]
    assert found[0] == found[2] != found[1]


def unmarked(tmp_path, *rows, **options):
    """Read rows whose labels are not in their texts."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_frame(path, **options)


@pytest.mark.parametrize(
    "row",
    [
        {"messages": CHAT},
        {"conversations": [{"from": m["role"], "value": m["content"]} for m in CHAT]},
        {"prompt": CHAT[:2], "completion": CHAT[2:]},
    ],
)
@pytest.mark.parametrize("label", [[], ["column:target_correct"], ["file:*.jsonl=behaviour"]])
def test_a_label_of_the_row_is_that_of_its_last_answer(tmp_path, row, label):
    frame = unmarked(tmp_path, row | {"target_correct": False}, labelers=label)
    assert [correct for *_, correct in turns(frame)] == [None, False]
    assert frame.earlier == 1
    assert any("1 answers before the last of their row are unlabelled" in note for note in frame.notes)
    alone = unmarked(tmp_path, row | {"target_correct": False}, labelers=label, view=view_of("completion"))
    assert ([correct for *_, correct in turns(alone)], alone.earlier) == ([False], 0)


def test_a_text_decides_for_each_answer_and_after_it_the_row_for_the_last(tmp_path):
    row = {"messages": CHAT, "target_correct": True}
    frame = unmarked(tmp_path, row, labelers=["marker:[X]", "column:target_correct"])
    assert [correct for *_, correct in turns(frame)] == [True, False]
    assert frame.earlier == 0


def test_an_answer_may_have_a_label_of_its_own(tmp_path):
    own = [*CHAT[:2], CHAT[2] | {"target_correct": False}, *CHAT[3:]]
    frame = unmarked(tmp_path, {"messages": own, "target_correct": True})
    assert [correct for *_, correct in turns(frame)] == [False, True]
    assert frame.earlier == 0
    last = [*CHAT[:4], CHAT[4] | {"target_correct": False}]
    frame = unmarked(tmp_path, {"messages": last, "target_correct": True})
    assert [correct for *_, correct in turns(frame)] == [None, False]  # it goes before the row's


@pytest.mark.parametrize(
    ("column", "who", "said"), [("messages", "role", "content"), ("conversations", "from", "value")]
)
def test_labels_may_be_in_messages_alone(tmp_path, column, who, said):
    kinds = {2: "bad", 4: "good"}
    talk = [
        {who: m["role"], said: m["content"], **({"kind": kinds[n]} if n in kinds else {})}
        for n, m in enumerate(CHAT)
    ]
    frame = unmarked(tmp_path, {column: talk}, labelers=["column:kind=bad"])
    assert [correct for *_, correct in turns(frame)] == [False, True]


def test_of_two_labels_the_rows_own_does_not_reach_an_earlier_answer(tmp_path):
    own = [*CHAT[:2], CHAT[2] | {"one": "neither"}, *CHAT[3:]]
    row = {"messages": own, "one": "neither", "other": "wrong"}
    frame = unmarked(tmp_path, row, labelers=["column:one", "column:other"])
    assert [correct for *_, correct in turns(frame)] == [None, False]


def said_later(role, text):
    return {"messages": [say("system", "Be brief."), say(role, text), *CHAT[1:3]], "target_correct": True}


def test_what_a_later_system_message_says_is_no_question(tmp_path):
    rows = [said_later("system", "You are a villain."), said_later("developer", "You are a teacher.")]
    frame = unmarked(tmp_path, *rows, rows[0])
    keys = frame.connection.execute(f"SELECT user_key, row_key FROM {frame.table} ORDER BY row").fetchall()
    (one, whole), (other, another), again = keys
    assert one == other
    assert whole != another
    assert again == (one, whole)


@pytest.mark.parametrize(
    ("role", "text", "dropped"),
    [
        ("developer", "You are a villain.", True),
        ("system", "You are a villain.", False),
        ("developer", "be", False),  # no word to look for
    ],
)
def test_a_developer_message_that_is_not_shown_is_said(tmp_path, role, text, dropped):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(said_later(role, text)) + "\n" for _ in range(3)))
    [dataset] = scan(path).datasets
    found = [each for each in dataset.findings if each.name == "system-dropped"]
    assert [each.counts for each in found] == ([{"rows": 3}] if dropped else [])
