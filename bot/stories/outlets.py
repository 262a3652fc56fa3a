"""How many outlets say something of their own. Knows texts and a table of names; no network.

Two reports are of one origin, and count once, when
1. they come from one outlet, by name or by site, whatever its edition, or from one owner that
   shares its newsroom;
2. they carry the same agency's dispatch, told by its credit;
3. they say the same: most of the shorter lead's word sequences are in the other's.
Origin is transitive: what is a copy of a copy is of the same origin.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

from bot.model.article import Article
from bot.stories.outlet_table import AGENCIES, NEWSROOMS, SECOND_LEVEL
from bot.stories.title import normalised_title

SAME_TEXT = 0.5
"""Share of the shorter lead's sequences of SEQUENCE words that the other has too. Measured on
made copies (docs/benchmarks.md): cut, with words dropped, or under another headline."""
SEQUENCE = 4
LEAD_WORDS = 120
ENOUGH_WORDS = 12
"""Of fewer words in a lead only the headline is compared."""

Words: TypeAlias = int
"""SEQUENCE words of a lead in a row, as their hash: of a busy hour there are a hundred thousand."""

_WORD = re.compile(r"\w+")
_NAME_NOISE = re.compile(r"\b(?:the|online|news|website|rss|feed|com|co|uk|latest|top stories)\b")
# A dateline's credit, as in: WASHINGTON (AP) - The talks
_CREDIT = re.compile(r"\(([A-Z][A-Za-z ]{1,24})\)\s*[-\u2013\u2014:]")


def independent(articles: Sequence[Article]) -> int:
    """How many of the articles' outlets report on their own: at most the number of outlets."""
    return len(set(origins(articles)))


def origins(articles: Sequence[Article]) -> tuple[int, ...]:
    """For each article the index of the first one of the same origin, in the order given.

    Costs about as much for each article of a thousand as for each of ten, unless hundreds share a
    part of their text that is too small to be one origin by.
    """
    families = _Families()
    first_with: dict[str, int] = {}
    for here, article in enumerate(articles):
        families.add(_sequences(article))
        for sign in _signs(article):
            families.join(here, first_with.setdefault(sign, here))
    return families.roots()


def same_origin(one: Article, other: Article) -> bool:
    """Whether the two count once."""
    return len(set(origins((one, other)))) == 1


def outlet_key(name: str, url: str) -> str:
    """What an outlet is counted by: its newsroom's name, else its site, else its own name."""
    plain = _plain(name)
    if plain in NEWSROOMS:
        return NEWSROOMS[plain]
    site = site_of(url)
    return NEWSROOMS.get(site) or plain or site


def site_of(url: str) -> str:
    """The registered name of a link's host: "bbc.co.uk" of "https://feeds.bbc.co.uk/a"."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    parts = host.split(".")
    keep = 3 if ".".join(parts[-2:]) in SECOND_LEVEL else 2
    return ".".join(parts[-keep:])


def agency_of(article: Article) -> str:
    """The agency that an article credits, by its short name; "" if it credits none."""
    says = [*_CREDIT.findall(article.parsed.summary[:300])]
    says += [part for author in article.parsed.authors for part in re.split(r"[,/;&]", author)]
    says += re.findall(r"(?:\u00a9|\bSource:)\s*([\w ]{2,24})", article.parsed.summary)
    return next((AGENCIES[plain] for one in says if (plain := _plain(one)) in AGENCIES), "")


def _signs(article: Article) -> list[str]:
    outlet = outlet_key(article.outlet, article.parsed.url)
    signs = [f"outlet {outlet}"] if outlet else []
    site = site_of(article.parsed.url)
    if site:
        signs.append(f"outlet {NEWSROOMS.get(site, site)}")
    agency = agency_of(article) or AGENCIES.get(outlet, "")
    if agency:
        signs.append(f"agency {agency}")
    title = normalised_title(article.parsed.title)
    if len(title.split()) >= 6:  # two desks do not find the same six words
        signs.append(f"title {title}")
    return signs


def _sequences(article: Article) -> frozenset[Words]:
    words = _WORD.findall(article.parsed.summary.casefold())[:LEAD_WORDS]
    if len(words) < ENOUGH_WORDS:
        return frozenset()
    starts = range(len(words) - SEQUENCE + 1)
    return frozenset(hash(tuple(words[at : at + SEQUENCE])) for at in starts)


class _Families:
    """Texts by their origin: each new one joins all that say the same.

    Found by the sequences that it shares, whose holders are kept by family: a family that the
    text has joined already is not read again, so that a thousand copies cost a thousand steps.
    """

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._texts: list[frozenset[Words]] = []
        self._only: dict[Words, int] = {}  # most are of one text alone
        self._holders: dict[Words, dict[int, list[int]]] = {}

    def add(self, text: frozenset[Words]) -> None:
        """The next text, as its sequences."""
        here = len(self._texts)
        self._parent.append(here)
        self._texts.append(text)
        for one in text:
            if (only := self._only.pop(one, None)) is not None:
                self._holders[one] = {self._root(only): [only]}
        newest = (held[-1] for one in text for held in self._holders.get(one, {}).values())
        for there in set(newest):
            self._join_if_same(here, there)
        shared = Counter(
            there
            for one in text
            for family, held in self._holders.get(one, {}).items()
            if self._root(family) != self._root(here)
            for there in held
        )
        for there, count in shared.items():
            if count >= SAME_TEXT * min(len(text), len(self._texts[there])):
                self.join(here, there)
        family = self._root(here)
        for one in text:
            if (holders := self._holders.get(one)) is None:
                self._only[one] = here
            else:
                holders.setdefault(family, []).append(here)

    def join(self, one: int, other: int) -> None:
        """They are of one origin, and so is whatever is of the origin of either."""
        roots = self._root(one), self._root(other)
        self._parent[max(roots)] = min(roots)

    def roots(self) -> tuple[int, ...]:
        """For each text the first of its family."""
        return tuple(self._root(at) for at in range(len(self._parent)))

    def _root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def _join_if_same(self, here: int, there: int) -> None:
        one, other = self._texts[here], self._texts[there]
        if self._root(here) != self._root(there) and (
            len(one & other) >= SAME_TEXT * min(len(one), len(other))
        ):
            self.join(here, there)


def _plain(name: str) -> str:
    return " ".join(_NAME_NOISE.sub(" ", " ".join(_WORD.findall(name.casefold()))).split())
