"""Adding the hosted app to a Slack team: to Slack's consent page, and back with a code.

    GET /slack/install -> a state, in a cookie and in Slack's address -> Slack
    GET /slack/oauth_redirect -> the same browser, the same state, once -> the team's token

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.errors import SlackApiError
from yarl import URL

from bot.platforms.slack.client import open_session, web_client
from bot.platforms.slack.failures import code_of
from bot.platforms.slack.hosted import HostedSlack
from bot.platforms.slack.scopes import ALL, missing, named, required

log = structlog.get_logger()

BEGIN, BACK = "/slack/install", "/slack/oauth_redirect"
CONSENT = URL("https://slack.com/oauth/v2/authorize")
COOKIE = "wirewatch_slack_state"
PATIENCE = timedelta(minutes=10)
MOST_STATES = 10_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Wirewatch</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>
body{{font:17px/1.5 system-ui,sans-serif;background:#f4f5f7;color:#1d1c1d;margin:0;
display:grid;place-items:center;min-height:100vh}}
main{{background:#fff;border:1px solid #dfe1e5;border-top:5px solid {accent};border-radius:12px;
padding:32px 40px;max-width:30em;margin:16px}}h1{{font-size:23px;margin:0 0 8px}}p{{margin:0 0 8px}}
code{{background:#f0f1f4;border-radius:4px;padding:2px 6px;
white-space:nowrap}}a{{color:#1264a3}}</style>
<main><h1>{title}</h1>{lines}</main></html>"""


class InstallPages:
    """`public_url` is where people's browsers reach us, e.g. https://wire.example."""

    def __init__(
        self,
        hosted: HostedSlack,
        *,
        client_id: str,
        client_secret: str,
        public_url: str,
        api_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._hosted = hosted
        self._client_id = client_id
        self._client_secret = client_secret
        self._back = public_url.rstrip("/") + BACK
        self._api_url = api_url
        self._now = now
        self._states: dict[str, datetime] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get(BEGIN, self._begin), web.get(BACK, self._return)]

    async def _begin(self, _: web.Request) -> web.Response:
        """Slack's page that asks for consent; the cookie ties the way back to this browser."""
        self._forget()
        state = secrets.token_urlsafe(24)
        self._states[state] = self._now() + PATIENCE
        asked = {
            "client_id": self._client_id,
            "scope": ",".join(ALL),
            "redirect_uri": self._back,
            "state": state,
        }
        there = web.Response(status=302, headers={"Location": str(CONSENT.with_query(asked))})
        there.headers.update(_HEADERS)
        there.set_cookie(
            COOKIE,
            state,
            max_age=int(PATIENCE.total_seconds()),
            httponly=True,
            secure=self._back.startswith("https://"),
            samesite="Lax",
            path="/slack",
        )
        return there

    async def _return(self, request: web.Request) -> web.Response:
        state, cookie = request.query.get("state", ""), request.cookies.get(COOKIE, "")
        until = self._states.pop(state, None)  # once, whatever comes of it
        tied = secrets.compare_digest(state.encode(), cookie.encode())
        if until is None or until <= self._now() or not tied:
            return _page(
                403, "That link is not good any more",
                "It works once, within ten minutes, in the browser that it began in.", BEGIN,
            )  # fmt: skip
        if request.query.get("error"):
            return _page(200, "Nothing was added", "Slack says that it was cancelled.", BEGIN)
        return await self._exchange(request.query.get("code", ""))

    async def _exchange(self, code: str) -> web.Response:
        """The code for a token. It is good once, so that nothing is tried again."""
        async with open_session() as session:
            client = web_client("", self._api_url, session)
            try:
                # Not the SDK's oauth_v2_access: aiohttp has deprecated what it authenticates with.
                given = await client.api_call(
                    "oauth.v2.access",
                    data={
                        "client_id": self._client_id,
                        "client_secret": self._client_secret,
                        "code": code,
                        "redirect_uri": self._back,
                    },
                )
            except SlackApiError as error:
                log.warning("slack refused an installation", why=code_of(error))
                return _page(400, "Slack did not confirm it", "Begin again.", BEGIN)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("slack did not answer an installation", why=type(error).__name__)
                return _page(502, "Slack does not answer", "Begin again in a minute.", BEGIN)
        team = given.get("team") or {}
        if not team.get("id") or not given.get("access_token"):
            return _page(
                400, "Only a single workspace can add Wirewatch",
                "Choose one workspace, not the whole organisation.", BEGIN,
            )  # fmt: skip
        scopes = str(given.get("scope", "")).split(",")
        if lacking := missing(scopes, required(commands=True)):
            return _page(400, "Something is missing", f"Wirewatch needs {named(lacking)}.", BEGIN)
        await self._hosted.install(
            str(team["id"]),
            name=str(team.get("name", "")),
            token=str(given["access_token"]),
            by=str((given.get("authed_user") or {}).get("id", "")),
        )
        return _page(
            200, f"Wirewatch is in {team.get('name') or 'your workspace'}",
            "Now go to Slack, open a channel and type <code>/news watch NATO</code>, or"
            " <code>/news help</code>.",
        )  # fmt: skip

    def _forget(self) -> None:
        """Those that are too old; beyond a great many, the oldest."""
        now = self._now()
        old = [state for state, until in self._states.items() if until <= now]
        for state in old or list(self._states)[: max(0, len(self._states) - MOST_STATES)]:
            del self._states[state]


def _page(status: int, title: str, line: str, again: str = "") -> web.Response:
    """`line` is ours, and may hold markup; `title` may hold a team's name."""
    link = f'<p><a href="{again}">Begin again</a></p>' if again else ""
    shown = _PAGE.format(
        accent="#d9534f" if status >= 400 else "#2ba67a",
        title=escape(title),
        lines=f"<p>{line}</p>{link}",
    )
    return web.Response(status=status, text=shown, content_type="text/html", headers=_HEADERS)
