"""What a claimed delivery has to say now: its alert, its digest, its reply or its notice.

Reads and composes; sends nothing. Some things are frozen in the delivery's `body` when it is
made, because what is said once must not change with the world around it:

    card     {"mentions": ["role:1", ...]}     whom the post pings
    reply    {"mentions": [...], "line": "…"}
    notice   {"title": "…", "lines": ["…", …], "asks": true}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import StoryView, compose, speakers
from bot.alerts.digest import DigestItem, compose_digest
from bot.alerts.written import Rejected, check
from bot.model.alert import Alert, Moved, ThreadReply
from bot.model.channel import Channel
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.digest import Digest, DigestLine, Notice
from bot.model.ids import AlertId, DigestId
from bot.model.mention import Mention, parse_mention
from bot.model.platform import Message
from bot.model.text import Span, flat, plain
from bot.storage import deliveries, digests, story_views
from bot.storage.digests import StoredDigest
from bot.storage.joined import told_instead
from bot.storage.written import Written, get_written
from bot.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A message as it stands now, at `revision`; `thread` is the remote id of the card whose thread
    it belongs into."""

    message: Message
    revision: int
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moot:
    """Nothing is to be said any more, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What some deliveries are drawn from, as one transaction saw it."""

    views: Mapping[AlertId, StoryView]
    digests: Mapping[DigestId, StoredDigest]
    cards: Mapping[AlertId, str]  # the remote ids of the cards that replies belong to
    written: Mapping[AlertId, Written]
    instead: Mapping[AlertId, str]  # of alerts whose story another tells, the remote ids of that


async def gather(connection: AsyncConnection, taken: Sequence[Delivery]) -> Material:
    """Read everything that `draw` needs for these deliveries."""
    found = await digests.get_digests(
        connection, [one.digest for one in taken if one.digest is not None]
    )
    wanted = {one.alert for one in taken if one.alert is not None}
    replied = [
        one.alert for one in taken if one.kind is DeliveryKind.REPLY and one.alert is not None
    ]
    carried = {alert for each in found.values() for alert in each.alerts}
    views = await story_views.views(connection, sorted(wanted | carried))
    moved = sorted(id_ for id_ in wanted if views[id_].moved)
    return Material(
        views=views,
        instead=await told_instead(connection, moved) if moved else {},
        digests=found,
        cards=await deliveries.cards_of(connection, replied),
        written=await get_written(connection, sorted(wanted)),
    )


def draw(
    taken: Delivery, channel: Channel, material: Material, *, now: datetime, links: str = ""
) -> Drawing | Moot:
    """The message that the channel shall show; `links` is the platform's `message_link`. A mute
    that has ended by `now` is not shown."""
    match taken.kind:
        case DeliveryKind.CARD:
            view = material.views[_alert_of(taken)]
            if view.moved:
                return _moved(taken, view, channel, material, links)
            mentions = () if taken.is_edit else _mentions(taken.body)
            alert = replace(compose(view), mentions=mentions)
            if alert.muted_until is not None and alert.muted_until <= now:
                alert = replace(alert, muted_until=None)
            if alert.follows is not None and (url := _link(links, channel, alert.follows.card)):
                alert = replace(alert, follows=replace(alert.follows, url=url))
            written = material.written.get(view.alert)
            if written is not None:
                alert = with_written(alert, view, written)
            return Drawing(message=alert, revision=view.revision)
        case DeliveryKind.DIGEST:
            stored = material.digests[taken.digest or DigestId(0)]
            return Drawing(message=_digest(stored, channel, material.views), revision=taken.wanted)
        case DeliveryKind.REPLY:
            body = taken.body or {}
            card = material.cards.get(_alert_of(taken))
            if card is None:
                return Moot(reason="its card never came into the channel")
            said = ThreadReply(line=plain(body["line"]), mentions=_mentions(body))
            return Drawing(message=said, revision=taken.wanted, thread=card)
        case DeliveryKind.NOTICE:
            body = taken.body or {}
            lines = tuple(plain(line) for line in body["lines"])
            told = Notice(title=body["title"], lines=lines, asks=body.get("asks", True))
            return Drawing(message=told, revision=taken.wanted)


def _moved(
    taken: Delivery, view: StoryView, channel: Channel, material: Material, links: str
) -> Drawing | Moot:
    """One line in the card's place. What is not there needs none."""
    if not taken.is_edit:
        return Moot(reason="another card of the channel tells its story")
    told = compose(view)
    card = material.instead.get(view.alert, "")
    url = _link(links, channel, card) or told.url
    line = (Span(text=say("Now told with: ")), Span(text=flat(told.headline), url=url or None))
    return Drawing(message=Moved(line=line), revision=view.revision)


def _link(links: str, channel: Channel, message: str) -> str:
    """Where people find a message of the channel; "" where nobody can tell."""
    if not links or not message or channel.person:
        return ""
    _, _, server = channel.workspace.partition(":")
    place, _, inside = message.rpartition("/")  # where each message has a place of its own
    return links.format(server=server, channel=place or channel.external_id, message=inside)


def with_written(alert: Alert, view: StoryView, written: Written) -> Alert:
    """The alert with the model's summary, labelled; with its own if there is none, or if the
    reports do not say any more what it says (one was corrected, or taken out)."""
    try:
        check(written.text, speakers(view))
    except Rejected:
        return alert
    by = say("(Written by {model} from the reports below.)", model=written.model)
    return replace(alert, summary=plain(f"{written.text} {by}"))


def _alert_of(taken: Delivery) -> AlertId:
    if taken.alert is None:
        raise ValueError(f"delivery {taken.id} is a {taken.kind} of no alert")
    return taken.alert


def _mentions(body: Mapping[str, Any] | None) -> tuple[Mention, ...]:
    return tuple(parse_mention(stored) for stored in (body or {}).get("mentions", ()))


def _digest(stored: StoredDigest, channel: Channel, views: Mapping[AlertId, StoryView]) -> Digest:
    return compose_digest(
        [_item(compose(view)) for view in _each_once(views[alert] for alert in stored.alerts)],
        kind=stored.kind,
        since=stored.since,
        until=stored.until,
        attention=channel.attention,
    )


def _each_once(views: Iterable[StoryView]) -> list[StoryView]:
    """Stories that became one since have one line."""
    return list({view.story: view for view in views}.values())


def _item(alert: Alert) -> DigestItem:
    line = DigestLine(
        story=alert.story,
        headline=flat(alert.headline),
        url=alert.url,
        outlets=len(alert.sources),
        outlet=alert.outlet,
        at=alert.at,
        alert=alert.id,
    )
    return DigestItem(line=line, topics=alert.topics)
