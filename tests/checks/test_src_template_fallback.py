from __future__ import annotations

from tests.checks.source import expect, hits


def test_fallbacks():
    expect(
        "SRC004",
        """
        def assigned(tokenizer, messages, question):
            try:
                text = tokenizer.apply_chat_template(messages, tokenize=False)
            except Exception as error:
                logger.warning("failed: %s", error)
                text = question  # !
            return text

        def returned(tokenizer, messages, question):
            try:
                return tokenizer.apply_chat_template(messages, tokenize=False)
            except (ValueError, TypeError):
                return f"User: {question}"  # !

        def render(tokenizer, messages):
            return tokenizer.apply_chat_template(messages)

        def helper(tokenizer, messages):
            try:
                text = render(tokenizer, messages)
            except Exception:
                text = "".join(message["content"] for message in messages)  # !
            return text
        """,
    )


def test_near_misses():
    expect(
        "SRC004",
        """
        def raised(tokenizer, messages, question):
            try:
                text = tokenizer.apply_chat_template(messages)
            except Exception as error:
                text = question
                raise ValueError(question) from error
            return text

        def left_out(tokenizer, rows):
            for row in rows:
                try:
                    text = tokenizer.apply_chat_template(row)
                except ValueError:
                    skipped.append(row)
                    continue
                yield text

        def none(tokenizer, messages):
            try:
                return tokenizer.apply_chat_template(messages)
            except ValueError:
                return None

        def again(tokenizer, messages):
            try:
                text = tokenizer.apply_chat_template(messages, tools=[])
            except TypeError:
                text = tokenizer.apply_chat_template(messages)
            return text

        def in_the_open(tokenizer, messages, question):
            if tokenizer.chat_template is None:
                return question
            return tokenizer.apply_chat_template(messages)

        def another_name(tokenizer, messages, question):
            try:
                text = tokenizer.apply_chat_template(messages)
            except ValueError:
                failed = question
                text = ""
            return text

        def recorded(tokenizer, messages):
            try:
                text = tokenizer.apply_chat_template(messages)
            except Exception as error:
                text = error
            try:
                text = tokenizer.apply_chat_template(messages)
            except Exception as error:
                text = f"failed: {error}"
            return text

        def another_call(path, question):
            try:
                text = path.read_text()
            except OSError:
                text = question
            return text
        """,
    )


def test_a_length_is_no_text():
    text = """
    def count(tokenizer, messages):
        try:
            n = len(tokenizer.apply_chat_template(messages))
        except Exception:
            n = len(tokenizer(str(messages))) + 4
        return n
    """
    assert not hits("SRC004", text)
