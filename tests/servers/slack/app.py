"""Puts the loopback Slack together: the routes, and the newsroom that every run starts with."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from aiohttp import web

from tests.servers.slack import files, response_url
from tests.servers.slack.control import Control
from tests.servers.slack.desk import Desk
from tests.servers.slack.settings import Settings
from tests.servers.slack.state import Slack
from tests.servers.slack.web_api import WebApi


def newsroom(slack: Slack, *, validate: bool = True) -> None:
    """Start again: one team with an administrator, a member and `#news`, in which the bot is."""
    slack.reset(Settings(validate=validate))
    team = slack.add_team("Newsroom")
    admin = slack.add_user(team.id, "ada", is_admin=True)
    member = slack.add_user(team.id, "ben")
    slack.add_channel(team.id, "news", members={admin.id, member.id, team.bot_user})


def build(*, validate: bool = True) -> tuple[web.Application, Desk]:
    """The application; its desk's `base` must be set once the port is known."""
    desk = Desk(Slack(Settings()))
    newsroom(desk.slack, validate=validate)
    app = web.Application(client_max_size=64 * 1024**2)
    api, control = WebApi(desk), Control(desk)

    async def answer(request: web.Request) -> web.Response:
        return await response_url.handle(request, desk)

    async def upload(request: web.Request) -> web.Response:
        return await files.receive(request, desk.uploads)

    async def download(request: web.Request) -> web.Response:
        return files.hand_out(request, desk)

    async def authorize(request: web.Request) -> web.Response:
        return consent(request, desk)

    async def restart(_: web.Request) -> web.Response:
        await desk.sockets.close()
        desk.reset()
        newsroom(desk.slack, validate=validate)
        return web.json_response({"result": None})

    async def close_sockets(_: web.Application) -> None:
        await desk.sockets.close()

    app.add_routes(
        [
            web.route("*", "/api/{method}", api.handle),
            web.get("/link/", desk.sockets.handle),
            web.post("/response/{contact}", answer),
            web.post("/upload/v1/{file}", upload),
            web.get("/files-pri/{file}/download/{name}", download),
            web.get("/oauth/v2/authorize", authorize),
            web.post("/_control/reset", restart),
            web.post("/_control/{verb}", control.handle),
        ]
    )
    app.on_shutdown.append(close_sockets)
    return app, desk


def consent(request: web.Request, desk: Desk) -> web.Response:
    """The install page, where the person always agrees: back to `redirect_uri` with a code."""
    query = request.query
    if query.get("client_id") != desk.slack.client_id or "redirect_uri" not in query:
        raise web.HTTPBadRequest(text="bad client_id or redirect_uri")
    code = secrets.token_hex(8)
    team = query.get("team") or next(iter(desk.slack.teams))
    desk.slack.codes[code] = (team, query.get("scope", ""))
    answer = urlencode({"code": code, "state": query.get("state", "")})
    raise web.HTTPFound(f"{query['redirect_uri']}?{answer}")
