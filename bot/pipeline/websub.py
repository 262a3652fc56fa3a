"""Feeds that are pushed: finds their hubs, keeps the agreements with them, takes what they send.

A push goes the way of a poll (trim, parse in a worker, the desk's one transaction), and is
acknowledged after its commit: what the hub was told we have, we have. Polls stay as the backup.
Knows no HTTP server: see web/websub.py.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog

from bot.errors import FetchError, ParseError
from bot.feeds import websub
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.lanes import Parser
from bot.feeds.websub import is_signed, lease_of, next_try, request_form
from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.model.push import Asked, Push
from bot.pipeline.polled import Poll
from bot.storage import feeds, pushes
from bot.storage.database import Database
from bot.storage.feeds import host_of
from bot.storage.listings import get_packed, unpack

log = structlog.get_logger()

ASKED_AT_ONCE = 10
DENIED_FOR = timedelta(days=1)
LEAVE_TRIES = 3
"""A hub that does not confirm that we leave is told by our callback that it is gone."""
_REASON_CHARACTERS = 300
_OURS = re.compile(r"(websub(?:/|%2f)|hub\.secret\W{0,5})[\w-]+", re.IGNORECASE)


class Taken(StrEnum):
    """What became of a push."""

    TAKEN = "taken"
    IGNORED = "its signature is wrong"
    UNKNOWN = "nobody asked for it"
    LATER = "it could not be stored"


class Subscriber:
    """Our side of WebSub. `callbacks` is the public address that callbacks begin with; the
    agreements are rows, and kept here as well so that a stranger's request costs no query."""

    def __init__(
        self,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: Parser,
        submit: Callable[[Poll], Awaitable[bool]],
        now: Callable[[], datetime],
        callbacks: str,
        allow_private: bool = False,
    ) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._submit = submit
        self._now = now
        self._callbacks = callbacks.rstrip("/")
        self._allow_private = allow_private
        self._by_feed: dict[FeedId, Push] = {}
        self._by_token: dict[str, Push] = {}

    async def start(self) -> None:
        """Read what was agreed before."""
        async with self._database.read() as connection:
            self._keep(await pushes.all_pushes(connection))

    def knows(self, token: str) -> bool:
        """Whether a callback is one of ours."""
        return token in self._by_token

    def trusted_until(self, feed: FeedState) -> datetime | None:
        """Until when polls of `feed` are only the backup, or None."""
        push = self._by_feed.get(feed.id)
        return websub.trusted_until(push, feed, now=self._now()) if push else None

    async def found(self, feed: FeedState, answer: Fetched) -> None:
        """A poll read a document: if it names a hub that we do not know, ask that one soon."""
        offer = websub.offer_of(
            answer.body, url=answer.url, links=answer.links, allow_private=self._allow_private
        )
        before = self._by_feed.get(feed.id)
        if offer is None or (before and (before.hub, before.topic) == (offer.hub, offer.topic)):
            return
        new = Push(
            feed=feed.id,
            hub=offer.hub,
            topic=offer.topic,
            token=secrets.token_urlsafe(32),
            secret=secrets.token_hex(32),
            next_try_at=self._now(),
        )
        async with self._database.write() as connection:
            await pushes.put_push(connection, new)
        self._forget(feed.id)
        self._keep([new])

    async def tick(self) -> None:
        """Ask the hubs whose turn it is: to subscribe, to renew, or to stop."""
        async with self._database.read() as connection:
            due = await pushes.to_ask(connection, now=self._now(), limit=ASKED_AT_ONCE)
        await asyncio.gather(*(self._ask(push, followed=followed) for push, followed in due))

    async def _ask(self, push: Push, *, followed: bool) -> None:
        mode = Asked.SUBSCRIBE if followed else Asked.UNSUBSCRIBE
        failures = push.failures + 1 if push.asked is mode else 1
        if not followed and (push.asked is Asked.NOTHING or failures > LEAVE_TRIES):
            await self._drop(push)
            return
        # Written before the hub is asked: it may have us confirm before it answers, and a crash
        # in between must find us knowing what we asked for.
        stood = await self._change(
            push,
            asked=str(mode),
            failures=failures,
            next_try_at=next_try(failures, now=self._now()),
            last_error="the hub has not confirmed it yet",
        )
        if not stood:
            return
        form = request_form(push, mode=mode, callback=f"{self._callbacks}/websub/{push.token}")
        try:
            await self._fetcher.submit(push.hub, form)
        except FetchError as error:
            log.warning(
                "a hub refused", feed=push.feed, hub=host_of(push.hub), why=_told(error.reason)
            )
            after = self._by_feed.get(push.feed)
            if after is not None and after.failures == failures:  # it did not confirm all the same
                await self._change(push, last_error=_told(error.reason))

    async def confirm(self, token: str, query: Mapping[str, str]) -> bool:
        """The hub asks whether it was we who asked (section 5.3), or says no. Whether to agree."""
        push = self._by_token.get(token)
        if push is None or query.get("hub.topic") != push.topic:
            return False
        mode = query.get("hub.mode", "")
        if mode == "denied":
            await self._denied(push, query.get("hub.reason", ""))
            return True
        if mode != push.asked or not query.get("hub.challenge"):
            return False
        if mode == Asked.UNSUBSCRIBE:
            await self._drop(push)
            return True
        ends, renew = lease_of(query.get("hub.lease_seconds"), now=self._now())
        return await self._change(
            push, lease_until=ends, next_try_at=renew, failures=0, last_error=None
        )

    async def _denied(self, push: Push, reason: str) -> None:
        log.warning("a hub denied", feed=push.feed, hub=host_of(push.hub))
        await self._change(
            push,
            asked=str(Asked.NOTHING),
            lease_until=None,
            failures=max(push.failures, 1),
            next_try_at=self._now() + DENIED_FOR,
            last_error=_told(f"the hub refuses: {reason or 'no reason given'}"),
        )
        await self._poll_now(push)

    async def take(
        self, token: str, body: bytes, *, signature: str, content_type: str = ""
    ) -> Taken:
        """One push (section 7). TAKEN: its articles are committed, or a poll is to find them."""
        push = self._by_token.get(token)
        if push is None:
            return Taken.UNKNOWN
        if not is_signed(body, signature, secret=push.secret):
            log.warning("a push with a wrong signature", feed=push.feed)
            await self._change(push, ignored=push.ignored + 1)
            return Taken.IGNORED
        async with self._database.read() as connection:
            feed = await feeds.get_feed(connection, push.feed)
            listed = await get_packed(connection, [push.feed])
        if feed.first_polled_at is None or not body.strip():
            # What a first poll finds is old news by rules of its own; and some hubs only ping.
            return await self._poll_now(push)
        try:
            poll = await self._read(feed, listed.get(feed.id, b""), body, content_type)
        except ParseError as error:
            log.warning("a push cannot be read", feed=feed.id, why=error.reason)
            return await self._poll_now(push)
        if poll.parsed and poll.parsed.articles and not await self._submit(poll):
            return Taken.LATER
        await self._change(push, pushed_at=self._now())
        return Taken.TAKEN

    async def _read(self, feed: FeedState, listed: bytes, body: bytes, content_type: str) -> Poll:
        now = self._now()
        news = await self._workers.parse_news(
            body,
            url=feed.address,
            content_type=content_type,
            now=now,
            known=unpack(listed).hashes.keys(),
        )
        return Poll(
            feed=feed,
            polled_at=now,
            next_poll_at=feed.next_poll_at or now,
            parsed=news.feed,
            hashes=news.hashes,
            sources=news.sources,
            read=news.read,
            pushed=True,
        )

    async def _poll_now(self, push: Push) -> Taken:
        async with self._database.write() as connection:
            await pushes.poll_now(connection, push.feed, now=self._now())
        return Taken.TAKEN

    async def _change(self, push: Push, **values: Any) -> bool:
        """Write, then show: what is kept here is what was committed."""
        async with self._database.write() as connection:
            stood = await pushes.change_push(connection, push, **values)
            now_standing = await pushes.pushes_of(connection, [push.feed])
        self._forget(push.feed)
        self._keep(now_standing.values())
        return stood

    async def _drop(self, push: Push) -> None:
        async with self._database.write() as connection:
            await pushes.forget_push(connection, push.feed)
        self._forget(push.feed)

    def _keep(self, standing: Iterable[Push]) -> None:
        for push in standing:
            self._by_feed[push.feed] = push
            self._by_token[push.token] = push

    def _forget(self, feed: FeedId) -> None:
        before = self._by_feed.pop(feed, None)
        if before is not None:
            self._by_token.pop(before.token, None)


def _told(reason: str) -> str:
    """A hub's words for people to read: one that repeats our request does not give away where our
    callback is, or the secret."""
    printable = "".join(one if one.isprintable() else " " for one in reason)
    return _OURS.sub(r"\1…", printable)[:_REASON_CHARACTERS]
