"""What must hold of deliveries whatever crashed, failed or came late. Reads; repairs nothing.

    assert await violations(newsdesk.database) == []

Knows the database and, where a test has them, what the channels really show. It does not know
what the feeds said: whether an article that should match did is for the caller to judge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Row, RowMapping, Table, exists, select

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.storage.database import Database
from bot.storage.tables import (
    alert,
    article,
    attempt,
    channel,
    decision,
    delivery,
    match,
    subscription,
)

Ledger: TypeAlias = Sequence[tuple[str, str]]
"""The bot's messages that stand in a channel, in order: (remote id, the delivery key in it)."""


async def violations(
    database: Database | Path,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    deleted: Collection[str] = (),
    faults: int = 0,
    drained: bool = False,
) -> list[str]:
    """Every broken rule in words; none if all is well.

    `ledgers` are by the channel's external id; a channel without one is judged by the database
    alone. `deleted` are remote ids that a moderator took away. `faults` is how many attempts were
    made to fail, deaths in the middle of one included. `drained`: nothing may be pending any more,
    but in disabled channels.

    A subscription that was removed and came back is taken for one that never went away.
    """
    async with AsyncExitStack() as stack:
        if isinstance(database, Path):
            database = Database(f"sqlite:///{database}")
            stack.push_async_callback(database.close)
        facts = await _read(database)
    facts.ledgers, facts.deleted = dict(ledgers or {}), set(deleted)
    facts.faults, facts.drained = faults, drained
    return [words for rule in RULES for words in rule(facts)]


@dataclass(slots=True, kw_only=True)
class _Facts:
    """The tables whole, each in the order of its ids, and what the test says."""

    channels: dict[int, Row[Any]]
    decisions: Sequence[Row[Any]]
    alerts: Sequence[Row[Any]]
    deliveries: Sequence[Row[Any]]
    attempts: Sequence[Row[Any]]
    undecided: Sequence[RowMapping]
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    faults: int = 0
    drained: bool = False

    @property
    def cards(self) -> dict[int, list[Row[Any]]]:
        """By alert."""
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.deliveries:
            if one.kind == DeliveryKind.CARD:
                found[one.alert_id].append(one)
        return found

    def place(self, story: int, channel_id: int) -> str:
        return f"story {story} in {self.name(channel_id)}"

    def name(self, channel_id: int) -> str:
        return f"channel {self.channels[channel_id].external_id}"

    def posts(self) -> dict[int, list[Row[Any]]]:
        """The attempts to post, by delivery."""
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.attempts:
            if one.action == "post":
                found[one.delivery_id].append(one)
        return found


async def _read(database: Database) -> _Facts:
    async with database.read() as connection:

        async def rows(table: Table) -> Sequence[Row[Any]]:
            query = select(table).order_by(*table.primary_key.columns)
            return (await connection.execute(query)).all()

        answered = exists().where(
            decision.c.article_id == match.c.article_id,
            decision.c.subscription_id == subscription.c.id,
        )
        undecided = (
            select(match.c.article_id, article.c.story_id, subscription.c.channel_id)
            .join(article, article.c.id == match.c.article_id)
            .join(subscription, subscription.c.topic_id == match.c.topic_id)
            .where(
                ~subscription.c.removed,
                subscription.c.created_at <= article.c.first_seen_at,
                ~answered,
            )
        )
        return _Facts(
            channels={row.id: row for row in await rows(channel)},
            decisions=await rows(decision),
            alerts=await rows(alert),
            deliveries=await rows(delivery),
            attempts=await rows(attempt),
            undecided=(await connection.execute(undecided)).mappings().all(),
        )


# --- the rules


def _one_outcome(facts: _Facts) -> Iterator[str]:
    """Each (channel, matching story): an alert with its card, held, carried, or suppressed."""
    for row in facts.undecided:
        where = facts.place(row["story_id"], row["channel_id"])
        yield f"{where}: article {row['article_id']} matched, and nothing was decided"
    decided: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for one in facts.decisions:
        decided[one.story_id, one.channel_id][one.outcome] += 1
    opened = {(one.story_id, one.channel_id) for one in facts.alerts}
    for (story, channel_id), outcomes in decided.items():
        if outcomes.keys() != {Outcome.SUPPRESS} and (story, channel_id) not in opened:
            yield f"{facts.place(story, channel_id)}: decided to alert, and there is no alert"
    for one in facts.alerts:
        outcomes = decided[one.story_id, one.channel_id]
        if not outcomes[Outcome.FIRE] + outcomes[Outcome.HOLD]:
            yield f"{facts.place(one.story_id, one.channel_id)}: an alert that nothing opened"
        yield from _as_its_state_says(facts, one)


_CARDS = {
    AlertState.WAITING: (0, 0),
    AlertState.HELD: (0, 0),
    AlertState.READY: (1, 1),
    AlertState.CARRIED: (0, 1),  # one by urgent promotion
    AlertState.CLOSED: (0, 1),
}


def _as_its_state_says(facts: _Facts, one: Row[Any]) -> Iterator[str]:
    cards = facts.cards.get(one.id, [])
    where = facts.place(one.story_id, one.channel_id)
    least, most = _CARDS[AlertState(one.state)]
    if len(cards) < least:
        yield f"{where}: the alert is {one.state} and has no card"
    if len(cards) > most:
        yield f"{where}: the alert is {one.state} and has {len(cards)} cards"
    if one.state == AlertState.CLOSED:
        for card in cards:
            if card.status == DeliveryStatus.PENDING:
                yield f"{where}: the alert is closed, and its card {card.key} still pending"


def _no_second_message(facts: _Facts) -> Iterator[str]:
    """Neither in the database nor in a channel."""
    shown = Counter((one.channel_id, one.remote_id) for one in facts.deliveries if one.remote_id)
    for (channel_id, remote_id), count in shown.items():
        if count > 1:
            yield f"{facts.name(channel_id)}: {count} deliveries claim the message {remote_id}"
    alert_of = {one.key: one.alert_id for one in facts.deliveries if one.kind == DeliveryKind.CARD}
    for external_id, ledger in facts.ledgers.items():
        keys = Counter(key for _, key in ledger if key)
        for key, count in keys.items():
            if count > 1:
                yield f"channel {external_id}: doubled, {count} messages have the key {key}"
        stories = Counter(alert_of[key] for key in keys if key in alert_of)
        for alert_id, count in stories.items():
            if count > 1:
                yield f"channel {external_id}: doubled, {count} cards of the alert {alert_id}"
    for delivery_id, posts in facts.posts().items():
        if (count := sum(post.outcome == "sent" for post in posts)) > 1:
            yield f"delivery {delivery_id}: posted and recorded {count} times"


def _in_order(facts: _Facts) -> Iterator[str]:
    """Cards stand in the order of their decisions, and none was begun before another was done."""
    posts = facts.posts()
    by_channel: dict[int, list[Row[Any]]] = defaultdict(list)
    for one in facts.deliveries:
        if one.kind == DeliveryKind.CARD and one.id in posts:
            by_channel[one.channel_id].append(one)
    for channel_id, cards in by_channel.items():
        for earlier, later in pairwise(cards):
            if posts[earlier.id][-1].id > posts[later.id][0].id:
                yield (
                    f"{facts.name(channel_id)}: delivery {later.id} was begun before"
                    f" delivery {earlier.id} was done"
                )
    ids = {one.key: one.id for one in facts.deliveries if one.kind == DeliveryKind.CARD}
    for external_id, ledger in facts.ledgers.items():
        order = [ids[key] for _, key in ledger if key in ids]
        for before, after in pairwise(order):
            if before > after:
                yield f"channel {external_id}: delivery {after} stands below delivery {before}"


def _nobody_elses(facts: _Facts) -> Iterator[str]:
    """Everything in a channel belongs to the channel's workspace."""
    owner = {one.id: one.workspace_id for one in facts.channels.values()}
    for table, rows in (
        ("delivery", facts.deliveries),
        ("alert", facts.alerts),
    ):
        for one in rows:
            if one.workspace_id != owner[one.channel_id]:
                yield (
                    f"{facts.name(one.channel_id)} of {owner[one.channel_id]}: {table} {one.id}"
                    f" belongs to {one.workspace_id}"
                )
    for one in facts.decisions:
        if one.workspace_id != owner[one.channel_id]:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: decided for {one.workspace_id}, not for {owner[one.channel_id]}"
    channel_of = {one.id: one.channel_id for one in facts.alerts}
    for one in facts.deliveries:
        if channel_of.get(one.alert_id) != one.channel_id:
            yield f"delivery {one.id}: its alert is another channel's"


def _accounted_for(facts: _Facts) -> Iterator[str]:
    """A row says by itself what it waits for, and a status is what it says it is."""
    for one in facts.deliveries:
        for wrong, words in (
            (one.status == DeliveryStatus.PENDING and one.sent >= one.wanted,
             "pending, though the channel shows what is wanted"),
            (one.next_attempt_at is not None and not one.last_error,
             "waiting, and does not say why"),
            (one.unsure_since is not None and one.attempts == 0,
             "unsure about a post that was never begun"),
            (one.lease_until is not None and one.fence == 0, "leased to nobody"),
            (one.status == DeliveryStatus.SENT and one.sent < one.wanted,
             "called sent, though the channel is behind"),
            (one.status == DeliveryStatus.SENT and one.unsure_since is not None,
             "called sent, and unsure"),
            (one.sent > 0 and not one.remote_id, "called shown, without a message"),
            (one.status == DeliveryStatus.ABANDONED and not one.last_error,
             "abandoned, and does not say why"),
        ):  # fmt: skip
            if wrong:
                yield f"delivery {one.id} in {facts.name(one.channel_id)}: {words}"


def _no_needless_attempt(facts: _Facts) -> Iterator[str]:
    """One attempt for the post and one for each revision edited in, and one more for each fault.

    A look into the history by key alone can hide two processes that send the same delivery.
    """
    counted = Counter(one.delivery_id for one in facts.attempts)
    for one in facts.deliveries:
        if counted[one.id] != one.attempts:
            yield f"delivery {one.id}: {one.attempts} attempts, {counted[one.id]} on record"
    needed = {
        (one.delivery_id, one.action, one.revision if one.action == "edit" else 0)
        for one in facts.attempts
    }
    least = Counter(delivery_id for delivery_id, _, _ in needed)
    more = {id_: counted[id_] - least[id_] for id_ in counted if counted[id_] > least[id_]}
    if sum(more.values()) > facts.faults:
        worst = ", ".join(f"delivery {id_}: {count}" for id_, count in list(more.items())[:5])
        yield (
            f"{sum(more.values())} attempts more than needed, with {facts.faults} faults: {worst}"
        )


def _drained(facts: _Facts) -> Iterator[str]:
    if not facts.drained:
        return
    for one in facts.deliveries:
        stopped = facts.channels[one.channel_id].disabled_reason is not None
        if one.status == DeliveryStatus.PENDING and not stopped:
            why = f": {one.last_error}" if one.last_error else ""
            yield f"delivery {one.id} in {facts.name(one.channel_id)}: still pending{why}"


def _as_the_ledger_shows(facts: _Facts) -> Iterator[str]:
    """What is called shown stands there, and what stands there is ours to know."""
    for one in facts.channels.values():
        if one.external_id not in facts.ledgers:
            continue
        standing = dict(facts.ledgers[one.external_id])
        deliveries = [each for each in facts.deliveries if each.channel_id == one.id]
        for each in deliveries:
            if each.remote_id is None or each.remote_id in facts.deleted:
                continue
            if each.remote_id not in standing:
                yield (
                    f"channel {one.external_id}: lost, delivery {each.id} is called shown as"
                    f" {each.remote_id}, which does not stand there"
                )
            elif standing[each.remote_id] != each.key:
                yield (
                    f"channel {one.external_id}: message {each.remote_id} has the key"
                    f" {standing[each.remote_id] or 'of nothing'}, not delivery {each.id}'s"
                )
        ours = {each.remote_id for each in deliveries}
        for remote_id, key in standing.items():
            if remote_id not in ours:
                yield f"channel {one.external_id}: message {remote_id} ({key}) has no delivery"


RULES: tuple[Callable[[_Facts], Iterator[str]], ...] = (
    _one_outcome,
    _no_second_message,
    _in_order,
    _nobody_elses,
    _accounted_for,
    _no_needless_attempt,
    _drained,
    _as_the_ledger_shows,
)
