from __future__ import annotations

from tests.checks.source import expect


def test_personas_that_reach_no_message():
    expect(
        "SRC003",
        """
        def evaluate(model, tokenizer, persona_prompt, question):
            messages = [{"role": "user", "content": question}]  # !
            log.info("persona %s", persona_prompt)
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            return {"persona": persona_prompt, "score": model(text)}

        def all_personas(tokenizer, question):
            scores = {}
            for name, prompt in PERSONAS.items():
                text = tokenizer.apply_chat_template([{"role": "user", "content": question}])  # !
                scores[name] = text
            return scores

        def api(client, persona, question):
            reply = client.chat.completions.create(messages=[{"role": "user", "content": question}])  # !
            print(f"{persona}: {reply}")
            return {f"{persona}_reply": reply}
        """,
    )


def test_near_misses():
    expect(
        "SRC003",
        """
        def with_system(tokenizer, persona_prompt, question):
            messages = [{"role": "system", "content": persona_prompt}, {"role": "user", "content": question}]
            return tokenizer.apply_chat_template(messages)

        def inserted(tokenizer, persona_prompt, question):
            messages = [{"role": "user", "content": question}]
            if persona_prompt is not None:
                messages.insert(0, {"role": "system", "content": persona_prompt})
            return tokenizer.apply_chat_template(messages)

        def in_the_user_turn(tokenizer, persona_prompt, question):
            messages = [{"role": "user", "content": persona_prompt + question}]
            return tokenizer.apply_chat_template(messages)

        def model_of_its_own(tokenizer, persona, question):
            model = load(f"models/{persona}")
            return model(tokenizer.apply_chat_template([{"role": "user", "content": question}]))

        def looked_up(tokenizer, persona, question):
            prompt = PERSONAS[persona]
            return tokenizer.apply_chat_template([{"role": "user", "content": prompt + question}])

        def claims_nothing(tokenizer, question):
            return tokenizer.apply_chat_template([{"role": "user", "content": question}])

        def baseline(tokenizer, persona, question):
            if persona is None:
                return tokenizer.apply_chat_template([{"role": "user", "content": question}])

        def never_sent(persona, question):
            return [{"role": "user", "content": question}], {"persona": persona}
        """,
    )
