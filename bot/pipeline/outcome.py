"""What became of a claimed delivery, and how each of these is recorded. Asks no platform."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.pace import INTERVAL, next_edit_at
from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.alert import AlertState
from bot.model.channel import Channel
from bot.model.delivery import Delivery, DeliveryKind
from bot.pipeline.draw import Material
from bot.storage import alerts, channels, deliveries, notices, publishing
from bot.storage.deliveries import Settlement, Stands
from bot.storage.revisions import next_revision

log = structlog.get_logger()

BACK_OFF_FIRST = timedelta(seconds=2)
EDIT_SETTLES = timedelta(seconds=5)
BACK_OFF_CAP = timedelta(minutes=10)
RETRY_AFTER_CAP = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(hours=24)
"""A message that fails for a day is given up, with the reason, so that later ones get through."""
CHANNEL_STOPS = {FailureClass.GONE, FailureClass.PERMISSION, FailureClass.CREDENTIAL}
"""Failures of the channel rather than of the message: its deliveries wait until a person acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours for the length of its lease, with what it is drawn from. `unsure`: a
    post may have landed before. `attempt`: the one that is begun; None: nothing is yet."""

    delivery: Delivery
    channel: Channel
    material: Material
    unsure: bool
    attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended. `settled`: how a doubt about an earlier post was settled by that."""

    claimed: Claimed
    settled: Settlement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Outcome):
    """The channel shows `revision` (0: some revision) under `remote_id`."""

    remote_id: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone(Outcome):
    """It was to be deleted, and does not stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits(Outcome):
    """Nothing was asked; try again at `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned(Outcome):
    """It is given up, without the platform having been asked. `unsure`: an earlier post may stand
    all the same."""

    reason: str
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Outcome):
    """The platform did not do it, or may not have."""

    error: DeliveryError


def back_off(attempts: int, retry_after: float | None) -> timedelta:
    """Doubling from 2 s to 10 min, jittered down to half; the platform's wish if longer."""
    step = min(BACK_OFF_FIRST * (1 << min(attempts, 12)), BACK_OFF_CAP)
    jittered = step * (0.5 + random.random() / 2)
    return max(jittered, min(timedelta(seconds=retry_after or 0.0), RETRY_AFTER_CAP))


async def record(
    connection: AsyncConnection,
    outcomes: Sequence[Outcome],
    now: datetime,
    *,
    edit_interval: timedelta = INTERVAL,
) -> None:
    """Write them all. One whose claim was lost meanwhile changes nothing but its own attempt."""
    shown = [one for one in outcomes if isinstance(one, Shown)]
    stands = [
        Stands(
            delivery=one.claimed.delivery,
            remote_id=one.remote_id,
            revision=one.revision,
            edit_after=_edit_after(one.claimed.delivery, now, edit_interval),
        )
        for one in shown
    ]
    lost = await deliveries.record_shown(connection, stands, now=now) if stands else ()
    for taken in lost:
        log.warning("a claim was lost before its outcome", key=taken.key)
    await publishing.want_published(
        connection, [one.claimed.delivery for one in shown if _is_for_followers(one)], now=now
    )
    await deliveries.end_attempts(
        connection,
        [
            (one.claimed.attempt, *_ending(one))
            for one in outcomes
            if one.claimed.attempt is not None
        ],
        now=now,
    )
    for one in outcomes:
        if one.settled is not None:
            await deliveries.settle(connection, one.claimed.delivery, one.settled)
        if not isinstance(one, Shown) and not await _record_other(connection, one, now):
            log.warning("a claim was lost before its outcome", key=one.claimed.delivery.key)


def _is_for_followers(one: Shown) -> bool:
    """Whether it is a new post that those who follow its channel shall have too."""
    taken = one.claimed.delivery
    is_news = taken.kind in (DeliveryKind.CARD, DeliveryKind.DIGEST)
    return is_news and taken.posted_at is None and one.claimed.channel.attention.crosspost


def _edit_after(taken: Delivery, now: datetime, interval: timedelta) -> datetime | None:
    """A card grows ever more slowly; what else is edited says something else at once."""
    if taken.kind is not DeliveryKind.CARD:
        return None
    return next_edit_at(taken.posted_at or now, now, interval=interval)


def _ending(one: Outcome) -> tuple[str, str]:
    match one:
        case Shown() | Gone():
            return "sent", ""
        case Refused(error=error):
            return type(error).__name__.lower(), error.reason
        case Abandoned(reason=reason) | Waits(reason=reason):
            return "not asked", reason
        case _:
            raise TypeError(one)


async def _record_other(connection: AsyncConnection, one: Outcome, now: datetime) -> bool:
    taken = one.claimed.delivery
    match one:
        case Gone():
            return await deliveries.record_gone(connection, taken)
        case Waits(until=until, reason=reason):
            return await deliveries.record_wait(
                connection, taken, until=until, reason=reason, unsure=one.claimed.unsure
            )
        case Abandoned(reason=reason, unsure=unsure):
            log.warning("delivery abandoned", key=taken.key, reason=reason)
            return await deliveries.record_abandoned(
                connection, taken, reason=reason, unsure=unsure
            )
        case Refused():
            return await deliveries.is_held(connection, taken) and await _record_refused(
                connection, one, now
            )
        case _:
            raise TypeError(one)


async def _record_refused(connection: AsyncConnection, one: Refused, now: datetime) -> bool:
    """A refusal by its class."""
    taken, error = one.claimed.delivery, one.error
    in_doubt = isinstance(error, Ambiguous) or one.claimed.unsure
    if not isinstance(error, Permanent) and await _is_hopeless(connection, one, now):
        reason = f"given up after a day of trying: {error.reason}"
        error = Permanent(error.channel, reason, failure=FailureClass.PAYLOAD)
    match error:
        case Permanent(failure=failure) if failure in CHANNEL_STOPS:
            return await _stop(connection, one, error, now)
        case Permanent(failure=failure):
            log.warning("delivery abandoned", key=taken.key, reason=error.reason)
            if (
                failure is FailureClass.MESSAGE_GONE
                and taken.kind is DeliveryKind.CARD
                and taken.alert is not None
            ):
                await alerts.set_state(connection, [taken.alert], AlertState.CLOSED)
            return await deliveries.record_abandoned(
                connection, taken, reason=error.reason, unsure=in_doubt
            )
        case Retryable(retry_after=retry_after):
            until = now + back_off(taken.attempts - 1, retry_after)
        case _:
            wait = back_off(taken.attempts - 1, None)
            if taken.is_edit:  # a lost one may still surface, and would undo a newer one
                wait = max(wait, EDIT_SETTLES)
            until = now + wait
    return await deliveries.record_wait(
        connection,
        taken,
        until=until,
        reason=error.reason,
        unsure=in_doubt,
        asked=now if isinstance(error, Ambiguous) else None,
    )


async def _is_hopeless(connection: AsyncConnection, one: Refused, now: datetime) -> bool:
    if one.claimed.attempt is None:
        return False
    since = await deliveries.trying_since(connection, one.claimed.delivery)
    return now - since > GIVE_UP_AFTER


async def _stop(connection: AsyncConnection, one: Refused, error: Permanent, now: datetime) -> bool:
    """Nothing more goes to the channel until a person acts, and one is told. A token that is
    refused stops the workspace; there is nobody to be told with it."""
    channel, taken = one.claimed.channel, one.claimed.delivery
    reason = f"{error.reason}. {error.remedy}".strip()
    held = await deliveries.record_wait(
        connection, taken, until=now, reason=reason, unsure=one.claimed.unsure
    )
    stopped = [channel]
    if error.failure is FailureClass.CREDENTIAL:
        everywhere = await channels.list_channels(connection, channel.workspace)
        stopped = [
            each
            for each in everywhere
            if each.platform is channel.platform and each.disabled_reason is None
        ]
    revision = await next_revision(connection)
    for each in stopped:
        await channels.disable_channel(connection, each.id, reason=reason, revision=revision)
    if error.failure is not FailureClass.CREDENTIAL:
        await notices.tell_of_disabled(connection, channel, reason=reason, name=taken.key, now=now)
    if stopped:
        log.warning("channel disabled", channel=channel.label, reason=reason, channels=len(stopped))
    return held
