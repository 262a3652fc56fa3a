"""What one batch of polls will write, gathered before it is written. Pure bookkeeping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from bot.alerts.decide import Situation, decide
from bot.model.alert import AlertState
from bot.model.article import Article
from bot.model.decision import Decision, Outcome
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ArticleId, ChannelId, FeedId, StoryId, TopicId
from bot.pipeline.roster import Watch

Standing = dict[tuple[StoryId, ChannelId], tuple[AlertId, AlertState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that concerns a subscription and has no decision yet."""

    article: Article
    watch: Watch
    first_poll: bool


def card_key(installation: str, story: StoryId, channel: ChannelId) -> str:
    """The idempotency key of a card: 20 characters, the same after any restart, and another one
    in every installation, so that two databases in one channel do not swallow each other's."""
    text = f"{installation}/{channel}/{story}/{DeliveryKind.CARD}"
    return blake2b(text.encode(), digest_size=10).hexdigest()


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The order of decisions: oldest first, so that a channel reads like a diary; the first poll
    of a feed newest first, because only its newest articles may alert."""
    ordered = sorted(candidates, key=lambda one: (one.article.at, one.article.id))
    running = [one for one in ordered if not one.first_poll]
    first = [one for one in reversed(ordered) if one.first_poll]
    return running + first


@dataclass(slots=True, kw_only=True)
class Page:
    """The rows of a batch. `standing` is what each (story, channel) has, and grows as it goes."""

    now: datetime
    installation: str
    next_alert: AlertId
    standing: Standing = field(default_factory=dict)
    matched: set[tuple[ArticleId, TopicId]] = field(default_factory=set)
    matches: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    opened: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    _first_poll_fires: dict[tuple[FeedId, ChannelId], int] = field(default_factory=dict)

    def judge(self, candidate: Candidate) -> Decision:
        """Decide about one candidate, and note everything that follows from it."""
        article, watch = candidate.article, candidate.watch
        pair = (article.story, watch.channel.id)
        counter = (article.feed, watch.channel.id)
        standing = self.standing.get(pair)
        decision = decide(
            Situation(
                now=self.now,
                published_at=article.parsed.published_at,
                standing=standing[1] if standing else None,
                muted_until=watch.topic.muted_until if watch.topic else None,
                snoozed_until=watch.channel.snoozed_until,
                first_poll=candidate.first_poll,
                fired_at_first_poll=self._first_poll_fires.get(counter, 0),
            )
        )
        if decision.outcome in (Outcome.FIRE, Outcome.HOLD):
            self._open(candidate, decision)
            if candidate.first_poll:
                self._first_poll_fires[counter] = self._first_poll_fires.get(counter, 0) + 1
        self._note(candidate, decision)
        return decision

    def _open(self, candidate: Candidate, decision: Decision) -> None:
        article, channel = candidate.article, candidate.watch.channel
        held = decision.outcome is Outcome.HOLD
        state = AlertState.HELD if held else AlertState.READY
        alert = self.next_alert
        self.next_alert = AlertId(alert + 1)
        self.standing[article.story, channel.id] = (alert, state)
        row = {
            "id": alert,
            "workspace_id": channel.workspace,
            "story_id": article.story,
            "channel_id": channel.id,
            "state": state,
            "revision": 1,
            "held_until": decision.until,
            "decided_at": self.now,
        }
        self.opened.append((article.at, row))

    def _note(self, candidate: Candidate, decision: Decision) -> None:
        article, watch = candidate.article, candidate.watch
        if watch.topic is not None and (article.id, watch.topic.id) not in self.matched:
            self.matched.add((article.id, watch.topic.id))
            self.matches.append(
                {
                    "article_id": article.id,
                    "topic_id": watch.topic.id,
                    "workspace_id": watch.topic.workspace,
                    "hits": [asdict(hit) for hit in watch.hits],
                }
            )
        self.decisions.append(
            {
                "article_id": article.id,
                "subscription_id": watch.subscription.id,
                "workspace_id": watch.subscription.workspace,
                "channel_id": watch.channel.id,
                "story_id": article.story,
                "outcome": decision.outcome,
                "why": decision.why,
                "until": decision.until,
                "decided_at": self.now,
            }
        )

    def alert_rows(self) -> list[dict[str, Any]]:
        """The alerts to open, in the order of their articles."""
        return [row for _, row in sorted(self.opened, key=lambda pair: (pair[0], pair[1]["id"]))]

    def delivery_rows(self) -> list[dict[str, Any]]:
        """A pending card for each alert that is ready; a held one has none yet."""
        return [
            delivery_row(row, installation=self.installation, now=self.now)
            for row in self.alert_rows()
            if row["state"] is AlertState.READY
        ]


def delivery_row(alert: dict[str, Any], *, installation: str, now: datetime) -> dict[str, Any]:
    """A card for an alert's row."""
    return {
        "workspace_id": alert["workspace_id"],
        "channel_id": alert["channel_id"],
        "alert_id": alert["id"],
        "kind": DeliveryKind.CARD,
        "key": card_key(installation, alert["story_id"], alert["channel_id"]),
        "wanted": alert["revision"],
        "status": DeliveryStatus.PENDING,
        "created_at": now,
    }
