"""Which items of a feed are news to us. Reads what the feed listed before; writes nothing.

An item is known if any of its keys is: a changed id, a reordered list, an edited title or a
feed that was empty for a day tell us nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.feeds.normalise import content_hash, seen_keys
from bot.model.article import ParsedArticle
from bot.model.ids import ArticleId, FeedId
from bot.storage.feeds import SeenItem


@dataclass(slots=True, kw_only=True)
class Intake:
    """One document against what the feed had listed.

    `new` maps the article ids given out to what they say; `edited` are known articles that say
    something else now; `seen` the rows to remember.
    """

    new: dict[ArticleId, ParsedArticle] = field(default_factory=dict)
    edited: dict[ArticleId, ParsedArticle] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)


def shared_keys(articles: tuple[ParsedArticle, ...]) -> set[str]:
    """Keys that different items of one document share: an id on two links, or two ids on the
    same link and title. They tell those items apart no more than their feed does."""
    owners: dict[str, set[tuple[str, ...]]] = {}
    for parsed in articles:
        keys = seen_keys(parsed)
        for key in keys:
            owners.setdefault(key, set()).add(keys)
    return {key for key, found in owners.items() if len(found) > 1}


def telling_keys(parsed: ParsedArticle, doubtful: set[str]) -> tuple[str, ...]:
    """The item's keys without doubtful ones, unless it has no others."""
    keys = seen_keys(parsed)
    return tuple(key for key in keys if key not in doubtful) or keys


def take_in(
    feed: FeedId,
    articles: tuple[ParsedArticle, ...],
    known: Mapping[str, SeenItem],
    *,
    next_id: ArticleId,
    now: datetime,
) -> Intake:
    """Sort a document's items into new, edited and known; ids count up from `next_id`.

    Items are taken oldest first, as far as the document tells: feeds list the newest on top.
    """
    intake = Intake()
    holder: dict[str, tuple[ArticleId, str]] = {
        key: (item.article, item.content_hash) for key, item in known.items()
    }
    # A stable sort of the list turned over: undated items keep the document's order.
    oldest_first = articles[::-1]
    listed = sorted(oldest_first, key=lambda article: article.published_at or now)
    doubtful = shared_keys(articles)
    unchanged: set[ArticleId] = set()
    for parsed in listed:
        keys, says = telling_keys(parsed, doubtful), content_hash(parsed)
        before = next((holder[key] for key in keys if key in holder), None)
        if before is None:
            article = ArticleId(next_id + len(intake.new))
            intake.new[article] = parsed
        else:
            article = before[0]
            if before[1] != says and article not in intake.new:
                intake.edited[article] = parsed
            unchanged |= {article} if before[1] == says else set()
        for key in keys:
            if key not in holder:
                intake.seen.append(
                    {
                        "feed_id": feed,
                        "key": key,
                        "article_id": article,
                        "content_hash": says,
                        "last_listed_at": now,
                    }
                )
            holder.setdefault(key, (article, says))
    # Of several items that fall on one article, one that says what was known is enough.
    for article in unchanged:
        intake.edited.pop(article, None)
    return intake
