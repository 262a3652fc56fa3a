"""Forums: each alert is a post of its own, found again, edited, replied to, given up by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Ambiguous, FailureClass, Permanent
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Absent, Posted
from bot.model.text import plain
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.tags import Tag, applied
from bot.platforms.discord.titles import is_renamed, title_of
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.test_attention import stored
from tests.platforms.discord.test_commands import Type, Wire, editor, typed, wire
from tests.platforms.samples import alert, channel, reply
from tests.servers.discord_client import LoopbackDiscord

__all__ = ["editor", "typed", "wire"]
KEY, OTHER = "0123456789abcdef0123", "ffffffffffffffffffff"
OPEN = "/channels/{channel_id}/threads"
ONE = "/channels/{channel_id}"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"


@pytest.fixture
async def forum(server: LoopbackDiscord, platform: DiscordPlatform) -> Channel:
    """With the tags World and Miami talks, and Rumour for moderators alone."""
    tags = ["World", "Miami talks", "!Rumour"]
    made = await server.add_channel("stories", kind="forum", tags=tags)
    await asyncio.sleep(0.05)
    return channel(PlatformName.DISCORD, made)


async def tell(platform: DiscordPlatform, forum: Channel, *, key: str = KEY) -> str:
    payload = platform.render(alert(), key=key)
    return (await platform.send(forum, payload, key=key)).remote_id


async def threads(server: LoopbackDiscord) -> list[dict[str, str]]:
    """The forum's open posts, as Discord tells of them."""
    path = f"/guilds/{server.guild}/threads/active"
    return list((await server.call("GET", path, token=server.token))["threads"])


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_card_is_a_post_with_its_headline_and_its_topics_tag(
    server: LoopbackDiscord, platform: DiscordPlatform, forum: Channel
) -> None:
    wished = replace(forum, attention=replace(forum.attention, tags="world, Rumour, Gone"))
    remote_id = await tell(platform, wished)
    [thread] = await threads(server)
    assert remote_id == f"{thread['id']}/{thread['id']}"
    assert thread["name"].startswith("Witkoff to meet Umerov in Miami")
    assert len(thread["applied_tags"]) == 2, "World, and the one that is called like the topic"
    [message] = await server.ledger(thread["id"])
    assert "### [Witkoff to meet Umerov in Miami" in message.text
    assert list(message.buttons) == ["Open", "Why?", "Timeline", "Mute", "Less like this"]
    await server.fault("POST", OPEN, answer="status", status=400, code=50035)
    plainer = (await tell(platform, forum, key=OTHER)).partition("/")[0]
    [message] = await server.ledger(plainer)
    assert message.text.startswith("Witkoff to meet Umerov"), "malformed: posted without links"
    assert "Open" not in message.buttons


async def test_edits_replies_and_deletions_find_the_post(
    server: LoopbackDiscord, platform: DiscordPlatform, forum: Channel
) -> None:
    remote_id = await tell(platform, forum)
    [thread] = await threads(server)
    said = platform.render(reply(), key=OTHER)
    answered = await platform.send(forum, said, key=OTHER, thread=remote_id)
    again = await platform.send(forum, said, key=OTHER, thread=remote_id)
    assert again == answered, "what is said in a post takes a nonce"
    assert not platform.is_keyless(forum, remote_id)
    assert platform.is_keyless(forum, None)
    found = await platform.reconcile(forum, key=OTHER, since=now(), thread=remote_id)
    assert found == Posted(remote_id=answered.remote_id)
    await server.change_channel(thread["id"], archived=True)
    await platform.edit(forum, remote_id, platform.render(alert(outlets=6), key=KEY))
    first, second = await server.ledger(thread["id"])
    assert "6 outlets" in first.text
    assert answered.remote_id == f"{thread['id']}/{second.id}"
    await platform.delete(forum, answered.remote_id)
    await platform.delete(forum, remote_id)
    await platform.delete(forum, remote_id)
    assert await server.ledger(thread["id"]) == []


async def test_a_post_whose_answer_was_lost_is_found_again(
    server: LoopbackDiscord, platform: DiscordPlatform, forum: Channel
) -> None:
    began = now()
    await tell(platform, forum, key=OTHER)
    await server.fault("POST", OPEN, answer="drop", commit="yes")
    with pytest.raises(Ambiguous):
        await tell(platform, forum)
    newest = max(int(one["id"]) for one in await threads(server))
    for archived in (False, True):
        await server.change_channel(str(newest), archived=archived)
        found = await platform.reconcile(forum, key=KEY, since=began)
        assert found == Posted(remote_id=f"{newest}/{newest}")
    assert await platform.reconcile(forum, key=KEY[::-1], since=began) == Absent()
    later = began + timedelta(minutes=5)
    assert await platform.reconcile(forum, key=KEY, since=later) == Absent()


async def test_a_post_is_renamed_with_its_headline_and_nothing_waits_for_it(
    server: LoopbackDiscord, platform: DiscordPlatform, forum: Channel
) -> None:
    remote_id = await tell(platform, forum)

    async def retold(headline: str) -> None:
        changed = replace(alert(), headline=plain(headline))
        await platform.edit(forum, remote_id, platform.render(changed, key=KEY))
        await asyncio.sleep(0.05)

    for headline in ("Talks begin", "talks begin!", "Talks end", "Talks resume"):
        await retold(headline)
    asked = [one.status for one in await server.requests("PATCH", ONE)]
    assert asked == [200, 200, 429], "the first, the third and, in vain for now, the fourth"
    [thread] = await threads(server)
    assert thread["name"] == "Talks end"
    [message] = await server.ledger(thread["id"])
    assert "Talks resume" in message.text


async def test_the_end_of_a_post_is_not_the_end_of_the_forum(
    server: LoopbackDiscord, platform: DiscordPlatform, forum: Channel
) -> None:
    said = platform.render(reply(), key=OTHER)
    for end in ("closed", "deleted"):
        remote_id = await tell(platform, forum, key=f"{end:0<20}")
        thread = remote_id.partition("/")[0]
        if end == "deleted":
            await server.delete_channel(thread)
        else:
            await server.change_channel(thread, archived=True, locked=True)
        with pytest.raises(Permanent) as edited:
            await platform.edit(forum, remote_id, platform.render(alert(outlets=6), key=KEY))
        with pytest.raises(Permanent) as answered:
            await platform.send(forum, said, key=OTHER, thread=remote_id)
        for error in (edited.value, answered.value):
            assert error.failure is FailureClass.MESSAGE_GONE
            assert error.reason == f"the post was {end}"


async def test_stories_in_a_forum_from_end_to_end(
    server: LoopbackDiscord, typed: Type, wire: Wire, database: Database, forum: Channel
) -> None:
    there = await typed("topic watch", query="Miami", name="World", channel=forum.external_id)
    assert "Watching “World” in #stories" in there.text
    await server.fault("POST", OPEN, answer="drop", commit="yes")
    await wire.reports(0, "Witkoff to meet Umerov in Miami")
    assert len(await threads(server)) == 1
    wire.clock.forward(seconds=20)
    await wire.reports(1, "Witkoff to meet Umerov in Miami")
    wire.clock.forward(minutes=20)
    await wire.deliverer.drain(patience=timedelta(0))
    [thread] = await threads(server)
    [message] = await server.ledger(thread["id"])
    assert "2 outlets" in message.text
    [why] = [one for one in message.custom_ids if one.startswith("ww:why:")]
    assert "### Why this alert" in (await server.press(message.id, why, user=server.admin)).text
    assert (await stored(database, forum.external_id)).disabled_reason is None


async def test_a_forum_that_asks_for_a_tag_says_so_once(
    server: LoopbackDiscord, typed: Type, wire: Wire, database: Database, clock: Clock
) -> None:
    strict = await server.add_channel("strict", kind="forum", tags=["Other"], require_tag=True)
    await asyncio.sleep(0.05)
    await typed("settings server", notices=server.channel)
    watched = (await typed("topic watch", query="Miami", channel=strict)).text
    assert "Note: #strict asks for a tag on each post: `/settings tags` chooses one." in watched
    await wire.reports(0, "Witkoff to meet Umerov in Miami")
    await wire.reports(0, "Hurricane closes the airport of Miami")
    await wire.deliverer.drain(patience=timedelta(0))
    [notice] = await server.ledger()
    assert "the forum asks for a tag" in notice.text
    assert "settings tags" in notice.text
    assert (
        "Each post in #strict is tagged Other"
        in (await typed("settings tags", names="other", channel=strict)).text
    )
    again = (await typed("topic watch", query="Miami", channel=strict)).text
    assert "asks for a tag" not in again
    await wire.deliverer.drain(patience=timedelta(0))
    assert len(await threads(server)) == 2, "what waited is posted"


def test_tags_by_setting_and_by_topic() -> None:
    there = [Tag(id=n, name=f"T{n}", moderated=n == 2) for n in range(8)]
    assert applied(there, named=["t1", "T2", "nothing"], topics=["T3", "t1"]) == ["1", "3"]
    assert applied(there, named=["T2"], topics=[], manages=True) == ["2"]
    assert applied(there, named=[], topics=[f"T{n}" for n in (7, 6, 5, 4, 3, 1)]) == list("76543")


def test_names_of_posts() -> None:
    long = "A headline " * 20
    assert title_of(replace(alert(), headline=plain(long))) == "A headline " * 8 + "A headline…"
    assert title_of(replace(alert(), headline=plain("\u200b \n"))) == "(untitled)"
    assert title_of(replace(alert(), headline=plain("*A*  @everyone"))) == "*A* @everyone"
    emoji = title_of(replace(alert(), headline=plain("🛰" * 90)))
    assert len(emoji.encode("utf-16-le")) // 2 <= 100
    assert not is_renamed("Talks begin", "TALKS begin…")
    assert is_renamed("Talks begin", "Talks begin again")
