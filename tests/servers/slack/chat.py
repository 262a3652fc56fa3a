"""chat.*: posting, editing and deleting, with Slack's checks in Slack's order.

chat.postMessage has no idempotency: the same call twice is two messages, as on Slack.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.servers.slack.blocks import check_message, too_long
from tests.servers.slack.call import Call, RateLimited
from tests.servers.slack.state import Channel, Message, SlackError, found

if TYPE_CHECKING:
    from tests.servers.slack.records import Json

POST_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage
# slack_sdk users meet msg_too_long in chat.update above this: seratch/ChatGPT-in-Slack#102
UPDATE_TEXT = 4_000
KEPT = (
    *("text", "blocks", "attachments", "metadata", "markdown_text", "mrkdwn", "parse"),
    *("link_names", "unfurl_links", "unfurl_media", "username", "icon_url", "icon_emoji"),
)


def post_message(call: Call) -> Json:
    call.need("chat:write")
    channel = _destination(call)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not call.is_member(channel) and "chat:write.public" not in call.token.scopes:
        raise SlackError("not_in_channel")
    thread_ts = _thread(call, channel)
    content = checked_content(call, channel, limit=POST_TEXT)
    _pace(call, channel)
    message = call.slack.post(
        channel,
        call.team.bot_user,
        content,
        via=call.method,
        bot_id=call.team.bot_id,
        thread_ts=thread_ts,
        broadcast=call.flag("reply_broadcast"),
    )
    return {"channel": channel.id, "ts": message.ts, "message": message.public()}


def post_ephemeral(call: Call) -> Json:
    call.need("chat:write")
    channel = _destination(call)
    user = call.text("user", "user_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = checked_content(call, channel, limit=POST_TEXT)
    message = call.slack.post(
        channel,
        call.team.bot_user,
        content,
        via=call.method,
        bot_id=call.team.bot_id,
        ephemeral_to=user,
    )
    call.desk.ephemeral(message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    call.need("chat:write")
    channel, message = _own_message(call, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    content = checked_content(call, channel, limit=UPDATE_TEXT)
    kept = message.content
    if "blocks" not in content and "text" not in content and "blocks" in kept:
        content["blocks"] = kept["blocks"]  # text alone takes the blocks away, other edits do not
    for key in ("text", "attachments", "metadata"):
        if key not in content and key in kept:
            content[key] = kept[key]
    call.slack.edit(message, content)
    text = content.get("text", "")
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": message.public()}


def delete(call: Call) -> Json:
    call.need("chat:write")
    channel, message = _own_message(call, "cant_delete_message")
    message.deleted_at = time.time()
    return {"channel": channel.id, "ts": message.ts}


def permalink(call: Call) -> Json:
    channel = call.channel(call.text("channel", "channel_not_found"))
    message = _message(channel, call.text("message_ts", "message_not_found"))
    link = f"{call.base}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def checked_content(call: Call, channel: Channel, *, limit: int) -> Json:
    """The message in the arguments, or the error that Slack gives; a breach is on record."""
    content = {key: call.args[key] for key in KEPT if call.args.get(key) is not None}
    has_text = bool(str(content.get("text", "") or content.get("markdown_text", "")).strip())
    if not has_text and not content.get("blocks") and not content.get("attachments"):
        raise SlackError("no_text")
    if not call.slack.settings.validate:
        return content
    try:
        check_content(content, limit)
    except SlackError as error:
        call.slack.violate(call.method, error.messages or [error.error], channel.id)
        raise
    return content


def check_content(content: Json, limit: int = POST_TEXT) -> None:
    """Raise what Slack raises for this text, these blocks, this metadata."""
    if len(str(content.get("text", ""))) > limit:
        raise SlackError("msg_too_long")
    blocks = content.get("blocks")
    if blocks is not None:
        if not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        if problems := check_message(blocks):
            raise SlackError("invalid_blocks", messages=problems)
        if too_long(blocks):
            raise SlackError("msg_blocks_too_long")
    for number, attachment in enumerate(content.get("attachments") or []):
        if problems := check_message(attachment.get("blocks") or [], f"/attachments/{number}"):
            raise SlackError("invalid_attachments", messages=problems)
    _check_metadata(content.get("metadata"))


def _check_metadata(metadata: object) -> None:
    """https://docs.slack.dev/messaging/message-metadata: a type and a flat-ish payload."""
    if metadata is None or metadata == {}:
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > 16_384:  # the figure is assumed: Slack publishes none
        raise SlackError("metadata_too_large")


def _destination(call: Call) -> Channel:
    """A channel by id, by #name, or a person's id for their direct messages."""
    name = call.text("channel", "channel_not_found")
    user = call.slack.users.get(name)
    if user is not None and user.team == call.token.team:
        return call.slack.direct_channel(call.team, user.id)
    for channel in call.slack.channels.values():
        if channel.name == name.removeprefix("#") and channel.team == call.token.team:
            return call.channel(channel.id)
    return call.channel(name)


def _thread(call: Call, channel: Channel) -> str | None:
    """The parent's ts. What Slack answers for an unknown one is not documented: assumed."""
    thread_ts = call.args.get("thread_ts")
    if not thread_ts:
        return None
    return found(channel.messages, str(thread_ts), "thread_not_found").ts


def _own_message(call: Call, error: str) -> tuple[Channel, Message]:
    channel = call.channel(call.text("channel", "channel_not_found"))
    message = _message(channel, call.text("ts", "message_not_found"))
    if message.user != call.team.bot_user:
        raise SlackError(error)
    return channel, message


def _message(channel: Channel, ts: str) -> Message:
    message = found(channel.messages, ts, "message_not_found")
    if message.deleted_at is not None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    return message


def _pace(call: Call, channel: Channel) -> None:
    """One message a second and channel, when the test switched that on."""
    interval = call.slack.settings.post_interval
    now = time.monotonic()
    wait = channel.last_post + interval - now
    if interval and wait > 0:
        raise RateLimited(wait)
    channel.last_post = now
