"""Less like this: an alert was not wanted, so its topic's query is offered an edit.

alert -> its topic and article -> edits that leave it out -> the best one's backtest
  -> the person says yes -> the topic has the new query
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import Speaking, StoryView
from bot.commands.audit import Did, note
from bot.commands.backtest import Backtest
from bot.commands.backtest_reply import backtest_lines
from bot.commands.caller import Caller, Offer, Reply
from bot.commands.limits import NO_LIMITS, BacktestMeter
from bot.commands.trial import background, matching, run_backtest
from bot.errors import CommandError
from bot.model.ids import AlertId
from bot.model.text import Mark, RichText, Span, plain
from bot.model.topic import Topic
from bot.storage import deliveries, story_views, topics
from bot.storage.aliases import aliases_of
from bot.storage.database import Database
from bot.storage.proposals import Proposed, find_proposal, keep_proposal
from bot.storage.revisions import next_revision
from bot.topics.article import document_of
from bot.topics.document import Document
from bot.topics.less import Edit, edits
from bot.topics.query import parse
from bot.words import say

DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An edit that leaves an alert's story out. `token` takes it up; "" where the configuration
    file owns the topic."""

    token: str
    topic: str
    before: str
    after: str
    why: str
    backtest: Backtest


class FeedbackCommands:
    """What an unwanted alert can lead to."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        trials: BacktestMeter | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._trials = trials or BacktestMeter(NO_LIMITS, now=now)

    async def less(self, caller: Caller, key: str) -> Reply:
        """`propose` in words."""
        return proposal_reply(await self.propose(caller, key))

    async def propose(self, caller: Caller, key: str) -> Proposal:
        """The edit that leaves out the alert with this key and the fewest others.

        Raises CommandError if the alert is unknown in the caller's workspace, comes from a whole
        feed, or shares all its words with what was wanted, and for too many within an hour.
        """
        now = self._now()
        async with self._database.read() as connection:
            topic, unwanted = await self._unwanted(connection, caller, key)
            self._trials.begin(caller.workspace.id)
            edit = await self._best(connection, caller, topic, unwanted)
            backtest = await run_backtest(
                connection,
                caller.workspace.id,
                edit.query,
                days=DAYS,
                now=now,
                aliases=await aliases_of(connection, caller.workspace.id),
                before=parse(topic.query),
            )
        proposed = Proposed(topic=topic.id, before=topic.query, after=edit.query.source)
        token = ""
        if not topic.from_file:
            async with self._database.write() as connection:
                token = await keep_proposal(connection, caller.workspace.id, proposed, now=now)
        return Proposal(
            token=token,
            topic=topic.name,
            before=topic.query,
            after=edit.query.source,
            why=edit.why,
            backtest=backtest,
        )

    async def apply(self, caller: Caller, token: str) -> Reply:
        """Give the topic the query that was proposed.

        Raises CommandError if the proposal is forgotten, or the topic has changed since.
        """
        async with self._database.write() as connection:
            proposed = await find_proposal(connection, caller.workspace.id, token)
            if proposed is None:
                raise CommandError(
                    say("This proposal is not known any more."),
                    hint=say("Ask again under the alert."),
                )
            standing = await topics.list_topics(
                connection, caller.workspace.id, persons=("", caller.user)
            )
            topic = next((one for one in standing if one.id == proposed.topic), None)
            if topic is None or topic.from_file:
                raise CommandError(
                    say("The topic cannot be changed any more."), hint=say("“topic list”")
                )
            if topic.query == proposed.after:
                return Reply(title=say("“{topic}” looks for that already", topic=topic.name))
            if topic.query != proposed.before:
                raise CommandError(
                    say("“{topic}” was edited meanwhile.", topic=topic.name),
                    hint=say("Ask again under the alert."),
                )
            await topics.put_topic(
                connection,
                workspace=caller.workspace.id,
                name=topic.name,
                person=topic.person,
                query=proposed.after,
                from_file=False,
                now=self._now(),
                revision=await next_revision(connection),
            )
            if not topic.person:
                changed = f"“{topic.name}”: {proposed.after}; before: {proposed.before}"
                await note(connection, caller, Did.LESS, changed, now=self._now())
        return Reply(
            title=say("“{topic}” was changed", topic=topic.name),
            lines=(
                (Span(text=say("Now    ")), Span(text=proposed.after, mark=Mark.CODE)),
                (Span(text=say("Before ")), Span(text=proposed.before, mark=Mark.CODE)),
            ),
        )

    async def _unwanted(
        self, connection: AsyncConnection, caller: Caller, key: str
    ) -> tuple[Topic, Document]:
        """The topic that an alert speaks for first, and the article by which it does."""
        delivery = await deliveries.find_by_key(connection, key)
        if delivery is None or delivery.workspace != caller.workspace.id or not delivery.alert:
            raise CommandError(
                say("This alert is not known here any more."),
                hint=say("“help” shows what can be asked."),
            )
        view = await story_views.view(connection, AlertId(delivery.alert))
        spoke = next((one for one in view.speaking if one.topic is not None), None)
        standing = await topics.list_topics(
            connection, caller.workspace.id, persons=("", caller.user)
        )
        topic = next((one for one in standing if spoke and one.id == spoke.topic), None)
        if spoke is None or topic is None:
            raise CommandError(
                say("This alert comes from a whole feed, or from a topic that is no more."),
                hint=say("“feed remove” stops a feed."),
            )
        if topic.story is not None:
            raise CommandError(
                say("This is one story that you watch, not a query."),
                hint=say("`unfollow {name}` ends it.", name=topic.name),
            )
        return topic, _document(view, spoke)

    async def _best(
        self, connection: AsyncConnection, caller: Caller, topic: Topic, unwanted: Document
    ) -> Edit:
        workspace, now = caller.workspace.id, self._now()
        aliases = await aliases_of(connection, workspace)
        query = parse(topic.query)
        hits = await matching(connection, workspace, query, days=DAYS, now=now, aliases=aliases)
        others = await background(connection, workspace, days=DAYS, now=now)
        found = await asyncio.to_thread(edits, query, unwanted, hits, others, aliases)
        if not found:
            raise CommandError(
                say(
                    "No single word tells this story from the others of “{topic}”.",
                    topic=topic.name,
                ),
                hint=say(
                    "Its query is {query}; “topic test QUERY” tries another one.", query=topic.query
                ),
            )
        return found[0]


def _document(view: StoryView, spoke: Speaking) -> Document:
    article = next(one for one in view.articles if one.id == spoke.article)
    return document_of(article, feed_title=article.outlet)


def proposal_reply(proposal: Proposal) -> Reply:
    """The edit, what it changes, and how to take it up."""
    lines: list[RichText] = [
        (Span(text=say("Now     ")), Span(text=proposal.before, mark=Mark.CODE)),
        (Span(text=say("Instead ")), Span(text=proposal.after, mark=Mark.CODE)),
        plain(proposal.why),
        *backtest_lines(proposal.backtest),
    ]
    if not proposal.token:
        lines.append(plain(say("The configuration file owns this topic: change its query there.")))
    offer = Offer(label=say("Change the topic"), token=proposal.token) if proposal.token else None
    return Reply(
        title=say("Less like this in “{topic}”", topic=proposal.topic),
        lines=tuple(lines),
        offer=offer,
    )
