"""Whether a request is Slack's: its signature, its time, and that it was not seen before. No I/O.

https://docs.slack.dev/authentication/verifying-requests-from-slack. Slack's own check takes a
request again within five minutes, takes one from the future, and fails on a time that is no number
(measured); so the headers are read here before anybody else sees them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256

PAST_S, AHEAD_S = 300, 60
REMEMBERED_S = 600
_TIME = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class Judged(Enum):
    """What a request is: TAKEN before means that it is answered, and does nothing."""

    GENUINE = auto()
    TAKEN = auto()
    REFUSED = auto()


class Signatures:
    """Judges requests by the app's signing secret, and remembers those that were genuine."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._seen: dict[str, float] = {}

    def judge(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Judged:
        stamp = headers.get("X-Slack-Request-Timestamp", "")
        given = headers.get("X-Slack-Signature", "")
        if not _TIME.fullmatch(stamp) or not _SIGNATURE.fullmatch(given):
            return Judged.REFUSED
        at = now.timestamp()
        if not at - PAST_S <= int(stamp) <= at + AHEAD_S:
            return Judged.REFUSED
        said = b"v0:" + stamp.encode() + b":" + body
        right = "v0=" + hmac.new(self._secret, said, sha256).hexdigest()
        if not hmac.compare_digest(right, given):
            return Judged.REFUSED
        self._forget(at)
        if given in self._seen:
            return Judged.TAKEN
        self._seen[given] = at
        return Judged.GENUINE

    def _forget(self, at: float) -> None:
        """The oldest stand first."""
        for given, seen in list(self._seen.items()):
            if at - seen <= REMEMBERED_S:
                return
            del self._seen[given]
