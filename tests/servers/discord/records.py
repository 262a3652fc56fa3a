"""The small things everything else is made of: ids, times, and Discord's refusals."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

# First second of 2015: https://discord.com/developers/docs/reference#snowflakes
EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Ids that carry their time, and never go back."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, (time.time_ns() // 1_000_000 - EPOCH_MS) << 22)
        return str(self._last)


def iso_now() -> str:
    return datetime.now(UTC).isoformat()


class Refused(Exception):
    """Discord's error reply. Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json"""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


class TooOften(Refused):
    """A limit of one route's own, beside its bucket's: the 429 says how long it is."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.retry_after = retry_after

    def body(self) -> Json:
        return super().body() | {"retry_after": round(self.retry_after, 3), "global": False}


class Impossible(Exception):
    """A person in the real client could not do what the test orders."""


class Form:
    """Collects what is wrong with a body, in the shape of Discord's 50035."""

    def __init__(self) -> None:
        self.errors: Json = {}

    def add(self, path: str, code: str, message: str) -> None:
        """`path` is dotted, list places as numbers: `components.0.label`."""
        place = self.errors
        for part in path.split("."):
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def too_long(self, path: str, value: object, limit: int) -> None:
        if isinstance(value, str) and len(value) > limit:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")

    def check(self) -> None:
        if self.errors:
            raise Refused(400, 50035, "Invalid Form Body", self.errors)


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def missing_access() -> Refused:
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    return Refused(403, 50013, "Missing Permissions")


def unknown(what: str, code: int) -> Refused:
    return Refused(404, code, f"Unknown {what}")
