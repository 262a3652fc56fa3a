from __future__ import annotations

import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.feeds.guard import PRIVATE, PrivateAddressError
from bot.feeds.reasons import error_reason, status_reason

KEY = ConnectionKey(
    host="example.org",
    port=443,
    is_ssl=True,
    ssl=True,
    proxy=None,
    proxy_auth=None,
    proxy_headers_hash=None,
    server_hostname=None,
)


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            aiohttp.ClientConnectorCertificateError(KEY, certificate_error()),
            "its certificate is not valid (certificate has expired)",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version")),
            "no secure connection could be made (TLS)",
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "unknown")),
            "its host name does not exist",
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_AGAIN, "later")),
            "its host name cannot be looked up now",
        ),
        (aiohttp.ClientConnectorDNSError(KEY, OSError("none")), "its host name does not exist"),
        (
            aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused")),
            "the server refuses connections",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(101, "Network is unreachable")),
            "its network cannot be reached",
        ),
        (aiohttp.ClientConnectorError(KEY, PrivateAddressError(PRIVATE)), PRIVATE),
        (
            aiohttp.ClientConnectorError(KEY, OSError(f"Multiple exceptions: {PRIVATE}, refused")),
            PRIVATE,
        ),
        (aiohttp.ServerDisconnectedError(), "the server broke the connection off"),
        (ConnectionResetError(104, "reset"), "the server broke the connection off"),
        (aiohttp.ClientPayloadError("incomplete"), "its document broke off halfway"),
        (UnicodeError("label too long"), "it leads to something that is no URL"),
        (RuntimeError("surprise"), "the connection failed (RuntimeError)"),
    ],
)
def test_errors_in_words(error: Exception, reason: str) -> None:
    assert error_reason(error) == reason


@pytest.mark.parametrize("status", range(200, 600))
def test_every_status_is_named_with_its_number(status: int) -> None:
    assert str(status) in status_reason(status, {})


def test_blockers_are_named() -> None:
    assert status_reason(403, {"Server": "AkamaiGHost"}) == "blocked by Akamai (403)"
    assert status_reason(403, {"x-sucuri-id": "1"}) == "blocked by Sucuri (403)"
    assert status_reason(404, {"Server": "cloudflare"}) == "not found (404)"
