"""Watching one story: its card comes to the person, how it goes on is told under it, it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.commands.caller import Caller, Destination
from bot.commands.feedback import FeedbackCommands
from bot.commands.follows import MOST, FollowCommands
from bot.commands.story_follow import NAME_CHARACTERS, StoryFollowCommands
from bot.commands.why import WhyCommands
from bot.errors import CommandError
from bot.model.alert import Alert
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import FeedId, WorkspaceId
from bot.model.text import flat
from bot.pipeline.deliver import Deliverer
from bot.pipeline.running import Running
from bot.storage.database import Database
from bot.storage.tables import decision, delivery, topic
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article
from tests.pipeline.test_joined import FIRST, LEAD, SECOND, bridge

GUILD = Workspace(id=WorkspaceId("discord:7"), platform=PlatformName.DISCORD, external_id="7")
HERE = Destination(platform=PlatformName.DISCORD, external_id="70", name="#news")
ANN = Caller(workspace=GUILD, here=HERE, user="501")
BOB = replace(ANN, user="502")
LINK = "https://meridian.example/talks"
TITLE = "Miami ceasefire talks end early"
LEADS = (
    "Negotiators left the hotel shortly before midnight and nobody would say when they meet again",
    "A long evening of bargaining brought diplomats no closer together, several people there said",
    "Both delegations flew home on Sunday after what an envoy called frank but fruitless exchanges",
    "The mediators had hoped for signatures, yet quarrels about prisoners kept all apart still",
)


class Desk:
    """A guild that follows four outlets, watches nothing, and has one story by the first."""

    def __init__(self, newsdesk: Newsdesk, feeds: list[FeedId], database: Database) -> None:
        self.newsdesk, self.feeds, self._told = newsdesk, feeds, 0
        self.database = database
        self.stories = StoryFollowCommands(database=database, now=newsdesk.clock)
        self.follows = FollowCommands(database=database, now=newsdesk.clock)
        self._running = Running(database=database, now=newsdesk.clock)
        self._deliverer = Deliverer(
            database=database,
            platforms={PlatformName.DISCORD: newsdesk.recorder},
            now=newsdesk.clock,
            edit_interval=timedelta(0),
        )

    async def reported(self) -> None:
        here, self._told = self._told, self._told + 1
        url = LINK if here == 0 else f"https://o{here}.example/talks"
        report = article(TITLE, url=url, summary=LEADS[here], at=self.newsdesk.clock())
        await self.newsdesk.listed(self.feeds[here], report)

    async def delivered(self) -> None:
        await self._running.catch_up()
        await self._deliverer.drain(patience=timedelta(0))

    def cards(self) -> list[Alert]:
        return [one.alert for one in self.newsdesk.recorder.messages if one.thread is None]

    def replies(self) -> list[str]:
        return [one.texts[0] for one in self.newsdesk.recorder.messages if one.thread is not None]


@pytest.fixture
async def desk(database: Database, clock: Clock) -> Desk:
    newsdesk = await Newsdesk.open(database, clock)
    feeds = [
        await newsdesk.follow(f"https://o{n}.example/feed", name=f"Outlet {n}", by=GUILD)
        for n in range(len(LEADS))
    ]
    desk = Desk(newsdesk, feeds, database)
    await desk.reported()
    return desk


async def test_its_card_comes_and_what_changes_is_told_under_it(desk: Desk, clock: Clock) -> None:
    told = await desk.stories.of_link(ANN, LINK)
    assert told.title == "You watch this story"
    assert TITLE in "\n".join(map(flat, told.lines))
    await desk.delivered()
    [card] = desk.cards()
    assert flat(card.headline) == TITLE
    assert card.topics == ("the story that you watch",)
    assert desk.newsdesk.recorder.messages[0].channel == "user:501@7"
    clock.forward(minutes=31)
    for _ in range(3):
        await desk.reported()
    await desk.delivered()
    [card] = desk.cards()
    assert len(card.sources) == 4
    [reply] = desk.replies()
    assert "3 independent outlets report this by now" in reply, "the fourth came at once"


async def test_nobody_else_hears_of_it(desk: Desk) -> None:
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    assert "nothing here yet" in (await desk.follows.list_all(BOB)).title
    [line] = (await desk.follows.list_all(ANN)).lines
    assert flat(line) == f"{TITLE}  one story"
    account = await WhyCommands(database=desk.database, now=desk.newsdesk.clock).why(BOB, LINK)
    assert TITLE not in "\n".join(flat(line) for line in account.lines[1:])


async def test_asked_once_more_it_ends(desk: Desk) -> None:
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    assert (await desk.stories.of_link(ANN, LINK)).title == f"You no longer watch “{TITLE}”"
    assert "nothing here yet" in (await desk.follows.list_all(ANN)).title
    desk.newsdesk.clock.forward(minutes=31)
    for _ in range(3):
        await desk.reported()
    await desk.delivered()
    assert desk.replies() == []
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    assert len(desk.cards()) == 1, "its card stands from before"
    assert (await desk.follows.unfollow(ANN, TITLE.upper())).title.endswith(f"“{TITLE}”")


async def test_of_an_alert_by_its_key(desk: Desk) -> None:
    await desk.follows.follow(BOB, "Miami")
    await desk.newsdesk.listed(desk.feeds[1], article("Miami votes", at=START))
    await desk.delivered()
    async with desk.database.read() as connection:
        keys = (await connection.execute(select(delivery.c.key))).scalars().all()
    assert (await desk.stories.of_alert(ANN, keys[0])).title == "You watch this story"
    stranger = replace(ANN, workspace=replace(GUILD, id=WorkspaceId("discord:8"), external_id="8"))
    with pytest.raises(CommandError, match="not known here"):
        await desk.stories.of_alert(stranger, keys[0])
    with pytest.raises(CommandError, match="has listed this link"):
        await desk.stories.of_link(stranger, LINK)


async def test_it_ends_when_the_story_is_closed(desk: Desk, clock: Clock) -> None:
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    clock.forward(hours=71)
    await desk.newsdesk.desk.tidy()
    assert len((await desk.follows.list_all(ANN)).lines) == 1
    assert "follow 1 topic" in (await desk.follows.list_all(ANN)).title
    clock.forward(hours=2)
    await desk.newsdesk.desk.tidy()
    assert "nothing here yet" in (await desk.follows.list_all(ANN)).title


async def test_two_stories_of_one_name_and_a_long_one(desk: Desk, clock: Clock) -> None:
    await desk.stories.of_link(ANN, LINK)
    clock.forward(hours=80)
    again = article(TITLE, url="https://o1.example/again", at=clock())
    await desk.newsdesk.listed(desk.feeds[1], again)
    await desk.stories.of_link(ANN, "https://o1.example/again")
    long = article("A `headline` " * 30, url="https://o2.example/long", at=clock())
    await desk.newsdesk.listed(desk.feeds[2], long)
    await desk.stories.of_link(ANN, "https://o2.example/long")
    names = [flat(line) for line in (await desk.follows.list_all(ANN)).lines]
    assert names[1] == f"{TITLE}  one story"
    assert names[2].startswith(f"{TITLE} (2)")
    assert len(names[0]) <= NAME_CHARACTERS + len("…  one story")
    assert "`" not in names[0]


async def test_there_is_a_most(desk: Desk) -> None:
    for number in range(MOST):
        await desk.follows.follow(ANN, f"word{number}")
    with pytest.raises(CommandError, match="20 is the most") as refused:
        await desk.stories.of_link(ANN, LINK)
    assert "unfollow" in refused.value.hint


async def test_less_like_this_has_no_query_to_edit(desk: Desk) -> None:
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    async with desk.database.read() as connection:
        key = (await connection.execute(select(delivery.c.key))).scalar_one()
    feedback = FeedbackCommands(database=desk.database, now=desk.newsdesk.clock)
    with pytest.raises(CommandError, match="one story that you watch"):
        await feedback.propose(ANN, key)


async def test_a_story_that_joins_an_older_one_takes_its_watcher_along(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock, similar=True)
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian", by=GUILD)
    desk = Desk(newsdesk, [feed], database)
    await newsdesk.listed(feed, article(FIRST, summary=f"Envoys said: {LEAD}.", at=START))
    clock.forward(hours=65)
    said = f"In Florida {LEAD}, they say."
    await newsdesk.listed(feed, article(SECOND, url=LINK, summary=said, at=clock()))
    await newsdesk.listed(feed, article(FIRST, at=clock()))
    await desk.stories.of_link(ANN, LINK)
    await desk.delivered()
    assert [flat(one.headline) for one in desk.cards()] == [SECOND]
    await bridge(newsdesk, feed)
    async with database.read() as connection:
        watched = (await connection.execute(select(topic.c.story_id))).scalar_one()
        decided = (await connection.execute(select(decision.c.article_id))).scalars().all()
    assert watched == 1, "the older one"
    assert sorted(decided) == [2, 4], "what joined them was told in the same batch"
    await newsdesk.listed(feed, article(FIRST, at=clock()))
    await desk.delivered()
    [card] = desk.cards()
    assert len(card.sources) == 1
    async with database.read() as connection:
        decided = (await connection.execute(select(decision.c.article_id))).scalars().all()
    assert sorted(decided) == [2, 4, 5]
