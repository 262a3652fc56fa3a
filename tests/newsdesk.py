"""The middle and the end of the pipeline without a network: articles go in, messages come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, update

from bot.commands.caller import Caller, Destination
from bot.commands.topics import TopicCommands
from bot.model.article import ParsedArticle, ParsedFeed
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import LOCAL, FeedId, WorkspaceId
from bot.pipeline.deliver import Deliverer
from bot.pipeline.holds import Holds
from bot.pipeline.ingest import Desk
from bot.pipeline.polled import Poll
from bot.storage import channels, feeds, following, holds
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.storage.tables import feed as feed_table
from tests.clock import Clock
from tests.recorder import Recorder

LOCAL_WORKSPACE = Workspace(id=LOCAL, platform=PlatformName.WEBHOOK, external_id="local")


def workspace(name: str) -> Workspace:
    return Workspace(
        id=WorkspaceId(f"discord:{name}"), platform=PlatformName.DISCORD, external_id=name
    )


def article(
    title: str,
    *,
    uid: str = "",
    url: str = "",
    summary: str = "",
    at: datetime | None = None,
) -> ParsedArticle:
    """An article on a site of its own, unless a link is given: two outlets are independent."""
    link = url or f"https://outlet-{uuid4().hex[:12]}.example/1"
    return ParsedArticle(
        uid=uid or link, url=link, canonical_url=link, title=title, summary=summary, published_at=at
    )


@dataclass(slots=True)
class Newsdesk:
    """A desk and a deliverer on one database, with a recorder for every channel."""

    database: Database
    clock: Clock
    recorder: Recorder
    desk: Desk
    deliverer: Deliverer
    holds: Holds
    topics: TopicCommands

    @classmethod
    async def open(
        cls,
        database: Database,
        clock: Clock,
        *,
        recorder: Recorder | None = None,
        backfill: bool = False,
        edit_interval: timedelta = timedelta(0),
        similar: bool = False,
    ) -> Newsdesk:
        recorder = recorder or Recorder()
        desk = Desk(database=database, now=clock, backfill=backfill, similar=similar)
        await desk.start()
        return cls(
            database=database,
            clock=clock,
            recorder=recorder,
            desk=desk,
            deliverer=Deliverer(
                database=database,
                platforms={PlatformName.WEBHOOK: recorder},
                now=clock,
                edit_interval=edit_interval,
            ),
            holds=Holds(database=database, now=clock),
            topics=TopicCommands(database=database, now=clock),
        )

    async def follow(
        self, url: str, *, name: str = "", by: Workspace = LOCAL_WORKSPACE, polled: bool = True
    ) -> FeedId:
        """Follow a feed; `polled` says that its first poll lies behind it."""
        async with self.database.write() as connection:
            await channels.ensure_workspace(connection, by, now=self.clock())
            feed = await feeds.ensure_feed(connection, url, now=self.clock(), interval_s=600)
            await following.put_follow(
                connection,
                workspace=by.id,
                feed_id=feed.id,
                name=name or url,
                from_file=False,
                now=self.clock(),
                revision=await next_revision(connection),
            )
            if polled and feed.first_polled_at is None:
                await connection.execute(
                    update(feed_table)
                    .where(feed_table.c.id == feed.id)
                    .values(first_polled_at=self.clock())
                )
        return feed.id

    async def wishes(self, channel: str = "desk", **wished: Any) -> None:
        """Change what a channel wishes; it is decided again, as a command would ask for."""
        async with self.database.write() as connection:
            found = await channels.find_channel(connection, PlatformName.WEBHOOK, channel)
            assert found is not None
            await channels.set_attention(
                connection,
                found,
                replace(found.attention, **wished),
                revision=await next_revision(connection),
            )
            await holds.look_again(connection, [found.id])

    async def change(self, table: Table, **values: Any) -> None:
        """Change every row of a table that the roster reads."""
        async with self.database.write() as connection:
            revision = await next_revision(connection)
            await connection.execute(update(table).values(revision=revision, **values))

    async def watch(
        self, query: str, *, name: str = "", channel: str = "desk", by: Workspace = LOCAL_WORKSPACE
    ) -> None:
        here = Destination(platform=PlatformName.WEBHOOK, external_id=channel, name=channel)
        await self.topics.watch(Caller(workspace=by, here=here), query, name=name)

    async def listed(self, feed_id: FeedId, *articles: ParsedArticle) -> None:
        """A feed was polled and lists these."""
        await self.desk.ingest([await self.poll(feed_id, articles)])

    async def poll(self, feed_id: FeedId, articles: Sequence[ParsedArticle]) -> Poll:
        async with self.database.read() as connection:
            state = await feeds.get_feed(connection, feed_id)
        return Poll(
            feed=state,
            polled_at=self.clock(),
            next_poll_at=self.clock() + timedelta(minutes=10),
            parsed=ParsedFeed(title=f"Feed {feed_id}", articles=tuple(articles)),
        )

    async def delivered(self) -> list[str]:
        """Deliver what is due now; the first text of every message so far, in order."""
        await self.deliverer.drain(patience=timedelta(0))
        return [message.texts[0] for message in self.recorder.messages]
