"""Which words keep a topic's hits company: what it is about beside its own words, and what would
split it. Counts words of texts that are handed in; reads nothing and changes no query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from bot.topics.common_words import COMMON_WORDS
from bot.topics.document import Document
from bot.topics.forms import fold
from bot.topics.words import is_unspaced, words

SPLITS_FROM, SPLITS_TO = 0.1, 0.6
"""The share of the hits that a word must have for it to divide them usefully."""
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A word as texts write it, and how many of the hits have it."""

    word: str
    hits: int


def companions(
    hits: Sequence[Document], others: Sequence[Document], *, without: Iterable[str] = ()
) -> tuple[Companion, ...]:
    """The words that the hits have more often than `others`, the most telling first.

    A word counts once a text; common words, numbers and `without` (the query's own) do not count.
    It must be in two hits at least. Order: the share of hits times the logarithm of how much
    higher that is than among the others.
    """
    written: Counter[str] = Counter()
    had = _spread(hits, written)
    usual = _spread(others, Counter())
    left_out = {fold(part) for text in without for part in words(text)}
    scored = []
    for word, count in had.items():
        if count < 2 or word in left_out:
            continue
        share = count / len(hits)
        expected = (usual[word] + 0.5) / (len(others) + 1)
        if share > expected:
            scored.append((share * log(share / expected), word, count))
    scored.sort(key=lambda one: (-one[0], one[1]))
    shown = {_telling(word): word for word, _ in reversed(written.most_common())}
    return tuple(Companion(word=shown[word], hits=count) for _, word, count in scored)


def splitting(found: Iterable[Companion], hits: int) -> tuple[Companion, ...]:
    """Those companions that are in some of the hits but not in most."""
    return tuple(one for one in found if SPLITS_FROM <= one.hits / hits <= SPLITS_TO)


def telling_words(document: Document) -> tuple[str, ...]:
    """The words of a text that say what it is about, as written, in order, each once."""
    return tuple(_told(document).values())


def _spread(texts: Iterable[Document], written: Counter[str]) -> Counter[str]:
    """In how many texts each folded word is; `written` counts them as they stand."""
    spread: Counter[str] = Counter()
    for text in texts:
        told = _told(text)
        spread.update(told.keys())
        written.update(told.values())
    return spread


def _told(document: Document) -> dict[str, str]:
    """Folded -> as first written, in the order of the text."""
    found: dict[str, str] = {}
    for word in words(f"{document.title} {document.summary}"):
        if folded := _telling(word):
            found.setdefault(folded, word)
    return found


@lru_cache(maxsize=1 << 15)
def _telling(word: str) -> str:
    """The folded word; "" if it says nothing. Common ones do as a name: the Heat of Miami."""
    folded = fold(word)
    if not any(map(str.isalpha, folded)):
        return ""
    if folded in COMMON_WORDS and (word.islower() or len(word) <= _SHORTEST):
        return ""
    return folded if len(folded) >= (2 if is_unspaced(folded) else _SHORTEST) else ""
