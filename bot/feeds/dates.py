"""feedparser's dates -> aware UTC. Believes nothing: `clamp_date` does that afterwards."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

# feedparser reads these names as GMT (measured on 6.0.14). Hours east of it; of names with
# several meanings the one that news feeds use: IST is India's, BST Britain's, CST stays America's.
_ZONES = {
    "wet": 0,
    "west": 1,
    "bst": 1,
    "cet": 1,
    "cest": 2,
    "mez": 1,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "sast": 2,
    "cat": 2,
    "eat": 3,
    "wat": 1,
    "msk": 3,
    "trt": 3,
    "gst": 4,
    "pkt": 5,
    "ist": 5.5,
    "npt": 5.75,
    "ict": 7,
    "wib": 7,
    "hkt": 8,
    "sgt": 8,
    "pht": 8,
    "awst": 8,
    "jst": 9,
    "kst": 9,
    "acst": 9.5,
    "acdt": 10.5,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "brt": -3,
    "art": -3,
    "clt": -4,
    "nst": -3.5,
    "ndt": -2.5,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
}
_ZONE = re.compile(r"[\d\s]([a-z]{3,4})\)?\s*$", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_date(parsed: Sequence[int] | None, raw: str) -> datetime | None:
    """The date in aware UTC, or None if there is none or it lies outside the calendar.

    `parsed` is feedparser's nine-tuple in UTC; `raw` the text that it read, in which a zone's
    name at the end is looked up where feedparser takes it for GMT.
    """
    if not parsed:
        return None
    try:
        at = _EPOCH + timedelta(seconds=calendar.timegm(tuple(parsed)))
        zone = _ZONE.search(raw[-12:])
        return at - timedelta(hours=_ZONES.get(zone.group(1).lower(), 0)) if zone else at
    except (ValueError, OverflowError, TypeError):
        return None


def iso_date(value: str) -> datetime | None:
    """RFC 3339, as JSON Feed writes it; a time without a zone counts as UTC."""
    try:
        at = datetime.fromisoformat(value.strip())
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
