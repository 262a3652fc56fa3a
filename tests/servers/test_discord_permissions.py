"""Who may do what on the loopback Discord, whom a message pings, and what the server notes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.servers.discord_client import ControlError, LoopbackDiscord, shared_server


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def card(*components: dict[str, Any]) -> dict[str, Any]:
    return {"flags": 1 << 15, "components": list(components)}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def server(port: int) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(port=port) as loopback:
        yield loopback


async def post(server: LoopbackDiscord, body: Any, channel: str = "") -> Any:
    path = f"/channels/{channel or server.channel}/messages"
    return await server.call("POST", path, body, token=server.token)


async def test_permissions_are_computed(server: LoopbackDiscord) -> None:
    hidden, silent = await server.add_channel("hidden"), await server.add_channel("silent")
    await server.overwrite(hidden, deny=["VIEW_CHANNEL"])
    await server.overwrite(silent, "everyone", deny=["SEND_MESSAGES"])
    assert (await post(server, {"content": "x"}, hidden))["code"] == 50001
    assert (await post(server, {"content": "x"}, silent))["code"] == 50013

    role = await server.add_role("Speaker")
    await server.change_member("bot", roles=[role])
    await server.overwrite(silent, role, allow=["SEND_MESSAGES"])
    assert "id" in await post(server, {"content": "x"}, silent)

    await server.overwrite(silent, "bot", deny=["EMBED_LINKS"])
    assert (await post(server, {"embeds": [{"title": "x"}]}, silent))["code"] == 50013
    await server.change_role(role, ["ADMINISTRATOR"])
    assert "id" in await post(server, {"embeds": [{"title": "x"}]}, silent)
    assert "id" in await post(server, {"content": "x"}, hidden)


async def test_history_without_the_permission_is_empty(server: LoopbackDiscord) -> None:
    message = await post(server, {"content": "x"})
    await server.overwrite(server.channel, deny=["READ_MESSAGE_HISTORY"])
    path = f"/channels/{server.channel}/messages"
    assert await server.call("GET", path, token=server.token) == []
    got = await server.call("GET", f"{path}/{message['id']}", token=server.token)
    assert got["code"] == 50001


async def test_things_that_are_not_there(server: LoopbackDiscord) -> None:
    here = f"/channels/{server.channel}/messages"
    theirs = await server.say("Is this thing on?")

    async def code(method: str, path: str, body: Any = None, token: str = "") -> int:
        reply = await server.call(method, path, body, token=token or server.token)
        return int(reply["code"])

    assert await code("GET", "/channels/1") == 10003
    assert await code("GET", "/guilds/1") == 10004
    assert await code("GET", f"{here}/1") == 10008
    assert await code("PATCH", f"{here}/{theirs}", {"content": "x"}) == 50005
    assert await code("DELETE", f"{here}/{theirs}") == 50013
    assert await code("GET", "/users/@me", token="wrong") == 0
    assert await code("POST", "/users/@me/channels", {"recipient_id": "1"}) == 50033
    assert await code("GET", f"{here}?limit=101") == 50035
    await server.delete_channel(server.channel)
    assert await code("POST", here, {"content": "x"}) == 10003
    await server.kick_bot(server.guild)
    assert await code("GET", f"/guilds/{server.guild}") == 10004
    assert {each.status for each in await server.requests()} == {400, 401, 403, 404}


async def test_a_thread_that_is_archived_or_locked(server: LoopbackDiscord) -> None:
    thread = await server.add_channel("thread", kind="public_thread", parent=server.channel)
    message = await post(server, {"content": "x"}, thread)
    await server.change_channel(thread, archived=True)
    path = f"/channels/{thread}/messages/{message['id']}"
    assert (await server.call("PATCH", path, {"content": "y"}, token=server.token))["code"] == 50083
    assert "id" in await post(server, {"content": "opens it again"}, thread)
    await server.change_channel(thread, locked=True)
    assert (await post(server, {"content": "x"}, thread))["code"] == 160005


async def test_a_person_who_takes_no_messages(server: LoopbackDiscord) -> None:
    dm = await server.open_dm(server.member)
    assert "id" in await post(server, {"content": "x"}, dm)
    await server.change_member(server.member, dms_open=False)
    assert (await post(server, {"content": "x"}, dm))["code"] == 50007


# --- whom it pings


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, ["@everyone", "<@{ben}>", "<@&{role}>"]),
        ({"parse": []}, []),
        ({"parse": ["users"]}, ["<@{ben}>"]),
        ({"parse": ["roles", "everyone"]}, ["@everyone", "<@&{role}>"]),
        ({"roles": ["{role}"]}, ["<@&{role}>"]),
    ],
)
async def test_pings(server: LoopbackDiscord, policy: Any, expected: list[str]) -> None:
    ids = {"role": await server.add_role("desk", mentionable=True), "ben": server.member}
    if policy and "roles" in policy:
        policy = {"roles": [ids["role"]]}
    said = "@everyone <@{ben}> <@&{role}>".format(**ids)
    body = card(text(said)) | ({} if policy is None else {"allowed_mentions": policy})

    await post(server, body)

    assert await server.pings() == [each.format(**ids) for each in expected]


async def test_a_reply_pings_whom_it_answers(server: LoopbackDiscord) -> None:
    theirs = await server.say("What is this?")
    body = {"content": "That.", "message_reference": {"message_id": theirs}}
    await post(server, body)
    await post(server, body | {"allowed_mentions": {"parse": []}})
    assert await server.pings() == [f"<@{server.member}>"]


# --- the server itself


async def test_a_body_that_the_document_forbids_is_noted(server: LoopbackDiscord) -> None:
    if not server.document:
        pytest.skip("no OpenAPI document here")
    assert (await post(server, {"content": 5}))["code"] == 50035

    await post(server, card({"type": 17, "components": [{"type": 9, "components": [text("x")]}]}))

    first, second = await server.violations()
    assert (first.side, first.where) == ("request", "content")
    assert second.where == "components.0.components.0"
    assert second.message == '"accessory" is a required property'


async def test_a_route_that_is_not_there_is_noted(server: LoopbackDiscord) -> None:
    await server.call("GET", "/voice/regions", token=server.token)

    [violation] = await server.violations()
    assert (violation.side, violation.route) == ("server", "/voice/regions")


async def test_a_fault_waits_for_its_request(server: LoopbackDiscord) -> None:
    path = f"/channels/{server.channel}/messages"
    await server.fault("POST", f"{path}*", answer="status", status=502, skip=1, count=2)
    replies = [await post(server, {"content": str(number)}) for number in range(4)]

    assert ["id" in each for each in replies] == [True, False, False, True]
    assert await server.waiting_faults() == 0
    faults = [each.fault for each in await server.requests("POST")]
    assert faults == ["", "status, commit no", "status, commit no", ""]


async def test_a_global_limit(server: LoopbackDiscord) -> None:
    await server.settings(global_limit=2)
    replies = [await post(server, {"content": str(number)}) for number in range(3)]
    assert replies[2]["global"] is True
    assert 0 < replies[2]["retry_after"] <= 1


async def test_a_select_offers_what_it_offers(server: LoopbackDiscord) -> None:
    topics = {"type": 3, "custom_id": "topics", "options": [{"label": "N", "value": "nato"}]}
    places = {"type": 8, "custom_id": "places"}
    message = (await post(server, {"components": [row(topics), row(places)]}))["id"]

    chosen = await server.press(message, "topics", values=["nato"], seconds=0)
    await server.press(message, "places", values=[server.channel], seconds=0)
    with pytest.raises(ControlError, match="offers only"):
        await server.press(message, "topics", values=["miami"], seconds=0)
    with pytest.raises(ControlError, match="no component"):
        await server.press(message, "gone", seconds=0)

    assert not chosen.delivered  # no bot is connected here
    assert not chosen.acked


async def test_a_thread_that_fell_asleep_is_woken_by_whoever_may_post(
    server: LoopbackDiscord,
) -> None:
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    path = f"/channels/{thread}"
    await server.change_channel(thread, archived=True)
    awake = await server.call("PATCH", path, {"archived": False}, token=server.token)
    assert awake["thread_metadata"]["archived"] is False
    await server.change_channel(thread, archived=True, locked=True)
    refused = await server.call("PATCH", path, {"archived": False}, token=server.token)
    assert refused["code"] == 50013
