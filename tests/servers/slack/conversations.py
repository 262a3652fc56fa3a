"""conversations.*: what the bot can see of channels and their history."""

from __future__ import annotations

import base64
import binascii
import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from tests.servers.slack.call import Call, RateLimited
from tests.servers.slack.state import Channel, Message, SlackError, found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.servers.slack.records import Json

# https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
TIERS = {"internal": (50, 999), "unlisted": (1, 15)}  # calls a minute, messages a call
TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im"}


def info(call: Call) -> Json:
    return {"channel": shown(call, call.readable("read"))}


def listing(call: Call) -> Json:
    kinds = str(call.args.get("types") or "public_channel").split(",")
    families = [TYPES.get(kind.strip(), "mpim") for kind in kinds]
    for family in families:
        call.need(f"{family}:read")
    skip_archived = call.flag("exclude_archived")
    visible = [
        channel
        for channel in call.slack.channels.values()
        if channel.team == call.token.team
        and channel.family in families
        and not channel.deleted
        and not (skip_archived and channel.is_archived)
        and (channel.family == "channels" or call.is_member(channel))
    ]
    limit = min(call.number("limit", 100), 1000)
    start = _cursor(call)
    page = visible[start : start + limit]
    onward = start + limit if start + limit < len(visible) else None
    return {"channels": [shown(call, channel) for channel in page], **_metadata(onward)}


def history(call: Call) -> Json:
    channel = call.readable("history")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    limit = _tiered_limit(call)
    top = [
        message
        for message in reversed(channel.messages.values())
        if _alive(message) and (message.thread_ts in (None, message.ts) or message.broadcast)
    ]
    page, onward = _window(call, top, limit)
    metadata = call.flag("include_all_metadata")
    messages = [_with_thread(channel, message, metadata=metadata) for message in page]
    return {
        "messages": messages,
        "has_more": onward is not None,
        "pin_count": 0,
        **_metadata(onward),
    }


def replies(call: Call) -> Json:
    channel = call.readable("history")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    limit = _tiered_limit(call)
    parent = found(channel.messages, call.text("ts", "thread_not_found"), "thread_not_found")
    if not _alive(parent):
        raise SlackError("thread_not_found")
    children = channel.threads.get(parent.ts, [])
    thread = [parent, *(message for message in children if _alive(message))]
    page, onward = _window(call, thread, limit)
    metadata = call.flag("include_all_metadata")
    messages = [_with_thread(channel, message, metadata=metadata) for message in page]
    return {"messages": messages, "has_more": onward is not None, **_metadata(onward)}


def join(call: Call) -> Json:
    call.need("channels:join")
    channel = call.channel(call.text("channel", "channel_not_found"))
    if channel.family != "channels":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    already = call.is_member(channel)
    channel.members.add(call.team.bot_user)
    warned: Json = {"warning": "already_in_channel"} if already else {}
    return {"channel": shown(call, channel), **warned}


def members(call: Call) -> Json:
    channel = call.readable("read")
    everyone = sorted(channel.members)
    limit, start = call.number("limit", 100), _cursor(call)
    onward = start + limit if start + limit < len(everyone) else None
    return {"members": everyone[start : start + limit], **_metadata(onward)}


def open_direct(call: Call) -> Json:
    call.need("im:write")
    user = found(call.slack.users, call.text("users").split(",")[0], "user_not_found")
    if user.team != call.token.team:
        raise SlackError("user_not_found")
    return {"channel": {"id": call.slack.direct_channel(call.team, user.id).id}}


def shown(call: Call, channel: Channel) -> Json:
    """A conversation object. https://docs.slack.dev/reference/objects/conversation-object"""
    common: Json = {
        "id": channel.id,
        "context_team_id": channel.team,
        "is_archived": channel.is_archived,
        "is_im": bool(channel.im_with),
        "is_member": call.is_member(channel),
    }
    if channel.im_with:
        return {**common, "user": channel.im_with}
    private = channel.is_private
    names = {"name": channel.name, "name_normalized": channel.name}
    kinds = {"is_channel": not private, "is_group": private, "is_private": private}
    return {**common, **names, **kinds, "num_members": len(channel.members)}


def _alive(message: Message) -> bool:
    return message.deleted_at is None and message.ephemeral_to is None


def _with_thread(channel: Channel, message: Message, *, metadata: bool) -> Json:
    body = message.public(metadata=metadata)
    if message.thread_ts is None:
        children = [other for other in channel.threads.get(message.ts, []) if _alive(other)]
        if children:
            body |= {"thread_ts": message.ts, "reply_count": len(children)}
            body["latest_reply"] = children[-1].ts
    return body


def _tiered_limit(call: Call) -> int:
    """How many messages this call may return; raises RateLimited when the tier is used up."""
    tier = TIERS.get(call.slack.settings.history_tier)
    if tier is None:
        return max(1, min(call.number("limit", 100), 999))
    per_minute, largest = tier
    now = time.monotonic()
    calls = call.desk.history_calls.setdefault((call.method, call.token.value), [])
    calls[:] = [at for at in calls if at > now - 60]
    if len(calls) >= per_minute:
        raise RateLimited(calls[0] + 60 - now)
    calls.append(now)
    return max(1, min(call.number("limit", largest), largest))


def _window(
    call: Call, messages: Sequence[Message], limit: int
) -> tuple[list[Message], int | None]:
    """The page between `oldest` and `latest`, and where the next one starts."""
    oldest, latest = _bound(call, "oldest"), _bound(call, "latest")
    inclusive = call.flag("inclusive")
    inside = [message for message in messages if _within(message.ts, oldest, latest, inclusive)]
    start = _cursor(call)
    onward = start + limit if start + limit < len(inside) else None
    return inside[start : start + limit], onward


def _within(ts: str, oldest: Decimal | None, latest: Decimal | None, inclusive: bool) -> bool:
    at = Decimal(ts)
    if at in (oldest, latest):
        return inclusive
    return (oldest is None or at > oldest) and (latest is None or at < latest)


def _bound(call: Call, key: str) -> Decimal | None:
    value = call.args.get(key)
    if value in (None, "", "0", 0, "now"):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise SlackError(f"invalid_ts_{key}") from None


def _cursor(call: Call) -> int:
    """Cursors are opaque: the position, in base64."""
    cursor = str(call.args.get("cursor") or "")
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None


def _metadata(onward: int | None) -> Json:
    cursor = "" if onward is None else base64.b64encode(f"next:{onward}".encode()).decode()
    return {"response_metadata": {"next_cursor": cursor}}
