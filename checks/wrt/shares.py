"""Counts beside their percentage: `492/586 = 84.0%`, `84% (492/586)`, `492 of 586 questions (84.0%)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from checks.wrt.expressions import Judged
from checks.wrt.numbers import shown
from checks.wrt.tokens import Token

_FEW: Final = 20
"""Below this many in all, `3 of 5 (84%)` may speak of arms or seeds, and the percentage of something else."""
_BETWEEN: Final = 4
"""Words between a count and the bracket behind it: `492 of 586 held-out questions (84.0%)`."""


def judged_shares(found: Sequence[Token]) -> list[Judged]:
    """Return every share of a sentence that stands beside its counts."""
    made: list[Judged] = []
    for place, token in enumerate(found):
        if token.kind != "num" or not token.whole or token.unit != "":
            continue
        behind = _total(found, place)
        if behind is None:
            continue
        words = found[place + 1].kind == "word"
        made += _stated(found, place, behind, words=words)
    return made


def _total(found: Sequence[Token], place: int) -> int | None:
    """Return where the total of a count stands: behind a slash, `of` or `out of`."""
    texts = [each.text for each in found[place + 1 : place + 4]]
    if texts[:1] == ["/"]:
        at = place + 2
        if place and found[place - 1].text == "/":
            return None
    elif [each.lower() for each in texts[:2]] == ["out", "of"]:
        at = place + 3
    elif [each.lower() for each in texts[:1]] == ["of"]:
        at = place + 2
    else:
        return None
    if at < len(found) and found[at].text.lower() in {"the", "all"} and found[at].kind == "word":
        at += 1
    if at >= len(found) or found[at].kind != "num" or not found[at].whole or found[at].unit != "":
        return None
    if at + 1 < len(found) and found[at + 1].text == "/":
        return None  # a date, or a score of several parts
    return at


def _stated(found: Sequence[Token], place: int, total: int, *, words: bool) -> list[Judged]:
    """Return the percentages that are said to be this count's."""
    at = total + 1
    while words and at < len(found) and found[at].kind == "word" and at - total <= _BETWEEN:
        at += 1
    labelled = at > total + 1
    sign = found[at].text if at < len(found) else ""
    share = found[at + 1] if at + 1 < len(found) else None
    made: list[Judged] = []
    if share is not None and share.kind == "num" and share.unit == "%":
        closed = found[at + 2].text if at + 2 < len(found) else ""
        if sign == "=":
            made.append(_judged(found, place, total, share, firm=True))
        elif sign == "(" and closed in {")", ";"}:
            made.append(_judged(found, place, total, share, firm=not labelled or _many(found[total])))
        elif sign == "(" and closed == ",":
            alone = not any(each.unit == "%" for each in _until_bracket(found, at + 3))
            made.append(_judged(found, place, total, share, firm=alone and not labelled))
    before = found[place - 2] if place > 1 else None
    if (
        before is not None and before.kind == "num" and before.unit == "%" and found[place - 1].text == "("
        and sign in {")", ",", ";"}
    ):  # fmt: skip
        firm = not labelled or (words and _many(found[total]))
        made.append(_judged(found, place, total, before, firm=firm, behind=True))
    return made


def _until_bracket(found: Sequence[Token], start: int) -> list[Token]:
    close = next((i for i in range(start, min(start + 40, len(found))) if found[i].text == ")"), start)
    return list(found[start:close])


def _judged(
    found: Sequence[Token], place: int, total: int, share: Token, *, firm: bool, behind: bool = False
) -> Judged:
    count, whole = found[place].said, found[total].said
    start, end = min(found[place].start, share.start), max(found[total].end, share.end)
    if share.number is None or not share.whole:
        return Judged(start, end, "cannot be checked", "its percentage is no single number")
    if not 0 <= count.value <= whole.value or not whole.value:
        return Judged(start, end, "cannot be checked", "it is no part of a whole")
    low, high = found[place].low_high()
    truth = 100 * count.value / whole.value
    slack = 100 * (high - low) / 2 / whole.value
    verdict = share.number.compare(truth, slack=slack)
    against = f"it is {shown(truth)}%"
    if verdict != "disagrees":
        return Judged(start, end, verdict, against)
    if behind and share.number.compare(100 - truth, slack=slack) != "disagrees":
        return Judged(start, end, "cannot be checked", "it is the rest of the whole")
    if not _plain(found[place]) or not _plain(found[total]):
        return Judged(start, end, "cannot be checked", "its counts are rounded")
    # 66% of 2/3 is cut and not rounded: loose, and no other number.
    cut = truth - share.number.step < share.number.value < truth
    few = not _many(found[total]) and found[place + 1].text != "/"
    return Judged(start, end, "disagrees", against, certain=firm and not cut and not few)


def _many(total: Token) -> bool:
    return total.number is not None and total.number.value >= _FEW


def _plain(token: Token) -> bool:
    low, high = token.low_high()
    return low == high
