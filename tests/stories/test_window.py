"""First cut of assignment: canonical URL or normalised title, within 72 hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.ids import StoryId
from bot.stories.window import Placed, Window
from tests.clock import START

TITLE = "Envoys meet again in Miami"


def placed(story: int, *, url: str = "", title: str = TITLE, at: datetime = START) -> Placed:
    return Placed(story=StoryId(story), canonical_url=url, title=title, at=at)


def found(
    window: Window, *, url: str = "", title: str = "", at: datetime = START
) -> StoryId | None:
    return window.draft().find(canonical_url=url, title=title, at=at)


def test_the_same_title_joins() -> None:
    assert found(Window([placed(1)]), title=TITLE.upper()) == 1


def test_the_same_link_joins_whatever_the_title() -> None:
    window = Window([placed(1, url="https://a.example/1")])
    assert found(window, url="https://a.example/1", title="Something else happened here") == 1


def test_anything_else_is_new() -> None:
    assert found(Window([placed(1)]), title="A different event in another place") is None


def test_a_story_closes_72_hours_after_its_last_article() -> None:
    window = Window([placed(1), placed(1, at=START + timedelta(hours=70))])
    assert found(window, title=TITLE, at=START + timedelta(hours=140)) == 1
    assert found(window, title=TITLE, at=START + timedelta(hours=143)) is None


def test_an_old_namesake_does_not_join() -> None:
    assert found(Window([placed(1)]), title=TITLE, at=START - timedelta(days=8)) is None


def test_a_draft_changes_nothing_until_it_is_taken() -> None:
    window = Window()
    draft = window.draft()
    draft.place(placed(1))
    assert draft.find(canonical_url="", title=TITLE, at=START) == 1
    assert found(window, title=TITLE) is None
    window.take(draft)
    assert found(window, title=TITLE) == 1


def test_closed_stories_are_forgotten() -> None:
    window = Window([placed(1), placed(2, title="Another event that goes on and on")])
    window.draft()
    assert window.forget_closed(now=START + timedelta(hours=73)) == 2
    assert len(window) == 0
