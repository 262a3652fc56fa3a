"""One request on its way to an endpoint, and the reply on its way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.servers.discord.records import Json


@dataclass(slots=True, kw_only=True)
class Upload:
    filename: str
    content: bytes
    content_type: str


@dataclass(slots=True, kw_only=True)
class Call:
    path: dict[str, str]
    query: dict[str, str]
    body: Json  # {} when the request has none; see `items` for arrays
    items: list[Json] = field(default_factory=list)
    files: dict[str, Upload] = field(default_factory=dict)  # by the id that attachments use


@dataclass(slots=True, kw_only=True)
class Reply:
    status: int
    body: object = None


Handler: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`route` is the path in the OpenAPI document; the handler runs in one go, so is the commit."""

    method: str
    route: str
    handler: Handler
    bot: bool = True  # needs the bot's token; interaction routes carry their own


def ok(body: object) -> Reply:
    return Reply(status=200, body=body)


NOTHING = Reply(status=204)
