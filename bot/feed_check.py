"""`wirewatch feed check`: one feed, fetched or read from a file, as the bot would see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from yarl import URL

from bot.commands.feed_health import said_of_push
from bot.errors import CommandError, FeedError
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.guard import parse_feed_url
from bot.feeds.health import in_words
from bot.feeds.rhythm import from_dates
from bot.feeds.websub import offer_of
from bot.feeds.workers import ParseWorkers
from bot.model.article import ParsedArticle
from bot.model.feed import NO_VALIDATORS
from bot.model.push import Push
from bot.settings import Settings
from bot.storage import pushes
from bot.storage.database import Database
from bot.terminal import table
from bot.wiring import user_agent, utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFeed:
    """What was found: articles as JSON objects, and lines about the feed's health."""

    title: str
    articles: tuple[dict[str, Any], ...]
    health: tuple[str, ...]


async def check_feed(source: str, settings: Settings) -> CheckedFeed:
    """Raises CommandError in words a person understands."""
    polling = settings.polling
    path = Path(source)
    is_file = "://" not in source and await asyncio.to_thread(path.exists)
    async with ParseWorkers(
        processes=1,
        timeout_s=polling.parse_timeout_seconds,
        memory_mb=polling.parse_megabytes,
    ) as workers:
        try:
            fetched = _read(path) if is_file else await _fetch(source, settings)
            parsed = await workers.parse(
                fetched.body, url=fetched.url, content_type=fetched.content_type, now=utc_now()
            )
        except FeedError as error:
            raise CommandError(f"{source} cannot be read: {error.reason}.") from error
        except OSError as error:
            raise CommandError(f"{source} cannot be read: {error.strerror}.") from error
    health = [
        f"{len(fetched.body):,} bytes, {len(parsed.articles)} articles",
        "answers conditional requests"
        if fetched.validators.etag or fetched.validators.last_modified
        else "sends neither ETag nor Last-Modified: every poll transfers it whole",
    ]
    if parsed.bozo:
        health.append(f"ill-formed, read all the same: {parsed.bozo}")
    undated = sum(1 for one in parsed.articles if one.published_at is None)
    if undated:
        health.append(f"{undated} articles have no believable date")
    rhythm = from_dates(one.published_at for one in parsed.articles)
    if rhythm.gap_s is not None and rhythm.longest_s is not None:
        usual, longest = in_words(rhythm.gap_s), in_words(rhythm.longest_s)
        health.append(f"usually an article every {usual}; never silent for more than {longest}")
    offer = offer_of(
        fetched.body,
        url=fetched.url,
        links=fetched.links,
        allow_private=polling.allow_private_addresses,
    )
    if offer is not None:
        used = "" if settings.web.public_url else ": set web.public_url to be pushed to"
        health.append(f"can be pushed by {URL(offer.hub).host}{used}")
    agreed = None if is_file else await _agreed(source, settings)
    if agreed is not None:
        health.append(said_of_push(agreed, now=utc_now()))
    if fetched.permanent_url:
        health.append(f"has moved for good to {fetched.permanent_url}")
    return CheckedFeed(
        title=parsed.title,
        articles=tuple(article_json(one) for one in parsed.articles),
        health=tuple(health),
    )


def _read(path: Path) -> Fetched:
    """A file as if it had been fetched: no validators, no redirects."""
    return Fetched(
        url=path.resolve().as_uri(),
        permanent_url=None,
        status=200,
        body=path.read_bytes(),
        content_type="",
        validators=NO_VALIDATORS,
        body_hash="",
        max_age_s=None,
    )


async def _fetch(source: str, settings: Settings) -> Fetched:
    polling = settings.polling
    url = parse_feed_url(source, allow_private=polling.allow_private_addresses)
    async with Fetcher(
        allow_private=polling.allow_private_addresses,
        user_agent=user_agent(settings),
        timeout_s=polling.timeout_seconds,
        max_bytes=int(polling.max_megabytes * 1_000_000),
    ) as fetcher:
        answer = await fetcher.fetch(str(url))
        if not isinstance(answer, Fetched):
            raise CommandError(f"{source} answered without a document.")
        return answer


async def _agreed(source: str, settings: Settings) -> Push | None:
    """What the bot on this machine has agreed with the feed's hub, if there is one."""
    url = parse_feed_url(source, allow_private=settings.polling.allow_private_addresses)
    database = Database(settings.storage.url)
    try:
        if database.path is not None and not await asyncio.to_thread(database.path.exists):
            return None
        async with database.read() as connection:
            return await pushes.push_at(connection, str(url))
    except SQLAlchemyError:  # no database, or one of another version: the feed is what matters
        return None
    finally:
        await database.close()


def article_json(one: ParsedArticle) -> dict[str, Any]:
    """One article as `feed check --json` prints it."""
    return {
        "id": one.uid or one.canonical_url or one.title,
        "url": one.url,
        "title": one.title,
        "summary": one.summary,
        "published": one.published_at.isoformat() if one.published_at else None,
        "authors": list(one.authors),
        "categories": list(one.categories),
        "image": one.image_url,
        "language": one.language,
        "outlet": one.outlet,
    }


def print_feed(console: Console, feed: CheckedFeed) -> None:
    """The feed as a table, then its health."""
    console.print(Text(feed.title or "(no title)", style="bold"))
    rows = [
        ((one["published"] or "undated")[:16].replace("T", " "), one["title"], one["url"])
        for one in feed.articles
    ]
    console.print(table(("published", "title", "url"), rows))
    for line in feed.health:
        console.print(Text(f"• {line}", style="dim"))
