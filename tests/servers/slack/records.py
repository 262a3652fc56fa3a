"""What the server remembers and a test reads: plain records that cross the control HTTP as JSON.

Nothing here decides anything; both the server and `tests.servers.slack_client` import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

# Slack's payloads are open-ended JSON: their shape is what `blocks.py` checks, not the type system.
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as a reader sees it; `kind` is mrkdwn, auto, rich_text, markdown, button or title."""

    url: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a message would do to its readers: `pings` holds raw mentions (`<!channel>`)."""

    pings: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # every text, markup resolved, in drawing order

    @classmethod
    def of(cls, raw: Json) -> Drawn:
        links = [Link(**link) for link in raw["links"]]
        return cls(pings=raw["pings"], links=links, texts=raw["texts"])

    @property
    def text(self) -> str:
        """All that a reader sees, one line per text."""
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a message: the content after it, and when (epoch seconds)."""

    at: float
    content: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A ledger entry. `content` is as first posted, `current` as it stands now."""

    ts: str
    channel: str
    user: str
    via: str  # the method that posted it, "response_url", "ack" or "person"
    posted_at: float
    content: Json
    current: Json
    edits: list[Edit]
    drawn: Drawn  # over the first content and every edit
    thread_ts: str | None = None
    deleted_at: float | None = None
    ephemeral_to: str | None = None

    @classmethod
    def of(cls, raw: Json) -> Posted:
        edits = [Edit(**edit) for edit in raw["edits"]]
        return cls(**{**raw, "edits": edits, "drawn": Drawn.of(raw["drawn"])})

    @property
    def text(self) -> str:
        return str(self.current.get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.current.get("blocks") or [])

    @property
    def metadata(self) -> Json:
        return dict(self.current.get("metadata") or {})

    @property
    def pings(self) -> list[str]:
        return self.drawn.pings

    @property
    def links(self) -> list[Link]:
        return self.drawn.links


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One Web API call. `status` is 0 when the connection was dropped, `error` Slack's code."""

    method: str
    args: Json
    status: int
    error: str
    at: float  # epoch seconds, on arrival
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule of Slack's that a request broke; it was refused unless `method` is `ack`."""

    method: str
    problem: str
    at: float
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to an interaction: kind is ack, response_url, ephemeral or view."""

    kind: str
    content: Json
    at: float
    ts: str = ""  # of the message it made, or the view's id
    in_channel: bool = False
    drawn: Drawn = field(default_factory=Drawn)

    @classmethod
    def of(cls, raw: Json) -> Reply:
        return cls(**{**raw, "drawn": Drawn.of(raw["drawn"])})

    @property
    def text(self) -> str:
        return str(self.content.get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.content.get("blocks") or [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One interaction or event, delivered to the app, and everything that came back so far."""

    id: str
    kind: str
    acked: bool
    ack_seconds: float | None
    ack_body: Json
    attempts: int
    status: int  # HTTP status of a signed delivery; 0 over Socket Mode
    body: str  # raw HTTP answer; empty over Socket Mode
    payload: Json
    replies: list[Reply]

    @classmethod
    def of(cls, raw: Json) -> Exchange:
        return cls(**{**raw, "replies": [Reply.of(reply) for reply in raw["replies"]]})

    @property
    def text(self) -> str:
        """Everything the person reads in answer, joined."""
        return "\n".join(reply.drawn.text or reply.text for reply in self.replies)

    def views(self) -> list[Json]:
        return [reply.content for reply in self.replies if reply.kind == "view"]
