"""An article at two stages of its life: as parsed from a feed, and as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import ArticleId, FeedId, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedArticle:
    """One item of a feed, normalised; all text is visible text, without markup.

    `uid` is the feed's own id for it ("" if it gives none); `url` is as published and
    `canonical_url` the same with tracking removed ("" if there is no http(s) link);
    `published_at` is aware UTC and believable, or None; `language` is a BCP 47 tag or "".
    """

    uid: str
    url: str
    canonical_url: str
    title: str
    summary: str
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image_url: str | None = None
    language: str = ""
    outlet: str = ""  # the item's own <source>, when it names another outlet than the feed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed's document said. `articles` are in the document's order."""

    title: str
    articles: tuple[ParsedArticle, ...]
    home_url: str = ""
    language: str = ""
    ttl_s: float | None = None  # the publisher's own hint, believed only with care
    bozo: str = ""  # why the document is ill-formed; its articles count all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A stored article, assigned to its story for good. `outlet` is who reported it;
    `listed_after` the poll of its feed that did not find it yet, if there was one."""

    id: ArticleId
    feed: FeedId
    story: StoryId
    parsed: ParsedArticle
    outlet: str
    first_seen_at: datetime
    corrected_at: datetime | None = None
    listed_after: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it counts as reported: its own date, else when we first saw it."""
        return self.parsed.published_at or self.first_seen_at
