from __future__ import annotations

from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.dates import iso_date, utc_date

TEN = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "Sat, 14 Mar 2026 10:00:00 GMT",
        "Sat, 14 Mar 2026 12:00:00 +0200",
        "Sat, 14 Mar 2026 05:00:00 EST",
        "Sat, 14 Mar 2026 12:00:00 CEST",
        "Sat, 14 Mar 2026 11:00:00 CET",
        "Sat, 14 Mar 2026 11:00:00 BST",
        "Sat, 14 Mar 2026 15:30:00 IST",
        "Sat, 14 Mar 2026 19:00:00 JST",
        "Sat, 14 Mar 2026 20:00:00 AEST",
        "Sat, 14 Mar 2026 13:00:00 MSK",
        "Sat, 14 Mar 2026 18:00:00 hkt",
        "2026-03-14T10:00:00Z",
        "2026-03-14T11:00:00+01:00",
    ],
)
def test_zones(raw: str) -> None:
    parsed = feedparser.datetimes._parse_date(raw)
    assert utc_date(parsed, raw) == TEN


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "0000-00-00", "0001-01-01T00:00:00+14:00", "2026-13-45", "99999999-01-01"],
)
def test_what_is_no_date_is_none_or_out_of_the_question(raw: str) -> None:
    at = utc_date(feedparser.datetimes._parse_date(raw), raw)
    assert at is None or at.year < 1995 or at.year > 2026


@given(st.lists(st.integers(-(10**12), 10**12), min_size=9, max_size=9), st.text())
def test_nothing_makes_it_raise(parsed: list[int], raw: str) -> None:
    utc_date(parsed, raw)
    iso_date(raw)


def test_rfc_3339() -> None:
    assert iso_date("2026-03-14T11:00:00+01:00") == TEN
    assert iso_date("2026-03-14T10:00:00") == TEN
    assert iso_date("2026-03-14T10:00:00.000Z") == TEN
    assert iso_date("0001-01-01T00:00:00+14:00") is None
    assert iso_date("soon") is None
