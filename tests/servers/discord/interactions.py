"""The bot's side of an interaction: callback, original answer, follow-ups.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.discord import drafts, rules, shapes
from tests.servers.discord.call import NOTHING, Call, Endpoint, Reply, ok
from tests.servers.discord.permissions import EVERYTHING, in_channel
from tests.servers.discord.records import Form, Json, Refused, unknown
from tests.servers.discord.state import Channel, Message, User, World

if TYPE_CHECKING:
    from tests.servers.discord.messages import Messages

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
# Which answers fit which interaction; an update needs a component's message to update.
ANSWERS = {
    COMMAND: {REPLY, DEFER_REPLY, MODAL},
    COMPONENT: {REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {REPLY, DEFER_REPLY},
}
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


@dataclass(slots=True, kw_only=True)
class Interaction:
    id: str
    token: str
    kind: int
    user: User
    channel: Channel
    payload: Json
    message: Message | None = None  # the one whose component was used
    began: float = field(default_factory=time.monotonic)
    delivered: bool = True  # there was a session to send it to
    acked_at: float | None = None
    answer: int = 0  # the callback's type
    original: Message | None = None
    pending: bool = False  # deferred: "is thinking..."
    posted: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def exchange(self) -> Json:
        """What a test sees of it."""
        latency = None if self.acked_at is None else self.acked_at - self.began
        return {
            "id": self.id,
            "acked": self.acked_at is not None,
            "delivered": self.delivered,
            "latency": latency,
            "answer": self.answer,
            "pending": self.pending,
            "updated": self.message.entry() if self.message else None,
            "messages": [each.entry() for each in self.posted],
            "modal": self.modal,
            "choices": self.choices,
        }


class Interactions:
    def __init__(self, world: World, messages: Messages) -> None:
        self._world, self._messages = world, messages
        self.by_token: dict[str, Interaction] = {}
        self.by_id: dict[str, Interaction] = {}

    def reset(self) -> None:
        self.by_token.clear()
        self.by_id.clear()

    def endpoints(self) -> list[Endpoint]:
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        handlers = {
            ("POST", callback): self.callback,
            ("POST", WEBHOOK): self.follow_up,
        }
        for last in ("@original", "{message_id}"):
            path = f"{WEBHOOK}/messages/{last}"
            handlers[("GET", path)] = self.get
            handlers[("PATCH", path)] = self.edit
            handlers[("DELETE", path)] = self.delete
        return [
            Endpoint(method=method, route=route, handler=handler, bot=False)
            for (method, route), handler in handlers.items()
        ]

    def begin(self, kind: int, user: User, channel: Channel, data: Json, more: Json) -> Interaction:
        """Send the bot an interaction; `more` goes over the payload (a component's message)."""
        world = self._world
        payload: Json = {
            "id": world.snowflakes.next(),
            "application_id": world.application.id,
            "type": kind,
            "token": secrets.token_urlsafe(48),
            "version": 1,
            "data": data,
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": 10_485_760,
        }
        payload |= shapes.interaction_place(world, channel, user) | more
        interaction = Interaction(
            id=payload["id"],
            token=payload["token"],
            kind=kind,
            user=user,
            channel=channel,
            payload=payload,
        )
        self.by_token[interaction.token] = self.by_id[interaction.id] = interaction
        interaction.delivered = world.wants("INTERACTION_CREATE", channel.guild_id)
        world.emit("INTERACTION_CREATE", payload, channel.guild_id)
        return interaction

    # --- what the bot calls

    def callback(self, call: Call) -> Reply:
        interaction = self._callable(call)
        kind, data = int(call.body["type"]), call.body.get("data") or {}
        if kind not in ANSWERS[interaction.kind]:
            form = Form()
            form.add("type", "INTERACTION_APPLICATION_COMMAND_INVALID_RESPONSE", "Does not fit")
            form.check()
        self._answer(interaction, kind, data, call)
        interaction.acked_at = time.monotonic()
        interaction.answer = kind
        interaction.changed.set()
        if call.query.get("with_response", "").lower() not in {"1", "true"}:
            return NOTHING
        return ok(self._callback_reply(interaction))

    def _callable(self, call: Call) -> Interaction:
        interaction = self.by_id.get(call.path["interaction_id"])
        if interaction is None or interaction.token != call.path["interaction_token"]:
            raise unknown("interaction", 10062)
        if interaction.acked_at is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        if time.monotonic() - interaction.began > self._world.settings.interaction_deadline:
            raise unknown("interaction", 10062)
        return interaction

    def _answer(self, interaction: Interaction, kind: int, data: Json, call: Call) -> None:
        if kind == REPLY:
            interaction.original = self._post(interaction, data, call)
        elif kind == DEFER_REPLY:
            loading = {"flags": (data.get("flags") or 0) & rules.EPHEMERAL}
            interaction.original = self._store(
                interaction, loading, Call(path={}, query={}, body={})
            )
            interaction.pending = True
        elif kind in (UPDATE, DEFER_UPDATE):
            if interaction.message is None:
                raise Refused(400, 50035, "Invalid Form Body")
            interaction.original = interaction.message
            if kind == UPDATE:
                self._change(interaction.message, data, call, fill=False)
        elif kind == MODAL:
            interaction.modal = data
        elif kind == CHOICES:
            interaction.choices = list(data.get("choices") or [])

    def _post(self, interaction: Interaction, body: Json, call: Call) -> Message:
        names = {each.filename for each in call.files.values()}
        rules.check_message(body, body.get("flags") or 0, names)
        rules.check_not_empty(body, files=bool(call.files))
        return self._store(interaction, body, call)

    def _store(self, interaction: Interaction, body: Json, call: Call) -> Message:
        world, channel = self._world, interaction.channel
        bot_id = world.application.bot_id
        first = interaction.original is None
        more: Json = {
            "webhook_id": world.application.id,
            "application_id": world.application.id,
            "interaction_metadata": self._metadata(interaction),
        }
        if first and interaction.kind == COMMAND:
            more["type"] = 20
        message = drafts.post(
            world,
            channel,
            body,
            author_id=bot_id,
            allowed=in_channel(world, channel, bot_id) or EVERYTHING,
            via="interaction",
            files=call.files,
            more=more,
            ephemeral=bool((body.get("flags") or 0) & rules.EPHEMERAL),
        )
        interaction.posted.append(message)
        interaction.changed.set()
        if not message.ephemeral:
            self._messages.announce("MESSAGE_CREATE", channel, message)
        return message

    def _metadata(self, interaction: Interaction) -> Json:
        owner = interaction.channel.guild_id or "0"
        metadata: Json = {
            "id": interaction.id,
            "type": interaction.kind,
            "user": shapes.user(interaction.user),
            "authorizing_integration_owners": {"0": owner},
        }
        if interaction.kind == COMPONENT and interaction.message is not None:
            metadata["interacted_message_id"] = interaction.message.id
        if interaction.kind == MODAL_SUBMIT:
            metadata["triggering_interaction_metadata"] = {
                "id": interaction.id,
                "type": COMMAND,
                "user": shapes.user(interaction.user),
                "authorizing_integration_owners": {"0": owner},
            }
        return metadata

    def _callback_reply(self, interaction: Interaction) -> Json:
        original = interaction.original
        told: Json = {"id": interaction.id, "type": interaction.kind}
        if original is not None:
            told["response_message_id"] = original.id
            told["response_message_loading"] = interaction.pending
            told["response_message_ephemeral"] = original.ephemeral
        reply: Json = {"interaction": told}
        if original is not None and interaction.answer in (REPLY, UPDATE):
            # documented: a deferral brings no resource
            reply["resource"] = {"type": interaction.answer, "message": original.wire}
        return reply

    def follow_up(self, call: Call) -> Reply:
        interaction = self._open(call)
        if interaction.pending and interaction.original is not None:
            # The first follow-up after a deferral takes the place of "is thinking...".
            self._fill(interaction, call)
            return ok(interaction.original.wire)
        return ok(self._post(interaction, call.body, call).wire)

    def _open(self, call: Call) -> Interaction:
        interaction = self.by_token.get(call.path["webhook_token"])
        if interaction is None or interaction.acked_at is None:
            raise unknown("Webhook", 10015)
        if time.monotonic() - interaction.began > self._world.settings.interaction_life:
            raise Refused(401, 50027, "Invalid Webhook Token")
        return interaction

    def _one(self, call: Call, interaction: Interaction) -> Message:
        message_id = call.path.get("message_id", "@original")
        found = interaction.original
        if message_id != "@original" and (found is None or found.id != message_id):
            found = next((each for each in interaction.posted if each.id == message_id), None)
        if found is None or found.deleted_at is not None:
            raise unknown("Message", 10008)
        return found

    def get(self, call: Call) -> Reply:
        return ok(self._one(call, self._open(call)).wire)

    def edit(self, call: Call) -> Reply:
        interaction = self._open(call)
        message = self._one(call, interaction)
        if interaction.pending and message is interaction.original:
            self._fill(interaction, call)
        else:
            self._change(message, call.body, call, fill=False)
            interaction.changed.set()
        return ok(message.wire)

    def _fill(self, interaction: Interaction, call: Call) -> None:
        message = interaction.original
        if message is None:
            raise unknown("Message", 10008)
        rules.check_not_empty(call.body, files=bool(call.files))
        self._change(message, call.body, call, fill=True)
        message.payload = call.body
        interaction.pending = False
        interaction.changed.set()

    def _change(self, message: Message, body: Json, call: Call, *, fill: bool) -> None:
        drafts.check_edit(message, body, call.files)
        now = time.monotonic()
        drafts.edit(self._world, message, body, at=now, files=call.files, fill=fill)
        if not message.ephemeral:
            channel = self._world.channels[message.channel_id]
            self._messages.announce("MESSAGE_UPDATE", channel, message)

    def delete(self, call: Call) -> Reply:
        interaction = self._open(call)
        message = self._one(call, interaction)
        self._messages.remove(self._world.channels[message.channel_id], message)
        interaction.changed.set()
        return NOTHING
