"""The loopback gateway below discord.py: encodings, close codes, sessions; and its process."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.servers.discord_client import LoopbackDiscord, shared_server

ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
Decoder = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def server(port: int) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(port=port) as loopback:
        yield loopback


class Connection:
    """A gateway client of a few lines."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, decode: Decoder | None) -> None:
        self.socket, self._decode = socket, decode

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def next(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=3)
        if self._decode is not None:
            assert message.type is aiohttp.WSMsgType.BINARY
        text = self._decode(message.data) if self._decode else message.data
        packet: dict[str, Any] = json.loads(text)
        return packet

    async def closed(self) -> int | None:
        while (await self.socket.receive(timeout=3)).type is not aiohttp.WSMsgType.CLOSE:
            pass
        return self.socket.close_code


@asynccontextmanager
async def connected(
    server: LoopbackDiscord, query: str = "v=10", decode: Decoder | None = None
) -> AsyncIterator[Connection]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.gateway_url}?{query}") as socket,
    ):
        yield Connection(socket, decode)


def identify(server: LoopbackDiscord, **changes: Any) -> dict[str, Any]:
    return {"token": server.token, "intents": 1, "properties": {}} | changes


def decoders() -> dict[str, Decoder | None]:
    zstd = importlib.import_module(ZSTD).ZstdDecompressor().decompress
    return {"": None, "zlib-stream": zlib.decompressobj().decompress, "zstd-stream": zstd}


@pytest.mark.parametrize("name", ["", "zlib-stream", "zstd-stream"])
async def test_every_encoding_that_discord_py_may_ask_for(
    server: LoopbackDiscord, name: str
) -> None:
    query = f"v=10&encoding=json&compress={name}" if name else "v=10&encoding=json"
    async with connected(server, query, decoders()[name]) as link:
        hello = await link.next()
        await link.send(2, identify(server))
        ready, guild = await link.next(), await link.next()
        await link.send(1, guild["s"])
        ack = await link.next()

    assert (hello["op"], hello["d"]["heartbeat_interval"]) == (10, 41250)
    assert (ready["t"], ready["d"]["shard"]) == ("READY", [0, 1])
    assert (guild["t"], guild["d"]["id"]) == ("GUILD_CREATE", server.guild)
    assert [each["name"] for each in guild["d"]["channels"]] == ["news"]
    assert ack["op"] == 11


@pytest.mark.parametrize(
    ("op", "changes", "code"),
    [
        (2, {"token": "wrong"}, 4004),
        (2, {"shard": [2, 2]}, 4010),
        (2, {"intents": 1 << 30}, 4013),
        (2, {"intents": 1 << 15}, 4014),
        (8, {}, 4003),
    ],
)
async def test_close_codes(
    server: LoopbackDiscord, op: int, changes: dict[str, Any], code: int
) -> None:
    async with connected(server) as link:
        await link.send(op, identify(server, **changes))
        assert await link.closed() == code


async def test_sharding_may_be_required(server: LoopbackDiscord) -> None:
    await server.settings(shards=2, sharding_required=True)
    async with connected(server) as link:
        await link.send(2, identify(server))
        assert await link.closed() == 4011


async def test_an_old_version_and_a_bad_frame(server: LoopbackDiscord) -> None:
    async with connected(server, "v=9") as link:
        assert await link.closed() == 4012
    async with connected(server) as link:
        await link.socket.send_str("{")
        assert await link.closed() == 4002


async def test_a_session_ends_with_a_proper_goodbye(server: LoopbackDiscord) -> None:
    """1000 logs out, anything else can be resumed; events wait for the bot meanwhile."""
    async with connected(server) as link:
        await link.next()
        await link.send(2, identify(server))
        ready, _ = await link.next(), await link.next()
        await link.socket.close(code=4000)
    await server.add_channel("new")
    resume = {"token": server.token, "session_id": ready["d"]["session_id"], "seq": 2}
    async with connected(server) as link:
        await link.next()
        await link.send(6, resume)
        missed, resumed = await link.next(), await link.next()
    async with connected(server) as link:
        await link.next()
        await link.send(6, resume)
        refused = await link.next()

    assert (missed["t"], missed["d"]["name"], resumed["t"]) == ("CHANNEL_CREATE", "new", "RESUMED")
    assert (refused["op"], refused["d"]) == (9, False)


async def test_messages_go_to_those_who_listen(server: LoopbackDiscord) -> None:
    """And without the message content intent, they are empty."""
    async with connected(server) as link:
        await link.next()
        await link.send(2, identify(server, intents=1 | 1 << 9))
        _ = await link.next(), await link.next()
        await server.say("hello")
        event = await link.next()

    assert (event["t"], event["d"]["content"]) == ("MESSAGE_CREATE", "")


async def test_a_dead_connection_gets_no_acks(server: LoopbackDiscord) -> None:
    await server.gateway("mute", on=True)
    async with connected(server) as link:
        await link.next()
        await link.send(1, None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.next(), 0.1)


async def test_the_server_begins_with_a_given_state(tmp_path: Path) -> None:
    orders = [
        ["add_guild", {"name": "Wire", "id": "77", "channel": ""}],
        ["add_channel", {"guild": "77", "name": "nato", "id": "78"}],
    ]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(orders))
    async with LoopbackDiscord(state=file, validate=False) as own:
        _, wire = await own.guilds()
        assert not own.document
    assert (wire.id, wire.channels) == ("77", {"nato": "78"})
