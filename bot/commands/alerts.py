"""What a person asks about an alert: why it fired, to be spared its topic, to take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import compose
from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.here import local, zone_here
from bot.commands.pauses import show_mute
from bot.errors import CommandError
from bot.model.alert import AlertState
from bot.model.decision import Outcome, Why
from bot.model.delivery import Delivery
from bot.model.ids import AlertId
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import alerts, channels, deliveries, holds, story_views, told, topics
from bot.storage.database import Database
from bot.storage.retraction import want_alert_gone, want_gone
from bot.storage.revisions import next_revision
from bot.storage.told import Said
from bot.words import say

MUTED_FOR = timedelta(hours=24)


class AlertCommands:
    """The verbs of an alert's buttons. `key` is the delivery's, as hidden in the message."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def why(self, caller: Caller, key: str) -> Reply:
        """Which topics matched, by which words, who reports the story, and what was decided.

        Raises CommandError if the alert is unknown in the caller's workspace.
        """
        async with self._database.read() as connection:
            _, alert_id = await self._alert(connection, caller, key)
            view = await story_views.view(connection, alert_id)
            decided = await told.decisions_of(connection, alert_id)
            zone = await zone_here(connection, caller)
        alert = compose(view)
        lines: list[RichText] = []
        for one in view.speaking:
            found = next(each for each in view.articles if each.id == one.article)
            words = ", ".join(dict.fromkeys(f"“{hit.text}”" for hit in one.hits))
            lines.append(
                (
                    Span(text=one.subject, mark=Mark.STRONG),
                    Span(
                        text=say(
                            "  {words} in {outlet}: ",
                            words=words or say("every article"),
                            outlet=found.outlet,
                        )
                    ),
                    Span(text=found.parsed.title, url=found.parsed.url or None),
                )
            )
        outlets = ", ".join(source.outlet for source in alert.sources)
        lines.append(plain(say("Reported by {outlets}.", outlets=outlets)))
        lines += [plain(each) for each in _history(decided, zone, now=self._now())]
        return Reply(title=say("Why this alert"), lines=tuple(lines))

    async def mute(self, caller: Caller, key: str) -> Reply:
        """Mute the alert's topics for a day. Raises CommandError as `why` does."""
        now = self._now()
        until = now + MUTED_FOR
        async with self._database.write() as connection:
            delivery, alert_id = await self._alert(connection, caller, key)
            view = await story_views.view(connection, alert_id)
            revision = await next_revision(connection)
            muted = {one.topic: f"“{one.subject}”" for one in view.speaking if one.topic}
            for topic_id in muted:
                await topics.mute_topic(connection, topic_id, until=until, revision=revision)
            standing = await topics.list_subscriptions(connection, caller.workspace.id)
            await holds.look_again(
                connection, {one.channel for one in standing if one.topic in muted}
            )
            zone = await zone_here(connection, caller)
            if not muted:
                raise CommandError(
                    say("This alert comes from a whole feed, not from a topic."),
                    hint=say("`feed remove` stops the feed."),
                )
            there = await channels.channels_by_id(connection, [delivery.channel])
            if not there[delivery.channel].person:  # what people follow is nobody's business
                told_ = f"{', '.join(muted.values())} for 24 h, under an alert"
                await note(connection, caller, Did.TOPIC_MUTE, told_, now=now)
            await show_mute(connection, muted, [delivery.channel], pressed=alert_id)
        return Reply(
            title=say(
                "Muted {names} until {time}",
                names=", ".join(muted.values()),
                time=local(until, zone, now=now),
            ),
            lines=(plain(say("What would have fired meanwhile is recorded and not sent.")),),
        )

    async def retract(self, caller: Caller, key: str) -> Reply:
        """Have a message deleted: an alert's card with the replies under it, which closes the
        alert for good, or a digest. Raises CommandError if it is unknown in the workspace."""
        async with self._database.write() as connection:
            delivery = await self._delivery(connection, caller, key)
            if delivery.is_deletion:
                return Reply(title=say("That is retracted already"))
            if delivery.alert is None:
                await want_gone(connection, delivery.id)
                what = f"{delivery.kind} {key}"
                await note(connection, caller, Did.RETRACT, what, now=self._now())
                return Reply(title=say("The {kind} is being deleted", kind=delivery.kind))
            await want_alert_gone(connection, delivery.alert)
            await alerts.set_state(connection, [delivery.alert], AlertState.CLOSED)
            await note(connection, caller, Did.RETRACT, f"alert {key}", now=self._now())
        return Reply(
            title=say("The alert is being deleted"),
            lines=(plain(say("Nothing more is told of this story in that channel.")),),
        )

    async def _alert(
        self, connection: AsyncConnection, caller: Caller, key: str
    ) -> tuple[Delivery, AlertId]:
        """A delivery that is about one story. Raises CommandError for any other."""
        delivery = await self._delivery(connection, caller, key)
        if delivery.alert is None:
            raise CommandError(
                say("This is a {kind}, not an alert.", kind=delivery.kind),
                hint=say("“wirewatch alerts” lists the keys of alerts."),
            )
        return delivery, delivery.alert

    async def _delivery(self, connection: AsyncConnection, caller: Caller, key: str) -> Delivery:
        delivery = await deliveries.find_by_key(connection, key)
        if delivery is None or delivery.workspace != caller.workspace.id:
            raise CommandError(
                say("This alert is not known here any more."),
                hint=say("`help` shows what can be asked."),
            )
        return delivery


def _history(decided: tuple[Said, ...], zone: str, *, now: datetime) -> list[str]:
    """What was decided, if it was anything but telling it at once; each reason once."""
    verbs = {
        Outcome.HOLD: say("Held"),
        Outcome.WAIT: say("Waited"),
        Outcome.SUPPRESS: say("Kept quiet"),
    }
    lines: dict[tuple[str, str], str] = {}
    for one in decided:
        outcome = Outcome(one.outcome)
        what = say(" for “{subject}”", subject=one.subject) if one.subject else ""
        at = local(one.decided_at, zone, now=now)
        if outcome in verbs:
            until = say(" until {time}", time=local(one.until, zone, now=now)) if one.until else ""
            told_ = say(
                "{verbs}{what} at {at}{until}: {why}.",
                verbs=verbs[outcome],
                what=what,
                at=at,
                until=until,
                why=say(one.why),
            )
        elif one.why != Why.MATCHED and outcome is Outcome.FIRE:
            told_ = say("Told{what} at {at}: {why}.", what=what, at=at, why=say(one.why))
        else:
            continue
        lines.setdefault((one.subject, one.why), told_)
    return list(lines.values())
