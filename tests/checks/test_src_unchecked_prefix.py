from __future__ import annotations

from tests.checks.source import expect, hits


def test_cuts_at_the_prompts_length():
    expect(
        "SRC012",
        """
        def masked(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            ids = tokenizer(prompt + answer)["input_ids"]
            return [-100] * len(prompt_ids) + ids[len(prompt_ids):]  # !

        def scored(tokenizer, model, base, endings):
            base_ids = tokenizer(base, return_tensors="pt")["input_ids"]
            start = base_ids.shape[1]
            for ending in endings:
                whole = base + ending
                ids = tokenizer(whole, return_tensors="pt")["input_ids"].to(model.device)
                yield model(ids)[0], ids[0, start:]

        def templated(tokenizer, messages):
            prompt = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True)
            ids = tokenizer.apply_chat_template(messages)
            labels = list(ids)
            labels[: len(prompt)] = [-100] * len(prompt)  # !
            return ids, labels

        def encoded(self, row):
            prompt_length = len(self.tokenizer.encode(row["prompt"]))
            text = row["prompt"] + row["completion"]
            labels = self.tokenizer.encode(text).copy()
            labels[:prompt_length] = [-100] * prompt_length  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC012",
        """
        def compared(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            ids = tokenizer(prompt + answer)["input_ids"]
            if ids[: len(prompt_ids)] != prompt_ids:
                raise ValueError(prompt)
            return ids[len(prompt_ids):]

        def put_together(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            answer_ids = tokenizer(answer)["input_ids"]
            ids = prompt_ids + answer_ids
            return [-100] * len(prompt_ids) + ids[len(prompt_ids):]

        def generated(tokenizer, model, prompt):
            inputs = tokenizer(prompt, return_tensors="pt")
            output = model.generate(**inputs)
            return output[:, inputs["input_ids"].shape[1]:]

        def other_text(tokenizer, prompt, other):
            prompt_ids = tokenizer(prompt)["input_ids"]
            ids = tokenizer(other)["input_ids"]
            return ids[len(prompt_ids):]

        def truncated(tokenizer, prompt, limit):
            ids = tokenizer(prompt)["input_ids"]
            return ids[:limit], ids[len(ids) // 2 :]

        def offsets(tokenizer, prompt, answer):
            whole = tokenizer(prompt + answer, return_offsets_mapping=True)
            prompt_ids = tokenizer(prompt)["input_ids"]
            return whole["input_ids"][len(prompt_ids):]

        def text_only(prompt, answer):
            whole = prompt + answer
            return whole[len(prompt):]
        """,
    )


def test_states_that_are_cut_at_the_prompts_length():
    expect(
        "SRC012",
        """
        def states(tokenizer, model, messages):
            prompt = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, return_tensors="pt")
            whole = tokenizer.apply_chat_template(messages, return_tensors="pt")
            outputs = model(whole, output_hidden_states=True)
            return outputs.hidden_states[20][:, prompt.shape[1] :].mean(1)  # !

        def of_a_batch(tokenizer, model, prompt, answer):
            n = len(tokenizer(prompt)["input_ids"])
            batch = tokenizer(prompt + answer, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            return hidden[:, n:]  # !

        def of_the_prompt_alone(tokenizer, model, prompt):
            batch = tokenizer(prompt, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            return hidden[:, : len(batch["input_ids"])]
        """,
    )


def test_a_cut_that_decides_about_no_label_is_likely():
    text = """
    def scored(tokenizer, prompt, answer):
        prompt_ids = tokenizer(prompt)["input_ids"]
        ids = tokenizer(prompt + answer)["input_ids"]
        return ids[len(prompt_ids):]
    """
    assert not hits("SRC012", text)
    assert [hit.confidence for hit in hits("SRC012", text, pedantic=True)] == ["likely"]


def test_labels_written_one_by_one():
    expect(
        "SRC012",
        """
        def mask(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            labels = tokenizer(prompt + answer)["input_ids"]
            for i in range(len(prompt_ids)):
                labels[i] = -100  # !
            return labels

        def from_place(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            labels = tokenizer(prompt + answer)["input_ids"]
            for i in range(0, len(prompt_ids)):
                labels[i] = -100  # !
            return labels

        def checked(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            labels = tokenizer(prompt + answer)["input_ids"]
            if labels[: len(prompt_ids)] != prompt_ids:
                raise ValueError(prompt)
            for i in range(len(prompt_ids)):
                labels[i] = -100
            return labels

        def put_together(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            labels = prompt_ids + tokenizer(answer)["input_ids"]
            for i in range(len(prompt_ids)):
                labels[i] = -100
            return labels

        def other_place(tokenizer, prompt, answer):
            prompt_ids = tokenizer(prompt)["input_ids"]
            labels = tokenizer(prompt + answer)["input_ids"]
            for i in range(len(prompt_ids)):
                labels[0] = -100
            return labels
        """,
    )
