"""The gateway: identify, resume, heartbeats and events, over zlib-stream, zstd-stream or plain.

https://discord.com/developers/docs/events/gateway. Voice and presence are taken and ignored.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.servers.discord import shapes
from tests.servers.discord.compression import compressor
from tests.servers.discord.links import Link, Session
from tests.servers.discord.records import Json
from tests.servers.discord.state import Guild, World

if TYPE_CHECKING:
    from collections.abc import Iterator

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11
# https://discord.com/developers/docs/events/gateway#list-of-intents
GUILDS, MEMBERS, PRESENCES, MESSAGES, DIRECT, CONTENT = 1, 1 << 1, 1 << 8, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = {"members": MEMBERS, "presences": PRESENCES, "message_content": CONTENT}
HIGHEST_INTENT = 1 << 26


class Gateway:
    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.links: set[Link] = set()
        self.log: list[Json] = []  # identify, resume, close: what the bot did, and when
        self.mute = False  # heartbeats get no ACK: a connection that died unnoticed
        self.refuse_code = 0  # close every identify and resume with this code
        world.emit, world.wants = self.emit, self.wants

    # --- events out

    def wants(self, event: str, guild_id: str | None) -> bool:
        return any(True for _ in self._listeners(event, guild_id))

    def _listeners(self, event: str, guild_id: str | None) -> Iterator[Session]:
        """The sessions whose shard and intents an event is for."""
        needed = _intent(event, guild_id)
        for session in self.sessions.values():
            if (needed == 0 or session.intents & needed) and self._serves(session, guild_id):
                yield session

    def emit(self, event: str, data: Json, guild_id: str | None) -> None:
        for session in self._listeners(event, guild_id):
            self._dispatch(session, event, data)

    @staticmethod
    def _serves(session: Session, guild_id: str | None) -> bool:
        """https://discord.com/developers/docs/events/gateway#sharding; DMs go to shard 0."""
        return session.shard == ((int(guild_id) >> 22) % session.shards if guild_id else 0)

    def _dispatch(self, session: Session, event: str, data: Json) -> None:
        session.sequence += 1
        session.events.append((session.sequence, {"t": event, "d": data}))
        if session.link is not None:
            session.link.send(DISPATCH, data, event, session.sequence)

    # --- connections in

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, timeout=0.2)
        await socket.prepare(request)
        link = Link(socket, compressor(request.query.get("compress")))
        self.links.add(link)
        writer = asyncio.create_task(link.write())
        try:
            if request.query.get("v") != "10":
                await self._close(link, 4012)
            else:
                await self._talk(link)
        finally:
            self.links.discard(link)
            self._leave(link, socket.close_code)
            link.finish()
            await writer
        self._note("closed", link, code=socket.close_code)
        return socket

    async def _talk(self, link: Link) -> None:
        interval = int(self._world.settings.heartbeat_interval * 1000)
        link.send(HELLO, {"heartbeat_interval": interval})
        async for message in link.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                packet: Json = json.loads(message.data)
            except ValueError:
                await self._close(link, 4002)
                return
            await self._take(link, packet)

    async def _take(self, link: Link, packet: Json) -> None:
        op, data = packet.get("op"), packet.get("d")
        if op == HEARTBEAT:
            if not self.mute:
                link.send(ACK, None)
        elif op in (IDENTIFY, RESUME) and isinstance(data, dict):
            code = self._refusal(link, data)
            if code:
                await self._close(link, code)
            elif op == IDENTIFY:
                await self._identify(link, data)
            else:
                self._resume(link, data)
        elif link.session is None:
            await self._close(link, 4003)
        elif op == REQUEST_MEMBERS and isinstance(data, dict):
            self._chunk(link.session, data)
        elif op not in (PRESENCE, VOICE):
            await self._close(link, 4001)

    def _refusal(self, link: Link, data: Json) -> int:
        if self.refuse_code:
            return self.refuse_code
        if link.session is not None:
            return 4005
        return 0 if data.get("token") == self._world.application.token else 4004

    async def _identify(self, link: Link, data: Json) -> None:
        settings = self._world.settings
        shard, shards = data.get("shard") or [0, 1]
        intents: int = data.get("intents", -1)
        allowed = {PRIVILEGED[name] for name in settings.privileged}
        code = 0
        if not 0 <= shard < shards:
            code = 4010
        elif settings.sharding_required and shards < settings.shards:
            code = 4011
        elif not 0 <= intents < HIGHEST_INTENT:
            code = 4013
        elif any(intents & bit and bit not in allowed for bit in PRIVILEGED.values()):
            code = 4014
        if code:
            await self._close(link, code)
            return
        session = Session(id=secrets.token_hex(16), shard=shard, shards=shards, intents=intents)
        self._replace(session)
        self._join(session, link)
        self._note("identify", link, intents=intents)
        self._dispatch(session, "READY", self._ready(session))
        for guild in self._guilds(session):
            if session.intents & GUILDS and guild.available:
                create = shapes.guild_create(self._world, guild)
                self._dispatch(session, "GUILD_CREATE", create)

    def _replace(self, session: Session) -> None:
        """A new session of a shard ends the older ones that nobody is connected to."""
        for old in list(self.sessions.values()):
            if old.shard == session.shard and old.link is None:
                del self.sessions[old.id]
        self.sessions[session.id] = session

    def _join(self, session: Session, link: Link) -> None:
        session.link, link.session = link, session

    def _leave(self, link: Link, code: int | None) -> None:
        session = link.session
        if session is None or session.link is not link:
            return
        session.link = None
        if code in (1000, 1001):  # documented: the bot logs out, its session ends
            self.sessions.pop(session.id, None)

    def _guilds(self, session: Session) -> list[Guild]:
        guilds = self._world.bot_guilds()
        return [each for each in guilds if self._serves(session, each.id)]

    def _ready(self, session: Session) -> Json:
        world = self._world
        return {
            "v": 10,
            "user": shapes.me(world),
            "guilds": [{"id": each.id, "unavailable": True} for each in self._guilds(session)],
            "session_id": session.id,
            "resume_gateway_url": world.base.replace("http://", "ws://") + "/gateway",
            "shard": [session.shard, session.shards],
            "application": {"id": world.application.id, "flags": shapes.application_flags(world)},
            "private_channels": [],
            "session_type": "normal",
        }

    def _resume(self, link: Link, data: Json) -> None:
        session = self.sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        known = session is not None and isinstance(seq, int) and seq <= session.sequence
        self._note("resume", link, accepted=known)
        if session is None or not isinstance(seq, int) or not known:
            link.send(INVALID, data=False)
            return
        self._join(session, link)
        session.resumes += 1
        for number, event in session.events:
            if number > seq:
                link.send(DISPATCH, event["d"], event["t"], number)
        self._dispatch(session, "RESUMED", {})

    def _chunk(self, session: Session, data: Json) -> None:
        guild = self._world.guilds[str(data["guild_id"])]
        wanted = [str(each) for each in data.get("user_ids") or guild.members]
        people = [guild.members[each] for each in wanted if each in guild.members]
        chunk: Json = {
            "guild_id": guild.id,
            "members": [shapes.member(self._world, each) for each in people],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [each for each in wanted if each not in guild.members],
        }
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        self._dispatch(session, "GUILD_MEMBERS_CHUNK", chunk)

    # --- what a test does to connections

    async def reconnect(self) -> None:
        """Op 7 to every connection: they must come back and resume."""
        for link in self.links:
            link.send(RECONNECT, None)

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9 to every connection; not resumable, the sessions are forgotten."""
        if not resumable:
            self.sessions.clear()
        for link in self.links:
            link.send(INVALID, resumable)

    async def reset(self) -> None:
        await self.close_all(1001)
        self.sessions.clear()
        self.log.clear()
        self.mute, self.refuse_code = False, 0

    async def close_all(self, code: int) -> None:
        for link in list(self.links):
            await self._close(link, code)

    def drop(self) -> None:
        """Cut every connection without a closing frame."""
        for link in self.links:
            transport = link.socket._req.transport if link.socket._req else None
            if transport is not None:
                transport.abort()

    async def _close(self, link: Link, code: int) -> None:
        self._note("close", link, code=code)
        await link.socket.close(code=code)

    def _note(self, what: str, link: Link, **more: object) -> None:
        shard = link.session.shard if link.session else None
        self.log.append({"what": what, "shard": shard, "at": time.monotonic(), **more})


def _intent(event: str, guild_id: str | None) -> int:
    """The intents that an event needs one of; 0 for those that always come."""
    if event == "INTERACTION_CREATE":
        return 0
    if event.startswith(("MESSAGE_", "TYPING_")):
        return MESSAGES if guild_id else DIRECT
    return MEMBERS if event.startswith("GUILD_MEMBER") else GUILDS
