"""Sending, editing, finding again, and failing, on the real discord.py."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable, SettingsError
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Absent, Posted, Unknown
from bot.platforms.discord import posting
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.direct import OPEN_S
from bot.storage.database import Database
from tests.platforms.discord.conftest import Connect, Notebook
from tests.platforms.discord.nasty import TEXTS
from tests.platforms.samples import alert, channel
from tests.servers.discord_client import LoopbackDiscord

KEY = "0123456789abcdef0123"
POST, MESSAGE = "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """No schema: nothing here asks the use cases."""
    opened = Database(f"sqlite:///{tmp_path / 'wirewatch.db'}")
    yield opened
    await opened.close()


def place(external_id: str) -> Channel:
    return channel(PlatformName.DISCORD, external_id)


def now() -> datetime:
    """The server's ids carry the real time."""
    return datetime.now(UTC)


async def send(platform: DiscordPlatform, server: LoopbackDiscord, *, key: str = KEY) -> str:
    payload = platform.render(alert(), key=key)
    return (await platform.send(place(server.channel), payload, key=key)).remote_id


async def test_a_card_is_posted_once_with_words_for_the_notification(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    remote_id = await send(platform, server)
    [message] = await server.ledger()
    assert message.id == remote_id
    assert message.nonce == KEY
    assert message.payload["enforce_nonce"] is True
    assert message.payload["content"].startswith("Witkoff to meet Umerov")
    assert message.shown["content"] == ""
    assert "### [Witkoff to meet Umerov in Miami" in message.text
    assert list(message.buttons) == ["Open", "Why?", "Timeline", "Mute", "Less like this"]
    assert await server.pings() == []


async def test_an_edit_changes_the_same_message(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    remote_id = await send(platform, server)
    grown = platform.render(alert(outlets=6), key=KEY)
    await platform.edit(place(server.channel), remote_id, grown)
    await platform.edit(place(server.channel), remote_id, grown)
    [message] = await server.ledger()
    assert "6 outlets" in message.text


@pytest.mark.parametrize("answer", ["drop", "reset"])
async def test_a_post_whose_answer_was_lost_is_ambiguous_and_safe_to_repeat(
    server: LoopbackDiscord, platform: DiscordPlatform, answer: str
) -> None:
    await server.fault("POST", POST, answer=answer, commit="yes")
    with pytest.raises(Ambiguous):
        await send(platform, server)
    remote_id = await send(platform, server)
    [message] = await server.ledger()
    assert message.id == remote_id
    assert message.repeats == 1
    assert "### " in message.text


async def test_an_outage_is_ambiguous(server: LoopbackDiscord, platform: DiscordPlatform) -> None:
    await server.fault("POST", POST, answer="status", status=503, commit="yes")
    with pytest.raises(Ambiguous):
        await send(platform, server)


async def test_words_that_did_not_become_a_card_stand_and_become_one_by_an_edit(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.fault("PATCH", MESSAGE, answer="drop")
    payload = platform.render(alert(), key=KEY)
    posted = await platform.send(place(server.channel), payload, key=KEY)
    [message] = await server.ledger()
    assert posted == Posted(remote_id=message.id, complete=False)
    assert message.text.startswith("Witkoff to meet Umerov")
    since = now()
    found = await platform.reconcile(place(server.channel), key=KEY, since=since)
    assert found == Posted(remote_id=message.id)
    await platform.edit(place(server.channel), message.id, platform.render(alert(), key=KEY))
    [message] = await server.ledger()
    assert message.text.startswith("### ")


async def test_a_refused_card_leaves_its_words(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.fault("PATCH", MESSAGE, answer="status", status=400, code=50035)
    remote_id = await send(platform, server)
    [message] = await server.ledger()
    assert message.id == remote_id
    assert list(message.buttons) == ["Open", "Why?", "Timeline", "Mute", "Less like this"]


async def test_a_refused_link_does_not_silence_an_alert(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.fault("POST", POST, answer="status", status=400, code=50035)
    await send(platform, server)
    [message] = await server.ledger()
    assert list(message.payload["components"][0]["components"][0]) == [
        "type",
        "style",
        "label",
        "custom_id",
    ]


async def test_a_long_rate_limit_is_handed_back(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.fault("POST", POST, answer="ratelimited", retry_after=45)
    with pytest.raises(Retryable) as caught:
        await send(platform, server)
    assert caught.value.retry_after == 45


async def test_a_rate_limit_after_a_lost_commit_is_ambiguous(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.fault("POST", POST, answer="status", status=500, commit="yes")
    await server.fault("POST", POST, answer="ratelimited", retry_after=45)
    with pytest.raises(Ambiguous):
        await send(platform, server)
    assert len(await server.ledger()) == 1


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (404, 10003, FailureClass.GONE),
        (403, 50001, FailureClass.PERMISSION),
        (401, 0, FailureClass.CREDENTIAL),
        (400, 240000, FailureClass.BLOCKED),
    ],
)
async def test_a_refusal_says_what_to_do(
    server: LoopbackDiscord,
    platform: DiscordPlatform,
    status: int,
    code: int,
    failure: FailureClass,
) -> None:
    await server.fault("POST", POST, answer="status", status=status, code=code)
    with pytest.raises(Permanent) as caught:
        await send(platform, server)
    assert caught.value.failure is failure
    assert caught.value.remedy
    assert await server.ledger() == []


async def test_a_deleted_message_is_gone_and_a_slow_edit_is_not(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    remote_id = await send(platform, server)
    payload = platform.render(alert(), key=KEY)
    await server.fault("PATCH", MESSAGE, answer="status", status=400, code=30046)
    with pytest.raises(Retryable):
        await platform.edit(place(server.channel), remote_id, payload)
    await server.delete_message(remote_id)
    with pytest.raises(Permanent) as caught:
        await platform.edit(place(server.channel), remote_id, payload)
    assert caught.value.failure is FailureClass.MESSAGE_GONE


async def test_threads_are_channels_and_a_locked_one_says_so(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    payload = platform.render(alert(), key=KEY)
    await platform.send(place(thread), payload, key=KEY)
    assert len(await server.ledger(thread)) == 1
    await server.change_channel(thread, locked=True)
    with pytest.raises(Permanent, match="locked"):
        await platform.send(place(thread), payload, key=KEY[::-1])


async def test_nasty_texts_are_posted_without_a_ping(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    for number, text in enumerate(TEXTS[::9]):
        key = f"{number:020d}"
        payload = platform.render(alert(headline=text or "-", summary=text), key=key)
        await platform.send(place(server.channel), payload, key=key)
    assert len(await server.ledger()) == len(TEXTS[::9])
    assert await server.pings() == []


async def test_a_post_is_found_by_the_key_it_hides(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    begun = now()
    remote_id = await send(platform, server)
    for number in range(3):
        await server.say(f"ww:why:{KEY} {number}")
    here = place(server.channel)
    assert await platform.reconcile(here, key=KEY, since=begun) == Posted(remote_id=remote_id)
    assert await platform.reconcile(here, key=KEY[::-1], since=begun) == Absent()
    later = begun + timedelta(minutes=5)
    assert await platform.reconcile(here, key=KEY, since=later) == Absent()


async def test_a_long_history_is_read_page_by_page(
    server: LoopbackDiscord, platform: DiscordPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = now()
    for number in range(7):
        await server.say(str(number))
    remote_id = await send(platform, server)
    monkeypatch.setattr("bot.platforms.discord.history.PAGE", 3)
    here = place(server.channel)
    assert await platform.reconcile(here, key=KEY, since=begun) == Posted(remote_id=remote_id)
    monkeypatch.setattr("bot.platforms.discord.history.PAGES", 2)
    assert isinstance(await platform.reconcile(here, key=KEY, since=begun), Unknown)


async def test_a_history_that_cannot_be_read_is_not_called_empty(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await send(platform, server)
    await server.overwrite(server.channel, deny=["READ_MESSAGE_HISTORY"])
    await _told(platform, server.channel, "Read Message History")
    here = place(server.channel)
    assert isinstance(await platform.reconcile(here, key=KEY, since=now()), Unknown)
    await server.overwrite(server.channel)
    await _told(platform, server.channel, "")
    await server.fault("GET", POST, answer="drop", count=2)  # aiohttp repeats a GET once
    with pytest.raises(Retryable):
        await platform.reconcile(here, key=KEY, since=now())


async def _told(platform: DiscordPlatform, channel_id: str, expected: str) -> None:
    """Wait until the gateway has told the adapter of a change."""
    for _ in range(100):
        problems = " ".join((await platform.probe(channel_id)).problems)
        if (expected in problems) if expected else not problems:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(problems)


async def test_a_probe_says_precisely_what_is_missing(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    fine = await platform.probe(server.channel)
    assert (fine.name, fine.workspace_name) == ("#news in Newsroom", "Newsroom")
    assert fine.workspace == server.guild
    assert fine.problems == ()
    await server.overwrite(server.channel, deny=["VIEW_CHANNEL", "SEND_MESSAGES"])
    await _told(platform, server.channel, "give the bot View Channel and Send Messages in #news")
    section = await server.add_channel("ideas", kind="category")
    await _told(platform, section, "#ideas is a category channel: choose a text channel")
    forum = await server.add_channel("stories", kind="forum")
    await _told(platform, forum, "")
    await server.overwrite(forum, deny=["SEND_MESSAGES_IN_THREADS"])
    await _told(platform, forum, "give the bot Send Messages in Threads in #stories")
    voice = await server.add_channel("lounge", kind="voice")
    await _told(platform, voice, "")
    await server.overwrite(voice, deny=["CONNECT"])
    await _told(platform, voice, "give the bot Connect in #lounge")
    assert "is not the id" in (await platform.probe("#news")).problems[0]
    with pytest.raises(Permanent) as caught:
        await platform.probe("1")
    assert caught.value.failure is FailureClass.GONE


async def test_a_wrong_token_is_named_with_the_next_step(connect: Connect) -> None:
    with pytest.raises(SettingsError, match=r"WIREWATCH_DISCORD__TOKEN.*Reset Token"):
        await connect(token="wrong.token.here").start()


@pytest.mark.parametrize(("code", "words"), [(4004, "Reset Token"), (4014, "intents")])
async def test_a_refused_gateway_is_named_with_the_next_step(
    server: LoopbackDiscord, connect: Connect, code: int, words: str
) -> None:
    await server.gateway("refuse", code=code)
    with pytest.raises(SettingsError, match=words):
        await connect().start()


async def test_an_unreachable_discord_is_told_at_once(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/api/v10"
        with pytest.raises(SettingsError, match="cannot be reached"):
            await connect(api_url=address).start()


async def test_a_silent_gateway_is_told_in_time(
    server: LoopbackDiscord, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.connection.START_S", 0.3)
    await server.fault("GET", "/gateway/bot", hold=2.0)
    with pytest.raises(SettingsError, match="did not answer"):
        await connect().start()


async def test_health_and_stopping(server: LoopbackDiscord, connect: Connect) -> None:
    platform = connect()
    await platform.stop()
    assert not (await platform.health()).ok
    before = asyncio.all_tasks()
    await platform.start()
    await platform.start()
    health = await platform.health()
    assert health.ok
    assert health.detail == "connected as Wirewatch in 1 server"
    await platform.stop()
    await platform.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before
    assert not (await platform.health()).ok
    with pytest.raises(Retryable):
        await send(platform, server)
    await platform.start()
    assert await send(platform, server)


async def test_a_bot_in_no_server_says_how_to_invite_it(
    server: LoopbackDiscord, connect: Connect
) -> None:
    await server.kick_bot(server.guild)
    platform = connect()
    await platform.start()
    detail = (await platform.health()).detail
    assert f"https://discord.com/oauth2/authorize?client_id={server.application}" in detail
    assert "scope=bot+applications.commands&permissions=274877975552" in detail


async def test_it_asks_only_for_guilds_and_comes_back_by_itself(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    state = await server.gateway()
    assert [one["intents"] for one in state.sessions] == [1]
    await server.gateway("reconnect")
    for _ in range(200):
        if any(one["resumes"] for one in (await server.gateway()).sessions):
            break
        await asyncio.sleep(0.02)
    assert (await platform.health()).ok


async def test_it_logs_in_again_when_the_sdk_has_given_up(
    server: LoopbackDiscord, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.connection.AGAIN_S", 0.02)
    platform = connect()
    await platform.start()
    await server.gateway("close", code=4011)  # more shards are required
    await _healthy(platform, ok=False)
    await _healthy(platform, ok=True)
    assert await send(platform, server)


async def test_a_token_that_is_reset_meanwhile_is_told_and_not_tried_for_ever(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.gateway("close", code=4004)
    await _ended(platform)


async def _ended(platform: DiscordPlatform) -> None:
    for _ in range(200):
        if "WIREWATCH_DISCORD__TOKEN" in (await platform.health()).detail:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(await platform.health())


async def _healthy(platform: DiscordPlatform, *, ok: bool) -> None:
    for _ in range(200):
        if (await platform.health()).ok is ok:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(await platform.health())


async def test_commands_are_registered_only_when_they_changed(
    server: LoopbackDiscord, connect: Connect, notebook: Notebook
) -> None:
    for _ in range(2):
        platform = connect()
        await platform.start()
        await platform.stop()
    assert await server.command_writes() == 1
    assert {"topic", "feed", "help"} <= {one["name"] for one in await server.commands()}
    [name] = notebook.words
    notebook.words[name] = "another tree"
    await connect().start()
    assert await server.command_writes() == 2


async def test_a_failed_registration_does_not_stop_alerts(
    server: LoopbackDiscord, connect: Connect, notebook: Notebook
) -> None:
    await server.fault("PUT", "*commands", answer="status", status=400, code=50035)
    platform = connect()
    await platform.start()
    assert notebook.words == {}
    assert await send(platform, server)


async def test_nothing_that_is_logged_holds_the_token(
    server: LoopbackDiscord, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = connect()
    await platform.start()
    for method, code in (("POST", 50035), ("PATCH", 50035)):
        await server.fault(method, "*messages*", answer="status", status=400, code=code)
    await send(platform, server)
    editor = await server.add_member("eve", permissions=["MANAGE_CHANNELS"])
    hidden = await server.add_channel("hidden")
    await server.fault("GET", "/channels/*", answer="status", status=400, code=50035)
    await server.interact("topic watch", {"query": "x", "channel": hidden}, user=editor)
    await server.gateway("close", code=4004)
    await _ended(platform)
    shown = capsys.readouterr()
    assert "a card was refused" in shown.out
    assert "the connection to Discord ended" in shown.out
    assert server.token not in shown.out + shown.err


def test_both_steps_of_a_post_fit_into_its_lease() -> None:
    assert OPEN_S + posting.POST_S + posting.EDIT_S < 90
    assert OPEN_S + posting.EDIT_S + posting.WAKE_S + posting.EDIT_S < 90
