"""The configuration file against the database: made, changed, taken out, brought back."""

from __future__ import annotations

from datetime import time

import pytest

from bot.commands.attention import AttentionCommands, Wishes
from bot.commands.caller import Caller, Destination
from bot.commands.declared import apply_file
from bot.commands.pauses import PauseCommands, PauseKind
from bot.commands.publishing import PublishingCommands
from bot.commands.terms import Terms
from bot.errors import CommandError, SettingsError
from bot.model.attention import OnDoubt, Rhythm
from bot.model.channel import Channel, PlatformName
from bot.model.mention import Mention, MentionKind
from bot.model.platform import Platform
from bot.model.topic import Updates
from bot.settings import ChannelEntry, FeedEntry, Settings, TopicEntry, WorkspaceSettings
from bot.storage import channels, following, topics
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
        (pair,) = await following.list_follows(connection, LOCAL_WORKSPACE.id)
    feed = pair[1].id
    told = article("Talks in Miami", at=START)
    await newsdesk.listed(feed, told)
    assert await newsdesk.delivered() == ["Talks in Miami"]
    await apply(database, clock, EMPTY)
    assert await names(database) == []
    async with database.read() as connection:
        assert await following.list_follows(connection, LOCAL_WORKSPACE.id) == ()
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


async def standing(database: Database) -> Channel:
    async with database.read() as connection:
        found = await channels.find_channel(connection, PlatformName.WEBHOOK, "desk")
    assert found is not None
    return found


async def test_the_files_wishes_count_from_each_start_and_end_with_their_line(
    database: Database, clock: Clock
) -> None:
    chat = AttentionCommands(database=database, now=clock)
    wishes = {"digest": "daily 8:30", "quiet": "22:00-07:00", "alerts_an_hour": 5}
    named = FILE.model_copy(update={"channel": (CHANNEL.model_copy(update=wishes),)})
    await apply(database, clock, named)
    attention = (await standing(database)).attention
    assert (attention.rhythm, attention.at, attention.budget) == (Rhythm.DAILY, time(8, 30), 5)
    with pytest.raises(CommandError, match="digest is set in the configuration file"):
        await chat.change(CALLER, Wishes(rhythm="hourly"))
    await chat.change(CALLER, Wishes(on_doubt="never double"))
    less = {"quiet": "23:00-06:00"}
    await apply(
        database, clock, FILE.model_copy(update={"channel": (CHANNEL.model_copy(update=less),)})
    )
    attention = (await standing(database)).attention
    assert (attention.rhythm, attention.budget) == (Rhythm.IMMEDIATE, 0), "back to the defaults"
    assert attention.quiet_from == time(23)
    assert attention.on_doubt is OnDoubt.NEVER_DOUBLE, "chat's own"
    await chat.change(CALLER, Wishes(rhythm="hourly"))
    await apply(database, clock, FILE.model_copy(update={"channel": ()}))
    attention = (await standing(database)).attention
    assert (attention.rhythm, attention.quiet_from) == (Rhythm.HOURLY, None)


async def test_the_file_says_what_is_published_and_tagged(database: Database, clock: Clock) -> None:
    chat = PublishingCommands(database=database, now=clock)
    wishes = {"crosspost": True, "tags": "World"}
    await apply(
        database, clock, FILE.model_copy(update={"channel": (CHANNEL.model_copy(update=wishes),)})
    )
    attention = (await standing(database)).attention
    assert (attention.crosspost, attention.tags) == (True, "World")
    with pytest.raises(CommandError, match="crosspost is set in the configuration file"):
        await chat.crosspost(CALLER, publish=False)
    with pytest.raises(CommandError, match="tags is set in the configuration file"):
        await chat.tags(CALLER, ())
    await apply(database, clock, FILE)
    assert not (await standing(database)).attention.crosspost
    await chat.tags(CALLER, ("Politics",))
    assert (await standing(database)).attention.tags == "Politics"


async def test_the_files_zone_is_that_of_its_workspaces(database: Database, clock: Clock) -> None:
    chat = AttentionCommands(database=database, now=clock)
    zone = WorkspaceSettings(timezone="Europe/Kyiv")
    await apply(database, clock, FILE.model_copy(update={"workspace": zone}))
    assert (await standing(database)).attention.timezone == "Europe/Kyiv"
    with pytest.raises(CommandError, match="timezone is set in the configuration file"):
        await chat.change_workspace(CALLER, timezone="UTC")
    await apply(database, clock, FILE)
    assert (await standing(database)).attention.timezone == "UTC"
    await chat.change_workspace(CALLER, timezone="Asia/Tokyo")


async def test_gate_mention_and_urgency_are_the_files(database: Database, clock: Clock) -> None:
    urgent = TopicEntry(name="Miami", query="Miami", urgent=True)
    terms = {"outlets_needed": 3, "mention": "role:7", "updates": Updates.REPLIES}
    channel = CHANNEL.model_copy(update=terms)
    await apply(
        database, clock, FILE.model_copy(update={"topic": (urgent,), "channel": (channel,)})
    )

    async def kept() -> tuple[int, Mention | None, bool, Updates]:
        async with database.read() as connection:
            (one,) = await topics.list_subscriptions(connection, LOCAL_WORKSPACE.id)
            topic = await topics.find_topic(connection, LOCAL_WORKSPACE.id, "Miami")
        assert topic is not None
        return one.gate, one.mention, topic.urgent, one.updates

    assert await kept() == (
        3,
        Mention(kind=MentionKind.ROLE, external_id="7"),
        True,
        Updates.REPLIES,
    )
    chat = AttentionCommands(database=database, now=clock)
    with pytest.raises(CommandError, match="belongs to the configuration file"):
        await chat.edit(CALLER, "Miami", Terms(outlets=1))
    await PauseCommands(database=database, now=clock).topic(CALLER, "Miami", "2h", PauseKind.MUTE)
    await apply(database, clock, FILE)
    assert await kept() == (1, None, False, Updates.SILENT)
