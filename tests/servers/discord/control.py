"""`/_control/{verb}`: how a test arranges the world, reads the logs and plays the people.

Every verb takes and gives JSON; `tests.servers.discord_client` is its typed side.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from tests.servers.discord import drafts
from tests.servers.discord.arrange import Arrange
from tests.servers.discord.channels import Channels
from tests.servers.discord.faults import Fault, Faults
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.interactions import Interaction, Interactions
from tests.servers.discord.messages import Messages
from tests.servers.discord.people import People, settle
from tests.servers.discord.permissions import in_channel
from tests.servers.discord.records import Impossible, Json, Refused
from tests.servers.discord.state import World

Verb = Callable[[Json], object | Awaitable[object]]


class Control:
    def __init__(
        self,
        world: World,
        gateway: Gateway,
        faults: Faults,
        messages: Messages,
        channels: Channels,
        interactions: Interactions,
        *,
        document: bool,
    ) -> None:
        self._world, self._gateway, self._faults = world, gateway, faults
        self._messages, self._channels, self._interactions = messages, channels, interactions
        self.document = document
        self._people = People(world, interactions)
        self._verbs: dict[str, Verb] = {
            "info": self.info,
            "settings": self.settings,
            "ledger": self.ledger,
            "stats": self.stats,
            "requests": self.requests,
            "violations": self.violations,
            "forget": self.forget,
            "commands": self.commands,
            "say": self.say,
            "fault": self.fault,
            "faults": self.faults,
            "gateway": self.gateway,
            "slash": self.slash,
            "menu": self.menu,
            "autocomplete": self.autocomplete,
            "press": self.press,
            "submit": self.submit,
            "exchange": self.exchange,
            **Arrange(world, channels, messages).verbs(),
        }

    async def handle(self, request: web.Request) -> web.Response:
        order: Json = json.loads(await request.text() or "{}")
        try:
            result = await self.obey(request.match_info["verb"], order)
        except (Impossible, Refused, LookupError, ValueError, TypeError) as error:
            text = f"{type(error).__name__}: {error}"
            return web.json_response({"error": text}, status=400)
        return web.json_response({"result": result})

    async def obey(self, verb: str, order: Json) -> object:
        if verb not in self._verbs:
            raise ValueError(f"no such verb: {verb}")
        result = self._verbs[verb](order)
        return await result if isinstance(result, Awaitable) else result

    # --- the records

    def info(self, _: Json) -> Json:
        world = self._world
        return {
            "token": world.application.token,
            "application": world.application.id,
            "document": self.document,
            "users": {each.name: each.id for each in world.users.values()},
            "guilds": [
                {
                    "id": guild.id,
                    "name": guild.name,
                    "owner": guild.owner_id,
                    "channels": {
                        world.channels[each].name: each
                        for each in guild.channels
                        if not world.channels[each].deleted
                    },
                }
                for guild in world.guilds.values()
            ],
        }

    def settings(self, order: Json) -> Json:
        self._world.settings.change(order)
        return asdict(self._world.settings)

    def ledger(self, order: Json) -> list[Json]:
        """The messages of one channel, or of all, deleted ones too, in the order they came."""
        channel = order.get("channel")
        places = [self._world.channels[channel]] if channel else self._world.channels.values()
        found = [message for place in places for message in place.messages.values()]
        return [each.entry() for each in sorted(found, key=lambda each: int(each.id))]

    def stats(self, _: Json) -> Json:
        """Counts only: cheap after a benchmark's thousands of posts."""
        world = self._world
        every = [
            each
            for place in world.channels.values()
            for each in place.messages.values()
            if not each.ephemeral
        ]
        invalid = sum(each.status in (401, 403, 429) for each in world.requests)
        return {
            "messages": sum(each.via == "bot" for each in every),
            "edits": sum(len(each.edits) for each in every),
            "repeats": sum(each.repeats for each in every),
            "deleted": sum(each.deleted_at is not None for each in every),
            "by_channel": Counter(each.channel_id for each in every),
            "requests": len(world.requests),
            "statuses": Counter(str(each.status) for each in world.requests),
            "invalid_requests": invalid,  # Discord bans for 10,000 of these in 10 minutes
            "command_writes": len(world.command_writes),
            "violations": len(world.violations),
        }

    def requests(self, order: Json) -> list[Json]:
        method, route = order.get("method"), order.get("route")
        return [
            asdict(each)
            for each in self._world.requests
            if method in (None, each.method) and route in (None, each.route)
        ]

    def violations(self, _: Json) -> list[Json]:
        return [asdict(each) for each in self._world.violations]

    def forget(self, _: Json) -> None:
        """Empty the request log and the violations; everything else stays."""
        self._world.requests.clear()
        self._world.violations.clear()

    def commands(self, order: Json) -> Json:
        guild_id = order.get("guild")
        return {
            "commands": self._world.commands.get(guild_id, []),
            "writes": self._world.command_writes.count(guild_id),
        }

    def fault(self, order: Json) -> None:
        self._faults.waiting.append(Fault(**order))

    def faults(self, order: Json) -> list[Json]:
        """Those still waiting; with `clear`, none are after this."""
        waiting = [asdict(each) for each in self._faults.waiting]
        if order.get("clear"):
            self._faults.waiting.clear()
        return waiting

    # --- the gateway

    async def gateway(self, order: Json) -> Json:
        """Do one action to every connection, or none; then tell the gateway's state."""
        gateway = self._gateway
        match order.get("action", ""):
            case "reconnect":
                await gateway.reconnect()
            case "invalidate":
                await gateway.invalidate(resumable=order["resumable"])
            case "close":
                await gateway.close_all(order["code"])
            case "drop":
                gateway.drop()
            case "refuse":
                gateway.refuse_code = order["code"]
            case "mute":
                gateway.mute = order["on"]
            case "send":
                gateway.emit(order["event"], order["data"], order.get("guild"))
            case "":
                pass
            case other:
                raise ValueError(f"no such action: {other}")
        return {
            "open": len(gateway.links),
            "sessions": [
                {
                    "id": each.id,
                    "shard": [each.shard, each.shards],
                    "intents": each.intents,
                    "sequence": each.sequence,
                    "connected": each.link is not None,
                    "resumes": each.resumes,
                }
                for each in gateway.sessions.values()
            ],
            "log": gateway.log,
        }

    # --- the people

    def say(self, order: Json) -> str:
        """A person posts; the id of their message."""
        world, channel = self._world, self._world.channel(order["channel"])
        message = drafts.post(
            world,
            channel,
            {"content": order["content"]},
            author_id=order["user"],
            allowed=in_channel(world, channel, order["user"]),
            via="person",
        )
        self._messages.announce("MESSAGE_CREATE", channel, message)
        return message.id

    async def menu(self, order: Json) -> Json:
        return await self._settled(self._people.menu(order), order)

    async def slash(self, order: Json) -> Json:
        return await self._settled(self._people.slash(order), order)

    async def autocomplete(self, order: Json) -> Json:
        return await self._settled(self._people.autocomplete(order), order)

    async def press(self, order: Json) -> Json:
        return await self._settled(self._people.press(order), order)

    async def submit(self, order: Json) -> Json:
        return await self._settled(self._people.submit(order), order)

    async def exchange(self, order: Json) -> Json:
        return await self._settled(self._interactions.by_id[order["id"]], order)

    async def _settled(self, interaction: Interaction, order: Json) -> Json:
        await settle(
            interaction, messages=order.get("messages", 0), seconds=order.get("seconds", 3.0)
        )
        return interaction.exchange()
