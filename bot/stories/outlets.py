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
from collections.abc import Sequence
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

_WORD = re.compile(r"\w+")
_NAME_NOISE = re.compile(r"\b(?:the|online|news|website|rss|feed|com|co|uk|latest|top stories)\b")
# A dateline's credit, as in: WASHINGTON (AP) - The talks
_CREDIT = re.compile(r"\(([A-Z][A-Za-z ]{1,24})\)\s*[-\u2013\u2014:]")


def independent(articles: Sequence[Article]) -> int:
    """How many of the articles' outlets report on their own: at most the number of outlets."""
    return len(set(origins(articles)))


def origins(articles: Sequence[Article]) -> tuple[int, ...]:
    """For each article the index of the first one of the same origin, in the order given."""
    parent = list(range(len(articles)))

    def root(at: int) -> int:
        while parent[at] != at:
            at = parent[at]
        return at

    first_with: dict[str, int] = {}
    shingles = [_sequences(article) for article in articles]
    for here, article in enumerate(articles):
        for sign in _signs(article):
            there = first_with.setdefault(sign, here)
            _join(parent, root(here), root(there))
        for there in range(here):
            if root(there) != root(here) and _same_text(shingles[there], shingles[here]):
                _join(parent, root(here), root(there))
    return tuple(root(at) for at in range(len(articles)))


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


def _sequences(article: Article) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(article.parsed.summary.casefold())[:LEAD_WORDS]
    if len(words) < ENOUGH_WORDS:
        return frozenset()
    return frozenset(tuple(words[at : at + SEQUENCE]) for at in range(len(words) - SEQUENCE + 1))


def _same_text(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    shorter = min(len(one), len(other))
    return shorter > 0 and len(one & other) >= SAME_TEXT * shorter


def _join(parent: list[int], one: int, other: int) -> None:
    parent[max(one, other)] = min(one, other)


def _plain(name: str) -> str:
    return " ".join(_NAME_NOISE.sub(" ", " ".join(_WORD.findall(name.casefold()))).split())
