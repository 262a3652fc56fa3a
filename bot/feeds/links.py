"""What a link points at, whoever is counting clicks on the way. Pure; follows nothing.

The canonical form is for comparing and for showing: it must still open the same article.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urljoin

from yarl import URL

URL_CHARACTERS = 2000
_UNWRAPPED_AT_MOST = 3

_TRACKING = re.compile(
    r"utm_\w+|(?:fb|gc|dc|y|tw|tt|msc|wbra|gbra|li_fat_)lid|fbclid|gclid|gclsrc|dclid|gbraid|wbraid"
    r"|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|ocid|cmpid|cmp|ito"
    r"|ns_(?:mchannel|source|campaign|linkname|fee)|at_(?:medium|campaign|link|custom|bbc|ptr|format)\w*"
    r"|ref_(?:src|url)|guccounter|guce_\w+|s_cid|smid|xtor|wt_(?:mc|zmc)|vero_\w+|oly_\w+|trk_?\w*"
    r"|sc_cid|ftag|traffic_source|amp|outputtype|wprov|srnd|taid|rss_?id|dicbo|feature_?src",
    re.IGNORECASE,
)
# Names that mean something on some sites: dropped only with a value that says "from a feed".
_BY_VALUE = re.compile(
    r"(?:ref|source|src|from|via|partner|emc|feed|mod|output|type|maca|channel|medium)="
    r"(?:rss|feed|atom|amp|en-rss|de-rss)[\w.+-]*",
    re.IGNORECASE,
)
_AMP_PATH = re.compile(r"(?<=.)(?:/+amp)+/*$", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """The link without what only tells publishers who clicked; "" unless it is http(s).

    Scheme and host in lower case; default port, fragment, user, tracking parameters and AMP's
    marks dropped; redirects of Google, Facebook, Bing and AMP caches that carry their target are
    undone without asking anyone. The order of the other parameters is kept: some sites read it,
    and a site that shuffles them between polls has not been seen. Idempotent.
    """
    for _ in range(_UNWRAPPED_AT_MOST):
        parsed = _http_url(url)
        if parsed is None:
            return ""
        inner = _unwrap(parsed)
        if not inner or _http_url(inner) is None:
            break
        url = inner
    parsed = _http_url(url)
    if parsed is None:
        return ""
    try:
        query = "&".join(part for part in parsed.raw_query_string.split("&") if not _is_noise(part))
        return str(
            URL.build(
                scheme=parsed.scheme,
                authority=_authority(parsed),
                path=_AMP_PATH.sub("", parsed.raw_path) or "/",
                query_string=query,
                encoded=True,
            )
        )
    except ValueError:
        return ""


def _authority(url: URL) -> str:
    host = (url.raw_host or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if url.is_default_port() else f"{host}:{url.port}"


def absolute_url(base: str, link: str) -> str:
    """`link` as found at `base`, or "" unless that gives an http(s) URL."""
    link = link.strip()
    if not link:
        return ""
    try:
        joined = urljoin(base, link)
    except ValueError:
        return ""
    return joined if joined.isprintable() and _http_url(joined) is not None else ""


def _http_url(url: str) -> URL | None:
    url = url.strip()
    if len(url) > URL_CHARACTERS * 4 or not url[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        parsed = URL(url)
        if parsed.scheme in ("http", "https") and parsed.raw_host and parsed.port != 0:
            return parsed
    except (ValueError, UnicodeError):
        pass
    return None


def _is_noise(part: str) -> bool:
    name = unquote(part.partition("=")[0])
    return not part or bool(_TRACKING.fullmatch(name) or _BY_VALUE.fullmatch(part))


def _unwrap(url: URL) -> str:
    """The target that a redirecting URL carries, or ""."""
    host = (url.raw_host or "").lower().removeprefix("www.")
    for suffix, reader in _WRAPPERS:
        if host == suffix or host.endswith(f".{suffix}"):
            return reader(url)
    return ""


def _from_query(*names: str) -> Callable[[URL], str]:
    def read(url: URL) -> str:
        if not url.path.rstrip("/").endswith(("/url", "/l.php", "apiclick.aspx")):
            return ""
        query = dict(parse_qsl(url.raw_query_string))
        return next((query[name] for name in names if query.get(name)), "")

    return read


def _from_amp_path(url: URL) -> str:
    """`/c/s/example.org/a` is https://example.org/a, without `s/` http."""
    found = re.match(r"/(?:amp|[cvi])/(s/)?([\w.-]+\.\w+(?:/.*)?)$", url.raw_path)
    if not found:
        return ""
    query = f"?{url.raw_query_string}" if url.raw_query_string else ""
    return f"http{'s' if found.group(1) else ''}://{found.group(2)}{query}"


def _from_google_news(url: URL) -> str:
    """Article ids up to 2024 are protobuf in base64 with the URL inside; later ones hide it."""
    found = re.match(r"(?:/rss)?/(?:articles|read)/(CBMi[\w-]+)", url.raw_path)
    if not found:
        return ""
    try:
        decoded = base64.urlsafe_b64decode(found.group(1) + "=" * (-len(found.group(1)) % 4))
    except (binascii.Error, ValueError):
        return ""
    # After the tag 0x08 0x13 0x22 comes the length, one byte or two, then the URL.
    target = re.match(rb"\x08\x13\x22[\x00-\xff]{1,2}?(https?://[\x21-\x7e]+)", decoded)
    return target.group(1).decode("ascii") if target else ""


def _google(url: URL) -> str:
    return _from_query("url", "q")(url) or _from_amp_path(url)


_WRAPPERS: tuple[tuple[str, Callable[[URL], str]], ...] = (
    ("news.google.com", _from_google_news),
    ("google.com", _google),
    ("l.facebook.com", _from_query("u")),
    ("bing.com", _from_query("url")),
    ("cdn.ampproject.org", _from_amp_path),
)
