"""Whom `mention …` names, as Slack sends it. Pure: whether they exist is asked elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    """EVERYBODY (@here, @channel, @everyone) is never pinged; NAMED is a name that Slack did not
    resolve; NOBODY ends a mention."""

    USER = "user"
    GROUP = "group"
    EVERYBODY = "everybody"
    NAMED = "named"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`id` of a user or group; `name` as people see it, without the @."""

    kind: TargetKind
    id: str = ""
    name: str = ""


MENTION_LAST = re.compile(
    r"(?:^| )mention(?:s|ing)?[ :=]+(?P<target><[^<>]+>|@[^\s<>@]+|off|nobody|none)$",
    re.IGNORECASE,
)
_USER = re.compile(r"<@(?P<id>[UW][A-Z0-9]+)(?:\|(?P<name>[^<>]*))?>")
_GROUP = re.compile(r"<!subteam\^(?P<id>S[A-Z0-9]+)(?:\|(?P<name>[^<>]*))?>")
_EVERYBODY = re.compile(
    r"<!(?:here|channel|everyone)[^<>]*>|@(?:here|channel|everyone)", re.IGNORECASE
)


def parse_target(typed: str) -> Target:
    """What `MENTION_LAST` found as its target."""
    for kind, pattern in ((TargetKind.USER, _USER), (TargetKind.GROUP, _GROUP)):
        if found := pattern.fullmatch(typed):
            name = (found["name"] or "").removeprefix("@")
            return Target(kind=kind, id=found["id"], name=name)
    if _EVERYBODY.fullmatch(typed):
        return Target(kind=TargetKind.EVERYBODY)
    if typed.startswith("@"):
        return Target(kind=TargetKind.NAMED, name=typed[1:])
    if typed.startswith("<"):
        return Target(kind=TargetKind.NAMED, name=typed.strip("<>"))
    return Target(kind=TargetKind.NOBODY)
