"""How fast a platform may be asked. Pure: every answer is counted from the `now` it is given.

Asks only `Capabilities`. Sends nothing, waits for nothing, and forgets with the process: what a
platform itself asked one channel to wait for is kept with the delivery.
"""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from bot.model.channel import PlatformName
from bot.model.ids import ChannelId, WorkspaceId
from bot.model.platform import Capabilities

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


class Pace:
    """What was asked lately, by channel, by workspace and by platform."""

    def __init__(self) -> None:
        self._posted: dict[ChannelId, datetime] = {}
        self._posts: defaultdict[WorkspaceId, deque[datetime]] = defaultdict(deque)
        self._requests: defaultdict[PlatformName, deque[datetime]] = defaultdict(deque)
        self._refused_until: dict[PlatformName, datetime] = {}

    def take(
        self,
        platform: PlatformName,
        workspace: WorkspaceId,
        channel: ChannelId,
        can: Capabilities,
        *,
        is_post: bool,
        now: datetime,
    ) -> datetime:
        """When the channel may be asked. `now`: at once, and it is counted as asked; later: not
        before then, and nothing was counted."""
        frees = [self._refused_until.get(platform, now)]
        requests = self._requests[platform]
        if can.requests_a_second:
            most = max(1, int(can.requests_a_second))
            frees.append(_free(requests, most, SECOND, now))
        posts = self._posts[workspace]
        if is_post:
            if can.posts_a_minute:
                frees.append(_free(posts, can.posts_a_minute, MINUTE, now))
            last = self._posted.get(channel)
            if can.channel_pause_s and last is not None and last <= now:
                frees.append(last + timedelta(seconds=can.channel_pause_s))
        free = max(frees)
        if free > now:
            return free
        if can.requests_a_second:
            requests.append(now)
        if is_post:
            if can.posts_a_minute:
                posts.append(now)
            if can.channel_pause_s:
                self._posted[channel] = now
        return now

    def refused_everywhere(self, platform: PlatformName, *, until: datetime) -> None:
        """The platform wants to hear nothing at all until then."""
        before = self._refused_until.get(platform, until)
        self._refused_until[platform] = max(before, until)


def _free(asked: deque[datetime], most: int, span: timedelta, now: datetime) -> datetime:
    """When one more may follow, if at most `most` may fall into any `span`. Forgets older ones, and
    ones from the future: a clock that was set back must not stop us."""
    while asked and not now - span < asked[0] <= now:
        asked.popleft()
    if len(asked) < most:
        return now
    return asked[-most] + span
