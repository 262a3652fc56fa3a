"""What a test sees of the loopback Discord: plain records made from the control's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tests.servers.discord.components import BUTTON, texts, walk
from tests.servers.discord.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One message of the ledger. `posted_at` and edits' times are `time.monotonic()`."""

    id: str
    channel: str
    author: str
    via: str  # bot, interaction or person
    payload: Json  # as it was posted
    shown: Json  # as it is now, in Discord's form
    nonce: str | None
    pings: list[str]
    posted_at: float
    edited_at: list[float]
    edit_payloads: list[Json]
    deleted: bool
    ephemeral: bool
    repeats: int  # later posts with the same nonce, which posted nothing

    @classmethod
    def of(cls, entry: Json) -> Self:
        return cls(
            id=entry["id"],
            channel=entry["channel_id"],
            author=entry["author_id"],
            via=entry["via"],
            payload=entry["payload"],
            shown=entry["wire"],
            nonce=entry["nonce"],
            pings=entry["pings"],
            posted_at=entry["posted_at"],
            edited_at=[each["at"] for each in entry["edits"]],
            edit_payloads=[each["payload"] for each in entry["edits"]],
            deleted=entry["deleted_at"] is not None,
            ephemeral=entry["ephemeral"],
            repeats=entry["repeats"],
        )

    @property
    def edits(self) -> int:
        return len(self.edited_at)

    @property
    def text(self) -> str:
        """Content, embeds and text displays as they are now, a line each."""
        lines = [self.shown["content"]]
        for embed in self.shown["embeds"]:
            lines += [embed.get("title", ""), embed.get("description", "")]
            lines += [f"{each['name']}: {each['value']}" for each in embed.get("fields", ())]
        return "\n".join(filter(None, [*lines, *texts(self.shown["components"])]))

    @property
    def components(self) -> list[Json]:
        """Every component, flat, parents first."""
        return [each for _, each in walk(self.shown["components"])]

    @property
    def buttons(self) -> dict[str, Json]:
        return {each.get("label", ""): each for each in self.components if each["type"] == BUTTON}

    @property
    def custom_ids(self) -> list[str]:
        return [each["custom_id"] for each in self.components if "custom_id" in each]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One interaction and the bot's answers to it."""

    id: str
    acked: bool
    delivered: bool  # False: no gateway session was there to get it
    latency: float | None  # seconds until the callback
    answer: int  # callback type: 4 reply, 5 deferred, 6 deferred update, 7 update, 8, 9 modal
    pending: bool  # still "is thinking..."
    updated: Posted | None  # the message whose component was used, as it is now
    messages: list[Posted]  # the original answer and the follow-ups
    modal: Json | None
    choices: list[Json] | None

    @classmethod
    def of(cls, entry: Json) -> Self:
        updated = entry.pop("updated")
        messages = [Posted.of(each) for each in entry.pop("messages")]
        return cls(updated=Posted.of(updated) if updated else None, messages=messages, **entry)

    @property
    def text(self) -> str:
        return "\n".join(each.text for each in self.messages if not each.deleted)

    @property
    def private(self) -> bool:
        """Only the person who asked sees the answers."""
        return bool(self.messages) and all(each.ephemeral for each in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    route: str
    status: int  # 0: the connection was dropped
    code: int
    at: float  # monotonic
    seconds: float
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    side: str  # request: the bot's; reply or server: this server's own
    method: str
    route: str
    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    id: str
    name: str
    owner: str
    channels: dict[str, str]  # ids by name


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    open: int
    sessions: list[dict[str, Any]]
    log: list[dict[str, Any]]  # identify, resume, close, closed: with shard and monotonic time

    @property
    def connected(self) -> int:
        return sum(each["connected"] for each in self.sessions)

    def count(self, what: str) -> int:
        return sum(each["what"] == what for each in self.log)
