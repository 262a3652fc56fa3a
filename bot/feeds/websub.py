"""WebSub, the pure part: what a document offers, what a hub is asked, what a push is signed with.

https://www.w3.org/TR/websub/ (and PubSubHubbub 0.4, which most hubs still speak). Asks nobody.
"""

from __future__ import annotations

import hmac
import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yarl import URL

from bot.feeds.guard import judge_url
from bot.model.feed import FeedState
from bot.model.push import Asked, Push

LEASE_S = 10 * 24 * 3600
"""What we ask for; the hub decides."""
LEASE_CAP_S = 30 * 24 * 3600
RENEW_AT = 0.75
"""Of a lease: a quarter is left for a hub that is down."""
SOONEST_RENEWAL_S = 60.0
CONFIRMED_WITHIN = timedelta(minutes=10)
"""A request that is not confirmed after this long is made again, then later and later."""
BACK_OFF_CAP = timedelta(days=1)
HEAD_BYTES = 65_536
"""A feed's links stand before its items; so much of a document is searched for them."""
_JSON_BYTES = 500_000
"""A JSON Feed's hubs may stand behind its items; longer ones are not searched for them."""
_LINK_CHARACTERS = 8000
_ADDRESS_CHARACTERS = 2000

_TAG = re.compile(rb"<(?:[\w.-]{1,40}:)?link\s[^<>]{1,3000}>", re.IGNORECASE)
_ITEM = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(rel|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\",;\s<>]*))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\",;\s]*))", re.IGNORECASE)
_SIGNED_BY = ("sha256", "sha384", "sha512", "sha1")
"""The methods of section 7.1; SHA-1 among them, whose HMAC is not known to be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A publisher says: `hub` tells you when `topic` has news."""

    hub: str
    topic: str


def offer_of(
    body: bytes, *, url: str, links: Sequence[str] = (), allow_private: bool = False
) -> Offer | None:
    """The first hub that a document found at `url` names and that may be asked, or None.

    `links` are the answer's Link headers, which count before the document (section 4). Without a
    rel=self the topic is `url`. Never raises.
    """
    hub = topic = ""
    for rel, target in _relations(body, links):
        address = _address(target, url, allow_private=allow_private)
        if rel == "hub":
            hub = hub or address
        elif rel == "self":
            topic = topic or address
    return Offer(hub=hub, topic=topic or url) if hub else None


def _relations(body: bytes, links: Iterable[str]) -> Iterator[tuple[str, str]]:
    for header in links:
        for found in _LINK.finditer(header[:_LINK_CHARACTERS]):
            rel = _REL.search(found[2])
            for name in ((rel[1] or rel[2] or "") if rel else "").lower().split():
                yield name, found[1]
    if body[:256].lstrip()[:1] == b"{":
        yield from _json_relations(body)
        return
    head = body[:HEAD_BYTES]
    first = _ITEM.search(head)
    for tag in _TAG.finditer(head, 0, first.start() if first else len(head)):
        found_in = {
            one[1].lower(): html.unescape(one[2] or one[3] or "")
            for one in _ATTRIBUTE.finditer(tag[0].decode("utf-8", "replace"))
        }
        for name in found_in.get("rel", "").lower().split():
            yield name, found_in.get("href", "")


def _json_relations(body: bytes) -> Iterator[tuple[str, str]]:
    """`hubs` and `feed_url` of https://www.jsonfeed.org/version/1.1/."""
    if len(body) > _JSON_BYTES:
        return
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    hubs = document.get("hubs")
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub":
            yield "hub", str(hub.get("url", ""))
    yield "self", str(document.get("feed_url", ""))


def _address(target: str, base: str, *, allow_private: bool) -> str:
    if not target.strip() or len(target) > _ADDRESS_CHARACTERS:
        return ""
    try:
        address = URL(base).join(URL(target.strip())).with_fragment(None)
        refused = judge_url(address, allow_private=allow_private)
    except ValueError:
        return ""
    # As it was written, where it is whole: a hub compares topics byte by byte.
    whole = URL(target.strip()).is_absolute() and "#" not in target
    return "" if refused else target.strip() if whole else str(address)


def request_form(push: Push, *, mode: Asked, callback: str) -> dict[str, str]:
    """What is posted to the hub (section 5.1)."""
    form = {"hub.mode": str(mode), "hub.topic": push.topic, "hub.callback": callback}
    if mode is Asked.SUBSCRIBE:
        form |= {"hub.secret": push.secret, "hub.lease_seconds": str(LEASE_S)}
    return form


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Whether `X-Hub-Signature: method=hex` was made of `body` with `secret`, in constant time."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in _SIGNED_BY:
        return False
    ours = hmac.digest(secret.encode("ascii"), body, method.lower()).hex()
    return hmac.compare_digest(ours.encode("ascii"), given.lower().encode("utf-8", "replace"))


def lease_of(seconds: str | None, *, now: datetime) -> tuple[datetime, datetime]:
    """When a lease ends and when to renew it. A hub that names none gave what we asked for."""
    named = seconds if seconds and seconds.isascii() and seconds.isdecimal() else str(LEASE_S)
    lasts_s = float(min(int(named[:12]), LEASE_CAP_S))
    renew_s = max(lasts_s * RENEW_AT, SOONEST_RENEWAL_S)
    return now + timedelta(seconds=lasts_s), now + timedelta(seconds=renew_s)


def next_try(failures: int, *, now: datetime) -> datetime:
    """When to ask a hub again that did not confirm so many requests in a row."""
    doubled: timedelta = CONFIRMED_WITHIN * 2 ** min(max(failures - 1, 0), 16)
    return now + min(doubled, BACK_OFF_CAP)


def trusted_until(push: Push, feed: FeedState, *, now: datetime) -> datetime | None:
    """Until when polls of `feed` are only the backup: the lease's end, if pushes have come and
    no poll since has found what was not pushed. Else None."""
    if push.lease_until is None or push.lease_until <= now or push.pushed_at is None:
        return None
    missed = feed.last_new_at is not None and feed.last_new_at > push.pushed_at
    return None if missed else push.lease_until
