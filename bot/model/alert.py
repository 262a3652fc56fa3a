"""The platform-neutral message about a story for a channel, as it stands at one revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import AlertId, StoryId
from bot.model.mention import Mention
from bot.model.template import Size
from bot.model.text import RichText


class AlertState(StrEnum):
    """Where the one alert of (story, channel) is. Its deliveries say what the channel shows."""

    WAITING = "waiting"  # its gate is not met yet
    HELD = "held"  # for a digest, or until a snooze ends
    READY = "ready"  # its card is wanted in the channel
    CARRIED = "carried"  # it is a line of a digest
    CLOSED = "closed"  # a moderator deleted its message, or its channel is gone
    MERGED = "merged"  # another alert of the channel tells its story now


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One outlet's first report in a story."""

    outlet: str
    title: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """One sentence of a report, as it stands there, with whose it is. `url` may be ""."""

    text: str
    outlet: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The closed story that this one goes on with, as the channel was told of it. `url` leads to
    its card or its report and may be ""; `card` is the card's remote id, or ""."""

    headline: str
    url: str
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What every platform draws. Matched words are strong in `headline` and `summary`.

    `url` is "" when the leading article has no link; `sources` are one per outlet, earliest
    first, limited to feeds that the workspace follows; `topics` are names (of feeds, for a
    subscription to a whole feed), `words` the matched words as they stand in the text;
    `key_points`, at most three, say what the summary does not, each by another outlet.
    `muted_until` is when its topics are heard again, if all are muted.
    `size` is how much of it is shown; `lines`, if there are any, are shown instead: somebody's own
    layout, filled in.
    """

    id: AlertId
    story: StoryId
    revision: int
    headline: RichText
    summary: RichText
    url: str
    outlet: str
    at: datetime
    updated_at: datetime
    sources: tuple[Source, ...]
    topics: tuple[str, ...]
    words: tuple[str, ...] = ()
    image_url: str | None = None
    corrected: bool = False
    mentions: tuple[Mention, ...] = ()  # pinged when the message is posted, by nothing later
    key_points: tuple[KeyPoint, ...] = ()
    follows: Earlier | None = None
    muted_until: datetime | None = None
    size: Size = Size.STANDARD
    lines: tuple[RichText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What is left of a card whose story is told by another card of the channel: one line that
    leads there."""

    line: RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadReply:
    """What is said in the thread of a card, once: `line`, after the `mentions` that it pings."""

    line: RichText
    mentions: tuple[Mention, ...] = ()
