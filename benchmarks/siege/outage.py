"""Six hours without the platform, 15,000 alerts, on a virtual clock: what people get after it."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from datetime import time as time_of_day
from datetime import timedelta
from typing import Any

from bot.model.attention import Rhythm
from bot.storage.database import Database
from bot.storage.installation import migrate
from tests.clock import Clock
from tests.invariants import violations
from tests.outage import Outage

HOURS, STORIES = 6, 300
STEP = timedelta(minutes=2)
KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "ten": (30, {"budget": 10}),
    "three": (5, {"budget": 3}),
    "quiet": (5, {"budget": 10, "quiet_from": time_of_day(19), "quiet_to": time_of_day(22)}),
    "hourly": (5, {"rhythm": Rhythm.HOURLY}),
    "daily": (5, {"rhythm": Rhythm.DAILY, "at": time_of_day(8), "timezone": "Europe/Berlin"}),
}
"""How many channels of which wishes: 50 in all, and each hears of every story."""


async def measure_outage() -> dict[str, Any]:
    """One run. Figures are of the busiest 60 minutes of any channel of a kind."""
    wishes = {
        f"{kind} {number}": wished
        for kind, (count, wished) in KINDS.items()
        for number in range(count)
    }
    began, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        database = Database(f"sqlite:///{folder}/outage.db")
        await migrate(database)
        clock = Clock()
        outage = Outage(database, clock, wishes, stories=STORIES, hours=HOURS, step=STEP)
        told = await outage.run()
        broken = await violations(database, drained=True, now=clock())
        await database.close()
    unaccounted = outage.unaccounted(told)
    return {
        "channels": len(wishes),
        "alerts_in_the_outage": STORIES * len(wishes),
        "alerts": len(outage.titles) * len(wishes),
        "unaccounted": len(unaccounted),
        "first_unaccounted": unaccounted[:5],
        "most_cards_in_an_hour": _by_kind(told.most_cards_in_an_hour),
        "most_digests_in_an_hour": _by_kind(told.most_digests_in_an_hour),
        "most_messages_in_ten_minutes": told.most_in_ten_minutes,
        "messages": dict(told.messages),
        "edits": sum(len(message.texts) - 1 for message in outage.line.messages),
        "refused": outage.line.refused,
        "violations": len(broken),
        "first_violations": broken[:5],
        "seconds": round(time.monotonic() - began, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
    }


def _by_kind(most: dict[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for channel, count in most.items():
        kind = channel.partition(" ")[0]
        found[kind] = max(found[kind], count)
    return dict(found)
