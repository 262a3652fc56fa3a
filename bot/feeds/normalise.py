"""What an item is recognised by, and what of it can be believed. Pure; the cleaning of text and
links is in text.py and links.py and is offered here too."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from bot.feeds.links import canonical_url
from bot.feeds.text import clean_text, html_to_text
from bot.model.article import ParsedArticle

__all__ = [
    "canonical_url",
    "clamp_date",
    "clean_text",
    "content_hash",
    "html_to_text",
    "seen_keys",
    "settle_ids",
]

TITLE_CHARACTERS = 500
SUMMARY_CHARACTERS = 2000
NAME_CHARACTERS = 80
UID_CHARACTERS = 1000
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)

_WORD = re.compile(r"\w+")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}")
_PERMALINK = re.compile(r"\d{4,}|\w+(?:[-_]\w+){3,}|[0-9a-f]{8}-")
"""A path or query that names one article: an id, a date, or a headline of four words."""


def clamp_date(at: datetime | None, *, now: datetime) -> datetime | None:
    """The date if it can be believed: from 1995 to a day ahead of `now`. None otherwise."""
    if at is None or not EARLIEST <= at <= now + LATEST_AHEAD:
        return None
    return at


def language_tag(value: str) -> str:
    """`en_us` -> `en-us`; "" for what is no BCP 47 tag."""
    tag = value.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""


def clean_uid(value: str) -> str:
    """An id as published, without the white space around it; a huge one is cut and told apart."""
    uid = "".join(c for c in value.strip() if unicodedata.category(c) not in ("Cc", "Cs"))
    if len(uid) <= UID_CHARACTERS:
        return uid
    return uid[: UID_CHARACTERS - 25] + "…" + _digest(uid)


def clean_names(names: Iterable[str], *, at_most: int = 20) -> tuple[str, ...]:
    """Authors or categories: visible text, each once, in order."""
    found = (clean_text(html_to_text(name), limit=NAME_CHARACTERS) for name in names)
    return tuple(dict.fromkeys(name for name in found if name))[:at_most]


def settle_ids(articles: Iterable[ParsedArticle]) -> tuple[ParsedArticle, ...]:
    """A document's articles, without ids that stand for several of them.

    Of 628 real feeds 15 repeat an id within one document. If its articles have links of their
    own, these tell them apart and the id is taken away; if they share one link as well (a page
    that is written on), their titles become part of the id.
    """
    articles = tuple(articles)
    meant: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for article in articles:
        meant[article.uid].add((_place(article), _folded(article.title)))
    return tuple(_settled(article, meant[article.uid]) for article in articles)


def _settled(article: ParsedArticle, meant: set[tuple[str, str]]) -> ParsedArticle:
    if not article.uid or len(meant) == 1:
        return article
    places = {place for place, _ in meant}
    if len(places) == len(meant):
        return replace(article, uid="")
    return replace(article, uid=clean_uid(f"{article.uid} {_folded(article.title)}"))


def seen_keys(article: ParsedArticle) -> tuple[str, ...]:
    """What an item is recognised by, as hex digests; it is known if any of its keys is.

    Its id, and its link together with its title: so neither a new id, nor an edited title, nor
    another order makes an item new. An item without an id is recognised by its link alone as
    well, if that link plainly names one article (not a home page or a status page). Without a
    title, the beginning of its text and the link's fragment stand in: weblogs of the 2000s have
    no more. The scheme, `www.` and a last slash of the link do not count.
    """
    keys: list[str] = []
    place, title = _place(article), _folded(article.title)
    if article.uid:
        keys.append(_digest("uid", article.uid))
    elif place and _PERMALINK.search(place.partition("/")[2]):
        keys.append(_digest("place", place, _fragment(article)))
    if title:
        # Status pages link every notice to one page under one title: there the date tells.
        notice = article.uid and "/" not in place and "?" not in place and article.published_at
        # Comments have one title and page each; their ids and links end in the comment's number.
        anchor = _fragment(article)
        part = anchor if anchor and article.uid.endswith(f"#{anchor}") else ""
        keys.append(_digest("titled", place + part, title, notice.isoformat() if notice else ""))
    elif place or article.summary:
        keys.append(_digest("text", place, _fragment(article), article.summary[:200]))
    return tuple(keys) or (_digest("empty"),)


def content_hash(article: ParsedArticle) -> str:
    """Changes when what the article says does: its title or its summary."""
    return _digest(article.title, article.summary)


def _place(article: ParsedArticle) -> str:
    link = article.canonical_url.partition("://")[2]
    return link.removeprefix("www.").removesuffix("/")


def _fragment(article: ParsedArticle) -> str:
    return article.url.partition("#")[2]


@lru_cache(maxsize=1024)  # of one article it is wanted half a dozen times
def _folded(title: str) -> str:
    """Words without case, accents and punctuation; the title itself if it has no words."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    words = _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
    return " ".join(words) or title.strip()


def _digest(*parts: str) -> str:
    text = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=12).hexdigest()
