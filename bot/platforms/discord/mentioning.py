"""Whether somebody may have a role or a person pinged in a channel. Reads what Discord sent and
what we keep of the server; pings nobody."""

from __future__ import annotations

from dataclasses import replace

import discord

from bot.commands.terms import Terms
from bot.errors import CommandError
from bot.model.mention import Mention, MentionKind
from bot.platforms.discord.callers import Interaction
from bot.platforms.discord.places import PERMISSIONS_PAGE, Place
from bot.words import say

Mentionable = discord.Role | discord.Member | discord.User


def may_mention(
    target: Mentionable, terms: Terms, *, place: Place, interaction: Interaction
) -> Terms:
    """`terms` with the mention that is meant, for messages in `place`.

    Raises CommandError if the person who asks could not ping the target there themselves, if the
    bot cannot, or if the target does not see the channel.
    """
    if isinstance(target, discord.Role):
        _check_role(target, place)
        mention = Mention(kind=MentionKind.ROLE, external_id=str(target.id))
        return replace(terms, mention=mention, mentioned=f"@{target.name}")
    _check_person(target, place, interaction)
    mention = Mention(kind=MentionKind.USER, external_id=str(target.id))
    return replace(terms, mention=mention, mentioned=f"@{target.display_name}")


def _check_role(role: discord.Role, place: Place) -> None:
    if role.is_default():
        raise CommandError(
            say("I never ping everybody at once."), hint=say("Choose a role or a person.")
        )
    if not (role.mentionable or place.asker.mention_everyone):
        raise CommandError(
            say("You may not ping @{name} in {label}.", name=role.name, label=place.label),
            hint=say(
                "Let an administrator allow anyone to mention it (Server Settings →"
                " Roles), or give you Mention Everyone there ({permissions_page}).",
                permissions_page=PERMISSIONS_PAGE,
            ),
        )
    if not (role.mentionable or place.bot.mention_everyone):
        raise CommandError(
            say("I may not ping @{name} in {label}.", name=role.name, label=place.label),
            hint=say(
                "Let an administrator allow anyone to mention it (Server Settings →"
                " Roles), or give the bot Mention Everyone there ({permissions_page}).",
                permissions_page=PERMISSIONS_PAGE,
            ),
        )


def _check_person(
    person: discord.Member | discord.User, place: Place, interaction: Interaction
) -> None:
    """A User who is no Member has left the server, or was never in it."""
    channel = _channel(place, interaction)
    is_reader = (
        isinstance(person, discord.Member)
        and channel is not None
        and channel.permissions_for(person).view_channel
    )
    if person.bot or not is_reader:
        raise CommandError(
            say(
                "@{display_name} does not read {label}.",
                display_name=person.display_name,
                label=place.label,
            ),
            hint=say(
                "Give them View Channel there ({permissions_page}), or choose somebody else.",
                permissions_page=PERMISSIONS_PAGE,
            ),
        )


def _channel(
    place: Place, interaction: Interaction
) -> discord.abc.GuildChannel | discord.Thread | None:
    guild = interaction.guild
    if guild is not None and (known := guild.get_channel_or_thread(place.id)) is not None:
        return known
    here = interaction.channel
    if here is not None and here.id == place.id and isinstance(here, discord.Thread):
        return here
    return None
