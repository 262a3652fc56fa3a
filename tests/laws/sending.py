"""Nothing doubled, nothing lost, all in order: deliveries, attempts, and what the channels show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from bot.model.delivery import DeliveryKind, DeliveryStatus
from tests.laws.facts import Facts, Ledger


def no_second_message(facts: Facts) -> Iterator[str]:
    """Neither in the database nor in a channel."""
    shown = Counter((one.channel_id, one.remote_id) for one in facts.deliveries if one.remote_id)
    for (channel_id, remote_id), count in shown.items():
        if count > 1:
            yield f"{facts.name(channel_id)}: {count} deliveries claim the message {remote_id}"
    alert_of = {one.key: one.alert_id for one in facts.of_kind(DeliveryKind.CARD)}
    for external_id, ledger in facts.said.ledgers.items():
        keys = Counter(key for _, key in ledger if key)
        for key, count in keys.items():
            if count > 1:
                yield f"channel {external_id}: doubled, {count} messages have the key {key}"
        stories = Counter(alert_of[key] for key in keys if key in alert_of)
        for alert_id, count in stories.items():
            if count > 1:
                yield f"channel {external_id}: doubled, {count} cards of the alert {alert_id}"
    for delivery_id, posts in facts.posts.items():
        if (count := sum(post.outcome == "sent" for post in posts)) > 1:
            yield f"delivery {delivery_id}: posted and recorded {count} times"


def in_order(facts: Facts) -> Iterator[str]:
    """Cards stand in the order of their decisions, and none was begun before another was done."""
    for channel_id, cards in facts.in_channels(DeliveryKind.CARD).items():
        where = facts.name(channel_id)
        begun = [one for one in cards if one.id in facts.posts]
        for earlier, later in pairwise(begun):
            if facts.posts[earlier.id][-1].id > facts.posts[later.id][0].id:
                was = f"delivery {later.id} was begun before delivery {earlier.id} was done"
                yield f"{where}: {was}"
        for before, after in pairwise(cards):
            if before.created_at > after.created_at:
                yield f"{where}: delivery {after.id} was decided before delivery {before.id}"
    ids = {one.key: one.id for one in facts.of_kind(DeliveryKind.CARD)}
    for external_id, ledger in facts.said.ledgers.items():
        order = [ids[key] for _, key in ledger if key in ids]
        for above, below in pairwise(order):
            if above > below:
                yield f"channel {external_id}: delivery {below} stands below delivery {above}"


def accounted_for(facts: Facts) -> Iterator[str]:
    """A row says by itself what it waits for, and a status is what it says it is."""
    for one in facts.deliveries:
        is_done = one.status == DeliveryStatus.SENT
        for wrong, words in (
            (one.status == DeliveryStatus.PENDING and one.sent >= one.wanted > 0,
             "pending, though the channel shows what is wanted"),
            (one.next_attempt_at is not None and not one.last_error,
             "waiting, and does not say why"),
            (one.unsure_since is not None and one.attempts == 0,
             "unsure about a post that was never begun"),
            (one.lease_until is not None and one.fence == 0, "leased to nobody"),
            (is_done and one.sent < one.wanted, "called sent, though the channel is behind"),
            (is_done and one.unsure_since is not None, "called sent, and unsure"),
            (one.sent > 0 and not one.remote_id, "called shown, without a message"),
            (one.remote_id is not None and one.posted_at is None, "shown, and nobody knows when"),
            (one.status == DeliveryStatus.ABANDONED and not one.last_error,
             "abandoned, and does not say why"),
        ):  # fmt: skip
            if wrong:
                yield f"delivery {one.id} in {facts.name(one.channel_id)}: {words}"


def no_needless_attempt(facts: Facts) -> Iterator[str]:
    """One attempt for the post, one for each revision edited in, one for a deletion; and one more
    for each fault.

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


def drained(facts: Facts) -> Iterator[str]:
    if not facts.said.drained:
        return
    for one in facts.deliveries:
        stopped = facts.channels[one.channel_id].disabled_reason is not None
        if one.status == DeliveryStatus.PENDING and not stopped:
            why = f": {one.last_error}" if one.last_error else ""
            yield f"delivery {one.id} in {facts.name(one.channel_id)}: still pending{why}"


def as_the_ledger_shows(facts: Facts) -> Iterator[str]:
    """What is called shown stands there, and what stands there is ours to know."""
    for one in facts.channels.values():
        if one.external_id in facts.said.ledgers:
            ledger = facts.said.ledgers[one.external_id]
            for words in _in_channel(facts, one.id, ledger):
                yield f"channel {one.external_id}: {words}"


def _in_channel(facts: Facts, channel_id: int, ledger: Ledger) -> Iterator[str]:
    standing = dict(ledger)
    deliveries = [each for each in facts.deliveries if each.channel_id == channel_id]
    for each in deliveries:
        if each.remote_id is None or each.remote_id in facts.said.deleted:
            continue
        if each.wanted == 0:
            if each.remote_id in standing and each.status == DeliveryStatus.SENT:
                yield f"delivery {each.id} is called deleted, and {each.remote_id} stands there"
        elif each.remote_id not in standing:
            yield (
                f"lost, delivery {each.id} is called shown as {each.remote_id}, which does not"
                " stand there"
            )
        elif standing[each.remote_id] != each.key:
            yield (
                f"message {each.remote_id} has the key {standing[each.remote_id] or 'of nothing'},"
                f" not delivery {each.id}'s"
            )
    ours = {each.remote_id for each in deliveries}
    for remote_id, key in standing.items():
        if remote_id not in ours:
            yield f"message {remote_id} ({key}) has no delivery"


RULES = (
    no_second_message,
    in_order,
    accounted_for,
    no_needless_attempt,
    drained,
    as_the_ledger_shows,
)
