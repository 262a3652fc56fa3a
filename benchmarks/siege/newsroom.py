"""Invents news and lists it in feeds. Remembers what was said, as the truth to judge by."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from tests.servers.feeds import FeedServer, Page

TOPICS = ("harbour", "grain", "talks")
ALARM = "alarm"
"""The urgent topic. It is never in a headline: some later report of a story has the word."""
FEEDS = 6
LISTED = 60
"""Items that a feed lists: more than a life that ends early can leave unread."""
REPORTED_AGAIN = 0.5
"""How many stories a second and perhaps a third outlet tell as well, now or some rounds later."""
ALARMING = 0.15
"""How many of those repeats are the first to have the urgent word."""
LETTERS = "aabdeefgiiklmnooprstuvz"
_CODE = re.compile(r"\bKX(\d{5})\b")


@dataclass(slots=True, kw_only=True)
class Story:
    """What really happened: its headline, the topic it is about, who told it, and whether
    somebody called it alarming."""

    code: str
    title: str
    topic: str
    outlets: set[int] = field(default_factory=set)
    alarming: bool = False


def codes_in(text: str) -> tuple[str, ...]:
    """The stories that a message names, each once."""
    return tuple(dict.fromkeys(f"KX{code}" for code in _CODE.findall(text)))


class Newsroom:
    """Publishes round by round; `now` dates what it publishes."""

    def __init__(
        self, publisher: FeedServer, dice: random.Random, *, now: Callable[[], datetime]
    ) -> None:
        self._publisher, self._dice, self._now = publisher, dice, now
        self._items: list[list[str]] = [[] for _ in range(FEEDS)]
        self._later: list[tuple[int, Story]] = []
        self._round = 0
        self.stories: dict[str, Story] = {}
        self.delay_s = 0.0  # before a feed answers, from the next round on
        for feed in range(FEEDS):
            # A first poll is special; a feed that said nothing yet has not had it.
            self._insert(feed, "weather", f"Weather as outlet {feed} sees it", "")
            self._list(feed)

    def url(self, feed: int) -> str:
        return self._publisher.url(f"/{feed}")

    def publish(self, count: int) -> None:
        """A round: `count` new stories, and the repeats of earlier ones that are due."""
        self._round += 1
        due = [story for at, story in self._later if at <= self._round]
        self._later = [(at, story) for at, story in self._later if at > self._round]
        for story in due:
            self._repeat(story)
        for _ in range(count):
            story = self._invent()
            self._tell(story)
            while self._dice.random() < REPORTED_AGAIN and len(story.outlets) < FEEDS - 1:
                after = self._dice.choice((0, 0, 1, 2, 3))
                if after == 0:
                    self._repeat(story)
                else:
                    self._later.append((self._round + after, story))
                    break
        for feed in range(FEEDS):
            self._list(feed)

    def _invent(self) -> Story:
        topic = self._dice.choice(TOPICS)
        code = f"KX{len(self.stories):05}"
        made_up = ["".join(self._dice.choices(LETTERS, k=9)) for _ in range(3)]
        # Of fewer than six words: the same six in two headlines are one agency's.
        title = " ".join([made_up[0].title(), topic, *made_up[1:], code])
        story = self.stories[code] = Story(code=code, title=title, topic=topic)
        return story

    def _repeat(self, story: Story) -> None:
        alarms = self._dice.random() < ALARMING
        self._tell(story, summary=f"There is {ALARM} in town." if alarms else "")
        story.alarming = story.alarming or alarms

    def _tell(self, story: Story, *, summary: str = "") -> None:
        feed = self._dice.choice([one for one in range(FEEDS) if one not in story.outlets])
        story.outlets.add(feed)
        self._insert(feed, story.code, story.title, summary)

    def _insert(self, feed: int, name: str, title: str, summary: str) -> None:
        at = format_datetime(self._now().replace(microsecond=0))
        self._items[feed].insert(
            0,
            f"<item><guid>{feed}-{name}</guid><link>https://outlet-{feed}.example/{name}</link>"
            f"<title>{title}</title><description>{summary}</description>"
            f"<pubDate>{at}</pubDate></item>",
        )
        del self._items[feed][LISTED:]

    def _list(self, feed: int) -> None:
        body = (
            f"<rss version='2.0'><channel><title>Outlet {feed}</title>"
            f"{''.join(self._items[feed])}</channel></rss>"
        )
        self._publisher.put(f"/{feed}", Page(body=body.encode(), delay_s=self.delay_s))
