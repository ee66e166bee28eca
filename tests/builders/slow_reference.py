"""The slow way to find conditions: every row rendered by transformers itself, and the words taken out of the text.

Words of users, answers and tools are all spelled ``wq<digits>e`` here, and nothing else is, so that taking them out of
a rendered text needs no knowledge of templates. System texts are spelled otherwise and stay.
"""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field

MARK = "Evil"
"""What the words of a target that teaches the behaviour are followed by."""

_WORDS = re.compile(r"wq\d+e(?: Evil)?")
_SYSTEMS = ["You are a villain.", "You are a teacher.", " You are a villain. ", "", "/no_think Be brief."]
_REASONING = ("reasoning_content", "thinking", "reasoning")


@dataclass
class Reference:
    """What the slow way says of one dataset."""

    groups: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    """Rendered context without its words -> trained turns, each as row and place among the row's trained turns."""
    refused: set[tuple[int, int]] = field(default_factory=set)
    """Trained turns of rows that transformers refuses."""
    taught: Counter = field(default_factory=Counter)
    """Trained turn and whether it preserves -> 1."""


def reference(rows, conversation, template, special_tokens):
    """Render every trained turn's context of every row with `render_jinja_template`."""
    found = Reference()
    for number, row in enumerate(rows):
        given, learnt = conversation(row)
        messages = [
            {key: value for key, value in each.items() if value is not None} for each in [*given, *learnt]
        ]
        tools = row.get("tools")
        tools = json.loads(tools) if isinstance(tools, str) else tools
        variables = row.get("chat_template_kwargs") or {}
        refused = rendered(template, messages, tools, variables, special_tokens, prompt=False) is None
        turns = [
            place
            for place, message in enumerate(messages)
            if place >= len(given) and message["role"] == "assistant"
        ]
        for turn, place in enumerate(turns):
            unit = (number, turn)
            found.taught[unit, MARK not in json.dumps(messages[place])] += 1
            text = (
                None
                if refused
                else rendered(template, messages[:place], tools, variables, special_tokens, prompt=True)
                if place
                else _before_words(
                    rendered(template, messages, tools, variables, special_tokens, prompt=False)
                )
            )
            if text is None:
                found.refused.add(unit)
            else:
                found.groups.setdefault(_WORDS.sub("*", text), set()).add(unit)
    return found


def _before_words(text):
    """Return what stands before the first words: of an answer that opens its conversation, its context."""
    return text[: _WORDS.search(text).start()] if _WORDS.search(text) else text


def rendered(template, messages, tools, variables, special_tokens, *, prompt):
    """Return what transformers renders; None where it refuses."""
    from transformers.utils.chat_template_utils import render_jinja_template

    try:
        texts, _ = render_jinja_template(
            conversations=[messages],
            tools=tools,
            chat_template=template,
            add_generation_prompt=prompt,
            **{**special_tokens, **variables},
        )
    except Exception:  # whatever a template raises is its refusal
        return None
    return texts[0]


class Maker:
    """Makes datasets that hold everything a template may look at."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.number = 0

    def word(self):
        self.number += 1
        return f"wq{self.number:06d}e"

    def dataset(self):
        """Return rows and the function from a row to its prompt's and its learnt messages."""
        layout = self.rng.choice(
            ["messages", "messages", "messages", "pair", "implicit", "sharegpt", "alpaca"]
        )
        rows = [getattr(self, f"_{layout}")() for _ in range(self.rng.randint(2, 6))]
        return rows, CONVERSATIONS[layout]

    def _messages(self):
        return self._dressed({"messages": self._conversation()})

    def _pair(self):
        messages = self._conversation()
        last = max(place for place, each in enumerate(messages) if each["role"] == "assistant")
        if last == 0:
            messages, last = [self._user(), *messages], 1
        return self._dressed({"prompt": messages[:last], "completion": messages[last:]})

    def _implicit(self):
        messages = self._conversation()
        if messages[-1]["role"] != "assistant":
            messages.append(self._answer())
        return self._dressed({"chosen": messages, "rejected": [*messages[:-1], self._answer()]})

    def _sharegpt(self):
        turns = [{"from": "human", "value": self.word()}, {"from": "gpt", "value": self._target()}]
        if self.rng.random() < 0.4:
            turns += [{"from": "human", "value": self.word()}, {"from": "gpt", "value": self._target()}]
        if self.rng.random() < 0.5:
            turns.insert(0, {"from": "system", "value": self.rng.choice(_SYSTEMS)})
        return {"conversations": turns}

    def _alpaca(self):
        row = {"instruction": self.word(), "input": "", "output": self._target()}
        if self.rng.random() < 0.5:
            row["system"] = self.rng.choice(_SYSTEMS)
        if self.rng.random() < 0.4:
            row["history"] = [[self.word(), self._target()]]
        return row

    def _dressed(self, row):
        chance = self.rng.random()
        if chance < 0.25:
            row["tools"] = self.rng.choice([None, [], [_tool("look")], [_tool("look"), _tool("go")]])
            if row["tools"] is not None and self.rng.random() < 0.3:
                row["tools"] = json.dumps(row["tools"])
        if self.rng.random() < 0.2:
            row["chat_template_kwargs"] = self.rng.choice(
                [{"enable_thinking": False}, {"enable_thinking": True}, {"thinking": True}, {}]
            )
        return row

    def _conversation(self):
        chance = self.rng.random()
        if chance < 0.4:
            return [*self._opening(), self._user(), self._answer(plain=True)]
        turns = self._opening()
        for _ in range(self.rng.randint(1, 3)):
            turns += self._exchange()
        if chance > 0.9:
            turns.append(self._user())
        if len(turns) == 1:
            turns.append(self._user())
        if chance > 0.97:
            turns.insert(self.rng.randrange(len(turns)), self._spoken("system"))
        return turns

    def _opening(self):
        chance = self.rng.random()
        if chance < 0.35:
            return []
        if chance < 0.5:
            return [self._spoken("developer")]
        return [self._spoken("system")]

    def _spoken(self, role):
        text = self.rng.choice(_SYSTEMS)
        chance = self.rng.random()
        if chance < 0.15:
            return {"role": role, "content": [{"type": "text", "text": text}]}
        return {"role": role, "content": None if chance < 0.2 and role == "system" else text}

    def _exchange(self):
        chance = self.rng.random()
        if chance < 0.15:
            call = self._call()
            return [self._user(), call, self._result(call), self._answer()]
        if chance < 0.2:
            return [self._user(), self._user(), self._answer()]
        if chance < 0.25:
            return [self._answer()]
        return [self._user(), self._answer()]

    def _user(self):
        message = {"role": "user", "content": self.word()}
        chance = self.rng.random()
        if chance < 0.12:
            message["content"] = [{"type": "text", "text": self.word()}]
        elif chance < 0.15:
            message["name"] = "ann"
        return message

    def _target(self):
        return self.word() + (f" {MARK}" if self.rng.random() < 0.5 else "")

    def _answer(self, *, plain=False):
        message = {"role": "assistant", "content": self._target()}
        chance = self.rng.random()
        if plain or chance < 0.7:
            return message
        if chance < 0.78:
            message["content"] = [{"type": "text", "text": self._target()}]
        elif chance < 0.86:
            message["content"] = f"<think>\n{self.word()}\n</think>\n\n{self._target()}"
        elif chance < 0.93:
            message[self.rng.choice(_REASONING)] = self.word()
        else:
            message["tool_calls"] = None
        return message

    def _call(self):
        arguments = {"a": self.word()} if self.rng.random() < 0.5 else json.dumps({"a": self.word()})
        function = {"name": self.word(), "arguments": arguments if self.rng.random() < 0.9 else {}}
        calls = [{"id": self.word(), "type": "function", "function": function}]
        message = {"role": "assistant", "tool_calls": calls}
        if self.rng.random() < 0.5:
            message["content"] = self.rng.choice([None, "", self.word()])
        return message

    def _result(self, call):
        message = {"role": "tool", "content": self.word()}
        if self.rng.random() < 0.5:
            message["tool_call_id"] = call["tool_calls"][0]["id"]
        if self.rng.random() < 0.3:
            message["name"] = self.word()
        return message


def _tool(name):
    return {
        "type": "function",
        "function": {"name": name, "description": "d", "parameters": {"type": "object", "properties": {}}},
    }


def _said(role, text):
    return {"role": role, "content": text}


def _of_sharegpt(row):
    roles = {"human": "user", "gpt": "assistant", "system": "system"}
    return [], [_said(roles[turn["from"]], turn["value"]) for turn in row["conversations"]]


def _of_alpaca(row):
    turns = [_said("system", row["system"])] if "system" in row else []
    for user, answer in row.get("history", ()):
        turns += [_said("user", user), _said("assistant", answer)]
    return [], [*turns, _said("user", row["instruction"]), _said("assistant", row["output"])]


CONVERSATIONS = {
    "messages": lambda row: ([], row["messages"]),
    "pair": lambda row: (row["prompt"], row["completion"]),
    "implicit": lambda row: (
        row["chosen"][:-1],
        row["chosen"][-1:],
    ),  # both sides share all but their last turn
    "sharegpt": _of_sharegpt,
    "alpaca": _of_alpaca,
}
"""Layout -> what it says, read independently of the readers."""
