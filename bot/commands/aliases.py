"""settings aliases: names that mean the same, added to the built-in ones for one workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.errors import CommandError
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import aliases, channels
from bot.storage.aliases import AliasGroup
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.topics.aliases import AliasSet
from bot.topics.words import words
from bot.words import later, say, say_many

MOST_NAMES = 20
MOST_GROUPS = 200
NAME_CHARACTERS = 60
_EXAMPLE = later("For example: settings aliases add Acme, Acme Corporation, ACM")


class AliasCommands:
    """The verbs on a workspace's aliases. A running desk takes them up with the next article."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def list_all(self, caller: Caller) -> Reply:
        """The workspace's own groups; the built-in ones are named by `topic explain`."""
        async with self._database.read() as connection:
            groups = await aliases.list_groups(connection, caller.workspace.id)
        if not groups:
            return Reply(
                title=say("No aliases beside the built-in ones"), lines=(plain(say(_EXAMPLE)),)
            )
        return Reply(
            title=say_many("{count} group of names", "{count} groups of names", len(groups)),
            lines=tuple(_line(group) for group in groups),
        )

    async def add(self, caller: Caller, typed: str) -> Reply:
        """Let each of the names, with commas between, find the others.

        A name that stands in a group already joins that group. Raises CommandError for fewer than
        two names, and for too many or too long ones.
        """
        names = _names(typed)
        workspace = caller.workspace.id
        async with self._database.write() as connection:
            await channels.ensure_workspace(connection, caller.workspace, now=self._now())
            standing = await aliases.list_groups(connection, workspace)
            touched = [group for group in standing if _shares(group, names)]
            joined = tuple(
                dict.fromkeys([*(name for group in touched for name in group.names), *names])
            )
            _refuse_too_many(joined, len(standing) - len(touched) + 1)
            revision = await next_revision(connection)
            if touched:
                await aliases.remove_groups(connection, touched, revision=revision)
            await aliases.add_group(
                connection, workspace, joined, now=self._now(), revision=revision
            )
            known = await aliases.aliases_of(connection, workspace)
            await note(connection, caller, Did.ALIASES_ADD, ", ".join(joined), now=self._now())
        others = known.others(joined[0])
        return Reply(
            title=say_many(
                "“{joined}” also finds {count} other name",
                "“{joined}” also finds {count} other names",
                len(others),
                joined=joined[0],
            ),
            lines=(plain(", ".join(others)), plain(say(_QUOTED))),
        )

    async def remove(self, caller: Caller, name: str) -> Reply:
        """Forget the group that has the name. Raises CommandError if none has."""
        name = name.strip()
        async with self._database.write() as connection:
            standing = await aliases.list_groups(connection, caller.workspace.id)
            touched = [group for group in standing if _shares(group, (name,))]
            if not touched:
                raise CommandError(
                    say("“{name}” is in no group of this workspace.", name=name),
                    hint=say(
                        "“settings aliases” lists them; the built-in ones stay: write"
                        ' ="{name}" in a query to mean this spelling alone.',
                        name=name,
                    ),
                )
            revision = await next_revision(connection)
            await aliases.remove_groups(connection, touched, revision=revision)
            names = ", ".join(touched[0].names)
            await note(connection, caller, Did.ALIASES_REMOVE, names, now=self._now())
        return Reply(title=say("Forgot {names}", names=names))


_QUOTED = later(
    "Topics find them from now on, unless a query says =Name to mean one spelling alone."
)


def _line(group: AliasGroup) -> RichText:
    return (
        Span(text=group.names[0], mark=Mark.STRONG),
        Span(text=say("  also finds {names}", names=", ".join(group.names[1:]))),
    )


def _shares(group: AliasGroup, names: tuple[str, ...]) -> bool:
    """Whether one of the names is of the group, in any spelling that queries take for it."""
    known = AliasSet(groups=(group.names,))
    return any(name in group.names or known.others(name) for name in names)


def _names(typed: str) -> tuple[str, ...]:
    names = tuple(
        dict.fromkeys(
            name for part in typed.split(",") if (name := " ".join(part.split()).strip('"“”'))
        )
    )
    if len(names) < 2:
        raise CommandError(say("Aliases need two names at least, with commas."), hint=say(_EXAMPLE))
    for name in names:
        if len(name) > NAME_CHARACTERS or not words(name):
            raise CommandError(
                say("“{name}” cannot be a name.", name=name[:NAME_CHARACTERS]),
                hint=say(
                    "A name has words, and at most {name_characters} characters. {example}",
                    name_characters=NAME_CHARACTERS,
                    example=say(_EXAMPLE),
                ),
            )
    return names


def _refuse_too_many(names: tuple[str, ...], groups: int) -> None:
    if len(names) > MOST_NAMES:
        raise CommandError(
            say(
                "A group has at most {most_names} names; this would have {count}.",
                most_names=MOST_NAMES,
                count=len(names),
            ),
            hint=say(
                "Leave out spellings that differ in accents or case only: those are found anyway."
            ),
        )
    if groups > MOST_GROUPS:
        raise CommandError(
            say("There are {most_groups} groups already.", most_groups=MOST_GROUPS),
            hint=say("Remove one: settings aliases."),
        )
