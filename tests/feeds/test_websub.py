"""What a document offers, what a push is signed with, and for how long hubs are trusted."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.schedule import BACKUP_S, IMMEDIATE_S, Wishes, next_interval
from bot.feeds.websub import BACK_OFF_CAP, LEASE_CAP_S, Offer, is_signed, lease_of, next_try
from bot.feeds.websub import offer_of as _offer_of
from tests.clock import START

AT = "https://harbour.example/feed"
HUB = "https://hub.example/"


def offer_of(body: bytes, *links: str) -> Offer | None:
    return _offer_of(body, url=AT, links=links)


@pytest.mark.parametrize(
    "body",
    [
        b'<rss><channel><atom:link rel="hub" href="https://hub.example/"/><item>',
        b'<feed><link href="https://hub.example/" rel="hub"/><entry>',
        b"<rss><channel><atom10:link xmlns:atom10='x' rel='HUB' href='https://hub.example/' />",
        b'{"title":"Harbour","items":[],"hubs":[{"type":"WebSub","url":"https://hub.example/"}]}',
    ],
)
def test_a_hub_is_found_in_every_format(body: bytes) -> None:
    assert offer_of(body) == Offer(hub=HUB, topic=AT)


def test_the_topic_is_what_the_publisher_calls_itself() -> None:
    body = (
        b'<feed><link rel="self" href="https://harbour.example/atom?a=1&amp;b=%7e"/>'
        b'<link rel="hub" href="/hub"/>'
    )
    assert offer_of(body) == Offer(
        hub="https://harbour.example/hub", topic="https://harbour.example/atom?a=1&b=%7e"
    )


def test_headers_count_before_the_document() -> None:
    body = b'<rss><channel><atom:link rel="hub" href="https://other.example/"/>'
    links = (
        '<https://harbour.example/a,b>; title="x, y"; rel="self"',
        "<https://hub.example/>; rel=hub, <https://x.example/>; rel=next",
    )
    assert offer_of(body, *links) == Offer(hub=HUB, topic="https://harbour.example/a,b")


@pytest.mark.parametrize(
    "hub",
    [
        "http://127.0.0.1/hub",
        "http://169.254.169.254/latest",
        "http://localhost:8080/",
        "http://hub.example:22/",
        "http://user:word@hub.example/",
        "ftp://hub.example/",
        "javascript:alert(1)",
        "http://[::1",
        "",
    ],
)
def test_a_hub_that_may_not_be_asked_is_none(hub: str) -> None:
    body = f'<rss><channel><atom:link rel="hub" href="{hub}"/></channel></rss>'
    assert offer_of(body.encode()) is None


def test_an_items_own_links_are_not_the_feeds() -> None:
    assert offer_of(b'<feed><entry><link rel="hub" href="https://hub.example/"/></entry>') is None


@given(st.binary(max_size=300), st.lists(st.text(max_size=80), max_size=3))
def test_no_document_and_no_header_is_too_odd(body: bytes, links: list[str]) -> None:
    for opening in (b"", b"{", b"<link rel=hub href='", b'<x:link rel="hub" href="'):
        offer_of(opening + body, *links)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_is_of_this_body_with_this_secret(method: str) -> None:
    right = hmac.new(b"secret", b"news", getattr(hashlib, method)).hexdigest()
    assert is_signed(b"news", f"{method}={right}", secret="secret")
    assert is_signed(b"news", f"{method.upper()}={right.upper()}", secret="secret")
    assert not is_signed(b"newt", f"{method}={right}", secret="secret")
    assert not is_signed(b"news", f"{method}={right}", secret="other")
    assert not is_signed(b"news", f"{method}={right[:-1]}", secret="secret")
    assert not is_signed(b"news", right, secret="secret")


@pytest.mark.parametrize("signature", ["", "=", "md5=00", "sha256=", "sha256=é\ud800", "x=y=z"])
def test_what_is_no_signature_signs_nothing(signature: str) -> None:
    assert not is_signed(b"news", signature, secret="secret")


@given(st.one_of(st.none(), st.text(max_size=30), st.integers(-5, 10**15).map(str)))
def test_a_lease_is_renewed_before_it_ends(named: str | None) -> None:
    ends, renewal = lease_of(named, now=START)
    assert ends <= START + timedelta(seconds=LEASE_CAP_S)
    assert renewal >= START + timedelta(seconds=60), "a hub of one-second leases is not hammered"
    if ends >= START + timedelta(seconds=90):
        assert renewal < ends


def test_a_hub_is_asked_later_and_later_but_every_day() -> None:
    waits = [next_try(failures, now=START) - START for failures in range(1, 60)]
    assert waits == sorted(waits)
    assert waits[-1] == BACK_OFF_CAP


def test_a_feed_that_is_pushed_is_polled_rarely_while_it_does_not_fail() -> None:
    def interval(failures: int, pushed_s: float | None) -> float:
        return next_interval(
            Wishes(base_s=600, immediate=True, failures=failures, pushed_s=pushed_s)
        )

    assert interval(0, 10 * BACKUP_S) == BACKUP_S
    assert interval(0, 3600) == 3600, "no longer than it is trusted"
    assert interval(0, None) == interval(0, -5) == 600
    assert interval(1, 10 * BACKUP_S) <= IMMEDIATE_S
