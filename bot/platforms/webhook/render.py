"""Alert -> the JSON a receiver gets. Pure. Fields are only ever added."""

from __future__ import annotations

from typing import Any

from bot.model.alert import Alert
from bot.model.text import Mark, RichText, flat


def alert_json(alert: Alert, *, key: str) -> dict[str, Any]:
    """`{type, timestamp, data}`. `data.id` is the same in every repeat: drop what you have."""
    return {
        "type": "alert.posted",
        "timestamp": alert.updated_at.isoformat(),
        "data": {
            "id": key,
            "story": alert.story,
            "headline": flat(alert.headline),
            "summary": flat(alert.summary),
            "url": alert.url or None,
            "image_url": alert.image_url,
            "outlet": alert.outlet,
            "published_at": alert.at.isoformat(),
            "corrected": alert.corrected,
            "topics": list(alert.topics),
            "matched_words": list(alert.words),
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


def _strong(text: RichText) -> list[list[int]]:
    """[start, end) of each matched word, in characters."""
    spans, at = [], 0
    for span in text:
        if span.mark is Mark.STRONG:
            spans.append([at, at + len(span.text)])
        at += len(span.text)
    return spans
