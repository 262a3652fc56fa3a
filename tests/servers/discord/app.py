"""Puts the loopback Discord together: the routes, and the newsroom every run starts with."""

from __future__ import annotations

from aiohttp import web

from tests.servers.discord import spec as openapi
from tests.servers.discord.accounts import Accounts
from tests.servers.discord.channels import Channels
from tests.servers.discord.control import Control
from tests.servers.discord.faults import Faults
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.interactions import Interactions
from tests.servers.discord.messages import Messages
from tests.servers.discord.rest import Rest
from tests.servers.discord.state import Channel, Member, Settings, World

TOKEN = "loopback.discord.token"


def newsroom(*, validate: bool = True) -> World:
    world = World(TOKEN, Settings(validate=validate))
    furnish(world)
    return world


def furnish(world: World) -> None:
    """One guild with its owner ada, a member, ben, and `#news`, in which the bot is."""
    guild = world.add_guild("Newsroom", world.application.owner_id)
    ben = world.add_user("ben")
    guild.members[ben.id] = Member(user_id=ben.id)
    world.add_channel(Channel(id=world.snowflakes.next(), type=0, name="news", guild_id=guild.id))


def build(world: World) -> tuple[web.Application, Control]:
    """The application; `world.base` must be set once the port is known."""
    path = openapi.find() if world.settings.validate else None
    spec = openapi.Spec(path) if path else None
    faults, gateway = Faults(), Gateway(world)
    rest = Rest(world, faults, spec)
    messages = Messages(world)
    channels, interactions = Channels(world, messages), Interactions(world, messages)
    control = Control(
        world, gateway, faults, messages, channels, interactions, document=spec is not None
    )
    app = web.Application(client_max_size=64 * 1024**2)

    async def file(request: web.Request) -> web.Response:
        found = world.files.get(request.match_info["file"])
        if found is None:
            raise web.HTTPNotFound
        kind, content = found
        return web.Response(body=content, headers={"Content-Type": kind})

    async def restart(_: web.Request) -> web.Response:
        """As new, for the next test that shares this process."""
        await gateway.reset()
        rest.reset()
        interactions.reset()
        faults.waiting.clear()
        world.reset(TOKEN, Settings(validate=world.settings.validate))
        furnish(world)
        return web.json_response({"result": None})

    async def close(_: web.Application) -> None:
        rest.reset()
        await gateway.close_all(1001)

    endpoints = [
        *messages.endpoints(),  # first: the hot routes
        *interactions.endpoints(),
        *channels.endpoints(),
        *Accounts(world).endpoints(),
    ]
    app.add_routes(rest.routes(endpoints))
    app.add_routes(
        [
            web.get("/gateway", gateway.handle),
            web.get("/gateway/", gateway.handle),
            web.get("/attachments/{channel}/{file}/{name}", file),
            web.post("/_control/reset", restart),
            web.post("/_control/{verb}", control.handle),
        ]
    )
    app.on_shutdown.append(close)
    return app, control
