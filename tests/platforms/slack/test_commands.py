"""`/news …` typed by people into the loopback Slack, with the real use cases behind it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.caller import Destination, Reply
from bot.commands.topics import TopicCommands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.client import Identity
from bot.platforms.slack.members import is_full_member
from bot.storage import channels, topics
from bot.storage.database import Database
from tests.platforms.slack.conftest import Connect
from tests.servers.feeds import Page, feed_server
from tests.servers.slack.records import Exchange
from tests.servers.slack_client import LoopbackSlack

RSS = b"""<rss version="2.0"><channel><title>Meridian Wire</title>
<item><title>Talks resume in Miami</title><link>https://m.example/1</link></item>
</channel></rss>"""


async def news(slack: LoopbackSlack, text: str, *, user: str = "", channel: str = "") -> str:
    """What the person reads, and what must hold of every answer."""
    exchange = await slack.slash(text, user=user, channel=channel)
    assert_private(exchange)
    return exchange.text


def assert_private(exchange: Exchange) -> None:
    assert exchange.acked
    assert exchange.ack_seconds is not None
    assert exchange.ack_seconds < 3
    (reply,) = exchange.replies
    assert reply.kind == "response_url"
    assert not reply.in_channel
    assert reply.drawn.pings == []


async def watched(database: Database, slack: LoopbackSlack) -> dict[str, list[str]]:
    """Topic -> the channels that watch it, as stored for this team."""
    workspace = WorkspaceId(f"slack:{slack.team.id}")
    async with database.read() as connection:
        names = {one.id: one.name for one in await topics.list_topics(connection, workspace)}
        subscriptions = await topics.list_subscriptions(connection, workspace)
        where = await channels.channels_by_id(connection, [one.channel for one in subscriptions])
    found: dict[str, list[str]] = {name: [] for name in names.values()}
    for one in subscriptions:
        if one.topic is not None:
            channel = where[one.channel]
            assert channel.platform is PlatformName.SLACK
            found[names[one.topic]].append(channel.external_id)
    return found


async def test_a_topic_from_first_to_last(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    assert "Watch one" in await news(slack, "list")
    told = await news(slack, "watch “Miami talks”")
    assert "Watching “Miami talks” in #news" in told
    assert "No feed is followed yet" in told
    assert await watched(database, slack) == {"Miami talks": [slack.channel]}
    told = await news(slack, "list")
    assert "1 topic" in told
    assert '"Miami talks"' in told
    assert "in #news" in told
    assert "Would have fired on 0 stories in 3 days" in await news(slack, "test Miami days 3")
    assert "\n/news topic list\n says where it is" in await news(
        slack, "unwatch Miami talks", channel=await slack.add_channel("other")
    )
    assert "No longer watching “Miami talks”" in await news(slack, "unwatch “Miami talks”")
    assert await watched(database, slack) == {}
    assert await slack.messages() == [], "nobody else sees any of it"
    assert await slack.violations() == []


async def test_a_topic_moves_to_another_channel(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    desk = await slack.add_channel("desk")
    await slack.add_channel("closed", is_private=True, with_bot=False)
    await news(slack, "watch NATO")
    assert "Where to?" in await news(slack, "move NATO")
    assert "I cannot see #closed" in await news(slack, "move NATO to #closed")
    assert "“NATO” moved to #desk" in await news(slack, "move NATO to #desk")
    assert await watched(database, slack) == {"NATO": [desk]}
    assert "“NATO” moved to #news" in await news(slack, "move NATO in #desk to #news")
    assert await watched(database, slack) == {"NATO": [slack.channel]}
    assert await slack.violations() == []


async def test_a_template_is_shown_when_it_is_set(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    told = await news(slack, "watch NATO template compact")
    assert "Shown compact" in told
    assert "A made-up story would look like this:" in told
    assert "Envoys to meet in Miami" in told
    told = await news(slack, r"edit NATO template “*{headline}*\n{outlet} &amp; {count}”")
    assert "Shown in your own layout" in told
    assert "Meridian Wire & 3 outlets" in told
    told = await news(slack, 'edit NATO template "{headlin}"')
    assert "Did you mean {headline}?" in told
    shown = await slack.slash("settings")
    assert "in its own layout" in str(shown.views())
    assert await slack.violations() == []


@pytest.mark.parametrize("form", ["#world", "<#{id}|world>", "<#{id}>"])
async def test_another_channel_is_named(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database, form: str
) -> None:
    world = await slack.add_channel("world")
    told = await news(slack, "topic watch NATO in " + form.format(id=world))
    assert "Watching “NATO” in #world" in told
    assert await watched(database, slack) == {"NATO": [world]}
    assert "No longer" in await news(slack, "unwatch NATO in " + form.format(id=world))


async def test_a_bad_query_shows_its_place(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    exchange = await slack.slash('watch Miami "talks')
    assert_private(exchange)
    box = exchange.replies[0].blocks[1]["elements"][0]
    assert box["type"] == "rich_text_preformatted"
    assert box["elements"][0]["text"] == 'Miami "talks\n      ^'
    assert "Put one more" in exchange.text


async def test_help_and_slips(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    assert "/news topic watch QUERY" in await news(slack, "")
    assert "\n/news watch NATO\n" in await news(slack, "wacth NATO")
    assert "“watch” needs a query" in await news(slack, "watch in #news")
    slack.command = "/wire"  # a workspace may name it otherwise
    assert "/wire feed add URL" in await news(slack, "help")
    assert "/wire feed add URL" in await news(slack, "watch NATO"), "no feed is followed yet"


async def test_a_channel_without_the_bot(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    outside = await slack.add_channel("elsewhere", with_bot=False)
    hidden = await slack.add_channel("secret", is_private=True, with_bot=False)
    assert "Watching “NATO” in #elsewhere" in await news(slack, "watch NATO", channel=outside)
    assert len(await slack.requests("conversations.join")) == 1
    told = await news(slack, "watch NATO", channel=hidden)
    assert "I cannot see this channel." in told
    assert "/invite @wirewatch in this channel" in told
    told = await news(slack, "watch NATO in #secret")
    assert "I cannot see #secret." in told
    assert "I cannot see #nowhere." in await news(slack, "watch NATO in #nowhere")
    await slack.archive(outside)
    assert "#elsewhere is archived" in await news(slack, f"watch NATO in <#{outside}|elsewhere>")
    assert await watched(database, slack) == {"NATO": [outside]}


async def test_a_public_channel_that_may_not_be_joined(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    outside = await slack.add_channel("elsewhere", with_bot=False)
    await slack.remove_scope("channels:join")
    told = await news(slack, "watch NATO", channel=outside)
    assert "I am not in #elsewhere." in told
    assert "/invite @wirewatch in #elsewhere" in told


async def test_a_private_channel_is_its_members_matter(
    slack: LoopbackSlack, platform: SlackPlatform, database: Database
) -> None:
    secret = await slack.add_channel("secret", is_private=True)
    assert "Watching “NATO”" in await news(slack, "watch NATO", channel=secret)
    await slack.ask("member", channel=secret, user=slack.member, inside=False)
    for text in ("watch Miami in #secret", "unwatch NATO in #secret"):
        assert "You are not a member of #secret." in await news(slack, text)
    assert "Watching" in await news(slack, "watch Miami in #secret", user=slack.admin)
    assert await watched(database, slack) == {"Miami": [secret], "NATO": [secret]}


async def test_what_the_app_may_not_ask(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await slack.remove_scope("channels:read", "groups:read", "im:read")
    told = await news(slack, "watch NATO")
    assert "The Slack app lacks the scope channels:read" in told
    assert "install the app again" in told
    assert "lacks the scope channels:read" in await news(slack, "watch NATO in #news")
    await slack.remove_scope("users:read")
    assert "The Slack app lacks the scope users:read." in await news(slack, "list")


async def test_direct_messages_are_no_channel(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    opened = await client.conversations_open(users=slack.member)
    direct = opened["channel"]["id"]
    told = await news(slack, "watch NATO", channel=direct)
    assert "Alerts go to channels" in told
    assert "Watching “NATO” in #news" in await news(slack, "watch NATO in #news", channel=direct)
    assert "1 topic" in await news(slack, "list", channel=direct)


async def test_feeds(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    async with feed_server() as server:
        server.put("/rss", Page(body=RSS))
        url = server.url("/rss")
        told = await news(slack, f"feed add <{url}|{url.removeprefix('http://')}>")
        assert "Following “Meridian Wire”" in told
        assert "Talks resume in Miami" in told
        assert "is followed already" in await news(slack, f"feed add {url}")
        assert "cannot be read" in await news(slack, f"feed add {server.url('/none')}")
        told = await news(slack, "feed list")
        assert "Meridian Wire" in told
        assert "/rss" not in told
        assert "There is no feed “Reuters”." in await news(slack, "feed remove Reuters")
        assert "No longer following" in await news(slack, "feed remove “meridian wire”")
    assert "http" in await news(slack, "feed add javascript:alert(1)")


async def test_guests_are_refused() -> None:
    told: dict[str, Any] = {"id": "U1", "is_bot": False, "deleted": False}
    assert is_full_member(told, team="T1")
    assert is_full_member({**told, "team_id": "T1"}, team="T1")
    assert is_full_member(
        {**told, "team_id": "T2", "enterprise_user": {"teams": ["T2", "T1"]}}, team="T1"
    )
    for elsewhere in ({}, {"enterprise_user": {"teams": ["T2"]}}, {"enterprise_user": None}):
        assert not is_full_member({**told, "team_id": "T2", **elsewhere}, team="T1")
    for flag in ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted"):
        assert not is_full_member({**told, flag: True}, team="T1")

    async def users_info(*, user: str) -> dict[str, Any]:
        return {"user": {"id": user, "is_restricted": True}}

    identity = Identity(
        team_id="T1", team="Newsroom", bot_user="U0", bot_id="B0", name="wirewatch", scopes=None
    )
    client = cast(AsyncWebClient, SimpleNamespace(users_info=users_info))
    callers = Callers(client, identity)
    here = Destination(platform=PlatformName.SLACK, external_id="C1")
    for asked in (
        callers.member("U1", here),
        callers.manager("U1", here, None),
        callers.poster("U1", here, None),
    ):
        with pytest.raises(CommandError, match="Only full members"):
            await asked


async def test_a_bug_is_apologised_for(
    slack: LoopbackSlack, platform: SlackPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> Reply:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(TopicCommands, "list_all", broken)
    told = await news(slack, "list")
    assert "our fault" in told
    assert "secret detail" not in told
    assert "No topics" not in told


async def test_an_answer_that_slack_refuses_is_told_in_short(
    slack: LoopbackSlack, platform: SlackPlatform
) -> None:
    await slack.fault("response_url", answer="html", status=400)
    exchange = await slack.slash("list")
    assert_private(exchange)
    assert exchange.replies[0].content == {"text": "No topics yet"}
    await slack.fault("response_url", answer="html", status=404)
    assert (await slack.slash("list", replies=0)).acked


async def test_a_slow_command_is_acked_first_and_finished_before_the_end(
    slack: LoopbackSlack,
    connect: Connect,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = TopicCommands.watch

    async def slow(*args: Any, **kwargs: Any) -> Reply:
        await asyncio.sleep(0.3)
        return await whole(*args, **kwargs)

    monkeypatch.setattr(TopicCommands, "watch", slow)
    platform = connect()
    await platform.start()
    begun = await slack.slash("watch NATO", replies=0)
    assert begun.acked
    assert begun.replies == []
    await platform.stop()
    assert await watched(database, slack) == {"NATO": [slack.channel]}
    assert "Watching “NATO”" in (await slack.exchange(begun)).text


async def test_the_link_is_made_again(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await slack.refresh()
    await slack.connected()
    assert "No topics yet" in await news(slack, "list")
    await slack.drop_links()
    await slack.connected()
    assert "No topics yet" in await news(slack, "list")
    assert (await slack.connections())[1] == 3
    assert (await platform.health()).ok
