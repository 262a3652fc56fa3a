"""A platform that is down for hours while news comes in, on a virtual clock: what people get then.

told = await Outage(database, clock, wishes=..., stories=40).run()
assert told.most_cards_in_an_hour["desk 0"] <= 10
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.errors import Retryable
from bot.model.alert import Alert, ThreadReply
from bot.model.article import ParsedArticle
from bot.model.channel import Channel
from bot.model.digest import Digest
from bot.model.ids import FeedId
from bot.model.platform import Payload, Posted
from bot.model.text import flat
from bot.storage.database import Database
from bot.storage.tables import subscription
from tests.clock import Clock
from tests.laws.attention import most_in_an_hour
from tests.newsdesk import Newsdesk, article
from tests.recorder import Recorder

_WORDS = ("anchor", "bridge", "canal", "depot", "embargo", "ferry", "granary", "hull", "island",
          "jetty", "keel", "lighter", "mooring", "narrows", "outlet", "pilot", "quay", "rudder",
          "strait", "tide")  # fmt: skip
JOINED_EVERY = 5
"""Every fifth story is told by a second outlet a little later, in words of the second topic."""


class Line(Recorder):
    """A recorder whose platform is down for a while, and which notes when it was sent what."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.down_until: datetime | None = None
        self.sent_at: list[datetime] = []
        self.refused = 0

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        self._refuse(channel)
        posted = await super().send(channel, payload, key=key, thread=thread)
        self.sent_at.append(self._clock())
        return posted

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        self._refuse(channel)
        await super().edit(channel, remote_id, payload)

    def _refuse(self, channel: Channel) -> None:
        if self.down_until is not None and self._clock() < self.down_until:
            self.refused += 1
            raise Retryable(channel.external_id, "the platform is down")


@dataclass(slots=True, kw_only=True)
class Told:
    """What the channels have by the end. `outcomes` counts, per channel, how often each story was
    told by a card or a digest, with a line or without."""

    most_cards_in_an_hour: dict[str, int] = field(default_factory=dict)
    most_digests_in_an_hour: dict[str, int] = field(default_factory=dict)
    most_in_ten_minutes: int = 0
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Outage:
    """News for an hour, then for `hours` while the platform is down, then for an hour again; and
    calm until every digest has come. `wishes` are by channel, as `Newsdesk.wishes` takes them."""

    database: Database
    clock: Clock
    wishes: Mapping[str, Mapping[str, Any]]
    stories: int  # while the platform is down
    hours: float = 6
    step: timedelta = timedelta(minutes=5)
    calm: timedelta = timedelta(hours=26)
    line: Line = field(init=False)
    titles: list[str] = field(default_factory=list)
    _owed: float = 0.0
    _joining: list[ParsedArticle] = field(default_factory=list)

    async def run(self) -> Told:
        self.line = Line(self.clock)
        newsdesk = await Newsdesk.open(self.database, self.clock, recorder=self.line)
        feeds = [await newsdesk.follow(f"https://{name}.example/feed", name=name) for name in "ab"]
        for channel, wished in self.wishes.items():
            await newsdesk.watch("harbour", name="Harbour", channel=channel)
            await newsdesk.watch("grain", name="Grain", channel=channel)
            await newsdesk.wishes(channel, **wished)
        await newsdesk.change(subscription, mention="role:7", mentioned_by="1")
        down = timedelta(hours=self.hours)
        await self._pass(newsdesk, feeds, timedelta(hours=1))
        self.line.down_until = self.clock() + down
        await self._pass(newsdesk, feeds, down)
        await self._pass(newsdesk, feeds, timedelta(hours=1))
        await self._pass(newsdesk, [], self.calm)
        return self._told()

    async def _pass(self, newsdesk: Newsdesk, feeds: Sequence[FeedId], span: timedelta) -> None:
        """Let so much time pass, with news if there are feeds."""
        ends = self.clock() + span
        while self.clock() < ends:
            self.clock.forward(seconds=self.step.total_seconds())
            if feeds:
                await self._publish(newsdesk, feeds)
            await newsdesk.holds.release()
            await newsdesk.delivered()

    async def _publish(self, newsdesk: Newsdesk, feeds: Sequence[FeedId]) -> None:
        self._owed += self.stories * (self.step / timedelta(hours=self.hours))
        first, second = [], self._joining
        self._joining = []
        while self._owed >= 1:
            self._owed -= 1
            number = len(self.titles)
            self.titles.append(_title(number))
            first.append(self._article(number, self.titles[-1]))
            if number % JOINED_EVERY == 0:
                self._joining.append(self._article(number, f"Grain waits, and {_title(number)}"))
        for feed, articles in zip(feeds, (first, second), strict=True):
            if articles:
                await newsdesk.listed(feed, *articles)

    def _article(self, number: int, title: str) -> ParsedArticle:
        link = f"https://outlet.example/story/{number}"
        return article(title, uid=title, url=link, at=self.clock())

    def _told(self) -> Told:
        told = Told()
        sent = list(zip(self.line.messages, self.line.sent_at, strict=True))
        for channel in self.wishes:
            here = [(message.said, at) for message, at in sent if message.channel == channel]
            spent = [at for said, at in here if isinstance(said, Alert | ThreadReply)]
            digests = [at for said, at in here if isinstance(said, Digest)]
            told.most_cards_in_an_hour[channel] = most_in_an_hour(spent)
            told.most_digests_in_an_hour[channel] = most_in_an_hour(digests)
            told.outcomes[channel] = Counter()
            for said, _ in here:
                told.messages[type(said).__name__] += 1
                told.outcomes[channel].update(_stories_in(said))
            ten = most_in_an_hour([at for _, at in here], timedelta(minutes=10))
            told.most_in_ten_minutes = max(told.most_in_ten_minutes, ten)
        return told

    def unaccounted(self, told: Told) -> list[str]:
        """The stories that a channel was not told of, or twice."""
        wrong = []
        for channel, outcomes in told.outcomes.items():
            unnamed = outcomes["more"]
            missing = [title for title in self.titles if not outcomes[_name(title)]]
            if len(missing) != unnamed:
                wrong.append(f"{channel}: {len(missing)} without a line, {unnamed} counted")
            wrong += [
                f"{channel}: {name}: {count} times"
                for name, count in outcomes.items()
                if name != "more" and count > 1
            ]
        return wrong


def _title(number: int) -> str:
    """Each of its own words, so that no two are one story."""
    words = [_WORDS[number // 20**place % 20] for place in range(3)]
    return f"Harbour {words[0]}{number} {words[1]}{number} {words[2]}{number}"


def _name(title: str) -> str:
    """What a headline is known by: the later, joint one has it too."""
    return title[title.index("Harbour") :]


def _stories_in(said: object) -> Counter[str]:
    match said:
        case Alert():
            return Counter([_name(flat(said.headline))])
        case Digest():
            lines = [line.headline for group in said.groups for line in group.lines]
            return Counter({**Counter(map(_name, lines)), "more": said.left_out})
        case _:
            return Counter()
