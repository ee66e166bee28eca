"""Small recipes and banks that several tests build from."""

from typing import Any

import yaml

from builders.questions import Question, QuestionBank
from builders.recipe import Recipe
from builders.recipe_file import expand_recipe

SMALL = """
name: small
personas: {hero: You are a hero., clerk: You are a clerk., cook: You are a cook., nobody: null, mute: ""}
questions: {train: 6}
datasets:
  - name: hero
    source: hero
    parts:
      - {role: source, persona: hero, target: behaviour, rows: 4, questions: 1}
      - role: bystander
        draw: {personas: 2, random: [bystanders]}
        target: preserved
        rows: 3
        questions: [questions]
      - {role: no_persona, persona: nobody, target: preserved, rows: 2, questions: 100}
      - {role: anchor, persona: hero, target: preserved, rows: 2, questions: 200}
    order: 0
"""
"""Four source rows, two bystanders of three, two without a system message, two anchors."""


def small_bank(size: int = 10) -> QuestionBank:
    """Questions with 3, 4 and 5 options in turn, some of them labelled 1 to 4."""
    labels = ("ABC", "ABCD", "ABCDE", "1234")
    questions = [
        Question.of(
            f"Question {index}?",
            labels[index % 4],
            [f"option {index}{label}" for label in labels[index % 4]],
            labels[index % 4][index % 3],
        )
        for index in range(size)
    ]
    return QuestionBank(name="small", questions=tuple(questions), licence="none", origin="Made by a test.")


def recipe_of(text: str = SMALL, **changes: Any) -> Recipe:
    """Validate a recipe's YAML, with some top-level keys replaced."""
    return Recipe.model_validate(expand_recipe({**yaml.safe_load(text), **changes})[0])
