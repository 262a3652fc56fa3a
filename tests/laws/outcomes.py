"""Each (channel, matching story) has one outcome: a card, a line, silence, or a hold with why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind, DeliveryStatus
from tests.laws.facts import Facts


def decided_and_opened(facts: Facts) -> Iterator[str]:
    """Every match was answered, and every answer but a silence has its alert, and the reverse."""
    for row in facts.undecided:
        where = facts.place(row["story_id"], row["channel_id"])
        yield f"{where}: article {row['article_id']} matched, and nothing was decided"
    decided: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for one in facts.decisions:
        decided[one.story_id, one.channel_id][one.outcome] += 1
        if not one.why:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: article {one.article_id} was answered without a reason"
    opened = {(one.story_id, one.channel_id) for one in facts.alerts}
    for (story, channel_id), outcomes in decided.items():
        if outcomes.keys() != {Outcome.SUPPRESS} and (story, channel_id) not in opened:
            yield f"{facts.place(story, channel_id)}: decided to alert, and there is no alert"
    openers = {Outcome.FIRE, Outcome.HOLD, Outcome.WAIT}
    for one in facts.alerts:
        outcomes = decided[one.story_id, one.channel_id]
        where = facts.place(one.story_id, one.channel_id)
        if one.state == AlertState.MERGED:
            continue  # what opened it is the other alert's: see tests/laws/joined.py
        if not openers & outcomes.keys():
            yield f"{where}: an alert that nothing opened"
        if one.state == AlertState.WAITING and not outcomes[Outcome.WAIT]:
            yield f"{where}: the alert is waiting, and nobody waits"


_MESSAGES = {
    AlertState.WAITING: ((0, 0), (0, 0)),
    AlertState.HELD: ((0, 0), (0, 0)),
    AlertState.READY: ((1, 1), (0, 1)),
    AlertState.CARRIED: ((0, 0), (1, 1)),
    AlertState.CLOSED: ((0, 1), (0, 1)),
    AlertState.MERGED: ((0, 1), (0, 1)),
}
"""The least and most cards, and the least and most lines of digests, of an alert in each state."""


def told_as_its_state_says(facts: Facts) -> Iterator[str]:
    """A card or a line, once; both only after an urgent promotion."""
    for one in facts.alerts:
        where = facts.place(one.story_id, one.channel_id)
        cards, lines = facts.cards.get(one.id, []), facts.lines_of.get(one.id, [])
        may = _MESSAGES[AlertState(one.state)]
        for what, found, (least, most) in (("card", cards, may[0]), ("line", lines, may[1])):
            if len(found) < least:
                yield f"{where}: the alert is {one.state} and has no {what}"
            if len(found) > most:
                yield f"{where}: the alert is {one.state} and has {len(found)} {what}s"
        if cards and lines and not one.urgent:
            yield f"{where}: told by a card and by a line, and not urgent"
        yield from _of_its_state(one, cards, where)


def _of_its_state(one: Row[Any], cards: list[Row[Any]], where: str) -> Iterator[str]:
    if one.state == AlertState.HELD and not one.held_why:
        yield f"{where}: held, and does not say why"
    if one.state != AlertState.HELD and (one.held_until or one.held_why):
        yield f"{where}: {one.state}, and still has a hold"
    if one.state == AlertState.CLOSED:
        for card in cards:
            if card.status == DeliveryStatus.PENDING and card.wanted:
                yield f"{where}: the alert is closed, and its card {card.key} still pending"


def lines_belong_to_digests(facts: Facts) -> Iterator[str]:
    """A digest has lines, of its own channel's alerts, and one delivery; its name is used once."""
    channel_of = {one.id: one.channel_id for one in facts.digests}
    carrying = {one.digest_id for one in facts.lines}
    wanted = Counter(one.digest_id for one in facts.of_kind(DeliveryKind.DIGEST))
    for one in facts.digests:
        where = f"digest {one.id} in {facts.name(one.channel_id)}"
        if one.id not in carrying:
            yield f"{where}: empty"
        if wanted[one.id] != 1:
            yield f"{where}: {wanted[one.id]} deliveries"
    for one in facts.lines:
        alert = facts.alert_of.get(one.alert_id)
        if alert is None or channel_of.get(one.digest_id) != alert.channel_id:
            yield f"digest {one.digest_id}: a line of alert {one.alert_id}, which is elsewhere"
    named = Counter((one.channel_id, one.kind, one.until) for one in facts.digests)
    for (channel_id, kind, until), count in named.items():
        if count > 1:
            yield f"{facts.name(channel_id)}: {count} {kind} digests for {until:%Y-%m-%d %H:%M}"


def replies_belong_to_cards(facts: Facts) -> Iterator[str]:
    """A reply stands under a card, and says what it says once."""
    for alert_id, replies in facts.replies.items():
        alert = facts.alert_of.get(alert_id)
        if alert is None:
            yield f"delivery {replies[0].id}: a reply to no alert"
            continue
        where = facts.place(alert.story_id, alert.channel_id)
        cards = facts.cards.get(alert_id, [])
        if not cards:
            yield f"{where}: a reply, and no card that it belongs to"
        elif not any(card.posted_at for card in cards) and any(one.posted_at for one in replies):
            yield f"{where}: a reply was posted before its card"
        said = Counter((one.body["line"], *one.body["mentions"]) for one in replies)
        for (_, *mentions), count in said.items():
            if count > 1:
                yield f"{where}: {count} replies ping {', '.join(mentions)} for the same"


RULES = (
    decided_and_opened,
    told_as_its_state_says,
    lines_belong_to_digests,
    replies_belong_to_cards,
)
