"""Rate limits: a bucket for each route and major parameter, and one for the whole bot.

https://discord.com/developers/docs/topics/rate-limits. Generous until a test sets them.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass

from tests.servers.discord.records import Json
from tests.servers.discord.state import World

MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
GENEROUS = (100_000, 1.0)
DISCORDS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages/{message_id}/crosspost": (10, 3600.0),
}
"""Discord's own where it is part of how the thing works: ten messages an hour are published."""


@dataclass(slots=True)
class Bucket:
    name: str
    limit: int
    per: float
    remaining: int
    resets_at: float  # monotonic


class Limits:
    def __init__(self, world: World) -> None:
        self._world = world
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._whole = Bucket("global", 0, 1.0, 0, 0.0)

    def reset(self) -> None:
        self._buckets.clear()
        self._whole.resets_at = 0.0

    def bucket(self, method: str, route: str, path: dict[str, str]) -> Bucket:
        """The bucket of this request, begun anew when its window is over."""
        name = f"{method} {route}"
        limit, per = self._world.settings.limits.get(name, DISCORDS.get(name, GENEROUS))
        key = (name, *(path.get(each, "") for each in MAJOR))
        now = time.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None or now >= bucket.resets_at or bucket.limit != limit:
            short = f"{zlib.crc32(name.encode()):08x}"
            bucket = Bucket(short, int(limit), per, int(limit), now + per)
            self._buckets[key] = bucket
        return bucket

    def spend(self, bucket: Bucket) -> tuple[float, bool] | None:
        """Take one request out: None, or the seconds to wait and whether the limit is global."""
        now = time.monotonic()
        if self._world.settings.global_limit:
            if now >= self._whole.resets_at:
                self._whole.remaining = self._world.settings.global_limit
                self._whole.resets_at = now + 1.0
            if self._whole.remaining <= 0:
                return self._whole.resets_at - now, True
            self._whole.remaining -= 1
        if bucket.remaining <= 0:
            return bucket.resets_at - now, False
        bucket.remaining -= 1
        return None


def headers(bucket: Bucket) -> dict[str, str]:
    left = max(0.0, bucket.resets_at - time.monotonic())
    return {
        "X-RateLimit-Limit": str(bucket.limit),
        "X-RateLimit-Remaining": str(bucket.remaining),
        "X-RateLimit-Reset": f"{time.time() + left:.3f}",
        "X-RateLimit-Reset-After": f"{left:.3f}",
        "X-RateLimit-Bucket": bucket.name,
    }


def refusal(retry_after: float, *, is_global: bool, scope: str) -> tuple[Json, dict[str, str]]:
    """The body and headers of a 429. Without `Via`, discord.py takes it for a ban by Cloudflare."""
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": is_global,
        "code": 0,
    }
    more = {"Via": "1.1 loopback", "Retry-After": str(int(retry_after) + 1)}
    more["X-RateLimit-Scope"] = "global" if is_global else scope
    if is_global:
        more["X-RateLimit-Global"] = "true"
    return body, more
