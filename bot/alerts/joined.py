"""Two stories turn out to be one: which of a channel's two alerts goes on. Pure; moves nothing.

The one that the channel has seen, or will see soonest, goes on; of two that stand, the older
story's. So nothing is told twice, and nothing that was to be told is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bot.model.alert import AlertState


class Rank(IntEnum):
    """How much an alert has been told, least first."""

    WAITS = 0
    HELD = 1
    WANTED = 2  # a card that is not in the channel yet
    CARRIED = 3
    CLOSED = 4  # deleted by a moderator: the event is not told again
    STANDS = 5  # a card that is there, or may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two alerts. `stands`: its card is in the channel, or may have got there."""

    state: AlertState
    urgent: bool
    stands: bool

    @property
    def rank(self) -> Rank:
        """An urgent card is not given up for a line of a digest."""
        if self.stands and self.state is not AlertState.CLOSED:
            return Rank.STANDS
        match self.state:
            case AlertState.READY:
                return Rank.STANDS if self.urgent else Rank.WANTED
            case AlertState.CARRIED:
                return Rank.CARRIED
            case AlertState.HELD:
                return Rank.HELD
            case AlertState.WAITING:
                return Rank.WAITS
            case AlertState.CLOSED | AlertState.MERGED:
                return Rank.CLOSED


def younger_goes_on(older: Side, younger: Side) -> bool:
    """Whether what the younger story's alert has shown takes the older one's place."""
    return younger.rank > older.rank
