"""The configuration file against the database: made, changed, taken out, brought back."""

from __future__ import annotations

import pytest

from bot.commands.caller import Caller, Destination
from bot.commands.declared import apply_file
from bot.errors import CommandError, SettingsError
from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.settings import ChannelEntry, FeedEntry, Settings, TopicEntry
from bot.storage import feeds, topics
from bot.storage.database import Database
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article
from tests.recorder import Recorder

FEED = FeedEntry(url="https://a.example/feed", name="Meridian")
CHANNEL = ChannelEntry(platform=PlatformName.WEBHOOK, id="desk", topics=("Miami",))
FILE = Settings(feed=(FEED,), topic=(TopicEntry(name="Miami", query="Miami"),), channel=(CHANNEL,))
EMPTY = Settings(channel=(CHANNEL.model_copy(update={"topics": ()}),))
HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
CALLER = Caller(workspace=LOCAL_WORKSPACE, here=HERE)


async def apply(database: Database, clock: Clock, settings: Settings) -> None:
    platforms: dict[PlatformName, Platform] = {PlatformName.WEBHOOK: Recorder()}
    await apply_file(database, settings, platforms, now=clock())


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        standing = await topics.list_topics(connection, LOCAL_WORKSPACE.id)
    return [topic.name for topic in standing]


async def test_what_the_file_names_is_watched(database: Database, clock: Clock) -> None:
    await apply(database, clock, FILE)
    await apply(database, clock, FILE)
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    feed = await newsdesk.follow(FEED.url, polled=False)
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    assert await newsdesk.delivered() == ["Talks in Miami"]


async def test_what_is_taken_out_is_silent_and_its_return_alerts_nothing_again(
    database: Database, clock: Clock
) -> None:
    await apply(database, clock, FILE)
    newsdesk = await Newsdesk.open(database, clock, backfill=True)
    async with database.read() as connection:
        (pair,) = await feeds.list_follows(connection, LOCAL_WORKSPACE.id)
    feed = pair[1].id
    told = article("Talks in Miami", at=START)
    await newsdesk.listed(feed, told)
    assert await newsdesk.delivered() == ["Talks in Miami"]
    await apply(database, clock, EMPTY)
    assert await names(database) == []
    async with database.read() as connection:
        assert await feeds.list_follows(connection, LOCAL_WORKSPACE.id) == ()
    clock.forward(days=2)
    await apply(database, clock, FILE)
    again = await Newsdesk.open(database, clock, recorder=newsdesk.recorder)
    meanwhile = article("Talks in Miami while nobody read", at=START.replace(hour=13))
    await again.listed(feed, told, meanwhile)
    assert await again.delivered() == ["Talks in Miami"], "old news by now"


async def test_chat_cannot_remove_or_redefine_what_the_file_owns(
    database: Database, clock: Clock
) -> None:
    await apply(database, clock, FILE)
    newsdesk = await Newsdesk.open(database, clock)
    with pytest.raises(CommandError, match="configuration file"):
        await newsdesk.topics.unwatch(CALLER, "Miami")
    with pytest.raises(CommandError, match="configuration file"):
        await newsdesk.topics.watch(CALLER, "Heat", name="Miami")
    assert "from the configuration file" in str((await newsdesk.topics.list_all(CALLER)).lines)


async def test_the_file_takes_a_name_over_and_leaves_the_rest_of_chat_alone(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.topics.watch(CALLER, "Heat", name="Miami")
    await newsdesk.topics.watch(CALLER, "NATO")
    await apply(database, clock, FILE)
    assert await names(database) == ["Miami", "NATO"]
    async with database.read() as connection:
        topic = await topics.find_topic(connection, LOCAL_WORKSPACE.id, "Miami")
    assert topic is not None
    assert (topic.query, topic.from_file) == ("Miami", True)
    await apply(database, clock, EMPTY)
    assert await names(database) == ["NATO"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"topic": (TopicEntry(name="Miami", query="Miami AND ("),)}, "topic “Miami”"),
        ({"channel": (CHANNEL.model_copy(update={"topics": ("Nowhere",)}),)}, "Nowhere"),
        (
            {"channel": (CHANNEL.model_copy(update={"every_article_from": ("Nobody",)}),)},
            "Nobody",
        ),
    ],
)
async def test_a_mistake_changes_nothing(
    database: Database, clock: Clock, change: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        await apply(database, clock, FILE.model_copy(update=change))
    assert await names(database) == []


async def test_with_no_channel_and_no_chat_the_terminal_hears_everything() -> None:
    from bot.commands.declared import effective_channels

    (entry,) = effective_channels(FILE.model_copy(update={"channel": ()}))
    assert (entry.platform, entry.topics) == (PlatformName.CONSOLE, ("Miami",))
