"""Hyperparameters as texts state them and as configuration files call them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

from checks.wrt.document import Document, Span
from checks.wrt.numbers import NUMBER, Verdict, parse_number

_IS = r"\s*(?:=|:|\|)\s*"
_VALUE = rf"(?P<value>~?{NUMBER})"
_FLAG = r"(?P<value>true|false|yes|no|on|off)\b"


@dataclass(frozen=True)
class Setting:
    """One hyperparameter."""

    name: str
    """What reports call it."""
    kind: Literal["number", "flag", "word"]
    """How its values are compared."""
    keys: tuple[str, ...]
    """What configuration files call it, without the section."""
    patterns: tuple[re.Pattern[str], ...]
    """How texts state it; the group `value` is the value."""


def _setting(name: str, kind: Literal["number", "flag", "word"], keys: str, *patterns: str) -> Setting:
    return Setting(
        name, kind, tuple(keys.split()), tuple(re.compile(each, re.IGNORECASE) for each in patterns)
    )


SETTINGS: Final = (
    _setting(
        "rank",
        "number",
        "r lora_r lora_rank rank",
        rf"(?<![\w-])r{_IS}{_VALUE}",
        rf"\b(?:lora[ _])?rank(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting(
        "alpha", "number", "alpha lora_alpha", rf"(?<![\w-])(?:lora_?)?alpha(?:{_IS}|\s+(?:of\s+)?){_VALUE}"
    ),
    _setting(
        "dropout",
        "number",
        "dropout lora_dropout",
        rf"(?<![\w-])(?:lora_?)?dropout(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting("rslora", "flag", "rslora use_rslora", rf"\b(?:use_)?rslora{_IS}{_FLAG}"),
    _setting(
        "learning rate",
        "number",
        "learning_rate lr",
        rf"(?<![\w-])(?:peak\s+)?(?:lr|learning[ _]rate)(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting(
        "schedule",
        "word",
        "schedule lr_scheduler_type lr_scheduler scheduler",
        r"\b(?P<value>cosine|linear|constant)\s+(?:(?:lr|learning[- ]rate)\s+)?(?:schedule|scheduler|decay)\b",
        rf"\b(?:lr_)?scheduler?(?:_type)?{_IS}(?P<value>cosine|linear|constant)\b",
    ),
    _setting(
        "warm-up share",
        "number",
        "warmup warmup_ratio",
        rf"\bwarm-?up(?:[_ ]ratio|[_ ]share)(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting(
        "epochs",
        "number",
        "epochs num_train_epochs num_epochs",
        rf"{_VALUE}\s+epochs?\b",
        rf"\b(?:num_)?(?:train_)?epochs{_IS}{_VALUE}",
    ),
    _setting(
        "batch per device",
        "number",
        "batch_per_device per_device_train_batch_size per_device_batch_size",
        rf"{_VALUE}\s*(?:/|per)[ _-]?device\b",
        rf"\bper_device_train_batch_size{_IS}{_VALUE}",
    ),
    _setting(
        "accumulation",
        "number",
        "accumulation gradient_accumulation_steps grad_accum",
        rf"{_VALUE}\s*(?:×\s*)?(?:grad(?:ient)?[-_ ]?accum\w*)",
        rf"\bgrad(?:ient)?_accum\w*{_IS}{_VALUE}",
    ),
    _setting(
        "effective batch",
        "number",
        "effective_batch effective_batch_size",
        rf"\beffective batch(?:[ _]size)?(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting(
        "max length",
        "number",
        "max_length max_seq_length max_seq_len model_max_length cutoff_len",
        rf"\bmax_(?:seq_?)?len(?:gth)?{_IS}{_VALUE}",
        rf"\bmax(?:imum|\.)?\s+(?:sequence|context)\s+length(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting(
        "weight decay",
        "number",
        "weight_decay",
        rf"\bweight[ _]decay(?:{_IS}|\s+(?:of\s+)?){_VALUE}",
    ),
    _setting("seed", "number", "seed", rf"\bseed(?:{_IS}|\s+){_VALUE}"),
)
"""In the order of a reproducibility card. What a text gives as a set or a range is not read as a value."""

BY_KEY: Final[Mapping[str, str]] = {key: setting.name for setting in SETTINGS for key in setting.keys}
"""Key of a configuration file -> name."""

_MORE_BEFORE = re.compile(r"[0-9]\s?[-–]\s?$|[0-9]\s(?:to|or)\s$")
_MORE_AFTER = re.compile(
    rf"\s?[-–]\s?[0-9]|\s(?:to|or|and)\s[0-9]|,\s?{NUMBER}\s*(?:[,)\]}}]|and\b|or\b|\.?$)"
)
"""Another number beside it: a range or a list of choices."""

DENSE = 3
"""A paragraph that states this many different hyperparameters is about the run; a lone one may be about another."""


@dataclass(frozen=True)
class Stated:
    """A hyperparameter as the text states it."""

    setting: Setting
    """Which."""
    at: int
    """Offset of the statement."""
    text: str
    """The statement."""
    value: str
    """The value as written."""
    dense: bool
    """Whether it stands among others."""


def stated_settings(document: Document) -> Iterator[Stated]:
    """Yield what a text states about hyperparameters, in its order; statements about other issues are left out."""
    found: list[Stated] = []
    for group in _groups(document):
        here = [(span, setting, match) for span in group for setting, match in _matches(span)]
        dense = len({setting.name for _, setting, _ in here}) >= DENSE
        found += [
            Stated(setting, span.start + match.start(), match.group().strip(), match["value"], dense)
            for span, setting, match in here
        ]
    yield from sorted(found, key=lambda each: each.at)


def _groups(document: Document) -> Iterator[list[Span]]:
    """Yield the paragraphs, and the rows of each table together."""
    rows: list[Span] = []
    for block in document.prose:
        if block.kind == "table":
            rows.append(block)
            continue
        if rows:
            yield rows
            rows = []
        yield [block]
    if rows:
        yield rows


def _matches(span: Span) -> Iterator[tuple[Setting, re.Match[str]]]:
    for setting in SETTINGS:
        for pattern in setting.patterns:
            for match in pattern.finditer(span.text):
                before, after = span.text[: match.start("value")][-6:], span.text[match.end() :][:20]
                # "3-12 epochs", "1e-5, 3e-5" in braces and "5e-6 to 1e-4" are choices and no values.
                if not (_MORE_BEFORE.search(before) or _MORE_AFTER.match(after)):
                    yield setting, match


def compare_setting(stated: Stated, value: Any) -> Verdict:  # noqa: ANN401
    """Return how a stated value stands to the known one."""
    if stated.setting.kind == "flag":
        said = stated.value.lower() in {"true", "yes", "on"}
        return "agrees" if said is bool(value) else "disagrees"
    if stated.setting.kind == "word":
        return "agrees" if stated.value.lower() == str(value).lower() else "disagrees"
    number = parse_number(stated.value)
    if number is None:
        return "cannot be checked"
    try:
        truth = Fraction(str(value))
    except ValueError:
        return "cannot be checked"
    # Settings are given as they are: 0.05 is not what 0.049 rounds to.
    if number.about:
        return number.compare(truth)
    return "agrees" if number.value == truth else "disagrees"
