"""Files as slack_sdk's files_upload_v2 sends them: an upload URL, the bytes, the completion.

And as people give them: files.info, and the bytes for who has the token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers.slack.state import SlackError, found

if TYPE_CHECKING:
    from tests.servers.slack.call import Call
    from tests.servers.slack.desk import Desk
    from tests.servers.slack.records import Json


@dataclass(slots=True, kw_only=True)
class Upload:
    id: str
    name: str
    length: int
    data: bytes | None = None
    url: str = ""  # where it is said to be; "": here

    def shown(self, title: str) -> Json:
        return {"id": self.id, "name": self.name, "title": title or self.name, "size": self.length}


def upload_url(call: Call) -> Json:
    call.need("files:write")
    upload = Upload(
        id=call.slack.fresh("F"), name=call.text("filename"), length=call.number("length", 0)
    )
    if upload.length <= 0:
        raise SlackError("invalid_arguments", messages=["length must be positive"])
    call.desk.uploads[upload.id] = upload
    return {"upload_url": f"{call.base}/upload/v1/{upload.id}", "file_id": upload.id}


def complete(call: Call) -> Json:
    call.need("files:write")
    wanted = call.args.get("files") or []
    shown = []
    for item in wanted:
        upload = found(call.desk.uploads, str(item.get("id")), "file_not_found")
        if upload.data is None:
            raise SlackError("file_not_found")
        shown.append(upload.shown(str(item.get("title") or "")))
    for name in filter(
        None, str(call.args.get("channel_id") or call.args.get("channels") or "").split(",")
    ):
        channel = call.channel(name)
        if not call.is_member(channel):
            raise SlackError("not_in_channel")
        text = str(call.args.get("initial_comment") or "")
        thread_ts = call.args.get("thread_ts")
        call.slack.post(
            channel,
            call.team.bot_user,
            {"text": text, "files": shown},
            via=call.method,
            bot_id=call.team.bot_id,
            thread_ts=thread_ts,
        )
    return {"files": shown}


async def receive(request: web.Request, uploads: dict[str, Upload]) -> web.Response:
    """The bytes, POSTed raw to the upload URL; Slack answers in plain text."""
    upload = uploads.get(request.match_info["file"])
    data = await request.read()
    if upload is None or len(data) != upload.length:
        return web.Response(status=400, text="ERROR")
    upload.data = data
    return web.Response(text=f"OK - {len(data)}")


def given(desk: Desk, name: str, data: str) -> Upload:
    """A person's file, as it lies on Slack."""
    content = data.encode()
    upload = Upload(id=desk.slack.fresh("F"), name=name, length=len(content), data=content)
    desk.uploads[upload.id] = upload
    return upload


def info(call: Call) -> Json:
    call.need("files:read")
    upload = found(call.desk.uploads, call.text("file", "file_not_found"), "file_not_found")
    address = upload.url or f"{call.base}/files-pri/{upload.id}/download/{upload.name}"
    return {"file": {**upload.shown(""), "url_private": address, "url_private_download": address}}


def hand_out(request: web.Request, desk: Desk) -> web.Response:
    """The bytes; who has no token that may read files is sent to the page where people sign in."""
    upload = found(desk.uploads, request.match_info["file"], "file_not_found")
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = desk.slack.tokens.get(secret)
    if token is None or "files:read" not in token.scopes or upload.data is None:
        raise web.HTTPFound("/?redir=files-pri")
    return web.Response(body=upload.data)
