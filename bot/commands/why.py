"""why: for any article, or any link, the stage that decided: in each topic and each channel.

not in the followed feeds -> the query did not match -> nobody subscribes -> it was decided:
muted, first poll, the story's alert stands, held, in a digest -> pending, sent, abandoned
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.account import Account, Stage, Verdict, account_reply
from bot.commands.caller import Caller, Reply
from bot.commands.here import local, zone_here
from bot.errors import CommandError, QueryError
from bot.feeds.links import canonical_url
from bot.model.alert import AlertState
from bot.model.decision import Outcome, Why
from bot.model.delivery import DeliveryStatus
from bot.model.ids import TopicId, WorkspaceId
from bot.model.text import RichText, Span, filled, plain
from bot.model.topic import Topic
from bot.storage import archive, channels, following, topics, verdicts
from bot.storage.aliases import aliases_of
from bot.storage.archive import Archived
from bot.storage.database import Database
from bot.storage.verdicts import VerdictRow
from bot.topics.aliases import AliasSet
from bot.topics.query import parse
from bot.topics.reason import Hit, reasons
from bot.topics.refusal import refusals
from bot.words import say


def number_or_link(asked: str) -> tuple[int, str]:
    """What a person points at: a number, else a link in its canonical form; (0, "") for neither."""
    text = asked.strip().strip("<>").removeprefix("#")
    if text.isdecimal() and len(text) < 19:
        return int(text), ""
    return 0, canonical_url(text)


class WhyCommands:
    """The verb on anything that was or was not alerted."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def why(self, caller: Caller, asked: str) -> Reply:
        """`account` in words. Raises CommandError for what is neither a link nor a number."""
        return account_reply(await self.account(caller, asked))

    async def account(self, caller: Caller, asked: str) -> Account:
        """What became of an article, by its number or link, in the caller's workspace."""
        number, url = _reference(asked)
        workspace = caller.workspace.id
        async with self._database.read() as connection:
            ids = await verdicts.find_articles(connection, workspace, article_id=number, url=url)
            if not ids:
                advice = await advice_on(connection, workspace, url)
                return Account(asked=asked, articles=(), verdicts=(), advice=advice)
            found = await archive.read_articles(connection, workspace, ids, dropped=True)
            decided = await verdicts.verdicts(connection, workspace, ids, person=caller.user)
            known = await channels.channels_by_id(connection, [row.channel for row in decided])
            # What others follow in direct messages is nobody's business.
            decided = tuple(
                row for row in decided if known[row.channel].person in ("", caller.user)
            )
            standing = await topics.list_topics(connection, workspace, persons=("", caller.user))
            subscribed = {
                one.topic for one in await topics.list_subscriptions(connection, workspace)
            }
            aliases = await aliases_of(connection, workspace)
            zone = await zone_here(connection, caller)
        when = partial(local, timezone=zone, now=self._now())
        answered = {(row.article, row.topic) for row in decided}
        silent = [
            (article, topic)
            for article in found
            for topic in standing
            if (article.id, topic.id) not in answered and topic.story is None
        ]
        told = [_decided(row, known[row.channel].label, when) for row in decided]
        told += await asyncio.to_thread(_undecided, silent, subscribed, aliases)
        return Account(asked=asked, articles=tuple(found), verdicts=tuple(told))


def _reference(asked: str) -> tuple[int, str]:
    """A number, or a link in its canonical form. Raises CommandError for anything else."""
    number, url = number_or_link(asked)
    if not number and not url:
        raise CommandError(
            say("“{asked}” is neither a link nor an article's number.", asked=asked),
            hint=say("Paste the article's address, e.g. https://outlet.example/story."),
        )
    return number, url


async def advice_on(connection: AsyncConnection, workspace: WorkspaceId, url: str) -> str:
    """Why a link may never have been seen, by what is known of the feeds of its host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    for follow, feed in await following.list_follows(connection, workspace):
        if host and host in (urlsplit(feed.url).hostname or ""):
            name = follow.name or feed.title or host
            if feed.last_error:
                return say(
                    "{name} is followed, but could not be read lately: {last_error}",
                    name=name,
                    last_error=feed.last_error,
                )
            return say("{name} is followed, and its feed has not listed this link.", name=name)
    return say("Follow its outlet's feed: feed add URL.")


def _decided(row: VerdictRow, channel: str, when: Callable[[datetime], str]) -> Verdict:
    stage, told = _outcome(row, when)
    if row.why == Why.SAME_STORY and stage is not Stage.SUPPRESSED and stage is not Stage.CLOSED:
        told = (*told, Span(text=" " + say("It joined the alert of its story.")))
    return Verdict(
        article=row.article,
        subject=row.subject,
        channel=channel,
        stage=stage,
        told=(told,),
        hits=row.hits,
    )


def _outcome(row: VerdictRow, when: Callable[[datetime], str]) -> tuple[Stage, RichText]:
    """The stage that a decision led to by now, and its sentence. `when` says what is to come."""
    if row.outcome is Outcome.SUPPRESS:
        return Stage.SUPPRESSED, plain(say("Matched and not alerted: {why}.", why=say(row.why)))
    match row.alert:
        case AlertState.CLOSED:
            return Stage.CLOSED, plain(f"{Why.CLOSED}.".capitalize())
        case AlertState.WAITING:
            return Stage.WAITING, plain(say("Waiting: {why}.", why=say(row.why)))
        case AlertState.HELD:
            until = row.held_until or row.until
            if until is None:
                return Stage.HELD, plain(say("Held: {why}.", why=say(row.why)))
            told = say("Held until {when}: {why}.", when=when(until), why=say(row.why))
            return Stage.HELD, plain(told)
    return _message(row)


def _message(row: VerdictRow) -> tuple[Stage, RichText]:
    carried = row.alert is AlertState.CARRIED
    if row.message is DeliveryStatus.ABANDONED:
        why = row.last_error or say("the channel refused it")
        return Stage.ABANDONED, plain(say("Given up: {why}.", why=why))
    if row.message is DeliveryStatus.SENT:
        stage = Stage.DIGEST if carried else Stage.SENT
        if row.sent_at is None:
            return stage, plain(say("Shown in a digest.") if carried else say("Shown."))
        told = say("Shown in a digest, {when}.") if carried else say("Shown, {when}.")
        return stage, filled(told, when=(Span.instant(row.sent_at),))
    told = (
        say("On its way: a digest has not been sent yet")
        if carried
        else say("On its way: its message has not been sent yet")
    )
    if row.last_error:
        told += "; " + say("the last try failed: {why}", why=row.last_error)
    return Stage.PENDING, plain(f"{told}.")


def _undecided(
    silent: Iterable[tuple[Archived, Topic]], subscribed: set[TopicId | None], aliases: AliasSet
) -> list[Verdict]:
    """Topics that were never asked about an article, or said no: the misses by one part first."""
    told = []
    for article, topic in silent:
        stage, sentences, hits = _silence(article, topic, topic.id in subscribed, aliases)
        told.append(
            Verdict(
                article=article.id,
                subject=topic.name,
                channel="",
                stage=stage,
                told=tuple(map(plain, sentences)),
                hits=hits,
            )
        )
    return sorted(told, key=lambda one: (one.stage is Stage.QUERY, len(one.told)))


def _silence(
    article: Archived, topic: Topic, is_subscribed: bool, aliases: AliasSet
) -> tuple[Stage, tuple[str, ...], tuple[Hit, ...]]:
    try:
        query = parse(topic.query)
    except QueryError as error:
        return Stage.QUERY, (say("Its query does not read: {message}", message=error.message),), ()
    against = refusals(query, article.document, aliases)
    if against:
        return Stage.QUERY, against, ()
    hits = reasons(query, article.document, aliases)
    if not is_subscribed:
        return Stage.UNSUBSCRIBED, (say("It matches, and no channel watches the topic."),), hits
    came = say("It matches now, and came before the topic was watched, or before its last edit.")
    return Stage.BEFORE, (came,), hits
