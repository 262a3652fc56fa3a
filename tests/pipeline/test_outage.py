"""After an outage nobody is flooded, and every story is accounted for."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from bot.model.attention import Rhythm
from bot.storage.database import Database
from tests.clock import Clock
from tests.invariants import violations
from tests.outage import Outage

STEP = timedelta(minutes=15)
WISHES: dict[str, dict[str, Any]] = {
    "default": {"budget": 10},
    "calm": {"budget": 3, "quiet_from": time(19), "quiet_to": time(21)},
    "hourly": {"rhythm": Rhythm.HOURLY},
    "daily": {"rhythm": Rhythm.DAILY, "at": time(22), "timezone": "Europe/Berlin"},
}


@pytest.mark.laws(drained=True)
async def test_after_an_outage_of_six_hours_nobody_is_flooded(
    database: Database, clock: Clock
) -> None:
    outage = Outage(database, clock, WISHES, stories=48, step=STEP, calm=timedelta(hours=3))
    told = await outage.run()
    assert outage.line.refused > 0, "the platform was never down"
    assert told.messages["ThreadReply"] > 0, "nobody was pinged in a thread"
    assert told.most_cards_in_an_hour["default"] <= 10
    assert told.most_cards_in_an_hour["calm"] <= 3
    assert told.most_cards_in_an_hour["hourly"] == told.most_cards_in_an_hour["daily"] == 0
    assert max(told.most_digests_in_an_hour.values()) <= 2
    assert outage.unaccounted(told) == []
    assert await violations(database, drained=True, now=clock()) == []


@pytest.mark.laws(drained=True)
async def test_a_backlog_is_one_digest_however_long_it_was(
    database: Database, clock: Clock
) -> None:
    hourly = {"hourly": {"rhythm": Rhythm.HOURLY}}
    outage = Outage(database, clock, hourly, stories=12, step=STEP, calm=timedelta(hours=2))
    told = await outage.run()
    assert told.messages["Digest"] <= 4, "hourly, but the six of the outage are one"
    assert outage.unaccounted(told) == []
