"""The channels of a siege: what each watches, and how it wants to be spoken to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from benchmarks.siege.newsroom import ALARM, TOPICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`wishes` are as the configuration writes them; `gate` is of all its `topics`; `alarm` says
    whether it watches the urgent topic too, and whoever joins a story mentions a person. `kind` is
    of Discord's channels; where it is another than text, Slack has no such channel."""

    topics: tuple[str, ...]
    wishes: dict[str, Any] = field(default_factory=dict)
    gate: int = 1
    alarm: bool = False
    kind: str = "text"

    def config(self, platform: str, id_: str, *, person: str) -> list[str]:
        """The lines of its `[[channel]]`; `person` is whom its mention pings."""
        topics = (*self.topics, ALARM) if self.alarm else self.topics
        said = {"platform": platform, "id": id_, "topics": topics, **self.wishes}
        if self.gate > 1:
            said["outlets_needed"] = self.gate
        if self.alarm:
            said["mention"] = f"user:{person}"
        return ["[[channel]]", *(f"{name} = {json.dumps(wish)}" for name, wish in said.items())]


ALL_CARDS = {"alerts_an_hour": 0}
PLACES = (
    Place(topics=("harbour", "grain"), wishes=ALL_CARDS),
    Place(topics=("grain", "talks"), wishes=ALL_CARDS, alarm=True),
    Place(topics=TOPICS, wishes={"alerts_an_hour": 3}),
    Place(topics=("harbour", "talks"), wishes={"digest": "hourly"}, alarm=True),
    Place(topics=TOPICS, wishes=ALL_CARDS | {"quiet": "22:00-07:00"}, gate=2),
    Place(topics=("harbour", "talks"), wishes=ALL_CARDS, alarm=True, kind="forum"),
    Place(topics=("grain",), wishes=ALL_CARDS | {"crosspost": True}, kind="news"),
)
