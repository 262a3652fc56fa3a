"""One conditional GET of a stranger's URL, within limits. Parses nothing, stores nothing."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from types import TracebackType
from typing import Literal, Self

import aiohttp
from yarl import URL

from bot.errors import FetchError
from bot.feeds.guard import guarded_connector, judge_url
from bot.feeds.headers import max_age_s, retry_after_s, validators_of
from bot.feeds.reasons import error_reason, status_reason
from bot.model.feed import NO_VALIDATORS, Validators

REDIRECTS = 5
HEADER_BYTES = 32_768
_CHUNK = 65_536
_CONNECT_S = 10.0
_DOCUMENT = (200, 203, 226)
_MOVED = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)
_POSTED_ON = (307, 308)
_SAID_BYTES = 200
_GZIP = b"\x1f\x8b\x08"
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document. `url` is where it was found in the end, `permanent_url` where the publisher
    says it lives now; `body_hash` (32 hex digits) is that of `body` as decompressed."""

    url: str
    permanent_url: str | None
    status: int
    body: bytes
    content_type: str
    validators: Validators
    body_hash: str
    max_age_s: float | None
    links: tuple[str, ...] = ()  # its Link headers


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """Nothing new: the server said so, or sent the same bytes again."""

    validators: Validators
    max_age_s: float | None
    reason: Literal["304", "same body"]
    permanent_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What was asked for, and what we had of it."""

    url: str
    validators: Validators
    body_hash: str | None


class Fetcher:
    """Owns one session: no cookies, no proxies from the environment, every address judged.

    `timeout_s` spans one fetch with all its redirects, not the wait for its turn: at most
    `concurrency` fetches run at once, `per_host` of them for one host. `max_bytes` counts what
    is left after decompression.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        user_agent: str,
        timeout_s: float = 20,
        max_bytes: int = 10_000_000,
        concurrency: int = 100,
        per_host: int = 4,
    ) -> None:
        self._allow_private = allow_private
        self._headers = {
            "User-Agent": user_agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "A-IM": "feed",  # RFC 3229: the server may send what is new only
        }
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._concurrency = concurrency
        self._per_host = per_host
        self._turns = _Turns(concurrency, per_host)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=guarded_connector(
                allow_private=self._allow_private,
                limit=self._concurrency,
                limit_per_host=self._per_host,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        body_hash: str | None = None,
    ) -> Fetched | NotModified:
        """GET `url`, following at most five redirects, each judged like the first.

        With `validators` the request is conditional; a body with `body_hash` is `NotModified`.
        Raises FetchError with a reason that a user understands. The time-out spans everything,
        so that a server cannot drip.
        """
        question = _Question(url=url, validators=validators, body_hash=body_hash)
        try:
            parsed = URL(url)
            async with self._turns.turn(parsed.raw_host or ""), asyncio.timeout(self._timeout_s):
                return await self._follow(parsed, question)
        except TimeoutError as error:
            raise FetchError(url, f"no complete answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(url, error_reason(error)) from error

    async def submit(self, url: str, form: Mapping[str, str]) -> None:
        """POST `form` to a hub, within the limits of `fetch`, and be told 2xx; a 307 or 308 is
        followed, as WebSub asks. Raises FetchError with the hub's words, shortened."""
        assert self._session is not None, "use `async with`"  # noqa: S101 - a bug of ours
        try:
            at = URL(url)
            async with self._turns.turn(at.raw_host or ""), asyncio.timeout(self._timeout_s):
                for _ in range(REDIRECTS + 1):
                    reason = judge_url(at, allow_private=self._allow_private)
                    if reason is not None:
                        raise FetchError(url, reason)
                    async with self._session.post(at, data=form, allow_redirects=False) as answer:
                        if answer.status in _POSTED_ON and answer.headers.get("Location"):
                            at = at.join(URL(answer.headers["Location"])).with_fragment(None)
                            continue
                        if 200 <= answer.status < 300:
                            return
                        said = (await answer.content.read(_SAID_BYTES)).decode("utf-8", "replace")
                        words = " ".join(said.split())
                        raise FetchError(url, f"it answers {answer.status} {words}".rstrip())
                raise FetchError(url, f"it redirects more than {REDIRECTS} times")
        except TimeoutError as error:
            raise FetchError(url, f"no complete answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(url, error_reason(error)) from error

    async def _follow(self, url: URL, question: _Question) -> Fetched | NotModified:
        assert self._session is not None, "use `async with`"  # noqa: S101 - a bug of ours
        headers = _conditions(question.validators)
        permanent_url: str | None = None
        for_good = True
        for hop in range(REDIRECTS + 1):
            reason = judge_url(url, allow_private=self._allow_private)
            if reason is not None:
                raise FetchError(question.url, f"it redirects: {reason}" if hop else reason)
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    return await self._read(response, url, permanent_url, question)
                location = response.headers.get("Location", "").strip()
                if not location:
                    raise FetchError(question.url, "it redirects to nowhere")
                url = url.join(URL(location)).with_fragment(None)
                for_good = for_good and response.status in _FOR_GOOD
                permanent_url = str(url) if for_good else permanent_url
                # A date says nothing about another document; an entity tag still does.
                headers.pop("If-Modified-Since", None)
        raise FetchError(question.url, f"it redirects more than {REDIRECTS} times")

    async def _read(
        self,
        response: aiohttp.ClientResponse,
        url: URL,
        permanent_url: str | None,
        question: _Question,
    ) -> Fetched | NotModified:
        now = datetime.now(UTC)
        fresh_s = max_age_s(response.headers, now=now)
        validators = validators_of(response.headers)
        if response.status == 304 and question.validators != NO_VALIDATORS:
            kept = Validators(
                etag=validators.etag or question.validators.etag,
                last_modified=validators.last_modified or question.validators.last_modified,
            )
            return NotModified(
                validators=kept, max_age_s=fresh_s, reason="304", permanent_url=permanent_url
            )
        if response.status not in _DOCUMENT:
            raise FetchError(
                question.url,
                status_reason(response.status, response.headers),
                status=response.status,
                retry_after=retry_after_s(response.headers, now=now),
                gone=response.status == 410,
            )
        body = await self._body(response, question)
        if str(url) != str(URL(question.url)):
            validators = Validators(etag=validators.etag)
        body_hash = blake2b(body, digest_size=16).hexdigest()
        if body_hash == question.body_hash:
            return NotModified(
                validators=validators,
                max_age_s=fresh_s,
                reason="same body",
                permanent_url=permanent_url,
            )
        return Fetched(
            url=str(url),
            permanent_url=permanent_url,
            status=response.status,
            body=body,
            content_type=response.headers.get("Content-Type", ""),
            validators=validators,
            body_hash=body_hash,
            max_age_s=fresh_s,
            links=tuple(response.headers.getall("Link", ())),
        )

    async def _body(self, response: aiohttp.ClientResponse, question: _Question) -> bytes:
        """The decompressed body; the connection is dropped as soon as it is too large.

        aiohttp has no limit of its own, and decompresses no further than it is read.
        """
        body = bytearray()
        declared = response.content_length or 0
        if declared <= self._max_bytes:
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > self._max_bytes:
                    break
            else:
                return self._gunzipped(bytes(body), question)
        response.close()
        raise self._too_large(question)

    def _gunzipped(self, body: bytes, question: _Question) -> bytes:
        """Files named feed.xml.gz, and bodies compressed twice, come without saying so."""
        if not body.startswith(_GZIP):
            return body
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain = unpacker.decompress(body, self._max_bytes + 1)
        except zlib.error as error:
            raise FetchError(question.url, "its compression cannot be undone") from error
        if len(plain) > self._max_bytes:
            raise self._too_large(question)
        return plain

    def _too_large(self, question: _Question) -> FetchError:
        limit = f"{self._max_bytes / 1_000_000:g} MB"
        return FetchError(question.url, f"its document is larger than {limit}")


class _Turns:
    """Lets so many fetches run at once, and so many for one host."""

    def __init__(self, concurrency: int, per_host: int) -> None:
        self._all = asyncio.Semaphore(concurrency)
        self._per_host = per_host
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the host's turn first, so that a slow host does not hold up the others."""
        semaphore, users = self._hosts.get(host, (asyncio.Semaphore(self._per_host), 0))
        self._hosts[host] = semaphore, users + 1
        try:
            async with semaphore, self._all:
                yield
        finally:
            semaphore, users = self._hosts.pop(host)
            if users > 1:
                self._hosts[host] = semaphore, users - 1


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers
