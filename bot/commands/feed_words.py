"""How a feed is called, and what it holds, in words for a person."""

from __future__ import annotations

from datetime import datetime

from yarl import URL

from bot.feeds.health import in_words
from bot.feeds.rhythm import from_dates
from bot.model.article import ParsedFeed
from bot.model.feed import FeedState, Follow
from bot.model.text import RichText, plain


def display_name(follow: Follow, feed: FeedState) -> str:
    """The name it was given, else its own title, else its host."""
    return follow.name or feed.title or shown_url(feed.url)


def shown_url(url: str) -> str:
    """A URL without what may be secret in it: paths and queries of feeds carry tokens."""
    parsed = URL(url)
    return f"{parsed.scheme}://{parsed.host}/…" if parsed.host else url


def lasting_name(name: str) -> str:
    """A feed's name as it may be kept in a log: imports name a feed without one by its address."""
    return shown_url(name) if "://" in name else name


def contents(parsed: ParsedFeed, *, now: datetime, newest: int) -> tuple[RichText, ...]:
    """How much a document lists, how often its feed brings something, and its newest titles."""
    count = len(parsed.articles)
    rhythm = from_dates(one.published_at for one in parsed.articles)
    often = f", usually one every {in_words(rhythm.gap_s)}" if rhythm.gap_s else ""
    ranked = sorted(parsed.articles, key=lambda one: one.published_at or now, reverse=True)
    return (
        plain(f"It lists {count} article{'s' if count != 1 else ''} now{often}; the newest:"),
        *(plain(f"• {one.title or shown_url(one.url)}") for one in ranked[:newest]),
    )
