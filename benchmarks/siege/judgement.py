"""What stands in the chats after a siege, against what was published. Their ledgers judge.

For each channel and story that concerns it: a card or a line of a digest, once; both only if an
urgent report came. A story that a digest counts without a line ("and 12 more") is told as well.
Under a gate, a story of too few outlets must not show. Replies are told apart by their keys.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from benchmarks.siege.lives import Siege
from benchmarks.siege.newsroom import Story, codes_in
from benchmarks.siege.places import Place
from bot.model.delivery import DeliveryKind
from bot.platforms.discord.render import hidden_key
from bot.platforms.slack.render import key_of
from tests.invariants import Ledger
from tests.servers.discord_client import LoopbackDiscord

_OUTLETS = re.compile(r"\b(\d+) outlets\b")
CROSSPOSTED = 1 << 1
_OPENS = "{channel_id}/threads"
_MORE = re.compile(r"\band ([\d,]+) more\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as it stands, with the key in it. `published`: to those who follow its channel, if
    it is to be."""

    remote_id: str
    key: str
    text: str
    published: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """The stories that it names."""
        return codes_in(self.text)

    @property
    def outlets(self) -> int:
        counted = _OUTLETS.search(self.text)
        return int(counted[1]) if counted else 1

    @property
    def more(self) -> int:
        """How many stories a digest counts without a line."""
        counted = _MORE.search(self.text)
        return int(counted[1].replace(",", "")) if counted else 0


PLURAL = {"card": "cards", "reply": "replies", "digest": "digests", "notice": "notices"}
Ledgers = Mapping[tuple[str, str], Sequence[Shown]]


async def ledgers_of(siege: Siege) -> Ledgers:
    """Every channel's messages in order, replies included."""
    found: dict[tuple[str, str], list[Shown]] = {}
    for platform, channel in siege.channels:
        if platform == "slack":
            found[platform, channel] = [
                Shown(remote_id=one.ts, key=key_of(one.current), text=json.dumps(one.blocks))
                for one in await siege.slack.messages(channel)
            ]
        elif siege.discord is not None:
            found[platform, channel] = await _discords(siege, siege.discord, channel)
    return found


async def _discords(siege: Siege, discord: LoopbackDiscord, channel: str) -> list[Shown]:
    """A channel's messages, or those of a forum's posts, in the order of all."""
    place = siege.channels["discord", channel]
    if place.kind != "forum":
        return [
            Shown(
                remote_id=one.id,
                key=_key_in(one.custom_ids),
                text=one.text,
                published=place.kind != "news" or bool(one.shown["flags"] & CROSSPOSTED),
            )
            for one in await discord.ledger(channel)
        ]
    path = f"/guilds/{discord.guild}/threads/active"
    threads = (await discord.call("GET", path, token=discord.token))["threads"]
    posts = {one["id"] for one in threads if one["parent_id"] == channel}
    return [
        Shown(remote_id=f"{one.channel}/{one.id}", key=_key_in(one.custom_ids), text=one.text)
        for one in await discord.all_messages()
        if one.channel in posts and not one.deleted
    ]


def _key_in(custom_ids: Sequence[str]) -> str:
    return next(filter(None, map(hidden_key, custom_ids)), "")


def as_ledgers(ledgers: Ledgers) -> dict[str, Ledger]:
    """The same for the invariant checker."""
    return {
        channel: [(one.remote_id, one.key) for one in messages]
        for (_, channel), messages in ledgers.items()
    }


def judge(siege: Siege, platform: str, ledgers: Ledgers) -> dict[str, int]:
    """What the platform's channels show against what was published."""
    figures: Counter[str] = Counter()
    for (where, channel), place in siege.channels.items():
        if where == platform:
            shown = ledgers[where, channel]
            figures.update(_Channel(siege, place, shown, (platform, channel)).figures())
    return {**figures, **_attempts(siege, platform)}


def concerns(place: Place, story: Story) -> bool:
    """Whether the channel must hear of the story."""
    if story.topic in place.topics and len(story.outlets) >= place.gate:
        return True
    return place.alarm and story.alarming


class _Channel:
    """One channel's messages beside what the database knows of their keys."""

    def __init__(
        self, siege: Siege, place: Place, shown: Sequence[Shown], where: tuple[str, str]
    ) -> None:
        self._siege, self._place, self._shown, self._where = siege, place, shown, where

    @cached_property
    def _deliveries(self) -> dict[str, tuple[str, int]]:
        """Kind and id by key."""
        rows = self._siege.rows(
            "SELECT key, kind, delivery.id FROM delivery JOIN channel"
            " ON channel.id = delivery.channel_id WHERE platform = ? AND external_id = ?",
            *self._where,
        )
        return {key: (kind, id_) for key, kind, id_ in rows}

    def _kind(self, one: Shown) -> str:
        return self._deliveries.get(one.key, ("", 0))[0]

    def figures(self) -> Counter[str]:
        figures: Counter[str] = Counter({"messages": len(self._shown)})
        figures.update(PLURAL.get(self._kind(one), "unknown") for one in self._shown)
        unnamed = self._counted_without_a_line()
        told = Counter(code for one in self._shown for code in one.codes) + unnamed
        for code, story in self._siege.newsroom.stories.items():
            if concerns(self._place, story):
                most = 2 if self._place.alarm and story.alarming else 1
                figures["alerts"] += 1
                figures["lost"] += told[code] == 0
                figures["doubled"] += max(told[code] - most, 0)
            else:
                figures["not_wanted"] += told[code]
        replies = Counter(one.key for one in self._shown if self._kind(one) == DeliveryKind.REPLY)
        figures["doubled"] += replies.total() - len(replies)
        figures["left_out"] += unnamed.total()
        figures["unpublished"] += sum(not one.published for one in self._shown)
        order = [
            self._deliveries[one.key][1]
            for one in self._shown
            if self._kind(one) == DeliveryKind.CARD
        ]
        figures["out_of_order"] += sum(before > after for before, after in pairwise(order))
        stale = sum(
            one.outlets != len(self._siege.newsroom.stories[code].outlets)
            for one in self._shown
            for code in one.codes
            if self._kind(one) == DeliveryKind.CARD
        )
        figures["stale"] += stale
        if stale:
            figures[f"stale in {self._place.kind or 'a channel'}"] += stale
        return figures

    def _counted_without_a_line(self) -> Counter[str]:
        """Stories that a digest carries without naming them, if it says that there are more."""
        unnamed: Counter[str] = Counter()
        for one in self._shown:
            if self._kind(one) != DeliveryKind.DIGEST or not one.more:
                continue
            carried = {
                code
                for (title,) in self._siege.rows(_CARRIED, self._deliveries[one.key][1])
                for code in codes_in(title)
            }
            silent = sorted(carried.difference(one.codes))
            unnamed.update(silent[: one.more])
        return unnamed


_CARRIED = """
    SELECT article.title FROM delivery JOIN digest_line USING (digest_id)
    JOIN alert ON alert.id = digest_line.alert_id JOIN article USING (story_id)
    WHERE delivery.id = ?"""


def _attempts(siege: Siege, platform: str) -> dict[str, int]:
    """Those that nobody knows the end of: the reply was lost, or the process died."""
    query = (
        "SELECT coalesce(outcome, 'never ended') FROM attempt JOIN delivery ON delivery.id ="
        " delivery_id JOIN channel ON channel.id = delivery.channel_id WHERE platform = ?"
    )
    outcomes = Counter(outcome for (outcome,) in siege.rows(query, platform))
    return {
        "ambiguous": outcomes["ambiguous"] + outcomes["never ended"],
        "never_ended": outcomes["never ended"],
        "attempts": outcomes.total(),
    }


async def injected(siege: Siege, platform: str) -> dict[str, int]:
    """The faults that were met, by kind, and all calls."""
    met: Counter[str] = Counter()
    if platform == "discord" and siege.discord is not None:
        for one in await siege.discord.requests():
            if one.method in ("POST", "PATCH") and (
                "/messages" in one.route or _OPENS in one.route
            ):
                met["calls"] += 1
                met[one.fault or "none"] += 1
    elif platform == "slack":
        for call in await siege.slack.requests():
            if call.method in ("chat.postMessage", "chat.update"):
                met["calls"] += 1
                met["none" if call.status == 200 else f"status {call.status}"] += 1
    return dict(met)
