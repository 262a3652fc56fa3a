"""One claimed delivery -> one request to its platform -> what became of it. Writes nothing itself.

deletion | draw -> render -> (unsure? settle the doubt, begin) -> send or edit -> Outcome
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent
from bot.model.channel import PlatformName
from bot.model.platform import Payload, Platform
from bot.pipeline import doubt
from bot.pipeline.draw import Moot, draw
from bot.pipeline.ledger import Ledger, revision_of
from bot.pipeline.outcome import Abandoned, Claimed, Gone, Outcome, Refused, Shown, Waits
from bot.storage.deliveries import Settlement
from bot.words import speaking

log = structlog.get_logger()


class Sender:
    """Asks the platforms, once for each claim."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._platforms = platforms
        self._now = now

    async def carry_out(self, claimed: Claimed) -> Outcome:
        """Make the channel show what is wanted."""
        platform = self._platforms[claimed.channel.platform]
        if claimed.delivery.is_deletion:
            return await self._take_away(claimed, platform)
        try:
            with speaking(claimed.channel.language):
                drawing = draw(
                    claimed.delivery,
                    claimed.channel,
                    claimed.material,
                    now=self._now(),
                    links=platform.capabilities.message_link,
                )
                if isinstance(drawing, Moot):
                    return Abandoned(claimed=claimed, reason=drawing.reason, unsure=claimed.unsure)
                payload = platform.render(drawing.message, key=claimed.delivery.key)
        except Exception:
            # A message that cannot be drawn never will be; the channel's others must not wait.
            log.exception("a message could not be drawn", key=claimed.delivery.key)
            reason = "it could not be drawn; the log has the details"
            return Abandoned(claimed=claimed, reason=reason, unsure=claimed.unsure)
        if claimed.unsure:
            ready = await self._settled(claimed, platform, thread=drawing.thread)
            if isinstance(ready, Outcome):
                return ready
            claimed = ready
        if claimed.attempt is None and claimed.delivery.remote_id is not None:
            # It cannot be edited here: what stands there stays.
            return Shown(
                claimed=claimed, remote_id=claimed.delivery.remote_id, revision=drawing.revision
            )
        return await self._ask(claimed, platform, payload, thread=drawing.thread)

    async def _take_away(self, claimed: Claimed, platform: Platform) -> Outcome:
        remote_id = claimed.delivery.remote_id
        if remote_id is None and not claimed.unsure:
            return Gone(claimed=claimed)
        if remote_id is None:
            found = await self._look(claimed, platform, thread=None)
            if isinstance(found, Outcome):
                return found
            raise ValueError(f"a deletion is never sent again: {found}")
        try:
            await platform.delete(claimed.channel, remote_id)
        except Permanent as error:
            if error.failure is FailureClass.MESSAGE_GONE:
                return Gone(claimed=claimed)
            return Refused(claimed=claimed, error=error)
        except Exception as error:  # noqa: BLE001 - as for any other request
            return Refused(claimed=claimed, error=_as_ours(claimed, error))
        return Gone(claimed=claimed)

    async def _settled(
        self, claimed: Claimed, platform: Platform, *, thread: str | None
    ) -> Claimed | Outcome:
        """The delivery, begun, if it is right to send it (again)."""
        found = await self._look(claimed, platform, thread=thread)
        if isinstance(found, Outcome):
            return found
        begun = await self._ledger.begin(claimed, found)
        if begun.attempt is None:
            return Waits(claimed=begun, until=self._now(), reason="another process has taken it")
        return replace(begun, unsure=found is not Settlement.ABSENT)

    async def _look(
        self, claimed: Claimed, platform: Platform, *, thread: str | None
    ) -> Settlement | Outcome:
        try:
            return await doubt.settle(claimed, platform, thread=thread, now=self._now())
        except Exception as error:  # noqa: BLE001 - as for any other request
            return Refused(claimed=claimed, error=_as_ours(claimed, error))

    async def _ask(
        self, claimed: Claimed, platform: Platform, payload: Payload, *, thread: str | None
    ) -> Outcome:
        delivery = claimed.delivery
        try:
            if delivery.remote_id is not None:
                remote_id = delivery.remote_id
                await platform.edit(claimed.channel, remote_id, payload)
            else:
                posted = await platform.send(
                    claimed.channel, payload, key=delivery.key, thread=thread
                )
                remote_id = posted.remote_id
                if not posted.complete:
                    return Shown(claimed=claimed, remote_id=remote_id, revision=0)
        except Exception as error:  # noqa: BLE001 - the boundary of one message
            return Refused(claimed=claimed, error=_as_ours(claimed, error))
        revision = revision_of(delivery, claimed.material)
        return Shown(claimed=claimed, remote_id=remote_id, revision=revision)


def _as_ours(claimed: Claimed, error: Exception) -> DeliveryError:
    """An adapter's own bug: what it did is as unknown as after a lost reply."""
    if isinstance(error, DeliveryError):
        return error
    log.error("an adapter failed", key=claimed.delivery.key, exc_info=error)
    reason = f"an unexpected {type(error).__name__}; the log has the details"
    return Ambiguous(claimed.channel.label, reason)
