"""The loopback Discord under the real discord.py: what the adapter will rely on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.servers.discord_bot import Bot, discord, running
from tests.servers.discord_client import LoopbackDiscord, shared_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

POST = "/channels/{channel_id}/messages"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def server(port: int) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(port=port) as loopback:
        yield loopback
        assert await loopback.violations() == []


@pytest.fixture
async def bot(server: LoopbackDiscord) -> AsyncIterator[Bot]:
    async with running(server) as bot:
        yield bot


# --- the one thing that matters: no post twice, none lost


async def test_a_post_dropped_after_its_commit_is_not_doubled(
    server: LoopbackDiscord, bot: Bot
) -> None:
    await server.fault("POST", POST, answer="drop", commit="yes")
    place = bot.place(server.channel)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await place.send("Talks in Miami", nonce="d1")
    again = await place.send("Talks in Miami", nonce="d1")

    [posted] = await server.ledger()
    assert (posted.id, posted.repeats, posted.nonce) == (str(again.id), 1, "d1")


async def test_a_connection_reset_is_another_exception(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="reset", commit="yes")

    with pytest.raises(aiohttp.ClientOSError):
        await bot.place(server.channel).send("x", nonce="d1")

    assert len(await server.ledger()) == 1


async def test_a_post_dropped_before_its_commit_is_lost(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="drop")

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.place(server.channel).send("x", nonce="d1")

    assert await server.ledger() == []


async def test_a_commit_may_come_late(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="drop", commit="late", late=0.2)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.place(server.channel).send("x", nonce="d1")

    assert await server.ledger() == []
    assert len(await server.wait_for_messages(1)) == 1


async def test_a_bot_that_gave_up_waiting_may_have_posted(
    server: LoopbackDiscord, bot: Bot
) -> None:
    place = bot.place(server.channel)
    await server.fault("POST", POST, hold=0.3)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(place.send("x", nonce="d1"), 0.1)
    assert len(await server.ledger()) == 1

    await server.fault("POST", POST, delay=0.3)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(place.send("y", nonce="d2"), 0.1)
    assert len(await server.ledger()) == 1
    assert len(await server.wait_for_messages(2)) == 2


async def test_a_500_after_the_commit_is_retried_without_doubling(
    server: LoopbackDiscord, bot: Bot
) -> None:
    await server.fault("POST", POST, answer="status", status=500, commit="yes")

    await bot.place(server.channel).send("x", nonce="d1")  # discord.py waits 1 s

    [posted] = await server.ledger()
    assert posted.repeats == 1
    assert [each.status for each in await server.requests("POST", POST)] == [500, 200]


async def test_a_503_is_raised_at_once(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="status", status=503)

    with pytest.raises(discord.DiscordServerError):
        await bot.place(server.channel).send("x", nonce="d1")

    assert len(await server.requests("POST", POST)) == 1


async def test_a_nonce_is_kept_by_author_and_for_a_while(server: LoopbackDiscord, bot: Bot) -> None:
    """Another channel gets the earlier message back: a nonce must name its channel."""
    other = await server.add_channel("other")
    first = await bot.place(server.channel).send("here", nonce="d1")
    second = await bot.place(other).send("there", nonce="d1")
    assert second.id == first.id
    assert await server.ledger(other) == []

    await server.settings(nonce_window=0.0)
    third = await bot.place(other).send("there", nonce="d1")
    assert third.id != first.id


async def test_history_shows_no_nonce(server: LoopbackDiscord, bot: Bot) -> None:
    place = bot.place(server.channel)
    sent = [await place.send(f"n{number}", nonce=f"d{number}") for number in range(5)]

    newest = [each async for each in place.history(limit=2)]
    before = [each async for each in place.history(limit=2, before=sent[3])]
    after = [each async for each in place.history(limit=2, after=sent[1])]
    around = [each async for each in place.history(limit=3, around=sent[2])]

    assert [each.content for each in newest] == ["n4", "n3"]
    assert [each.content for each in before] == ["n2", "n1"]
    assert [each.content for each in after] == ["n2", "n3"]
    assert sorted(each.content for each in around) == ["n1", "n2", "n3"]
    assert sent[0].nonce == "d0"
    assert newest[0].nonce is None
    assert (await place.fetch_message(sent[0].id)).nonce is None


async def test_edits_are_counted_and_ping_nobody(server: LoopbackDiscord, bot: Bot) -> None:
    place = bot.place(server.channel)
    sent = await place.send("quiet", allowed_mentions=discord.AllowedMentions.none())
    await sent.edit(content="@everyone look")
    loud = await place.send(f"<@{server.member}> @here")

    first, second = await server.ledger()
    assert (first.edits, first.pings) == (1, [])
    assert second.pings == ["@here", f"<@{server.member}>"]
    assert await server.pings() == second.pings
    assert first.posted_at <= time.monotonic()
    assert str(loud.id) == second.id


# --- limits


async def test_a_429_is_waited_out(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="ratelimited", retry_after=0.3)
    began = time.monotonic()

    await bot.place(server.channel).send("x")

    assert time.monotonic() - began >= 0.3
    assert [each.status for each in await server.requests("POST", POST)] == [429, 200]


async def test_a_429_without_via_is_raised(server: LoopbackDiscord, bot: Bot) -> None:
    await server.fault("POST", POST, answer="ratelimited", via=False)

    with pytest.raises(discord.HTTPException) as refused:
        await bot.place(server.channel).send("x")

    assert refused.value.status == 429


async def test_discord_py_keeps_within_a_bucket(server: LoopbackDiscord, bot: Bot) -> None:
    await server.settings(limits={f"POST {POST}": [2, 0.3]})
    place = bot.place(server.channel)
    began = time.monotonic()

    for number in range(5):
        await place.send(str(number))

    assert time.monotonic() - began >= 0.5
    assert (await server.stats())["statuses"].get("429") is None


# --- the gateway


async def test_op_7_is_followed_by_a_resume(server: LoopbackDiscord, bot: Bot) -> None:
    await server.gateway("reconnect")
    await asyncio.wait_for(bot.resumed.wait(), 3)

    state = await server.wait_for_sessions()
    assert (state.count("identify"), state.count("resume")) == (1, 1)


async def test_what_happens_while_the_bot_is_away_is_replayed(
    server: LoopbackDiscord, bot: Bot
) -> None:
    await bot.tree.sync()
    await server.gateway("drop")

    told = await server.interact("topic watch", {"query": "NATO"})

    assert told.text == "Watching NATO here"
    assert (await server.gateway()).sessions[0]["resumes"] == 1


async def test_op_9_is_followed_by_an_identify(server: LoopbackDiscord, bot: Bot) -> None:
    bot.resumed.clear()
    await server.gateway("invalidate", resumable=False)
    await asyncio.sleep(0.1)

    state = await server.wait_for_sessions(seconds=8)
    assert state.count("identify") == 2


async def test_shards_share_the_guilds(server: LoopbackDiscord) -> None:
    await server.settings(shards=2)
    odd = await server.add_guild("Odd", guild_id=str(1 << 22))
    even = await server.add_guild("Even", guild_id=str(2 << 22))
    async with running(server) as bot:
        await server.wait_for_sessions(2)
        shards = {str(each.id): each.shard_id for each in bot.guilds}

    assert (shards[odd], shards[even]) == (1, 0)


async def test_a_wrong_token_does_not_log_in(server: LoopbackDiscord) -> None:
    await server.reset_token("another")
    with pytest.raises(discord.LoginFailure):
        async with running(server):
            pass


async def test_a_token_reset_while_running_ends_with_4004(server: LoopbackDiscord) -> None:
    async with running(server) as bot:
        assert bot.task is not None
        await server.gateway("close", code=4004)
        with pytest.raises(discord.ConnectionClosed) as closed:
            await asyncio.wait_for(asyncio.shield(bot.task), 3)

    assert closed.value.code == 4004


async def test_a_privileged_intent_must_be_switched_on(server: LoopbackDiscord) -> None:
    wanted = discord.Intents(guilds=True, message_content=True)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(server, intents=wanted):
            pass
    await server.settings(privileged=["message_content"])
    async with running(server, intents=wanted) as bot:
        assert bot.is_ready()


async def test_an_outage_is_not_a_removal(server: LoopbackDiscord, bot: Bot) -> None:
    await server.outage(server.guild)
    await server.outage(server.guild, over=True)
    await server.kick_bot(server.guild)
    seen = [await asyncio.wait_for(bot.seen.get(), 3) for _ in range(2)]

    assert seen == ["unavailable Newsroom", "removed Newsroom"]
