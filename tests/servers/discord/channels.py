"""The endpoints of channels, threads, forum posts and DMs."""

from __future__ import annotations

import time

from tests.servers.discord import drafts, forums, rules, shapes
from tests.servers.discord.call import NOTHING, Call, Endpoint, Reply, ok
from tests.servers.discord.messages import CHANNEL, Messages
from tests.servers.discord.permissions import Permission, require
from tests.servers.discord.records import Form, Json, Refused, iso_now
from tests.servers.discord.state import (
    DM,
    FORUMS,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    World,
)

HAS_THREAD = 1 << 5  # the flag of a message that a thread hangs on


class Channels:
    def __init__(self, world: World, messages: Messages) -> None:
        self._world, self._messages = world, messages

    def endpoints(self) -> list[Endpoint]:
        start = f"{CHANNEL}/messages/{{message_id}}/threads"
        member = f"{CHANNEL}/thread-members/@me"
        return [
            Endpoint(method="GET", route=CHANNEL, handler=self.get),
            Endpoint(method="PATCH", route=CHANNEL, handler=self.change),
            Endpoint(method="DELETE", route=CHANNEL, handler=self.delete),
            Endpoint(method="POST", route=start, handler=self.thread_from_message),
            Endpoint(method="POST", route=f"{CHANNEL}/threads", handler=self.thread),
            Endpoint(
                method="GET", route=f"{CHANNEL}/threads/archived/public", handler=self.archived
            ),
            Endpoint(method="PUT", route=member, handler=self.join),
            Endpoint(method="DELETE", route=member, handler=self.join),
            Endpoint(method="POST", route="/users/@me/channels", handler=self.open_dm),
        ]

    def get(self, call: Call) -> Reply:
        return ok(shapes.channel(self._world, self._visible(call)))

    def _visible(self, call: Call) -> Channel:
        channel = self._world.channel(call.path["channel_id"])
        require(self._world, channel)
        return channel

    def change(self, call: Call) -> Reply:
        channel = self._visible(call)
        body = call.body
        if not channel.is_thread:
            require(self._world, channel, Permission.MANAGE_CHANNELS)
        elif channel.locked:
            require(self._world, channel, Permission.MANAGE_THREADS)
        elif set(body) == {"archived"} and not body["archived"]:
            # https://discord.com/developers/docs/topics/threads#active--archived-threads
            require(self._world, channel, Permission.SEND_MESSAGES_IN_THREADS)
        elif channel.owner_id != self._world.application.bot_id or "locked" in body:
            require(self._world, channel, Permission.MANAGE_THREADS)
        if channel.archived and body.get("archived") is not False:
            raise Refused(400, 50083, "Thread is archived")
        if body.get("name") not in (None, channel.name):
            forums.rename(channel, at=time.monotonic())
        channel.name = body.get("name") or channel.name
        channel.topic = body.get("topic", channel.topic)
        if body.get("archived") and not channel.archived:
            channel.archived_at = iso_now()
        channel.archived = bool(body.get("archived", channel.archived))
        channel.locked = bool(body.get("locked", channel.locked))
        channel.auto_archive = body.get("auto_archive_duration") or channel.auto_archive
        self.announce_change(channel)
        return ok(shapes.channel(self._world, channel))

    def delete(self, call: Call) -> Reply:
        channel = self._visible(call)
        thread = channel.is_thread
        needed = Permission.MANAGE_THREADS if thread else Permission.MANAGE_CHANNELS
        require(self._world, channel, needed)
        shown = shapes.channel(self._world, channel)
        self.remove(channel)
        return ok(shown)

    def remove(self, channel: Channel) -> None:
        """Delete the channel and its threads, and say so."""
        world = self._world
        channel.deleted = True
        for other in world.channels.values():
            if other.parent_id == channel.id and other.is_thread:
                other.deleted = True
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        world.emit(event, shapes.channel(world, channel), channel.guild_id)

    def announce_change(self, channel: Channel) -> None:
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        self._world.emit(event, shapes.channel(self._world, channel), channel.guild_id)

    def thread_from_message(self, call: Call) -> Reply:
        parent = self._visible(call)
        require(self._world, parent, Permission.CREATE_PUBLIC_THREADS)
        message = self._world.message(parent, call.path["message_id"])
        if parent.type not in (TEXT, NEWS):
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        if message.id in self._world.channels:
            raise Refused(400, 160004, "A thread has already been created for this message")
        kind = NEWS_THREAD if parent.type == NEWS else PUBLIC_THREAD
        thread = self._start(parent, call.body, kind, thread_id=message.id)
        message.wire = message.wire | {
            "flags": message.wire["flags"] | HAS_THREAD,
            "thread": shapes.channel(self._world, thread),
        }
        return Reply(status=201, body=shapes.channel(self._world, thread))

    def thread(self, call: Call) -> Reply:
        parent = self._visible(call)
        body = call.body
        if parent.type in FORUMS:
            return self._forum_post(parent, call)
        if parent.type not in (TEXT, NEWS):
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        kind = PRIVATE_THREAD if body.get("type") is None else int(body["type"])
        private = kind == PRIVATE_THREAD
        needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
        require(self._world, parent, needed)
        thread = self._start(parent, body, kind)
        return Reply(status=201, body=self._with_member(thread))

    def _forum_post(self, parent: Channel, call: Call) -> Reply:
        """A forum's post is a thread whose first message has the thread's id."""
        world, body = self._world, call.body["message"]
        allowed = require(world, parent, Permission.SEND_MESSAGES)
        names = {each.filename for each in call.files.values()}
        rules.check_message(body, body.get("flags") or 0, names)
        rules.check_not_empty(body, files=bool(call.files))
        applied = forums.check_post(parent, call.body, allowed)
        thread = self._start(parent, call.body, PUBLIC_THREAD)
        thread.applied_tags = applied
        message = drafts.post(
            world,
            thread,
            body,
            author_id=world.application.bot_id,
            allowed=allowed,
            files=call.files,
            message_id=thread.id,
        )
        self._messages.announce("MESSAGE_CREATE", thread, message)
        return Reply(status=201, body=self._with_member(thread) | {"message": message.wire})

    def archived(self, call: Call) -> Reply:
        """The latest first, by when they were archived."""
        parent = self._visible(call)
        require(self._world, parent, Permission.READ_MESSAGE_HISTORY)
        before, limit = call.query.get("before", "9"), int(call.query.get("limit", "50"))
        found = [
            each
            for each in self._world.channels.values()
            if each.parent_id == parent.id
            and each.type in (PUBLIC_THREAD, NEWS_THREAD)
            and each.archived
            and not each.deleted
            and each.archived_at < before
        ]
        found.sort(key=lambda each: each.archived_at, reverse=True)
        return ok(
            {
                "threads": [shapes.channel(self._world, each) for each in found[:limit]],
                "members": [shapes.thread_member(self._world, each) for each in found[:limit]],
                "has_more": len(found) > limit,
            }
        )

    def _start(self, parent: Channel, body: Json, kind: int, thread_id: str = "") -> Channel:
        world = self._world
        thread = world.add_channel(
            Channel(
                id=thread_id or world.snowflakes.next(),
                type=kind,
                name=body["name"],
                guild_id=parent.guild_id,
                parent_id=parent.id,
                owner_id=world.application.bot_id,
                auto_archive=body.get("auto_archive_duration") or 1440,
            )
        )
        created = self._with_member(thread) | {"newly_created": True}
        world.emit("THREAD_CREATE", created, thread.guild_id)
        return thread

    def _with_member(self, thread: Channel) -> Json:
        member = shapes.thread_member(self._world, thread)
        return shapes.channel(self._world, thread) | {"member": member}

    def join(self, call: Call) -> Reply:
        self._visible(call)
        return NOTHING

    def open_dm(self, call: Call) -> Reply:
        recipient = str(call.body.get("recipient_id", ""))
        if recipient not in self._world.users or recipient == self._world.application.bot_id:
            form = Form()
            form.add("recipient_id", "CHANNEL_RECIPIENT_INVALID", "Invalid Recipient(s)")
            raise Refused(400, 50033, "Invalid Recipient(s)", form.errors)
        return ok(shapes.channel(self._world, self.dm(recipient)))

    def dm(self, user_id: str) -> Channel:
        """The one DM channel with this person."""
        world = self._world
        for channel in world.channels.values():
            if channel.type == DM and user_id in channel.recipients:
                return channel
        people = [user_id, world.application.bot_id]
        return world.add_channel(Channel(id=world.snowflakes.next(), type=DM, recipients=people))
