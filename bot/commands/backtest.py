"""What a backtest found: a query tried on the archive, as data. `trial.py` runs it,
`backtest_reply.py` words it for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.model.glance import bars
from bot.model.ids import StoryId
from bot.model.text import RichText, flat
from bot.storage.coverage import Coverage
from bot.topics.company import Companion
from bot.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One story that a query would have fired on, by its first matching report."""

    story: StoryId
    at: datetime
    headline: RichText
    says: RichText  # the summary about its first hit, where the title has none
    url: str
    outlet: str
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "story": self.story,
            "at": self.at.isoformat(),
            "headline": flat(self.headline),
            "says": flat(self.says) or None,
            "url": self.url or None,
            "outlet": self.outlet,
            "words": list(self.words),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an edit of a query would have done: stories before, gained, lost, and examples.
    Estimates where the backtest is one."""

    before: int
    gained: int
    lost: int
    gained_samples: tuple[Sample, ...]
    lost_samples: tuple[Sample, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "before": self.before,
            "gained": self.gained,
            "lost": self.lost,
            "gained_samples": [one.to_json() for one in self.gained_samples],
            "lost_samples": [one.to_json() for one in self.lost_samples],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What would have fired, and how much the archive can tell.

    `one_in` is 1 where every candidate was judged; else the figures are scaled up from the
    candidates of every `one_in`-th story. `narrowing` is empty unless the topic is noisy.
    """

    query: str
    reading: str
    warnings: tuple[str, ...]
    days: int
    first_day: date
    last_day: date
    stories: int
    per_day: tuple[int, ...]  # stories by the UTC day of their first matching report
    samples: tuple[Sample, ...]  # the best
    company: tuple[Companion, ...]
    narrowing: tuple[Companion, ...]
    hits: int  # stories that company and narrowing were counted in
    candidates: int
    judged: int
    one_in: int
    coverage: Coverage
    change: Change | None = None

    @property
    def per_day_mean(self) -> float:
        return self.stories / self.days

    def bars(self) -> str:
        """One character a day, scaled to the busiest; a day without any is a dot."""
        return bars(self.per_day)

    def covers(self) -> str:
        """`9 of 11 feeds, 6 of 14 days`"""
        known = self.coverage
        return say(
            "{some} of {feeds} feeds, {most} of {days} days",
            some=known.feeds_with_articles,
            feeds=known.feeds_followed,
            most=known.days_with_articles,
            days=self.days,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "reading": self.reading,
            "warnings": list(self.warnings),
            "days": self.days,
            "stories": self.stories,
            "stories_per_day": round(self.per_day_mean, 2),
            "exact": self.one_in == 1,
            "candidates": self.candidates,
            "judged": self.judged,
            "per_day": [
                {"day": (self.first_day + timedelta(days=n)).isoformat(), "stories": count}
                for n, count in enumerate(self.per_day)
            ],
            "samples": [one.to_json() for one in self.samples],
            "often_with": [{"word": one.word, "stories": one.hits} for one in self.company],
            "narrowing": [
                {"word": one.word, "with": one.hits, "without": self.hits - one.hits}
                for one in self.narrowing
            ],
            "change": self.change.to_json() if self.change else None,
            "coverage": {
                "text": self.covers(),
                "articles": self.coverage.articles,
                "feeds_followed": self.coverage.feeds_followed,
                "feeds_with_articles": self.coverage.feeds_with_articles,
                "days_with_articles": self.coverage.days_with_articles,
            },
        }
