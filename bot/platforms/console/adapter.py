"""Posts to a terminal. It cannot look back at what it has printed, so a lost print is Unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rich.console import Console, RenderableType

from bot.errors import Retryable
from bot.model.alert import Alert, Moved, ThreadReply
from bot.model.channel import Channel, PlatformName
from bot.model.digest import Digest, Notice
from bot.model.platform import (
    Capabilities,
    Health,
    Message,
    Payload,
    Posted,
    Probe,
    Reconciled,
    Unknown,
)
from bot.model.text import flat
from bot.platforms.console.digest import digest_panel, notice_panel, reply_line, withdrawn
from bot.platforms.console.render import panel, update


class ConsolePlatform:
    """The platform `console`. An edit prints one line that says what changed."""

    name = PlatformName.CONSOLE
    capabilities = Capabilities(edit=True, threads=False, buttons=False, resend_s=0.0)

    def __init__(
        self, console: Console, *, now: Callable[[], datetime], timezone: str = "UTC"
    ) -> None:
        self._console = console
        self._now = now
        self._timezone = timezone

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    async def health(self) -> Health:
        return Health(ok=True, detail="this terminal")

    async def probe(self, external_id: str) -> Probe:
        return Probe(name=external_id)

    def render(self, message: Message, *, key: str) -> Payload:
        match message:
            case Alert():
                body = {
                    "panel": panel(message, timezone=self._timezone, now=self._now()),
                    "update": update(message),
                }
                return Payload(body=body, text=flat(message.headline))
            case Digest():
                drawn = digest_panel(message)
                return Payload(body={"panel": drawn, "update": drawn}, text=message.title)
            case ThreadReply() | Moved():
                line = reply_line(message)
                return Payload(body={"panel": line, "update": line}, text=flat(message.line))
            case Notice():
                told = notice_panel(message)
                return Payload(body={"panel": told, "update": told}, text=message.title)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        self._print(channel, payload.body["panel"])
        return Posted(remote_id=key)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        self._print(channel, payload.body["update"])

    async def delete(self, channel: Channel, remote_id: str) -> None:
        """What is printed stays; a line says that it no longer holds."""
        self._print(channel, withdrawn(remote_id))

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        return Unknown(reason="a terminal cannot be read back")

    def _print(self, channel: Channel, what: RenderableType) -> None:
        try:
            self._console.print(what)
            self._console.file.flush()
        except OSError as error:
            raise Retryable(
                channel.external_id, f"the terminal cannot be written: {error}"
            ) from error
