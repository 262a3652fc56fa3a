"""What comes up by itself beside the news: holds end, notices are due, old stories go. The work of
the desk, whether it is a process of its own or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import ParseLanes
from bot.pipeline.all_quiet import AllQuiet
from bot.pipeline.bursts import Bursts
from bot.pipeline.feed_notices import FeedNotices
from bot.pipeline.full_text import FullText
from bot.pipeline.holds import Holds
from bot.pipeline.ingest import Desk
from bot.pipeline.running import Running
from bot.scheduler import Ticks
from bot.settings import Settings
from bot.storage.database import Database
from bot.wiring import build_writer


class Upkeep:
    """The desk's ticks. `on_commit` is told when there may be deliveries."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        fetcher: Fetcher,
        workers: ParseLanes,
        desk: Desk,
        now: Callable[[], datetime],
        on_commit: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._desk = desk
        self.holds = Holds(database=database, now=now, on_commit=on_commit)
        self.running = Running(database=database, now=now, on_commit=on_commit)
        self.feed_notices = FeedNotices(database=database, now=now, on_commit=on_commit)
        self.full_text = FullText(
            database=database, fetcher=fetcher, workers=workers, now=now, on_commit=on_commit
        )
        self._all_quiet = AllQuiet(database=database, now=now, on_commit=on_commit)
        self._bursts = Bursts(database=database, now=now, on_commit=on_commit)
        self._writer = build_writer(settings, database=database, now=now, on_commit=on_commit)

    def register(self, ticks: Ticks) -> None:
        """Each at its interval."""
        ticks.every(timedelta(seconds=5), "holds", self._end_holds)
        ticks.every(timedelta(minutes=1), "feed notices", self.feed_notices.tick)
        ticks.every(timedelta(minutes=1), "all quiet", self._all_quiet.tick)
        ticks.every(timedelta(seconds=20), "full text", self.full_text.tick)
        ticks.every(timedelta(hours=1), "tidy", self._desk.tidy)
        if self._settings.stories.bursts:
            ticks.every(timedelta(minutes=10), "bursts", self._bursts.tick)
        if self._writer is not None:
            ticks.every(timedelta(seconds=10), "summaries", self._writer.tick)

    async def _end_holds(self) -> None:
        """New subscriptions first: what they are told of runs already, and is held until now."""
        await self.running.catch_up()
        await self.holds.release()
