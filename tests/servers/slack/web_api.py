"""The Web API's front door: arguments, tokens, faults, the request log, Slack's error shapes.

What each method does is in the method modules; `METHODS` lists them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers.slack import account, chat, conversations, files, views
from tests.servers.slack.call import Call, RateLimited
from tests.servers.slack.records import Json, Request
from tests.servers.slack.state import Slack, SlackError, Token, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.slack.desk import Desk
    from tests.servers.slack.faults import Faults

HTML = "<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>"
# Arguments that slack_sdk sends as JSON text when a call is form- or query-encoded.
STRUCTURED = ("blocks", "attachments", "metadata", "view", "files")

METHODS: dict[str, Callable[[Call], Json]] = {
    "apps.connections.open": account.open_connection,
    "auth.test": account.auth_test,
    "oauth.v2.access": account.oauth_access,
    "team.info": account.team_info,
    "users.info": account.user_info,
    "usergroups.list": account.user_groups,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.getPermalink": chat.permalink,
    "conversations.info": conversations.info,
    "conversations.list": conversations.listing,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "conversations.join": conversations.join,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_direct,
    "files.info": files.info,
    "files.getUploadURLExternal": files.upload_url,
    "files.completeUploadExternal": files.complete,
    "views.open": views.open_view,
    "views.push": views.push,
    "views.update": views.update,
    "views.publish": views.publish,
}
WITHOUT_TOKEN = {"oauth.v2.access"}
APP_TOKEN_ONLY = {"apps.connections.open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` 0 drops the connection."""

    status: int = 200
    body: Json | None = None  # none: an HTML page, sent as `content_type`
    content_type: str = "text/html"
    retry_after: int = 0

    @property
    def error(self) -> str:
        return str((self.body or {}).get("error", "")) if self.status == 200 else str(self.status)


class WebApi:
    """Handles `/api/{method}`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def slack(self) -> Slack:
        return self.desk.slack

    async def handle(self, request: web.Request) -> web.Response:
        arrived = time.time()
        method = request.match_info["method"]
        args = await arguments(request)
        secret = bearer(request, args)
        token = self.slack.tokens.get(secret)

        def work() -> Answer:
            return self._run(method, args, secret, token)

        answer = await apply_fault(self.desk.faults, method, work)
        if self.slack.settings.validate:
            team = token.team if token else ""
            self.slack.requests.append(
                Request(
                    method=method,
                    args=args,
                    status=answer.status,
                    error=answer.error,
                    at=arrived,
                    team=team,
                )
            )
        return respond(request, answer, token)

    def _run(self, method: str, args: Json, secret: str, token: Token | None) -> Answer:
        try:
            handler = found(METHODS, method, "unknown_method")
            granted = admit(method, secret, token)
            body = handler(Call(method=method, args=args, token=granted, desk=self.desk))
        except RateLimited as limited:
            return rate_limited(limited.seconds)
        except SlackError as error:
            return Answer(body=refusal(error))
        return Answer(body={"ok": True, **body})


def admit(method: str, secret: str, token: Token | None) -> Token:
    """The token that may call this method, or Slack's reason why not."""
    if method in WITHOUT_TOKEN:
        return Token(value="", kind="none", team="", scopes=set())
    if not secret:
        raise SlackError("not_authed")
    if token is None:
        raise SlackError("invalid_auth")
    if token.error:
        raise SlackError(token.error)
    if (token.kind == "app") != (method in APP_TOKEN_ONLY):
        raise SlackError("not_allowed_token_type")
    return token


async def arguments(request: web.Request) -> Json:
    """The call's arguments, from the query, the form or the JSON body: slack_sdk uses all three."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        args |= json.loads(body) if body else {}
    elif request.can_read_body:
        args |= {key: str(value) for key, value in (await request.post()).items()}
    for key in STRUCTURED:
        if isinstance(args.get(key), str):
            args[key] = parsed(args[key])
    return args


def parsed(text: str) -> object:
    """The JSON in `text`, or the text itself for the method to refuse."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def bearer(request: web.Request, args: Json) -> str:
    """The token, taken out of the arguments so that the log does not hold it."""
    argument = str(args.pop("token", ""))
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        client_id, _, client_secret = base64.b64decode(header[6:]).decode().partition(":")
        args |= {"client_id": client_id, "client_secret": client_secret}
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else argument


async def apply_fault(faults: Faults, method: str, work: Callable[[], Answer]) -> Answer:
    """Do the work, or fail as asked; a late commit happens after the answer is gone."""
    fault = faults.take(method)
    if fault is None:
        return work()
    if fault.delay:
        generation = faults.generation
        await asyncio.sleep(fault.delay)
        if faults.generation != generation:  # the world it was for is no more
            return Answer(status=0)
    if fault.answer == "normal":
        return work()
    if fault.commit == "yes":
        work()
    elif fault.commit == "late":
        faults.late.append(asyncio.get_running_loop().call_later(fault.late, work))
    match fault.answer:
        case "drop":
            return Answer(status=0)
        case "html":
            return Answer(status=fault.status, content_type=fault.content_type)
        case "ratelimited":
            return rate_limited(fault.retry_after)
        case _:
            return Answer(body={"ok": False, "error": fault.error})


def rate_limited(seconds: float) -> Answer:
    body: Json = {"ok": False, "error": "ratelimited"}
    return Answer(status=429, body=body, retry_after=max(1, math.ceil(seconds)))


def refusal(error: SlackError) -> Json:
    body: Json = {"ok": False, "error": error.error, **error.extra}
    if error.messages:
        body["errors"] = error.messages
        body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in error.messages]}
    return body


def respond(request: web.Request, answer: Answer, token: Token | None) -> web.Response:
    """The HTTP answer; a dropped connection is closed before a byte of it leaves."""
    if answer.status == 0:
        if request.transport is not None:
            request.transport.close()
        return web.Response()
    headers = {}
    if token is not None:
        headers["x-oauth-scopes"] = ",".join(sorted(token.scopes))
    if answer.retry_after:
        headers["Retry-After"] = str(answer.retry_after)
    if answer.body is None:
        return web.Response(
            status=answer.status, text=HTML, content_type=answer.content_type, headers=headers
        )
    return web.json_response(answer.body, status=answer.status, headers=headers)
