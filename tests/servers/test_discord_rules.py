"""What the loopback Discord refuses, over plain HTTP: limits, permissions, unknown things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.servers.discord.app import newsroom
from tests.servers.discord.options import CHANNEL, Options
from tests.servers.discord.permissions import Permission
from tests.servers.discord.state import Overwrite
from tests.servers.discord_client import LoopbackDiscord, shared_server

V2 = 1 << 15
BUTTON = {"type": 2, "style": 1, "label": "x", "custom_id": "a"}
LINK = {"type": 2, "style": 5, "label": "x", "url": "https://news.example"}
PICTURE = {"type": 11, "media": {"url": "https://news.example/p.png"}}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def card(*components: dict[str, Any]) -> dict[str, Any]:
    return {"flags": V2, "components": list(components)}


def buttons(count: int) -> list[dict[str, Any]]:
    return [BUTTON | {"custom_id": str(number)} for number in range(count)]


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


REFUSED = {
    "content over 2000": {"content": "x" * 2001},
    "embeds over 6000 in total": {"embeds": [{"description": "x" * 3001}] * 2},
    "embed with a title over 256": {"embeds": [{"title": "x" * 257}]},
    "embed with a strange url": {"embeds": [{"title": "x", "url": "javascript:alert(1)"}]},
    "nonce over 25": {"content": "x", "nonce": "n" * 26},
    "V2 with content": card(text("x")) | {"content": "y"},
    "V2 with embeds": card(text("x")) | {"embeds": [{"title": "y"}]},
    "V2 components without the flag": {"components": [text("x")]},
    "over 40 components": card({"type": 17, "components": [text(str(n)) for n in range(40)]}),
    "over 4000 characters": card(text("x" * 2001), text("y" * 2000)),
    "empty text display": card(text("")),
    "duplicate custom_id": card(row(BUTTON), row(BUTTON)),
    "button with neither": card(row({"type": 2, "style": 1, "label": "x"})),
    "button with both": card(row(LINK | {"custom_id": "a"})),
    "button with a script": card(row(LINK | {"url": "javascript:alert(1)"})),
    "button with a relative url": card(row(LINK | {"url": "https:///x"})),
    "button with a long url": card(row(LINK | {"url": "https://x.example/" + "x" * 500})),
    "button without a label": card(row({"type": 2, "style": 1, "custom_id": "a"})),
    "label over 80": card(row(BUTTON | {"label": "x" * 81})),
    "custom_id over 100": card(row(BUTTON | {"custom_id": "x" * 101})),
    "six buttons in a row": card(row(*buttons(6))),
    "an empty row": card(row()),
    "picture from elsewhere": card(
        {
            "type": 9,
            "components": [text("x")],
            "accessory": PICTURE | {"media": {"url": "ftp://x/y"}},
        }
    ),
    "picture of no attachment": card({"type": 12, "items": [{"media": {"url": "attachment://x"}}]}),
    "container in a container": card(
        {"type": 17, "components": [{"type": 17, "components": [text("x")]}]}
    ),
    "six rows without the flag": {"components": [row(each) for each in buttons(6)]},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
async def test_a_message_that_discord_refuses(server: LoopbackDiscord, body: Any) -> None:
    reply = await post(server, body)

    assert reply["code"] == 50035
    assert reply["errors"]
    assert await server.ledger() == []
    assert [each for each in await server.violations() if each.side != "request"] == []


TAKEN = {
    "2000 characters": {"content": "x" * 2000},
    "6000 of embeds": {"embeds": [{"description": "x" * 3000}] * 2},
    "40 components": card({"type": 17, "components": [text(str(n)) for n in range(39)]}),
    "4000 characters": card(text("x" * 2000), text("y" * 2000)),
    "a whole card": card(
        {
            "type": 17,
            "accent_color": 1,
            "components": [
                {"type": 9, "components": [text("### x"), text("-# y")], "accessory": PICTURE},
                {"type": 14, "divider": False, "spacing": 2},
                {"type": 12, "items": [{"media": {"url": "https://news.example/1.png"}}]},
                row(LINK, *buttons(4)),
                row({"type": 3, "custom_id": "s", "options": [{"label": "x", "value": "x"}]}),
                row({"type": 8, "custom_id": "c", "channel_types": [0, 5]}),
            ],
        }
    ),
    "embeds with everything": {
        "embeds": [
            {
                "title": "x",
                "url": "https://news.example",
                "author": {"name": "y"},
                "footer": {"text": "z"},
                "fields": [{"name": "a", "value": "b"}],
                "image": {"url": "https://news.example/1.png"},
                "timestamp": "2026-01-01T00:00:00+00:00",
            }
        ]
    },
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
async def test_a_message_that_discord_takes(server: LoopbackDiscord, body: Any) -> None:
    reply = await post(server, body)

    [posted] = await server.ledger()
    assert posted.id == reply["id"]
    assert await server.violations() == []


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " \n"}, {"components": []}])
async def test_an_empty_message(server: LoopbackDiscord, body: Any) -> None:
    assert (await post(server, body))["code"] == 50006


async def test_a_card_stays_a_card(server: LoopbackDiscord) -> None:
    message = await post(server, card(text("x")))
    path = f"/channels/{server.channel}/messages/{message['id']}"

    async def edit(body: Any) -> Any:
        return await server.call("PATCH", path, body, token=server.token)

    assert (await edit({"flags": 0}))["code"] == 50035
    assert (await edit({"content": "x"}))["code"] == 50035
    assert (await edit({"components": []}))["code"] == 50006
    assert (await edit({"components": [text("y")]}))["components"][0]["content"] == "y"


async def test_text_becomes_a_card_only_when_the_text_is_nulled(server: LoopbackDiscord) -> None:
    message = await post(server, {"content": "x"})
    path = f"/channels/{server.channel}/messages/{message['id']}"
    first = await server.call("PATCH", path, card(text("y")), token=server.token)
    second = await server.call(
        "PATCH", path, card(text("y")) | {"content": None}, token=server.token
    )
    assert first["code"] == 50035
    assert second["flags"] & V2


def test_a_resolved_channel_tells_the_persons_permissions_not_the_bots() -> None:
    world = newsroom(validate=False)
    [news] = world.channels.values()
    [ben] = [each for each in world.users.values() if each.name == "ben"]
    news.overwrites[ben.id] = Overwrite(id=ben.id, type=1, deny=Permission.SEND_MESSAGES)
    option = {"name": "channel", "type": CHANNEL}

    def told(user_id: str) -> int:
        options = Options(world, user_id)
        options.fill({"name": "watch", "options": [option]}, [], {"channel": news.id})
        return int(options.resolved["channels"][news.id]["permissions"])

    assert told(world.application.bot_id) & Permission.SEND_MESSAGES
    assert not told(ben.id) & Permission.SEND_MESSAGES
