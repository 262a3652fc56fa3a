"""What a publisher's response headers ask of us. Pure: `now` is an argument."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.model.feed import Validators

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_REVALIDATE = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b")
_VALIDATOR_CHARACTERS = 1000


def validators_of(headers: Mapping[str, str]) -> Validators:
    """ETag and Last-Modified byte for byte, where they can be sent back as they came."""
    return Validators(
        etag=_returnable(headers.get("ETag")),
        last_modified=_returnable(headers.get("Last-Modified")),
    )


def _returnable(value: str | None) -> str | None:
    if not value or len(value) > _VALIDATOR_CHARACTERS:
        return None
    fine = all(" " <= character != "\x7f" and not _is_surrogate(character) for character in value)
    return value if fine else None


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def max_age_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """For how many more seconds the answer is fresh (RFC 9111 section 4.2), or None.

    max-age before Expires, less the Age that it has already; no-cache and no-store mean "ask
    again whenever you like". `s-maxage` is for shared caches and not for us.
    """
    control = headers.get("Cache-Control", "").lower()
    if _REVALIDATE.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        age = headers.get("Age", "").strip()
        lasts = float(found.group(1)) - (float(age) if age.isdecimal() and len(age) < 10 else 0.0)
    else:
        expires = http_date(headers.get("Expires", ""))
        if expires is None:
            return None
        lasts = (expires - (http_date(headers.get("Date", "")) or now)).total_seconds()
    return lasts if lasts > 0 else None


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Retry-After in seconds, from either form of RFC 9110 section 10.2.3, or None.

    A date counts from the server's own Date, so that neither clock need be right.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    at = http_date(value)
    if at is None:
        return None
    return max(0.0, (at - (http_date(headers.get("Date", "")) or now)).total_seconds())


def http_date(value: str) -> datetime | None:
    """An HTTP date in aware UTC, or None if it is none."""
    try:
        at = email.utils.parsedate_to_datetime(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
