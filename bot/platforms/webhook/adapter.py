"""Posts messages as signed JSON. No edits; receivers drop repeats by the header `webhook-id`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.alert import Alert, Moved, ThreadReply
from bot.model.channel import Channel, PlatformName
from bot.model.digest import Digest, Notice
from bot.model.platform import (
    Capabilities,
    Health,
    Message,
    Payload,
    Posted,
    Probe,
    Reconciled,
    Unknown,
)
from bot.model.text import flat
from bot.platforms.webhook.render import (
    alert_json,
    digest_json,
    moved_json,
    notice_json,
    reply_json,
)
from bot.platforms.webhook.signature import signature

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)


class WebhookPlatform:
    """The platform `webhook`. A channel's id is the URL that the installation's owner wrote."""

    name = PlatformName.WEBHOOK
    capabilities = Capabilities(edit=False, threads=False, buttons=False, resend_s=math.inf)

    def __init__(self, *, secret: str, user_agent: str, now: Callable[[], datetime]) -> None:
        self._secret = secret
        self._user_agent = user_agent
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session; receivers are dialled only when there is something to say."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=_TIMEOUT,
                headers={"User-Agent": self._user_agent},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def health(self) -> Health:
        signed = "signed" if self._secret else "not signed: set webhook.secret"
        return Health(ok=True, detail=f"deliveries are {signed}")

    async def probe(self, external_id: str) -> Probe:
        if not external_id.startswith(("http://", "https://")):
            problem = f"{external_id!r} is not an http(s) URL: write the receiver's full address"
            return Probe(name="", problems=(problem,))
        return Probe(name="")

    def render(self, message: Message, *, key: str) -> Payload:
        match message:
            case Alert():
                return Payload(body=alert_json(message, key=key), text=flat(message.headline))
            case Moved():
                return Payload(body=moved_json(message, key=key), text=flat(message.line))
            case Digest():
                return Payload(body=digest_json(message, key=key), text=message.title)
            case ThreadReply():
                return Payload(body=reply_json(message, key=key), text=flat(message.line))
            case Notice():
                return Payload(body=notice_json(message, key=key), text=message.title)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        """`thread`, the id of the alert that is replied to, becomes `data.in_reply_to`."""
        if self._session is None:
            raise Retryable(channel.label, "the webhook platform is not started")
        body = json.dumps(_threaded(payload.body, thread), ensure_ascii=False).encode()
        timestamp = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(timestamp),
        }
        if self._secret:
            headers["webhook-signature"] = signature(
                self._secret, message_id=key, timestamp=timestamp, body=body
            )
        try:
            async with self._session.post(
                channel.external_id, data=body, headers=headers, allow_redirects=False
            ) as response:
                status, retry_after = response.status, response.headers.get("Retry-After", "")
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            raise Retryable(channel.label, "the receiver cannot be reached") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Ambiguous(channel.label, "the receiver's answer was lost") from error
        if not 200 <= status < 300:
            raise _refusal(channel.label, status, retry_after)
        return Posted(remote_id=key)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        raise Permanent(
            channel.label, "a webhook's message cannot be edited", failure=FailureClass.PAYLOAD
        )

    async def delete(self, channel: Channel, remote_id: str) -> None:
        raise Permanent(
            channel.label, "what a receiver has cannot be taken back", failure=FailureClass.PAYLOAD
        )

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        return Unknown(reason="a receiver cannot be asked; it drops repeats by webhook-id")


def _threaded(body: Mapping[str, Any], thread: str | None) -> Mapping[str, Any]:
    return {**body, "data": {**body["data"], "in_reply_to": thread}} if thread else body


def _refusal(channel: str, status: int, retry_after: str) -> DeliveryError:
    """A receiver's answer by class. 3xx is refused: a signed body goes only where it was sent."""
    reason = f"the receiver answered {status}"
    if status == 410:
        return Permanent(
            channel, reason, failure=FailureClass.GONE, remedy="Remove this channel, or change it."
        )
    if status in (401, 403, 404) or 300 <= status < 400:
        return Permanent(
            channel,
            reason,
            failure=FailureClass.PERMISSION,
            remedy="Check the receiver's address and its secret.",
        )
    if status in (408, 425, 429, 503):
        wish = float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else None
        return Retryable(channel, reason, retry_after=wish, too_many=status == 429)
    if status >= 500:
        return Ambiguous(channel, reason)
    return Permanent(channel, reason, failure=FailureClass.PAYLOAD)
