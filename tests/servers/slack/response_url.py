"""response_url: five posts within thirty minutes, to answer, replace or delete a message.

https://docs.slack.dev/interactivity/handling-user-interaction. How it words a refusal of blocks is
not documented: 400 `invalid_blocks` is assumed.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers.slack.chat import check_content
from tests.servers.slack.courier import say
from tests.servers.slack.records import Json, Request
from tests.servers.slack.state import Message, SlackError
from tests.servers.slack.web_api import Answer, apply_fault

if TYPE_CHECKING:
    from tests.servers.slack.desk import Contact, Desk


async def handle(request: web.Request, desk: Desk) -> web.Response:
    arrived = time.time()
    body: Json = json.loads(await request.text())
    contact = desk.contacts.get(request.match_info["contact"])

    def work() -> Answer:
        try:
            answer(desk, contact, body)
        except SlackError as error:
            status = 404 if error.error.endswith("_url") else 400
            desk.slack.violate("response_url", error.messages or [error.error])
            return Answer(status=status, body={"ok": False, "error": error.error})
        return Answer(body={"ok": True})

    done = await apply_fault(desk.faults, "response_url", work)
    error = str((done.body or {}).get("error", ""))
    desk.slack.requests.append(
        Request(method="response_url", args=body, status=done.status, error=error, at=arrived)
    )
    if done.status == 0:
        if request.transport is not None:
            request.transport.close()
        return web.Response()
    if done.status == 200:
        return web.Response(text="ok")
    headers = {"Retry-After": str(done.retry_after)} if done.retry_after else {}
    return web.json_response(done.body or {}, status=done.status, headers=headers)


def answer(desk: Desk, contact: Contact | None, body: Json) -> None:
    """Use the URL once."""
    settings = desk.slack.settings
    if contact is None or time.monotonic() - contact.started > settings.response_url_seconds:
        raise SlackError("expired_url")
    if contact.url_uses >= settings.response_url_uses:
        raise SlackError("used_url")
    original = _original(desk, contact)
    if body.get("delete_original"):
        contact.url_uses += 1
        if original is not None:
            original.deleted_at = time.time()
        contact.add("response_url", {"delete_original": True})
        return
    if not body.get("text") and not body.get("blocks") and not body.get("attachments"):
        raise SlackError("no_text")
    if settings.validate:
        check_response(body)
    contact.url_uses += 1
    if body.get("replace_original") and original is not None:
        content = {k: body[k] for k in ("text", "blocks", "attachments") if body.get(k)}
        if original.content.get("metadata"):
            content["metadata"] = original.content["metadata"]
        desk.slack.edit(original, content)
        contact.add("response_url", original.content, ts=original.ts)
        return
    say(desk, contact, body, via="response_url")


def check_response(body: Json) -> None:
    """The limits of a message, except the total: msg_blocks_too_long is chat.postMessage's."""
    try:
        check_content(body)
    except SlackError as error:
        if error.error != "msg_blocks_too_long":
            raise


def _original(desk: Desk, contact: Contact) -> Message | None:
    """The message whose button was pressed; a slash command has none."""
    if not contact.message_ts:
        return None
    return desk.slack.channels[contact.channel].messages.get(contact.message_ts)
