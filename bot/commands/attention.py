"""settings and topic edit: how a channel wants to be spoken to, and on which terms of each topic.

What the configuration file says of a channel is the file's: chat shows it and does not change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.here import channel_here, local, make_channel_here, topic_named
from bot.commands.terms import (
    UNCHANGED,
    Terms,
    find_subscription,
    keep_terms,
    standing_terms,
    terms_lines,
)
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.attention import Attention, OnDoubt, describe, parse_attention, parse_timezone
from bot.model.channel import Channel, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.model.topic import Subscription, Topic
from bot.storage import channels, holds, told, topics
from bot.storage.attention import default_attention
from bot.storage.database import Database
from bot.storage.file_wishes import channel_key, file_wishes, workspace_key
from bot.storage.revisions import next_revision
from bot.words import (
    ENGLISH,
    language_named,
    languages,
    later,
    own_name,
    say,
    say_many,
    speak,
    speaking,
)

IN_THE_FILE = {
    "rhythm": "digest",
    "quiet": "quiet",
    "budget": "alerts_an_hour",
    "on_doubt": "on_doubt",
    "all_quiet": "all_quiet",
    "timezone": "timezone",
}
"""Each wish, and what it is called in a [[channel]] of the configuration file."""
CALLED = IN_THE_FILE | {
    "rhythm": "rhythm",
    "budget": "alerts an hour",
    "on_doubt": "doubt",
    "all_quiet": "all quiet",
}
"""Each wish as people say it."""
ON_DOUBT = {
    OnDoubt.NEVER_LOSE: later("it is sent again (never lose)"),
    OnDoubt.NEVER_DOUBLE: later("it is left as it is, and counted (never double)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody changes, as they wrote it; None leaves it. See `parse_attention`."""

    rhythm: str | None = None
    quiet: str | None = None
    budget: str | int | None = None
    on_doubt: str | None = None
    all_quiet: str | None = None
    timezone: str | None = None

    def said(self) -> dict[str, str | int]:
        """Those that are said, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class AttentionCommands:
    """The verbs on wishes."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def show(self, caller: Caller) -> Reply:
        """The channel's wishes, its workspace's, and its topics with terms of their own."""
        async with self._database.read() as connection:
            workspace = await _workspace(connection, caller)
            channel = await channel_here(connection, caller)
            if channel is None:
                attention = default_attention(caller.here.platform, workspace.timezone)
                lines = [_spoken(attention), plain(say("Nothing is watched here yet."))]
            else:
                attention = channel.attention
                lines = [_spoken(attention), *await self._standing(connection, channel)]
        lines += _shared(workspace, caller)
        return Reply(
            title=say("How {channel} hears of the news", channel=_name(caller)), lines=tuple(lines)
        )

    async def _standing(self, connection: AsyncConnection, channel: Channel) -> list[RichText]:
        now, zone = self._now(), channel.attention.timezone
        lines = [plain(_doubt(channel.attention))]
        doubts = sum((await told.doubts_by_channel(connection)).get(channel.id, {}).values())
        if doubts:
            lines.append(
                plain(
                    say_many(
                        "That was so {count} time up to now.",
                        "That was so {count} times up to now.",
                        doubts,
                    )
                )
            )
        if channel.disabled_reason is not None:
            lines.append(
                plain(
                    say(
                        "Nothing is sent here now: {disabled_reason}",
                        disabled_reason=channel.disabled_reason,
                    )
                )
            )
        lines += _pauses(channel, now=now, zone=zone)
        held = len(await holds.held_in(connection, channel.id))
        if held:
            told_ = say_many(
                "{count} story is held: `digest` shows them.",
                "{count} stories are held: `digest` shows them.",
                held,
            )
            lines.append(with_commands(told_))
        standing = {
            topic.id: topic for topic in await topics.list_topics(connection, channel.workspace)
        }
        for one in await topics.list_subscriptions(connection, channel.workspace):
            topic = standing.get(one.topic) if one.topic is not None else None
            if one.channel == channel.id and topic is not None:
                lines += standing_terms(one, topic, now=now, zone=zone)
        return lines

    async def standing(self, caller: Caller) -> Attention:
        """The channel's wishes as data: its own, else those of one that was never asked."""
        async with self._database.read() as connection:
            channel = await channel_here(connection, caller)
            if channel is not None:
                return channel.attention
            workspace = await _workspace(connection, caller)
        return default_attention(caller.here.platform, workspace.timezone)

    async def language(self, workspace: WorkspaceId) -> str:
        """In which the workspace wishes to be spoken to; "" if it has not said."""
        async with self._database.read() as connection:
            found = await channels.get_workspace(connection, workspace)
        return found.language if found else ""

    async def heard(self, caller: Caller, name: str) -> tuple[Topic, Subscription]:
        """A topic, and the caller's channel's subscription to it.

        Raises CommandError if there is no such topic, or the channel does not hear of it.
        """
        async with self._database.read() as connection:
            topic, _channel, one = await _heard(connection, caller, name)
        return topic, one

    async def change(self, caller: Caller, wishes: Wishes) -> Reply:
        """Change the channel's wishes, and show what they are now.

        Raises CommandError for the first that does not read or is the configuration file's.
        """
        said = wishes.said()
        if not said:
            return await self.show(caller)
        now = self._now()
        async with self._database.write() as connection:
            channel = await make_channel_here(connection, caller, now=now)
            owned = (await file_wishes(connection)).get(channel_key(channel.id), frozenset())
            _refuse_owned(said, owned, say("[[channel]] of {channel}", channel=_name(caller)))
            changed = parse_attention(channel.attention, **said)  # type: ignore[arg-type]
            revision = await next_revision(connection)
            await channels.set_attention(connection, channel, changed, revision=revision)
            await holds.look_again(connection, [channel.id])
            words = ", ".join(f"{CALLED[one]} {value}" for one, value in said.items())
            await note(connection, caller, Did.SETTINGS, words, now=now)
        lines = [_spoken(changed)]
        if "on_doubt" in said:
            lines.append(plain(_doubt(changed)))
        return Reply(
            title=say("Settings of {channel} changed", channel=_name(caller)), lines=tuple(lines)
        )

    async def change_workspace(
        self,
        caller: Caller,
        *,
        timezone: str | None = None,
        notices_to: Destination | None = None,
        language: str | None = None,
    ) -> Reply:
        """Change what the workspace's channels share: the time zone of those without their own,
        where notices to whoever is in charge go, and the language. Raises as `change` does."""
        now = self._now()
        zone = None if timezone is None else parse_timezone(timezone)
        spoken = None if language is None else parse_language(language)
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=now)
            owned = (await file_wishes(connection)).get(
                workspace_key(caller.workspace.id), frozenset()
            )
            if zone is not None:
                _refuse_owned(["timezone"], owned, "[workspace]")
            await channels.set_workspace(
                connection,
                caller.workspace.id,
                timezone=zone,
                notices_to=None if notices_to is None else notices_to.external_id,
                language=spoken,
                revision=await next_revision(connection),
            )
            if zone is not None:
                known = await channels.list_channels(connection, caller.workspace.id)
                await holds.look_again(connection, [one.id for one in known])
            workspace = await _workspace(connection, caller)
            if words := _shared_words(zone, notices_to, spoken):
                await note(connection, caller, Did.SETTINGS_SHARED, words, now=now)
        if spoken:
            speak(spoken)
        return Reply(
            title=say("Settings of the workspace changed")
            if zone is not None or notices_to is not None or spoken is not None
            else say("Settings of the workspace"),
            lines=tuple(_shared(workspace, caller, notices_to)),
        )

    async def edit(self, caller: Caller, name: str, terms: Terms) -> Reply:
        """Change on which terms the caller's channel hears of a topic.

        Raises CommandError if it does not, if nothing is said, or if the file owns it.
        """
        terms.check()
        async with self._database.write() as connection:
            topic, channel, one = await _heard(connection, caller, name)
            if terms == UNCHANGED:
                told = standing_terms(one, topic, now=self._now(), zone=channel.attention.timezone)
                return Reply(
                    title=say("“{topic}” in {channel}", topic=topic.name, channel=_name(caller)),
                    lines=tuple(told) or (plain(say("On no terms of its own.")),),
                )
            if one.from_file or (topic.from_file and terms.urgent is not None):
                raise CommandError(
                    say("“{topic}” belongs to the configuration file.", topic=topic.name),
                    hint=say(
                        "Change urgent in its [[topic]], outlets_needed and mention in"
                        " its [[channel]], then restart."
                    ),
                )
            revision = await next_revision(connection)
            await keep_terms(connection, one, terms, by=caller.user, revision=revision)
            with speaking(ENGLISH):
                words = " ".join(flat(line) for line in terms_lines(terms))
            words = f"“{topic.name}”: {words}"
            await note(connection, caller, Did.TOPIC_EDIT, words, now=self._now())
        return Reply(
            title=say("“{topic}” in {channel} changed", topic=topic.name, channel=_name(caller)),
            lines=tuple(terms_lines(terms)),
        )


async def _heard(
    connection: AsyncConnection, caller: Caller, name: str
) -> tuple[Topic, Channel, Subscription]:
    topic = await topic_named(connection, caller, name)
    channel = await channel_here(connection, caller)
    one = channel and await find_subscription(connection, topic, channel.id)
    if not channel or not one:
        raise CommandError(
            say("“{topic}” is not watched in {channel}.", topic=topic.name, channel=_name(caller)),
            hint=say("`topic list` says where it is."),
        )
    return topic, channel, one


async def _workspace(connection: AsyncConnection, caller: Caller) -> Workspace:
    return await channels.get_workspace(connection, caller.workspace.id) or caller.workspace


def _name(caller: Caller) -> str:
    return caller.here.name or caller.here.external_id


def _spoken(attention: Attention) -> RichText:
    text = describe(attention)
    return (Span(text=text[:1].upper() + text[1:], mark=Mark.STRONG),)


def _doubt(attention: Attention) -> str:
    return say(
        "If it is unclear whether a message arrived, {on_doubt}.",
        on_doubt=say(ON_DOUBT[attention.on_doubt]),
    )


def _pauses(of: Channel | Topic, *, now: datetime, zone: str) -> list[RichText]:
    lines = []
    if of.muted_until is not None and of.muted_until > now:
        lines.append(plain(say("Muted until {time}.", time=local(of.muted_until, zone, now=now))))
    if of.snoozed_until is not None and of.snoozed_until > now:
        lines.append(
            plain(say("Snoozed until {time}.", time=local(of.snoozed_until, zone, now=now)))
        )
    return lines


def _shared(
    workspace: Workspace, caller: Caller, notices_to: Destination | None = None
) -> list[RichText]:
    if notices_to is not None and notices_to.external_id:
        where = notices_to.name or notices_to.external_id
    elif workspace.notices_to == caller.here.external_id and workspace.notices_to:
        where = _name(caller)
    else:
        where = workspace.notices_to and say(
            "channel {notices_to}", notices_to=workspace.notices_to
        )
    return [
        plain(
            say(
                "The whole workspace: time zone {timezone}; notices go to {where}.",
                timezone=workspace.timezone,
                where=where or say("whoever put the channel here"),
            )
        ),
        plain(
            say("Language: {language}.", language=own_name(workspace.language))
            if workspace.language
            else say("Language: English, and on Discord to each person in their own if I can.")
        ),
    ]


def parse_language(typed: str) -> str:
    """A language that we speak; "" for auto. Raises CommandError for any other."""
    if typed.strip().casefold() in ("auto", "off", "none", ""):
        return ""
    found = language_named(typed)
    if found is None:
        raise CommandError(
            say("“{language}” is no language that I speak.", language=typed[:40]),
            hint=say("There are: {names}, or auto.",
                     names=", ".join(f"{one} ({own_name(one)})" for one in languages())),
        )  # fmt: skip
    return found


def _shared_words(zone: str | None, notices_to: Destination | None, language: str | None) -> str:
    """What was changed for the whole workspace; "" if nothing was."""
    words = [f"timezone {zone}"] if zone is not None else []
    if language is not None:
        words.append(f"language {language or 'auto'}")
    if notices_to is not None:
        where = notices_to.name or notices_to.external_id or "whoever put the channel here"
        words.append(f"notices to {where}")
    return ", ".join(words)


def _refuse_owned(said: Iterable[str], owned: frozenset[str], where: str) -> None:
    for name in said:
        if name in owned:
            raise CommandError(
                say(
                    "{in_the_file} is set in the configuration file.", in_the_file=IN_THE_FILE[name]
                ),
                hint=say(
                    "Change it in the {where} and restart, or take it out of there.", where=where
                ),
            )
