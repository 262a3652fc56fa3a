"""A topic that is told of much more, or less, than it is at this hour of the day. Pure.

Counts are of independent outlets an hour, not of articles, so that one dispatch in thirty papers
is one. Each hour of the day has a mean and a variance, learnt slowly; a count is judged by the
negative binomial of that hour, which is a Poisson whose mean itself varies. Measured: 97-99 % of
made bursts are found, at .14-.28 false alarms a topic and week; fixed thresholds have up to 11.7
(../shared/research/stories.md). Conservative on purpose: silent for two weeks, then one alarm in
twelve hours at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import exp, lgamma, log, sqrt

WARM_UP_HOURS = 14 * 24
RARE = 1e-3
FEWEST_OUTLETS = 4
COOLDOWN = timedelta(hours=12)
CLIP_SIGMAS = 3.0
"""A burst must not become the profile: what is learnt of an hour is clipped."""
_HOURS = 24
_HOUR_WEIGHT = 1 / 14
"""How much the newest day counts in its hour's mean: a profile of about two weeks."""
_DAY_WEIGHT = 1 / (14 * _HOURS)
_PSEUDO_HOURS = 3.0
"""An hour's own mean counts against that of all hours as so many days do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is usual: stored with a topic or a feed. `by_hour` are means by hour of the day (UTC),
    `level` and `variance` are of all hours; `hours` counts those learnt."""

    hours: int = 0
    level: float = 0.0
    variance: float = 0.0
    by_hour: tuple[float, ...] = (0.0,) * _HOURS
    last_alarm_at: datetime | None = None

    def to_json(self) -> dict[str, object]:
        """For a column of JSON."""
        return {
            "hours": self.hours,
            "level": self.level,
            "variance": self.variance,
            "by_hour": list(self.by_hour),
            "last_alarm_at": self.last_alarm_at.isoformat() if self.last_alarm_at else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, object]) -> Profile:
        """What `to_json` made. Raises KeyError or TypeError on anything else."""
        at, means = stored["last_alarm_at"], stored["by_hour"]
        if not isinstance(means, list) or len(means) != _HOURS:
            raise TypeError("by_hour is no list of 24 means")
        return cls(
            hours=int(str(stored["hours"])),
            level=float(str(stored["level"])),
            variance=float(str(stored["variance"])),
            by_hour=tuple(float(mean) for mean in means),
            last_alarm_at=datetime.fromisoformat(str(at)) if at else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The evidence: so many outlets within this hour, where so many are usual."""

    at: datetime
    outlets: int
    usual: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing for so many hours, where so much was to be expected."""

    at: datetime
    hours: int
    expected: float
    chance: float


def learnt(profile: Profile, hour: datetime, outlets: int) -> Profile:
    """The profile after one more full hour. `hour` is any instant in it."""
    usual = expected(profile, hour)
    spread = sqrt(max(profile.variance, usual, 1.0))
    count = min(float(outlets), usual + CLIP_SIGMAS * spread) if profile.hours else float(outlets)
    overall = max(_DAY_WEIGHT, 1 / (profile.hours + 1))
    own = max(_HOUR_WEIGHT, 1 / (profile.hours // _HOURS + 1))
    slot = hour.astimezone(UTC).hour
    means = list(profile.by_hour)
    means[slot] += own * (count - means[slot])
    return replace(
        profile,
        hours=profile.hours + 1,
        level=profile.level + overall * (count - profile.level),
        variance=profile.variance + overall * ((count - usual) ** 2 - profile.variance),
        by_hour=tuple(means),
    )


def expected(profile: Profile, hour: datetime) -> float:
    """Outlets in such an hour: its own mean, drawn towards that of all hours."""
    days = profile.hours / _HOURS
    own = profile.by_hour[hour.astimezone(UTC).hour]
    return (own * days + profile.level * _PSEUDO_HOURS) / (days + _PSEUDO_HOURS)


def burst(profile: Profile, hour: datetime, outlets: int) -> Burst | None:
    """The burst that `outlets` within this hour are, if they are one and none was told lately."""
    if profile.hours < WARM_UP_HOURS or outlets < FEWEST_OUTLETS:
        return None
    if profile.last_alarm_at is not None and hour - profile.last_alarm_at < COOLDOWN:
        return None
    usual = expected(profile, hour)
    chance = at_least(outlets, mean=usual, variance=_variance(profile, usual))
    if chance >= RARE or outlets <= usual:
        return None
    return Burst(at=hour, outlets=outlets, usual=usual, chance=chance)


def silence(profile: Profile, hours: Sequence[datetime]) -> Silence | None:
    """Whether nothing at all in these last full hours, in a row, is unusual."""
    if profile.hours < WARM_UP_HOURS or not hours:
        return None
    if profile.last_alarm_at is not None and hours[-1] - profile.last_alarm_at < COOLDOWN:
        return None
    chance, total = 1.0, 0.0
    for hour in hours:
        usual = expected(profile, hour)
        total += usual
        chance *= 1 - at_least(1, mean=usual, variance=_variance(profile, usual))
    if chance >= RARE or total < FEWEST_OUTLETS:
        return None
    return Silence(at=hours[-1], hours=len(hours), expected=total, chance=chance)


def at_least(count: int, *, mean: float, variance: float) -> float:
    """The chance of `count` or more; of a Poisson where the variance is no more than the mean."""
    if count <= 0:
        return 1.0
    mean = max(mean, 0.05)
    if variance <= mean * 1.0001:
        below = sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count))
    else:
        size = mean * mean / (variance - mean)
        rate = log(mean) - log(mean + size)
        stays = size * (log(size) - log(mean + size))
        below = sum(
            exp(lgamma(k + size) - lgamma(size) - lgamma(k + 1) + stays + k * rate)
            for k in range(count)
        )
    return max(0.0, 1.0 - below)


def _variance(profile: Profile, usual: float) -> float:
    """Of an hour whose mean is `usual`: the profile's excess, in proportion."""
    if profile.level <= 0:
        return usual
    excess = max(0.0, profile.variance / profile.level - 1)
    return usual * (1 + excess)
