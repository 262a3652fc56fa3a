from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.headers import http_date, max_age_s, retry_after_s, validators_of
from bot.model.feed import NO_VALIDATORS, Validators

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, MAX-AGE=600, s-maxage=9"}, 600),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({"Cache-Control": 'max-age="600"'}, 600),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "max-age=-5"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": "no-store"}, None),
        ({"Cache-Control": "max-age=600", "Age": "200"}, 400),
        ({"Cache-Control": "max-age=600", "Age": "700"}, None),
        ({"Cache-Control": "max-age=600", "Age": "soon"}, 600),
        ({"Expires": "Sat, 14 Mar 2026 12:10:00 GMT"}, 600),
        (
            {
                "Expires": "Sat, 14 Mar 2026 13:10:00 GMT",
                "Date": "Sat, 14 Mar 2026 13:00:00 GMT",
            },
            600,
        ),
        ({"Expires": "Sat, 14 Mar 2026 11:00:00 GMT"}, None),
        ({"Expires": "0"}, None),
        ({"Expires": "-1"}, None),
        ({"Cache-Control": "max-age=60", "Expires": "Sat, 14 Mar 2026 12:10:00 GMT"}, 60),
    ],
)
def test_freshness(headers: dict[str, str], seconds: float | None) -> None:
    assert max_age_s(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("Sat, 14 Mar 2026 12:05:00 GMT", 300),
        ("Sat, 14 Mar 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, 999_999_999),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": value}, now=NOW) == seconds


@given(st.text())
def test_no_value_makes_it_raise(value: str) -> None:
    http_date(value)
    headers = dict.fromkeys(
        ("Retry-After", "Expires", "Date", "Age", "Cache-Control", "ETag", "Last-Modified"), value
    )
    retry_after_s(headers, now=NOW)
    max_age_s(headers, now=NOW)
    validators_of(headers)


def test_validators_that_cannot_be_returned_are_not_kept() -> None:
    assert validators_of({"ETag": '"ü"'}) == Validators(etag='"ü"')
    for bad in ("", "a\x00b", "a\nb", "\udcff", "x" * 1001):
        assert validators_of({"ETag": bad, "Last-Modified": bad}) == NO_VALIDATORS
