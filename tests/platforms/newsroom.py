"""A workspace of a chat with two outlets, and the pipeline from their reports to the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.model.channel import PlatformName, Workspace
from bot.model.ids import FeedId, WorkspaceId
from bot.model.platform import Platform
from bot.pipeline.deliver import Deliverer
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article

RSS = b"""<rss version="2.0"><channel><title>Meridian Wire</title>
<item><title>Talks resume in Miami</title><link>https://m.example/1</link></item>
</channel></rss>"""
SITE = (
    b"""<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>"""
)


def opml(url: str) -> bytes:
    """A file that lists one feed."""
    listed = f'<outline text="Second Wire" type="rss" xmlUrl="{url}"/>'
    return f'<opml version="2.0"><body>{listed}</body></opml>'.encode()


@dataclass(slots=True)
class ChatNews:
    """`reports(0, …)` is what the first outlet says; it is told at once."""

    newsdesk: Newsdesk
    outlets: list[FeedId]
    clock: Clock
    deliverer: Deliverer

    @classmethod
    async def open(
        cls,
        database: Database,
        clock: Clock,
        *,
        name: PlatformName,
        workspace: str,
        platform: Platform,
    ) -> ChatNews:
        tenant = Workspace(
            id=WorkspaceId(f"{name}:{workspace}"),
            platform=name,
            external_id=workspace,
            name="Newsroom",
        )
        newsdesk = await Newsdesk.open(database, clock)
        outlets = [
            await newsdesk.follow(f"https://outlet-{n}.example/feed", name=f"Outlet {n}", by=tenant)
            for n in range(2)
        ]
        deliverer = Deliverer(
            database=database, platforms={name: platform}, now=clock, edit_interval=timedelta(0)
        )
        return cls(newsdesk=newsdesk, outlets=outlets, clock=clock, deliverer=deliverer)

    async def reports(self, outlet: int, title: str) -> None:
        await self.newsdesk.listed(self.outlets[outlet], article(title, at=self.clock()))
        await self.deliverer.drain(patience=timedelta(0))
