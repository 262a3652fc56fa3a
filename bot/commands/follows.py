"""What a person follows for themselves: stories come as direct messages. No roles, no channel.

A personal topic, heard by a channel of its own that leads to the person: so all promises of other
channels hold. Nobody else is shown either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.backtest_reply import backtest_lines
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.follow_ping import called, ping, pinged_in, places, watching_here
from bot.commands.limits import NO_LIMITS, BacktestMeter
from bot.commands.trial import run_backtest
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.channel import DIRECT, PlatformName
from bot.model.ids import ChannelId
from bot.model.text import Mark, RichText, Span, plain
from bot.model.topic import Topic
from bot.storage import channels, deliveries, topics
from bot.storage.aliases import aliases_of
from bot.storage.database import Database
from bot.storage.proposals import place_of_proposal
from bot.storage.revisions import next_revision
from bot.topics.query import Query, parse
from bot.words import say, say_many

MOST = 20
"""Topics that one person may follow in a workspace."""
DAYS = 14
_PEOPLE = (PlatformName.DISCORD, PlatformName.SLACK)
_ALL = ("everything", "all")


class FollowCommands:
    """`/follow` and `/unfollow`."""

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

    async def follow(self, caller: Caller, words: str = "", *, here: bool = False) -> Reply:
        """Tell the caller of stories that match: a query, or the name of a topic that is watched
        here, whose query is taken over. Without words, what the caller follows. `here`: not by
        direct message, but by pinging them at what this channel is told of it anyway.

        Raises QueryError for a query that does not read, CommandError beyond `MOST`, and for
        `here` in a channel in which nothing is watched.
        """
        person = person_of(caller)
        words = " ".join(words.split())
        if not words:
            return await self.list_all(caller)
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=self._now())
            shared = await topics.find_topic(connection, caller.workspace.id, words)
            source = shared.query if shared is not None and not shared.removed else words
            query = parse(source)
            own = await topics.list_topics(connection, caller.workspace.id, persons=(person,))
            if len(own) >= MOST and words.casefold() not in {one.name.casefold() for one in own}:
                raise CommandError(
                    say(
                        "You follow {count} topics here already; {most} is the most.",
                        count=len(own),
                        most=MOST,
                    ),
                    hint=say("End one first: `unfollow {name}`.", name=own[0].name),
                )
            revision = await next_revision(connection)
            topic_id = await topics.put_topic(
                connection,
                workspace=caller.workspace.id,
                name=words,
                person=person,
                query=query.source,
                from_file=False,
                now=self._now(),
                revision=revision,
            )
            if here:
                channel = (await watching_here(connection, caller)).id
            else:
                channel = await direct_channel(
                    connection, caller, now=self._now(), revision=revision
                )
            await topics.put_subscription(
                connection,
                workspace=caller.workspace.id,
                channel=channel,
                topic_id=topic_id,
                from_file=False,
                now=self._now(),
                revision=revision,
            )
            if here:
                await ping(connection, topic_id, channel, person, revision)
        lines = await self._tried(caller, query)
        by = (
            say("I ping you at what {channel} is told of it.", channel=called(caller))
            if here
            else say("I write to you in direct messages.")
        )
        ends = with_commands(by + " " + say("`unfollow {words}` ends it.", words=words))
        return Reply(title=say("You follow “{words}”", words=words), lines=(*lines, ends))

    async def unfollow(self, caller: Caller, name: str) -> Reply:
        """End one of the caller's own, or everything. Raises CommandError if there is none."""
        person, name = person_of(caller), " ".join(name.split())
        async with self._database.write() as connection:
            own = await topics.list_topics(connection, caller.workspace.id, persons=(person,))
            ended = [
                one for one in own if name.casefold() in (one.name.casefold(), one.query.casefold())
            ]
            if not ended and name.casefold() in _ALL:
                ended = list(own)
            if not ended:
                raise CommandError(
                    say("You do not follow “{name}” here.", name=name)
                    if own
                    else say("You follow nothing here."),
                    hint=say("You follow {names}.", names=_names(own))
                    if own
                    else say("Begin: `follow Miami talks`."),
                )
            revision = await next_revision(connection)
            for one in ended:
                await topics.remove_topic(connection, one.id, revision=revision)
        return Reply(title=say("You no longer follow {names}", names=_names(ended)))

    async def list_all(self, caller: Caller) -> Reply:
        """What the caller follows here, and why nothing comes if nothing can."""
        person = person_of(caller)
        async with self._database.read() as connection:
            own = await topics.list_topics(connection, caller.workspace.id, persons=(person,))
            pinged = await pinged_in(connection, caller, own)
            channel = await channels.find_channel(
                connection,
                caller.here.platform,
                _direct(caller, person),
                of=caller.workspace.id,
            )
        if not own:
            return Reply(
                title=say("You follow nothing here yet"),
                lines=(with_commands(say("Be told in person: `follow Miami talks`")),),
            )
        lines: list[RichText] = [
            (
                Span(text=one.name, mark=Mark.STRONG),
                *_query_of(one),
                *places(pinged.get(one.id, ())),
            )
            for one in own
        ]
        if channel is not None and channel.disabled_reason:
            lines.append(
                plain(
                    say(
                        "Nothing reaches you: {disabled_reason}.",
                        disabled_reason=channel.disabled_reason,
                    )
                )
            )
        return Reply(
            title=say_many("You follow {count} topic", "You follow {count} topics", len(own)),
            lines=tuple(lines),
        )

    async def pressed(self, platform: PlatformName, user: str, key: str) -> Caller:
        """Whoever pressed a button in their direct messages, by the delivery's key or a proposal's
        token. Raises CommandError if that is not theirs."""
        async with self._database.read() as connection:
            delivery = await deliveries.find_by_key(connection, key)
            place = delivery.channel if delivery else await place_of_proposal(connection, key, user)
            known = await channels.channels_by_id(connection, [place] if place else [])
            channel = known.get(place) if place else None
            workspace = (
                await channels.get_workspace(connection, channel.workspace) if channel else None
            )
        if (
            channel is None
            or workspace is None
            or (channel.platform, channel.person)
            != (
                platform,
                user,
            )
        ):
            raise CommandError(
                say("This is not known here any more."), hint=say("Ask in a channel instead.")
            )
        here = Destination(
            platform=platform, external_id=channel.external_id, name=say("your direct messages")
        )
        return Caller(workspace=workspace, here=here, user=user)

    async def _tried(self, caller: Caller, query: Query) -> tuple[RichText, ...]:
        try:
            self._trials.begin(caller.workspace.id)
        except CommandError as error:
            return (
                plain(say("It was not tried on the archive: {message}", message=error.message)),
            )
        async with self._database.read() as connection:
            return backtest_lines(
                await run_backtest(
                    connection,
                    caller.workspace.id,
                    query,
                    days=DAYS,
                    now=self._now(),
                    aliases=await aliases_of(connection, caller.workspace.id),
                )
            )


async def direct_channel(
    connection: AsyncConnection, caller: Caller, *, now: datetime, revision: int
) -> ChannelId:
    """The channel that leads to the caller in person."""
    return await channels.put_channel(
        connection,
        workspace_id=caller.workspace.id,
        platform=caller.here.platform,
        external_id=_direct(caller, caller.user),
        name="",
        now=now,
        revision=revision,
        added_by=caller.user,
    )


def person_of(caller: Caller) -> str:
    """Whom it is about. Raises CommandError at a terminal, where nobody is written to."""
    if caller.here.platform not in _PEOPLE or not caller.user:
        raise CommandError(
            say("Only people in Discord and Slack can follow."),
            hint=say("`topic watch` alerts a channel, this terminal among them."),
        )
    return caller.user


def _direct(caller: Caller, person: str) -> str:
    return f"{DIRECT}{person}@{caller.workspace.external_id}"


def _query_of(one: Topic) -> RichText:
    if one.story is not None:
        return (Span(text=say("  one story")),)
    if one.query == one.name:
        return ()
    return (Span(text="  "), Span(text=one.query, mark=Mark.CODE))


def _names(some: list[Topic] | tuple[Topic, ...]) -> str:
    return ", ".join(f"“{one.name}”" for one in some)
