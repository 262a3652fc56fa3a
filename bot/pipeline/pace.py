"""How fast a platform may be spoken to: a pause in each channel, a cap for each workspace and for
the whole bot. Pure: every instant is an argument. Remembers a minute at most."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model.ids import ChannelId, WorkspaceId
from bot.model.platform import Capabilities

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(slots=True)
class Pace:
    """One platform's limits, and what was spent of them. Limits of 0 are none."""

    limits: Capabilities
    _last_post: dict[ChannelId, datetime] = field(default_factory=dict)
    _posts: dict[WorkspaceId, deque[datetime]] = field(default_factory=dict)
    _requests: deque[datetime] = field(default_factory=deque)
    _closed_until: datetime | None = None

    def ready_at(
        self, channel: ChannelId, workspace: WorkspaceId, now: datetime, *, post: bool
    ) -> datetime:
        """When the next request of the channel may go out; not after `now`: at once."""
        ready = self._closed_until or now
        if self.limits.requests_a_second:
            most = max(1, int(self.limits.requests_a_second))
            ready = max(ready, _room(self._requests, most, _SECOND, now))
        if post and self.limits.channel_pause_s and channel in self._last_post:
            pause = timedelta(seconds=self.limits.channel_pause_s)
            ready = max(ready, self._last_post[channel] + pause)
        if post and self.limits.posts_a_minute:
            posts = self._posts.setdefault(workspace, deque())
            ready = max(ready, _room(posts, self.limits.posts_a_minute, _MINUTE, now))
        return ready

    def took(
        self, channel: ChannelId, workspace: WorkspaceId, now: datetime, *, post: bool
    ) -> None:
        """A request goes out."""
        if self.limits.requests_a_second:
            self._requests.append(now)
        if not post:
            return
        if self.limits.channel_pause_s:
            self._last_post[channel] = now
        if self.limits.posts_a_minute:
            self._posts.setdefault(workspace, deque()).append(now)

    def close(self, until: datetime) -> None:
        """The platform wants nothing from anybody until then."""
        self._closed_until = max(until, self._closed_until or until)

    def forget(self, now: datetime) -> None:
        """Drop what limits nothing any more."""
        pause = timedelta(seconds=self.limits.channel_pause_s)
        self._last_post = {id_: at for id_, at in self._last_post.items() if at + pause > now}


def _room(spent: deque[datetime], most: int, span: timedelta, now: datetime) -> datetime:
    """When fewer than `most` lie within the `span` before."""
    while spent and spent[0] <= now - span:
        spent.popleft()
    return now if len(spent) < most else spent[len(spent) - most] + span
