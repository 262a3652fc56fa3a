"""Sieges: kills, repair, judgement. Several stand side by side, each with its own chats."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.siege.judgement import as_ledgers, injected, judge, ledgers_of
from benchmarks.siege.life import HELD_POINTS
from benchmarks.siege.lives import Siege
from benchmarks.siege.nursery import cradle
from tests.invariants import violations
from tests.pipeline.crasher import CHAT_POINTS, POINTS
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import feed_server
from tests.servers.slack_client import LoopbackSlack

WEBHOOK_POINTS = {"deliver: begun, not sent", "deliver: sent, answer not seen"}
"""The chats have their own."""
TOTALS = (
    "alerts",
    "lost",
    "doubled",
    "ambiguous",
    "out_of_order",
    "stale",
    "not_wanted",
    "left_out",
    "unpublished",
)


async def measure_kills(kills: int, seed: int, *, instances: int) -> dict[str, Any]:
    """All kills with both chats, then a fifth of them without Slack's history."""
    with_history = await _sieges(kills, seed, instances, history=True)
    without = await _sieges(max(kills // 5, 8), seed + 100, instances, history=False)
    return {**with_history, "slack_without_history": without}


async def _sieges(kills: int, seed: int, instances: int, *, history: bool) -> dict[str, Any]:
    shares = [kills // instances + (number < kills % instances) for number in range(instances)]
    found = await asyncio.gather(
        *(
            besiege(share, seed=seed + number, history=history)
            for number, share in enumerate(shares)
            if share
        )
    )
    return found[0] if len(found) == 1 else _summed(found)


def _summed(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts added, lists joined, and the longest time."""
    summed: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in found for name in one):
        values = [one[name] for one in found if name in one]
        if name in ("seconds", "slowest_stop_s"):
            summed[name] = max(values)
        elif isinstance(values[0], Mapping):
            summed[name] = _summed(values)
        elif isinstance(values[0], list):
            summed[name] = [each for value in values for each in value]
        else:
            summed[name] = sum(values)
    return summed


async def besiege(kills: int, *, seed: int, history: bool) -> dict[str, Any]:
    """One siege: kills, repair, judgement. Without `history` only Slack is there."""
    dice = random.Random(seed)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(feed_server())
        slack = await stack.enter_async_context(LoopbackSlack())
        discord = await stack.enter_async_context(LoopbackDiscord()) if history else None
        if not history:
            await slack.remove_scope("channels:history", "groups:history")
        nursery = await stack.enter_async_context(cradle())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siege-")))
        siege = Siege(folder, dice, publisher, slack, discord, nursery)
        await siege.prepare(calls=40 * kills)
        chats = ("discord", "slack") if history else ("slack",)
        points = [point for point in POINTS if point not in WEBHOOK_POINTS]
        points += [point for point in CHAT_POINTS if point.startswith(chats)]
        points += HELD_POINTS
        dice.shuffle(points)  # sieges side by side begin elsewhere
        turn = 0
        while siege.kills.total() < kills:
            siege.newsroom.publish(dice.choice((1, 2, 2, 3)))
            if turn % 2:
                await siege.at_a_point(points[turn // 2 % len(points)])
            else:
                await siege.at_random()
            turn += 1
            if turn % 5 == 0:
                await siege.pass_time(timedelta(minutes=dice.choice((10, 61))))
            _progress(siege, kills, began)
        siege.newsroom.publish(1)
        pending, held = await siege.drain()
        verdict = await _verdict(siege, chats)
        seconds = round(time.monotonic() - began)
        return {**verdict, "pending": pending, "held": held, "seconds": seconds}


def _progress(siege: Siege, kills: int, began: float) -> None:
    done = siege.kills.total()
    if done % 10 == 0:
        took = time.monotonic() - began
        print(f"{done}/{kills} kills, {siege.lives} lives, {took:.0f} s", file=sys.stderr)


async def _verdict(siege: Siege, chats: Sequence[str]) -> dict[str, Any]:
    ledgers = await ledgers_of(siege)
    each = {chat: judge(siege, chat, ledgers) for chat in chats}
    met = {chat: await injected(siege, chat) for chat in chats}
    faults = sum(one["calls"] - one["none"] for one in met.values())
    faults += sum(one["never_ended"] for one in each.values())
    broken = await violations(
        siege.folder / "wirewatch.db",
        ledgers=as_ledgers(ledgers),
        faults=faults,
        drained=True,
        now=siege.now(),
    )
    log = (siege.folder / "lives.log").read_text(encoding="utf-8", errors="replace")
    log += "".join(f"{row}\n" for row in siege.rows(_RETRIED))
    offences = len(await siege.slack.violations())
    if siege.discord is not None:
        offences += len(await siege.discord.violations())
    keep_log(log, broken)
    return {
        "kills": siege.kills.total(),
        **{name: sum(one[name] for one in each.values()) for name in TOTALS},
        "violations": len(broken),
        "first_violations": broken[:5],
        **each,
        "faults_met": met,
        "offences": offences,
        "lives": siege.lives,
        "days": round(siege.ahead / timedelta(days=1), 2),
        "killed_at": dict(Counter(dict(sorted(siege.kills.items())))),
        "stopped": len(siege.stops),
        "slowest_stop_s": round(max(siege.stops, default=0.0), 2),
        "strange_exits": siege.strange,
        "errors_logged": errors_in(log),
    }


def errors_in(log: str) -> dict[str, int]:
    """What the lives logged as errors: the event and the exception's last line, counted."""
    found: Counter[str] = Counter()
    for line in log.splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("level") == "error":
                raised = str(entry.get("exception", "")).strip().splitlines()
                found[f"{entry.get('event')}: {raised[-1][:200] if raised else ''}"] += 1
    return dict(found.most_common(8))


_RETRIED = """
    SELECT key, attempt.id, action, attempt.revision, began_at, ended_at, outcome, detail
    FROM attempt JOIN delivery ON delivery.id = delivery_id WHERE action = 'post' AND delivery_id IN
    (SELECT delivery_id FROM attempt WHERE action = 'post' GROUP BY delivery_id HAVING count(*) > 1)
    ORDER BY delivery.id, attempt.id"""


def keep_log(log: str, broken: Sequence[str]) -> None:
    """For whoever asks why: only if WIREWATCH_SIEGE_LOG names a file."""
    if name := os.environ.get("WIREWATCH_SIEGE_LOG"):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write("\n".join(["", "=== violations", *broken, "=== lives", log]))
