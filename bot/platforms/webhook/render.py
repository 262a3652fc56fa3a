"""Messages -> the JSON a receiver gets. Pure. Fields are only ever added.

Each is `{type, timestamp, data}`, and `data.id` is the same in every repeat: drop what you have.
Times are ISO 8601 with their offset, links are null where there is none.

    alert.posted    a story: headline, summary, key_points, url, outlets, topics, matched_words …
    digest.posted   title, since, until, timezone, stories, left_out, and groups of
                    {topic, stories: [{story, headline, url, outlet, outlets, published_at}]}
    reply.posted    text, and in_reply_to: the id of the alert that it belongs to
    notice.posted   title and lines: what someone in charge has to do

`mentions`, in an alert and a reply, are whom to call: "role:1", "user:2", "group:3".
"""

from __future__ import annotations

from typing import Any

from bot.model.alert import Alert, Earlier, Moved, ThreadReply
from bot.model.digest import Digest, DigestLine, Notice
from bot.model.text import Mark, RichText, flat


def alert_json(alert: Alert, *, key: str) -> dict[str, Any]:
    """A story's first report, whole."""
    return {
        "type": "alert.posted",
        "timestamp": alert.updated_at.isoformat(),
        "data": {
            "id": key,
            "story": alert.story,
            "headline": flat(alert.headline),
            "summary": flat(alert.summary),
            "key_points": [
                {"text": point.text, "outlet": point.outlet, "url": point.url or None}
                for point in alert.key_points
            ],
            "follows": _earlier(alert.follows),
            "url": alert.url or None,
            "image_url": alert.image_url,
            "outlet": alert.outlet,
            "published_at": alert.at.isoformat(),
            "corrected": alert.corrected,
            "topics": list(alert.topics),
            "matched_words": list(alert.words),
            "mentions": [str(one) for one in alert.mentions],
            "highlights": {
                "headline": _strong(alert.headline),
                "summary": _strong(alert.summary),
            },
            "outlets": [
                {
                    "outlet": source.outlet,
                    "title": source.title,
                    "url": source.url or None,
                    "at": source.at.isoformat(),
                }
                for source in alert.sources
            ],
        },
    }


def digest_json(digest: Digest, *, key: str) -> dict[str, Any]:
    """Many stories in one message; `left_out` of `stories` are not listed."""
    return {
        "type": "digest.posted",
        "timestamp": digest.until.isoformat(),
        "data": {
            "id": key,
            "title": digest.title,
            "since": digest.since.isoformat(),
            "until": digest.until.isoformat(),
            "timezone": digest.timezone,
            "stories": digest.stories,
            "left_out": digest.left_out,
            "groups": [
                {"topic": group.topic, "stories": [_line(line) for line in group.lines]}
                for group in digest.groups
            ],
        },
    }


def reply_json(said: ThreadReply, *, key: str) -> dict[str, Any]:
    """`data.in_reply_to` is added where it is sent. It has no time of its own."""
    mentions = [str(one) for one in said.mentions]
    data = {"id": key, "text": flat(said.line), "mentions": mentions}
    return {"type": "reply.posted", "timestamp": None, "data": data}


def moved_json(told: Moved, *, key: str) -> dict[str, Any]:
    """A webhook cannot be edited, so that no receiver ever gets this."""
    return {"type": "alert.moved", "timestamp": None, "data": {"id": key, "text": flat(told.line)}}


def notice_json(told: Notice, *, key: str) -> dict[str, Any]:
    """For whoever is in charge."""
    data = {"id": key, "title": told.title, "lines": [flat(line) for line in told.lines]}
    return {"type": "notice.posted", "timestamp": None, "data": data}


def _earlier(told: Earlier | None) -> dict[str, Any] | None:
    """The closed story that this one goes on with."""
    return None if told is None else {"headline": told.headline, "url": told.url or None}


def _line(line: DigestLine) -> dict[str, Any]:
    return {
        "story": line.story,
        "headline": line.headline,
        "url": line.url or None,
        "outlet": line.outlet,
        "outlets": line.outlets,
        "published_at": line.at.isoformat(),
    }


def _strong(text: RichText) -> list[list[int]]:
    """[start, end) of each matched word, in characters."""
    spans, at = [], 0
    for span in text:
        if span.mark is Mark.STRONG:
            spans.append([at, at + len(span.text)])
        at += len(span.text)
    return spans
