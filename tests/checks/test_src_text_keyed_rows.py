from __future__ import annotations

from tests.checks.source import expect


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
