"""topic watch, edit, list, unwatch, test: what a workspace looks for, and where it hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.audit import Did, note
from bot.commands.backtest import Backtest
from bot.commands.backtest_reply import backtest_lines, backtest_reply, reading_lines
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.here import local, zone_here
from bot.commands.limits import NO_LIMITS, BacktestMeter, Limits
from bot.commands.starters import Starters, starters_lines, unread_line
from bot.commands.terms import UNCHANGED, Terms, keep_terms_of, terms_lines
from bot.commands.topic_names import name_of, refuse_clash
from bot.commands.trial import run_backtest
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.channel import Channel
from bot.model.ids import ChannelId, TopicId
from bot.model.text import Mark, RichText, Span, plain
from bot.model.topic import Topic
from bot.storage import channels, topics
from bot.storage.aliases import aliases_of
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.topics.query import Query, parse
from bot.words import say, say_many

MAX_DAYS = 90
DAYS = 14


def _strong(text: str) -> Span:
    return Span(text=text, mark=Mark.STRONG)


def _code(text: str) -> Span:
    return Span(text=text, mark=Mark.CODE)


class TopicCommands:
    """The verbs on topics."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        starters: Starters | None = None,
        limits: Limits = NO_LIMITS,
        trials: BacktestMeter | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._starters = starters or Starters()
        self._limits = limits
        self._trials = trials or BacktestMeter(limits, now=now)

    async def watch(
        self, caller: Caller, query: str, *, name: str = "", terms: Terms = UNCHANGED
    ) -> Reply:
        """Watch a query in the caller's channel, as a new topic or one that exists already.

        Raises QueryError for a query that does not read, CommandError for a clash of names, and
        where no more may be watched.
        """
        parsed = parse(query)
        terms.check()
        name = name_of(name or query)
        now = self._now()
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=now)
            before = await topics.find_topic(connection, caller.workspace.id, name)
            standing = before if before is not None and not before.removed else None
            if standing is not None:
                refuse_clash(standing, parsed)
            revision = await next_revision(connection)
            if standing is None:
                await self._limits.check_topics(connection, caller.workspace.id)
            topic_id = (
                standing.id
                if standing is not None
                else await topics.put_topic(
                    connection,
                    workspace=caller.workspace.id,
                    name=name,
                    query=query.strip(),
                    from_file=False,
                    now=now,
                    revision=revision,
                )
            )
            channel_id = await self._channel(connection, caller, caller.here, revision)
            await topics.put_subscription(
                connection,
                workspace=caller.workspace.id,
                channel=channel_id,
                topic_id=topic_id,
                from_file=False,
                now=now,
                revision=revision,
            )
            await keep_terms_of(connection, caller, topic_id, channel_id, terms, revision=revision)
            begun = await self._starters.follow(connection, caller.workspace, now=now)
            await note(connection, caller, Did.TOPIC_WATCH, f"“{name}”: {parsed.source}", now=now)
        await self._starters.first_read(self._database, caller.workspace.id, begun)
        return Reply(
            title=say(
                "Watching “{name}” in {channel}",
                name=name,
                channel=caller.here.name or caller.here.external_id,
            ),
            lines=(*await self._tried(caller, parsed), *terms_lines(terms), *starters_lines(begun)),
        )

    async def edit(self, caller: Caller, name: str, query: str) -> Reply:
        """Give a topic another query, and say what that changes.

        Raises QueryError for a query that does not read, CommandError for a topic that is unknown
        or owned by the file.
        """
        parsed, now = parse(query), self._now()
        async with self._database.write() as connection:
            topic = await self._standing(connection, caller, name)
            before = parse(topic.query)
            await topics.put_topic(
                connection,
                workspace=caller.workspace.id,
                name=topic.name,
                query=query.strip(),
                from_file=False,
                now=now,
                revision=await next_revision(connection),
            )
            changed = f"“{topic.name}”: {parsed.source}; before: {before.source}"
            await note(connection, caller, Did.TOPIC_EDIT, changed, now=now)
        return Reply(
            title=say("“{topic}” looks for something else now", topic=topic.name),
            lines=await self._tried(caller, parsed, before=before),
        )

    async def _tried(
        self, caller: Caller, query: Query, *, before: Query | None = None
    ) -> tuple[RichText, ...]:
        """What a query that was just set would have fired on; it stands without a trial as well."""
        try:
            self._trials.begin(caller.workspace.id)
        except CommandError as error:
            return (
                plain(say("It was not tried on the archive: {message}", message=error.message)),
            )
        result = await self._backtest(caller, query, days=DAYS, before=before)
        if result.coverage.feeds_with_articles:
            return backtest_lines(result)
        if result.coverage.feeds_followed:
            return (*reading_lines(result), unread_line(query.source))
        advice = say("No feed is followed yet, so nothing can match: `feed add URL`.")
        return (*reading_lines(result), with_commands(advice))

    async def _standing(self, connection: AsyncConnection, caller: Caller, name: str) -> Topic:
        """The topic of that name, which a chat may change."""
        topic = await topics.find_topic(connection, caller.workspace.id, name)
        if topic is None or topic.removed:
            raise await self._unknown(caller, name)
        if topic.from_file:
            raise CommandError(
                say("“{topic}” belongs to the configuration file.", topic=topic.name),
                hint=say("Change it in the file, or mute it."),
            )
        return topic

    async def _channel(
        self, connection: AsyncConnection, caller: Caller, here: Destination, revision: int
    ) -> ChannelId:
        return await channels.put_channel(
            connection,
            workspace_id=caller.workspace.id,
            platform=here.platform,
            external_id=here.external_id,
            name=here.name,
            now=self._now(),
            revision=revision,
            added_by=caller.user,
        )

    async def list_all(self, caller: Caller) -> Reply:
        """The workspace's topics, each with its query and its channels."""
        async with self._database.read() as connection:
            standing = await topics.list_topics(connection, caller.workspace.id)
            subscriptions = await topics.list_subscriptions(connection, caller.workspace.id)
            known = await channels.channels_by_id(
                connection, [one.channel for one in subscriptions]
            )
            zone = await zone_here(connection, caller)
        if not standing:
            return Reply(
                title=say("No topics yet"),
                lines=(with_commands(say('Watch one: `topic watch "Miami talks"`')),),
            )
        where: dict[TopicId, list[str]] = {}
        for one in subscriptions:
            if one.topic is not None:
                where.setdefault(one.topic, []).append(_place(known[one.channel]))
        return Reply(
            title=say_many("{count} topic", "{count} topics", len(standing)),
            lines=tuple(self._line(topic, where.get(topic.id, []), zone) for topic in standing),
        )

    def _line(self, topic: Topic, where: list[str], zone: str) -> RichText:
        notes = [say("in {channels}", channels=", ".join(where)) if where else say("in no channel")]
        if topic.muted_until is not None and topic.muted_until > self._now():
            notes.append(
                say("muted until {time}", time=local(topic.muted_until, zone, now=self._now()))
            )
        if topic.from_file:
            notes.append(say("from the configuration file"))
        return (
            _strong(topic.name),
            Span(text="  "),
            _code(topic.query),
            Span(text=f"  {'; '.join(notes)}"),
        )

    async def unwatch(self, caller: Caller, name: str, *, everywhere: bool = False) -> Reply:
        """Stop a topic in the caller's channel; the last channel's leaving removes the topic.

        Raises CommandError if it is unknown, not watched here, or owned by the file.
        """
        async with self._database.write() as connection:
            topic = await self._standing(connection, caller, name)
            all_of_it = [
                one
                for one in await topics.list_subscriptions(connection, caller.workspace.id)
                if one.topic == topic.id
            ]
            here = await channels.find_channel(
                connection,
                caller.here.platform,
                caller.here.external_id,
                of=caller.workspace.id,
            )
            leaving = [
                one
                for one in all_of_it
                if everywhere or (here is not None and one.channel == here.id)
            ]
            if all_of_it and not leaving:
                raise CommandError(
                    say(
                        "“{topic}” is not watched in {channel}.",
                        topic=topic.name,
                        channel=caller.here.name or say("this channel"),
                    ),
                    hint=say("`topic list` says where it is."),
                )
            revision = await next_revision(connection)
            for one in leaving:
                await topics.remove_subscription(connection, one.id, revision=revision)
            last = len(leaving) == len(all_of_it)
            if last:
                await topics.remove_topic(connection, topic.id, revision=revision)
            places = " in every channel" if everywhere else ""
            await note(
                connection, caller, Did.TOPIC_UNWATCH, f"“{topic.name}”{places}", now=self._now()
            )
        others = () if last else (plain(say("Other channels still watch it.")),)
        return Reply(title=say("No longer watching “{topic}”", topic=topic.name), lines=others)

    async def _unknown(self, caller: Caller, name: str) -> CommandError:
        async with self._database.read() as connection:
            standing = await topics.list_topics(connection, caller.workspace.id)
        names = ", ".join(f"“{topic.name}”" for topic in standing[:10])
        return CommandError(
            say("There is no topic “{name}”.", name=name),
            hint=say("There are: {names}.", names=names)
            if names
            else say("There are none yet: `topic watch QUERY`."),
        )

    async def test(self, caller: Caller, query: str, *, days: int = DAYS) -> Reply:
        """What a query would have fired on over the last days, without switching it on."""
        return backtest_reply(await self.backtest(caller, query, days=days))

    async def backtest(self, caller: Caller, query: str, *, days: int = DAYS) -> Backtest:
        """`test` as data. Raises QueryError, and CommandError for an impossible number of days
        and for too many within an hour."""
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(
                say("days must be from 1 to {max_days}, not {days}.", max_days=MAX_DAYS, days=days)
            )
        parsed = parse(query)
        self._trials.begin(caller.workspace.id)
        return await self._backtest(caller, parsed, days=days)

    async def _backtest(
        self, caller: Caller, query: Query, *, days: int, before: Query | None = None
    ) -> Backtest:
        async with self._database.read() as connection:
            return await run_backtest(
                connection,
                caller.workspace.id,
                query,
                days=days,
                now=self._now(),
                aliases=await aliases_of(connection, caller.workspace.id),
                before=before,
            )


def _place(channel: Channel) -> str:
    """Where a topic is heard, and why it is not at the moment."""
    if channel.disabled_reason is None:
        return channel.label
    return say(
        "{channel} (set aside: {disabled_reason})",
        channel=channel.label,
        disabled_reason=channel.disabled_reason,
    )
