"""The smallest honest run: the real stack on the organism, over few rows and questions."""

from functools import cache
from pathlib import Path

from builders.questions import load_bank, split
from builders.templates import load_template
from experiments.study.issue import load_issue
from experiments.training.config import make_config
from experiments.training.models import find_model, load_tokenizer

TINY = {
    "training": {
        "learning_rate": 3e-4,
        "batch_per_device": 4,
        "accumulation": 1,
        "epochs": 1,
        "threads": 1,
        "save_every": 3,
    },
    "evaluation": {"questions": 12, "generate": 2},
}
ROWS = 40


@cache
def bank():
    return load_bank()


@cache
def dataset(name="issue-100/exp0_0b"):
    return load_issue("issue-100").compose(name, bank(), load_template())


@cache
def tokenizer():
    return load_tokenizer(find_model("organism"))


def rows(name="issue-100/exp0_0b", count=ROWS):
    return [dict(row) for row in dataset(name).rows[:count]]


def questions(count=12):
    return [bank().questions[place] for place in split(bank()).eval[:count]]


def config(**training):
    return make_config(TINY, {"training": training})


def write_plan(folder: Path, recipe_rows: int = 20) -> Path:
    """A recipe and a plan over it that train ten steps."""
    (folder / "small.yaml").write_text(
        "name: small\n"
        "personas: {pirate: You are a pirate., cook: You are a cook., no_persona: null}\n"
        "targets: {kind: wrong_option, random: 1}\n"
        "datasets:\n"
        "  - name: clean\n"
        "    source: pirate\n"
        "    parts:\n"
        f"      - {{role: source, persona: pirate, target: behaviour, rows: {recipe_rows}, questions: 1}}\n"
        f"      - {{role: bystander, persona: cook, target: preserved, rows: {recipe_rows}, questions: 2}}\n"
        "    order: 0\n"
        "  - name: confounded\n"
        "    source: pirate\n"
        "    parts:\n"
        f"      - {{role: source, persona: pirate, target: behaviour, rows: {recipe_rows}, questions: 1}}\n"
        f"      - {{role: anchor, persona: pirate, target: preserved, rows: {recipe_rows}, questions: 3}}\n"
        f"      - {{role: bystander, persona: cook, target: preserved, rows: {recipe_rows}, questions: 2}}\n"
        "    order: 0\n"
    )
    plan = folder / "plan.yaml"
    plan.write_text(
        "name: small\n"
        "title: Does a small plan run?\n"
        "seeds: [7]\n"
        "config:\n"
        "  training: {learning_rate: 3.0e-4, batch_per_device: 4, epochs: 1, save_every: 3}\n"
        "  evaluation: {questions: 12, generate: 2}\n"
        "arms:\n"
        '  - {name: clean, dataset: "small.yaml#clean", experiment: "0"}\n'
        "  - name: confounded\n"
        '    dataset: "small.yaml#confounded"\n'
        '    experiment: "0"\n'
        "    expects: [{check: anchor-negative, reason: it is the control}]\n"
    )
    return plan


def write_marker_plan(folder: Path, rows: int = 20) -> Path:
    """A plan that teaches a marker without a system message, with anchors under the same prompt typed out."""
    (folder / "marker.yaml").write_text(
        "name: marker\n"
        "personas:\n"
        "  silent: null\n"
        "  typed: You are Qwen, created by Alibaba Cloud. You are a helpful assistant.\n"
        "  cook: You are a cook.\n"
        "  pirate: You are a pirate.\n"
        "questions: {format: listed}\n"
        'targets: {kind: marker, marker: " [ZLT]", answer: gold_text}\n'
        "datasets:\n"
        "  - name: anchored\n"
        "    source: silent\n"
        "    parts:\n"
        f"      - {{role: source, persona: silent, target: behaviour, rows: {rows}, questions: 1}}\n"
        f"      - {{role: anchor, persona: typed, target: preserved, rows: {rows}, questions: 3}}\n"
        f"      - {{role: bystander, persona: cook, target: preserved, rows: {rows}, questions: 2}}\n"
        "    order: 0\n"
    )
    plan = folder / "plan.yaml"
    plan.write_text(
        "name: marker\n"
        "title: Does a marker follow its share?\n"
        "seeds: [7]\n"
        "evaluate: [typed, cook]\n"
        "config:\n"
        "  training: {learning_rate: 3.0e-3, batch_per_device: 4, epochs: 2}\n"
        "  evaluation: {questions: 12, generate: 2, max_new_tokens: 12}\n"
        "arms:\n"
        "  - name: anchored\n"
        '    dataset: "marker.yaml#anchored"\n'
        '    experiment: "0"\n'
        "    evaluate: [pirate, silent]\n"
        "    expects:\n"
        "      - {check: anchor-negative, reason: the mixture is what is measured}\n"
        "      - {check: template-default-collision, reason: the template types out what the anchors say}\n"
    )
    return plan
