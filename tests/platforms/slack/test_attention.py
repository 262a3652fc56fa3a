"""Wishes, terms, pauses and digests, typed into the loopback Slack."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.model.attention import Attention, Rhythm
from bot.model.channel import Channel, PlatformName
from bot.model.ids import WorkspaceId
from bot.model.mention import Mention, MentionKind
from bot.model.topic import Subscription
from bot.platforms.slack.adapter import SlackPlatform
from bot.storage import channels, topics
from bot.storage.database import Database
from tests.platforms.slack.test_commands import news
from tests.servers.slack_client import LoopbackSlack


async def stored(database: Database, external_id: str) -> Channel:
    async with database.read() as connection:
        found = await channels.find_channel(connection, PlatformName.SLACK, external_id)
    assert found is not None
    return found


async def subscription(database: Database, slack: LoopbackSlack) -> Subscription:
    """The only one of this team."""
    async with database.read() as connection:
        (one,) = await topics.list_subscriptions(connection, WorkspaceId(f"slack:{slack.team.id}"))
    return one


async def test_settings_are_shown_and_changed(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    shown = str((await slack.slash("settings")).views())
    assert "How #news hears of the news" in shown
    assert "Immediate, at most 10 cards an hour, no quiet hours (UTC)" in shown
    told = await news(
        slack, "settings daily 8:30, quiet 22:00-07:00 alerts 5 an hour time zone Europe/Kyiv"
    )
    assert "Daily 08:30, quiet 22:00-07:00 (Europe/Kyiv)" in told
    attention = (await stored(database, slack.channel)).attention
    assert (attention.rhythm, attention.budget) == (Rhythm.DAILY, 5)
    world = await slack.add_channel("world")
    assert "Settings of #world" in await news(slack, "settings hourly in #world")
    assert (await stored(database, world)).attention == Attention(rhythm=Rhythm.HOURLY)
    assert "Quiet hours" in await news(slack, "settings quiet 8:00-8:00")
    told = await news(slack, "settings loudness 11")
    assert "“loudness 11” is no setting" in told
    assert "/news settings daily 8:30" in told
    assert "“timezone” needs a value" in await news(slack, "settings timezone")


async def test_the_workspaces_settings(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    operations = await slack.add_channel("ops")
    told = await news(slack, "settings workspace timezone Europe/Kyiv notices #ops")
    assert "time zone Europe/Kyiv; notices go to #ops" in told
    async with database.read() as connection:
        workspace = await channels.get_workspace(connection, WorkspaceId(f"slack:{slack.team.id}"))
    assert workspace is not None
    assert (workspace.timezone, workspace.notices_to) == ("Europe/Kyiv", operations)
    assert "whoever put the channel here" in await news(slack, "settings workspace notices off")
    assert "is no channel" in await news(slack, "settings workspace notices to the editors")


async def test_a_direct_message_has_none(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    opened = (await client.conversations_open(users=slack.member))["channel"]["id"]
    for text in ("settings", "digest", "mute here 2h"):
        assert "A direct message has no settings" in await news(slack, text, channel=opened)
    shown = await slack.slash("settings in #news", channel=opened)
    assert "How #news hears" in str(shown.views())


async def test_a_private_channel_is_its_members_matter(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    secret = await slack.add_channel("secret", is_private=True)
    await slack.ask("member", channel=secret, user=slack.member, inside=False)
    for text in ("settings hourly", "settings", "digest", "digest now", "mute here 2h"):
        assert "You are not a member of #secret" in await news(slack, f"{text} in #secret")


async def test_pauses(slack: LoopbackSlack, platform: SlackPlatform, database: Database) -> None:
    await news(slack, "watch Miami as “Miami talks”")
    assert "Muted “Miami talks” until" in await news(slack, "mute Miami talks for 2 hours")
    assert "No longer muted: “Miami talks”" in await news(slack, "mute “miami talks” off")
    assert "Snoozed #news until" in await news(slack, "snooze here until 8:00")
    assert (await stored(database, slack.channel)).snoozed_until is not None
    assert "Snoozed until" in str((await slack.slash("settings")).views())
    assert "No longer snoozed: #news" in await news(slack, "snooze off")
    assert "/news mute here until 8:00" in await news(slack, "mute")
    assert "There is no topic “Kyiv”." in await news(slack, "mute Kyiv")


async def test_the_digest(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await news(slack, "watch Miami")
    await news(slack, "settings daily 8:30")
    assert "The next digest is due at" in await news(slack, "digest")
    assert "Nothing is held for #news" in await news(slack, "digest now")


async def test_a_user_group_is_pinged_if_there_is_one(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    desk, old = await slack.add_group("desk"), await slack.add_group("old", is_disabled=True)
    told = await news(slack, f"watch NATO outlets 3 mention <!subteam^{desk}|@desk>")
    assert "Pings @desk" in told
    assert "once 3 outlets report it" in told
    one = await subscription(database, slack)
    assert one.mention == Mention(kind=MentionKind.GROUP, external_id=desk)
    assert (one.gate, one.mentioned_by) == (3, slack.member)
    told = await news(slack, f"edit NATO mention <!subteam^{old}|@old>")
    assert "There is not a user group @old" in told
    await slack.remove_scope("usergroups:read")
    told = await news(slack, f"edit NATO mention <!subteam^{desk}|@desk>")
    assert "lacks the scope usergroups:read" in told
    assert "install the app again" in told
    assert (await subscription(database, slack)).mention == one.mention, "nothing changed"
    assert "told in its thread" in await news(slack, "edit NATO updates replies")
    assert (await subscription(database, slack)).updates == "replies"
    assert "Pings nobody" in await news(slack, "edit NATO mention off urgent on")
    assert (await subscription(database, slack)).mention is None


@pytest.mark.parametrize("typed", ["<!here>", "<!channel>", "<!everyone>", "@here", "@channel"])
async def test_everybody_at_once_is_never_pinged(
    slack: LoopbackSlack, platform: SlackPlatform, typed: str
) -> None:
    assert "I never ping everybody at once" in await news(slack, f"watch NATO mention {typed}")
    assert "No topics yet" in await news(slack, "list")


async def test_a_person_must_exist_and_read_along(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    await news(slack, "watch NATO")
    assert "Pings @" in await news(slack, f"edit NATO mention <@{slack.admin}|ada>")
    one = await subscription(database, slack)
    assert one.mention == Mention(kind=MentionKind.USER, external_id=slack.admin)
    guest = await slack.add_user("greta", is_restricted=True)
    outside = await slack.add_user("omar")
    secret = await slack.add_channel("secret", is_private=True)
    await slack.ask("member", channel=secret, user=outside, inside=False)
    refused = {
        f"edit NATO mention <@{guest}|greta>": "@greta cannot read #news",
        f"watch Miami mention <@{outside}|omar> in #secret": "@omar cannot read #secret",
        "edit NATO mention <@U99999999>": "There is not a person",
        "edit NATO mention @somebody": "I cannot tell who @somebody is",
        f"edit NATO mention <@{slack.team.bot_user}>": "There is not a person who reads along",
    }
    for typed, told in refused.items():
        assert told in await news(slack, typed)
    assert (await subscription(database, slack)).mention == one.mention
    await slack.ask("member", channel=slack.channel, user=guest, inside=True)
    assert "Pings @greta" in await news(slack, f"edit NATO mention <@{guest}|greta>")


async def test_guests_change_nothing(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    guest = await slack.add_user("greta", is_restricted=True)
    await slack.ask("member", channel=slack.channel, user=guest, inside=True)
    for text in ("settings hourly", "mute here 2h", "digest now", "edit NATO urgent on"):
        assert "Only full members" in await news(slack, text, user=guest)
