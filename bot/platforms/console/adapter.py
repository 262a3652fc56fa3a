"""Posts to a terminal. It cannot look back at what it has printed, so a lost print is Unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from bot.errors import Retryable
from bot.model.alert import Alert
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Capabilities, Health, Payload, Posted, Probe, Reconciled, Unknown
from bot.model.text import flat
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

    def render(self, alert: Alert, *, key: str) -> Payload:
        body = {
            "panel": panel(alert, timezone=self._timezone, now=self._now()),
            "update": update(alert),
        }
        return Payload(body=body, text=flat(alert.headline))

    async def send(self, channel: Channel, payload: Payload, *, key: str) -> Posted:
        self._print(channel, payload, "panel")
        return Posted(remote_id=key)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        self._print(channel, payload, "update")

    async def reconcile(self, channel: Channel, *, key: str, since: datetime) -> Reconciled:
        return Unknown(reason="a terminal cannot be read back")

    def _print(self, channel: Channel, payload: Payload, part: str) -> None:
        try:
            self._console.print(payload.body[part])
            self._console.file.flush()
        except OSError as error:
            raise Retryable(
                channel.external_id, f"the terminal cannot be written: {error}"
            ) from error
