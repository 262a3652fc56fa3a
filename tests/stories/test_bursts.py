"""Bursts and silences: found, rarely false, never before the warm-up."""

from __future__ import annotations

import random
from datetime import timedelta
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.bursts import (
    COOLDOWN,
    WARM_UP_HOURS,
    Profile,
    at_least,
    burst,
    expected,
    learnt,
    silence,
)
from tests.clock import START

HOUR = timedelta(hours=1)
MIDNIGHT = START.replace(hour=0, minute=0, second=0, microsecond=0)


def poisson(dice: random.Random, mean: float) -> int:
    count, left = 0, exp(-mean)
    chance = dice.random()
    while chance > left and count < 100:
        chance *= dice.random()
        count += 1
    return count


def usual_mean(hour: int) -> float:
    return 4.0 if 6 <= hour % 24 < 20 else 1.0


def after(hours: int, *, seed: int = 1) -> Profile:
    dice, profile = random.Random(seed), Profile()
    for hour in range(hours):
        profile = learnt(profile, MIDNIGHT + hour * HOUR, poisson(dice, usual_mean(hour)))
    return profile


def test_it_learns_the_hours_of_the_day() -> None:
    profile = after(24 * 28)
    assert expected(profile, MIDNIGHT + 12 * HOUR) > 2 * expected(profile, MIDNIGHT + 2 * HOUR)


def test_a_burst_is_found_with_its_evidence() -> None:
    found = burst(after(24 * 28), MIDNIGHT + 3 * HOUR, 12)
    assert found is not None
    assert found.outlets == 12
    assert found.usual < 3
    assert found.chance < 1e-3


def test_false_alarms_are_rare() -> None:
    """Eight weeks of nothing special, twenty topics: less than one a topic in two weeks."""
    alarms = 0
    for seed in range(20):
        dice = random.Random(seed)
        profile = after(WARM_UP_HOURS, seed=seed)
        for hour in range(24 * 56):
            count = poisson(dice, usual_mean(hour))
            alarms += burst(profile, MIDNIGHT + hour * HOUR, count) is not None
            profile = learnt(profile, MIDNIGHT + hour * HOUR, count)
    assert alarms / (20 * 8) < 0.5


def test_nothing_is_told_before_it_knows_what_is_usual() -> None:
    profile = after(WARM_UP_HOURS - 1)
    assert burst(profile, MIDNIGHT, 50) is None
    assert silence(profile, [MIDNIGHT + n * HOUR for n in range(12)]) is None


def test_few_outlets_are_no_burst_however_quiet_it_is() -> None:
    profile = Profile(hours=WARM_UP_HOURS)
    assert burst(profile, MIDNIGHT, 3) is None
    assert burst(profile, MIDNIGHT, 4) is not None


def test_one_alarm_in_twelve_hours() -> None:
    profile = Profile(hours=WARM_UP_HOURS, last_alarm_at=MIDNIGHT)
    assert burst(profile, MIDNIGHT + COOLDOWN - HOUR, 30) is None
    assert burst(profile, MIDNIGHT + COOLDOWN, 30) is not None


def test_silence_is_judged_by_what_was_to_be_expected() -> None:
    profile = after(24 * 28)
    night = [MIDNIGHT + n * HOUR for n in range(3)]
    day = [MIDNIGHT + n * HOUR for n in range(8, 14)]
    assert silence(profile, night) is None
    found = silence(profile, day)
    assert found is not None
    assert found.hours == 6
    assert found.expected > 10


def test_a_burst_hardly_changes_the_profile() -> None:
    before = after(24 * 28)
    later = learnt(before, MIDNIGHT + 12 * HOUR, 1000)
    assert expected(later, MIDNIGHT + 12 * HOUR) < expected(before, MIDNIGHT + 12 * HOUR) + 1


def test_a_profile_survives_its_storage() -> None:
    profile = after(50)
    assert Profile.from_json(profile.to_json()) == profile


@given(st.integers(0, 60), st.floats(0.05, 30), st.floats(0.0, 100))
def test_a_chance_is_one_and_falls_with_the_count(count: int, mean: float, excess: float) -> None:
    here = at_least(count, mean=mean, variance=mean + excess)
    assert 0.0 <= at_least(count + 1, mean=mean, variance=mean + excess) <= here <= 1.0


@pytest.mark.parametrize(("count", "chance"), [(1, 1 - exp(-2)), (0, 1.0)])
def test_it_is_a_poisson_without_excess(count: int, chance: float) -> None:
    assert at_least(count, mean=2.0, variance=2.0) == pytest.approx(chance)
