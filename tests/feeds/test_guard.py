"""Every vector is judged, and none is dialled: a socket that would be made is recorded."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import CommandError, FetchError
from bot.feeds import guard
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import judge_address, judge_url, parse_feed_url
from tests.feeds.vectors import (
    BAD_URLS,
    NOT_ADDRESSES,
    PRIVATE_ADDRESSES,
    PRIVATE_URLS,
    PUBLIC_ADDRESSES,
    UNREADABLE_URLS,
)
from tests.servers.feeds import FeedServer, Page

PUBLIC = "93.184.216.34"


def test_there_are_enough_vectors() -> None:
    vectors = {*PRIVATE_ADDRESSES, *NOT_ADDRESSES, *PRIVATE_URLS, *BAD_URLS, *UNREADABLE_URLS}
    assert len(vectors) >= 200


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_private_addresses_are_refused(address: str) -> None:
    assert judge_address(address) == guard.PRIVATE


@pytest.mark.parametrize("address", NOT_ADDRESSES)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert judge_address(address) is not None


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_may_be_dialled(address: str) -> None:
    assert judge_address(address) is None


@given(st.ip_addresses(v=4))
def test_ipv4_inside_ipv6_is_judged_as_itself(address: Any) -> None:
    verdict = judge_address(str(address))
    high, low = int(address) >> 16, int(address) & 0xFFFF
    for form in (
        f"::ffff:{address}",
        f"64:ff9b::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"2a00:1450::5efe:{high:x}:{low:x}",
    ):
        assert judge_address(form) == verdict


@pytest.mark.parametrize("url", [*PRIVATE_URLS, *BAD_URLS])
def test_bad_urls_are_refused(url: str) -> None:
    assert judge_url(URL(url)) is not None


@pytest.mark.parametrize("url", UNREADABLE_URLS)
def test_what_parsers_disagree_about_is_read_by_none(url: str) -> None:
    with pytest.raises(ValueError):
        judge_url(URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://EXAMPLE.org:8443/feed?a=b",
        "http://bücher.example/",
        "http://xn--bcher-kva.example/",
        "http://a_b.example.org/",
        "http://example.org./",
        "http://93.184.216.34/",
        "http://[2606:4700:4700::1111]/",
        "http://0x5db8d822/",
    ],
)
def test_public_urls_may_be_asked(url: str) -> None:
    assert judge_url(URL(url)) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost/", "http://news/"])
def test_the_configuration_may_allow_private_ones(url: str) -> None:
    assert judge_url(URL(url), allow_private=True) is None
    assert judge_url(URL(url)) is not None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("example.org/feed", "https://example.org/feed"),
        ("  http://example.org  ", "http://example.org/"),
        ("<https://example.org/feed>", "https://example.org/feed"),
        ("feed:https://example.org/feed", "https://example.org/feed"),
        ("feed://example.org/feed", "https://example.org/feed"),
        ("example.org:8080/feed", "https://example.org:8080/feed"),
        ("https://example.org/feed#top", "https://example.org/feed"),
        ("HTTPS://Example.ORG/Feed", "https://example.org/Feed"),
        ("https://example.org:443?a=1#b", "https://example.org/?a=1"),
        (
            "https://example.org/a?b=https://c.example/",
            "https://example.org/a?b=https://c.example/",
        ),
        ("93.184.216.34/feed", "https://93.184.216.34/feed"),
    ],
)
def test_people_type_urls_in_many_ways(typed: str, read: str) -> None:
    assert str(parse_feed_url(typed)) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "not a url",
        "https://exa\u202emple.org",
        "mailto:desk@example.org",
        "localhost:8080/feed",
        "https://" + "a" * 3000,
        *PRIVATE_URLS,
        *UNREADABLE_URLS,
        *(url for url in BAD_URLS if url not in ("//example.org/feed", "http:feed", "/feed.xml")),
    ],
)
def test_a_person_is_told_what_is_wrong(typed: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_feed_url(typed)
    assert caught.value.message.endswith(".")
    assert "example.org" in caught.value.hint


def test_a_person_may_add_a_private_url_where_the_configuration_allows_it() -> None:
    assert parse_feed_url("http://127.0.0.1:8080/", allow_private=True).port == 8080
    with pytest.raises(CommandError, match="user name"):
        parse_feed_url("http://a:b@127.0.0.1/", allow_private=True)


class Names(AbstractResolver):
    """A resolver that answers from a script: each look-up of a name takes the next list."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): lists for name, lists in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.answers:
            raise OSError(f"no such name: {host}")
        lists = self.answers[host]
        addresses = lists.pop(0) if len(lists) > 1 else lists[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Dials(list[int]):
    """Every socket family that was asked for; each is refused before anything is sent."""

    def refuse(self, family: int, **_: int) -> socket.socket:
        self.append(family)
        raise ConnectionRefusedError


@pytest.fixture
def dials(monkeypatch: pytest.MonkeyPatch) -> Dials:
    made = Dials()
    fake = SimpleNamespace(
        socket=made.refuse, inet_aton=socket.inet_aton, inet_ntoa=socket.inet_ntoa
    )
    monkeypatch.setattr(guard, "socket", fake)
    return made


@pytest.fixture
async def wary() -> AsyncIterator[Fetcher]:
    async with Fetcher(allow_private=False, user_agent="Wirewatch/test", timeout_s=5) as fetcher:
        yield fetcher


def resolve_by(fetcher: Fetcher, names: Names) -> None:
    assert fetcher._session is not None
    connector = fetcher._session.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    connector._resolver = names
    connector._use_dns_cache = False


async def test_no_vector_is_dialled(wary: Fetcher, dials: Dials) -> None:
    resolve_by(wary, Names())
    for url in [*PRIVATE_URLS, *BAD_URLS, *UNREADABLE_URLS]:
        with pytest.raises(FetchError):
            await wary.fetch(url)
    assert dials == []


async def test_no_address_that_a_name_resolves_to_is_dialled(wary: Fetcher, dials: Dials) -> None:
    for address in PRIVATE_ADDRESSES:
        resolve_by(wary, Names(evil_example=[[address.partition("%")[0]]]))
        with pytest.raises(FetchError, match="private"):
            await wary.fetch("http://evil.example/feed")
    assert dials == []


async def test_the_guard_stands_behind_the_url_check(
    wary: Fetcher, dials: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiohttp does not resolve IP literals: the socket factory alone must hold them, too."""
    monkeypatch.setattr("bot.feeds.fetch.judge_url", lambda url, **_: None)
    resolve_by(wary, Names())
    for address in PRIVATE_ADDRESSES:
        host = f"[{address.replace('%', '%25')}]" if ":" in address else address
        with pytest.raises(FetchError):
            await wary.fetch(f"http://{host}/feed")
    assert dials == []


async def test_a_name_that_rebinds_is_judged_at_every_dial(wary: Fetcher, dials: Dials) -> None:
    resolve_by(wary, Names(rebind_example=[[PUBLIC], ["127.0.0.1"], ["::1"]]))
    with pytest.raises(FetchError, match="refuses"):
        await wary.fetch("http://rebind.example/feed")
    assert dials == [socket.AF_INET]
    for _ in range(2):
        with pytest.raises(FetchError, match="private"):
            await wary.fetch("http://rebind.example/feed")
    assert dials == [socket.AF_INET]


async def test_of_mixed_records_only_public_ones_are_dialled(wary: Fetcher, dials: Dials) -> None:
    resolve_by(wary, Names(mixed_example=[["127.0.0.1", "2606:4700::1", "10.0.0.1"]]))
    with pytest.raises(FetchError):
        await wary.fetch("http://mixed.example/feed")
    assert set(dials) == {socket.AF_INET6}


@pytest.fixture
def half_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own publisher counts as public; every other loopback address stays private."""
    judge = guard.judge_address
    monkeypatch.setattr(
        guard, "judge_address", lambda address: None if address == "127.0.0.1" else judge(address)
    )


@pytest.mark.usefixtures("half_open")
async def test_every_hop_is_judged(wary: Fetcher, server: FeedServer) -> None:
    server.put("/feed", Page(body=b"<rss/>"))
    vectors = [
        f"http://127.0.0.2:{server.port}/feed",
        f"http://[::1]:{server.port}/feed",
        f"http://localhost:{server.port}/feed",
        f"http://user:pass@127.0.0.1:{server.port}/feed",
        f"//127.0.0.3:{server.port}/feed",
        "file:///etc/passwd",
        "ftp://127.0.0.1/feed",
        "gopher://127.0.0.1/",
        *(url for url in PRIVATE_URLS if url.isascii() and judge_url(URL(url)) is not None),
        *(url for url in BAD_URLS if "://" in url and URL(url).raw_host),
        *UNREADABLE_URLS[:4],
    ]
    for number, to in enumerate(vectors):
        hop = server.redirect(f"/hop/{number}", to)
        with pytest.raises(FetchError):
            await wary.fetch(hop)
    assert server.asked("/feed") == []
    assert len(server.requests) == len(vectors)


@pytest.mark.usefixtures("half_open")
async def test_a_redirect_to_a_name_that_resolves_to_loopback(
    wary: Fetcher, server: FeedServer
) -> None:
    resolve_by(wary, Names(evil_example=[["127.0.0.2"]]))
    hop = server.redirect("/hop", f"http://evil.example:{server.port}/feed")
    with pytest.raises(FetchError, match="private"):
        await wary.fetch(hop)
    assert [one.path for one in server.requests] == ["/hop"]
