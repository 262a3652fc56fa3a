"""Which addresses may be dialled: judges every address as its socket is made, however it was
written, resolved or redirected to. Resolves no name and opens no connection itself."""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
from yarl import URL

from bot.errors import CommandError

PRIVATE = "a private or reserved address"

_IPV6_GLOBAL = ip_network("2000::/3")
# `is_global` calls these public (measured on Python 3.11; see the registries of RFC 6890).
_DENIED = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host agent
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "3fff::/20",  # documentation, RFC 9637
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64, RFC 6052: IPv4 in the last 32 bits
_SIX_TO_FOUR = ip_network("2002::/16")  # RFC 3056: IPv4 in bits 16 to 48
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: bits 64 to 96, then IPv4

_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "home.arpa", "lan", "localdomain")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
# Ports of other protocols, which a GET could be smuggled into: the web's own list,
# https://fetch.spec.whatwg.org/#port-blocking
# fmt: off
_BAD_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389,
    427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
    989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566,
    6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211,
))
# fmt: on


class PrivateAddressError(OSError):
    """A connection to an address that may not be dialled was refused before it began."""


def judge_address(address: str) -> str | None:
    """None if the IP address, as four numbers or RFC 4291 text, may be dialled; else the reason.

    IPv4 addresses wrapped in IPv6 ones (mapped, NAT64, 6to4, ISATAP) are judged as what they
    reach. Costs about 3 us.
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
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED or (number >> 32 & 0xFFFFFFFF) in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    return None


def judge_url(url: URL, *, allow_private: bool = False) -> str | None:
    """None if the URL may be asked for, else the reason in words.

    Judges the scheme, user and password, the port, and hosts that are addresses in any notation
    or names of local networks. Other names are judged when they resolve, by the connector.
    """
    if url.scheme not in ("http", "https"):
        return f"{url.scheme} is not http or https" if url.scheme else "it is no http(s) URL"
    if url.user is not None or url.password is not None:
        return "it carries a user name or password"
    if not url.raw_host:
        return "it names no host"
    if url.port in _BAD_PORTS:
        return f"port {url.port} is not one that feeds are served on"
    return _judge_host(url.raw_host, allow_private=allow_private)


def _judge_host(raw_host: str, *, allow_private: bool) -> str | None:
    host = unicodedata.normalize("NFKC", raw_host).casefold().removesuffix(".")
    if ":" in host:
        reason = judge_address(host)
        return None if allow_private and reason == PRIVATE else reason
    if not _HOST.fullmatch(host) or max(map(len, host.split("."))) > 63 or len(host) > 253:
        return "its host is not a valid name"
    if allow_private:
        return None
    # The system's resolver reads 127.1, 0x7f.1, 2130706433 and 0177.0.0.1 as addresses.
    numeric = _as_ipv4(host)
    if numeric is not None:
        return judge_address(numeric)
    if any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
        return PRIVATE
    last = host.rpartition(".")[2]
    if last == host or last.isdigit() or last.startswith("0x"):
        return "its host is not a public name"
    return None


def _as_ipv4(host: str) -> str | None:
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def parse_feed_url(text: str, *, allow_private: bool = False) -> URL:
    """A URL that a person typed, in the one form it is kept in: without fragment and default
    port, with a path. https is added where no scheme stands.

    Raises CommandError that says what is wrong with it and what to write. `feed:` addresses, as
    old browsers hand them out, are read as what they stand for.
    """
    typed = text.strip().strip("<>").strip()
    if not typed or "\\" in typed or len(typed) > 2000 or any(map(_is_odd, typed)):
        raise CommandError(
            f"“{text.strip()[:80]}” is not a URL.", hint="Write e.g. https://example.org/feed.xml"
        )
    typed = re.sub(r"^feed:(//(?=[^/])|(?=https?:))", _feed_scheme, typed, flags=re.IGNORECASE)
    if not re.match(r"[a-z][a-z0-9+.-]*:(//|[^0-9])", typed, re.IGNORECASE):
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
    if url.is_default_port():
        url = url.with_port(None)
    return url.with_fragment(None) if url.raw_path != "/" else url.with_path("/", keep_query=True)


def _feed_scheme(found: re.Match[str]) -> str:
    return "https://" if found.group(1) else ""


def _is_odd(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def guarded_connector(
    *, allow_private: bool, limit: int = 100, limit_per_host: int = 4
) -> aiohttp.TCPConnector:
    """A connector that judges each address as its socket is made.

    IP literals, rebinding names and redirect hops all come by here: aiohttp never resolves IP
    literals, so a resolver alone would miss them (measured: 8 of 51 vectors). A name with public
    and private records is dialled at its public ones only.
    """

    def make_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, address = info
        if not allow_private and judge_address(str(address[0])) is not None:
            raise PrivateAddressError(PRIVATE)
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        limit=limit, limit_per_host=limit_per_host, socket_factory=make_socket, ttl_dns_cache=60
    )
