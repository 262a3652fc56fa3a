"""Within the ingest transaction: placed articles -> matches, decisions, alerts, deliveries.

new and edited articles -> who watches -> decide (page.py) -> rows
stories that changed    -> whoever waits with them is decided again; replies (changes.py)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.decide import FIRST_POLL_AGE
from bot.model.article import Article
from bot.model.decision import Outcome, Why
from bot.model.ids import AlertId, ChannelId, FeedId, StoryId, SubscriptionId
from bot.pipeline.changes import BUDGET_SPAN, tell_changes
from bot.pipeline.page import Candidate, Page, in_order
from bot.pipeline.roster import Roster, Watch
from bot.pipeline.turns import Turn
from bot.storage import alerts, decisions, deliveries, digests, holds, moves
from bot.storage.outlets import count_outlets
from bot.topics.article import document_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """A batch's articles with their stories. `first_polls` are feeds that were never read before,
    `titles` what the feeds are called, `touched` the stories that stood already, `changed` the
    subscriptions whose rules may be others by now: a lower gate lets out what waits for it.
    `cooled` stories had not been reported for so long that their cards rest; `joined` are those
    that count for older ones from now on."""

    new: Sequence[Article]
    edited: Sequence[Article]
    first_polls: Collection[FeedId]
    touched: Collection[StoryId]
    titles: dict[FeedId, str]
    changed: Sequence[SubscriptionId] = ()
    cooled: Collection[StoryId] = ()
    joined: Mapping[StoryId, StoryId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a batch came to, to be counted: articles that met a topic, and each decision as its
    outcome and why."""

    matches: int
    outcomes: Counter[tuple[Outcome, Why]]


class Judge:
    """Reads what the decisions need, lets the page decide, and writes what follows."""

    def __init__(
        self, roster: Roster, *, installation: str, backfill: bool, replies_apart: timedelta
    ) -> None:
        self._roster = roster
        self._installation = installation
        self._backfill = backfill
        self._replies_apart = replies_apart

    async def judge(self, connection: AsyncConnection, arrived: Arrivals, now: datetime) -> Judged:
        candidates = await self._candidates(connection, arrived, now)
        changed = {*arrived.touched, *(article.story for article in arrived.edited)}
        pairs = {
            *await decisions.waiting(connection, sorted(changed)),
            *await decisions.waiting_for(connection, arrived.changed, since=now - FIRST_POLL_AGE),
        }
        waiting = [
            (story, watch)
            for story, subscription in sorted(pairs)
            if (watch := self._roster.watch(subscription)) is not None
        ]
        shown = await alerts.stories_shown(connection, sorted(changed))
        page = await self._page(connection, arrived, candidates, waiting, now)
        turn = Turn()
        for candidate in in_order(candidates):
            await turn.give_way()
            page.judge(candidate)
        for story, watch in sorted(waiting, key=lambda pair: pair[1].only_joins):
            page.confirm(story, watch)
        joined = await _newly_joined(connection, arrived, candidates)
        await _write(connection, page)
        behind = self._behind(arrived, shown, joined)
        corrected = self._corrected(arrived, shown)
        await alerts.bump(connection, sorted(set(behind) - set(corrected)))
        await alerts.bump(connection, corrected, soon=True)
        told = sorted({*behind, *corrected})
        apart = self._replies_apart
        await tell_changes(connection, told, roster=self._roster, page=page, apart=apart)
        return _judged(page)

    async def _candidates(
        self, connection: AsyncConnection, arrived: Arrivals, now: datetime
    ) -> list[Candidate]:
        edited = {article.id for article in arrived.edited}
        answered = await decisions.decided(connection, sorted(edited))
        candidates: list[Candidate] = []
        turn = Turn()
        for article in (*arrived.new, *arrived.edited):
            await turn.give_way()
            document = document_of(article, feed_title=arrived.titles[article.feed])
            younger = (one for one, older in arrived.joined.items() if older == article.story)
            stories = {article.story, *younger}
            first = (
                _is_old_news(article, now)
                if article.id in edited
                else article.feed in arrived.first_polls
            )
            candidates += [
                Candidate(article=article, watch=watch, first_poll=first)
                for watch in self._roster.watching(article.feed, document, stories)
                if (article.id, watch.subscription.id) not in answered
            ]
        return candidates

    async def _page(
        self,
        connection: AsyncConnection,
        arrived: Arrivals,
        candidates: Sequence[Candidate],
        waiting: Sequence[tuple[StoryId, Watch]],
        now: datetime,
    ) -> Page:
        """What the database knows of all that may be decided."""
        watched = [(one.article.story, one.watch) for one in candidates] + list(waiting)
        gated = {story for story, watch in watched if watch.subscription.gate > 1}
        pinging = [(story, watch) for story, watch in watched if watch.subscription.mention]
        moved = {
            (story, one.subscription.id) for story, one in watched if one.subscription.moved_at
        }
        budgeted: set[ChannelId] = {
            watch.channel.id for _, watch in watched if watch.channel.attention.budget
        }
        return Page(
            now=now,
            installation=self._installation,
            backfill=self._backfill,
            next_alert=AlertId(await alerts.last_alert_id(connection) + 1),
            standing=await alerts.standing(
                connection, {(story, watch.channel.id) for story, watch in watched}
            ),
            matched=await decisions.matched(connection, [article.id for article in arrived.edited]),
            spent=await digests.cards_since(
                connection, sorted(budgeted), now - BUDGET_SPAN, now=now
            ),
            outlets=await count_outlets(connection, gated) if gated else {},
            spoken=await decisions.spoken(
                connection, {(story, watch.subscription.id) for story, watch in pinging}
            ),
            told_elsewhere=await moves.told_elsewhere(connection, moved),
        )

    def _behind(
        self,
        arrived: Arrivals,
        shown: dict[StoryId, list[alerts.Shown]],
        joined: Collection[tuple[StoryId, ChannelId]],
    ) -> list[AlertId]:
        """Alerts that stood before this batch and whose workspace may see what it brought. A card
        that rests is edited only for whom it speaks to for the first time, in `joined`."""
        changed = {
            alert.id
            for article in arrived.new
            for alert in shown.get(article.story, ())
            if self._roster.is_followed(article.feed, alert.workspace)
            and (article.story not in arrived.cooled or (article.story, alert.channel) in joined)
        }
        return sorted(changed)

    def _corrected(
        self, arrived: Arrivals, shown: dict[StoryId, list[alerts.Shown]]
    ) -> list[AlertId]:
        """Alerts of whose reports one says something else by now."""
        changed = {
            alert.id
            for article in arrived.edited
            for alert in shown.get(article.story, ())
            if self._roster.is_followed(article.feed, alert.workspace)
        }
        return sorted(changed)


async def _newly_joined(
    connection: AsyncConnection, arrived: Arrivals, candidates: Sequence[Candidate]
) -> set[tuple[StoryId, ChannelId]]:
    """Where a subscription may speak for the first time about a story whose card rests."""
    late = [one for one in candidates if one.article.story in arrived.cooled]
    if not late:
        return set()
    spoken = await decisions.spoken(
        connection, {(one.article.story, one.watch.subscription.id) for one in late}
    )
    return {
        (one.article.story, one.watch.channel.id)
        for one in late
        if (one.article.story, one.watch.subscription.id) not in spoken
    }


def _judged(page: Page) -> Judged:
    made = [(Outcome(row["outcome"]), Why(row["why"])) for row in page.decisions]
    made += [(answer.decision.outcome, answer.decision.why) for answer in page.answers]
    return Judged(matches=len(page.matches), outcomes=Counter(made))


async def _write(connection: AsyncConnection, page: Page) -> None:
    await alerts.insert_rows(
        connection,
        matches=page.matches,
        decisions=page.decisions,
        alerts=page.alert_rows(),
    )
    for answer in page.answers:
        await decisions.answer_waiting(
            connection,
            answer.story,
            answer.subscription,
            outcome=answer.decision.outcome,
            why=answer.decision.why,
            until=answer.decision.until,
            now=page.now,
        )
    for id_, changes in page.moved.items():
        await holds.move(
            connection,
            [id_],
            changes["state"],
            until=changes["held_until"],
            why=changes["held_why"],
        )
    await holds.mark_urgent(connection, sorted(page.urgent))
    voices = await holds.voices(connection, sorted(page.let_out))
    heard = {
        id_: [one.mention for one in said if one.mention and one.watched]
        for id_, said in voices.items()
    }
    await deliveries.insert_deliveries(connection, page.delivery_rows(heard))


def _is_old_news(article: Article, now: datetime) -> bool:
    """An edit of what was published long ago makes no news of it."""
    published = article.parsed.published_at
    return published is not None and now - published > FIRST_POLL_AGE
