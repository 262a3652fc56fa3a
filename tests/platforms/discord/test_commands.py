"""What people type and press in the loopback Discord, on the real use cases and SQLite."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.commands.desk import Commands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import FeedId, WorkspaceId
from bot.pipeline.deliver import Deliverer
from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage import channels, topics
from bot.storage.database import Database
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.platforms.discord.conftest import Connect
from tests.platforms.samples import alert
from tests.platforms.samples import channel as sample_channel
from tests.servers.discord_client import Exchange, LoopbackDiscord

MANAGE = ["MANAGE_CHANNELS"]


@pytest.fixture
async def editor(server: LoopbackDiscord) -> str:
    """Somebody who may manage the server's channels, by a role."""
    role = await server.add_role("editors", permissions=MANAGE)
    return await server.add_member("eve", roles=[role])


Type = Callable[..., Awaitable[Exchange]]


@pytest.fixture
def typed(server: LoopbackDiscord, platform: DiscordPlatform, editor: str) -> Type:
    """The editor types a command, and waits until the answer is complete."""

    async def type_(command: str, *, channel: str = "", **options: object) -> Exchange:
        where = channel or server.channel
        there = await server.interact(command, dict(options), user=editor, channel=where)
        assert there.acked
        assert not there.pending
        assert there.private
        assert there.latency is not None
        assert there.latency < 3
        return there

    return type_


@dataclass(slots=True, kw_only=True)
class Wire:
    """The pipeline from ingest on, delivering to the loopback Discord."""

    newsdesk: Newsdesk
    feeds: list[FeedId]
    clock: Clock
    deliverer: Deliverer

    async def reports(self, outlet: int, title: str, summary: str = "") -> None:
        await self.newsdesk.listed(
            self.feeds[outlet], article(title, summary=summary, at=self.clock())
        )
        await self.deliverer.drain(patience=timedelta(0))


async def open_wire(
    database: Database, clock: Clock, server: LoopbackDiscord, platform: DiscordPlatform
) -> Wire:
    guild = Workspace(
        id=WorkspaceId(f"discord:{server.guild}"),
        platform=PlatformName.DISCORD,
        external_id=server.guild,
        name="Newsroom",
    )
    newsdesk = await Newsdesk.open(database, clock)
    feeds = [
        await newsdesk.follow(f"https://outlet-{n}.example/feed", name=f"Outlet {n}", by=guild)
        for n in range(3)
    ]
    return Wire(
        newsdesk=newsdesk,
        feeds=feeds,
        clock=clock,
        deliverer=Deliverer(
            database=database,
            platforms={PlatformName.DISCORD: platform},
            now=clock,
            edit_interval=timedelta(0),
        ),
    )


@pytest.fixture
async def wire(
    database: Database, clock: Clock, server: LoopbackDiscord, platform: DiscordPlatform
) -> Wire:
    return await open_wire(database, clock, server, platform)


async def test_a_typed_topic_brings_the_next_matching_article(
    server: LoopbackDiscord, typed: Type, wire: Wire
) -> None:
    there = await typed("topic watch", query="Witkoff Miami", name="Miami talks")
    assert "### Watching “Miami talks” in #news" in there.text
    assert "Reads as `" in there.text
    await wire.reports(0, "Something else entirely")
    assert await server.ledger() == []
    await wire.reports(0, "Witkoff to meet Umerov in Miami", "The envoy flew to Miami.")
    [message] = await server.ledger()
    assert "### [Witkoff to meet Umerov in Miami](" in message.text
    assert "Matched **Miami talks**" in message.text


async def test_a_later_report_edits_the_same_message_even_after_a_restart(
    server: LoopbackDiscord,
    typed: Type,
    wire: Wire,
    platform: DiscordPlatform,
    connect: Connect,
    database: Database,
    editor: str,
) -> None:
    await typed("topic watch", query="Witkoff Miami")
    await wire.reports(0, "Witkoff to meet Umerov in Miami for talks")
    await platform.stop()

    again = connect()
    await again.start()
    wire.deliverer = Deliverer(
        database=database,
        platforms={PlatformName.DISCORD: again},
        now=wire.clock,
        edit_interval=timedelta(0),
    )
    await wire.reports(1, "Witkoff to meet Umerov in Miami for talks")
    [message] = await server.ledger()
    assert "2 outlets" in message.text
    assert await server.command_writes() == 1

    [why] = [one for one in message.custom_ids if one.startswith("ww:why:")]
    asked = await server.press(message.id, why, user=server.member)
    assert asked.private
    assert "### Why this alert" in asked.text
    assert "“Witkoff”" in asked.text


async def test_mute_needs_manage_channels_and_mutes_the_topic(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str, database: Database
) -> None:
    await typed("topic watch", query="Witkoff", name="Envoy")
    await wire.reports(0, "Witkoff lands in Miami")
    [message] = await server.ledger()
    [mute] = [one for one in message.custom_ids if one.startswith("ww:mute:")]

    refused = await server.press(message.id, mute, user=server.member)
    assert refused.private
    assert "You need Manage Channels in #news" in refused.text
    muted = await server.press(message.id, mute, user=editor)
    assert "Muted “Envoy” until Tue 3 Mar 12:00 UTC" in muted.text
    async with database.read() as connection:
        topic = await topics.find_topic(connection, WorkspaceId(f"discord:{server.guild}"), "Envoy")
    assert topic is not None
    assert topic.muted_until is not None
    await wire.deliverer.drain(patience=timedelta(0))
    [card] = await server.ledger()
    assert "-# Muted until <t:" in card.text, "everybody sees why it is quiet"
    await typed("topic mute", name="Envoy", until="off")
    await wire.deliverer.drain(patience=timedelta(0))
    [card] = await server.ledger()
    assert "Muted" not in card.text


async def test_another_query_aliases_and_why(
    server: LoopbackDiscord, typed: Type, wire: Wire
) -> None:
    await typed("topic watch", query="Miami", name="Talks")
    there = await typed("topic edit", name="Talks", query="Acme")
    assert "“Talks” looks for something else now" in there.text
    assert (
        "also finds 1 other name"
        in (await typed("settings aliases add", names="Acme, Coyote Supplies")).text
    )
    await wire.reports(0, "Coyote Supplies opens a shop")
    [message] = await server.ledger()
    why = await typed("topic why", article="1")
    assert "Why this was alerted" in why.text
    assert "“Coyote Supplies” (alias)" in why.text
    assert "Coyote" in (await typed("settings aliases list")).text
    assert "Forgot Acme" in (await typed("settings aliases remove", name="acme")).text
    assert message.text


async def test_less_like_this_changes_the_topic_with_one_more_press(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str
) -> None:
    await typed("topic watch", query="Miami")
    await wire.reports(0, "Envoys meet in Miami for talks")
    await wire.reports(0, "Miami Heat win game seven")
    message = (await server.ledger())[-1]
    [less] = [one for one in message.custom_ids if one.startswith("ww:less:")]
    assert "You need Manage Channels" in (await server.press(message.id, less)).text
    there = await server.press(message.id, less, user=editor, seconds=10)
    assert there.private
    assert "`Miami -Heat`" in there.text
    [offer] = [one for one in await server.all_messages() if "ww:apply:" in str(one.custom_ids)]
    [apply] = [one for one in offer.custom_ids if one.startswith("ww:apply:")]
    changed = await server.press(offer.id, apply, user=editor)
    assert "“Miami” was changed" in changed.text
    assert "`Miami -Heat`" in (await typed("topic list")).text


async def test_the_timeline_by_button_and_by_words(
    server: LoopbackDiscord, typed: Type, wire: Wire, database: Database
) -> None:
    assert "Nothing was told here yet" in (await typed("latest")).text
    assert "No story has been told here yet" in (await typed("story")).text
    await typed("topic watch", query="Miami")
    await wire.reports(0, "Envoys of @everyone meet in [Miami](https://evil.example)")
    [message] = await server.ledger()
    [button] = [one for one in message.custom_ids if one.startswith("ww:timeline:")]
    pressed = await server.press(message.id, button, user=server.member)
    assert pressed.private
    assert "Story 1: 1 report, 1 independent outlet" in pressed.text
    assert "first report" in pressed.text
    for asked in ("", "1", "envoys miami"):
        assert (await typed("story", **({"story": asked} if asked else {}))).text == pressed.text
    assert "has “Kyiv”" in (await typed("story", story="Kyiv")).text
    assert (
        "No feed that is followed here has listed"
        in (await typed("story", story="https://elsewhere.example/1")).text
    )
    latest = await typed("latest")
    assert "The latest in #news" in latest.text
    assert "story 1" in latest.text
    assert (await typed("latest", topic="Miami")).text.startswith("### The latest of “Miami”")
    assert "There is no topic “Oslo”" in (await typed("latest", topic="Oslo")).text


async def test_following_in_person(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str
) -> None:
    assert "You follow nothing here yet" in (await typed("follow")).text
    assert "You follow “Witkoff -golf”" in (await typed("follow", query="Witkoff -golf")).text
    await wire.reports(0, "Witkoff lands in Miami")
    assert await server.ledger() == [], "nothing in the channel"
    [message] = [one for one in await server.all_messages() if "Witkoff lands" in one.text]
    for verb in ("why", "timeline", "mute"):
        [button] = [one for one in message.custom_ids if one.startswith(f"ww:{verb}:")]
        assert "Witkoff" in (await server.press(message.id, button, user=editor)).text
    offered = await server.autocomplete("unfollow", "name", {"name": "wit"})
    assert offered.choices == []  # the loopback's own member follows nothing
    assert "You no longer follow" in (await typed("unfollow", name="everything")).text


async def test_feeds_come_and_go_as_a_file(server: LoopbackDiscord, typed: Type) -> None:
    opml = b"<opml><body><outline text='A' xmlUrl='https://a.example/feed'/></body></opml>"
    file = {"filename": "mine.opml", "content": base64.b64encode(opml).decode()}
    assert "There is no file" in (await typed("feed import")).text
    assert "Following 1 more feed" in (await typed("feed import", file=file)).text
    wrong = {"filename": "cat.png", "content": base64.b64encode(b"PNG").decode()}
    assert "OPML" in (await typed("feed import", file=wrong)).text
    assert "1 feed as OPML" in (await typed("feed export")).text
    [told] = [one for one in await server.all_messages() if "1 feed as OPML" in one.text]
    [given] = told.shown["attachments"]
    assert given["filename"] == "feeds.opml"
    assert given["size"] > 100


async def test_stories_are_offered_while_typing(
    server: LoopbackDiscord, typed: Type, wire: Wire
) -> None:
    await typed("topic watch", query="Miami")
    await wire.reports(0, "Envoys meet in Miami for talks")
    offered = await server.autocomplete("story", "story", {"story": "meet"})
    assert offered.choices == [{"name": "Envoys meet in Miami for talks", "value": "1"}]


async def test_a_button_of_a_forgotten_alert_says_so(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    where = sample_channel(PlatformName.DISCORD, server.channel)
    await platform.send(where, platform.render(alert(), key="k" * 20), key="k" * 20)
    [message] = await server.ledger()
    asked = await server.press(message.id, message.custom_ids[0], user=server.member)
    assert "This alert is not known here any more." in asked.text


async def test_another_channel_can_be_named(
    server: LoopbackDiscord, platform: DiscordPlatform, editor: str, database: Database
) -> None:
    other = await server.add_channel("markets")
    await asyncio.sleep(0.05)
    there = await server.interact(
        "topic watch", {"query": "oil", "name": "Oil", "channel": other}, user=editor
    )
    assert "Watching “Oil” in #markets" in there.text
    async with database.read() as connection:
        found = await channels.find_channel(connection, PlatformName.DISCORD, other)
    assert found is not None
    assert found.workspace == f"discord:{server.guild}"


async def test_a_topic_moves_to_another_channel(
    server: LoopbackDiscord, typed: Type, wire: Wire
) -> None:
    desk = await server.add_channel("desk")
    await typed("topic watch", query="Miami")
    await wire.reports(0, "Envoys arrive in Miami")
    there = await typed("topic move", name="Miami", to=desk)
    assert "“Miami” moved to #desk" in there.text
    await wire.reports(1, "Envoys arrive in Miami")
    await wire.reports(1, "Storm nears Miami coast")
    assert [len(await server.ledger(place)) for place in (server.channel, desk)] == [1, 1]


async def test_a_template_is_shown_when_it_is_set_and_used_from_then_on(
    server: LoopbackDiscord, typed: Type, wire: Wire
) -> None:
    there = await typed("topic watch", query="Miami", template="compact")
    assert "A made-up story would look like this:" in there.text
    await wire.reports(0, "Envoys arrive in Miami", "They come by train. It is late.")
    [message] = await server.ledger()
    assert "They come by train" not in message.text
    there = await typed("topic edit", name="Miami", template=r"*{headline}*\n{summary:20} {time}")
    assert "The last story that was told here would look like this:" in there.text
    assert "They come by train." in there.text
    await wire.reports(1, "Envoys arrive in Miami", "They come by train. It is late.")
    [message] = await server.ledger()
    assert "They come by train.… <t:" in message.text
    there = await typed("topic edit", name="Miami", template="{outlet}")
    assert "{headline} is missing" in there.text


async def test_the_asker_must_manage_the_target_channel(
    server: LoopbackDiscord, typed: Type, editor: str
) -> None:
    board = await server.add_channel("board")
    await server.overwrite(board, editor, deny=MANAGE)
    await asyncio.sleep(0.05)
    refused = await server.interact("topic watch", {"query": "oil", "channel": board}, user=editor)
    assert "You need Manage Channels in #board for that." in refused.text
    assert "No topics yet" in (await typed("topic list")).text


async def test_the_bot_must_be_able_to_post_there(
    server: LoopbackDiscord, typed: Type, editor: str
) -> None:
    await server.overwrite(server.channel, deny=["SEND_MESSAGES"])
    refused = await typed("topic watch", query="oil")
    assert "I cannot post in #news." in refused.text
    assert "Give the bot Send Messages in #news (Edit Channel → Permissions)" in refused.text
    hidden = await server.add_channel("hidden")
    await server.overwrite(hidden, deny=["VIEW_CHANNEL", "SEND_MESSAGES"])
    await asyncio.sleep(0.05)
    refused = await server.interact("topic watch", {"query": "oil", "channel": hidden}, user=editor)
    assert "I cannot post in #hidden." in refused.text
    assert "View Channel and Send Messages" in refused.text


async def test_a_missing_history_is_advised_not_required(
    server: LoopbackDiscord, typed: Type
) -> None:
    await server.overwrite(server.channel, deny=["READ_MESSAGE_HISTORY"])
    there = await typed("topic watch", query="oil")
    assert "Watching “oil”" in there.text
    assert "Note: give the bot Read Message History in #news" in there.text


async def test_a_thread_can_be_watched_from_inside(server: LoopbackDiscord, typed: Type) -> None:
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    assert "in #talks" in (await typed("topic watch", query="oil", channel=thread)).text


async def test_a_bad_query_shows_where(typed: Type) -> None:
    refused = await typed("topic watch", query="Witkoff OR )")
    query, caret = refused.text.split("```")[1].strip("\n").split("\n")
    assert query == "Witkoff OR )"
    assert caret.strip() == "^"
    assert query[caret.index("^")] == ")"


async def test_listing_testing_and_unwatching(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str
) -> None:
    await typed("topic watch", query="Witkoff", name="Envoy")
    await wire.reports(0, "Witkoff lands in Miami")
    assert "**Envoy** `Witkoff` in #news" in (await typed("topic list")).text
    tested = await typed("topic test", query="Miami", days=3)
    assert "### Would have fired on 1 story in 3 days" in tested.text
    offered = await server.autocomplete("topic unwatch", "name", {"name": "env"}, user=editor)
    assert offered.choices == [{"name": "Envoy", "value": "Envoy"}]
    assert "There is no topic “Nothing”" in (await typed("topic unwatch", name="Nothing")).text
    assert "No longer watching “Envoy”" in (await typed("topic unwatch", name="envoy")).text
    assert "No topics yet" in (await typed("topic list")).text


async def test_feeds_are_listed_and_removed_and_bad_addresses_refused(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str
) -> None:
    assert "**Outlet 1** https\\://outlet-1.example" in (await typed("feed list")).text
    offered = await server.autocomplete("feed remove", "name", {"name": "2"}, user=editor)
    assert offered.choices == [{"name": "Outlet 2", "value": "Outlet 2"}]
    assert "No longer following “Outlet 2”" in (await typed("feed remove", name="Outlet 2")).text
    for url in ("http://127.0.0.1/feed", "ftp://x.example/feed", "not an address"):
        refused = await typed("feed add", url=url)
        assert refused.text.startswith("**")
    assert "### 2 feeds" in (await typed("feed list")).text


async def test_a_workspace_sees_only_its_own(
    server: LoopbackDiscord, typed: Type, wire: Wire, editor: str
) -> None:
    await typed("topic watch", query="Witkoff", name="Envoy")
    guild = await server.add_guild("Rivals")
    await asyncio.sleep(0.05)
    await server.add_member("eve", guild=guild, user=editor, permissions=MANAGE)
    [rivals] = [one for one in await server.guilds() if one.id == guild]
    there = rivals.channels["general"]
    assert "No topics yet" in (await typed("topic list", channel=there)).text
    offered = await server.autocomplete(
        "topic unwatch", "name", {"name": ""}, user=editor, channel=there
    )
    assert offered.choices == []
    assert "There is no topic" in (await typed("topic unwatch", name="Envoy", channel=there)).text


async def test_everybody_may_ask_for_help_even_in_a_direct_message(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    asked = await server.interact("help")
    assert "`/topic watch QUERY`" in asked.text
    alone = await server.open_dm(server.member)
    asked = await server.interact("help", channel=alone)
    assert "servers, not in direct messages" in asked.text
    assert "`/topic watch QUERY`" in asked.text


async def test_a_defect_is_apologised_for(
    typed: Type, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(commands.topics), "list_all", broken)
    assert "That went wrong on my side." in (await typed("topic list")).text


async def test_a_command_of_an_older_version_is_explained(
    server: LoopbackDiscord, platform: DiscordPlatform, editor: str
) -> None:
    old = {"name": "headlines", "description": "As it was", "type": 1}
    route = f"/applications/{server.application}/commands"
    await server.call("PUT", route, [old], token=server.token)
    asked = await server.interact("headlines", user=editor)
    assert asked.private
    assert "an older form of this command" in asked.text


async def test_a_slow_answer_comes_all_the_same(
    server: LoopbackDiscord, platform: DiscordPlatform, editor: str
) -> None:
    edits = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
    await server.fault("PATCH", edits, delay=0.3)
    there = await server.interact("topic list", user=editor, seconds=2)
    assert there.latency is not None
    assert there.latency < 0.3
    assert "No topics yet" in there.text
