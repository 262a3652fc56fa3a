"""What one batch of polls will write, gathered before it is written. Pure bookkeeping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.alerts.decide import Situation, decide
from bot.model.alert import AlertState
from bot.model.article import Article
from bot.model.channel import Channel
from bot.model.decision import Decision, Outcome
from bot.model.ids import (
    AlertId,
    ArticleId,
    ChannelId,
    FeedId,
    StoryId,
    SubscriptionId,
    TopicId,
    WorkspaceId,
)
from bot.model.mention import Mention
from bot.pipeline.roster import Watch
from bot.pipeline.rows import card_row, reply_row
from bot.storage.alerts import Standing

Pair = tuple[StoryId, ChannelId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that concerns a subscription and has no decision yet."""

    article: Article
    watch: Watch
    first_poll: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is decided by now of a story that a subscription had waited with."""

    story: StoryId
    subscription: SubscriptionId
    decision: Decision


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The order of decisions: oldest first, so that a channel reads like a diary; the first poll
    of a feed newest first, because only its newest articles may alert."""
    ordered = sorted(candidates, key=lambda one: (one.article.at, one.article.id))
    running = [one for one in ordered if not one.first_poll]
    first = [one for one in reversed(ordered) if one.first_poll]
    return sorted(
        running + first, key=lambda one: one.watch.only_joins
    )  # who only joins comes last


@dataclass(slots=True, kw_only=True)
class Page:
    """The rows of a batch.

    `standing` is what each (story, channel) has, `spent` what each channel's budget has spent,
    `outlets` how many independent outlets report a story to a workspace, `spoken` which
    subscriptions with a mention had their say, `told_elsewhere` which had it in another channel
    before they were moved: all as the database knows it, and growing.
    """

    now: datetime
    installation: str
    next_alert: AlertId
    backfill: bool = False
    standing: dict[Pair, Standing] = field(default_factory=dict)
    matched: set[tuple[ArticleId, TopicId]] = field(default_factory=set)
    spent: dict[ChannelId, int] = field(default_factory=dict)
    outlets: Mapping[tuple[StoryId, WorkspaceId], int] = field(default_factory=dict)
    spoken: set[tuple[StoryId, SubscriptionId]] = field(default_factory=set)
    told_elsewhere: Collection[tuple[StoryId, SubscriptionId]] = ()
    matches: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    moved: dict[AlertId, dict[str, Any]] = field(default_factory=dict)
    let_out: dict[AlertId, dict[str, Any]] = field(default_factory=dict)
    urgent: set[AlertId] = field(default_factory=set)
    replies: list[dict[str, Any]] = field(default_factory=list)
    pinged: dict[AlertId, list[Mention]] = field(default_factory=dict)
    opened: dict[AlertId, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    _first_poll_fires: dict[tuple[FeedId, ChannelId], int] = field(default_factory=dict)

    def judge(self, candidate: Candidate) -> Decision:
        """Decide about one candidate, and note everything that follows from it."""
        article, watch = candidate.article, candidate.watch
        counter = (article.feed, watch.channel.id)
        opens = (article.story, watch.channel.id) not in self.standing
        decision = decide(
            replace(
                self._situation(article.story, watch),
                published_at=article.parsed.published_at,
                first_poll=candidate.first_poll,
                fired_at_first_poll=self._first_poll_fires.get(counter, 0),
            )
        )
        if opens and decision.speaks and candidate.first_poll and not watch.only_joins:
            self._first_poll_fires[counter] = self._first_poll_fires.get(counter, 0) + 1
        self._follow(article.story, watch, decision, at=article.at)
        self._note(candidate, decision)
        return decision

    def confirm(self, story: StoryId, watch: Watch) -> None:
        """Decide again about a story that the subscription waits with, now that it has changed."""
        decision = decide(self._situation(story, watch))
        if decision.outcome in (Outcome.WAIT, Outcome.SUPPRESS):
            return  # a mute discards what comes, and what waits goes on waiting
        self._follow(story, watch, decision, at=self.now)
        self.answers.append(
            Answer(story=story, subscription=watch.subscription.id, decision=decision)
        )

    def may_reply(self, story: StoryId, watch: Watch) -> bool:
        """Whether the subscription, which told the story, may speak in its thread now: neither
        muted, snoozed nor quiet, and within the budget, which is then spent."""
        case = replace(
            self._situation(story, watch), standing=AlertState.READY, gate=1, mentions=True
        )
        if not decide(case).pings:
            return False
        self._spend(watch.channel.id, AlertState.READY)
        return True

    def _situation(self, story: StoryId, watch: Watch) -> Situation:
        topic, channel = watch.topic, watch.channel
        standing = self.standing.get((story, channel.id))
        snoozes = (channel.snoozed_until, topic.snoozed_until if topic else None)
        return Situation(
            now=self.now,
            published_at=None,
            standing=standing.state if standing else None,
            standing_until=standing.held_until if standing else None,
            muted_until=topic.muted_until if topic else None,
            channel_muted_until=channel.muted_until,
            snoozed_until=max((until for until in snoozes if until), default=None),
            attention=channel.attention,
            cards_last_hour=self.spent.get(channel.id, 0),
            urgent=topic is not None and topic.urgent,
            gate=watch.subscription.gate,
            outlets=self.outlets.get((story, channel.workspace), 1),
            mentions=watch.subscription.mention is not None
            and (story, watch.subscription.id) not in self.spoken,
            only_joins=watch.only_joins,
            told_elsewhere=(story, watch.subscription.id) in self.told_elsewhere,
            backfill=self.backfill,
        )

    def _follow(self, story: StoryId, watch: Watch, decision: Decision, *, at: datetime) -> None:
        """Open the alert, move it, or have a reply sent, as the decision says."""
        if decision.outcome is Outcome.SUPPRESS:
            return
        pair = (story, watch.channel.id)
        if pair not in self.standing:
            self._open(story, watch, decision, at)
        elif decision.outcome in (Outcome.FIRE, Outcome.HOLD):
            self._move(pair, watch.channel, decision)
        alert = self.standing[pair]
        if watch.topic is not None and watch.topic.urgent:
            self._mark_urgent(alert.id)
        if decision.outcome is not Outcome.WAIT:
            self._mention(pair, watch, decision)

    def _open(self, story: StoryId, watch: Watch, decision: Decision, at: datetime) -> None:
        channel = watch.channel
        state = STATES[decision.outcome]
        alert = self.next_alert
        self.next_alert = AlertId(alert + 1)
        self.standing[story, channel.id] = Standing(
            id=alert, state=state, held_until=decision.until, fresh=True
        )
        row = {
            "id": alert,
            "workspace_id": channel.workspace,
            "story_id": story,
            "channel_id": channel.id,
            "state": state,
            "revision": 1,
            "held_until": decision.until,
            "held_why": decision.why if state is AlertState.HELD else None,
            "urgent": False,
            "decided_at": self.now,
        }
        self.opened[alert] = (at, row)
        self._spend(channel.id, state)

    def _move(self, pair: Pair, channel: Channel, decision: Decision) -> None:
        """Let the alert out, or hold what waited."""
        standing = self.standing[pair]
        state = STATES[decision.outcome]
        changes = {
            "state": state,
            "held_until": decision.until,
            "held_why": decision.why if state is AlertState.HELD else None,
        }
        self.standing[pair] = replace(
            standing,
            state=state,
            held_until=decision.until,
            fresh=standing.fresh or state is AlertState.READY,
        )
        if standing.id in self.opened:
            self.opened[standing.id][1].update(changes)
        else:
            self.moved[standing.id] = changes
            if state is AlertState.READY:
                self.let_out[standing.id] = {
                    "id": standing.id,
                    "workspace_id": channel.workspace,
                    "story_id": pair[0],
                    "channel_id": channel.id,
                    "revision": standing.revision,
                }
        self._spend(channel.id, state)

    def _spend(self, channel: ChannelId, state: AlertState) -> None:
        if state is AlertState.READY:
            self.spent[channel] = self.spent.get(channel, 0) + 1

    def _mark_urgent(self, alert: AlertId) -> None:
        if alert in self.opened:
            self.opened[alert][1]["urgent"] = True
        else:
            self.urgent.add(alert)

    def _mention(self, pair: Pair, watch: Watch, decision: Decision) -> None:
        """The card itself pings for whoever speaks in its first post; a reply does for later ones,
        because an edit pings nobody."""
        story, channel_id = pair
        said = (story, watch.subscription.id)
        if watch.subscription.mention is None or said in self.spoken:
            return
        self.spoken.add(said)
        standing = self.standing[pair]
        if standing.fresh or standing.state is AlertState.HELD:
            self.pinged.setdefault(standing.id, []).append(watch.subscription.mention)
        elif decision.pings:
            self.spent[channel_id] = self.spent.get(channel_id, 0) + 1
            self.replies.append(
                reply_row(
                    watch,
                    alert=standing.id,
                    story=story,
                    installation=self.installation,
                    now=self.now,
                )
            )

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
        ordered = sorted(self.opened.values(), key=lambda pair: (pair[0], pair[1]["id"]))
        return [row for _, row in ordered]

    def delivery_rows(self, heard: Mapping[AlertId, Sequence[Mention]]) -> list[dict[str, Any]]:
        """A pending card for each alert that is ready by now, those that had waited first; then
        the replies. `heard` are the mentions that let out alerts have gathered."""
        waited = [self._card(row, heard.get(id_, ())) for id_, row in self.let_out.items()]
        opened = [
            self._card(row, self.pinged.get(row["id"], ()))
            for row in self.alert_rows()
            if row["state"] is AlertState.READY
        ]
        return waited + opened + self.replies

    def _card(self, alert: Mapping[str, Any], mentions: Iterable[Mention]) -> dict[str, Any]:
        return card_row(alert, mentions=mentions, installation=self.installation, now=self.now)


STATES = {
    Outcome.FIRE: AlertState.READY,
    Outcome.HOLD: AlertState.HELD,
    Outcome.WAIT: AlertState.WAITING,
}
