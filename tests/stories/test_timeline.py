"""Every report in order, with what it added."""

from __future__ import annotations

from datetime import timedelta

from bot.stories.timeline import Step, timeline
from tests.alerts.reports import report
from tests.clock import START

LEAD = (
    "Negotiators ended a second day of talks without a deal but agreed to swap lists of prisoners."
)
OWN = "A diplomat in the room said that captives will be named on both sides, though no truce came."


def test_the_steps_of_a_story() -> None:
    hour = timedelta(hours=1)
    told = [
        report(3, "Second outlet", OWN, at=START + 2 * hour),
        report(1, "First", LEAD, at=START),
        report(2, "A copy", LEAD, at=START + hour),
        report(4, "More", "Something new altogether.", outlet="Outlet 1", at=START + 3 * hour),
    ]
    found = timeline(told)
    assert [one.step for one in found] == [Step.FIRST, Step.COPY, Step.CONFIRMS, Step.FOLLOWS]
    assert [one.outlets for one in found] == [1, 1, 2, 2]
    assert found[1].copy_of == "Outlet 1"


def test_no_reports_no_timeline() -> None:
    assert timeline([]) == ()
