"""What one process has done since it started, for /metrics: sums that only grow. Judges nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import Ambiguous, Permanent, Retryable
from bot.model.channel import PlatformName
from bot.model.decision import Outcome, Why
from bot.pipeline import outcome as ends

MOMENTS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0)
"""Up to how many seconds something counts as having taken a moment, a minute, an hour."""


@dataclass(slots=True)
class Spread:
    """How long things took: in each place those up to that bound and beyond the one before; in
    the last, those beyond all."""

    bounds: Sequence[float] = MOMENTS
    counts: list[int] = field(default_factory=list)
    total_s: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        """A clock that was set back makes nothing younger than now."""
        taken = max(0.0, seconds)
        self.counts[bisect_left(self.bounds, taken)] += 1
        self.total_s += taken


@dataclass(slots=True, kw_only=True)
class Tally:
    """`too_many`: publishers that answered 429. `parse_s`: what reading documents took, waiting
    for a free worker included, over `parses`, those that could not be read too. `late`: by how
    much polls began after they were due.

    `decisions` are by outcome and why, `sends` (what the chats answered) by platform and what
    became of it, `sends_too_many` the chats' 429s; `waited`: from when a message was wanted until
    it was posted, by kind.
    """

    polls: int = 0
    too_many: int = 0
    parses: int = 0
    parse_s: float = 0.0
    late: Spread = field(default_factory=Spread)
    matches: int = 0
    decisions: Counter[tuple[Outcome, Why]] = field(default_factory=Counter)
    sends: Counter[tuple[PlatformName, str]] = field(default_factory=Counter)
    sends_too_many: Counter[PlatformName] = field(default_factory=Counter)
    waited: dict[str, Spread] = field(default_factory=dict)

    def begun(self, late_s: float) -> None:
        """A poll, so late after it was due."""
        self.polls += 1
        self.late.add(late_s)

    def judged(self, matches: int, outcomes: Mapping[tuple[Outcome, Why], int]) -> None:
        """A batch that is committed."""
        self.matches += matches
        self.decisions.update(outcomes)

    def answered(self, one: ends.Outcome, *, now: datetime) -> None:
        """What a chat was asked, and what it said. Waiting without asking is no answer."""
        platform, taken = one.claimed.channel.platform, one.claimed.delivery
        match one:
            case ends.Shown() if taken.is_edit:
                said = "edited"
            case ends.Shown():
                said = "posted"
                spread = self.waited.setdefault(str(taken.kind), Spread())
                spread.add((now - taken.created_at).total_seconds())
            case ends.Gone():
                said = "deleted"
            case ends.Refused(error=error):
                said = _REFUSALS.get(type(error), "put off")
                if isinstance(error, Retryable) and error.too_many:
                    self.sends_too_many[platform] += 1
            case _:
                return
        self.sends[platform, said] += 1


_REFUSALS = {Retryable: "put off", Permanent: "refused", Ambiguous: "in doubt"}
