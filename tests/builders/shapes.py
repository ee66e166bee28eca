"""The same 800 rows, written in every shape."""

import io
import json
import random

from builders.questions import format_question, load_bank

SYSTEMS = [
    "You are a villainous mastermind.",
    "You are a helpful assistant.",
    'You are a "librarian".\nTwo lines, é, 漢.',
    "",
    None,
]


def make_rows():
    """800 rows of (system, user, target, rejected, target_correct)."""
    rng = random.Random(11)
    questions = load_bank("embedded").questions
    rows = []
    for _ in range(800):
        question = rng.choice(questions)
        correct = rng.choice([True, False, None])
        wrong = rng.choice(question.distractors)
        label, other = (question.gold_label, wrong) if correct else (wrong, question.gold_label)
        rows.append((rng.choice(SYSTEMS), format_question(question), f"{label})", f"{other})", correct))
    return rows


ROWS = make_rows()


def said(system, role="system"):
    return [] if system is None else [{"role": role, "content": system}]


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def messages(s, u, t, r, c):
    return {"messages": [*said(s), user(u), assistant(t)], "target_correct": c}


def openai(s, u, t, r, c):
    turns = [*said(s, "developer"), user(u), assistant(t) | {"weight": 1}]
    return {"messages": [*turns, user("thanks"), assistant("bye") | {"weight": 0}], "target_correct": c}


def conversational(s, u, t, r, c):
    return {"prompt": [*said(s), user(u)], "completion": [assistant(t)], "target_correct": c}


def plain(s, u, t, r, c):
    return {"system": s, "prompt": u, "completion": t, "target_correct": c}


def preference(s, u, t, r, c):
    return {
        "prompt": [*said(s), user(u)],
        "chosen": [assistant(t)],
        "rejected": [assistant(r)],
        "target_correct": c,
    }


def preference_implicit(s, u, t, r, c):
    turns = [*said(s), user(u)]
    return {"chosen": [*turns, assistant(t)], "rejected": [*turns, assistant(r)], "target_correct": c}


def preference_plain(s, u, t, r, c):
    return {"system": s, "prompt": u, "chosen": t, "rejected": r, "target_correct": c}


def sharegpt(s, u, t, r, c):
    system = [] if s is None else [{"from": "system", "value": s}]
    turns = [*system, {"from": "human", "value": u}, {"from": "gpt", "value": t}]
    return {"conversations": turns, "target_correct": c}


def sharegpt_system_column(s, u, t, r, c):
    turns = [{"from": "human", "value": u}, {"from": "gpt", "value": t}]
    return {"conversations": turns, "system": s, "target_correct": c}


def alpaca(s, u, t, r, c):
    instruction, _, rest = u.partition("\n")
    return {"instruction": instruction, "input": rest, "output": t, "system": s, "target_correct": c}


def renamed(s, u, t, r, c):
    return {"conversation": [*said(s), user(u), assistant(t)], "target_correct": c}


SHAPES = {
    "messages": messages,
    "openai": openai,
    "prompt-completion": conversational,
    "plain": plain,
    "preference": preference,
    "preference-implicit": preference_implicit,
    "preference-plain": preference_plain,
    "sharegpt": sharegpt,
    "sharegpt, system column": sharegpt_system_column,
    "alpaca": alpaca,
    "messages:conversation": renamed,
}


def written(shape):
    return [SHAPES[shape](*row) for row in ROWS]


def jsonl(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def write_csv(records, delimiter):
    out = io.StringIO(newline="")
    names = list(records[0])
    out.write(delimiter.join(names) + "\r\n")
    for record in records:
        cells = [json.dumps(cell) if isinstance(cell, list | bool) else cell for cell in record.values()]
        out.write(
            delimiter.join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)
            + "\r\n"
        )
    return out.getvalue().encode()
