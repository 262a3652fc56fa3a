"""why: every stage at which an article's way can end is named, and only to its own workspace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.commands.account import Account, Stage, account_reply
from bot.commands.caller import Caller, Destination
from bot.commands.why import WhyCommands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.storage.tables import delivery
from bot.storage.topics import find_topic, mute_topic
from tests.clock import START, Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HERE = Destination(platform=PlatformName.WEBHOOK, external_id="desk", name="desk")
OURS = Caller(workspace=LOCAL_WORKSPACE, here=HERE)
THEIRS = Caller(workspace=workspace("9"), here=HERE)
LINK = "https://outlet.example/story"
FEED = "https://outlet.example/feed"


async def asked(database: Database, clock: Clock, caller: Caller = OURS) -> Account:
    return await WhyCommands(database=database, now=clock).account(
        caller, f"{LINK}?utm_source=rss#top"
    )


async def desk(database: Database, clock: Clock, query: str = "Miami") -> Newsdesk:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch(query, name="Talks")
    return newsdesk


def stages(account: Account) -> list[Stage]:
    return [verdict.stage for verdict in account.verdicts]


def said(account: Account) -> str:
    reply = account_reply(account)
    return "\n".join([reply.title, *(flat(line) for line in reply.lines)])


async def test_sent(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    feed = await newsdesk.follow(FEED, name="Meridian")
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    assert stages(await asked(database, clock)) == [Stage.PENDING]
    await newsdesk.delivered()
    account = await asked(database, clock)
    assert stages(account) == [Stage.SENT]
    assert "Talks in desk: Shown, " in said(account)
    assert "By “Miami”" in said(account)
    at = [span.at for line in account_reply(account).lines for span in line if span.at]
    assert len(at) == 2, "the article's time and the message's, each as an instant"


async def test_given_up(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    feed = await newsdesk.follow(FEED)
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    async with database.write() as connection:
        await connection.execute(
            update(delivery).values(status="abandoned", last_error="the channel is gone")
        )
    account = await asked(database, clock)
    assert stages(account) == [Stage.ABANDONED]
    assert "the channel is gone" in said(account)


async def test_the_part_of_the_query_that_did_not_match(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock, "Miami Witkoff -rain")
    feed = await newsdesk.follow(FEED)
    await newsdesk.listed(feed, article("Miami talks in the rain", url=LINK, at=START))
    account = await asked(database, clock)
    assert stages(account) == [Stage.QUERY]
    assert tuple(map(flat, account.verdicts[0].told)) == (
        "“Witkoff” is not in its title or summary.",
        "It has “rain”, which the query leaves out.",
    )


async def test_muted(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    feed = await newsdesk.follow(FEED)
    async with database.write() as connection:
        found = await find_topic(connection, LOCAL_WORKSPACE.id, "Talks")
        assert found is not None
        revision = await next_revision(connection)
        until = START + timedelta(hours=1)
        await mute_topic(connection, found.id, until=until, revision=revision)
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    account = await asked(database, clock)
    assert stages(account) == [Stage.SUPPRESSED]
    assert "muted" in said(account)


async def test_the_first_poll_of_a_feed(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    feed = await newsdesk.follow(FEED, polled=False)
    old = START - timedelta(days=3)
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=old))
    account = await asked(database, clock)
    assert stages(account) == [Stage.SUPPRESSED]
    assert "when the feed was first read" in said(account)


async def test_a_story_that_had_its_alert(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    first = await newsdesk.follow("https://a.example/feed", name="Harbour")
    second = await newsdesk.follow(FEED, name="Meridian")
    await newsdesk.listed(first, article("Envoys meet again in Miami", at=START))
    await newsdesk.listed(second, article("Envoys meet again in Miami", url=LINK, at=START))
    await newsdesk.delivered()
    assert "It joined the alert of its story" in said(await asked(database, clock))


async def test_an_article_that_came_before_the_topic(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow(FEED)
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    assert "No topic is watched here yet" in said(await asked(database, clock))
    await newsdesk.watch("Miami")
    assert stages(await asked(database, clock)) == [Stage.BEFORE]


async def test_a_topic_that_no_channel_watches(database: Database, clock: Clock) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow(FEED)
    await newsdesk.watch("Miami")
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE subscription SET removed = TRUE")
    await newsdesk.listed(feed, article("Rain in Oslo", url=LINK, at=START))
    assert stages(await asked(database, clock)) == [Stage.QUERY]
    await newsdesk.topics.edit(OURS, "Miami", "Oslo")
    assert stages(await asked(database, clock)) == [Stage.UNSUBSCRIBED]


async def test_what_no_followed_feed_has_listed(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    assert "feed add URL" in said(await asked(database, clock))
    feed = await newsdesk.follow(FEED, name="Meridian")
    assert "Meridian is followed" in said(await asked(database, clock))
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    # A stranger learns nothing, not even that somebody else follows the feed.
    assert (await asked(database, clock, THEIRS)).articles == ()


async def test_by_number_and_what_is_neither(database: Database, clock: Clock) -> None:
    newsdesk = await desk(database, clock)
    feed = await newsdesk.follow(FEED)
    await newsdesk.listed(feed, article("Talks in Miami", url=LINK, at=START))
    commands = WhyCommands(database=database, now=clock)
    assert (await commands.account(OURS, "#1")).articles[0].url == LINK
    assert (await commands.account(OURS, "99")).articles == ()
    with pytest.raises(CommandError, match="neither a link"):
        await commands.account(OURS, "the one about Miami")
