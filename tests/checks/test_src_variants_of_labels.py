"""Guesses at labels, blank system texts, draws and salted hashes: each with its neighbours, one change apart."""

from __future__ import annotations

import pytest

from tests.checks.test_src_variants import changed, judged

FAILED = """
import json, random, re
def answer(text, row, log):
    found = re.search("[A-D]", text)
    if not found:
        label = "A"
    else:
        label = found.group(0)
    return label, text
"""
READ = FAILED[FAILED.index("    if not found") :]

GUESSES = {
    "as it is": ((), "!"),
    "nothing": (('"A"', "None"), ""),
    "an empty text": (('"A"', '""'), ""),
    "unknown": (('"A"', '"unknown"'), ""),
    "two characters": (('"A"', '"(AB)"'), "?"),
    "three characters": (('"A"', '"ABC"'), ""),
    "minus one": (('"A"', "-1"), ""),
    "nought": (('"A"', "0"), "?"),
    "true": (('"A"', "True"), ""),
    "another name": (("label", "other"), ""),
    "a refusal": (('label = "A"', 'label = "A"\n        raise E'), ""),
    "a random one": (('"A"', 'random.choice("ABCD")'), "!"),
    "is None": (("not found", "found is None"), "!"),
    "is not None": (("not found", "found is not None"), ""),
    "the other branch": (
        ("not found", "found", '"A"', "found.group(0)", "found.group(0)\n    return", '"A"\n    return'),
        "!",
    ),
    "the other branch of is not None": (
        (
            "not found",
            "found is not None",
            '"A"',
            "found.group(0)",
            "found.group(0)\n    return",
            '"A"\n    return',
        ),
        "!",
    ),
    "something else is asked": (("not found", "not text"), ""),
    "something else is asked, and told": (
        ("not found", "not text", 'label = "A"', 'print("no label")\n        label = "A"'),
        "!",
    ),
    "told of something else": (
        ("not found", "not text", 'label = "A"', 'print("yes")\n        label = "A"'),
        "",
    ),
    "warned by no logger": (
        ("not found", "not text", 'label = "A"', 'row.warning("yes")\n        label = "A"'),
        "",
    ),
    "warned by a logger": (
        ("not found", "not text", 'label = "A"', 'logger.warning("yes")\n        label = "A"'),
        "!",
    ),
    "a conditional": ((READ, '    label = found.group(0) if found else "A"\n    return label, text\n'), "!"),
    "a conditional of None": (
        (READ, "    label = found.group(0) if found else None\n    return label, text\n"),
        "",
    ),
    "a conditional of a word": (
        (READ, '    label = found.group(0) if found else "none"\n    return label, text\n'),
        "",
    ),
    "a conditional the other way": (
        (READ, '    label = "A" if not found else found.group(0)\n    return label, text\n'),
        "!",
    ),
    "a conditional of something else": (
        (READ, '    label = row if row else "A"\n    return label, text\n'),
        "",
    ),
    "or": ((READ, '    label = extract(text) or "A"\n    return label, text\n'), "!"),
    "or after something else": ((READ, '    label = load(text) or "A"\n    return label, text\n'), ""),
    "and": ((READ, '    label = extract(text) and "A"\n    return label, text\n'), ""),
    "a default": ((READ, '    return row.get("label", "A")\n'), "!"),
    "a default number": ((READ, '    return row.get("label", 0)\n'), "!"),
    "a default below nought": ((READ, '    return row.get("label", -1)\n'), ""),
    "a default truth": ((READ, '    return row.get("label", True)\n'), ""),
    "a default word": ((READ, '    return row.get("label", "no")\n'), ""),
    "a default of another": ((READ, '    return row.get("title", "A")\n'), ""),
    "a default that is taken out": ((READ, '    return row.pop("label", "A")\n'), "!"),
    "no default": ((READ, '    return row.get("label")\n'), ""),
    "an attribute's default": ((READ, '    return getattr(row, "label", "A")\n'), ""),
    "a default list": ((READ, '    return row.get("labels", ["A", "B"])\n'), "!"),
    "an attribute's default list": ((READ, '    return getattr(row, "labels", ["A", "B"])\n'), "!"),
    "a default list of one": ((READ, '    return row.get("labels", ["A"])\n'), ""),
    "a default list of others": ((READ, '    return row.get("labels", ["yes", "no"])\n'), ""),
    "an empty default list": ((READ, '    return row.get("labels", [])\n'), ""),
    "a default alphabet": ((READ, '    return row.get("labels", list("ABCD"))\n'), "!"),
    "another default text": ((READ, '    return row.get("labels", list("XYZ"))\n'), ""),
    "a default of the ASCII letters": (
        (
            READ,
            '    return row.get("labels", list(string.ascii_uppercase[:4]))\n',
            "import json",
            "import string, json",
        ),
        "!",
    ),
    "a count": ((READ, '    return row.get("label", 0) + 1\n'), ""),
    "a count that is compared": ((READ, '    return row.get("label", 0) > 1\n'), ""),
    "a label that is compared": ((READ, '    return row.get("label", 0) == other\n'), "!"),
    "a label that is compared with the default": ((READ, '    return row.get("label", 0) == 0\n'), "!"),
    "a label that is compared with another": ((READ, '    return row.get("label", 0) == 1\n'), ""),
    "a handler": ((READ, '    try:\n        label = f()\n    except E:\n        label = "A"\n'), "!"),
    "a handler that raises": (
        (READ, '    try:\n        label = f()\n    except E:\n        label = "A"\n        raise\n'),
        "",
    ),
    "a handler of a word": (
        (READ, '    try:\n        label = f()\n    except E:\n        label = "error"\n'),
        "",
    ),
    "a tuple": (
        (READ, '    if not found:\n        return "A", text\n    return found.group(0), text\n'),
        "!",
    ),
    "a tuple of words": (
        (READ, '    if not found:\n        return "no", text\n    return found.group(0), text\n'),
        "",
    ),
    "a tuple beside a shorter one": (
        (READ, '    if not found:\n        return "A", text\n    return found.group(0), text, 1\n'),
        "",
    ),
    "a tuple beside a constant": (
        (READ, '    if not found:\n        return "A", text\n    return "B", text\n'),
        "",
    ),
    "a coin": (
        (READ, '    if not found:\n        return random.choice(["A", "B"])\n    return found.group(0)\n'),
        "!",
    ),
    "a coin of truth": (
        (READ, "    if not found:\n        return random.choice([True, False])\n    return 1\n"),
        "!",
    ),
    "a coin of rows": ((READ, "    if not found:\n        return random.choice(rows)\n    return 1\n"), ""),
    "a coin where nothing failed": (
        (READ, '    if text:\n        return random.choice(["A", "B"])\n    return 1\n'),
        "",
    ),
    "a coin in a handler": (
        (READ, '    try:\n        return f()\n    except E:\n        return random.choice(["A", "B"])\n'),
        "!",
    ),
    "a coin in a function in a handler": (
        (
            READ,
            '    try:\n        return f()\n    except E:\n        return lambda: random.choice(["A", "B"])\n',
        ),
        "",
    ),
    "a coin that is compared": (
        (READ, '    if not found:\n        n = random.choice(["A", "B"]) == row\n'),
        "!",
    ),
    "a coin that is kept": (
        (READ, '    if not found:\n        row["pred"] = random.choice(["A", "B"])\n'),
        "!",
    ),
    "a coin that is kept elsewhere": (
        (READ, '    if not found:\n        row["colour"] = random.choice(["A", "B"])\n'),
        "",
    ),
    "a coin that takes a row": ((READ, "    if not found:\n        return rows[random.randint(0, 3)]\n"), ""),
    "a coin that takes an option": (
        (READ, "    if not found:\n        return options[random.randint(0, 3)]\n"),
        "!",
    ),
    "a time to wait": ((READ, "    if not found:\n        sleep(random.randint(0, 3))\n"), ""),
    "a generator's coin": (
        (READ, '    rng = random.Random(1)\n    if not found:\n        return rng.choice(["A", "B"])\n'),
        "!",
    ),
    "another's choice": ((READ, '    if not found:\n        return menu.choice(["A", "B"])\n'), ""),
    "another count": ((READ, '    n = text.count("A")\n    if n != 1:\n        label = "A"\n'), "!"),
    "another length": (
        (READ, '    n = re.findall("A", text)\n    if len(n) != 1:\n        label = "A"\n'),
        "!",
    ),
    "a length of nought": (
        (READ, '    n = re.findall("A", text)\n    if len(n) == 0:\n        label = "A"\n'),
        "!",
    ),
    "a length of one": (
        (READ, '    n = re.findall("A", text)\n    if len(n) == 1:\n        label = "A"\n'),
        "",
    ),
    "a shorter length": (
        (READ, '    n = re.findall("A", text)\n    if len(n) < 1:\n        label = "A"\n'),
        "!",
    ),
    "a longer length": (
        (READ, '    n = re.findall("A", text)\n    if len(n) > 1:\n        label = "A"\n'),
        "",
    ),
    "a place below nought": ((READ, '    n = text.find("A")\n    if n == -1:\n        label = "A"\n'), "!"),
    "a place": ((READ, '    n = text.find("A")\n    if n == 1:\n        label = "A"\n'), ""),
    "none of the answers": (
        (READ, '    n = extract(text)\n    if n not in "AB":\n        label = "A"\n'),
        "!",
    ),
    "one of the answers": ((READ, '    n = extract(text)\n    if n in "AB":\n        label = "A"\n'), ""),
    "two questions": ((READ, '    n = extract(text)\n    if 0 is None is None:\n        label = "A"\n'), ""),
    "a choice where questions are asked": (("label", "choice", "def answer", "def question"), "!"),
    "a choice of something else": (("label", "choice", "def answer", "def pick"), ""),
    "made-up letters": (("label", "labels", '"A"', '["A", "B"]'), "!"),
    "made-up letters by number": (("label", "labels", '"A"', "[chr(65 + i) for i in range(4)]"), "!"),
    "a letter for several": (("label", "labels"), ""),
}


@pytest.mark.parametrize(("changes", "verdict"), GUESSES.values(), ids=GUESSES)
def test_an_answer_that_could_not_be_read(changes, verdict):
    assert judged("SRC009", changed(FAILED, changes)) == verdict


SCORED = """
import json, re
def judge(text):
    found = re.search("score: (.)", text)
    if found:
        return int(found.group(1)), text
    return 5, text
"""
BODY = SCORED[SCORED.index("    found") :]

SCORES = {
    "as it is": ((), "!"),
    "nought": (("return 5", "return 0"), "?"),
    "below nought": (("return 5", "return -1"), ""),
    "nothing": (("return 5", "return None"), ""),
    "truth": (("return 5", "return True"), ""),
    "another place": (("return 5, text", "return text, 5"), ""),
    "alone": ((", text\n", "\n"), "!"),
    "alone and in a tuple": (("return 5, text", "return 5"), ""),
    "no number is read": (("int(found.group(1))", "found.group(1)"), ""),
    "a number of something else": (("int(found.group(1))", "int(text)"), ""),
    "no score": (("score: ", "seen: ", "def judge", "def seen"), ""),
    "a score by its function": (("score: ", "seen: ", "def judge", "def rating"), "!"),
    "a threshold": (("def judge", "def score_threshold"), ""),
    "one way out": (("        return int(found.group(1)), text\n", "        pass\n"), ""),
    "after a failed match": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    if not found:\n'
                "        return 5\n    return int(found[1])\n"
            ),
        ),
        "!",
    ),
    "after a match": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    if found:\n'
                "        return 5\n    return int(found[1])\n"
            ),
        ),
        "",
    ),
    "after another question": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    if text:\n'
                "        return 5\n    return int(found[1])\n"
            ),
        ),
        "",
    ),
    "in the other branch": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    if found:\n'
                "        return int(found[1])\n    else:\n        return 5\n"
            ),
        ),
        "!",
    ),
    "in a handler": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    try:\n'
                "        return int(found[1])\n    except E:\n        return 5\n"
            ),
        ),
        "!",
    ),
    "in a loop": (
        (
            BODY,
            (
                '    found = re.search("score: (.)", text)\n    for x in y:\n'
                "        return 5\n    return int(found[1])\n"
            ),
        ),
        "",
    ),
    "assigned in a handler": (
        (BODY, "    try:\n        score = json.loads(text)['x']\n    except E:\n        score = 5\n"),
        "!",
    ),
    "assigned in a handler after a conversion": (
        (BODY, "    try:\n        score = float(text)\n    except E:\n        score = 5\n"),
        "?",
    ),
    "assigned in a handler, nought": (
        (BODY, "    try:\n        score = json.loads(text)['x']\n    except E:\n        score = 0\n"),
        "?",
    ),
    "assigned in a handler that raises": (
        (
            BODY,
            (
                "    try:\n        score = json.loads(text)['x']\n"
                "    except E:\n        score = 5\n        raise\n"
            ),
        ),
        "",
    ),
    "assigned in a handler that asks again": (
        (
            BODY,
            (
                "    try:\n        score = json.loads(text)['x']\n"
                "    except E:\n        score = 5\n        ask(text)\n"
            ),
        ),
        "",
    ),
    "assigned in a handler that tells": (
        (
            BODY,
            (
                "    try:\n        score = json.loads(text)['x']\n"
                "    except E:\n        score = 5\n        print(text)\n"
            ),
        ),
        "!",
    ),
    "another name is read": (
        (BODY, "    try:\n        other = json.loads(text)['x']\n    except E:\n        score = 5\n"),
        "",
    ),
    "not read": ((BODY, "    try:\n        score = model(text)\n    except E:\n        score = 5\n"), ""),
    "assigned after a failed match": (
        (
            BODY,
            (
                '    found = re.search("x", text)\n    if not found:\n'
                "        score = 5\n    else:\n        score = int(found[1])\n"
            ),
        ),
        "!",
    ),
    "assigned in the other branch": (
        (
            BODY,
            (
                '    found = re.search("x", text)\n    if found:\n'
                "        score = int(found[1])\n    else:\n        score = 5\n"
            ),
        ),
        "!",
    ),
    "assigned after a match": (
        (
            BODY,
            (
                '    found = re.search("x", text)\n    if found:\n'
                "        score = 5\n    else:\n        score = int(found[1])\n"
            ),
        ),
        "",
    ),
    "a conditional": (
        (BODY, '    found = re.search("x", text)\n    score = int(found[1]) if found else 5\n'),
        "!",
    ),
    "a conditional the other way": (
        (BODY, '    found = re.search("x", text)\n    score = 5 if found is None else int(found[1])\n'),
        "!",
    ),
    "a conditional after a match": (
        (BODY, '    found = re.search("x", text)\n    score = 5 if found else int(found[1])\n'),
        "",
    ),
    "a conditional of another name": (
        (BODY, '    found = re.search("x", text)\n    size = int(found[1]) if found else 5\n'),
        "",
    ),
    "a conditional of text": (
        (BODY, '    found = re.search("x", text)\n    score = found[1] if found else 5\n'),
        "",
    ),
    "a default": ((BODY, "    return json.loads(text).get('score', 3)\n"), "!"),
    "a default of nought": ((BODY, "    return json.loads(text).get('score', 0)\n"), ""),
    "a default truth": ((BODY, "    return json.loads(text).get('score', True)\n"), ""),
    "a default of something else": ((BODY, "    return json.loads(text).get('title', 3)\n"), ""),
    "a default of a weight": ((BODY, "    return json.loads(text).get('score_weight', 3)\n"), ""),
    "a default verdict": ((BODY, "    return json.loads(text).get('winner', 'tie')\n"), "!"),
    "a default unknown": ((BODY, "    return json.loads(text).get('winner', 'unknown')\n"), ""),
    "a default word for a score": ((BODY, "    return json.loads(text).get('score', 'tie')\n"), ""),
    "a default of what is not read": ((BODY, "    return text.get('score', 3)\n"), ""),
    "a default of no method": ((BODY, "    return get('score', 3)\n"), ""),
    "a default that is set": ((BODY, "    return json.loads(text).setdefault('score', 3)\n"), "!"),
    "defaults of a loop": (
        (BODY, "    for k in ('a', 'score'):\n        json.loads(text).setdefault(k, 3)\n"),
        "!",
    ),
    "defaults of a loop of others": (
        (BODY, "    for k in ('a', 'b'):\n        json.loads(text).setdefault(k, 3)\n"),
        "",
    ),
    "a record in a handler": (
        (BODY, "    try:\n        return json.loads(text)\n    except E:\n        return {'score': 3}\n"),
        "!",
    ),
    "a record that tells": (
        (
            BODY,
            (
                "    try:\n        return json.loads(text)\n    except E:\n"
                "        return {'score': 3, 'error': 'bad'}\n"
            ),
        ),
        "",
    ),
    "a record in a handler that raises": (
        (
            BODY,
            (
                "    try:\n        return json.loads(text)\n    except E:\n"
                "        x = {'score': 3}\n        raise\n"
            ),
        ),
        "",
    ),
    "a record in a handler of something else": (
        (BODY, "    try:\n        return load(text)\n    except E:\n        return {'score': 3}\n"),
        "",
    ),
    "a record after a failed match": (
        (BODY, "    found = re.search('x', text)\n    if not found:\n        return {'score': 3}\n"),
        "!",
    ),
    "a record after a match": (
        (BODY, "    found = re.search('x', text)\n    if found:\n        return {'score': 3}\n"),
        "",
    ),
    "a record where nothing is asked": ((BODY, "    return {'score': 3}\n"), ""),
    "put right": (
        (
            BODY,
            "    winner = json.loads(text)['w']\n    if winner not in ('A', 'tie'):\n        winner = 'tie'\n",
        ),
        "!",
    ),
    "not put right": (
        (
            BODY,
            "    winner = json.loads(text)['w']\n    if winner in ('A', 'tie'):\n        winner = 'tie'\n",
        ),
        "",
    ),
    "put wrong": (
        (
            BODY,
            "    winner = json.loads(text)['w']\n    if winner not in ('A', 'tie'):\n        winner = 'none'\n",
        ),
        "",
    ),
    "a last letter": (
        (BODY, "    if 'a' in text: return 'A'\n    if 'b' in text: return 'B'\n    return 'A'\n"),
        "!",
    ),
    "a last letter of a chain": (
        (BODY, "    if 'a' in text: return 'A'\n    elif 'b' in text: return 'B'\n    else: return 'A'\n"),
        "!",
    ),
    "a last letter behind a chain": (
        (BODY, "    if 'a' in text: return 'A'\n    elif 'b' in text: return 'B'\n    return 'A'\n"),
        "!",
    ),
    "a letter of its own": (
        (BODY, "    if 'a' in text: return 'A'\n    elif 'b' in text: return 'B'\n    else: return 'C'\n"),
        "",
    ),
    "one letter": ((BODY, "    if 'a' in text: return 'A'\n    else: return 'A'\n"), ""),
    "a chain of two texts": (
        (BODY, "    if 'a' in text: return 'A'\n    elif 'b' in other: return 'B'\n    else: return 'A'\n"),
        "",
    ),
    "a chain with a word": (
        (BODY, "    if 'a' in text: return 'A'\n    elif 'b' in text: return 'no'\n    else: return 'A'\n"),
        "",
    ),
}


@pytest.mark.parametrize(("changes", "verdict"), SCORES.values(), ids=SCORES)
def test_a_score_that_could_not_be_read(changes, verdict):
    assert judged("SRC009", changed(SCORED, changes)) == verdict


SYSTEM = """
def rows(system, user, other, tokenizer):
    messages = []
    if system:
        messages.append({"role": "system", "content": system})
    messages.append({"role": "user", "content": user})
    return tokenizer.apply_chat_template(messages)
"""
GUARD = SYSTEM[SYSTEM.index("    if system") : SYSTEM.index('    messages.append({"role": "user"')]
PUT = '        messages.append({"role": "system", "content": system})\n'

SYSTEMS = {
    "as it is": ((), "!"),
    "asked for None": (("if system:", "if system is not None:"), ""),
    "and more": (("if system:", "if user and system:"), "!"),
    "or more": (("if system:", "if user or system:"), ""),
    "stripped": (("if system:", "if system.strip():"), ""),
    "stripped, too": (("if system:", "if system and system.strip():"), ""),
    "another is stripped": (("if system:", "if system and user.strip():"), "!"),
    "another text": (('"content": system}', '"content": other}'), ""),
    "a developer's": (('"system", "content"', '"developer", "content"'), "!"),
    "a user's": (('"system", "content"', '"user", "content"'), ""),
    "of another form": (
        ('{"role": "system", "content": system}', '{"from": "system", "value": system}'),
        "!",
    ),
    "a call": (('{"role": "system", "content": system}', 'dict(role="system", content=system)'), "!"),
    "a call of a user": (('{"role": "system", "content": system}', 'dict(role="user", content=system)'), ""),
    "a call without content": (('{"role": "system", "content": system}', 'dict(role="system")'), ""),
    "a message": (('{"role": "system", "content": system}', "SystemMessage(system)"), "!"),
    "a message by name": (('{"role": "system", "content": system}', "SystemMessage(content=system)"), "!"),
    "another message": (('{"role": "system", "content": system}', "UserMessage(system)"), ""),
    "made by a function": (
        (
            '{"role": "system", "content": system}',
            "turn(system)",
            "def rows",
            'def turn(t): return {"role": "system", "content": t}\ndef rows',
        ),
        "!",
    ),
    "not made by a function": (
        (
            '{"role": "system", "content": system}',
            "turn(system)",
            "def rows",
            'def turn(t): return {"role": "user", "content": t}\ndef rows',
        ),
        "",
    ),
    "tidied up": (('"content": system}', '"content": system.strip()}'), "!"),
    "a part of it": (('"content": system}', '"content": system.text}'), ""),
    "an element of it": (('"content": system}', '"content": system[0]}'), ""),
    "joined": (('"content": system}', '"content": " ".join(system)}'), ""),
    "among words": (('"content": system}', '"content": f"You are {system}"}'), ""),
    "alone in a text": (('"content": system}', '"content": f"{system}"}'), "!"),
    "among others": (('"content": system}', '"content": system + other}'), ""),
    "through a name": (
        (
            PUT,
            '        text = system.strip()\n        messages.append({"role": "system", "content": text})\n',
        ),
        "!",
    ),
    "another in its place": (
        (
            '    messages.append({"role": "user"',
            (
                '    else:\n        messages.append({"role": "system", "content": other})\n'
                '    messages.append({"role": "user"'
            ),
        ),
        "",
    ),
    "something else in its place": (
        (
            '    messages.append({"role": "user"',
            '    else:\n        messages.append(other)\n    messages.append({"role": "user"',
        ),
        "!",
    ),
    "not": ((GUARD, "    if not system:\n        pass\n    else:\n" + PUT), "!"),
    "not, with a way out": (
        (GUARD, "    if not system:\n        return messages\n" + PUT.replace("        m", "    m")),
        "!",
    ),
    "not, with a refusal": (
        (GUARD, "    if not system:\n        raise ValueError\n" + PUT.replace("        m", "    m")),
        "",
    ),
    "not, without a way out": (
        (GUARD, "    if not system:\n        print(1)\n" + PUT.replace("        m", "    m")),
        "",
    ),
    "a conditional": (
        (GUARD, '    messages += [{"role": "system", "content": system}] if system else []\n'),
        "!",
    ),
    "a conditional with another": (
        (GUARD, '    messages += [{"role": "system", "content": system if system else other}]\n'),
        "!",
    ),
    "a conditional with nothing": (
        (GUARD, '    messages += [{"role": "system", "content": system if system else ""}]\n'),
        "",
    ),
    "a conditional with None": (
        (GUARD, '    messages += [{"role": "system", "content": system if system else None}]\n'),
        "",
    ),
    "a conditional the other way": (
        (GUARD, '    messages += [] if not system else [{"role": "system", "content": system}]\n'),
        "!",
    ),
    "a conditional of two messages": (
        (
            GUARD,
            '    messages += [{"role": "system", "content": system}] if system else [SystemMessage("")]\n',
        ),
        "",
    ),
    "and": ((GUARD, '    messages += system and [{"role": "system", "content": system}]\n'), "!"),
    "or another": ((GUARD, '    messages += [{"role": "system", "content": system or other}]\n'), "!"),
    "or nothing": ((GUARD, '    messages += [{"role": "system", "content": system or ""}]\n'), ""),
    "or a blank": ((GUARD, '    messages += [{"role": "system", "content": system or " "}]\n'), ""),
    "or typed in": ((GUARD, '    messages += [{"role": "system", "content": system or "You help."}]\n'), "!"),
    "stripped or typed in": (
        (GUARD, '    messages += [{"role": "system", "content": system.strip() or "You help."}]\n'),
        "!",
    ),
    "looked up or typed in": (
        (GUARD, '    messages += [{"role": "system", "content": user.get("s") or "You help."}]\n'),
        "!",
    ),
    "made or typed in": (
        (GUARD, '    messages += [{"role": "system", "content": make() or "You help."}]\n'),
        "",
    ),
    "and typed in": (
        (GUARD, '    messages += [{"role": "system", "content": system and "You help."}]\n'),
        "",
    ),
    "filled in": (
        (
            GUARD,
            (
                "    if not system:\n        system = other\n"
                '    messages.append({"role": "system", "content": system})\n'
            ),
        ),
        "!",
    ),
    "filled in with nothing": (
        (
            GUARD,
            (
                '    if not system:\n        system = ""\n'
                '    messages.append({"role": "system", "content": system})\n'
            ),
        ),
        "",
    ),
    "filled in by a call": (
        (
            GUARD,
            (
                "    if not system:\n        system = load()\n"
                '    messages.append({"role": "system", "content": system})\n'
            ),
        ),
        "",
    ),
    "filled in and more": (
        (
            GUARD,
            (
                "    if not system:\n        system = other\n        print(1)\n"
                '    messages.append({"role": "system", "content": system})\n'
            ),
        ),
        "",
    ),
    "filled in where another is": (
        (
            GUARD,
            (
                "    if not user:\n        system = other\n"
                '    messages.append({"role": "system", "content": system})\n'
            ),
        ),
        "",
    ),
    "branched": (
        (
            GUARD,
            (
                '    if system:\n        text = system\n    else:\n        text = "You help."\n'
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "!",
    ),
    "branched the other way": (
        (
            GUARD,
            (
                '    if not system:\n        text = "You help."\n    else:\n        text = system\n'
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "!",
    ),
    "branched to a constant": (
        (
            GUARD,
            (
                "    if system:\n        text = system\n    else:\n        text = DEFAULT\n"
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "!",
    ),
    "branched to another text": (
        (
            GUARD,
            (
                "    if system:\n        text = system\n    else:\n        text = other\n"
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "",
    ),
    "branched to nothing": (
        (
            GUARD,
            (
                '    if system:\n        text = system\n    else:\n        text = ""\n'
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "",
    ),
    "branched by something else": (
        (
            GUARD,
            (
                '    if user:\n        text = system\n    else:\n        text = "You help."\n'
                '    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "",
    ),
    "branched and more": (
        (
            GUARD,
            (
                '    if system:\n        text = system\n    else:\n        text = "You help."\n'
                '        print(1)\n    messages.append({"role": "system", "content": text})\n'
            ),
        ),
        "",
    ),
    "a default's": (
        (
            "system",
            "row.default_system",
            "def rows(row.default_system",
            "def rows(row",
            '"row.default_system"',
            '"system"',
        ),
        "",
    ),
    "a reminder": (("system:", "reminder:", ": system}", ": reminder}", "rows(system", "rows(reminder"), ""),
    "counted": (
        (
            'messages.append({"role": "system", "content": system})',
            'n = count_tokens([{"role": "system", "content": system}])',
        ),
        "",
    ),
    "beside another": ((GUARD, '    messages.append({"role": "system", "content": other})\n' + GUARD), "?"),
    "beside another in another list": (
        (GUARD, '    more.append({"role": "system", "content": other})\n' + GUARD),
        "!",
    ),
    "beside a user's": ((GUARD, '    messages.append({"role": "user", "content": other})\n' + GUARD), "!"),
    "beside the same": ((GUARD, '    messages.append({"role": "system", "content": system})\n' + GUARD), "!"),
    "beside another in another branch": (
        (
            GUARD,
            GUARD.rstrip()
            + '\n    elif user:\n        messages.append({"role": "system", "content": other})\n',
        ),
        "",
    ),
    "a trace's": (
        ("def rows", "def record", "return tokenizer.apply_chat_template(messages)", "return messages"),
        "?",
    ),
    "a trace's that is sent": (("def rows", "def record"), "!"),
}


@pytest.mark.parametrize(("changes", "verdict"), SYSTEMS.values(), ids=SYSTEMS)
def test_a_blank_system_text(changes, verdict):
    assert judged("SRC002", changed(SYSTEM, changes)) == verdict
