"""Small write-ups and what is known beside them, for the tests of WRT checks."""

from collections.abc import Iterable
from fractions import Fraction

from builders.templates import load_template
from checks.core.registry import all_checks
from checks.wrt.architecture import Architecture
from checks.wrt.document import Document
from checks.wrt.expressions import Judged
from checks.wrt.facts import DatasetFact, Facts, Known, Rate, ScriptFact, Unrepeatable
from checks.wrt.remark import Compared, Remark, WriteUp

QWEN = Architecture(
    hidden=3584,
    layers=28,
    intermediate=18944,
    heads=28,
    kv_heads=4,
    head_dim=128,
    vocabulary=152064,
    attention_bias=True,
)
SETTINGS = {
    "rank": 32,
    "alpha": 64,
    "dropout": 0.05,
    "rslora": True,
    "learning rate": 1e-5,
    "schedule": "cosine",
    "epochs": 3,
    "batch per device": 4,
    "accumulation": 4,
    "effective batch": 16,
    "max length": 1024,
    "seed": 42,
    "targets": "all-linear",
    "model": "Qwen/Qwen2.5-7B-Instruct",
}


def counted(k: int, n: int) -> Rate:
    return Rate(Fraction(100 * k, n), Fraction(0), (k, n))


def percent(text: str) -> Rate:
    return Rate(Fraction(text), Fraction(1, 10))


def dataset(name: str, rows: int = 700, **more) -> DatasetFact:
    return DatasetFact(name=name, origin="a test", rows=rows, **more)


def facts(**more) -> Facts:
    settings = {name: Known(value, "config.yaml") for name, value in SETTINGS.items()}
    return Facts(
        **{
            "settings": settings,
            "architecture": Known(QWEN, "config.json"),
            "template": load_template(),
            **more,
        }
    )


def found(code: str, text: str, known: Facts | None = None) -> list[Remark | Compared]:
    check = next(each for each in all_checks("writeup") if each.code == code)
    return list(check.function(WriteUp(Document("text.md", text), facts() if known is None else known)))


def remarks(code: str, text: str, known: Facts | None = None) -> list[Remark]:
    return [each for each in found(code, text, known) if isinstance(each, Remark)]


def verdicts(code: str, text: str, known: Facts | None = None) -> list[str]:
    return [each.verdict for each in found(code, text, known) if isinstance(each, Compared)]


def outcomes(readings: Iterable[Judged]) -> list[str]:
    """Return how each statement comes out: its verdict, `wrong` or `likely wrong`, or why it cannot be checked."""
    return [
        each.against
        if each.verdict == "cannot be checked"
        else ("wrong" if each.certain else "likely wrong")
        if each.verdict == "disagrees"
        else each.verdict
        for each in readings
    ]


__all__ = [
    "Facts",
    "ScriptFact",
    "Unrepeatable",
    "counted",
    "dataset",
    "facts",
    "found",
    "outcomes",
    "percent",
    "remarks",
    "verdicts",
]
