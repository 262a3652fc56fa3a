"""What happens between Slack and the app around one interaction: triggers, replies, deliveries.

It keeps the exchanges; `people.py` starts them, the method modules and `response_url` add to them.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.slack.drawn import draw
from tests.servers.slack.faults import Faults
from tests.servers.slack.records import Exchange, Json, Reply
from tests.servers.slack.socket_mode import Sockets
from tests.servers.slack.state import Message, Slack, SlackError

if TYPE_CHECKING:
    from tests.servers.slack.files import Upload


@dataclass(slots=True, kw_only=True)
class View:
    """An open modal or a Home tab. `body` is what the app sent, with ids filled in."""

    id: str
    team: str
    user: str
    body: Json
    root: str
    previous: str | None = None
    hash: str = ""
    closed: bool = False

    def shown(self, bot_id: str) -> Json:
        return {
            "private_metadata": "",
            "callback_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            "external_id": "",
            **self.body,
            "id": self.id,
            "team_id": self.team,
            "state": {"values": {}},
            "hash": self.hash,
            "previous_view_id": self.previous,
            "root_view_id": self.root,
            "bot_id": bot_id,
        }


@dataclass(slots=True, kw_only=True)
class Contact:
    """One interaction under way: whom it concerns, and what has come back."""

    id: str
    kind: str
    team: str
    user: str
    channel: str
    payload: Json
    started: float
    message_ts: str = ""
    view: str = ""
    trigger_used: bool = False
    url_uses: int = 0
    acked: bool = False
    ack_seconds: float | None = None
    ack_body: Json = field(default_factory=dict)
    attempts: int = 0
    status: int = 0
    body: str = ""
    replies: list[Reply] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, kind: str, content: Json, *, ts: str = "", in_channel: bool = False) -> None:
        reply = Reply(
            kind=kind,
            content=content,
            at=time.time(),
            ts=ts,
            in_channel=in_channel,
            drawn=draw(content),
        )
        self.replies.append(reply)
        self.changed.set()

    async def wait(self, replies: int, seconds: float) -> None:
        """Until so many replies are here, or the time is up."""
        deadline = time.monotonic() + seconds
        while len(self.replies) < replies and (left := deadline - time.monotonic()) > 0:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                return

    def exchange(self) -> Exchange:
        return Exchange(
            id=self.id,
            kind=self.kind,
            acked=self.acked,
            ack_seconds=self.ack_seconds,
            ack_body=self.ack_body,
            attempts=self.attempts,
            status=self.status,
            body=self.body,
            payload=self.payload,
            replies=list(self.replies),
        )


class Desk:
    """The process's moving parts, in one place for the methods that need them."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.base = ""  # this server's own URL, known once it listens
        self.sockets = Sockets(slack)
        self.faults = Faults()
        self.reset()

    def reset(self) -> None:
        """Forget every exchange and fault."""
        self.faults.restart()
        self.uploads: dict[str, Upload] = {}
        self.history_calls: dict[tuple[str, str], list[float]] = {}
        self.contacts: dict[str, Contact] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, str] = {}  # user -> view id
        self.sockets.connections = 0

    def begin(
        self, kind: str, *, team: str, user: str, channel: str = "", message_ts: str = ""
    ) -> Contact:
        """A new contact; its id is also its trigger and the name of its response_url."""
        contact = Contact(
            id=self.slack.fresh("I"),
            kind=kind,
            team=team,
            user=user,
            channel=channel,
            payload={},
            started=time.monotonic(),
            message_ts=message_ts,
        )
        self.contacts[contact.id] = contact
        return contact

    def trigger(self, trigger_id: str) -> Contact:
        """The contact that may open a modal now: once, and within three seconds."""
        contact = self.contacts.get(trigger_id.removesuffix(".trigger"))
        if contact is None:
            raise SlackError("invalid_trigger_id")
        if time.monotonic() - contact.started > self.slack.settings.trigger_seconds:
            raise SlackError("expired_trigger_id")
        if contact.trigger_used:
            raise SlackError("exchanged_trigger_id")
        contact.trigger_used = True
        return contact

    def ephemeral(self, message: Message) -> None:
        """Credit a private message to the latest contact of its reader in that channel."""
        for contact in reversed(self.contacts.values()):
            if contact.user == message.ephemeral_to and contact.channel == message.channel:
                contact.add("ephemeral", message.content, ts=message.ts)
                return

    def opened(self, contact: Contact, view: View) -> None:
        contact.add("view", view.shown(self.slack.teams[view.team].bot_id), ts=view.id)
