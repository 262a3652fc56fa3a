"""Carries an interaction or event to the app, by Socket Mode or signed HTTP, and its ack back."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.chat import check_content
from tests.servers.slack.signing import sign
from tests.servers.slack.state import SlackError
from tests.servers.slack.views import checked_view, replace_body, show

if TYPE_CHECKING:
    from tests.servers.slack.desk import Contact, Desk
    from tests.servers.slack.records import Json

ANSWERABLE = {"slash_commands", "interactive"}


class Courier:
    """`via` is None for Socket Mode, or the orders of `slack_client.SignedHttp`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def deliver(
        self, contact: Contact, kind: str, payload: Json, via: Json | None = None
    ) -> None:
        """Send it, fill in what came back, and do what the ack asks for."""
        contact.payload = payload
        if via is None:
            ack = await self.desk.sockets.deliver(kind, payload, answerable=kind in ANSWERABLE)
            contact.acked, contact.ack_seconds = ack.acked, ack.seconds
            contact.ack_body, contact.attempts = ack.body, ack.attempts
        else:
            await self._by_http(contact, kind, payload, via)
        if contact.acked:
            self._carry_out(contact, payload)

    async def _by_http(self, contact: Contact, kind: str, payload: Json, via: Json) -> None:
        settings = self.desk.slack.settings
        retries = settings.redeliveries if kind in settings.redeliver else 0
        timeout = aiohttp.ClientTimeout(total=settings.ack_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for attempt in range(1 + retries):
                contact.attempts = attempt + 1
                await self._post(session, contact, kind, payload, via, attempt)
                if contact.acked:
                    return

    async def _post(
        self,
        session: aiohttp.ClientSession,
        contact: Contact,
        kind: str,
        payload: Json,
        via: Json,
        attempt: int,
    ) -> None:
        content_type, body = encode(kind, payload)
        headers = {"Content-Type": content_type, **self._signed(body, via)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"}
        sent = time.monotonic()
        try:
            async with session.post(via["url"], data=body, headers=headers) as answer:
                contact.status, contact.body = answer.status, await answer.text()
                is_json = answer.content_type == "application/json"
        except (aiohttp.ClientError, TimeoutError):
            return
        contact.acked = contact.status == 200
        contact.ack_seconds = time.monotonic() - sent
        if contact.acked and contact.body:
            text = contact.body
            contact.ack_body = json.loads(text) if is_json else {"text": text}

    def _signed(self, body: str, via: Json) -> dict[str, str]:
        """The signature headers; `timestamp` and `signature` in the orders forge them."""
        now = str(int(time.time() + via.get("offset", 0)))
        timestamp = via.get("timestamp")
        timestamp = now if timestamp is None else timestamp
        secret = via.get("secret") or self.desk.slack.signing_secret
        signature = via.get("signature")
        signature = sign(secret, timestamp, body) if signature is None else signature
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}

    def _carry_out(self, contact: Contact, payload: Json) -> None:
        """Do what the ack's body asks Slack to do; what Slack could not do is a violation."""
        body = contact.ack_body
        try:
            if body and contact.kind == "slash":
                self._answer(contact, body)
            elif contact.kind == "view_submission":
                self._after_submission(contact, payload, body)
            elif body and contact.kind != "event":
                self.desk.slack.violate("ack", [f"a {contact.kind} ack takes no body"])
        except SlackError as error:
            self.desk.slack.violate("ack", error.messages or [error.error])

    def _answer(self, contact: Contact, body: Json) -> None:
        if self.desk.slack.settings.validate:
            check_content(body)
        say(self.desk, contact, body, via="ack")

    def _after_submission(self, contact: Contact, payload: Json, body: Json) -> None:
        view = self.desk.views[payload["view"]["id"]]
        action = body.get("response_action")
        if action is None or action == "clear":
            for other in self.desk.views.values():
                if other.id == view.id or (action == "clear" and other.root == view.root):
                    other.closed = True
        elif action == "errors":
            known = {b["block_id"] for b in view.body["blocks"] if b["type"] == "input"}
            unknown = set(body.get("errors") or {}) - known
            if unknown or not body.get("errors"):
                raise SlackError(f"errors name no input block: {', '.join(sorted(unknown))}")
            contact.add("errors", {"errors": body["errors"], "text": text_of(body["errors"])})
        elif action in ("update", "push"):
            shown = checked_view(self.desk, body.get("view"), "ack", "modal")
            if action == "update":
                replace_body(self.desk, view, shown)
                self.desk.opened(contact, view)
            else:
                show(self.desk, contact, shown, above=view)
        else:
            raise SlackError(f"no such response_action: {action}")


def text_of(errors: Json) -> str:
    return "\n".join(str(message) for message in errors.values())


def encode(kind: str, payload: Json) -> tuple[str, str]:
    """Content type and body: events are JSON, commands a form, the rest a form around JSON."""
    if kind == "events_api":
        return "application/json", json.dumps(payload)
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return "application/x-www-form-urlencoded", urlencode(form)


def say(desk: Desk, contact: Contact, body: Json, *, via: str) -> None:
    """Post an answer that needs no token: to the person alone, or to all in the channel."""
    team = desk.slack.teams[contact.team]
    channel = desk.slack.channels[contact.channel]
    everyone = body.get("response_type") == "in_channel"
    content = {k: body[k] for k in ("text", "blocks", "attachments", "metadata") if body.get(k)}
    message = desk.slack.post(
        channel,
        team.bot_user,
        content,
        via=via,
        bot_id=team.bot_id,
        thread_ts=body.get("thread_ts"),
        ephemeral_to=None if everyone else contact.user,
    )
    contact.add(via, message.content, ts=message.ts, in_channel=everyone)
