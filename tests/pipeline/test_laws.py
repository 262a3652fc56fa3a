"""Whatever happens in whatever order, each story has exactly one outcome in each channel.

Random histories of a desk: reports come in, people change their minds, the platform fails, the
process dies, the clock runs. After each the invariants hold, and once all is calm all is told.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from bot.errors import Ambiguous, DeliveryError, Retryable
from bot.model.alert import AlertState
from bot.model.attention import Rhythm
from bot.model.ids import FeedId
from bot.pipeline.running import Running
from bot.storage import holds
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.storage.tables import alert, channel, subscription, topic
from bot.stories.report import Assignment, Report, keys_of
from bot.stories.terms import Terms
from bot.stories.window import Draft
from tests.clock import Clock
from tests.invariants import violations
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault, Recorder

EVENTS = ("Talks in Miami go on", "Miami summit on grain", "Grain ships leave the port",
          "Envoys at the Miami summit", "Storm nears the port of Miami")  # fmt: skip
TOPICS = ("Miami", "grain", "summit")
CHANNELS = ("desk", "night")
FEEDS = (FeedId(1), FeedId(2), FeedId(3))

wishes = st.fixed_dictionaries(
    {},
    optional={
        "rhythm": st.sampled_from(Rhythm),
        "budget": st.sampled_from([0, 1, 2, 10]),
        "timezone": st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York"]),
        "at": st.sampled_from([time(8), time(13, 30)]),
    },
) | st.sampled_from([{"quiet_from": time(12), "quiet_to": time(15)},
                     {"quiet_from": None, "quiet_to": None}])  # fmt: skip
some_topic = st.sampled_from(TOPICS)
minutes = st.sampled_from([1, 7, 30, 61, 180, 1500])
steps = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(FEEDS), st.sampled_from(EVENTS)),
    st.tuples(st.just("report"), st.sampled_from(FEEDS), st.sampled_from(EVENTS)),
    st.tuples(st.just("forward"), minutes),
    st.tuples(st.just("tick")),
    st.tuples(st.just("wish"), st.sampled_from(CHANNELS), wishes),
    st.tuples(st.just("urgent"), some_topic, st.booleans()),
    st.tuples(st.just("gate"), st.integers(1, 3)),
    st.tuples(st.just("mention")),
    st.tuples(st.just("mute"), some_topic, minutes),
    st.tuples(st.just("snooze"), some_topic, minutes),
    st.tuples(st.just("snooze channel"), minutes),
    st.tuples(st.just("unwatch"), some_topic),
    st.tuples(st.just("watch"), some_topic, st.sampled_from(CHANNELS)),
    st.tuples(st.just("ask")),
    st.tuples(st.just("fault"), st.sampled_from(["refused", "lost", "late"])),
    st.tuples(st.just("restart")),
    st.tuples(
        st.just("join"), st.sampled_from(FEEDS), st.sampled_from(EVENTS), st.sampled_from(EVENTS)
    ),
    st.tuples(
        st.just("join"), st.sampled_from(FEEDS), st.sampled_from(EVENTS), st.sampled_from(EVENTS)
    ),
)


@dataclass
class World:
    """A desk, and what has been done to it."""

    desk: Newsdesk
    clock: Clock
    recorder: Recorder
    faults: int = 0
    reports: int = 0
    watched: set[tuple[str, str]] = field(default_factory=set)

    async def do(self, step: tuple[Any, ...]) -> None:
        self.clock.forward(seconds=1)
        name, *arguments = step
        await getattr(self, name.replace(" ", "_"))(*arguments)

    async def report(self, feed: FeedId, title: str) -> None:
        self.reports += 1
        await self.desk.listed(feed, article(title, uid=str(self.reports), at=self.clock()))

    async def join(self, feed: FeedId, title: str, other: str) -> None:
        """Two stories, and a report by which they turn out to be one."""
        await self.report(feed, other)
        await self.report(feed, title)
        window = self.desk.desk._window
        open_ = {
            story for each in (title, other) for key in keys_of("", each)
            for story in window.stories_of(key)
        }  # fmt: skip
        said = [(younger, min(open_)) for younger in open_ - {min(open_, default=None)}]
        assign = Draft.assign

        def joining(draft: Draft, report: Report, terms: Terms, meaning: bytes = b"") -> Assignment:
            return replace(assign(draft, report, terms, meaning), merges=tuple(said))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Draft, "assign", joining)
            await self.report(feed, title)

    async def forward(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    async def tick(self) -> None:
        await Running(database=self.desk.database, now=self.clock).catch_up()
        await self.desk.holds.release()
        await self.desk.delivered()

    async def wish(self, name: str, wished: dict[str, Any]) -> None:
        await self.desk.wishes(name, **wished)

    async def urgent(self, name: str, urgent: bool) -> None:
        await self._topic(name, urgent=urgent)

    async def gate(self, outlets: int) -> None:
        await self.desk.change(subscription, gate=outlets)

    async def mention(self) -> None:
        await self.desk.change(subscription, mention="role:7", mentioned_by="1")

    async def mute(self, name: str, minutes: int) -> None:
        await self._topic(name, muted_until=self.clock() + timedelta(minutes=minutes))

    async def snooze(self, name: str, minutes: int) -> None:
        await self._topic(name, snoozed_until=self.clock() + timedelta(minutes=minutes))

    async def snooze_channel(self, minutes: int) -> None:
        await self.desk.change(channel, snoozed_until=self.clock() + timedelta(minutes=minutes))
        for name in CHANNELS:
            await self.desk.wishes(name)

    async def unwatch(self, name: str) -> None:
        await self._topic(name, removed=True)

    async def watch(self, name: str, where: str) -> None:
        await self._topic(name, removed=False)
        if (name, where) not in self.watched:
            self.watched.add((name, where))
            await self.desk.watch(name, name=name, channel=where)

    async def ask(self) -> None:
        async with self.desk.database.write() as connection:
            await holds.tell_now(connection, now=self.clock())

    async def fault(self, kind: str) -> None:
        self.faults += 1
        errors: dict[str, Callable[[], DeliveryError]] = {
            "refused": lambda: Retryable("desk", "refused"),
            "lost": lambda: Ambiguous("desk", "lost"),
            "late": lambda: Ambiguous("desk", "lost"),
        }
        self.recorder.faults.append(Fault(errors[kind](), lands=kind == "late"))

    async def restart(self) -> None:
        self.desk = await Newsdesk.open(self.desk.database, self.clock, recorder=self.recorder)

    async def _topic(self, name: str, **values: Any) -> None:
        async with self.desk.database.write() as connection:
            revision = await next_revision(connection)
            await connection.execute(
                update(topic).where(topic.c.name == name).values(revision=revision, **values)
            )


async def live(path: Path, history: list[tuple[Any, ...]]) -> None:
    database = Database(f"sqlite:///{path}")
    clock, recorder = Clock(), Recorder()
    try:
        desk = await Newsdesk.open(database, clock, recorder=recorder)
        for number in FEEDS:
            await desk.follow(f"https://{number}.example/feed", name=f"Outlet {number}")
        world = World(desk, clock, recorder)
        for name, where in (("Miami", "desk"), ("grain", "desk"), ("summit", "night")):
            await world.watch(name, where)
        for step in history:
            await world.do(step)
        # Budgets change on the way, so what was within one may be beyond the next.
        assert await violations(database, faults=world.faults, backfilled=True) == []
        for _ in range(24):  # ten days of calm: every hold ends
            clock.forward(hours=10)
            await world.tick()
        assert await violations(database, faults=world.faults, drained=True, backfilled=True) == []
        async with database.read() as connection:
            held = await connection.execute(
                select(func.count()).where(alert.c.state == AlertState.HELD)
            )
            assert held.scalar_one() == 0, "a hold that never ends"
    finally:
        await database.close()


@pytest.mark.parametrize(
    "examples",
    [12, pytest.param(150, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])],
    ids=["few", "many"],
)
def test_every_story_has_exactly_one_outcome(blank: Path, tmp_path: Path, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # a history takes too long to be shrunk
    )
    @given(history=st.lists(steps, min_size=3, max_size=25))
    def law(history: list[tuple[Any, ...]]) -> None:
        path = tmp_path / "history.db"
        for left in tmp_path.glob("history.db*"):
            left.unlink()
        shutil.copy(blank, path)
        asyncio.run(live(path, history))

    law()
