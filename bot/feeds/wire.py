"""What parent and worker say to each other: JSON behind its length. Does no I/O."""

from __future__ import annotations

import json
import struct
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from bot.model.article import ParsedArticle, ParsedFeed

HEADER = struct.Struct("!I")
"""The length in bytes of what follows, in network order."""

_ARTICLE = tuple(field.name for field in fields(ParsedArticle))
_FEED = tuple(field.name for field in fields(ParsedFeed))
_values = attrgetter(*_ARTICLE)


def pack(message: dict[str, Any]) -> bytes:
    """A message with its length before it."""
    text = json.dumps(message, separators=(",", ":"), default=_plain).encode("ascii")
    return HEADER.pack(len(text)) + text


def feed_to(feed: ParsedFeed) -> list[Any]:
    """A feed as plain values, in the order of its fields; articles likewise."""
    articles = [_values(article) for article in feed.articles]
    return [articles if name == "articles" else getattr(feed, name) for name in _FEED]


def feed_from(values: list[Any]) -> ParsedFeed:
    """The inverse of `feed_to`, after JSON."""
    named = dict(zip(_FEED, values, strict=True))
    named["articles"] = tuple(_article(one) for one in named["articles"])
    return ParsedFeed(**named)


def _article(values: list[Any]) -> ParsedArticle:
    named = dict(zip(_ARTICLE, values, strict=True))
    if named["published_at"] is not None:
        named["published_at"] = datetime.fromisoformat(named["published_at"])
    named["authors"] = tuple(named["authors"])
    named["categories"] = tuple(named["categories"])
    return ParsedArticle(**named)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
