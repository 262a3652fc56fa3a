"""Why a feed could not be fetched, in words that a user understands. Pure."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping

import aiohttp

from bot.feeds.guard import PRIVATE, PrivateAddressError

_STATUSES = {
    202: "the server answered 202, perhaps to check for robots, and sent no document (202)",
    204: "the server answered without a document (204)",
    400: "the server does not understand the request (400)",
    401: "it wants a login (401)",
    402: "it wants payment (402)",
    403: "access is forbidden (403)",
    404: "not found (404)",
    405: "the server does not allow reading it (405)",
    406: "the server offers no feed to feed readers (406)",
    407: "it wants a login (407)",
    408: "the server gave up waiting (408)",
    410: "gone for good, says its publisher (410)",
    418: "the server refuses feed readers (418)",
    421: "the server is not the one for this address (421)",
    425: "the server asks to come later (425)",
    429: "it asks for fewer requests (429)",
    430: "it asks for fewer requests (430)",  # Shopify's own
    451: "blocked for legal reasons (451)",
    500: "the server failed (500)",
    501: "the server cannot do that (501)",
    502: "the server's gateway failed (502)",
    503: "the server is overloaded (503)",
    504: "the server's gateway timed out (504)",
    508: "the server runs in circles (508)",
    509: "the server's traffic is used up (509)",
    520: "the server behind Cloudflare failed (520)",
    521: "the server behind Cloudflare is down (521)",
    522: "the server behind Cloudflare does not answer (522)",
    523: "the server behind Cloudflare cannot be reached (523)",
    524: "the server behind Cloudflare timed out (524)",
    525: "the server behind Cloudflare has TLS problems (525)",
    526: "the server behind Cloudflare has an invalid certificate (526)",
    530: "the server behind Cloudflare cannot be found (530)",
}
_BLOCKERS = (("cloudflare", "Cloudflare"), ("akamaighost", "Akamai"), ("ddos-guard", "DDoS-Guard"))


def status_reason(status: int, headers: Mapping[str, str]) -> str:
    """A status that brings no document, in words with its number at the end."""
    server = headers.get("Server", "").lower()
    if status in (403, 429, 503) or "cf-mitigated" in headers:
        for mark, name in _BLOCKERS:
            if mark in server:
                return f"blocked by {name} ({status})"
        if "x-sucuri-id" in headers:
            return f"blocked by Sucuri ({status})"
    return _STATUSES.get(status, f"the server answered {status}")


def error_reason(error: BaseException) -> str:
    """What went wrong on the way, from the most telling of an exception's causes."""
    for cause in _causes(error):
        reason = _known(cause)
        if reason:
            return reason
    return f"the connection failed ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it hides, the innermost first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        hidden = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)
        cause = hidden if isinstance(hidden, BaseException) else cause.__cause__
    return reversed(chain)


def _known(error: BaseException) -> str:
    if isinstance(error, PrivateAddressError) or PRIVATE in str(error):
        return PRIVATE
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if isinstance(error, socket.gaierror):
        passing = error.errno == socket.EAI_AGAIN
        return (
            "its host name cannot be looked up now" if passing else "its host name does not exist"
        )
    if isinstance(error, ConnectionRefusedError):
        return "the server refuses connections"
    if isinstance(error, OSError) and "unreachable" in str(error):
        return "its network cannot be reached"
    return _protocol(error)


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    return "no secure connection could be made (TLS)"


def _protocol(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name does not exist"
    if isinstance(error, aiohttp.http_exceptions.ContentEncodingError):
        return "its compression cannot be undone"
    if isinstance(
        error,
        aiohttp.http_exceptions.ContentLengthError | aiohttp.http_exceptions.TransferEncodingError,
    ):
        return "its document broke off halfway"
    if isinstance(error, aiohttp.http_exceptions.LineTooLong):
        return "its headers are too large"
    if isinstance(error, aiohttp.http_exceptions.HttpProcessingError | aiohttp.ClientResponseError):
        return "its answer is not valid HTTP"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "its document broke off halfway"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError | aiohttp.ClientOSError):
        return "the server broke the connection off"
    if isinstance(error, ValueError):  # yarl and the idna codec
        return "it leads to something that is no URL"
    return ""
