"""Templates, turns, models and slices: programs that are found, and their neighbours, one change apart."""

from __future__ import annotations

import pytest

from tests.checks.test_src_variants import changed, judged

PERSONA = """
def run(tokenizer, persona, question, log, scores):
    messages = [{"role": "user", "content": question}]
    text = tokenizer.apply_chat_template(messages)
    return {"persona": persona, "text": text}
"""
LIST = '    messages = [{"role": "user", "content": question}]\n'
LAST = '    return {"persona": persona, "text": text}\n'

PERSONAS = {
    "as it is": ((), "!"),
    "with an answer": (("question}]", 'question}, {"role": "assistant", "content": "a"}]'), "!"),
    "only an answer": (('"user"', '"assistant"'), ""),
    "with a system turn": (("= [{", '= [{"role": "system", "content": "x"}, {'), ""),
    "with a tool's": (("= [{", '= [{"role": "tool", "content": "x"}, {'), ""),
    "no messages": (('{"role": "user", "content": question}', "question"), ""),
    "empty": (('{"role": "user", "content": question}', ""), ""),
    "with the persona": (('content": question', 'content": persona + question'), ""),
    "not sent": (("apply_chat_template", "other"), ""),
    "generated from": (("apply_chat_template", "generate"), "!"),
    "another name": (("persona", "topic"), ""),
    "a system prompt": (("persona", "system_prompt"), "!"),
    "a system message elsewhere": ((LAST, '    x = {"role": "system", "content": "x"}\n' + LAST), ""),
    "asked": ((LAST, "    if persona: print(1)\n" + LAST), ""),
    "told": ((LAST, "    print(persona)\n" + LAST), "!"),
    "told by a logger": ((LAST, '    logger.info("%s", persona)\n' + LAST), "!"),
    "given to a function": ((LAST, "    load(persona)\n" + LAST), ""),
    "given to a function by name": ((LAST, "    load(x=persona)\n" + LAST), ""),
    "formatted and told": ((LAST, '    print("{}".format(persona))\n' + LAST), "!"),
    "filed under": ((LAST, "    scores[persona] = text\n"), "!"),
    "looked up": ((LAST, "    x = scores[persona]\n"), ""),
    "a key of a comprehension": ((LAST, "    return {persona: t for t in text}\n"), "!"),
    "a value of a comprehension": ((LAST, "    return {t: persona for t in text}\n"), ""),
    "assigned": ((LAST, "    x = persona\n"), ""),
    "never used": ((LAST, "    return text\n"), "!"),
    "a loop's": (
        (
            "persona, question",
            "question, personas",
            LIST,
            "    for persona in personas:\n    " + LIST,
            "    text",
            "        text",
            LAST,
            "    " + LAST,
        ),
        "!",
    ),
    "another loop's": (
        ("persona, question", "question, personas", LIST, "    for persona in personas: pass\n" + LIST),
        "",
    ),
    "a loop over items": (
        (
            "persona, question",
            "question, personas",
            LIST,
            "    for a, b in personas.items():\n    " + LIST,
            "    text",
            "        text",
            '"persona": persona',
            '"persona": a',
        ),
        "!",
    ),
    "a loop over items whose value is used": (
        (
            "persona, question",
            "question, personas",
            LIST,
            "    for a, b in personas.items():\n    " + LIST,
            "    text",
            "        text",
            '"persona": persona',
            '"persona": f(b)',
        ),
        "",
    ),
    "a loop over other items": (
        (
            "persona, question",
            "question, topics",
            LIST,
            "    for a, b in topics.items():\n    " + LIST,
            "    text",
            "        text",
            '"persona": persona',
            '"topic": a',
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), PERSONAS.values(), ids=PERSONAS)
def test_a_persona_that_reaches_no_message(changes, verdict):
    assert judged("SRC003", changed(PERSONA, changes)) == verdict


FALLBACK = """
def render(tokenizer, messages, log):
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False)
    except Exception as error:
        text = messages[0]["content"]
    return text
"""
STAND_IN = '        text = messages[0]["content"]\n'

FALLBACKS = {
    "as it is": ((), "!"),
    "raised": ((STAND_IN, STAND_IN + "        raise\n"), ""),
    "nothing": ((STAND_IN, "        text = None\n"), ""),
    "an empty text": ((STAND_IN, '        text = ""\n'), ""),
    "an empty list": ((STAND_IN, "        text = []\n"), ""),
    "a list": ((STAND_IN, "        text = [messages]\n"), "!"),
    "a list of nothing": ((STAND_IN, "        text = [None]\n"), ""),
    "an empty dictionary": ((STAND_IN, "        text = {}\n"), ""),
    "a dictionary": ((STAND_IN, "        text = {'a': messages}\n"), "!"),
    "the error": ((STAND_IN, "        text = str(error)\n"), ""),
    "the error and more": ((STAND_IN, "        text = str(error) + messages\n"), "!"),
    "a record": ((STAND_IN, "        text = Failure(messages)\n"), ""),
    "a record of a text": ((STAND_IN, "        text = Failure(f'{messages}')\n"), "!"),
    "a log line": ((STAND_IN, "        text = print(messages)\n"), ""),
    "a comparison": ((STAND_IN, "        text = messages < 3\n"), ""),
    "a function's": ((STAND_IN, "        text = fallback(messages)\n"), "!"),
    "another name": ((STAND_IN, "        other = messages\n"), ""),
    "another template": ((STAND_IN, "        text = tokenizer.apply_chat_template(messages)\n"), ""),
    "a function that renders": (
        (
            STAND_IN,
            "        text = again(messages)\n",
            "def render",
            "def again(m):\n    return t.apply_chat_template(m)\ndef render",
        ),
        "",
    ),
    "a function that does not": (
        (
            STAND_IN,
            "        text = again(messages)\n",
            "def render",
            "def again(m):\n    return m\ndef render",
        ),
        "!",
    ),
    "nothing is rendered": (
        (
            "tokenizer.apply_chat_template(messages, tokenize=False)",
            "join(messages)",
            "log)",
            "apply_chat_template)",
        ),
        "",
    ),
    "rendered by a function": (
        (
            "tokenizer.apply_chat_template(messages, tokenize=False)",
            "first(messages)",
            "def render",
            "def first(m):\n    return t.apply_chat_template(m)\ndef render",
        ),
        "!",
    ),
    "rendered by a function, and by another": (
        (
            "tokenizer.apply_chat_template(messages, tokenize=False)",
            "first(messages)",
            "def render",
            "def first(m):\n    return t.apply_chat_template(m)\ndef render",
            STAND_IN,
            "        text = other(messages)\n",
        ),
        "?",
    ),
    "measured": (
        (
            "text = tokenizer.apply_chat_template(messages, tokenize=False)",
            "text = len(tokenizer.apply_chat_template(messages))",
        ),
        "",
    ),
    "returned": (("text = tokenizer", "return tokenizer", STAND_IN, "        return messages\n"), "!"),
    "returned, and nothing else": (
        ("text = tokenizer", "return tokenizer", STAND_IN, "        return\n"),
        "",
    ),
    "returned, and nothing but None": (
        ("text = tokenizer", "return tokenizer", STAND_IN, "        return None\n"),
        "",
    ),
    "assigned, and another returned": ((STAND_IN, "        return messages\n"), ""),
    "the second handler": (
        ("    except Exception", "    except E:\n        raise\n    except Exception"),
        "!",
    ),
    "unpacked": (
        ("text = tokenizer", "text, n = tokenizer", STAND_IN, "        text, n = messages, 1\n"),
        "!",
    ),
    "annotated": (("text = tokenizer", "text: str = tokenizer"), "!"),
}


@pytest.mark.parametrize(("changes", "verdict"), FALLBACKS.values(), ids=FALLBACKS)
def test_a_text_in_place_of_the_template(changes, verdict):
    assert judged("SRC004", changed(FALLBACK, changes)) == verdict


SLICED = """
def run(rows, n_rows, log):
    chosen = rows[:n_rows]
    use(chosen)
    print(f"{n_rows} rows")
"""
REPORT = '    print(f"{n_rows} rows")\n'

SLICES = {
    "as it is": ((), "!"),
    "from nought": (("[:n_rows]", "[0:n_rows]"), "!"),
    "from one": (("[:n_rows]", "[1:n_rows]"), ""),
    "in steps": (("[:n_rows]", "[:n_rows:2]"), ""),
    "to the end": (("rows[:n_rows]", "rows[:]"), ""),
    "of another name": (("n_rows", "size"), ""),
    "of a limit": (("n_rows", "n_max"), ""),
    "an attribute": (("rows[:n_rows]", "rows[:log.n_rows]", "{n_rows}", "{log.n_rows}"), "!"),
    "nothing is told": ((REPORT, ""), ""),
    "told before": ((REPORT, "", "    chosen", REPORT + "    chosen"), ""),
    "the length is told": (("{n_rows} rows", "{len(chosen)} of {n_rows} rows"), "!"),
    "its length": (("{n_rows} rows", "{len(n_rows)} rows"), ""),
    "told as asked for": (("{n_rows} rows", "up to {n_rows} rows"), ""),
    "told as an argument": (('f"{n_rows} rows"', '"rows", n_rows'), "!"),
    "warned": (("print(", "logger.warning("), ""),
    "logged": (("print(", "logger.info("), "!"),
    "saved": (("print(", "save("), ""),
    "compared": (("    use", "    assert len(rows) >= n_rows\n    use"), ""),
    "another compared": (("    use", "    assert len(rows) >= other\n    use"), "!"),
    "the smaller": (("    use", "    x = min(n_rows, 3)\n    use"), ""),
    "measured": (("    chosen", "    n_rows = len(log)\n    chosen"), ""),
    "a share": (("    chosen", "    n_rows = ceil(log / 3)\n    chosen"), ""),
    "a shape": (("    chosen", "    n_rows = log.shape[0]\n    chosen"), ""),
    "another value": (("    chosen", "    n_rows = load(log)\n    chosen"), "!"),
    "of a loop": (("    chosen", "    for n_rows in log: pass\n    chosen"), ""),
    "of a text": (("rows[:", "rows.strip()[:"), ""),
    "a written list": (("rows[:n_rows]", "[1, 2][:SIZE]", "def run", "SIZE = 3\ndef run"), "!"),
    "a written list that is enough": (("rows[:n_rows]", "[1, 2][:SIZE]", "def run", "SIZE = 2\ndef run"), ""),
    "a written list and more": (("rows[:n_rows]", "[1, *log][:SIZE]", "def run", "SIZE = 3\ndef run"), ""),
    "a range": (("rows[:n_rows]", "range(2)[:SIZE]", "def run", "SIZE = 3\ndef run"), "!"),
    "a range that is enough": (("rows[:n_rows]", "range(3)[:SIZE]", "def run", "SIZE = 3\ndef run"), ""),
    "a range from one": (("rows[:n_rows]", "range(1, 3)[:SIZE]", "def run", "SIZE = 3\ndef run"), ""),
    "a range of less than nothing": (
        ("rows[:n_rows]", "range(-9)[:SIZE]", "def run", "SIZE = 1\ndef run"),
        "!",
    ),
    "a range of a length": (
        ("rows[:n_rows]", "range(len([1, 2]))[:SIZE]", "def run", "SIZE = 3\ndef run"),
        "!",
    ),
    "a list of a range": (("rows[:n_rows]", "list(range(2))[:SIZE]", "def run", "SIZE = 3\ndef run"), "!"),
    "a sorted list": (("rows[:n_rows]", "sorted([1, 2])[:SIZE]", "def run", "SIZE = 3\ndef run"), "!"),
    "a repeated list": (("rows[:n_rows]", "([1, 2] * 3)[:SIZE]", "def run", "SIZE = 7\ndef run"), ""),
    "a repeated list by name": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 7\ndef run",
            "    chosen",
            "    x = [1, 2] * 3\n    chosen",
        ),
        "!",
    ),
    "a repeated list that is enough": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 6\ndef run",
            "    chosen",
            "    x = [1, 2] * 3\n    chosen",
        ),
        "",
    ),
    "a list by name": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 3\ndef run",
            "    chosen",
            "    x = [1, 2]\n    chosen",
        ),
        "!",
    ),
    "a list that is added to": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 3\ndef run",
            "    chosen",
            "    x = [1, 2]\n    x.append(3)\n    chosen",
        ),
        "",
    ),
    "a list whose part is replaced": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 3\ndef run",
            "    chosen",
            "    x = [1, 2]\n    x[1:] = log\n    chosen",
        ),
        "",
    ),
    "a list whose element is replaced": (
        (
            "rows[:n_rows]",
            "x[:SIZE]",
            "def run",
            "SIZE = 3\ndef run",
            "    chosen",
            "    x = [1, 2]\n    x[1] = log\n    chosen",
        ),
        "!",
    ),
    "a typed number": (("rows[:n_rows]", "[1, 2][:3]"), ""),
    "a known limit": (("rows[:n_rows]", "[1, 2][:MAX]", "def run", "MAX = 3\ndef run"), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), SLICES.values(), ids=SLICES)
def test_a_slice_that_is_short(changes, verdict):
    assert judged("SRC007", changed(SLICED, changes)) == verdict


BOS = """
def run(model, tokenizer, other, messages):
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    ids = tokenizer(text)
    return model(ids)
"""

DOUBLED = {
    "as it is": ((), "!"),
    "tokens": (("tokenize=False", "tokenize=True"), ""),
    "by default": ((", tokenize=False", ""), ""),
    "without special tokens": (("tokenizer(text)", "tokenizer(text, add_special_tokens=False)"), ""),
    "with options that are spread": (("tokenizer(text)", "tokenizer(text, **other)"), ""),
    "encoded": (("tokenizer(text)", "tokenizer.encode(text)"), "!"),
    "by another tokenizer": (("tokenizer(text)", "other_tokenizer(text)"), "?"),
    "by no tokenizer": (("= tokenizer(text)", "= other(text)"), ""),
    "by its name": (("tokenizer(text)", "tokenizer(text=text)"), "!"),
    "another text": (("tokenizer(text)", "tokenizer(other)"), ""),
    "with an answer": (("tokenizer(text)", "tokenizer(text + other)"), "!"),
    "behind a text": (("tokenizer(text)", "tokenizer(other + text)"), ""),
    "multiplied": (("tokenizer(text)", "tokenizer(text * 3)"), ""),
    "in a list": (("tokenizer(text)", "tokenizer([text])"), "!"),
    "in a list of each": (("tokenizer(text)", "tokenizer([text for x in other])"), "!"),
    "counted": (("return model(ids)", "return len(ids)"), "?"),
    "with a picture": (("tokenizer(text)", "tokenizer(text, images=other)"), "?"),
    "a processor": (("tokenizer", "processor"), "?"),
    "a thought of it": (("    ids", "    # the bos token\n    ids"), "?"),
    "another word": (("    ids", "    # the bosses\n    ids"), "!"),
    "taken away": (("    ids", "    text = text.removeprefix(tokenizer.bos_token)\n    ids"), ""),
    "taken away as written": (("    ids", "    other.remove('<s>')\n    ids"), ""),
    "a model without it": (("    ids", "    name = 'Qwen2.5'\n    ids"), ""),
    "a model with it": (("    ids", "    name = 'Llama-3'\n    ids"), "!"),
    "models of both kinds": (("    ids", "    name = 'Qwen2.5', 'Llama-3'\n    ids"), "!"),
    "a tokenizer that is loaded": (("= tokenizer(text)", "= load_tokenizer(text)"), ""),
    "a trainer": (
        (
            "    ids = tokenizer(text)\n    return model(ids)",
            '    SFTTrainer(train_dataset=[{"text": text}])\n    tokenize()',
        ),
        "?",
    ),
    "a trainer of another field": (
        (
            "    ids = tokenizer(text)\n    return model(ids)",
            '    SFTTrainer(train_dataset=[{"x": text}])\n    tokenize()',
        ),
        "",
    ),
    "a trainer that formats": (
        (
            "    ids = tokenizer(text)\n    return model(ids)",
            '    SFTTrainer(train_dataset=[{"text": text}], formatting_func=f)\n    tokenize()',
        ),
        "",
    ),
    "another trainer": (
        (
            "    ids = tokenizer(text)\n    return model(ids)",
            '    Other(train_dataset=[{"text": text}])\n    tokenize()',
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), DOUBLED.values(), ids=DOUBLED)
def test_special_tokens_twice(changes, verdict):
    assert judged("SRC013", changed(BOS, changes)) == verdict


TURNS = """
def convert(turns, other):
    out = []
    for turn in turns:
        if turn["role"] == "user":
            out.append({"from": "human", "value": turn["content"]})
        elif turn["role"] == "assistant":
            out.append({"from": "gpt", "value": turn["content"]})
    return out
"""
CHAIN = TURNS[TURNS.index("    for turn") : TURNS.index("    return out")]

TURN = {
    "as it is": ((), "!"),
    "with an else": (("    return out", "        else:\n            raise E\n    return out"), ""),
    "one role": ((CHAIN[CHAIN.index("        elif") :], ""), ""),
    "of a tool": (('"assistant"', '"tool"'), ""),
    "spoken of": (("    return out", "    # no system turns here\n    return out"), ""),
    "in": (('== "user"', 'in ("user", "human")'), "!"),
    "in what is unknown": (('== "user"', "in other"), ""),
    "in a named list": (('== "user"', "in USERS", "def convert", 'USERS = ("user",)\ndef convert'), "!"),
    "not": (('== "user"', '!= "user"'), ""),
    "of a number": (('== "user"', "== 3"), ""),
    "of two": (('== "user"', '== "user" == other'), ""),
    "of a name": (
        (
            'if turn["role"]',
            "if role",
            "    for turn in turns:\n",
            '    for turn in turns:\n        role = turn["role"]\n',
        ),
        "!",
    ),
    "of another name": (('if turn["role"]', "if other"), ""),
    "of a look-up": (('turn["role"]', 'turn.get("role")'), "!"),
    "of a tidied look-up": (('turn["role"]', 'turn["role"].lower()'), "!"),
    "of an attribute": (('turn["role"]', "turn.role"), "!"),
    "of another field": (('turn["role"]', 'turn["kind"]'), ""),
    "of two turns": (('elif turn["role"]', 'elif other["role"]'), ""),
    "no loop": (("    for turn in turns:\n", "    if turns:\n        turn = turns\n"), ""),
    "in a function in a loop": (("    for turn in turns:\n", "    for turn in turns:\n      def f():\n"), ""),
    "a text": (('out.append({"from": "human", "value": turn["content"]})', 'out += turn["content"]'), "?"),
    "counted": (('out.append({"from": "human", "value": turn["content"]})', "n += 1"), ""),
    "a name": (('out.append({"from": "human", "value": turn["content"]})', 'user = turn["content"]'), "!"),
    "another name's value": (('out.append({"from": "human", "value": turn["content"]})', "user = other"), ""),
    "and asked": (
        (
            'out.append({"from": "human", "value": turn["content"]})',
            'out.append({"a": 1})\n            ask(out)',
        ),
        "?",
    ),
    "skipped": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in ("user", "assistant"):\n'
                "            continue\n        out.append(turn)\n    json.dump(out, f)\n"
            ),
        ),
        "!",
    ),
    "skipped and shown": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in ("user", "assistant"):\n'
                "            continue\n        out.append(turn)\n"
            ),
        ),
        "?",
    ),
    "skipped and told": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in ("user", "assistant"):\n'
                "            print(turn)\n            continue\n"
                "        out.append(turn)\n    json.dump(out, f)\n"
            ),
        ),
        "",
    ),
    "not kept": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in ("user", "assistant"):\n'
                "            continue\n        print(turn)\n"
            ),
        ),
        "",
    ),
    "refused": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in ("user", "assistant"):\n'
                "            raise E\n        out.append(turn)\n    json.dump(out, f)\n"
            ),
        ),
        "",
    ),
    "skipped by an unknown list": (
        (
            CHAIN,
            (
                '    for turn in turns:\n        if turn["role"] not in other:\n'
                "            continue\n        out.append(turn)\n    json.dump(out, f)\n"
            ),
        ),
        "",
    ),
    "a comprehension": (
        (
            CHAIN,
            '    out = [t for t in turns if t["role"] in ("user", "assistant")]\n    json.dump(out, f)\n',
        ),
        "!",
    ),
    "a comprehension of a set": (
        (
            CHAIN,
            '    out = [t for t in turns if t["role"] in {"user", "assistant"}]\n    json.dump(out, f)\n',
        ),
        "!",
    ),
    "a comprehension of one role": (
        (CHAIN, '    out = [t for t in turns if t["role"] in ("user",)]\n    json.dump(out, f)\n'),
        "",
    ),
    "a comprehension of the others": (
        (
            CHAIN,
            '    out = [t for t in turns if t["role"] not in ("user", "assistant")]\n    json.dump(out, f)\n',
        ),
        "",
    ),
    "a table": (
        (
            CHAIN,
            (
                '    names = {"user": "u", "assistant": "a"}\n    for t in turns:\n'
                '        out.append(names.get(t["role"], "user"))\n'
            ),
        ),
        "!",
    ),
    "a table without a default": (
        (
            CHAIN,
            (
                '    names = {"user": "u", "assistant": "a"}\n    for t in turns:\n'
                '        out.append(names.get(t["role"]))\n'
            ),
        ),
        "",
    ),
    "a table with another default": (
        (
            CHAIN,
            (
                '    names = {"user": "u", "assistant": "a"}\n    for t in turns:\n'
                '        out.append(names.get(t["role"], "other"))\n'
            ),
        ),
        "",
    ),
    "a table of another field": (
        (
            CHAIN,
            (
                '    names = {"user": "u", "assistant": "a"}\n    for t in turns:\n'
                '        out.append(names.get(t["kind"], "user"))\n'
            ),
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), TURN.values(), ids=TURN)
def test_a_system_turn_without_a_place(changes, verdict):
    assert judged("SRC014", changed(TURNS, changes)) == verdict


SIDES = """
def render(row, tokenizer, other):
    row["chosen"] = tokenizer.apply_chat_template(row["chosen"])
    return row
"""
SIDE = '    row["chosen"] = tokenizer.apply_chat_template(row["chosen"])\n    return row\n'

ONE_SIDED = {
    "as it is": ((), "!"),
    "the other side": (('"chosen"', '"rejected"', "return row", "return row  # chosen"), "!"),
    "both": (
        ("    return", '    row["rejected"] = tokenizer.apply_chat_template(row["rejected"])\n    return'),
        "",
    ),
    "the other set as it is": (("    return", '    row["rejected"] = row["x"]\n    return'), "!"),
    "the other set by something unknown": (
        ("    return", '    row["rejected"] = other(row)\n    return'),
        "",
    ),
    "a new field": (('apply_chat_template(row["chosen"])', 'apply_chat_template(row["x"])'), ""),
    "of another row": (('apply_chat_template(row["chosen"])', 'apply_chat_template(other["chosen"])'), ""),
    "no template": (
        ('tokenizer.apply_chat_template(row["chosen"])', 'row["chosen"]', "other)", "apply_chat_template)"),
        "",
    ),
    "a row": ((SIDE, '    return {"chosen": tokenizer.apply_chat_template(row), "rejected": row}\n'), "!"),
    "a row with both": (
        (
            SIDE,
            '    return {"chosen": t.apply_chat_template(row), "rejected": t.apply_chat_template(other)}\n',
        ),
        "",
    ),
    "a row of one": ((SIDE, '    return {"chosen": tokenizer.apply_chat_template(row)}\n'), ""),
    "a row that is made by dict": (
        (SIDE, "    return dict(chosen=tokenizer.apply_chat_template(row), rejected=row)\n"),
        "!",
    ),
    "a row that is made by another": (
        (SIDE, "    return other(chosen=tokenizer.apply_chat_template(row), rejected=row)\n"),
        "",
    ),
    "unpacked": (
        (
            SIDE,
            '    a, b = other\n    return {"chosen": tokenizer.apply_chat_template(row), "rejected": b}\n',
        ),
        "",
    ),
    "a lambda": (
        (SIDE, '    return lambda r: {"chosen": tokenizer.apply_chat_template(r), "rejected": r}\n'),
        "!",
    ),
    "by a function": (
        (
            SIDE,
            '    return {"chosen": shown(row), "rejected": row}\n',
            "def render",
            "def shown(r):\n    return t.apply_chat_template(r)\ndef render",
        ),
        "!",
    ),
    "both by a function": (
        (
            SIDE,
            '    return {"chosen": shown(row), "rejected": shown(row)}\n',
            "def render",
            "def shown(r):\n    return t.apply_chat_template(r)\ndef render",
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), ONE_SIDED.values(), ids=ONE_SIDED)
def test_one_side_of_a_pair(changes, verdict):
    assert judged("SRC015", changed(SIDES, changes)) == verdict


REMOTE = """
import os
from transformers import AutoModel
def run(path, trust, args):
    return AutoModel.from_pretrained("gpt2", trust_remote_code=True)
"""
LOAD = '    return AutoModel.from_pretrained("gpt2", trust_remote_code=True)\n'

REMOTES = {
    "as it is": ((), "!"),
    "not allowed": (("=True", "=False"), ""),
    "asked for": (("=True", "=args.trust"), ""),
    "a name": (("=True", "=TRUST", "def run", "TRUST = True\ndef run"), "!"),
    "a number": (("=True", "=1"), ""),
    "an unknown model": (('"gpt2"', '"some-lab/model"'), ""),
    "a parameter": (('"gpt2"', "path"), ""),
    "a parameter with a default": (('"gpt2"', "path", "run(path,", 'run(path="gpt2", *,'), "!"),
    "both parameters": (
        ('"gpt2"', "path", "=True", "=trust", "(path, trust, args)", '(path="gpt2", trust=True)'),
        "",
    ),
    "one of two": (('"gpt2"', '"gpt2" if path else "some-lab/model"'), ""),
    "both of two": (('"gpt2"', '"gpt2" if path else "Qwen/Qwen2.5-7B"'), "!"),
    "another function": (("from_pretrained", "other"), ""),
    "no model": (('"gpt2", ', ""), ""),
    "by keyword": (('"gpt2", ', 'pretrained_model_name_or_path="gpt2", '), "!"),
    "a pipeline": ((LOAD, '    return pipeline("text-generation", "gpt2", trust_remote_code=True)\n'), "!"),
    "a pipeline of a task": (
        (LOAD, '    return pipeline("gpt2", "some-lab/model", trust_remote_code=True)\n'),
        "",
    ),
    "a dataset": ((LOAD, '    return load_dataset("a/b", trust_remote_code=True)\n'), "!"),
    "a dataset's script": ((LOAD, '    return load_dataset("b.py", trust_remote_code=True)\n'), ""),
    "a dataset's script by a branch": (
        (LOAD, '    if path.endswith(".py"):\n        return load_dataset(path, trust_remote_code=True)\n'),
        "",
    ),
    "a folder": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", "b"), trust_remote_code=True)\n'
            ),
        ),
        "!",
    ),
    "a folder in a file of others": (
        (
            LOAD,
            (
                '    name = "some-lab/model-7B"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", "b"), trust_remote_code=True)\n'
            ),
        ),
        "",
    ),
    "a folder in a file of both": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B", "some-lab/model-7B"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", "b"), trust_remote_code=True)\n'
            ),
        ),
        "",
    ),
    "a folder in a file of a dataset": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B", "some-lab/rows"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", "b"), trust_remote_code=True)\n'
            ),
        ),
        "!",
    ),
    "a folder in a file of nothing": (
        (LOAD, '    return AutoModel.from_pretrained(os.path.join("a", "b"), trust_remote_code=True)\n'),
        "",
    ),
    "a folder that a caller knows": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", path), trust_remote_code=True)\n'
            ),
        ),
        "?",
    ),
    "a folder that the environment knows": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B"\n    x = os.getenv("X")\n'
                '    return AutoModel.from_pretrained(os.path.join("a", x), trust_remote_code=True)\n'
            ),
        ),
        "?",
    ),
    "a folder that an option says": (
        (
            LOAD,
            (
                '    name = "Qwen/Qwen2.5-7B"\n'
                '    return AutoModel.from_pretrained(os.path.join("a", args.x), trust_remote_code=True)\n'
            ),
        ),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), REMOTES.values(), ids=REMOTES)
def test_code_that_no_model_needs(changes, verdict):
    assert judged("SRC010", changed(REMOTE, changes)) == verdict


BEST = """
import torch
def choose(model, letters):
    best, found = -1.0, letters[0]
    for letter in letters:
        score = model(letter).item()
        if score > best:
            best, found = score, letter
    return found
"""

LOOPS = {
    "as it is": ((), "!"),
    "or equal": (("score > best", "score >= best"), "!"),
    "the other way": (("score > best", "best < score"), "!"),
    "less": (("score > best", "score < best"), "!"),
    "equal": (("score > best", "score == best"), ""),
    "between": (("score > best", "9 > score > best"), ""),
    "or nothing yet": (("score > best", "best is None or score > best", "letters[0]", "None"), "!"),
    "or not yet": (("score > best", "not best or score > best", "letters[0]", "None"), "!"),
    "and something else": (("score > best", "model is None and score > best", "letters[0]", "None"), "?"),
    "no answer yet": (("letters[0]", "None"), "?"),
    "an empty answer": (("letters[0]", '""'), "?"),
    "no place yet": (("letters[0]", "-1"), "?"),
    "a letter": (("letters[0]", '"A"'), "!"),
    "a place": (("letters[0]", "0"), "!"),
    "the first score": (("-1.0, letters[0]", "model[0], None"), "!"),
    "the second score": (("-1.0, letters[0]", "model[1], None"), "?"),
    "by two statements": (
        ("            best, found = score, letter", "            best = score\n            found = letter"),
        "!",
    ),
    "the score alone": (("            best, found = score, letter", "            best = score"), ""),
    "the answer alone": (("            best, found = score, letter", "            found = letter"), ""),
    "another best": (
        ("            best, found = score, letter", "            other, found = score, letter"),
        "",
    ),
    "another score": (
        ("            best, found = score, letter", "            best, found = model, letter"),
        "",
    ),
    "a score of no element": (("model(letter).item()", "model().item()"), ""),
    "a score through a name": (("score = model(letter)", "x = model(letter)\n        score = x"), "!"),
    "a score from before the loop": (
        ("    for letter", "    x = model(letters).item()\n    for letter", "model(letter).item()", "x"),
        "",
    ),
    "no loop": (("    for letter in letters:", "    letter = letters\n    if letter:"), ""),
    "checked": (("        if score", "        assert math.isfinite(score)\n        if score"), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), LOOPS.values(), ids=LOOPS)
def test_a_loop_that_keeps_the_best(changes, verdict):
    assert judged("SRC011", changed(BEST, changes)) == verdict
