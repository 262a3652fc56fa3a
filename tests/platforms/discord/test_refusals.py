"""Each of Discord's refusals, as the loopback server gives it, by its class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage.database import Database
from tests.platforms.discord.test_adapter import KEY, MESSAGE, POST, place, send
from tests.platforms.samples import alert, notice, reply
from tests.servers.discord_client import LoopbackDiscord

CHANNEL = "/channels/{channel_id}"
PERMANENT = {
    FailureClass.GONE: {10003: 404, 10004: 404, 10013: 404, 10015: 404, 50033: 400},
    FailureClass.PERMISSION: {
        50001: 403,
        50007: 403,
        50013: 403,
        50024: 400,
        50278: 403,
        40067: 403,
        160002: 403,
        160005: 403,
    },
    FailureClass.CREDENTIAL: {0: 401, 50014: 401},
    FailureClass.BLOCKED: {200000: 400, 240000: 400},
}
CODES = [
    (code, status, kind) for kind, codes in PERMANENT.items() for code, status in codes.items()
]
TRANSIENT = [(20016, 400), (20028, 400), (30046, 400), (130000, 503)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """No schema: nothing here asks the use cases."""
    opened = Database(f"sqlite:///{tmp_path / 'wirewatch.db'}")
    yield opened
    await opened.close()


async def refused(platform: DiscordPlatform, server: LoopbackDiscord) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(platform, server)
    return caught.value


@pytest.mark.parametrize(("code", "status", "failure"), CODES)
async def test_a_refused_post(
    server: LoopbackDiscord,
    platform: DiscordPlatform,
    code: int,
    status: int,
    failure: FailureClass,
) -> None:
    await server.fault("POST", POST, answer="status", status=status, code=code)
    error = await refused(platform, server)
    assert isinstance(error, Permanent)
    assert error.failure is failure
    assert error.remedy
    assert await server.ledger() == []
    assert len(await server.requests("POST", POST)) == 1, "it is not tried again"


@pytest.mark.parametrize(("code", "status"), TRANSIENT)
async def test_what_passes(
    server: LoopbackDiscord, platform: DiscordPlatform, code: int, status: int
) -> None:
    await server.fault("POST", POST, answer="status", status=status, code=code)
    assert isinstance(await refused(platform, server), Retryable)
    remote_id = await send(platform, server)
    await server.fault("PATCH", MESSAGE, answer="status", status=status, code=code)
    with pytest.raises(Retryable):
        await platform.edit(place(server.channel), remote_id, platform.render(alert(), key=KEY))


@pytest.mark.parametrize("commit", ["yes", "no"])
async def test_a_bare_503_leaves_it_open(
    server: LoopbackDiscord, platform: DiscordPlatform, commit: str
) -> None:
    """Without a code it is a proxy's word, which cannot know what Discord has done."""
    await server.fault("POST", POST, answer="status", status=503, commit=commit)
    assert isinstance(await refused(platform, server), Ambiguous)
    await send(platform, server)
    assert len(await server.ledger()) == 1


@pytest.mark.parametrize("code", [50006, 50035])
async def test_our_bug_degrades_once(
    server: LoopbackDiscord, platform: DiscordPlatform, code: int
) -> None:
    await server.fault("POST", POST, answer="status", status=400, code=code)
    await send(platform, server)
    assert len(await server.ledger()) == 1
    await server.fault("POST", POST, answer="status", status=400, code=code, count=2)
    with pytest.raises(Permanent) as caught:
        await send(platform, server, key=KEY[::-1])
    assert caught.value.failure is FailureClass.PAYLOAD


async def test_a_message_that_is_gone(server: LoopbackDiscord, platform: DiscordPlatform) -> None:
    remote_id = await send(platform, server)
    await server.delete_message(remote_id)
    with pytest.raises(Permanent) as caught:
        await platform.edit(place(server.channel), remote_id, platform.render(alert(), key=KEY))
    assert caught.value.failure is FailureClass.MESSAGE_GONE


async def test_a_thread_that_fell_asleep_is_woken_for_an_edit_and_a_deletion(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    payload = platform.render(alert(), key=KEY)
    remote_id = (await platform.send(place(thread), payload, key=KEY)).remote_id
    await server.change_channel(thread, archived=True)
    await platform.edit(place(thread), remote_id, platform.render(alert(outlets=6), key=KEY))
    [message] = await server.ledger(thread)
    assert "6 outlets" in message.text
    await server.change_channel(thread, archived=True)
    await platform.delete(place(thread), remote_id)
    assert await server.ledger(thread) == []


async def test_a_thread_that_may_not_be_woken_keeps_its_message(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    """A refusal that a person can lift: the alert is not closed for it."""
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    payload = platform.render(alert(), key=KEY)
    remote_id = (await platform.send(place(thread), payload, key=KEY)).remote_id
    await server.change_channel(thread, archived=True, locked=True)
    with pytest.raises(Permanent) as caught:
        await platform.edit(place(thread), remote_id, payload)
    assert caught.value.failure is FailureClass.PERMISSION
    await server.fault("PATCH", CHANNEL, answer="status", status=429, code=30046)
    await server.change_channel(thread, archived=True, locked=False)
    await server.fault("PATCH", CHANNEL, answer="drop", count=9)
    with pytest.raises((Retryable, Ambiguous)):
        await platform.edit(place(thread), remote_id, payload)


async def test_a_reply_quotes_the_card_and_does_not_ping_its_author(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    card = await send(platform, server)
    said = platform.render(reply(), key=KEY[::-1])
    here = place(server.channel)
    await platform.send(here, said, key=KEY[::-1], thread=card)
    message = (await server.ledger())[-1]
    assert message.payload["message_reference"] == {"message_id": card, "fail_if_not_exists": False}
    assert message.payload["allowed_mentions"]["replied_user"] is False
    assert "message_reference" in message.shown


async def test_a_reply_where_the_history_is_hidden_is_a_message(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    card = await send(platform, server)
    await server.overwrite(server.channel, deny=["READ_MESSAGE_HISTORY"])
    said = platform.render(reply(), key=KEY[::-1])
    await platform.send(place(server.channel), said, key=KEY[::-1], thread=card)
    message = (await server.ledger())[-1]
    assert "This story matches **NATO**" in message.text
    assert "message_reference" not in message.payload


async def test_a_reply_that_is_refused_is_a_plain_message(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    card = await send(platform, server)
    await server.fault("POST", POST, answer="status", status=400, code=50035)
    said = platform.render(reply(), key=KEY[::-1])
    await platform.send(place(server.channel), said, key=KEY[::-1], thread=card)
    assert "message_reference" not in (await server.ledger())[-1].payload


async def test_a_person_who_takes_no_messages(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    person = replace(place(f"user:{server.member}"), name="")
    await server.change_member(server.member, dms_open=False)
    payload = platform.render(notice(), key=KEY)
    with pytest.raises(Permanent) as caught:
        await platform.send(person, payload, key=KEY)
    assert caught.value.failure is FailureClass.PERMISSION
    assert "direct messages" in caught.value.remedy
    await server.fault("POST", "/users/@me/channels", answer="drop", count=9)
    other = replace(place(f"user:{server.admin}"), name="")
    with pytest.raises(Retryable):  # nothing was posted, so nothing is in doubt
        await platform.send(other, payload, key=KEY)
    with pytest.raises(Permanent):
        await platform.send(replace(other, external_id="user:ada"), payload, key=KEY)


async def test_a_notice_is_taken_away_by_whoever_may(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    payload = platform.render(notice(), key=KEY)
    posted = await platform.send(place(server.channel), payload, key=KEY)
    button = f"ww:done:{KEY}"
    refusal = await server.press(posted.remote_id, button, messages=1)
    assert refusal.private
    assert len(await server.ledger()) == 1
    editor = await server.add_member("eve", permissions=["MANAGE_CHANNELS"])
    await server.press(posted.remote_id, button, user=editor)
    await _gone(server, server.channel)
    person = place(f"user:{server.member}")
    posted = await platform.send(person, payload, key=KEY[::-1])
    await server.press(posted.remote_id, button, user=server.member)
    await _gone(server, await server.open_dm(server.member))


async def _gone(server: LoopbackDiscord, channel: str) -> None:
    await server.wait_for_messages(0, channel)
    for _ in range(100):
        if not await server.ledger(channel):
            return
    raise AssertionError("the notice still stands")
