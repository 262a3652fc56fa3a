"""Which items of a feed are news to us. Reads what the feed listed before; writes nothing.

An item is known if any of its keys is: a changed id, a reordered list, an edited title or a
feed that was empty for a day tell us nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.feeds.normalise import content_hash, seen_keys
from bot.model.article import ParsedArticle
from bot.model.ids import ArticleId, FeedId
from bot.storage.known_items import SeenItem


@dataclass(slots=True, kw_only=True)
class Intake:
    """One document against what the feed had listed.

    `new` maps the article ids given out to what they say; `edited` are known articles that say
    something else now; `seen` the rows to remember, `doubted` the keys of rows that stand and
    tell items apart no more; `ids` the article of each item, in the document's order.
    """

    new: dict[ArticleId, ParsedArticle] = field(default_factory=dict)
    edited: dict[ArticleId, ParsedArticle] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    ids: list[ArticleId] = field(default_factory=list)


def shared_keys(
    articles: tuple[ParsedArticle, ...],
    known: Mapping[str, SeenItem] | None = None,
    standing: Collection[ArticleId] = (),
) -> set[str]:
    """Keys that different items of one document share: an id on two links, or two ids on the
    same link and title. They tell those items apart no more than their feed does.

    `standing` are known articles that the document lists as well, but that were trimmed from
    `articles`; `known` has their keys. An id is not among what they may share with these: then
    nothing is trimmed. Keys that an earlier document's items shared count too.
    """
    known = known or {}
    owners: dict[str, set[tuple[str, ...]]] = {}
    for parsed in articles:
        keys = seen_keys(parsed)
        for key in keys:
            owners.setdefault(key, set()).add(keys)
    shared = {key for key, found in owners.items() if len(found) > 1}
    shared |= {key for key, item in known.items() if item.doubtful}
    for parsed in articles:
        keys = seen_keys(parsed)
        holders = {known[key].article if key in known else None for key in keys}
        if len(holders) > 1:  # an item all of whose keys are one article's repeats it
            others = keys[1:] if parsed.uid else keys
            shared |= {key for key in others if key in known and known[key].article in standing}
    return shared


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
    standing: Collection[ArticleId] = (),
) -> Intake:
    """Sort a document's items into new, edited and known; ids count up from `next_id`.

    Items are taken oldest first, as far as the document tells: feeds list the newest on top.
    `known` has the keys of `articles` that the feed listed before, `standing` the articles of
    the items that the document lists and that were trimmed from `articles`.
    """
    intake = Intake()
    ids: dict[int, ArticleId] = {}
    held: dict[str, tuple[ArticleId, str]] = {
        key: (item.article, item.content_hash) for key, item in known.items()
    }
    # A stable sort of the list turned over: undated items keep the document's order.
    oldest_first = list(enumerate(articles))[::-1]
    listed = sorted(oldest_first, key=lambda one: one[1].published_at or now)
    doubtful = shared_keys(articles, known, standing)
    unchanged: set[ArticleId] = set()
    for number, parsed in listed:
        keys, says = telling_keys(parsed, doubtful), content_hash(parsed)
        before = next((held[key] for key in keys if key in held), None)
        if before is None:
            article = ArticleId(next_id + len(intake.new))
            intake.new[article] = parsed
        else:
            article = before[0]
            if before[1] != says and article not in intake.new:
                intake.edited[article] = parsed
            unchanged |= {article} if before[1] == says else set()
        ids[number] = article
        for key in keys:
            held.setdefault(key, (article, says))
    # Of several items that fall on one article, one that says what was known is enough.
    for article in unchanged:
        intake.edited.pop(article, None)
    # Doubt outlives its document: of the items that share a key, most are trimmed next time.
    for number, parsed in listed:
        for key in seen_keys(parsed):
            if key in doubtful:
                held.setdefault(key, (ids[number], content_hash(parsed)))
    intake.seen = [
        {
            "feed_id": feed,
            "key": key,
            "article_id": article,
            "content_hash": says,
            "last_listed_at": now,
            "doubtful": key in doubtful,
        }
        for key, (article, says) in held.items()
        if key not in known
    ]
    intake.doubted = [key for key in doubtful if key in known and not known[key].doubtful]
    intake.ids = [ids[number] for number in range(len(articles))]
    return intake


def trimmed_of(
    hashes: Sequence[str], sources: Sequence[str], listed: Mapping[str, ArticleId]
) -> dict[str, ArticleId]:
    """The items that a document lists and that were left out of it unread, with their articles:
    by `listed`, what the feed's last document had."""
    read = frozenset(sources)
    return {one: listed[one] for one in hashes if one in listed and one not in read}
