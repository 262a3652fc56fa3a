"""The message endpoints of channels: create with nonces, edit, delete, get, history, crosspost."""

from __future__ import annotations

import time

from tests.servers.discord import drafts, rules, shapes
from tests.servers.discord.call import NOTHING, Call, Endpoint, Reply, ok
from tests.servers.discord.permissions import Permission, in_channel, require
from tests.servers.discord.records import (
    Form,
    Json,
    Refused,
    missing_access,
    missing_permissions,
    unknown,
)
from tests.servers.discord.state import CATEGORY, FORUMS, NEWS, VOICES, Channel, Message, World

CHANNEL = "/channels/{channel_id}"
CROSSPOSTED = 1 << 1


class Messages:
    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> list[Endpoint]:
        one = f"{CHANNEL}/messages/{{message_id}}"
        return [
            Endpoint(method="POST", route=f"{CHANNEL}/messages", handler=self.create),
            Endpoint(method="GET", route=f"{CHANNEL}/messages", handler=self.history),
            Endpoint(method="PATCH", route=one, handler=self.edit),
            Endpoint(method="GET", route=one, handler=self.get),
            Endpoint(method="DELETE", route=one, handler=self.delete),
            Endpoint(method="POST", route=f"{one}/crosspost", handler=self.crosspost),
            Endpoint(method="POST", route=f"{CHANNEL}/typing", handler=self.typing),
        ]

    def create(self, call: Call) -> Reply:
        world, body = self._world, call.body
        channel = world.channel(call.path["channel_id"])
        allowed = self.may_post(channel, body, files=bool(call.files))
        names = {each.filename for each in call.files.values()}
        rules.check_message(body, body.get("flags") or 0, names)
        rules.check_not_empty(body, files=bool(call.files))
        self._check_reference(channel, body, allowed)
        earlier = self._earlier(body)
        if earlier is not None:
            earlier.repeats += 1
            return ok(earlier.wire | {"nonce": body["nonce"]})
        message = drafts.post(
            world,
            channel,
            body,
            author_id=world.application.bot_id,
            allowed=allowed,
            files=call.files,
        )
        if message.nonce is not None:
            self._remember(message)
        self.announce("MESSAGE_CREATE", channel, message)
        shown = message.wire
        return ok(shown | {"nonce": body["nonce"]} if message.nonce is not None else shown)

    def may_post(self, channel: Channel, body: Json, *, files: bool) -> int:
        """The bot's permissions here, once they suffice for `body`."""
        post = Permission.SEND_MESSAGES
        if channel.is_thread:
            post = Permission.SEND_MESSAGES_IN_THREADS
        allowed = require(self._world, channel, post)
        if channel.type in VOICES and not allowed & Permission.CONNECT:
            raise missing_access()
        if channel.type == CATEGORY or channel.type in FORUMS:
            raise Refused(400, 50008, "Cannot send messages in a non-text channel")
        if channel.locked and not allowed & Permission.MANAGE_THREADS:
            raise Refused(403, 160005, "Thread is locked")
        if body.get("embeds") and not allowed & Permission.EMBED_LINKS:
            raise missing_permissions()
        if files and not allowed & Permission.ATTACH_FILES:
            raise missing_permissions()
        if channel.guild_id is None:
            users = (self._world.users[each] for each in channel.recipients)
            if not all(each.bot or each.dms_open for each in users):
                raise Refused(403, 50007, "Cannot send messages to this user")
        return allowed

    def _check_reference(self, channel: Channel, body: Json, allowed: int) -> None:
        reference = body.get("message_reference")
        if not reference:
            return
        if not allowed & Permission.READ_MESSAGE_HISTORY:
            text = "Cannot reply without permission to read message history"
            raise Refused(403, 160002, text)
        replied = channel.messages.get(str(reference.get("message_id")))
        gone = replied is None or replied.deleted_at is not None
        if gone and reference.get("fail_if_not_exists", True):
            form = Form()
            form.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            form.check()

    def _earlier(self, body: Json) -> Message | None:
        """ "If another message was created by the same author with the same nonce, that message
        will be returned and no new message will be created": whatever its channel.
        https://discord.com/developers/docs/resources/message#create-message
        """
        if body.get("nonce") is None or not body.get("enforce_nonce"):
            return None
        nonces = self._world.nonces
        expired = time.monotonic() - self._world.settings.nonce_window
        while nonces and next(iter(nonces.values()))[0] < expired:
            nonces.popitem(last=False)
        known = nonces.get((self._world.application.bot_id, str(body["nonce"])))
        return known[1] if known else None

    def _remember(self, message: Message) -> None:
        key = (message.author_id, message.nonce or "")
        self._world.nonces.pop(key, None)  # so that the order stays by time
        self._world.nonces[key] = (message.posted_at, message)

    def edit(self, call: Call) -> Reply:
        channel, message = self._find(call)
        if message.author_id != self._world.application.bot_id:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        if channel.archived:
            raise Refused(400, 50083, "Thread is archived")
        drafts.check_edit(message, call.body, call.files)
        drafts.edit(self._world, message, call.body, at=time.monotonic(), files=call.files)
        self.announce("MESSAGE_UPDATE", channel, message)
        return ok(message.wire)

    def get(self, call: Call) -> Reply:
        channel, message = self._find(call)
        allowed = in_channel(self._world, channel, self._world.application.bot_id)
        if not allowed & Permission.READ_MESSAGE_HISTORY:
            raise missing_access()
        return ok(self.seen(message))

    def delete(self, call: Call) -> Reply:
        channel, message = self._find(call)
        if message.author_id != self._world.application.bot_id:
            require(self._world, channel, Permission.MANAGE_MESSAGES)
        if channel.archived:
            raise Refused(400, 50083, "Thread is archived")
        self.remove(channel, message)
        return NOTHING

    def remove(self, channel: Channel, message: Message) -> None:
        message.deleted_at = time.monotonic()
        gone = {"id": message.id, "channel_id": channel.id}
        if channel.guild_id is not None:
            gone["guild_id"] = channel.guild_id
        self._world.emit("MESSAGE_DELETE", gone, channel.guild_id)

    def history(self, call: Call) -> Reply:
        channel = self._world.channel(call.path["channel_id"])
        allowed = require(self._world, channel)
        if channel.type in VOICES and not allowed & Permission.CONNECT:
            raise missing_access()
        limit = _limit(call.query)
        if not allowed & Permission.READ_MESSAGE_HISTORY:
            return ok([])  # documented: "no messages will be returned"
        return ok([self.seen(each) for each in drafts.page(channel, call.query, limit)])

    def crosspost(self, call: Call) -> Reply:
        channel, message = self._find(call)
        if channel.type != NEWS:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        own = message.author_id == self._world.application.bot_id
        require(
            self._world, channel, Permission.SEND_MESSAGES if own else Permission.MANAGE_MESSAGES
        )
        if message.wire["flags"] & CROSSPOSTED:
            raise Refused(400, 40033, "This message has already been crossposted")
        message.wire = message.wire | {"flags": message.wire["flags"] | CROSSPOSTED}
        return ok(message.wire)

    def typing(self, call: Call) -> Reply:
        require(self._world, self._world.channel(call.path["channel_id"]), Permission.SEND_MESSAGES)
        return NOTHING

    def _find(self, call: Call) -> tuple[Channel, Message]:
        channel = self._world.channel(call.path["channel_id"])
        require(self._world, channel)
        if not call.path["message_id"].isdigit():
            raise unknown("Message", 10008)
        return channel, self._world.message(channel, call.path["message_id"])

    def seen(self, message: Message) -> Json:
        """Without the message content intent, other people's messages are empty shells."""
        own = message.author_id == self._world.application.bot_id
        if own or "message_content" in self._world.settings.privileged:
            return message.wire
        return message.wire | {"content": "", "embeds": [], "attachments": [], "components": []}

    def announce(self, event: str, channel: Channel, message: Message) -> None:
        if not self._world.wants(event, channel.guild_id):
            return
        data = self.seen(message)
        if channel.guild_id is not None:
            data = data | {"guild_id": channel.guild_id}
            guild = self._world.guilds[channel.guild_id]
            author = guild.members.get(message.author_id)
            if author is not None:
                data["member"] = shapes.member(self._world, author)
                del data["member"]["user"]
        self._world.emit(event, data, channel.guild_id)


def _limit(query: dict[str, str]) -> int:
    text = query.get("limit", "50")
    if not text.isdigit() or not 1 <= int(text) <= 100:
        form = Form()
        form.add("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100.")
        form.check()
    return int(text)
