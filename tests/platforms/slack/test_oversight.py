"""`/news settings audit` and `/news settings test`, on the loopback Slack."""

from __future__ import annotations

from datetime import timedelta

from bot.model.channel import PlatformName
from bot.pipeline.deliver import Deliverer
from bot.platforms.slack.adapter import SlackPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.slack.test_commands import news
from tests.servers.slack_client import LoopbackSlack


async def test_who_changed_what_is_shown_in_private(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    assert "Nothing was changed here yet" in await news(slack, "settings audit")
    await news(slack, "watch oil <!channel>")
    exchange = await slack.slash("settings audit")
    [reply] = exchange.replies
    assert not reply.in_channel, "so whoever is named is not told of it"
    assert "The last change, newest first (times in UTC)" in exchange.text
    assert "topic watch\n  “oil @channel”: oil @channel in #news" in exchange.text
    assert reply.drawn.pings == [f"<@{slack.member}>"], "a name to click, nothing that was typed"
    assert await slack.messages(slack.channel) == []
    guest = await slack.add_user("gus", is_restricted=True)
    assert "Only full members" in await news(slack, "settings audit", user=guest)
    assert await slack.violations() == []


async def test_a_test_message_is_posted_or_what_is_missing_named(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, clock: Clock
) -> None:
    deliverer = Deliverer(
        database=database,
        platforms={PlatformName.SLACK: platform},
        now=clock,
        edit_interval=timedelta(0),
    )
    assert "A test message is on its way to #news" in await news(slack, "settings test")
    await deliverer.drain(patience=timedelta(0))
    [message] = await slack.messages(slack.channel)
    assert "This is a test: alerts can be posted here" in message.drawn.text
    assert message.drawn.pings == []
    inner = await slack.add_channel("inner", is_private=True)
    await slack.kick_bot(inner)
    refused = await news(slack, "settings test", channel=inner)
    assert "I cannot see this channel" in refused
    assert "/invite" in refused
    assert await slack.violations() == []


async def test_an_admin_is_handed_all_that_is_kept(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    await news(slack, "watch oil")
    member = await slack.add_user("mia")
    assert "Only admins of this workspace" in await news(slack, "settings export", user=member)
    admin = await slack.add_user("ida", is_admin=True)
    assert "direct messages with me" in await news(slack, "settings export", user=admin)
    [opened] = await slack.requests("conversations.open")
    assert opened.args["users"] == admin
    [done] = await slack.requests("files.completeUploadExternal")
    assert "rows of this workspace" in str(done.args["files"])
    assert "settings export" in (await slack.slash("settings audit", user=admin)).text
    assert await slack.violations() == []
