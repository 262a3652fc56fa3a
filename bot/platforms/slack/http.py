"""Slack's requests by HTTP: commands, buttons, forms and events of every team that installed us.

    POST -> genuine? -> whose team is it? -> that team's listeners

A request that was taken before is answered and does nothing, one that is not Slack's gets a 401.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import SettingsError
from bot.platforms.slack.hosted import HostedSlack
from bot.platforms.slack.signature import Judged, Signatures

log = structlog.get_logger()
PATH = "/slack/events"


class EventPages:
    """One address for all that Slack sends."""

    def __init__(
        self, hosted: HostedSlack, *, signing_secret: str, now: Callable[[], datetime]
    ) -> None:
        self._hosted = hosted
        self._signatures = Signatures(signing_secret)
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        judged = self._signatures.judge(request.headers, body, now=self._now())
        if judged is Judged.REFUSED:
            return web.Response(status=401)
        if judged is Judged.TAKEN:
            return web.Response(status=200)
        said = read_body(body)
        if said.get("type") == "url_verification":
            return web.Response(text=str(said.get("challenge", ""))[:4096])
        team = team_of(said)
        asked = AsyncBoltRequest(
            body=body.decode("utf-8", "replace"),
            headers={name.lower(): [value] for name, value in request.headers.items()},
        )
        try:
            answer = await self._hosted.answer(team, asked) if team else None
        except SettingsError as error:
            # Its token is refused, or Slack is not to be reached: Slack sends events once more.
            log.warning("a slack team cannot be served", team=team, why=str(error))
            return web.Response(status=503)
        if answer is None:
            return web.Response(status=200)  # somebody else's, or an echo of who left
        return web.Response(
            status=answer.status,
            text=answer.body or "",
            content_type=answer.first_headers().get("content-type", "text/plain").split(";")[0],
        )


def read_body(body: bytes) -> dict[str, Any]:
    """JSON, a form with JSON in `payload`, or a form; {} for anything else."""
    text = body.decode("utf-8", "replace")
    try:
        if text.lstrip().startswith("{"):
            said = json.loads(text)
        else:
            form = {name: values[0] for name, values in parse_qs(text).items()}
            said = json.loads(form["payload"]) if "payload" in form else form
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def team_of(said: dict[str, Any]) -> str:
    """The team that installed us, of whose channel this is: an event of a shared channel names it
    as its authorization, and other teams elsewhere."""
    authorized = said.get("authorizations")
    if isinstance(authorized, list) and authorized and isinstance(authorized[0], dict):
        return str(authorized[0].get("team_id") or "")
    team = said.get("team")
    if isinstance(team, dict):
        return str(team.get("id") or "")
    return str(said.get("team_id") or "")
