"""On which terms a channel hears of a topic: from how many outlets on, whom it pings, how urgent.

Whether the person who asks may ping the target was asked by the adapter: see `Caller`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.caller import Caller
from bot.commands.here import local
from bot.errors import CommandError
from bot.model.ids import ChannelId, TopicId
from bot.model.mention import Mention, MentionKind
from bot.model.template import STANDARD, Size, Template
from bot.model.text import Mark, RichText, Span, filled, plain
from bot.model.topic import Subscription, Topic, Updates
from bot.storage import holds, topics
from bot.words import say

MOST_OUTLETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody changes; None leaves it. `mentioned` is how people see the `mention`."""

    outlets: int | None = None
    mention: Mention | None = None
    mentioned: str = ""
    no_mention: bool = False
    urgent: bool | None = None
    updates: Updates | None = None
    template: Template | None = None

    def check(self) -> None:
        """Raises CommandError for an impossible number of outlets."""
        if self.outlets is not None and not 1 <= self.outlets <= MOST_OUTLETS:
            raise CommandError(
                f"outlets must be from 1 to {MOST_OUTLETS}, not {self.outlets}.",
                hint="It is how many independent outlets must report a story before it is told.",
            )


UNCHANGED = Terms()


async def keep_terms(
    connection: AsyncConnection,
    subscription: Subscription,
    terms: Terms,
    *,
    by: str,
    revision: int,
) -> None:
    """Store what is said of the subscription, and of its topic in every channel (`urgent`)."""
    if terms.outlets is not None:
        await topics.set_gate(connection, subscription.id, gate=terms.outlets, revision=revision)
    if terms.mention is not None or terms.no_mention:
        await topics.set_mention(
            connection, subscription.id, mention=terms.mention, by=by, revision=revision
        )
    if terms.updates is not None:
        await topics.set_updates(
            connection, subscription.id, updates=terms.updates, revision=revision
        )
    if terms.template is not None:
        await topics.set_template(
            connection, subscription.id, template=terms.template, revision=revision
        )
    concerned = {subscription.channel}
    if terms.urgent is not None and subscription.topic is not None:
        await topics.set_urgent(
            connection, subscription.topic, urgent=terms.urgent, revision=revision
        )
        concerned |= await channels_of(connection, subscription)
    await holds.look_again(connection, concerned)


async def keep_terms_of(
    connection: AsyncConnection,
    caller: Caller,
    topic: TopicId,
    channel: ChannelId,
    terms: Terms,
    *,
    revision: int,
) -> None:
    """The same for the subscription that the caller's channel has to the topic by now."""
    if terms == UNCHANGED:
        return
    for one in await topics.list_subscriptions(connection, caller.workspace.id):
        if (one.channel, one.topic) == (channel, topic):
            await keep_terms(connection, one, terms, by=caller.user, revision=revision)


async def channels_of(connection: AsyncConnection, of: Subscription | Topic) -> set[ChannelId]:
    """Every channel that hears of the topic."""
    topic = of.topic if isinstance(of, Subscription) else of.id
    standing = await topics.list_subscriptions(connection, of.workspace)
    return {one.channel for one in standing if one.topic == topic}


async def find_subscription(
    connection: AsyncConnection, topic: Topic, channel: ChannelId
) -> Subscription | None:
    """The channel's subscription to the topic, if it stands."""
    for one in await topics.list_subscriptions(connection, topic.workspace):
        if one.channel == channel and one.topic == topic.id:
            return one
    return None


def terms_lines(terms: Terms) -> list[RichText]:
    """What was changed, a line each."""
    lines = []
    if terms.outlets is not None:
        lines.append(plain(f"Told {told_from(terms.outlets)}."))
    if terms.mention is not None:
        lines.append(plain(f"Pings {terms.mentioned or terms.mention}, when a story is new."))
    elif terms.no_mention:
        lines.append(plain("Pings nobody."))
    if terms.urgent is not None:
        meaning = (
            "Urgent: told at once, through quiet hours, digests and the hourly limit."
            if terms.urgent
            else "No longer urgent: it waits as the channel wishes."
        )
        lines.append(plain(meaning))
    if terms.updates is not None:
        meaning = (
            "Material changes of a story are told in its thread."
            if terms.updates is Updates.REPLIES
            else "What changes in a story is shown by editing its message, without a reply."
        )
        lines.append(plain(meaning))
    if terms.template is not None:
        lines.append(plain(shown_as(terms.template)))
    return lines


def shown_as(template: Template) -> str:
    """How much of a story is shown, in words."""
    if template.layout:
        return say("Shown in your own layout.")
    match template.size:
        case Size.COMPACT:
            return say("Shown compact: the headline, who and when.")
        case Size.FULL:
            return say("Shown in full: a longer summary, a large picture, more outlets.")
        case Size.STANDARD:
            return say("Shown as usual: a summary, key points, other outlets.")


def standing_terms(one: Subscription, topic: Topic, *, now: datetime, zone: str) -> list[RichText]:
    """The topic with what is special about it here; [] if nothing is."""
    notes: list[RichText] = []
    if topic.urgent:
        notes.append(plain(say("urgent")))
    if one.gate > 1:
        notes.append(plain(say("from {count} outlets on", count=one.gate)))
    if one.updates is Updates.REPLIES:
        notes.append(plain(say("changes told in the thread")))
    if one.template != STANDARD:
        own = say("in its own layout") if one.template.layout else one.template.size.value
        notes.append(plain(own))
    if one.mention is not None:
        notes.append(filled(say("pings {whom}"), whom=(named(one.mention),)))
    if topic.muted_until is not None and topic.muted_until > now:
        when = local(topic.muted_until, zone, now=now)
        notes.append(plain(say("muted until {when}", when=when)))
    if topic.snoozed_until is not None and topic.snoozed_until > now:
        when = local(topic.snoozed_until, zone, now=now)
        notes.append(plain(say("snoozed until {when}", when=when)))
    if not notes:
        return []
    told = [span for note in notes for span in (Span(text=", "), *note)]
    return [(Span(text=topic.name, mark=Mark.STRONG), Span(text="  "), *told[1:])]


def named(mention: Mention) -> Span:
    """Who is pinged, as the platform shows a name; it does not ping."""
    mark = Mark.PERSON if mention.kind is MentionKind.USER else Mark.ROLE
    return Span(text=mention.external_id, mark=mark)


def told_from(outlets: int) -> str:
    """ "from the first report on", or from how many outlets on."""
    return f"once {outlets} outlets report it" if outlets > 1 else "from the first report on"
