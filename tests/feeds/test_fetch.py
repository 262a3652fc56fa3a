"""Against a publisher on loopback that does what publishers do, well and badly."""

from __future__ import annotations

import asyncio
import gzip
import socket

import pytest
from aiohttp import web

from bot.errors import FetchError
from bot.feeds.fetch import Fetched, Fetcher, NotModified
from bot.model.feed import NO_VALIDATORS, Validators
from tests.feeds.documents import RSS_20
from tests.servers.feeds import FeedServer, Page, bomb

MODIFIED = "Sat, 14 Mar 2026 10:00:00 GMT"


async def fetched(fetcher: Fetcher, url: str) -> Fetched:
    answer = await fetcher.fetch(url)
    assert isinstance(answer, Fetched)
    return answer


async def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(url)
    assert caught.value.url == url
    return caught.value


async def test_a_document_arrives(fetcher: Fetcher, server: FeedServer) -> None:
    page = Page(
        body=RSS_20,
        content_type="text/xml; charset=utf-8",
        etag='W/"a-1"',
        last_modified=MODIFIED,
        headers={"Cache-Control": "public, max-age=900"},
    )
    answer = await fetched(fetcher, server.put("/feed", page))
    assert answer.body == RSS_20
    assert answer.url == server.url()
    assert answer.permanent_url is None
    assert answer.status == 200
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.validators == Validators(etag='W/"a-1"', last_modified=MODIFIED)
    assert answer.max_age_s == 900
    assert len(answer.body_hash) == 32


async def test_what_it_says_of_itself(
    fetcher: Fetcher, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.put("/feed", Page(body=RSS_20, headers={"Set-Cookie": "id=1; Path=/"}))
    for _ in range(2):
        await fetched(fetcher, server.url())
    sent = server.requests[-1]
    assert sent.headers["User-Agent"] == "Wirewatch/test"
    assert sent.headers["A-IM"] == "feed"
    assert "zstd" in sent.headers["Accept-Encoding"]
    assert sent.query == ""
    for name in ("Cookie", "Referer", "Authorization", "If-None-Match", "If-Modified-Since"):
        assert name not in sent.headers


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"', "unquoted", '"a b,c"', "\u00fc\u4e2d", '"' * 7])
async def test_validators_go_back_byte_for_byte(
    fetcher: Fetcher, server: FeedServer, etag: str
) -> None:
    url = server.put("/feed", Page(body=RSS_20, etag=etag, last_modified="yesterday, about noon"))
    first = await fetched(fetcher, url)
    again = await fetcher.fetch(url, validators=first.validators)
    assert isinstance(again, NotModified)
    assert again.reason == "304"
    assert again.validators == Validators(etag=etag, last_modified="yesterday, about noon")
    assert server.requests[-1].headers["If-Modified-Since"] == "yesterday, about noon"


async def test_a_304_may_renew_validators(fetcher: Fetcher, server: FeedServer) -> None:
    async def renew(_: web.Request) -> web.Response:
        return web.Response(status=304, headers={"ETag": '"2"', "Cache-Control": "max-age=60"})

    answer = await fetcher.fetch(
        server.handle("/feed", renew), validators=Validators(etag='"1"', last_modified=MODIFIED)
    )
    assert answer == NotModified(
        validators=Validators(etag='"2"', last_modified=MODIFIED), max_age_s=60, reason="304"
    )


async def test_a_304_that_nobody_asked_for_is_a_fault(fetcher: Fetcher, server: FeedServer) -> None:
    error = await failure(fetcher, server.put("/feed", Page(status=304)))
    assert error.status == 304


async def test_the_same_body_is_not_modified(fetcher: Fetcher, server: FeedServer) -> None:
    """A server that drops its ETags costs a transfer and no parse."""
    url = server.put("/feed", Page(body=RSS_20, etag='"1"'), Page(body=RSS_20, conditional=False))
    first = await fetched(fetcher, url)
    again = await fetcher.fetch(url, validators=first.validators, body_hash=first.body_hash)
    assert again == NotModified(validators=NO_VALIDATORS, max_age_s=None, reason="same body")


async def test_another_body_is_fetched(fetcher: Fetcher, server: FeedServer) -> None:
    url = server.put("/feed", Page(body=RSS_20), Page(body=RSS_20 + b" "))
    first = await fetched(fetcher, url)
    again = await fetcher.fetch(url, body_hash=first.body_hash)
    assert isinstance(again, Fetched)
    assert again.body_hash != first.body_hash


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_compression_is_undone(fetcher: Fetcher, server: FeedServer, encoding: str) -> None:
    url = server.put("/feed", Page(body=RSS_20 * 20, encoding=encoding))
    assert (await fetched(fetcher, url)).body == RSS_20 * 20


async def test_gzip_that_is_not_declared_is_undone(fetcher: Fetcher, server: FeedServer) -> None:
    url = server.put("/feed.xml.gz", Page(body=gzip.compress(RSS_20)))
    assert (await fetched(fetcher, url)).body == RSS_20
    url = server.put("/twice", Page(body=gzip.compress(RSS_20), encoding="gzip"))
    assert (await fetched(fetcher, url)).body == RSS_20


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_bombs_are_cut_off(fetcher: Fetcher, server: FeedServer, encoding: str) -> None:
    page = Page(body=bomb(encoding, megabytes=30), headers={"Content-Encoding": encoding})
    assert len(page.body) < 60_000
    error = await failure(fetcher, server.put("/feed", page))
    assert error.reason == "its document is larger than 1 MB"


async def test_a_bomb_in_a_file_is_cut_off(fetcher: Fetcher, server: FeedServer) -> None:
    for number, page in enumerate(
        (
            Page(body=bomb("gzip", megabytes=30)),
            Page(body=bomb("gzip", megabytes=30), encoding="gzip"),
        )
    ):
        error = await failure(fetcher, server.put(f"/{number}", page))
        assert "larger" in error.reason


async def test_large_documents_are_refused(fetcher: Fetcher, server: FeedServer) -> None:
    error = await failure(fetcher, server.put("/said", Page(body=b"x" * 1_000_001)))
    assert "larger than 1 MB" in error.reason

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    error = await failure(fetcher, server.handle("/endless", endless))
    assert "larger than 1 MB" in error.reason


async def test_exactly_the_limit_is_fine(fetcher: Fetcher, server: FeedServer) -> None:
    url = server.put("/feed", Page(body=b"x" * 1_000_000))
    assert len((await fetched(fetcher, url)).body) == 1_000_000


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(status=401), "it wants a login (401)"),
        (Page(status=403), "access is forbidden (403)"),
        (Page(status=403, headers={"Server": "cloudflare"}), "blocked by Cloudflare (403)"),
        (Page(status=503, headers={"Server": "cloudflare"}), "blocked by Cloudflare (503)"),
        (Page(status=404), "not found (404)"),
        (Page(status=410), "gone for good, says its publisher (410)"),
        (Page(status=418), "the server refuses feed readers (418)"),
        (Page(status=429), "it asks for fewer requests (429)"),
        (Page(status=500), "the server failed (500)"),
        (Page(status=503), "the server is overloaded (503)"),
        (Page(status=522), "the server behind Cloudflare does not answer (522)"),
        (Page(status=299), "the server answered 299"),
        (Page(status=300), "the server answered 300"),
        (Page(status=599), "the server answered 599"),
    ],
)
async def test_refusals_in_words(
    fetcher: Fetcher, server: FeedServer, page: Page, reason: str
) -> None:
    error = await failure(fetcher, server.put("/feed", page))
    assert (error.reason, error.status) == (reason, page.status)
    assert error.gone is (page.status == 410)


async def test_retry_after(fetcher: Fetcher, server: FeedServer) -> None:
    page = Page(status=429, headers={"Retry-After": "120"})
    assert (await failure(fetcher, server.put("/feed", page))).retry_after == 120
    page = Page(
        status=503,
        headers={
            "Retry-After": "Sat, 14 Mar 2026 10:05:00 GMT",
            "Date": "Sat, 14 Mar 2026 10:00:00 GMT",
        },
    )
    assert (await failure(fetcher, server.put("/feed", page))).retry_after == 300


async def test_delta_answers_are_documents(fetcher: Fetcher, server: FeedServer) -> None:
    url = server.put("/feed", Page(status=226, body=RSS_20, headers={"IM": "feed"}))
    assert (await fetched(fetcher, url)).status == 226


@pytest.mark.parametrize("status", [301, 308])
async def test_permanent_moves_are_reported(
    fetcher: Fetcher, server: FeedServer, status: int
) -> None:
    server.put("/new", Page(body=RSS_20))
    answer = await fetched(fetcher, server.redirect("/old", "/new", status=status))
    assert answer.url == server.url("/new")
    assert answer.permanent_url == server.url("/new")


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_passing_moves_are_not(fetcher: Fetcher, server: FeedServer, status: int) -> None:
    server.put("/new", Page(body=RSS_20))
    answer = await fetched(fetcher, server.redirect("/old", server.url("/new"), status=status))
    assert answer.url == server.url("/new")
    assert answer.permanent_url is None


async def test_a_move_is_permanent_as_far_as_it_is_so(fetcher: Fetcher, server: FeedServer) -> None:
    server.redirect("/a", "/b", status=301)
    server.redirect("/b", "/c", status=302)
    server.redirect("/c", "/d", status=301)
    server.put("/d", Page(body=RSS_20))
    answer = await fetched(fetcher, server.url("/a"))
    assert answer.url == server.url("/d")
    assert answer.permanent_url == server.url("/b")


async def test_a_date_does_not_follow_a_redirect(fetcher: Fetcher, server: FeedServer) -> None:
    """Another target with an older date would answer 304 for a document we never saw."""
    server.put("/new", Page(body=RSS_20, etag='"1"', last_modified=MODIFIED))
    url = server.redirect("/old", "/new")
    first = await fetched(fetcher, url)
    assert first.validators == Validators(etag='"1"')
    again = await fetcher.fetch(url, validators=Validators(etag='"1"', last_modified=MODIFIED))
    assert isinstance(again, NotModified)
    assert "If-Modified-Since" not in server.asked("/new")[-1].headers


async def test_five_redirects_and_no_more(fetcher: Fetcher, server: FeedServer) -> None:
    paths = [f"/{number}" for number in range(7)]
    server.chain(*paths)
    server.put("/6", Page(body=RSS_20))
    assert (await fetched(fetcher, server.url("/1"))).url == server.url("/6")
    assert (await failure(fetcher, server.url("/0"))).reason == "it redirects more than 5 times"
    server.redirect("/loop", "/loop")
    assert "redirects more than 5" in (await failure(fetcher, server.url("/loop"))).reason


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("", "it redirects to nowhere"),
        ("ftp://127.0.0.1/feed", "it redirects: ftp is not http or https"),
        ("http://a:b@127.0.0.1/", "it redirects: it carries a user name or password"),
        ("http://[::1", "it leads to something that is no URL"),
        ("http://127.0.0.1:99999/", "it leads to something that is no URL"),
    ],
)
async def test_bad_redirects(
    fetcher: Fetcher, server: FeedServer, location: str, reason: str
) -> None:
    assert (await failure(fetcher, server.redirect("/feed", location))).reason == reason


async def test_redirects_with_odd_but_usable_targets(fetcher: Fetcher, server: FeedServer) -> None:
    server.put("/ä b", Page(body=RSS_20))
    for to in ("/ä b", "/%C3%A4%20b", " /%C3%A4%20b#part ", "?x=1/../..", "//127.0.0.1:{port}/ä b"):
        await asyncio.sleep(0)
        server.put("/hop", Page(status=302, headers={"Location": to.format(port=server.port)}))
        if to.startswith("?"):
            continue  # stays on the page: a loop, tested above
        assert (await fetched(fetcher, server.url("/hop"))).body == RSS_20


async def test_a_slow_drip_ends(server: FeedServer) -> None:
    async with Fetcher(allow_private=True, user_agent="t", timeout_s=0.3) as fetcher:
        error = await failure(fetcher, server.put("/drip", Page(body=RSS_20, drip_s=0.05)))
        assert error.reason == "no complete answer within 0.3 s"
        error = await failure(fetcher, server.put("/late", Page(body=RSS_20, delay_s=5)))
        assert error.reason == "no complete answer within 0.3 s"


async def test_broken_connections(fetcher: Fetcher, server: FeedServer) -> None:
    error = await failure(fetcher, server.put("/a", Page(body=RSS_20, drop_after=0)))
    assert error.reason == "the server broke the connection off"
    error = await failure(fetcher, server.put("/b", Page(body=RSS_20, drop_after=300)))
    assert error.reason == "its document broke off halfway"


async def test_false_compression(fetcher: Fetcher, server: FeedServer) -> None:
    for encoding in ("gzip", "br", "zstd", "deflate"):
        page = Page(body=RSS_20, headers={"Content-Encoding": encoding})
        error = await failure(fetcher, server.put("/feed", page))
        assert error.reason == "its compression cannot be undone"
    error = await failure(fetcher, server.put("/gz", Page(body=b"\x1f\x8b\x08 nonsense, not gzip")))
    assert error.reason == "its compression cannot be undone"


async def test_a_refused_connection(fetcher: Fetcher) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        error = await failure(fetcher, f"http://127.0.0.1:{port}/feed")
    assert error.reason == "the server refuses connections"


async def test_tls_that_is_none(fetcher: Fetcher, server: FeedServer) -> None:
    error = await failure(fetcher, server.url().replace("http:", "https:"))
    assert error.reason == "no secure connection could be made (TLS)"


async def test_answers_that_are_not_http(fetcher: Fetcher) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        writer.close()
        await writer.wait_closed()

    ok = b"HTTP/1.1 200 OK\r\n"
    answers = [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        ok + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
        ok + b"X-Many: 1\r\n" * 200_000 + b"\r\n",
        ok + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ]
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for _ in range(len(answers)):
            error = await failure(fetcher, f"http://127.0.0.1:{port}/feed")
            assert error.reason in (
                "its answer is not valid HTTP",
                "its headers are too large",
                "the server broke the connection off",
            )


async def test_per_host_limits_do_not_eat_the_time(server: FeedServer) -> None:
    """Twenty feeds of one host, two at a time: the wait for a turn is not the server's fault."""
    running = most = 0

    async def count(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.12)
        running -= 1
        return web.Response(body=RSS_20)

    url = server.handle("/feed", count)
    async with Fetcher(
        allow_private=True, user_agent="t", timeout_s=1, concurrency=10, per_host=2
    ) as fetcher:
        await asyncio.gather(*(fetcher.fetch(url) for _ in range(20)))
        assert fetcher._turns._hosts == {}
    assert most == 2


async def test_a_cancelled_fetch_leaves_nothing(fetcher: Fetcher, server: FeedServer) -> None:
    asked = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(30)
        return web.Response()

    task = asyncio.create_task(fetcher.fetch(server.handle("/feed", never)))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fetcher._turns._hosts == {}
