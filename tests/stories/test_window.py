"""Which story a report joins, and that a rebuilt window decides the same."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from bot.model.ids import StoryId
from bot.stories.report import Placed, Report
from bot.stories.window import Window
from tests.clock import START

TITLE = "Envoys meet again in Miami"
LEAD = (
    "Envoys of three countries met in Miami on Sunday to go through a revised plan for a truce,"
    " and will return to their capitals with open questions on territory."
)


class Newsroom:
    """A window that is fed one report at a time, as the desk does it."""

    def __init__(self) -> None:
        self.window = Window()
        self.placed: list[Placed] = []
        self.last = 0

    def tell(
        self, title: str, summary: str = "", *, url: str = "", at: datetime = START, lang: str = ""
    ) -> int:
        draft = self.window.draft()
        report = Report(canonical_url=url, title=title, summary=summary, at=at, language=lang)
        terms = draft.terms_of(report)
        story = draft.find(report, terms)
        if story is None:
            self.last = story = StoryId(self.last + 1)
        one = Placed(
            story=StoryId(story),
            canonical_url=url,
            title=title,
            at=at,
            terms=terms,
            opening=draft.opening_of(report),
        )
        draft.place(one)
        self.placed.append(one)
        self.window.take(draft)
        return story


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


def test_the_same_title_joins(newsroom: Newsroom) -> None:
    assert newsroom.tell(TITLE) == newsroom.tell(TITLE.upper()) == 1


def test_the_same_link_joins_whatever_the_title(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE, url="https://a.example/1")
    assert newsroom.tell("Something else happened here", url="https://a.example/1") == 1


def test_similar_words_join(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE, LEAD)
    other = "Three countries' envoys go through revised truce plan in Miami"
    assert newsroom.tell(other, "The envoys met on Sunday; territory stays an open question.") == 1


def test_the_same_dispatch_joins_under_another_headline(newsroom: Newsroom) -> None:
    other = "Fire destroys warehouse in Odesa port"
    newsroom.tell(TITLE, LEAD, url="https://a.example/1")
    newsroom.tell(other, url="https://b.example/1")
    assert newsroom.tell(other, LEAD[:-30] + "\u2026", url="https://c.example/1") == 1


def test_a_sites_own_boilerplate_joins_nothing(newsroom: Newsroom) -> None:
    for number, title in enumerate([TITLE, "Fire in Odesa", "Rates rise in Frankfurt"], start=1):
        assert newsroom.tell(title, LEAD, url=f"https://a.example/{number}") == number


def test_a_different_event_with_similar_words_stays_apart(newsroom: Newsroom) -> None:
    newsroom.tell("Fire destroys warehouse in Odesa port", "Firefighters fought a fire all night.")
    assert (
        newsroom.tell(
            "Fire destroys school in Leeds suburb", "Pupils were at home when the fire began."
        )
        == 2
    )


def test_it_is_found_in_its_own_language(newsroom: Newsroom) -> None:
    lead = "Die Gesandten trafen sich am Sonntag in Miami und berieten den Plan f\u00fcr Frieden."
    newsroom.tell("Gesandte beraten Friedensplan in Miami", lead, lang="de")
    later = "Am Sonntag berieten Gesandte in Miami einen Plan f\u00fcr den Frieden."
    assert (
        newsroom.tell("Gesandter ber\u00e4t Friedenspl\u00e4ne in Miami", later, lang="de-AT") == 1
    )


@pytest.mark.parametrize("title", ["Morning briefing: what happened overnight", "News in brief"])
def test_todays_briefing_is_not_yesterdays(newsroom: Newsroom, title: str) -> None:
    newsroom.tell(title, LEAD)
    assert newsroom.tell(title, LEAD, at=START + timedelta(hours=24)) == 2
    assert newsroom.tell(TITLE, LEAD) == 3  # and a report does not drown in it


def test_a_briefing_is_known_by_its_link(newsroom: Newsroom) -> None:
    newsroom.tell("Morning briefing", LEAD, url="https://a.example/brief")
    assert newsroom.tell("Morning briefing", LEAD, url="https://a.example/brief") == 1


def test_a_list_is_about_no_event(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE, LEAD)
    assert newsroom.tell("10 best places to see in Miami", LEAD) == 2


@pytest.mark.parametrize(
    "title", [f"CORRECTED-{TITLE}", f"UPDATE 2-{TITLE}", f"LIVE: {TITLE}", f"{TITLE} | The Post"]
)
def test_a_correction_or_a_live_page_joins_what_it_is_about(newsroom: Newsroom, title: str) -> None:
    newsroom.tell(TITLE, LEAD)
    assert newsroom.tell(title) == 1


def test_the_text_of_a_live_page_attracts_nobody(newsroom: Newsroom) -> None:
    newsroom.tell("Live updates: storm reaches the northern coast of Norway", LEAD)
    assert newsroom.tell(TITLE, LEAD) == 2


def test_a_story_closes_72_hours_after_its_last_article(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE)
    newsroom.tell(TITLE, at=START + timedelta(hours=70))
    assert newsroom.tell(TITLE, at=START + timedelta(hours=140)) == 1
    assert newsroom.tell(TITLE, at=START + timedelta(hours=213)) == 2


def test_an_old_namesake_does_not_join(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE, LEAD)
    assert newsroom.tell(TITLE, LEAD, at=START - timedelta(days=8)) == 2


def test_a_draft_changes_nothing_until_it_is_taken() -> None:
    window = Window()
    report = Report(canonical_url="", title=TITLE, summary=LEAD, at=START)
    draft = window.draft()
    terms = draft.terms_of(report)
    draft.place(Placed(story=StoryId(1), canonical_url="", title=TITLE, at=START, terms=terms))
    assert draft.find(report, terms) == 1
    assert window.draft().find(report, terms) is None
    window.take(draft)
    assert window.draft().find(report, terms) == 1


def test_closed_stories_are_forgotten(newsroom: Newsroom) -> None:
    newsroom.tell(TITLE, LEAD)
    newsroom.tell("Another event that goes on and on")
    assert newsroom.window.forget_closed(now=START + timedelta(hours=73)) == 2
    assert len(newsroom.window) == 0
    assert newsroom.tell(TITLE, LEAD, at=START + timedelta(hours=73)) == 3


def test_a_window_rebuilt_from_the_database_decides_the_same() -> None:
    """However the reports are shuffled, and however many closed ones the old window had seen."""
    dice = random.Random(7)
    words = [f"{a}{b}" for a in ("kor", "mal", "tri", "ves", "dun") for b in "aeioumnr"]
    newsroom = Newsroom()
    for hour in range(0, 400, 2):
        at = START + timedelta(hours=hour)
        newsroom.window.forget_closed(now=at)
        event = dice.sample(words, 6)
        for _ in range(dice.randrange(1, 4)):
            told = dice.sample(event, 4) + dice.sample(words, 3)
            newsroom.tell(" ".join(told[:4]), " ".join(told) + " of the day and of the hour", at=at)
    now = START + timedelta(hours=400)
    newsroom.window.forget_closed(now=now)
    shuffled = dice.sample(newsroom.placed, len(newsroom.placed))
    rebuilt = Window(shuffled)
    rebuilt.forget_closed(now=now)
    assert len(rebuilt) == len(newsroom.window) > 5
    joined = 0
    for _ in range(100):
        title, rest = " ".join(dice.sample(words, 4)), " ".join(dice.sample(words, 8))
        report = Report(canonical_url="", title=title, summary=rest, at=now)
        here, there = newsroom.window.draft(), rebuilt.draft()
        assert here.terms_of(report) == there.terms_of(report)
        found = here.find(report, here.terms_of(report))
        assert found == there.find(report, there.terms_of(report))
        joined += found is not None
    assert 0 < joined < 100


def test_of_bare_headlines_two_telling_words_suffice(newsroom: Newsroom) -> None:
    newsroom.tell("Envoys in Miami weigh a truce plan")
    assert newsroom.tell("Truce plan: Miami hosts envoys again") == 1


def test_an_article_that_is_near_to_two_stories_says_that_they_are_one() -> None:
    """Two desks began a story each; a third report has the words of both."""
    said = "Envoys met in Miami on Sunday over a truce plan for Kherson and Odesa"
    window = Window()
    reports = [
        Report(canonical_url="", title="Envoys meet in Miami", summary=said, at=START),
        Report(canonical_url="", title="Truce plan for Kherson", summary=said, at=START),
    ]
    for number, report in enumerate(reports, start=1):
        draft = window.draft()
        terms = draft.terms_of(report)
        draft.place(
            Placed(
                story=StoryId(number), canonical_url="", title=report.title, at=START, terms=terms
            )
        )
        window.take(draft)
    draft = window.draft()
    third = Report(canonical_url="", title="Envoys meet over truce plan", summary=said, at=START)
    assert draft.assign(third, draft.terms_of(third)).merges == ((StoryId(2), StoryId(1)),)
    apart = Report(canonical_url="", title="Storm closes Oslo airport", summary="", at=START)
    assert draft.assign(apart, draft.terms_of(apart)).merges == ()
