"""What is known of an article's way through a workspace's topics, as data and in words.

`why.py` finds it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.commands.caller import Reply
from bot.model.ids import ArticleId
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.storage.archive import Archived
from bot.topics.reason import Hit
from bot.words import say

MOST_TOPICS = 10
"""Topics that did not match, as far as a chat is told of them one by one."""


class Stage(StrEnum):
    """Where an article's way ended, in the order of the way."""

    NOT_FOLLOWED = "not in the followed feeds"
    QUERY = "the query"
    UNSUBSCRIBED = "no subscription"
    BEFORE = "before the topic"
    SUPPRESSED = "suppressed"
    WAITING = "waiting"
    HELD = "held"
    DIGEST = "in a digest"
    PENDING = "pending"
    SENT = "sent"
    ABANDONED = "abandoned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one article for one topic (or whole feed), in one channel if it got so far."""

    article: ArticleId
    subject: str
    channel: str
    stage: Stage
    told: tuple[RichText, ...]  # sentences
    hits: tuple[Hit, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "article": self.article,
            "topic": self.subject,
            "channel": self.channel or None,
            "stage": self.stage,
            "why": " ".join(map(flat, self.told)),
            "words": [
                {"text": hit.text, "term": hit.term, "field": hit.field, "via": hit.via or None}
                for hit in self.hits
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that is known about a link. No articles: no followed feed has listed it."""

    asked: str
    articles: tuple[Archived, ...]
    verdicts: tuple[Verdict, ...]
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "stage": None if self.articles else Stage.NOT_FOLLOWED,
            "why": self.advice or None,
            "articles": [
                {
                    "id": one.id,
                    "story": one.story,
                    "outlet": one.outlet,
                    "title": one.document.title,
                    "url": one.url or None,
                    "at": one.at.isoformat(),
                }
                for one in self.articles
            ],
            "verdicts": [one.to_json() for one in self.verdicts],
        }


def account_reply(account: Account) -> Reply:
    """An account in words."""
    if not account.articles:
        return Reply(
            title="No feed that is followed here has listed this",
            lines=(plain(account.advice),),
        )
    lines: list[RichText] = []
    for one in account.articles:
        lines.append(
            (
                Span(text=f"{one.outlet} · "),
                Span(text=one.document.title, url=one.url or None),
                Span(text=" · "),
                Span.instant(one.at),
                Span(text=say(" · article {id}, story {story}", id=one.id, story=one.story)),
            )
        )
        own = [verdict for verdict in account.verdicts if verdict.article == one.id]
        lines += _lines(own)
    stages = {verdict.stage for verdict in account.verdicts}
    title = "Why this was alerted" if stages & _ALERTED else "Why this was not alerted"
    return Reply(title=title, lines=tuple(lines))


_ALERTED = {Stage.SENT, Stage.DIGEST, Stage.PENDING, Stage.HELD}


def _lines(own: Sequence[Verdict]) -> list[RichText]:
    if not own:
        return [plain("No topic is watched here yet: topic watch QUERY.")]
    near = [one for one in own if one.stage is not Stage.QUERY]
    near += [one for one in own if one.stage is Stage.QUERY][:MOST_TOPICS]
    lines = [_line(one) for one in near]
    if left := len(own) - len(near):
        lines.append(plain(f"{left} more topics did not match."))
    return lines


def _line(one: Verdict) -> RichText:
    where = say(" in {channel}", channel=one.channel) if one.channel else ""
    words = [f"“{hit.text}”" + (f" ({hit.via})" if hit.via else "") for hit in one.hits]
    by = "  " + say("By {words}.", words=", ".join(dict.fromkeys(words))) if words else ""
    told = [span for sentence in one.told for span in (Span(text=" "), *sentence)]
    return (
        Span(text=one.subject or say("every article"), mark=Mark.STRONG),
        Span(text=f"{where}: "),
        *told[1:],
        *((Span(text=by),) if by else ()),
    )
