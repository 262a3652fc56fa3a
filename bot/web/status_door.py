"""Who may see the status page: a token once, then a cookie that does not hold it. No I/O.

The cookie is `END.MAC`: until when it is good, and an HMAC of that under the token. Another token
ends every visit.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

VISIT = timedelta(hours=12)
_FOR = b"wirewatch status page, until "


class Door:
    """Compares in constant time; the lengths are hidden by hashing."""

    def __init__(self, token: str) -> None:
        self._key = hashlib.sha256(token.encode("utf-8")).digest()

    def fits(self, token: str) -> bool:
        given = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        return hmac.compare_digest(given, self._key)

    def pass_at(self, now: datetime) -> str:
        """A cookie's value."""
        end = str(int((now + VISIT).timestamp()))
        return f"{end}.{self._mac(end)}"

    def lets_in(self, shown: str, *, now: datetime) -> bool:
        end, _, mac = shown.partition(".")
        real = hmac.compare_digest(mac.encode("utf-8", "replace"), self._mac(end).encode())
        return real and now.timestamp() < int(end)

    def _mac(self, end: str) -> str:
        return hmac.new(self._key, _FOR + end.encode("utf-8", "replace"), "sha256").hexdigest()
