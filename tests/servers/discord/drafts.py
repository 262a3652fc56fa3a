"""From a posted body to a stored message: what create, edits and interactions have in common."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.servers.discord import mentions, rules, shapes
from tests.servers.discord.components import Shower
from tests.servers.discord.records import Json, iso_now
from tests.servers.discord.state import Channel, Edit, Message, World

if TYPE_CHECKING:
    from tests.servers.discord.call import Upload

# SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2: what a bot may set on its messages
SETTABLE_FLAGS = 1 << 2 | 1 << 12 | rules.IS_V2


def post(
    world: World,
    channel: Channel,
    body: Json,
    *,
    author_id: str,
    allowed: int,
    via: str = "bot",
    files: dict[str, Upload] | None = None,
    more: Json | None = None,
    ephemeral: bool = False,
    message_id: str = "",
) -> Message:
    """Store `body`, which was checked before, as a new message; `more` goes over its wire form."""
    message_id = message_id or world.snowflakes.next()
    found = mentions.read(world, channel, body, allowed)
    attachments = _attach(world, channel, body, files or {})
    wire: Json = {
        "id": message_id,
        "channel_id": channel.id,
        "type": 19 if body.get("message_reference") else 0,
        "author": shapes.user(world.users[author_id]),
        "content": body.get("content") or "",
        "timestamp": iso_now(),
        "edited_timestamp": None,
        "mention_everyone": bool(found.everyone),
        "mentions": [shapes.user(world.users[each]) for each in found.users],
        "mention_roles": found.roles,
        "attachments": attachments,
        "embeds": [_embed(embed) for embed in body.get("embeds") or ()],
        "components": _components(world, body, attachments),
        "flags": (body.get("flags") or 0) & SETTABLE_FLAGS | (rules.EPHEMERAL if ephemeral else 0),
        "pinned": False,
        "tts": bool(body.get("tts")),
    }
    wire |= _reference(channel, body) | (more or {})
    message = Message(
        id=message_id,
        channel_id=channel.id,
        author_id=author_id,
        wire=wire,
        payload=body,
        via=via,
        nonce=None if body.get("nonce") is None else str(body["nonce"]),
        pings=[] if ephemeral else found.pings(),
        ephemeral=ephemeral,
    )
    channel.messages[message_id] = message
    if not ephemeral:
        channel.last_message_id = message_id
        channel.archived = False  # posting into an archived thread opens it again
    return message


def edit(
    world: World,
    message: Message,
    body: Json,
    *,
    at: float,
    files: dict[str, Upload] | None = None,
    fill: bool = False,
) -> None:
    """Change what `body` names and leave the rest. Nobody is pinged by an edit.

    `fill`: this is the first text of a deferred answer, not an edit anybody sees.
    """
    old, channel = message.wire, world.channels[message.channel_id]
    wire = dict(old)
    if body.get("flags") is not None:
        kept = old["flags"] & ~SETTABLE_FLAGS
        wire["flags"] = kept | (body["flags"]) & SETTABLE_FLAGS
    if "content" in body:
        wire["content"] = body["content"] or ""
    if "embeds" in body:
        wire["embeds"] = [_embed(embed) for embed in body["embeds"] or ()]
    if "attachments" in body or files:
        kept_files = {str(each["id"]) for each in body.get("attachments") or ()}
        wire["attachments"] = [each for each in old["attachments"] if each["id"] in kept_files]
        wire["attachments"] += _attach(world, channel, body, files or {})
    if "components" in body:
        wire["components"] = _components(world, body, wire["attachments"])
    if fill:
        wire["flags"] &= ~LOADING
        found = mentions.read(world, channel, body, (1 << 53) - 1)
        message.pings = [] if message.ephemeral else found.pings()
    else:
        wire["edited_timestamp"] = iso_now()
        message.edits.append(Edit(payload=body, at=at))
    message.wire = wire


LOADING = 1 << 7


def check_edit(message: Message, body: Json, files: dict[str, Upload]) -> None:
    """The rules over what the message would be after the edit."""
    old = message.wire["flags"]
    new = old if body.get("flags") is None else body["flags"]
    rules.check_flag_kept(old, new)
    kept: Json = {}
    if new & rules.IS_V2 and not old & rules.IS_V2:
        # Turning a message into Components V2 means nulling its other fields in the same edit.
        kept = {key: message.wire[key] for key in ("content", "embeds") if message.wire[key]}
    names = {each["filename"] for each in message.wire["attachments"]}
    names |= {each.filename for each in files.values()}
    after = kept | body
    rules.check_message(after, new, names)
    touched = ("content", "embeds", "components", "attachments")
    if any(key in body for key in touched):
        whole = {key: message.wire[key] for key in touched} | body
        rules.check_not_empty(whole, files=bool(files or whole["attachments"]))


def _components(world: World, body: Json, attachments: list[Json]) -> list[Json]:
    components = body.get("components")
    if not components:
        return []
    by_name = {each["filename"]: each for each in attachments}

    def unfurl(url: str) -> Json:
        media: Json = {"id": world.snowflakes.next(), "url": url, "proxy_url": url}
        if url.startswith("attachment://") and url[13:] in by_name:
            file = by_name[url[13:]]
            media |= {"url": file["url"], "proxy_url": file["url"], "attachment_id": file["id"]}
            media["size"] = file["size"]
        return media

    return Shower(unfurl).show(components)


def _attach(world: World, channel: Channel, body: Json, files: dict[str, Upload]) -> list[Json]:
    described = {str(each["id"]): each for each in body.get("attachments") or ()}
    shown: list[Json] = []
    for key, file in files.items():
        file_id = world.snowflakes.next()
        world.files[file_id] = (file.content_type, file.content)
        url = f"{world.base}/attachments/{channel.id}/{file_id}/{file.filename}"
        one: Json = {"id": file_id, "filename": file.filename, "size": len(file.content)}
        one |= {"url": url, "proxy_url": url, "content_type": file.content_type}
        if (described.get(key) or {}).get("description"):
            one["description"] = described[key]["description"]
        shown.append(one)
    return shown


def _embed(embed: Json) -> Json:
    shown: Json = {key: value for key, value in embed.items() if value is not None}
    shown["type"] = "rich"
    if "fields" in shown:
        shown["fields"] = [
            each | {"inline": bool(each.get("inline"))} for each in shown["fields"] or ()
        ]
    return shown


def _reference(channel: Channel, body: Json) -> Json:
    reference = body.get("message_reference")
    if not reference:
        return {}
    message_id = str(reference["message_id"])
    shown: Json = {"type": 0, "channel_id": channel.id, "message_id": message_id}
    if channel.guild_id:
        shown["guild_id"] = channel.guild_id
    replied = channel.messages.get(message_id)
    gone = replied is None or replied.deleted_at is not None
    quoted = None if replied is None or gone else dict(replied.wire)
    for nested in ("referenced_message", "thread"):
        if quoted:
            quoted.pop(nested, None)
    return {"message_reference": shown, "referenced_message": quoted}


def page(channel: Channel, query: dict[str, str], limit: int) -> list[Message]:
    """Up to `limit` messages, newest first, as before/after/around ask."""
    alive = (
        each
        for each in reversed(channel.messages.values())
        if each.deleted_at is None and not each.ephemeral
    )
    if "around" in query:
        middle = int(query["around"])
        every = list(alive)
        newer = [each for each in every if int(each.id) > middle]
        rest = [each for each in every if int(each.id) <= middle]
        half = limit // 2
        return (newer[-half:] if half else []) + rest[: limit - half]
    if "after" in query:
        after = int(query["after"])
        newer = list(itertools.takewhile(lambda each: int(each.id) > after, alive))
        return newer[-limit:]  # the ones right after, still newest first
    if "before" in query:
        before = int(query["before"])
        alive = (each for each in alive if int(each.id) < before)
    return list(itertools.islice(alive, limit))
