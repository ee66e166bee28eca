"""Conversations on their way into a model: doubled tokens, lost turns, one side without its template."""

from __future__ import annotations

from tests.checks.source import expect, hits


def test_special_tokens_twice():
    expect(
        "SRC013",
        """
        MODEL = "meta-llama/Llama-3.1-8B-Instruct"

        def direct(tokenizer, messages):
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            return tokenizer(text, return_tensors="pt")  # !

        def in_a_list(tokenizer, rows):
            texts = [tokenizer.apply_chat_template(row, tokenize=False) for row in rows]
            return tokenizer(texts, padding=True)  # !

        def with_the_answer(tok, messages, answer):
            text = tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            return tok.encode(text + answer)  # !

        def through_a_function(tokenizer, messages):
            return tokenizer(render(tokenizer, messages)).input_ids

        def render(tokenizer, messages):
            return tokenizer.apply_chat_template(messages, tokenize=False)

        def told(tokenizer, messages):
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            return tokenizer(text, add_special_tokens=False)

        def in_one_step(tokenizer, messages):
            return tokenizer.apply_chat_template(messages)

        def plain(tokenizer, messages, text):
            tokenizer.apply_chat_template(messages, tokenize=False)
            return tokenizer(text)

        def taken_away(tokenizer, messages):
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            return tokenizer(text.removeprefix(tokenizer.bos_token))
        """,
    )


def test_special_tokens_of_models_that_are_not_named():
    text = """
    def f(tokenizer, messages):
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        return tokenizer(text)
    """
    assert hits("SRC013", text)
    likely = text.replace("tokenizer(text)", "processor(text, images=images)").replace(
        "tokenizer.a", "processor.a"
    )
    assert [hit.confidence for hit in hits("SRC013", likely, pedantic=True)] == ["likely"]
    assert not hits("SRC013", text + "    MODEL = 'Qwen/Qwen2.5-7B-Instruct'\n", pedantic=True)
    assert hits("SRC013", text + "    MODELS = ['Qwen/Qwen2.5-7B-Instruct', 'google/gemma-2-9b-it']\n")


def test_system_turns_that_are_lost():
    expect(
        "SRC014",
        """
        def converted(row):
            messages = []
            for turn in row["conversations"]:
                if turn["from"] == "human":  # !
                    messages.append({"role": "user", "content": turn["value"]})
                elif turn["from"] == "gpt":
                    messages.append({"role": "assistant", "content": turn["value"]})
            return messages

        def as_text(messages):
            text = ""
            for message in messages:
                role = message.get("role")
                if role == "user":
                    text += "User: " + message["content"]
                elif role == "assistant":
                    text += "Assistant: " + message["content"]
            return text

        def looked_up(row):
            roles = {"human": "user", "gpt": "assistant"}
            return [{"role": roles.get(turn["from"], "user"), "content": turn["value"]} for turn in row]  # !

        def with_a_place(row):
            messages = []
            for turn in row["conversations"]:
                if turn["from"] == "human":
                    messages.append({"role": "user", "content": turn["value"]})
                elif turn["from"] == "gpt":
                    messages.append({"role": "assistant", "content": turn["value"]})
                else:
                    raise ValueError(turn["from"])
            return messages

        def kept_apart(row, messages):
            system = next((m["content"] for m in row if m["role"] == "system"), None)
            for turn in row:
                if turn["role"] == "user":
                    messages.append(("u", turn["content"]))
                elif turn["role"] == "assistant":
                    messages.append(("a", turn["content"]))
            return system, messages

        def counted(row):
            users = answers = 0
            for turn in row:
                if turn["role"] == "user":
                    users += 1
                elif turn["role"] == "assistant":
                    answers += 1
            return users, answers

        def strict(row):
            roles = {"human": "user", "gpt": "assistant"}
            return [{"role": roles[turn["from"]], "content": turn["value"]} for turn in row]
        """,
    )


def test_one_side_without_its_template():
    expect(
        "SRC015",
        """
        def changed(row):
            row["chosen"] = tokenizer.apply_chat_template(row["chosen"], tokenize=False)  # !
            return row

        def returned(row):
            return {
                "chosen": tokenizer.apply_chat_template(row["chosen"], tokenize=False),  # !
                "rejected": row["rejected"],
            }

        def other_side(row):
            row["rejected"] = render(row["rejected"])  # !
            return row

        def render(messages):
            return tokenizer.apply_chat_template(messages, tokenize=False)

        def both(row):
            row["chosen"] = tokenizer.apply_chat_template(row["chosen"], tokenize=False)
            row["rejected"] = render(row["rejected"])
            return row

        def in_a_loop(row):
            for side in ("chosen", "rejected"):
                row[side] = tokenizer.apply_chat_template(row[side], tokenize=False)
            return row

        def of_another_file(row):
            return {
                "chosen": tokenizer.apply_chat_template(row["chosen"], tokenize=False),
                "rejected": rendered_elsewhere(row["rejected"]),
            }

        def plain_fine_tuning(row):
            return {"text": tokenizer.apply_chat_template(row["chosen"], tokenize=False)}
        """,
    )


def test_turns_that_become_fields():
    text = """
    def to_alpaca(messages):
        row = {}
        for m in messages:
            if m["role"] == "user":
                row["instruction"] = m["content"]
            elif m["role"] == "assistant":
                row["output"] = m["content"]
        return row
    """
    assert hits("SRC014", text)
    assert not hits("SRC014", text.replace('row["output"] = m["content"]', "row['n'] = 1"))


def test_turns_left_out_by_a_list_of_roles():
    expect(
        "SRC014",
        """
        import json

        ROLES = ("user", "assistant")

        def convert(rows, path):
            out = []
            for row in rows:
                turns = []
                for turn in row["messages"]:
                    if turn["role"] not in ROLES:  # !
                        continue
                    turns.append({"role": turn["role"], "content": turn["content"]})
                out.append({"messages": turns})
            with open(path, "w") as file:
                for each in out:
                    file.write(json.dumps(each))

        def rendered(row, tokenizer):
            turns = [m for m in row["messages"] if m["role"] in {"user", "assistant"}]  # !
            return tokenizer.apply_chat_template(turns)

        def renamed(row, tokenizer):
            turns = []
            for turn in row["conversations"]:
                role = turn["from"]
                if role not in {"human": "user", "gpt": "assistant"}:  # !
                    continue
                turns.append({"role": role, "content": turn["value"]})
            return tokenizer.apply_chat_template(turns)

        def told(row, tokenizer):
            turns = []
            for turn in row["messages"]:
                if turn["role"] not in ROLES:
                    print("left out", turn)
                    continue
                turns.append(turn)
            return tokenizer.apply_chat_template(turns)

        def by_name(row, tokenizer):
            turns = [m for m in row["messages"] if m["role"] != "system"]
            return tokenizer.apply_chat_template(turns)

        def with_three(row, tokenizer):
            turns = [m for m in row["messages"] if m["role"] in ("user", "assistant", "system")]
            return tokenizer.apply_chat_template(turns)

        def put_back(row, tokenizer):
            turns = [m for m in row["messages"] if m["role"] in ROLES]
            return tokenizer.apply_chat_template([row["system"], *turns])

        def counted(row):
            return len([m for m in row["messages"] if m["role"] in ROLES])

        def tools(row, tokenizer):
            turns = [m for m in row["messages"] if m["role"] in ("user", "tool")]
            return tokenizer.apply_chat_template(turns)

        def kinds(rows, file):
            for row in rows:
                if row["kind"] not in ROLES:
                    continue
                file.write(row["text"])
        """,
    )


def test_a_list_of_roles_whose_use_is_elsewhere_is_likely():
    text = """
        def turns(row):
            return [m for m in row["messages"] if m["role"] in ("user", "assistant")]
    """
    assert (len(hits("SRC014", text)), len(hits("SRC014", text, pedantic=True))) == (0, 1)
