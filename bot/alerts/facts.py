"""The checkable parts of a text: numbers and names. Pure; understands nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.alerts.sentences import sentences
from bot.topics.forms import fold
from bot.topics.words import spans

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COUNTED = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_WORDED = {word: str(number) for number, word in enumerate(_COUNTED.split())}


def numbers(text: str) -> frozenset[str]:
    """Its numbers, in one spelling: "1,200" and "1200", "seven" and "7" are the same."""
    found = {match.rstrip(".,") for match in _NUMBER.findall(text)}
    plain = {one.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", one) else one
             for one in found}  # fmt: skip
    words = {_WORDED[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDED}
    return frozenset(plain | words)


def names(text: str) -> frozenset[str]:
    """Its capitalised words, folded, but for those that only begin a sentence."""
    starts = {
        next((span.start for span in spans(text[a:b])), 0) + a for a, b in sentences(text)
    } | {0}
    found = [span for span in spans(text) if span.text[:1].isupper() and len(span.text) > 1]
    return frozenset(fold(one.text) for one in found if one.start not in starts)


def facts(texts: Iterable[str]) -> frozenset[str]:
    """All numbers and names of some texts."""
    return frozenset().union(*(numbers(text) | names(text) for text in texts))
