"""A page's address -> where its feeds may be, best guess first. Pure: the caller tries them.

What a page links to is certain; what a site is known to offer is likely; well-known paths are
guesses, which most sites answer with 404.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice

from yarl import URL

from bot.feeds.links import absolute_url, canonical_url
from bot.feeds.page import PAGE_CHARACTERS, PageError, offered_feeds, page_complaint

AT_MOST = 20
WELL_KNOWN = (
    "feed",
    "rss",
    "feed.xml",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feed.json",
    "feeds/posts/default",  # Blogger
    "feed.atom",
)
_ANCHOR = re.compile(
    r"<a\b[^<>]{0,500}?\bhref\s*=\s*[\"']?([^\"'\s<>]{1,500})[^<>]{0,500}>", re.IGNORECASE
)
_FEEDLIKE = re.compile(r"(?:^|[/.?=_-])(?:rss|atom|feeds?|rdf)(?:[/.?&=_-]|$|\d)", re.IGNORECASE)
_SHARING = re.compile(r"feedback|feedly\.com|facebook\.com|twitter\.com|mailto:", re.IGNORECASE)
_NO_MASTODON = ("youtube.com", "tiktok.com", "threads.net", "medium.com")
_CHANNEL = re.compile(
    r"(?:\"(?:channelId|externalId)\":\s*\"|itemprop=\"(?:channelId|identifier)\"\s+content=\"|"
    r"youtube\.com/channel/)(UC[\w-]{22})"
)


def feeds_of_site(url: str) -> tuple[str, ...]:
    """The feeds that well-known sites have for an address like this; no page is needed.

    YouTube channels and playlists, Reddit, GitHub, Mastodon, Substack, Medium, Tumblr, Blogger
    and Bluesky, each as its own help pages give them.
    """
    parsed = _parsed(url)
    if parsed is None:
        return ()
    host = (parsed.host or "").removeprefix("www.").removeprefix("m.")
    parts = [part for part in parsed.path.split("/") if part]
    found: list[str] = []
    for suffix, rule in _SITES:
        if host == suffix or host.endswith(f".{suffix}"):
            found += rule(parsed, parts)
    on_mastodon = len(parts) == 1 and re.fullmatch(r"@\w+", parts[0]) and host not in _NO_MASTODON
    if on_mastodon and not found:
        found.append(f"{_origin(parsed)}/{parts[0]}.rss")
    return tuple(dict.fromkeys(found))


def candidates(page: str, url: str) -> tuple[str, ...]:
    """Where the feeds of the page at `url` may be: absolute, each once, at most twenty.

    First what it links to as feeds, then what its site is known for, then links that read like
    feeds, then well-known paths below the page's folder and the site's root.
    """
    found = dict.fromkeys(_all(page, url))
    found.pop(url, None)
    return tuple(islice(found, AT_MOST))


def page_error(page: str, url: str) -> PageError:
    """What to say of a page where a feed was expected, and where its feeds are."""
    offered = offered_feeds(page, url)
    guesses = tuple(one for one in candidates(page, url) if one not in offered)
    return PageError(url, page_complaint(offered), offered=offered[:AT_MOST], guesses=guesses)


def _all(page: str, url: str) -> Iterator[str]:
    yield from offered_feeds(page, url)
    yield from feeds_of_site(url)
    yield from _channels(page, url)
    yield from _anchors(page, url)
    parsed = _parsed(url)
    if parsed is None:
        return
    folder = parsed.path.rpartition("/")[0].rstrip("/")
    for base in dict.fromkeys((f"{_origin(parsed)}{folder}", _origin(parsed))):
        for path in WELL_KNOWN:
            yield f"{base}/{path}"


def _channels(page: str, url: str) -> Iterator[str]:
    """The channel's id is only in the page of a YouTube handle."""
    if "youtube.com/" in url:
        found = _CHANNEL.search(page, 0, PAGE_CHARACTERS * 2)
        if found:
            yield _youtube(f"channel_id={found.group(1)}")


def _anchors(page: str, url: str) -> Iterator[str]:
    for anchor in islice(_ANCHOR.finditer(page, 0, PAGE_CHARACTERS), 5000):
        link = unescape(anchor.group(1))
        if _FEEDLIKE.search(link) and not _SHARING.search(link):
            found = absolute_url(url, link)
            if found:
                yield found.partition("#")[0]


def _parsed(url: str) -> URL | None:
    canonical = canonical_url(url)
    return URL(canonical) if canonical else None


def _origin(url: URL) -> str:
    return str(url.origin())


def _youtube(query: str) -> str:
    return f"https://www.youtube.com/feeds/videos.xml?{query}"


def _from_youtube(url: URL, parts: list[str]) -> list[str]:
    playlist = url.query.get("list", "")
    if re.fullmatch(r"[\w-]{10,50}", playlist):
        return [_youtube(f"playlist_id={playlist}")]
    if len(parts) >= 2 and parts[0] == "channel":
        return [_youtube(f"channel_id={parts[1]}")]
    if len(parts) >= 2 and parts[0] == "user":
        return [_youtube(f"user={parts[1]}")]
    return []


def _from_reddit(_: URL, parts: list[str]) -> list[str]:
    if len(parts) >= 2 and parts[0] in ("r", "u", "user"):
        kept = parts[:3] if parts[2:3] in (["new"], ["top"], ["hot"], ["rising"]) else parts[:2]
        return [f"https://www.reddit.com/{'/'.join(kept)}/.rss"]
    return []


def _from_github(_: URL, parts: list[str]) -> list[str]:
    if len(parts) >= 2:
        base = f"https://github.com/{parts[0]}/{parts[1].removesuffix('.git')}"
        return [f"{base}/{kind}.atom" for kind in ("releases", "tags", "commits")]
    return [f"https://github.com/{parts[0]}.atom"] if parts else []


def _from_medium(url: URL, parts: list[str]) -> list[str]:
    if (url.host or "").removeprefix("www.") != "medium.com":
        return [f"{_origin(url)}/feed"]
    if parts and parts[0] != "feed":
        return [f"https://medium.com/feed/{parts[0]}"]
    return []


def _from_bluesky(_: URL, parts: list[str]) -> list[str]:
    if len(parts) >= 2 and parts[0] == "profile":
        return [f"https://bsky.app/profile/{parts[1]}/rss"]
    return []


def _at(path: str) -> Callable[[URL, list[str]], list[str]]:
    return lambda url, _: [f"{_origin(url)}/{path}"]


_SITES: tuple[tuple[str, Callable[[URL, list[str]], list[str]]], ...] = (
    ("youtube.com", _from_youtube),
    ("reddit.com", _from_reddit),
    ("github.com", _from_github),
    ("medium.com", _from_medium),
    ("bsky.app", _from_bluesky),
    ("substack.com", _at("feed")),
    ("wordpress.com", _at("feed/")),
    ("tumblr.com", _at("rss")),
    ("blogspot.com", _at("feeds/posts/default")),
)
