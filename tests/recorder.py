"""A platform written by hand: it keeps what it was told, and fails when it was asked to."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import platform
from bot.model.alert import Alert
from bot.model.channel import Channel, PlatformName
from bot.model.digest import Digest, Notice
from bot.model.platform import (
    Absent,
    Capabilities,
    Health,
    Payload,
    Posted,
    Probe,
    Reconciled,
    Unknown,
)
from bot.model.text import flat


@dataclass(slots=True)
class Message:
    """A message as it stands in a channel, and every text it had."""

    channel: str
    key: str
    texts: list[str]
    said: platform.Message
    thread: str | None = None
    deleted: bool = False

    @property
    def alert(self) -> Alert:
        assert isinstance(self.said, Alert)
        return self.said

    @property
    def digest(self) -> Digest:
        assert isinstance(self.said, Digest)
        return self.said


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next call: `error` is raised, after the commit if `lands`."""

    error: Exception
    lands: bool = False


@dataclass(slots=True)
class Recorder:
    """Implements Platform. `posts` counts what a reader would see, doubles included."""

    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(edit=True, threads=True, buttons=True, resend_s=0.0)
    )
    name: PlatformName = PlatformName.WEBHOOK
    readable: bool = True
    messages: list[Message] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    blind: deque[Exception] = field(default_factory=deque)
    undrawable: str = ""
    incomplete: int = 0  # so many posts stand with less in them than the payload

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def health(self) -> Health:
        return Health(ok=True, detail="a recorder")

    async def probe(self, external_id: str) -> Probe:
        return Probe(name=external_id)

    def render(self, message: platform.Message, *, key: str) -> Payload:
        text = _flat(message)
        if self.undrawable and self.undrawable in text:
            raise ValueError("a bug of the renderer")
        return Payload(body={"said": message, "key": key}, text=text)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        self.calls.append(f"send {key}")
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.lands:
            said: platform.Message = payload.body["said"]
            self.messages.append(Message(channel.external_id, key, [payload.text], said, thread))
        if fault is not None:
            raise fault.error
        self.incomplete -= 1
        return Posted(remote_id=f"m{len(self.messages) - 1}", complete=self.incomplete < 0)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        self.calls.append(f"edit {remote_id}")
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.lands:
            message = self.messages[int(remote_id[1:])]
            message.texts.append(payload.text)
            message.said = payload.body["said"]
        if fault is not None:
            raise fault.error

    async def delete(self, channel: Channel, remote_id: str) -> None:
        self.calls.append(f"delete {remote_id}")
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault.lands:
            self.messages[int(remote_id[1:])].deleted = True
        if fault is not None:
            raise fault.error

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        self.calls.append(f"reconcile {key}")
        if self.blind:
            raise self.blind.popleft()
        if not self.readable:
            return Unknown(reason="the recorder cannot be read")
        for number, message in enumerate(self.messages):
            if message.key == key and message.channel == channel.external_id:
                return Posted(remote_id=f"m{number}")
        return Absent()


def _flat(message: platform.Message) -> str:
    """What a reader would make of it, in one line."""
    match message:
        case Alert():
            return flat(message.headline)
        case Digest() | Notice():
            return message.title
        case _:
            return flat(message.line)
