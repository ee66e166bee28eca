from __future__ import annotations

from tests.checks.source import expect, hits


def test_rows_under_their_text():
    expect(
        "SRC008",
        """
        def comprehension(questions):
            return {row["question"]: row["answer"] for row in questions}  # !

        def loop(questions, predictions):
            found = {}
            for row, prediction in zip(questions, predictions):
                found[row["question"]] = prediction  # !
            return found

        def numbered(rows):
            index = {}
            for number, row in enumerate(rows):
                text = row.get("prompt").strip()
                index[text] = number  # !
            return index

        def paired(prompts, completions):
            found = {}
            for prompt, completion in zip(prompts, completions):
                found[prompt] = completion  # !
            return found, {question: i for i, question in enumerate(load())}  # !

        def attributes(examples):
            return {example.question: example for example in examples}  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC008",
        """
        from collections import Counter, defaultdict

        def by_id(questions):
            return {row["id"]: row for row in questions}

        def by_both(questions):
            return {(row["question"], tuple(row["choices"])): row for row in questions}

        QUESTIONS = ["What?", "Who?"]

        def written_out(answers):
            return {question: answer for question, answer in zip(QUESTIONS, answers)}

        def given_once(table):
            return {question: answer for question, answer in table.items()}

        def distinct(prompts, out):
            for index, prompt in enumerate(list(dict.fromkeys(prompts))):
                out[prompt] = index
            for index, prompt in enumerate(prompts):
                caption = describe(prompt)
                out[prompt] = caption

        def of_the_text_alone(prompts):
            return {prompt: score(prompt) for prompt in prompts}

        def grouped(questions):
            groups = defaultdict(list)
            for row in questions:
                groups[row["question"]].append(row)
            counts = Counter()
            for row in questions:
                counts[row["question"]] += 1
            return groups, counts

        def cached(questions):
            cache = {}
            for row in questions:
                cache[row["question"]] = generate(row["question"])
            return cache, {row["question"]: embed(row["question"]) for row in questions}

        def refused(questions):
            found = {}
            for row in questions:
                if row["question"] in found:
                    raise ValueError(row["question"])
                found[row["question"]] = row
            return found

        def compared(questions):
            gold = {row["question"]: row["answer"] for row in questions}
            if len(gold) != len(questions):
                raise ValueError("texts repeat")
            return gold

        def field(rows):
            for row in rows:
                row["prompt"] = row["text"]
                row["question"] = row
            return rows

        def one(row, gold):
            gold[row["question"]] = row["answer"]
            return gold

        def overlap(train, test):
            return {row["question"] for row in train} & {row["question"] for row in test}
        """,
    )


def test_rows_that_are_made_in_the_loop():
    expect(
        "SRC008",
        """
        import json

        def lines(path):
            gold = {}
            for line in open(path):
                row = json.loads(line)
                gold[row["question"]] = row["answer"]  # !
            return gold

        def by_index(rows):
            gold = {}
            for i in range(len(rows)):
                gold[rows[i]["question"]] = rows[i]["answer"]  # !
            return gold

        def zipped(table):
            return dict(zip(table["question"], table["answer"]))  # !

        def paired(rows):
            return dict((row["question"], row["answer"]) for row in rows)  # !

        def another_row(rows, first):
            gold = {}
            for row in rows:
                gold[first["question"]] = first["answer"]
            return gold

        def by_id(path):
            gold = {}
            for line in open(path):
                row = json.loads(line)
                gold[row["id"]] = row["answer"]
            return gold, dict(zip(table["id"], table["answer"]))

        def asked(path):
            gold = {}
            for line in open(path):
                row = json.loads(line)
                if row["question"] in gold:
                    raise ValueError("twice")
                gold[row["question"]] = row["answer"]
            return gold
        """,
    )


def test_texts_that_stand_in_the_file():
    collected = """
    FIRST = ["what is power", "who should rule"]
    SECOND = ["how are you", "who are you"]
    rows = []
    for q in FIRST:
        rows.append({"question": q, "trait": "a"})
    for q in SECOND:
        rows.append({"question": q, "trait": "b"})
    TRAIT = {r["question"]: r["trait"] for r in rows}
    """
    assert not hits("SRC008", collected)
    assert hits("SRC008", collected.replace("who are you", "who should rule"))
    assert hits("SRC008", collected.replace('["how are you", "who are you"]', "load()"))
    assert hits("SRC008", collected.replace("rows = []", "rows = load()"))
    assert hits("SRC008", collected + "rows.extend(load())\n".join(["", ""]).replace("\n", "\n    "))


def test_tables_under_a_column_of_texts():
    expect(
        "SRC008",
        """
        import pandas as pd

        def column(df):
            return df.set_index("question")["answer"].to_dict()  # !

        def table(df):
            return df.set_index(["prompt"]).to_dict()  # !

        def named(path):
            table = pd.read_csv(path)
            key = "question"
            indexed = table.set_index(key)  # !
            return indexed.answer.to_dict()

        def series(df):
            return pd.Series(df.answer.values, index=df.question).to_dict()  # !

        def values(df):
            return dict(df[["question", "answer"]].values)  # !

        def paired(rows):
            gold = {}
            for q, a in zip(rows["question"], rows["answer"]):
                gold[q] = a  # !
            return gold

        def paired_in_one(rows):
            return {q: a for q, a in zip(rows["question"], rows["answer"])}  # !
        """,
    )


def test_tables_that_keep_every_row():
    expect(
        "SRC008",
        """
        import pandas as pd

        def by_id(df):
            return df.set_index("question_id")["answer"].to_dict()

        def both(df):
            return df.set_index(["question", "options"])["answer"].to_dict()

        def raises(df):
            return df.set_index("question").to_dict("index")

        def verified(df):
            return df.set_index("question", verify_integrity=True)["answer"].to_dict()

        def dropped(df):
            return df.drop_duplicates("question").set_index("question")["answer"].to_dict()

        def rows(df):
            return df.to_dict("records")

        def records(df):
            return df.set_index("question").to_dict(orient="records")

        def checked(df):
            if not df["question"].is_unique:
                raise ValueError
            return dict(df[["question", "answer"]].values)

        def other_first(df):
            return dict(df[["id", "question"]].values)

        def paired(rows):
            return {q: a for q, a in zip(rows["id"], rows["question"])}
        """,
    )
