"""One conditional GET of a stranger's URL, within limits. Parses nothing, stores nothing."""

from __future__ import annotations

import asyncio
import email.utils
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from types import TracebackType
from typing import Literal, Self

import aiohttp
from yarl import URL

from bot.errors import FetchError
from bot.feeds.guard import PRIVATE, PrivateAddressError, guarded_connector, judge_url
from bot.model.feed import NO_VALIDATORS, Validators

REDIRECTS = 5
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_MAX_AGE = re.compile(r"max-age\s*=\s*(\d{1,9})")
_REASONS = {
    401: "it wants a login (401)",
    402: "it wants payment (402)",
    403: "access is forbidden (403)",
    404: "not found (404)",
    410: "gone for good, says its publisher (410)",
    429: "it asks for fewer requests (429)",
    451: "blocked for legal reasons (451)",
    500: "the server failed (500)",
    502: "the server's gateway failed (502)",
    503: "the server is overloaded (503)",
    504: "the server's gateway timed out (504)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document. `url` is where it was found in the end, `permanent_url` where the publisher
    says it lives now; `body_hash` is that of `body` as decompressed."""

    url: str
    permanent_url: str | None
    status: int
    body: bytes
    content_type: str
    validators: Validators
    body_hash: str
    max_age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """Nothing new: the server said so, or sent the same bytes again."""

    validators: Validators
    max_age_s: float | None
    reason: Literal["304", "same body"]


class Fetcher:
    """Owns one session: no cookies, no proxies from the environment, every address judged."""

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
            timeout=aiohttp.ClientTimeout(total=None, connect=10),
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

        Raises FetchError with a reason that a user understands. The time-out spans everything,
        so that a server cannot drip.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(URL(url), validators, body_hash)
        except TimeoutError as error:
            raise FetchError(url, f"no complete answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(url, _in_words(error)) from error

    async def _follow(
        self, url: URL, validators: Validators, body_hash: str | None
    ) -> Fetched | NotModified:
        assert self._session is not None, "use `async with`"  # noqa: S101 - a bug of ours
        asked, permanent, moved = url, True, False
        headers = _conditions(validators)
        for _ in range(REDIRECTS + 1):
            reason = judge_url(url, allow_private=self._allow_private)
            if reason is not None:
                raise FetchError(str(asked), reason)
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308):
                    location = response.headers.get("Location", "")
                    if not location:
                        raise FetchError(str(asked), "it redirects to nowhere")
                    permanent = permanent and response.status in (301, 308)
                    url, moved = url.join(URL(location)), True
                    headers = {}  # validators belong to the URL that gave them
                    continue
                lives_at = str(url) if moved and permanent else None
                return await self._read(response, asked, url, lives_at, body_hash, validators)
        raise FetchError(str(asked), f"it redirects more than {REDIRECTS} times")

    async def _read(
        self,
        response: aiohttp.ClientResponse,
        asked: URL,
        url: URL,
        permanent_url: str | None,
        body_hash: str | None,
        validators: Validators,
    ) -> Fetched | NotModified:
        max_age_s = _max_age(response)
        fresh = Validators(
            etag=response.headers.get("ETag"), last_modified=response.headers.get("Last-Modified")
        )
        if response.status == 304:
            kept = Validators(
                etag=fresh.etag or validators.etag,
                last_modified=fresh.last_modified or validators.last_modified,
            )
            return NotModified(validators=kept, max_age_s=max_age_s, reason="304")
        if response.status not in (200, 226):
            raise _refused(str(asked), response)
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > self._max_bytes:
                limit = f"{self._max_bytes / 1_000_000:g} MB"
                raise FetchError(str(asked), f"its document is larger than {limit}")
        # A permanent move is reported, and validators are only kept for the URL that is asked.
        kept = fresh if url == asked else NO_VALIDATORS
        digest = blake2b(body, digest_size=16).hexdigest()
        if digest == body_hash:
            return NotModified(validators=kept, max_age_s=max_age_s, reason="same body")
        return Fetched(
            url=str(url),
            permanent_url=permanent_url,
            status=response.status,
            body=bytes(body),
            content_type=response.headers.get("Content-Type", ""),
            validators=kept,
            body_hash=digest,
            max_age_s=max_age_s,
        )


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _max_age(response: aiohttp.ClientResponse) -> float | None:
    control = response.headers.get("Cache-Control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    found = _MAX_AGE.search(control)
    return float(found.group(1)) if found else None


def _refused(url: str, response: aiohttp.ClientResponse) -> FetchError:
    status = response.status
    reason = _REASONS.get(status, f"the server answered {status}")
    server = response.headers.get("Server", "").lower()
    if status in (403, 429, 503) and "cloudflare" in server:
        reason = f"blocked by Cloudflare ({status})"
    wish = _retry_after(response.headers.get("Retry-After", ""))
    return FetchError(url, reason, status=status, retry_after=wish, gone=status == 410)


def _retry_after(value: str) -> float | None:
    """Seconds, from either form of RFC 9110 section 10.2.3."""
    if value.strip().isdigit():
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _in_words(error: Exception) -> str:
    """What went wrong on the way, for a person."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PrivateAddressError):
            return PRIVATE
        if isinstance(cause, (aiohttp.ClientConnectorDNSError, socket.gaierror)):
            return "its host name does not resolve"
        if isinstance(cause, (ssl.SSLError, aiohttp.ClientSSLError)):
            return "its certificate or TLS set-up is not valid"
        if isinstance(cause, ConnectionRefusedError):
            return "the server refuses connections"
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "the server broke the connection off"
    if isinstance(error, aiohttp.ClientResponseError):
        return "its answer is not valid HTTP"
    return f"the connection failed ({type(error).__name__})"
