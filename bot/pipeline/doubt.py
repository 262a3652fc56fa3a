"""A post was begun and nobody knows how it ended: what is known, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.errors import DeliveryError, Permanent, Retryable
from bot.model.attention import OnDoubt
from bot.model.channel import Channel
from bot.model.platform import Absent, Keyless, Platform, Posted, Unknown
from bot.pipeline.outcome import (
    CHANNEL_STOPS,
    GIVE_UP_AFTER,
    Abandoned,
    Claimed,
    Gone,
    Outcome,
    Refused,
    Shown,
    Waits,
    back_off,
)
from bot.storage.deliveries import Settlement

log = structlog.get_logger()


async def settle(
    claimed: Claimed, platform: Platform, *, thread: str | None, now: datetime
) -> Settlement | Outcome:
    """Look whether the post landed. A Settlement: sending (again) is right; else that is all."""
    delivery, can = claimed.delivery, platform.capabilities
    since = delivery.unsure_since or now
    asked = delivery.attempted_at or since
    is_known = 0 <= (now - since).total_seconds() <= _resend_s(platform, claimed.channel, thread)
    if not delivery.is_deletion and is_known:
        return Settlement.RESENT  # the platform itself drops the second of two with the same key
    settled = asked + timedelta(seconds=can.settle_s)
    if asked <= now < settled:
        return Waits(claimed=claimed, until=settled, reason="a lost post may still surface")
    try:
        found = await platform.reconcile(
            claimed.channel, key=delivery.key, since=since, thread=thread
        )
    except DeliveryError as error:
        if isinstance(error, Permanent) and error.failure in CHANNEL_STOPS:
            return Refused(claimed=claimed, error=error)
        if now - since <= GIVE_UP_AFTER:
            # Nothing is known, so nothing is sent: the doubt stays until the look succeeds.
            wish = error.retry_after if isinstance(error, Retryable) else None
            return Waits(
                claimed=claimed,
                until=now + back_off(delivery.attempts, wish),
                reason=f"cannot look for it: {error.reason}",
            )
        found = Unknown(reason=f"it could not be looked for in a day: {error.reason}")
    match found:
        case Posted(remote_id=remote_id):
            # Which revision stands there is not known; the edit that follows makes it right.
            revision = 0 if can.edit or delivery.is_deletion else delivery.wanted
            return Shown(
                claimed=claimed, remote_id=remote_id, revision=revision, settled=Settlement.FOUND
            )
        case Absent():
            if delivery.is_deletion:
                return Gone(claimed=claimed, settled=Settlement.ABSENT)
            return Settlement.ABSENT
        case Unknown(reason=reason):
            return _by_wish(claimed, reason)


def _resend_s(platform: Platform, channel: Channel, thread: str | None) -> float:
    """For how long the platform knows the key of a post there again; negative: it never does."""
    if isinstance(platform, Keyless) and platform.is_keyless(channel, thread):
        return -1.0
    return platform.capabilities.resend_s


def _by_wish(claimed: Claimed, reason: str) -> Settlement | Outcome:
    """What the channel wishes where it cannot be known."""
    key, wish = claimed.delivery.key, claimed.channel.attention.on_doubt
    if wish is OnDoubt.NEVER_LOSE and not claimed.delivery.is_deletion:
        log.warning("sending again, at the risk of doubling", why=reason, key=key)
        return Settlement.RISKED
    return Abandoned(
        claimed=claimed,
        reason=f"it may stand or not, and is not sent again: {reason}",
        unsure=True,
        settled=Settlement.LEFT,
    )
