"""Which addresses may be dialled. Judges every address that is about to be connected to, however
it was written or resolved; nothing here resolves a name."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
from yarl import URL

from bot.errors import CommandError

PRIVATE = "a private or reserved address"

_IPV6_GLOBAL = ip_network("2000::/3")
# `is_global` calls these public (measured on Python 3.11; see also RFC 6890 and its registries).
_DENIED = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host agent
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64, RFC 6052: IPv4 in the last 32 bits
_SIX_TO_FOUR = ip_network("2002::/16")  # RFC 3056: IPv4 in bits 16 to 48


class PrivateAddressError(OSError):
    """A connection to an address that may not be dialled was refused before it began."""


def judge_address(address: str) -> str | None:
    """None if the IP address may be dialled, else the reason in words.

    IPv4 addresses that are wrapped in IPv6 ones (mapped, NAT64, 6to4) are judged as what they
    reach.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an IP address"
    return None if _is_public(parsed) else PRIVATE


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return _is_public(inner)
        if address not in _IPV6_GLOBAL:
            return False
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _DENIED if network.version == address.version)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None


def judge_url(url: URL, *, allow_private: bool = False) -> str | None:
    """None if the URL may be asked for, else the reason. Names are judged when they resolve."""
    if url.scheme not in ("http", "https"):
        return f"{url.scheme or 'no scheme'} is not http or https"
    if url.user is not None or url.password is not None:
        return "it carries a user name or password"
    host = url.host or ""
    if not host:
        return "it names no host"
    if allow_private:
        return None
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        return PRIVATE
    if "." not in host and ":" not in host and not host.isdigit():
        return "its host is not a public name"
    # The system's resolver reads 127.1, 0x7f.1, 2130706433 and 0177.0.0.1 as addresses.
    numeric = _as_ipv4(host)
    if numeric is not None:
        return judge_address(numeric)
    return judge_address(host) if ":" in host else None


def _as_ipv4(host: str) -> str | None:
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def parse_feed_url(text: str, *, allow_private: bool = False) -> URL:
    """A URL that a person typed; https is added where no scheme stands.

    Raises CommandError that says what is wrong with it and what to write.
    """
    typed = text.strip().strip("<>")
    if not typed or any(character.isspace() for character in typed) or "\\" in typed:
        raise CommandError(
            f"“{text.strip()[:80]}” is not a URL.", hint="Write e.g. https://example.org/feed.xml"
        )
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        url = URL(typed)
        reason = judge_url(url, allow_private=allow_private)
    except ValueError:
        reason = "it cannot be read as a URL"
        url = URL()
    if reason is not None:
        raise CommandError(
            f"This URL cannot be followed: {reason}.",
            hint="Write the feed's public address, e.g. https://example.org/feed.xml",
        )
    return url.with_fragment(None)


def guarded_connector(
    *, allow_private: bool, limit: int = 100, limit_per_host: int = 4
) -> aiohttp.TCPConnector:
    """A connector that judges each address as its socket is made, so that IP literals, rebinding
    names and redirect hops all come by here (aiohttp never resolves IP literals, so a resolver
    alone would miss them)."""

    def make_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, address = info
        if not allow_private and judge_address(str(address[0])) is not None:
            raise PrivateAddressError(PRIVATE)
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        limit=limit, limit_per_host=limit_per_host, socket_factory=make_socket, ttl_dns_cache=60
    )
