"""What one process has done since it started, for /metrics: sums that only grow. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Tally:
    """`too_many`: publishers that answered 429. `parse_s`: what reading documents took, waiting
    for a free worker included, over `parses`, those that could not be read too."""

    polls: int = 0
    too_many: int = 0
    parses: int = 0
    parse_s: float = 0.0
