"""The app's scopes: what each is for, and what to say when one is missing. Pure.

docs/slack-manifest.yaml asks for exactly these; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable

POSTING = {"chat:write": "to post and edit alerts", "channels:read": "to find channels"}
COMMANDS = {"commands": "for /news", "users:read": "to tell members from guests"}
ADVISED = {
    "groups:read": "to post in private channels",
    "channels:join": "to join public channels by itself",
    "channels:history": "to check whether a lost post has arrived, instead of doubling it",
    "groups:history": "the same in private channels",
    "im:write": "to tell whoever is in charge that a channel fails",
    "im:history": "the same check in direct messages",
    "files:read": "to read a list of feeds that somebody gives as a file",
    "files:write": "to hand out the followed feeds as a file",
    "usergroups:read": "to ping a user group, where somebody wants that",
}
ALL = {**POSTING, **COMMANDS, **ADVISED}
HOW_TO_ADD = "Add it under OAuth & Permissions, Bot Token Scopes, and install the app again."


def required(*, commands: bool) -> tuple[str, ...]:
    """Without these it cannot do its work; `commands` if it is to answer people too."""
    return (*POSTING, *(COMMANDS if commands else ()))


def missing(held: Iterable[str] | None, wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of `wanted` that the token lacks; none if Slack did not say what it has."""
    if held is None:
        return ()
    have = set(held)
    return tuple(scope for scope in wanted if scope not in have)


def named(scopes: Iterable[str]) -> str:
    """`channels:read (to find channels), …`"""
    return ", ".join(f"{scope} ({ALL[scope]})" for scope in scopes)
